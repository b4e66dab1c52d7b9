"""The ``emocourse`` command.

Every command prints for people, or with ``--json`` one object on standard output. Progress and errors go to standard
error. Exit status: 0 done, 1 a check did not pass, or a photo or the rest of a film could not be read, 2 something is
wrong that one sentence names, 130 stopped by Ctrl-C. Whatever is heavy is imported inside the commands, so that help
and mistakes cost nothing.
"""

import dataclasses
import errno
import glob
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from click import Choice, FloatRange, IntRange, argument, option

from .. import __version__
from ..errors import CourseError
from . import data, models, tools
from .options import FILE, OLD_NAMES, Outcome, command, group, jitters_option, lean_imports, progress


@command
def doctor() -> Outcome:
    """Check the set-up: Python, packages, Keras' settings, the landmark model, memory, disk, data."""
    from .. import doctor

    checks = doctor.check()
    ok = all(check["ok"] for check in checks)
    return {"ok": ok, "checks": checks}, doctor.report(checks), 0 if ok else 1


@command
@argument("photos", nargs=-1, required=True, type=FILE, metavar="PHOTO...")
@option("--model", type=FILE, help="a name of `emocourse models`, or a weights file; default the live demo's")
@option("--detector", type=Choice(("hog", "haar")), default="hog", help="dlib's HOG (default) or OpenCV's Haar")
@option(
    "--smallest", type=IntRange(20, 10_000), metavar="PIXELS",
    help="width of the smallest faces to look for; default 40, or 1/48 of the photo's longer side where that is more; "
    "half as small takes four times as long",
)  # fmt: skip
@jitters_option()
@option("--annotate", type=FILE, metavar="FOLDER", help="also write each photo with boxes and emotions there")
def predict(
    photos: Sequence[str], model: str | None, detector: str, smallest: int | None, num_jitters: int | None,
    annotate: str | None,
) -> Outcome:  # fmt: skip
    """Find the faces of photos and read their emotions; of a photo that cannot be read, say why and go on."""
    from tqdm import tqdm

    from .. import recognition
    from ..models import weights

    photos = [path for word in photos for path in _matching(word)]
    targets = _annotation_targets(annotate, photos) if annotate else {}
    # Every photo goes through detection before the model loads: where none can be read, nobody waits for it. And no
    # more than one photo is in memory.
    found, broken = {}, {}
    for path in tqdm(photos, unit=" photos", disable=len(photos) == 1 or not progress()):
        try:
            found[path] = recognition.find(path, detector=detector, smallest=smallest, turned=True)
        except CourseError as error:
            broken[path] = str(error)
    if not found:
        *others, last = broken.values()
        _say(*others)
        raise CourseError(last)
    _say(*broken.values())
    with lean_imports():
        classifier = weights.load(model or weights.DEFAULT)
    jitters = num_jitters or classifier.num_jitters
    readings = {path: recognition.classify(faces, classifier, jitters) for path, faces in found.items()}
    lines = [line for path in photos if path in readings for line in _in_words(path, readings[path])]
    for path in targets:
        if path in readings:
            _annotate(path, readings[path], max((one.scale for one in found[path]), default=1), targets[path])
            lines.append(f"{targets[path]} is written.")
    rows = [
        {"path": path, "error": broken[path]}
        if path in broken
        else {"path": path, "faces": [person.as_json() for person in readings[path]]}
        for path in photos
    ]
    return {"photos": rows}, "\n".join(lines), 1 if broken else 0


def _matching(word: str) -> list[str]:
    """The files that an argument names: where it is no file itself, its wildcards are ours to replace, since the shells
    of Windows leave them."""
    if not glob.has_magic(word) or os.path.lexists(word):
        return [word]
    folder, name = os.path.split(word)
    found = sorted(glob.glob(word)) or sorted(glob.glob(os.path.join(glob.escape(folder), name)))
    if not found:
        raise CourseError(f"No file is named like {word}: check the path.")
    return found


def _annotation_targets(folder: str, photos: Sequence[str]) -> dict[str, Path]:
    """Where each annotated photo goes: its own name with .png; two photos of one name would overwrite each other."""
    targets = {photo: Path(folder) / f"{Path(photo).stem}_emotions.png" for photo in photos}
    names = [targets[photo].name for photo in photos]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise CourseError(f"Two photos would both be written as {min(twice)}: annotate them in two calls.")
    return targets


def _in_words(path: str, people: Sequence[Any]) -> list[str]:
    """What was read from a photo, a line a face."""
    lines = [f"{path}: {len(people) or 'no'} face{'' if len(people) == 1 else 's'} found"]
    for person in people:
        ranked = sorted(person.probabilities.items(), key=lambda item: -item[1])[:3]
        x, y, w, h = person.as_json()["box"]
        turned = f", turned clockwise by {person.rotated}°" if person.rotated else ""
        lines.append(f"  {w}×{h} at ({x}, {y}){turned}: " + ", ".join(f"{name} {share:.0%}" for name, share in ranked))
    return lines


