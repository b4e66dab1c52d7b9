"""Exercises of lesson 06, building the CNN."""

from typing import Any

import numpy as np

from . import Case, Choice, Function, Judge, NotYet, Value, Words, exercise, expect

rng = np.random.default_rng(4)

# --- 6.1 convolution --------------------------------------------------------------------------------------------------


def convolve(image, kernel):
    """The sums of the products of kernel and window, at each place where the window lies wholly inside."""
    image, kernel = np.asarray(image), np.asarray(kernel)
    height, width = kernel.shape
    output = np.zeros((image.shape[0] - height + 1, image.shape[1] - width + 1))
    for row in range(output.shape[0]):
        for column in range(output.shape[1]):
            window = image[row : row + height, column : column + width]
            output[row, column] = np.sum(window * kernel)
    return output


SIZE, SUM = "np.zeros((image.shape[0] - height + 1, image.shape[1] - width + 1))", "np.sum(window * kernel)"
exercise("6.1", Function(
    convolve,
    cases=[
        Case("an image of 5×7 and a kernel of 3×3", rng.random((5, 7)), rng.normal(size=(3, 3))),
        Case("an image of 6×5 and a kernel of 2×3", rng.random((6, 5)), rng.normal(size=(2, 3)), kind="uneven"),
        Case("a kernel as large as the image", np.arange(6.0).reshape(2, 3), np.ones((2, 3)), kind="edge",
            want=[[15.0]]),
        Case("a kernel of one number", np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[0.5]]), kind="edge"),
        Case("an image of whole numbers", np.arange(20).reshape(4, 5), np.full((3, 3), 1 / 8), kind="dtype"),
    ],
    mistakes=[
        ("the kernel is flipped, turned upside down and left to right: a Conv2D layer takes it as it is",
         ("window * kernel", "window * kernel[::-1, ::-1]")),
        ("the last row and column are missing (off by one): how many places are there for a window of 3 along a side "
         "of 3?",
         ("- height + 1", "- height", "- width + 1", "- width"), ("output.shape[0])", "output.shape[0] - 1)",
          "output.shape[1])", "output.shape[1] - 1)")),
        ("a kernel may be wider than high: rows go with its height, and columns with its width",
         ("height, width = kernel.shape", "height = width = len(kernel)"),
         ("height, width = kernel.shape", "height = width = kernel.shape[1]"),
         ("height, width = kernel.shape", "width, height = kernel.shape")),
        ("one product only is left of each window: add them up with +=",
         (SUM, "(window * kernel)[-1, -1]"), (SUM, "(window * kernel)[0, 0]")),
        ("you take the mean of the products: a convolution takes their sum", ("np.sum", "np.mean")),
        ("you add up the window: multiply it with the kernel first", (SUM, "np.sum(window)")),
        ("the fractions are lost: your output holds whole numbers, so make it with np.zeros of floats",
         (SIZE, f"{SIZE}.astype(int)")),
        ("add up all products, in rows and columns", (SUM, "np.sum(window * kernel, axis=0)[0]"),
         (SUM, "np.max(window * kernel)")),
        ("@ multiplies matrices: multiply each number of the window with the kernel's number at the same place",
         (SUM, "np.sum(window @ kernel.T)")),
    ],
    also_right=["np.einsum('ijkl,kl->ij', np.lib.stride_tricks.sliding_window_view(image, kernel.shape), kernel)"],
    signs=[(lambda got, want: min(more := np.subtract(np.shape(got), want.shape)) >= 0 and 0 < max(more) < 5,
            "your output is too large, as with padding around the image: the window must lie wholly inside",
            (SIZE, "np.zeros(image.shape); image = np.pad(image, ((0, height - 1), (0, width - 1)))"))],
    otherwise="Take the kernel's sizes from kernel.shape, and multiply number by number.",
))  # fmt: skip

# --- 6.2 output size --------------------------------------------------------------------------------------------------


def output_size(side, window, stride=1):
    """How many places a window has along a side."""
    return (side - window) // stride + 1


