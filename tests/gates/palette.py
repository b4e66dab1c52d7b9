"""Colours that people with any colour vision tell apart, and that stand out from the paper.

How somebody without one kind of cone sees a colour: Machado, Oliveira and Fernandes (2009), "A physiologically-based
model for simulation of color vision deficiency", IEEE Transactions on Visualization and Computer Graphics 15(6), at
severity 1.0 on linear RGB. How different two colours look: CIEDE2000, Sharma, Wu and Dalal (2005), "The CIEDE2000
color-difference formula", Color Research and Application 30(1). Contrast: WCAG 2.2.
"""

from collections.abc import Mapping

import numpy as np

VISION = {
    "common": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# IEC 61966-2-1, linear sRGB to CIE XYZ under D65.
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


MIN_DIFFERENCE = 15.0
"""CIEDE2000 between any two: 1 is just visible side by side; of Okabe and Ito's palette two come as near as 10.9."""

MIN_CONTRAST = 3.0
"""Of graphics against the paper around them (WCAG 2.2, 1.4.11)."""


def linear(value: float) -> float:
    """One channel of an sRGB colour, 0 to 1, as an amount of light."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def to_linear(colour: str) -> np.ndarray:
    """The amounts of red, green and blue light of a colour such as "#0b5fa5"."""
    return np.array([linear(int(colour[k : k + 2], 16) / 255) for k in (1, 3, 5)])


def contrast(a: np.ndarray, b: np.ndarray) -> float:
    """WCAG 2.2's contrast ratio of two linear RGB colours."""
    light, dark = sorted((XYZ[1] @ a, XYZ[1] @ b), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """A linear RGB colour in CIELAB, under D65."""
    x = XYZ @ np.clip(rgb, 0, 1) / [0.95047, 1.0, 1.08883]
    f = np.where(x > 216 / 24389, np.cbrt(x), (24389 / 27 * x + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def ciede2000(p: np.ndarray, q: np.ndarray) -> float:
    """How different two colours in CIELAB look."""
    (l1, a1, b1), (l2, a2, b2) = p, q
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25**7))
    c1, c2 = np.hypot(a1 * stretch, b1), np.hypot(a2 * stretch, b2)
    h1, h2 = np.arctan2(b1, a1 * stretch), np.arctan2(b2, a2 * stretch)
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + np.pi) % (2 * np.pi) - np.pi
    hue = h1 + h2 if c1 * c2 == 0 else h1 + turn / 2
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    weight = 1 - 0.17 * np.cos(hue - np.radians(30)) + 0.24 * np.cos(2 * hue)
    weight += 0.32 * np.cos(3 * hue + np.radians(6)) - 0.20 * np.cos(4 * hue - np.radians(63))
    bump = 60 * np.exp(-(((np.degrees(hue) % 360 - 275) / 25) ** 2))
    rotation = -2 * np.sqrt(chroma**7 / (chroma**7 + 25**7)) * np.sin(np.radians(bump))
    dl = (l2 - l1) / (1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2))
    dc = (c2 - c1) / (1 + 0.045 * chroma)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(turn / 2) / (1 + 0.015 * chroma * weight)
    return np.sqrt(dl**2 + dc**2 + dh**2 + rotation * dc * dh)


def problems(colours: Mapping[str, str], paper: str = "#ffffff") -> list[str]:
    """One sentence for each two colours that somebody could take for one another, and each that is faint on the paper.

    Args:
        colours: {what it stands for: "#rrggbb"}.
        paper: what they are drawn on.
    """
    found = []
    names = list(colours)
    for vision, matrix in VISION.items():
        seen = {name: to_lab(np.asarray(matrix) @ to_linear(colours[name])) for name in names}
        for n, one in enumerate(names):
            for other in names[n + 1 :]:
                difference = ciede2000(seen[one], seen[other])
                if difference < MIN_DIFFERENCE:
                    found.append(f"{one} and {other} differ by {difference:.1f} only, with {vision} vision")
    for name, colour in colours.items():
        if (level := contrast(to_linear(colour), to_linear(paper))) < MIN_CONTRAST:
            found.append(f"{name} has a contrast of {level:.1f} only")
    return found
