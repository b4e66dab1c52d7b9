"""What each command of ``emocourse`` does. A command returns (object for --json, text for people, exit status)."""

import argparse
import contextlib
import json
import os
import shlex
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from . import files
from .errors import CourseError

Outcome = tuple[Any, str, int]


def run(options: argparse.Namespace) -> int:
    """Run the command that was asked for, print what it found; returns the exit status."""
    name = options.command if "kind" not in options else f"{options.command} {options.kind}"
    value, text, status = _COMMANDS[name](options)
    try:
        print(json.dumps(value, allow_nan=False) if options.json else text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would try it again, and complain
        raise CourseError(f"The result cannot be written ({error.strerror}): free some space.") from error
    return status


def _doctor(options: argparse.Namespace) -> Outcome:
    from . import doctor

    checks = doctor.check()
    ok = all(check["ok"] for check in checks)
    return {"ok": ok, "checks": checks}, doctor.report(checks), 0 if ok else 1


def _read_fer2013(options: argparse.Namespace) -> Any:
    from . import fer2013

    path = None if options.data == "fer2013" else options.data
    return fer2013.read(path, skip_bad=options.skip_bad, progress=_progress())


def _open_data(options: argparse.Namespace, boxes: int = 1) -> Any:
    from . import dataset

    return dataset.open_data(
        options.data, boxes=boxes, workers=options.workers, progress=_progress(), skip_bad=options.skip_bad
    )


def _progress() -> bool:
    """Progress bars are for people who watch: not into log files and pipes."""
    return sys.stderr is not None and sys.stderr.isatty()


def _table(counts: dict[str, dict[str, int]]) -> str:
    emotions = list(next(iter(counts.values())))
    lines = [" " * 11 + "".join(f"{name:>11}" for name in [*emotions, "all"])]
    for split, row in counts.items():
        lines.append(f"{split:<11}" + "".join(f"{n:>11,}" for n in [*row.values(), sum(row.values())]))
    return "\n".join(lines)


def _data_info(options: argparse.Namespace) -> Outcome:
    if options.data == "twin":
        from . import dataset

        data = dataset.load("twin", progress=_progress())
        value = {"source": "twin", "counts": {s: getattr(data, s).counts() for s in ("train", "validation", "test")}}
        return value, _table(value["counts"]), 0
    from . import fer2013

    data = _read_fer2013(options)
    counts = fer2013.audit(data)["counts"]
    value = {"source": data.source, "counts": counts, "n_skipped": data.n_skipped, "skipped": data.skipped}
    text = f"{data.source}: {len(data):,} pictures\n{_table(counts)}"
    if data.n_skipped:
        text += "\n" + "\n".join([f"{data.n_skipped:,} rows left out, for example:", *data.skipped[:5]])
    return value, text, 0


def _data_audit(options: argparse.Namespace) -> Outcome:
    if options.data == "twin":
        raise CourseError("The twin is drawn, so there is nothing to audit: give the path of a FER2013 with --data.")
    from . import fer2013

    found = fer2013.audit(_read_fer2013(options))
    text = (
        f"{_table(found['counts'])}\n{found['images_in_duplicate_groups']:,} pictures are exact copies of another, in "
        f"{found['duplicate_groups']:,} groups; {found['conflicting_groups']:,} groups carry different labels, "
        f"{found['cross_split_groups']:,} stand in more than one split."
    )
    return found, text, 0


def _data_votes(options: argparse.Namespace) -> Outcome:
    from . import agreement, ferplus

    votes = ferplus.read_votes(agreement.find_votes(options.votes))
    found = agreement.measure(_read_fer2013(options), votes)
    text = agreement.sentences(found)
    if options.out:
        agreement.write(found, options.out)
        text += f"\n{options.out} is written."
    return found, text, 0


def _data_download(options: argparse.Namespace) -> Outcome:
    from . import fer2013

    path = fer2013.download(options.out, progress=_progress())
    return {"path": str(path)}, f"FER2013 is in {path}.", 0


def _preprocess(options: argparse.Namespace) -> Outcome:
    from . import dataset, preprocessing

    if Path(options.out).suffix != ".npz":
        raise CourseError(f"The file to write must end in .npz, not {Path(options.out).name!r}: change --out.")
    if options.data == "twin":
        images, labels, split, rows = dataset.draw_twin(dataset.TWIN_SIZES, seed=0, progress=_progress())
    else:
        data = _read_fer2013(options)
        images, labels, split, rows = data.images, data.labels, data.split, data.rows
    started = time.perf_counter()
    found = preprocessing.preprocess(images, boxes=options.boxes, workers=options.workers, progress=_progress())
    seconds = time.perf_counter() - started
    with files.atomic_write(options.out) as stream:
        np.savez(stream, images=images, labels=labels, split=split, rows=rows, **vars(found))
    n, n_detected = len(labels), int(found.detected.sum())
    value = {"n": n, "n_detected": n_detected, "seconds": round(seconds, 3), "images_per_second": round(n / seconds, 1)}
    text = f"{n:,} pictures in {seconds:.1f} s; a face was detected in {n_detected:,} ({n_detected / n:.1%})."
    return value, f"{text}\n{options.out} is written.", 0


def _train(options: argparse.Namespace) -> Outcome:
    from . import evaluation, results, training

    recipe = training.RECIPES.get(options.model)
    if recipe is None:
        raise CourseError(f"There is no recipe named {options.model}: use {', '.join(training.RECIPES)}.")
    recipe = recipe.set(options.set).but(epochs=options.epochs, batch=options.batch)
    data = _open_data(options)
    folder = Path(options.out or f"runs/{options.model}-{data.name}-{options.seed}")
    run = training.train(recipe, data, folder, seed=options.seed, precision=options.precision, progress=_progress())
    reports = {}
    for name in ("train", "validation"):
        split = data.split(name).matching(run.classifier.emotions)
        probabilities = run.classifier.probabilities(split.images, split.landmarks)
        reports[name] = evaluation.report(split.labels, probabilities, split.detected, split.emotions)
    record = results.write_run(folder, options.model, _command_line(options), run, reports)
    text = "\n".join([f"{name.capitalize()}: {evaluation.sentence(report)}" for name, report in reports.items()])
    return record, f"{text}\nThe run is in {folder}.", 0


def _command_line(options: argparse.Namespace) -> str:
    """The command that makes this run again, with the data's kind instead of somebody's path."""
    data = options.data if options.data in ("twin", "fer2013") else "fer2013"
    parts = ["emocourse", "train", options.model, "--data", data, "--seed", str(options.seed)]
    for name in ("epochs", "batch"):
        if (value := getattr(options, name)) is not None:
            parts += [f"--{name}", str(value)]
    for text in options.set:
        parts += ["--set", text]
    return shlex.join(parts)


def _evaluate(options: argparse.Namespace) -> Outcome:
    from . import evaluation, weights

    with _lean_imports():
        classifier = weights.load(options.model)
    split = _open_data(options).split(options.split).matching(classifier.emotions)
    probabilities = classifier.probabilities(split.images, split.landmarks)
    report = evaluation.report(split.labels, probabilities, split.detected, split.emotions)
    if options.predictions:
        evaluation.write_predictions(
            options.predictions, split.labels, probabilities, split.detected, split.emotions, split.rows, options.split
        )
    return {"model": options.model, **report}, evaluation.sentence(report), 0


def _predict(options: argparse.Namespace) -> Outcome:
    from . import images, recognition, weights

    # Every photo goes through detection before the model loads: a wrong path costs no wait, nothing is written before
    # all can be read, and no more than one photo is in memory.
    found = [recognition.find(path, detector=options.detector) for path in options.photos]
    targets = _annotation_targets(options.annotate, options.photos) if options.annotate else []
    with _lean_imports():
        classifier = weights.load(options.model)
    readings = [recognition.classify(faces, classifier) for faces in found]
    lines = []
    for path, people in zip(options.photos, readings, strict=True):
        lines.append(f"{path}: {len(people) or 'no'} face{'' if len(people) == 1 else 's'} found")
        for person in people:
            ranked = sorted(person.probabilities.items(), key=lambda item: -item[1])[:3]
            x, y, w, h = person.as_json()["box"]
            lines.append(f"  {w}×{h} at ({x}, {y}): " + ", ".join(f"{name} {share:.0%}" for name, share in ranked))
    for target, path, people in zip(targets, options.photos, readings, strict=False):
        from PIL import Image

        from . import annotation

        with files.atomic_write(target) as stream:
            Image.fromarray(annotation.annotate(images.read_colour(path), people)).save(stream, "PNG")
        lines.append(f"{target} is written.")
    value = {
        "photos": [
            {"path": path, "faces": [person.as_json() for person in people]}
            for path, people in zip(options.photos, readings, strict=True)
        ]
    }
    return value, "\n".join(lines), 0


def _watch(options: argparse.Namespace) -> Outcome:
    from . import commands_watch

    return commands_watch.watch(options, _progress())


@contextlib.contextmanager
def _lean_imports() -> Iterator[None]:
    """Keep two packages from being imported: Keras does it only to offer something for them, for a third of its own
    start-up time.

    In a command's process alone, where nothing uses those offers. Both can be imported as ever afterwards.
    """
    unused = [name for name in ("sklearn", "matplotlib") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(unused))  # None there makes an import fail as if the package were not installed
    try:
        yield
    finally:
        for name in unused:
            del sys.modules[name]


def _annotation_targets(folder: str, photos: list[str]) -> list[Path]:
    """Where each annotated photo goes: its own name with .png; two photos of one name would overwrite each other."""
    targets = [Path(folder) / f"{Path(photo).stem}_emotions.png" for photo in photos]
    twice = {target.name for target in targets if targets.count(target) > 1}
    if twice:
        raise CourseError(f"Two photos would both be written as {min(twice)}: annotate them in two calls.")
    return targets


def _models(options: argparse.Namespace) -> Outcome:
    from . import weights

    rows = weights.shipped()
    lines = [f"{'name':<12}{'classes':>8}{'parameters':>12}{'bytes':>11}  input"]
    lines += [f"{r['name']:<12}{r['classes']:>8}{r['parameters']:>12,}{r['bytes']:>11,}  {r['input']}" for r in rows]
    return rows, "\n".join(lines), 0


def _twin_fit(options: argparse.Namespace) -> Outcome:
    from . import twin_fit

    train = _open_data(options).split("train")
    value = twin_fit.write(train.landmarks, train.labels, train.detected, options.out, seed=options.seed)
    return value, f"The twin is in {options.out}, fitted on {len(train):,} pictures.", 0


def _twin_check(options: argparse.Namespace) -> Outcome:
    from . import twin_fit

    data = _open_data(options)
    value = twin_fit.check(data.validation, seed=options.seed)
    return value, twin_fit.sentences(value), 0


def _results(options: argparse.Namespace) -> Outcome:
    from . import results

    if options.ship and not options.add:
        raise CourseError("--ship needs the run whose weights are to ship: name its folder with --add.")
    root = Path.cwd()
    if not (root / "data" / "twin").is_dir():
        raise CourseError(f"{root} is no checkout of the course, since it has no data/twin: change to one.")
    written = results.publish(options.add, root / "data", ship=options.ship) if options.add else []
    if results.update_readme(root / "README.md", root / "data" / "results"):
        written.append(root / "README.md")
    paths = [str(path.relative_to(root)) for path in written]
    return {"written": paths}, "\n".join(paths) or "The README agrees with data/results/.", 0


def _lessons(options: argparse.Namespace) -> Outcome:
    from . import authoring, hosting

    root = Path.cwd()
    if options.check:
        problems = authoring.stale(root)
        return (
            {"stale": problems},
            "\n".join(problems) or "Every notebook agrees with its source.",
            1 if problems else 0,
        )
    if options.repository:
        hosting.set_repository(root, options.repository)
    written = [str(path) for path in authoring.build(root, options.execute)]
    return {"written": written}, "\n".join(written), 0


def _grade(options: argparse.Namespace) -> Outcome:
    from .grading import command

    return command.run(options, _progress())


_COMMANDS = {
    "doctor": _doctor,
    "data info": _data_info,
    "data audit": _data_audit,
    "data votes": _data_votes,
    "data download": _data_download,
    "preprocess": _preprocess,
    "train": _train,
    "evaluate": _evaluate,
    "predict": _predict,
    "watch": _watch,
    "models": _models,
    "twin fit": _twin_fit,
    "twin check": _twin_check,
    "results": _results,
    "lessons": _lessons,
    "grade": _grade,
}
