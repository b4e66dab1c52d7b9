"""A convolution to step through: a kernel that moves over an image, the products, their sum, and the output so far."""

import html
from collections.abc import Mapping

import ipywidgets
import numpy as np

from ..errors import CourseError
from ..from_scratch.cnn import KERNELS, convolve
from ..plots.networks import convolution_step, short, signed_rgb
from .panels import Latest, Panel, alert_html, image_html, number, row

SIDE = 288
"""Side of the image and of the output in screen pixels, at least."""

OWN = "my own"
"""Name of the kernel that is none of the presets."""

_PLACES = [f"{row} {column}".strip() for row in ("top", "middle", "bottom") for column in ("left", "centre", "right")]
_FRAME = (255, 212, 0)


class ConvolutionExplorer(Panel):
    """Move a 3×3 kernel over an image, by slider, number or step, and change the kernel's nine numbers. Lesson 06.

    All of it works with Tab, arrow keys and Enter; every control has its name as label, and the numbers are tables that
    a screen reader reads.

    Attributes:
        image, kernel: choice of the image and of a preset kernel.
        row, column: fields with the window's place; row_slider, column_slider: the same to drag.
        back, forward: buttons, one place on.
        entries: nine number fields, the kernel row by row.
        view: where images and numbers appear.

    Safe to change from several threads.
    """

    title = "Convolution explorer"

    def __init__(self, images: Mapping[str, np.ndarray], kernel: str = "vertical edges", row: int = 0, column: int = 0):
        """
        Args:
            images: {name: (H, W) or (H, W, 1) grey image, uint8 or 0 to 1}, each 3 to 128 pixels a side.
            kernel: the preset to begin with, a key of :data:`emocourse.from_scratch.cnn.KERNELS`.
            row, column: the window's first place.

        Raises:
            CourseError: no image, one of another form, or no such kernel.
        """
        self._images = {name: _grey(name, image) for name, image in images.items()}
        if not self._images or kernel not in KERNELS:
            raise CourseError(f"The explorer needs an image, and one of the kernels {', '.join(KERNELS)}.")
        self._update = Latest(self._show)
        self.image = ipywidgets.Dropdown(options=list(self._images), description="image")
        self.kernel = ipywidgets.Dropdown(options=[*KERNELS, OWN], value=kernel, description="kernel")
        self.row, self.row_slider = self._place("row", row)
        self.column, self.column_slider = self._place("column", column)
        self.back, self.forward = (ipywidgets.Button(description=words) for words in ("one place back", "one place on"))
        self.back.on_click(lambda _: self.step(-1))
        self.forward.on_click(lambda _: self.step(1))
        self.entries = [ipywidgets.FloatText(description=place, step=0.5) for place in _PLACES]
        for entry in self.entries:
            entry.layout.width = "11em"
            entry.style.description_width = "6.5em"
            entry.observe(self._typed, "value")
        self.view = ipywidgets.HTML()
        self._presetting = False
        self.image.observe(self._chosen_image, "value")
        self.kernel.observe(self._chosen_kernel, "value")
        with self._update.paused():
            self._chosen_image()
            self._chosen_kernel()
        super().__init__([self._controls(), self.view])

    def _place(self, name: str, start: int) -> tuple[ipywidgets.Widget, ipywidgets.Widget]:
        top = max(image.shape[name == "column"] for image in self._images.values()) - 3
        return number(name, self._update.ask, ("4em", "11em", "14em"), value=start, min=0, max=top)

    def _controls(self) -> ipywidgets.Widget:
        kernel = ipywidgets.GridBox(self.entries)
        kernel.layout.grid_template_columns = "repeat(3, 11.5em)"
        places = [
            ipywidgets.HBox([self.row, self.row_slider]),
            ipywidgets.HBox([self.column, self.column_slider]),
            ipywidgets.HBox([self.back, self.forward]),
        ]
        left = ipywidgets.VBox([self.image, ipywidgets.HTML("<b>Where the window stands</b>"), *places])
        right = ipywidgets.VBox([self.kernel, ipywidgets.HTML("<b>The nine numbers of the kernel</b>"), kernel])
        return row(left, right)

    def set_kernel(self, kernel: str | np.ndarray) -> None:
        """Take a preset by its name, or nine numbers of one's own as (3, 3)."""
        if isinstance(kernel, str):
            self.kernel.value = kernel
            return
        with self._update.paused():
            for entry, value in zip(self.entries, np.asarray(kernel, float).reshape(9), strict=True):
                entry.value = float(value)

    def step(self, by: int = 1) -> None:
        """Move the window so many places on, row by row; it stops at both ends."""
        rows, columns = self._output_shape()
        place = int(np.clip(self.row.value * columns + self.column.value + by, 0, rows * columns - 1))
        with self._update.paused():
            self.row.value, self.column.value = divmod(place, columns)

    def values(self) -> tuple[np.ndarray, np.ndarray]:
        """The chosen image (H, W), 0 to 1, and the kernel (3, 3), both float32."""
        kernel = np.array([entry.value for entry in self.entries], np.float32).reshape(3, 3)
        return self._images[self.image.value], kernel

    def _output_shape(self) -> tuple[int, int]:
        height, width = self._images[self.image.value].shape
        return height - 2, width - 2

    def _chosen_image(self, _change=None) -> None:
        rows, columns = self._output_shape()
        with self._update.paused():
            for widgets, count in (((self.row, self.row_slider), rows), ((self.column, self.column_slider), columns)):
                for widget in widgets:
                    widget.max = count - 1

    def _chosen_kernel(self, _change=None) -> None:
        if self.kernel.value == OWN:
            return
        self._presetting = True
        with self._update.paused():
            for entry, value in zip(self.entries, KERNELS[self.kernel.value].reshape(9), strict=True):
                entry.value = round(float(value), 3)
        self._presetting = False

    def _typed(self, _change=None) -> None:
        if not self._presetting:
            self.kernel.value = OWN
        self._update.ask()

    def _show(self) -> None:
        try:
            image, kernel = self.values()
            if not np.isfinite(kernel).all() or np.abs(kernel).max() > 1e6:
                raise CourseError("the kernel's numbers must lie between minus and plus a million")
            self.view.value = _page(image, kernel, self.row.value, self.column.value, self.image.value)
        except Exception as error:  # a callback's exception would be seen nowhere
            self.view.value = alert_html(f"This cannot be computed: {error}.")

    def static_html(self) -> str:
        image, kernel = self.values()
        figure = convolution_step(image, kernel, self.row.value, self.column.value, "One step of a convolution")
        return figure._repr_mimebundle_()["text/html"]


