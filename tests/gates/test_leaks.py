"""No answer and no person's image in what students get: the wheel, the sdist, and what Binder shows."""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import nbformat
import numpy as np
import pytest

from course_tools.authoring import sources as authoring
from emocourse.widgets.webcam import camera as webcam
from gates import Lesson, leaks, sample

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def lessons() -> list[Lesson]:
    return [Lesson.read(ROOT, path.stem) for path in authoring.sources(ROOT)]


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """A clean checkout: what is under version control, and nothing else."""
    folder = tmp_path_factory.mktemp("tree")
    for path in leaks.tracked(ROOT):
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return folder


@pytest.fixture(scope="module")
def archives(tree, tmp_path_factory) -> tuple[Path, Path]:
    """The wheel and the sdist, built from the clean checkout with the tools that are installed."""
    folder = tmp_path_factory.mktemp("dist")
    code = (
        "from hatchling.build import build_sdist, build_wheel; import json; "
        f"print(json.dumps([build_wheel({str(folder)!r}), build_sdist({str(folder)!r})]))"
    )
    built = subprocess.run([sys.executable, "-c", code], cwd=tree, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    wheel, sdist = json.loads(built.stdout.splitlines()[-1])
    return folder / wheel, folder / sdist


@pytest.fixture(scope="module")
def wheel(archives) -> dict[str, bytes]:
    with zipfile.ZipFile(archives[0]) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def sdist(archives) -> dict[str, bytes]:
    with tarfile.open(archives[1]) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        return {member.name.partition("/")[2]: archive.extractfile(member).read() for member in members}


def test_the_wheel_has_the_data_and_no_answers(wheel, archives, lessons):
    data = {
        f"emocourse/{p.relative_to(ROOT).as_posix()}" for p in leaks.tracked(ROOT) if p.is_relative_to(ROOT / "data")
    }
    assert "emocourse/data/README.md" in data and data <= set(wheel)
    assert {"emocourse/__init__.py", "emocourse/checks/__init__.py"} <= set(wheel)
    assert all(name.startswith(("emocourse/", "emocourse-")) for name in wheel)
    assert [name for name in wheel if name.endswith(".ipynb")] == [leaks.DEMO]
    assert {f"emocourse/widgets/webcam/{name}" for name in ("page.css", *webcam.PARTS)} <= set(wheel)
    assert archives[0].stat().st_size < 44 << 20  # 37 MB of it are weights: 20 MB the ensemble, 7 MB the backbone
    assert leaks.problems(wheel, lessons) == []


def test_the_sdist_has_the_lessons_and_no_answers(sdist, lessons):
    assert {"pyproject.toml", "README.md", "LICENSE", "LICENSE-text", "emocourse/__init__.py"} <= set(sdist)
    assert {f"lessons/{lesson.name}.ipynb" for lesson in lessons} <= set(sdist)
    assert leaks.problems(sdist, lessons) == []


def run_postbuild(folder: Path, tools: Path, script: str, fails: str = "") -> subprocess.CompletedProcess:
    """Run Binder's script in ``folder``, with stand-ins for the commands that it calls."""
    tools.mkdir()
    for name in ("python", "jupyter", "emocourse"):
        (tools / name).write_text(f"#!/bin/sh\necho {name} $* >> {tools / 'called'}\n[ {name} != '{fails}' ]\n")
        (tools / name).chmod(0o755)
    path = folder / "postBuild"
    path.write_text(script)
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "postBuild"], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def binder(tree, tmp_path) -> Path:
    """What Binder builds from: a clone, with its history."""
    folder = tmp_path / "clone"
    shutil.copytree(tree, folder)
    (folder / ".git" / "objects").mkdir(parents=True)
    (folder / ".git" / "objects" / "pack").write_bytes(b"every version of every answer")
    return folder


