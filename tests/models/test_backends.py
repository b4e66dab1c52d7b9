"""The architectures compute the same on every backend of Keras that is installed."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from emocourse.models import architectures as models

PROGRAM = """
import sys
import numpy as np
from emocourse import models
from emocourse.backend import keras

given = dict(np.load(sys.argv[1]))
made = {"backend": np.array(keras.backend.backend())}
for name, architecture in models.ARCHITECTURES.items():
    model = architecture.build(architecture.classes)
    rng = np.random.default_rng(0)
    for variable in model.weights:
        noise = rng.standard_normal(variable.shape)
        small = 0.1 * noise + ("gamma" in variable.path or "variance" in variable.path)
        variable.assign(noise / np.sqrt(np.prod(variable.shape[:-1])) if len(variable.shape) > 1 else small)
    inputs = architecture.preprocess_input(given["images"], given["landmarks"])
    made[name] = keras.ops.convert_to_numpy(model(inputs))
np.savez(sys.argv[2], **made)
"""


def outputs(backend, tmp_path, root, monkeypatch):
    rng = np.random.default_rng(1)
    given, made = tmp_path / "given.npz", tmp_path / f"{backend}.npz"
    landmarks = rng.uniform(5, 43, (3, 68, 2)).astype(np.float32)
    np.savez(given, images=rng.integers(0, 256, (3, 48, 48), np.uint8), landmarks=landmarks)
    monkeypatch.setenv("KERAS_BACKEND", backend)
    done = subprocess.run([sys.executable, "-c", PROGRAM, given, made], capture_output=True, text=True, cwd=root)
    assert done.returncode == 0, done.stderr
    return dict(np.load(made))


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_the_same_numbers(backend, tmp_path, root, monkeypatch):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"Keras on {backend} is tried where {backend} is installed")
    here, there = (outputs(name, tmp_path, root, monkeypatch) for name in ("tensorflow", backend))
    assert str(there.pop("backend")) == backend and str(here.pop("backend")) == "tensorflow"
    assert set(here) == set(models.ARCHITECTURES)
    for name, probabilities in here.items():
        np.testing.assert_allclose(there[name], probabilities, rtol=1e-3, err_msg=name)
        assert np.abs(probabilities[0] / probabilities[1] - 1).max() > 5e-3, name  # inputs differ more than backends


def test_no_model_names_a_backend(root):
    # The layers of lite0 are computed faster on TensorFlow, and are Keras' own elsewhere.
    own = (root / "emocourse" / "models").glob("*.py")
    paths = [path for path in own if path.name != "efficientnet_layers.py"]
    assert len(paths) > 3
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert not any(word in text for word in ("tensorflow", "import torch", "import jax", "tf.")), path
