"""What a submission's process takes from itself before any of the student's code runs. Cannot be undone.

Linux has both: limits of the kernel's, and Landlock (Linux 5.13), which lets this process and its children write only
into their temporary folder and read only what Python and the course need. macOS has the limits. Windows has neither.
See https://docs.kernel.org/userspace-api/landlock.html.
"""

import contextlib
import ctypes
import os
import struct
import sys

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_PATH_BENEATH = 1
_NO_NEW_PRIVS = 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE = 1 << 14
# The kernel's list grew: rights of files and folders by the version of Landlock (`landlock_version`).
_ALL_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE


def limit(limits: dict[str, int]) -> None:
    """Set the kernel's limits on this process and all that it starts.

    Args:
        limits: some of "address_space" (bytes), "cpu" (seconds), "file" (bytes), "processes", "files" (open at once).
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    names = {"address_space": "RLIMIT_AS", "cpu": "RLIMIT_CPU", "file": "RLIMIT_FSIZE", "processes": "RLIMIT_NPROC",
             "files": "RLIMIT_NOFILE", "core": "RLIMIT_CORE"}  # fmt: skip
    for name, value in {**limits, "core": 0}.items():
        kind = getattr(resource, names[name], None)
        if kind is None:
            continue
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(OSError, ValueError):  # macOS refuses some
            resource.setrlimit(kind, (value, value))


def landlock_version() -> int:
    """The kernel's version of Landlock, 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1)))


def landlock(readable: list[str], listable: list[str], writable: list[str]) -> None:
    """Allow this thread and all that it starts to reach these files and folders, and nothing else.

    Also no TCP (Landlock 4), and no signals to processes outside (6).

    Args:
        readable: files and folders to read and run.
        listable: folders of which only the names may be read.
        writable: folders to do anything in; also device files to write to.

    Raises:
        OSError: the kernel refuses.
    """
    version = landlock_version()
    libc = ctypes.CDLL(None, use_errno=True)
    rights = _ALL_RIGHTS[min(version, 3)]
    attributes = struct.pack("<QQQ", rights, 0b11 if version >= 4 else 0, 0b11 if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = _call(libc, _CREATE_RULESET, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for paths, allowed in (
            (readable, _EXECUTE | _READ_FILE | _READ_DIR),
            (listable, _READ_DIR),
            (writable, rights),
        ):
            for path in paths:
                with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                    _allow(libc, ruleset, path, allowed & rights)
        if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")
        _call(libc, _RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, allowed: int) -> None:
    beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):
            allowed &= _FILE_RIGHTS
        rule = struct.pack("<Qi", allowed, beneath)
        _call(libc, _ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0))
    finally:
        os.close(beneath)


def _call(libc: ctypes.CDLL, number: int, *args: object) -> int:
    result = libc.syscall(number, *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"Landlock: {os.strerror(ctypes.get_errno())}")
    return result