exercise("6.2", Function(
    output_size,
    cases=[
        Case("the first convolution", 48, 3, 1, want=46), Case("the first pooling", 44, 2, 2, want=22),
        Case("a pooling of an odd side", 5, 2, 2, kind="edge", want=2), Case("a stride of 2", 7, 3, 2, kind="order"),
        Case("a stride of 3 that doesn't come out even", 11, 3, 3, kind="uneven", want=3),
        Case("a window as large as the side", 3, 3, 1, kind="edge", want=1), Case("no stride given", 10, 4,
            kind="usual"),
    ],
    mistakes=[
        ("off by one: the place where the window starts counts too", ("// stride + 1", "// stride")),
        ("you count as if the stride were 1", ("// stride", "")),
        ("at the last of your places the window sticks out of the image", "-(-(side - window) // stride) + 1"),
        ("there is no padding here: the window may not stick out", "-(-side // stride)", "side // stride"),
        ("there are only whole places: think of //", ("//", "/")),
        ("first the difference, then the division: brackets are missing", "side - window // stride + 1"),
        ("add the 1 after dividing, for it's a place and not a pixel", "(side - window + 1) // stride"),
    ],
    also_right=["len(range(0, side - window + 1, stride))"],
    otherwise="Draw the row of pixels, and count.",
))  # fmt: skip

# --- 6.3 pooling ------------------------------------------------------------------------------------------------------


def max_pool(image):
    """The largest number of each block of 2 × 2."""
    image = np.asarray(image)
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    blocks = image[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2)
    return blocks.max(axis=(1, 3))


exercise("6.3", Function(
    max_pool,
    cases=[
        Case("an image of 4×6", rng.normal(size=(4, 6))), Case("an image of 6×4", rng.normal(size=(6, 4)),
            kind="order"),
        Case("an image of 5×7, both odd", rng.normal(size=(5, 7)), kind="edge"),
        Case("nothing but negative numbers", -1 - rng.random((2, 4)), kind="edge"),
        Case("whole numbers with ties", np.array([[1, 1, 0, 0], [1, 1, 0, 3]]), kind="tie", want=[[1, 3]]),
    ],
    mistakes=[
        ("you take the mean of each block, not its largest number", (".max(", ".mean(")),
        ("you take the smallest number of each block", (".max(", ".min(")),
        ("you take the upper left number of each block, not the largest", (".max(axis=(1, 3))", "[:, 0, :, 0]")),
        ("a block may hold nothing but negative numbers: don't begin to compare with 0",
         ("return blocks.max(axis=(1, 3))", "return np.maximum(blocks.max(axis=(1, 3)), 0)")),
        ("your blocks overlap: the window moves on by 2, not by 1",
         "np.lib.stride_tricks.sliding_window_view(image, (2, 2)).max(axis=(2, 3))"),
        ("an odd row or column fills no block: leave it out, as Keras does",
         "np.array([[image[i : i + 2, j : j + 2].max() for j in range(0, image.shape[1], 2)] "
         "for i in range(0, image.shape[0], 2)])"),
        ("a block has two rows and two columns: you take the largest of a pair", ("axis=(1, 3)", "axis=3"),
         ("max(axis=(1, 3))", "max(axis=1).reshape(rows, -1)")),
        ("reshape takes the numbers row by row: cut into (rows, 2, columns, 2), and compare along axes 1 and 3",
         ("(rows, 2, columns, 2)", "(rows, columns, 2, 2)", "(1, 3)", "(2, 3)")),
        ("the block for row r and column c of the output begins at 2 · r and 2 · c", "np.array([[image[i : i + 2, "
         "j : j + 2].max() for j in range(len(image[0]) // 2)] for i in range(len(image) // 2)])"),
    ],
    also_right=["[[np.max(image[i : i + 2, j : j + 2]) for j in range(0, len(image[0]) - 1, 2)] "
                "for i in range(0, len(image) - 1, 2)]"],
))  # fmt: skip

# --- 6.4 parameters ---------------------------------------------------------------------------------------------------


def conv_parameters(window, channels, filters):
    """A kernel over all channels and a bias, for each filter."""
    return (window * window * channels + 1) * filters


