"""Exercises of lesson 12, tired drivers."""

import functools

import numpy as np

from . import Case, Choice, Function, Words, exercise

NAN = float("nan")

# --- 12.1 how far the eyes are open -----------------------------------------------------------------------------------


def eye_aspect_ratio(points):
    """The EAR of landmarks (68, 2): the mean of both eyes."""
    ratios = []
    for first in (36, 42):
        p1, p2, p3, p4, p5, p6 = np.asarray(points, float)[first : first + 6]
        heights = np.linalg.norm(p2 - p6) + np.linalg.norm(p3 - p5)
        ratios.append(heights / (2 * np.linalg.norm(p1 - p4)))
    return np.mean(ratios)


@functools.cache
def face() -> np.ndarray:
    """A neutral face whose eyes are open by different amounts, (68, 2)."""
    from ..twin.model import load
    from ..twin.shape import set_eyes

    points = load().mean("neutral").astype(float)
    points[42:48] = set_eyes(points, 0.4)[42:48]
    points[[37, 43], 1] -= 1  # the two heights of an eye differ
    return points


def faces() -> list[Case]:
    """The face, and others made of it."""
    turned = face() @ np.array([[0.8, 0.6], [-0.6, 0.8]])
    swapped = face().copy()
    swapped[36:42], swapped[42:48] = face()[42:48], face()[36:42]
    aside = face().copy()
    aside[42:48, 0] = aside[42, 0] + 0.6 * (aside[42:48, 0] - aside[42, 0])
    return [
        Case("a face whose eyes are open by different amounts", face()),
        Case("a smaller face", face() / 2, kind="edge"),
        Case("a tilted face", turned, kind="edge"),
        Case("a face with the other eye nearly closed", swapped, kind="order"),
        Case("a face turned aside: one eye is narrower", aside, kind="uneven"),
        Case("a face", face()).cast("float32"),
    ]


PAIRS = "np.linalg.norm(p2 - p6) + np.linalg.norm(p3 - p5)"
RATIO = "heights / (2 * np.linalg.norm(p1 - p4))"
exercise("12.1", Function(eye_aspect_ratio, cases=faces, tolerance=1e-4, mistakes=[
    ("you measure one eye only: the mean of both is asked for", ("(36, 42)", "(36,)"), ("(36, 42)", "(42,)")),
    ("is the 2 below the line missing, or the mean of the eyes?", ("(2 * np", "(1 * np"),
     ("np.mean(ratios)", "np.sum(ratios)")),
    ("it is half of what it should be: one 2 below the line is enough", ("(2 * np", "(4 * np")),
    ("off by one: the first eye begins at row 36, as Python counts", ("(36, 42)", "(37, 43)"),
     ("(36, 42)", "(35, 41)"), ("(36, 42)", "(36, 41)")),
    ("brackets are missing: / 2 * width halves, and then multiplies by the width",
     ("(2 * np.linalg.norm(p1 - p4))", "2 * np.linalg.norm(p1 - p4)")),
    ("you square the distances", (PAIRS, PAIRS.replace(")", ") ** 2"), "norm(p1 - p4)", "norm(p1 - p4) ** 2")),
    ("you pair p2 with p5 and p3 with p6: which point lies below p2?",
     (PAIRS, "np.linalg.norm(p2 - p5) + np.linalg.norm(p3 - p6)")),
    ("you pair points of the same lid", (PAIRS, "np.linalg.norm(p2 - p3) + np.linalg.norm(p5 - p6)")),
    ("you divide the width by the height", ("heights / (2 * np.linalg.norm(p1 - p4))",
     "(2 * np.linalg.norm(p1 - p4)) / heights"), ("np.mean(ratios)", "1 / np.mean(ratios)")),
    ("you measure straight down and straight across: in a tilted face, that is not the distance",
     (PAIRS, "abs(p2 - p6)[1] + abs(p3 - p5)[1]", "np.linalg.norm(p1 - p4)", "abs(p1 - p4)[0]"),
     (PAIRS, "abs(p2 - p6)[1] + abs(p3 - p5)[1]")),
    ("only one of the two heights is in it", (PAIRS, "np.linalg.norm(p2 - p6)"), (PAIRS, "np.linalg.norm(p3 - p5)")),
    ("each eye has its own ratio, and the mean is that of the two: don't add up the eyes before you divide",
     (RATIO, f"[{RATIO.replace(' /', ',')}]", "np.mean(ratios)", "np.divide(*np.sum(ratios, axis=0))")),
    ("one number is wanted, the mean of both eyes", ("np.mean(ratios)", "np.array(ratios)")),
]))  # fmt: skip

