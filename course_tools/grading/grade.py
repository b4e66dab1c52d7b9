"""Grading a folder of submissions: each run in a box of its own, judged in another, collected into a table and a page.

This is the door. `submissions` finds and reads what was handed in, `lessons` knows what was asked, `box` shuts in,
`sandbox` runs one submission: `student` in one box, `judge` in another, over the `wire`. `report` tells.
"""

import contextlib
import hashlib
import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tqdm

from emocourse import checks
from emocourse.errors import CourseError

from ..authoring import sources as authoring
from . import report, submissions
from .box import Limits, own_name, sweep
from .lessons import Lesson, lessons, prepare, which
from .report import Grades, Row
from .sandbox import Outcome, Plan, Sandbox, working
from .submissions import Submission, clean, clean_lines

Tell = Callable[[int, int], None]
RESULTS = "results.jsonl"
"""What is graded already, a line a submission, while a grading runs; the next one goes on from there."""


@dataclass
class _Job:
    """A submission that can be run; the files beside it are read again when it is, so as not to hold a class's."""

    row: Row
    plan: Plan
    key: str
    submission: Submission


def grade(
    folder: Path,
    root: Path,
    out: Path,
    limits: Limits | None = None,
    only: int | None = None,
    workers: int = 1,
    trust: bool = False,
    tell: Tell = lambda done, total: None,
) -> Grades:
    """Grade every submission in a folder; one that misbehaves costs its own row only. The files are not changed.

    Args:
        folder: the submissions; a subfolder each student, or all in one, or a learning platform's export.
        root: a checkout of the course, with ``solutions/``.
        out: where what is done is noted, so that a grading that was killed goes on.
        limits: of each submission; None for the usual ones.
        only: the lesson that was to be handed in; any other is a problem. None takes all lessons.
        workers: how many submissions run at once.
        trust: run them as yourself, where nothing shuts them in or not.
        tell: called with (done, total) after each submission.

    Raises:
        CourseError: the folder has no files, the checkout no lessons, nothing here shuts a submission in, or the
            course's own answers do not pass here, so that no grade would mean anything.
    """
    known = lessons(root)
    if only is not None and only not in known:
        raise CourseError(f"There is no lesson {only:02}: the lessons are {', '.join(f'{n:02}' for n in known)}.")
    with contextlib.ExitStack() as stack:
        found, passed_over = submissions.find(folder, stack)
        with report.opened(out):
            pass  # what is wrong with it is said before an hour of grading, not after it
        pairs = [(Row(one.student, one.name), one) for one in found]
        jobs = [job for row, one in pairs if (job := _read(row, one, known, only))]
        used = [known[n] for n in sorted({job.row.lesson.number for job in jobs})]
        hidden = tuple(path.resolve() for path in (root / "solutions", root / "tests", root / ".git", folder, out))
        sandbox = stack.enter_context(_sandbox(trust, limits or Limits(), workers, hidden))
        _run_all(jobs, used, sandbox, workers, out / RESULTS, tell)
        rows = [row for row, _ in pairs]
        _tell_duplicates(rows, jobs)
        return Grades(rows, used, list(sandbox.engine.weaknesses), passed_over)


def _read(row: Row, submission: Submission, known: dict[int, Lesson], only: int | None) -> _Job | None:
    """Make one submission ready to run; what is wrong with it is said in its row."""
    try:
        cells, digest = submissions.read(submission)
        lesson = which(cells, known)
        if lesson is None:
            raise CourseError("It is a notebook, but none of this course: no exercise of any lesson is in it.")
        if only is not None and lesson.number != only:
            raise CourseError(f"It is lesson {lesson.number:02}, and lesson {only:02} was to be handed in.")
        plan, notes = prepare(lesson, cells)
        row.lesson = lesson
        beside = {name: hashlib.sha256(data).hexdigest() for name, data in submissions.beside(submission).items()}
        row.notes += [clean(note) for note in submission.notes + notes]
        return _Job(row, plan, json.dumps([digest, plan.cells, beside]), submission)
    except Exception as error:  # whatever it is, it costs this row only
        row.problem = _sentence(error)
        return None


def _sentence(error: Exception) -> str:
    return clean(error) if isinstance(error, CourseError) else f"It cannot be graded ({clean(repr(error), 200)})."


