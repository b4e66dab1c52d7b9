"""How much of what takes long is tested: films of drivers and crowds, lessons run in a browser."""

import os

LONG = bool(os.environ.get("EMOCOURSE_LONG_TESTS"))
"""All of it, which takes half an hour more; a build server does so once a week."""
