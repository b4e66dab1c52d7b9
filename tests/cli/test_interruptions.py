"""Long work that is stopped or killed goes on where it was, and comes to the same numbers as if it had not been."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from fer2013_files import csv_text
from tiny import faces, refuse, succeed, write_csv

from emocourse.faces import preprocessing

EPOCHS = 5


def start(*arguments: object) -> subprocess.Popen:
    command = [sys.executable, "-m", "emocourse", *map(str, arguments)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell gives its background jobs an ignored Ctrl-C, and what they start inherits that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for(happened: Callable[[], object], process: subprocess.Popen, seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert process.poll() is None, f"it ended before it could be interrupted: {process.communicate()}"
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.005)


def training(data: Path, out: Path, /, epochs: int = EPOCHS, **changes: object) -> list[object]:
    options = {"data": data, "out": out, "epochs": epochs, "batch": 30, "precision": "float32"} | changes
    return ["train", "slides", *(word for name, value in options.items() for word in (f"--{name}", value))]


def arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as archive:
        return dict(archive)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_csv(tmp_path_factory.mktemp("data") / "tiny.csv")


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    """A run of one epoch, gone on with to two, evaluated."""
    return tmp_path_factory.mktemp("runs") / "run"


def test_train_goes_on_and_its_weights_can_be_evaluated(data, run, capsys):
    first = succeed(capsys, *training(data, run, epochs=1))
    second = succeed(capsys, *training(data, run, epochs=2))
    assert len(second["history"]["loss"]) == 2 and second["history"]["loss"][0] == first["history"]["loss"][0]
    assert (
        second["parameters"] == 1_913_926 and second["seed"] == 0 and set(second["reports"]) == {"train", "validation"}
    )
    assert str(data) not in second["command"], "a path is nobody's business"
    value = succeed(capsys, "evaluate", run / "weights.safetensors", "--data", data)
    assert {name: value[name] for name in second["reports"]["validation"]} == second["reports"]["validation"]
    assert {"checkpoint.npz", "weights.safetensors"} < {path.name for path in run.iterdir()}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"seed": 1}, "another seed"),
        ({"batch": 20}, "another batch"),
        ({"data": "twin"}, "another data"),
        ({"epochs": 1}, "holds a run of 2 epochs"),
    ],
)
def test_another_run_in_its_folder_is_refused(changes, says, data, run, capsys, monkeypatch):
    from emocourse.dataset import splits as dataset

    monkeypatch.setattr(dataset, "TWIN_SIZES", {"train": 20, "validation": 10, "test": 0})
    before = (run / "checkpoint.npz").read_bytes()
    assert says in refuse(capsys, *training(data, run, **{"epochs": 2} | changes))
    assert (run / "checkpoint.npz").read_bytes() == before


@pytest.mark.parametrize("damage", [lambda b: b[:-5000], lambda b: b"", lambda b: b[:9000] + b"x" + b[9001:]])
def test_a_damaged_checkpoint_is_refused(damage, data, run, tmp_path, capsys):
    (tmp_path / "checkpoint.npz").write_bytes(damage((run / "checkpoint.npz").read_bytes()))
    assert "checkpoint.npz is damaged: delete it" in refuse(capsys, *training(data, tmp_path, epochs=2))


def test_training_stopped_and_killed_comes_to_the_same_weights(data, tmp_path, capsys):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    checkpoint = broken / "checkpoint.npz"
    stopped = start(*training(data, broken))
    wait_for(checkpoint.exists, stopped)
    stopped.send_signal(signal.SIGINT)
    assert stopped.communicate(timeout=120) == ("", "Stopped; the same command goes on from here.\n")
    assert stopped.returncode == 130
    first = checkpoint.stat().st_mtime_ns
    killed = start(*training(data, broken))
    wait_for(lambda: checkpoint.stat().st_mtime_ns != first, killed)
    killed.kill()
    killed.communicate()
    assert not (broken / "weights.safetensors").exists(), "it was done before it could be killed"
    record = succeed(capsys, *training(data, broken))
    expected = succeed(capsys, *training(data, whole))
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        assert record["history"][name] == expected["history"][name], name
    one, other = arrays(broken / "checkpoint.npz"), arrays(whole / "checkpoint.npz")
    for name in set(other) - {"meta"}:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)
    assert (broken / "weights.safetensors").read_bytes() == (whole / "weights.safetensors").read_bytes()


def test_preprocessing_killed_keeps_what_was_done(tmp_path, capsys, monkeypatch):
    drawn, labels = faces(40)
    noise = np.random.default_rng(0).integers(-6, 7, (50, *drawn.shape))
    images = np.clip(drawn + noise, 0, 255).astype(np.uint8).reshape(-1, 48, 48)
    csv = tmp_path / "many.csv"
    csv.write_text(csv_text(images, labels * 50, ["Training"] * len(images)))
    cache = tmp_path / "cache"
    monkeypatch.setenv("EMOCOURSE_CACHE", str(cache))

    def done() -> list[Path]:
        return list(cache.glob("landmarks/*/*.npz"))

    arguments = ("preprocess", "--data", csv, "--out", tmp_path / "faces.npz")
    process = start(*arguments, "--workers", 2)
    wait_for(done, process)
    workers = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert len(workers) >= 2
    assert not psutil.wait_procs(workers, timeout=60)[1], "workers outlive the command"
    kept = len(done())
    chunks = -(-len(images) // preprocessing.CHUNK)
    assert 1 <= kept < chunks and not (tmp_path / "faces.npz").exists()

    worked, find_chunk = [], preprocessing._find_chunk
    monkeypatch.setattr(
        preprocessing, "_find_chunk", lambda part, boxes: worked.append(len(part)) or find_chunk(part, boxes)
    )
    succeed(capsys, *arguments, "--workers", 1)
    assert len(worked) == chunks - kept
    found = preprocessing.preprocess(images, workers=1, progress=False, cache=False)
    written = arrays(tmp_path / "faces.npz")
    for name in ("landmarks", "detected", "scores", "boxes"):
        np.testing.assert_array_equal(written[name], getattr(found, name))


def test_stopping_while_workers_run_is_one_sentence(tmp_path):
    """Ctrl-C in a terminal reaches the workers too."""
    drawn, labels = faces(40)
    csv = tmp_path / "many.csv"
    csv.write_text(csv_text(np.tile(drawn, (50, 1, 1)), labels * 50, ["Training"] * 2000))
    process = start("preprocess", "--data", csv, "--out", tmp_path / "faces.npz", "--workers", 2)
    cache = Path(os.environ["EMOCOURSE_CACHE"])
    before = set(cache.glob("landmarks/*/*.npz"))
    wait_for(lambda: set(cache.glob("landmarks/*/*.npz")) - before, process)
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=120) == ("", "Stopped; the same command goes on from here.\n")
    assert process.returncode == 130
