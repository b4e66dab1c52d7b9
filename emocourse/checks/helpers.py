"""What the checks of several exercises share."""

from typing import Any

import numpy as np


def same(given: np.ndarray, right: np.ndarray) -> bool:
    """Whether two arrays have the same shape and numbers."""
    return given.shape == right.shape and bool((given == right).all())


def drawn(value: Any) -> Any:
    """What the bars on matplotlib axes say, as a plain dictionary; any other value as it is. The figure is closed.

    ``bars`` holds (name, length) of each bar, the name that of the tick at its foot; ``from_zero``, whether the axis of
    the lengths shows 0; ``label``, what is written beside that axis or above the axes.
    """
    if not (hasattr(value, "get_xticklabels") and hasattr(value, "containers")):
        return value
    from matplotlib import pyplot

    flat = any(getattr(bars, "orientation", "") == "horizontal" for bars in value.containers)
    across, along = (value.yaxis, value.xaxis) if flat else (value.xaxis, value.yaxis)
    names = {
        float(at): text.get_text() for at, text in zip(across.get_ticklocs(), across.get_ticklabels(), strict=False)
    }
    found = []
    for bar in value.patches:
        at, size = (bar.get_y(), bar.get_height()) if flat else (bar.get_x(), bar.get_width())
        place = min(names, key=lambda tick: abs(tick - at - size / 2), default=None)
        name = names[place] if place is not None and abs(place - at - size / 2) <= abs(size) / 2 else ""
        found.append((name, float(bar.get_width() if flat else bar.get_height())))
    low, high = sorted(along.get_view_interval().tolist())
    pyplot.close(value.figure)
    return {"bars": found, "from_zero": low <= 0 <= high, "label": along.get_label_text() or value.get_title()}
