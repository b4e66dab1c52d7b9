"""Exercise checks: the three verdicts, the hints, and every exercise against its stub, right and wrong answers."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from emocourse import checks
from emocourse.errors import CourseError


def stub(probabilities):
    raise NotImplementedError("Exercise 0.1: write the body of most_likely")


def crash(probabilities):
    return probabilities["joy"]


def keep_nothing(probabilities):
    max(probabilities, key=probabilities.get)


# number, answer, state, a part of the hint
CASES = [
    ("0.1", stub, "not started", ""),
    ("0.1", ..., "not started", ""),
    ("0.1", lambda p: max(p, key=p.get), "correct", ""),
    ("0.1", lambda p: sorted(p, key=p.get)[-1], "correct", ""),
    ("0.1", lambda p: max(p), "not yet", "not the names or their order"),
    ("0.1", lambda p: next(iter(p)), "not yet", "not the names or their order"),
    ("0.1", lambda p: max(p.values()), "not yet", "a number"),
    ("0.1", lambda p: min(p, key=p.get), "not yet", "least likely"),
    ("0.1", lambda p: list(p.values()).index(max(p.values())), "not yet", "a number"),
    ("0.1", lambda p: max(p.items()), "not yet", "a tuple"),
    ("0.1", lambda p: "joy", "not yet", "not one of the emotions"),
    ("0.1", keep_nothing, "not yet", "needs a return"),
    ("0.1", "happiness", "not yet", "calls your function"),
    ("0.1", crash, "not yet", "your code stopped with KeyError"),
]


@pytest.mark.parametrize(("number", "answer", "state", "hint"), CASES)
def test_verdict(number, answer, state, hint):
    verdict = checks.examine(number, answer)
    assert (verdict.state, bool(verdict.hint)) == (state, state == "not yet"), verdict
    assert hint in verdict.hint


def test_every_exercise_is_tried_with_its_stub_right_and_wrong_answers():
    """Those of lesson 00 here; those of lesson NN in test_exercisesNN.py's CASES: (number, answer, state, hint)."""
    cases = list(CASES)
    for path in Path(__file__).parent.glob("test_exercises[0-9][0-9].py"):
        cases += importlib.import_module(path.stem).CASES
    for lesson in range(8):
        for number in checks.numbers(lesson):
            states = [state for tried, _, state, _ in cases if tried == number]
            assert "correct" in states and "not started" in states and states.count("not yet") >= 3, number


def test_check_prints_one_line_and_shows_nothing_else(capsys):
    shown = checks.check("0.1", stub)
    checks.check("0.1", lambda p: max(p, key=p.get))
    checks.check("0.1", lambda p: 0.7)
    lines = capsys.readouterr().out.splitlines()
    assert shown is None
    assert lines[0] == "○ Exercise 0.1: not started yet."
    assert lines[1] == "✓ Exercise 0.1: correct."
    assert lines[2].startswith("✗ Exercise 0.1: not yet: ") and lines[2].endswith(".")


def test_an_answer_cannot_spoil_the_next_check():
    def empties(probabilities):
        best = max(probabilities, key=probabilities.get)
        probabilities.clear()
        return best

    assert checks.examine("0.1", empties).state == "correct"
    assert checks.examine("0.1", lambda p: max(p, key=p.get)).state == "correct"


@pytest.mark.parametrize("number", ["9.1", "0.99", "first", "", "0.1.2", "../0.1"])
def test_unknown_number(number):
    with pytest.raises(CourseError, match="no exercise"):
        checks.examine(number, 1)


def test_wrong_number_of_answers():
    with pytest.raises(CourseError, match="takes 1 answer, not 2"):
        checks.examine("0.1", 1, 2)


@pytest.mark.parametrize("number", ["one", "0.1"])
def test_registering_a_malformed_or_taken_number_fails(number):
    checks.numbers(0)
    with pytest.raises(ValueError, match="malformed or taken"):
        checks.exercise(number)


def test_checks_load_no_framework():
    code = "import sys; from emocourse import checks; checks.numbers(0); print('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_under_nbgrader_a_wrong_answer_is_an_error(monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    checks.check("0.1", lambda p: max(p, key=p.get))
    assert "correct" in capsys.readouterr().out
    for answer in (stub, lambda p: max(p)):
        with pytest.raises(AssertionError, match=r"Exercise 0\.1"):
            checks.check("0.1", answer)
