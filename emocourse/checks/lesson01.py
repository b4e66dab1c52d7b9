"""Exercises of lesson 01, Ekman's emotions."""

from numbers import Real

import numpy as np

from ..emotions import ACTION_UNITS
from ..faces.action_units import move
from . import Case, Choice, Function, Value, Words, exercise, expect

# --- 1.1 fear, spelt out ----------------------------------------------------------------------------------------------

FEAR = dict.fromkeys((1, 2, 4, 5, 7, 20), 1.0)
SLIPS = {
    6: "AU6 pushes up the cheeks, as in a smile. The cue asks for tensed lower eyelids: look for the lid tightener",
    12: "AU12 pulls the lip corners up. The cue says back to the ears, in a stretched mouth",
    15: "AU15 pulls the lip corners down. The cue says back to the ears, in a stretched mouth",
    10: "AU10 raises the upper lip; the cue with the word upper speaks of the upper eyelids",
    26: "AU26 drops the jaw: that is the textbook's fear, and none of the slides' four cues asks for it",
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


def units(answer):
    """A dictionary of the course's units at full strength."""
    form = "write a dictionary in curly brackets, number of the unit: strength"
    expect(isinstance(answer, dict), f"{form}; this is a {type(answer).__name__}")
    for number, strength in answer.items():
        whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
        expect(whole, f"the keys are the units' numbers, whole numbers such as 9; yours has {number!r:.20}")
        expect(number in ACTION_UNITS, f"the course has no AU{number}: look at the list again")
        full = isinstance(strength, Real) and strength in (0, 1)
        expect(full, f"the strength of AU{number} is {strength!r:.20}; take 1.0 for all that fear needs")
    return {number: 1.0 for number, strength in answer.items() if strength}


exercise("1.1", Value(
    "fear", FEAR, tidy=units, also_right=[dict.fromkeys(ACTION_UNITS, 0) | FEAR, dict.fromkeys(FEAR, 1)],
    signs=[(lambda got, want, k=k: k in got, hint, FEAR | {k: 1.0}) for k, hint in SLIPS.items()]
        + [(lambda got, want, k=k: k not in got, hint, FEAR | {k: 0}) for k, hint in MISSING.items()],
    otherwise="Which cue of fear asks for it?",
    mistakes=[("the key 9", FEAR | {9: 1.0}), ("no AU3", FEAR | {3: 1.0}), ("strength of AU4", FEAR | {4: 0.5}),
              ("whole numbers", {"AU1": 1.0}), ("a list", [1, 2, 4, 5, 7, 20]), ("a set", {1, 2, 4, 5, 7, 20})],
))  # fmt: skip


# --- 1.2 lift the corners of the mouth --------------------------------------------------------------------------------


def lift_corners(landmarks, amount):
    """A copy with points 48 and 54 higher by so many eye distances."""
    left, right = landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)
    moved = landmarks.copy()
    moved[[48, 54], 1] -= amount * np.hypot(*(right - left))
    return moved


def face(size=1.0, tilt=0.0, dtype=np.float32):
    """68 points, all different, with eyes ``20 * size`` pixels apart, turned by ``tilt`` radians."""
    points = np.random.default_rng(3).uniform(-12, 12, (68, 2))
    points[36:42] += [-10, 0] - points[36:42].mean(axis=0)
    points[42:48] += [10, 0] - points[42:48].mean(axis=0)
    points[[48, 54]] = [[-8, 18], [8, 17]]
    turn = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    return (points @ turn * size + 40).astype(dtype)


