"""The commands that need a checkout of the course: lessons, grade, twin, results, leaderboard, ablation."""

import os
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

from click import Choice, IntRange, UsageError, argument, option

from ..errors import CourseError
from .options import FILE, Outcome, Source, checkout, command, course_tool, group, progress, seed_option, source_option


@command
@option("--check", is_flag=True, help="change nothing; say what is out of date")
@option("--execute", is_flag=True, help="run every solution again, also those that did not change")
@option("--repository", metavar="OWNER/NAME", help="first set the course's address on GitHub, for Binder and Colab")
def lessons(check: bool, execute: bool, repository: str | None) -> Outcome:
    """Make the notebooks of lessons/ and solutions/ again from their sources (in a checkout)."""
    if check + execute + bool(repository) > 1:
        raise UsageError("--check, --execute and --repository exclude one another")
    sources = course_tool("authoring.sources")
    root = Path.cwd()
    if check:
        stale = sources.stale(root)
        return {"stale": stale}, "\n".join(stale) or "Every notebook agrees with its source.", 1 if stale else 0
    if repository:
        course_tool("authoring.hosting").set_repository(root, repository)
    written = [str(path) for path in sources.build(root, execute)]
    return {"written": written}, "\n".join(written), 0


@command
@argument("folder", type=FILE)
@option("--out", type=FILE, default="grades", metavar="FOLDER", help="folder to write to; default grades")
@option("--lesson", type=IntRange(0, 99), help="the lesson that was handed in; default any")
@option("--seconds", type=IntRange(1, 86_400), default=600, help="limit of one notebook; default 600")
@option("--cell-seconds", type=IntRange(1, 86_400), default=120, help="limit of one cell; default 120")
@option("--memory", type=IntRange(64, 1 << 20), default=3072, help="MB of one notebook; default 3072")
@option("--workers", type=IntRange(1, 256), help="notebooks at once; default one a core")
@option("--trust-submissions", is_flag=True, help="grade without isolation where this system has no engine for it")
def grade(**options: object) -> Outcome:
    """Grade a folder of submissions, also in subfolders a student, to a table and a page (in a checkout)."""
    return course_tool("grading.grade").run(SimpleNamespace(**options), progress())


@command
@source_option("fer2013")
@seed_option
@option("--out", type=FILE, required=True, metavar="FOLDER", help="folder to write twin.npz and twin.json to")
def fit(source: Source, seed: int, out: str) -> Outcome:
    """Fit the twin on FER2013's Training images."""
    twin_fit = course_tool("twin_fit")
    train = source.open().split("train")
    value = twin_fit.write(train.landmarks, train.labels, train.detected, out, seed=seed)
    return value, f"The twin is in {out}, fitted on {len(train):,} images.", 0


@command
@source_option("fer2013")
@seed_option
def check(source: Source, seed: int) -> Outcome:
    """Measure the twin: drawing speed, detection, landmark error, transfer to real images."""
    twin_check = course_tool("twin_check")
    value = twin_check.check(source.open().validation, seed=seed, progress=progress())
    return value, twin_check.sentences(value), 0


twin = group("twin", "Fit or check the landmark twin (in a checkout).", fit, check)


@command
@option("--add", type=FILE, metavar="FOLDER", help="first take over the record and figures of this finished run")
@option("--ship", is_flag=True, help="with --add: its weights become the ones that ship")
def results(add: str | None, ship: bool) -> Outcome:
    """Make the README's results table again from data/results/ (in a checkout)."""
    if ship and not add:
        raise CourseError("--ship needs the run whose weights are to ship: name its folder with --add.")
    root, tables = checkout(), course_tool("reference.publishing")
    written = tables.publish(add, root / "data", ship=ship) if add else []
    if tables.update_readme(root / "README.md", root / "data" / "results"):
        written.append(root / "README.md")
    paths = [str(path.relative_to(root)) for path in written]
    return {"written": paths}, "\n".join(paths) or "The README agrees with data/results/.", 0


@command
@source_option("fer2013")
@option("--split", type=Choice(("validation", "test")), default="validation", help="default validation")
@option("--rounds", type=IntRange(0, 10_000), default=100, help="timed calls a model; default 100; 0 keeps the times")
@option("--only", multiple=True, metavar="NAME", help="measure this model, at most time the others; may be repeated")
def leaderboard(source: Source, split: str, rounds: int, only: Sequence[str]) -> Outcome:
    """Measure every model that ships, and the package fer where it is installed (in a checkout)."""
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # a face's time is that of one core; read when TensorFlow loads
    root, boards = checkout(), course_tool("reference.leaderboard")
    into = root / "data" / "results"
    board = boards.measure(
        boards.candidates(), source.open, split, rounds=rounds, progress=progress(), only=only, before=into
    )
    path = boards.write(board, into).relative_to(root)
    lines = [
        f"{row['model']:<12}{row['report']['accuracy']:>7.1%}  with views {row['views']['accuracy']:.1%}  "
        + ("not timed" if row["milliseconds"] is None else f"{row['milliseconds']:.2f} ms a face")
        for row in board["rows"]
    ]
    return board, "\n".join([*lines, f"{path} is written: `emocourse results` puts it into the README."]), 0


@command
@source_option("fer2013")
@option("--epochs", type=IntRange(1, 1000), default=12, help="of each run; default 12")
@option("--seeds", type=IntRange(1, 20), default=1, help="runs of each option; default 1")
@option("--only", multiple=True, metavar="NAME", help="this option; may be given several times")
def ablation(source: Source, epochs: int, seeds: int, only: Sequence[str]) -> Outcome:
    """Train tiny with one option of its recipe at a time, and write the table (in a checkout)."""
    from ..results import ablation_table

    root, studies = checkout(), course_tool("reference.ablation")
    dataset = source.open()
    folder = Path("runs") / f"ablation-{dataset.name}"
    value = studies.measure(
        dataset, folder, epochs=epochs, seeds=range(seeds), names=list(only) or None, progress=progress()
    )
    path = studies.write(value, root / "data" / "results").relative_to(root)
    return value, f"{ablation_table(value)}\n\n{path} is written.", 0


COMMANDS = (lessons, grade, twin, results, leaderboard, ablation)
