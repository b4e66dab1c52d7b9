"""Exercises of lesson 11, the live demo."""

import numpy as np

from ..from_scratch import video
from . import Case, Choice, Function, Words, exercise

# --- 11.1 which box goes on in which ----------------------------------------------------------------------------------

ROW = [(0, 0, 10, 10), (8, 0, 10, 10), (100, 0, 10, 10)]


def in_order(before, now, least=0.3):
    """Each box of now takes the best that is left: first come, first served."""
    matched = {}
    for j, box in enumerate(now):
        free = [i for i in range(len(before)) if i not in matched.values()]
        best = max(free, key=lambda i: video.iou(before[i], box), default=None)
        if best is not None and video.iou(before[best], box) >= least:
            matched[j] = best
    return matched


def each_its_best(before, now, least=0.3):
    """Two boxes may take the same one."""
    best = {j: max(range(len(before)), key=lambda i: video.iou(before[i], b)) for j, b in enumerate(now) if before}
    return {j: i for j, i in best.items() if video.iou(before[i], now[j]) >= least}


def by_old(before, now, least=0.3):
    """Each old box takes the best new one that is left."""
    return {j: i for i, j in in_order(now, before, least).items()}


def as_a_whole(before, now, least=0.3):
    """The Hungarian method: the largest sum of overlaps."""
    from scipy.optimize import linear_sum_assignment

    table = np.array([[video.iou(b, n) for b in before] for n in now]).reshape(len(now), len(before))
    return {int(j): int(i) for j, i in zip(*linear_sum_assignment(-table), strict=True) if table[j, i] >= least}


exercise("11.1", Function(video.match, cases=[
    Case("three boxes in another order", ROW, [(101, 1, 10, 10), (1, 0, 10, 10), (9, 0, 10, 10)], 0.3,
         kind="order", want={0: 2, 1: 0, 2: 1}),
    Case("a box that two want", ROW[:2], [(4, 0, 10, 10), (0, 0, 10, 10)], 0.3, want={1: 0, 0: 1}),
    Case("two boxes now that want the same one", ROW[:2], [(5, 0, 10, 10), (6, 0, 10, 10)], 0.2),
    Case("two boxes before that want the same one", [(4, 0, 10, 10), (1, 0, 10, 10)], [(0, 0, 10, 10)], 0.1),
    Case("a chain in which the best pair comes last", [(0, 0, 10, 10), (5, 0, 10, 10)],
         [(3, 0, 10, 10), (5, 0, 10, 10)], 0.1),
    Case("old boxes that wait for the best new one", [(3, 0, 10, 10), (5, 0, 10, 10)],
         [(0, 0, 10, 10), (5, 0, 10, 10)], 0.1),
    Case("a newcomer", ROW, [(300, 0, 10, 10), (0, 1, 10, 10)], 0.3, kind="absent"),
    Case("an IoU of exactly `least`", [(0, 0, 10, 10)], [(0, 0, 10, 5)], 0.5, kind="tie", want={0: 0}),
    Case("an overlap below `least`", ROW[:1], [(4, 0, 10, 10)], 0.5, kind="edge", want={}),
    Case("a low `least`", ROW[:1], [(6, 0, 10, 10)], 0.2, kind="edge", want={0: 0}),
    Case("nobody before", [], ROW, 0.3, kind="empty", want={}),
    Case("nobody now", ROW, [], 0.3, kind="empty", want={}),
    Case("boxes of different sizes", [(2, 2, 6, 6), (0, 0, 10, 7)], [(0, 0, 10, 10)], 0.3, want={0: 1}),
    Case("a best pair that leaves others alone", [(0, 0, 10, 10), (5, 0, 10, 10)],
         [(3, 0, 10, 10), (8, 0, 10, 10)], 0.3, want={0: 1}),
], mistakes=[
    ("the dictionary is the wrong way round: its keys are places in `now`",
     lambda before, now, least=0.3: {i: j for j, i in video.match(before, now, least).items()}),
    ("a box takes what another box fits better: begin with the largest IoU of *all* pairs", in_order, by_old),
    ("that's the matching that is best as a whole, and not the greedy one: fix the best pair first", as_a_whole),
    ("one box before goes on in two boxes now", each_its_best, ("and i not in matched.values()", "")),
    ("you pass over `least`: pairs with a smaller IoU stay apart", ("overlap >= least", "overlap > 0"),
     ("overlap >= least", "True")),
    ("an IoU of exactly `least` is enough", ("overlap >= least", "overlap > least")),
    ("the distance of the middles isn't asked: compare the IoU", ("overlap >= least", "iou(before[i], now[j]) >= least",
     "((iou(a, b), j", "((-abs(a[0] + a[2] / 2 - b[0] - b[2] / 2) - abs(a[1] + a[3] / 2 - b[1] - b[3] / 2), j")),
    ("a pair that is taken already is passed over, and the next may still be free: continue, don't break",
     ("if overlap >= least and j not in matched and i not in matched.values():",
      "if overlap < least or j in matched or i in matched.values():\n            break\n        else:")),
    ("you begin with the smallest overlap", (", reverse=True", "")),
    ("`least` is an argument: use it, not a number of your own", ("overlap >= least", "overlap >= 0.3")),
], signs=[(lambda got, want: not isinstance(got, dict), "a dictionary is wanted: {place in now: place in before}",
        "list(match(before, now, least).items())")]))  # fmt: skip

