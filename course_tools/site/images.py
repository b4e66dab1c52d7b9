"""The README's two images, made of drawn people: what the course builds, and the live demo at work.

``python -m course_tools.site.images`` writes ``site/images/pipeline.png`` and ``site/images/demo.webp``. Nobody in them
exists. Everything in them is computed: the boxes, the landmarks, the binary image and the bars.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from emocourse import recognition, twin
from emocourse.emotions import INFO
from emocourse.files.store import atomic_write
from emocourse.live import Engine, Person
from emocourse.models import weights
from emocourse.twin.scenes import Moment

FOLDER = Path(__file__).resolve().parents[2] / "site" / "images"
PAPER, INK, SOFT, LINE = (255, 255, 255), (27, 31, 36), (88, 96, 105), (124, 134, 145)
_SEED = 4
_RATE = 8  # images a second of the animation
_SECONDS = 5
_PATHS = ((0, 17), (17, 22), (22, 27), (27, 31), (31, 36), (36, 42), (42, 48), (48, 60), (60, 68))
_CLOSED = (36, 42, 48, 60)


def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    from matplotlib import font_manager

    weight = "bold" if bold else "normal"
    return ImageFont.truetype(font_manager.findfont(font_manager.FontProperties(weight=weight)), size)


def _mesh(pen: ImageDraw.ImageDraw, points: np.ndarray, colour: tuple[int, int, int], width: int = 2) -> None:
    """The 68 landmarks as lines."""
    for first, end in _PATHS:
        line = [tuple(point) for point in points[first:end].tolist()]
        pen.line(line + line[:1] if first in _CLOSED else line, fill=colour, width=width, joint="curve")


def _bars(
    pen: ImageDraw.ImageDraw,
    left: int,
    top: int,
    width: int,
    shares: dict[str, float],
    best: str | None,
    step: int = 26,
) -> None:
    """A bar for each emotion, with its name and its share."""
    for k, (name, share) in enumerate(shares.items()):
        y = top + k * step
        pen.text((left, y), name, font=_font(16, name == best), fill=INK)
        pen.rectangle((left + 96, y + 3, left + 96 + width, y + 17), outline=LINE)
        if share > 0.01:
            pen.rectangle((left + 96, y + 3, left + 96 + round(share * width), y + 17), fill=INFO[name].colour)
        pen.text((left + 104 + width, y), f"{100 * share:.0f} %", font=_font(16), fill=INK)


def _panel(image: np.ndarray, side: int, smooth: bool = True) -> Image.Image:
    how = Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST
    return Image.fromarray(image).convert("RGB").resize((side, side), how)


def pipeline(seed: int = _SEED) -> Image.Image:
    """Photo, landmarks, binary image, emotion: four panels of one drawn person."""
    side, gap, top = 300, 58, 44
    scene = twin.scene(1, (480, 480), seed=seed, labels=np.array([3]))
    (found,) = recognition.find(scene.image)
    (reading,) = recognition.classify([found], weights.load("slides"))
    canvas = Image.new("RGB", (4 * side + 3 * gap + 30, side + top + 40), PAPER)
    pen = ImageDraw.Draw(canvas)
    photo = _panel(scene.image, side)
    scale = side / 480
    x, y, w, h = (value * scale for value in reading.box)
    ImageDraw.Draw(photo).rounded_rectangle((x, y, x + w, y + h), 8, outline=INFO[reading.emotion].colour, width=4)
    crop = _panel(cv2.resize(found.crop, (side, side), interpolation=cv2.INTER_CUBIC), side)
    _mesh(ImageDraw.Draw(crop), (found.landmarks + 0.5) * (side / 48), (255, 221, 87), 3)
    binary = _panel((255 * reading.binary[..., 0]).astype(np.uint8), side, smooth=False)
    words = ("a photo: find the face", "crop it; 68 landmarks", "48 × 48 pixels, 0 or 1", "a network: the emotion")
    for k, (panel, text) in enumerate(zip((photo, crop, binary, None), words, strict=True)):
        at = k * (side + gap)
        pen.text((at, 8), f"{k + 1}  {text}", font=_font(19, bold=True), fill=INK)
        if panel is not None:
            canvas.paste(panel, (at, top))
        if k < 3:
            middle, height = at + side + gap // 2, top + side // 2
            pen.line((middle - 16, height, middle + 10, height), fill=SOFT, width=4)
            pen.polygon([(middle + 18, height), (middle + 6, height - 9), (middle + 6, height + 9)], fill=SOFT)
    _bars(pen, 3 * (side + gap), top + 30, 140, reading.probabilities, reading.emotion, 38)
    drawn = f"Drawn person; drawn as {scene.emotions[0]}."
    pen.text((0, top + side + 10), drawn, font=_font(15), fill=SOFT)
    return ImageOps.expand(canvas, 12, PAPER)


def _frame(moment: Moment, people: list[Person], scale: float) -> Image.Image:
    """One image of the animation: the people with boxes and landmarks, and a card for each."""
    height, width = (round(side * scale) for side in moment.image.shape)
    canvas = Image.new("RGB", (width + 330, height), PAPER)
    canvas.paste(Image.fromarray(moment.image).convert("RGB").resize((width, height)), (0, 0))
    pen = ImageDraw.Draw(canvas)
    for place, person in enumerate(sorted(people, key=lambda person: person.id)[:2]):
        colour = INFO[person.emotion].colour if person.emotion else "#4d4d4d"
        _mesh(pen, person.landmarks * scale, (255, 255, 255), 1)
        x, y, w, h = (value * scale for value in person.box)
        pen.rounded_rectangle((x, y, x + w, y + h), 7, outline=colour, width=3)
        said = f"{person.emotion} {100 * person.probability:.0f} %" if person.emotion else "not sure"
        words = f"{person.id}  {said}"
        long = pen.textlength(words, font=_font(16, bold=True))
        pen.rounded_rectangle((x, y - 28, x + long + 20, y - 4), 5, fill=PAPER)
        pen.rectangle((x, y - 28, x + 6, y - 4), fill=colour)
        pen.text((x + 12, y - 26), words, font=_font(16, bold=True), fill=INK)
        top = place * (height // 2)
        pen.text((width + 18, top + 8), words, font=_font(17, bold=True), fill=INK)
        _bars(pen, width + 18, top + 36, 120, person.probabilities, person.emotion, (height // 2 - 44) // 7)
    return canvas


def demo(seed: int = 11) -> list[Image.Image]:
    """The live demo's engine on a film of two drawn people: its images, ``_RATE`` a second."""
    every = 4
    engine = Engine("main")
    frames = []
    film = twin.moving_scene(2, _SECONDS * _RATE * every, (480, 400), seed, rate=_RATE * every, speed=0.35, cross=False)
    for k, moment in enumerate(film):
        people = engine.step(moment.image, moment.time)
        if k % every == 0:
            frames.append(_frame(moment, people, 1.0))
    return frames


def write(folder: Path = FOLDER) -> list[Path]:
    """Draw both images into a folder; the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_write(folder / "pipeline.png") as stream:
        pipeline().quantize(128, dither=Image.Dither.NONE).save(stream, "PNG", optimize=True)
    frames = demo()
    with atomic_write(folder / "demo.webp") as stream:  # as a GIF it would have 3 MB
        rest = {"append_images": frames[1:], "duration": 1000 // _RATE, "loop": 0}
        frames[0].save(stream, "WEBP", save_all=True, quality=60, method=6, **rest)
    return [folder / "pipeline.png", folder / "demo.webp"]


def main() -> int:
    """The command."""
    for path in write():
        print(f"{path} ({path.stat().st_size / 1000:.0f} kB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
