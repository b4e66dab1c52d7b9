"""The box that is moved over a face, and the photo that is uploaded and forgotten."""

import datetime
import io

import numpy as np
import pytest
from PIL import Image

from emocourse import plots
from emocourse.checks.lesson04 import iou
from emocourse.widgets import BoxExplorer, PhotoUpload

IMAGE = np.random.default_rng(0).integers(0, 256, (120, 160), dtype=np.uint8)


def test_the_box_follows_the_fields_and_the_iou_is_said():
    explorer = BoxExplorer(IMAGE, (50, 40, 40, 40), iou)
    explorer.right.value = explorer.larger.value = 0
    assert explorer.box == (50, 40, 40, 40) and "IoU 1.00: found" in explorer.words.value
    explorer.right.value = 100
    assert explorer.box == (90, 40, 40, 40) and "IoU 0.00: missed" in explorer.words.value
    explorer.right.value, explorer.larger.value = 0, 100
    assert explorer.box == (30, 20, 80, 80) and "IoU 0.25" in explorer.words.value
    assert 'alt="IoU 0.25' in explorer.image.value and 'alt="IoU 0.25' in explorer.static_html()


def test_an_iou_that_stops_is_told():
    def broken(a, b):
        raise ValueError("<no>")

    explorer = BoxExplorer(IMAGE, (50, 40, 40, 40), broken)
    assert 'role="alert"' in explorer.words.value and "&lt;no&gt;" in explorer.words.value


def draw(photo):
    return plots.image_grid([photo], title="One image of it") if photo.mean() > 40 else None


def png(array):
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, format="PNG")
    return stream.getvalue()


@pytest.fixture
def panel():
    return PhotoUpload(draw, np.stack([IMAGE] * 3, axis=-1))


def test_a_photo_is_shown_and_forgotten(panel):
    assert "160×120" in panel.image.value and "160×120" in panel.static_html()
    content = png(np.full((1800, 900, 3), 200, np.uint8))
    panel.upload.value = ({"name": "me.png", "type": "image/png", "size": len(content), "content": memoryview(content),
                           "last_modified": datetime.datetime(2026, 1, 1)},)  # fmt: skip
    assert not panel.upload.value and "Your photo" in panel.words.value and "450×900" in panel.image.value
    assert "450×900" not in panel.static_html()
    panel.forget.click()
    assert "160×120" in panel.image.value and "nothing is uploaded" in panel.words.value


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"GIF89a, or so it says", "damaged"),
        (png(np.zeros((50, 50, 3), np.uint8)), "No face was found"),
    ],
)
def test_what_cannot_be_shown_is_told(panel, content, told):
    panel.show(content)
    assert told in panel.words.value and not panel.image.value


def test_a_pipeline_that_stops_is_told():
    panel = PhotoUpload(lambda photo: draw(photo) if photo.shape[0] == 120 else 1 / 0, np.stack([IMAGE] * 3, axis=-1))
    panel.show(png(IMAGE[:50]))
    assert "Your pipeline stopped with ZeroDivisionError" in panel.words.value
