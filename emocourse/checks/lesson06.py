"""Exercises of lesson 06, building the CNN."""

import numpy as np

from ..from_scratch import cnn as layers
from . import exercise, expect

NOTHING = "your function gives nothing back: it needs a return"
CHANGED = "your function changes the image that it is given: write to a new array"
LINE = "keep the line that starts with def: the check calls your function"


def _array(answer, hint=NOTHING):
    expect(answer is not None, hint)
    values = np.asarray(answer)
    expect(values.dtype.kind in "biuf", "your function gives something else than numbers back")
    return values


def _same(given, right):
    return given.shape == np.shape(right) and np.allclose(given, right, atol=1e-4)


@exercise("6.1")
def convolve(answer):
    """Loops over the places of a window."""
    expect(callable(answer), LINE)
    rng = np.random.default_rng(4)
    for shape, window in (((5, 7), (3, 3)), ((6, 5), (2, 3))):
        image, kernel = rng.random(shape), rng.normal(size=window)
        kept = image.copy()
        right = layers.convolve(image, kernel)
        try:
            given = answer(image, kernel.copy())
        except (ValueError, IndexError) as error:
            square = window[0] == window[1]
            expect(square, f"a kernel of {window[0]}×{window[1]} stops your function: take its sizes from kernel.shape")
            raise error
        given = _array(given)
        expect(np.array_equal(image, kept), CHANGED)
        _convolve_size(given, shape, right.shape, window)
        expect(
            not _same(given, layers.convolve(image, kernel[::-1, ::-1])),
            "the kernel is flipped, turned upside down and left to right. A Conv2D layer takes it as it is",
        )
        if window[0] == window[1]:
            expect(not _same(given, layers.convolve(image, kernel.T)), "rows and columns of the kernel are swapped")
            expect(
                not _same(given, _matrix_products(image, kernel)),
                "@ multiplies matrices. Multiply each number of the window with the kernel's number at the same place",
            )
        expect(
            not _same(given * kernel.size, right), "you take the mean of the products. A convolution takes their sum"
        )
        expect(
            not (given.dtype.kind in "iu" or _same(given, np.trunc(right))),
            "the fractions are lost: your output array holds whole numbers. Make it with np.zeros",
        )
        expect(
            _same(given, right),
            f"the sizes are right, but not the numbers: at row 0, column 0 the sum is {right[0, 0]:.3f} and yours is "
            f"{given.flat[0]:.3f}; at row 1, column 0 it is {right[1, 0]:.3f} and yours is {given[1, 0]:.3f}",
        )


def _convolve_size(given, shape, right, window):
    told = f"an image of {shape[0]}×{shape[1]} and a kernel of {window[0]}×{window[1]}"
    expect(given.ndim == 2, f"the output has {given.ndim} axes; an image has two")
    expect(
        given.shape != shape,
        f"for {told}, your output is as large as the image, as with padding around it. The window must lie wholly "
        "inside the image, so the output is smaller",
    )
    expect(
        given.shape != (right[0] - 1, right[1] - 1),
        "the last row and the last column are missing (off by one). How many places are there for a window of 3 along "
        "a side of 3?",
    )
    expect(given.shape != right[::-1], "rows and columns of the output are swapped")
    expect(given.shape == right, f"for {told}, your output has the shape {given.shape}: count the places again")