# --- 12.2 openness ----------------------------------------------------------------------------------------------------


def openness(ears, open_ear, closed_ear):
    """1 where the eyes are as open as open_ear, 0 at closed_ear, between them a straight line, never beyond."""
    ears = np.asarray(ears, float)
    return np.clip((ears - closed_ear) / (open_ear - closed_ear), 0, 1)


exercise("12.2", Function(openness, cases=[
    Case("open, half and closed", np.array([0.3, 0.2, 0.1]), 0.3, 0.1, want=[1, 0.5, 0]),
    Case("another person", np.array([0.2, 0.24, 0.28, 0.3]), 0.32, 0.16, kind="order"),
    Case("eyes opened wide, and shut tight", np.array([0.4, 0.05, 0.25]), 0.3, 0.1, kind="edge",
         want=[1, 0, 0.75]),
    Case("a face that was not seen", np.array([0.3, NAN, 0.1, 0.15]), 0.3, 0.1, kind="absent"),
], mistakes=[
    ("it goes above 1 or below 0: wide eyes are open, and not more than open",
     "(np.asarray(ears, float) - closed_ear) / (open_ear - closed_ear)",
     "np.minimum((np.asarray(ears, float) - closed_ear) / (open_ear - closed_ear), 1)",
     "np.maximum((np.asarray(ears, float) - closed_ear) / (open_ear - closed_ear), 0)"),
    ("this is how far the eyes are *closed*: turn it round",
     "np.clip((open_ear - np.asarray(ears, float)) / (open_ear - closed_ear), 0, 1)"),
    ("at closed_ear it must be 0: subtract that first", "np.clip(np.asarray(ears, float) / open_ear, 0, 1)",
     "np.clip(np.asarray(ears, float) / (open_ear - closed_ear), 0, 1)"),
    ("you divide by open_ear: from closed to open it is open_ear − closed_ear",
     "np.clip((np.asarray(ears, float) - closed_ear) / open_ear, 0, 1)"),
    ("np.interp wants its places in rising order: closed_ear first", "np.interp(ears, [open_ear, closed_ear], [1, 0])"),
    ("0 and 1 stand for closed_ear and open_ear, not for the smallest and the largest of these readings",
     "(ears - np.nanmin(ears)) / (np.nanmax(ears) - np.nanmin(ears))"),
    ("NaN says that nobody knows: keep it, and do not make it 0 or 1",
     "np.nan_to_num(openness(ears, open_ear, closed_ear))",
     "np.nan_to_num(openness(ears, open_ear, closed_ear), nan=1.0)"),
    ("this is all or nothing: between open and closed lies a straight line",
     "np.round(np.clip((ears - closed_ear) / (open_ear - closed_ear), 0, 1))",
     ("np.clip((ears - closed_ear) / (open_ear - closed_ear), 0, 1)",
      "np.where(np.isnan(ears), ears, ears > (open_ear + closed_ear) / 2)")),
], also_right=["np.array([min(max((e - closed_ear) / (open_ear - closed_ear), 0), 1) if e == e else e for e in ears])"],
))  # fmt: skip

# --- 12.3 PERCLOS -----------------------------------------------------------------------------------------------------


def perclos(times, openness, window=60):
    """Share of the seen time of the last window seconds in which the openness was at most 0.2."""
    lasts = np.diff(times)
    inside = np.asarray(times)[:-1] >= times[-1] - window
    part = np.asarray(openness, float)[:-1]
    seen = inside & np.isfinite(part)
    return lasts[seen & (part <= 0.2)].sum() / lasts[seen].sum()


