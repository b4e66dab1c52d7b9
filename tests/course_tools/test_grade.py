"""Thirty submissions, half of them hostile: each costs its own row only, and nothing else on the machine changes."""

import csv
import json
import os
import re
import shutil
import socket
import tempfile
from html.parser import HTMLParser

import psutil
import pytest

from course_tools.authoring import sources as authoring
from course_tools.grading import submissions
from emocourse.cli.main import main
from emocourse.errors import CourseError

pytest.importorskip("nbgrader", reason="grading needs the extra emocourse[grade]")

# A lesson of three exercises of lesson 01, which load nothing large.
LESSON = '''\
# %% [markdown]
# # A small lesson <b>

# %%
import numpy as np

from emocourse import checks

DATA = "twin"

# %% name="exercise-1-4"
def rates(says_happy, is_happy):
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 1.4: write the body of rates")
    return says_happy[is_happy].mean(), says_happy[~is_happy].mean()
    # END SOLUTION

# %% name="check-1-4" tags=["points-2"]
checks.check("1.4", rates)

# %% name="exercise-1-6"
# BEGIN SOLUTION
# STUB: who_says = ...
who_says = {"a": "basic", "b": "critics", "c": "critics", "d": "basic", "e": "critics"}
# END SOLUTION

# %% name="check-1-6"
checks.check("1.6", who_says)

# %% name="exercise-1-7"
# BEGIN SOLUTION
# STUB: reply = ...
reply = """WORDS"""
# END SOLUTION

# %% name="check-1-7"
checks.check("1.7", reply)
'''
SOURCE = (authoring.CHECKOUT / "solutions" / "01_ekmans_emotions.py").read_text(encoding="utf-8")
WORDS = " ".join(re.search(r'reply = """(.*?)"""', SOURCE, re.DOTALL)[1].split())
RIGHT = "def rates(says_happy, is_happy):\n    return says_happy[is_happy].mean(), says_happy[~is_happy].mean()"
WHO = 'who_says = {"a": "basic", "b": "critics", "c": "critics", "d": "basic", "e": "critics"}'
SCRIPT = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
SLEEP = "86399.25"  # nobody else sleeps as long

DEAF = "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\n"  # to the limit of a cell

