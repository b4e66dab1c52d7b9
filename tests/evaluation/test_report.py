"""The measures against hand-computed numbers, published examples, scikit-learn and scipy."""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest

from emocourse.emotions import EMOTIONS, EMOTIONS_6
from emocourse.errors import CourseError
from emocourse.evaluation import report as evaluation

NAMES = ("a", "b", "c")
# Five pictures of three classes; the third class is never predicted.
LABELS = np.array([0, 0, 1, 1, 2])
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.1, 0.8, 0.1], [0.25, 0.5, 0.25], [0.9, 0.05, 0.05]])
DETECTED = np.array([True, True, True, False, False])


def random_case(seed, n=400, k=7, sharpness=2.0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, k, n)
    logits = rng.normal(size=(n, k)) * sharpness
    logits[np.arange(n), labels] += 1.5
    powers = np.exp(logits)
    return labels, powers / powers.sum(axis=1, keepdims=True)


# --- the report -------------------------------------------------------------------------------------------------------


def test_report_by_hand():
    report = evaluation.report(LABELS, PROBABILITIES, DETECTED, NAMES)
    assert report == {
        "classes": ["a", "b", "c"],
        "n": 5,
        "n_detected": 3,
        "coverage": 0.6,
        "accuracy": 0.6,  # right: pictures 0, 2 and 3
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


def test_report_with_no_detected_picture_and_with_a_class_that_no_picture_has():
    labels, probabilities = np.array([0, 1]), np.array([[0.9, 0.1, 0.0], [0.9, 0.1, 0.0]])
    report = evaluation.report(labels, probabilities, np.zeros(2, bool), NAMES)
    assert (report["coverage"], report["accuracy_detected"]) == (0.0, None)
    assert report["per_class"]["c"] == {"precision": None, "recall": None, "f1": None, "n": 0}
    assert report["macro_f1"] == pytest.approx((2 / 3 + 0) / 2)  # over a and b alone
    json.dumps(report, allow_nan=False)


def test_sentence_puts_all_pictures_first():
    report = evaluation.report(LABELS, PROBABILITIES, DETECTED, NAMES)
    assert evaluation.sentence(report) == (
        "Accuracy 60.0 % on all 5 pictures of 3 classes (95 % interval 23.1 % to 88.2 %); "
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
        ({"probabilities": PROBABILITIES[:, :2]}, "2 probabilities a picture but 3 classes"),
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


# --- accuracy and its interval ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("correct", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe (1998), Statistics in Medicine 17, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_as_published(correct, n, low, high):
    assert evaluation.wilson_interval(correct, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("correct", "n"), [(0, 1), (1, 1), (0, 3589), (3589, 3589), (2, 7), (1975, 3589)])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_wilson_interval_against_scipy(correct, n, level):
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(correct, n).proportion_ci(level, method="wilson")
    found = evaluation.wilson_interval(correct, n, level)
    assert found == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert 0 <= found[0] <= correct / n <= found[1] <= 1


@pytest.mark.parametrize("arguments", [(0, 0), (3, 2), (-1, 2), (1, 2, 0), (1, 2, 1), (1, 2, float("nan"))])
def test_wilson_interval_refuses(arguments):
    with pytest.raises(CourseError):
        evaluation.wilson_interval(*arguments)


def test_imbalance():
    assert evaluation.imbalance({"a": 7, "b": 2, "c": 4}) == 3.5 and evaluation.imbalance({"a": 5}) == 1
    for counts in ({}, {"a": 3, "b": 0}):
        with pytest.raises(CourseError, match="all have pictures"):
            evaluation.imbalance(counts)


def test_accuracy_and_majority():
    assert evaluation.accuracy([0, 1, 2, 2], [0, 1, 1, 2]) == 0.75
    assert evaluation.majority([0, 3, 3, 1], [3, 3, 1, 0]) == (3, 0.5)
    assert evaluation.majority([2, 1, 2, 1], [0, 0]) == (1, 0.0)
    with pytest.raises(CourseError):
        evaluation.majority([], [1])
    with pytest.raises(CourseError, match="3 predictions"):
        evaluation.accuracy([0, 1], [0, 1, 1])


# --- classes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_classes_against_scikit_learn(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    labels, probabilities = random_case(seed, n=60)
    predicted = probabilities.argmax(axis=1)
    labels[labels == 4] = 5  # a class that no picture has
    predicted[predicted == 6] = 0  # and one that is never predicted
    matrix = evaluation.confusion(labels, predicted, 7)
    assert (matrix == metrics.confusion_matrix(labels, predicted, labels=range(7))).all()
    expected = metrics.precision_recall_fscore_support(labels, predicted, labels=range(7), zero_division=np.nan)
    for k, row in enumerate(evaluation.per_class(matrix, EMOTIONS).values()):
        found = [np.nan if value is None else value for value in row.values()]
        np.testing.assert_allclose(found, [column[k] for column in expected])
    expected = metrics.f1_score(labels, predicted, average="macro", zero_division=0)
    assert evaluation.macro_f1(labels, predicted, 7) == pytest.approx(expected)


def test_per_class_refuses_a_matrix_of_another_size():
    with pytest.raises(CourseError, match="6 by 6"):
        evaluation.per_class(np.zeros((7, 7), int), EMOTIONS_6)


# --- calibration ------------------------------------------------------------------------------------------------------


def slow_ece(labels, probabilities, bins):
    """The definition, picture by picture."""
    held = [[] for _ in range(bins)]
    for label, row in zip(labels, probabilities, strict=True):
        held[int(np.ceil(row.max() * bins)) - 1].append((row.max(), row.argmax() == label))
    gaps = [abs(np.mean([c for c, _ in b]) - np.mean([r for _, r in b])) * len(b) for b in held if b]
    return sum(gaps) / len(labels)


@pytest.mark.parametrize("bins", [1, 2, 10, 15, 40])
def test_ece_against_its_definition(bins):
    labels, probabilities = random_case(1)
    assert evaluation.ece(labels, probabilities, bins) == pytest.approx(slow_ece(labels, probabilities, bins))


def test_reliability_bins():
    found = evaluation.reliability(LABELS, PROBABILITIES, 2)
    assert found.n.tolist() == [1, 4]  # 0.5 belongs to the lower bin
    assert found.confidence == pytest.approx([0.5, 0.75])
    assert found.accuracy == pytest.approx([1.0, 0.5])
    empty = evaluation.reliability([0], np.array([[1.0, 0.0]]), 15)
    assert empty.n[-1] == 1 and np.isnan(empty.accuracy[:-1]).all() and empty.ece == 0


@pytest.mark.parametrize("true", [0.3, 0.7, 1.0, 1.8, 4.0])
def test_fit_temperature_finds_the_temperature_that_made_the_labels(true):
    rng = np.random.default_rng(7)
    logits = rng.normal(size=(40_000, 6)) * 2
    warm = np.exp(logits / true)
    chances = warm / warm.sum(axis=1, keepdims=True)
    labels = (chances.cumsum(axis=1) < rng.random((len(logits), 1))).sum(axis=1).clip(0, 5)
    powers = np.exp(logits)
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    found = evaluation.fit_temperature(labels, probabilities)
    assert found == pytest.approx(true, rel=0.03)
    after = evaluation.apply_temperature(probabilities, found)
    assert evaluation.ece(labels, after) < 0.015
    assert (after.argmax(axis=1) == probabilities.argmax(axis=1)).all()


def test_fit_temperature_against_scipy():
    optimize = pytest.importorskip("scipy.optimize")
    labels, probabilities = random_case(3)

    def loss(temperature):
        after = evaluation.apply_temperature(probabilities, temperature)
        return -np.log(after[np.arange(len(labels)), labels]).mean()

    expected = optimize.minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-7}).x
    assert evaluation.fit_temperature(labels, probabilities) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("labels", "probabilities", "temperature"),
    [
        ([0, 1], [[0.9, 0.1], [0.2, 0.8]], 0.05),  # all right: the surer the better
        ([1, 0], [[0.9, 0.1], [0.2, 0.8]], 20.0),  # all wrong
        ([0, 1], [[0.5, 0.5], [0.5, 0.5]], 1.0),  # no temperature changes these
        ([1, 0, 0, 0], [[1.0, 0.0]] * 4, np.log(1e12) / np.log(3)),  # sure, and right 3 times of 4
    ],
)
def test_fit_temperature_at_the_ends(labels, probabilities, temperature):
    assert evaluation.fit_temperature(labels, np.array(probabilities)) == pytest.approx(min(temperature, 20), rel=1e-6)


