"""The leaderboard: every model measured by one command, in one run, and the tables made of it.

The measurements of a split stand in ``data/results/leaderboard/<data>-<split>.json``. What the slides, people and the
commonest label reach stands beside them in the table.
"""

import datetime
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from course_tools.reference.provenance import machine, versions

from ..dataset.splits import Dataset, Split
from ..errors import CourseError
from ..evaluation import agreement, robustness
from ..evaluation import report as evaluation
from ..files.store import read_json, write_json
from ..metrics import percent
from ..models import external as peers
from ..models import weights
from . import records

FOLDER = "leaderboard"

_MAX_BYTES = 4 << 20
_FIELDS = {"format": (int,), "data": (str,), "split": (str,), "date": (str,), "versions": (dict,), "machine": (dict,),
           "rows": (list,)}  # fmt: skip
_ROW = {"model": (str,), "parameters": (int,), "bytes": (int, type(None)), "input": (str,), "temperature": (int, float),
        "milliseconds": (int, float), "report": (dict,), "views": (dict,), "robustness": (dict,)}  # fmt: skip
_ACCURACY = {"accuracy": (int, float), "ci95": (list,)}


# --- measuring --------------------------------------------------------------------------------------------------------


def measure(
    names: Sequence[str], load: Callable[[int], Dataset], split: str, *, rounds: int = 100, progress: bool = False
) -> dict:
    """Measure models on a split, each in the same ways: accuracy, with views, under worse pictures, and time.

    Args:
        names: as ``emocourse evaluate`` takes them.
        load: gives the dataset with landmarks that are the mean over so many boxes (:mod:`emocourse.faces.landmarks`);
            each model gets those it was trained with.
        split: "validation" or "test".
        rounds: timed calls a model; the models take turns.
        progress: show the search for landmarks.

    Returns:
        A leaderboard that :func:`check` accepts. "milliseconds" is the median time of one face, from its picture and
        landmarks to its probabilities, batch 1.
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
                "report": evaluation.report(
                    part.labels, classifier.probabilities(part.images, part.landmarks), part.detected, part.emotions
                ),
                "views": robustness.share_right(classifier, part, part.images, part.landmarks, tta=True),
                "robustness": robustness.robustness(classifier, part, boxes=classifier.boxes, progress=progress),
            }
        )
    made = {
        "format": 1,
        "data": data[1].name,
        "split": split,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": versions(),
        "machine": machine(),
        "rows": rows,
    }
    check(made, "The new leaderboard")
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
    return [*names, peers.FER] if peers.installed() else names


# --- reading and writing ----------------------------------------------------------------------------------------------


def check(value: Any, where: str) -> None:
    """Check that ``value`` is a leaderboard.

    Raises:
        CourseError: it is not; ``where`` begins the sentence.
    """
    records.check_fields(value, _FIELDS, where)
    for row in value["rows"]:
        records.check_fields(row, _ROW, f"{where}: a row")
        records.check_report(row["report"], f"{where}: the report of {row['model']}")
        for name, part in {"views": row["views"], **row["robustness"]}.items():
            records.check_fields(part, _ACCURACY, f"{where}: {row['model']}, {name}")
    if value["format"] != 1 or value["split"] not in ("validation", "test"):
        raise CourseError(f"{where} is of another format than 1 or of another split than validation and test.")


def write(value: Mapping[str, Any], into: str | os.PathLike) -> Path:
    """Check a leaderboard and write it into a folder of records, under ``leaderboard``; returns its path."""
    check(value, "The leaderboard")
    path = Path(into) / FOLDER / f"{value['data']}-{value['split']}.json"
    write_json(path, value)
    return path


def read(source: str | os.PathLike, data: str = "fer2013", split: str = "validation") -> dict[str, Any] | None:
    """The leaderboard in a folder of records, or None where none was measured."""
    path = Path(source) / FOLDER / f"{data}-{split}.json"
    if not path.is_file():
        return None
    value = read_json(path, max_bytes=_MAX_BYTES)
    check(value, str(path))
    return value


# --- tables -----------------------------------------------------------------------------------------------------------

_HEAD = (
    "model", "classes", "n", "accuracy on PublicTest (95 % interval)", "with test-time crops and mirror", "macro-F1",
    "ECE", "parameters", "bytes", "ms a face", "training", "PrivateTest",
)  # fmt: skip


def tables(source: str | os.PathLike, runs: Sequence[Mapping[str, Any]]) -> str:
    """The leaderboard as Markdown: the models, each emotion's recall, accuracy under worse pictures. "" without one.

    Args:
        source: the folder of records.
        runs: the records of the training runs, for what training cost.
    """
    board, closed = read(source), read(source, split="test")
    if board is None:
        return ""
    rows = sorted(board["rows"], key=lambda row: (len(row["report"]["classes"]), row["report"]["accuracy"]))
    tests = {row["model"]: row["report"] for row in (closed or {"rows": []})["rows"]}
    lines = [_line(_HEAD), _line(["---"] * len(_HEAD))]
    lines += [_line(cells) for cells in _beside(rows)]
    lines += [_line(_cells(row, runs, tests.get(row["model"]))) for row in rows]
    sections = [
        "**Leaderboard.** Every row of a model by one command, `emocourse leaderboard --data fer2013`, on "
        f"{board['machine']['processor']}, one core ({board['date']}). The temperature of our own models of "
        "seven classes was fitted on these pictures. Six and seven classes are two tasks: compare within one.",
        "\n".join(lines),
        "Recall of each emotion: the share of its pictures that was found.",
        _grid(rows, _recalls(rows)),
        "Accuracy on the same pictures, made worse.",
        _grid(rows, {name: [row["robustness"].get(name, {}).get("accuracy") for row in rows]
                     for name in dict.fromkeys(key for row in rows for key in row["robustness"])}),
    ]  # fmt: skip
    return "\n\n".join(sections)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _accuracy(part: Mapping[str, Any]) -> str:
    low, high = part["ci95"]
    return f"{percent(part['accuracy'])} ({percent(low)} to {percent(high)})"


def _beside(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """What is no model of ours: the slides' own report, the commonest label, people."""
    empty = [""] * (len(_HEAD) - 4)
    lines = [["the slides' own report", "6", "", "55 %", *empty]]
    for classes, row in {len(row["report"]["classes"]): row for row in rows}.items():
        report = row["report"]
        name = max(report["per_class"], key=lambda name: report["per_class"][name]["n"])
        count, n = report["per_class"][name]["n"], report["n"]
        part = {"accuracy": count / n, "ci95": evaluation.wilson_interval(count, n)}
        lines.append([f"always {name}", str(classes), f"{n:,}", _accuracy(part), *empty])
    people = agreement.recorded()["label_agreement"]
    part = {"accuracy": people["share"], "ci95": people["ci95"]}
    text = f"{_accuracy(part)}, Training too"
    return [*lines, ["people: the majority of FER+'s ten voters", "7", f"{people['n']:,}", text, *empty]]


