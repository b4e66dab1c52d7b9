"""Ekman's emotions: the course's labels, the cues of the slides, action units, and how each emotion is drawn.

Action units (AUs) are those of the Facial Action Coding System: Ekman and Friesen (1978), *Facial Action Coding
System*; Ekman, Friesen and Hager (2002), *FACS: The Manual*. The combination given for an emotion is its EMFACS
prototype: Friesen and Ekman (1983), *EMFACS-7: Emotional Facial Action Coding System*, unpublished manual. A prototype
is a textbook case, not a test: people often feel an emotion without showing it, and show it otherwise (Barrett et al.,
2019, doi 10.1177/1529100619832930).
"""

from dataclasses import dataclass

import numpy as np

EMOTIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
"""The seven labels of FER2013; an emotion's place here is its number in the dataset."""

EMOTIONS_6 = tuple(name for name in EMOTIONS if name != "disgust")
"""The six labels of the slides, which worked without disgust; numbered 0 to 5 in this order."""


@dataclass(frozen=True)
class ActionUnit:
    """One action unit of FACS: what moves (``name``), and the muscle that moves it (``muscle``, its Latin name)."""

    number: int
    name: str
    muscle: str


ACTION_UNITS = {
    unit.number: unit
    for unit in (
        ActionUnit(1, "inner brow raiser", "frontalis, pars medialis"),
        ActionUnit(2, "outer brow raiser", "frontalis, pars lateralis"),
        ActionUnit(4, "brow lowerer", "corrugator supercilii, depressor supercilii, procerus"),
        ActionUnit(5, "upper lid raiser", "levator palpebrae superioris"),
        ActionUnit(6, "cheek raiser", "orbicularis oculi, pars orbitalis"),
        ActionUnit(7, "lid tightener", "orbicularis oculi, pars palpebralis"),
        ActionUnit(9, "nose wrinkler", "levator labii superioris alaeque nasi"),
        ActionUnit(10, "upper lip raiser", "levator labii superioris"),
        ActionUnit(12, "lip corner puller", "zygomaticus major"),
        ActionUnit(14, "dimpler", "buccinator"),
        ActionUnit(15, "lip corner depressor", "depressor anguli oris"),
        ActionUnit(16, "lower lip depressor", "depressor labii inferioris"),
        ActionUnit(20, "lip stretcher", "risorius"),
        ActionUnit(23, "lip tightener", "orbicularis oris"),
        ActionUnit(26, "jaw drop", "masseter, temporalis and internal pterygoid relaxed"),
        ActionUnit(43, "eye closure", "levator palpebrae superioris relaxed"),
    )
}
"""Every action unit that the course names, by its FACS number."""


@dataclass(frozen=True)
class Cue:
    """One numbered cue of the slides, and the action units that make it (none where FACS has no unit for it)."""

    text: str
    action_units: tuple[int, ...]


@dataclass(frozen=True)
class Emotion:
    """What the course knows of one emotion.

    Attributes:
        name: English name, lower case.
        cues: the slides' cues, in the slides' order and words.
        lead: what the slides say before the cues, or "".
        action_units: FACS numbers of the EMFACS prototype, rising; empty for neutral.
        one_sided: whether the prototype moves only one side of the face (contempt).
        colour: "#rrggbb", told apart on white with every common colour blindness, at least 3:1 against white.
        marker: a matplotlib marker of its own.
        hatch: a matplotlib hatch of its own ("" for plain).
    """

    name: str
    cues: tuple[Cue, ...]
    action_units: tuple[int, ...]
    colour: str
    marker: str
    hatch: str
    lead: str = ""
    one_sided: bool = False

    def describe_action_units(self) -> str:
        """The prototype in words: "AU6 cheek raiser + AU12 lip corner puller"; "no action units" for neutral."""
        side = "one side only: " if self.one_sided else ""
        units = " + ".join(f"AU{number} {ACTION_UNITS[number].name}" for number in self.action_units)
        return side + units if units else "no action units"


INFO = {
    emotion.name: emotion
    for emotion in (
        Emotion(
            "anger",
            (
                Cue("eyebrows down and together", (4,)),
                Cue("eyes glare", (5, 7)),
                Cue("narrowing of the lips", (23,)),
            ),
            (4, 5, 7, 23),
            "#b93625",
            "^",
            "//",
        ),
        Emotion(
            "disgust",
            (Cue("nose wrinkling", (9,)), Cue("upper lip raised", (10,))),
            (9, 15, 16),
            "#2e8566",
            "s",
            "..",
        ),
        Emotion(
            "fear",
            (
                Cue("eyebrows raised and pulled together", (1, 2, 4)),
                Cue("raised upper eyelids", (5,)),
                Cue("tensed lower eyelids", (7,)),
                Cue("lips slightly stretched horizontally back to ears", (20,)),
            ),
            (1, 2, 4, 5, 7, 20, 26),
            "#6f3562",
            "D",
            "xx",
        ),
        Emotion(
            "happiness",
            (
                Cue("crow's feet wrinkles", (6,)),
                Cue("pushed up cheeks", (6,)),
                Cue("movement from muscle that orbits the eye", (6,)),
            ),
            (6, 12),
            "#c98000",
            "o",
            "",
            lead="A real smile always includes:",
        ),
        Emotion(
            "sadness",
            (
                Cue("drooping upper eyelids", (43,)),
                Cue("losing focus in eyes", ()),
                Cue("slight pulling down of lip corners", (15,)),
            ),
            (1, 4, 15),
            "#1a2ae0",
            "v",
            "\\\\",
        ),
        Emotion(
            "surprise",
            (
                Cue("eyebrows raised", (1, 2)),
                Cue("eyes widened", (5,)),
                Cue("mouth open", (26,)),
            ),
            (1, 2, 5, 26),
            "#1098f7",
            "P",
            "++",
            lead="Lasts for only one second:",
        ),
        Emotion("neutral", (), (), "#000000", "X", "--", lead="Absence of emotion"),
        Emotion(
            "contempt",
            (Cue("lip corner tightened and raised on only one side of face", (12, 14)),),
            (12, 14),
            "#db09ba",
            "*",
            "oo",
            one_sided=True,
        ),
    )
}
"""Each emotion by name: the seven labels, and contempt, which the slides show but FER2013 does not label."""


def label_set(classes: int) -> tuple[str, ...]:
    """Names of the ``classes`` labels (6 or 7), in label order.

    Raises:
        ValueError: ``classes`` is neither 6 nor 7.
    """
    if classes == len(EMOTIONS):
        return EMOTIONS
    if classes == len(EMOTIONS_6):
        return EMOTIONS_6
    raise ValueError(f"The course has label sets of 6 and 7 emotions, not of {classes}.")


def to_six(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Drop disgust and number the other six emotions 0 to 5, as in :data:`EMOTIONS_6`.

    Args:
        labels: (n,) integers 0 to 6, numbered as in :data:`EMOTIONS`.

    Returns:
        The new labels of the kept entries, (n_kept,) with the dtype of ``labels``; and the mask of what was kept, (n,)
        bool, to be laid over images and landmarks.

    Raises:
        ValueError: a label is outside 0 to 6, or not an integer.
    """
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu" or (labels.size and (labels.min() < 0 or labels.max() >= len(EMOTIONS))):
        raise ValueError("Labels must be integers from 0 to 6, in the order of EMOTIONS.")
    disgust = EMOTIONS.index("disgust")
    keep = labels != disgust
    kept = labels[keep]
    return (kept - (kept > disgust)).astype(labels.dtype), keep