# --- 11.2 a number for everybody --------------------------------------------------------------------------------------


def number_people(frames, least=0.3):
    """For each frame the number of each box, from 1 up; a box that continues none is a new person."""
    numbers, before, last, known = [], [], [], 0
    for boxes in frames:
        matched, this = video.match(before, boxes, least), []
        for j in range(len(boxes)):
            if j in matched:
                this.append(last[matched[j]])
            else:
                known += 1
                this.append(known)
        numbers.append(this)
        before, last = boxes, this
    return numbers


A, B, C = (0, 0, 10, 10), (50, 0, 10, 10), (100, 0, 10, 10)
exercise("11.2", Function(number_people, cases=[
    Case("two people who change places in the list", [[A, B], [B, A], [A, B]], kind="order",
         want=[[1, 2], [2, 1], [1, 2]]),
    Case("somebody who leaves, and somebody new", [[A, B], [B], [B, C]], kind="absent", want=[[1, 2], [2], [2, 3]]),
    Case("somebody who is away for one frame", [[A], [], [A]], kind="edge", want=[[1], [], [2]]),
    Case("the last one leaves, and another comes", [[A, B], [A], [C, A]], kind="order", want=[[1, 2], [1], [3, 1]]),
    Case("one person who walks", [[(k, 0, 10, 10)] for k in range(0, 20, 2)], want=[[1]] * 10),
    Case("a film without anybody", [[], [], []], kind="empty", want=[[], [], []]),
], mistakes=[
    ("these are places in the list: a person keeps the number of the frame before",
     lambda frames, least=0.3: [list(range(1, len(boxes) + 1)) for boxes in frames]),
    ("everybody is new in each frame: take the number of the box that `match` names",
     ("if j in matched:", "if False:")),
    ("you hand on the place in the list, not the number that the person had", ("last[matched[j]]", "matched[j] + 1")),
    ("you look at the first frame only: `before` has to move on", ("before, last = boxes, this",
     "before, last = (before, last) if before else (boxes, this)")),
    ("who was away for a frame is new: `before` is the last frame, also where it has no boxes",
     ("before, last = boxes, this", "before, last = (boxes, this) if len(boxes) else (before, last)")),
    ("a number that was given is given again to somebody else: count how many were given in all",
     ("known += 1", "known = max(last + this, default=0) + 1")),
    ("`match` takes the boxes before first, then those now",
     ("match(before, boxes, least)", "match(boxes, before, least)")),
    ("numbers begin at 1", ("known = [], [], [], 0", "known = [], [], [], -1")),
], signs=[(lambda got, want: min(map(min, got)) > 1, "your numbers begin at {got}: does your count begin anew in each "
        "call?", ("known = [], [], [], 0", "known = [], [], [], 7")),
       (lambda got, want: type(got[0]) is list and [sorted(a) for a in got] == [sorted(b) for b in want],
        "the numbers of each frame are right, but not their order: a number stands where its box stands",
        ("range(len(boxes))", "sorted(range(len(boxes)), key=lambda j: j not in matched)"))]))  # fmt: skip

# --- 11.3 smoothing by time -------------------------------------------------------------------------------------------

