"""Keras without its start-up noise: ``from emocourse.backend import keras``.

TensorFlow's C++ code writes to file descriptor 2 while it is imported (its log level variable does not
reach the oneDNN line, and switching oneDNN off makes training 1.6 times slower). In a notebook that text
fills a red box. So the descriptor points at the null device for the time of the import, and only then.
"""

import contextlib
import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import CourseError

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


# --- Keras, loaded when it is first asked for -------------------------------------------------------------------------


_USUAL = {"backend": "tensorflow", "floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}


def __getattr__(name: str) -> Any:
    if name != "keras":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["keras"] = loaded = _load()
    return loaded


def _load() -> Any:
    """Keras, silently, and with the settings that the course's models were made with.

    Raises:
        CourseError: the user's settings name a backend that is not there.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silent_stderr():
        try:
            import keras
        except Exception as error:  # whatever a backend raises that is not installed, or not known
            where = _settings_that_differ()
            if not where:
                raise
            why = " ".join(str(error).split()).rstrip(".")
            raise CourseError(
                f"Keras does not start with the settings of {where} ({why}): remove them, or install what they name."
            ) from error
        # Of the user's settings, these two would change what a layer takes and what it computes.
        keras.config.set_image_data_format("channels_last")
        keras.config.set_floatx("float32")
        if keras.config.backend() == "tensorflow":
            keras.ops.zeros(1)  # TensorFlow logs once more when its first tensor is made
            # It warns when several models are made one after the other, which an experiment does on purpose.
            logging.getLogger("tensorflow").setLevel(logging.ERROR)
    return keras


def _settings_that_differ() -> str:
    """Where the user chose something else than what Keras comes with: the variable or the file; "" where nowhere."""
    if os.environ.get("KERAS_BACKEND"):
        return "" if os.environ["KERAS_BACKEND"] == "tensorflow" else "the variable KERAS_BACKEND"
    path = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "keras.json"
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # Keras passes over such a file
        return ""
    usual = isinstance(settings, dict) and all(settings.get(name, value) == value for name, value in _USUAL.items())
    return "" if usual else str(path)


def accelerator() -> str | None:
    """The name of the graphics card that Keras computes on; None on a processor."""
    from .backend import keras

    kind = keras.config.backend()
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
