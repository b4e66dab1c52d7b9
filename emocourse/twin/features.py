"""The features of a drawn face: folds, nose, eyes, brows, mouth, glasses."""

# ruff: noqa: RUF005 (points plus a list is NumPy addition here, not a longer list)

from __future__ import annotations

import numpy as np

from .canvas import Brush, Head, circle, curve


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
