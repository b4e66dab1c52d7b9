"""Exercises of lesson 11, the live demo and tired drivers."""

import numpy as np

from ..from_scratch import video as stream
from . import NotYet, exercise, expect
from .helpers import function

NOTHING = "your function gives nothing back: it needs a return"


def _number(given, told: str) -> float:
    expect(given is not None, NOTHING)
    expect(isinstance(given, (int, float, np.number)), f"{told} your function gives no number back")
    return float(given)


def _near(given: float, right: float) -> bool:
    return abs(given - right) < 1e-6


@exercise("11.1")
def iou(answer):
    """Intersection over union of two boxes."""
    function(answer)
    boxes = {
        "two equal boxes": ((2, 3, 10, 20), (2, 3, 10, 20)),
        "two boxes beside each other": ((0, 0, 10, 10), (30, 2, 10, 10)),
        "two boxes that are apart across and down": ((0, 0, 10, 10), (30, 40, 10, 10)),
        "a small box inside a large one": ((0, 0, 10, 10), (2, 3, 4, 5)),
        "two boxes that share a corner": ((10, 20, 30, 40), (25, 50, 40, 20)),
    }
    for told, (one, other) in boxes.items():
        told = f"for {told}, {one} and {other},"
        right, given = stream.iou(one, other), _number(answer(one, other), f"for {one} and {other}")
        areas = one[2] * one[3], other[2] * other[3]
        shared = right * sum(areas) / (1 + right)
        expect(given >= 0 or right > 0, f"{told} your IoU is negative: boxes that are apart share nothing")
        expect(_near(given, right) or right > 0, f"{told} the IoU is 0: they share nothing, yours is {given:.3f}")
        expect(
            _near(given, right) or not _near(given, shared / sum(areas)),
            f"{told} you divide by the sum of both areas. The shared part is in both: count it once",
        )
        for area in (min(areas), max(areas)):
            expect(
                _near(given, right) or not _near(given, shared / area),
                f"{told} you divide by the area of one box. Union is what at least one of them covers",
            )
        corners = _of_corners(one, other)
        expect(
            _near(given, right) or corners is None or not _near(given, corners),
            f"{told} you take the last two numbers for a corner. They are width and height",
        )
        expect(_near(given, right), f"{told} the IoU is {right:.3f}, and yours is {given:.3f}")


def _of_corners(one, other):
    """The IoU for somebody who takes width and height for the lower right corner; None where that is no box."""
    sizes = [(box[2] - box[0], box[3] - box[1]) for box in (one, other)]
    if min(min(size) for size in sizes) <= 0:
        return None
    return stream.iou((*one[:2], *sizes[0]), (*other[:2], *sizes[1]))


def _in_order(before, now, least):
    matched = {}
    for j, box in enumerate(now):
        free = [i for i in range(len(before)) if i not in matched.values()]
        best = max(free, key=lambda i: stream.iou(before[i], box), default=None)
        if best is not None and stream.iou(before[best], box) >= least:
            matched[j] = best
    return matched


@exercise("11.2")
def match(answer):
    """Greedy matching, the largest overlap first."""
    function(answer)
    row = [(0, 0, 10, 10), (8, 0, 10, 10), (100, 0, 10, 10)]
    cases = (
        (row, [(101, 1, 10, 10), (1, 0, 10, 10), (9, 0, 10, 10)], 0.3),
        (row[:2], [(4, 0, 10, 10), (0, 0, 10, 10)], 0.3),
        (row[:2], [(5, 0, 10, 10), (6, 0, 10, 10)], 0.2),
        (row, [(300, 0, 10, 10), (0, 1, 10, 10)], 0.3),
        (row[:1], [(4, 0, 10, 10)], 0.5),
        ([], row, 0.3),
        (row, [], 0.3),
    )
    for before, now, least in cases:
        right, given = stream.match(before, now, least), answer(before, now, least)
        told = f"for {len(before)} boxes before and {len(now)} now"
        expect(given is not None, NOTHING)
        expect(isinstance(given, dict), f"{told} your function gives a {type(given).__name__}, not a dictionary")
        turned = {i: j for j, i in right.items()}
        expect(
            given == right or given != turned,
            f"{told} the dictionary is the wrong way round: its keys are places in `now`",
        )
        expect(len(set(given.values())) == len(given), f"{told} one box before goes on in two boxes now")
        expect(
            all(stream.iou(before[i], now[j]) >= least for j, i in given.items()),
            f"{told} you bring together boxes whose IoU is below `least`, {least}",
        )
        expect(
            given == right or given != _in_order(before, now, least),
            f"{told} a box takes what another box fits better. Begin with the largest IoU of *all* pairs",
        )
        expect(len(given) >= len(right), f"{told} you find {len(given)} pairs, and there are {len(right)}")
        expect(given == right, f"{told} you find {given}. Which of all pairs has the largest IoU, and which is next?")


