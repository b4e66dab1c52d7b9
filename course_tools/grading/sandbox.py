"""One submission from its start to its end: its own box and the judge's, the wire between them, and the clock.

The grader itself reads nothing but the judge's verdicts, each of limited length, and at most a few for each exercise.
"""

import base64
import contextlib
import json
import os
import shutil
import struct
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

from .box import Box, Container, Engine, Group, Limits, Nothing

_LOOK_EVERY = 0.1  # seconds between two looks at a running submission
_MAX_LINE = 1 << 20
_MAX_ERRORS = 200
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

    def numbers(self) -> list[str]:
        """The exercises that are judged."""
        return [cell["check"] for cell in self.cells if "check" in cell]


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
        caches: folders from which drawn faces and the list of fonts are borrowed.
        shared: the cache that only the course's own answers fill.
        hidden: folders that no box may see.
    """

    engine: Engine
    limits: Limits
    threads: int
    caches: tuple[Path, ...]
    shared: Path
    hidden: tuple[Path, ...]

    def run(self, plan: Plan, own: bool = False, stop: threading.Event | None = None) -> Outcome:
        """Run a submission and let the judge judge it.

        Args:
            plan: what to run.
            own: these are the course's own answers, and may fill the cache.
            stop: ends the submission early when it is set.
        """
        box = Box(_STUDENT, (), self.limits, self.threads, self.caches, hidden=self.hidden)
        if own:
            box = replace(box, writable=(self.shared,), cache=self.shared)
        said = json.dumps({
            "cells": plan.cells, "cell_seconds": self.limits.cell_seconds, "caches": list(map(str, self.caches)),
            "files": {name: base64.b64encode(data).decode() for name, data in plan.files.items()},
        }).encode()  # fmt: skip
        judge = replace(box, code=_JUDGE, arguments=tuple(plan.numbers()), writable=(), cache=None)
        with contextlib.ExitStack() as stack:
            if isinstance(self.engine, Nothing):
                folders = [Path(tempfile.mkdtemp(prefix="emocourse-grade-")) for _ in range(2)]
                for folder in folders:
                    (folder / "home").mkdir()
                    stack.callback(remove, folder)
                box, judge = replace(box, home=folders[0] / "home"), replace(judge, home=folders[1] / "home")
            groups = [stack.enter_context(Group(self.limits)) if self.engine.group else None for _ in range(2)]
            return _Run(self, stop or threading.Event()).outcome((box, judge), groups, said)


def remove(folder: Path) -> None:
    """Remove a folder that a submission has written: unreadable or nested thousands deep as it may be."""
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists() and os.name != "nt":
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*command, str(folder)], capture_output=True, check=False)


class _Run:
    def __init__(self, sandbox: Sandbox, stop: threading.Event) -> None:
        self.sandbox, self.stop, self.found = sandbox, stop, Outcome()
        self.ended = False

    def outcome(self, boxes: tuple[Box, Box], groups: list[Group | None], plan: bytes) -> Outcome:
        started, processes = time.monotonic(), []
        (ask_in, ask_out), (answer_in, answer_out), (verdict_in, verdict_out) = os.pipe(), os.pipe(), os.pipe()
        listener = threading.Thread(target=self._listen, args=(verdict_in,), daemon=True)
        try:
            for box, group, streams in zip(
                boxes,
                groups,
                ((ask_in, answer_out, subprocess.DEVNULL), (answer_in, ask_out, verdict_out)),
                strict=True,
            ):
                processes.append(self._start(box, group, streams))
            for descriptor in (ask_in, answer_in, answer_out, verdict_out):
                os.close(descriptor)
            listener.start()
            with contextlib.suppress(OSError), open(ask_out, "wb") as stream:  # it ended before it read its plan
                stream.write(struct.pack("<I", len(plan)) + plan)
            self._watch(started, listener, processes)
        finally:
            for box, process in zip(boxes, processes, strict=False):
                self._end(box, process)
        listener.join(10)
        self.found.seconds = time.monotonic() - started
        if any(group and group.over() for group in groups):
            self.found.problem = self._over_memory()
        elif not self.found.problem and not self.ended:
            codes = [process.returncode for process in processes]
            self.found.problem = f"It ended before its last cell (its box with status {codes[0]})."
        return self.found

    def _start(self, box: Box, group: Group | None, streams: tuple[int, int, int]) -> subprocess.Popen:
        prefix, stdin, stdout, stderr = group.prefix if group else [], *streams
        environment = box.environment() if isinstance(self.sandbox.engine, Nothing) else None
        return subprocess.Popen(
            [*prefix, *self.sandbox.engine.command(box)], stdin=stdin, stdout=stdout, stderr=stderr, env=environment,
            cwd=box.home if isinstance(self.sandbox.engine, Nothing) else None, start_new_session=os.name != "nt",
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
                said = json.loads(line)
                if said["op"] == "verdict":
                    self.found.verdicts[said["number"]] = said
                elif said["op"] == "cell":
                    self.found.errors[_MAX_ERRORS:] = [said["text"]]
                elif said["op"] == "end":
                    self.ended = True
                elif said["op"] == "died":
                    self.found.problem = f"Its kernel died at cell {said['position']!s:.10}."
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
