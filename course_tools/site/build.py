"""`make site`: the course's web pages, in ``build/site``.

``python -m course_tools.site.build [FOLDER]`` writes what Sphinx reads, runs Sphinx with warnings as errors, and lays
the demo beside the pages. It needs the extra ``emocourse[site]``, and no connection.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from emocourse.errors import CourseError

from ..authoring import hosting
from . import demo, icons, pages

NEEDED = ("sphinx", "myst_nb", "sphinx_book_theme", "sphinx_copybutton", "latex2mathml")


def missing() -> list[str]:
    """Packages of the extra ``site`` that are not installed."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def build(target: Path, root: Path = pages.ROOT) -> None:
    """Build the site into ``target``, which is made anew.

    Raises:
        CourseError: a package is missing, a page has a fault, or a file of the demo is not what it should be.
    """
    if absent := missing():
        raise CourseError(f"The site needs {', '.join(absent)}: run pip install -e '.[site]'.")
    with tempfile.TemporaryDirectory() as temporary:
        source, made = Path(temporary) / "source", Path(temporary) / "site"
        pages.write(source, root)
        demo.lay(source / "extra" / "demo", root)
        command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", f"{temporary}/doctrees"]
        environment = {**os.environ, "PYTHONPATH": str(root), "EMOCOURSE_REPOSITORY": hosting.repository(root) or ""}
        done = subprocess.run([*command, str(source), str(made)], env=environment, capture_output=True, text=True)
        if done.returncode:
            raise CourseError(f"The site has faults:\n{done.stderr.replace(str(source), 'site')}")
        icons.put_inside(made)
        for name in ("objects.inv", ".buildinfo", "_static/webpack-macros.html"):
            (made / name).unlink(missing_ok=True)
        (made / ".nojekyll").touch()
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, target)


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    given = sys.argv[1:] if arguments is None else arguments
    target = Path(given[0]) if given else pages.ROOT / "build" / "site"
    try:
        build(target)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"The site is in {target}: serve it with python -m http.server --directory {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
