"""The commands about models: train, evaluate, ensemble, models."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from click import Choice, IntRange, argument, option

from ..errors import CourseError
from .options import FILE, Outcome, Source, command, jitters_option, lean_imports, progress, seed_option, source_option


@command
@argument("model")
@source_option()
@seed_option
@option("--out", type=FILE, metavar="FOLDER", help="folder of the run; default runs/MODEL-DATA-SEED")
@option("--epochs", type=IntRange(1, 100_000), help="default the recipe's")
@option("--batch", type=IntRange(1, 100_000), help="default the recipe's")
@option(
    "--set", "changes", multiple=True, metavar="NAME=VALUE",
    help="change an option of the recipe, for example mixup=0.2 or mirror=true; may be given several times",
)  # fmt: skip
@option("--precision", type=Choice(("auto", "float32", "bfloat16")), default="auto", help="default auto: the faster")
def train(
    source: Source, model: str, seed: int, out: str | None, epochs: int | None, batch: int | None,
    changes: Sequence[str], precision: str,
) -> Outcome:  # fmt: skip
    """Train a model by the name of its recipe (slides, tiny …); run it again to go on where it stopped."""
    from .. import evaluation, results
    from ..evaluation import agreement
    from ..models.architectures import ARCHITECTURES
    from ..training import loop

    recipe = loop.RECIPES.get(model)
    if recipe is None:
        raise CourseError(f"There is no recipe named {model}: use {', '.join(loop.RECIPES)}.")
    recipe = recipe.set(list(changes)).but(epochs=epochs, batch=batch)
    loop.check_votes(recipe)
    joined = _votes(source) if recipe.votes else None
    dataset = source.open(ARCHITECTURES[recipe.model].num_jitters)
    votes = agreement.votes_on(dataset.train, *joined) if joined else None
    folder = Path(out or f"runs/{model}-{dataset.name}-{seed}")
    run = loop.train(recipe, dataset, folder, seed=seed, precision=precision, votes=votes, progress=progress())
    reports = {
        name: evaluation.evaluate(run.classifier, dataset.split(name)).report for name in ("train", "validation")
    }
    words = ["emocourse", "train", model, "--data", source.public, "--seed", str(seed)]
    words += [word for name, n in (("epochs", epochs), ("batch", batch)) if n for word in (f"--{name}", str(n))]
    words += [] if precision == "auto" else ["--precision", precision]
    words += [word for text in changes for word in ("--set", text)]
    record = results.write_run(folder, model, shlex.join(words), run, reports)
    return record, f"{_sentences(reports)}\nThe run is in {folder}.", 0


def _votes(source: Source) -> tuple[Any, Any]:
    """FER2013, and FER+'s votes joined to it: done before the images are prepared, which takes minutes."""
    from ..dataset import ferplus
    from ..evaluation import agreement

    if source.data == "twin":
        raise CourseError("Nobody voted on drawn faces: leave votes out, or train on --data fer2013.")
    votes = ferplus.read_votes(agreement.find_votes(data=source.path))
    data = source.read()
    return data, ferplus.join_votes(data.labels, data.split, votes, data.form, data.n_skipped)


def _sentences(reports: dict[str, dict[str, Any]]) -> str:
    from .. import evaluation

    return "\n".join([f"{name.capitalize()}: {evaluation.sentence(found)}" for name, found in reports.items()])


@command
@argument("model", type=FILE)
@source_option()
@option("--split", type=Choice(("train", "validation", "test")), default="validation", help="default validation")
@jitters_option()
@option("--predictions", type=FILE, metavar="FILE.csv", help="also write a row an image")
@option("--tta", is_flag=True, help="average over nine crops and their mirrors")
@option(
    "--robustness", is_flag=True,
    help="also measure with blur, noise, little light, JPEG, rotation, and covered eyes or mouth",
)  # fmt: skip
def evaluate(
    source: Source, model: str, split: str, num_jitters: int | None, predictions: str | None, tta: bool,
    robustness: bool,
) -> Outcome:  # fmt: skip
    """Measure a model on a split: a name of `emocourse models`, a weights file (.safetensors), or fer-package."""
    from .. import evaluation
    from ..models import weights

    source.find()
    with lean_imports():
        classifier = weights.load(model)
    jitters = num_jitters or classifier.num_jitters
    found, probabilities, images = evaluation.evaluate(classifier, source.open(jitters).split(split), tta=tta)
    if predictions:
        evaluation.write_predictions(
            predictions, images.labels, probabilities, images.detected, images.emotions, images.rows, split
        )
    value, text = {"model": model, **found}, evaluation.sentence(found)
    if robustness:
        value["robustness"] = evaluation.measure_robustness(
            classifier, images, tta=tta, num_jitters=jitters, workers=source.workers, progress=progress()
        )
        lines = [f"  {name:<14}{row['accuracy']:.1%}" for name, row in value["robustness"].items()]
        text = "\n".join([text, "The same images, made worse:", *lines])
    return value, text, 0


@command
@argument("runs", nargs=-1, required=True, type=FILE, metavar="RUN...")
@source_option()
@option("--out", type=FILE, metavar="FOLDER", help="folder to write; default runs/ensemble-DATA-0")
def ensemble(source: Source, runs: Sequence[str], out: str | None) -> Outcome:
    """Average two to five trained models, each the folder of a finished run, into one."""
    from .. import evaluation, results
    from ..models import weights

    records = [results.read_run(Path(folder)) for folder in runs]
    members = [weights.load(Path(folder) / weights.RUN_FILE) for folder in runs]
    if len({record["data"] for record in records}) != 1:
        raise CourseError("These runs were not trained on the same data: choose runs on one dataset.")
    dataset = source.open(max(member.num_jitters for member in members))
    if dataset.name != records[0]["data"]:
        raise CourseError(f"The runs were trained on {records[0]['data']}: give it with --data.")
    folder = Path(out or f"runs/{weights.ENSEMBLE}-{dataset.name}-0")
    path = folder / weights.RUN_FILE
    weights.save_ensemble(members, path)
    temperature = weights.calibrate(path, dataset.split("validation"))
    made = weights.load(path)
    reports = {name: evaluation.evaluate(made, dataset.split(name)).report for name in ("train", "validation")}
    record = results.record(
        model=weights.ENSEMBLE, data=dataset.name, seed=0,
        command=["emocourse", "ensemble", *runs, "--data", source.public],
        seconds=sum(record["seconds"] for record in records), parameters=made.parameters, reports=reports,
        settings={"members": [record["command"] for record in records], "temperature": temperature},
        accelerator=records[0]["machine"]["accelerator"],  # whose time the seconds are
    )  # fmt: skip
    results.write(record, folder)
    results.write_figures(record, folder)
    return record, f"{_sentences(reports)}\nThe ensemble is in {folder}.", 0


@command
def models() -> Outcome:
    """List the models that ship with weights."""
    from ..models import weights

    rows = weights.shipped()
    lines = [f"{'name':<12}{'classes':>8}{'parameters':>12}{'bytes':>11}  input"]
    lines += [f"{r['name']:<12}{r['classes']:>8}{r['parameters']:>12,}{r['bytes']:>11,}  {r['input']}" for r in rows]
    return rows, "\n".join(lines), 0


COMMANDS = (train, evaluate, ensemble, models)
