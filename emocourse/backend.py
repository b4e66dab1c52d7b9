"""Keras without its start-up noise: ``from emocourse.backend import keras``.

TensorFlow's C++ code writes to file descriptor 2 while it is imported (its log level variable does not
reach the oneDNN line, and switching oneDNN off makes training 1.6 times slower). In a notebook that text
fills a red box. So the descriptor points at the null device for the time of the import, and only then.
"""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def silent_stderr() -> Iterator[None]:
    """Send what C and C++ code writes to standard error to the null device while the block runs.

    An exception that the block raises is not swallowed, so a failed import still says why.
    """
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # no descriptor 2 at all (a detached process): nothing to silence
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


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with silent_stderr():
    import keras
    from keras import ops as _ops

    if keras.backend.backend() == "tensorflow":
        _ops.zeros(1)  # TensorFlow logs once more when its first tensor is made
