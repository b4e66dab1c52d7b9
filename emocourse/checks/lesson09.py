"""Exercises of lesson 09, transfer and fine-tuning."""

import functools  # noqa: F401  used in the table

import numpy as np

from . import Case, Choice, Function, Judge, Words, exercise, expect

# --- 9.1 parameters that learn ----------------------------------------------------------------------------------------


def learning_parameters(layers, learning):
    """The number of parameters in those of `layers`, a list of (name, shapes), whose name begins with a word given."""
    total = 0
    for name, shapes in layers:
        if name.startswith(tuple(learning)):
            total += sum(int(np.prod(shape)) for shape in shapes)
    return total


LAYERS = [
    ("block1_conv1", [(3, 3, 3, 8), (8,)]),
    ("block1_pool", []),
    ("block2_conv1", [(3, 3, 8, 16), (16,)]),
    ("block2_conv2", [(3, 3, 16, 16), (16,)]),
    ("mean", []),
    ("emotions", [(16, 7), (7,)]),
]
SUM = "sum(int(np.prod(shape)) for shape in shapes)"
exercise("9.1", Function(learning_parameters, cases=[
    Case("the softmax alone", LAYERS, ("emotions",), want=119),
    Case("the softmax and block 2", LAYERS, ("emotions", "block2")),
    Case("everything", LAYERS, ("emotions", "block1", "block2"), kind="edge"),
    Case("nothing", LAYERS, (), kind="empty", want=0),
    Case("layers in another order", LAYERS[::-1], ("block2", "emotions"), kind="order"),
    Case("a word that no layer has", LAYERS, ("dense",), kind="absent", want=0),
    Case("a layer without weights", LAYERS, ("mean",), kind="edge", want=0),
    Case("a layer with the word further on in its name", [*LAYERS, ("side_block1", [(4, 4)])], ("block1",), want=224),
], mistakes=[
    ("that's every parameter, also of the layers that are frozen", ("name.startswith(tuple(learning))", "True")),
    ("that's what the frozen layers hold: it's the others that learn", ("if name", "if not name")),
    ("the biases learn as well as the kernels", ("for shape in shapes)", "for shape in shapes[:1])")),
    ("a kernel of 3 × 3 × 8 × 16 has their product", ("np.prod", "np.sum")),
    ("'block2' stands for every layer whose name begins with it",
     ("name.startswith(tuple(learning))", "name in learning")),
    ("you look at the first word only: a name may begin with any of them", ("tuple(learning)", "tuple(learning)[:1]")),
    ("a word further on in a name doesn't count: the name must *begin* with it",
     ("name.startswith(tuple(learning))", "any(word in name for word in learning)"), ("startswith", "endswith")),
    ("kernel and bias each have their own parameters: add the two, don't multiply",
     (SUM, "int(np.prod([*map(np.prod, shapes)]))")),
    ("only the first of the layers that learn is counted: return after the loop",
     ("            total += ", "            return ")),
    ("only the last of the layers is kept: add up with +=", ("total += ", "total = ")),
    ("that's how many layers learn: count their parameters", (SUM, "bool(shapes)"), (SUM, "1")),
    ("that's how many arrays learn: multiply the sides of each", (SUM, "len(shapes)")),
], also_right=["sum(int(np.prod(s)) for name, shapes in layers for s in shapes if name.startswith((*learning,)))"],
))  # fmt: skip


# --- 9.2 a new softmax on trained layers ------------------------------------------------------------------------------


def new_head(keras, body, classes):
    """`body`, frozen, with a new softmax of so many classes on top: a keras.Sequential."""
    body.trainable = False
    return keras.Sequential([body, keras.layers.Dense(classes, activation="softmax")])


def a_body(keras, units=5):
    """A small trained stand-in for the layers of a network."""
    keras.utils.set_random_seed(9)
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(6, activation="relu")(inputs)
    return keras.Model(inputs, keras.layers.Dense(units, activation="relu")(hidden))


