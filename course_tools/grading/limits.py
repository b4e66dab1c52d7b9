"""What a submission's process finds around itself: a world of its own where Linux allows, an empty home, no secrets."""

import contextlib
import functools
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import emocourse
from emocourse.files import store as files

from . import confine

PACKAGE = Path(emocourse.__file__).resolve().parent
# Strongest first; the first that works here is taken. Own process ids: nothing that is left can survive. No network.
_UNSHARE = (
    ("--user", "--map-current-user", "--pid", "--fork", "--kill-child", "--mount-proc", "--net", "--ipc"),
    ("--user", "--map-current-user", "--pid", "--fork", "--kill-child", "--net", "--ipc"),
)
_ADDRESS_SPACE_BESIDES = 8 << 30  # TensorFlow reserves addresses that it never fills with memory


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Args:
        seconds: wall-clock time of the whole notebook.
        cell_seconds: of one cell, or of one call of the student's function by a check.
        memory: bytes of all its processes together.
        disk: bytes of what it writes.
        processes: how many it may have at once.
    """

    seconds: float = 600
    cell_seconds: float = 120
    memory: int = 3 << 30
    disk: int = 512 << 20
    processes: int = 48


@functools.cache
def unshare() -> tuple[str, ...]:
    """The command that gives a process a world of its own here; empty where there is none."""
    program = shutil.which("unshare") if sys.platform.startswith("linux") else None
    for flags in _UNSHARE if program else ():
        command = (program, *flags)
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            if subprocess.run([*command, sys.executable, "-c", ""], capture_output=True, timeout=60).returncode == 0:
                return command
    return ()


def weaknesses() -> list[str]:
    """What this system cannot keep a submission from doing; a sentence each."""
    found = []
    if confine.landlock_version() == 0:
        found.append(
            "This system has no Landlock, so a submission can read and delete every file that you can: "
            "grade in a container or a virtual machine, or under an account that owns nothing."
        )
    if not unshare():
        found.append(
            "User namespaces are not available: not every way to the network is closed, and a process that a "
            "submission hides well can outlive it."
        )
        if os.name != "nt" and confine.landlock_version() < 6:
            found.append("A submission can end your other programs: use an account that runs nothing else.")
    if os.name == "nt":
        found.append("Windows has no limit on the memory of one process here: it is looked at ten times a second only.")
    return found


def quiet(environment: Any) -> dict[str, str]:
    """An environment in which libraries say little, and no graphics card is used."""
    return {**environment, "TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "Agg", "CUDA_VISIBLE_DEVICES": "-1"}


def environment(home: Path, own: bool) -> dict[str, str]:
    """What a submission sees of the environment: no names, tokens or paths of the instructor's."""
    kept = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
    found = {name: os.environ[name] for name in kept if name in os.environ}
    cache = files.cache_dir()
    if not own:
        cache = home / "cache"
        _borrow(files.cache_dir(), cache)
    _borrow_fonts(home / "matplotlib")
    return quiet(found) | {
        "HOME": str(home), "USERPROFILE": str(home), "TMPDIR": str(home), "TEMP": str(home), "TMP": str(home),
        "IPYTHONDIR": str(home / "ipython"), "MPLCONFIGDIR": str(home / "matplotlib"), "PYTHONDONTWRITEBYTECODE": "1",
        "EMOCOURSE_CACHE": str(cache), "EMOCOURSE_SUBMISSION": str(home), "JOBLIB_MULTIPROCESSING": "0",
    }  # fmt: skip


def _borrow(cache: Path, target: Path) -> None:
    """A cache of the submission's own that begins with links to what is drawn already; nothing of FER2013 is in it."""
    for name in ("twin", "landmarks"):
        (target / name).mkdir(parents=True)
        if os.name != "nt" and (cache / name).is_dir():
            for path in (cache / name).glob("*.npz"):
                (target / name / path.name).symlink_to(path.resolve())


def _borrow_fonts(target: Path) -> None:
    """Matplotlib's list of fonts, which takes it seconds to make."""
    import matplotlib

    target.mkdir()
    for path in Path(matplotlib.get_cachedir()).glob("fontlist*.json"):
        with contextlib.suppress(OSError):
            shutil.copy(path, target)


def address_space(limits: Limits) -> int:
    """Most bytes of addresses for a process that may use ``limits.memory``."""
    return limits.memory + _ADDRESS_SPACE_BESIDES


def plan(cells: list[dict[str, Any]], limits: Limits, file: Path, home: Path, own: bool) -> dict[str, Any]:
    """What `student.main` reads."""
    cache = str(files.cache_dir())
    python = {sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(sys.executable).resolve().parent)}
    packages = {path for path in sys.path if path and Path(path).name in ("site-packages", "dist-packages")}
    system = ["/usr", "/bin", "/lib", "/lib32", "/lib64", "/etc", "/proc", "/sys", "/dev", "/opt", "/nix"]
    course = [str(PACKAGE), str(PACKAGE.parent / "course_tools"), str(files.data_path("twin").parent)]
    return {
        "cells": cells,
        "cell_seconds": limits.cell_seconds,
        "landlock": confine.landlock_version() > 0,
        "readable": [*system, *sorted(python | packages), *course, str(file), f"{cache}/twin", f"{cache}/landmarks"],
        "listable": [str(PACKAGE.parent)],
        "writable": [str(home), "/dev/null", *([cache] if own else [])],
        "limits": {
            "address_space": address_space(limits),
            "cpu": int(limits.seconds * 8),
            "file": limits.disk,
            "files": 1024,
        },
    }