def dense_parameters(inputs, outputs):
    """A weight for each input and a bias, for each output."""
    return (inputs + 1) * outputs


COUNTS = {
    "conv2d": 640, "conv2d_1": 36928, "conv2d_2": 36928, "conv2d_3": 36928, "conv2d_4": 73856, "conv2d_5": 147584,
    "dense": 525312, "dense_1": 1049600, "dense_2": 6150,
}  # fmt: skip


def learning_layers(counts):
    """The counts without layers that have no parameters."""
    return {name: number for name, number in counts.items() if name in COUNTS or number != 0}


CONV, DENSE = "(window * window * channels + 1) * filters", "(inputs + 1) * outputs"
exercise("6.4",
    Function(
        conv_parameters,
        cases=[Case("the first layer", 3, 1, 64), Case("a later layer", 3, 64, 128, kind="uneven"),
               Case("a window of 5", 5, 3, 7, kind="order"), Case("a window of one pixel", 1, 8, 2, kind="edge")],
        mistakes=[
            ("the bias is forgotten: each filter has one", "window * window * channels * filters"),
            ("the layer has more than one bias: each filter has its own", "window * window * channels * filters + 1"),
            ("the channels are forgotten: a kernel reaches through all maps of its input",
             "(window * window + 1) * filters"),
            ("the bias is counted once for every channel; a filter has only one",
             "(window * window + 1) * channels * filters"),
            ("the window is a square: it has more numbers than along one side", "(window * channels + 1) * filters"),
            ("each filter has a kernel of its own", "window * window * channels + filters"),
            ("there is one bias for each *filter*, not for each channel that comes in",
             "window * window * channels * filters + channels"),
        ],
        also_right=["window**2 * channels * filters + filters"],
    ),
    Function(
        dense_parameters,
        cases=[Case("the first dense layer", 512, 1024), Case("five in, three out", 5, 3, kind="order"),
               Case("one output", 7, 1, kind="edge")],
        mistakes=[
            ("the bias is forgotten: each output has one", "inputs * outputs"),
            ("the layer has more than one bias: each output has its own", "inputs * outputs + 1"),
            ("the biases belong to the outputs, not to the inputs", "inputs * (outputs + 1)"),
        ],
        also_right=["inputs * outputs + outputs"],
    ),
    Value("counts", COUNTS, tidy=learning_layers, mistakes=[
        ("dense reads the 512 numbers of flatten: 2 × 2 places with 128 maps", {**COUNTS, "dense": 132096}),
        ("conv2d_4 reads 64 maps", {**COUNTS, "conv2d_4": 147584}),
        ("the biases are forgotten", {k: v - d for (k, v), d in zip(COUNTS.items(), (64, 64, 64, 64, 128, 128, 1024,
         1024, 6),
                                                                    strict=True)}),
        ("a dictionary is wanted, the name of each layer and its number; that's their sum", 1_913_926),
    ], also_right=[{**COUNTS, "flatten": 0}], otherwise="What comes into this layer, and what goes out of it?"),
)  # fmt: skip

# --- 6.5 softmax ------------------------------------------------------------------------------------------------------


def softmax(scores):
    """Probabilities along the last axis, without overflow."""
    scores = np.asarray(scores, float)
    with np.errstate(all="ignore"):
        powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True)


