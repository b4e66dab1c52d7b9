"""The face explorer: sliders for action units, and what a drawn face, its landmarks and a model make of them."""

import html

import ipywidgets
import numpy as np

from .. import twin
from ..emotions import ACTION_UNITS, INFO
from ..faces import action_units, landmarks
from ..models.weights import Classifier
from ..plots.faces import MODEL_FACE
from .panels import Latest, Panel, alert_html, bars_html, image_html, number, row

SIDE = 208
"""Side of each of the three images in pixels."""

_OUTLINE, _INNER = (53, 195, 255), (255, 212, 0)

_REGIONS = {"Brows": (1, 2, 4), "Eyes": (5, 6, 7, 43), "Nose": (9, 10), "Mouth": (12, 14, 15, 16, 20, 23, 26)}


class FaceExplorer(Panel):
    """Move a drawn face, and watch the reading. Lesson 01.

    Every action unit has a number field (with its name as label) and a slider, both 0 to 100 %; a row of buttons sets
    the textbook's expressions. All of it works with Tab, arrow keys and Enter.

    Attributes:
        fields, sliders: {FACS number: widget}.
        side: which side of the image moves.
        presets: {emotion: button}.
        image, words: where the three images and the reading appear.

    Safe to change from several threads.
    """

    title = "Face explorer"

    def __init__(self, classifier: Classifier | None = None) -> None:
        """
        Args:
            classifier: whose reading is shown; without one, only the face moves.
        """
        self._classifier = classifier
        self._neutral = twin.load().mean("neutral")
        self._update = Latest(self._show)
        self.fields, self.sliders = {}, {}
        for k, unit in ACTION_UNITS.items():
            widths = ("13.5em", "19em", "9em")
            pair = number(f"AU{k} {unit.name}, %", self._update.ask, widths, step=5, min=0, max=100)
            self.fields[k], self.sliders[k] = pair
        self.side = ipywidgets.Dropdown(options=action_units.SIDES, description="side of the image that moves")
        self.side.style.description_width = "initial"
        self.side.observe(self._update.ask, "value")
        self.presets = {}
        for emotion in INFO:
            hint = f"{emotion}: {INFO[emotion].describe_action_units()}"
            button = ipywidgets.Button(description=emotion, tooltip=hint)
            button.layout.width = "7.5em"
            button.on_click(lambda _, emotion=emotion: self.set(emotion))
            self.presets[emotion] = button
        self.image, self.words = ipywidgets.HTML(), ipywidgets.HTML()
        results = ipywidgets.VBox([self.image, self.words])
        super().__init__([self._buttons(), row(self._controls(), results)])
        self._update.ask()

    def _buttons(self) -> ipywidgets.Widget:
        heading = ipywidgets.HTML("<b>Textbook expressions</b>")
        return ipywidgets.VBox([heading, row(*self.presets.values()), self.side])

    def _controls(self) -> ipywidgets.Widget:
        rows = []
        for region, numbers in _REGIONS.items():
            rows.append(ipywidgets.HTML(f"<b>{region}</b>"))
            rows += [ipywidgets.HBox([self.fields[k], self.sliders[k]]) for k in numbers]
        return ipywidgets.VBox(rows)

    @property
    def units(self) -> dict[int, float]:
        """The action units in use: {FACS number: strength over 0 to 1}."""
        return {k: field.value / 100 for k, field in self.fields.items() if field.value}

    def set(self, emotion: str | None = None, units: dict[int, float] | None = None, side: str = "both") -> None:
        """Set the sliders: to an emotion's textbook expression, or to ``units`` ({FACS number: 0 to 1})."""
        if emotion is not None:
            units = action_units.prototype(emotion)
            side = "right" if INFO[emotion].one_sided else "both"
        action_units.move(self._neutral, units or {}, side)  # refuses what is wrong before anything moves
        with self._update.paused():
            self.side.value = side
            for k, field in self.fields.items():
                field.value = round(100 * (units or {}).get(k, 0))

    def face(self) -> np.ndarray:
        """The moved face's landmarks, (68, 2) float32 in pixels of a 48×48 image."""
        return action_units.move(self._neutral, self.units, self.side.value)

    def _show(self) -> None:
        try:
            units = self.units
            points = self.face()
            image, alt = panels(points)
            told = ", ".join(f"AU{k} at {100 * v:.0f} %" for k, v in units.items()) or "no action unit"
            words = f"<p>{html.escape(told)}</p>"
            if self._classifier is not None:
                reading = read(self._classifier, points)
                best = max(reading, key=reading.get)
                words += f'<p role="status" aria-live="polite">The model reads <b>{best}</b>, {reading[best]:.0%}.</p>'
                words += bars_html(reading, "the model's probabilities")
            self.image.value = image_html(image, f"{alt} {told}.")
            self.words.value = words
        except Exception as error:  # a callback's exception would be seen nowhere
            self.words.value = alert_html(f"This face cannot be shown: {error}")

    def static_html(self) -> str:
        return self.image.value + self.words.value


def read(classifier: Classifier, points: np.ndarray) -> dict[str, float]:
    """What a model reads from one drawn face: {emotion: probability}.

    Args:
        points: (68, 2) landmarks in pixels of a 48×48 image.
    """
    drawn = twin.draw(points, side=48, style=MODEL_FACE)
    probabilities = classifier.probabilities(drawn[None], np.asarray(points, np.float32)[None])[0]
    return dict(zip(classifier.emotions, map(float, probabilities), strict=True))


def panels(points: np.ndarray) -> tuple[np.ndarray, str]:
    """Side by side: the drawn face, the same with its landmarks, the binary image; and what they show, in words.

    Args:
        points: (68, 2) landmarks in pixels of a 48×48 image.

    Returns:
        (SIDE, 3 × SIDE + gaps, 3) uint8, and a sentence.
    """
    drawn = np.repeat(twin.draw(points, side=SIDE, style=MODEL_FACE)[..., None], 3, axis=2)
    marked = drawn // 2
    places = np.rint((points + 0.5) * (SIDE / 48) - 0.5).astype(int)
    for k, (x, y) in enumerate(places):
        if 2 <= x < SIDE - 2 and 2 <= y < SIDE - 2:
            marked[y - 2 : y + 3, x - 2 : x + 3] = 0
            marked[y - 1 : y + 2, x - 1 : x + 2] = _OUTLINE if k < landmarks.OUTLINE.stop else _INNER
    binary = landmarks.binary_image(points)[..., 0]
    rows = np.arange(SIDE) * 48 // SIDE
    large = np.repeat((255 * binary[np.ix_(rows, rows)]).astype(np.uint8)[..., None], 3, axis=2)
    gap = np.full((SIDE, 6, 3), 255, np.uint8)
    alt = (
        "A drawn face; the same face with its 68 landmarks; and the binary image that the network sees, "
        f"in which {int(binary.sum())} pixels are 1."
    )
    return np.concatenate([drawn, gap, marked, gap, large], axis=1), alt
