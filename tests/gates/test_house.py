"""The house: rooms of a size one can remember, arrows that run one way, doors, and lessons that use doors only."""

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "emocourse"
ROOMS = sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))
DOORS = [*ROOMS, PACKAGE / "widgets" / "webcam"]
# A room that is one file: what it offers is what it defines.
SINGLE = ("backend", "doctor", "emotions", "errors", "metrics", "recognition")
MODULES_OF_LESSONS = 17
"""Most modules of the course that lessons may name in imports: what a student has to find."""


def name_of(door: Path) -> str:
    return ".".join(door.relative_to(ROOT).parts)


def public(module: str) -> set[str]:
    """What a door offers; of a room that is one file, what it defines without an underscore."""
    loaded = importlib.import_module(module)
    if module.rpartition(".")[2] in SINGLE:
        return {name for name in vars(loaded) if not name.startswith("_")}
    return set(loaded.__all__)


def uses(path: Path) -> set[tuple[str, str]]:
    """(module of the course, name) for everything that a source imports from the course or reads from a room."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    rooms, found = {}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names if alias.name.split(".")[0] == "emocourse"}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "emocourse":
            for alias in node.names:
                if node.module == "emocourse" and alias.name in ("CourseError", "keras"):
                    found.add(("emocourse", alias.name))
                elif node.module == "emocourse":
                    rooms[alias.asname or alias.name] = f"emocourse.{alias.name}"
                else:
                    found.add((node.module, alias.name))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in rooms:
            found.add((rooms[node.value.id], node.attr))
    return found


LESSONS = {path.stem: uses(path) for path in sorted((ROOT / "solutions").glob("*.py"))}


def test_the_arrows_run_one_way_and_in_no_circle():
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_contract_has_no_exceptions_and_names_every_room():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (layers,) = (contract for contract in contracts["contracts"] if contract["type"] == "layers")
    assert not [contract for contract in contracts["contracts"] if "ignore_imports" in contract]
    named = {part for line in layers["layers"] for part in line.replace("|", " ").replace(":", " ").split()}
    here = {f"emocourse.{path.stem}" for path in PACKAGE.glob("*.py")} | {name_of(room) for room in ROOMS}
    assert named - {"course_tools"} == here - {"emocourse.__init__"}


def test_a_room_has_at_most_ten_files():
    assert len(list(PACKAGE.glob("*.py"))) <= 10
    for door in [*DOORS, *(path.parent for path in (ROOT / "course_tools").glob("**/__init__.py"))]:
        files = [path for path in door.glob("*.py") if not path.stem.startswith("lesson")]
        assert len(files) <= 10, door


@pytest.mark.parametrize("door", [name_of(door) for door in DOORS])
def test_a_door_opens(door):
    """Its docstring says what is inside, every name of its list is there, and none is also a file of the room."""
    room = importlib.import_module(door)
    files = {path.stem for path in Path(room.__file__).parent.glob("*.py")} - {"__init__"}
    assert room.__doc__ and len(room.__doc__.splitlines()) >= 1
    if door != "emocourse.checks":
        for file in files:
            assert file in room.__doc__, f"{door} does not say what {file} is"
    for name in room.__all__:
        assert getattr(room, name) is not None
    folders = {path.parent.name for path in Path(room.__file__).parent.glob("*/__init__.py")}
    assert not set(room.__all__) & (files - folders), "a name and a file of one room are the same"


def test_the_map_names_every_room():
    import emocourse

    rooms = {room.name for room in ROOMS} | {path.stem for path in PACKAGE.glob("*.py") if path.stem[0] != "_"}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for room in rooms:
        assert re.search(rf"^ *{room}  ", emocourse.__doc__, re.MULTILINE), room
        assert f"`{room}`" in readme, room
    assert set(emocourse.__all__) == rooms | {"CourseError", "keras"}


def test_importing_the_course_loads_nothing_heavy(run_python):
    heavy = ("tensorflow", "keras", "dlib", "cv2", "matplotlib", "sklearn", "scipy", "numpy")
    run_python(f"import sys, emocourse; assert not [name for name in {heavy} if name in sys.modules]")


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_uses_public_names_only(lesson):
    for module, name in LESSONS[lesson]:
        assert name in public(module), f"{lesson} uses {module}.{name}, which no door offers"


def test_lessons_name_few_modules():
    named = {module for used in LESSONS.values() for module, _ in used} - {"emocourse"}
    assert len(named) <= MODULES_OF_LESSONS, sorted(named)
