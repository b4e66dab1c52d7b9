"""The box that a process is shut in: an engine that others trust starts it, and we only say what it may have.

Inside are the system's programs, Python, and the package without solutions and tests, all to be read only; a home of
limited size that vanishes with the box; no network; and no process, terminal or file of anybody's. `Bubblewrap` is the
first choice, a container the second. `Nothing` shuts nobody in, and is taken only where a person asks for it.
"""

import contextlib
import errno
import functools
import os
import platform
import re
import secrets
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

import emocourse
from emocourse.files import store as files

PACKAGE = Path(emocourse.__file__).resolve().parent
HERE = Path(__file__).resolve().parent
IMAGE = "emocourse-grade"
NOBODY = 65534
_SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/fonts", "/nix/store")
_SHARED_MEMORY = 64 << 20
_CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Args:
        seconds: wall-clock time of the whole notebook.
        cell_seconds: of one cell, or of one call of the student's function by a check.
        memory: bytes of all its processes together, with what it writes.
        disk: bytes of what it writes.
        tasks: processes and threads that it may have at once.
    """

    seconds: float = 600
    cell_seconds: float = 120
    memory: int = 3 << 30
    disk: int = 512 << 20
    tasks: int = 512


@dataclass(frozen=True)
class Box:
    """What runs in a box, and what it finds there.

    Args:
        code: Python that is run.
        arguments: what it gets.
        limits: what it may use.
        threads: processors to count on.
        readable: folders beside Python and the course, at the same place inside as outside.
        writable: a folder that it may write to and uses as the course's cache; only for the course's own answers.
        hidden: what must not be seen even where it lies inside one of the folders to read.
        home: its home: a place inside, and for `Nothing`, which has no inside, a folder that is there.
        name: what a container is called.
        user: its user where root starts it: nobody else's, so that no two boxes share what the system keeps by user
            (keys, counts of processes).
    """

    code: str
    arguments: tuple[str, ...]
    limits: Limits
    threads: int = 1
    readable: tuple[Path, ...] = ()
    writable: Path | None = None
    hidden: tuple[Path, ...] = ()
    home: Path = Path("/tmp/home")
    name: str = field(default_factory=lambda: f"emocourse-{secrets.token_hex(8)}")
    user: str = field(default_factory=lambda: str((7 << 28) + secrets.randbelow(1 << 28)))

    def python(self, program: str) -> list[str]:
        """The command inside the box. It imports nothing from where it stands."""
        return [program, "-P", "-c", self.code, *self.arguments]

    def environment(self) -> dict[str, str]:
        """What is known inside of the world outside: no names, tokens or paths of the instructor's."""
        home, cache = str(self.home), str(self.writable or self.home / "cache")
        threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
        return {
            **dict.fromkeys(threads, str(self.threads)),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
            "HOME": home, "USERPROFILE": home, "TMPDIR": str(self.home.parent), "USER": "student", "LOGNAME": "student",
            "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join(map(str, (PACKAGE.parent, HERE.parent.parent, *_packages()))),
            "EMOCOURSE_CACHE": cache, "MPLCONFIGDIR": f"{cache}/matplotlib", "KERAS_HOME": f"{home}/.keras",
            "JUPYTER_DATA_DIR": f"{home}/.jupyter", "JUPYTER_RUNTIME_DIR": f"{home}/.jupyter/runtime",
            "JUPYTER_PLATFORM_DIRS": "1", "IPYTHONDIR": f"{home}/.ipython", "JOBLIB_MULTIPROCESSING": "0",
            "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore",
            "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1",
        }  # fmt: skip

    def folders(self) -> list[Path]:
        """What is inside, to be read: the package, its data, this folder and `readable`; no solutions, no tests."""
        course = [PACKAGE, files.data_path("twin").parent, HERE.parent / "__init__.py", HERE]
        return [path for path in (*course, *self.readable) if path.exists()]


