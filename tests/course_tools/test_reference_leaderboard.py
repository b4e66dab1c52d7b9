"""The leaderboard: measured as evaluate measures, checked when read, and told in tables without a wrong number."""

import json

import numpy as np
import pytest
import tiny
from fer2013_files import csv_text

from course_tools.reference import leaderboard
from emocourse import results, twin
from emocourse.dataset import splits as dataset
from emocourse.errors import CourseError
from emocourse.evaluation import robustness
from emocourse.metrics import percent, with_interval
from emocourse.models import architectures as models
from emocourse.models import weights


@pytest.fixture(scope="module")
def data():
    points, labels = twin.load().sample(40, seed=4)
    split = dataset.Split(
        twin.draw_many(points, seed=4), points, labels.astype(np.uint8), np.ones(40, bool), np.arange(40)
    )
    return dataset.Dataset("fer2013", split, split, split.take(np.arange(0)))


@pytest.fixture(scope="module")
def board(data, tmp_path_factory):
    """Untrained models, measured."""
    folder = tmp_path_factory.mktemp("weights")
    for name in ("tiny", "slides"):
        weights.save(
            models.ARCHITECTURES[name].build(models.ARCHITECTURES[name].classes), folder / f"{name}.safetensors", name
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            weights, "_shipped_path", {name: folder / f"{name}.safetensors" for name in ("tiny", "slides")}.get
        )
        two = {name: robustness.CONDITIONS[name] for name in ("dark", "mouth covered")}
        patch.setattr(robustness, "CONDITIONS", two)
        weights._load_shipped.cache_clear()
        yield leaderboard.measure(["slides", "tiny"], lambda boxes: data, "validation", rounds=2)
        weights._load_shipped.cache_clear()


def test_a_row_says_what_evaluate_says(board, data):
    slides, tiny_row = board["rows"]
    assert (slides["model"], tiny_row["model"]) == ("slides", "tiny")
    assert tiny_row["report"]["n"] == 40 and len(tiny_row["report"]["classes"]) == 7
    assert slides["report"]["n"] == len(data.validation.without_disgust())
    assert tiny_row["parameters"] == 186_663 and 0 < tiny_row["bytes"] < 400_000 and tiny_row["milliseconds"] > 0
    assert set(tiny_row["robustness"]) == {"dark", "mouth covered"}


def test_one_model_is_measured_and_the_other_stands(board, data, tmp_path):
    names, load = ["slides", "tiny"], lambda boxes: data
    changed = json.loads(json.dumps(board))
    changed["rows"][0]["views"]["accuracy"] = changed["rows"][1]["views"]["accuracy"] = 0.125
    leaderboard.write(changed, tmp_path)
    measured = leaderboard.measure(names, load, "validation", rounds=1, only=["tiny"], before=tmp_path)
    slides, tiny_row = measured["rows"]
    assert slides["views"]["accuracy"] == 0.125 and slides["report"] == board["rows"][0]["report"]
    assert tiny_row["views"] == board["rows"][1]["views"] and {"bytes", "milliseconds"} < set(slides)
    with pytest.raises(CourseError, match="no model toni to measure: use slides, tiny"):
        leaderboard.measure(names, load, "validation", only=["toni"], before=tmp_path)
    with pytest.raises(CourseError, match="slides was measured before, and isn't here now"):
        leaderboard.measure(["tiny"], load, "validation", only=["tiny"], before=tmp_path)
    changed["rows"][0]["temperature"] = 2.0
    leaderboard.write(changed, tmp_path)
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(CourseError, match="slides is not what was measured before: measure it too"):
            leaderboard.measure(names, load, "validation", only=["tiny"], before=folder)


def test_times_of_before_may_stay(board, data, tmp_path):
    names, load = ["slides", "tiny"], lambda boxes: data
    with pytest.raises(CourseError, match="There are no times of before to keep"):
        leaderboard.measure(names, load, "validation", rounds=0, before=tmp_path)
    before = json.loads(json.dumps(board)) | {"date": "2026-01-02"}
    before["rows"][0]["milliseconds"], before["rows"][1]["milliseconds"] = 7.0, None
    before["rows"][1]["views"]["accuracy"] = 0.125
    leaderboard.write(before, tmp_path)
    with pytest.raises(CourseError, match="slides was measured before, and isn't here now"):
        leaderboard.measure(["tiny"], load, "validation", rounds=0, before=tmp_path)
    kept = leaderboard.measure(names, load, "validation", rounds=0, only=["tiny"], before=tmp_path)
    assert [row["milliseconds"] for row in kept["rows"]] == [7.0, None] and kept["date"] == "2026-01-02"
    assert kept["rows"][1]["views"] == board["rows"][1]["views"]


