"""What all commands have in common: help, mistakes, how they end, and what they do not load."""

import os
import subprocess
import sys

import model_files
import pytest
from tiny import emocourse, refuse, write_photo

from emocourse.cli import main as command
from emocourse.cli.main import main
from emocourse.models import weights

COMMANDS = (
    "doctor", "data info", "data audit", "data votes", "data coverage", "data download", "preprocess", "train",
    "evaluate", "predict", "models", "ensemble", "leaderboard", "ablation", "twin fit", "twin check", "results",
    "lessons", "grade", "watch",
)  # fmt: skip


def test_every_command_is_listed_here():
    known = [
        f"{name} {kind}" if kind else name
        for name, made in command.emocourse.commands.items()
        for kind in getattr(made, "commands", [""])
    ]
    assert set(COMMANDS) == set(known)


@pytest.mark.parametrize("name", ["", "data", "twin", *COMMANDS])
def test_help(name, capsys):
    assert main([*name.split(), "--help"]) == 0
    out, err = capsys.readouterr()
    assert err == "" and out.startswith(f"Usage: emocourse {name}".rstrip())
    assert len(out) > 150


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Missing command"),
        (("dance",), "'dance'"),
        (("data",), "Missing command: see `emocourse data --help`"),
        (("evaluate",), "Missing argument 'MODEL'"),
        (("evaluate", "slides", "--split", "PublicTest"), "'PublicTest' is not one of"),
        (("evaluate", "slides", "--frobnicate"), "--frobnicate"),
        (("predict",), "Missing argument 'PHOTO...'"),
        (("predict", "a.png", "--detector", "mtcnn"), "'mtcnn'"),
        (("train", "slides", "--epochs", "0"), "0 is not in the range 1<="),
        (("train", "slides", "--batch", "many"), "'many' is not a valid integer"),
        (("train", "slides", "--seed", "-1"), "-1"),
        (("train", "slides", "--precision", "int4"), "'int4'"),
        (("train", "alexnet"), "no recipe named alexnet"),
        (
            ("train", "slides", "--sees", "1"),
            "did you mean one of: '--seed', '--set'?): see `emocourse train --help`",
        ),
        (("evaluate", "slides", "--boxes", "13"), "'--num-jitters': 13"),
        (("lessons", "--check", "--execute"), "exclude one another"),
        (("watch", "film.mp4", "--out", "a.csv", "--every", "nan"), "nan"),
        (("predict", "https://example.org/x.png"), "is an address"),
        (("watch", "file:///film.mp4", "--out", "a.csv"), "is an address"),
        (("predict", "gone*.png"), "No file is named like gone*.png"),
        (("predict", "a.png", "--smallest", "3"), "3 is not in the range"),
        (("data", "coverage", "--data", "gone.csv", "--out", "a.json"), "gone.csv"),
        (("preprocess",), "--out"),
        (("preprocess", "--out", "faces.csv"), "must end in .npz"),
        (("preprocess", "--workers", "0", "--out", "a.npz"), "0 is not in the range"),
        (("data", "audit", "--data", "twin"), "nothing to audit"),
        (("data", "audit", "--data", "gone.csv"), "gone.csv"),
        (("data", "info", "--data", "gone.zip", "--json"), "gone.zip"),
        (("evaluate", "gone.safetensors"), "no model gone.safetensors"),
        (("predict", "gone.png", "--json"), "gone.png does not exist"),
        (("twin", "fit", "--data", "gone.csv", "--out", "twin"), "gone.csv"),
        (("twin", "check", "--data", "gone.csv"), "gone.csv"),
    ],
)
def test_a_mistake_is_one_sentence(arguments, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert says in refuse(capsys, *arguments)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("raised", "status", "says"),
    [(KeyboardInterrupt, 130, "Stopped; the same command goes on from here.\n"), (MemoryError, 2, "memory")],
)
def test_ends_from_outside(raised, status, says, capsys, monkeypatch):
    def stop():
        raise raised

    monkeypatch.setattr(weights, "shipped", stop)
    assert main(["models"]) == status
    out, err = capsys.readouterr()
    assert out == "" and says in err and err.count("\n") == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")
def test_output_that_goes_nowhere():
    def run(shell: str) -> subprocess.CompletedProcess:
        words = ["bash", "-c", f'set -o pipefail; "$0" -m emocourse {shell}', sys.executable]
        return subprocess.run(words, capture_output=True, text=True, timeout=60)

    assert run("models | true").stderr == ""
    assert run("models >&-").returncode == 0
    for shell in ("models > /dev/full", "models --help > /dev/full"):
        full = run(shell)
        assert full.returncode == 2
        assert full.stderr == "The result cannot be written (No space left on device): free some space.\n"


def test_a_path_that_no_encoding_has(capsys, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "emocourse", "predict", b"gr\xfc\xdfe.png"],
        capture_output=True, cwd=tmp_path, env=os.environ | {"PYTHONIOENCODING": "ascii"}, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert b"does not exist" in done.stderr


@pytest.mark.parametrize(
    "code",
    [
        "import emocourse",
        "from emocourse.cli.main import main\nmain(['--help'])",
        "from emocourse.cli.main import main\nmain(['predict', 'gone.png'])",
        "from emocourse.cli.main import main\nmain(['models', '--json'])",
    ],
)
def test_nothing_heavy_is_loaded_for_nothing(code, run_python):
    heavy = "{'tensorflow', 'keras', 'cv2', 'dlib', 'matplotlib', 'sklearn'}"
    assert run_python(f"import sys\n{code}\nprint({heavy} & set(sys.modules))").splitlines()[-1] == "set()"


def test_a_mistake_in_a_process_of_its_own(tmp_path):
    done = emocourse("predict", tmp_path / "gone.png")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{tmp_path / 'gone.png'} does not exist: check the path.\n"


def test_a_closed_stderr_is_no_error(tmp_path):
    model = model_files.write(tmp_path / "model.safetensors")
    write_photo(tmp_path / "photo.png", people=1)
    command = [sys.executable, "-m", "emocourse", "predict", str(tmp_path / "photo.png"), "--model", str(model)]
    done = subprocess.run(["sh", "-c", '"$@" 2>&-', "sh", *command], stdout=subprocess.PIPE, timeout=300)
    assert done.returncode == 0 and b"1 face found" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    ["lessons", "lessons --check", "grade x", "twin fit --out x", "twin check", "data coverage --out x.json"],
)
def test_without_a_checkout(arguments, capsys, monkeypatch):
    """An installed package has no course_tools."""
    for name in [name for name in sys.modules if name.startswith("course_tools")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "course_tools", None)
    assert "needs a checkout of the course" in refuse(capsys, *arguments.split())


def test_home(capsys, monkeypatch, tmp_path):
    """No shell puts the user's folder in for ~ in --out=~/x, nor anywhere on Windows."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert f"{tmp_path / 'gone.png'} does not exist" in refuse(capsys, "predict", "~/gone.png")
    assert str(tmp_path / "gone.csv") in refuse(capsys, "data", "info", "--data=~/gone.csv")
    assert "gone.safetensors" in refuse(capsys, "evaluate", "~/gone.safetensors")
