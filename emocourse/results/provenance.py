"""Where a number comes from, in words fit to publish: the command, the versions, the machine without its name."""

import os
import platform
import re
import shlex
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

PACKAGES = ("emocourse", "numpy", "keras", "tensorflow", "tensorflow-cpu", "torch", "jax", "dlib-bin", "dlib")
"""Packages whose versions a record names, where they are installed."""


def public_command(arguments: Sequence[str]) -> str:
    """A command line that may be published: absolute paths shortened to their last part, which says what was used.

    Args:
        arguments: the words of the command, such as ``["emocourse", "train", "slides", "--data",
            "/home/me/fer2013.zip"]``.
    """
    return shlex.join(public_word(word) for word in arguments)


def public_word(word: str) -> str:
    """A word, ``--option=word`` or ``name=word`` that may be published: of an absolute path, only its last part."""
    named = re.match(r"(?:--)?[A-Za-z_][\w-]*=", word)
    option, equals, value = word.partition("=") if named else ("", "", word)
    kind = PureWindowsPath if re.match(r"[A-Za-z]:[\\/]|\\\\", value) else PurePosixPath
    return option + equals + (kind(value).name if kind(value).is_absolute() or value.startswith("~") else value)


def machine(accelerator: str | None = None) -> dict[str, Any]:
    """This machine in words that name no one: processor, cores open to this process, memory, system, accelerator."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        processor = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        processor = platform.processor() or platform.machine()
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, OSError, ValueError):  # Windows
        memory = 0.0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {
        "processor": processor,
        "cores": cores,
        "memory_gib": round(memory, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "accelerator": accelerator,
    }


def versions() -> dict[str, str]:
    """Versions of Python and of those :data:`PACKAGES` that are installed; nothing is imported for it."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
