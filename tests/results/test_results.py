"""Records of runs: what they hold, what they refuse; the README's table is made from them and fresh."""

import copy
import json
import platform
import socket
from types import SimpleNamespace

import numpy as np
import pytest

from emocourse import evaluation, results
from emocourse.emotions import EMOTIONS_6
from emocourse.errors import CourseError
from emocourse.results import provenance


def report_of(seed, n):
    rng = np.random.default_rng(seed)
    labels = np.minimum(rng.integers(0, 8, n) % 7, 5)
    logits = rng.normal(size=(n, 6)) + 1.5 * np.eye(6)[labels]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return evaluation.report(labels, probabilities, rng.random(n) < 0.8, EMOTIONS_6)


HISTORY = {"accuracy": [0.4, 0.7125], "val_accuracy": [0.4, 0.5], "loss": [1.5, 1], "val_loss": [1.5, 1.6]}


def made(seed=0, model="slides", data="twin", n=240, **change):
    given = {
        "model": model,
        "data": data,
        "command": ["emocourse", "train", model, "--data", data, "--seed", str(seed)],
        "seed": seed,
        "seconds": 5700.0,
        "parameters": 1_913_926,
        "reports": {"train": report_of(seed + 100, 500), "validation": report_of(seed, n)},
        "history": HISTORY,
        "settings": {"epochs": 50, "batch": 500, "precision": "float32"},
    }
    return results.record(**(given | change))


@pytest.fixture
def example():
    return made()


def test_record_survives_json_and_the_disk(tmp_path, example):
    path = results.write(example, tmp_path)
    assert path.name == "slides-twin-seed0.json"
    assert results.read(path) == example == json.loads(path.read_text(encoding="utf-8"))
    assert results.read_all(tmp_path) == [example]
    assert results.read_all(tmp_path / "none") == []


def test_record_says_where_it_ran_but_not_on_whose_machine(example):
    assert example["versions"]["python"] == platform.python_version() and example["versions"]["numpy"] == np.__version__
    assert example["machine"]["cores"] >= 1 and example["machine"]["processor"]
    text = json.dumps(example)
    host = socket.gethostname()
    assert len(host) < 4 or host not in text
    assert platform.node() not in text or len(platform.node()) < 4


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["emocourse", "train", "slides", "--data", "fer2013"], "emocourse train slides --data fer2013"),
        (["emocourse", "--data", "/home/someone/data/fer2013.zip"], "emocourse --data fer2013.zip"),
        (["emocourse", "--data=/home/someone/fer2013.zip"], "emocourse --data=fer2013.zip"),
        (["emocourse", "--data", "~/my data.zip"], "emocourse --data 'my data.zip'"),
        (["emocourse", "--data", r"C:\Users\someone\fer2013.zip"], "emocourse --data fer2013.zip"),
        (["emocourse", "--data", r"\\server\share\fer2013.zip"], "emocourse --data fer2013.zip"),
        (["emocourse", "--data", "data/fer2013.zip"], "emocourse --data data/fer2013.zip"),
        (
            ["emocourse", "train", "tiny", "--set", "teacher=/home/me/runs/best.safetensors"],
            "emocourse train tiny --set teacher=best.safetensors",
        ),
        (["a", "/home/a=b/c.zip", "mixup=0.2"], "a c.zip mixup=0.2"),
    ],
)
def test_public_command(arguments, command):
    assert provenance.public_command(arguments) == command
    assert made(command=arguments)["command"] == command


def changed(value, path, new):
    value = copy.deepcopy(value)
    *way, last = path.split(".")
    part = value
    for key in way:
        part = part[key]
    if new is KeyError:
        del part[last]
    else:
        part[last] = new
    return value


@pytest.mark.parametrize(
    ("path", "new"),
    [
        ("format", 2),
        ("format", True),
        ("model", "../../evil"),
        ("model", ""),
        ("model", KeyError),
        ("data", "fer 2013"),
        ("seed", "0"),
        ("seed", 0.5),
        ("date", "yesterday"),
        ("seconds", None),
        ("extra", 1),
        ("command", "emocourse train --data /home/someone/fer2013.zip"),
        ("command", "emocourse train --data=/data/fer2013.zip"),
        ("command", r"emocourse train --data C:\fer2013.zip"),
        ("settings", {"data": ["/home/someone/fer2013.zip"]}),
        ("machine.host", "lab-12"),
        ("machine.cores", "two"),
        ("machine.processor", KeyError),
        ("versions.numpy", 2),
        ("history.loss", [1.0]),
        ("history.loss", [1.0, float("nan")]),
        ("history.loss", ["a", "b"]),
        ("history.loss", 3),
        ("reports.validation.accuracy", 0.99),
        ("reports.validation.n", 241),
        ("reports.validation.n_detected", 500),
        ("reports.validation.coverage", 0.123),
        ("reports.validation.ci95", [0.0, 0.1]),
        ("reports.validation.ci95", []),
        ("reports.validation.confusion", [[1, 2]]),
        ("reports.validation.confusion", [["a"] * 6] * 6),
        ("reports.validation.classes", ["anger"]),
        ("reports.validation.per_class", {}),
        ("reports.validation.ece", KeyError),
        ("reports.validation.ece", float("nan")),
        ("reports.validation.macro_f1", 1.5),
        ("seconds", float("inf")),
        ("seed", -1),
        ("reports.validation.model", "slides"),
        ("reports", []),
        ("reports", {}),
        ("reports.validation", []),
        ("reports.validation", KeyError),
        ("reports.PublicTest", report_of(0, 10)),
    ],
)
def test_records_that_are_refused(tmp_path, example, path, new):
    value = changed(example, path, new)
    with pytest.raises(CourseError) as caught:
        results.write(value, tmp_path)
    assert not list(tmp_path.iterdir())
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(CourseError) as caught:
        results.read_all(tmp_path)
    message = str(caught.value)
    assert "wrong.json" in message and message.endswith(".") and "\n" not in message


