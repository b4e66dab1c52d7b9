"""The process in which a submission runs: cells in, answers out, over the wire. Nobody believes what it says.

It is started by `sandbox`, which passes what to run as one JSON object on the command line; see `main`.
"""

import contextlib
import json
import os
import select
import signal
import sys
import threading
import types
from collections.abc import Iterator
from typing import Any

from . import confine


class TooSlow(BaseException):
    """A cell, or a call of the student's function, took too long. No Exception: `except Exception` must let it by."""


def main(plan_path: str) -> None:
    """Run a submission.

    Args:
        plan_path: a JSON file with "cells" (each {"source"} or {"check", "names"}), "cell_seconds", "limits" (see
            `confine.limit`), and "landlock" with the folders "readable", "listable", "writable".
    """
    with open(plan_path, encoding="utf-8") as stream:
        plan = json.load(stream)
    # The wire is on standard input and output; the student's own prints go where the grader only counts them.
    reader = os.fdopen(os.dup(0), "rb")
    writer = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    confine.limit(plan["limits"])
    if plan["landlock"]:
        confine.landlock(plan["readable"], plan["listable"], plan["writable"])
    _end_with_the_grader()
    from . import rpc as wire

    peer = wire.Peer(reader, writer, trusted=True)
    shell = _shell()
    alarm = _Alarm(plan["cell_seconds"])
    peer.guard(alarm)
    for position, cell in enumerate(plan["cells"]):
        if "check" in cell:
            _hand_over(peer, shell.user_ns, cell)
            continue
        error = None
        try:
            with alarm():
                result = shell.run_cell(cell["source"], store_history=False)
            error = result.error_before_exec or result.error_in_exec
        except BaseException as raised:  # SystemExit, TooSlow, or IPython itself, broken by the student's code
            error = raised
        if error is not None:
            peer.send({"op": "cell", "position": position, "error": f"{type(error).__name__}: {_text(error)}"[:500]})
    peer.send({"op": "end"})
    os._exit(0)  # no exit handlers and no waiting for threads of the student's


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:
        return ""


def _hand_over(peer: Any, names: dict[str, Any], cell: dict[str, Any]) -> None:
    """Send the answers to one exercise, and serve the check until it is done."""
    missing = [name for name in cell["names"] if name not in names]
    answers = [names.get(name) for name in cell["names"]]
    try:
        peer.send({"op": "check", "number": cell["check"], "missing": missing}, answers)
    except Exception as error:  # an answer too large, or one that resists being looked at
        peer.send({"op": "check", "number": cell["check"], "missing": missing, "odd": f"{type(error).__name__}"}, [])
    while True:
        message, values = peer.receive()
        if message.get("op") == "next":
            return
        peer.answer(message, values)


class _Alarm:
    """A time limit for the student's code; where the system has no such signal (Windows), only the whole is limited."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.depth = seconds, 0
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, self._ring)

    def _ring(self, *_: Any) -> None:
        raise TooSlow(f"it ran longer than {self.seconds:g} s")

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        if self.depth or not hasattr(signal, "setitimer"):
            yield
            return
        self.depth += 1
        # Again each second after the first: a bare `except:` in the student's loop would swallow one.
        signal.setitimer(signal.ITIMER_REAL, self.seconds, 1)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self.depth -= 1


def _shell() -> Any:
    """An IPython shell that shows nothing: magics, `await` and `display` work, and no time goes into pictures."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.formatters import DisplayFormatter
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Formatter(DisplayFormatter):
        def format(self, obj: Any, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
            return {}, {}

    class Publisher(DisplayPublisher):
        def publish(self, *args: Any, **kwargs: Any) -> None:
            pass

    class Hook(DisplayHook):
        def __call__(self, result: Any = None) -> None:
            pass

    config = Config()
    config.HistoryManager.enabled = False
    InteractiveShell.display_pub_class = Publisher
    InteractiveShell.displayhook_class = Hook
    shell = InteractiveShell.instance(config=config, user_module=types.ModuleType("__main__"))
    shell.display_formatter = Formatter(parent=shell)
    shell.showtraceback = lambda *args, **kwargs: None
    shell.showsyntaxerror = lambda *args, **kwargs: None
    sys.modules["__main__"] = shell.user_module
    return shell


def _end_with_the_grader() -> None:
    """Should the grader be killed, this process and its children must not go on alone."""
    if not hasattr(select, "poll"):
        return
    poll = select.poll()
    poll.register(os.dup(2), 0)  # reports only that nobody reads our standard error any more

    def wait() -> None:
        poll.poll()
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()