EVEN = np.arange(10) * 1.0
exercise("12.3", Function(perclos, cases=[
    Case("evenly spaced frames", EVEN, np.array([1, 0, 0, 1, 0.3, 0.1, 1, 1, 1, 1.0]), 60),
    Case("uneven frames", np.array([0, 1, 3, 6, 10.0]), np.array([1, 0.1, 1, 0, 1.0]), 60, kind="uneven"),
    Case("the face lost for a while", EVEN, np.array([1, 0, NAN, NAN, NAN, NAN, 1, 0, 1, 1.0]), 60, kind="absent"),
    Case("a window of 5 seconds", EVEN, np.array([0, 0, 0, 0, 1, 1, 0, 1, 1, 1.0]), 5, kind="edge"),
    Case("an openness of exactly 0.2", EVEN, np.array([1, 0.2, 1, 1, 1, 1, 1, 1, 1, 1.0]), 60, kind="tie"),
    Case("eyes closed in the last frame", EVEN, np.array([1, 1, 1, 1, 1, 1, 1, 1, 1, 0.0]), 60,
         kind="edge", want=0),
    Case("uneven frames in a window", np.array([0, 2, 3, 7, 8, 9.0]), np.array([0, 0, 1, 0.1, 0, 1.0]), 6.0,
         kind="uneven"),
    Case("a film that begins at 100 s", EVEN + 100, np.array([1, 0, 0, 0, 1, 0, 1, 1, 1, 1.0]), 4, kind="order"),
], mistakes=[
    ("you count frames: count the time that each stands for",
     ("lasts = np.diff(times)", "lasts = np.ones(len(times) - 1)"),
     "np.mean(openness[np.isfinite(openness) & (times >= times[-1] - window)] <= 0.2)"),
    ("the window is counted in frames: count it in seconds", ("np.asarray(times)[:-1] >= times[-1] - window",
     "np.arange(len(times) - 1) >= len(times) - 1 - window")),
    ("an openness of exactly 0.2 counts as closed", ("<= 0.2", "< 0.2")),
    ("lids that cover 80 % of the eye leave an openness of 0.2", ("<= 0.2", "<= 0.8"), ("<= 0.2", "<= 0.5")),
    ("a frame exactly `window` seconds back still stands for time inside it", (">= times[-1]", "> times[-1]")),
    ("unseen time counts neither way: leave it out of the whole as well", ("inside & np.isfinite(part)", "inside"),
     ("seen = inside & np.isfinite(part)", "part = np.nan_to_num(part, nan=1.0); seen = inside")),
    ("unseen time counts as closed with you", ("seen = inside & np.isfinite(part)",
     "part = np.nan_to_num(part); seen = inside")),
    ("only the last `window` seconds count", ("np.asarray(times)[:-1] >= times[-1] - window",
     "np.asarray(times)[:-1] >= times[0]")),
    ("the window looks back from the last frame, not forward from the first",
     ("np.asarray(times)[:-1] >= times[-1] - window", "np.asarray(times)[:-1] <= times[0] + window")),
    ("a frame stands for the time until the next one, not since the one before",
     ("[:-1] >= times", "[1:] >= times", "float)[:-1]", "float)[1:]"), ("float)[:-1]", "float)[1:]")),
    ("the last frame has no time of its own", ("np.diff(times)", "np.append(np.diff(times), 1)", ")[:-1]", ")")),
    ("this is how long the eyes were open", ("part <= 0.2", "part > 0.2")),
    ("these are seconds: divide by the seen time of the window", (" / lasts[seen].sum()", "")),
    ("divide by the time that was seen, not by the whole window", (" / lasts[seen].sum()", " / window")),
], otherwise="Write down, for each frame, for how long it stands and whether it counts."))  # fmt: skip

# --- 12.4 blinks ------------------------------------------------------------------------------------------------------


def count_blinks(times, openness, longest=0.5):
    """How often the openness falls below 0.5 and is back at 0.5 or more after at most longest seconds."""
    blinks, began = 0, None
    for time, value in zip(times, openness, strict=True):
        if value < 0.5 and began is None:
            began = time
        elif value >= 0.5:
            if began is not None and time - began <= longest:
                blinks += 1
            began = None
    return blinks


