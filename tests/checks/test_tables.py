"""Every exercise that is a table: its right answers pass, each mistake gets its own hint, and no two are the same."""

import re

import pytest
from lengths import LONG

from emocourse import checks
from emocourse.checks import table
from emocourse.checks.values import difference

NUMBERS = [number for lesson in range(20) for number in checks.numbers(lesson)]
TRAINING = ("6.7",)
"""Exercises whose check trains networks: short tests take every fourth row."""
TABLES = {number: found for number in NUMBERS if isinstance(found := checks.find(number), checks.Exercise)}
FUNCTIONS = [(number, part) for number, found in TABLES.items() for part in found.parts
             if isinstance(part, checks.Function)]  # fmt: skip


@pytest.mark.parametrize(("number", "part"), FUNCTIONS, ids=lambda one: getattr(one, "name", one))
def test_cases_tell_all_mistakes_apart(number, part):
    for case, ran in zip(part.cases, part.wanted, strict=True):
        assert case.want is ... or not part.differ(ran.value, part.tidied(case.want)), f"{case.words}: {ran.value}"
    seen = [("the right answer", part.wanted), *part.known]
    for k, (hint, mine) in enumerate(seen):
        for other, theirs in seen[:k]:
            differs = any(part.apart(a, b) for a, b in zip(mine, theirs, strict=True))
            assert differs or hint == other, f"{hint!r} does the same in all cases as {other!r}"


@pytest.mark.parametrize(("number", "part"), FUNCTIONS, ids=lambda one: getattr(one, "name", one))
def test_a_function_is_tried_in_enough_kinds_of_cases(number, part):
    assert len({case.words for case in part.cases}) == len(part.cases) >= 3
    assert len({case.kind for case in part.cases}) >= 2, "a tie, an edge, an absent class, unequal counts, an order …"


@pytest.mark.parametrize("number", TABLES)
def test_every_row_gets_its_state_and_hint(number):
    states, failed, rows = [], [], list(TABLES[number].rows())
    for answers, state, hint in rows if LONG or number not in TRAINING else [*rows[:2], *rows[2::4]]:
        verdict = checks.examine(number, *answers)
        states.append(state)
        pieces = [piece for piece in re.split(r"\{\w+\}", hint) if piece]
        if verdict.state != state or not all(piece in verdict.hint for piece in pieces) or "stumbled" in verdict.hint:
            failed.append(f"{answers!r:.120}\n  wanted {state}: {hint}\n  got {verdict.state}: {verdict.hint}")
        assert bool(verdict.hint) == (verdict.state == "not yet")
    assert not failed, "\n".join(failed)
    assert "not started" in states and {"correct", "handed in"} & set(states) and states.count("not yet") >= 2


@pytest.mark.parametrize("number", TABLES)
def test_the_check_of_a_strange_answer_does_not_stumble(number):
    """A wrong type is the answer's fault, and told as such."""
    found = TABLES[number]
    right = tuple(part.reference() for part in found.parts)
    for k, part in enumerate(found.parts):
        strange = [None, 3, -0.5, "x", "", [], {}, (1, "a"), {"a"}, b"x", object(), [[1], [2, 3]], lambda *_: None]
        if isinstance(part, table.Function):
            strange += [lambda *_, value=value, **__: value for value in strange]
        for answer in strange:
            if difference(answer, right[k]):
                verdict = checks.examine(number, *right[:k], answer, *right[k + 1 :])
                assert "stumbled" not in verdict.hint, (answer, verdict)
                assert part.given or verdict.state == "not yet", (answer, verdict)