def test_binder_shows_no_answers(binder, tmp_path, lessons):
    done = run_postbuild(binder, tmp_path / "tools", (ROOT / "postBuild").read_text())
    assert done.returncode == 0, done.stderr
    files = leaks.folder(binder)
    assert {f"lessons/{lesson.name}.ipynb" for lesson in lessons} <= set(files)
    assert {"README.md", "emocourse/checks/__init__.py", "data/twin/twin.npz"} <= set(files)
    assert leaks.problems(files, lessons) == []
    assert "emocourse doctor" in (tmp_path / "tools" / "called").read_text()


def test_binder_s_build_fails_with_the_set_up_check(binder, tmp_path):
    done = run_postbuild(binder, tmp_path / "tools", (ROOT / "postBuild").read_text(), fails="emocourse")
    assert done.returncode != 0


@pytest.mark.parametrize("keeps", ["solutions", "tests", ".git"])
def test_a_postbuild_that_leaves_answers_is_noticed(binder, tmp_path, lessons, keeps):
    (line,) = (line for line in (ROOT / "postBuild").read_text().splitlines() if line.startswith("rm -rf "))
    left = " ".join(word for word in line.split() if word != keeps)
    done = run_postbuild(binder, tmp_path / "tools", (ROOT / "postBuild").read_text().replace(line, left))
    assert done.returncode == 0
    assert any(problem.startswith(f"{keeps}/") for problem in leaks.problems(leaks.folder(binder), lessons))


def npz(**arrays) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def notebook(*cells) -> bytes:
    return nbformat.writes(nbformat.v4.new_notebook(cells=list(cells))).encode()


code_cell, output = nbformat.v4.new_code_cell, nbformat.v4.new_output
PRINTED = "the answer to 1 is forty-two and 1 more, for those who did not know"
SENTENCE = "2. With floating-point numbers of very different size."
# what is put into an archive, and what is said about it
BAD_FILES = [
    ("solutions/01_sample.py", b"x = 1", "must not be here"),
    ("course-0.1/solutions/01_sample.txt", b"{}", "must not be here"),
    ("tests/test_checks.py", b"x = 1", "must not be here"),
    (".git/config", b"", "must not be here"),
    ("notes.md", f"Hint:\n{SENTENCE}".encode(), "part of an answer"),
    ("emocourse/hints.py", SENTENCE.replace("numbers of", "numbers\nof").encode(), "part of an answer"),
    ("notes.md", PRINTED.encode(), "part of an answer"),
    ("data/face.png", b"\x89PNG\r\n", "is an image"),
    ("data/README.md", b"\xff\xd8\xff\xe0", "is an image"),
    ("lessons/face.svg", b"<svg/>", "is an image"),
    ("README.md", b"![me](data:image/png;base64,iVBORw0KGgoAAAA)", "inside its text"),
    ("data/faces.npz", npz(faces=np.zeros((2, 48, 48), np.uint8)), "holds images (faces)"),
    ("data/faces.csv", b"3," + b"70 80 82 " * 800, "rows of pixels"),
    ("lessons/01_sample.ipynb", notebook(code_cell("1", outputs=[output("stream", text="1")])), "holds outputs"),
    ("lessons/01_sample.ipynb", notebook(code_cell("return number + number + 0 * 1")), "a solution is in the lesson"),
    ("lessons/02_other.ipynb", notebook(code_cell("1")), "is no lesson"),
]


@pytest.mark.parametrize(("name", "content", "sentence"), BAD_FILES, ids=lambda value: str(value)[:40])
def test_each_kind_of_leak_is_noticed(tmp_path, name, content, sentence):
    text = sample.source().replace('print("the answer to 1 is forty-two and 1 more', f'print("{PRINTED}')
    one = sample.lesson(tmp_path, text)
    good = {"README.md": b"# A course", "lessons/01_sample.ipynb": authoring.dumps(one.student).encode()}
    assert leaks.problems(good, [one]) == []
    found = leaks.problems({**good, name: content}, [one])
    assert any(problem.startswith(name) and sentence in problem for problem in found), found