@exercise("11.3")
def smooth(answer):
    """Exponential smoothing with a time constant."""
    function(answer)
    times = np.array([0.0, 0.1, 0.2, 0.6, 0.7, 1.5])
    for values in (np.array([0, 1, 1, 1, 0, 0.0]), np.stack([times, 1 - times], 1)):
        for constant in (0.2, 1.0):
            kept = values.copy()
            given = answer(times, values, constant)
            expect(isinstance(given, np.ndarray), NOTHING)
            expect(np.array_equal(values, kept), "your function changes the values that it is given")
            right = stream.smooth(times, values, constant)
            expect(given.shape == right.shape, "the smoothed values must have the shape of the values")
            expect(not np.allclose(given, values), "nothing is smoothed: out[i] must depend on out[i - 1]")
            steps = np.diff(times, prepend=0).reshape(-1, *[1] * (values.ndim - 1))
            expect(
                not np.allclose(given, _with_share(values, np.exp(-steps / constant))),
                "share is the part of the *new* value: after a long time, it must be near 1. Yours is near 0 then",
            )
            expect(
                not np.allclose(given, _with_share(values, 1 - np.exp(-0.1 / constant) + 0 * steps)),
                "your share is the same for each frame. dt is the time between this frame and the one before",
            )
            expect(
                not np.allclose(given, _with_share(values, 1 - np.exp(-times.reshape(steps.shape) / constant))),
                "dt is the time since the last frame, not since the beginning",
            )
            expect(
                not np.allclose(given, _with_share(values, np.minimum(steps / constant, 1))),
                "dt / constant is near the right share for small dt only: the share is 1 − exp(−dt / constant)",
            )
            mixed = values.copy()
            share = 1 - np.exp(-steps / constant)
            mixed[1:] = values[:-1] + share[1:] * (values[1:] - values[:-1])
            expect(
                not np.allclose(given, mixed),
                "you mix the new value with the last *raw* one. What is shown goes on from what was shown: out[i - 1]",
            )
            expect(np.allclose(given, right), "not yet the formula. Compute the second value by hand, and compare")


def _with_share(values, share):
    out = np.array(values, float)
    for i in range(1, len(out)):
        out[i] = out[i - 1] + share[i] * (out[i] - out[i - 1])
    return out


def _ear(points, left=(36, 37, 38, 39, 40, 41), right=(42, 43, 44, 45, 46, 47), factor=2.0):
    ratios = []
    for a, b, c, d, e, f in (left, right):
        far = [np.linalg.norm(points[i] - points[j]) for i, j in ((b, f), (c, e), (a, d))]
        ratios.append((far[0] + far[1]) / (factor * far[2]))
    return ratios


@exercise("11.4")
def eye_aspect_ratio(answer):
    """The formula of Soukupová and Čech."""
    function(answer)
    from ..twin.model import load
    from ..twin.shape import set_eyes

    face = load().mean("neutral").astype(float)
    turned = face @ np.array([[0.8, 0.6], [-0.6, 0.8]])
    uneven = face.copy()
    uneven[42:48] = set_eyes(face, 0.4)[42:48]
    for told, points in (("a face", uneven), ("a smaller face", 0.5 * uneven), ("a tilted face", turned)):
        given, right = _number(answer(points.copy()), f"for {told}"), np.mean(_ear(points))
        told = f"for {told} the EAR is {right:.3f}, and yours is {given:.3f}"
        for ratio, eye in zip(_ear(points), ("left", "right"), strict=True):
            same = _near(given, ratio) and not _near(ratio, right)
            expect(not same, f"{told}: you measure the {eye} eye only. The mean of both is asked for")
        expect(not _near(given, 2 * right), f"{told}. Is the 2 below the line missing, or the mean of the eyes?")
        shifted = np.mean(_ear(points, (37, 38, 39, 40, 41, 42), (43, 44, 45, 46, 47, 48)))
        expect(not _near(given, shifted), f"{told}: off by one. The first eye begins at row 36, as Python counts")
        crossed = np.mean(_ear(points, (36, 37, 38, 39, 41, 40), (42, 43, 44, 45, 47, 46)))
        expect(not _near(given, crossed), f"{told}: you pair p2 with p5. Which point lies below p2?")
        flipped = np.mean([1 / ratio for ratio in _ear(points)])
        expect(not _near(given, flipped), f"{told}: you divide the width by the height")
        flat = np.mean(
            [
                (abs(p[1] - p[5])[1] + abs(p[2] - p[4])[1]) / (2 * abs(p[0] - p[3])[0])
                for p in (points[36:42], points[42:48])
            ]
        )
        expect(
            _near(given, right) or not _near(given, flat),
            f"{told}: you measure straight down and straight across. In a tilted face, that is not the distance",
        )
        expect(_near(given, right), f"{told}. Write down which rows p1 to p6 are, and go through the formula again")


