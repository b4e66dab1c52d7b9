"""Measures the leaderboard: every model by one command, in one run. ``emocourse.results`` makes tables of it."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from emocourse import evaluation
from emocourse.dataset.splits import Dataset, Split
from emocourse.evaluation import robustness
from emocourse.files.store import write_json
from emocourse.models import external, weights
from emocourse.results import leaderboard, records


def measure(
    names: Sequence[str], load: Callable[[int], Dataset], split: str, *, rounds: int = 100, progress: bool = False
) -> dict:
    """Measure models on a split, each in the same ways: accuracy, with views, under worse images, and time.

    Args:
        names: as ``emocourse evaluate`` takes them.
        load: gives the dataset with landmarks that are the mean over so many boxes (:mod:`emocourse.faces.landmarks`);
            each model gets those it was trained with.
        split: "validation" or "test".
        rounds: timed calls a model; the models take turns.
        progress: show the search for landmarks.

    Returns:
        A leaderboard that :func:`emocourse.results.leaderboard.check` accepts. "milliseconds" is the median time of one
        face, from its image and landmarks to its probabilities, batch 1.
    """
    classifiers = {name: weights.load(name) for name in names}
    data = {boxes: load(boxes) for boxes in {1, *(classifier.boxes for classifier in classifiers.values())}}
    times = milliseconds(classifiers, data[1].split(split), rounds)
    shipped = {row["name"]: row for row in weights.shipped()}
    rows = []
    for name, classifier in classifiers.items():
        part = data[classifier.boxes].split(split).matching(classifier.emotions)
        rows.append(
            {
                "model": name,
                "parameters": classifier.parameters,
                "bytes": shipped[name]["bytes"] if name in shipped else None,
                "input": shipped[name]["input"] if name in shipped else "pixels",
                "temperature": classifier.temperature,
                "milliseconds": round(times[name], 3),
                "report": evaluation.evaluate(classifier, part).report,
                "views": evaluation.accuracy_of(evaluation.evaluate(classifier, part, tta=True).report),
                "robustness": robustness.measure_robustness(
                    classifier, part, boxes=classifier.boxes, progress=progress
                ),
            }
        )
    made = {
        "format": 1,
        "data": data[1].name,
        "split": split,
        **records.stamp(),
        "rows": rows,
    }
    leaderboard.check(made, "The new leaderboard")
    return made


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
    return {name: 1000 * float(np.median(times)) for name, times in taken.items()}


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
