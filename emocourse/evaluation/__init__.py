"""How good is a model, and why is it no better? The numbers themselves are counted in `emocourse.metrics`.

reports      one report of a model on a split, its honest sentence, predictions as CSV
comparison   a model of seven emotions beside one of six
diagnosis    short trainings, measured on training and validation
robustness   accuracy on worse images: blur, noise, dark, JPEG, rotation, occlusion
detection    coverage: how many faces a detector finds, and how that trades against wrong landmarks
agreement    how far people agree about FER2013's images
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "agreement": ["agreement_in_words", "load_agreement", "made_up_votes"],
        "comparison": ["without_disgust"],
        "detection": [
            "Proportion",
            "coverage_by_emotion",
            "proportion",
            "recorded_coverage",
            "recorded_tradeoff",
            "tradeoff",
        ],
        "diagnosis": [
            "interval_of_mean",
            "shortened",
            "train_and_measure",
        ],
        "reports": ["Evaluated", "accuracy_of", "evaluate", "report", "sentence", "write_predictions"],
        "robustness": ["CONDITIONS", "measure_robustness"],
    },
)