@exercise("11.5")
def perclos(answer):
    """Time-weighted share of closed eyes within the window."""
    function(answer)
    nan = np.nan
    even = np.arange(10) * 1.0
    cases = (
        ("evenly spaced frames", even, np.array([1, 0, 0, 1, 1, 0.1, 1, 1, 1, 1.0]), 60),
        ("an openness of exactly 0.2", even, np.array([1, 0.2, 1, 1, 1, 1, 1, 1, 1, 1.0]), 60),
        ("uneven frames", np.array([0, 1, 3, 6, 10.0]), np.array([1, 0.1, 1, 0, 1.0]), 60),
        ("the face lost for a while", even, np.array([1, 0, nan, nan, nan, nan, 1, 0, 1, 1.0]), 60),
        ("a window of 5 seconds", even, np.array([0, 0, 0, 0, 1, 1, 0, 1, 1, 1.0]), 5),
    )
    for told, times, openness, window in cases:
        right = stream.perclos(times, openness, window)
        given = _number(answer(times.copy(), openness.copy(), window), f"with {told}")
        told = f"with {told}, PERCLOS is {right:.3f} and yours is {given:.3f}"
        lasts, part, inside = np.diff(times), openness[:-1], times[:-1] >= times[-1] - window
        closed, known = part <= 0.2, np.isfinite(part)
        total = lasts[inside & known].sum()
        wrong = {
            "you count frames. Count the time that each stands for": (closed & inside)[known & inside].mean(),
            "an openness of 0.2 counts as closed, too": lasts[inside & (part < 0.2)].sum() / total,
            "unseen time counts neither way": lasts[inside & closed].sum() / lasts[inside].sum(),
            "only the last seconds count, as many as the window has": lasts[closed].sum() / lasts[known].sum(),
            "a frame stands for the time until the next one, not since the one before": lasts[
                inside & (openness[1:] <= 0.2)
            ].sum()
            / lasts[inside & np.isfinite(openness[1:])].sum(),
            "this is how long the eyes were open": 1 - right,
            "divide by the seen time of the window": lasts[inside & closed].sum(),
            "divide by the time that was seen, not by the whole window": lasts[inside & closed].sum() / window,
        }
        expect(np.isfinite(given), f"{told}: NaN spreads in sums. Leave those frames out")
        for hint, value in wrong.items():
            expect(_near(given, right) or not _near(given, value), f"{told}: {hint}")
        expect(_near(given, right), f"{told}. Write down, for each frame, for how long it stands and whether it counts")


@exercise("11.6")
def hysteresis(answer):
    """An alarm with two thresholds."""
    function(answer)
    values = np.array([0.05, 0.12, 0.15, 0.12, 0.11, 0.10, 0.12, 0.09, 0.12, 0.2, 0.01])
    given = answer(values, 0.15, 0.10)
    expect(given is not None, NOTHING)
    try:
        states = np.asarray(given, bool)
    except (TypeError, ValueError):
        raise NotYet("give back one True or False for each value") from None
    expect(states.shape == values.shape, f"there are {len(values)} values, and you give {states.size} answers back")
    right = stream.hysteresis(values, 0.15, 0.10)
    expect(not states[1], "0.12 does not raise the alarm: it only keeps one that is on already")
    expect(states[2], "at exactly `on`, the alarm comes")
    expect(not (states == (values >= 0.15)).all(), "your alarm goes as soon as the value is below `on`. It has to stay")
    expect(states[5], "at exactly `off`, the alarm stays: it goes only below")
    expect(not states[7], "below `off`, the alarm goes. Yours stays")
    expect((states == right).all(), f"for {values.tolist()} your alarm is {states.astype(int).tolist()}")
    other = np.array([3, 9, 5, 1.0])
    expect(
        (np.asarray(answer(other, 8, 4), bool) == stream.hysteresis(other, 8, 4)).all(),
        "with other thresholds it goes wrong: use `on` and `off`, not numbers of your own",
    )