def _matrix_products(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return (windows @ kernel).sum(axis=(2, 3))


@exercise("6.2")
def output_size(answer):
    """(side - window) // stride + 1."""
    expect(callable(answer), LINE)
    for side, window, stride in ((48, 3, 1), (46, 3, 1), (44, 2, 2), (5, 2, 2), (7, 3, 2), (10, 3, 3), (3, 3, 1)):
        right = layers.output_size(side, window, stride)
        told = f"for a side of {side}, a window of {window} and a step of {stride}"
        given = answer(side, window, stride)
        expect(given is not None, NOTHING)
        expect(isinstance(given, (int, np.integer, float)), f"{told} you give a {type(given).__name__}, not a number")
        expect(float(given).is_integer(), f"{told} you count {given} places. There are only whole ones: think of //")
        if stride > 1:
            expect(
                given != side - window + 1,
                f"{told} you count {given} places, as if the step were 1",
            )
            expect(
                given != -(-(side - window) // stride) + 1 or given == right,
                f"{told} you count {given} places: at the last of them the window sticks out of the image",
            )
        expect(given != -(-side // stride) or given == right, f"{told} the window may not stick out: no padding here")
        expect(
            given != right - 1,
            f"{told} you are off by one. Draw it: the place where the window starts counts too",
        )
        expect(given == right, f"{told} you count {given} places. Draw the row of pixels and count")
        expect(not isinstance(given, float), f"{told} the number is right, but is {given!r}: use //, not /")


@exercise("6.3")
def max_pool(answer):
    """The largest number of each block of 2 × 2."""
    expect(callable(answer), LINE)
    rng = np.random.default_rng(5)
    for shape in ((4, 6), (6, 4), (5, 7)):
        image = rng.normal(size=shape)
        image[:2, :2] = -np.abs(image[:2, :2]) - 0.1
        kept = image.copy()
        odd = any(side % 2 for side in shape)
        try:
            given = answer(image)
        except (ValueError, IndexError) as error:
            expect(not odd, f"an image of {shape[0]}×{shape[1]} stops your function ({error}). Leave the odd row out")
            raise
        given, right = _array(given), layers.max_pool(image)
        expect(np.array_equal(image, kept), CHANGED)
        told = f"an image of {shape[0]}×{shape[1]}"
        expect(
            given.shape != (shape[0] - 1, shape[1] - 1) or given.shape == right.shape,
            f"for {told} your blocks overlap: the window must move on by 2, not by 1",
        )
        expect(
            not odd or given.shape != tuple(-(-side // 2) for side in shape),
            f"{told} has one odd row and column. Keras leaves them out; you keep them",
        )
        expect(given.shape == right.shape, f"for {told} the output has the shape {given.shape}, not half of each side")
        rows, columns = right.shape
        blocks = image[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2)
        expect(
            not _same(given, blocks.mean(axis=(1, 3))),
            "you take the mean of each block, not its largest number",
        )
        expect(not _same(given, blocks.min(axis=(1, 3))), "you take the smallest number of each block")
        expect(not _same(given, blocks[:, 0, :, 0]), "you take the upper left number of each block, not the largest")
        expect(
            not _same(given, np.maximum(right, 0)),
            "a block may hold nothing but negative numbers. You begin to compare with 0, so 0 wins there",
        )
        expect(_same(given, right), f"for {told} the shape is right, but not all of the numbers are")


CONVOLUTIONS = {
    "conv2d": (3, 1, 64),
    "conv2d_1": (3, 64, 64),
    "conv2d_2": (3, 64, 64),
    "conv2d_3": (3, 64, 64),
    "conv2d_4": (3, 64, 128),
    "conv2d_5": (3, 128, 128),
}
DENSE = {"dense": (512, 1024), "dense_1": (1024, 1024), "dense_2": (1024, 6)}


def _conv_mistakes(window, channels, filters):
    return {
        window * window * channels * filters: "the bias is forgotten: each filter has one",
        window * window * channels * filters + 1: "the layer has more than one bias: each filter has its own",
        (window * window + 1) * filters: "the channels are forgotten: a kernel reaches through all maps of its input",
        (window * window + 1) * channels * filters: "the bias is counted once for every channel; a filter has only one",
        (window * channels + 1) * filters: "the window is a square: it has more numbers than along one side",
        window * window * channels + filters: "each filter has a kernel of its own",
        window * window * filters + filters * channels: "the channels belong to the kernel, not to the bias",
    }


def _dense_mistakes(inputs, outputs):
    return {
        inputs * outputs: "the bias is forgotten: each output has one",
        inputs * outputs + 1: "the layer has more than one bias: each output has its own",
        inputs * outputs + inputs: "the biases belong to the outputs, not to the inputs",
        inputs + outputs: "each output has a weight for every input",
    }


@exercise("6.4")
def parameters(conv_parameters, dense_parameters, counts):
    """Two formulas, and nine layers of the slides' network."""
    tasks = (
        (
            "conv_parameters",
            conv_parameters,
            layers.conv_parameters,
            _conv_mistakes,
            ((3, 1, 64), (3, 64, 128), (5, 3, 7)),
        ),
        ("dense_parameters", dense_parameters, layers.dense_parameters, _dense_mistakes, ((512, 1024), (5, 3))),
    )
    for name, answer, formula, mistakes, cases in tasks:
        expect(callable(answer), f"{name} is not a function any more: {LINE}")
        for case in cases:
            told, given, right = f"{name}{case}", answer(*case), formula(*case)
            expect(given is not None, NOTHING)
            expect(given == right or given not in mistakes(*case), f"{told}: {mistakes(*case).get(given)}")
            expect(
                given == right,
                f"{told} gives {given}. What does one filter or output learn, and how many are there?",
            )
    expect(isinstance(counts, dict), "counts is a dictionary: the name of each layer, and its number")
    formulas = {name: (layers.conv_parameters, _conv_mistakes, case) for name, case in CONVOLUTIONS.items()}
    formulas |= {name: (layers.dense_parameters, _dense_mistakes, case) for name, case in DENSE.items()}
    for name, (formula, mistakes, case) in formulas.items():
        expect(name in counts, f"{name} is missing from counts")
        given, right = counts[name], formula(*case)
        expect(given == right or given not in mistakes(*case), f"{name}: {mistakes(*case).get(given)}")
        expect(
            given == right,
            f"{name} does not have {given} parameters. What comes into this layer, and what goes out of it?",
        )
    extra = sorted(set(counts) - set(formulas), key=str)
    expect(
        not sum(counts[name] for name in extra),
        f"{extra} learn nothing: they have 0 parameters",
    )


@exercise("6.5")
def softmax(answer):
    """Over the last axis, without overflow."""
    expect(callable(answer), LINE)
    scores = np.array([[2.0, 1.0, -1.0, 0.0], [0.0, 3.0, 0.5, 3.0], [-2.0, -1.0, -4.0, 1.0]])
    right = layers.softmax(scores)
    with np.errstate(all="ignore"):
        given = _array(answer(scores.copy()))
        expect(given.shape == scores.shape, f"scores of shape (3, 4) give shape {given.shape}; keep the shape")
        expect(
            not _same(given, layers.softmax(scores.T).T),
            "the columns add up to 1, not the rows: softmax over the wrong axis. A row is an image",
        )
        powers = np.exp(scores)
        expect(
            not _same(given, powers / powers.sum()),
            "all numbers together add up to 1: you sum over the whole array. Every row is an image of its own",
        )
        expect(not _same(given, powers), "the powers still have to be divided by the sum of their row")
        expect((given >= 0).all(), "some of your probabilities are negative: where are the powers of e?")
        expect(np.allclose(given.sum(axis=-1), 1), "not every row adds up to 1")
        expect(_same(given, right), "every row adds up to 1, but these are not powers of e divided by their sum")
        try:
            one = _array(answer(scores[0].copy()))
        except (ValueError, IndexError):
            one = np.empty(0)
        expect(_same(one, right[0]), "a single row of scores, of shape (4,), must work too: count axes from the end")
        large = _array(answer(np.array([[1000.0, 999.0], [-1000.0, -1001.0]])))
        expect(
            np.isfinite(large).all() and (large > 0).all(),
            "scores of 1000 or -1000 give nan or divide by 0: the powers become too large, or all 0. Which number can "
            "you subtract from a row's scores without changing its probabilities?",
        )
        expect(_same(large, layers.softmax([[1.0, 0.0], [1.0, 0.0]])), "scores of 1000 and 999 come out wrong")
        apart = _array(answer(np.array([[0.0, 1.0], [1000.0, 1001.0]])))
        expect(
            np.isfinite(apart).all() and np.allclose(apart.sum(axis=-1), 1),
            "you subtract one number from the whole array; each row needs its own",
        )
        given = scores.copy()
        answer(given)
        expect(np.array_equal(given, scores), "your function changes the scores that it is given: make a new array")


@exercise("6.6")
def build_network(answer):
    """The slides' table, layer by layer."""
    expect(callable(answer), LINE)
    network = answer()
    expect(network is not None, NOTHING)
    from ..models import architectures as models

    expect(hasattr(network, "layers") and hasattr(network, "count_params"), "give a Keras model back")
    expect(network.built, "the network does not know the shape of its input: begin with keras.Input((48, 48, 1))")
    expect(tuple(network.input_shape) == (None, 48, 48, 1), f"the input is {network.input_shape}, not 48×48×1")
    wanted = models.slides_cnn()
    given = [layer for layer in network.layers if type(layer).__name__ != "InputLayer"]
    for place, (mine, right) in enumerate(zip(given, wanted.layers, strict=False), start=1):
        _layer(f"layer {place} ({right.name} on the slides)", mine, right)
    expect(
        len(given) == len(wanted.layers),
        f"your network has {len(given)} layers, the table has {len(wanted.layers)}",
    )
    expect(network.count_params() == wanted.count_params(), f"your network has {network.count_params():,} parameters")


def _layer(where, mine, right):
    kind, wanted = type(mine).__name__, type(right).__name__
    expect(kind == wanted, f"{where}: yours is a {kind}, the table says {wanted}")
    shape, target = tuple(mine.output.shape), tuple(right.output.shape)
    expect(
        getattr(mine, "padding", "valid") == "valid",
        f"{where}: padding='same' keeps the size, but in the table the size shrinks",
    )
    expect(shape == target, f"{where}: your output is {shape}, the table says {target}")
    expect(
        mine.count_params() == right.count_params(),
        f"{where}: {mine.count_params():,} parameters are not the table's",
    )
    if wanted in ("Conv2D", "Dense"):
        name = mine.activation.__name__
        expect(
            name == right.activation.__name__,
            f"{where}: its activation is {name}. Which one belongs between the layers, and which one at the end?",
        )
    if wanted == "Dropout":
        expect(abs(mine.rate - right.rate) < 1e-6, f"{where}: the rate is {mine.rate}, not the slides' 0.2")


@exercise("6.7")
def overfit(answer):
    """The losses of steps on one and the same batch."""
    expect(callable(answer), LINE)
    from ..backend import keras

    keras.utils.set_random_seed(7)
    network = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(256, activation="relu"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    rng = np.random.default_rng(7)
    images, labels = rng.integers(0, 2, (12, 8, 8, 1)).astype(np.float32), np.arange(12) % 3
    first = float(layers.cross_entropy(network.predict_on_batch(images), labels).mean())
    before = [weight.copy() for weight in network.get_weights()]
    try:
        given = answer(network, images, labels, 60)
    except ValueError as error:
        expect(
            not any(word in str(error) for word in ("loss", "target", "rank")),
            "this loss cannot be computed with labels that are whole numbers, one an image. Look at its name again",
        )
        raise
    expect(given is not None, NOTHING)
    losses = _array(given).astype(float)
    expect(losses.ndim == 1, "a list with one loss for each step is asked for, not a single number")
    expect(len(losses) == 60, f"for 60 steps there must be 60 losses, and you give {len(losses)}")
    expect(np.isfinite(losses).all(), "the loss became infinite or nan: the learning rate is too large")
    changed = any(not np.array_equal(a, b) for a, b in zip(before, network.get_weights(), strict=True))
    expect(changed, "after your function the network's weights are what they were: it measured, but did not train")
    expect(losses[-1] < losses[0], f"your numbers do not fall ({losses[0]:.2f} to {losses[-1]:.2f}). A loss should")
    expect(
        abs(losses[0] - first) < 0.35 * first,
        f"the first loss should be the untrained network's cross-entropy, about {first:.2f}; yours is {losses[0]:.2f}. "
        "Is it the right loss for labels that are whole numbers?",
    )
    expect(
        losses[-1] < 0.25 * first,
        f"after 60 steps the loss is still {losses[-1]:.2f}. Is it the same batch, with the same labels, at every "
        "step? Does every step train all of it? Is the optimiser fast enough (Adam, 0.001)?",
    )


@exercise("6.8")
def why_512(inputs_64, because):
    """How many numbers reach the first dense layer, and why."""
    expect(isinstance(inputs_64, (int, float, np.number)), "inputs_64 is a number")
    hints = {
        512: "512 is what 48×48 gives. Follow the side of 64 through the layers, as above",
        16: "that is the number of places. How many numbers stand at each of them?",
        128: "that is the number of maps. How many numbers does each map hold?",
        4: "that is the side of the last maps. How many numbers are that in all of them?",
        3200: "5 is not right: a pooling over 9 rows leaves the last one out",
        64 * 64: "the dense layer does not read the image, but what the last pooling leaves of it",
        1024: "1,024 is what goes out of the layer; asked is what comes in",
    }
    proportional = abs(inputs_64 - 512 * (64 / 48) ** 2) < 2
    expect(not proportional, "the number does not grow in proportion: at each layer the borders go. Follow the side")
    expect(
        inputs_64 == 2048,
        hints.get(inputs_64, f"{inputs_64} is not right. Follow the side of 64 through all layers"),
    )
    expect(isinstance(because, str), "because is a text: put it between quotation marks")
    text = because.lower()
    expect(len(text.split()) >= 10, "say it in a full sentence or two, for somebody who has not seen the table")
    maps = ("128", "map", "filter", "channel", "kernel")
    expect(any(word in text for word in maps), "your text does not say how many maps there are, and why")
    places = ("2×2", "2 × 2", "2x2", "2 x 2", "2*2", "2 by 2", "four", "4 ", "two by two", "2 times 2", "pool")
    expect(any(word in text for word in places), "your text does not say how large each map is at the end, and why")
