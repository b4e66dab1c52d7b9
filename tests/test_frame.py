"""What stands around the package: packaging, versions, licences, commands that the README names."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from gates import leaks
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

README_FILES = ("README.md", "CONTRIBUTING.md", "data/README.md")


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def constraints(root):
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if not line.startswith("#")]


@pytest.fixture(scope="module")
def makefile(root):
    return (root / "Makefile").read_text(encoding="utf-8")


def requirements(project):
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    return [Requirement(text) for group in groups for text in group]


def test_every_dependency_says_why(root):
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    block = text[text.index("dependencies = [") : text.index("[project.optional-dependencies]")]
    lines = [line.strip() for line in block.splitlines()[1:] if line.strip() not in ("", "]")]
    assert lines[0].startswith("#")
    reasons = sum(line.startswith("#") for line in lines)
    assert reasons >= 10


def test_every_dependency_has_a_lower_bound_and_a_version_that_was_tried(project, constraints):
    for requirement in requirements(project):
        assert requirement.specifier, requirement
        pinned = [
            pin for pin in constraints if pin.name.lower().replace("_", "-") == requirement.name.replace("_", "-")
        ]
        if requirement.marker is not None:
            pinned = [pin for pin in pinned if requirement.specifier.contains(next(iter(pin.specifier)).version)]
        assert pinned, requirement
        for pin in pinned:
            assert requirement.specifier.contains(next(iter(pin.specifier)).version), (requirement, pin)


def test_constraints_are_exact_and_name_no_place(root, constraints):
    text = (root / "constraints.txt").read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|git\+|--|@|^\s*-|/", text, re.MULTILINE)
    for pin in constraints:
        (specifier,) = pin.specifier
        assert specifier.operator == "==" and "*" not in specifier.version, pin
        Version(specifier.version)


@pytest.mark.parametrize("python", ["3.11.7", "3.12.1", "3.13.0"])
@pytest.mark.parametrize(
    ("system", "machine"),
    [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("win32", "AMD64")],
)
def test_one_version_of_each_package_on_every_machine(constraints, project, python, system, machine):
    place = {
        "sys_platform": system,
        "platform_machine": machine,
        "python_version": python.rpartition(".")[0],
        "python_full_version": python,
        "os_name": "nt" if system == "win32" else "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }
    assert SpecifierSet(project["requires-python"]).contains(python)
    names = [pin.name for pin in constraints if pin.marker is None or pin.marker.evaluate(place)]
    assert len(names) == len(set(names))
    wanted = [need.name for need in requirements(project) if need.marker is None or need.marker.evaluate(place)]
    assert wanted.count("tensorflow-cpu") + wanted.count("tensorflow") == 1
    assert ("tensorflow-cpu" in wanted) == ((system, machine) in (("linux", "x86_64"), ("win32", "AMD64")))
    assert wanted.count("dlib-bin") == 1


def test_commands_in_the_readme_exist(root, makefile):
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert {"lab", "test", "site", "links", "mutate", "bench", "lessons", "clean", "help"} <= targets
    used = set()
    for name in README_FILES:
        for words in re.findall(r"(?:`|^)make ([a-z]+(?: [a-z]+)*)", (root / name).read_text("utf-8"), re.MULTILINE):
            used |= set(words.split())
    assert {"lab", "test", "lessons"} <= used <= targets


def test_options_of_the_command_in_the_texts_exist(root):
    from emocourse.cli.main import emocourse

    known = set(emocourse.commands)
    for name in README_FILES:
        text = (root / name).read_text(encoding="utf-8")
        used = set(re.findall(r"(?:`|bin/)emocourse ([a-z]+)", text))
        assert used <= known, name


def test_links_between_files_lead_somewhere(root):
    for name in README_FILES:
        folder = (root / name).parent
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", (root / name).read_text(encoding="utf-8")):
            assert (folder / target).exists(), (name, target)


def test_make_help_lists_every_target(root):
    shown = subprocess.run(["make", "--no-print-directory", "help"], cwd=root, capture_output=True, text=True)
    assert shown.returncode == 0
    for target in ("lab", "test", "site", "links", "mutate", "bench", "lessons", "clean", "help"):
        assert re.search(rf"^ *make {target}\s+\w", shown.stdout, re.MULTILINE), shown.stdout


def test_no_python_ends_in_one_sentence(root, tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "make"):
        found = subprocess.run(["which", name], capture_output=True, text=True).stdout.strip()
        (tools / name).symlink_to(found)
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_bytes((root / name).read_bytes())
    made = subprocess.run(
        ["make", "--no-print-directory", "lab"], cwd=tmp_path, capture_output=True, text=True, env={"PATH": str(tools)}
    )
    assert made.returncode != 0
    sentences = [line for line in made.stderr.splitlines() if not line.startswith("make")]
    assert len(sentences) == 1 and sentences[0].startswith("The course needs Python 3.11 or 3.12"), made.stderr


def test_licences(root):
    assert "BSD 3-Clause" in (root / "LICENSE").read_text(encoding="utf-8")
    assert "creativecommons.org/licenses/by/4.0/legalcode" in (root / "LICENSE-text").read_text(encoding="utf-8")


def test_citation(root, project):
    import emocourse

    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert str(citation["version"]) == emocourse.__version__
    names = {author.get("family-names") for work in citation["references"] for author in work["authors"]}
    assert {"Benoît", "Giraud"} <= names


@pytest.mark.parametrize(
    "name",
    [
        "environment.yml",
        ".pre-commit-config.yaml",
        *(f".github/workflows/{name}.yml" for name in ("ci", "pages", "weekly")),
    ],
)
def test_yaml_is_valid(root, name):
    assert yaml.safe_load((root / name).read_text(encoding="utf-8"))


def test_binder_gets_a_tested_python_and_the_exact_versions(root):
    environment = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))
    (pip,) = (part["pip"] for part in environment["dependencies"] if isinstance(part, dict))
    assert "python=3.11" in environment["dependencies"] and pip == ["-c constraints.txt", "-e ."]


@pytest.mark.parametrize("name", ["postBuild", ".ci/run"])
def test_scripts_stop_at_the_first_error_and_parse(root, name):
    text = (root / name).read_text(encoding="utf-8")
    assert "set -euo pipefail" in text.splitlines()
    assert subprocess.run(["bash", "-n", name], cwd=root).returncode == 0
    assert (root / name).stat().st_mode & 0o100


def test_results_markers(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    assert text.count("<!-- results:start -->") == text.count("<!-- results:end -->") == 1
    assert text.index("<!-- results:start -->") < text.index("<!-- results:end -->")


def test_no_file_names_a_place_on_this_machine(root):
    places = [f"{place}/".encode() for place in (root, Path.home()) if place != place.parent]
    for path in leaks.tracked(root):
        content = path.read_bytes()
        assert not [place for place in places if place in content], path
