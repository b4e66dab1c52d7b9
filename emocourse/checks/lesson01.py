"""Exercises of lesson 01, Ekman's emotions."""

import re

import numpy as np

from ..emotions import ACTION_UNITS
from ..from_scratch.thresholds import youden_threshold as own_threshold
from . import exercise, expect

NEEDED = {1, 2, 4, 5, 7, 20}
SLIPS = {
    6: "AU6 pushes up the cheeks, as in a smile. The cue asks for tensed lower eyelids: look for the lid tightener",
    12: "AU12 pulls the lip corners up. The cue says back to the ears, in a stretched mouth",
    15: "AU15 pulls the lip corners down. The cue says back to the ears, in a stretched mouth",
    10: "AU10 raises the upper lip; the cue with the word upper speaks of the upper eyelids",
    43: "AU43 closes the eyes, and fear opens them",
}
MISSING = {
    1: "your eyebrows are not raised at the inner ends: which unit does that?",
    2: "your eyebrows are not raised at the outer ends: which unit does that?",
    4: "your eyebrows are raised, but not pulled together: another unit does that, though alone it lowers them",
    5: "the upper eyelids are not raised yet",
    7: "the lower eyelids are not tensed yet",
    20: "nothing stretches the lips back to the ears yet",
}


@exercise("1.1")
def fear(answer):
    """The action units of fear's four cues; the textbook's AU26 may be there as well."""
    expect(
        isinstance(answer, dict),
        f"write a dictionary in curly brackets, number of the unit: strength; this is a {type(answer).__name__}",
    )
    for number in answer:
        expect(
            isinstance(number, (int, np.integer)) and not isinstance(number, bool),
            f"the keys are the units' numbers, whole numbers such as 9; yours has {number!r}",
        )
        expect(number in ACTION_UNITS, f"the course has no AU{number}: look at the list again")
    for number, strength in answer.items():
        expect(
            isinstance(strength, (int, float)) and 0 < strength <= 1,
            f"the strength of AU{number} is {strength!r}; take a number above 0 and up to 1",
        )
    for number, hint in SLIPS.items():
        expect(number not in answer, hint)
    for number, hint in MISSING.items():
        expect(number in answer, hint)
    extra = set(answer) - NEEDED - {26}
    expect(not extra, f"no cue of fear asks for AU{min(extra, default=0)}")


def _face(size: float = 1.0, tilt: float = 0.0) -> np.ndarray:
    """68 points, all different, with eyes ``20 * size`` pixels apart."""
    rng = np.random.default_rng(3)
    points = rng.uniform(-12, 12, (68, 2))
    points[36:42] += [-10, 0] - points[36:42].mean(axis=0)
    points[42:48] += [10, 0] - points[42:48].mean(axis=0)
    points[[48, 54]] = [[-8, 18], [8, 17]]
    return (points * size + 40).astype(np.float32)


@exercise("1.2")
def lift_corners(answer):
    """Points 48 and 54 higher by an amount of eye distances, in a copy."""
    expect(callable(answer), "keep the line that starts with def: the check calls your function")
    for size, amount in ((1.0, 0.1), (2.0, 0.1), (1.0, -0.05)):
        before = _face(size)
        given = before.copy()
        moved = answer(given, amount)
        expect(moved is not None, "your function gives nothing back: it needs a return")
        expect(
            np.array_equal(given, before),
            "your function changes the landmarks that it was given, so the neutral face is lost: work on a copy",
        )
        moved = np.asarray(moved, np.float64)
        expect(moved.shape == (68, 2), f"give all 68 points back, an array of shape (68, 2); this has {moved.shape}")
        step = moved - before
        others = np.delete(step, [48, 54], axis=0)
        touched = np.delete(np.arange(68), [48, 54])[np.abs(others).max(axis=1) > 1e-3]
        expect(np.abs(step[[48, 54]]).max() > 1e-3, "the corners of the mouth, points 48 and 54, did not move")
        expect(not len(touched), f"point {touched[0] if len(touched) else 0} moved too; only 48 and 54 should")
        expect(
            np.abs(step[[48, 54], 0]).max() < 1e-3, "the corners moved sideways: in a point, x comes first and y second"
        )
        up = -step[[48, 54], 1]
        expect(np.abs(up).min() > 1e-3, "only one of the two corners moved")
        expect((up * amount > 0).all(), "the corners go the wrong way: y grows downwards in an image")
        right = amount * 20 * size
        expect(
            not (np.allclose(up, amount, atol=1e-3) and not np.isclose(right, amount)),
            "you moved the corners by so many pixels; the amount is in eye distances, which are longer in a large face",
        )
        expect(
            np.allclose(up, right, atol=1e-2),
            f"with eyes {20 * size:g} pixels apart and amount {amount:g}, the corners should go {abs(right):g} pixels, "
            f"but yours go {np.abs(up).max():.2f}",
        )


