"""How trained models are used."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dataset.augmentation import tta_views
from ..metrics import apply_temperature
from .architectures import ARCHITECTURES

if TYPE_CHECKING:
    import keras


@dataclasses.dataclass
class Classifier:
    """A trained model with what is needed to use it: from faces to probabilities over named emotions.

    Attributes:
        name: the architecture's name, or "ensemble".
        model: the Keras model; None for an ensemble.
        emotions: the names of its classes.
        preprocess_input: what its architecture makes of images and landmarks; None for an ensemble.
        temperature: divides the logits, see :func:`emocourse.metrics.apply_temperature`.
        members: an ensemble's classifiers, whose probabilities it averages; else empty.
    """

    name: str
    model: "keras.Model | None"
    emotions: tuple[str, ...]
    preprocess_input: Callable[[np.ndarray, np.ndarray], Any] | None
    temperature: float = 1.0
    members: tuple["Classifier", ...] = ()

    def probabilities(
        self, images: np.ndarray, landmarks: np.ndarray, batch: int = 500, tta: bool = False
    ) -> np.ndarray:
        """Probabilities for faces.

        Args:
            images: (n, 48, 48) uint8 grey faces.
            landmarks: (n, 68, 2) float32, pixels of those faces.
            batch: faces a step; it bounds the memory and changes no number.
            tta: test-time augmentation, the mean over nine crops and their mirrors; 18 times the work. A model that
                looks at landmarks alone is asked twice, since for it only the mirror is another view.

        Returns:
            (n, classes) float32, rows sum to 1, in the order of ``emotions``.
        """
        parts = [
            self._views(images[i : i + batch], landmarks[i : i + batch], tta) for i in range(0, len(landmarks), batch)
        ]
        probabilities = np.concatenate(parts) if parts else np.empty((0, len(self.emotions)), np.float32)
        if self.temperature != 1.0:
            probabilities = apply_temperature(probabilities, self.temperature)
        return probabilities.astype(np.float32)

    def _views(self, images: np.ndarray, landmarks: np.ndarray, tta: bool) -> np.ndarray:
        if self.members:  # each with its own temperature, so that none is heard more for being too sure of itself
            return np.mean([m.probabilities(images, landmarks, len(landmarks), tta) for m in self.members], axis=0)
        # Not predict(): its input pipeline costs 60 ms a call. Nor model(): it runs layer by layer in Python, 20 ms.
        ask = self.model.predict_on_batch
        if not tta:
            return ask(self.preprocess_input(images, landmarks))
        seen = tta_views(images, landmarks, crops=self.pixels)
        return np.mean([ask(self.preprocess_input(*view)) for view in seen], axis=0)

    @property
    def num_jitters(self) -> int:
        """Boxes that the landmarks it was trained on are the mean over; an ensemble's, the most of its members."""
        if self.members:
            return max(m.num_jitters for m in self.members)
        return ARCHITECTURES[self.name].num_jitters if self.name in ARCHITECTURES else 1

    @property
    def pixels(self) -> bool:
        """Whether it looks at the image, and not at landmarks alone."""
        if self.members:
            return any(m.pixels for m in self.members)
        return ARCHITECTURES[self.name].pixels if self.name in ARCHITECTURES else True

    @property
    def parameters(self) -> int:
        """Numbers that the model learnt or measured; an ensemble's members' together."""
        return sum(m.parameters for m in self.members) if self.members else self.model.count_params()
