"""What moves in a lesson: widgets for the keyboard and the mouse, each with an image for where no kernel runs.

face_explorer   moves a face by action units, and asks a model what it sees
learning_rate   turns the learning rate of gradient descent
overfitting     shows the curves of recorded trainings
mcnemar         says from how many images on which one model is right which is better
convolution     slides a kernel over an image
boxes           moves a box over a face; takes a photo to upload
threshold       trades missed faces against wrong landmarks
quiz            can you do better? FER2013's labels, people and a network side by side
webcam          the live demo
panels          what they share
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "boxes": ["BoxExplorer", "PhotoUpload"],
        "convolution": ["ConvolutionExplorer"],
        "face_explorer": ["FaceExplorer"],
        "learning_rate": ["LearningRateExplorer"],
        "mcnemar": ["McNemarExplorer"],
        "overfitting": ["OverfittingExplorer"],
        "quiz": ["Question", "Quiz", "choose", "crowd"],
        "threshold": ["ThresholdExplorer"],
        "webcam": ["Webcam"],
    },
)