def test_apply_temperature():
    rows = np.array([[0.8, 0.2], [1.0, 0.0]], np.float32)
    found = evaluation.apply_temperature(rows, 2.0)
    assert found[0] == pytest.approx([2 / 3, 1 / 3], rel=1e-6)  # 0.8 and 0.2 are 4 to 1; their roots 2 to 1
    assert np.isfinite(found).all() and found.sum(axis=1) == pytest.approx([1, 1])
    for wrong in (0, -1, float("nan"), float("inf")):
        with pytest.raises(CourseError):
            evaluation.apply_temperature(rows, wrong)


# --- two models -------------------------------------------------------------------------------------------------------


def predictions_with(both, only_a, only_b, neither):
    a = np.repeat([1, 1, 0, 0], [both, only_a, only_b, neither])
    b = np.repeat([1, 0, 1, 0], [both, only_a, only_b, neither])
    return np.ones(len(a), int), a, b


@pytest.mark.parametrize("counts", [(5, 1, 9, 3), (0, 5, 5, 0), (10, 0, 6, 1), (7, 0, 0, 2), (900, 800, 700, 189)])
def test_mcnemar_against_the_binomial_test(counts):
    stats = pytest.importorskip("scipy.stats")
    found = evaluation.mcnemar(*predictions_with(*counts))
    assert (found.both, found.only_a, found.only_b, found.neither) == counts
    n = counts[1] + counts[2]
    expected = stats.binomtest(counts[1], n, 0.5).pvalue if n else 1.0
    assert found.p_value == pytest.approx(expected, rel=1e-9)


def test_mcnemar_by_hand():
    # 1 against 9: 2 (1 + 10) / 2**10
    assert evaluation.mcnemar(*predictions_with(5, 1, 9, 3)).p_value == 22 / 1024


def test_difference_interval():
    case = predictions_with(1500, 400, 550, 1139)
    difference, low, high = evaluation.difference_interval(*case)
    n = 3589
    assert difference == pytest.approx(150 / n)
    half = 1.96 * np.sqrt(950 - 150**2 / n) / n  # Wald's paired interval, good at this size
    assert (low, high) == pytest.approx((difference - half, difference + half), abs=1e-3)
    assert evaluation.difference_interval(*case) == (difference, low, high)
    same = evaluation.difference_interval(*predictions_with(5, 0, 0, 5))
    assert same == (0.0, 0.0, 0.0)
    with pytest.raises(CourseError):
        evaluation.difference_interval(*case, level=2)


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
        "import sys, emocourse.evaluation; "
        "print(*(m for m in ('tensorflow', 'keras', 'sklearn', 'scipy', 'matplotlib', 'cv2') if m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""
