"""The measures against hand-computed numbers, published examples, scikit-learn and SciPy."""

import numpy as np
import pytest

from emocourse import metrics
from emocourse.emotions import EMOTIONS, EMOTIONS_6
from emocourse.errors import CourseError

# Five images of three classes; the third class is never predicted.
LABELS = np.array([0, 0, 1, 1, 2])
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.1, 0.8, 0.1], [0.25, 0.5, 0.25], [0.9, 0.05, 0.05]])


def random_case(seed, n=400, k=7, sharpness=2.0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, k, n)
    logits = rng.normal(size=(n, k)) * sharpness
    logits[np.arange(n), labels] += 1.5
    powers = np.exp(logits)
    return labels, powers / powers.sum(axis=1, keepdims=True)


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
    assert metrics.wilson_interval(correct, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("correct", "n"), [(0, 1), (1, 1), (0, 3589), (3589, 3589), (2, 7), (1975, 3589)])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_wilson_interval_against_scipy(correct, n, level):
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(correct, n).proportion_ci(level, method="wilson")
    found = metrics.wilson_interval(correct, n, level)
    assert found == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert 0 <= found[0] <= correct / n <= found[1] <= 1


@pytest.mark.parametrize("arguments", [(0, 0), (3, 2), (-1, 2), (1, 2, 0), (1, 2, 1), (1, 2, float("nan"))])
def test_wilson_interval_refuses(arguments):
    with pytest.raises(CourseError):
        metrics.wilson_interval(*arguments)


def test_accuracy_and_majority():
    assert metrics.accuracy([0, 1, 2, 2], [0, 1, 1, 2]) == 0.75
    assert metrics.majority([0, 3, 3, 1], [3, 3, 1, 0]) == (3, 0.5)
    assert metrics.majority([2, 1, 2, 1], [0, 0]) == (1, 0.0)
    with pytest.raises(CourseError):
        metrics.majority([], [1])
    with pytest.raises(CourseError, match="3 predictions"):
        metrics.accuracy([0, 1], [0, 1, 1])


# --- classes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_classes_against_scikit_learn(seed):
    sklearn = pytest.importorskip("sklearn.metrics")
    labels, probabilities = random_case(seed, n=60)
    predicted = probabilities.argmax(axis=1)
    labels[labels == 4] = 5  # a class that no image has
    predicted[predicted == 6] = 0  # and one that is never predicted
    matrix = metrics.confusion(labels, predicted, 7)
    assert (matrix == sklearn.confusion_matrix(labels, predicted, labels=range(7))).all()
    expected = sklearn.precision_recall_fscore_support(labels, predicted, labels=range(7), zero_division=np.nan)
    for k, row in enumerate(metrics.per_class(matrix, EMOTIONS).values()):
        found = [np.nan if value is None else value for value in row.values()]
        np.testing.assert_allclose(found, [column[k] for column in expected])
    expected = sklearn.f1_score(labels, predicted, average="macro", zero_division=0)
    assert metrics.macro_f1(labels, predicted, 7) == pytest.approx(expected)


def test_per_class_refuses_a_matrix_of_another_size():
    with pytest.raises(CourseError, match="6 by 6"):
        metrics.per_class(np.zeros((7, 7), int), EMOTIONS_6)


# --- calibration ------------------------------------------------------------------------------------------------------


def slow_ece(labels, probabilities, bins):
    """The definition, image by image."""
    held = [[] for _ in range(bins)]
    for label, row in zip(labels, probabilities, strict=True):
        held[int(np.ceil(row.max() * bins)) - 1].append((row.max(), row.argmax() == label))
    gaps = [abs(np.mean([c for c, _ in b]) - np.mean([r for _, r in b])) * len(b) for b in held if b]
    return sum(gaps) / len(labels)


@pytest.mark.parametrize("bins", [1, 2, 10, 15, 40])
def test_ece_against_its_definition(bins):
    labels, probabilities = random_case(1)
    assert metrics.ece(labels, probabilities, bins) == pytest.approx(slow_ece(labels, probabilities, bins))


