"""The features of a drawn face: folds, nose, eyes, brows, mouth, glasses."""

from __future__ import annotations

import numpy as np

from .canvas import Brush, Head, circle, curve

# ruff: noqa: RUF005 (points plus a list is NumPy addition here, not a longer list)


def folds(brush: Brush, head: Head) -> None:
    """Folds and wrinkles: age, and the cues that the landmarks themselves show."""
    q, u, cue, age = head.q, head.unit, head.cues, head.style.age
    dark = 0.5 * head.style.skin

    def crease(points: list, width: float, alpha: float, blur: float = 0.014) -> None:
        if alpha < 0.1:
            return
        bent = curve(np.array(points, float))
        taper = 0.25 + 0.75 * np.sin(np.linspace(0.15, np.pi - 0.15, len(bent)))
        brush.line(head.at(bent), width * u * taper, dark, min(alpha, 0.85), blur * u)

    for sign, wing, corner, outer, lower in ((-1, q[31], q[48], q[36], q[40:42]), (1, q[35], q[54], q[45], q[46:48])):
        depth = 0.1 + 0.35 * age + 0.4 * cue["smile"] + 0.35 * cue["nose"]
        cheek = (wing + corner) / 2 + [sign * (0.11 + 0.06 * cue["smile"]), -0.02]
        crease(
            [wing + [sign * 0.07, -0.08], cheek, corner + [sign * 0.13, -0.06], corner + [sign * 0.12, 0.08]],
            0.05,
            depth,
            0.022,
        )
        bag = lower.mean(0)
        depth = 0.6 * (age - 0.25) + 0.35 * cue["cheeks"]
        crease([bag + [-0.2, 0.03], bag + [-0.08, 0.1], bag + [0.08, 0.1], bag + [0.2, 0.03]], 0.03, depth)
        depth = 0.55 * cue["cheeks"] + 0.6 * (age - 0.4)
        if depth > 0.1:
            for b, rise in ((-0.05, -0.08), (0.0, 0.0), (0.05, 0.07)):
                start = outer + [sign * 0.07, b]
                crease([start, start + [sign * 0.08, 0.4 * rise], start + [sign * 0.15, rise]], 0.022, depth, 0.008)
    lift = q[[19, 24], 1].min()
    depth = 0.55 * cue["raised"] + 0.55 * (age - 0.35)
    if depth > 0.1:
        for i, wide in enumerate((0.5, 0.55, 0.45)):
            b, m = lift - 0.16 - 0.13 * i, q[27, 0]
            crease(
                [
                    [m - wide, b + 0.02],
                    [m - wide / 2, b - 0.03],
                    [m, b + 0.01],
                    [m + wide / 2, b - 0.03],
                    [m + wide, b + 0.02],
                ],
                0.028,
                depth,
            )
    m, b = q[[21, 22]].mean(0)
    for s in (-1, 1):
        crease(
            [[m + s * 0.075, b - 0.1], [m + s * 0.05, b + 0.02], [m + s * 0.06, b + 0.12]], 0.035, 0.75 * cue["furrow"]
        )
    for b in (0.05, 0.12, 0.19):
        m = np.interp(b, q[27:31, 1], q[27:31, 0])
        crease([[m - 0.13, b - 0.03], [m, b + 0.015], [m + 0.13, b - 0.03]], 0.028, 0.6 * cue["nose"])


