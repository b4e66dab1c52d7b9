"""What every browser test shares: one JupyterLab, a camera file of drawn faces."""

import lab as room
import numpy as np
import pytest

from emocourse import twin


@pytest.fixture(scope="session")
def lab(playwright, tmp_path_factory):
    """A JupyterLab that every test of this process shares."""
    running = room.Lab(tmp_path_factory.mktemp("lab"))
    yield running
    running.close()


@pytest.fixture(scope="session")
def camera(tmp_path_factory):
    """A camera before which a drawn person smiles and sways a little."""
    scene = twin.scene(1, size=(640, 480), seed=3, labels=np.array([3]))
    frames = [np.roll(scene.image, int(6 * np.sin(2 * np.pi * k / 30)), axis=1) for k in range(30)]
    return room.write_camera(tmp_path_factory.mktemp("camera") / "face.mjpeg", frames)
