"""Faces in images: where they are, their 68 landmarks, and the binary image that the slides' network reads.

detection       finds faces with dlib's HOG detector or OpenCV's Haar cascade, and crops them
landmarks       dlib's 68 landmarks, and what is computed from them: inner points, mirror, distances, binary image
preprocessing   both for a whole dataset, on all cores, going on where it was stopped
action_units    moves landmarks as the muscles of the Facial Action Coding System do
annotation      draws boxes and words onto a photo
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "action_units": ["SIDES", "displacement", "express", "move", "prototype"],
        "annotation": ["annotate"],
        "detection": [
            "Box",
            "Face",
            "HOG_THRESHOLD",
            "PHOTO_THRESHOLD",
            "crop",
            "crop_square",
            "detect",
            "smallest_in",
            "whole_image_box",
        ],
        "landmarks": [
            "DISTANCE_NAMES",
            "INNER",
            "MAX_JITTERS",
            "MIRROR",
            "OUTLINE",
            "aligned",
            "binary_image",
            "distances",
            "early_predictor",
            "eye_aspect_ratio",
            "find",
            "find_jittered",
            "in_crop",
            "inner",
            "mirror",
            "model_path",
            "mouth_aspect_ratio",
            "predict",
            "predict_jittered",
            "scores_and_landmarks",
        ],
        "preprocessing": ["Preprocessed", "preprocess"],
    },
)