def headed(answer):
    """Builds it, and looks at what comes out: shape, sum, what learns, and whether the body is the one given."""
    from ..backend import keras

    x = np.random.default_rng(9).normal(size=(3, 4)).astype(np.float32)
    for classes, units in ((7, 5), (3, 8)):
        body = a_body(keras, units)
        kept, features = [w.copy() for w in body.get_weights()], body.predict_on_batch(x)
        network = answer(keras, body, classes)
        expect(network is not None, "your function gives nothing back: it needs a return")
        expect(hasattr(network, "layers") and hasattr(network, "predict_on_batch"),
               "give back a network: keras.Sequential([...])")  # fmt: skip
        out = network.predict_on_batch(x)
        expect(
            out.shape == (3, classes),
            f"for {classes} classes, what comes out has the shape {out.shape}; it should be (3, {classes})",
        )
        expect(np.allclose(out.sum(axis=1), 1, atol=1e-4),
               'the outputs don\'t add up to 1: the last layer needs activation="softmax"')  # fmt: skip
        own = [np.asarray(w) for w in network.get_weights()]
        expect(all(any(k.shape == w.shape and np.allclose(k, w) for w in own) for k in kept),
               "what the body has learnt isn't in your network: put body itself in, and no new layers")  # fmt: skip
        n, want = sum(int(np.prod(w.shape)) for w in network.trainable_weights), (units + 1) * classes
        expect(n != sum(w.size for w in own), "everything learns: freeze the body with body.trainable = False")
        expect(n != 0, "nothing learns: the new layer must stay trainable")
        expect(
            n == want,
            f"{n} parameters learn; it should be {want}, those of one new Dense layer on the body's {units} numbers",
        )
        kernel, bias = own[-2:]
        logits = features @ kernel + bias
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        expect(np.allclose(out, powers / powers.sum(axis=1, keepdims=True), atol=1e-3),
               "something stands between the body and the softmax, or twice a softmax")  # fmt: skip


def _twice(keras, body, classes):
    return keras.Sequential([new_head(keras, body, classes), keras.layers.Softmax()])


def _fresh(keras, body, classes):
    other = keras.models.clone_model(body)
    return new_head(keras, other, classes)


def _functional(keras, body, classes):
    body.trainable = False
    inputs = keras.Input((4,))
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(body(inputs)))


def _on_its_output(keras, body, classes):
    body.trainable = False
    return keras.Model(body.inputs, keras.layers.Dense(classes, activation="softmax")(body.output))


def _loop(keras, body, classes):
    for layer in body.layers:
        layer.trainable = False
    return keras.Sequential([*body.layers, keras.layers.Dense(classes), keras.layers.Softmax()])


exercise("9.2", Judge("new_head", headed, new_head, function=True, mistakes=[
    ("nothing back", lambda keras, body, classes: None),
    ("give back a network", lambda keras, body, classes: 3),
    ("it should be (3, 7)", lambda keras, body, classes: body),
    ("it should be (3, 3)", lambda keras, body, classes: new_head(keras, body, 7)),
    ("add up to 1", lambda keras, body, classes: keras.Sequential([body, keras.layers.Dense(classes)]),
     lambda keras, body, classes: keras.Sequential([body, keras.layers.Dense(classes, activation="sigmoid")])),
    ("everything learns", lambda keras, body, classes: keras.Sequential([body, keras.layers.Dense(classes,
     activation="softmax")])),
    ("put body itself in", _fresh),
    ("something stands between", _twice),
], also_right=[_functional, _on_its_output, _loop]))  # fmt: skip


# --- 9.3 an ensemble --------------------------------------------------------------------------------------------------


def together(parts):
    """The mean probabilities, (images, classes), of a list of such arrays, one a model."""
    parts = np.stack([np.asarray(part, float) for part in parts])
    return parts.mean(axis=0)


def opinions(words, models, images, classes, kind="usual"):
    """Probabilities of some models; the sure ones and those that hesitate differ."""
    rng = np.random.default_rng(10 * models + images)
    return Case(words, list(rng.dirichlet(np.full(classes, 0.6), (models, images)).astype(np.float32)), kind=kind)


