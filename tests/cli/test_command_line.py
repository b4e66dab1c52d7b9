"""What all commands have in common: help, mistakes, how they end, and what they do not load."""

import os
import subprocess
import sys

import model_files
import pytest
from tiny import emocourse, refuse, write_photo

from emocourse.cli import commands
from emocourse.cli.main import main

COMMANDS = (
    "doctor", "data info", "data audit", "data votes", "data download", "preprocess", "train", "evaluate", "predict",
    "models", "ensemble", "leaderboard", "ablation", "twin fit", "twin check", "results", "lessons", "grade", "watch",
)  # fmt: skip


def test_every_command_is_listed_here():
    assert set(COMMANDS) == set(commands._COMMANDS)


@pytest.mark.parametrize("name", ["", "data", "twin", *COMMANDS])
def test_help(name, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*name.split(), "--help"])
    out, err = capsys.readouterr()
    assert ended.value.code == 0 and err == "" and out.startswith(f"usage: emocourse {name}".rstrip())
    assert len(out) > 150


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "required: COMMAND"),
        (("dance",), "'dance'"),
        (("data",), "required: ACTION"),
        (("evaluate",), "required: MODEL"),
        (("evaluate", "slides", "--split", "PublicTest"), "invalid choice: 'PublicTest'"),
        (("evaluate", "slides", "--frobnicate"), "--frobnicate"),
        (("predict",), "required: PHOTO"),
        (("predict", "a.png", "--detector", "mtcnn"), "'mtcnn'"),
        (("train", "slides", "--epochs", "0"), "0 is not between 1 and"),
        (("train", "slides", "--batch", "many"), "'many' is not a whole number"),
        (("train", "slides", "--seed", "-1"), "-1"),
        (("train", "slides", "--precision", "int4"), "'int4'"),
        (("train", "alexnet"), "no recipe named alexnet"),
        (("preprocess",), "--out"),
        (("preprocess", "--out", "faces.csv"), "must end in .npz"),
        (("preprocess", "--workers", "0", "--out", "a.npz"), "0 is not between"),
        (("data", "audit", "--data", "twin"), "nothing to audit"),
        (("data", "audit", "--data", "gone.csv"), "gone.csv"),
        (("data", "info", "--data", "gone.zip", "--json"), "gone.zip"),
        (("evaluate", "gone.npz"), "no model gone.npz"),
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
    def stop(options):
        raise raised

    monkeypatch.setattr(commands, "run", stop)
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
    full = run("models > /dev/full")
    assert (
        full.returncode == 2
        and full.stderr == "The result cannot be written (No space left on device): free some space.\n"
    )


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
        "from emocourse.cli.main import main\ntry:\n main(['--help'])\nexcept SystemExit: pass",
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
    model = model_files.write(tmp_path / "model.npz")
    write_photo(tmp_path / "photo.png", people=1)
    command = [sys.executable, "-m", "emocourse", "predict", str(tmp_path / "photo.png"), "--model", str(model)]
    done = subprocess.run(["sh", "-c", '"$@" 2>&-', "sh", *command], stdout=subprocess.PIPE, timeout=300)
    assert done.returncode == 0 and b"1 face found" in done.stdout