exercise("1.2", Function(
    lift_corners,
    cases=[
        Case("eyes 20 pixels apart and the amount 0.1", face(), 0.1),
        Case("a face twice as large", face(2.0), 0.1, kind="uneven"),
        Case("a negative amount", face(), -0.05, kind="edge"),
        Case("the amount 0", face(), 0, kind="edge"),
        Case("a tilted face, in double precision", face(1.5, 0.6, np.float64), 0.2, kind="dtype"),
    ],
    mistakes=[
        ("the corners go the wrong way: y grows downwards in an image", ("-=", "+=")),
        ("you move by so many pixels; the amount is in eye distances, which are longer in a large face",
         ("amount * np.hypot(*(right - left))", "amount")),
        ("the corners moved sideways: in a point, x comes first and y second", ("54], 1]", "54], 0]")),
        ("the corners moved in x as well; only y should change", ("54], 1]", "54]]")),
        ("measure the eyes of the face that you are given, and no other's",
         "landmarks - own_neutral() + lift_corners(own_neutral(), amount)"),
        ("only one of the two corners moved", ("[48, 54]", "[48]"), ("[48, 54]", "[54]")),
        ("other points moved too; only 48 and 54 should", ("[[48, 54], 1]", "[:, 1]"), ("[[48, 54], 1]", "[48:55, 1]"),
         ("[[48, 54], 1]", "[48:68, 1]"), ("[[48, 54], 1]", "[48:54, 1]")),
        ("numbers run from 0, as in the figure: the corners are rows 48 and 54 themselves",
         ("[48, 54]", "[49, 55]"), ("[48, 54]", "[47, 53]")),
        ("give all 68 points back, and not the corners alone", ("return moved", "return moved[[48, 54]]")),
        ("measure between the centres of the eyes, the means of their six points each",
         ("landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)", "landmarks[36], landmarks[45]"),
         ("landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)", "landmarks[39], landmarks[42]")),
        ("on a tilted face the eyes are not level: their distance has x and y in it",
         ("np.hypot(*(right - left))", "(right - left)[0]")),
        ("a negative amount pulls the corners down", ("amount *", "abs(amount) *")),
    ],
    also_right=["np.where(np.isin(np.arange(68), [48, 54])[:, None] & np.array([False, True]), landmarks - amount * "
                "np.linalg.norm(landmarks[42:48].mean(0) - landmarks[36:42].mean(0)), landmarks)"],
    keeps="your function changes the landmarks that it was given, so the neutral face is lost: work on a copy",
    tolerance=1e-4,
))  # fmt: skip


# --- 1.3 the unit that tells most -------------------------------------------------------------------------------------


def most_telling(read, landmarks, emotion):
    """The number of the unit that alone makes an emotion most probable."""
    return max(ACTION_UNITS, key=lambda number: read(move(landmarks, {number: 1.0}))[emotion])


def made_up(start, weights, rest, untouched=0.25):
    """A "model" that knows how far each unit moves a face, and whose probability of anger is told for each."""
    moved = {number: move(start, {number: 1.0}) for number in ACTION_UNITS}

    def read(landmarks):
        landmarks = np.asarray(landmarks)
        if landmarks.shape != (68, 2):
            raise ValueError(f"read takes the landmarks of one face, (68, 2), not {landmarks.shape}")
        near = [number for number, face in moved.items() if np.allclose(face, landmarks, atol=1e-3)]
        anger = weights.get(near[0], rest) if near else untouched
        return {"anger": anger, "fear": (1 - anger) * 0.7, "neutral": (1 - anger) * 0.3}

    return read


def own_neutral():
    """The face at hand in the lesson."""
    from .. import twin

    return twin.load().mean("neutral")


def telling_cases():
    """Made-up models on the neutral face, and on others."""
    start = own_neutral()
    other, one, two = start * 1.3 + 5, {9: 0.9, 23: 0.05}, {1: 0.1, 43: 0.8}
    return [
        Case("a made-up model and anger", made_up(start, one, 0.3), start, "anger", want=9),
        Case("the same model and fear", made_up(start, one, 0.3), start, "fear", kind="order", want=23),
        Case("another face and another model", made_up(other, two, 0.3), other, "anger", kind="other", want=43),
        Case("a model that no unit makes surer", made_up(start, {14: 0.24, 26: 0.1}, 0.2, 0.5), start, "anger",
             kind="edge", want=14),
        Case("the first unit of the list", made_up(other, {1: 0.02, 2: 0.5}, 0.3), other, "neutral", kind="edge",
             want=1),
    ]  # fmt: skip


def piled_up(read, landmarks, emotion):
    best, most = None, -1.0
    for number in ACTION_UNITS:
        landmarks = move(landmarks, {number: 1.0})
        if read(landmarks)[emotion] > most:
            best, most = number, read(landmarks)[emotion]
    return best


def better_than_start(read, landmarks, emotion):
    best, most = None, read(landmarks)[emotion]
    for number in ACTION_UNITS:
        if read(move(landmarks, {number: 1.0}))[emotion] > most:
            best, most = number, read(move(landmarks, {number: 1.0}))[emotion]
    return best