MEAN, TO_ONE = "parts.mean(axis=0)", "lambda rows: rows / rows.sum(axis=1, keepdims=True)"
exercise("9.3", Function(together, cases=[
    opinions("two models, five images, three classes", 2, 5, 3),
    opinions("as many models as images and classes", 3, 3, 3, "edge"),
    opinions("five models, four images, six classes", 5, 4, 6, "uneven"),
    opinions("one model", 1, 4, 3, "edge"),
    opinions("four models, three images, two classes", 4, 3, 2),
], mistakes=[
    ("give all its probabilities back: the choice of one emotion comes later",
     (MEAN, "parts.mean(axis=0).argmax(axis=1)"), (MEAN, "parts.argmax(axis=2).mean(axis=0)")),
    ("you took the mean over the images, not over the models", ("axis=0)", "axis=1)")),
    ("you took the mean over the classes, not over the models", ("axis=0)", "axis=2)")),
    ("one number came out: take the mean over the models only, with axis=0", (MEAN, "parts.mean()")),
    ("the rows add up to the number of models: a mean is wanted", (MEAN, "parts.sum(axis=0)")),
    ("these are shares of votes: a model that hesitates should count less than one that's sure",
     (MEAN, "np.mean([np.eye(part.shape[1])[part.argmax(axis=1)] for part in parts], axis=0)")),
    ("that's the product: its rows don't add up to 1, and one model with a 0 forbids a class",
     (MEAN, "parts.prod(axis=0)")),
    ("that's a product made to add up to 1; take the mean",
     (MEAN, f"({TO_ONE})(parts.prod(axis=0))"), (MEAN, f"({TO_ONE})(parts.prod(axis=0) ** (1 / len(parts)))")),
    ("the last model counts for a half, and the first for least: add up all, then divide once",
     "functools.reduce(lambda mean, part: (mean + part) / 2, parts)"),
    ("that's the median; take the mean", (MEAN, "np.median(parts, axis=0)")),
    ("that's the largest of what the models say; take the mean", (MEAN, "parts.max(axis=0)")),
    ("that's one model alone: does your loop begin anew each time?", (MEAN, "parts[0]"), (MEAN, "parts[-1]")),
    ("you always divide by 2: divide by the number of models", (MEAN, "parts.sum(axis=0) / 2")),
], also_right=["sum(np.asarray(part) for part in parts) / len(parts)", "np.mean(parts, axis=0)"]))  # fmt: skip


# --- 9.4 labels of a teacher ------------------------------------------------------------------------------------------


def soft_labels(labels, teacher, share):
    """(n, classes): the teacher's probabilities to this share, the true label (one-hot) for the rest."""
    labels, teacher = np.asarray(labels), np.asarray(teacher, float)
    true = np.eye(teacher.shape[1])[labels]
    return share * teacher + (1 - share) * true


def taught():
    """Labels with a class that never occurs and one that's the last."""
    rng = np.random.default_rng(94)
    teacher = rng.dirichlet(np.ones(4), 5)
    return [
        Case("five faces", np.array([2, 0, 0, 3, 2]), teacher, 0.7),
        Case("the teacher alone", np.array([1, 2, 0, 3, 1]), teacher, 1.0, kind="edge"),
        Case("no teacher", np.array([1, 2, 0, 3, 1]), teacher, 0.0, kind="edge"),
        Case("a class that no label has", np.array([0, 0, 1]), teacher[:3], 0.25, kind="absent"),
        Case("as many faces as classes", np.array([3, 1, 1, 0]), teacher[:4], 0.4, kind="uneven"),
    ]


exercise("9.4", Function(soft_labels, cases=taught, mistakes=[
    ("share belongs to the teacher: they've changed places",
     ("share * teacher + (1 - share) * true", "(1 - share) * teacher + share * true")),
    ("that's the teacher alone", ("share * teacher + (1 - share) * true", "teacher")),
    ("that's the true label alone", ("share * teacher + (1 - share) * true", "true")),
    ("rows should add up to 1: the true label gets what the teacher's share leaves", ("(1 - share) * true", "true")),
    ("the rest belongs to the true label alone", ("(1 - share) * true", "(1 - share) / teacher.shape[1]")),
    ("look at the brackets: the teacher has a share of each class",
     ("share * teacher + (1 - share) * true", "(share * teacher + (1 - share)) * true")),
    ("the true label is missing: it gets 1 - share", (" + (1 - share) * true", "")),
    ("the teacher answers with probabilities: don't turn them into one emotion",
     ("share * teacher", "share * np.eye(teacher.shape[1])[teacher.argmax(axis=1)]")),
    ("your share is always the same: use share", ("share * teacher + (1 - share) * true", "(teacher + true) / 2"),
     ("return ", "share = 0.8; return ")),
    ("your 1 stands at the teacher's best guess: it belongs to the true label",
     ("[labels]", "[teacher.argmax(axis=1)]")),
    ("the number of a class isn't its probability: make a row with a 1 at that place",
     ("true = np.eye(teacher.shape[1])[labels]", "true = labels[:, None] * np.ones_like(teacher)")),
    ("one-hot rows have as many places as the teacher has classes, also where no label has the last one",
     ("true = np.eye(teacher.shape[1])[labels]",
      "true = np.zeros_like(teacher)\n    true[:, : labels.max() + 1] += np.eye(labels.max() + 1)[labels][:, ::-1]")),
], also_right=["np.stack([share * t + (1 - share) * (np.arange(len(t)) == k) for k, t in zip(labels, teacher)])"],
))  # fmt: skip


