"""The instructors' guide keeps pace with the lessons: minutes, exercises in words, and hints."""

import re

import pytest

from course_tools.authoring import sources as authoring
from course_tools.grading import lessons, submissions

GUIDE = (authoring.CHECKOUT / "solutions" / "README.md").read_text(encoding="utf-8")
LESSONS = lessons.lessons(authoring.CHECKOUT)
NAMED = re.findall(r'\((\d+\.\d+): "([^"]+)"\)', GUIDE)


def row(number: int) -> list[str]:
    (line,) = re.findall(rf"^\| {number:02} [^\n]*", GUIDE, re.MULTILINE)
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_every_lesson_with_a_number_is_graded_and_no_other():
    stems = {path.stem for path in authoring.sources()}
    assert {lesson.stem for lesson in LESSONS.values()} == stems - set(authoring.BESIDE)
    assert set(authoring.BESIDE) < stems


@pytest.mark.parametrize("number", LESSONS)
def test_a_lesson_has_its_minutes_its_section_and_its_exercises_in_words(number):
    source = (authoring.CHECKOUT / "solutions" / f"{LESSONS[number].stem}.py").read_text(encoding="utf-8")
    assert row(number)[1] == re.search(r"\*\*Time\*\* (\d+) minutes", source)[1]
    assert row(number)[3] == (", ".join(e.number for e in LESSONS[number].exercises.values() if e.by_hand) or "–")
    section = re.search(rf"^### {number:02} .*?(?=^##)", GUIDE, re.DOTALL | re.MULTILINE)[0]
    assert "- Discuss: " in section and section.count("\n- *") >= 3


@pytest.mark.parametrize("number", LESSONS)
def test_nothing_is_to_be_said_of_a_lesson_as_it_was_handed_out(number):
    path = authoring.CHECKOUT / "lessons" / f"{LESSONS[number].stem}.ipynb"
    handed_in = submissions.Submission("anybody", path.name, submissions.File((path.name,), path.read_bytes))
    cells, _ = submissions.read(handed_in)
    assert lessons.which(cells, LESSONS) is LESSONS[number]
    plan, notes = lessons.prepare(LESSONS[number], cells)
    assert notes == []
    assert [cell["check"] for cell in plan.cells if "check" in cell] == list(LESSONS[number].exercises)


def test_hints_that_the_guide_names_are_hints_of_the_checks():
    assert len(NAMED) >= 10
    for number, fragment in NAMED:
        files = (authoring.CHECKOUT / "emocourse" / "checks").glob(f"lesson{number.partition('.')[0]:0>2}*.py")
        text = " ".join(" ".join(path.read_text(encoding="utf-8").split()) for path in files)
        text = re.sub(r"[\"'] f?[\"']", "", text).lower()  # texts that are written over two lines
        assert " ".join(fragment.split()).lower() in text, (number, fragment)


def test_each_exercise_that_stands_beside_a_line_of_the_slides_is_there():
    table = GUIDE.partition("## From the slides to the exercises")[2].partition("\n## ")[0]
    known = {number for lesson in LESSONS.values() for number in lesson.exercises}
    rows = [
        line.strip("|").split("|") for line in table.splitlines() if line.startswith("| ") and "exercises" not in line
    ]
    assert len(rows) >= 18
    for _, lessons_named, exercises in rows[1:]:
        named = re.findall(r"\d+\.\d+", exercises)
        assert named and set(named) <= known, exercises
        assert {int(number.partition(".")[0]) for number in named} == {
            int(n) for n in re.findall(r"\d+", lessons_named)
        }
