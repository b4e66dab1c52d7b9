"""The live demo, measured where the student sees it: in JupyterLab in headless Chromium, one drawn face, 640×480.

`make bench BENCH_ARGS="--only webcam"`. Shown are images of the camera that the page showed, analysed those whose
people and emotions came back from the kernel, each a second; the round trip is from taking an image to its answer.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from measure import Row

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "browser"))

NAME = "webcam"
_MEASURES = {"shown": ("images shown", "/s"), "analysed": ("images analysed", "/s"), "trip": ("round trip", "ms")}


def run(tiny: bool) -> list[Row]:
    """One number a second, of each measure; no rows where there is no Chromium."""
    try:
        import lab as room
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        print(f"webcam: not measured, {error.name} is not installed", file=sys.stderr)
        return []
    if room.find_chromium() is None:
        print("webcam: not measured, there is no Chromium here", file=sys.stderr)
        return []
    seconds = 3 if tiny else 60
    with tempfile.TemporaryDirectory(prefix="emo-", ignore_cleanup_errors=True) as folder, sync_playwright() as running:
        camera = room.write_camera(Path(folder) / "face.mjpeg", _swaying())
        lab = room.Lab(Path(folder) / "lab")
        try:
            with room.browser(running, camera) as page:
                values = _measure(room, lab, page, seconds)
        finally:
            lab.close()
    return [_row(name, values[name], seconds) for name in _MEASURES]


def _swaying() -> list[np.ndarray]:
    """A second of a drawn person who sways a little: 30 images (480, 640) uint8."""
    from emocourse import twin

    image = twin.scene(1, size=(640, 480), seed=3, labels=np.array([3])).image
    return [np.roll(image, int(6 * np.sin(2 * np.pi * k / 30)), axis=1) for k in range(30)]


def _measure(room, lab, page, seconds: int) -> dict[str, list[float]]:
    lab.notebook("bench", "from emocourse.widgets.webcam import Webcam\nWebcam()")
    notebook = room.Opened(lab, page, "bench")
    notebook.run(0)
    demo = notebook.demo()
    demo.wait("idle", "Press Start camera")
    demo.press()
    demo.wait_people()
    page.wait_for_timeout(3000)  # TensorFlow, dlib and the browser have run in by then
    values: dict[str, list[float]] = {name: [] for name in _MEASURES}
    for _ in range(seconds):
        page.wait_for_timeout(1000)
        for name in _MEASURES:
            value = demo.root.get_attribute(f"data-{name}")
            if value is not None:
                values[name].append(float(value))
    demo.press()
    return values


def _row(name: str, values: list[float], seconds: int) -> Row:
    what, unit = _MEASURES[name]
    note = f"one face, 640×480, {seconds} s in JupyterLab in Chromium"
    return Row(NAME, what, unit, float(np.median(values)), min(values), max(values), len(values), note=note)