exercise("1.3", Function(
    most_telling, telling_cases, keeps="your function changes the face that it was given: each unit acts alone",
    mistakes=[
        ("this is the unit that makes the emotion least probable", ("max(", "min(")),
        ("this is a probability; give back the number of the unit that reaches it",
         "max(read(move(landmarks, {number: 1.0}))[emotion] for number in ACTION_UNITS)"),
        ("this is the unit's place in the list; give back its number",
         "int(np.argmax([read(move(landmarks, {number: 1.0}))[emotion] for number in ACTION_UNITS]))"),
        ("this is the unit's name; give back its number",
         "ACTION_UNITS[max(ACTION_UNITS, key=lambda n: read(move(landmarks, {n: 1.0}))[emotion])].name"),
        ("look up the emotion that the function is asked about", ("[emotion]", "['anger']"),
         ("[emotion]", "['fear']")),
        ("a unit that makes the emotion less probable does not tell of it: no abs", "max(ACTION_UNITS, key=lambda n: "
         "abs(read(move(landmarks, {n: 1.0}))[emotion] - read(landmarks)[emotion]))"),
        ("each unit starts from the same face: yours pile up", piled_up),
        ("this is the last unit that gives the emotion any probability: in a loop, remember the largest so far, too",
         "[n for n in ACTION_UNITS if read(move(landmarks, {n: 1.0}))[emotion] > 0][-1]"),
        ("take the face that the function is given, and no other", ("landmarks, {", "own_neutral(), {")),
        ("each unit at full strength, 1.0, and on both sides", ("1.0", "0.5"), ("1.0}", "1.0}, side='left'")),
        ("read takes one face, of shape (68, 2): no axis in front", ("{number: 1.0})", "{number: 1.0})[None]")),
        ("the best unit is wanted, also where none makes the emotion more probable than the face as it is",
         better_than_start),
    ],
    also_right=["sorted(ACTION_UNITS, key=lambda n: -read(move(landmarks, {n: 1.0}))[emotion])[0]",
                "list(ACTION_UNITS)[np.argmax([read(move(landmarks, {n: 1.0}))[emotion] for n in ACTION_UNITS])]"],
))  # fmt: skip


# --- 1.4 hits and false alarms ----------------------------------------------------------------------------------------


def rates(says_happy, is_happy):
    """Hit rate and false-alarm rate of a yes-or-no rule."""
    return says_happy[is_happy].mean(), says_happy[~is_happy].mean()


def yes(text):
    """An array of bools from a text of ones and zeros."""
    return np.array(list(text)) == "1"


exercise("1.4", Function(
    rates,
    cases=[  # the numbers of all kinds differ, so that each wrong share has a value of its own
        Case("13 faces, 5 of them happy", yes("1110010100100"), yes("1111100000000"), want=(0.6, 0.375)),
        Case("happy faces at the end", yes("0100000000110"), yes("0000000000111"), kind="order"),
        Case("many happy faces", yes("1111011001010111"), yes("1111111110111011"), kind="uneven"),
        Case("a rule that never says happy", yes("00000"), yes("01100"), kind="absent", want=(0, 0)),
        Case("a rule that is always right", yes("0110"), yes("0110"), kind="edge", want=(1, 0)),
        Case("one happy face", yes("1111101"), yes("0000010"), kind="edge", want=(0, 1)),
    ],
    mistakes=[
        ("the two are there, but in the wrong order: hit rate first",
         "(says_happy[~is_happy].mean(), says_happy[is_happy].mean())"),
        ("your hit rate is a share of the faces that the rule calls happy; take the share of the happy faces",
         ("says_happy[is_happy].mean(),", "(says_happy & is_happy).sum() / max(says_happy.sum(), 1),"),
         "((says_happy & is_happy).sum() / max(says_happy.sum(), 1), (says_happy & ~is_happy).sum() / "
         "max(says_happy.sum(), 1))"),
        ("your hit rate is a share of all faces; take the share of the happy ones only",
         ("says_happy[is_happy].mean(),", "(says_happy & is_happy).mean(),")),
        ("both are shares of all faces: divide by the happy ones, and by the others",
         "((says_happy & is_happy).mean(), (says_happy & ~is_happy).mean())"),
        ("your hit rate is the accuracy: it counts right answers of both kinds",
         ("says_happy[is_happy].mean(),", "(says_happy == is_happy).mean(),"),
         "((says_happy == is_happy).mean(), (says_happy != is_happy).mean())"),
        ("your false-alarm rate has the wrong denominator: it is a share of the faces that are not happy",
         ("says_happy[~is_happy].mean()", "(says_happy & ~is_happy).mean()"),
         ("says_happy[~is_happy].mean()", "(says_happy & ~is_happy).sum() / max(is_happy.sum(), 1)"),
         ("says_happy[~is_happy].mean()", "(says_happy & ~is_happy).sum() / max(says_happy.sum(), 1)")),
        ("your second number is the share of happy faces that were missed; look at the faces that are not happy",
         ("says_happy[~is_happy].mean()", "(~says_happy)[is_happy].mean()")),
        ("your second number is the share of the others that the rule leaves alone; the false alarms are the rest",
         ("says_happy[~is_happy].mean()", "(~says_happy)[~is_happy].mean()")),
        ("of numbers, 1 - x and ~x are places, and no mask: the others are ~is_happy, of True and False",
         ("says_happy[~is_happy]", "says_happy[1 - is_happy.astype(int)]"),
         ("says_happy[~is_happy]", "says_happy[~is_happy.astype(int)]")),
        ("these are counts; divide each by the number of faces of its kind", ("mean()", "sum()")),
        ("these are per cent; shares between 0 and 1 are wanted",
         "(100 * says_happy[is_happy].mean(), 100 * says_happy[~is_happy].mean())"),
        ("you take the truth among the alarms; take the alarms among the truth",
         "(is_happy[says_happy].sum() / max(says_happy.sum(), 1), is_happy[~says_happy].sum() / "
         "max((~says_happy).sum(), 1))"),
    ],
    also_right=["[sum(says_happy & is_happy) / sum(is_happy), sum(says_happy & ~is_happy) / sum(~is_happy)]"],
))  # fmt: skip


