"""Exercise checks: the three verdicts, the hints, and every exercise against its stub, right and wrong answers."""

import subprocess
import sys

import numpy as np
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
    ("0.1", lambda p: max(p), "not yet", "in the order of the alphabet"),
    ("0.1", lambda p: "joy", "not yet", "never uses `p`"),
    ("0.1", lambda p: "joy" if p else "", "not yet", "'joy' whatever it is given"),
    ("0.1", keep_nothing, "not yet", "is there a return?"),
    ("11.5", lambda p, names, least: print(names[0]), "not yet", "print shows a value, return gives it back"),
    ("0.1", "happiness", "not yet", "calls your function"),
    ("0.1", crash, "not yet", "your code stopped with KeyError: 'joy' (line 18: `return probabilities[\"joy\"]`)"),
]


@pytest.mark.parametrize(("number", "answer", "state", "hint"), CASES)
def test_verdict(number, answer, state, hint):
    verdict = checks.examine(number, answer)
    assert (verdict.state, bool(verdict.hint)) == (state, state == "not yet"), verdict
    assert hint in verdict.hint


def shares(counts):
    counts = np.asarray(counts, float)
    return counts / counts.sum()


def draw(points):
    image = np.zeros((9, 9))
    for x, y in points:
        image[y, x] = 1
    return image


TWO = checks.Exercise(
    "90.1",
    checks.Function(shares, [checks.Case("counts", np.array([1, 3])), checks.Case("one class", [4]),
                             checks.Case("an absent class", np.array([2, 0, 2]))],
                    [("per cent: give shares", ("counts.sum()", "counts.sum() * 100"))], keeps=True),
    checks.Value("best", 0.75, [("this is its place", 1)], otherwise="Which is the largest?"),
)  # fmt: skip
DRAWN = checks.Exercise("90.2", checks.Function(draw, [checks.Case("a dot", [(2, 3)]), checks.Case("none", [])]))
OPEN = checks.Exercise(
    "90.3",
    checks.Choice("letter", {"A": "no: they differ", "B": True}),
    checks.Words("why", "A <model>.", ["says <why>"]),
)
SET = checks.Exercise("90.4", checks.Choice("set", {"A": True, "B": "not B", "C": True}, {"C": "one more: think of C"}))
PAIRS = checks.Exercise(
    "90.5", checks.Choice("pairs", {"x": {"A": True, "B": "x is no B"}, "y": {"A": "no", "B": True}})
)
SEEN = checks.Exercise(
    "90.7", checks.Choice("seen", {"x": {True: True, False: "look"}, "y": {True: "no", False: True}})
)


def spoils(counts):
    right = shares(counts)
    if isinstance(counts, np.ndarray):
        counts[0] = 0
    return right


def boom(answer):
    return answer.size


BROKEN = checks.Exercise("90.6", checks.Judge("network", boom, right=np.zeros(1)))
LONG = "a sentence that has at least eight words in it"