def test_reliability_bins():
    found = metrics.reliability(LABELS, PROBABILITIES, 2)
    assert found.n.tolist() == [1, 4]  # 0.5 belongs to the lower bin
    assert found.confidence == pytest.approx([0.5, 0.75])
    assert found.accuracy == pytest.approx([1.0, 0.5])
    empty = metrics.reliability([0], np.array([[1.0, 0.0]]), 15)
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
    found = metrics.fit_temperature(labels, probabilities)
    assert found == pytest.approx(true, rel=0.03)
    after = metrics.apply_temperature(probabilities, found)
    assert metrics.ece(labels, after) < 0.015
    assert (after.argmax(axis=1) == probabilities.argmax(axis=1)).all()


def test_fit_temperature_against_scipy():
    optimize = pytest.importorskip("scipy.optimize")
    labels, probabilities = random_case(3)

    def loss(temperature):
        after = metrics.apply_temperature(probabilities, temperature)
        return -np.log(after[np.arange(len(labels)), labels]).mean()

    expected = optimize.minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-7}).x
    assert metrics.fit_temperature(labels, probabilities) == pytest.approx(expected, rel=1e-4)


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
    assert metrics.fit_temperature(labels, np.array(probabilities)) == pytest.approx(min(temperature, 20), rel=1e-6)


def test_apply_temperature():
    rows = np.array([[0.8, 0.2], [1.0, 0.0]], np.float32)
    found = metrics.apply_temperature(rows, 2.0)
    assert found[0] == pytest.approx([2 / 3, 1 / 3], rel=1e-6)  # 0.8 and 0.2 are 4 to 1; their roots 2 to 1
    assert np.isfinite(found).all() and found.sum(axis=1) == pytest.approx([1, 1])
    for wrong in (0, -1, float("nan"), float("inf")):
        with pytest.raises(CourseError):
            metrics.apply_temperature(rows, wrong)


# --- two models -------------------------------------------------------------------------------------------------------


def predictions_with(both, only_a, only_b, neither):
    a = np.repeat([1, 1, 0, 0], [both, only_a, only_b, neither])
    b = np.repeat([1, 0, 1, 0], [both, only_a, only_b, neither])
    return np.ones(len(a), int), a, b


@pytest.mark.parametrize("counts", [(5, 1, 9, 3), (0, 5, 5, 0), (10, 0, 6, 1), (7, 0, 0, 2), (900, 800, 700, 189)])
def test_mcnemar_against_the_binomial_test(counts):
    stats = pytest.importorskip("scipy.stats")
    found = metrics.mcnemar(*predictions_with(*counts))
    assert (found.both, found.only_a, found.only_b, found.neither) == counts
    n = counts[1] + counts[2]
    expected = stats.binomtest(counts[1], n, 0.5).pvalue if n else 1.0
    assert found.p_value == pytest.approx(expected, rel=1e-9)


def test_mcnemar_by_hand():
    # 1 against 9: 2 (1 + 10) / 2**10
    assert metrics.mcnemar(*predictions_with(5, 1, 9, 3)).p_value == 22 / 1024


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint64, np.int64])
def test_mcnemar_overflows_with_no_type_of_integer(dtype):
    """Counts beyond any integer's bits, from labels of one byte: 2**3000 is no number of NumPy's."""
    labels, a, b = (values.astype(dtype) for values in predictions_with(7, 1600, 1400, 2))
    found = metrics.mcnemar(labels, a, b)
    assert (found.only_a, found.only_b) == (1600, 1400) and type(found.only_a) is int
    assert found.p_value == pytest.approx(0.000279, abs=5e-6)  # the normal approximation says 0.00028


def test_wilson_interval_overflows_with_no_type_of_integer():
    assert metrics.wilson_interval(np.int32(60_000), np.int32(70_000)) == metrics.wilson_interval(60_000, 70_000)
    assert metrics.wilson_interval(np.uint8(3), np.uint8(200)) == metrics.wilson_interval(3, 200)


def test_difference_interval():
    case = predictions_with(1500, 400, 550, 1139)
    difference, low, high = metrics.difference_interval(*case)
    n = 3589
    assert difference == pytest.approx(150 / n)
    half = 1.96 * np.sqrt(950 - 150**2 / n) / n  # Wald's paired interval, good at this size
    assert (low, high) == pytest.approx((difference - half, difference + half), abs=1e-3)
    assert metrics.difference_interval(*case) == (difference, low, high)
    same = metrics.difference_interval(*predictions_with(5, 0, 0, 5))
    assert same == (0.0, 0.0, 0.0)
    with pytest.raises(CourseError):
        metrics.difference_interval(*case, level=2)
