"""What moves in a lesson: widgets for the keyboard and the mouse, each with a picture for where no kernel runs.

convolution      step a 3×3 kernel over a picture
face_explorer    move a drawn face by action units
quiz             guess the emotion, against a model and ten voters
threshold        move a detector's threshold, see what is kept and lost
webcam           the live demo with the browser's camera
panels           what the widgets have in common
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "convolution": ["ConvolutionExplorer"],
        "face_explorer": ["FaceExplorer"],
        "quiz": ["Question", "Quiz", "choose", "crowd"],
        "threshold": ["ThresholdExplorer"],
        "webcam": ["Webcam"],
    },
)
