"""The landmark twin of FER2013: labelled faces of people who do not exist, drawn at any size.

The twin samples landmarks from Gaussian mixtures that were fitted to FER2013's Training split, and a renderer draws
each set as a grey portrait in which dlib's own detector and predictor find the landmarks again.

    model        samples landmarks of an emotion: `load().sample(n, seed)`
    portrait     draws landmarks as a portrait; `canvas` and `features` are its brushes, `style` its people
    shape        pose and shape of landmarks; sets eyes and mouth
    scenes       several people in one image, or in a film, with what is true of each
    hard_faces   faces that detectors fail on: turned, dark, blurred, covered
    driver       films of a driver whose blinks, yawns and closed eyes are known to the hundredth of a second
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "driver": ["Driver", "Schedule", "alert", "film", "random_driver", "tired"],
        "hard_faces": ["PLACES", "TROUBLES", "HardFaces", "blurred", "cover", "darkened", "draw_hard_faces", "turned"],
        "model": ["VERSION", "Twin", "load"],
        "portrait": ["draw", "draw_many"],
        "scenes": ["Scene", "moving_scene", "scene"],
        "shape": ["is_plausible", "join_pose", "set_eyes", "set_mouth", "split_pose"],
        "style": ["Style", "random_style"],
    },
)
