"""The features of a drawn face, in the order in which they are painted: from what lies behind the head to the glasses.

All take the brush and the head, and paint in the head's own frame: a to the right, b down, 1 = the distance between the
eyes. What ``hair`` is: lit hair, (h, w) grey levels, of the canvas' size.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .canvas import Brush, Head, circle, curve, mirrored

# ruff: noqa: RUF005 (points plus a list is NumPy addition here, not a longer list)

# How far the hair stands out from the skull.
_GROW = {
    **{"short": 0.07, "side": 0.12, "fringe": 0.12, "long": 0.14, "bob": 0.16, "bun": 0.05, "curly": 0.2},
    **{"receding": 0.04, "headscarf": 0.14, "beanie": 0.14},
}

# The left half of each hairline, (a, b): at the ear and at the temple, a from the ear inwards; half-way to the middle,
# a as a share of half the head's width; and b in the middle.
_CLOTH_LINE = ((-0.02, -0.02), (0.1, -0.5), (0.5, -0.84), -0.92)
_LONG_LINE = ((0.02, np.nan), (0.1, -0.45), (0.5, -0.92), -1.3)  # down to below the ears
_PLAIN_LINE = ((0.05, -0.02), (0.13, -0.6), (0.5, -0.98), -1.04)
_HAIRLINES = {
    "fringe": ((0.06, -0.1), (0.12, -0.42), (0.55, np.nan), np.nan),  # down to above the brows
    "side": ((0.05, -0.05), (0.14, -0.6), (0.45, -0.98), -1.02),
    "receding": ((0.05, -0.05), (0.12, -0.75), (0.55, -1.38), -1.2),
    "long": _LONG_LINE,
    "bob": _LONG_LINE,
    "headscarf": _CLOTH_LINE,
    "beanie": _CLOTH_LINE,
}


def back_hair(brush: Brush, head: Head, hair: np.ndarray) -> None:
    """What lies behind the head: long hair, a scarf, a bun, curls."""
    style, left, m = head.style, head.left, head.middle
    cap = head.cranium(_GROW.get(style.hair, 0.0), start=-0.1, stop=np.pi + 0.1)
    if style.hair in ("long", "bob"):
        end, wide = (2.5, 0.28) if style.hair == "long" else (1.25, 0.3)
        half = [[left - wide, 0.5], [left - wide - 0.06, end - 0.2], [left + 0.2, end]]
        brush.fill(head.at(np.concatenate([cap, mirrored(half, m)])), tone=0.8 * hair)
    elif style.hair == "headscarf":
        half = [[left - 0.2, 0.5], [left - 0.12, 1.3], [m - 1.3, 2.7], [m - 1.2, 4.5]]
        brush.fill(head.at(np.concatenate([cap, mirrored(half, m)])), tone=_cloth(head))
    elif style.hair == "bun":
        brush.fill(head.at([m, head.crown - 0.2] + circle(24) * [0.42, 0.36]), tone=0.85 * hair)
    elif style.hair == "curly":
        for curl in _curls(head):
            brush.fill(curl, tone=0.85 * hair)


def front_hair(brush: Brush, head: Head, hair: np.ndarray) -> None:
    """What lies over the forehead: the cap of hair with its hairline, or a hat."""
    style, u = head.style, head.unit
    if style.hair == "bald":
        return
    outer = head.cranium(_GROW[style.hair], start=-0.06, stop=np.pi + 0.06)  # right ear to left ear
    hairline = _hairline(head)
    cap = np.concatenate([outer, curve(hairline)])
    soft = 0.02 * u
    if style.hair in ("headscarf", "beanie"):
        brush.fill(head.at(cap), tone=_cloth(head), blur=0.006 * u)
        brush.line(head.at(curve(hairline)), 0.05 * u, 0.6 * _cloth(head), 0.6, soft)
        return
    shadow = curve(hairline[1:-1] + [0, 0.03])
    brush.line(head.at(shadow), 0.12 * u, 0.5 * style.skin, 0.3, 2.5 * soft)
    if style.hair == "curly":
        for curl in _curls(head):
            brush.fill(curl, tone=hair, blur=soft)
    brush.fill(head.at(cap), tone=hair, blur=soft)
    if u >= 70:
        _strands(brush, head, cap, hairline)


def _hairline(head: Head) -> np.ndarray:
    """(7, 2) points from the left ear to the right one, never over the brows."""
    style, left, m = head.style, head.left, head.middle
    brows = float(head.q[17:27, 1].min())
    (ear, ear_b), (temple, temple_b), (half, half_b), middle_b = _HAIRLINES.get(style.hair, _PLAIN_LINE)
    if style.hair in ("long", "bob"):
        ear_b = head.ear_b + 0.12
    elif style.hair == "fringe":
        half_b, middle_b = brows - 0.1, brows - 0.14
    line = mirrored([[left + ear, ear_b], [left + temple, temple_b], [m - half * head.half, half_b], [m, middle_b]], m)
    if style.hair == "side":
        line[[2, 4], 1] += [0.16, -0.16] if style.texture % 2 else [-0.16, 0.16]
    line[2:-2, 1] = np.minimum(line[2:-2, 1], brows - 0.1)
    line[[1, -2], 1] = min(temple_b, -0.4)
    return line


def _strands(brush: Brush, head: Head, cap: np.ndarray, hairline: np.ndarray) -> None:
    u, rng = head.unit, np.random.default_rng(head.style.texture)
    root = np.array([head.middle + 0.25 * rng.normal(), head.crown - 0.05])
    ends = curve(hairline)
    with brush.within(head.at(cap)) as inside:
        for i in rng.integers(0, len(ends), 44):
            end = ends[i] + rng.normal(0, 0.06, 2)
            bow = (root + end) / 2 + [0.28 * (end[0] - root[0]), -0.12]
            tone = head.style.hair_tone * rng.choice([0.6, 1.35]) + 6
            strand = curve(np.array([root + rng.normal(0, 0.08, 2), bow, end]))
            inside.line(head.at(strand), 0.022 * u, tone, 0.3, 0.006 * u)


def _curls(head: Head) -> list[np.ndarray]:
    rng = np.random.default_rng(head.style.texture)
    return [
        head.at(at + rng.uniform(0.16, 0.24) * circle(14)) for at in head.cranium(0.1, 17, start=0.1, stop=np.pi - 0.1)
    ]


def _cloth(head: Head) -> float:
    """Scarf or hat: another tone than the clothes, and never that of the skin."""
    tone = 235 - head.style.clothes
    return float(tone if abs(tone - head.style.skin) > 35 else 0.45 * head.style.skin)


def folds(brush: Brush, head: Head) -> None:
    """Folds and wrinkles: age, and the cues that the landmarks themselves show."""
    for points, width, depth, blur in _creases(head):
        if depth >= 0.1:
            bent = curve(np.asarray(points, float))
            taper = 0.25 + 0.75 * np.sin(np.linspace(0.15, np.pi - 0.15, len(bent)))
            widths = width * head.unit * taper
            brush.line(head.at(bent), widths, 0.5 * head.style.skin, min(depth, 0.85), blur * head.unit)


def _creases(head: Head) -> Iterator[tuple[np.ndarray | list, float, float, float]]:
    """The points of each crease, its width, how deep it is (0 to 1), and its blur; lengths in distances of the eyes."""
    q, cue, age = head.q, head.cues, head.style.age
    for sign, wing, corner, outer, lower in ((-1, q[31], q[48], q[36], q[40:42]), (1, q[35], q[54], q[45], q[46:48])):
        # from the nose around the corner of the mouth
        cheek = (wing + corner) / 2 + [sign * (0.11 + 0.06 * cue["smile"]), -0.02]
        ends = [wing + [sign * 0.07, -0.08], corner + [sign * 0.13, -0.06], corner + [sign * 0.12, 0.08]]
        depth = 0.1 + 0.35 * age + 0.4 * cue["smile"] + 0.35 * cue["nose"]
        yield [ends[0], cheek, *ends[1:]], 0.05, depth, 0.022
        # the bag under the eye
        bag = lower.mean(0) + [[-0.2, 0.03], [-0.08, 0.1], [0.08, 0.1], [0.2, 0.03]]
        yield bag, 0.03, 0.6 * (age - 0.25) + 0.35 * cue["cheeks"], 0.014
        # crow's feet
        for b, rise in ((-0.05, -0.08), (0.0, 0.0), (0.05, 0.07)):
            start = outer + [sign * 0.07, b]
            foot = [start, start + [sign * 0.08, 0.4 * rise], start + [sign * 0.15, rise]]
            yield foot, 0.022, 0.55 * cue["cheeks"] + 0.6 * (age - 0.4), 0.008
    # across the forehead
    for i, wide in enumerate((0.5, 0.55, 0.45)):
        middle = [q[27, 0], q[[19, 24], 1].min() - 0.16 - 0.13 * i]
        wave = np.array([[-wide, 0.02], [-wide / 2, -0.03], [0, 0.01], [wide / 2, -0.03], [wide, 0.02]])
        yield middle + wave, 0.028, 0.55 * cue["raised"] + 0.55 * (age - 0.35), 0.014
    # between the brows
    for sign in (-1, 1):
        frown = np.array([[sign * 0.075, -0.1], [sign * 0.05, 0.02], [sign * 0.06, 0.12]])
        yield q[[21, 22]].mean(0) + frown, 0.035, 0.75 * cue["furrow"], 0.014
    # over the bridge of the nose
    for b in (0.05, 0.12, 0.19):
        m = np.interp(b, q[27:31, 1], q[27:31, 0])
        yield [[m - 0.13, b - 0.03], [m, b + 0.015], [m + 0.13, b - 0.03]], 0.028, 0.6 * cue["nose"], 0.014


def beard(brush: Brush, head: Head) -> None:
    """Beard and stubble on cheeks and chin."""
    style, q, u = head.style, head.q, head.unit
    if style.beard in ("stubble", "full"):
        mouth = [q[54] + [0.28, -0.2], q[35] + [0.1, 0.1], q[33] + [0, 0.1], q[31] + [-0.1, 0.1], q[48] + [-0.28, -0.2]]
        upper = curve(np.array([q[14] - [0.06, 0.1], *mouth, q[2] + [0.06, -0.1]]))
        tone, alpha, blur = (
            (0.45 * style.skin, 0.2, 0.07) if style.beard == "stubble" else (style.brow_tone, 0.56, 0.05)
        )
        brush.fill(head.at(np.concatenate([curve(q[2:15]), upper])), tone, alpha, blur * u)
    elif style.beard == "goatee":
        chin = q[8] + [[0.26, -0.18], [0.16, 0.0], [-0.16, 0.0], [-0.26, -0.18]]
        area = np.concatenate([q[57] + [[-0.2, 0.1], [0.2, 0.1]], chin])
        brush.fill(head.at(curve(area)), tone=style.brow_tone, alpha=0.6, blur=0.04 * u)


def nose(brush: Brush, head: Head) -> None:
    """Nostrils, wings and base."""
    q, u, dark = head.q, head.unit, 0.3 * head.style.skin
    x, y = circle(12).T
    for sign, wing, hole in ((-1, q[31], q[32]), (1, q[35], q[34])):
        nostril = 0.45 * wing + 0.55 * hole + [0, -0.035] + np.stack([0.055 * x, 0.028 * y - sign * 0.014 * x], 1)
        brush.fill(head.at(nostril), tone=dark, alpha=0.9, blur=0.012 * u)
        edge = wing + [[sign * 0.015, -0.15], [sign * 0.055, -0.07], [sign * 0.03, 0.005]]
        brush.line(head.at(curve(np.array([*edge, hole + [0, 0.015]]))), 0.03 * u, dark, 0.55, 0.014 * u)
    brush.line(head.at(curve(q[[32, 33, 34]] + [0, 0.01])), 0.03 * u, dark, 0.5, 0.014 * u)


def eye(brush: Brush, head: Head, side: int) -> None:
    """Eyeball, iris, lids and lashes of the left (0) or right (1) eye."""
    style, u = head.style, head.unit
    eye = head.q[36 + 6 * side : 42 + 6 * side]
    top, bottom = (eye[1] + eye[2]) / 2, (eye[4] + eye[5]) / 2
    height = max(float(bottom[1] - top[1]), 0.0)
    upper, lower = curve(eye[:4]), curve(eye[[3, 4, 5, 0]])
    closed = float(np.clip(1 - height / 0.05, 0, 1))
    shape = head.at(np.concatenate([upper, lower[1:-1]]))
    white = min(236.0, 0.5 * style.skin + 120)
    ring = circle(24)
    level = 0.5 * (top[1] + bottom[1]) - 0.012 + 0.025 * style.gaze[1]
    at = 0.5 * (eye[0] + eye[3]) * [1, 0] + [0.05 * style.gaze[0], level]
    with brush.within(shape) as inside:
        inside.fill(shape, tone=white)
        inside.line(head.at(upper), 0.11 * u, 0.5 * white, 0.55, 0.025 * u)
        if head.fine:
            inside.fill(head.at(at + 0.108 * ring), tone=0.5 * style.iris, blur=0.006 * u)
        inside.fill(head.at(at + 0.09 * ring), tone=style.iris + 12)
        inside.fill(head.at(at + 0.048 * ring), tone=12)
        glint = [0.035 * np.sign(style.light[0]), -0.035]
        inside.fill(head.at(at + glint + 0.022 * ring), tone=250, alpha=0.9)
    dark = 0.2 * style.skin
    n = len(upper)
    lashes = 0.022 + 0.03 * np.sin(np.linspace(0.3, np.pi - 0.1, n))
    if side == 0:
        lashes = lashes[::-1]
    brush.line(head.at(upper), lashes * u, min(dark, 30), 0.95, 0.005 * u)
    brush.line(head.at(lower), 0.018 * u, dark, 0.5 + 0.4 * closed, 0.008 * u)
    crease = upper + [0, -0.075] + np.stack([np.zeros(n), -0.02 * np.sin(np.linspace(0, np.pi, n))], 1)
    brush.line(head.at(crease), 0.022 * u, 0.5 * style.skin, 0.55, 0.012 * u)


def brow(brush: Brush, head: Head, side: int) -> None:
    """The left (0) or right (1) brow."""
    style, u = head.style, head.unit
    points = head.q[17:22] if side == 0 else head.q[26:21:-1]
    line = curve(points)
    n = len(line)
    widths = style.brow * np.interp(np.linspace(0, 1, n), [0, 0.35, 0.85, 1], [0.03, 0.09, 0.11, 0.07])
    # dlib goes by the upper edge, so a thicker brow reaches further down.
    line = line + np.stack([np.zeros(n), 0.5 * widths - 0.045], 1)
    brush.line(head.at(line), widths * u, style.brow_tone, 0.88, 0.014 * u)
    if u >= 70:
        rng = np.random.default_rng(style.texture + side)
        for i in rng.integers(1, n - 1, 26):
            foot = line[i] + [0, rng.uniform(-0.3, 0.5) * widths[i]]
            lean = (line[i - 1] - line[i + 1]) * 0.5 * rng.uniform(0.7, 1.2)
            hair = np.array([foot, foot + lean + [0, -0.45 * widths[i]]])
            brush.line(head.at(hair), np.array([0.014, 0.006]) * u, 0.7 * style.brow_tone, 0.5)


def mouth(brush: Brush, head: Head) -> None:
    """Lips, and what an open mouth shows."""
    q, u, style = head.q, head.unit, head.style
    upper, lower = curve(q[48:55]), curve(q[[54, 55, 56, 57, 58, 59, 48]])
    top, bottom = curve(q[[60, 61, 62, 63, 64]]), curve(q[[64, 65, 66, 67, 60]])
    gap = float(np.mean(q[[67, 66, 65], 1] - q[[61, 62, 63], 1]))
    dark = (0.8 - 0.3 * style.lips) * style.skin
    light = (0.88 - 0.26 * style.lips) * style.skin
    soft = 0.012 * u
    brush.fill(head.at(np.concatenate([upper, top[::-1]])), tone=dark, blur=soft)
    brush.fill(head.at(np.concatenate([lower, bottom[::-1]])), tone=light, blur=soft)
    shine = (q[57] + q[66]) / 2 + [[-0.12, -0.01], [0, 0], [0.12, -0.01]]
    brush.line(head.at(shine), 0.04 * u, min(1.25 * light + 12, 245), 0.5, 0.02 * u)
    if gap > 0.025:
        _opening(brush, head, top, bottom, gap)
    else:
        seam = curve((q[[60, 61, 62, 63, 64]] + q[[60, 67, 66, 65, 64]]) / 2)
        ends = np.concatenate([q[48:49], seam, q[54:55]])
        brush.line(head.at(ends), 0.03 * u, 0.22 * style.skin, 0.9, 0.008 * u)
    if head.fine:
        brush.line(head.at(upper), 0.018 * u, 0.4 * style.skin, 0.35, soft)
        brush.line(head.at(lower), 0.014 * u, 0.4 * style.skin, 0.3, soft)


def _opening(brush: Brush, head: Head, top: np.ndarray, bottom: np.ndarray, gap: float) -> None:
    """Darkness, tongue and teeth between the lips' inner edges ``top`` and ``bottom``, which are ``gap`` apart."""
    q, u, skin = head.q, head.unit, head.style.skin
    opening = head.at(np.concatenate([top, bottom[1:-1]]))
    centre = q[[60, 64]].mean(0)
    with brush.within(opening) as inside:
        inside.fill(opening, tone=26)
        if gap > 0.2:
            tongue = q[66] + [0, 0.02] + circle(16) * [0.6 * (q[64, 0] - centre[0]), 0.4 * gap]
            inside.fill(head.at(tongue), tone=0.5 * skin, alpha=0.8, blur=0.03 * u)
        if gap > 0.05:
            # The teeth hang from the upper lip; a smile shows more of them.
            depth = min(gap, 0.1 + 0.06 * head.cues["smile"])
            teeth = top * [0.94, 1] + [0.06 * centre[0], -0.02]
            teeth = np.concatenate([teeth, teeth[::-1] + [0, depth]])
            inside.fill(head.at(teeth), tone=min(235.0, 0.45 * skin + 135), blur=0.01 * u)
            for corner, inwards in ((q[60], 0.09), (q[64], -0.09)):
                inside.line(head.at(np.array([corner, corner + [inwards, 0.02]])), 0.14 * u, 26, 0.7, 0.03 * u)