# --- 1.5 where to put the threshold -----------------------------------------------------------------------------------


def best_threshold(heights, is_happy, candidates):
    """The candidate with the largest hit rate minus false-alarm rate; of equally good ones, the first."""
    gains = [np.mean(heights[is_happy] > t) - np.mean(heights[~is_happy] > t) for t in candidates]
    return candidates[int(np.argmax(gains))]


def crowd(happy, others, seed, middle=0.12):
    """Heights of so many happy faces and others, and which are happy."""
    rng = np.random.default_rng(seed)
    heights = np.concatenate([rng.normal(middle, 0.05, happy), rng.normal(0.05, 0.04, others)])
    return heights, np.arange(happy + others) < happy


STEPS = np.linspace(-0.05, 0.25, 13)
EIGHTHS = np.array([1, 2, 3, 4, 5, 6, 2, 1, 5]) / 8, yes("001111000")


def any_of_the_best(answer):
    """Where two candidates do equally well, either is right."""
    heights, candidates = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.0, 0.22, 0.28, 0.5])
    got = answer(heights, yes("0011"), candidates)
    expect(np.isclose(got, [0.22, 0.28]).any(), "of candidates that do equally well, give any one back")


exercise("1.5", Function(
    best_threshold,
    cases=[
        Case("60 happy faces of 400", *crowd(60, 340, 5), STEPS, kind="uneven"),
        Case("many happy faces and few others", *crowd(300, 40, 7), STEPS, kind="uneven"),
        Case("candidates in no order", *crowd(80, 80, 11), np.random.default_rng(0).permutation(STEPS), kind="order"),
        Case("a face exactly at a candidate", *EIGHTHS, np.arange(9) / 8, kind="edge", want=0.25),
        Case("one candidate", *crowd(9, 20, 3), np.array([0.3]), kind="edge", want=0.3),
        Case("other candidates", *crowd(80, 200, 13, 0.3), np.linspace(0, 0.6, 21)),
        Case("low happy mouths", np.array([1, 1, 6, 3, 3, 3]) / 8, yes("111000"), np.array([2, 5]) / 8, want=0.625),
    ],
    mistakes=[
        ("you return the place of the threshold among the candidates; return the threshold itself",
         ("candidates[int(np.argmax(gains))]", "int(np.argmax(gains))")),
        ("you return the difference itself; return the threshold that reaches it",
         ("candidates[int(np.argmax(gains))]", "max(gains)")),
        ("this is the threshold with the best accuracy, which favours the more numerous kind, and so does a difference "
         "of counts; take hit rate minus false-alarm rate", ("np.mean(h", "np.sum(h"),
         "candidates[int(np.argmax([np.mean((heights > t) == is_happy) for t in candidates]))]"),
        ("this is the candidate with the most hits, and with false alarms to match",
         ("- np.mean(heights[~is_happy] > t)", ""), (") - np", ") + np"), "candidates.min()"),
        ("this threshold has the fewest false alarms, but hardly a hit",
         "candidates[int(np.argmin([np.mean(heights[~is_happy] > t) for t in candidates]))]", "candidates.max()"),
        ("this threshold has the smallest difference: did you turn the sign, or the comparison, round?",
         ("argmax", "argmin"), (" > t", " < t")),
        ("the rule says happy where height > t, and not where both are equal", (" > t", " >= t")),
        ("no abs: more false alarms than hits make no good rule", ("argmax(gains)", "argmax(np.abs(gains))")),
        ("try every candidate: the best need not lie in the middle between the groups",
         "candidates[abs(candidates - heights[is_happy].mean() / 2 - heights[~is_happy].mean() / 2).argmin()]"),
        ("the threshold has to be one of the candidates",
         "(heights[is_happy].mean() + heights[~is_happy].mean()) / 2", "heights[is_happy].mean()",
         "best_threshold(heights, is_happy, np.unique(heights))"),
        ("this is the last that is better than nothing: in a loop, remember the best difference so far, too",
         "([t for t in candidates if np.mean(heights[is_happy] > t) > np.mean(heights[~is_happy] > t)] or [0])[-1]"),
    ],
    also_right=["max(candidates, key=lambda t: (heights[is_happy] > t).mean() - (heights[~is_happy] > t).mean())",
                "candidates[np.argmax([(heights > t)[is_happy].sum() / is_happy.sum() + (heights <= t)[~is_happy].sum()"
                " / (~is_happy).sum() for t in candidates])]"],
    then=any_of_the_best,
))  # fmt: skip


