"""What the demo's page does in a browser, beside what Python does: the same networks, faces found, speed, bytes.

``python -m course_tools.site.measure`` lays the demo together, opens it in the system's Chromium and prints the
figures. With ``--data`` it also reads images of the real PublicTest with both, and writes what the slides' network
loses in a browser into ``site/demo/measured.json``, which the page quotes. Nothing of the images is kept.
"""

import argparse
import base64
import contextlib
import functools
import gzip
import http.server
import json
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from emocourse import twin
from emocourse.dataset import fer2013
from emocourse.emotions import EMOTIONS, EMOTIONS_6
from emocourse.faces.preprocessing import preprocess
from emocourse.files.store import atomic_write
from emocourse.models import weights

from . import demo

NETWORKS = tuple(demo.NETWORKS)

_LIBRARY = """
window.gate = async () => {
  const engine = await import("./engine.js");
  await engine.loadFaces();
  const networks = {};
  const image = (text, width, height) => {
    const data = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return { data, width, height };
  };
  const canvas = ({ data, width, height }) => {
    const made = engine.newCanvas(width, height);
    const context = made.getContext("2d");
    const pixels = context.createImageData(width, height);
    data.forEach((value, k) => pixels.data.set([value, value, value, 255], 4 * k));
    context.putImageData(pixels, 0, 0);
    return made;
  };
  const network = async (name) => (networks[name] ??= await engine.loadNetwork(`./weights/${name}.safetensors`));
  return { engine, image, canvas, network };
};
window.ready = window.gate().then((all) => (window.all = all)).then(() => true);
"""


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder with the types that browsers insist on."""

    def guess_type(self, path: Any) -> str:
        """The type of a file by its ending, whatever this system's own list says."""
        ours = {".wasm": "application/wasm", ".js": "text/javascript"}
        return ours.get(Path(path).suffix) or super().guess_type(path)

    def log_message(self, *_: Any) -> None:
        """Nothing: what is asked for is watched in the browser."""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder on a port of this machine, as long as the block lasts; the address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def prepare(page: Any, address: str) -> None:
    """Open the demo in a Playwright page and lay the engine's functions out for :func:`probabilities` and the like."""
    page.goto(address)
    page.evaluate(_LIBRARY)
    page.evaluate("window.ready")


def _text(image: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(image).tobytes()).decode()


def probabilities(page: Any, name: str, images: np.ndarray, points: np.ndarray) -> np.ndarray:
    """What the page's network says of (n, 48, 48) uint8 crops and (n, 68, 2) landmarks: (n, classes) float64."""
    rows = page.evaluate(
        """async ([name, images, points]) => {
          const { engine, image, network } = window.all;
          const read = (await network(name)).read;
          const rows = [];
          for (let k = 0; k < images.length; k += 1) {
            const input = name === "slides" ? engine.binaryInput([engine.binaryImage(points[k])])
              : engine.pixelInput([image(images[k], 48, 48)]);
            rows.push(...await read(input));
            input.dispose();
          }
          return rows;
        }""",
        [name, [_text(image) for image in images], points.tolist()],
    )
    return np.array(rows)


def difference(page: Any, name: str, images: np.ndarray, points: np.ndarray) -> float:
    """The largest difference of a probability between the page and Python."""
    ours = weights.load(name).probabilities(images, points)
    return float(np.abs(probabilities(page, name, images, points) - ours).max())


def crops(page: Any, image: np.ndarray, boxes: list[list[float]]) -> np.ndarray:
    """What the page cuts out of a grey image around boxes: (n, 48, 48) uint8."""
    found = page.evaluate(
        """([text, width, height, boxes]) => {
          const { engine, image } = window.all;
          const whole = image(text, width, height);
          return boxes.map((box) => [...engine.crop(whole, engine.cropSquare(box)).data]);
        }""",
        [_text(image), image.shape[1], image.shape[0], boxes],
    )
    return np.array(found, np.uint8).reshape(-1, 48, 48)


def read(page: Any, image: np.ndarray, name: str = "tiny", photo: bool = False) -> list[dict[str, Any]]:
    """The whole way of the page for a grey image: boxes, landmarks and probabilities of the faces found."""
    return page.evaluate(
        """async ([text, width, height, name, photo]) => {
          const { engine, image, canvas, network } = window.all;
          const settings = photo ? engine.PHOTO : engine.CAMERA;
          const faces = await engine.read(canvas(image(text, width, height)), await network(name), settings);
          return faces.map(({ box, points, probabilities }) => ({ box, points, probabilities }));
        }""",
        [_text(image), image.shape[1], image.shape[0], name, photo],
    )