@contextlib.contextmanager
def _sandbox(trust: bool, limits: Limits, workers: int, hidden: tuple[Path, ...]) -> Iterator[Sandbox]:
    """What all boxes have in common, with a cache that the course's own answers fill for all."""
    sweep()
    # Others of this machine cannot look into it, but the user that runs in a box can.
    with tempfile.TemporaryDirectory(prefix=own_name(), ignore_cleanup_errors=True) as outside:
        shared = Path(outside) / "cache"
        shared.mkdir()
        shared.chmod(0o777)
        yield working(trust, limits, max(1, (os.cpu_count() or 1) // workers), shared, hidden)


def _run_all(
    jobs: list[_Job],
    used: list[Lesson],
    sandbox: Sandbox,
    workers: int,
    results: Path,
    tell: Callable[[int, int], None],
) -> None:
    known, total, done = _results(results), len(used) + len(jobs), 0
    salt = _salt(sandbox)
    for job in jobs:
        job.key = hashlib.sha256(f"{salt}{job.key}".encode()).hexdigest()
    todo = {job.key: job for job in jobs if job.key not in known}.values()  # a file that was copied runs once
    for lesson in used:
        if any(job.row.lesson is lesson for job in todo):
            _prove(lesson, sandbox.run(prepare(lesson, lesson.own)[0], own=True))
        tell(done := done + 1, total)
    stop = threading.Event()
    pool = ThreadPoolExecutor(workers)
    try:
        with results.open("a", encoding="utf-8") as stream:
            runs = {pool.submit(_outcome, sandbox, job, stop): job for job in todo}
            tell(done := total - len(runs), total)
            for run in as_completed(runs):
                known[runs[run].key] = run.result()
                stream.write(json.dumps({"key": runs[run].key, "outcome": asdict(run.result())}) + "\n")
                stream.flush()
                tell(done := done + 1, total)
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
    for job in jobs:
        _take(job.row, known[job.key])


def _outcome(sandbox: Sandbox, job: _Job, stop: threading.Event) -> Outcome:
    try:
        return sandbox.run(Plan(job.plan.cells, submissions.beside(job.submission)), stop=stop)
    except Exception as error:  # no memory, no process, no file more: it costs this row only
        return Outcome(problem=_sentence(error))


def _salt(sandbox: Sandbox) -> str:
    """What all outcomes depend on: the checks, the limits, and what shuts in."""
    folder = Path(checks.__file__).parent
    parts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))]
    return hashlib.sha256(f"{parts}{sandbox.limits}{type(sandbox.engine)}".encode()).hexdigest()


def _results(path: Path) -> dict[str, Outcome]:
    """What a grading that did not come to its end has left; its last line may be half written."""
    found = {}
    if path.is_file():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError, TypeError, KeyError):
                said = json.loads(line)
                found[said["key"]] = Outcome(**said["outcome"])
    return found


def _prove(lesson: Lesson, outcome: Outcome) -> None:
    """The course's own answers must pass here, before anybody else's are judged."""
    wrong = [n for n in lesson.exercises if outcome.verdicts.get(n, {}).get("state") not in checks.PASSED]
    if wrong:
        hint = outcome.verdicts.get(wrong[0], {}).get("hint")
        why = outcome.problem or hint or next(iter(outcome.errors), "no verdict")
        raise CourseError(
            f"The course's own answer to exercise {wrong[0]} does not pass here ({clean(why).rstrip('.')}): "
            "raise the limits, or run emocourse doctor."
        )


def _take(row: Row, outcome: Outcome) -> None:
    for number in row.lesson.exercises:
        if verdict := outcome.verdicts.get(number):
            texts = [clean_lines(text) for text in verdict["texts"]]
            beside = {name: clean_lines(verdict.get(name, "")) for name in ("model", "rubric")}
            row.verdicts[number] = {"state": verdict["state"], "hint": clean(verdict["hint"]), "texts": texts, **beside}
    row.problem, row.seconds = clean(outcome.problem), outcome.seconds
    if errors := len(outcome.errors):
        row.notes.append(f"{errors} cell{'s' * (errors > 1)} stopped with an error, first: {clean(outcome.errors[0])}")


def _tell_duplicates(rows: list[Row], jobs: list[_Job]) -> None:
    """Say in the notes who handed in a lesson twice, and which notebooks are the same file."""
    for row in rows:
        same = [other.name for other in rows if other is not row and row.lesson is not None
                and (other.student, other.lesson) == (row.student, row.lesson)]  # fmt: skip
        if same:
            row.notes.append(clean(f"the lesson was also handed in as {', '.join(same)}; the better counts"))
    for job in jobs:
        same = [other.row.student for other in jobs if other.key == job.key and other.row.student != job.row.student]
        if same:
            row = job.row
            row.notes.append(clean(f"the same file as that of {', '.join(same)}"))


# --- What `emocourse grade` does --------------------------------------------------------------------------------------


def run(options: Any, progress: bool) -> tuple[Any, str, int]:
    """Grade as the command's options say; (object for --json, text for people, exit status)."""
    folder, out = Path(options.folder), Path(options.out)
    if out.resolve().is_relative_to(folder.resolve()):
        raise CourseError(f"{out} lies in the folder of the submissions: give another folder with --out.")
    root = Path.cwd() if (Path.cwd() / "solutions").is_dir() else authoring.CHECKOUT
    memory = options.memory << 20
    limits = Limits(options.seconds, options.cell_seconds, memory, min(Limits.disk, memory // 2))
    trust, workers = getattr(options, "trust_submissions", False), options.workers or os.cpu_count() or 1
    with tqdm.tqdm(disable=not progress, unit="run") as bar:

        def tell(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        grades = grade(folder, root, out, limits, options.lesson, workers, trust, tell)
    for text in grades.weaknesses:
        print(f"Mind: {text}", file=sys.stderr)
    report.enter(out, grades.lessons, grades.rows)
    table, page = report.write(out, grades)
    (out / RESULTS).unlink(missing_ok=True)
    value = {**report.value(grades), "csv": str(table), "html": str(page)}
    problems = value["n_problems"]
    isolated = "" if not trust else " Nothing was isolated."
    text = f"{value['n']} submissions, {problems} of them not graded to the end: see {page}.{isolated}"
    return value, text, 1 if problems else 0
