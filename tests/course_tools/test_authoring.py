"""From a lesson's source to its two notebooks."""

import re
import shutil

import nbformat
import pytest

from course_tools.authoring import execution
from course_tools.authoring import sources as authoring
from emocourse.errors import CourseError

SOURCE = '''\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A lesson
#
# Some prose.

# %%
import math

# %% name="exercise-1"
def area(radius):
    """Area of a circle."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 1.1: write the body of area")
    answer = math.pi * radius**2
    return answer
    # END SOLUTION


# BEGIN SOLUTION
# STUB: corners = ...
corners = 4321
# END SOLUTION
print("after")

# %% [markdown] tags=["solution"]
# The secret reason.

# %% tags=["solution"]
print(area(2))

# %% tags=["volatile"] reason="the time of day"
import time
time.time()

# %%
import math
'''


@pytest.fixture
def course(tmp_path):
    """A checkout with one lesson."""
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "01_circles.py").write_text(SOURCE, encoding="utf-8")
    return tmp_path


def read(course):
    return authoring.read_source(course / "solutions" / "01_circles.py")


def test_the_lesson_has_stubs_for_answers(course):
    lesson = authoring.student(read(course))
    code = next(cell.source for cell in lesson.cells if cell.id == "01-exercise-1")
    assert code == (
        'def area(radius):\n    """Area of a circle."""\n    # YOUR CODE HERE\n'
        '    raise NotImplementedError("Exercise 1.1: write the body of area")\n\n\n'
        '# YOUR CODE HERE\ncorners = ...\nprint("after")'
    )


def test_nothing_of_the_answers_is_in_the_lesson(course):
    text = authoring.dumps(authoring.student(read(course)))
    for secret in ("math.pi", "4321", "secret", "area(2)", "SOLUTION", "STUB"):
        assert secret not in text
    assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in nbformat.reads(text, 4).cells)


def test_the_instructor_has_answers_and_no_stub_lines(course):
    text = authoring.dumps(authoring.instructor(read(course)))
    assert "math.pi" in text and "4321" in text and "The secret reason." in text and "# BEGIN SOLUTION" in text
    assert "STUB" not in text and "NotImplementedError" not in text


def test_ids_are_stable_unique_and_shared(course):
    first, second = read(course), read(course)
    ids = [cell.id for cell in first.cells]
    assert ids == [cell.id for cell in second.cells]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"01-[a-z0-9-]+", cell_id) for cell_id in ids)
    assert {cell.id for cell in authoring.student(first).cells} < set(ids)


def test_an_id_stays_when_a_cell_is_put_before(course):
    before = {cell.source: cell.id for cell in read(course).cells}
    path = course / "solutions" / "01_circles.py"
    path.write_text(SOURCE.replace("# %% [markdown]\n# # A", "# %% [markdown]\n# New.\n\n# %% [markdown]\n# # A", 1))
    after = {cell.source: cell.id for cell in read(course).cells}
    assert all(after[source] == cell_id for source, cell_id in before.items())


def test_built_twice_in_two_folders_the_bytes_are_the_same(course, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "solutions").mkdir()
    (other / "solutions" / "01_circles.py").write_text(SOURCE, encoding="utf-8")
    for place in (course, other):
        authoring.build(place)
    for name in ("lessons/01_circles.ipynb", "solutions/01_circles.ipynb"):
        assert (course / name).read_bytes() == (other / name).read_bytes()
    assert authoring.stale(course) == []
    assert authoring.build(course) == []
    assert authoring.build(course, execute=True) == []
    notebook = nbformat.read(course / "solutions" / "01_circles.ipynb", 4)
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    outputs = {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}
    assert outputs["01-exercise-1"][0].text == "after\n"
    volatile = next(cell for cell in notebook.cells if "volatile" in cell.metadata.get("tags", []))
    assert volatile.outputs == [] and "nbval-ignore-output" in volatile.metadata.tags


def test_the_course_built_in_two_folders_is_the_same_to_the_byte(root, tmp_path):
    """Three lessons from their sources; the shortest is also run, in both folders. The gates look at all of them."""
    built = []
    for folder in (tmp_path / "a", tmp_path / "b" / "deeper"):
        for name in ("solutions", "lessons"):
            shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        for name in ("pyproject.toml", "README.md"):
            shutil.copy(root / name, folder / name)
        for path in (folder / "lessons").glob("*.ipynb"):
            path.unlink()
        for path in (folder / "solutions").glob("*[0-9]_*.*"):
            if not path.name.startswith(("00", "03", "12")):
                path.unlink()
        (folder / "solutions" / "00_start_here.ipynb").unlink()
        authoring.build(folder)
        built.append({path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()})
    assert built[0] == built[1]
    for path, content in built[0].items():
        if path.parts[0] == "lessons":
            assert content == (root / path).read_bytes(), path


def test_stale_names_each_file_that_does_not_agree(course):
    authoring.build(course)
    (course / "lessons" / "01_circles.ipynb").write_text("{}")
    answers = course / "solutions" / "01_circles.ipynb"
    answers.write_text(answers.read_text(encoding="utf-8").replace("math.pi", "3.14"), encoding="utf-8")
    (course / "lessons" / "09_lost.ipynb").write_text("{}")
    found = " ".join(authoring.stale(course))
    assert "lessons/01_circles.ipynb does not agree" in found
    assert "solutions/01_circles.ipynb does not agree" in found
    assert "lessons/09_lost.ipynb has no source" in found


