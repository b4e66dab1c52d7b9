"""What the commands share: how one is made, the options that several have, where the data come from, progress."""

import contextlib
import dataclasses
import functools
import importlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from click import IntRange, option

from ..errors import CourseError
from ..files.store import show

Outcome = tuple[Any, str, int]
"""What a command returns: the object for --json, the text for people, the exit status."""


class _File(click.ParamType):
    """A path, with ``~`` for the user's folder also where no shell has put it in; no address."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if re.match(r"[a-z]{2,}://", value, re.IGNORECASE) and not os.path.lexists(value):
            raise CourseError(f"{show(value)} is an address: download what it names, and give the path of the file.")
        return os.path.expanduser(value)


FILE = _File()


def command(function: Callable[..., Outcome]) -> click.Command:
    """Make a command of a function that returns an :data:`Outcome`; its docstring is the help. Adds ``--json``."""

    @functools.wraps(function)
    def run(as_json: bool, **options: Any) -> int:
        value, text, status = function(**options)
        print(json.dumps(value, allow_nan=False) if as_json else text, flush=True)
        return status

    json_option = option("--json", "as_json", is_flag=True, help="print one JSON object instead of text")
    return click.command(function.__name__)(json_option(run))


def group(name: str, text: str, *commands: click.Command, **settings: Any) -> click.Group:
    """A command that is followed by one of these; without one, that is what it says."""
    return click.Group(name, commands=commands, help=text, no_args_is_help=False, context_settings=settings)


@dataclasses.dataclass(frozen=True)
class Source:
    """Where the data come from: what ``--data``, ``--skip-bad`` and ``--workers`` say."""

    data: str
    skip_bad: bool
    workers: int | None = None

    @property
    def public(self) -> str:
        """The data's kind instead of somebody's path."""
        return self.data if self.data in ("twin", "fer2013") else "fer2013"

    @property
    def path(self) -> str | None:
        """Where FER2013 is; None: as ``fer2013.find`` finds it. Not for the twin."""
        return None if self.data == "fer2013" else self.data

    def find(self) -> None:
        """Refuse data that is not there, before a model is loaded for it."""
        from ..dataset import fer2013

        if self.data != "twin":
            fer2013.find(self.path)

    def read(self) -> Any:
        """The images of a FER2013 as they come, see ``fer2013.read``."""
        from ..dataset import fer2013

        return fer2013.read(self.path, skip_bad=self.skip_bad, progress=progress())

    def open(self, num_jitters: int = 1) -> Any:
        """The dataset, its landmarks from so many boxes a face."""
        from ..dataset import splits

        bar, skip = progress(), self.skip_bad
        return splits.open_data(self.data, num_jitters=num_jitters, workers=self.workers, progress=bar, skip_bad=skip)


def source_option(default: str = "twin", workers: bool = True) -> Callable:
    """``--data``, ``--skip-bad`` and ``--workers``, which a command gets as one argument, its :class:`Source`."""
    meant = f"twin, fer2013 (from EMOCOURSE_FER2013 or the cache), or a FER2013 file or folder; default {default}"
    options = [
        option("--data", type=FILE, default=default, metavar="PATH", help=meant),
        option("--skip-bad", is_flag=True, help="leave out rows that cannot be used, and count them"),
        option("--workers", type=IntRange(1, 256), help="processes for the preprocessing; default one a core"),
    ]

    def add(function: Callable) -> Callable:
        @functools.wraps(function)
        def run(data: str, skip_bad: bool, workers: int | None = None, **others: Any) -> Any:
            return function(source=Source(data, skip_bad, workers), **others)

        for one in reversed(options if workers else options[:2]):
            run = one(run)
        return run

    return add


seed_option = option("--seed", type=IntRange(0, 2**31 - 1), default=0, help="default 0")

OLD_NAMES = {"boxes": "num-jitters"}
"""Former names of options, which still work."""


def jitters_option(default: int | None = None) -> Callable:
    """``--num-jitters``, which was once called ``--boxes``."""
    meant = f"landmarks are the mean over so many boxes, 1 to 12; default {default or 'as the model was trained'}"
    return option("--num-jitters", type=IntRange(1, 12), default=default, help=meant)


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


def course_tool(name: str) -> Any:
    """A module of ``course_tools``, which only a checkout has."""
    try:
        return importlib.import_module(f"course_tools.{name}")
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("course_tools"):
            raise
        raise CourseError(
            "This command needs a checkout of the course, and this is an installed package without course_tools/: get "
            "the course's repository, run `make lab` in it, and use its .venv/bin/emocourse there."
        ) from None
