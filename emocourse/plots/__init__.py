"""Every figure of the course: functions that return a figure with alt text, to display, to save, or to look at.

    numbers      training history, confusion, classes, calibration, models side by side, thrown coins
    training     several trainings and models: losses, remedies, learning curves
    images       grids of images, landmarks, the slides' preprocessing, binary images, where a model looks
    detection    thresholds, and a box beside the true one
    faces        drawn faces that move, and how a measure is spread over faces
    networks     steps of a convolution, feature maps
    learning     steps down a loss curve, a computation graph
    base         what all of them have in common

All return a :class:`CourseFigure`, a matplotlib Figure with ``alt_text``; show it with :func:`display`, write it with
:func:`save`. :func:`show` is for figures of your own: ``plots.show(figure, "what it says in words")``. Colours are
those of :data:`emocourse.emotions.INFO`, told apart by colour-blind eyes, and no figure needs its colours: markers,
hatches and words say the same. Accuracies and shares are given as 0 to 1 and drawn in per cent. In all functions,
``title`` is the figure's own; in grids, ``titles`` holds one an image, written above it, ``columns`` is how many images
stand in a row, and ``cell`` the side of an image in inches. What cannot be drawn raises a ``CourseError`` that says
why.
"""

import lazy_loader

from ..faces.annotation import annotate

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "base": ["SERIES", "CourseFigure", "display", "save", "show"],
        "detection": ["threshold_curves", "threshold_sheet", "two_boxes"],
        "faces": ["MODEL_FACE", "action_unit_grid", "prototypes"],
        "images": ["attention", "landmarks_on", "image_grid", "preprocessing_steps", "score_sheet"],
        "learning": ["computation_graph", "descent"],
        "networks": ["convolution_step", "feature_maps"],
        "numbers": [
            "SLIDES_ACCURACY",
            "accuracy_bars",
            "coins",
            "confusion",
            "history",
            "per_class",
            "reliability",
        ],
        "training": ["learning_curve", "losses", "remedies"],
    },
)
__all__ += ["annotate"]