exercise("6.5", Function(
    softmax,
    cases=[
        Case("three images of four classes", np.array([[2.0, 1, -1, 0], [0, 3, 0.5, 3], [-2, -1, -4, 1]]), kind="tie"),
        Case("a single row", np.array([2.0, 1.0, -1.0]), kind="edge"),
        Case("large and small scores", np.array([[1000.0, 999.0], [-1000.0, -1001.0]]), kind="edge"),
        Case("rows that lie far apart", np.array([[0.0, 1.0], [1000.0, 1001.0]]), kind="uneven"),
        Case("one score far above the others", np.array([[3000.0, 0.0, 0.0]]), kind="edge", want=[[1, 0, 0]]),
        Case("whole numbers", np.array([[3, 1, 2], [0, 0, 5]]), kind="dtype"),
    ],
    mistakes=[
        ("the columns add up to 1, not the rows: a row is an image", ("axis=-1", "axis=0")),
        ("the powers still have to be divided by the *sum* of their row", ("/ powers.sum(axis=-1, keepdims=True)", "")),
        ("scores of 1000 or -1000 give nan: which number can you subtract from a row's scores without changing its "
         "probabilities?", (" - scores.max(axis=-1, keepdims=True)", ""),
         (" - scores.max(axis=-1, keepdims=True)", "", "return", "return np.nan_to_num(", "True)", "True))")),
        ("cut off at a limit, 1000 and 999 become equal: which number can you subtract from both?",
         ("scores - scores.max(axis=-1, keepdims=True)", "np.clip(scores, -500, 500)")),
        ("subtract the largest score, and do not divide by it", (" - scores.max(", " / scores.max(")),
        ("you subtract one number from the whole array; each row needs its own", ("max(axis=-1, keepdims=True)",
         "max()")),
        ("subtract the row's *largest* score: with its mean, large scores that lie apart overflow",
         ("scores.max(axis=-1", "scores.mean(axis=-1")),
        ("each score stands alone: divide by the sum of its row", "(1 + np.tanh(np.divide(scores, 2))) / 2"),
        ("these aren't powers of e: softmax needs np.exp", ("np.exp(", "np.exp2("),
         "scores / np.sum(scores, axis=-1, keepdims=True)"),
    ],
    signs=[(lambda got, want: len(want) > 1 and np.ndim(got) == 2 and np.isclose(np.sum(got), 1),
            "all numbers together add up to 1, and every row is an image of its own",
            ("powers.sum(axis=-1, keepdims=True)", "powers.sum()"),
            ("scores.max(axis=-1, keepdims=True)", "scores.max()", "powers.sum(axis=-1, keepdims=True)",
             "powers.sum()"))],
    also_right=["np.exp(scores - np.log(np.exp(scores - np.max(scores, axis=-1, keepdims=True)).sum(-1, "
        "keepdims=True)) "
                "- np.max(scores, axis=-1, keepdims=True))"],
))  # fmt: skip

# --- 6.6 the network --------------------------------------------------------------------------------------------------


def build_network() -> Any:
    """The slides' network."""
    return network()


def network(padding="valid", filters=128, rate=0.2, classes=6, last="softmax", activation="relu", apart=False, more=()):
    """The slides' network, or one with a mistake; ``apart``: activations as layers of their own."""
    from ..backend import keras

    kinds = keras.layers

    def bends(layer, size, *args):
        if apart:
            return [layer(size, *args), kinds.Activation(activation)]
        return [layer(size, *args, activation=activation)]

    def block(n, end):
        convolutions = [part for _ in range(2) for part in bends(kinds.Conv2D, n, 3)]
        for part in convolutions:
            if isinstance(part, kinds.Conv2D):
                part.padding = padding
        return [*convolutions, kinds.MaxPooling2D(), *end]

    drop = kinds.Dropout
    parts = [*block(64, [drop(rate)]), *block(64, [drop(rate)]), *block(filters, [kinds.Flatten()])]
    parts += [*bends(kinds.Dense, 1024), drop(rate), *bends(kinds.Dense, 1024), drop(rate)]
    end = [kinds.Dense(classes), kinds.Softmax()] if apart else [kinds.Dense(classes, activation=last)]
    return keras.Sequential([keras.Input((48, 48, 1)), *parts, *end, *more])


def merged(layers: list[Any]) -> list[tuple[Any, str]]:
    """The layers, each with the activation that follows it, be it its own or a layer of its own."""
    found: list[tuple[Any, str]] = []
    for layer in layers:
        kind = type(layer).__name__
        if kind == "InputLayer":
            continue
        if kind in ("Activation", "ReLU", "Softmax") and found and found[-1][1] == "linear":
            name = layer.activation.__name__ if kind == "Activation" else kind.lower()
            found[-1] = found[-1][0], name
        else:
            found.append((layer, getattr(getattr(layer, "activation", None), "__name__", "")))
    return found


