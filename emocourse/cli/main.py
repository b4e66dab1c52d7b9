"""The ``emocourse`` command: what it understands. What each command does is in ``commands.py``.

Every command prints for people, or with ``--json`` one object on standard output. Progress and errors go to standard
error. Exit status: 0 done, 1 a check did not pass, 2 something is wrong that one sentence names, 130 stopped by Ctrl-C.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from .. import __version__
from ..errors import CourseError


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One sentence instead of argparse's usage block."""
        raise CourseError(f"{message[:1].upper()}{message[1:]}: see `{self.prog} --help`.")


def _whole(low: int, high: int):
    def whole(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{value} is not between {low} and {high}")
        return value

    return whole


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds") from None
    if not 0 <= value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 86,400 seconds")
    return value


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = _Parser(
        prog="emocourse", description="Facial emotion recognition with deep learning: the course's command."
    )
    parser.add_argument("--version", action="version", version=f"emocourse {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)

    def command(name: str, text: str, parent=commands) -> argparse.ArgumentParser:
        added = parent.add_parser(name, help=text, description=text)
        added.add_argument("--json", action="store_true", help="print one JSON object instead of text")
        return added

    def data_option(added: argparse.ArgumentParser, default: str = "twin") -> None:
        added.add_argument(
            "--data", default=default, metavar="PATH",
            help=f"twin, fer2013 (from EMOCOURSE_FER2013 or the cache), or a FER2013 file or folder; default {default}",
        )  # fmt: skip
        added.add_argument("--skip-bad", action="store_true", help="leave out rows that cannot be used, and count them")

    def seed_option(added: argparse.ArgumentParser) -> None:
        added.add_argument("--seed", type=_whole(0, 2**31 - 1), default=0, help="default 0")

    def workers_option(added: argparse.ArgumentParser) -> None:
        added.add_argument("--workers", type=_whole(1, 256), help="processes for the preprocessing; default one a core")

    def boxes_option(added: argparse.ArgumentParser, default: int | None = None) -> None:
        added.add_argument(
            "--boxes", type=_whole(1, 12), default=default,
            help=f"landmarks are the mean over so many boxes, 1 to 12; default {default or 'as the model was trained'}",
        )  # fmt: skip

    command("doctor", "Check the set-up: Python, packages, the landmark model, memory, disk, data.")

    data = commands.add_parser(
        "data", help="Read, check or download FER2013.", description="Read, check or download FER2013."
    )
    kinds = data.add_subparsers(dest="kind", metavar="ACTION", required=True, parser_class=_Parser)
    for name, text in (
        ("info", "Read and check a dataset; say how many pictures of each emotion it has."),
        ("audit", "Count exact duplicates, within and across splits, and those with different labels."),
    ):
        data_option(command(name, text, kinds), "fer2013")
    votes = command("votes", "Measure how far people agree about FER2013's pictures, from the FER+ votes.", kinds)
    data_option(votes, "fer2013")
    votes.add_argument(
        "--votes", metavar="FILE", help="FER+'s fer2013new.csv; default EMOCOURSE_FERPLUS, then beside FER2013"
    )
    votes.add_argument("--out", metavar="FILE.json", help="also write the record, numbers only")
    download = command(
        "download", "Get FER2013 from Kaggle (needs an account and the extra emocourse[download]).", kinds
    )
    download.add_argument("--out", metavar="FILE", help="where to put it; default the cache, where fer2013 finds it")

    preprocess = command("preprocess", "Find the face and the landmarks in every picture.")
    data_option(preprocess)
    workers_option(preprocess)
    boxes_option(preprocess, 1)
    preprocess.add_argument("--out", required=True, metavar="FILE.npz", help="file to write")

    train = command("train", "Train a model; run it again to go on where it stopped.")
    train.add_argument("model", metavar="MODEL", help="name of a recipe: slides, tiny")
    data_option(train)
    seed_option(train)
    workers_option(train)
    train.add_argument("--out", metavar="FOLDER", help="folder of the run; default runs/MODEL-DATA-SEED")
    train.add_argument("--epochs", type=_whole(1, 100_000), help="default the recipe's")
    train.add_argument("--batch", type=_whole(1, 100_000), help="default the recipe's")
    train.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE",
        help="change an option of the recipe, for example mixup=0.2 or mirror=true; may be given several times",
    )  # fmt: skip
    train.add_argument(
        "--precision", choices=("auto", "float32", "bfloat16"), default="auto", help="default auto: the faster"
    )

    evaluate = command("evaluate", "Measure a model on a split.")
    evaluate.add_argument(
        "model", metavar="MODEL", help="a name of `emocourse models`, a weights file (.npz), or fer-package"
    )
    data_option(evaluate)
    workers_option(evaluate)
    evaluate.add_argument(
        "--split", choices=("train", "validation", "test"), default="validation", help="default validation"
    )
    boxes_option(evaluate)
    evaluate.add_argument("--predictions", metavar="FILE.csv", help="also write a row a picture")
    evaluate.add_argument("--tta", action="store_true", help="average over nine crops and their mirrors")
    evaluate.add_argument(
        "--robustness", action="store_true",
        help="also measure with blur, noise, little light, JPEG, rotation, and covered eyes or mouth",
    )  # fmt: skip

    ensemble = command("ensemble", "Average two to five trained models into one.")
    ensemble.add_argument("runs", nargs="+", metavar="RUN", help="folder of a finished run")
    data_option(ensemble)
    workers_option(ensemble)
    ensemble.add_argument("--out", metavar="FOLDER", help="folder to write; default runs/ensemble-DATA-0")

    predict = command("predict", "Find the faces of photos and read their emotions.")
    predict.add_argument("photos", nargs="+", metavar="PHOTO", help="picture files")
    predict.add_argument(
        "--model", default="slides", help="a name of `emocourse models`, or a weights file; default slides"
    )
    predict.add_argument(
        "--detector", choices=("hog", "haar"), default="hog", help="dlib's HOG (default) or OpenCV's Haar"
    )
    boxes_option(predict)
    predict.add_argument(
        "--annotate", metavar="FOLDER", help="also write each photo with boxes and emotions into this folder"
    )

    watch = command("watch", "Follow the people of a film and write what each shows, and when.")
    watch.add_argument("video_file", metavar="VIDEO", help="any film that OpenCV reads, such as .mp4, .avi or .webm")
    watch.add_argument("--out", required=True, metavar="FILE.csv", help="timeline to write: a row a person and time")
    watch.add_argument("--video", metavar="FILE.mp4", help="also write the film with boxes and emotions")
    watch.add_argument("--model", help="a name of `emocourse models`, or a weights file; default the live demo's")
    watch.add_argument(
        "--every", type=_seconds, default=0.0, metavar="SECONDS", help="read a frame so often; default every frame"
    )
    watch.add_argument("--drowsiness", action="store_true", help="also watch eyes and mouth for drowsiness")

    board = command(
        "leaderboard", "Measure every model that ships, and the package fer where it is installed (in a checkout)."
    )
    data_option(board, "fer2013")
    workers_option(board)
    board.add_argument("--split", choices=("validation", "test"), default="validation", help="default validation")
    board.add_argument("--rounds", type=_whole(1, 10_000), default=100, help="timed calls a model; default 100")

    ablation = command(
        "ablation", "Train tiny with one option of its recipe at a time, and write the table (in a checkout)."
    )
    data_option(ablation, "fer2013")
    workers_option(ablation)
    ablation.add_argument("--epochs", type=_whole(1, 1000), default=12, help="of each run; default 12")
    ablation.add_argument("--seeds", type=_whole(1, 20), default=1, help="runs of each option; default 1")
    ablation.add_argument("--only", action="append", metavar="NAME", help="this option; may be given several times")

    command("models", "List the models that ship with weights.")

    twin = commands.add_parser(
        "twin", help="Fit, check or draw the landmark twin.", description="Fit, check or draw the landmark twin."
    )
    kinds = twin.add_subparsers(dest="kind", metavar="ACTION", required=True, parser_class=_Parser)
    fit = command("fit", "Fit the twin on FER2013's Training pictures.", kinds)
    data_option(fit, "fer2013")
    seed_option(fit)
    workers_option(fit)
    fit.add_argument("--out", required=True, metavar="FOLDER", help="folder to write twin.npz and twin.json to")
    check = command(
        "check", "Measure the twin: drawing speed, detection, landmark error, transfer to real pictures.", kinds
    )
    data_option(check, "fer2013")
    seed_option(check)
    workers_option(check)

    results = command("results", "Make the README's results table again from data/results/ (in a checkout).")
    results.add_argument(
        "--add", metavar="FOLDER", help="first take over the record and the figures of this finished run"
    )
    results.add_argument("--ship", action="store_true", help="with --add: its weights become the ones that ship")

    lessons = command(
        "lessons", "Make the notebooks of lessons/ and solutions/ again from their sources (in a checkout)."
    )
    mode = lessons.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="change nothing; say what is out of date")
    mode.add_argument("--execute", action="store_true", help="run every solution again, also those that did not change")
    mode.add_argument(
        "--repository", metavar="OWNER/NAME", help="first set the course's address on GitHub, for Binder and Colab"
    )

    grade = command("grade", "Grade a folder of submissions to a table and a page (in a checkout).")
    grade.add_argument("folder", metavar="FOLDER", help="notebooks, also in subfolders a student; they are not changed")
    grade.add_argument("--out", default="grades", metavar="FOLDER", help="folder to write to; default grades")
    grade.add_argument("--lesson", type=_whole(0, 99), help="the lesson that was handed in; default any")
    grade.add_argument("--seconds", type=_whole(1, 86_400), default=600, help="limit of one notebook; default 600")
    grade.add_argument("--cell-seconds", type=_whole(1, 86_400), default=120, help="limit of one cell; default 120")
    grade.add_argument("--memory", type=_whole(64, 1 << 20), default=3072, help="MB of one notebook; default 3072")
    grade.add_argument("--workers", type=_whole(1, 256), help="notebooks at once; default one a core")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a path may hold what the terminal's encoding has not
            stream.reconfigure(errors="backslashreplace")
    try:
        options = build_parser().parse_args(arguments)
        from . import commands

        return commands.run(options)
    except CourseError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; the same command goes on from here.", file=sys.stderr)
        return 130
    except MemoryError:
        print("There is not enough memory for this: close other programs or use a smaller input.", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output left (`| head`): nothing to say, and nobody to say it to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
