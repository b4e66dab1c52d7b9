"""Keras without its start-up noise: ``from emocourse.backend import keras``.

TensorFlow's C++ code writes to file descriptor 2 while it is imported (its log level variable does not
reach the oneDNN line, and switching oneDNN off makes training 1.6 times slower). In a notebook that text
fills a red box. So the descriptor points at the null device for the time of the import, and only then.
"""

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

# --- Standard error without what C and C++ libraries print there on their own account ---------------------------------

_lock = threading.RLock()  # descriptor 2 belongs to the process: two threads must not put it back in the wrong order


@contextlib.contextmanager
def silent_stderr() -> Iterator[None]:
    """Send what C and C++ code writes to standard error to the null device while the block runs.

    An exception that the block raises is not swallowed, so a failed import still says why.
    """
    with _lock:
        try:
            sys.stderr.flush()
            kept = os.dup(2)
        except (OSError, AttributeError, ValueError):  # a detached process has no standard error: nothing to silence
            yield
            return
        null = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(null, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(null)
            os.close(kept)


def _load_keras() -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silent_stderr():
        import keras
        from keras import ops

        if keras.backend.backend() == "tensorflow":
            ops.zeros(1)  # TensorFlow logs once more when its first tensor is made
            # It warns when several models are made one after the other, which an experiment does on purpose.
            logging.getLogger("tensorflow").setLevel(logging.ERROR)
    return keras


def __getattr__(name: str) -> Any:
    """``keras`` loads when it is first asked for: who only needs :func:`silent_stderr` does not wait for TensorFlow."""
    if name != "keras":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = _load_keras()
    return globals()[name]


def accelerator() -> str | None:
    """The name of the graphics card that Keras computes on; None on a processor."""
    from .backend import keras

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
