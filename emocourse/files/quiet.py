"""Standard error without what C and C++ libraries print there on their own account."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

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
