"""The process that judges one submission: it runs the checks of the installed course, and none of the student's code.

Standard input and output are the wire to the submission's process. What it finds goes to standard error, one JSON
object a line behind a word that only the grader and this process know; the rest is noise of libraries.
"""

import json
import os
import sys
from typing import Any

from emocourse import checks
from emocourse.errors import CourseError

from . import confine
from .rpc import HungUpError, Peer, WireError

MAX_TEXT = 10_000
"""Most characters of a hint or of a student's text that go into the report."""


def main(argument: str) -> None:
    """Judge what the submission's process hands over, until it ends.

    Args:
        argument: a word that begins each line of what is found, and the most bytes of addresses for this process.
    """
    nonce, space = argument.split()
    confine.limit({"address_space": int(space)})
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    peer = Peer(reader, writer, trusted=False)

    def say(found: dict[str, Any]) -> None:
        sys.stderr.write(f"\n{nonce} {json.dumps(found)}\n")
        sys.stderr.flush()

    try:
        while True:
            message, values = peer.receive()
            if message.get("op") == "end":
                say({"end": True})
                return
            if message.get("op") == "cell":
                say({"cell": message.get("position"), "error": str(message.get("error"))[:500]})
            elif message.get("op") == "check":
                say(judge(message, values))
                peer.send({"op": "next"})
            else:
                raise WireError("the submission sent something that is no answer")
    except HungUpError:
        return  # how it ended is seen by the grader, who is its parent
    except WireError as error:
        say({"broken": str(error)})


def judge(message: dict[str, Any], values: Any) -> dict[str, Any]:
    """Run the check of one exercise; {"number", "state", "hint", "texts"}."""
    number = str(message.get("number"))
    missing, odd = message.get("missing"), message.get("odd")
    found: dict[str, Any] = {"number": number, "state": "not yet", "texts": []}
    if missing:
        return {
            **found,
            "hint": f"{missing[0]!s:.80} is not there: the cell that makes it is missing or stops with an error",
        }
    if odd:
        return {**found, "hint": f"the answer cannot be read ({odd!s:.80})"}
    if not isinstance(values, list):
        raise WireError("an answer is no list")
    texts = [value[:MAX_TEXT] for value in values if isinstance(value, str)]
    try:
        verdict = checks.examine(number, *values)
    except CourseError as error:
        return {**found, "state": "not graded", "hint": str(error)[:MAX_TEXT]}
    except RecursionError:
        return {**found, "hint": "the answer is nested too deeply"}
    return {**found, "state": verdict.state, "hint": verdict.hint[:MAX_TEXT], "texts": texts}
