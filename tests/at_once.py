"""Changes from several threads at once."""

import threading
from collections.abc import Iterable
from typing import Any


def set_from_threads(thing: Any, name: str, values: Iterable[Any]) -> None:
    """Set an attribute to each value from a thread of its own, and wait for all."""
    threads = [threading.Thread(target=setattr, args=(thing, name, value)) for value in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
