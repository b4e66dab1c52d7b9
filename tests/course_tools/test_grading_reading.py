"""What is handed in is found and read as classes hand it in: exports, zips, stray files, odd names; and cells moved."""

import contextlib
import io
import json
import os
import zipfile

import pytest

from course_tools.grading import report, submissions
from course_tools.grading.lessons import Cell, Exercise, Lesson, prepare, which
from course_tools.grading.sandbox import remove
from emocourse.errors import CourseError

NODE = json.dumps({"cells": [], "nbformat": 4}).encode()


def zipped(files, method=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def found(folder, files):
    """(student, name, problem) of each submission, and the files passed over."""
    for name, data in files.items():
        path = os.path.join(os.fsencode(folder), name if isinstance(name, bytes) else os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as stream:
            stream.write(data)
    with contextlib.ExitStack() as stack:
        all_of_them, passed_over = submissions.find(folder, stack)
        for one in all_of_them:
            if not one.problem:
                assert submissions.read(one)[0] == []
    return [(one.student, one.problem) for one in all_of_them], passed_over, all_of_them


MOODLE, BO = "Ana Müller_{}_assignsubmission_file_/", "Bo_2_assignsubmission_file_/"
# what lies in the folder, who must be found
CLASSES = {
    "flat": ({"ada.ipynb": NODE, "bob.IPYNB": NODE, "eve.ipynb.txt": NODE}, ["ada", "bob", "eve"]),
    "folders": ({"ada/hw.ipynb": NODE, "bob/x/hw.ipynb": NODE, "bob/cat.jpg": b""}, ["ada", "bob"]),
    "a folder of one": ({"ada/hw.ipynb": NODE}, ["ada"]),
    "a class's folder in it": ({"hw1/ada/x.ipynb": NODE, "hw1/bob/x.ipynb": NODE}, ["ada", "bob"]),
    "moodle": ({MOODLE.format(12) + "x.ipynb": NODE, MOODLE.format(13) + "x.ipynb": NODE},
               ["Ana Müller (12)", "Ana Müller (13)"]),
    "moodle's zip": ({"hw-1.zip": zipped({MOODLE.format(1) + "x.ipynb": NODE, BO + "y.ipynb": NODE})},
                     ["Ana Müller", "Bo"]),
    "a zip a student": ({"ada.zip": zipped({"hw/x.ipynb": NODE, "hw/cat.jpg": b""}),
                         "bob.zip": zipped({"x.ipynb": NODE})},
                        ["ada", "bob"]),
    "a zip of zips": ({"all.zip": zipped({"Ana_1_assignsubmission_file_/a.zip": zipped({"x.ipynb": NODE}),
                                          "Bo_2_assignsubmission_file_/b.ipynb": NODE})}, ["Ana", "Bo"]),
    "canvas": ({"adalovelace_12_345_00_start_here.ipynb": NODE, "bob_LATE_13_346_00_start_here-1.ipynb": NODE},
               ["adalovelace", "bob"]),
    "blackboard": ({"HW_ada_attempt_2026-11-02-10-11-12_x.ipynb": NODE, "HW_ada_attempt_2026-11-02-10-11-12.txt": b"",
                    "HW_bob_attempt_2026-11-03-10-11-12_x.ipynb": NODE}, ["ada", "bob"]),
    "old encodings": ({b"M\xfcller/x.ipynb": NODE, b"M\xf6ller/x.ipynb": NODE}, ["Müller", "Möller"]),
    "names that look the same": ({"a\x01b/x.ipynb": NODE, "a b/x.ipynb": NODE}, ["a b", "a b [2]"]),
    "names that are the same in a table": (
        {f"{who}/x.ipynb": NODE for who in ("a;b", "a,b", "=c", "'=c", "d\x01e", "d e", "d e [2]")},
        ["'=c", "=c [2]", "a,b", "a;b [2]", "d e", "d e [2]", "d e [2] [2]"]),
    "numbers in a file's name": ({"ada/exercise_1_2_x.ipynb": NODE, "bob.zip": zipped({"lesson_1_2_x.ipynb": NODE}),
                                  "eve_1_2_x/y.ipynb": NODE}, ["ada", "bob", "eve_1_2_x"]),
    "an impostor": ({"ada/x.ipynb": NODE, "eve/ada_1_assignsubmission_file_/x.ipynb": NODE}, ["ada", "eve"]),
    "an export and one more": ({"hw-1.zip": zipped({MOODLE.format(1) + "x.ipynb": NODE, BO + "y.ipynb": NODE}),
                                "eve.ipynb": NODE}, ["Ana Müller", "Bo", "eve"]),
    "moodle without folders": ({MOODLE.format(1)[:-1] + "_hw.ipynb": NODE, BO[:-1] + "_hw.ipynb": NODE},
                               ["Ana Müller", "Bo"]),
    "not submissions": ({"ada/x.ipynb": NODE, "cat.jpg": b"", "notes.py": b"", ".DS_Store": b"",
                         "__MACOSX/x.ipynb": b"", "ada/.ipynb_checkpoints/x-checkpoint.ipynb": NODE}, ["ada"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CLASSES)
def test_each_student_is_found_once(tmp_path, name):
    files, students = CLASSES[name]
    rows, passed_over, _ = found(tmp_path, files)
    assert sorted(student for student, _ in rows) == sorted(students)
    assert not any(problem for _, problem in rows), rows
    assert passed_over == (["cat.jpg", "notes.py"] if name == "not submissions" else [])


def test_what_cannot_be_graded_has_a_row_that_says_why(tmp_path):
    (tmp_path / "link.ipynb").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe.ipynb")
    deep = tmp_path / "deep"
    deep.mkdir()
    descriptor = os.open(deep, os.O_RDONLY)
    for _ in range(3_000):
        os.mkdir("x", dir_fd=descriptor)
        inner = os.open("x", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)
    bomb = zipped({"x.ipynb": NODE, "y": bytes(1 << 10)}).replace(b"PK\x05\x06", b"PK\x05\x07")
    files = {"essay/words.docx": b"", "packed/x.rar": b"", "bomb.zip": bomb, "ada/x.ipynb": NODE,
             "Bo_1_assignsubmission_onlinetext_/onlinetext.html": b""}  # fmt: skip
    files |= {f"many/{i}": b"" for i in range(submissions.MAX_FILES + 2)}
    files |= {f"heap/{i}.ipynb": NODE for i in range(submissions.MAX_NOTEBOOKS + 1)}
    rows = dict(found(tmp_path, files)[0])
    assert rows.pop("ada") == ""
    said = {"link": "links are not followed", "pipe": "a device or a pipe", "deep": "too deep", "essay": "no notebook",
            "packed": "unpack it first", "bomb": "cannot be opened", "many": "more than 2,000 files",
            "heap": "more than 100 notebooks", "Bo": "no notebook"}  # fmt: skip
    assert set(rows) == set(said) and all(said[who] in problem for who, problem in rows.items()), rows
    remove(tmp_path / "deep")
    assert not (tmp_path / "deep").exists()


def test_zips_in_a_zip_may_not_unpack_to_more_than_all_that_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(submissions.archives, "MAX_UNPACKED", 5_000)
    monkeypatch.setattr(submissions.archives, "MAX_RATIO", 1)
    inner = zipped({"y": bytes(2_000)}, zipfile.ZIP_DEFLATED)
    for n, said in ((2, "no notebook"), (9, "those before it unpacked to too much")):
        rows = found(tmp_path / str(n), {"ada.zip": zipped({f"{i}.zip": inner for i in range(n)})})[0]
        assert len(rows) == 1 and said in rows[0][1], rows


def test_beside_a_notebook_lie_only_the_students_own_files(tmp_path):
    _, _, flat = found(tmp_path / "a", {"ada.ipynb": NODE, "bob.ipynb": NODE, "helper.py": b"x"})
    assert not any(one.beside for one in flat)
    _, _, own = found(
        tmp_path / "b", {"ada/hw/x.ipynb": NODE, "ada/hw/helper.py": b"1", "ada/other.py": b"2", "bo/y": b""}
    )
    assert submissions.beside(own[0]) == {"helper.py": b"1"}


BAD = [b"", b"PK", b"[" * 200_000, b'{"cells": ' + b"9" * 5_000 + b"}", b"[]", b"3", b'{"cells":{}}', b'{"cells":[0]}',
       b'{"cells":[{"cell_type":"code","source":3}]}', b'{"cells":[{"cell_type":"code","source":["x",1]}]}',
       b'{"cells":[' + b",".join([b"{}"] * 2_001) + b"]}"]  # fmt: skip


@pytest.mark.parametrize("data", BAD, ids=range(len(BAD)))
def test_a_file_that_is_no_notebook(data):
    submission = submissions.Submission("ada", "x.ipynb", submissions.File(("x.ipynb",), lambda: data))
    with pytest.raises(CourseError, match=r"notebook|more than"):
        submissions.read(submission)


def test_texts_are_cleaned_and_no_cell_is_a_formula():
    assert submissions.clean("a\x1b[2J\ud800\u202eb\nc") == "a [2J b c"
    texts = {
        "=1+1": "'=1+1",
        "-2": "'-2",
        " @x": "'@x",
        "a=b": "a=b",
        "a\nb": "a b",
        "x;=1+1": "x,=1+1",
        "x\t=1": "x =1",
    }
    assert {text: report.safe(text) for text in texts} == texts


# --- Cells -----------------------------------------------------------------------------------------------------------

GIVEN = {"01-aa": "import numpy", "01-exercise-1-1": "area = ...", "01-check-1-1": 'checks.check("1.1", area)'}
LESSON = Lesson(1, "01_x", "X", GIVEN, {"1.1": Exercise("1.1", ["area"], 1, 0)}, [])
TOP = Cell("code", "import numpy", ("01-aa",))
STUB = Cell("code", "area = ...", ("01-exercise-1-1",))
ANSWER = Cell("code", "area = 3", ("01-exercise-1-1", "abc"))
CHECK = Cell("code", 'checks.check("1.1", area)', ("01-check-1-1",))
USE = "area = checks.use('1.1', area)"
JUDGED = "judged"


def plain(source):
    return Cell("code", source)


# cells, what runs, a part of the notes
PLANS = {
    "honest": ([TOP, ANSWER, CHECK], ["import numpy", "area = 3", JUDGED], None),
    "no ids": ([plain(c.source) for c in (TOP, ANSWER, CHECK)], ["import numpy", "area = 3", JUDGED], None),
    "magics stay": ([TOP, plain("%matplotlib inline\n!ls"), ANSWER, CHECK],
                    ["import numpy", "%matplotlib inline\n!ls", "area = 3", JUDGED], None),
    "check copied": ([TOP, CHECK, ANSWER, CHECK], ["import numpy", "area = 3", JUDGED], None),
    "check moved up": ([TOP, CHECK, ANSWER], ["import numpy", "area = 3", JUDGED], None),
    "answer copied": ([TOP, STUB, ANSWER, CHECK], ["import numpy", "area = ...", "area = 3", JUDGED], None),
    "check gone": ([TOP, ANSWER], ["import numpy", "area = 3", JUDGED], "judged at the end"),
    "given cell gone": ([ANSWER, CHECK], ["import numpy", "area = 3", JUDGED], "1 given cell gone"),
    "given cell changed": ([Cell("code", "import scipy", ("01-aa",)), ANSWER, CHECK],
                           ["import scipy", "area = 3", JUDGED], "1 given cell changed"),
    "answer in text": ([TOP, Cell("markdown", "area = 3", ("01-exercise-1-1",)), CHECK], ["import numpy", JUDGED],
                       "stands in a markdown cell"),
    "answer in text, the course's taken": (
        [TOP, Cell("markdown", "area = 3", ("01-exercise-1-1",)), Cell("code", f"{CHECK.source}\n{USE}", CHECK.names)],
        ["import numpy", JUDGED, USE], "stands in a markdown cell"),
    "guesses": ([TOP, ANSWER, CHECK, plain('checks.check("1.1", 5)'), plain('checks.check("1.1", 6)')],
                ["import numpy", "area = 3", JUDGED, 'checks.check("1.1", 5)', 'checks.check("1.1", 6)'],
                "asks the check of 1.1 2 times in other cells"),
    "set-up for Colab": ([Cell("code", "import sys; sys.modules", (), ("set-up",)), TOP, ANSWER, CHECK],
                         ["import numpy", "area = 3", JUDGED], None),
    "asked in the answer's cell": ([TOP, Cell("code", ANSWER.source + "\n" + CHECK.source + "\n1", ANSWER.names)],
                                   ["import numpy", "area = 3", JUDGED, "1"], None),
    "answer in the check's cell": ([TOP, STUB, Cell("code", ANSWER.source + "\n" + CHECK.source, CHECK.names)],
                                   ["import numpy", "area = ...", "area = 3", JUDGED], None),
    "course's answer after the check": ([TOP, ANSWER, Cell("code", CHECK.source + "\n" + USE, CHECK.names)],
                                        ["import numpy", "area = 3", JUDGED, USE], "course's own answer"),
    "cheats in a given cell": ([Cell("code", "import numpy\nchecks._EXERCISES", TOP.names), ANSWER, CHECK],
                               ["import numpy\nchecks._EXERCISES", "area = 3", JUDGED], "read it"),
    "looks into checks": ([TOP, plain("checks._EXERCISES"), ANSWER, CHECK],
                          ["import numpy", "checks._EXERCISES", "area = 3", JUDGED], "read it"),
    "looks into a table": ([TOP, plain("from emocourse.checks import lesson12"), ANSWER, CHECK],
                           ["import numpy", "from emocourse.checks import lesson12", "area = 3", JUDGED], "read it"),
    "takes the course's answer": ([TOP, Cell("code", 'area = checks.use("1.1", 0)', ("01-exercise-1-1",)), CHECK],
                                  ["import numpy", 'area = checks.use("1.1", 0)', JUDGED], "course's own answer"),
    "find is a word of Python's": ([TOP, plain('"abc".find("b")'), ANSWER, CHECK],
                                   ["import numpy", '"abc".find("b")', "area = 3", JUDGED], None),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANS)
def test_what_runs_and_where_it_is_judged(name):
    cells, runs, note = PLANS[name]
    assert which(cells, {1: LESSON}) is LESSON
    plan, notes = prepare(LESSON, cells)
    assert [JUDGED if "check" in cell else cell["source"] for cell in plan.cells] == runs
    assert (note in " ".join(notes)) if note else not notes


def test_a_changed_given_cell_runs_as_handed_out_where_it_fails():
    plan, _ = prepare(LESSON, [Cell("code", "import nothing", ("01-aa",)), ANSWER, CHECK])
    assert plan.cells[0] == {"source": "import nothing", "instead": "import numpy"}


def test_a_page_and_a_table_of_rows_that_came_to_nothing():
    asked = {"1.1": Exercise("1.1", ["area"], 1, 1)}
    lesson = Lesson(1, "01_x", "X", GIVEN, asked, [])
    texts = {"1.1": {"state": "correct", "hint": "", "texts": ["<i>words</i>\nmore"], "model": "<b>model</b>"}}
    rows = [report.Row("=a", "x.ipynb", lesson), report.Row("b", "y.ipynb", None, "no <notebook>"),
            report.Row("c", "z.ipynb", lesson, verdicts=texts, open=["1.1"], notes=["=note;=1"])]  # fmt: skip
    grades = report.Grades(rows, [lesson], ["weak"], ["cat.jpg"])
    page = report.page(grades)
    assert "&lt;i&gt;words&lt;/i&gt;\nmore" in page and "&lt;b&gt;model" in page and "no &lt;notebook&gt;" in page
    assert "<i>" not in page and "cat.jpg" in page and "weak" in page
    assert [row[:4] for row in report.table(grades)[1:]] == [["=a", "x.ipynb", "01", "0"], ["b", "y.ipynb", "", "0"],
                                                             ["c", "z.ipynb", "01", "0"]]  # fmt: skip


def test_an_answer_that_was_only_handed_in_gets_its_points_from_a_person(tmp_path):
    pytest.importorskip("nbgrader", reason="grading needs the extra emocourse[grade]")
    lesson = Lesson(1, "01_x", "X", GIVEN, {"1.1": Exercise("1.1", ["reply"], 2, 0)}, [])
    said = {"state": "handed in", "hint": "", "texts": ["my <words>"], "model": "new model", "rubric": "two <points>"}
    rows = [report.Row("ada", "x.ipynb", lesson, verdicts={"1.1": said}), report.Row("bob", "y.ipynb", lesson)]
    for points, by_hand_open in (("", ["1.1"]), ("1.5", [])):
        if points:
            path = tmp_path / report.BY_HAND
            path.write_text(path.read_text("utf-8-sig").replace("ada,01_x,1.1,2,", f"ada,01_x,1.1,2,{points}"))
        report.enter(tmp_path, [lesson], rows)
        assert (rows[0].score, rows[0].possible, rows[0].open) == (float(points or 0), 2, by_hand_open)
        page = report.page(report.Grades(rows, [lesson], []))
        assert "new model\n\ntwo &lt;points&gt;</pre>" in page and "of 2)" in page
        assert 'aria-label="handed in, for a person to read"' in page


def test_no_source_takes_a_reader_long():
    """A megabyte of empty lines, and one that looks like a check with an expression of any depth."""
    deep = ("a" + ".b" * 200_000, "a" + ".b" * 500, "(" * 90_000)
    for source in ("\n" * 1_000_000, "import " * 140_000, *(f'{text}\ncheck("1.1", a)' for text in deep)):
        assert prepare(LESSON, [Cell("markdown", source), plain(source), TOP])[0].cells