@exercise("11.7")
def choose_threshold(answer):
    """The threshold with the fewest misses among those with few false alarms."""
    function(answer)
    rng = np.random.default_rng(7)
    drowsy = np.arange(600) % 3 == 0
    values = np.where(drowsy, rng.normal(0.2, 0.06, 600), rng.normal(0.08, 0.04, 600))
    thresholds = [0.22, 0.06, 0.1, 0.14, 0.18, 0.3]
    rates = {t: stream.alarm_rates(values, drowsy, t) for t in thresholds}
    for most in (0.02, 0.1, 0.5):
        right = stream.choose_threshold(values, drowsy, thresholds, most)
        given = answer(values.copy(), drowsy.copy(), list(thresholds), most)
        told = f"with at most {most:.0%} false alarms"
        expect(given is not None, f"{told} your function gives None back, but a threshold qualifies")
        expect(given in rates, f"{told} you give {given}, which is none of the thresholds to try")
        false, missed = rates[given]
        quiet = {t: missed for t, (false, missed) in rates.items() if false <= most}
        over = {t: np.mean((values >= t) & ~drowsy) for t in thresholds}
        shared = [t for t in thresholds if over[t] <= most]
        expect(
            given in quiet or given != min(shared, key=lambda t: rates[t][1]),
            f"{told} your choice has {false:.1%}: divide by the frames of the awake driver, not by all frames",
        )
        expect(given in quiet, f"{told} your choice has {false:.1%}")
        expect(
            given == right or given != min(quiet, key=lambda t: rates[t][0]),
            f"{told} you take the quietest threshold. Asked for is the one that misses least among the quiet ones",
        )
        expect(
            given == right,
            f"{told} your choice misses {missed:.1%}, and another allowed one misses less. Look at all of them",
        )
    none = answer(values.copy(), drowsy.copy(), [0.0, 0.01], 0.05)
    expect(none is None, "where no threshold qualifies, give None back")


BANNED = {
    "a school's camera scores how bored each pupil looks": True,
    "a call centre measures whether its staff sound friendly and look happy": True,
    "a lorry warns its driver when the eyes stay closed": False,
    "you try this demo at home on your own face": False,
    "an employer ranks applicants by the joy in their video interview": True,
}
_WHERE = {
    "a school's camera scores how bored each pupil looks": "where is this, and is boredom a feeling?",
    "a call centre measures whether its staff sound friendly and look happy": "where is this?",
    "a lorry warns its driver when the eyes stay closed": "read again what Recital 18 says is no emotion",
    "you try this demo at home on your own face": "in which two places does the article apply?",
    "an employer ranks applicants by the joy in their video interview": "where does working life begin?",
}


@exercise("11.8")
def banned(answer, because):
    """Which cases Article 5(1)(f) bans, and why two of them differ."""
    expect(isinstance(answer, dict), "banned is a dictionary: each case, and True or False")
    for case, right in BANNED.items():
        expect(case in answer, f"the case {case!r} is missing: copy the cases word for word")
        expect(isinstance(answer[case], (bool, np.bool_)), f"{case!r} needs True or False")
        expect(answer[case] == right, f"{case!r}: {_WHERE[case]}")
    extra = [case for case in answer if case not in BANNED]
    expect(not extra, f"{extra[:1]} is none of the cases: copy them word for word")
    expect(isinstance(because, str), "because is a text: put it between quotation marks")
    text = because.lower()
    expect(len(text.split()) >= 12, "say it in a full sentence or two")
    state = ("physical", "state", "fatigue", "tired", "drows", "not an emotion", "no emotion", "asleep", "safety")
    expect(any(word in text for word in state), "your text does not say what the driver's alarm looks for, or what for")
    place = ("school", "education", "pupil", "student", "class", "emotion", "feeling")
    expect(any(word in text for word in place[:5]), "your text does not say where the other camera is, and who is seen")
    expect(any(word in text for word in (*place[5:], "bored")), "your text does not say what is inferred there")
