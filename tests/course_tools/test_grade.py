"""A class hands in, half of it hostile: each costs its own row only, and nothing else on the machine changes."""

import csv
import dataclasses
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from html.parser import HTMLParser
from types import SimpleNamespace

import psutil
import pytest

from course_tools.authoring import sources as authoring
from course_tools.grading import box, grade, report, sandbox
from emocourse.errors import CourseError

pytest.importorskip("nbgrader", reason="grading needs the extra emocourse[grade]")


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    """What shuts submissions in here; where nothing does, the tests that need it are skipped, and say why."""
    shared = tmp_path_factory.mktemp("shared")
    shared.chmod(0o777)
    try:
        return sandbox.working(False, box.Limits(), 1, shared)
    except CourseError as error:
        pytest.skip(str(error))


boxed = pytest.mark.usefixtures("engine")


@pytest.fixture(autouse=True, scope="module")
def tried_once(request):
    """An engine that works is not tried again before each grading."""

    def working(trust, limits, threads, shared, hidden):
        if trust or shutil.which("bwrap") is None:
            return sandbox.working(trust, limits, threads, shared, hidden)
        return sandbox.Sandbox(request.getfixturevalue("engine").engine, limits, threads, shared, hidden)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grade, "working", working)
        yield


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not here")
def test_where_bubblewrap_works_so_does_grading(tmp_path):
    """Else all that follows would be skipped, and nobody would know."""
    system = ["--ro-bind", "/", "/", "--unshare-all", "--dev", "/dev", "--proc", "/proc", "true"]
    plain = subprocess.run(["bwrap", *system], capture_output=True, text=True)
    if plain.returncode:
        pytest.skip(f"bubblewrap does not work here: {plain.stderr}")
    tmp_path.chmod(0o777)
    assert isinstance(sandbox.working(False, box.Limits(), 1, tmp_path).engine, box.Bubblewrap)


@boxed
def test_a_box_that_does_not_start_says_why(tmp_path, engine, monkeypatch):
    """So does an engine that is no engine here; and a cache that a box's user may not read only costs time."""
    (tmp_path / "cache" / "twin").mkdir(parents=True)
    (tmp_path / "cache" / "twin").chmod(0o700)
    (tmp_path / "cache").chmod(0o700)
    monkeypatch.setenv("EMOCOURSE_CACHE", str(tmp_path / "cache"))
    assert engine.run(sandbox.Plan([{"source": "1"}])).problem == ""
    monkeypatch.setattr(sandbox, "_STUDENT", "raise ValueError('no cache')")
    assert "(ValueError: no cache)" in engine.run(sandbox.Plan([{"source": "1"}])).problem
    with pytest.raises(CourseError, match=r"does not work: .*ValueError: no cache.*--trust-submissions"):
        sandbox.working(False, box.Limits(), 1, tmp_path)
    monkeypatch.setattr(sandbox, "_JUDGE", "raise ValueError('no judge')")
    assert "no judge" in engine.run(sandbox.Plan([{"source": "1"}])).problem


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_too_few_open_files_are_refused_at_once(tmp_path, monkeypatch):
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda _: (64, 64))
    with pytest.raises(CourseError, match=r"run ulimit -n 256 and"):
        sandbox.working(True, box.Limits(), 1, tmp_path)


