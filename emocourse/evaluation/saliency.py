"""Where does a pixel model look? Class activation maps, from inside the network."""

import numpy as np

from ..errors import CourseError
from ..models.classifier import Classifier


def activation_maps(classifier: Classifier, images: np.ndarray, emotion: str | None = None) -> np.ndarray:
    """How much each place of an image speaks for an emotion: Grad-CAM (Selvaraju et al. 2017).

    For networks that end with a mean over places and one layer of weights, as ``tiny``, ``main`` and ``vgg16`` do, the
    gradients that Grad-CAM averages are those weights, so it is the older class activation map (Zhou et al. 2016) and
    needs no gradients.

    Args:
        classifier: a model of such a form.
        images: (n, h, w) uint8 grey faces.
        emotion: the emotion asked about; None takes what the model says of each image.

    Returns:
        (n, h, w) float32, 0 to 1, each image's strongest place 1; all 0 where nothing speaks for the emotion.

    Raises:
        CourseError: the model has another form, or does not know the emotion.
    """
    import cv2

    from ..backend import keras

    model = classifier.model
    if model is None or not {"mean", "emotions"} <= {layer.name for layer in model.layers}:
        raise CourseError(
            f"{classifier.name} has no activation maps, as it does not end with a mean over places: "
            "use tiny, main or vgg16."
        )
    chosen = _chosen(classifier, images, emotion)
    last = keras.Model(model.inputs, model.get_layer("mean").input)
    inputs = classifier.preprocess_input(images, None)
    features = np.asarray(last.predict_on_batch(inputs), np.float32)
    kernel = keras.ops.convert_to_numpy(model.get_layer("emotions").kernel)
    maps = np.maximum(np.einsum("nhwc,cn->nhw", features, kernel[:, chosen]), 0)
    maps = np.stack([cv2.resize(part, inputs.shape[2:0:-1], interpolation=cv2.INTER_LINEAR) for part in maps])
    edges = [((whole - seen) // 2,) * 2 for whole, seen in zip(images.shape[1:], inputs.shape[1:3], strict=True)]
    return _scaled(np.pad(maps, ((0, 0), *edges)))  # the edges that the network is not shown say nothing


def _chosen(classifier: Classifier, images: np.ndarray, emotion: str | None) -> np.ndarray:
    """(n,) indices of the emotion asked about."""
    if emotion is not None:
        if emotion not in classifier.emotions:
            raise CourseError(f"{classifier.name} knows no {emotion}: use one of {', '.join(classifier.emotions)}.")
        return np.full(len(images), classifier.emotions.index(emotion))
    return classifier.probabilities(images, np.zeros((len(images), 68, 2), np.float32)).argmax(1)


def _scaled(maps: np.ndarray) -> np.ndarray:
    highest = maps.max(axis=(1, 2), keepdims=True)
    return (maps / np.where(highest > 0, highest, 1)).astype(np.float32)