def _cells(row: Mapping[str, Any], runs: Sequence[Mapping[str, Any]], test: Mapping[str, Any] | None) -> list[str]:
    report = row["report"]
    costs = [run for run in runs if run["model"] == row["model"] and run["data"] == "fer2013"]
    cost = ""
    if costs:
        computer = costs[0]["machine"]
        seconds = sum(run["seconds"] for run in costs) / len(costs)
        cost = f"{records.duration(seconds)}, {computer['accelerator'] or str(computer['cores']) + ' cores'}"
    return [
        row["model"], str(len(report["classes"])), f"{report['n']:,}", _accuracy(report),
        percent(row["views"]["accuracy"]),
        f"{report['macro_f1']:.3f}", f"{report['ece']:.3f}", f"{row['parameters']:,}",
        "" if row["bytes"] is None else f"{row['bytes']:,}", f"{row['milliseconds']:.2f}", cost,
        "" if test is None else _accuracy(test),
    ]  # fmt: skip


def _recalls(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[float | None]]:
    names = max((row["report"]["classes"] for row in rows), key=len)
    return {name: [row["report"]["per_class"].get(name, {}).get("recall") for row in rows] for name in names}


def _grid(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, Sequence[float | None]]) -> str:
    lines = [_line(["model", *columns]), _line(["---"] * (1 + len(columns)))]
    for k, row in enumerate(rows):
        cells = ["" if values[k] is None else percent(values[k]) for values in columns.values()]
        lines.append(_line([row["model"], *cells]))
    return "\n".join(lines)