TENTHS = np.arange(12) / 8  # eighths: sums of them are exact
LOOP = "for time, value in zip(times, openness, strict=True):"
BEFORE = "for before, time, value in zip([0, *times], times, openness):"
exercise("12.4", Function(count_blinks, cases=[
    Case("two blinks", TENTHS, np.array([1, 0.2, 1, 1, 0, 0.1, 1, 1, 1, 1, 1, 1]), want=2),
    Case("one long closure", TENTHS, np.array([1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1.0]), kind="edge", want=0),
    Case("a blink and a long closure", TENTHS, np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1.0]),
         kind="order", want=1),
    Case("eyes that are still closed at the end", TENTHS, np.array([1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0.0]),
         kind="edge", want=1),
    Case("a closure of exactly `longest`", TENTHS, np.array([1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1.0]),
         kind="tie", want=1),
    Case("an openness of exactly 0.5", TENTHS, np.array([1, 0.5, 1, 0.4, 0.5, 0.6, 1, 1, 1, 1, 1, 1.0]),
         kind="tie", want=1),
    Case("uneven frames", np.array([0, 0.1, 0.2, 1.2, 1.3, 1.4]), np.array([1, 0, 0.3, 1, 0, 1.0]),
         kind="uneven", want=1),
    Case("another limit", TENTHS, np.array([1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1.0]), 0.2, want=1),
    Case("eyes that never close", TENTHS, np.ones(12), kind="absent", want=0),
], mistakes=[
    ("you count frames with closed eyes: a blink is a run of them", "int(sum(np.asarray(openness) < 0.5))"),
    ("eyes that stay closed for longer than `longest` do not blink: measure each closure",
     ("began is not None and time - began <= longest", "began is not None")),
    ("you count each closure as it begins: whether it is a blink shows when the eyes open again",
     "int(sum((np.asarray(openness)[1:] < 0.5) & (np.asarray(openness)[:-1] >= 0.5)))"),
    ("a closure of exactly `longest` is a blink, too", ("<= longest", "< longest")),
    ("below 0.5, not below 0.2 as in PERCLOS", ("value < 0.5", "value < 0.2", "value >= 0.5", "value >= 0.2")),
    ("`longest` is the most that a blink lasts, not the least", ("<= longest", ">= longest")),
    ("an openness of exactly 0.5 is open", ("value < 0.5", "value <= 0.5", "value >= 0.5", "value > 0.5")),
    ("a blink ends with the first frame that is back at 0.5: yours ends with the last one below",
     (LOOP, BEFORE, "time - began <=", "before - began <=")),
    ("a blink begins with the first frame below 0.5: yours begins with the last one above",
     (LOOP, BEFORE, "began = time", "began = before")),
    ("you count both the closing and the opening: halve it", ("blinks += 1", "blinks += 2")),
    ("a closure that has not ended is no blink yet", ("    return blinks",
     "    return blinks + (began is not None and times[-1] - began <= longest)")),
    ("`longest` is an argument: use it, not a number of your own", ("<= longest", "<= 0.5")),
]))  # fmt: skip

# --- 12.5 an alarm with two thresholds --------------------------------------------------------------------------------


def hysteresis(values, on, off):
    """An alarm that comes when a value reaches on and goes only when it falls below off: (n,) bool."""
    alarm, out = False, []
    for value in values:
        alarm = value >= (off if alarm else on)
        out.append(bool(alarm))
    return np.array(out)


SET = "alarm = value >= (off if alarm else on)"
WAVES = np.array([0.05, 0.12, 0.15, 0.12, 0.11, 0.10, 0.12, 0.09, 0.12, 0.2, 0.01])
exercise("12.5", Function(hysteresis, cases=[
    Case("values that come and go", WAVES, 0.15, 0.10),
    Case("other thresholds", np.array([3, 9, 5, 4, 3, 8]), 8, 4, kind="dtype",
         want=[False, True, True, True, False, True]),
    Case("an alarm from the first value on", np.array([0.9, 0.3, 0.1]), 0.5, 0.2, kind="edge"),
    Case("values that never reach `on`", np.array([0.1, 0.14, 0.12]), 0.15, 0.10, kind="absent"),
    Case("no values", np.array([]), 0.15, 0.10, kind="empty"),
], mistakes=[
    ("your alarm goes as soon as the value is below `on`: it has to stay until it is below `off`",
     "[bool(value >= on) for value in values]"),
    ("between the thresholds, a value raises no alarm: it only keeps one that is on already",
     "[bool(value >= off) for value in values]"),
    ("at exactly `on`, the alarm comes",
     ("value >= (off if alarm else on)", "(value >= off if alarm else value > on)")),
    ("at exactly `off`, the alarm stays: it goes only below",
     ("value >= (off if alarm else on)", "(value > off if alarm else value >= on)")),
    ("each value decides at once: your alarm comes and goes one value late",
     (SET, "out.append(bool(alarm))", "        out.append(bool(alarm))\n    return", f"        {SET}\n    return")),
    ("you've exchanged the thresholds: the alarm comes at `on`, and goes below `off`",
     ("off if alarm else on", "on if alarm else off")),
    ("the alarm is off until a value reaches `on`", ("alarm, out = False", "alarm, out = True")),
    ("your alarm never goes", ("value >= (off if alarm else on)", "alarm or value >= on")),
    ("use `on` and `off`, not numbers of your own", ("(off if alarm else on)", "(0.10 if alarm else 0.15)")),
    ("this is the alarm at the end: give one True or False for each value",
     "bool(len(values)) and bool(hysteresis(values, on, off)[-1])"),
]))  # fmt: skip

# --- 12.6 which threshold ---------------------------------------------------------------------------------------------


