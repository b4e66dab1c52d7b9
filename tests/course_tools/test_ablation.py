"""The ablation: one option at a time, measured and kept."""

import dataclasses

import numpy as np
import pytest
import tiny
from test_training_options import both, micro

from course_tools.reference import ablation
from emocourse import twin
from emocourse.dataset import splits as dataset
from emocourse.errors import CourseError
from emocourse.models import architectures as models
from emocourse.results import ablation as records
from emocourse.training.recipes import RECIPES


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two rows on the smallest of networks in tiny's place."""

    def split(n, seed):
        points, labels = twin.load().sample(n, seed=seed)
        pictures = twin.draw_many(points, seed=seed)
        return dataset.Split(pictures, points, labels.astype(np.uint8), np.ones(n, bool), np.arange(n))

    data = dataset.Dataset("twin", split(60, 0), split(30, 1), split(0, 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(models.ARCHITECTURES, "tiny", models.Architecture(micro, 7, "both", both))
        return ablation.measure(
            data, tmp_path_factory.mktemp("runs"), epochs=1, seeds=(0, 1), names=["nothing", "mirror"], progress=False
        )


def test_every_row_changes_one_thing():
    rows = ablation.recipes(8)
    tiny = RECIPES["tiny"]
    assert rows.pop(ablation.WHOLE).but(epochs=tiny.epochs, warmup=tiny.warmup) == tiny
    base = dataclasses.asdict(rows["nothing"])
    assert base["epochs"] == 8 and not rows["nothing"].augmentation and not rows["nothing"].soft_labels
    for name, recipe in rows.items():
        changed = {key: value for key, value in dataclasses.asdict(recipe).items() if value != base[key]}
        assert changed == ablation.OPTIONS[name] and bool(changed) == (name != "nothing")


def test_rows_are_measured(made, tmp_path):
    assert [row["name"] for row in made["rows"]] == ["nothing", "mirror"]
    assert all(len(row["accuracies"]) == 2 and row["n"] == 30 and row["seconds"] > 0 for row in made["rows"])
    assert records.read_ablation(ablation.write(made, tmp_path).parent.parent, "twin") == made
    with pytest.raises(CourseError, match="No ablation on fer2013"):
        records.read_ablation(tmp_path)


def test_the_command(capsys, monkeypatch, tmp_path, made):
    (tmp_path / "data" / "twin").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    asked = {}
    monkeypatch.setattr(ablation, "measure", lambda data, folder, **options: asked.update(options) or made)
    csv = tiny.write_csv(tmp_path / "faces.csv")
    arguments = ("ablation", "--data", csv, "--workers", 1, "--epochs", 3, "--seeds", 2, "--only", "mirror")
    assert tiny.succeed(capsys, *arguments) == made
    assert asked["epochs"] == 3 and list(asked["seeds"]) == [0, 1] and asked["names"] == ["mirror"]
    assert (tmp_path / "data" / "results" / "ablation" / "twin.json").is_file()


def test_a_row_that_does_not_exist(tmp_path, made):
    with pytest.raises(CourseError, match="no row named luck"):
        ablation.measure(None, tmp_path, names=["luck"])