TIMES = np.array([0.0, 0.1, 0.2, 0.6, 0.7, 1.5])
JUMP = np.array([0, 1, 1, 1, 0, 0.0])
SHARE = "1 - np.exp(-(times[i] - times[i - 1]) / constant)"
exercise("11.3", Function(video.smooth, cases=[
    Case("a jump", TIMES, JUMP, 0.2, kind="uneven"),
    Case("a jump, slowly", TIMES, JUMP, 1.0),
    Case("two emotions at once", TIMES, np.stack([JUMP, 1 - JUMP], 1), 0.5, kind="edge"),
    Case("whole numbers", TIMES, (10 * JUMP).astype(int), 0.5, kind="dtype"),
    Case("a film that begins at 40 s", TIMES + 40, JUMP + 0.5, 0.4, kind="edge"),
    Case("one frame", TIMES[:1], JUMP[:1] + 3, 0.4, kind="edge"),
], mistakes=[
    ("share is the part of the *new* value: after a long time it must be near 1; yours is near 0 then",
     (SHARE, SHARE[4:])),
    ("dt is the time since the last frame, not since the beginning",
     (SHARE, "1 - np.exp(-times[i] / constant)"), (SHARE, "1 - np.exp(-(times[i] - times[0]) / constant)")),
    ("dt / constant is near the right share for small dt only: the share is 1 − exp(−dt / constant)",
     (SHARE, "min((times[i] - times[i - 1]) / constant, 1)"), (SHARE, "(times[i] - times[i - 1]) / constant")),
    ("you multiply by the constant: the share depends on dt / constant", (SHARE, SHARE.replace("/", "*"))),
    ("your fraction is upside down: it is dt / constant",
     (SHARE, "1 - np.exp(-constant / (times[i] - times[i - 1]))")),
    ("after `constant` seconds 63 % has arrived, and with a power of 2 only a half: take np.exp",
     (SHARE, "1 - 2 ** (-(times[i] - times[i - 1]) / constant)")),
    ("share × (new − shown) is added to what was shown: the difference counts, and its sign",
     ("share * (out[i] - out[i - 1])", "share * out[i]"), ("out[i - 1] + share", "out[i - 1] - share")),
    ("the exponent has a minus: exp(−dt / constant)", ("np.exp(-", "np.exp(")),
    ("that is only the step: add it to what was shown, out[i - 1]", ("out[i - 1] + share", "share")),
    ("you mix the new value with the last *raw* one: what is shown goes on from what was shown, out[i - 1]",
     ("out[i] = out[i - 1] + share * (out[i] - out[i - 1])",
      "out[i] = values[i - 1] + share * (values[i] - values[i - 1])")),
    ("nothing is smoothed: out[i] must depend on out[i - 1]", "np.array(values, float)"),
    ("nothing of the new value arrives", ("share * (out[i] - out[i - 1])", "0")),
], signs=[(lambda got, want: np.ptp(np.diff(got) / (JUMP[1:] - got[:-1])) < 1e-6,
        "your share is the same for each frame: dt is the time between this frame and the one before",
        (SHARE, "1 - np.exp(-0.1 / constant)"), (SHARE, "1 - np.exp(-1 / constant)"), (SHARE, "1 / constant"),
        (SHARE, "0.5"))]))  # fmt: skip

# --- 11.4 as calm as it may be ----------------------------------------------------------------------------------------


def choose_constant(constants, lags, changes, late):
    """The constant with the fewest changes among those whose lag is at most late; None where there is none."""
    allowed = [(changes[i], lags[i], constants[i]) for i in range(len(constants)) if lags[i] <= late]
    return min(allowed)[2] if allowed else None


exercise("11.4", Function(choose_constant, cases=[
    Case("a calm constant that is too late", [0.1, 0.5, 2.0], [0.07, 0.35, 1.4], [80, 30, 12], 0.5, want=0.5),
    Case("constants in another order", [1.0, 0.05, 0.5, 0.2], [0.7, 0.03, 0.34, 0.13], [9, 70, 20, 40], 0.4,
         kind="order", want=0.5),
    Case("a larger constant that is no calmer", [0.2, 0.5, 1.0], [0.1, 0.3, 0.6], [20, 24, 5], 0.4, want=0.2),
    Case("a lag of exactly `late`", [0.1, 0.5], [0.25, 0.5], [50, 10], 0.5, kind="edge", want=0.5),
    Case("none that is prompt enough", [1.0, 2.0], [0.7, 1.4], [9, 4], 0.5, kind="absent", want=None),
    Case("two that are equally calm", [0.5, 0.2, 1.0], [0.35, 0.14, 0.7], [20, 20, 4], 0.4, kind="tie", want=0.2),
    Case("a generous `late`", [0.1, 0.5, 2.0], [0.07, 0.35, 1.4], [80, 30, 12], 1.5, want=2.0),
], mistakes=[
    ("this is the calmest of all, and too late: only lags of at most `late` are allowed",
     "constants[int(np.argmin(changes))]"),
    ("this is the largest constant that is prompt enough, and not the calmest: compare the changes",
     "max((c for c, lag in zip(constants, lags) if lag <= late), default=None)"),
    ("this is the promptest: among those that are prompt enough, the *calmest* is asked for",
     "min((l, c) for l, c in zip(lags, constants))[1] if min(lags) <= late else None"),
    ("this has the *most* changes", ("min(allowed)", "max(allowed)"),
     ("min(allowed)", "max(allowed)", "lags[i], constants", "-lags[i], constants")),
    ("`late` is an argument: use it, not a number of your own", ("lags[i] <= late", "lags[i] <= 0.4")),
    ("a lag of exactly `late` is allowed", ("lags[i] <= late", "lags[i] < late")),
    ("you compare something else with `late`: what counts is the lag",
     ("if lags[i] <= late", "if constants[i] <= late"), ("if lags[i] <= late", "if changes[i] <= late")),
    ("of two that are equally calm, take the one that is less late", ("lags[i], con", "-lags[i], con")),
    ("give the constant back, and not its place in the list or its lag", ("lags[i], constants[i]", "lags[i], i"),
     ("lags[i], constants[i]", "lags[i], lags[i]")),
]))  # fmt: skip

