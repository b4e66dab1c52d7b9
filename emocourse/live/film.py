"""A film watched: everybody's emotions over time, as a timeline, and as the same film with boxes and words.

`video_in` reads the film, and `video_out` writes what came of it.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections import Counter
from pathlib import Path
from typing import Any

from ..errors import CourseError
from ..faces import annotation
from .drowsiness import NOT_SEEN
from .engine import Engine, Person
from .video_in import LONGEST_STILL, Film, open_film
from .video_out import Timeline, Writer, check_targets, output_rate

NOT_SURE = "not sure"
"""What stands in the timeline where no emotion is probable enough."""

DROWSINESS = ("ear", "mar", "perclos", "blinks", "yawns", "alarm", "problem")
"""The timeline's last columns where drowsiness is watched: see :class:`emocourse.live.drowsiness.State`. Where there is
a ``problem``, nobody can say whether the person is drowsy, and perclos, blinks and alarm are empty."""

LONGEST_STEP = 0.4
"""Most seconds from one frame that is read to the next where drowsiness is watched: below the monitor's gap."""


def columns(emotions: tuple[str, ...], drowsiness: bool = False) -> list[str]:
    """The timeline's columns.

    ``time`` in seconds; ``person``, a number; ``x``, ``y``, ``width``, ``height`` of the face in pixels of the film;
    ``emotion``, or "not sure"; ``probability`` of the most probable emotion; one column an emotion with its
    probability; and, where drowsiness is watched, :data:`DROWSINESS`.
    """
    head = ["time", "person", "x", "y", "width", "height", "emotion", "probability", *emotions]
    return head + (list(DROWSINESS) if drowsiness else [])


def watch(
    source: str | os.PathLike,
    engine: Engine,
    timeline: str | os.PathLike,
    film: str | os.PathLike | None = None,
    *,
    every: float = 0.0,
    drowsiness: bool = False,
    progress: bool = False,
) -> dict[str, Any]:
    """Read the emotions of everybody in a film; write a timeline and, if asked for, the film with boxes and emotions.

    Args:
        source: the film. Whatever OpenCV reads.
        engine: what reads it; it is reset first.
        timeline: the CSV file to write, a row a person and time: see :func:`columns`.
        film: the .mp4 to write, of the source's length and timing.
        every: seconds between the frames that are read; 0 reads all. The written film has all frames.
        drowsiness: whether the engine watches for it, so that the timeline has its columns.
        progress: show a bar on standard error.

    Returns:
        ``{"frames", "analysed", "seconds", "complete", "problem", "warnings", "timeline", "video", "people"}``.
        ``complete`` is False where the film ends before the time that it claims, or where something could not be
        written as asked; ``problem`` then says so in a sentence, else it is None. ``warnings`` are sentences.
        ``timeline`` and ``video`` are where the files lie. ``people`` is a list of
        ``{"id", "first", "last", "analysed", "emotions": {name: share}}``: times in seconds, shares of the person's
        rows, "not sure" among them; and, where drowsiness is watched, ``"judged"``, the share of the frames from the
        person's first on in which they could be judged, and ``"not_judged": {reason: share}``.

    Raises:
        CourseError: the film cannot be read, or what is to be written cannot be, or lies on the film itself; or
            drowsiness is to be watched by frames over :data:`LONGEST_STEP` apart.
    """
    if drowsiness and every > LONGEST_STEP:
        raise CourseError(
            f"Nobody can say who is drowsy by a frame every {every:g} s: use --every {LONGEST_STEP:g} or less."
        )
    check_targets(Path(source), timeline, film)
    from tqdm import tqdm

    engine.reset()
    people: dict[int, dict[str, Any]] = {}
    n = analysed = slow = 0
    with contextlib.ExitStack() as stack:
        about, frames = stack.enter_context(open_film(source))
        table = stack.enter_context(Timeline(timeline, columns(engine.classifier.emotions, drowsiness)))
        writer = None
        if film is not None:
            size = about.width, about.height
            writer = stack.enter_context(Writer(film, size, output_rate(source, about.rate)))
        seen: list[Person] = []
        due, start, time, step = -math.inf, None, 0.0, 0.0
        for now, frame in tqdm(frames, total=about.frames or None, unit="frame", disable=not progress):
            start = now if start is None else start
            time, step = now, now - time if n else step
            n += 1
            if time >= due - 1e-6:
                seen, due = engine.step(frame, time), time + every
                analysed += 1
                slow += any(person.drowsiness and not person.drowsiness.blinks_counted for person in seen)
                _count(people, seen, time)
                if not table.add([_row(person, time, drowsiness) for person in seen]):
                    break
            if writer is not None:
                writer.write(annotation.annotate(frame, seen), time - start)
        seconds = time - (start or 0.0)
        short = None if table.problem else _shortfall(about, n, seconds + step)
        if writer is not None and n >= about.frames and about.seconds - seconds < LONGEST_STILL:
            writer.last_until(about.seconds)  # the last frame may stand for long
    outputs = [output for output in (table, writer) if output is not None]
    problem = " ".join(said for said in (short, *(output.problem for output in outputs)) if said) or None
    told = [_summary(person, drowsiness) for _, person in sorted(people.items())]
    return {
        "frames": n,
        "analysed": analysed,
        "seconds": round(seconds, 3),
        "complete": problem is None,
        "problem": problem,
        "warnings": _warnings(told, slow / max(analysed, 1)) if drowsiness else [],
        "timeline": str(table.path),
        "video": None if writer is None else str(writer.path),
        "people": told,
    }