def _grey(name: str, image: np.ndarray) -> np.ndarray:
    array = np.asarray(image)
    array = array[..., 0] if array.ndim == 3 and array.shape[-1] == 1 else array
    if array.ndim != 2 or not all(3 <= side <= 128 for side in array.shape) or not np.isfinite(array).all():
        raise CourseError(
            f"The image {name!r} has shape {array.shape}: a grey one of 3 to 128 pixels a side is wanted."
        )
    return (array / 255 if array.dtype == np.uint8 else array).astype(np.float32)


def _page(image: np.ndarray, kernel: np.ndarray, row: int, column: int, name: str) -> str:
    window = image[row : row + 3, column : column + 3]
    products = window * kernel
    output = convolve(image, kernel)
    total = short(float(products.sum()))
    place = f"row {row}, column {column}"
    grey = np.repeat(np.clip(255 * image, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    left = image_html(_framed(grey, row, column, 3), f"{name}, with a frame of 3 by 3 pixels at {place}")
    coloured = signed_rgb(output)
    coloured.reshape(-1, 3)[row * output.shape[1] + column + 1 :] = 217
    words = f"the output up to {place}: orange below 0, white at 0, purple above, grey where nothing is computed yet"
    right = image_html(_framed(coloured, row, column, 1), words)
    captions = (("window", window), ("times kernel", kernel), ("products", products))
    tables = "".join(_table(values, caption) for caption, values in captions)
    words = f"At {place} the products add up to <b>{total}</b>."
    said = f'<p role="status" aria-live="polite" style="margin: 0">{words}</p>'
    middle = f'<div>{said}<div style="display: flex; gap: 1em; flex-wrap: wrap">{tables}</div></div>'
    style = "display: flex; gap: 1em; flex-wrap: wrap; align-items: flex-start"
    left, right = _captioned(left, name, image), _captioned(right, "output so far", output)
    return f'<div style="{style}">{left}{middle}{right}</div>'


def _captioned(image: str, name: str, values: np.ndarray) -> str:
    caption = f"{html.escape(name)}, {values.shape[0]} × {values.shape[1]}"
    return f'<figure style="margin: 0"><figcaption>{caption}</figcaption>{image}</figure>'


def _framed(rgb: np.ndarray, row: int, column: int, side: int) -> np.ndarray:
    """The image enlarged to about ``SIDE`` pixels, a frame drawn around a square of it."""
    scale = max(1, round(SIDE / max(rgb.shape[:2])))
    large = np.pad(rgb.repeat(scale, axis=0).repeat(scale, axis=1), ((2, 2), (2, 2), (0, 0)), constant_values=255)
    top, left, size = row * scale, column * scale, side * scale + 4
    for inset, colour in ((0, (26, 26, 26)), (1, _FRAME)):
        box = large[top + inset : top + size - inset, left + inset : left + size - inset]
        box[0], box[-1], box[:, 0], box[:, -1] = colour, colour, colour, colour
    return large


def _table(values: np.ndarray, caption: str) -> str:
    cell = '<td style="border: 1px solid #8a8a8a; width: 3.2em; text-align: center">'
    rows = "".join("<tr>" + "".join(f"{cell}{short(value)}</td>" for value in row) + "</tr>" for row in values)
    head = f'<caption style="text-align: left">{caption}</caption>'
    return f'<table style="border-collapse: collapse">{head}{rows}</table>'