def overlap(one: Any, other: Any) -> float:
    """Intersection over union of two boxes (x, y, w, h)."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = one, other
    across = max(0.0, min(ax + aw, bx + bw) - max(ax, bx))
    down = max(0.0, min(ay + ah, by + bh) - max(ay, by))
    return across * down / (aw * ah + bw * bh - across * down)


def scenes(page: Any, n: int = 60, photo: bool = False) -> dict[str, int]:
    """Faces of ``n`` drawn scenes of 640×480 with one to four people each: how many there are, found, and false."""
    drawn = found = false = 0
    for k in range(n):
        scene = twin.scene(1 + k % 4, seed=1000 + k)
        left = [face["box"] for face in read(page, scene.image, photo=photo)]
        for box in scene.boxes:
            best = max(left, key=lambda other, box=box: overlap(box, other), default=None)
            if best is not None and overlap(box, best) >= 0.3:
                left.remove(best)
                found += 1
        drawn, false = drawn + len(scene.boxes), false + len(left)
    return {"drawn": drawn, "found": found, "false": false}


def speed(page: Any, people: int, frames: int = 30) -> float:
    """Frames a second of the whole way with ``tiny``, for a drawn scene of 640×480 that is shown again and again."""
    scene = twin.scene(people, seed=3)
    return page.evaluate(
        """async ([text, width, height, frames]) => {
          const { engine, image, canvas, network } = window.all;
          const [shown, tiny] = [canvas(image(text, width, height)), await network("tiny")];
          for (let k = 0; k < 3; k += 1) await engine.read(shown, tiny);
          const since = performance.now();
          for (let k = 0; k < frames; k += 1) await engine.read(shown, tiny);
          return (1000 * frames) / (performance.now() - since);
        }""",
        [_text(scene.image), 640, 480, frames],
    )


def packed_bytes(folder: Path, names: list[str]) -> int:
    """Bytes of files after gzip, as a web server sends them."""
    return sum(len(gzip.compress((folder / name).read_bytes(), 9)) for name in names)


def real(page: Any, source: str, n: int, seed: int = 0) -> dict[str, Any]:
    """``n`` images of the real PublicTest, drawn at random, read by page and Python; each share is of right answers.

    ``tiny`` and ``main`` see the same image. Of the slides' network the browser's landmarks are compared with dlib's,
    both placed in the frame that fills the image; images labelled disgust are left out, which it does not know.
    """
    data = fer2013.read(source)
    places = np.flatnonzero(data.split == "validation")
    chosen = np.sort(np.random.default_rng(seed).choice(places, n, replace=False))
    images, labels = data.images[chosen], data.labels[chosen]
    points = preprocess(images).landmarks
    result: dict[str, Any] = {"n": n}
    for name in ("tiny", "main"):
        ours = weights.load(name).probabilities(images, points).argmax(axis=1)
        theirs = probabilities(page, name, images, points).argmax(axis=1)
        result[name] = {"same": float((ours == theirs).mean()), "right": float((theirs == labels).mean())}
    known = np.array([EMOTIONS[label] in EMOTIONS_6 for label in labels])
    right = np.array([EMOTIONS_6.index(EMOTIONS[label]) for label in labels[known]])
    placed = np.array([_placed(page, image) for image in images[known]])
    shares = {"browser": placed, "python": points[known]}
    answers = {key: probabilities(page, "slides", images[known], value).argmax(axis=1) for key, value in shares.items()}
    result["slides"] = {"n": int(known.sum()), **{k: round(float((v == right).mean()), 4) for k, v in answers.items()}}
    return result


def _placed(page: Any, image: np.ndarray) -> np.ndarray:
    """The browser's 68 landmarks of a 48×48 face, in its pixels; the image is enlarged four times with a border."""
    border, scale = 24, 4
    large = cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_REPLICATE)
    large = cv2.resize(large, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    found = page.evaluate(
        """async ([text, side, box]) => {
          const { engine, image, canvas } = window.all;
          return engine.landmarks(canvas(image(text, side, side)), box);
        }""",
        [_text(large), large.shape[0], [border * scale, border * scale, 48 * scale, 48 * scale]],
    )
    return (np.array(found, np.float32) + 0.5) / scale - 0.5 - border


def main(arguments: list[str] | None = None) -> int:
    """The command: print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="the real FER2013, for 500 images of PublicTest")
    parser.add_argument("--scenes", type=int, default=60)
    options = parser.parse_args(arguments)
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next(filter(None, map(shutil.which, names)), None)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as running:
        folder = Path(temporary) / "demo"
        figures: dict[str, Any] = {"bytes": packed_bytes(folder, demo.lay(folder))}
        browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with served(folder) as address:
            page = browser.new_page()
            page.set_default_timeout(600_000)
            prepare(page, address)
            points, _ = twin.load().sample(100, seed=0)
            for name in NETWORKS:
                figures[f"difference of {name}"] = difference(page, name, twin.draw_many(points), points)
            figures["scenes"] = scenes(page, options.scenes)
            figures["scenes as photos"] = scenes(page, options.scenes, photo=True)
            figures["frames a second"] = {people: round(speed(page, people), 1) for people in (1, 4)}
            if options.data:
                figures["real"] = real(page, options.data, 500)
                with atomic_write(demo.SOURCE / "measured.json", "w") as stream:
                    stream.write(json.dumps({"slides": figures["real"]["slides"]}) + "\n")
        browser.close()
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
