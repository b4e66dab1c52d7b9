"""The ablation: checked when read, and told in a table without a wrong number."""

import json

import pytest

from emocourse.errors import CourseError
from emocourse.files.store import write_json
from emocourse.results import ablation, records


@pytest.fixture
def made():
    row = {"options": {}, "seeds": [0, 1], "n": 30, "accuracies": [0.5, 0.4], "train_accuracies": [0.6, 0.7]}
    rows = [row | {"name": name, "seconds": 1.5} for name in ("nothing", "mirror")]
    return {"format": 1, "data": "twin", "epochs": 1, **records.stamp(), "rows": rows}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda v: v.pop("epochs"), "'epochs' is a required property"),
        (lambda v: v["rows"][0]["accuracies"].pop(), "two accuracies a seed"),
        (lambda v: v["rows"][1]["accuracies"].__setitem__(0, 1.2), "rows.1.accuracies.0 is wrong, 1.2 is greater"),
    ],
)
def test_a_table_with_a_fault_is_refused(change, says, made, tmp_path):
    path = ablation.path_of(tmp_path, "twin")
    write_json(path, made)
    assert ablation.read_ablation(tmp_path, "twin") == made
    change(made)
    path.write_text(json.dumps(made))
    with pytest.raises(CourseError, match=says):
        ablation.read_ablation(tmp_path, "twin")


def test_the_table(made):
    value = json.loads(json.dumps(made))
    value["rows"][0] |= {"accuracies": [0.5, 0.6], "train_accuracies": [0.9, 0.8], "n": 1000}
    value["rows"][1] |= {"accuracies": [0.61, 0.61], "n": 1000}
    lines = ablation.ablation_table(value).splitlines()
    assert lines[-2].startswith("| nothing | 55.0 % (51.9 % to 58.1 %) | +0.0 points | 85.0 % | 2 |")
    assert lines[-1].startswith("| mirror | 61.0 % ") and "| +6.0 points |" in lines[-1]
