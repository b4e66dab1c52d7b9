"""Every figure of the course: functions that return a figure with alt text, to display, to save, or to look at.

    numbers      class counts, training history, confusion, votes, classes, calibration, models side by side
    training     several trainings and models: losses, remedies, learning curves, what copies across splits are worth
    images       grids of images, landmarks, the slides' preprocessing, binary images, where a model looks
    detection    coverage, thresholds, boxes, pixel centres
    faces        drawn faces that move, and how a measure is spread over faces
    networks     steps of a convolution, feature maps, temperatures
    time         drives with alarms, emotions along a film, trade-offs
    base         what all of them have in common

All return a :class:`CourseFigure`, a matplotlib Figure with ``alt_text``; show it with :func:`display`, write it with
:func:`save`. Colours are those of :data:`emocourse.emotions.INFO`, told apart by colour-blind eyes, and no figure needs
its colours: markers, hatches and words say the same. Accuracies and shares are given as 0 to 1 and drawn in per cent.
In all functions, ``title`` is the figure's own; in grids, ``titles`` holds one an image, written above it, ``columns``
is how many images stand in a row, and ``cell`` the side of an image in inches. What cannot be drawn raises a
``CourseError`` that says why.
"""

import lazy_loader

from ..faces.annotation import annotate

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "base": ["CourseFigure", "display", "save"],
        "detection": ["boxes_compared", "coverage_by_emotion", "pixel_centres", "threshold_curves", "threshold_sheet"],
        "faces": ["MODEL_FACE", "action_unit_grid", "distribution", "prototypes"],
        "images": ["attention", "binary_grid", "landmarks_on", "image_grid", "preprocessing_steps", "score_sheet"],
        "networks": ["convolution_step", "feature_maps", "temperatures"],
        "numbers": [
            "SLIDES_ACCURACY",
            "accuracy_bars",
            "class_counts",
            "confusion",
            "history",
            "per_class",
            "reliability",
            "votes",
        ],
        "time": ["drive", "readings", "trade_off"],
        "training": ["leaks", "learning_curve", "losses", "remedies"],
    },
)
__all__ += ["annotate"]