def nose(brush: Brush, head: Head) -> None:
    """Nostrils, wings and base."""
    q, u, dark = head.q, head.unit, 0.3 * head.style.skin
    x, y = circle(12).T
    for sign, wing, hole in ((-1, q[31], q[32]), (1, q[35], q[34])):
        at = 0.45 * wing + 0.55 * hole + [0, -0.035]
        brush.fill(
            head.at(at + np.stack([0.055 * x, 0.028 * y - sign * 0.014 * x], 1)),
            tone=dark,
            alpha=0.9,
            blur=0.012 * u,
        )
        side = np.array(
            [wing + [sign * 0.015, -0.15], wing + [sign * 0.055, -0.07], wing + [sign * 0.03, 0.005], hole + [0, 0.015]]
        )
        brush.line(head.at(curve(side)), 0.03 * u, dark, 0.55, 0.014 * u)
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
    at = 0.5 * (eye[0] + eye[3]) * [1, 0] + [
        0.05 * style.gaze[0],
        0.5 * (top[1] + bottom[1]) - 0.012 + 0.025 * style.gaze[1],
    ]
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
    shine = (q[57] + q[66]) / 2
    brush.line(
        head.at([shine + [-0.12, -0.01], shine, shine + [0.12, -0.01]]),
        0.04 * u,
        min(1.25 * light + 12, 245),
        0.5,
        0.02 * u,
    )
    if gap > 0.025:
        opening = head.at(np.concatenate([top, bottom[1:-1]]))
        with brush.within(opening) as inside:
            inside.fill(opening, tone=26)
            centre = q[[60, 64]].mean(0)
            if gap > 0.2:
                tongue = q[66] + [0, 0.02] + circle(16) * [0.6 * (q[64, 0] - centre[0]), 0.4 * gap]
                inside.fill(head.at(tongue), tone=0.5 * style.skin, alpha=0.8, blur=0.03 * u)
            # The teeth hang from the upper lip; a smile shows more of them.
            depth = min(gap, 0.1 + 0.06 * head.cues["smile"])
            teeth = top * [0.94, 1] + [0.06 * centre[0], -0.02]
            edge = teeth[::-1] + [0, depth]
            if gap > 0.05:
                inside.fill(
                    head.at(np.concatenate([teeth, edge])), tone=min(235.0, 0.45 * style.skin + 135), blur=0.01 * u
                )
                inside.line(head.at(np.array([q[60], q[60] + [0.09, 0.02]])), 0.14 * u, 26, 0.7, 0.03 * u)
                inside.line(head.at(np.array([q[64], q[64] + [-0.09, 0.02]])), 0.14 * u, 26, 0.7, 0.03 * u)
    else:
        seam = curve((q[[60, 61, 62, 63, 64]] + q[[60, 67, 66, 65, 64]]) / 2)
        ends = np.concatenate([q[48:49], seam, q[54:55]])
        brush.line(head.at(ends), 0.03 * u, 0.22 * style.skin, 0.9, 0.008 * u)
    if head.fine:
        brush.line(head.at(upper), 0.018 * u, 0.4 * style.skin, 0.35, 0.012 * u)
        brush.line(head.at(lower), 0.014 * u, 0.4 * style.skin, 0.3, 0.012 * u)


def glasses(brush: Brush, head: Head) -> None:
    """Frames, bridge and temples."""
    q, u, ring = head.q, head.unit, circle(37)
    power = 1.0 if head.style.glasses == "round" else 0.55
    ring = np.sign(ring) * np.abs(ring) ** power
    frame = 0.35 * head.style.skin
    inner = []
    for sign, eye, ear in ((-1, q[36:42], q[0]), (1, q[42:48], q[16])):
        centre = eye.mean(0) + [sign * 0.02, 0.06]
        rim = centre + ring * ([0.37, 0.33] if power == 1.0 else [0.38, 0.26])
        brush.line(head.at(rim), 0.032 * u, frame, 0.75, 0.005 * u)
        inner.append(centre - [sign * 0.37, 0.06])
        brush.line(
            head.at(np.array([centre + [sign * 0.37, -0.06], [ear[0], head.ear_b + 0.02]])),
            0.035 * u,
            frame,
            0.8,
            0.005 * u,
        )
    brush.line(
        head.at(curve(np.array([inner[0], (inner[0] + inner[1]) / 2 + [0, -0.05], inner[1]]))),
        0.035 * u,
        frame,
        0.85,
        0.005 * u,
    )


# --- Hair, headgear and beards of the drawn people --------------------------------------------------------------------

# ruff: noqa: RUF005 (points plus a list is NumPy addition here, not a longer list)


_GROW = {
    "short": 0.07,
    "side": 0.12,
    "fringe": 0.12,
    "long": 0.14,
    "bob": 0.16,
    "bun": 0.05,
    "curly": 0.2,
    "receding": 0.04,
    "headscarf": 0.14,
    "beanie": 0.14,
}