def test_a_notebook_that_was_not_executed_is_stale(course):
    (course / "lessons").mkdir()
    text = authoring.dumps(authoring.student(read(course), course / "solutions" / "01_circles.py"))
    (course / "lessons" / "01_circles.ipynb").write_text(text, encoding="utf-8")
    text = authoring.dumps(authoring.instructor(read(course)))
    (course / "solutions" / "01_circles.ipynb").write_text(text, encoding="utf-8")
    assert len(authoring.stale(course)) == 1


# what stands in a cell, and a part of the sentence that says what is wrong with it
BAD_CELLS = [
    ("# %%\n# BEGIN SOLUTION\n# STUB: x = ...\nx = 1", "no '# END SOLUTION' after"),
    ("# %%\nx = 1\n# END SOLUTION", "no '# BEGIN SOLUTION' before"),
    ("# %%\n# BEGIN SOLUTION\n# STUB: x = ...\n# BEGIN SOLUTION\nx = 1\n# END SOLUTION", "comes twice"),
    ("# %%\n# BEGIN SOLUTION\nx = 1\n# END SOLUTION", "no stub"),
    ("# %%\n# BEGIN SOLUTION\n# STUB: x = 1\nx = 1\n# END SOLUTION", "must read name = ..."),
    ("# %%\n# BEGIN SOLUTION\n# STUB: raise NotImplementedError()\nx = 1\n# END SOLUTION", "must read name = ..."),
    ("# %%\n# STUB: x = ...\nx = 1", "outside a solution"),
    ("# %%\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION", "must be exactly"),
    ("# %%\nx = 1  # BEGIN SOLUTION", "must be exactly"),
    ("# %% [markdown]\n# # BEGIN SOLUTION\n# text\n# # END SOLUTION", "stands in a text cell"),
    ('# %% tags=["solution"]\n# BEGIN SOLUTION\n# STUB: x = ...\nx = 1\n# END SOLUTION', "disappears whole"),
    ('# %% name="Not This"\nx = 1', "small letters"),
    ('# %% name="exercise-1"\nx = 1', "is taken"),
    ('# %% name="set-up"\nx = 1', "is taken"),
    ('# %% slow="yes"\nx = 1', "'slow' is not known"),
    ("# %%\n\n# %%\nx = 1", "is empty"),
    ('# %% tags=["volatile"]\nx = 1', "say why in a few words"),
    ('# %% tags=["nbval-ignore-output"] reason="differs"\nx = 1', "say why in a few words"),
]


@pytest.mark.parametrize(("cell", "sentence"), BAD_CELLS)
def test_a_broken_cell_is_named(course, cell, sentence):
    path = course / "solutions" / "01_circles.py"
    path.write_text(f"{SOURCE}\n{cell}\n", encoding="utf-8")
    with pytest.raises(CourseError, match=r"01_circles\.py, cell 8") as caught:
        read(course)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"", "no cells"),
        (b"#" * ((1 << 20) + 1), "larger than 1 MiB"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_source(tmp_path, content, sentence):
    path = tmp_path / "01_x.py"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CourseError, match=sentence):
        authoring.read_source(path)


def test_a_folder_without_sources_and_a_misnamed_source(course, tmp_path_factory):
    with pytest.raises(CourseError, match="no lesson sources"):
        authoring.sources(tmp_path_factory.mktemp("empty"))
    (course / "solutions" / "notes.py").write_text("")
    with pytest.raises(CourseError, match=r"notes\.py is not named like a lesson"):
        authoring.sources(course)


# code that must not be stored with its outputs, and a part of the sentence
BAD_RUNS = [
    ("1 / 0", "cell 2: it stopped with ZeroDivisionError: division by zero"),
    ("object()", "cell 2: it shows an object's address"),
    ("import os; os.getcwd()", "cell 2: it shows a path of this machine"),
    ("import sys; print('careful', file=sys.stderr)", "cell 2: it writes to stderr ('careful')"),
    ("import os; os._exit(1)", "cell 2: the kernel died"),
    ("import time; time.sleep(60)", "cell 2: it took more than 3 s"),
]


@pytest.mark.parametrize(("code", "sentence"), BAD_RUNS)
def test_a_cell_that_cannot_be_stored(tmp_path, code, sentence):
    path = tmp_path / "solutions" / "01_x.py"
    path.parent.mkdir()
    path.write_text(f"# %%\nx = 1\n\n# %%\n{code}\n", encoding="utf-8")
    with pytest.raises(CourseError, match=r"01_x\.py") as caught:
        execution.run(authoring.read_source(path), path, timeout=3)
    assert sentence in str(caught.value)


def test_widget_ids_are_dropped(tmp_path):
    path = tmp_path / "01_x.py"
    path.write_text("# %%\nimport ipywidgets\nipywidgets.IntSlider(3)\n", encoding="utf-8")
    text = authoring.dumps(execution.run(authoring.read_source(path), path, timeout=60))
    assert "model_id" not in text and "IntSlider(value=3)" in text