class Bubblewrap:
    """https://github.com/containers/bubblewrap: namespaces of Linux, by the program that Flatpak trusts."""

    isolates = True

    def __init__(self, group: bool) -> None:
        self.group = group
        self.weaknesses = [] if group else [
            "No cgroup can be made here. Memory is looked at ten times a second, and memory that is shared or not "
            "mapped, and what is written, are not counted in it; threads are counted for all boxes together."
        ]  # fmt: skip

    def command(self, box: Box, filters: tuple[int, ...] = ()) -> list[str]:
        """The command that runs a box, with what `socket_filter` gives."""
        size = ["--perms", "1777", "--size"]
        command = ["bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
                   "--new-session", "--die-with-parent", "--clearenv", "--hostname", "box",
                   *size, str(box.limits.disk), "--tmpfs", "/tmp"]  # fmt: skip
        for descriptor in filters:
            command += ["--seccomp", str(descriptor)]
        for path in (Path("/", name) for name in _SYSTEM):
            if path.is_symlink():
                command += ["--symlink", os.readlink(path), str(path)]
            elif path.is_dir():
                command += ["--ro-bind", str(path), str(path)]
        python = map(Path, (sys.prefix, sys.base_prefix, sys.exec_prefix))
        paths = (*map(Path, ("/usr", *_SETTINGS)), *python, *_packages(), *box.folders())
        seen = list(dict.fromkeys(path for path in paths if path.exists()))
        inside = [*seen, *([box.writable] if box.writable else ())]
        # Folders on the way are readable for all, whatever they are outside. (Bubblewrap's own would not be.)
        for folder in sorted({parent for path in inside for parent in path.parents} - {Path("/"), Path("/tmp")}):
            if not any(folder.is_relative_to(path) for path in seen):
                command += ["--perms", "0755", "--dir", str(folder)]
        for path in seen:
            command += ["--ro-bind", str(path), str(path)]
        for path in box.hidden:
            if path.is_dir() and any(path.is_relative_to(other) for other in seen):
                command += ["--tmpfs", str(path)]
        if box.writable:
            command += ["--bind", str(box.writable), str(box.writable)]
        command += ["--proc", "/proc", "--dev", "/dev", *size, str(_SHARED_MEMORY), "--tmpfs", "/dev/shm"]
        command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]
        for name, value in box.environment().items():
            command += ["--setenv", name, value]
        return [*command, *self._user(box.user), "prlimit", *self._limits(box.limits), *box.python(sys.executable)]

    def _user(self, user: str) -> list[str]:
        """A box's user can be another for the whole system only where root starts it; else only inside the box."""
        if os.getuid() != 0:
            return ["--cap-drop", "ALL", "--unshare-user", "--disable-userns", "--uid", str(NOBODY),
                    "--gid", str(NOBODY)]  # fmt: skip
        kept = [word for name in ("SETUID", "SETGID", "SETPCAP") for word in ("--cap-add", f"CAP_{name}")]
        return ["--cap-drop", "ALL", *kept, "setpriv", "--reuid", user, "--regid", user, "--clear-groups",
                "--inh-caps", "-all", "--bounding-set", "-all", "--no-new-privs"]  # fmt: skip

    def _limits(self, limits: Limits) -> list[str]:
        import resource  # not on Windows

        wanted = {"core": 0, "nofile": 4096, "fsize": limits.disk}
        if not self.group:
            wanted |= {"nproc": limits.tasks, "data": limits.memory + (1 << 30)}
        hard = {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))[1] for name in wanted}
        # What is set lower here already cannot be raised in a box.
        return [f"--{name}={min(n, hard[name]) if hard[name] >= 0 else n}" for name, n in wanted.items()]


@contextlib.contextmanager
def socket_filter() -> Iterator[tuple[int, ...]]:
    """A descriptor from which Bubblewrap reads which sockets a box may open; none where the processor is another.

    A network namespace does not hold all of them: VSOCK leads to a virtual machine's host. So there are the families
    UNIX, IPv4, IPv6 and netlink, and neither another architecture's system calls nor io_uring lead round that. (See
    seccomp(2): what is loaded, compared, and answered. A container's engine has such a filter of its own.)
    """
    architecture, socket = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}.get(platform.machine(), (0, 0))
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    program = [
        (load, 0, 0, 4), (equal, 0, 9, architecture), (load, 0, 0, 0), (at_least, 7, 0, 1 << 30), (equal, 6, 0, 425),
        (equal, 0, 6, socket), (load, 0, 0, 16),
        (equal, 4, 0, 1), (equal, 3, 0, 2), (equal, 2, 0, 10), (equal, 1, 0, 16),
        (give, 0, 0, 0x50000 | errno.EPERM), (give, 0, 0, 0x7FFF0000),
    ]  # fmt: skip
    if not socket:
        yield ()
        return
    reader, writer = os.pipe()
    try:
        os.write(writer, b"".join(struct.pack("HBBI", *step) for step in program))
        os.close(writer)
        yield (reader,)
    finally:
        os.close(reader)


class Container:
    """A container by podman or docker, of the image that the Containerfile in this folder makes."""

    isolates, group = True, False

    def __init__(self, program: str) -> None:
        self.program = program
        self.weaknesses: list[str] = []

    def command(self, box: Box) -> list[str]:
        """The command that runs a box."""
        limits, settings = box.limits, []
        for path in box.folders():
            settings += ["--volume", f"{path}:{path}:ro"]
        if box.writable:
            settings += ["--volume", f"{box.writable}:{box.writable}"]
        for name, value in box.environment().items():
            settings += ["--env", f"{name}={value}"] if name != "PATH" else []
        return [
            self.program, "run", "--name", box.name, "--rm", "--interactive", "--pull", "never",
            "--network", "none", "--read-only",
            "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", f"{NOBODY}:{NOBODY}", "--init",
            "--memory", str(limits.memory), "--memory-swap", str(limits.memory), "--pids-limit", str(limits.tasks),
            "--tmpfs", f"/tmp:rw,size={limits.disk},mode=1777", "--shm-size", str(_SHARED_MEMORY), "--ulimit", "core=0",
            "--workdir", "/", *settings, IMAGE, *box.python("python"),
        ]  # fmt: skip

    def end(self, box: Box) -> None:
        """End a container; to end the program that started it is not enough."""
        subprocess.run([self.program, "kill", box.name], capture_output=True, timeout=60, check=False)


