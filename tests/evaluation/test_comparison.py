"""A model of seven emotions beside one of six."""

import numpy as np
import pytest

from emocourse.errors import CourseError
from emocourse.evaluation import comparison


def test_disgust_is_left_out():
    seven = np.array([[0.1, 0.5, 0.1, 0.1, 0.1, 0.1, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]], np.float32)
    six = comparison.without_disgust(seven)
    np.testing.assert_allclose(six[0], [0.2, 0.2, 0.2, 0.2, 0.2, 0.0], atol=1e-6)
    assert np.isfinite(six).all()
    with pytest.raises(CourseError, match="7 columns"):
        comparison.without_disgust(six)
