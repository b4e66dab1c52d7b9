"""The process that judges one submission: it runs the checks of the course, and none of the student's code.

Standard input and output are the wire to the submission's box. What the judge finds goes to what was standard error
when it started, one JSON object a line; nothing else is ever written there.
"""

import json
import os
import sys
from typing import Any

from emocourse import checks
from emocourse.errors import CourseError

from .wire import HungUpError, Wire, WireError

MAX_TEXT = 10_000
"""Most characters of a hint, or of a student's text, that go into the report."""


def main() -> None:
    """Judge each exercise named on the command line, once, when the submission's box says that its turn has come."""
    asked = set(sys.argv[1:])
    reader, writer, verdicts = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb"), os.fdopen(os.dup(2), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    wire = Wire(reader, writer, trusted=False)

    def say(found: dict[str, Any]) -> None:
        verdicts.write(json.dumps(found) + "\n")
        verdicts.flush()

    try:
        while True:
            message = wire.receive()
            if message["op"] == "check" and message.get("number") in asked:
                asked.discard(message["number"])
                say(judge(wire, message))
                wire.send("next")
            elif message["op"] in ("cell", "end", "died"):
                told = {name: str(message.get(name))[:500] for name in ("position", "text")}
                say({"op": message["op"], **told})
            else:
                raise WireError("the submission sent something that is no answer")
    except HungUpError:
        return  # how it ended is seen by the grader
    except WireError as error:
        say({"op": "broken", "text": str(error)})
    except BaseException as error:
        say({"op": "broken", "text": f"the judge stopped with {type(error).__name__}: {error}"[:500]})


def judge(wire: Wire, message: dict[str, Any]) -> dict[str, Any]:
    """Run the check of one exercise; {"op": "verdict", "number", "state", "hint", "texts"}."""
    number, values = str(message["number"]), message["values"]
    found: dict[str, Any] = {"op": "verdict", "number": number, "state": "not yet", "texts": []}
    if missing := message.get("missing"):
        return found | {
            "hint": f"{missing!s:.80} is not there: the cell that makes it is missing or stops with an error"
        }
    if odd := message.get("odd"):
        return found | {"hint": f"the answer cannot be read ({odd!s:.80})"}
    if not isinstance(values, list):
        raise WireError("the submission sent something that is no answer")
    found["texts"] = [value[:MAX_TEXT] for value in values if isinstance(value, str)]
    try:
        for part in checks.find(number).parts:
            if isinstance(part, checks.Words):
                found |= {"model": part.model, "rubric": "\n".join(part.rubric)}
        verdict = checks.examine(number, *values)
    except CourseError as error:
        return found | {"state": "not graded", "hint": str(error)[:MAX_TEXT]}
    except (RecursionError, MemoryError):
        return found | {"hint": "the answer is too large, or nested too deeply"}
    return found | {"state": verdict.state, "hint": verdict.hint[:MAX_TEXT]}