@pytest.mark.parametrize("content", [b"", b"[]", b"1", b"{}", b"{", b"\xff\xfe", b"null", b"[" * 100_000])
def test_files_that_are_no_records(tmp_path, content):
    (tmp_path / "wrong.json").write_bytes(content)
    with pytest.raises(CourseError, match=r"wrong\.json"):
        results.read_all(tmp_path)


# --- the README's table -----------------------------------------------------------------------------------------------


def rows_of(text):
    lines = [line for line in text.splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert all(len(row) == len(head) for row in rows)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_table_has_the_records_numbers(example):
    slides, majority, row = rows_of(results.table([example]))
    report = example["reports"]["validation"]
    assert slides["accuracy, all images (95 % interval)"] == "55 %" and slides["training accuracy"] == "75 %"
    low, high = report["ci95"]
    expected = f"{100 * report['accuracy']:.1f} % ({100 * low:.1f} % to {100 * high:.1f} %)"
    assert row["accuracy, all images (95 % interval)"] == expected
    detected = f"{100 * report['accuracy_detected']:.1f} % ({100 * report['coverage']:.1f} %)"
    assert row["accuracy, detected (coverage)"] == detected
    assert (row["model"], row["data, split"], row["classes"], row["n"]) == ("slides", "twin, validation", "6", "240")
    assert (row["parameters"], row["training time"]) == ("1,913,926", "1 h 35 min")
    assert row["training accuracy"] == f"{100 * example['reports']['train']['accuracy']:.1f} %"
    assert row["seeds"] == "1"
    training = {name: values["n"] for name, values in example["reports"]["train"]["per_class"].items()}
    commonest = max(training, key=training.get)
    assert majority["model"] == f"always {commonest}"
    share = report["per_class"][commonest]["n"] / 240
    assert majority["accuracy, all images (95 % interval)"].startswith(f"{100 * share:.1f} %")
    assert "`emocourse train slides --data twin --seed 0`" in results.table([example])


def test_table_puts_seeds_together_and_orders_by_accuracy():
    records = [made(seed) for seed in range(3)] + [made(5, "geometry"), made(6, "slides", "fer2013", n=300)]
    rows = rows_of(results.table(records))
    assert [row["data, split"] for row in rows[1:]] == ["fer2013, validation"] * 2 + ["twin, validation"] * 3
    three = next(row for row in rows if row["seeds"].startswith("3: "))
    accuracies = [value["reports"]["validation"]["accuracy"] for value in records[:3]]
    assert three["accuracy, all images (95 % interval)"].startswith(f"{100 * np.mean(accuracies):.1f} % (")
    assert three["seeds"] == "3: " + ", ".join(f"{100 * value:.1f} %" for value in sorted(accuracies))
    models = [float(row["accuracy, all images (95 % interval)"].split()[0]) for row in rows[4:]]
    assert models == sorted(models)
    assert results.table(records) == results.table(records[::-1]).replace("", "") or "Commands" in results.table(
        records
    )


@pytest.mark.parametrize(("seconds", "words"), [(12.4, "12 s"), (59.4, "59 s"), (90, "2 min"), (3599, "1 h 00 min")])
def test_durations(seconds, words):
    assert rows_of(results.table([made(seconds=seconds)]))[-1]["training time"] == words


def test_a_test_split_gets_a_row_of_its_own():
    both = made(reports={"validation": report_of(0, 240), "test": report_of(1, 300)})
    assert [row["data, split"] for row in rows_of(results.table([both]))[1:]] == ["twin, test"] * 2 + [
        "twin, validation"
    ] * 2
    assert rows_of(results.table([both]))[-1]["training accuracy"] == ""


def test_write_run_writes_record_and_figures(tmp_path):
    pytest.importorskip("matplotlib")
    settings = {
        "epochs": 2,
        "seed": 3,
        "dataset": "twin",
        "parameters": 7,
        "precision": "float32",
        "accelerator": "a card",
    }
    run = SimpleNamespace(history={**HISTORY, "seconds": [2.5, 3.5]}, settings=settings)
    reports = {"train": report_of(4, 50), "validation": report_of(5, 40)}
    value = results.write_run(tmp_path, "slides", "emocourse train slides --data twin --seed 3", run, reports)
    assert (value["seconds"], value["seed"], value["parameters"], value["data"]) == (6.0, 3, 7, "twin")
    assert value["command"] == "emocourse train slides --data twin --seed 3"
    stem = "slides-twin-seed3"
    names = [
        f"{stem}{end}" for end in ("-history.png", "-validation-confusion.png", "-validation-per-class.png", ".json")
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert results.read_all(tmp_path) == [value]


def test_the_courses_own_records_are_sound():
    assert len(results.read_all()) > 10
    assert results.read_leaderboard(results.folder()) and results.read_ablation()
