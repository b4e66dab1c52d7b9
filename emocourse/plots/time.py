"""Figures of what happens over time: a drive with its alarms, the emotions named in a film, what a setting costs."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..emotions import EMOTIONS, INFO
from ..errors import CourseError
from ..metrics import percent
from .base import DASHED, GRID, INK, SERIES, SOFT, CourseFigure, finish, listing, style, write

if TYPE_CHECKING:
    from ..live.drowsiness import State

_REASONS = ("eyes closed", "perclos", "yawns")
_ROWS = ("not seen", "blinks", "yawns", *(f"alarm: {reason}" for reason in _REASONS))


def drive(
    states: Sequence[State],
    thresholds: tuple[float, float] = (0.15, 0.10),
    truth: tuple[np.ndarray, np.ndarray] | None = None,
    title: str = "A drive",
) -> CourseFigure:
    """What a fatigue monitor saw and said, from the first frame to the last. Lesson 11.

    Args:
        states: what :meth:`emocourse.live.drowsiness.Monitor.update` gave for each frame.
        thresholds: PERCLOS at which the alarm comes, and at which it goes.
        truth: times in seconds and PERCLOS, (n,) each, drawn as a dotted line where the truth is known.

    Raises:
        CourseError: fewer than two states.
    """
    if len(states) < 2:
        raise CourseError("A drive has at least two frames: collect the states that the monitor gives.")
    time = np.array([s.time for s in states])
    minutes = (time - time[0]) / 60
    figure = CourseFigure(9.5, 6.2)
    lids, share, events = figure.subplots(3, 1, sharex=True, height_ratios=(1.1, 1.1, 1.3))
    lids.plot(minutes, [s.openness for s in states], color=SERIES[0], lw=0.7)
    style(lids, title="openness of the lids: 1 as in the first seconds, 0 closed", grid="y")
    lids.set_ylim(-0.05, 1.1)
    perclos = np.array([s.perclos if s.calibrated else np.nan for s in states])
    share.plot(minutes, perclos, color=SERIES[0], lw=1.8)
    if truth is not None:
        share.plot((truth[0] - time[0]) / 60, truth[1], ":", color=INK, lw=1.4)
    style(share, title="PERCLOS: share of the last minute with closed eyes" + (", truth dotted" * (truth is not None)))
    for level, words in zip(thresholds, ("alarm on", "alarm off"), strict=True):
        share.axhline(level, **DASHED)
        write(share, minutes[-1], level, f" {words}, {percent(level, 0)}", color=SOFT)
    share.set_ylim(0, max(0.3, 1.1 * np.nanmax(np.append(perclos, 0))))
    ticks = share.get_yticks()
    share.set_yticks(ticks, [percent(tick, 0) for tick in ticks])
    told = _events(events, minutes, states)
    style(events, x="minutes")
    events.set_xlim(0, minutes[-1])
    most = percent(np.nanmax(np.append(perclos, 0)), 0)
    alt = (
        f"Three panels over {minutes[-1]:.1f} minutes. The lids' openness, with a dip for each blink. PERCLOS, at most "
        f"{most}; lines mark {percent(thresholds[0], 0)}, where the alarm comes, "
        f"and {percent(thresholds[1], 0)}, where it goes. Marks for blinks ({states[-1].blinks}) and "
        f"yawns ({states[-1].yawns}), and bars for alarms: {told}."
    )
    return finish(figure, title, alt)


def _events(axes, minutes: np.ndarray, states: Sequence[State]) -> str:
    """A row a kind of event; returns the alarms in words."""
    rows = {name: len(_ROWS) - 1 - i for i, name in enumerate(_ROWS)}
    for name, marker, size in (("blinks", "|", 9), ("yawns", "D", 6)):
        counts = np.array([getattr(s, name) for s in states])
        when = minutes[1:][np.diff(counts) > 0]
        axes.plot(when, np.full(len(when), rows[name]), marker, color=INK, markersize=size)
    told = []
    for reason in _REASONS:
        spans = _spans(minutes, np.array([reason in s.reasons for s in states]))
        bars = [(start, max(end - start, 0.004 * minutes[-1])) for start, end in spans]
        look = {"color": SERIES[1], "hatch": "//", "edgecolor": INK, "lw": 0.8}
        axes.broken_barh(bars, (rows[f"alarm: {reason}"] - 0.3, 0.6), **look)
        if spans:
            often = "once" if len(spans) == 1 else f"{len(spans)} times"
            told.append(f"{reason} {often}, first at {spans[0][0]:.1f} minutes")
    lost = _spans(minutes, np.array([not s.seen for s in states]))
    axes.broken_barh([(a, max(b - a, 0.002)) for a, b in lost], (rows["not seen"] - 0.3, 0.6), color=SOFT)
    axes.set_yticks(list(rows.values()), list(rows))
    axes.set_ylim(-0.6, len(rows) - 0.4)
    for y in rows.values():
        axes.axhline(y, color=GRID, lw=0.6, zorder=0)
    return listing(told) if told else "none"


def _spans(minutes: np.ndarray, on: np.ndarray) -> list[tuple[float, float]]:
    """Where ``on`` holds: the first and the last moment of each run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(int), [0]])))
    return [(float(minutes[a]), float(minutes[b - 1])) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def readings(
    times: np.ndarray, rows: Mapping[str, Sequence[str | None]], title: str = "Which emotion is named, when"
) -> CourseFigure:
    """Readings of the same film one above the other: a panel each, in it a row an emotion and a bar while it is named.
    Lesson 11.

    Args:
        times: (n,) seconds.
        rows: {what it is: n emotions}; None where none is named.

    Raises:
        CourseError: no readings, or another number of them than of times.
    """
    times = np.asarray(times, float)
    if not rows or len(times) < 2 or any(len(named) != len(times) for named in rows.values()):
        raise CourseError("Give as many readings as times, at least two, and at least one row of them.")
    named_at_all = {name for named in rows.values() for name in named}
    emotions = [name for name in EMOTIONS if name in named_at_all]
    figure = CourseFigure(9.5, 0.7 + 0.35 * len(rows) + 0.19 * len(rows) * len(emotions))
    told = []
    panels = figure.subplots(len(rows), 1, sharex=True, squeeze=False)[:, 0]
    for panel, (what, named) in zip(panels, rows.items(), strict=True):
        for y, emotion in enumerate(reversed(emotions)):
            spans = _spans(np.arange(len(times)), np.array([name == emotion for name in named]))
            ends = np.append(times, times[-1])
            bars = [(times[int(a)], ends[int(b) + 1] - times[int(a)]) for a, b in spans]
            panel.broken_barh(bars, (y - 0.4, 0.8), facecolor=INFO[emotion].colour, edgecolor=INK, lw=0.4)
        style(panel, title=what, grid="x")
        panel.set_yticks(range(len(emotions)), emotions[::-1])
        panel.set_ylim(-0.6, len(emotions) - 0.4)
        changes = sum(a != b for a, b in itertools.pairwise(named))
        often = listing([f"{e} {percent(sum(n == e for n in named) / len(named), 0)}" for e in emotions])
        told.append(f"{what}: {changes} changes; {often} of the time")
    panels[-1].set_xlim(times[0], times[-1])
    panels[-1].set_xlabel("seconds")
    return finish(figure, title, f"{times[-1] - times[0]:.0f} seconds of film. " + ". ".join(told) + ".")


def trade_off(
    points: Sequence[tuple[float, float]],
    names: Sequence[str],
    x: str,
    y: str,
    title: str = "A trade-off",
    chosen: int | None = None,
) -> CourseFigure:
    """What one setting costs on two sides: a curve with a named point for each value of the setting. Lesson 11.

    Args:
        points: (x, y) of each value, less being better on both axes.
        names: the values in words.
        x, y: the axes' labels.
        chosen: the point to mark.

    Raises:
        CourseError: no points, or another number of names.
    """
    if not len(points) or len(points) != len(names):
        raise CourseError("Give at least one point, and a name for each.")
    across, up = np.asarray(points, float).T
    figure = CourseFigure(6.4, 4.4)
    axes = figure.subplots()
    axes.plot(across, up, "-o", color=SERIES[0], lw=1.2, markersize=5)
    for u, v, name in zip(across, up, names, strict=True):
        axes.annotate(name, (u, v), (5, 4), textcoords="offset points", fontsize=8.5, color=INK)
    told = listing([f"{name}: {u:.3g} and {v:.3g}" for u, v, name in zip(across, up, names, strict=True)])
    if chosen is not None:
        axes.plot(across[chosen], up[chosen], "s", color=SERIES[1], markersize=13, fillstyle="none", markeredgewidth=2)
        told += f". A square marks {names[chosen]}"
    style(axes, x=x, y=y, grid="both")
    axes.margins(x=0.12, y=0.1)
    return finish(figure, title, f"A curve of {len(points)} points, {x} against {y}. {told}.")
