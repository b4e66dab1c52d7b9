"""Every lesson: derived files fresh, Run All without an error, checks that say what they should."""

from pathlib import Path

import nbformat
import pytest

from emocourse import authoring, checks, execution

ROOT = Path(__file__).resolve().parent.parent
LESSONS = [path.stem for path in authoring.sources(ROOT)]


def notebook(folder: str, name: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / folder / f"{name}.ipynb", as_version=4)


def output(node: nbformat.NotebookNode) -> str:
    code = [cell for cell in node.cells if cell.cell_type == "code"]
    return "".join(part.get("text", "") for cell in code for part in cell.outputs)


def test_derived_files_agree_with_their_sources():
    assert authoring.stale(ROOT) == []


@pytest.mark.parametrize("name", LESSONS)
def test_an_untouched_lesson_runs_to_its_end(name):
    lesson = notebook("lessons", name)
    ran = execution.run(lesson, ROOT / "lessons" / f"{name}.ipynb")
    said = output(ran)
    for number in checks.numbers(int(name[:2])):
        assert f"Exercise {number}: not started yet." in said
    assert "not yet:" not in said and ": correct." not in said