class Nothing:
    """No box at all: a submission runs as whoever grades it."""

    isolates, group = False, False
    weaknesses = (
        "Nothing was isolated: each submission ran as you, and could read, change and send away all that you can, "
        "change another's points, and use more than the limits say.",
    )

    def command(self, box: Box) -> list[str]:
        """The command that runs a "box"."""
        return box.python(sys.executable)


Engine = Bubblewrap | Container | Nothing


def _packages() -> list[Path]:
    """Folders of packages, also those that Python knows from the environment or the user's home only."""
    return [Path(path) for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]


def candidates() -> list[Engine]:
    """The engines that may work here, the best first; `sandbox.working` tries them."""
    with Group(Limits()) as group:
        boxes = [Bubblewrap(held) for held in ((True, False) if group.prefix else (False,))]
    containers = [Container(name) for name in ("podman", "docker") if shutil.which(name)]
    return [*(boxes if shutil.which("bwrap") else ()), *containers]


# --- Memory and processes, held by the kernel -------------------------------------------------------------------------


LEFT = re.compile(r"emocourse-(\d{1,9})-.*")
"""What folders of a grader are called, with its process's number."""


def own_name() -> str:
    """The start of the name of a folder that vanishes with this grader, or is swept away by the next one."""
    return f"emocourse-{os.getpid()}-"


def sweep() -> None:
    """Remove the cgroups, and the folders for temporary files, of graders that were killed."""
    left = (*_CGROUPS.glob("emocourse-*"), *_CGROUPS.glob("*/emocourse-*"),
            *Path(tempfile.gettempdir()).glob("emocourse-*"))  # fmt: skip
    for folder in left:
        if (match := LEFT.fullmatch(folder.name)) and not folder.is_symlink() and not psutil.pid_exists(int(match[1])):
            with contextlib.suppress(OSError):
                folder.rmdir()  # all that a cgroup needs, and takes
            if not folder.is_relative_to(_CGROUPS):
                remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder that a submission has written: unreadable or nested thousands deep as it may be."""
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists() and os.name != "nt":
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*command, str(folder)], capture_output=True, check=False)


class Group:
    """A cgroup for one box, as a context: by folders where they can be made (root), by systemd-run elsewhere.

    ``prefix`` goes before a box's command; it is empty where no cgroup can be had.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits, self.folders, self.prefix = limits, [], []

    def __enter__(self) -> "Group":
        if self._make_folders():
            enter = 'for folder; do shift; [ "$folder" = -- ] && break; echo $$ > "$folder/cgroup.procs" || exit; done'
            self.prefix = ["sh", "-c", f'{enter}; exec "$@"', "sh", *map(str, self.folders), "--"]
        elif command := _systemd():
            self.prefix = [*command, "-p", f"MemoryMax={self.limits.memory}", "-p", "MemorySwapMax=0",
                           "-p", f"TasksMax={self.limits.tasks}", "-p", "CPUWeight=100"]  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        for folder in self.folders:
            for _attempt in range(50):  # the kernel needs a moment after the last process
                with contextlib.suppress(OSError):
                    folder.rmdir()
                if not folder.exists():
                    break
                time.sleep(0.05)

    def over(self) -> bool:
        """Whether the kernel ended a process of the group for its memory."""
        for path in (folder / name for folder in self.folders for name in ("memory.events", "memory.oom_control")):
            with contextlib.suppress(OSError):
                if re.search(r"^oom_kill [1-9]", path.read_text(), re.MULTILINE):
                    return True
        return False

    def _make_folders(self) -> bool:
        name, root = own_name() + secrets.token_hex(8), _CGROUPS
        memory, tasks = str(self.limits.memory), str(self.limits.tasks)
        version_1 = (
            (root / "memory" / name, {"memory.limit_in_bytes": memory, "?memory.memsw.limit_in_bytes": memory}),
            (root / "pids" / name, {"pids.max": tasks}),
            *([(root / "cpu" / name, {})] if (root / "cpu").is_dir() else ()),  # a box's share, however many threads
        )
        version_2 = ((root / name, {"memory.max": memory, "pids.max": tasks, "?memory.swap.max": "0"}),)
        for folders in (version_2, version_1):
            try:
                for folder, settings in folders:
                    folder.mkdir()
                    self.folders.append(folder)
                    for file, value in settings.items():
                        # "r+", for in a plain folder there is no such file, and none may be made.
                        optional = contextlib.suppress(*[OSError] * file.startswith("?"))
                        with optional, (folder / file.lstrip("?")).open("r+") as stream:
                            stream.write(value)
                return True
            except OSError:
                self.__exit__()
                self.folders = []
        return False


@functools.cache
def _systemd() -> tuple[str, ...]:
    """The start of systemd-run's command; empty where it does not run."""
    user = () if os.name == "nt" or os.getuid() == 0 else ("--user",)
    command = ("systemd-run", *user, "--scope", "--quiet", "--collect")
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        if subprocess.run([*command, "true"], capture_output=True, timeout=30).returncode == 0:
            return command
    return ()