def _made_up_model(weights: dict[int, float]):
    """A "model" whose probability of anger is known for each unit: it looks at what moved."""
    from .. import twin
    from ..faces import action_units

    neutral = twin.load().mean("neutral")
    moved = {number: action_units.move(neutral, {number: 1.0}) for number in ACTION_UNITS}

    def read(landmarks):
        landmarks = np.asarray(landmarks)
        expect(landmarks.shape == (68, 2), f"read takes the landmarks of one face, (68, 2), not {landmarks.shape}")
        near = [number for number, face in moved.items() if np.allclose(face, landmarks, atol=1e-3)]
        anger = weights.get(near[0], 0.3) if near else 0.25
        return {"anger": anger, "fear": (1 - anger) * 0.7, "neutral": (1 - anger) * 0.3}

    return read, neutral


@exercise("1.3")
def most_telling(answer):
    """The number of the unit that alone makes an emotion most probable."""
    expect(callable(answer), "keep the line that starts with def: the check calls your function")
    for weights, emotion, right, least in (
        ({9: 0.9, 23: 0.05}, "anger", 9, 23),
        ({9: 0.9, 23: 0.05}, "fear", 23, 9),
        ({1: 0.1, 43: 0.8}, "anger", 43, 1),
    ):
        read, neutral = _made_up_model(weights)
        before = neutral.copy()
        given = answer(read, neutral, emotion)
        expect(given is not None, "your function gives nothing back: it needs a return")
        expect(np.array_equal(neutral, before), "your function changes the face it was given: each unit acts alone")
        expect(
            not isinstance(given, (float, np.floating)),
            "your function gives a probability back; the answer is the number of the unit that reaches it",
        )
        expect(isinstance(given, (int, np.integer)), f"the answer is a unit's number, not {given!r}")
        expect(
            given != list(ACTION_UNITS).index(right) and given in ACTION_UNITS,
            f"your answer {given} is not the right unit's number; perhaps it is its place in the list?",
        )
        expect(
            emotion != "fear" or given != 9,
            "for fear you return the unit of another emotion: look up the emotion that the function is asked about",
        )
        expect(given != least, "you return the unit that makes the emotion least probable")
        expect(
            given == right,
            f"with a made-up model your answer is AU{given}, and it should be AU{right}. Does every unit start from "
            "the same face, at strength 1.0?",
        )


# (what the rule says, what is so): the numbers of all kinds differ, so that each wrong share has a value of its own.
_SAYS = np.array([1, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0], bool)
_IS = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], bool)


@exercise("1.4")
def rates(answer):
    """Hit rate and false-alarm rate of a yes-or-no rule."""
    expect(callable(answer), "keep the line that starts with def: the check calls your function")
    given = answer(_SAYS.copy(), _IS.copy())
    expect(given is not None, "your function gives nothing back: it needs a return")
    expect(np.size(given) == 2, "give two numbers back: return hit_rate, false_alarm_rate")
    hits, alarms = (float(value) for value in given)
    found = int((_SAYS & _IS).sum())
    wrong = int((_SAYS & ~_IS).sum())
    expect(hits <= 1 and alarms <= 1, "rates are shares between 0 and 1; yours look like counts or per cent")
    right = (found / _IS.sum(), wrong / (~_IS).sum())
    expect(not np.allclose((alarms, hits), right), "the two are there, but in the wrong order: hit rate first")
    expect(
        not np.isclose(hits, found / _SAYS.sum()),
        "your hit rate is a share of all faces that the rule calls happy; take the share of the happy faces",
    )
    expect(
        not np.isclose(hits, found / len(_IS)),
        "your hit rate is a share of all faces; take the share of the happy ones only",
    )
    expect(
        not np.isclose(hits, (_SAYS == _IS).mean()),
        "your hit rate is the accuracy: it counts right answers of both kinds",
    )
    expect(np.isclose(hits, right[0]), f"the rule finds {found} of {_IS.sum()} happy faces; your hit rate is {hits:g}")
    expect(
        not np.isclose(alarms, wrong / _SAYS.sum()) and not np.isclose(alarms, wrong / len(_IS)),
        "your false-alarm rate has the wrong denominator: it is a share of the faces that are not happy",
    )
    expect(
        not np.isclose(alarms, 1 - right[0]),
        "your second number is the share of happy faces that were missed; look at the faces that are not happy",
    )
    expect(
        np.isclose(alarms, right[1]),
        f"the rule calls {wrong} of {(~_IS).sum()} other faces happy, but your false-alarm rate is {alarms:g}",
    )


