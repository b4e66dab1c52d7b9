"""Where does a pixel model look? Class activation maps from inside the network, occlusion maps from outside."""

import numpy as np

from ..errors import CourseError
from ..models.classifier import Classifier


def activation_maps(classifier: Classifier, images: np.ndarray, emotion: str | None = None) -> np.ndarray:
    """How much each place of a picture speaks for an emotion: Grad-CAM (Selvaraju et al. 2017).

    For networks that end with a mean over places and one layer of weights, as ``tiny``, ``main`` and ``vgg16`` do, the
    gradients that Grad-CAM averages are those weights, so it is the older class activation map (Zhou et al. 2016) and
    needs no gradients.

    Args:
        classifier: a model of such a form.
        images: (n, h, w) uint8 grey faces.
        emotion: the emotion asked about; None takes what the model says of each picture.

    Returns:
        (n, h, w) float32, 0 to 1, each picture's strongest place 1; all 0 where nothing speaks for the emotion.

    Raises:
        CourseError: the model has another form, or does not know the emotion.
    """
    import cv2

    from ..backend import keras

    model = classifier.model
    if model is None or not {"mean", "emotions"} <= {layer.name for layer in model.layers}:
        raise CourseError(
            f"{classifier.name} has no activation maps, as it does not end with a mean over places: use occlusion maps."
        )
    chosen = _chosen(classifier, images, None, emotion)
    last = keras.Model(model.inputs, model.get_layer("mean").input)
    inputs = classifier.preprocess_input(images, None)
    features = np.asarray(last.predict_on_batch(inputs), np.float32)
    kernel = keras.ops.convert_to_numpy(model.get_layer("emotions").kernel)
    maps = np.maximum(np.einsum("nhwc,cn->nhw", features, kernel[:, chosen]), 0)
    maps = np.stack([cv2.resize(part, inputs.shape[2:0:-1], interpolation=cv2.INTER_LINEAR) for part in maps])
    edges = [((whole - seen) // 2,) * 2 for whole, seen in zip(images.shape[1:], inputs.shape[1:3], strict=True)]
    return _scaled(np.pad(maps, ((0, 0), *edges)))  # the edges that the network is not shown say nothing


def occlusion_maps(
    classifier: Classifier, images: np.ndarray, landmarks: np.ndarray, emotion: str | None = None, size: int = 12,
    step: int = 4,
) -> np.ndarray:  # fmt: skip
    """How much probability an emotion loses when a grey square covers a place (Zeiler and Fergus 2014).

    Works with every model that looks at pixels. One that looks at landmarks too gets the same ones all the time.

    Args:
        classifier: the model.
        images: (n, 48, 48) uint8 grey faces.
        landmarks: (n, 68, 2) float32, pixels of those pictures.
        emotion: the emotion asked about; None takes what the model says of each picture.
        size: side of the square in pixels; it is filled with the picture's mean.
        step: pixels from one place of the square to the next.

    Returns:
        (n, 48, 48) float32: the mean loss of probability over the squares that cover a pixel, -1 to 1. Below 0 the
        emotion became likelier.
    """
    if not 1 <= step <= size <= min(images.shape[1:]):
        raise CourseError(f"A square of {size} pixels moved by {step} leaves gaps or is too large: choose others.")
    chosen = _chosen(classifier, images, landmarks, emotion)
    rows = np.arange(len(images))
    before = classifier.probabilities(images, landmarks)[rows, chosen]
    grey = np.rint(images.mean(axis=(1, 2))).astype(np.uint8)[:, None, None]
    lost, covers = np.zeros(images.shape, np.float64), np.zeros(images.shape[1:])
    # From beyond the edges, or the corners would be covered less often than the middle.
    tops, lefts = (range(step - size, side, step) for side in images.shape[1:])
    for top in tops:
        for left in lefts:
            place = np.s_[max(top, 0) : top + size, max(left, 0) : left + size]
            covered = images.copy()
            covered[(slice(None), *place)] = grey
            loss = before - classifier.probabilities(covered, landmarks)[rows, chosen]
            lost[(slice(None), *place)] += loss[:, None, None]
            covers[place] += 1
    return (lost / covers).astype(np.float32)


def _chosen(
    classifier: Classifier, images: np.ndarray, landmarks: np.ndarray | None, emotion: str | None
) -> np.ndarray:
    """(n,) indices of the emotion asked about."""
    if emotion is not None:
        if emotion not in classifier.emotions:
            raise CourseError(f"{classifier.name} knows no {emotion}: use one of {', '.join(classifier.emotions)}.")
        return np.full(len(images), classifier.emotions.index(emotion))
    if landmarks is None:
        landmarks = np.zeros((len(images), 68, 2), np.float32)
    return classifier.probabilities(images, landmarks).argmax(1)


def _scaled(maps: np.ndarray) -> np.ndarray:
    highest = maps.max(axis=(1, 2), keepdims=True)
    return (maps / np.where(highest > 0, highest, 1)).astype(np.float32)
