"""``python -m emocourse`` is the command ``emocourse``."""

import sys

from .cli.main import main

if __name__ == "__main__":
    sys.exit(main())
