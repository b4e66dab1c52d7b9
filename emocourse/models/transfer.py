"""What a network has learnt elsewhere, for a new task with few images: the tools of lesson 08's transfer learning."""

from typing import TYPE_CHECKING

import numpy as np

from ..dataset.splits import Split
from ..errors import CourseError
from . import weights
from .architectures import ARCHITECTURES
from .classifier import Classifier

if TYPE_CHECKING:
    import keras


def few_of_each(split: Split, n: int, seed: int = 0) -> Split:
    """So many images of each emotion, chosen at random, in the split's order. Lesson 09.

    Raises:
        CourseError: an emotion has fewer.
    """
    least, name = min((count, name) for name, count in split.counts().items())
    if not 1 <= n <= least:
        raise CourseError(f"There are {least} images of {name}: take from 1 to that many of each emotion.")
    rng = np.random.default_rng(seed)
    every = range(len(split.emotions))
    chosen = [rng.choice(np.flatnonzero(split.labels == k), n, replace=False) for k in every]
    return split.take(np.sort(np.concatenate(chosen)))


def with_new_softmax(source: Classifier | str, classes: int, seed: int = 0, keep: bool = True) -> "keras.Model":
    """A network like a trained one, for another number of classes: its softmax is new, all else as it was learnt.
    Lesson 09.

    Args:
        source: the trained one, or its name; it is copied, and stays as it is.
        classes: size of the new softmax.
        seed: of all random weights.
        keep: False gives every layer random weights, to see what the learnt ones are worth.

    Raises:
        CourseError: an ensemble or a model of another project, or no such model.
    """
    from ..backend import keras

    classifier = weights.load(source) if isinstance(source, str) else source
    if classifier.name not in ARCHITECTURES:
        raise CourseError(f"{classifier.name} is not one network of this course: choose one of the others.")
    keras.utils.set_random_seed(seed)
    network = ARCHITECTURES[classifier.name].build(classes)
    for new, trained in zip(network.layers[:-1], classifier.model.layers[:-1], strict=True):
        if keep and trained.weights:
            new.set_weights(trained.get_weights())
    return network


def learn(
    network: "keras.Model", inputs: np.ndarray, labels: np.ndarray, epochs: int, learning_rate: float = 1e-3,
    batch: int = 20, seed: int = 0,
) -> list[float]:  # fmt: skip
    """Train the layers of a network whose ``trainable`` is True, with Adam and cross-entropy; the mean loss an epoch.

    Args:
        network: with a softmax; it is compiled anew.
        inputs: (n, ...) what it reads. labels: (n,) whole numbers.
        epochs, learning_rate, batch: of the training.
        seed: decides the order of the images.
    """
    from ..backend import keras

    network.compile(keras.optimizers.Adam(learning_rate), "sparse_categorical_crossentropy", jit_compile=False)
    rng, losses = np.random.default_rng(seed), []
    for _ in range(epochs):
        order, loss = rng.permutation(len(labels)), 0.0
        for start in range(0, len(order), batch):
            some = order[start : start + batch]
            network.reset_metrics()
            loss += float(network.train_on_batch(inputs[some], labels[some].astype(np.int32))) * len(some)
        losses.append(loss / len(order))
    return losses