def choose_threshold(values, drowsy, thresholds, most):
    """The threshold that misses least among those with at most ``most`` false alarms; the higher one of equals."""
    values, drowsy, allowed = np.asarray(values), np.asarray(drowsy, bool), []
    for threshold in thresholds:
        alarm = values >= threshold
        false, missed = np.mean(alarm[~drowsy]), np.mean(~alarm[drowsy])
        if false <= most:
            allowed.append((missed, -threshold))
    return -min(allowed)[1] if allowed else None


DROWSY = np.arange(600) % 3 == 0
_RNG = np.random.default_rng(7)
VALUES = np.where(DROWSY, _RNG.normal(0.2, 0.06, 600), _RNG.normal(0.08, 0.04, 600))
TRIED = [0.22, 0.06, 0.1, 0.14, 0.18, 0.3]
SMALL = np.array([0.1, 0.3, 0.1, 0.3, 0.3, 0.3]), np.array([False, False, False, True, True, False])
exercise("12.6", Function(choose_threshold, cases=[
    Case("few false alarms allowed", VALUES, DROWSY, TRIED, 0.02),
    Case("a tenth allowed", VALUES, DROWSY, TRIED, 0.1),
    Case("half allowed", VALUES, DROWSY, TRIED, 0.5),
    Case("no threshold that qualifies", VALUES, DROWSY, [0.0, 0.01], 0.05, kind="absent", want=None),
    Case("exactly as many false alarms as allowed", *SMALL, [0.2, 0.4], 0.5, kind="edge", want=0.2),
    Case("thresholds that do equally well", *SMALL, [0.2, 0.25, 0.3], 0.5, kind="tie", want=0.3),
    Case("whole per cent", np.round(100 * VALUES).astype(int), DROWSY, [22, 6, 10, 14, 18], 0.1, kind="dtype"),
    Case("mostly drowsy", VALUES, ~DROWSY, TRIED, 0.9, kind="uneven"),
], mistakes=[
    ("divide the false alarms by the frames of the *awake* driver, not by all frames",
     ("if false <= most", "if false * np.mean(~drowsy) <= most")),
    ("this is the quietest threshold: asked for is the one that misses least among the quiet ones",
     ("(missed, -threshold)", "(false, -threshold)"), "max(thresholds)"),
    ("this misses least of all, with too many false alarms: keep to `most`", ("if false <= most", "if True")),
    ("`most` limits the false alarms, and the misses are to be few: you do it the other way round",
     ("if false <= most", "if missed <= most", "(missed, -th", "(false, -th")),
    ("exactly `most` is allowed", ("false <= most", "false < most")),
    ("at exactly the threshold the alarm is on: at *or above* it", ("values >= threshold", "values > threshold")),
    ("you have taken the awake frames for the drowsy ones", ("alarm[~drowsy]), np.mean(~alarm[drowsy])",
     "alarm[drowsy]), np.mean(~alarm[~drowsy])")),
    ("this is the first that qualifies: of all that do, take the one that misses least",
     "next((t for t in thresholds if np.mean(values[~drowsy] >= t) <= most), None)"),
    ("you add up the two rates: keep the false alarms to `most`, then miss as little as possible",
     ("if false <= most", "if True", "(missed, -th", "(false + missed, -th")),
    ("this is the place in the list: give the threshold back",
     "(lambda t: t if t is None else thresholds.index(t))(choose_threshold(values, drowsy, thresholds, most))"),
    ("of thresholds that do equally well, take the highest: it is the quieter one for other drivers",
     ("-threshold)", "threshold)", "return -min(allowed)[1]", "return min(allowed)[1]")),
    ("where no threshold qualifies, give None back", ("if allowed else None", "if allowed else max(thresholds)"),
     ("if allowed else None", "if allowed else 0")),
]))  # fmt: skip

# --- 12.7 what the law says -------------------------------------------------------------------------------------------

PLACE = "in which two places does the article apply? Is this one of them?"
exercise("12.7",
    Choice("law", {
        "the school": {"A": True, "B": "where is this, and is boredom a feeling?"},
        "the call centre": {"A": True, "B": "where is this? It is a workplace, and joy is an emotion"},
        "the lorry": {"A": "read again what Recital 18 says is no emotion, and what the exceptions are",
                      "B": True},
        "home": {"A": PLACE, "B": True},
        "the job interview": {"A": True, "B": "where does working life begin? Before the first day"},
    }),
    Words("because",
        "Drowsiness is a physical state and no emotion (Recital 18), and the alarm serves safety. Boredom is inferred "
        "as an emotion, in a school, where pupils depend on those who watch them and can't freely say no.",
        ["says that fatigue is a physical state, not an emotion", "names safety as the alarm's purpose",
         "says that boredom is inferred as an emotion in education, where nobody can freely say no"], least=12),
)  # fmt: skip