def back_hair(brush: Brush, head: Head, hair: np.ndarray) -> None:
    """What lies behind the head: long hair, a scarf, a bun, curls."""
    style, left, right, m = head.style, head.left, head.right, head.middle
    cap = head.cranium(_GROW.get(style.hair, 0.0), start=-0.1, stop=np.pi + 0.1)
    if style.hair in ("long", "bob"):
        end, wide = (2.5, 0.28) if style.hair == "long" else (1.25, 0.3)
        sides = [
            [left - wide, 0.5],
            [left - wide - 0.06, end - 0.2],
            [left + 0.2, end],
            [right - 0.2, end],
            [right + wide + 0.06, end - 0.2],
            [right + wide, 0.5],
        ]
        brush.fill(head.at(np.concatenate([cap, sides])), tone=0.8 * hair)
    elif style.hair == "headscarf":
        drape = [
            [left - 0.2, 0.5],
            [left - 0.12, 1.3],
            [m - 1.3, 2.7],
            [m - 1.2, 4.5],
            [m + 1.2, 4.5],
            [m + 1.3, 2.7],
            [right + 0.12, 1.3],
            [right + 0.2, 0.5],
        ]
        brush.fill(head.at(np.concatenate([cap, drape])), tone=_cloth(head))
    elif style.hair == "bun":
        brush.fill(head.at([m, head.crown - 0.2] + circle(24) * [0.42, 0.36]), tone=0.85 * hair)
    elif style.hair == "curly":
        for curl in _curls(head):
            brush.fill(curl, tone=0.85 * hair)


def front_hair(brush: Brush, head: Head, hair: np.ndarray) -> None:
    """What lies over the forehead: the cap of hair with its hairline, or a hat."""
    style, left, right, m = head.style, head.left, head.right, head.middle
    if style.hair == "bald":
        return
    brows = float(head.q[17:27, 1].min())
    grow = _GROW[style.hair]
    outer = head.cranium(grow, start=-0.06, stop=np.pi + 0.06)  # right ear to left ear
    low = head.ear_b + 0.12
    w = head.half
    if style.hair == "fringe":
        line = [
            [left + 0.06, -0.1],
            [left + 0.12, -0.42],
            [m - 0.55 * w, brows - 0.1],
            [m, brows - 0.14],
            [m + 0.55 * w, brows - 0.1],
            [right - 0.12, -0.42],
            [right - 0.06, -0.1],
        ]
    elif style.hair == "side":
        s = 1 if style.texture % 2 else -1
        line = [
            [left + 0.05, -0.05],
            [left + 0.14, -0.6],
            [m - 0.45 * w, -0.98 + 0.16 * s],
            [m, -1.02],
            [m + 0.45 * w, -0.98 - 0.16 * s],
            [right - 0.14, -0.6],
            [right - 0.05, -0.05],
        ]
    elif style.hair in ("long", "bob"):
        line = [
            [left + 0.02, low],
            [left + 0.1, -0.45],
            [m - 0.5 * w, -0.92],
            [m, -1.3],
            [m + 0.5 * w, -0.92],
            [right - 0.1, -0.45],
            [right - 0.02, low],
        ]
    elif style.hair == "receding":
        line = [
            [left + 0.05, -0.05],
            [left + 0.12, -0.75],
            [m - 0.55 * w, -1.38],
            [m, -1.2],
            [m + 0.55 * w, -1.38],
            [right - 0.12, -0.75],
            [right - 0.05, -0.05],
        ]
    elif style.hair in ("headscarf", "beanie"):
        line = [
            [left - 0.02, -0.02],
            [left + 0.1, -0.5],
            [m - 0.5 * w, -0.84],
            [m, -0.92],
            [m + 0.5 * w, -0.84],
            [right - 0.1, -0.5],
            [right + 0.02, -0.02],
        ]
    else:
        line = [
            [left + 0.05, -0.02],
            [left + 0.13, -0.6],
            [m - 0.5 * w, -0.98],
            [m, -1.04],
            [m + 0.5 * w, -0.98],
            [right - 0.13, -0.6],
            [right - 0.05, -0.02],
        ]
    hairline = np.array(line)
    hairline[1:-1, 1] = np.minimum(hairline[1:-1, 1], brows - 0.1)
    hairline[[1, -2], 1] = np.minimum(np.array(line)[[1, -2], 1], -0.4)
    cap = np.concatenate([outer, curve(hairline)])
    soft = 0.02 * head.unit
    if style.hair in ("headscarf", "beanie"):
        brush.fill(head.at(cap), tone=_cloth(head), blur=0.006 * head.unit)
        brush.line(head.at(curve(hairline)), 0.05 * head.unit, 0.6 * _cloth(head), 0.6, soft)
        return
    brush.line(
        head.at(curve(hairline[1:-1] + [0, 0.03])), 0.12 * head.unit, 0.5 * style.skin, 0.3, 2.5 * soft
    )  # the hair's shadow
    if style.hair == "curly":
        for curl in _curls(head):
            brush.fill(curl, tone=hair, blur=soft)
    brush.fill(head.at(cap), tone=hair, blur=soft)
    if head.unit >= 70:
        _strands(brush, head, cap, hairline)


