"""Exercises 2.7 and 2.8 of lesson 02: how far people agree, and what follows from it, in words."""

import re

import numpy as np

from . import exercise, expect
from .helpers import function

# --- 2.7 one against the others ---------------------------------------------------------------------------------------

# rows of counts, what they try
_VOTES = (
    (((7, 3),), "the example"),
    (((10, 0, 0), (0, 0, 10)), "voters who all agree"),
    (((5, 5, 0),), "five against five"),
    (((2, 1, 0), (0, 3, 0)), "three voters"),
    (((4, 3, 3, 0),), "four, three and three"),
    (((1, 1, 1, 1),), "four voters with four opinions"),
    (((6, 2, 1, 1), (0, 5, 4, 1), (3, 3, 3, 1), (0, 0, 10, 0)), "four pictures"),
)


def _met(counts, less=1, tie=lambda sharing: 1 / sharing):
    """Agreement of each voter with the ``less`` fewer others."""
    agreed = 0.0
    for row in counts:
        for choice in np.flatnonzero(row):
            others = row.astype(float)
            others[choice] -= less
            first = others == others.max()
            agreed += row[choice] * tie(first.sum()) * first[choice]
    return agreed / counts.sum()


@exercise("2.7")
def one_against_others(answer):
    """Share of votes that are the majority of the others; ties count in parts."""
    function(answer)
    for rows, what in _VOTES:
        counts = np.array(rows, np.uint8)
        given = answer(counts)
        expect(given is not None, "your function gives nothing back: it needs a return")
        expect(
            (counts == rows).all(),
            "your function changes the counts it is given: copy a row before you take a vote away",
        )
        expect(np.ndim(given) == 0, "give one number back, over all votes on all pictures")
        given, right = float(given), _met(counts)
        told = f"for {what}, {[list(row) for row in rows]}, "
        if np.isclose(given, right):
            continue
        expect(not np.isclose(given, 100 * right), f"{told}you give {given:.4g}: a share from 0 to 1 is wanted")
        expect(
            not np.isclose(given, right * counts.sum()), f"{told}you count {given:.4g} votes: what share of all is it?"
        )
        expect(
            not np.isclose(given, right * counts.sum() / len(counts)),
            f"{told}you divide by the number of pictures: divide by the number of votes",
        )
        expect(
            not np.isclose(given, _met(counts, tie=lambda sharing: 1)),
            f"{told}you give {given:.3f}: where two choices share the first place, meeting one counts as one half",
        )
        expect(
            not np.isclose(given, _met(counts, tie=lambda sharing: sharing == 1)),
            f"{told}you give {given:.3f}: where choices share the first place, meeting one still counts in part",
        )
        expect(
            not np.isclose(given, _met(counts, less=0))
            and not np.isclose(given, (counts.max(axis=1) / counts.sum(axis=1)).mean()),
            f"{told}you give {given:.3f}: the voter is still among the others. Take one vote away first",
        )
        expect(False, f"{told}you give {given:.3f}. Go through the first row voter by voter, on paper")


# --- 2.8 in words -----------------------------------------------------------------------------------------------------

_SAME = r"\b(same|equal|identical|alike|fair|compar\w*)\b"
_LABELS = r"\b(label|agree|disagree|vote|voter|majorit|truth)\w*"
_ASKED = r"\b(ask|permi|consent|know|knew|told|inform|allow)\w*"
_GROUPS_OF_PEOPLE = (
    r"\b(age|aged|old|older|elder|child|children|young|bab|women|woman|men|man|gender|sex|skin|black|asian|white|"
    r"african|ethnic|countr|cultur|region|relig|headscar|hijab|veil|disab|disfigur|paraly|scar|beard|glasses|"
    r"language|continent|celebrit|actor|star|poor|rich|wester|nationalit|race|racial)\w*"
)


@exercise("2.8")
def in_words(human, people):
    """Two short texts. A program cannot judge an argument: this one looks whether there is one to talk about."""
    for name, text in (("human", human), ("people", people)):
        expect(isinstance(text, str), f"{name} must be text between quotation marks, not a {type(text).__name__}")
        words = re.findall(r"[^\W\d_]+", text.lower())
        expect(len(words) >= 30, f"{name} has {len(words)} words. Write some sentences, at least 30 words")
        expect(len(set(words)) >= 18, f"{name} says the same words again and again: make an argument of it")
    expect(human.strip() != people.strip(), "both texts are the same, but they answer different questions")
    for text, pattern, hint in (
        (human, _SAME, "human should say what would have to be the same, for a human and a network to be compared"),
        (human, _LABELS, "human should say what people's agreement tells about the labels that both are measured by"),
        (people, _ASKED, "people should say what you would have asked those in the pictures"),
        (people, _GROUPS_OF_PEOPLE, "people should name at least one group of people who may be rare or misread"),
    ):
        expect(re.search(pattern, text.lower()), hint)
