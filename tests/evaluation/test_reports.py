"""The report against hand-computed numbers, its sentence, and predictions as CSV."""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest
from test_metrics import LABELS, PROBABILITIES, random_case

from emocourse import evaluation
from emocourse.emotions import EMOTIONS
from emocourse.errors import CourseError

NAMES = ("a", "b", "c")
DETECTED = np.array([True, True, True, False, False])


# --- the report -------------------------------------------------------------------------------------------------------


def test_report_by_hand():
    report = evaluation.report(LABELS, PROBABILITIES, DETECTED, NAMES)
    assert report == {
        "classes": ["a", "b", "c"],
        "n": 5,
        "n_detected": 3,
        "coverage": 0.6,
        "accuracy": 0.6,  # right: images 0, 2 and 3
        "accuracy_detected": pytest.approx(2 / 3),
        "ci95": [pytest.approx(0.2307, abs=5e-5), pytest.approx(0.8824, abs=5e-5)],
        "macro_f1": pytest.approx((0.5 + 0.8 + 0) / 3),
        # 15 bins: confidences 0.5, 0.6, 0.7, 0.8 and 0.9 each fall into a bin of their own
        "ece": pytest.approx((0.5 + 0.6 + 0.3 + 0.2 + 0.9) / 5),
        "confusion": [[1, 1, 0], [0, 2, 0], [1, 0, 0]],
        "per_class": {
            "a": {"precision": 0.5, "recall": 0.5, "f1": 0.5, "n": 2},
            "b": {"precision": pytest.approx(2 / 3), "recall": 1.0, "f1": pytest.approx(0.8), "n": 2},
            "c": {"precision": None, "recall": 0.0, "f1": 0.0, "n": 1},
        },
    }
    assert list(report) == [
        *("classes", "n", "n_detected", "coverage", "accuracy", "accuracy_detected"),
        *("ci95", "macro_f1", "ece", "confusion", "per_class"),
    ]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_report_is_plain_json_whatever_the_dtype(dtype):
    labels, probabilities = random_case(0)
    report = evaluation.report(labels.astype(np.uint8), probabilities.astype(dtype), labels > 1, EMOTIONS)
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_report_with_no_detected_image_and_with_a_class_that_no_image_has():
    labels, probabilities = np.array([0, 1]), np.array([[0.9, 0.1, 0.0], [0.9, 0.1, 0.0]])
    report = evaluation.report(labels, probabilities, np.zeros(2, bool), NAMES)
    assert (report["coverage"], report["accuracy_detected"]) == (0.0, None)
    assert report["per_class"]["c"] == {"precision": None, "recall": None, "f1": None, "n": 0}
    assert report["macro_f1"] == pytest.approx((2 / 3 + 0) / 2)  # over a and b alone
    json.dumps(report, allow_nan=False)


def test_sentence_puts_all_images_first():
    report = evaluation.report(LABELS, PROBABILITIES, DETECTED, NAMES)
    assert evaluation.sentence(report) == (
        "Accuracy 60.0 % on all 5 images of 3 classes (95 % interval 23.1 % to 88.2 %); "
        "66.7 % on the 3 with a detected face (coverage 60.0 %)."
    )
    everyone = evaluation.sentence(evaluation.report(LABELS, PROBABILITIES, np.ones(5, bool), NAMES))
    assert everyone.endswith("to 88.2 %).")
    nobody = evaluation.sentence(evaluation.report(LABELS, PROBABILITIES, np.zeros(5, bool), NAMES))
    assert nobody.endswith("; no face was detected in any.")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"labels": []}, "empty"),
        ({"labels": np.array([], int), "probabilities": np.zeros((0, 3)), "detected": np.zeros(0, bool)}, "empty"),
        ({"labels": [0, 1]}, "2 labels but 5 rows"),
        ({"labels": [0, 0, 1, 1, 3]}, "from 0 to 2"),
        ({"labels": [0, 0, 1, 1, -1]}, "from 0 to 2"),
        ({"labels": [0.0, 0, 1, 1, 2]}, "whole numbers"),
        ({"labels": [[0, 0, 1, 1, 2]]}, "shape (1, 5)"),
        ({"labels": ["a"] * 5}, "whole numbers"),
        ({"probabilities": PROBABILITIES[:, :2]}, "2 probabilities an image but 3 classes"),
        ({"probabilities": PROBABILITIES[0]}, "shape (n, classes)"),
        ({"probabilities": PROBABILITIES * 1.01}, "sum to 1"),
        ({"probabilities": PROBABILITIES - [0.2, -0.2, 0]}, "non-negative"),
        ({"probabilities": np.where(PROBABILITIES == 0.9, np.nan, PROBABILITIES)}, "NaN"),
        ({"probabilities": np.where(PROBABILITIES == 0.9, np.inf, PROBABILITIES)}, "infinity"),
        ({"probabilities": np.eye(3, dtype=int)[LABELS]}, "floats"),
        ({"probabilities": np.zeros((5, 0))}, "empty"),
        ({"detected": [1, 1, 1, 0, 0]}, "bools"),
        ({"detected": DETECTED[:4]}, "5 bools"),
        ({"names": ("a", "b", "b")}, "different"),
        ({"names": ("a",)}, "at least two"),
    ],
)
def test_report_refuses_what_it_cannot_use(change, says):
    given = {"labels": LABELS, "probabilities": PROBABILITIES, "detected": DETECTED, "names": NAMES} | change
    with pytest.raises(CourseError) as caught:
        evaluation.report(**given)
    assert says in str(caught.value)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


# --- predictions ------------------------------------------------------------------------------------------------------


def test_write_predictions(tmp_path):
    path = tmp_path / "new" / "predictions.csv"
    exact = PROBABILITIES.astype(np.float32)
    evaluation.write_predictions(path, LABELS, exact, DETECTED, NAMES, np.arange(5) + 10, "test")
    with path.open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert list(lines[0]) == ["row", "split", "label", "predicted", "detected", "p_a", "p_b", "p_c"]
    assert [line["row"] for line in lines] == ["10", "11", "12", "13", "14"]
    assert [line["label"] for line in lines] == ["a", "a", "b", "b", "c"]
    assert [line["predicted"] for line in lines] == ["a", "b", "b", "b", "a"]
    assert [line["detected"] for line in lines] == ["1", "1", "1", "0", "0"]
    back = np.array([[line[f"p_{name}"] for name in NAMES] for line in lines], np.float32)
    assert (back == exact).all()


@pytest.mark.parametrize(
    "change",
    [{"rows": np.arange(4)}, {"rows": np.arange(5.0)}, {"split": "PublicTest"}, {"labels": [0, 0, 1, 1, 3]}],
)
def test_write_predictions_refuses_and_writes_nothing(tmp_path, change):
    given = {"labels": LABELS, "rows": np.arange(5), "split": "test"} | change
    with pytest.raises(CourseError):
        evaluation.write_predictions(
            tmp_path / "p.csv", probabilities=PROBABILITIES, detected=DETECTED, names=NAMES, **given
        )
    assert not list(tmp_path.iterdir())


def test_evaluation_needs_numpy_alone():
    code = (
        "import sys, numpy, emocourse.evaluation as evaluation; "
        "evaluation.report([0, 1], numpy.eye(2, dtype='f4'), [True, True], ['a', 'b']); "
        "print(*(m for m in ('tensorflow', 'keras', 'sklearn', 'scipy', 'matplotlib', 'cv2') if m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""
