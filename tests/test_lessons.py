"""Every lesson: derived files fresh, Run All without an error, checks that say what they should, a complete header."""

import re
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


@pytest.mark.parametrize("name", LESSONS)
def test_the_stored_solution_has_every_check_correct(name):
    said = output(notebook("solutions", name))
    for number in checks.numbers(int(name[:2])):
        assert f"Exercise {number}: correct." in said
    assert "not started" not in said and "not yet" not in said


@pytest.mark.parametrize("name", LESSONS)
def test_every_exercise_is_asked_for_and_checked(name):
    text = "\n".join(cell.source for cell in notebook("lessons", name).cells)
    asked = re.findall(r"^#+ Exercise (\d+\.\d+)", text, re.MULTILINE)
    checked = re.findall(r"checks\.check\(\s*\"(\d+\.\d+)\"", text)
    assert asked == checked == checks.numbers(int(name[:2]))
    assert asked and text.count("# YOUR CODE HERE") >= len(asked)


@pytest.mark.parametrize("name", LESSONS)
def test_header_recap_and_references(name):
    cells = notebook("lessons", name).cells
    header = cells[0].source
    assert cells[0].cell_type == "markdown" and header.startswith("# ")
    for part in ("**You will learn**", "**You need**", "**Time**", "**Data**"):
        assert part in header
    assert re.search(r"\d+ minutes?", header)
    headings = re.findall(r"^## (.+)$", "\n".join(c.source for c in cells if c.cell_type == "markdown"), re.MULTILINE)
    assert headings[-2:] == ["Recap", "Further reading"]
    assert "https://doi.org/" in cells[-1].source


@pytest.mark.parametrize("name", LESSONS)
def test_one_idea_a_cell_and_not_too_much_code(name):
    cells = notebook("solutions", name).cells
    lines = [len(cell.source.splitlines()) for cell in cells if cell.cell_type == "code"]
    assert sum(lines) <= 300 and max(lines) <= 40


@pytest.mark.parametrize("name", LESSONS)
def test_every_figure_has_alt_text(name):
    for cell in notebook("solutions", name).cells:
        for part in cell.get("outputs", []):
            data = part.get("data", {})
            assert "image/png" not in data and "image/svg+xml" not in data, "a bare picture has no place for alt text"
            for tag in re.findall(r"<img [^>]*>", data.get("text/html", "")):
                (alt,) = re.findall(r'alt="([^"]*)"', tag)
                assert len(alt.split()) >= 5, alt


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_has_no_outputs_and_no_answers(name):
    lesson, answers = notebook("lessons", name), notebook("solutions", name)
    text = authoring.dumps(lesson)
    assert "SOLUTION" not in text
    assert all(not cell.outputs and cell.execution_count is None for cell in lesson.cells if cell.cell_type == "code")
    left = "\n".join(cell.source for cell in lesson.cells)
    hidden = [cell.source for cell in answers.cells if "solution" in cell.metadata.get("tags", [])]
    for cell in answers.cells:
        hidden += re.findall(r"# BEGIN SOLUTION\n(.*?)# END SOLUTION", cell.source, re.DOTALL)
    assert hidden
    for secret in hidden:
        assert secret.strip() not in left
