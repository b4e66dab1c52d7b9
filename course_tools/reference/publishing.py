"""A finished run becomes part of the course's data, and the README's table says so."""

import os
from pathlib import Path

from emocourse.files.store import atomic_write
from emocourse.models.weights import RUN_FILE, SUFFIX
from emocourse.results import leaderboard, records, tables

from .. import marks

START, END = "<!-- results:start -->", "<!-- results:end -->"
"""Marks in the README; what lies between them is made from the records."""

SHORT = 4
"""Columns of the leaderboard that the README has: model, classes, n, accuracy. The site's page has all."""


def publish(run: str | os.PathLike, data: str | os.PathLike, ship: bool = False) -> list[Path]:
    """Take a finished run's record over into the course's data, and draw its figures there.

    Args:
        run: the folder that `emocourse train` wrote.
        data: the checkout's folder ``data``.
        ship: also make the run's weights the ones that ship for its model.

    Returns:
        The files written.

    Raises:
        CourseError: the folder holds no record of a finished run, or more than one.
    """
    value = records.read_run(run)
    into = Path(data) / "results"
    written = [records.write(value, into), *records.write_figures(value, into)]
    if ship:
        target = Path(data) / "weights" / f"{value['model']}{SUFFIX}"
        with atomic_write(target) as stream:
            stream.write((Path(run) / RUN_FILE).read_bytes())
        written.append(target)
    return written


def _made(source: str | os.PathLike | None) -> str:
    """The README's table: the leaderboard's models and people, in few columns; without a leaderboard, the runs."""
    runs = records.read_all(source)
    board = leaderboard.leaderboard_tables(source or records.folder(), runs)
    if not board:
        return tables.table(runs)
    rows = [line for line in board.split("\n\n")[1].splitlines() if not line.startswith("| ---")]
    head, *short = [[cell.strip() for cell in row.strip("|").split("|")][:SHORT] for row in rows]
    return tables.markdown_table(head, [row for row in short if not row[0].startswith("always")])


def update_readme(readme: str | os.PathLike, source: str | os.PathLike | None = None) -> bool:
    """Write the results table between the README's marks; whether anything changed.

    Args:
        readme: the file.
        source: folder with the records, by default the course's own.

    Raises:
        CourseError: the file or a record cannot be used; the README is then as it was.
    """
    return marks.update(readme, START, END, _made(source))


def readme_is_fresh(readme: str | os.PathLike, source: str | os.PathLike | None = None) -> bool:
    """Whether :func:`update_readme` would leave the README as it is."""
    return marks.is_fresh(readme, START, END, _made(source))
