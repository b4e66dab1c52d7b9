"""Hair, headgear and beards of the drawn people."""

# ruff: noqa: RUF005 (points plus a list is NumPy addition here, not a longer list)

from __future__ import annotations

import numpy as np

from .canvas import Brush, Head, circle, curve

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
