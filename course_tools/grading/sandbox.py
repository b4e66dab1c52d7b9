"""One submission from its start to its end: its own box and the judge's, the wire between them, and the clock.

The grader itself reads nothing but the judge's verdicts, each of limited length, and at most a few for each exercise.
"""

import base64
import contextlib
import json
import os
import struct
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

from emocourse.errors import CourseError
from emocourse.files.store import cache_dir

from .box import (
    IMAGE,
    Box,
    Bubblewrap,
    Container,
    Engine,
    Group,
    Limits,
    Nothing,
    candidates,
    own_name,
    remove,
    socket_filter,
)
from .student import CACHES

_LOOK_EVERY = 0.1  # seconds between two looks at a running submission
_MAX_LINE = 1 << 20
_MAX_ERRORS = 200
_MAX_WORDS = 1 << 16
_FILES = 256  # that a process must be able to open
_JUDGE = "from course_tools.grading import judge; judge.main()"
_STUDENT = "from course_tools.grading import student; student.main()"


@dataclass(frozen=True)
class Plan:
    """What a box is to run.

    Args:
        cells: {"source"} to run, with "instead" where another source runs when it fails; {"check": number, "names"}
            where an exercise is judged.
        files: what lies beside the notebook, by its path there.
    """

    cells: list[dict[str, Any]]
    files: dict[str, bytes] = field(default_factory=dict)


_TRIAL = Plan([{"source": "order = ..."}, {"check": "0.3", "names": ["order"]}])


@dataclass
class Outcome:
    """What came of one submission.

    Args:
        verdicts: what the judge found, by exercise: {"state", "hint", "texts"}.
        errors: the error of each cell that stopped with one.
        problem: why it was ended early, or "".
        seconds: how long it took.
    """

    verdicts: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    problem: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Sandbox:
    """What all boxes of one grading have in common.

    Args:
        engine: what shuts them in.
        limits: what each may use.
        threads: processors that each should count on.
        shared: the cache that only the course's own answers fill; faces are borrowed from it, and from the user's.
        hidden: folders that no box may see.
    """

    engine: Engine
    limits: Limits
    threads: int
    shared: Path
    hidden: tuple[Path, ...] = ()

    def run(self, plan: Plan, own: bool = False, stop: threading.Event | None = None) -> Outcome:
        """Run a submission and let the judge judge it.

        Args:
            plan: what to run.
            own: these are the course's own answers, and may fill the cache: a cell may take as long as all of them.
            stop: ends the submission early when it is set.
        """
        folders = [self.shared]
        with contextlib.suppress(CourseError):  # a user without a cache
            folders.append(cache_dir())
        borrowed = [folder / name for folder in folders for name in CACHES]
        asked, readable = [cell["check"] for cell in plan.cells if "check" in cell], filter(Path.is_dir, borrowed)
        judge = Box(_JUDGE, tuple(asked), self.limits, self.threads, tuple(readable), hidden=self.hidden)
        box = replace(judge, code=_STUDENT, arguments=(), writable=self.shared if own else None)
        said = json.dumps({
            "cells": plan.cells, "caches": list(map(str, box.readable)),
            "cell_seconds": self.limits.seconds if own else self.limits.cell_seconds,
            "files": {name: base64.b64encode(data).decode() for name, data in plan.files.items()},
        }).encode()  # fmt: skip
        with contextlib.ExitStack() as stack:
            if isinstance(self.engine, Nothing):
                folders = [Path(tempfile.mkdtemp(prefix=own_name())) for _ in range(2)]
                for folder in folders:
                    (folder / "home").mkdir()
                    stack.callback(remove, folder)
                box, judge = replace(box, home=folders[0] / "home"), replace(judge, home=folders[1] / "home")
            groups = [stack.enter_context(Group(self.limits)) if self.engine.group else None for _ in range(2)]
            return _Run(self, stop or threading.Event()).outcome((box, judge), groups, said)


def working(trust: bool, limits: Limits, threads: int, shared: Path, hidden: tuple[Path, ...] = ()) -> Sandbox:
    """A sandbox of the first engine that works here: one cell and one check are run in it, as a submission's are.

    Raises:
        CourseError: there is none, and ``trust`` does not say to do without; it says why the best one does not work. Or
            a process may open too few files.
    """
    if os.name != "nt":
        import resource

        if 0 <= resource.getrlimit(resource.RLIMIT_NOFILE)[1] < _FILES:  # a kernel would wait for ever for its sockets
            raise CourseError(f"A process may open too few files here: run ulimit -n {_FILES} and grade again.")
    if trust:
        return Sandbox(Nothing(), limits, threads, shared, hidden)
    why = ""
    for engine in candidates():
        sandbox = Sandbox(engine, limits, threads, shared, hidden)
        try:
            tried = replace(sandbox, limits=Limits(seconds=300)).run(_TRIAL, own=True)
        except OSError as error:
            tried = Outcome(problem=str(error))
        if not tried.problem and not tried.errors and "0.3" in tried.verdicts:
            return sandbox
        why = why or next((text for text in (tried.problem, *tried.errors) if text), "the check gave no verdict")
    why = f" (an engine is here, but does not work: {why})" if why else ""
    raise CourseError(
        f"Nothing here can shut a submission in{why}: install bubblewrap, or podman or docker with the image {IMAGE} "
        "(see course_tools/grading/Containerfile), or run what is handed in as yourself with --trust-submissions."
    )