# --- 1.6 who says it? -------------------------------------------------------------------------------------------------

WHO_SAYS = {"a": "basic", "b": "critics", "c": "critics", "d": "basic", "e": "critics"}
OPPOSITE = {"basic": "critics", "critics": "basic"}
WHY = {
    "a": "for statement a, ask which view gives every emotion its own face",
    "b": "for statement b, read again what was found about reliability",
    "c": "for statement c, think of the tennis players",
    "d": "for statement d, think of what Ekman concluded from his journey",
    "e": "for statement e, read again what is meant by specific",
}


def views(answer):
    """A dictionary with one of two words for each statement."""
    form = 'write a dictionary such as {"a": ..., "b": ...}, with an entry a statement'
    expect(isinstance(answer, dict), form)
    extra = [letter for letter in answer if letter not in WHO_SAYS]
    expect(not extra, f"there is no statement {extra[0] if extra else ''!r:.20}: the keys are a, b, c, d and e")
    missing = [letter for letter in WHO_SAYS if answer.get(letter, ...) is ...]
    expect(not missing, f"statement {missing[0] if missing else ''} has no answer yet")
    tidy = {letter: str(view).strip().lower() for letter, view in answer.items()}
    for letter, view in tidy.items():
        expect(view in OPPOSITE, f'for statement {letter} write "basic" or "critics", in quotation marks')
    return tidy


exercise("1.6", Value(
    "who_says", WHO_SAYS, tidy=views, also_right=[{k: view.title() for k, view in WHO_SAYS.items()}],
    signs=[(lambda got, want, k=k: got[k] != want[k], hint, WHO_SAYS | {k: OPPOSITE[WHO_SAYS[k]]})
           for k, hint in WHY.items()],
    mistakes=[("statement b has no answer", {"a": "basic"}), ('"basic" or "critics"', dict.fromkeys("abcde", "Ekman")),
              ("write a dictionary", ["basic", "critics"]), ("no statement 'f'", WHO_SAYS | {"f": "basic"}),
              ("statement a", dict.fromkeys("abcde", "critics")), ("statement b", dict.fromkeys("abcde", "basic"))],
))  # fmt: skip


# --- 1.7 and 1.8 an advertisement -------------------------------------------------------------------------------------

exercise("1.7", Words(
    "reply",
    "A camera sees how a face looks. It doesn't see what the person feels: people smile out of politeness, and they're "
    "angry without scowling. How feelings show also differs from one culture, situation and person to the next. And "
    "95 % of what? On which photos was this measured, posed or not, how many were there, and who chose the labels? If "
    "those are other people's guesses, then your camera agrees with guesses.",
    [
        "says that a face is seen and a feeling is not, and that either comes without the other",
        "says that expressions differ between people, cultures or situations",
        "asks on which images the 95 % was counted, how many there were, and who said what was right",
        "may ask what a rule would reach that always says the same",
    ],
    least=40,
))  # fmt: skip

exercise("1.8", Choice("conclusion", {
    "A": "the labels are what people saw in a photo; nobody asked the person in it what they felt",
    "B": True,
    "C": "this is a mean over all photos: for some groups of people it may be far lower, and nobody has looked",
    "D": "accuracy counts both kinds of right answers; the share of happy people who are found is the hit rate",
    "E": "more photos with the same kind of label teach the same thing: what people see in faces",
}))  # fmt: skip
