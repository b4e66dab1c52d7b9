"""What runs in a submission's box: the notebook, by nbclient in a kernel of its own. Nobody believes what it says.

`main` is the box's first process. It reads the plan, lays out the student's folder, and runs cell after cell. Where an
exercise is to be judged, `serve` runs in the kernel, where the answers live, and answers the judge over the wire.
"""

import base64
import contextlib
import json
import os
import signal
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emocourse import checks

from .wire import Wire

CACHES = ("twin", "landmarks", "matplotlib")  # nothing of FER2013 is in these
_KERNEL = "from course_tools.grading import student; student.kernel()"
_SERVE = "__import__('course_tools.grading.student', fromlist=['serve']).serve({number!r}, {names!r})"


def main() -> None:
    """Run a submission. The plan comes first on standard input, after four bytes with its length.

    It has "cells" (each {"source"}, with "instead" where another source runs when the first fails, or {"check",
    "names"}), "files" {path: base64}, "caches" (folders to borrow from), and "cell_seconds".
    """
    reader, writer = os.dup(0), os.dup(1)
    with open(reader, "rb", closefd=False) as stream:  # nothing comes after the plan before the judge is asked
        plan = json.loads(stream.read(*struct.unpack("<I", stream.read(4))))
    words = os.fdopen(os.dup(2), "w", errors="replace")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    try:
        wire = Wire(os.fdopen(os.dup(reader), "rb"), os.fdopen(os.dup(writer), "wb"), trusted=True)
        run(wire, plan, lay_out(plan), (reader, writer))
    except BaseException as error:
        words.write(f"{type(error).__name__}: {error}")
        words.flush()
        os._exit(1)
    os._exit(0)


def lay_out(plan: dict[str, Any]) -> Path:
    """The student's folder, the caches and the kernel's description, in the box's home; returns the folder."""
    home, cache = Path(os.environ["HOME"]), Path(os.environ["EMOCOURSE_CACHE"])
    work = home / "work"
    for name, data in plan["files"].items():
        path = work / name
        with contextlib.suppress(OSError):  # a name that this system cannot have
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(base64.b64decode(data))
    work.mkdir(parents=True, exist_ok=True)
    for folder in map(Path, plan["caches"]):
        with contextlib.suppress(OSError):  # one that this user may not read
            for path in folder.glob("*.*"):
                (cache / folder.name).mkdir(parents=True, exist_ok=True)
                with contextlib.suppress(FileExistsError):
                    (cache / folder.name / path.name).symlink_to(path)
    spec = Path(os.environ["JUPYTER_DATA_DIR"]) / "kernels" / "submission" / "kernel.json"
    spec.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-P", "-c", _KERNEL, "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": command, "display_name": "submission", "language": "python"}))
    return work


def run(wire: Wire, plan: dict[str, Any], work: Path, descriptors: tuple[int, int]) -> None:
    """Run all cells, and tell the judge which stopped with an error, and how it ended."""
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError
    from nbformat import v4

    class Client(NotebookClient):
        printed, error = 0, ""

        def output(self, outs: Any, message: Any, display_id: Any, cell_index: Any) -> None:
            """Count what is shown, and keep nothing of it."""
            content = message["content"]
            self.printed += len(content.get("text", ""))
            if message["msg_type"] == "error":
                self.error = f"{content['ename']}: {content['evalue']}"

        def attempt(self, source: str, position: int) -> str:
            """Run a cell; the error that it stopped with, or ""."""
            self.error = ""
            cell = v4.new_code_cell(source)
            self.nb.cells = [cell]
            self.execute_cell(cell, 0)
            return self.error

    client = Client(
        v4.new_notebook(), kernel_name="submission", allow_errors=True, interrupt_on_timeout=True,
        resources={"metadata": {"path": str(work)}}, shutdown_kernel="immediate", startup_timeout=120,
    )  # fmt: skip
    environment = {**os.environ, "EMOCOURSE_WIRE": json.dumps([*descriptors, plan["cell_seconds"]])}
    position = 0
    try:
        with client.setup_kernel(env=environment, pass_fds=descriptors):
            for position, cell in enumerate(plan["cells"], start=1):
                client.timeout = None if "check" in cell else plan["cell_seconds"]
                source = _SERVE.format(number=cell["check"], names=cell["names"]) if "check" in cell else cell["source"]
                if (error := client.attempt(source, position)) and "instead" in cell:
                    error = client.attempt(cell["instead"], position)
                if error.startswith("KeyboardInterrupt"):
                    error = f"it ran longer than {plan['cell_seconds']:g} s"
                if error and "check" not in cell:
                    wire.send("cell", position=position, text=error[:500])
    except DeadKernelError:
        wire.send("died", position=position)
        return
    wire.send("end", position=position, text=str(client.printed))


# --- In the kernel ----------------------------------------------------------------------------------------------------

_wire: Wire | None = None


class TooSlow(BaseException):
    """A call of the student's function took too long."""


def kernel() -> None:
    """An IPython kernel that has the wire, and otherwise is the one that runs in JupyterLab."""
    global _wire
    reader, writer, seconds = json.loads(os.environ.pop("EMOCOURSE_WIRE"))
    _wire = Wire(os.fdopen(reader, "rb"), os.fdopen(writer, "wb"), trusted=True, guard=lambda: _limited(seconds))
    from ipykernel.kernelapp import launch_new_instance

    sys.path.insert(0, "")  # the student's folder, as in JupyterLab; not before all of ours is imported
    launch_new_instance(argv=sys.argv[1:])


def serve(number: str, names: list[str]) -> None:
    """Send the answers to one exercise, and serve the judge until it is done."""
    from IPython import get_ipython

    have = get_ipython().user_ns
    missing = next((name for name in names if name not in have), None)
    answers = [have.get(name) for name in names]
    if checks.lent(number, answers):  # the course's own are no answer, wherever the check stands
        answers = [...] * len(names)
    try:
        _wire.send("check", answers, number=number, missing=missing)
    except Exception as error:  # an answer too large, or one that resists being looked at
        _wire.send("check", [], number=number, missing=missing, odd=type(error).__name__)
    while (message := _wire.receive())["op"] != "next":
        _wire.answer(message)


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """A time limit for a call; where the system has no such signal (Windows), only the whole is limited."""
    if not hasattr(signal, "setitimer") or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return

    def ring(*_: Any) -> None:
        raise TooSlow(f"it ran longer than {seconds:g} s")

    signal.signal(signal.SIGALRM, ring)
    # Again each second after the first: a bare `except:` in the student's loop would swallow one.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
