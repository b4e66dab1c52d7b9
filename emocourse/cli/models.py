"""The commands about models: train, evaluate, ensemble, models, leaderboard, ablation."""

import argparse
import functools
import os
import shlex
from pathlib import Path
from typing import Any

from ..errors import CourseError
from .options import Outcome, checkout, lean_imports, open_data, progress


def train(options: argparse.Namespace) -> Outcome:
    """Train a model, or go on, and write the record of the finished run."""
    from .. import evaluation, results
    from ..models.architectures import ARCHITECTURES
    from ..training import loop as training

    recipe = training.RECIPES.get(options.model)
    if recipe is None:
        raise CourseError(f"There is no recipe named {options.model}: use {', '.join(training.RECIPES)}.")
    recipe = recipe.set(options.set).but(epochs=options.epochs, batch=options.batch)
    data = open_data(options, ARCHITECTURES[recipe.model].boxes)
    folder = Path(options.out or f"runs/{options.model}-{data.name}-{options.seed}")
    run = training.train(recipe, data, folder, seed=options.seed, precision=options.precision, progress=progress())
    reports = {name: evaluation.evaluate(run.classifier, data.split(name)).report for name in ("train", "validation")}
    record = results.write_run(folder, options.model, _command_line(options), run, reports)
    return record, f"{_sentences(reports)}\nThe run is in {folder}.", 0


def _sentences(reports: dict[str, dict[str, Any]]) -> str:
    from .. import evaluation

    return "\n".join([f"{name.capitalize()}: {evaluation.sentence(report)}" for name, report in reports.items()])


def _public_data(options: argparse.Namespace) -> str:
    """The data's kind instead of somebody's path."""
    return options.data if options.data in ("twin", "fer2013") else "fer2013"


def _command_line(options: argparse.Namespace) -> str:
    """The command that makes this run again."""
    parts = ["emocourse", "train", options.model, "--data", _public_data(options), "--seed", str(options.seed)]
    for name in ("epochs", "batch"):
        if (value := getattr(options, name)) is not None:
            parts += [f"--{name}", str(value)]
    if options.precision != "auto":
        parts += ["--precision", options.precision]
    for text in options.set:
        parts += ["--set", text]
    return shlex.join(parts)


def evaluate(options: argparse.Namespace) -> Outcome:
    """Measure a model on a split."""
    from .. import evaluation
    from ..models import weights

    with lean_imports():
        classifier = weights.load(options.model)
    boxes = options.boxes or classifier.boxes
    data = open_data(options, boxes).split(options.split)
    report, probabilities, split = evaluation.evaluate(classifier, data, tta=options.tta)
    if options.predictions:
        evaluation.write_predictions(
            options.predictions, split.labels, probabilities, split.detected, split.emotions, split.rows, options.split
        )
    value, text = {"model": options.model, **report}, evaluation.sentence(report)
    if options.robustness:
        value["robustness"] = evaluation.measure_robustness(
            classifier, split, tta=options.tta, boxes=boxes, workers=options.workers, progress=progress()
        )
        lines = [f"  {name:<14}{row['accuracy']:.1%}" for name, row in value["robustness"].items()]
        text = "\n".join([text, "The same pictures, made worse:", *lines])
    return value, text, 0


def ensemble(options: argparse.Namespace) -> Outcome:
    """Average trained models, and write the ensemble's weights and its record as of a run."""
    from .. import evaluation, results
    from ..models import weights

    runs = [Path(folder) for folder in options.runs]
    records = [results.read_run(folder) for folder in runs]
    members = [weights.load(folder / "weights.npz") for folder in runs]
    if len({record["data"] for record in records}) != 1:
        raise CourseError("These runs were not trained on the same data: choose runs on one dataset.")
    data = open_data(options, max(member.boxes for member in members))
    if data.name != records[0]["data"]:
        raise CourseError(f"The runs were trained on {records[0]['data']}: give it with --data.")
    folder = Path(options.out or f"runs/{weights.ENSEMBLE}-{data.name}-0")
    weights.save_ensemble(members, folder / "weights.npz")
    temperature = weights.calibrate(folder / "weights.npz", data.split("validation"))
    made = weights.load(folder / "weights.npz")
    reports = {name: evaluation.evaluate(made, data.split(name)).report for name in ("train", "validation")}
    command = ["emocourse", "ensemble", *options.runs]
    record = results.record(
        model=weights.ENSEMBLE, data=data.name, command=[*command, "--data", _public_data(options)], seed=0,
        seconds=sum(record["seconds"] for record in records), parameters=made.parameters, reports=reports,
        settings={"members": [record["command"] for record in records], "temperature": temperature},
        accelerator=records[0]["machine"]["accelerator"],  # whose time the seconds are
    )  # fmt: skip
    results.write(record, folder)
    results.write_figures(record, folder)
    return record, f"{_sentences(reports)}\nThe ensemble is in {folder}.", 0


def models(options: argparse.Namespace) -> Outcome:
    """List the models that ship."""
    from ..models import weights

    rows = weights.shipped()
    lines = [f"{'name':<12}{'classes':>8}{'parameters':>12}{'bytes':>11}  input"]
    lines += [f"{r['name']:<12}{r['classes']:>8}{r['parameters']:>12,}{r['bytes']:>11,}  {r['input']}" for r in rows]
    return rows, "\n".join(lines), 0


def leaderboard(options: argparse.Namespace) -> Outcome:
    """Measure all models side by side, and write what the README's leaderboard is made of."""
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # a face's time is that of one core; read when TensorFlow loads
    from course_tools.reference import leaderboard

    root = checkout()
    board = leaderboard.measure(
        leaderboard.candidates(),
        functools.partial(open_data, options),
        options.split,
        rounds=options.rounds,
        progress=progress(),
    )
    path = leaderboard.write(board, root / "data" / "results")
    lines = [
        f"{row['model']:<12}{row['report']['accuracy']:>7.1%}  with views {row['views']['accuracy']:.1%}  "
        f"{row['milliseconds']:.2f} ms a face"
        for row in board["rows"]
    ]
    return (
        board,
        "\n".join([*lines, f"{path.relative_to(root)} is written: `emocourse results` puts it into the README."]),
        0,
    )


def ablation(options: argparse.Namespace) -> Outcome:
    """Train tiny with one option at a time, and write the table."""
    from course_tools.reference import ablation

    from ..results import ablation_table

    root = checkout()
    data = open_data(options)
    value = ablation.measure(
        data, Path("runs") / f"ablation-{data.name}", epochs=options.epochs, seeds=range(options.seeds),
        names=options.only, progress=progress(),
    )  # fmt: skip
    path = ablation.write(value, root / "data" / "results")
    return value, f"{ablation_table(value)}\n\n{path.relative_to(root)} is written.", 0