# --- 9.5 the open task ------------------------------------------------------------------------------------------------

BASE = {"cut": "mean", "rate": 1e-3, "epochs": 10, "dropout": 0.0}
"""The plan to beat: a new softmax learns from what the layer named by ``cut`` says."""
CUTS = ("block4_add", "block10_add", "mean")
RANGES = {"rate": (1e-5, 1e-1), "epochs": (1, 60), "dropout": (0.0, 0.8)}


def planned(plan):
    """A plan that changes one thing of `BASE`, within its range."""
    expect(isinstance(plan, dict), 'a plan is a dictionary, such as {**base, "epochs": 40}')
    for key in BASE:
        expect(key in plan, f"the plan has no {key!r}: begin with {{**base, …}}")
    for key in plan:
        expect(key in BASE, f"{key!r} is nothing that a plan can say: use {', '.join(BASE)}")
    expect(plan["cut"] in CUTS, f"cut is one of {', '.join(CUTS)}")
    for key, (low, high) in RANGES.items():
        expect(isinstance(plan[key], int | float) and low <= plan[key] <= high,
               f"{key} is a number from {low:g} to {high:g}")  # fmt: skip
    expect(plan["epochs"] == int(plan["epochs"]), "epochs are whole")
    changed = [key for key in BASE if plan[key] != BASE[key]]
    expect(changed, "nothing is changed: choose one thing")
    expect(
        len(changed) == 1, f"{' and '.join(changed)} are changed: one thing at a time, or you won't know what helped"
    )


exercise("9.5",
    Judge("my_plan", planned, {**BASE, "rate": 3e-4}, mistakes=[
        ("nothing is changed", dict(BASE)),
        ("one thing at a time", {**BASE, "rate": 3e-4, "epochs": 40}),
        ("a plan is a dictionary", "more epochs", 5, [("epochs", 5)]),
        ("the plan has no 'rate'", {"cut": "block4_add"}),
        ("nothing that a plan can say", {**BASE, "batch": 5}),
        ("epochs is a number from", {**BASE, "epochs": 500}),
        ("epochs are whole", {**BASE, "epochs": 7.5}),
        ("cut is one of", {**BASE, "cut": "softmax"}),
        ("dropout is a number from", {**BASE, "dropout": 1}),
    ], also_right=[{**BASE, "epochs": 60}, {**BASE, "cut": "block10_add"}, {**BASE, "dropout": 0.5}]),
    Words("expectation",
          "I expect that a lower rate helps, since the softmax learns its 1,000 faces by heart at the higher one. I'd "
          "give up the idea if the interval of the difference doesn't lie above 0.",
          ["says what should happen, before the run", "gives a reason from what the network does",
           "says which result would speak against it"], least=15),
)  # fmt: skip


# --- 9.6 when does it help? -------------------------------------------------------------------------------------------

exercise("9.6", Choice("advice", {
    "20 faces each, a network trained on other faces": {
        "A": True, "B": "with so few images, everything at full rate learns them by heart",
        "C": "random layers learn nothing useful from so few images",
    },
    "30,000 faces, a network trained on ImageNet's things": {
        "A": "there are images enough to adapt the layers: faces aren't ImageNet's things", "B": True,
        "C": "edges and textures help faces too, even if they come from other images",
    },
    "a million X-rays, a small network of another task's dots": {
        "A": "layers that know dots see little in an X-ray", "B": "what dots taught is hardly worth a start here",
        "C": True,
    },
}))  # fmt: skip