def judge_network(answer: Any) -> None:
    """The slides' table, layer by layer."""
    from ..models import architectures as models

    given = answer()
    expect(given is not None, "your function gives nothing back: it needs a return")
    expect(hasattr(given, "layers") and hasattr(given, "count_params"), "give a Keras model back")
    expect(given.built, "the network doesn't know the shape of its input: begin with keras.Input((48, 48, 1))")
    expect(tuple(given.input_shape) == (None, 48, 48, 1), f"the input is {given.input_shape}, not 48×48×1")
    wanted, mine = merged(models.slides_cnn().layers), merged(given.layers)
    for place, ((layer, activation), (right, bend)) in enumerate(zip(mine, wanted, strict=False), start=1):
        where = f"layer {place} ({right.name} on the slides)"
        kind, target = type(layer).__name__, type(right).__name__
        expect(kind == target, f"{where}: yours is a {kind}, the table says {target}")
        expect(getattr(layer, "padding", "valid") == "valid",
            f"{where}: padding='same' keeps the size; in the table it "
               "shrinks")  # fmt: skip
        shape, size = tuple(layer.output.shape), tuple(right.output.shape)
        expect(shape == size, f"{where}: your output is {shape}, the table says {size}")
        expect(layer.count_params() == right.count_params(), f"{where}: {layer.count_params():,} parameters are not "
            f"the "
               "table's")  # fmt: skip
        expect(activation == bend, f"{where}: its activation is {activation}. Which one belongs between the layers, "
            f"and "
               "which one at the end?")  # fmt: skip
        expect(target != "Dropout" or abs(layer.rate - right.rate) < 1e-6,
            target == "Dropout" and f"{where}: the rate is "
               f"{layer.rate}, and 0.2 is asked for")  # fmt: skip
    expect(len(mine) == len(wanted), f"your network has {len(mine)} layers, the table has {len(wanted)}")


exercise("6.6", Judge(
    "build_network", judge_network, right=build_network, function=True,
    also_right=[lambda: network(apart=True)],
    mistakes=[
        ("its activation is sigmoid", lambda: network(last="sigmoid")), ("is linear", lambda: network(activation=None)),
        ("(None, 7)", lambda: network(classes=7)), ("says (None, 7, 7, 128)", lambda: network(filters=64)),
        ("0.2 is asked for", lambda: network(rate=0.5)), ("needs a return", lambda: None), ("a Keras model",
         lambda: [1]),
        ("padding='same'", lambda: network(padding="same")),
    ],
))  # fmt: skip

# --- 6.7 one batch ----------------------------------------------------------------------------------------------------


def overfit(network, images, labels, steps):
    """The losses of steps on one and the same batch."""
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return [float(network.train_on_batch(images, labels)) for _ in range(steps)]


def judge_overfit(answer: Any) -> None:
    """The losses are those of a training that learns the batch by heart."""
    from ..backend import keras

    keras.utils.set_random_seed(7)
    parts = [
        keras.layers.Flatten(),
        keras.layers.Dense(256, activation="relu"),
        keras.layers.Dense(3, activation="softmax"),
    ]
    net = keras.Sequential([keras.Input((8, 8, 1)), *parts])
    dice = np.random.default_rng(7)
    images, labels = dice.integers(0, 2, (12, 8, 8, 1)).astype(np.float32), np.arange(12) % 3
    first = float(-np.log(net.predict_on_batch(images)[np.arange(12), labels]).mean())
    before = [weight.copy() for weight in net.get_weights()]
    try:
        given = answer(net, images, labels, 60)
    except NotYet as error:
        told = "this loss cannot be computed with labels that are whole numbers, one an image: look at its name"
        expect("target" not in str(error), told)
        raise
    expect(given is not None, "your function gives nothing back: it needs a return")
    try:
        losses = np.asarray(given, float)
    except (TypeError, ValueError):
        losses = np.array("")
    expect(losses.dtype.kind == "f" and losses.ndim == 1, "a list with one loss for each step is asked for")
    expect(len(losses) == 60, f"for 60 steps there must be 60 losses, and you give {len(losses)}")
    expect(np.isfinite(losses).all(), "the loss became infinite or nan: the learning rate is too large")
    changed = any(not np.array_equal(a, b) for a, b in zip(before, net.get_weights(), strict=True))
    expect(changed, "after your function the network's weights are what they were: it measured, but did not train")
    same = "Is it the same batch, with the same labels, at every step, all of it?"
    expect(losses[-1] < losses[0], f"your numbers do not fall ({losses[0]:.2f} to {losses[-1]:.2f}). {same}")
    told = (
        f"the first loss should be the untrained network's cross-entropy, about {first:.2f}; yours is {losses[0]:.2f}"
    )
    expect(abs(losses[0] - first) < 0.35 * first, f"{told}. Is it the right loss for labels that are whole numbers?")
    expect(np.diff(losses).max() < first / 2, f"your losses jump up. {same} Or is the learning rate too large?")
    told = "compile once, before the loop: Adam starts anew at each step"
    expect(int(getattr(getattr(net, "optimizer", None), "iterations", 60)) != 1, told)
    slow = "Is the optimiser fast enough (Adam, 0.001)?"
    expect(losses[-1] < 0.25 * first, f"after 60 steps the loss is still {losses[-1]:.2f}. {same} {slow}")


