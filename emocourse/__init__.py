"""emocourse: facial emotion recognition with deep learning, taught in notebooks.

The rooms, from what students touch down to what everything stands on. Each loads when it is first used, and imports
only from rooms below it; those that stand together without an empty line do not know each other.
`help(emocourse.faces)` says what is inside one.

    cli            the command `emocourse`

    doctor         is the set-up right?

    checks         what an exercise's check tries, and what it says
    widgets        what moves in a lesson: sliders, a quiz, the webcam demo
    results        the records of reference runs, and the tables made from them

    plots          every figure, with alternative text, for colour-blind eyes

    evaluation     how good is a model? accuracy with its interval, comparison, diagnosis, robustness
    live           people followed through a film or before a camera: emotions and drowsiness

    recognition    THE SLIDES IN ONE FILE: photo, faces, landmarks, binary image, network, emotion
    training       runs that survive a kill

    models         every network, its trained weights, and how it is asked

    dataset        FER2013 and its landmark twin behind one interface; duplicates; augmentation

    twin           labelled faces of people who do not exist, drawn at any size

    faces          detection, landmarks, action units, preprocessing

    from_scratch   the lessons' methods in plain NumPy, to be read
    files          the course's own files and cache; archives, arrays and images from outside
    metrics        accuracy, intervals, confusion, McNemar's test, calibration

    emotions       the seven emotions: order, colours, action units
    backend        Keras, without its start-up noise

    errors         CourseError: one sentence that says what is wrong and what to do
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "backend", "checks", "cli", "dataset", "doctor", "emotions", "errors", "evaluation", "faces", "files",
        "from_scratch", "live", "metrics", "models", "plots", "recognition", "results", "training", "twin", "widgets",
    ],
    submod_attrs={"backend": ["keras"], "errors": ["CourseError"]},
)  # fmt: skip
