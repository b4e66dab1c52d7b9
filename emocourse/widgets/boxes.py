"""A box to move over a face, with its intersection over union; and a photo to upload, which nothing keeps."""

import contextlib
import html
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
import numpy as np

from ..errors import CourseError
from ..files import images
from ..plots.base import CourseFigure
from ..plots.detection import two_boxes
from .panels import Explorer, Panel, alert_html, number, row, status_html

LONGEST = 900
"""Longer side, in pixels, to which an uploaded photo is reduced."""


class BoxExplorer(Explorer):
    """Move a box over a face whose true box is known, and see their IoU. Lesson 04.

    Two numbers, each a field and a slider: how far right and how much larger than the true box. All of it works with
    Tab and the arrow keys, and the IoU is said in words.

    Attributes:
        right, larger: fields, in per cent of the true box's width.
        words: the IoU, and on which side of 0.5 it is.
        image: the image with both boxes.
    """

    title = "Box explorer"

    def __init__(self, image: np.ndarray, true: Sequence[float], iou: Callable[[Any, Any], float]) -> None:
        """
        Args:
            image: (H, W) or (H, W, 3) uint8.
            true: (x, y, width, height) of the face.
            iou: takes two boxes; the student's own.
        """
        super().__init__()
        self._image, self._true, self._iou = image, tuple(float(value) for value in true), iou
        widths = ("9em", "16em", "14em")
        self.right, right = number("moved right, %", self._update.ask, widths, 5, value=20, min=-100, max=100)
        self.larger, larger = number("made larger, %", self._update.ask, widths, 5, value=30, min=-60, max=100)
        self.lay_out(row(self.right, right), row(self.larger, larger))

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The box as it is set: enlarged about its middle, then moved."""
        x, y, w, h = self._true
        grown, moved = self.larger.value / 100, self.right.value / 100
        return x - w * grown / 2 + w * moved, y - h * grown / 2, w * (1 + grown), h * (1 + grown)

    def summary(self) -> str:
        value = float(self._iou(self._true, self.box))
        return f"IoU {value:.2f}: {'found' if value >= 0.5 else 'missed'}, if 0.5 is the limit."

    def figure_html(self) -> str:
        return two_boxes(self._image, self._true, self.box, self.summary())._repr_mimebundle_()["text/html"]

    def static_html(self) -> str:
        return self.figure_html()  # its title is the summary


class PhotoUpload(Panel):
    """Choose a photo, and see what a function of the student's makes of it. Lesson 04.

    The photo is checked, made smaller, shown and forgotten: it is written to no file, and the output that a notebook
    saves holds the example. (With "Save Widget State", which JupyterLab leaves off, it would hold what is shown: the
    button takes it away.)

    Attributes:
        upload: the button that opens a file.
        forget: button, back to the example.
        words: what happened.
        image: the figure.
    """

    title = "Photo upload"

    def __init__(self, draw: Callable[[np.ndarray], CourseFigure | None], example: np.ndarray) -> None:
        """
        Args:
            draw: takes an image (H, W, 3) uint8 and gives a figure, or None where it finds no face.
            example: an image to show while there is no photo.
        """
        self._draw, self._example = draw, example
        self.upload = ipywidgets.FileUpload(accept="image/*", multiple=False, description="choose a photo")
        self.forget = ipywidgets.Button(description="forget it")
        self.words, self.image = ipywidgets.HTML(), ipywidgets.HTML()
        super().__init__([row(self.upload, self.forget), self.words, self.image])
        self.upload.observe(self._uploaded, "value")
        self.forget.on_click(lambda _: self._forget())
        self._forget()

    def show(self, content: bytes) -> None:
        """Show what ``draw`` makes of a photo, given as the bytes of its file."""
        try:
            photo = images.read_colour(content)
            scale = min(1.0, LONGEST / max(photo.shape[:2]))
            if scale < 1:
                photo = images.resize(photo, (round(scale * photo.shape[1]), round(scale * photo.shape[0])))
            figure = self._draw(photo)
        except CourseError as error:
            self._say(alert_html(str(error)))
        except Exception as error:  # the student's functions may raise anything
            self._say(alert_html(f"Your pipeline stopped with {type(error).__name__}: {error}"))
        else:
            found = figure is not None
            self._say(status_html("Your photo." if found else "No face was found: try another photo."), figure)

    def _say(self, words: str, figure: CourseFigure | None = None) -> None:
        self.words.value, self.image.value = words, _html(figure)

    def _uploaded(self, _change: Any) -> None:
        files = self.upload.value
        if files:
            one = (list(files.values()) if isinstance(files, dict) else list(files))[0]
            content = bytes(one["content"])
            with contextlib.suppress(Exception):  # ipywidgets 7, on Colab, cannot be emptied
                self.upload.value = type(files)()
            self.show(content)

    def _forget(self) -> None:
        self._say(status_html("An example; nothing is uploaded yet."), self._draw(self._example))

    def static_html(self) -> str:
        return f"<p>{html.escape('An example. Run this cell in JupyterLab to choose a photo.')}</p>{self._static}"

    @property
    def _static(self) -> str:
        return _html(self._draw(self._example))


def _html(figure: CourseFigure | None) -> str:
    return figure._repr_mimebundle_()["text/html"] if figure is not None else ""
