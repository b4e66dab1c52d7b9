"""Prove that the rebuilt EfficientNet-Lite0 says what the original says. For an environment of its own, with PyTorch.

    pip install torch pillow scikit-image && pip install --no-deps efficientnet-lite-pytorch==0.1.0
    python compare_lite0.py images PICTURES.npy                  # three public-domain or CC0 images, and noise
    python convert_lite0.py X.pth Y.safetensors --logits PICTURES.npy KERAS.npy                 # in the course's own
    python compare_lite0.py compare PICTURES.npy KERAS.npy X.pth

The original's architecture is the package efficientnet-lite-pytorch 0.1.0, not ours.
"""

import sys

import numpy as np

NAMES = ("astronaut", "chelsea", "coffee", "noise")


def images(path: str) -> None:
    """Write (4, 224, 224, 3) uint8 images: NASA's astronaut (public domain), a cat, a cup of coffee (both CC0)."""
    from PIL import Image
    from skimage import data

    made = []
    for name in NAMES[:3]:
        whole = Image.fromarray(getattr(data, name)())
        side = min(whole.size)
        left, top = ((length - side) // 2 for length in whole.size)
        made.append(np.asarray(whole.crop((left, top, left + side, top + side)).resize((224, 224), Image.BILINEAR)))
    made.append(np.random.default_rng(0).integers(0, 256, (224, 224, 3), np.uint8))
    np.save(path, np.stack(made))


def compare(path: str, ours: str, pth: str) -> None:
    """Print each image's class by the original and by Keras, and the largest difference of their outputs."""
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(pth, weights_only=True))
    inputs = (torch.tensor(np.load(path)).permute(0, 3, 1, 2).float() - 127) / 128
    with torch.no_grad():
        original = network.eval()(inputs).double().numpy()
    exact, halves = np.load(ours).astype(np.float64)
    softmax = [np.exp(x - x.max(1, keepdims=True)) for x in (original, exact, halves)]
    shares = [x / x.sum(1, keepdims=True) for x in softmax]
    for k, name in enumerate(NAMES):
        classes = [int(x[k].argmax()) for x in (original, exact, halves)]
        print(f"{name:<10} classes {classes} (original, Keras, Keras in halves), share {shares[0][k].max():.3f}")
    print(f"largest logit of all: {np.abs(original).max():.2f}")
    for name, logits, part in (("float32", exact, shares[1]), ("halves", halves, shares[2])):
        print(f"{name}: logits differ by at most {np.abs(logits - original).max():.2e}, "
              f"probabilities by {np.abs(part - shares[0]).max():.2e}")  # fmt: skip


if __name__ == "__main__":
    {"images": images, "compare": compare}[sys.argv[1]](*sys.argv[2:])