def measured_only(network, images, labels, steps):
    """It tests, and doesn't train."""
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return [float(network.test_on_batch(images, labels)) for _ in range(steps)]


def not_sparse(network, images, labels, steps):
    """A loss for one-hot labels."""
    network.compile(optimizer="adam", loss="categorical_crossentropy")
    return [float(network.train_on_batch(images, labels)) for _ in range(steps)]


def fitted(network, images, labels, steps):
    """The same with fit."""
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return network.fit(images, labels, epochs=steps, batch_size=len(labels), verbose=0).history["loss"]


exercise("6.7", Judge(
    "overfit", judge_overfit, right=overfit, function=True, also_right=[fitted],
    mistakes=[
        ("look at its name", not_sparse), ("did not train", measured_only), ("60 losses", lambda *a: overfit(*a)[:1]),
        ("one loss for each step", lambda *a: overfit(*a)[-1]), ("needs a return", lambda *a: None),
        ("compile once", lambda *a: (overfit(*a), overfit(*a[:3], 1))[0]),
        ("jump up", lambda net, x, y, n: [overfit(net, x, y, 0)] and [float(net.train_on_batch(x[k % 12, None],
         y[k % 12, None])) for k in range(n)]),
        ("same labels", lambda net, images, labels, steps: [overfit(net, images, np.roll(labels, k), 1)[0]
                                                             for k in range(steps)]),
    ],
))  # fmt: skip

# --- 6.8 why 512 ------------------------------------------------------------------------------------------------------

exercise("6.8",
    Value("inputs_64", 2048, mistakes=[
        ("512 is what 48×48 gives: follow the side of 64 through the layers", 512),
        ("that is the number of places: how many numbers stand at each of them?", 16),
        ("that is the number of maps: how many numbers does each map hold?", 128),
        ("that is the side of the last maps: how many numbers are that in all of them?", 4),
        ("5 is not right: a pooling over 9 rows leaves the last one out", 3200),
        ("the dense layer doesn't read the image, but what the last pooling leaves of it", 4096),
        ("flatten reads the last maps: how many are there, and with how many rows?", 1024, 10368),
        ("the number doesn't grow in proportion: at each layer the borders go", 910.2, 910, 911, 682, 683, 8192),
    ], otherwise="Follow the side of 64 through all layers."),
    Choice("depends", {
        "A": "no: a dropout layer changes neither the number of maps nor their size",
        "B": True,
        "C": "no: more filters make more parameters of a convolution, but a convolution takes an image of any size",
        "D": "no: pooling too works on any size, and takes what there is",
    }),
    Words("because", "The last pooling leaves 128 maps, one for each filter of conv2d_5, and each has 2 × 2 numbers: "
          "2 · 2 · 128 = 512.", ["says that there are 128 maps, and why", "says that each has 2 × 2 numbers, and why"]),
)  # fmt: skip
