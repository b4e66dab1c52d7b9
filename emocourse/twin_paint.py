"""The layers of a drawn person, from the background to the glasses; ``twin_draw`` says how the parts are placed."""

# ruff: noqa: RUF005 (points plus a list is NumPy addition here, not a longer list)

from __future__ import annotations

import numpy as np

from .twin_draw import Brush, Head, curve
from .twin_hair import back_hair, beard, front_hair, moustache
from .twin_style import Style

_GRID = 64
_A, _B = (-1.8, 1.8), (-2.1, 2.6)  # what the shading grid covers, in the face's frame
_COVERED_EARS = ("long", "bob", "headscarf")


def background(size: tuple[int, int], style: Style, scale: float) -> np.ndarray:
    """A float32 canvas (h, w): a slope of grey with a few out-of-focus patches."""
    import cv2

    rng = np.random.default_rng(style.texture)
    coarse = style.background + rng.normal(0, 16, (4, 4)) + np.linspace(-1, 1, 4) * rng.normal(0, 16)
    canvas = cv2.resize(coarse.astype(np.float32), (size[1], size[0]), interpolation=cv2.INTER_CUBIC)
    return np.clip(canvas, 8, 247)


def paint(canvas: np.ndarray, points: np.ndarray, style: Style) -> None:
    """Paint one person over a float32 canvas (h, w), in place. ``points``: (68, 2) canvas pixels."""
    head = Head(points, style)
    h, w = canvas.shape
    reach = 3.2 * head.unit
    x0, x1 = (int(np.clip(head.centre[0] + r, 0, w)) for r in (-reach, reach + 1))
    y0, y1 = (int(np.clip(head.centre[1] + r, 0, h)) for r in (-reach, 1.9 * reach))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    brush = Brush(canvas[y0:y1, x0:x1], (x0, y0))
    skin, hair = _skin(head, brush)
    back_hair(brush, head, hair)
    _body(brush, head, skin)
    if style.hair not in _COVERED_EARS:
        _ears(brush, head, skin)
    brush.fill(head.at(head.outline), tone=skin)
    _folds(brush, head)
    beard(brush, head)
    front_hair(brush, head, hair)
    _nose(brush, head)
    for side in (0, 1):
        _eye(brush, head, side)
        _brow(brush, head, side)
    _mouth(brush, head)
    moustache(brush, head)
    if style.glasses != "none":
        _glasses(brush, head)