def _strands(brush: Brush, head: Head, cap: np.ndarray, hairline: np.ndarray) -> None:
    rng = np.random.default_rng(head.style.texture)
    root = np.array([head.middle + 0.25 * rng.normal(), head.crown - 0.05])
    ends = curve(hairline)
    with brush.within(head.at(cap)) as inside:
        for i in rng.integers(0, len(ends), 44):
            end = ends[i] + rng.normal(0, 0.06, 2)
            bow = (root + end) / 2 + [0.28 * (end[0] - root[0]), -0.12]
            tone = head.style.hair_tone * rng.choice([0.6, 1.35]) + 6
            inside.line(
                head.at(curve(np.array([root + rng.normal(0, 0.08, 2), bow, end]))),
                0.022 * head.unit,
                tone,
                0.3,
                0.006 * head.unit,
            )


def _curls(head: Head) -> list[np.ndarray]:
    rng = np.random.default_rng(head.style.texture)
    return [
        head.at(at + rng.uniform(0.16, 0.24) * circle(14)) for at in head.cranium(0.1, 17, start=0.1, stop=np.pi - 0.1)
    ]


def _cloth(head: Head) -> float:
    """Scarf or hat: another tone than the clothes, and never that of the skin."""
    tone = 235 - head.style.clothes
    return float(tone if abs(tone - head.style.skin) > 35 else 0.45 * head.style.skin)


def beard(brush: Brush, head: Head) -> None:
    """Beard and stubble on cheeks and chin."""
    style, q, u = head.style, head.q, head.unit
    if style.beard in ("stubble", "full"):
        mouth = [q[54] + [0.28, -0.2], q[35] + [0.1, 0.1], q[33] + [0, 0.1], q[31] + [-0.1, 0.1], q[48] + [-0.28, -0.2]]
        area = np.concatenate([curve(q[2:15]), curve(np.array([q[14] - [0.06, 0.1], *mouth, q[2] + [0.06, -0.1]]))])
        if style.beard == "stubble":
            brush.fill(head.at(area), tone=0.45 * style.skin, alpha=0.2, blur=0.07 * u)
        else:
            brush.fill(head.at(area), tone=style.brow_tone, alpha=0.56, blur=0.05 * u)
    elif style.beard == "goatee":
        chin, lip = q[8], q[57]
        area = [
            lip + [-0.2, 0.1],
            lip + [0.2, 0.1],
            chin + [0.26, -0.18],
            chin + [0.16, 0.0],
            chin + [-0.16, 0.0],
            chin + [-0.26, -0.18],
        ]
        brush.fill(head.at(curve(np.array(area))), tone=style.brow_tone, alpha=0.6, blur=0.04 * u)


def moustache(brush: Brush, head: Head) -> None:
    """The moustache, alone or with a goatee or full beard."""
    style, q, u = head.style, head.q, head.unit
    if style.beard not in ("moustache", "goatee", "full"):
        return
    lift = (q[33] + q[51]) / 2 - q[51]
    line = curve(
        np.array(
            [
                q[48] + [-0.03, -0.03],
                q[49] + 0.75 * lift,
                q[51] + 0.9 * lift,
                q[53] + 0.75 * lift,
                q[54] + [0.03, -0.03],
            ]
        )
    )
    widths = np.interp(np.linspace(0, 1, len(line)), [0, 0.35, 0.5, 0.65, 1], [0.02, 0.1, 0.075, 0.1, 0.02])
    brush.line(head.at(line), widths * u, style.brow_tone, 0.7, 0.016 * u)
