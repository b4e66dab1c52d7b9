"""Every lesson passes every gate, and every gate stops a lesson made to fail it."""

import copy

import pytest
from nbformat import v4

from course_tools.authoring import sources as authoring
from gates import ROOT, Lesson, contents, sample, structure, style

LESSONS = [path.stem for path in authoring.sources(ROOT)]
GATES = [
    structure.header,
    structure.sections,
    structure.questions,
    structure.exercises,
    structure.independent,
    structure.heading_order,
    structure.code_budget,
    structure.prose_before_code,
    contents.untouched,
    contents.no_answer,
    contents.no_image,
    contents.clean_run,
    contents.alt_text,
    contents.no_absolute_path,
    style.code_style,
]


def test_derived_files_agree_with_their_sources():
    assert authoring.stale(ROOT) == []


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Lesson:
    return sample.lesson(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def lessons() -> dict[str, Lesson]:
    return {name: Lesson.read(ROOT, name) for name in LESSONS}


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.__name__)
@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_passes(lessons, name, gate):
    assert gate(lessons[name]) == []


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.__name__)
def test_the_sample_passes(good, gate):
    assert gate(good) == []


SECRET = "Every child has learned how to carry a digit."
PRINTED = "the answer to 1 is forty-two and 1 more"
# gate, what is replaced in the sample's source, what comes instead, and a part of the sentence that says so
BAD_SOURCES = [
    (structure.header, "# # A sample", "# A sample", "begins with the title"),
    (structure.header, "**You need**", "You need", "lacks **You need**"),
    (structure.header, "nothing but some Python", "Python", "says too little"),
    (structure.header, "40 minutes to read and try", "a while to read and try", "minutes to read"),
    (structure.header, "one minute to run", "runs quickly", "takes to run"),
    (structure.header, "the twin, which is drawn by the course", "faces of some kind", "names no dataset"),
    (structure.sections, "# ## Recap", "# ## Summary", "the last sections are"),
    (structure.sections, "# - Questions come before the recap.\n", "", "fewer than three points"),
    (structure.sections, "# - Davis E. King", "#   Davis E. King", "fewer than three references"),
    (structure.sections, "https://doi.org/", "https://example.org/", "has a DOI"),
    (structure.sections, "6(3–4), 1992", "6(3–4)", "has no year"),
    (structure.questions, "# 1. Why is adding easy?\n# 2. When is it not?\n", "", "no numbered questions"),
    (structure.questions, "# **Answers.**", "# Well.", "0 cells tagged"),
    (structure.questions, "# 2. With floating-point", "#    With floating-point", "answers ['1']"),
    (structure.exercises, "# ### Exercise 1.4", "# ### Exercise 1.5", "exercises asked"),
    (structure.exercises, 'checks.check("1.4"', 'print("1.4"', "exercises asked"),
    (
        structure.independent,
        "# %% [markdown]\n# ## Questions",
        "# %%\nprint(double_1(2))\n\n# %% [markdown]\n# ## Questions",
        "needs double_1 from exercise 1.1",
    ),
    (structure.heading_order, "# ### Exercise 1.1", "# #### Exercise 1.1", "follows one of level 2"),
    (structure.heading_order, "# ## Recap", "# # Recap", "must be one title"),
    (structure.heading_order, "# ## Recap", "# ## Questions", "comes twice"),
    (structure.code_budget, "total = 0", "total = 0\n" * 40, "a cell of 46 lines"),
    (structure.code_budget, "print(total)", "print(total)\n\n# %%\n" + "total = 0\n" * 39 * 8, "lines of code"),
    (structure.code_budget, "total = 0", "".join(f"def {name}(): ...\n" for name in "abc"), "several functions"),
    (
        structure.prose_before_code,
        "print(total)",
        "print(total)\n\n# %%\ntotal\n\n# %%\ntotal + 1",
        "code cell in a row",
    ),
    (structure.prose_before_code, "print(total)", "print(total)\n" * 200, "too few"),
    (contents.no_answer, "# Answer in a few words.", f"# {SECRET}", "a sentence of an answer"),
    (contents.no_answer, "# Answer in a few words.", "# return number + number + 0 * 1", "a line of a solution"),
    (contents.no_answer, "# Answer in a few words.", f"# For example, {PRINTED}.", "an output of a solution"),
    (contents.no_image, "# Answer in a few words.", "# ![someone](someone.png)", "holds an image"),
    (contents.no_image, "# Answer in a few words.", '# <img src="x.png" alt="someone">', "holds an image"),
    (contents.no_image, "# Answer in a few words.", "# [a photo](photo.jpg)", "holds an image"),
    (contents.no_image, "total = 0", f'total = 0\nface = "{"QUJD" * 60}"', "could be an image"),
    (contents.no_absolute_path, "total = 0", 'total = 0\nopen("/home/ann/numbers.csv")', "names a place"),
    (contents.no_absolute_path, "total = 0", "total = 0\nopen('C:\\\\numbers.csv')", "names a place"),
    (contents.no_absolute_path, "total = 0", 'total = 0\nopen("~/numbers.csv")', "names a place"),
    (contents.no_absolute_path, "# Answer in a few words.", "# See /Users/ann/notes.", "names a place"),
    (style.code_style, "total = 0", "import os\n\ntotal = 0", "F401"),
    (style.code_style, "total = 0", "total=0", "is not formatted"),
    (style.code_style, "total = 0", "total = 0; l = 1", "E702"),
    (style.code_style, "total += number", "total += numbr", "F821"),
    (style.code_style, "total = 0", f"total = {'1 + ' * 40}1", "E501"),
    (contents.no_absolute_path, 'print("the answer', 'print("in /tmp/x the answer', "shows a place"),
]


