"""Who a drawn face is: everything about it that its landmarks do not say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HAIR = ("bald", "short", "side", "fringe", "long", "bob", "bun", "curly", "receding", "headscarf", "beanie")
"""Hair styles and headgear."""
BEARDS = ("none", "stubble", "moustache", "goatee", "full")
GLASSES = ("none", "round", "square")

_HAIR_ODDS = (0.05, 0.21, 0.13, 0.07, 0.16, 0.09, 0.07, 0.08, 0.06, 0.05, 0.03)


@dataclass(frozen=True)
class Style:
    """Everything that stays the same while a face moves. Tones are grey levels, 0 black to 255 white.

    Attributes:
        skin, hair_tone, brow_tone, iris, clothes, background: tones.
        hair: one of ``HAIR``. beard: one of ``BEARDS``. glasses: one of ``GLASSES``.
        age: 0 (young) to 1 (old): folds, bags under the eyes, forehead lines.
        light: where the light comes from, x (-1 left, 1 right) and y (-1 above, 1 below). contrast: 0 flat to 1 hard.
        lips: 0 (as the skin) to 1 (dark). brow: thickness of the brows; skull: height of the skull; 1 is usual.
        gaze: where the eyes look, x and y, about -1 to 1.
        blur: in pixels of a 48-pixel image. noise: standard deviation in grey levels.
        texture: seed of the background's and the hair's details.
    """

    skin: float = 180.0
    hair: str = "short"
    hair_tone: float = 55.0
    brow_tone: float = 60.0
    iris: float = 70.0
    clothes: float = 90.0
    background: float = 150.0
    beard: str = "none"
    glasses: str = "none"
    age: float = 0.2
    light: tuple[float, float] = (-0.35, -0.45)
    contrast: float = 0.5
    lips: float = 0.5
    brow: float = 1.0
    skull: float = 1.0
    gaze: tuple[float, float] = (0.0, 0.0)
    blur: float = 0.0
    noise: float = 0.0
    texture: int = 0


def random_style(rng: np.random.Generator) -> Style:
    """One person, as varied as a crowd: skin from very dark to very light, ages, hair, light from any side above.
    Lessons 02, 04."""
    rng = np.random.default_rng(rng)
    skin = float(rng.uniform(100, 222))
    age = float(rng.beta(1.2, 2.2))
    hair = str(rng.choice(HAIR, p=_HAIR_ODDS))
    # Dark skin seldom goes with fair hair; age turns hair grey.
    hair_tone = float(rng.uniform(18, 60) if rng.random() < 0.65 or skin < 140 else rng.uniform(60, 150))
    if rng.random() < max(0.0, age - 0.35):
        hair_tone = float(rng.uniform(140, 210))
    bearded = hair not in ("long", "bob", "bun", "headscarf") and rng.random() < 0.3
    return Style(
        skin=skin,
        hair=hair,
        hair_tone=hair_tone,
        brow_tone=float(np.clip(0.75 * hair_tone, 15, 0.52 * skin)),
        iris=float(rng.uniform(35, 75) if skin < 150 or rng.random() < 0.6 else rng.uniform(80, 130)),
        clothes=float(rng.uniform(25, 225)),
        background=float(rng.uniform(30, 235)),
        beard=str(rng.choice(BEARDS[1:], p=(0.5, 0.18, 0.12, 0.2))) if bearded else "none",
        glasses=str(rng.choice(GLASSES[1:])) if rng.random() < 0.1 else "none",
        age=age,
        light=(float(rng.uniform(-0.75, 0.75)), float(rng.uniform(-0.7, -0.1))),
        contrast=float(rng.uniform(0.1, 0.6)),
        lips=float(rng.uniform(0.25, 0.9)),
        brow=float(rng.uniform(0.85, 1.4)),
        skull=float(rng.uniform(0.93, 1.08)),
        gaze=(float(rng.normal(0, 0.35)), float(rng.normal(0, 0.2))),
        blur=float(rng.uniform(0, 0.3)),
        noise=float(rng.uniform(0, 5)),
        texture=int(rng.integers(1 << 31)),
    )