# --- 11.5 "not sure" --------------------------------------------------------------------------------------------------


def say(probabilities, names, least):
    """The name of the most probable emotion, or None where its probability is below least."""
    best = max(range(len(names)), key=lambda i: probabilities[i])
    return names[best] if probabilities[best] >= least else None


NAMES = ["fear", "anger", "neutral", "sadness"]
exercise("11.5", Function(say, cases=[
    Case("a clear answer", np.array([0.1, 0.15, 0.7, 0.05]), NAMES, 0.5, want="neutral"),
    Case("a face that could be two things", np.array([0.05, 0.4, 0.1, 0.45]), NAMES, 0.5, want=None),
    Case("a probability of exactly `least`", np.array([0.25, 0.5, 0.125, 0.125]), NAMES, 0.5, kind="edge",
         want="anger"),
    Case("a low threshold", np.array([0.3, 0.2, 0.1, 0.4]), NAMES, 0.35, kind="edge", want="sadness"),
    Case("a high threshold", np.array([0.05, 0.05, 0.8, 0.1]), NAMES, 0.9, kind="edge", want=None),
    Case("no threshold", np.array([0.2, 0.3, 0.26, 0.24]), tuple(NAMES), 0, kind="edge", want="anger"),
], mistakes=[
    ("where the largest probability is below `least`, give None back",
     "names[int(np.argmax(probabilities))]"),
    ("a probability of exactly `least` is enough", (">= least", "> least")),
    ("this is silent where it should speak, and speaks where it should be silent", (">= least", "< least")),
    ("this is the first emotion that reaches `least`: the most probable one is asked for",
     "next((n for n, p in zip(names, probabilities) if p >= least), None)"),
    ("the name is wanted, and not its place or its probability", ("names[best] if", "best if"),
     ("names[best] if", "probabilities[best] if")),
    ("give None back, Python's own, and no text", ("else None", 'else "not sure"'), ("else None", 'else "None"')),
    ("this is the least probable emotion", ("max(range", "min(range")),
    ("`least` is an argument: use it, not a number of your own", (">= least", ">= 0.5"), (">= least", ">= 0.4")),
], signs=[(lambda got, want: isinstance(got, str) and got not in NAMES, "{got} isn't among `names`: use the argument, "
        "and no list from outside", "'surprise'")]))  # fmt: skip

# --- 11.6 where the camera is, and what smoothing cannot do -----------------------------------------------------------

exercise("11.6",
    Choice("camera", {
        "A": "Python runs on Binder's computer, and has never heard of yours",
        "B": True,
        "C": "cv2 knows no browser: the question whether a page may use the camera comes from the browser",
        "D": "a server has a screen as little as a camera, but what is sent to it does not come from cv2",
    }),
    Choice("smoothed", {
        "A": "an average of answers that are all wrong in the same way is wrong in the same way",
        "B": "smoothing takes away what *changes* from frame to frame; this mistake does not change",
        "C": True,
        "D": "the threshold looks at the probability, and a network can be sure of a wrong answer",
    }),
    Words("reply",
        "The 300 frames show one person in a few poses, so they are no independent trials: what goes wrong in one "
        "frame goes wrong in its neighbours. I'd measure on many different people, one or a few frames each, labelled "
        "by people, and give the accuracy with its interval over people.",
        ["says that frames of one person aren't independent: n is nearer to 1 than to 300",
         "asks for many people, with known labels, of the kind that the demo will meet",
         "bonus: an interval over people, or a mention that a drawn face isn't a photo"]),
)  # fmt: skip
