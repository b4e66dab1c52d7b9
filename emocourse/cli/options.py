"""What the commands share: where the data come from, when to show progress, and quick imports."""

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import CourseError

Outcome = tuple[Any, str, int]
"""What a command returns: the object for --json, the text for people, the exit status."""


def open_data(options: argparse.Namespace, boxes: int = 1) -> Any:
    """The dataset that ``--data`` names, its landmarks from so many boxes a face."""
    from ..dataset import splits as dataset

    return dataset.open_data(
        options.data, boxes=boxes, workers=options.workers, progress=progress(), skip_bad=options.skip_bad
    )


def progress() -> bool:
    """Progress bars are for people who watch: not into log files and pipes."""
    return sys.stderr is not None and sys.stderr.isatty()


@contextlib.contextmanager
def lean_imports() -> Iterator[None]:
    """Keep two packages from being imported: Keras does it only to offer something for them, for a third of its own
    start-up time.

    In a command's process alone, where nothing uses those offers. Both can be imported as ever afterwards.
    """
    unused = [name for name in ("sklearn", "matplotlib") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(unused))  # None there makes an import fail as if the package were not installed
    try:
        yield
    finally:
        for name in unused:
            del sys.modules[name]


def checkout() -> Path:
    """The current folder, which must be a checkout of the course."""
    root = Path.cwd()
    if not (root / "data" / "twin").is_dir():
        raise CourseError(f"{root} is no checkout of the course, since it has no data/twin: change to one.")
    return root