def _annotate(path: str, people: Sequence[Any], scale: int, target: Path) -> None:
    """Write a photo with the boxes and emotions of its people; one that was reduced for reading, as small as it was."""
    from PIL import Image

    from ..faces import annotation
    from ..files import images, store

    off = (1 - scale) / 2, (1 - scale) / 2, 0, 0  # the middle of a pixel is a whole number, in large and in small
    boxes = [tuple((value + by) / scale for value, by in zip(person.box, off, strict=True)) for person in people]
    people = [dataclasses.replace(person, box=box) for person, box in zip(people, boxes, strict=True)]
    with store.atomic_write(target) as stream:
        Image.fromarray(annotation.annotate(images.read_colour(path), people)).save(stream, "PNG")


@command
@argument("film", type=FILE, metavar="VIDEO")
@option("--out", type=FILE, required=True, metavar="FILE.csv", help="timeline to write: a row a person and time")
@option("--video", type=FILE, metavar="FILE.mp4", help="also write the film with boxes and emotions")
@option("--model", type=FILE, help="a name of `emocourse models`, or a weights file; default the live demo's")
@option(
    "--every", type=FloatRange(0, 86_400), default=0.0, metavar="SECONDS",
    help="read a frame so often; default every frame",
)  # fmt: skip
@option("--drowsiness", is_flag=True, help="also watch eyes and mouth for drowsiness")
def watch(film: str, out: str, video: str | None, model: str | None, every: float, drowsiness: bool) -> Outcome:
    """Follow the people of a film (.mp4, .avi, .webm …) and write what each shows, and when."""
    from ..live import film as films
    from ..live.engine import Engine

    if every != every:
        raise CourseError("--every takes a number of seconds, not nan: see `emocourse watch --help`.")
    engine = Engine(model, drowsiness=drowsiness)
    value = films.watch(film, engine, out, video, every=every, drowsiness=drowsiness, progress=progress())
    n = len(value["people"])
    people = "person" if n == 1 else "people"
    lines = [f"{film}: {value['frames']:,} frames, {value['seconds']:.1f} s, {n or 'no'} {people}"]
    for person in value["people"]:
        ranked = ", ".join(f"{name} {share:.0%}" for name, share in list(person["emotions"].items())[:3])
        lines.append(f"  person {person['id']}, {person['first']:.1f} to {person['last']:.1f} s: {ranked}")
    lines += [f"{path} is written." for path in (value["timeline"], value["video"]) if path]
    _say(*([value["problem"]] if value["problem"] else []), *value["warnings"])
    return {"path": film, "model": engine.classifier.name, **value}, "\n".join(lines), 0 if value["complete"] else 1


emocourse = group(
    "emocourse", "Facial emotion recognition with deep learning: the course's command.",
    doctor, predict, watch, *data.COMMANDS, *models.COMMANDS, *tools.COMMANDS, max_content_width=120,
    token_normalize_func=lambda name: OLD_NAMES.get(name, name),  # click asks it for the name of every option
)  # fmt: skip
emocourse = click.version_option(__version__, message="emocourse %(version)s")(emocourse)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a path may hold what the terminal's encoding has not
            stream.reconfigure(errors="backslashreplace")
    try:
        words = list(sys.argv[1:] if arguments is None else arguments)
        with emocourse.make_context("emocourse", words) as context:
            return emocourse.invoke(context)
    except click.exceptions.Exit as ended:  # after --help
        return ended.exit_code
    except click.UsageError as error:
        _say(_usage(error))
    except CourseError as error:
        _say(str(error))
    except KeyboardInterrupt:
        _say("Stopped; the same command goes on from here.")
        return 130
    except MemoryError:
        _say("There is not enough memory for this: close other programs or use a smaller input.")
    except BrokenPipeError:  # the reader of our output left (`| head`): nothing to say, and nobody to say it to
        _drop_output()
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO):  # all else has become a CourseError where it came up
            raise
        _drop_output()
        _say(f"The result cannot be written ({error.strerror}): free some space.")
    return 2


def _say(*sentences: str) -> None:
    if sys.stderr is not None:
        for sentence in sentences:
            print(" ".join(sentence.split()), file=sys.stderr)


def _usage(error: click.UsageError) -> str:
    """One sentence instead of a usage block."""
    text = " ".join(error.format_message().split()).rstrip(".")
    text = re.sub(r"\.? \(?Did you mean ([^?]*)\?\)?$", r" (did you mean \1?)", text)
    return f"{text}: see `{error.ctx.command_path if error.ctx else 'emocourse'} --help`."


def _drop_output() -> None:
    """What could not be printed is dropped, or Python would try it again at its end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
