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
