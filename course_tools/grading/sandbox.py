"""One submission in a process of its own, watched: time, memory, disk, children and output have limits.

Each submission gets two processes. One runs the student's cells (`student`), confined as far as the system can; the
other runs the checks (`checker`) and never any of the student's code. This room starts, watches and ends both.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psutil

from . import limits as surroundings
from .limits import Limits

_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from course_tools.grading import {module}; {module}.main(sys.argv[2])"
)
_LOOK_EVERY = 0.1  # seconds between two looks at a running submission
_MAX_LINE = 1 << 20
_MAX_ENTRIES = 20_000  # files and folders that a submission may make


@dataclass
class Outcome:
    """What came of one submission.

    Args:
        verdicts: what the checks found, in their order: {"number", "state", "hint", "texts"}.
        errors: (position of the cell, error) for each cell that stopped with an error.
        problem: why it was ended early, or "".
        seconds: how long it took.
        memory: the most bytes it was seen to have.
        printed: bytes of what it printed.
    """

    verdicts: list[dict[str, Any]] = field(default_factory=list)
    errors: list[tuple[int, str]] = field(default_factory=list)
    problem: str = ""
    seconds: float = 0.0
    memory: int = 0
    printed: int = 0


def run(cells: list[dict[str, Any]], limits: Limits, own: bool = False, stop: threading.Event | None = None) -> Outcome:
    """Run the cells of one submission and let the checks judge it.

    Args:
        cells: {"source"} to run, {"check": number, "names": [...]} to judge.
        limits: what it may use.
        own: the cells are the course's own, and may fill the cache.
        stop: ends the submission early when it is set.
    """
    folder = Path(tempfile.mkdtemp(prefix="emocourse-grade-"))
    try:
        return _Run(cells, limits, folder, own, stop or threading.Event()).outcome()
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a folder that a submission has written: unreadable or nested thousands deep as it may be."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists() and os.name != "nt":
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*command, str(folder)], capture_output=True, check=False)


class _Run:
    def __init__(
        self, cells: list[dict[str, Any]], limits: Limits, folder: Path, own: bool, stop: threading.Event
    ) -> None:
        self.limits, self.found, self.stop = limits, Outcome(), stop
        self.nonce = secrets.token_hex(16)
        self.home = folder / "home"
        self.home.mkdir()
        self.ended, self.broken = False, ""
        self.left: int | None = None  # the submission's exit status, where it ended by itself
        self.judged: int | None = None  # and that of the checks
        environment = surroundings.environment(self.home, own)
        plan = folder / "plan.json"
        plan.write_text(json.dumps(surroundings.plan(cells, limits, plan, self.home, own)), encoding="utf-8")
        read_answers, write_answers = os.pipe()
        read_questions, write_questions = os.pipe()
        try:
            self.student = self._start(
                "student", str(plan), read_questions, write_answers, environment, surroundings.unshare()
            )
            space = surroundings.address_space(limits)
            try:
                self.checker = self._start(
                    "checker", f"{self.nonce} {space}", read_answers, write_questions, surroundings.quiet(os.environ)
                )
            except BaseException:
                self._end(self.student)
                raise
        finally:
            for descriptor in (read_answers, write_answers, read_questions, write_questions):
                os.close(descriptor)

    def _start(
        self, module: str, argument: str, stdin: int, stdout: int, environment: dict[str, str], before: tuple = ()
    ) -> subprocess.Popen:
        search = [path for path in sys.path if path and Path(path).exists()]
        search = [
            str(surroundings.PACKAGE.parent),
            *(path for path in search if path != str(surroundings.PACKAGE.parent)),
        ]
        command = [*before, sys.executable, "-I", "-c", _START.format(module=module), json.dumps(search), argument]
        return subprocess.Popen(
            command, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, cwd=self.home, env=environment,
            start_new_session=os.name != "nt",
        )  # fmt: skip

    def outcome(self) -> Outcome:
        started = time.monotonic()
        readers = [
            threading.Thread(target=self._count, args=(self.student.stderr,), daemon=True),
            threading.Thread(target=self._listen, args=(self.checker.stderr,), daemon=True),
        ]
        for reader in readers:
            reader.start()
        try:
            self._watch(started, readers[1])
        finally:
            self._end(self.student)
            self._end(self.checker)
        for reader in readers:
            reader.join(10)
        self.found.seconds = time.monotonic() - started
        if not self.found.problem and not self.ended:
            self.found.problem = f"It ended before its last cell ({self._why()})."
        return self.found

    def _why(self) -> str:
        """Why there was no last cell. When one of the two processes ends, the other follows: which was first counts."""
        if self.broken:
            return self.broken
        if self.judged not in (0, None) or self.left is None:
            return "the checks stopped"
        return f"signal {-self.left}" if self.left < 0 else f"exit status {self.left}"

    def _watch(self, started: float, listener: threading.Thread) -> None:
        """Until the checks are done, or something is over its limit."""
        limits, looked = self.limits, started
        while True:
            if self.judged is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.judged = self.checker.wait(_LOOK_EVERY)
                    listener.join(10)
                if self.judged is not None and (self.ended or self.broken or self.judged != 0):
                    return
                # Otherwise the checks found the wire closed: the submission ends, and its own parent sees how.
            else:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.student.wait(_LOOK_EVERY)
            if (left := self.student.poll()) is not None:  # its children may still hold the pipes open
                self.left = left
                self._end(self.student)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.judged = self.checker.wait(30)
                return
            memory, processes = _use(self.student)
            self.found.memory = max(self.found.memory, memory)
            if time.monotonic() - looked > 1:
                looked = time.monotonic()
                written, entries = _written(self.home)
                if written > limits.disk or entries > _MAX_ENTRIES:
                    self.found.problem = f"It was ended since it wrote too much: the limit is {limits.disk >> 20} MB."
            if memory > limits.memory or _use(self.checker)[0] > limits.memory:
                self.found.problem = f"It was ended at its memory limit of {limits.memory >> 20} MB."
            elif processes > limits.processes:
                self.found.problem = f"It was ended since it started more than {limits.processes} processes."
            elif time.monotonic() - started > limits.seconds:
                self.found.problem = f"It was ended at its time limit of {limits.seconds:g} s."
            elif self.stop.is_set():
                self.found.problem = "It was stopped."
            if self.found.problem:
                return

    def _count(self, stream: IO[bytes]) -> None:
        """Read what the submission prints, so that it does not wait, and keep nothing of it."""
        with contextlib.suppress(OSError, ValueError):
            while part := stream.read1(1 << 20):
                self.found.printed += len(part)

    def _listen(self, stream: IO[bytes]) -> None:
        """Take down what the checks find; lines without the mark are noise of libraries."""
        mark = self.nonce.encode() + b" "
        with contextlib.suppress(OSError, ValueError):
            while line := stream.readline(_MAX_LINE):
                if not line.startswith(mark):
                    continue
                said = json.loads(line[len(mark) :])
                if "number" in said:
                    self.found.verdicts.append(said)
                elif "cell" in said:
                    self.found.errors.append((said["cell"], said["error"]))
                elif "end" in said:
                    self.ended = True
                else:
                    self.broken = said["broken"]

    def _end(self, process: subprocess.Popen) -> None:
        """End a process and all that it started."""
        left = [process]
        with contextlib.suppress(psutil.Error):
            left += psutil.Process(process.pid).children(recursive=True)
        if os.name != "nt":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        for one in left:
            with contextlib.suppress(psutil.Error, OSError):
                one.kill()
        process.wait()
        if process is self.student and not surroundings.unshare():
            self._end_hidden()

    def _end_hidden(self) -> None:
        """End processes that left the group and the family: they still have our nonce in their environment."""
        for one in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if one.environ().get("EMOCOURSE_SUBMISSION") == str(self.home):
                    one.kill()


def _use(process: subprocess.Popen) -> tuple[int, int]:
    """Bytes of memory and number of processes of a process and its children."""
    memory, count = 0, 0
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(process.pid)
        for one in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                memory += one.memory_info().rss
                count += 1
    return memory, count


def _written(folder: Path) -> tuple[int, int]:
    """Bytes and entries below a folder; gives up counting where there are far too many."""
    size, entries, todo = 0, 0, [str(folder)]
    while todo and entries <= _MAX_ENTRIES:
        with contextlib.suppress(OSError), os.scandir(todo.pop()) as found:
            for entry in found:
                entries += 1
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_blocks * 512
                if entries > _MAX_ENTRIES:
                    break
    return size, entries
