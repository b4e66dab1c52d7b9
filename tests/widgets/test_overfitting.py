"""The overfitting explorer without a browser, and the record that it shows."""

import itertools
import json
import re

import numpy as np
import pytest
from at_once import set_from_threads

from course_tools.reference import overfitting
from emocourse import results
from emocourse.checks.lesson07 import early_stop
from emocourse.errors import CourseError
from emocourse.results import records
from emocourse.widgets import OverfittingExplorer


def run(faces, dropout, weight_decay):
    """Curves that part the earlier the fewer faces there are."""
    epochs = np.arange(60)
    turn = 5 + faces // 100 + 10 * dropout
    curves = {"accuracy": 1 - 0.8 * np.exp(-epochs / turn), "loss": 1.8 * np.exp(-epochs / turn)}
    curves |= {"val_accuracy": 0.5 - 0.3 * np.exp(-epochs / 6), "val_loss": 1.5 + ((epochs - turn) / 20) ** 2}
    history = {name: [round(float(value), 3) for value in values] for name, values in curves.items()}
    row = {"faces": faces, "dropout": dropout, "weight_decay": weight_decay, "history": history}
    return row | {"train": 1.0 - faces / 8000 - dropout / 9, "validation": 0.41 + faces / 8000}


@pytest.fixture(scope="module")
def record():
    every = itertools.product(overfitting.FACES, overfitting.DROPOUT, overfitting.WEIGHT_DECAY)
    made = {"format": 1, "data": "twin", "command": overfitting.COMMAND, "seed": overfitting.SEED, "n": 990}
    made |= {**records.stamp(), "runs": [run(*one) for one in every]}
    records.check_schema(made, "overfitting", "The record")
    return made


@pytest.fixture
def explorer(record):
    return OverfittingExplorer(record, early_stop)


def choose(explorer, faces, dropout, weight_decay):
    explorer.faces.value, explorer.dropout.value, explorer.weight_decay.value = faces, dropout, weight_decay


def test_the_shipped_record_is_small_whole_and_shows_what_the_lesson_says():
    """More faces, and each remedy with few of them, make the gap smaller."""
    shipped = results.read_overfitting()
    gaps = {(r["faces"], r["dropout"], r["weight_decay"]): r["train"] - r["validation"] for r in shipped["runs"]}
    assert set(gaps) == set(itertools.product(overfitting.FACES, overfitting.DROPOUT, overfitting.WEIGHT_DECAY))
    assert {len(curve) for run in shipped["runs"] for curve in run["history"].values()} == {60}
    assert (results.folder() / "overfitting" / "twin.json").stat().st_size <= 60_000
    assert gaps[200, 0, 0] > gaps[800, 0, 0] > gaps[3200, 0, 0]
    assert gaps[200, 0.5, 0] < gaps[200, 0, 0] and gaps[200, 0, 1] < gaps[200, 0, 0]


def test_every_run_is_told_and_drawn(record, explorer):
    for run in record["runs"]:
        choose(explorer, run["faces"], run["dropout"], run["weight_decay"])
        losses = run["history"]["val_loss"]
        last, kept = early_stop(losses, 10)
        words, alt = explorer.words.value, re.search(r'alt="([^"]*)"', explorer.image.value)[1]
        assert f"lowest in epoch {losses.index(min(losses)) + 1} of 60." in words and 'role="status"' in words
        assert f"gap of {100 * (run['train'] - run['validation']):.0f} points" in words
        assert f"epoch {kept} is kept" in words and f"marks ended: epoch {last}." in alt
        assert f"{run['faces']:,} faces, dropout {run['dropout']:g}" in alt


def test_patience_moves_the_end_and_may_never_run_out(explorer):
    explorer.patience_slider.value = 1
    first = explorer.words.value
    assert "with a patience of 1" in first and "would have ended after epoch" in first
    explorer.patience.value = 60
    assert explorer.patience_slider.value == 60 and "All epochs are trained with a patience of 60" in (
        explorer.words.value
    )


def test_every_control_has_a_name_and_there_is_an_image_without_a_kernel(explorer):
    controls = (explorer.faces, explorer.dropout, explorer.weight_decay, explorer.patience)
    assert [one.description for one in controls] == ["training faces", "dropout", "weight decay", "patience"]
    page = explorer._repr_mimebundle_()["text/html"]
    assert "The validation loss is lowest" in page and re.search(r'<img [^>]*alt="200 faces', page)
    assert repr(explorer) == "Overfitting explorer: run this cell in JupyterLab to use it"


@pytest.mark.parametrize("bad", [lambda *_: None, lambda *_: (1, 99), lambda *_: 1 / 0])
def test_a_mistake_in_the_students_function_is_said(record, bad):
    explorer = OverfittingExplorer(record, bad)
    assert 'role="alert"' in explorer.words.value and not explorer.image.value


def test_one_sentence_for_what_cannot_be_explored(record):
    for value, options in (({**record, "runs": record["runs"][1:]}, {}), (record, {"patience": 0})):
        with pytest.raises(CourseError, match=r"every combination, and a patience from 1 to 60\.$"):
            OverfittingExplorer(value, early_stop, **options)


def test_changes_from_many_threads_end_with_the_newest(explorer):
    set_from_threads(explorer.patience, "value", range(2, 9))
    explorer.patience.value = 33
    assert "with a patience of 33" in explorer.words.value


def test_a_record_with_a_fault_is_refused(record, tmp_path):
    (tmp_path / "overfitting").mkdir()
    path = tmp_path / "overfitting" / "twin.json"
    for change, said in (
        (lambda v: v.pop("n"), "'n' is a required"),
        (lambda v: v["runs"].clear(), "minItems|non-empt"),
    ):
        value = json.loads(json.dumps(record))
        change(value)
        path.write_text(json.dumps(value))
        with pytest.raises(CourseError, match=said):
            results.read_overfitting(tmp_path)