def moustache(brush: Brush, head: Head) -> None:
    """The moustache, alone or with a goatee or full beard."""
    style, q, u = head.style, head.q, head.unit
    if style.beard not in ("moustache", "goatee", "full"):
        return
    lift = (q[33] + q[51]) / 2 - q[51]
    middle = q[[49, 51, 53]] + lift * [[0.75], [0.9], [0.75]]
    line = curve(np.array([q[48] + [-0.03, -0.03], *middle, q[54] + [0.03, -0.03]]))
    widths = np.interp(np.linspace(0, 1, len(line)), [0, 0.35, 0.5, 0.65, 1], [0.02, 0.1, 0.075, 0.1, 0.02])
    brush.line(head.at(line), widths * u, style.brow_tone, 0.7, 0.016 * u)


def glasses(brush: Brush, head: Head) -> None:
    """Frames, bridge and temples."""
    q, u, ring = head.q, head.unit, circle(37)
    power, size = (1.0, [0.37, 0.33]) if head.style.glasses == "round" else (0.55, [0.38, 0.26])
    ring = np.sign(ring) * np.abs(ring) ** power
    frame, sharp = 0.35 * head.style.skin, 0.005 * u
    inner = []
    for sign, eye, ear in ((-1, q[36:42], q[0]), (1, q[42:48], q[16])):
        centre = eye.mean(0) + [sign * 0.02, 0.06]
        brush.line(head.at(centre + ring * size), 0.032 * u, frame, 0.75, sharp)
        inner.append(centre - [sign * 0.37, 0.06])
        temple = np.array([centre + [sign * 0.37, -0.06], [ear[0], head.ear_b + 0.02]])
        brush.line(head.at(temple), 0.035 * u, frame, 0.8, sharp)
    bridge = curve(np.array([inner[0], (inner[0] + inner[1]) / 2 + [0, -0.05], inner[1]]))
    brush.line(head.at(bridge), 0.035 * u, frame, 0.85, sharp)
