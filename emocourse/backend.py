"""Keras without its start-up noise: ``from emocourse.backend import keras``.

TensorFlow's C++ code writes to file descriptor 2 while it is imported (its log level variable does not
reach the oneDNN line, and switching oneDNN off makes training 1.6 times slower). In a notebook that text
fills a red box. So the descriptor points at the null device for the time of the import, and only then.
"""

import logging
import os

from .quiet import silent_stderr

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with silent_stderr():
    import keras
    from keras import ops as _ops

    if keras.backend.backend() == "tensorflow":
        _ops.zeros(1)  # TensorFlow logs once more when its first tensor is made
        # It warns when several models are made one after the other, which an experiment does on purpose.
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
