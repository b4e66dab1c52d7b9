"""What each command of ``emocourse`` does. A command returns (object for --json, text for people, exit status)."""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import CourseError
from ..files import store as files
from . import models as commands_models
from .options import Outcome, checkout, lean_imports, open_data, progress


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
    from .. import doctor

    checks = doctor.check()
    ok = all(check["ok"] for check in checks)
    return {"ok": ok, "checks": checks}, doctor.report(checks), 0 if ok else 1


def _read_fer2013(options: argparse.Namespace) -> Any:
    from ..dataset import fer2013

    path = None if options.data == "fer2013" else options.data
    return fer2013.read(path, skip_bad=options.skip_bad, progress=progress())


def _table(counts: dict[str, dict[str, int]]) -> str:
    emotions = list(next(iter(counts.values())))
    lines = [" " * 11 + "".join(f"{name:>11}" for name in [*emotions, "all"])]
    for split, row in counts.items():
        lines.append(f"{split:<11}" + "".join(f"{n:>11,}" for n in [*row.values(), sum(row.values())]))
    return "\n".join(lines)


def _data_info(options: argparse.Namespace) -> Outcome:
    if options.data == "twin":
        from ..dataset import splits as dataset

        data = dataset.load("twin", progress=progress())
        value = {"source": "twin", "counts": {s: getattr(data, s).counts() for s in ("train", "validation", "test")}}
        return value, _table(value["counts"]), 0
    from ..dataset import fer2013

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
    from ..dataset import fer2013

    found = fer2013.audit(_read_fer2013(options))
    text = (
        f"{_table(found['counts'])}\n{found['images_in_duplicate_groups']:,} pictures are exact copies of another, in "
        f"{found['duplicate_groups']:,} groups; {found['conflicting_groups']:,} groups carry different labels, "
        f"{found['cross_split_groups']:,} stand in more than one split."
    )
    return found, text, 0


def _data_votes(options: argparse.Namespace) -> Outcome:
    from ..dataset import ferplus
    from ..evaluation import agreement

    votes = ferplus.read_votes(agreement.find_votes(options.votes))
    found = agreement.measure(_read_fer2013(options), votes)
    text = agreement.agreement_in_words(found)
    if options.out:
        agreement.write(found, options.out)
        text += f"\n{options.out} is written."
    return found, text, 0


def _data_download(options: argparse.Namespace) -> Outcome:
    from ..dataset import fer2013

    path = fer2013.download(options.out, progress=progress())
    return {"path": str(path)}, f"FER2013 is in {path}.", 0


def _preprocess(options: argparse.Namespace) -> Outcome:
    from ..dataset import splits as dataset
    from ..faces import preprocessing

    if Path(options.out).suffix != ".npz":
        raise CourseError(f"The file to write must end in .npz, not {Path(options.out).name!r}: change --out.")
    if options.data == "twin":
        images, labels, split, rows = dataset.draw_twin(dataset.TWIN_SIZES, seed=0, progress=progress())
    else:
        data = _read_fer2013(options)
        images, labels, split, rows = data.images, data.labels, data.split, data.rows
    started = time.perf_counter()
    found = preprocessing.preprocess(images, boxes=options.boxes, workers=options.workers, progress=progress())
    seconds = time.perf_counter() - started
    with files.atomic_write(options.out) as stream:
        np.savez(stream, images=images, labels=labels, split=split, rows=rows, **vars(found))
    n, n_detected = len(labels), int(found.detected.sum())
    value = {"n": n, "n_detected": n_detected, "seconds": round(seconds, 3), "images_per_second": round(n / seconds, 1)}
    text = f"{n:,} pictures in {seconds:.1f} s; a face was detected in {n_detected:,} ({n_detected / n:.1%})."
    return value, f"{text}\n{options.out} is written.", 0


def _predict(options: argparse.Namespace) -> Outcome:
    from .. import recognition
    from ..files import images
    from ..models import weights

    # Every photo goes through detection before the model loads: a wrong path costs no wait, nothing is written before
    # all can be read, and no more than one photo is in memory.
    found = [recognition.find(path, detector=options.detector) for path in options.photos]
    targets = _annotation_targets(options.annotate, options.photos) if options.annotate else []
    with lean_imports():
        classifier = weights.load(options.model)
    boxes = options.boxes or classifier.boxes
    readings = [recognition.classify(faces, classifier, boxes) for faces in found]
    lines = []
    for path, people in zip(options.photos, readings, strict=True):
        lines.append(f"{path}: {len(people) or 'no'} face{'' if len(people) == 1 else 's'} found")
        for person in people:
            ranked = sorted(person.probabilities.items(), key=lambda item: -item[1])[:3]
            x, y, w, h = person.as_json()["box"]
            lines.append(f"  {w}×{h} at ({x}, {y}): " + ", ".join(f"{name} {share:.0%}" for name, share in ranked))
    for target, path, people in zip(targets, options.photos, readings, strict=False):
        from PIL import Image

        from ..faces import annotation

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
    from . import watch as commands_watch

    return commands_watch.watch(options, progress())


def _annotation_targets(folder: str, photos: list[str]) -> list[Path]:
    """Where each annotated photo goes: its own name with .png; two photos of one name would overwrite each other."""
    targets = [Path(folder) / f"{Path(photo).stem}_emotions.png" for photo in photos]
    twice = {target.name for target in targets if targets.count(target) > 1}
    if twice:
        raise CourseError(f"Two photos would both be written as {min(twice)}: annotate them in two calls.")
    return targets


def _twin_fit(options: argparse.Namespace) -> Outcome:
    from course_tools import twin_fit

    train = open_data(options).split("train")
    value = twin_fit.write(train.landmarks, train.labels, train.detected, options.out, seed=options.seed)
    return value, f"The twin is in {options.out}, fitted on {len(train):,} pictures.", 0


def _twin_check(options: argparse.Namespace) -> Outcome:
    from course_tools import twin_fit

    data = open_data(options)
    value = twin_fit.check(data.validation, seed=options.seed)
    return value, twin_fit.sentences(value), 0


def _results(options: argparse.Namespace) -> Outcome:
    from course_tools.reference import publishing as results

    if options.ship and not options.add:
        raise CourseError("--ship needs the run whose weights are to ship: name its folder with --add.")
    root = checkout()
    written = results.publish(options.add, root / "data", ship=options.ship) if options.add else []
    if results.update_readme(root / "README.md", root / "data" / "results"):
        written.append(root / "README.md")
    paths = [str(path.relative_to(root)) for path in written]
    return {"written": paths}, "\n".join(paths) or "The README agrees with data/results/.", 0


def _lessons(options: argparse.Namespace) -> Outcome:
    from course_tools.authoring import hosting
    from course_tools.authoring import sources as authoring

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
    from course_tools.grading import grade as command

    return command.run(options, progress())


_COMMANDS = {
    "doctor": _doctor,
    "data info": _data_info,
    "data audit": _data_audit,
    "data votes": _data_votes,
    "data download": _data_download,
    "preprocess": _preprocess,
    "train": commands_models.train,
    "evaluate": commands_models.evaluate,
    "ensemble": commands_models.ensemble,
    "predict": _predict,
    "watch": _watch,
    "models": commands_models.models,
    "leaderboard": commands_models.leaderboard,
    "ablation": commands_models.ablation,
    "twin fit": _twin_fit,
    "twin check": _twin_check,
    "results": _results,
    "lessons": _lessons,
    "grade": _grade,
}
