"""What the README has of the lessons and of the course's address: the table of lessons, the link for a JupyterHub.

``python -m course_tools.site.readme`` writes both; `make lessons` runs it. Badges and the table of results are made
elsewhere (``authoring.hosting``, ``reference.publishing``).
"""

import sys
from pathlib import Path
from urllib.parse import quote

from emocourse.errors import CourseError

from .. import marks
from ..authoring import hosting
from . import pages

LESSONS = ("<!-- lessons:start -->", "<!-- lessons:end -->")
HUB = ("<!-- hub:start -->", "<!-- hub:end -->")
"""Marks in the README, before and after what is made."""

_UNSET = "This copy of the course does not name its public address yet, so there is no link."


def hub_link(root: Path) -> str:
    """The link that brings the lessons into every student's folder on a JupyterHub, by nbgitpuller."""
    address = hosting.repository(root)
    if address is None:
        return _UNSET
    folder = address.partition("/")[2]
    repository = quote(f"https://github.com/{address}", safe="")
    place = quote(f"lab/tree/{folder}/lessons/00_start_here.ipynb", safe="")
    return f"`HUB/hub/user-redirect/git-pull?repo={repository}&branch={hosting.BRANCH}&urlpath={place}`"


def blocks(root: Path = pages.ROOT) -> dict[tuple[str, str], str]:
    """What stands between which marks."""
    return {LESSONS: pages.lessons_table(root), HUB: hub_link(root)}


def update(root: Path = pages.ROOT) -> bool:
    """Write the README's parts; whether anything changed.

    Raises:
        CourseError: the README lacks a mark.
    """
    changed = [marks.update(root / "README.md", *ends, made) for ends, made in blocks(root).items()]
    return any(changed)


def is_fresh(root: Path = pages.ROOT) -> bool:
    """Whether :func:`update` would leave the README as it is."""
    return all(marks.is_fresh(root / "README.md", *ends, made) for ends, made in blocks(root).items())


def main() -> int:
    """The command."""
    try:
        print("README.md" if update() else "README.md agrees with the lessons.")
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