@exercise("1.5")
def best_threshold(answer):
    """The candidate with the largest hit rate minus false-alarm rate."""
    expect(callable(answer), "keep the line that starts with def: the check calls your function")
    rng = np.random.default_rng(5)
    is_happy = np.arange(400) < 60
    heights = np.where(is_happy, rng.normal(0.12, 0.05, 400), rng.normal(0.05, 0.04, 400))
    candidates = np.linspace(-0.05, 0.25, 31)
    right = own_threshold(heights, is_happy, candidates)
    by_accuracy = candidates[np.argmax([((heights > t) == is_happy).mean() for t in candidates])]
    least = candidates[np.argmin([own_gain(heights, is_happy, t) for t in candidates])]
    fewest = candidates[np.argmin([(heights[~is_happy] > t).mean() for t in candidates])]
    given = answer(heights.copy(), is_happy.copy(), candidates.copy())
    expect(given is not None, "your function gives nothing back: it needs a return")
    expect(np.size(given) == 1, "give one threshold back, not an array of them")
    given = float(np.ravel(given)[0])
    place = int(np.flatnonzero(np.isclose(candidates, right))[0])
    expect(given != place, "you return the place of the threshold among the candidates; return the threshold itself")
    gain = own_gain(heights, is_happy, right)
    expect(not np.isclose(given, gain), "you return the difference itself; return the threshold that reaches it")
    expect(np.isclose(candidates, given).any(), f"{given:g} is not one of the candidates")
    expect(
        not np.isclose(given, by_accuracy),
        "this is the threshold with the best accuracy, which favours the more numerous kind; take hit rate minus "
        "false-alarm rate",
    )
    expect(
        not np.isclose(given, candidates[0]),
        "this is the lowest candidate: it has the most hits, but the most false alarms as well",
    )
    expect(
        not np.isclose(given, least),
        "this threshold has the smallest difference: did you turn the sign, or the comparison, round?",
    )
    expect(
        not np.isclose(given, fewest) and not np.isclose(given, candidates[-1]),
        "this threshold has the fewest false alarms, but hardly a hit",
    )
    expect(
        np.isclose(given, right),
        f"your threshold {given:g} reaches a difference of {own_gain(heights, is_happy, given):.3f}, and another "
        f"candidate reaches {gain:.3f}",
    )


def own_gain(heights: np.ndarray, is_happy: np.ndarray, threshold: float) -> float:
    """Hit rate minus false-alarm rate of "height > threshold"."""
    says = heights > threshold
    return float(says[is_happy].mean() - says[~is_happy].mean())


WHO_SAYS = {"a": "basic", "b": "critics", "c": "critics", "d": "basic", "e": "critics"}
WHY = {
    "a": "for statement a, ask which view gives every emotion its own face",
    "b": "for statement b, read again what was found about reliability",
    "c": "for statement c, think of the tennis players",
    "d": "for statement d, think of what Ekman concluded from his journey",
    "e": "for statement e, read again what is meant by specific",
}


@exercise("1.6")
def who_says(answer):
    """Which view each of five statements belongs to."""
    expect(isinstance(answer, dict), 'write a dictionary such as {"a": ..., "b": ...}, with an entry a statement')
    missing = [letter for letter in WHO_SAYS if letter not in answer]
    expect(not missing, f"statement {missing[0] if missing else ''} has no answer yet")
    extra = [letter for letter in answer if letter not in WHO_SAYS]
    expect(not extra, f"there is no statement {extra[0] if extra else ''!r}: the keys are a, b, c, d and e")
    for letter, view in answer.items():
        expect(view in ("basic", "critics"), f'for statement {letter} write "basic" or "critics", in quotation marks')
    for letter, view in WHO_SAYS.items():
        expect(answer[letter] == view, WHY[letter])


_POINTS = (
    (
        r"\b(feel\w*|felt|emotion\w*|inside|mood\w*)\b",
        "your answer does not speak of what a person feels yet. What can a camera see, and what can it not see?",
    ),
    (
        r"\b(fac(e|es|ial)|express\w*|smil\w*|scowl\w*|look\w*|show\w*|frown\w*)\b",
        "your answer does not speak of what a face shows yet. What does the camera look at?",
    ),
    (
        r"\b(cultur\w*|contexts?|situation\w*|differ\w*|var(y|ies|ied|iety|iation\w*)|countr\w*|everyone|everybody|"
        r"everywhere|individual\w*|universal\w*)\b",
        "is it the same for all people, everywhere, in every moment? Your answer does not say so yet",
    ),
    (
        r"\b(measur\w*|tested|tests?|data\w*|label\w*|photos?|pictures?|images?|videos?|posed|actors?|samples?|"
        r"intervals?|baseline\w*|evaluat\w*|benchmark\w*)\b",
        "what would you ask about the number 95? On what was it counted, and who says what is right?",
    ),
)


@exercise("1.7")
def reply(answer):
    """An answer in words: long enough, and the three points are touched."""
    expect(isinstance(answer, str), f'write a text between """ and """; this is a {type(answer).__name__}')
    words = re.findall(r"[\w’'-]+", answer)
    expect(words, "the text is empty: write your answer between the quotation marks")
    expect(len(words) >= 40, f"your answer has {len(words)} words; write at least 40")
    expect(len({word.lower() for word in words}) >= 20, "your answer repeats a few words; write sentences of your own")
    for pattern, hint in _POINTS:
        expect(re.search(pattern, answer, re.IGNORECASE), hint)
