"""Nothing of the camera stays: a session, the notebook saved, everything shut down, and every place searched."""

import base64
import io
import json
import socket
import tempfile
import time
from pathlib import Path

import lab as room
import numpy as np
import pytest
import traces
from lengths import LONG
from PIL import Image

from emocourse import twin

SECONDS = 60 if LONG else 15
"""How long the session lasts."""


@pytest.fixture(scope="module")
def image():
    """A drawn face between two bars of a distinctive pattern."""
    return traces.lay_over(twin.scene(1, size=traces.SIZE, seed=3, labels=np.array([3])).image)


def as_jpeg(image):
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=75)
    return stream.getvalue()


LEAKS = {
    "grey pixels": lambda p: b"..." + p.tobytes(),
    "RGB pixels": lambda p: b"." + np.repeat(p[..., None], 3, axis=2).tobytes(),
    "RGBA pixels": lambda p: np.dstack([p, p, p, np.full_like(p, 255)]).tobytes(),
    "pixels of the received JPEG": lambda p: np.asarray(Image.open(io.BytesIO(as_jpeg(p)))).tobytes(),
    "a JPEG": lambda p: b"\0" * 99 + as_jpeg(p),
    "half a JPEG": lambda p: as_jpeg(p)[: len(as_jpeg(p)) // 2],
    "a JPEG in a notebook": lambda p: json.dumps(
        {"data": {"image/jpeg": base64.encodebytes(as_jpeg(p)).decode()}}
    ).encode(),
    "a JPEG in HTML": lambda p: b'<img src="data:image/jpeg;base64,' + base64.b64encode(as_jpeg(p)) + b'">',
    "a small mirrored PNG": lambda p: png(Image.fromarray(p[:, ::-1]).resize((160, 120))),
}


def png(image, kind="PNG"):
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


@pytest.mark.parametrize("name", LEAKS)
def test_the_search_would_find_it(image, name):
    data = LEAKS[name](image)
    found = traces.images_in(data)
    assert traces.has_pixels(data) or any(traces.shows_pattern(one) for one in found)
    assert found or "pixels" in name


def test_the_search_finds_nothing_in_other_images():
    other = twin.scene(1, size=traces.SIZE, seed=4).image
    assert not traces.has_pixels(other.tobytes()) and not traces.shows_pattern(Image.fromarray(other))
    assert traces.images_in(np.random.default_rng(0).bytes(3_000_000)) == []


def test_the_watch_sees_what_goes_outside():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, traces.SocketWatch() as watch:
        try:
            probe.connect(("192.0.2.1", 9))  # nobody's address; nothing is sent
        except OSError:
            pytest.skip("this machine has no network at all")
        watch.look()
    assert "192.0.2.1" in {address for _, address in watch.outside}


@pytest.fixture
def searched():
    """A folder with a short path, which Chromium needs."""
    with tempfile.TemporaryDirectory(prefix="emo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def test_a_session_leaves_nothing_behind(playwright, image, tmp_path, searched):
    started = time.time()
    camera = room.write_camera(tmp_path / "camera.mjpeg", [np.roll(image, k % 3, axis=0) for k in range(30)])
    lab = room.Lab(searched / "lab")
    asked = []
    try:
        lab.notebook("session", "from emocourse.widgets.webcam import Webcam\nWebcam()", "print('here')")
        with (
            traces.SocketWatch() as watch,
            room.browser(
                playwright, camera, profile=searched / "browser", host_rules="MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
            ) as page,
        ):
            page.on("request", lambda request: asked.append(request.url))
            page.on("websocket", lambda channel: asked.append(channel.url))
            notebook = room.Opened(lab, page, "session")
            notebook.run(0)
            demo = notebook.demo()
            demo.press()
            demo.wait("running")
            demo.wait_people()
            demo.root.get_by_label("What the network sees").check()
            until = time.monotonic() + SECONDS
            notebook.command("docmanager:save")  # while it runs; the second save makes the first a checkpoint
            while time.monotonic() < until:
                page.wait_for_timeout(1000)
                demo.wait("running")  # on a busy machine it may wait for the kernel in between, but not stop
            page.wait_for_function("document.querySelector('.emo-webcam').dataset.analysed > 0")
            assert "here" in notebook.ask(1)
            notebook.command("docmanager:save")
            demo.press()
            demo.wait("idle")
            notebook.command("docmanager:save")
            for session in lab.api("sessions"):
                lab.api(f"sessions/{session['id']}", "DELETE")
    finally:
        lab.close()

    # The network: the notebook's own server, nothing else.
    assert watch.outside == set() and watch.inside
    own = tuple(f"{kind}://127.0.0.1:{lab.port}/" for kind in ("http", "ws"))
    assert [url for url in asked if not url.startswith((*own, "blob:", "data:"))] == []

    # The notebook: the widget and its state are in it, and no image is.
    saved = lab.root / "session.ipynb"
    notebook = json.loads(saved.read_text())
    assert "widget-view" in str(notebook["cells"][0]["outputs"])
    assert "emocourse.widgets.webcam" in str(notebook["metadata"]["widgets"])
    checkpoints = list((lab.root / ".ipynb_checkpoints").glob("*.ipynb"))
    assert len(checkpoints) == 1

    # What the server and its kernel wrote: no image of any kind.
    written = traces.changed_files([lab.folder], started)
    assert saved in written and checkpoints[0] in written
    for path in written:
        data = traces.read(path)
        assert not traces.has_pixels(data), path
        assert traces.images_in(data) == [], path

    # What else changed: icons are there, and what other programs wrote, but no image of this camera.
    places = [searched, Path.home(), Path(tempfile.gettempdir()), room.ROOT, Path("/dev/shm"), Path("/var/tmp")]
    for path in traces.changed_files(places, started):
        if path == camera:
            continue
        data = traces.read(path)
        assert not traces.has_pixels(data), path
        assert not any(traces.shows_pattern(one) for one in traces.images_in(data)), path
