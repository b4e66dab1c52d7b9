"""Every figure of the course: functions that return a figure with alt text, to display, to save, or to look at.

All return a :class:`CourseFigure`, a matplotlib Figure with ``alt_text``; show it with :func:`display`, write it with
:func:`save`. Colours are those of :data:`emocourse.emotions.INFO`, told apart by colour-blind eyes, and no figure needs
its colours: markers, hatches and words say the same. Accuracies and shares are given as 0 to 1 and drawn in per cent.
"""

from ..faces.annotation import annotate
from .base import CourseFigure, display, save
from .data import attention, leaks, votes
from .detection import boxes_compared, coverage_by_emotion, pixel_centres, threshold_curves, threshold_sheet
from .faces import MODEL_FACE, action_unit_grid, distribution, prototypes
from .images import binary_grid, landmarks_on, picture_grid, preprocessing_steps, score_sheet
from .networks import convolution_step, feature_maps, temperatures
from .numbers import SLIDES_ACCURACY, accuracy_bars, class_counts, confusion, history, per_class, reliability
from .time import drive, readings, trade_off
from .training import learning_curve, losses, remedies, two_and_both

__all__ = [
    "MODEL_FACE",
    "SLIDES_ACCURACY",
    "CourseFigure",
    "accuracy_bars",
    "action_unit_grid",
    "annotate",
    "attention",
    "binary_grid",
    "boxes_compared",
    "class_counts",
    "confusion",
    "convolution_step",
    "coverage_by_emotion",
    "display",
    "distribution",
    "drive",
    "feature_maps",
    "history",
    "landmarks_on",
    "leaks",
    "learning_curve",
    "losses",
    "per_class",
    "picture_grid",
    "pixel_centres",
    "preprocessing_steps",
    "prototypes",
    "readings",
    "reliability",
    "remedies",
    "save",
    "score_sheet",
    "temperatures",
    "threshold_curves",
    "threshold_sheet",
    "trade_off",
    "two_and_both",
    "votes",
]
