"""Keras without its start-up noise: ``from emocourse.backend import keras``.

TensorFlow's C++ code writes to file descriptor 2 while it is imported (its log level variable does not
reach the oneDNN line, and switching oneDNN off makes training 1.6 times slower). In a notebook that text
fills a red box. So the descriptor points at the null device for the time of the import, and only then.
"""

import logging
import os

from .files.quiet import silent_stderr

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with silent_stderr():
    import keras
    from keras import ops as _ops

    if keras.backend.backend() == "tensorflow":
        _ops.zeros(1)  # TensorFlow logs once more when its first tensor is made
        # It warns when several models are made one after the other, which an experiment does on purpose.
        logging.getLogger("tensorflow").setLevel(logging.ERROR)


def accelerator() -> str | None:
    """The name of the graphics card that Keras computes on; None on a processor."""
    kind = keras.backend.backend()
    if kind == "jax":
        import jax

        device = jax.devices()[0]
        return None if device.platform == "cpu" else device.device_kind
    if kind == "torch":
        import torch

        return torch.cuda.get_device_name() if torch.cuda.is_available() else None
    import tensorflow

    cards = tensorflow.config.list_physical_devices("GPU")
    return tensorflow.config.experimental.get_device_details(cards[0]).get("device_name") if cards else None