def _skin(head: Head, brush: Brush) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of the canvas' size: lit skin with all its soft relief, and lit hair."""
    import cv2

    q, style, cue = head.q, head.style, head.cues
    a, b = np.linspace(*_A, _GRID), np.linspace(*_B, _GRID)
    chin = q[8, 1]
    na = np.clip((a - head.middle) / (head.half * 1.08), -1, 1)[None]
    nb = np.clip((b - 0.15) / (chin * 0.5 - head.crown * 0.5 + 0.35), -1, 1)[:, None]
    depth = np.sqrt(np.clip(1.05 - 0.85 * na**2 - 0.45 * nb**2, 0, 1))
    lx, ly = style.light
    lit = 0.8 * depth + lx * na + ly * nb
    shade = 1 + (0.2 + 0.45 * style.contrast) * (lit - 0.72)
    eyes = q[36:42].mean(0), q[42:48].mean(0)
    lids = [q[[37, 38]].mean(0), q[[43, 44]].mean(0)]
    relief = 0.6 + 0.6 * style.contrast
    bridge, tip, base = q[27], q[30], q[33]
    mid = (q[28] + q[29]) / 2
    mouth = q[[48, 54]].mean(0)
    spots = [
        (q[27, 0], -0.72, 0.5, 0.24, 0.05),
        (mid[0], mid[1] - 0.05, 0.05, 0.24, 0.13),
        (tip[0], tip[1] + 0.03, 0.08, 0.07, 0.16),
    ]
    spots += [(mid[0] + s * 0.13, mid[1], 0.05, 0.22, -0.06 - 0.1 * max(0.0, -s * lx)) for s in (-1, 1)]
    spots += [(bridge[0] + s * 0.17, bridge[1] - 0.03, 0.09, 0.13, -0.16) for s in (-1, 1)]
    spots += [(base[0], base[1] + 0.06, 0.17, 0.045, -0.22), (base[0], (base[1] + q[51, 1]) / 2, 0.03, 0.07, -0.07)]
    spots += [
        (q[57, 0], q[57, 1] + 0.1, 0.2, 0.055, -0.15),
        (q[8, 0], chin - 0.2, 0.2, 0.13, 0.06),
        (q[8, 0], chin + 0.02, 0.4, 0.05, -0.08),
    ]
    spots += [(q[i, 0], q[i, 1], 0.06, 0.06, -0.12) for i in (48, 54)] + [
        (q[i, 0], q[i, 1] - 0.01, 0.05, 0.06, 0.05) for i in (31, 35)
    ]
    for (ea, eb), (la, lb), outer in zip(eyes, lids, (-1, 1), strict=True):
        spots += [(la, lb - 0.08, 0.28, 0.1, -0.13), (ea, eb + 0.16, 0.2, 0.06, -0.05 - 0.1 * style.age)]
        spots += [(ea + outer * 0.12, 0.52 - 0.08 * cue["smile"], 0.24, 0.2, 0.06 + 0.08 * cue["smile"])]
        spots += [(mouth[0] + outer * 0.72, 0.98, 0.16, 0.25, -0.04 - 0.08 * style.age)]
    table = np.array(spots)
    ga = np.exp(-(((a - table[:, :1]) / table[:, 2:3]) ** 2))
    gb = np.exp(-(((b - table[:, 1:2]) / table[:, 3:4]) ** 2)) * table[:, 4:]
    shade = np.clip(shade, 0.42, 1.22)
    skin = shade * (1 + relief * gb.T @ ga) * style.skin
    sheen = (
        np.exp(-(((a - head.middle - 0.7 * lx) / 0.6) ** 2))[None]
        * np.exp(-(((b - 0.78 * head.crown) / 0.22) ** 2))[:, None]
    )
    hair = style.hair_tone * np.clip(shade, 0.6, 1.15) + (14 + 0.12 * style.hair_tone) * sheen
    grids = np.stack([skin, hair], -1).astype(np.float32)
    # Canvas pixel -> grid index, for cv2's inverse map.
    step = np.array([(_GRID - 1) / (_A[1] - _A[0]), (_GRID - 1) / (_B[1] - _B[0])])
    matrix = head.turn / head.unit * step[:, None]
    offset = (head.turn @ (brush.origin - head.centre) / head.unit - (_A[0], _B[0])) * step
    size = brush.canvas.shape[::-1]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(
        grids, np.column_stack([matrix, offset]), size, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.clip(warped[..., 0], 6, 252), np.clip(warped[..., 1], 6, 245)


def _body(brush: Brush, head: Head, skin: np.ndarray) -> None:
    m, chin, u = head.middle + 0.3 * head.yaw, head.q[8, 1], head.unit
    neck = 0.62 * head.half
    sides = [
        [m - neck, chin - 0.7],
        [m + neck, chin - 0.7],
        [m + neck * 1.05, chin + 0.4],
        [m + neck * 1.4, chin + 1.1],
    ]
    brush.fill(head.at([*sides, [m - neck * 1.4, chin + 1.1], [m - neck * 1.05, chin + 0.4]]), tone=0.8 * skin)
    shadow = head.q[4:13] + [0.0, 0.16]
    brush.fill(head.at(curve(shadow)), tone=0.42 * head.style.skin, alpha=0.75, blur=0.06 * u)
    top = chin + 0.62
    ridge = [
        [m - 4, top + 3],
        [m - 1.9, top + 0.75],
        [m - 1.5, top + 0.42],
        [m - neck * 1.25, top + 0.02],
        [m, top + 0.45],
    ]
    ridge += [[2 * m - a, b] for a, b in ridge[-2::-1]]
    shirt = head.at([*curve(np.array(ridge)), [m + 4, top + 9], [m - 4, top + 9]])
    brush.fill(shirt, tone=head.style.clothes)
    brush.line(head.at(curve(np.array(ridge[3:6]))), 0.07 * u, 0.7 * head.style.clothes + 10, 0.8, 0.01 * u)


def _ears(brush: Brush, head: Head, skin: np.ndarray) -> None:
    t = np.linspace(0, 2 * np.pi, 20)
    for sign, edge in ((-1, head.q[0]), (1, head.q[16])):
        shown = float(np.clip(0.75 - sign * 1.6 * head.yaw, 0, 1))
        if shown > 0.1:
            centre = np.array([edge[0] + sign * 0.05 * shown, head.ear_b + 0.22])
            ear = centre + np.stack([0.14 * shown * np.cos(t) - sign * 0.03 * np.sin(t), 0.3 * np.sin(t)], 1)
            brush.fill(head.at(ear), tone=0.86 * skin)
            fold = centre + np.stack([sign * 0.08 * shown * np.sin(t[3:9]), -0.2 * np.cos(t[1:10:1][:6])], 1)
            brush.line(head.at(fold), 0.03 * head.unit, 0.45 * head.style.skin, 0.6, 0.012 * head.unit)


def _folds(brush: Brush, head: Head) -> None:
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


def _nose(brush: Brush, head: Head) -> None:
    q, u, dark = head.q, head.unit, 0.3 * head.style.skin
    t = np.linspace(0, 2 * np.pi, 12)
    for sign, wing, hole in ((-1, q[31], q[32]), (1, q[35], q[34])):
        at = 0.45 * wing + 0.55 * hole + [0, -0.035]
        brush.fill(
            head.at(at + np.stack([0.055 * np.cos(t), 0.028 * np.sin(t) - sign * 0.014 * np.cos(t)], 1)),
            tone=dark,
            alpha=0.9,
            blur=0.012 * u,
        )
        side = np.array(
            [wing + [sign * 0.015, -0.15], wing + [sign * 0.055, -0.07], wing + [sign * 0.03, 0.005], hole + [0, 0.015]]
        )
        brush.line(head.at(curve(side)), 0.03 * u, dark, 0.55, 0.014 * u)
    brush.line(head.at(curve(q[[32, 33, 34]] + [0, 0.01])), 0.03 * u, dark, 0.5, 0.014 * u)


def _eye(brush: Brush, head: Head, side: int) -> None:
    style, u = head.style, head.unit
    eye = head.q[36 + 6 * side : 42 + 6 * side]
    top, bottom = (eye[1] + eye[2]) / 2, (eye[4] + eye[5]) / 2
    height = max(float(bottom[1] - top[1]), 0.0)
    upper, lower = curve(eye[:4]), curve(eye[[3, 4, 5, 0]])
    closed = float(np.clip(1 - height / 0.05, 0, 1))
    shape = head.at(np.concatenate([upper, lower[1:-1]]))
    white = min(236.0, 0.5 * style.skin + 120)
    t = np.linspace(0, 2 * np.pi, 24)
    ring = np.stack([np.cos(t), np.sin(t)], 1)
    at = 0.5 * (eye[0] + eye[3]) * [1, 0] + [
        0.05 * style.gaze[0],
        0.5 * (top[1] + bottom[1]) - 0.012 + 0.025 * style.gaze[1],
    ]
    with brush.within(shape) as inside:
        inside.fill(shape, tone=white)
        inside.line(head.at(upper), 0.11 * u, 0.5 * white, 0.55, 0.025 * u)
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


def _brow(brush: Brush, head: Head, side: int) -> None:
    style, u = head.style, head.unit
    points = head.q[17:22] if side == 0 else head.q[26:21:-1]
    line = curve(points + [0, 0.012])
    n = len(line)
    widths = style.brow * np.interp(np.linspace(0, 1, n), [0, 0.35, 0.85, 1], [0.02, 0.085, 0.11, 0.07])
    brush.line(head.at(line), widths * u, style.brow_tone, 0.88, 0.014 * u)
    if u >= 70:
        rng = np.random.default_rng(style.texture + side)
        for i in rng.integers(1, n - 1, 26):
            foot = line[i] + [0, rng.uniform(-0.3, 0.5) * widths[i]]
            lean = (line[i - 1] - line[i + 1]) * 0.5 * rng.uniform(0.7, 1.2)
            hair = np.array([foot, foot + lean + [0, -0.45 * widths[i]]])
            brush.line(head.at(hair), np.array([0.014, 0.006]) * u, 0.7 * style.brow_tone, 0.5)


def _mouth(brush: Brush, head: Head) -> None:
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
                t = np.linspace(0, 2 * np.pi, 16)
                tongue = (
                    q[66] + [0, 0.02] + np.stack([0.6 * (q[64, 0] - centre[0]) * np.cos(t), 0.4 * gap * np.sin(t)], 1)
                )
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
    brush.line(head.at(upper), 0.018 * u, 0.4 * style.skin, 0.35, 0.012 * u)
    brush.line(head.at(lower), 0.014 * u, 0.4 * style.skin, 0.3, 0.012 * u)


def _glasses(brush: Brush, head: Head) -> None:
    q, u, t = head.q, head.unit, np.linspace(0, 2 * np.pi, 37)
    power = 1.0 if head.style.glasses == "round" else 0.55
    ring = np.stack(
        [np.sign(np.cos(t)) * np.abs(np.cos(t)) ** power, np.sign(np.sin(t)) * np.abs(np.sin(t)) ** power], 1
    )
    frame = 30.0
    inner = []
    for sign, eye, ear in ((-1, q[36:42], q[0]), (1, q[42:48], q[16])):
        centre = eye.mean(0) + [sign * 0.02, 0.06]
        rim = centre + ring * ([0.37, 0.33] if power == 1.0 else [0.38, 0.26])
        brush.fill(head.at(rim), tone=235, alpha=0.05)
        brush.line(head.at(rim), 0.04 * u, frame, 0.85, 0.005 * u)
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
