"""The figure of where a model looks says the place in words."""

import numpy as np
import pytest

from emocourse import plots
from emocourse.errors import CourseError


def test_figure():
    images, maps = np.full((2, 48, 48), 30, np.uint8), np.zeros((2, 48, 48), np.float32)
    maps[0, 4:16, 30:44], maps[1, 30:44, 4:16] = 1, 0.5
    figure = plots.attention(images, maps, ["one", "two"])
    assert "one: most in the top right; two: most in the bottom left" in figure.alt_text
    assert "nothing speaks for it" in plots.attention(images, np.zeros_like(maps)).alt_text
    with pytest.raises(CourseError, match="of its own size"):
        plots.attention(images, maps[:, :20])