def source_id(case) -> str:
    return f"{case[0].__name__}-{case[3]}"


@pytest.mark.parametrize("case", BAD_SOURCES, ids=source_id)
def test_a_bad_source_is_stopped(tmp_path, case):
    gate, old, new, sentence = case
    assert old in sample.source()
    problems = gate(sample.lesson(tmp_path, sample.source().replace(old, new)))
    assert any(sentence in problem for problem in problems), problems


def output(**data):
    kinds = {"html": "text/html", "plain": "text/plain", "png": "image/png"}
    return v4.new_output("display_data", {kinds[key]: value for key, value in data.items()})


def show(part):
    """A change to a lesson: the cell with the image shows ``part`` instead."""

    def change(lesson: Lesson) -> None:
        cell = next(cell for cell in lesson.answers.cells if cell.id == "01-image")
        cell.outputs = [part]

    return change


def first_code(lesson: Lesson):
    return next(cell for cell in lesson.student.cells if cell.cell_type == "code")


def fill_in(lesson: Lesson) -> None:
    for cell in lesson.student.cells:
        cell.source = cell.source.replace("# YOUR CODE HERE", "pass")


# gate, what is done to the built sample, and a part of the sentence that says so
BAD_NOTEBOOKS = [
    (structure.exercises, fill_in, "no place marked # YOUR CODE HERE"),
    (contents.untouched, lambda one: first_code(one).update(execution_count=3), "an output or a count"),
    (contents.untouched, lambda one: first_code(one).outputs.append(output(plain="6")), "an output or a count"),
    (contents.untouched, lambda one: one.student.cells[0].update(attachments={"a.png": {}}), "an attachment"),
    (contents.untouched, lambda one: first_code(one).metadata.update(tags=["solution"]), "marked as a solution"),
    (contents.untouched, lambda one: first_code(one).update(source="# BEGIN SOLUTION"), "marked as a solution"),
    (contents.untouched, lambda one: one.student.metadata.update(widgets={"state": {}}), "has metadata ['widgets']"),
    (contents.no_answer, lambda one: one.answers.update(cells=one.student.cells), "no solution at all"),
    (contents.clean_run, lambda one: one.answers.cells[2].update(execution_count=None), "was not run"),
    (contents.clean_run, show(v4.new_output("error", ename="E", evalue="x")), "an error or a warning"),
    (contents.clean_run, show(v4.new_output("stream", name="stderr", text="careful")), "an error or a warning"),
    (contents.clean_run, show(v4.new_output("stream", text="UserWarning: careful\n")), "prints a warning"),
    (contents.clean_run, show(v4.new_output("stream", text="✗ Exercise 1.2: not yet: x.\n")), "not green"),
    (contents.clean_run, lambda one: one.exercises.append("1.5"), "1.5 does not say correct"),
    (contents.alt_text, show(output(png="AAAA", plain="<Figure>")), "a bare image/png"),
    (contents.alt_text, show(output(html='<img src="data:,">')), "says only None"),
    (contents.alt_text, show(output(html='<img alt="a face">')), "says only 'a face'"),
    (contents.alt_text, show(output(html="<svg></svg>")), "says only None"),
    (contents.alt_text, show(output(plain="Game: run this cell in JupyterLab to use it")), "leaves no image"),
    (contents.alt_text, show(output(plain="IntSlider(value=3)")), "a bare IntSlider"),
]


@pytest.mark.parametrize("case", BAD_NOTEBOOKS, ids=lambda case: f"{case[0].__name__}-{case[2]}")
def test_a_bad_notebook_is_stopped(good, case):
    gate, change, sentence = case
    bad = copy.deepcopy(good)
    change(bad)
    problems = gate(bad)
    assert any(sentence in problem for problem in problems), problems


def test_too_few_exercises(good):
    few = copy.deepcopy(good)
    few.student.cells = [
        cell for cell in few.student.cells if "1.4" not in cell.source and "double_4" not in cell.source
    ]
    few.exercises.pop()
    assert structure.exercises(few) == ["there are 3 exercises, and not 4 to 8"]


def test_a_lesson_beside_the_others_has_tasks_and_no_checks(good):
    beside = copy.deepcopy(good)
    beside.name = authoring.BESIDE[0]
    assert structure.exercises(beside) == ["a lesson that is not graded has a check"]
    for cell in beside.student.cells:
        cell.source = cell.source.replace("checks.check", "print").replace("# YOUR CODE HERE", "")
    assert structure.exercises(beside) == ["there are 0 tasks, and not 4 to 8"]


def test_every_gate_has_a_lesson_made_to_fail_it():
    tried = {case[0] for case in (*BAD_SOURCES, *BAD_NOTEBOOKS)}
    assert tried == set(GATES)
