"""What the widgets share: images with alt text, a static image for pages without a kernel, updates from threads."""

import base64
import contextlib
import html
import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets
import numpy as np

from ..metrics import percent


def image_html(image: np.ndarray, alt: str) -> str:
    """An ``<img>`` with the image inside it, for an HTML widget.

    Args:
        image: (H, W) or (H, W, 3) uint8.
        alt: what it shows, in words.
    """
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(image).save(stream, format="PNG")
    data = base64.b64encode(stream.getvalue()).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{html.escape(alt, quote=True)}" style="max-width: 100%">'


def bars_html(shares: dict[str, float], caption: str) -> str:
    """A table of names, bars and per cent, which a screen reader reads row by row.

    Args:
        shares: {name: 0 to 1}.
        caption: what they are shares of.
    """
    rows = "".join(
        f'<tr><th scope="row" style="text-align: left; font-weight: normal">{html.escape(name)}</th>'
        f'<td style="width: 12em"><div style="background: #0b5fa5; height: 1em; width: {100 * share:.1f}%"></div></td>'
        f'<td style="text-align: right">{percent(share, 0)}</td></tr>'
        for name, share in shares.items()
    )
    return f'<table><caption style="text-align: left">{html.escape(caption)}</caption>{rows}</table>'


def status_html(text: str) -> str:
    """A paragraph that a screen reader speaks when it changes."""
    return f'<p role="status" aria-live="polite">{html.escape(text)}</p>'


def alert_html(text: str) -> str:
    """A paragraph that says what went wrong: an exception in a widget's callback would be seen nowhere."""
    return f'<p role="alert">{html.escape(text)}</p>'


def row(*children: ipywidgets.Widget) -> ipywidgets.HBox:
    """Widgets side by side, broken into lines where the page is narrow."""
    box = ipywidgets.HBox(children)
    box.layout.flex_flow = "row wrap"
    return box


def number(
    label: str, changed: Callable, widths: tuple[str, str, str | None], step: float = 1, **options: Any
) -> tuple[ipywidgets.Widget, ipywidgets.Widget]:
    """A number field and a slider that always have the same value, whole numbers where ``step`` is one.

    The field is what a screen reader finds: ipywidgets ties its label to it, but not to a slider.

    Args:
        label: what the number is.
        changed: is called after every change.
        widths: of the label, of the field with it, and of the slider, in CSS.
        step: of both.
        options: ``min`` and ``max``, and ``value`` to begin with.
    """
    whole = isinstance(step, int)
    kinds = ("BoundedIntText", "IntSlider") if whole else ("BoundedFloatText", "FloatSlider")
    field, slider = (getattr(ipywidgets, kind)(step=step, **options) for kind in kinds)
    field.description, slider.readout = label, False
    if slider.has_trait("tooltip"):  # not in the ipywidgets of Colab
        slider.tooltip = label
    field.style.description_width, field.layout.width, slider.layout.width = widths
    ipywidgets.link((field, "value"), (slider, "value"))
    field.observe(changed, "value")
    return field, slider


class Latest:
    """Runs a piece of work after changes, one at a time, whichever threads the changes come from.

    A change that comes while the work runs makes it run once more at its end; changes in between are passed over. So
    what is shown last is always the newest state.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._guard = threading.Lock()
        self._running = self._wanted = False
        self._paused = 0

    def ask(self, _change: Any = None) -> None:
        """Something changed. (Fit for ``observe``, whose argument is not looked at.)"""
        with self._guard:
            self._wanted = True
            if self._running or self._paused:
                return
            self._running = True
        while True:
            with self._guard:
                if not self._wanted or self._paused:
                    self._running = False
                    return
                self._wanted = False
            try:
                self._work()
            except BaseException:
                with self._guard:
                    self._running = False
                raise

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Many changes that count as one."""
        with self._guard:
            self._paused += 1
        try:
            yield
        finally:
            with self._guard:
                self._paused -= 1
            self.ask()


class Panel(ipywidgets.VBox):
    """A widget of the course: named for screen readers, and a static image where its page has no kernel."""

    title = "widget"

    def static_html(self) -> str:
        """What a page without a kernel shows instead: an image with alt text, and words."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{self.title}: run this cell in JupyterLab to use it"

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        return {**super()._repr_mimebundle_(**options), "text/html": self.static_html()}


class Explorer(Panel):
    """A panel whose controls decide a sentence and a figure, shown anew after every change; safe from several threads.

    Attributes:
        words: what the figure says, which a screen reader speaks; or what went wrong.
        image: the figure.
    """

    def __init__(self) -> None:
        self._update = Latest(self._show)
        self.words, self.image = ipywidgets.HTML(), ipywidgets.HTML()
        super().__init__()

    def lay_out(self, *controls: ipywidgets.Widget) -> None:
        """Put the controls above what they decide, and show it."""
        self.children = (*controls, self.words, self.image)
        self._update.ask()

    def summary(self) -> str:
        """What the figure says, in a sentence."""
        raise NotImplementedError

    def summary_html(self) -> str:
        """The summary as HTML, for those who have more than a sentence to say."""
        return f"<p>{html.escape(self.summary())}</p>"

    def figure_html(self) -> str:
        """The figure with its alt text, as HTML."""
        raise NotImplementedError

    def _show(self) -> None:
        try:
            words, self.image.value = self.summary_html(), self.figure_html()
            self.words.value = f'<div role="status" aria-live="polite">{words}</div>'
        except Exception as error:  # a student's function may raise anything, and a callback's would be seen nowhere
            self.words.value, self.image.value = alert_html(f"This cannot be shown: {error}"), ""

    def static_html(self) -> str:
        return self.summary_html() + self.figure_html()