def test_written_and_read_again(board, tmp_path):
    path = leaderboard.write(board, tmp_path)
    assert path.name == "fer2013-validation.json" and results.read_leaderboard(tmp_path) == board
    assert results.read_leaderboard(tmp_path, split="test") is None
    assert results.leaderboard_tables(tmp_path / "none", []) == ""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda b: b.pop("date"), "'date' is a required property"),
        (lambda b: b["rows"][0].update(more=1), "'more' was unexpected"),
        (lambda b: b["rows"][0]["report"].update(accuracy=0.99), "contradict each other"),
        (lambda b: b["rows"][1]["robustness"]["dark"].pop("ci95"), "rows.1.robustness.dark is wrong, 'ci95'"),
        (lambda b: b.update(split="train"), "split is wrong, 'train' is not one of"),
    ],
)
def test_a_leaderboard_with_a_fault_is_refused(change, says, board, tmp_path):
    path = leaderboard.write(board, tmp_path)
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))
    with pytest.raises(CourseError, match=says):
        results.read_leaderboard(tmp_path)


def test_the_tables(board, tmp_path):
    leaderboard.write(board, tmp_path)
    run = {"model": "tiny", "data": "fer2013", "seconds": 5400.0, "machine": {"accelerator": None, "cores": 2}}
    run |= {"command": "emocourse train tiny", "settings": {"votes": 0.0}}
    made = results.leaderboard_tables(tmp_path, [run])
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in made.splitlines() if line.startswith("|")]
    first = rows[0]
    table = {row[0]: dict(zip(first, row, strict=True)) for row in rows if len(row) == len(first)}
    share = percent(board["rows"][1]["report"]["accuracy"])
    assert table["tiny"]["accuracy on PublicTest (95 % interval)"].startswith(share)
    assert table["tiny"]["training"] == "1 h 30 min, 2 cores" and table["slides"]["training"] == ""
    assert table["tiny"]["parameters"] == "186,663" and table["tiny"]["PrivateTest"] == ""
    assert table["the slides' own report"]["accuracy on PublicTest (95 % interval)"] == "55 %"
    assert sum(name.startswith("always ") for name in table) >= 1 and any(name.startswith("people") for name in table)
    assert "| model | anger | disgust |" in made and "| model | dark | mouth covered |" in made
    closed = board | {"split": "test"}
    leaderboard.write(closed, tmp_path)
    assert share in results.leaderboard_tables(tmp_path, [run]).split("1 h 30 min")[1]


def test_models_that_learnt_from_votes_are_marked(board, tmp_path):
    leaderboard.write(board, tmp_path)
    run = {"model": "tiny", "data": "fer2013", "seconds": 1.0, "machine": {"accelerator": None, "cores": 2}}

    def made(**settings):
        return results.leaderboard_tables(tmp_path, [run | {"command": "a command", "settings": settings}])

    def together(share):
        return made(members=["train main", f"train main --set votes={share}"])

    plain = [made(), made(votes=0.0), together("0"), together("0.0 --set ema=0.9")]
    assert all("| tiny | 7" in text and results.tables.MARKED not in text for text in plain)
    marked = [made(votes=0.5), *map(together, ("0.5", "1", ".05", "+0.05 --set ema=0.9"))]
    assert all("| tiny (FER+) | 7" in text and results.tables.MARKED in text for text in marked)
    assert "| slides | 6" in marked[0]


def test_the_command(capsys, monkeypatch, tmp_path, board):
    (tmp_path / "data" / "twin").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(leaderboard, "measure", lambda names, load, split, **_: board | {"data": load(1).name})
    csv = tiny.write_csv(tmp_path / "faces.csv")
    made = tiny.succeed(capsys, "leaderboard", "--data", csv, "--workers", 1)
    assert made["rows"] == board["rows"]
    assert (tmp_path / "data" / "results" / "leaderboard" / "fer2013-validation.json").is_file()
    monkeypatch.chdir(tmp_path / "data")
    assert "no checkout" in tiny.refuse(capsys, "leaderboard", "--data", csv)


def test_a_whole_fer2013_fills_the_column_of_privatetest(capsys, monkeypatch, tmp_path, board):
    (tmp_path / "data" / "twin").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    sizes = {"Training": 7, "PublicTest": 20, "PrivateTest": 13}
    usages = [usage for usage, n in sizes.items() for _ in range(n)]
    (tmp_path / "fer2013.csv").write_text(csv_text(*tiny.faces(40), usages))
    shares = {}
    for split, n in (("validation", 20), ("test", 13)):
        command = ("leaderboard", "--data", "fer2013.csv", "--split", split, "--rounds", 1, "--workers", 1)
        (report,) = (row["report"] for row in tiny.succeed(capsys, *command)["rows"] if row["model"] == "tiny")
        assert report["n"] == n
        shares[split] = with_interval(report["accuracy"], *report["ci95"])
    made = results.leaderboard_tables(tmp_path / "data" / "results", [])
    (line,) = (line for line in made.splitlines() if line.startswith("| tiny | 7"))
    cells = [cell.strip() for cell in line.split("|")]
    assert cells[4] == shares["validation"] and cells[-2] == shares["test"]