# exercise, answers, state, a part of the hint
TOLD = [
    (TWO, (stub, ...), "not started", ""),
    (TWO, (shares, ...), "not yet", "best is still open"),
    (TWO, (stub, 0.75), "not yet", "shares is still open"),
    (TWO, (lambda counts: None, ...), "not yet", "is there a return? best is still open"),
    (TWO, (lambda counts: [float(c) / sum(counts) for c in counts], np.float32(0.75)), "correct", ""),
    (
        TWO,
        (lambda counts: shares(counts) * 100, 0.75),
        "not yet",
        "per cent: give shares (for counts, shares([1, 3]): expected [0.25",
    ),
    (
        TWO,
        (lambda counts: shares(counts) / 100, 0.75),
        "not yet",
        "for counts, shares([1, 3]): expected [0.25, 0.75], yours is [0.0025",
    ),
    (TWO, (spoils, 0.75), "not yet", "work on a copy"),
    (TWO, (shares, 1), "not yet", "best: this is its place"),
    (TWO, (shares, 0.5), "not yet", "best is not right: yours is 0.5. Which is the largest?"),
    (TWO, (shares, shares), "not yet", "call it"),
    (TWO, (lambda counts: shares(counts)[::-1], 0.75), "not yet", "expected [0.25, 0.75], yours is [0.75, 0.25]"),
    (TWO, (print, 0.75), "not yet", "print shows a value"),
    (
        DRAWN,
        (lambda points: draw([(y, x) for x, y in points]),),
        "not yet",
        "at [2, 3] expected 0, yours is 1 (2 of 81 d",
    ),
    (DRAWN, (lambda points: draw(points)[:8],), "not yet", "expected the shape (9, 9), yours has (8, 9)"),
    (
        DRAWN,
        (lambda points: draw(points) if points else 1 / 0,),
        "not yet",
        "ZeroDivisionError: division by zero (line ",
    ),
    (OPEN, ("b", ...), "not yet", "why is still open"),
    (OPEN, ("A", LONG), "not yet", "letter: A: no: they differ"),
    (OPEN, ("B", LONG), "handed in", ""),
    (OPEN, ("B", "too short"), "not yet", "at least 8 words"),
    (SET, ({"A", "C"},), "correct", ""),
    (SET, ("a, c",), "correct", ""),
    (SET, ("A",), "not yet", "think of C"),
    (SET, (["A", "B", "C"],), "not yet", "not B"),
    (PAIRS, ({"x": "a", "y": "B"},), "correct", ""),
    (PAIRS, ({"x": "A", "y": ...},), "not yet", "'y' is still open"),
    (SEEN, ({"x": 1, "y": np.False_},), "correct", ""),
    (SEEN, ({"x": False, "y": "false"},), "not yet", "x: look"),
    (SEEN, ({"x": "yes", "y": 0},), "not yet", "there is no 'YES': choose among True, False"),
    (
        BROKEN,
        (3,),
        "not yet",
        "the check itself stumbled (AttributeError: 'int' object has no attribute 'size' in test_ch",
    ),
]


@pytest.mark.parametrize(("table", "answers", "state", "hint"), TOLD)
def test_a_table_tells_how_far_an_answer_is_and_the_first_wrong_place(table, answers, state, hint):
    verdict = table.examine(*answers)
    assert (verdict.state, bool(verdict.hint)) == (state, state == "not yet"), verdict
    assert hint in verdict.hint


def test_words_are_handed_in_with_a_model_answer_that_unfolds(monkeypatch, capsys):
    monkeypatch.setitem(checks._EXERCISES, "90.3", OPEN)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    checks.check("90.3", "B", LONG)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "✎ Exercise 90.3: handed in."
    assert lines[1:] == ["A model answer: A <model>.", "A full answer", "  - says <why>"]
    page = checks.Reading("A <model>.", ("says <why>",))._repr_html_()
    assert page.startswith("<details>") and "A &lt;model&gt;." in page and "<li>says &lt;why&gt;</li>" in page


def test_use_gives_the_students_answers_where_they_are_right(monkeypatch, capsys):
    monkeypatch.setitem(checks._EXERCISES, "90.1", TWO)
    mine, value = (lambda counts: shares(counts)), 0.75
    assert checks.use("90.1", mine, value) == (mine, value)
    given, best = checks.use("90.1", lambda counts: counts, value)
    assert capsys.readouterr().out.splitlines() == [
        "using your shares and best", "using the course's shares and best until both of yours pass"
    ]  # fmt: skip
    assert given([1, 1]).tolist() == [0.5, 0.5] and best == 0.75
    assert checks.examine("90.1", given, best).state == "not started"  # run again, it is not taken for the student's
    assert checks.use("90.1", given, best) == (given, best)
    assert checks.use("90.1", stub, ...) == (given, best)
    assert "using your" not in capsys.readouterr().out


def test_use_takes_the_last_verdict_on_the_same_object(monkeypatch):
    calls = []
    mine = lambda p: calls.append(0) or max(p, key=p.get)  # noqa: E731
    checks.examine("0.1", mine)
    before = len(calls)
    assert checks.use("0.1", mine) is mine and len(calls) == before


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

    assert "changes what it is given" in checks.examine("0.1", empties).hint
    assert checks.examine("0.1", lambda p: max(p, key=p.get)).state == "correct"


@pytest.mark.parametrize("number", ["13.1", "0.99", "first", "", "0.1.2", "../0.1"])
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
