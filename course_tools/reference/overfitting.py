"""The recorded runs of lesson 07's overfitting explorer: one small network on the twin, each remedy at each strength.

``python -m course_tools.reference.overfitting`` trains them, in a few minutes, and writes the record that
:func:`emocourse.results.read_overfitting` reads.
"""

import itertools
from typing import Any

from emocourse import dataset, evaluation
from emocourse.dataset.splits import Dataset
from emocourse.files.store import write_json
from emocourse.results import records
from emocourse.training.recipes import RECIPES, Recipe

COMMAND = "python -m course_tools.reference.overfitting"
FACES, DROPOUT, WEIGHT_DECAY = (200, 800, 3200), (0.0, 0.25, 0.5), (0.0, 1.0)
SEED = 0
_CURVES = ("accuracy", "loss", "val_accuracy", "val_loss")


def measure(data: Dataset, faces: tuple[int, ...] = FACES, base: Recipe = RECIPES["points"]) -> dict[str, Any]:
    """Train every combination, each on the first so many training faces; returns the record.

    Beside the curves stands each finished network's accuracy on both splits, measured with dropout off.
    """
    runs = []
    for n, dropout, decay in itertools.product(faces, DROPOUT, WEIGHT_DECAY):
        recipe = base.but(dropout=dropout, weight_decay=decay)
        run = evaluation.train_and_measure(recipe, evaluation.shortened(data, n), SEED)
        curves = {name: [round(value, 3) for value in run.history[name]] for name in _CURVES}
        row = {"faces": n, "dropout": dropout, "weight_decay": decay, "history": curves}
        runs.append(row | {"train": run.train["accuracy"], "validation": run.validation["accuracy"]})
    made = {"format": 1, "data": data.name, "command": COMMAND, "seed": SEED, "n": len(data.validation)}
    made |= {**records.stamp(), "runs": runs}
    records.check_schema(made, "overfitting", "The new record")
    return made


if __name__ == "__main__":
    path = records.folder() / "overfitting" / "twin.json"
    path.parent.mkdir(exist_ok=True)
    write_json(path, measure(dataset.load("twin").without_disgust()))