def test_what_killed_graders_left_is_swept_away(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(box, "_CGROUPS", tmp_path / "cgroup")
    dead, alive = subprocess.Popen([sys.executable, "-c", ""]), os.getpid()
    dead.wait()
    for pid in (dead.pid, alive):
        for folder in (f"emocourse-{pid}-a/cache", f"cgroup/memory/emocourse-{pid}-b", f"cgroup/emocourse-{pid}-c"):
            (tmp_path / folder).mkdir(parents=True)
    others = {f"emocourse-{dead.pid}-link", f"emocourse-{10**20}-x"}  # nobody's of ours
    (tmp_path / f"emocourse-{10**20}-x").mkdir()
    (tmp_path / "kept").mkdir(0o500)
    (tmp_path / f"emocourse-{dead.pid}-link").symlink_to(tmp_path / "kept")
    box.sweep()
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o500
    left = {path.name for path in tmp_path.rglob("emocourse-*")}
    assert left == {f"emocourse-{alive}-{letter}" for letter in "abc"} | others


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
rates = checks.use("1.4", rates)

# %% name="exercise-1-6"
# BEGIN SOLUTION
# STUB: who_says = ...
who_says = {"a": "basic", "b": "critics", "c": "critics", "d": "basic", "e": "critics"}
# END SOLUTION

# %% name="check-1-6"
checks.check("1.6", who_says)

# %%
who_says = checks.use("1.6", who_says)

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

DEAF = "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
LIES = """
import os, struct
def lie():
    for fd in range(3, 60):
        try: os.write(fd, struct.pack('<I', len(TEXT)) + TEXT)
        except OSError: pass
"""
CORRECT = b'TEXT = b\'{"op": "verdict", "number": "1.4", "state": "correct", "hint": "", "values": null}\''.decode()
# A message of which a reader of lines of a megabyte would take the middle for a verdict.
LONG = """
import json
said = {'op': 'verdict', 'number': '1.4', 'state': 'correct', 'hint': '', 'texts': [], 'pad': ''}
said['pad'] = 'x' * ((1 << 20) - len(json.dumps(said)))
before = 'x' * ((1 << 20) - len(json.dumps({'op': 'cell', 'position': ['']})) + len('"]}') - len('", '))
text = json.dumps({'op': 'cell', 'values': None, 'position': [before, said, '']}).encode()
from course_tools.grading.student import _wire
import struct
_wire._writer.write(struct.pack('<I', len(text)) + text)
"""

# Who, what stands in exercise 1.4's cell (1.6 and 1.7 are right), points, words in the problem or the notes.
ANSWERS = {
    "right": (RIGHT, 4, ""),
    "wrong-order": ("def rates(s, i):\n    return s[~i].mean(), s[i].mean()", 2, ""),
    "syntax-error": ("def rates(s, i)\n    return 1", 2, "stopped with an error"),
    "habits": ("%matplotlib inline\n!echo hi\n%pip install -q tqdm\n%pip install nowhere-to-be-found\n"
               "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\n" + RIGHT, 4, ""),
    "helper": ("from helper import rates", 4, ""),
    "eats-memory": ("eaten = []\nwhile True: eaten.append(b'x' * 20_000_000)", 0, "memory limit"),
    "eats-memory-in-memfds": ("import os\nfds = []\nwhile True:\n    fds.append(os.memfd_create('x'))\n"
                              "    os.write(fds[-1], b'x' * 20_000_000)", 0, "memory limit"),
    "reads-the-answers": ("exec(open('VICTIM').read())", 2, "FileNotFoundError"),
    "writes-everywhere": (
        "import os\ndone = []\nfor top in ('/', '/usr', '/dev', '/proc/sys', os.path.dirname(np.__file__), "
        "os.path.dirname(checks.__file__)):\n    try: open(top + '/x', 'w'); done.append(top)\n"
        "    except OSError: pass\nassert not done, done\n" + RIGHT, 4, ""),
    "prints-a-lot": (RIGHT + "\ns = 'x' * (1 << 20)\nfor _ in range(64): print(s)", 4, ""),
    "fills-the-disk": ("for i in range(999): open(f'/tmp/{i}', 'wb').write(bytes(30 << 20))", 2, "No space left"),
    "patches-the-check": ("checks.check = checks.examine = lambda *a: None\nrates = lambda *a: (1, 1)", 2, "read it"),
    "equals-everything": (
        "class Any(float):\n    __eq__ = __lt__ = __gt__ = __le__ = __ge__ = lambda *a: True\n    __hash__ = None\n"
        "rates = lambda s, i: (Any(1), Any(1))", 2, ""),
    "lies-at-once": (CORRECT + LIES + "lie()\nrates = lambda s, i: (0, 0)", 0, "no answer"),
    "lies-when-asked": (CORRECT + LIES + "rates = lambda s, i: lie()", 0, "may not"),
    "lies-in-a-long-line": (LONG + "rates = lambda s, i: (0, 0)", 2, ""),
    "exits": ("import os\nos._exit(0)", 0, "kernel died"),
    "error-of-any-letters": ("raise ValueError('\\ud800\\x1b[2J\\x00=1+1')", 2, ""),
    "kills-everything": (RIGHT + "\nimport os, signal\nos.kill(-1, signal.SIGKILL)", 0, ""),
    "leaves-a-daemon": (
        "import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        f"        os.execve('/bin/sleep', ['sleep', '{SLEEP}'], {{}})\n    os._exit(0)\n" + RIGHT, 4, ""),
    "forks-without-end": (
        "import os\nwhile True:\n    if not os.fork(): os.execv('/bin/sleep', ['sleep', '500'])", 2, "BlockingIOError"),
    "calls-the-network": ("import socket\nsocket.create_connection(('127.0.0.1', PORT), 2)\n" + RIGHT, 2, "refused"),
    "calls-the-host": ("import socket\nsocket.socket(socket.AF_VSOCK)\n" + RIGHT, 2, "PermissionError"),
    "nests-folders": ("import os\nfor _ in range(3000):\n    os.mkdir('x')\n    os.chdir('x')\n" + RIGHT, 4, ""),
}  # fmt: skip


def notebook(lesson, code, words=WORDS):
    """The handed-out notebook with answers in it."""
    node = json.loads(authoring.dumps(lesson))
    for cell in node["cells"]:
        text = f'reply = """{words}"""'
        answer = {"01-exercise-1-4": code, "01-exercise-1-6": WHO, "01-exercise-1-7": text}
        if code is not None and cell["id"] in answer:
            cell["source"] = answer[cell["id"]]
    return node


def handed_in(lesson):
    """Notebooks that are changed as a whole: {who: (node, points, words in the problem or the notes)}."""

    def changed(code, change):
        node = notebook(lesson, code)
        node["cells"] = change(node["cells"])
        return node

    def with_more(*sources):
        code = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in sources]
        return lambda cells: [*cells, *code]

    def without(word):
        return lambda cells: [cell for cell in cells if word not in str(cell)]

    def without_ids(cells):
        for cell in cells:
            del cell["id"]
        return cells

    def in_a_text_cell(cells):
        return [{**cell, "cell_type": "markdown"} if cell["id"].endswith("exercise-1-4") else cell for cell in cells]

    wrong = "rates = lambda s, i: (0, 0)"
    guesses = [f"checks.check('1.4', lambda s, i: ({n}, {n}))" for n in range(120)]
    written = {"cell_type": "code", "source": "%%writefile own.py\n" + RIGHT, "metadata": {}, "outputs": []}
    return {
        "untouched": (notebook(lesson, None), 0, ""),
        "untouched-without-checks": (changed(None, without("-check-")), 0, "judged at the end"),
        f"{SCRIPT[:8]}b>=": (notebook(lesson, RIGHT, SCRIPT + WORDS), 4, ""),
        "checks-gone": (changed(RIGHT, without("-check-")), 4, "judged at the end"),
        "guesses": (changed(wrong, with_more(*guesses)), 2, "asks the check of 1.4 120 times in other cells"),
        "given-cells-gone": (changed(RIGHT, without("numpy")), 4, "1 given cell"),
        "asked-again": (changed(None, lambda cells: cells + [c for c in cells if "-check-" in str(c)]), 0, ""),
        "no-ids": (changed(RIGHT, without_ids) | {"nbformat_minor": 4}, 4, ""),
        "in-a-text-cell": (changed(RIGHT, in_a_text_cell), 2, "stands in a markdown cell"),
        "other-kernel": (notebook(lesson, RIGHT) | {"metadata": {"kernelspec": {"name": "conda-env-x"}}}, 4, ""),
        "checks-first": (changed(RIGHT, lambda cells: sorted(cells, key=lambda c: "exercise" in c["id"])), 4, ""),
        "writefile": (changed("from own import rates", lambda cells: [written, *cells]), 4, ""),
    }  # fmt: skip


def options(folder, out, **more):
    given = {
        "folder": folder,
        "out": out,
        "lesson": None,
        "seconds": 600,
        "cell_seconds": 60,
        "memory": 500,
        "workers": 2,
    }
    return SimpleNamespace(**given | more)


def rows_of(out):
    with (out / "grades.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A checkout with the small lesson; Python stands in it."""
    root = tmp_path_factory.mktemp("course")
    (root / "solutions").mkdir()
    (root / "solutions" / "01_small.py").write_text(LESSON.replace("WORDS", WORDS), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        yield root


@pytest.fixture(scope="module")
def graded(course):
    """The folder, and what the command made of it."""
    lesson = authoring.student(authoring.read_source(course / "solutions" / "01_small.py"))
    folder, victim, temporary = course / "handed in", course / "victim.py", course / "temporary"
    victim.write_text("rates = 1")
    temporary.mkdir()
    wanted = {who: (notebook(lesson, code), *rest) for who, (code, *rest) in ANSWERS.items()} | handed_in(lesson)
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.MonkeyPatch.context() as patch:
        for who, (node, _, _) in wanted.items():
            (folder / who).mkdir(parents=True)
            text = json.dumps(node).replace("VICTIM", str(victim)).replace("PORT", str(server.getsockname()[1]))
            (folder / who / "my homework.ipynb").write_text(text, encoding="utf-8")
        (folder / "helper" / "helper.py").write_text(RIGHT)
        (folder / "no-json.ipynb").write_bytes(b"PK\x03\x04 not json")
        before = {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}
        patch.setattr(tempfile, "tempdir", str(temporary))
        _, _, status = grade.run(options(folder, course / "out"), False)
    return SimpleNamespace(
        wanted=wanted, rows={row["student"]: row for row in rows_of(course / "out")}, victim=victim, before=before,
        page=(course / "out" / "report.html").read_text(encoding="utf-8"), temporary=temporary, status=status,
        folder=folder,
    )  # fmt: skip


def test_a_plain_folder_where_cgroups_should_be_limits_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(box, "_CGROUPS", tmp_path)
    with box.Group(box.Limits()) as group:
        assert not group.folders and not list(tmp_path.iterdir())


@boxed
def test_each_submission_gets_the_points_it_deserves(graded):
    wrong = {}
    for who, (_, points, said) in graded.wanted.items():
        row = graded.rows[who]
        sure = points - (points > 0)  # words are handed in: a person gives the points of 1.7
        if float(row["points"]) != sure or said not in row["problem"] + row["notes"] or row["of"] != "5":
            wrong[who] = row
        if points == 4 and (row["by_hand_open"] != "1.7" or "read it" in row["notes"]):
            wrong[who] = row
    assert not wrong
    assert "not JSON" in graded.rows["no-json"]["problem"] and graded.status == 1


@boxed
def test_the_rest_of_the_machine_is_as_it_was(graded):
    assert graded.victim.read_text() == "rates = 1"
    assert {path: path.lstat().st_mtime_ns for path in graded.folder.rglob("*")} == graded.before
    assert not list(graded.temporary.iterdir())
    assert not [p for p in psutil.process_iter(["cmdline"]) if SLEEP in (p.info["cmdline"] or [])]


@boxed
def test_a_submission_that_hears_no_signal_ends_at_its_time_limit(engine):
    code = DEAF + "while True:\n    try: 1 / 0\n    except BaseException: pass"
    limits = box.Limits(seconds=10, cell_seconds=2)
    outcome = dataclasses.replace(engine, limits=limits).run(sandbox.Plan([{"source": code}]))
    assert "time limit of 10 s" in outcome.problem and outcome.seconds >= 10


@boxed
def test_a_call_that_does_not_end_costs_its_exercise_only(engine):
    loop = "def most_likely(reading):\n    while True:\n        try: 1 / 0\n        except Exception: pass"
    cells = [{"source": loop + "\norder = [*'CGEAFDB']"}]
    cells += [{"check": "0.1", "names": ["most_likely"]}, {"check": "0.3", "names": ["order"]}]
    outcome = dataclasses.replace(engine, limits=box.Limits(cell_seconds=4)).run(sandbox.Plan(cells))
    assert {number: verdict["state"] for number, verdict in outcome.verdicts.items()} == {
        "0.1": "not yet", "0.3": "correct"}  # fmt: skip
    assert "it ran longer than 4 s" in outcome.verdicts["0.1"]["hint"] and not outcome.problem


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


@boxed
def test_the_page_runs_nothing_of_a_submission_and_loads_nothing(graded):
    page = Tags(graded.page)
    assert not page.seen & {"script", "img", "iframe", "object", "embed", "a", "link", "form", "svg", "b"}
    assert page.attributes <= {"lang", "charset", "http-equiv", "content", "name", "scope", "class", "role",
                               "aria-label", "style"}  # fmt: skip
    assert "default-src 'none'" in graded.page
    assert SCRIPT in page.text and "A small lesson <b>" in page.text
    assert "in the wrong order: hit rate first" in page.text  # a hint
    assert "The model answer" in graded.page and "of 1" in page.text


@pytest.fixture
def class_of_one(course):
    """A folder with one right answer, and a place for the grades."""
    place = course / f"one-{time.monotonic_ns()}"
    (place / "in").mkdir(parents=True)
    lesson = authoring.student(authoring.read_source(course / "solutions" / "01_small.py"))
    (place / "in" / "ada.ipynb").write_text(json.dumps(notebook(lesson, RIGHT)), encoding="utf-8")
    return place


@boxed
def test_points_given_by_hand_count_and_stay(class_of_one, monkeypatch):
    out, run, outcomes = class_of_one / "out", sandbox.Sandbox.run, {}

    def once(self, plan, own=False, stop=None):
        return outcomes[own] if own in outcomes else outcomes.setdefault(own, run(self, plan, own, stop))

    monkeypatch.setattr(sandbox.Sandbox, "run", once)
    value, _, status = grade.run(options(class_of_one / "in", out), False)
    (ada,) = value["submissions"]
    assert status == 0 and not (out / grade.RESULTS).exists()
    assert (ada["student"], ada["lesson"], ada["points"], ada["of"], ada["by_hand_open"]) == ("ada", 1, 3, 5, ["1.7"])
    states = {n: found["state"] for n, found in ada["exercises"].items()}
    assert states == {"1.4": "correct", "1.6": "correct", "1.7": "handed in"}
    with report.opened(out) as book:
        given = book.find_grade("01-exercise-1-7", "01_small", "01_small", "ada")
        assert given.needs_manual_grade and book.find_submission("01_small", "ada").max_score == 5
    path = out / report.BY_HAND
    text = re.sub(r"(1\.7,\d,)", r"\g<1>0.5", path.read_text(encoding="utf-8-sig"))
    path.write_text(text, encoding="utf-8")
    for _ in range(2):
        (ada,) = grade.run(options(class_of_one / "in", out), False)[0]["submissions"]
        assert (ada["points"], ada["by_hand_open"]) == (3.5, [])


@boxed
def test_when_the_courses_own_answer_fails_nobody_is_graded(class_of_one, monkeypatch):
    root = class_of_one / "root"
    (root / "solutions").mkdir(parents=True)
    text = LESSON.replace("WORDS", WORDS).replace('"a": "basic"', '"a": "critics"')
    (root / "solutions" / "01_small.py").write_text(text, encoding="utf-8")
    monkeypatch.chdir(root)
    with pytest.raises(CourseError, match=r"own answer to exercise 1\.6 does not pass here"):
        grade.run(options(class_of_one / "in", class_of_one / "out"), False)


@boxed
def test_a_killed_grading_goes_on(course, class_of_one):
    """Killed after its first submission; the next call runs the others only, and nothing is left running."""
    for name in "bc":
        node = json.loads((class_of_one / "in" / "ada.ipynb").read_text())
        node["cells"].append({"cell_type": "code", "source": f"import time; time.sleep(2); '{name}'", "metadata": {}})
        (class_of_one / "in" / f"{name}.ipynb").write_text(json.dumps(node))
    out = class_of_one / "out"
    code = (
        "from types import SimpleNamespace; from course_tools.grading import grade; "
        f"grade.run(SimpleNamespace(**{vars(options(str(class_of_one / 'in'), str(out), workers=1))!r}), False)"
    )
    environment = {**os.environ, "PYTHONPATH": str(authoring.CHECKOUT)}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=course, env=environment)
    while not (out / grade.RESULTS).is_file() or not (out / grade.RESULTS).read_text():
        time.sleep(0.1)
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    first = json.loads((out / grade.RESULTS).read_text().splitlines()[0])["outcome"]["seconds"]
    value, _, _ = grade.run(options(class_of_one / "in", out), False)
    assert [row["points"] for row in value["submissions"]] == [3] * 3
    assert round(first, 1) in [row["seconds"] for row in value["submissions"]]


def test_without_anything_that_shuts_in_only_trust_helps(class_of_one, monkeypatch, capsys):
    monkeypatch.setattr(box.shutil, "which", lambda name: None)
    with pytest.raises(CourseError, match="--trust-submissions"):
        grade.run(options(class_of_one / "in", class_of_one / "out"), False)
    value, text, _ = grade.run(options(class_of_one / "in", class_of_one / "out", trust_submissions=True), False)
    assert value["submissions"][0]["points"] == 3
    for told in (text, capsys.readouterr().err, (class_of_one / "out" / "report.html").read_text(),
                 (class_of_one / "out" / "grades.csv").read_text()):  # fmt: skip
        assert "othing was isolated" in told


@boxed
def test_an_ordinary_user_has_a_box_too():
    """The system's own Python, since ours may lie where only root can read."""
    user = ["setpriv", "--reuid", "65533", "--regid", "65533", "--clear-groups"] if os.getuid() == 0 else []
    inside = "import os; print(os.getuid(), os.path.exists('/root'), os.listdir('/tmp'))"
    code = (
        "import subprocess, sys; from course_tools.grading import box; engine = box.Bubblewrap(False);"
        f"print(subprocess.run(engine.command(box.Box({inside!r}, (), box.Limits())), capture_output=True))"
    )
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join([str(authoring.CHECKOUT), *sys.path])}
    ran = subprocess.run([*user, "/usr/bin/python3", "-c", code], capture_output=True, text=True, env=environment)
    if "Permission denied" in ran.stderr or "No module" in ran.stderr:
        pytest.skip("this checkout cannot be read by another user, or not by the system's Python")
    assert "65534 False" in ran.stdout, ran.stdout + ran.stderr


# options, and a part of the sentence
BAD_CALLS = [
    ({"folder": "nowhere"}, "is not a folder"),
    ({"folder": "solutions/01_small.py"}, "is not a folder"),
    ({"folder": "void"}, "holds no files"),
    ({"out": "in/grades"}, "lies in the folder of the submissions"),
    ({"out": "solutions/01_small.py/x"}, "cannot be made"),
    ({"out": "spoilt"}, "cannot be used as nbgrader's grade book"),
    ({"lesson": 11}, "There is no lesson 11"),
]


@pytest.mark.parametrize(("given", "sentence"), BAD_CALLS)
def test_a_call_that_cannot_work(course, given, sentence):
    for name in ("void", "spoilt", "in"):
        (course / name).mkdir(exist_ok=True)
    (course / "spoilt" / "gradebook.db").write_bytes(b"no database" * 100)
    (course / "in" / "one.ipynb").write_text("{}")
    with pytest.raises(CourseError, match=re.escape(sentence)):
        grade.run(options(**{"folder": "in", "out": "new", **given}), False)
    if "folder" in given:
        assert not (course / "new").exists()


def test_a_container_gets_the_same_limits():
    made = box.Box("pass", ("x",), box.Limits(memory=1 << 30, disk=1 << 20, tasks=9))
    command = box.Container("podman").command(made)
    text = " ".join(command)
    for part in ("--network none", "--read-only", "--cap-drop ALL", "--security-opt no-new-privileges", "--rm",
                 "--user 65534:65534", f"--memory {1 << 30}", "--pids-limit 9", f"--name {made.name}",
                 f"--tmpfs /tmp:rw,size={1 << 20},mode=1777", "--interactive"):  # fmt: skip
        assert part in text, part
    assert command[-6:] == [box.IMAGE, "python", "-P", "-c", "pass", "x"]
    assert not re.search(r"solutions|/tests|:rw ", text)
