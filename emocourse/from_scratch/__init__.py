"""The lessons' methods in plain NumPy: short, slow and to be read.

cnn          convolution, pooling, softmax, cross-entropy, parameters and receptive field
video        overlap of boxes, matching, smoothing
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "cnn": [
            "KERNELS",
            "convolve",
            "cross_entropy",
            "receptive_field",
            "relu",
            "softmax",
        ],
        "video": [
            "flicker",
            "identity",
            "iou",
            "lag",
            "match",
            "smooth",
        ],
    },
)