# Who, what stands in exercise 1.4's cell (1.6 and 1.7 are right), points, words in the problem or the notes.
ANSWERS = {
    "right": (RIGHT, 4, ""),
    "wrong-order": ("def rates(s, i):\n    return s[~i].mean(), s[i].mean()", 2, ""),
    "wrong-stops": ("def rates(s, i):\n    return s['x']", 2, ""),
    "syntax-error": ("def rates(s, i)\n    return 1", 2, "stopped with an error"),
    "loops-in-a-cell": ("while True: pass", 2, "longer than 6 s"),
    "loops-in-a-call": ("def rates(s, i):\n    while True:\n        try: 1 / 0\n        except Exception: pass", 2, ""),
    "loops-and-is-deaf": (DEAF + "while True:\n    try: 1 / 0\n    except BaseException: pass", 0, "time limit"),
    "sleeps-in-c": (DEAF + "import time\ntime.sleep(500)", 0, "time limit"),
    "eats-memory": ("eaten = []\nwhile True: eaten.append(bytearray(20_000_000))", 0, "memory limit"),
    "asks-for-a-terabyte": (RIGHT + "\nbytearray(1 << 40)", 4, "MemoryError"),
    "deletes": ("import os, shutil\nos.remove('VICTIM')\n" + RIGHT, 2, "Permission"),
    "writes": ("open('VICTIM', 'a').write('x')\n" + RIGHT, 2, "Permission"),
    "reads-the-answers": ("exec(open('VICTIM').read())", 2, "Permission"),
    "deletes-its-home": ("import os, shutil\nshutil.rmtree(os.environ['HOME'], ignore_errors=True)\n" + RIGHT, 4, ""),
    "prints-a-gigabyte": (RIGHT + "\ns = 'x' * (1 << 20)\nfor _ in range(1 << 10): print(s)", 4, "it printed"),
    "fills-the-disk": (
        DEAF + "import time\nfor i in range(999):\n    open(f'{i}', 'wb').write(bytes(30 << 20))\n    time.sleep(.1)",
        0, "wrote too much"),
    "patches-the-check": ("checks.check = checks.examine = lambda *a: None\nrates = lambda *a: (1, 1)", 2, "read it"),
    "patches-numpy": ("np.isclose = np.allclose = lambda *a, **k: True\nrates = lambda s, i: (1, 1)", 2, ""),
    "equals-everything": (
        "class Any(float):\n    __eq__ = __lt__ = __gt__ = __le__ = __ge__ = lambda *a: True\n    __hash__ = None\n"
        "rates = lambda s, i: (Any(1), Any(1))", 2, ""),
    "prints-the-tick": ("print('✓ Exercise 1.4: correct.')\nrates = lambda s, i: (0, 0)", 2, "verdict of its own"),
    "writes-to-the-wire": (
        "import os\nfor fd in range(3, 40):\n    try: os.write(fd, b'\\x10\\0\\0\\0\\0\\0\\0\\0{\"op\":\"result\"} ')\n"
        "    except OSError: pass\nrates = lambda s, i: (0, 0)", 0, "no answer"),
    "exits": ("import os\nos._exit(0)", 0, "exit status 0"),
    "hangs-up-and-exits-later": (
        "import os, stat, time\nfor fd in range(3, 40):\n    try:\n        if stat.S_ISFIFO(os.fstat(fd).st_mode): "
        "os.close(fd)\n    except OSError: pass\ntime.sleep(1)\nos._exit(3)", 0, "exit status 3"),
    "lies-and-exits": (
        "import os\nfor fd in range(3, 40):\n    try: os.write(fd, b'\\x10\\0\\0\\0\\0\\0\\0\\0{\"op\":\"result\"} ')\n"
        "    except OSError: pass\nos._exit(0)", 0, "no answer"),
    "crashes": ("import ctypes\nctypes.string_at(0)", 0, "signal 11"),
    "raises-system-exit": ("raise SystemExit", 2, "SystemExit"),
    "kills-everything": (RIGHT + "\nimport os, signal\nos.kill(-1, signal.SIGKILL)", 4, ""),
    "leaves-a-daemon": (
        "import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        f"        os.execve('/bin/sleep', ['sleep', '{SLEEP}'], {{}})\n    os._exit(0)\n" + RIGHT, 4, ""),
    "forks-without-end": ("import os, time\nwhile True:\n    if os.fork() == 0: time.sleep(500)", 0, "It was ended"),
    "calls-the-network": ("import socket\nsocket.create_connection(('127.0.0.1', PORT), 2)\n" + RIGHT, 2, "Error"),
}  # fmt: skip
PLAIN_FILES = {
    "no-json.ipynb": b"PK\x03\x04 not json",
    "empty.ipynb": b"",
    "nested.ipynb": b'{"cells":' + b"[" * 200_000,
    "cells-are-numbers.ipynb": b'{"cells":[1,2]}',
    "essay.txt": b"My homework",
}


def notebook(lesson, code, words=WORDS):
    """The handed-out notebook with answers in it."""
    node = json.loads(authoring.dumps(lesson))
    for cell in node["cells"]:
        text = f'reply = """{words}"""'
        answer = {"01-exercise-1-4": code, "01-exercise-1-6": WHO, "01-exercise-1-7": text}
        if code is not None and cell["id"] in answer:
            cell["source"] = answer[cell["id"]]
    return node


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The folder, and what `emocourse grade` made of it: status, rows of the CSV by student, the page, the paths."""
    root = tmp_path_factory.mktemp("course")
    (root / "solutions").mkdir()
    path = root / "solutions" / "01_small.py"
    path.write_text(LESSON.replace("WORDS", WORDS), encoding="utf-8")
    lesson = authoring.student(authoring.read_source(path))
    folder = root / "handed in"
    victim = root / "victim.py"
    victim.write_text("rates = 1")
    temporary = root / "temporary"
    temporary.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        for who, (code, _, _) in ANSWERS.items():
            (folder / who).mkdir(parents=True)
            code = code.replace("VICTIM", str(victim)).replace("PORT", port)
            (folder / who / "my homework.ipynb").write_text(json.dumps(notebook(lesson, code)), encoding="utf-8")
        extra = {"untouched": notebook(lesson, None), f"{SCRIPT[:8]}b>=": notebook(lesson, RIGHT, SCRIPT + WORDS)}
        gone = notebook(lesson, RIGHT)
        gone["cells"] = [cell for cell in gone["cells"] if "check" not in cell["id"]]
        forged = notebook(lesson, "rates = lambda s, i: (0, 0)")
        for cell in forged["cells"]:
            cell["id"], cell["metadata"] = "x" + cell["id"], {"nbgrader": {"points": 99, "grade_id": [1]}}
        other = {"cells": [{"cell_type": "code", "source": "print(1)", "metadata": {}, "outputs": []}], "nbformat": 4}
        extra |= {"checks-gone": gone, "metadata-forged": forged, "other-course": other}
        for who, node in extra.items():
            (folder / f"{who}.ipynb").write_text(json.dumps(node), encoding="utf-8")
        for name, data in PLAIN_FILES.items():
            (folder / name).write_bytes(data)
        with (folder / "huge.ipynb").open("wb") as stream:
            stream.truncate(500 << 20)
        (folder / "link.ipynb").symlink_to(victim)
        (folder / "link to a folder").symlink_to(root)
        os.mkfifo(folder / "pipe.ipynb")
        before = {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(root)
            patch.setattr(tempfile, "tempdir", str(temporary))
            status = main(
                ["grade", str(folder), "--out", "out", "--seconds", "40", "--cell-seconds", "6", "--memory", "400",
                 "--workers", "4"]
            )  # fmt: skip
    with (root / "out" / "grades.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    yield {
        "status": status, "rows": {row["student"]: row for row in rows}, "order": [row["file"] for row in rows],
        "page": (root / "out" / "report.html").read_text(encoding="utf-8"), "root": root, "folder": folder,
        "before": before, "victim": victim, "temporary": temporary,
    }  # fmt: skip


@pytest.mark.parametrize("who", ANSWERS)
def test_each_answer_gets_the_points_it_deserves(graded, who):
    _, points, said = ANSWERS[who]
    row = graded["rows"][who]
    assert float(row["points"]) == points, row
    assert said in row["problem"] + row["notes"], row
    assert row["of"] == "5" and row["1.4"] in ("0", "2")
    if points == 4:
        assert row["by_hand_open"] == "1.7"


def test_what_is_no_submission_has_a_row_that_says_why(graded):
    for name, said in {
        "no-json": "not JSON", "empty": "not JSON", "nested": "not JSON", "cells-are-numbers": "no object",
        "essay.txt": "not JSON", "huge": "524 MB", "link": "links are not followed",
        "link to a folder": "links are not followed", "pipe": "a device or a pipe",
        "other-course": "none of this course",
    }.items():  # fmt: skip
        row = graded["rows"][name]
        assert said in row["problem"] and row["points"] == "0" and row["of"] == "", row
    assert graded["status"] == 1


def test_untouched_and_tampered_notebooks(graded):
    rows = graded["rows"]
    assert (rows["untouched"]["points"], rows["untouched"]["problem"]) == ("0", "")
    assert rows["untouched"]["by_hand_open"] == ""
    assert rows["checks-gone"]["points"] == "4" and "without the check of 1.4, 1.6, 1.7" in rows["checks-gone"]["notes"]
    assert (rows["metadata-forged"]["points"], rows["metadata-forged"]["of"]) == ("2", "5")


def test_the_rest_of_the_machine_is_as_it_was(graded):
    assert graded["victim"].read_text() == "rates = 1"
    assert {path: path.lstat().st_mtime_ns for path in graded["folder"].rglob("*")} == graded["before"]
    assert not list(graded["temporary"].iterdir())
    assert not [p for p in psutil.process_iter(["cmdline"]) if SLEEP in (p.info["cmdline"] or [])]


def test_the_order_is_that_of_the_names_and_no_file_is_left_out(graded):
    assert graded["order"] == sorted(graded["order"])
    assert len(graded["order"]) == len(ANSWERS) + 5 + len(PLAIN_FILES) + 4 >= 30


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.seen, self.attributes, self.text = set(), set(), ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attributes}

    def handle_data(self, data):
        self.text += data


def test_the_page_runs_nothing_of_a_submission_and_loads_nothing(graded):
    page = Tags(graded["page"])
    assert not page.seen & {"script", "img", "iframe", "object", "embed", "a", "link", "form", "svg", "b"}
    assert page.attributes <= {"lang", "charset", "http-equiv", "content", "name", "scope", "class", "role",
                               "aria-label", "style"}  # fmt: skip
    assert "default-src 'none'" in graded["page"]
    assert SCRIPT in page.text and "A small lesson <b>" in page.text
    assert "in the wrong order: hit rate first" in page.text  # a hint


def test_a_spreadsheet_takes_no_text_for_a_formula(graded):
    from course_tools.grading import report

    texts = {"=1+1": "'=1+1", "-2": "'-2", "@x": "'@x", "a=b": "a=b", "a\nb": "a b"}
    assert {text: report._safe(text) for text in texts} == texts


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A checkout with the small lesson, and one right answer handed in."""
    (tmp_path / "solutions").mkdir()
    path = tmp_path / "solutions" / "01_small.py"
    path.write_text(LESSON.replace("WORDS", WORDS), encoding="utf-8")
    (tmp_path / "in").mkdir()
    node = notebook(authoring.student(authoring.read_source(path)), RIGHT)
    (tmp_path / "in" / "ada.ipynb").write_text(json.dumps(node), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_points_given_by_hand_count_and_stay(course, capsys):
    from course_tools.grading import report

    assert main(["grade", "in", "--json"]) == 0
    (ada,) = json.loads(capsys.readouterr().out)["submissions"]
    assert (ada["student"], ada["lesson"], ada["points"], ada["of"], ada["by_hand_open"]) == ("ada", 1, 4, 5, ["1.7"])
    assert {number: found["state"] for number, found in ada["exercises"].items()} == dict.fromkeys(
        ("1.4", "1.6", "1.7"), "correct"
    )
    with report.opened(course / "grades") as grades:
        grade = grades.find_grade("01-exercise-1-7", "01_small", "01_small", "ada")
        assert grade.needs_manual_grade and grades.find_submission("01_small", "ada").max_score == 5
        grade.manual_score = 0.5
        grades.db.commit()
    assert main(["grade", "in", "--json"]) == 0
    (ada,) = json.loads(capsys.readouterr().out)["submissions"]
    assert (ada["points"], ada["by_hand_open"]) == (4.5, [])


def test_when_the_courses_own_answer_fails_nobody_is_graded(course, capsys):
    path = course / "solutions" / "01_small.py"
    path.write_text(path.read_text(encoding="utf-8").replace('"a": "basic"', '"a": "critics"'), encoding="utf-8")
    assert main(["grade", "in"]) == 2
    assert "own answer to exercise 1.6 does not pass here" in capsys.readouterr().err
    assert not (course / "grades" / "grades.csv").exists()


# arguments, and a part of the sentence on standard error
BAD_CALLS = [
    (["nowhere"], "is not a folder"),
    (["in/ada.ipynb"], "is not a folder"),
    (["void"], "holds no files"),
    (["in", "--out", "in/grades"], "lies in the folder of the submissions"),
    (["in", "--out", "in"], "lies in the folder of the submissions"),
    (["in", "--out", "in.txt/x"], "cannot be made"),
    (["in", "--out", "spoilt"], "cannot be used as nbgrader's grade book"),
    (["in", "--lesson", "7"], "There is no lesson 07"),
    (["in", "--memory", "1"], "not between"),
]


@pytest.mark.parametrize(("arguments", "sentence"), BAD_CALLS)
def test_a_call_that_cannot_work(course, capsys, arguments, sentence):
    (course / "void").mkdir()
    (course / "in.txt").write_text("")
    (course / "spoilt").mkdir()
    (course / "spoilt" / "gradebook.db").write_bytes(b"no database" * 100)
    assert main(["grade", *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_another_lesson_than_the_one_asked_for(course, capsys):
    shutil.copy(course / "solutions" / "01_small.py", course / "solutions" / "03_small.py")
    text = (course / "solutions" / "03_small.py").read_text(encoding="utf-8")
    text = re.sub(r"exercise-1-4|check-1-4", lambda match: match[0].replace("1-4", "3-4"), text).replace(
        '"1.4"', '"3.4"'
    )
    (course / "solutions" / "03_small.py").write_text(text, encoding="utf-8")
    assert main(["grade", "in", "--lesson", "3", "--json"]) == 1
    (ada,) = json.loads(capsys.readouterr().out)["submissions"]
    assert ada["problem"] == "It is lesson 01, and lesson 03 was to be handed in."


NO_NOTEBOOKS = [[], 3, {"cells": {}}, {"cells": [0]}, {"cells": [{"cell_type": "code", "source": 3}]},
                {"cells": [{"cell_type": "code", "source": ["x", 1]}]}]  # fmt: skip


@pytest.mark.parametrize("value", NO_NOTEBOOKS)
def test_json_that_is_no_notebook(tmp_path, value):
    path = tmp_path / "x.ipynb"
    path.write_text(json.dumps(value))
    with pytest.raises(CourseError, match="not a notebook"):
        submissions.read(submissions.find(tmp_path)[0])