def _shortfall(about: Film, n: int, reached: float) -> str | None:
    """What is missing of a film, by time: counts of frames are often wrong where the rate changes."""
    if n >= about.frames or about.seconds - reached <= max(0.5, 0.02 * about.seconds):
        return None
    return (
        f"The film ends after {reached:.1f} s, though it says that it lasts {about.seconds:.1f} s: it is cut or "
        "damaged, and what could be read is written."
    )


def _warnings(people: list[dict[str, Any]], slow: float) -> list[str]:
    said = []
    for person in people:
        if person["judged"] < 0.5:
            reason = max(person["not_judged"], key=person["not_judged"].get)
            said.append(
                f"Person {person['id']} cannot be judged for drowsiness in {1 - person['judged']:.0%} of the film, "
                f"mostly since {reason if reason != 'calibrating' else 'the film is too short to calibrate'}."
            )
    if slow > 0.5:
        said.append("Blinks are not counted: that takes at least 8 frames a second.")
    return said


def _row(person: Person, time: float, drowsiness: bool) -> list[Any]:
    box = [round(value, 1) for value in person.box]
    row = [round(time, 3), person.id, *box, person.emotion or NOT_SURE, round(person.probability, 4)]
    row += [round(value, 4) for value in person.probabilities.values()]
    if drowsiness and person.drowsiness is not None:
        values = person.drowsiness.as_json()
        if person.drowsiness.problem is not None:
            values |= {"perclos": None, "blinks": None, "alarm": None}
        row += [_cell(values[name]) for name in DROWSINESS]
    return row


def _cell(value: Any) -> Any:
    if isinstance(value, str | None):
        return value or ""
    return int(value) if isinstance(value, bool) else round(value, 4)


def _count(people: dict[int, dict[str, Any]], seen: list[Person], time: float) -> None:
    """Keep account of what was said of whom."""
    for person in seen:
        new = {"id": person.id, "first": time, "said": Counter(), "problems": Counter()}
        known = people.setdefault(person.id, new)
        known["last"] = time
        known["said"][person.emotion or NOT_SURE] += 1
    states = {person.id: person.drowsiness for person in seen}
    for number, known in people.items():
        state = states.get(number)
        known["problems"][NOT_SEEN if number not in states else state.problem if state else None] += 1


def _summary(known: dict[str, Any], drowsiness: bool) -> dict[str, Any]:
    total = known["said"].total()
    told = {
        "id": known["id"],
        "first": round(known["first"], 3),
        "last": round(known["last"], 3),
        "analysed": total,
        "emotions": _shares(known["said"]),
    }
    if drowsiness:
        shares = _shares(known["problems"])
        told |= {"judged": shares.pop(None, 0.0), "not_judged": shares}
    return told


def _shares(counts: Counter) -> dict[Any, float]:
    return {name: round(count / counts.total(), 4) for name, count in counts.most_common()}