class _Run:
    """One run of one submission."""

    def __init__(self, sandbox: Sandbox, stop: threading.Event) -> None:
        self.sandbox, self.stop, self.found = sandbox, stop, Outcome()
        self.ended, self.last_words = False, ""

    def outcome(self, boxes: tuple[Box, Box], groups: list[Group | None], plan: bytes) -> Outcome:
        started, processes = time.monotonic(), []
        ask, answer, verdicts, words = os.pipe(), os.pipe(), os.pipe(), os.pipe()
        listener = threading.Thread(target=self._listen, args=(verdicts[0],), daemon=True)
        hearer = threading.Thread(target=self._hear, args=(words[0],), daemon=True)
        streams = ((ask[0], answer[1], words[1]), (answer[0], ask[1], verdicts[1]))
        try:
            for box, group, three in zip(boxes, groups, streams, strict=True):
                processes.append(self._start(box, group, three))
        finally:
            for descriptor in (ask[0], *answer, verdicts[1], words[1]):
                os.close(descriptor)
            listener.start()
            hearer.start()
            if len(processes) < len(boxes):
                os.close(ask[1])
                for box, process in zip(boxes, processes, strict=False):
                    self._end(box, process)
        try:
            with contextlib.suppress(OSError), open(ask[1], "wb") as stream:  # it ended before it read its plan
                stream.write(struct.pack("<I", len(plan)) + plan)
            self._watch(started, listener, processes)
        finally:
            for box, process in zip(boxes, processes, strict=True):
                self._end(box, process)
        for thread in (listener, hearer):
            thread.join(10)
        self.found.seconds = time.monotonic() - started
        if any(group and group.over() for group in groups):
            self.found.problem = self._over_memory()
        elif not self.found.problem and not self.ended:
            words = self.last_words or f"its box with status {processes[0].returncode}"
            self.found.problem = f"It ended before its last cell ({words})."
        return self.found

    def _hear(self, descriptor: int) -> None:
        """Keep the last line that a box's first process wrote before it ended: its engine's, or Python's."""
        with contextlib.suppress(OSError), open(descriptor, "rb") as stream:
            lines = stream.read(_MAX_WORDS).decode(errors="replace").split("\n")
            self.last_words = self.last_words or next((x.strip()[:500] for x in reversed(lines) if x.strip()), "")

    def _start(self, box: Box, group: Group | None, streams: tuple[int, int, int]) -> subprocess.Popen:
        prefix, stdin, stdout, stderr = group.prefix if group else [], *streams
        engine = self.sandbox.engine
        bare = {"env": box.environment(), "cwd": box.home} if isinstance(engine, Nothing) else {}
        with socket_filter() if isinstance(engine, Bubblewrap) else contextlib.nullcontext(()) as filters:
            command = engine.command(box, filters) if filters else engine.command(box)
            return subprocess.Popen(
                [*prefix, *command], stdin=stdin, stdout=stdout, stderr=stderr, pass_fds=filters,
                start_new_session=os.name != "nt", **bare,
            )  # fmt: skip

    def _watch(self, started: float, listener: threading.Thread, processes: list[subprocess.Popen]) -> None:
        """Until the judge is done, or something is over its limit."""
        limits = self.sandbox.limits
        while listener.is_alive():
            listener.join(_LOOK_EVERY)
            if time.monotonic() - started > limits.seconds:
                self.found.problem = f"It was ended at its time limit of {limits.seconds:g} s."
            elif self.stop.is_set():
                self.found.problem = "It was stopped."
            elif not self.sandbox.engine.group and max(map(_memory, processes)) > limits.memory:
                self.found.problem = self._over_memory()
            elif processes[0].poll() is not None:  # what it left behind may hold the wire open
                listener.join(30)
                return
            if self.found.problem:
                return

    def _over_memory(self) -> str:
        return f"It was ended at its memory limit of {self.sandbox.limits.memory >> 20} MB."

    def _listen(self, descriptor: int) -> None:
        """Take down what the judge finds."""
        with contextlib.suppress(OSError, ValueError), open(descriptor, "rb") as stream:
            while line := stream.readline(_MAX_LINE):
                if len(line) == _MAX_LINE:  # what comes after it would be taken for a line of the judge's
                    self.found.problem = "It was ended: its answers are too large."
                    return
                try:
                    said = json.loads(line)
                except ValueError:  # the judge's box did not start, or the judge broke
                    self.last_words = line.decode(errors="replace").strip()[:500] or self.last_words
                    continue
                if said["op"] == "verdict":
                    self.found.verdicts[said["number"]] = said
                elif said["op"] == "cell":
                    self.found.errors[_MAX_ERRORS:] = [said["text"]]
                elif said["op"] == "end":
                    self.ended = True
                elif said["op"] == "died":
                    self.found.problem = f"Its kernel died at cell {said['position']:.10}."
                else:
                    self.found.problem = f"It was ended: {said['text']}."

    def _end(self, box: Box, process: subprocess.Popen) -> None:
        """End a box and all that is in it."""
        left = [process]
        with contextlib.suppress(psutil.Error):
            left += psutil.Process(process.pid).children(recursive=True)
        for one in left:
            with contextlib.suppress(psutil.Error, OSError):
                one.kill()
        if isinstance(self.sandbox.engine, Container):
            self.sandbox.engine.end(box)
        process.wait()


def _memory(process: subprocess.Popen) -> int:
    """Bytes of memory of a process and its children."""
    memory = 0
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(process.pid)
        for one in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                memory += one.memory_info().rss
    return memory
