"""Exercises of lesson 06: each check with the stub, right answers, and wrong ones whose hint names the mistake."""

import numpy as np
import pytest

from emocourse import checks
from emocourse.backend import keras
from emocourse.from_scratch import cnn as layers


def stub(*_):
    raise NotImplementedError("Exercise 4.x: write the body")


# --- 4.1 --------------------------------------------------------------------------------------------------------------


def loops(image, kernel, combine=lambda window, kernel: np.sum(window * kernel), less=0, kind=float):
    height, width = kernel.shape
    rows, columns = image.shape[0] - height + 1 - less, image.shape[1] - width + 1 - less
    output = np.zeros((rows, columns), kind)
    for row in range(rows):
        for column in range(columns):
            output[row, column] = combine(image[row : row + height, column : column + width], kernel)
    return output


def padded(image, kernel):
    (top, bottom), (left, right) = (((side - 1) // 2, side // 2) for side in kernel.shape)
    return loops(np.pad(image, ((top, bottom), (left, right))), kernel)


def only_three(image, kernel):
    rows, columns = image.shape[0] - 2, image.shape[1] - 2
    return np.array([[np.sum(image[i : i + 3, j : j + 3] * kernel) for j in range(columns)] for i in range(rows)])


def spoils(image, kernel):
    right = loops(image, kernel)
    image[0, 0] = 0
    return right


# --- 4.3 --------------------------------------------------------------------------------------------------------------


def blocks(image, pick, begin=None):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    output = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            block = image[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            output[i, j] = pick(block) if begin is None else max(begin, pick(block))
    return output


def overlapping(image):
    return np.lib.stride_tricks.sliding_window_view(image, (2, 2)).max(axis=(2, 3))


def ragged(image):
    rows, columns = image.shape
    return np.array([[image[i : i + 2, j : j + 2].max() for j in range(0, columns, 2)] for i in range(0, rows, 2)])


def reshaped(image):
    return image.reshape(image.shape[0] // 2, 2, image.shape[1] // 2, 2).max(axis=(1, 3))


# --- 4.4 --------------------------------------------------------------------------------------------------------------

COUNTS = {
    "conv2d": 640,
    "conv2d_1": 36928,
    "conv2d_2": 36928,
    "conv2d_3": 36928,
    "conv2d_4": 73856,
    "conv2d_5": 147584,
    "dense": 525312,
    "dense_1": 1049600,
    "dense_2": 6150,
}
CONV, DENSE = layers.conv_parameters, layers.dense_parameters


def but(**changes):
    return {name: number for name, number in {**COUNTS, **changes}.items() if number is not None}


# --- 4.5 --------------------------------------------------------------------------------------------------------------


def softmax(scores, axis=-1, shift=True):
    scores = scores - (scores.max(axis=axis, keepdims=True) if shift else 0)
    powers = np.exp(scores)
    return powers / powers.sum(axis=axis, keepdims=True)


def whole_shift(scores):
    powers = np.exp(scores - scores.max())
    return powers / powers.sum(axis=-1, keepdims=True)


def in_place(scores):
    scores -= scores.max(axis=-1, keepdims=True)
    return np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)


def sum_of_all(scores):
    return np.exp(scores) / np.exp(scores).sum()


# --- 4.6 --------------------------------------------------------------------------------------------------------------


def network(
    activation="relu",
    last="softmax",
    classes=6,
    padding="valid",
    rate=0.2,
    filters=128,
    flatten=True,
    dropout=True,
    given=True,
):
    kinds = keras.layers

    def block(n, drop=True):
        convolutions = [kinds.Conv2D(n, 3, activation=activation, padding=padding) for _ in range(2)]
        return [*convolutions, kinds.MaxPooling2D(), *([kinds.Dropout(rate)] if drop and dropout else [])]

    dense = [kinds.Dense(1024, activation=activation), kinds.Dropout(rate)]
    dense += [kinds.Dense(1024, activation=activation), kinds.Dropout(rate)]
    middle = [kinds.Flatten()] if flatten else [kinds.GlobalMaxPooling2D()]
    start = [keras.Input((48, 48, 1))] if given else []
    parts = [*start, *block(64), *block(64), *block(filters, drop=False), *middle, *dense]
    return keras.Sequential([*parts, kinds.Dense(classes, activation=last)])


def without_the_last_layers():
    return keras.Sequential([keras.Input((48, 48, 1)), *network().layers[:-2]])


# --- 4.7 --------------------------------------------------------------------------------------------------------------


def train(network, images, labels, steps, optimizer="adam", loss="sparse_categorical_crossentropy"):
    network.compile(optimizer=optimizer, loss=loss)
    return [float(network.train_on_batch(images, labels)) for _ in range(steps)]


def fit(network, images, labels, steps):
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return network.fit(images, labels, epochs=steps, batch_size=len(labels), verbose=0).history["loss"]


def measures_only(network, images, labels, steps):
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return [float(network.test_on_batch(images, labels)) for _ in range(steps)]


def accuracies(network, images, labels, steps):
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return [float(network.train_on_batch(images, labels)[1]) for _ in range(steps)]


def other_labels(network, images, labels, steps):
    rng = np.random.default_rng(0)
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return [float(network.train_on_batch(images, rng.permutation(labels))) for _ in range(steps)]


def last_only(network, images, labels, steps):
    return train(network, images, labels, steps)[-1]


WHY = "conv2d_5 has 128 filters, so there are 128 maps, and after the last pooling each map has 2 × 2 numbers."

# number, answers, state, a part of the hint
CASES = [
    ("6.1", (stub,), "not started", ""),
    ("6.1", (loops,), "correct", ""),
    ("6.1", (layers.convolve,), "correct", ""),
    ("6.1", (lambda p, k: loops(p, k[::-1, ::-1]),), "not yet", "flipped"),
    ("6.1", (padded,), "not yet", "padding"),
    ("6.1", (lambda p, k: loops(p, k, less=1),), "not yet", "off by one"),
    ("6.1", (lambda p, k: loops(p, k.T),), "not yet", "kernel are swapped"),
    ("6.1", (lambda p, k: loops(p, k).T,), "not yet", "output are swapped"),
    ("6.1", (lambda p, k: loops(p, k, lambda w, k: np.sum(w @ k)),), "not yet", "@ multiplies matrices"),
    ("6.1", (lambda p, k: loops(p, k, lambda w, k: np.mean(w * k)),), "not yet", "mean"),
    ("6.1", (lambda p, k: loops(p, k, kind=int),), "not yet", "fractions"),
    ("6.1", (lambda p, k: loops(p, k, lambda w, k: np.sum(w)),), "not yet", "but not the numbers"),
    ("6.1", (lambda p, k: loops(p, k)[:1],), "not yet", "count the places"),
    ("6.1", (lambda p, k: float(loops(p, k)[0, 0]),), "not yet", "axes"),
    ("6.1", (only_three,), "not yet", "kernel.shape"),
    ("6.1", (spoils,), "not yet", "changes the image"),
    ("6.1", (lambda p, k: print(end=""),), "not yet", "needs a return"),
    ("6.1", (np.ones((3, 3)),), "not yet", "calls your function"),
    ("6.2", (stub,), "not started", ""),
    ("6.2", (lambda s, w, t=1: (s - w) // t + 1,), "correct", ""),
    ("6.2", (lambda s, w, t=1: len(range(0, s - w + 1, t)),), "correct", ""),
    ("6.2", (lambda s, w, t=1: (s - w) // t,), "not yet", "off by one"),
    ("6.2", (lambda s, w, t=1: -(-s // t),), "not yet", "no padding"),
    ("6.2", (lambda s, w, t=1: s - w + 1,), "not yet", "as if the step were 1"),
    ("6.2", (lambda s, w, t=1: -(-(s - w) // t) + 1,), "not yet", "sticks out"),
    ("6.2", (lambda s, w, t=1: (s - w) / t + 1,), "not yet", "use //"),
    ("6.2", (lambda s, w, t=1: s - w + 1 / 2,), "not yet", "only whole ones"),
    ("6.2", (lambda s, w, t=1: float((s - w) // t + 1),), "not yet", "use //"),
    ("6.2", (lambda s, w, t=1: (s + w) // t,), "not yet", "Draw the row"),
    ("6.2", (lambda s, w, t=1: str(s - w + 1),), "not yet", "not a number"),
    ("6.2", (lambda s, w, t=1: None,), "not yet", "needs a return"),
    ("6.3", (stub,), "not started", ""),
    ("6.3", (lambda p: blocks(p, np.max),), "correct", ""),
    ("6.3", (layers.max_pool,), "correct", ""),
    ("6.3", (lambda p: blocks(p, np.mean),), "not yet", "mean"),
    ("6.3", (lambda p: blocks(p, np.min),), "not yet", "smallest"),
    ("6.3", (lambda p: blocks(p, lambda b: b[0, 0]),), "not yet", "upper left"),
    ("6.3", (lambda p: blocks(p, np.max, begin=0),), "not yet", "nothing but negative"),
    ("6.3", (overlapping,), "not yet", "overlap"),
    ("6.3", (ragged,), "not yet", "you keep them"),
    ("6.3", (reshaped,), "not yet", "Leave the odd row out"),
    ("6.3", (lambda p: blocks(p, np.max).T,), "not yet", "not half of each side"),
    ("6.3", (lambda p: blocks(p, np.ptp),), "not yet", "not all of the numbers"),
    ("6.4", (CONV, DENSE, ...), "not started", ""),
    ("6.4", (stub, DENSE, COUNTS), "not started", ""),
    ("6.4", (CONV, DENSE, COUNTS), "correct", ""),
    ("6.4", (CONV, DENSE, {**COUNTS, "flatten": 0}), "correct", ""),
    ("6.4", (lambda w, c, f: w * w * c * f, DENSE, COUNTS), "not yet", "bias is forgotten: each filter"),
    ("6.4", (lambda w, c, f: w * w * c * f + 1, DENSE, COUNTS), "not yet", "more than one bias"),
    ("6.4", (lambda w, c, f: (w * w + 1) * f, DENSE, COUNTS), "not yet", "channels are forgotten"),
    ("6.4", (lambda w, c, f: (w * w + 1) * c * f, DENSE, COUNTS), "not yet", "only one"),
    ("6.4", (lambda w, c, f: (w * c + 1) * f, DENSE, COUNTS), "not yet", "window is a square"),
    ("6.4", (lambda w, c, f: w * w * c, DENSE, COUNTS), "not yet", "What does one filter"),
    ("6.4", (lambda w, c, f: None, DENSE, COUNTS), "not yet", "needs a return"),
    ("6.4", (CONV, lambda i, o: i * o, COUNTS), "not yet", "bias is forgotten: each output"),
    ("6.4", (CONV, lambda i, o: i * o + i, COUNTS), "not yet", "belong to the outputs"),
    ("6.4", (CONV, 5, COUNTS), "not yet", "dense_parameters is not a function"),
    ("6.4", (CONV, DENSE, but(conv2d_3=None)), "not yet", "conv2d_3 is missing"),
    ("6.4", (CONV, DENSE, but(conv2d_4=640 * 2)), "not yet", "conv2d_4: the channels are forgotten"),
    ("6.4", (CONV, DENSE, but(dense_2=6144)), "not yet", "dense_2: the bias"),
    ("6.4", (CONV, DENSE, but(dense=CONV(3, 128, 512))), "not yet", "What comes into this layer"),
    ("6.4", (CONV, DENSE, but(dropout=5)), "not yet", "0 parameters"),
    ("6.4", (CONV, DENSE, 1_913_926), "not yet", "dictionary"),
    ("6.5", (stub,), "not started", ""),
    ("6.5", (softmax,), "correct", ""),
    ("6.5", (layers.softmax,), "correct", ""),
    ("6.5", (lambda s: softmax(s, axis=0),), "not yet", "wrong axis"),
    ("6.5", (lambda s: softmax(s, shift=False),), "not yet", "1000"),
    ("6.5", (lambda s: softmax(s, axis=1),), "not yet", "single row"),
    ("6.5", (sum_of_all,), "not yet", "whole array"),
    ("6.5", (np.exp,), "not yet", "divided by the sum"),
    ("6.5", (lambda s: s / s.sum(axis=-1, keepdims=True),), "not yet", "negative"),
    ("6.5", (lambda s: np.abs(s) / np.abs(s).sum(axis=-1, keepdims=True),), "not yet", "not powers of e"),
    ("6.5", (lambda s: 1 / (1 + np.exp(-s)),), "not yet", "not every row"),
    ("6.5", (lambda s: softmax(s).sum(axis=-1),), "not yet", "keep the shape"),
    ("6.5", (whole_shift,), "not yet", "0"),
    ("6.5", (in_place,), "not yet", "changes the scores"),
    ("6.6", (stub,), "not started", ""),
    ("6.6", (network,), "correct", ""),
    ("6.6", (lambda: network(padding="same"),), "not yet", "padding='same'"),
    ("6.6", (lambda: network(last="sigmoid"),), "not yet", "activation is sigmoid"),
    ("6.6", (lambda: network(activation=None),), "not yet", "activation is linear"),
    ("6.6", (lambda: network(classes=7),), "not yet", "(None, 7)"),
    ("6.6", (lambda: network(filters=64),), "not yet", "the table says (None, 7, 7, 128)"),
    ("6.6", (lambda: network(rate=0.5),), "not yet", "0.2"),
    ("6.6", (lambda: network(dropout=False),), "not yet", "the table says Dropout"),
    ("6.6", (lambda: network(flatten=False),), "not yet", "GlobalMaxPooling2D"),
    ("6.6", (without_the_last_layers,), "not yet", "15 layers"),
    ("6.6", (lambda: network(given=False),), "not yet", "keras.Input"),
    ("6.6", (lambda: None,), "not yet", "needs a return"),
    ("6.6", (lambda: [1],), "not yet", "Keras model"),
    ("6.7", (stub,), "not started", ""),
    ("6.7", (train,), "correct", ""),
    ("6.7", (fit,), "correct", ""),
    ("6.7", (measures_only,), "not yet", "did not train"),
    ("6.7", (accuracies,), "not yet", "do not fall"),
    ("6.7", (other_labels,), "not yet", "same labels"),
    ("6.7", (last_only,), "not yet", "one loss for each step"),
    ("6.7", (lambda *a: train(*a)[:1],), "not yet", "60 losses"),
    ("6.7", (lambda *a: train(*a, optimizer=keras.optimizers.SGD(1e-4)),), "not yet", "fast enough"),
    ("6.7", (lambda *a: train(*a, loss="mse"),), "not yet", "whole numbers"),
    ("6.7", (lambda *a: train(*a, loss="categorical_crossentropy"),), "not yet", "whole numbers"),
    ("6.7", (lambda *a: [10 * loss for loss in train(*a)],), "not yet", "first loss"),
    ("6.7", (lambda *a: [np.nan, *train(*a)[1:]],), "not yet", "learning rate"),
    ("6.7", (lambda *a: print(end=""),), "not yet", "needs a return"),
    ("6.8", (..., "because"), "not started", ""),
    ("6.8", (2048, ...), "not started", ""),
    ("6.8", (2048, WHY), "correct", ""),
    (
        "6.8",
        (4 * 4 * 128, "Two by two numbers are left in each of the maps that come out of the last pooling"),
        "correct",
        "",
    ),
    ("6.8", (512, WHY), "not yet", "48×48 gives"),
    ("6.8", (16, WHY), "not yet", "number of places"),
    ("6.8", (910.2, WHY), "not yet", "in proportion"),
    ("6.8", (3200, WHY), "not yet", "leaves the last one out"),
    ("6.8", (2000, WHY), "not yet", "Follow the side"),
    ("6.8", ("2048", WHY), "not yet", "is a number"),
    ("6.8", (2048, "128 · 2 · 2"), "not yet", "full sentence"),
    (
        "6.8",
        (2048, "Because the pooling layer makes everything so small that nothing else is left over"),
        "not yet",
        "how many maps",
    ),
    (
        "6.8",
        (2048, "There are 128 filters in the layer before it, and each makes one map of the face"),
        "not yet",
        "how large",
    ),
    ("6.8", (2048, 512), "not yet", "quotation marks"),
]


@pytest.mark.parametrize(("number", "answers", "state", "hint"), CASES)
def test_verdict(number, answers, state, hint):
    verdict = checks.examine(number, *answers)
    assert (verdict.state, bool(verdict.hint)) == (state, state == "not yet"), verdict
    assert hint in verdict.hint and "\n" not in str(verdict)


def test_no_hint_gives_the_answer():
    for number, answers, state, _ in CASES:
        if state == "not yet" and number in ("6.4", "6.8"):
            hint = checks.examine(number, *answers).hint
            assert not any(str(value) in hint.replace(",", "") for value in (2048, 1913926, *COUNTS.values())), hint
