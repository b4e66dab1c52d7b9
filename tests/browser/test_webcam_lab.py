"""The live demo in JupyterLab, from the first start to everything that can go wrong."""

import base64
import os
import signal

import cv2
import lab as room
import numpy as np
import psutil
import pytest
from lengths import long_only
from PIL import Image

from emocourse import twin

DEMO = """from engines import FakeEngine
from emocourse.widgets.webcam import Webcam
engine = FakeEngine({})
demo = Webcam(engine)
demo"""


@pytest.fixture(scope="module")
def chromium(playwright, camera):
    """A browser with a camera that every page may use."""
    with room.browser(playwright, camera) as page:
        yield page.context


@pytest.fixture
def open_demo(lab, chromium, request):
    """Opens a notebook that was just written in a page of its own, and runs the cells that make a demo."""
    pages = []

    def open_it(*cells, engine="", context=None, host="127.0.0.1"):
        name = lab.notebook(
            f"{request.node.name.replace('[', '-').replace(']', '')}-{len(pages)}", *(cells or [DEMO.format(engine)])
        )
        page = (context or chromium).new_page()
        page.set_default_timeout(room.PATIENCE)
        page.add_init_script(room.KEEP_TRACKS)
        pages.append(page)
        notebook = room.Opened(lab, page, name, host)
        for k, cell in enumerate(cells or [DEMO]):
            if "Webcam(" in cell:
                notebook.run(k)
        notebook.demo().root.wait_for()
        return notebook

    yield open_it
    for page in pages:
        if not page.is_closed():
            page.close()
    for session in lab.api("sessions"):
        lab.api(f"sessions/{session['id']}", "DELETE")


def kernels(lab):
    """The kernels' processes."""
    below = psutil.Process(lab.process.pid).children(recursive=True)
    return [process for process in below if "ipykernel_launcher" in " ".join(process.cmdline())]


def start(notebook, people=1):
    demo = notebook.demo()
    demo.press()
    demo.wait("running", "The camera is on.")
    demo.wait_people(people)
    return demo


def test_start_shows_an_emotion_within_three_seconds_of_the_first_frame(open_demo):
    """The course's own engine and model, a drawn face before the camera; the quickest start counts.

    Three starts, and up to nine more where none of these was quick: the machine may be at other work.
    """
    notebook = open_demo("from emocourse.widgets.webcam import Webcam\nWebcam()")
    demo = notebook.demo()
    demo.wait("idle", "Press Start camera")  # no longer: Loading the model
    # When the first frame came from the camera, and when the first card and the first box were seen.
    notebook.page.evaluate(
        """() => { window.moments = {};
        const root = document.querySelector('.emo-webcam'), video = root.querySelector('video');
        const canvas = root.querySelector('.emo-overlay');
        const once = (name) => { window.moments[name] ??= performance.now(); };
        video.addEventListener('loadeddata', () => once('frame'));
        const look = () => {
            if (root.querySelector('.emo-card .emo-reading')?.textContent) once('card');
            const [w, h] = [canvas.width, canvas.height];
            if (w && canvas.getContext('2d').getImageData(0, 0, w, h).data.some((v) => v)) once('box');
            setTimeout(look, 50); };
        look(); }"""
    )
    taken = []
    while len(taken) < 3 or (min(taken) >= 3000 and len(taken) < 12):
        notebook.page.evaluate("window.moments = {}")
        demo.press()
        demo.wait_people()
        notebook.page.wait_for_function("window.moments.card && window.moments.box && window.moments.frame")
        moments = notebook.page.evaluate("window.moments")
        assert moments["frame"] <= min(moments["card"], moments["box"])
        taken.append(max(moments["card"], moments["box"]) - moments["frame"])
        words = demo.root.locator(".emo-reading").first.inner_text()
        assert words == "not sure" or words.endswith(" %")
        demo.press()
        demo.wait("idle", "The camera is off.")
    assert min(taken) < 3000, taken
    assert set(demo.tracks()) == {"ended"} and len(demo.tracks()) == len(taken)


def test_every_way_to_stop_frees_the_camera(open_demo):
    """The button, clearing the output, closing the widget in Python, and closing the notebook."""
    notebook = open_demo(DEMO.format("2"), "demo.close()\nprint('closed')")
    page = notebook.page
    demo = start(notebook, 2)
    assert demo.tracks() == ["live"]
    demo.press()
    assert demo.wait("idle") == "Stopped. The camera is off."
    assert demo.tracks() == ["ended"] and demo.root.locator(".emo-card").count() == 0

    start(notebook, 2)
    notebook.run(0)  # a new widget in place of the old one
    page.wait_for_function("window.tracks.length === 2 && window.tracks[1].readyState === 'ended'")
    start(notebook, 2)
    notebook.command("notebook:clear-all-cell-outputs")
    page.wait_for_function("window.tracks.length === 3 && window.tracks[2].readyState === 'ended'")

    notebook.run(0)
    start(notebook, 2)
    assert "closed" in notebook.ask(1)
    page.wait_for_function("window.tracks.length === 4 && window.tracks[3].readyState === 'ended'")

    notebook.run(0)
    start(notebook, 2)
    notebook.command("docmanager:save")
    notebook.begin("application:close")
    page.wait_for_function("window.tracks.length === 5 && window.tracks[4].readyState === 'ended'")


@long_only
def test_two_demos_at_once_and_both_views_of_one(open_demo):
    notebook = open_demo(DEMO.format("1"), DEMO.format("2"), "print(engine.steps > 1)")
    first, second = notebook.demo(0), notebook.demo(1)
    second.root.wait_for()
    for demo, people in ((first, 1), (second, 2)):
        demo.press()
        demo.wait("running")
        demo.wait_people(people)
    assert first.root.locator(".emo-card").count() == 1 and second.root.locator(".emo-card").count() == 2
    first.press()
    first.wait("idle")
    second.wait("running", "The camera is on.")
    assert "True" in notebook.ask(2)
    second.wait_people(2)
    # A second view of the same widget: the one that is started last has the camera.
    notebook.page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1")
    notebook.command("notebook:create-output-view")
    third = notebook.demo(2)
    third.press()
    third.wait("running")
    third.wait_people(2)
    second.wait("trouble", "started in another view")
    assert sorted(second.tracks()) == ["ended", "ended", "live"]


@long_only
def test_the_page_is_loaded_again(open_demo):
    notebook = open_demo(engine="2")
    start(notebook, 2)
    notebook.command("docmanager:save")
    notebook.reload()
    demo = notebook.demo()
    assert demo.wait("idle", "Press Start camera")
    start(notebook, 2)
    assert demo.tracks() == ["live"]


@pytest.mark.parametrize("how", [pytest.param("restarted", marks=long_only), "killed"])
def test_the_kernel_is_gone(open_demo, lab, how):
    notebook = open_demo()
    page = notebook.page
    demo = start(notebook)
    if how == "restarted":
        notebook.begin("kernelmenu:restart")
        page.click(".jp-Dialog .jp-mod-accept")
    else:
        # JupyterLab tells of the kernel's death in a box of its own, sooner or later, which lies over the page.
        page.add_locator_handler(page.locator(".jp-Dialog .jp-mod-accept"), lambda button: button.click())
        (kernel,) = kernels(lab)
        os.kill(kernel.pid, signal.SIGKILL)
    demo.wait("trouble", "Run this cell again to go on.")
    assert demo.tracks() == ["ended"] and demo.root.locator(".emo-start").inner_text() == "Start camera"
    # Starting without running the cell does not hang either, nor keep the camera.
    demo.press()
    demo.wait_text("un this cell again")
    if demo.state == "waiting":
        demo.press()
    page.wait_for_function("window.tracks.every((track) => track.readyState === 'ended')")
    page.wait_for_selector("text=Python 3 (ipykernel) | Idle")
    notebook.run(0)
    page.wait_for_function("document.querySelector('.emo-webcam')?.dataset.state === 'idle'")
    start(notebook)


# A cell that is busy until the test has seen what it wants to, and makes the file.
BUSY = """import pathlib, time
until = time.monotonic() + 240
while not pathlib.Path("seen").exists() and time.monotonic() < until:
    time.sleep(0.1)
print("done", pathlib.Path("seen").exists())"""


@long_only
def test_a_busy_kernel_where_messages_wait_for_it(open_demo, lab):
    """As on Colab, and in Voila: the kernel reads messages between cells only."""
    with lab.setting("@jupyterlab/apputils-extension/kernels-settings", commsOverSubshells="disabled"):
        notebook = open_demo(DEMO.format(""), BUSY)
    demo, seen = start(notebook), lab.root / "seen"
    notebook.run(1)
    demo.wait("waiting", "busy with another cell")
    assert demo.tracks() == ["live"]
    seen.touch()
    demo.wait("running", "The camera is on.")
    demo.wait_people()
    assert "done True" in notebook.output(1)
    # Started while the kernel is busy: told as well, and it begins as soon as the kernel is free.
    seen.unlink()
    demo.press()
    notebook.run(1)
    demo.press()
    demo.wait("waiting", "busy with another cell")
    seen.touch()
    demo.wait("running", "The camera is on.")
    demo.wait_people()


# A cell that runs until the engine has had six more frames, or the test has seen what it wants to, and makes the file.
MEANWHILE = """import pathlib, time
before, until = engine.steps, time.monotonic() + 240
while engine.steps <= before + 5 and not pathlib.Path("enough").exists() and time.monotonic() < until:
    time.sleep(0.1)
print("read meanwhile:", engine.steps > before + 5)"""


def test_a_busy_kernel_that_may_read_messages_meanwhile(open_demo, lab):
    """JupyterLab's own way: messages have a thread of their own, from the moment on at which the kernel has made it.

    Frames are then answered while a cell runs. Those that were sent before wait for its end, and the page says so.
    """
    notebook = open_demo(DEMO.format(""), MEANWHILE)
    demo = start(notebook)
    notebook.run(1)
    notebook.page.wait_for_function(
        "() => document.querySelector('.emo-webcam').dataset.state === 'waiting' || "
        "document.querySelectorAll('.jp-Notebook .jp-Cell')[1].innerText.includes('read meanwhile: True')"
    )
    if demo.state == "waiting":
        demo.wait_text("busy with another cell")
    (lab.root / "enough").touch()
    demo.wait("running", "The camera is on.")
    demo.wait_people()
    assert "read meanwhile:" in notebook.output(1)


@long_only
def test_a_slow_engine_and_one_that_fails(open_demo):
    notebook = open_demo(
        DEMO.format(""),
        "engine.pause = 5; print('slow')",
        "engine.pause = 0; print('quick')",
        "engine.fault = ValueError('no <b>ink</b> left'); print('broken')",
        "engine.fault = None; print('whole')",
    )
    demo = start(notebook)
    notebook.ask(1)
    demo.wait("waiting", "still works on the last image")
    notebook.ask(2)
    demo.wait("running", "The camera is on.")
    notebook.ask(3)
    text = demo.wait("trouble", "The demo has stopped.")
    assert text.startswith("The engine stopped with ValueError: no <b>ink</b> left")
    assert demo.tracks() == ["ended"]
    notebook.ask(4)
    start(notebook)


def test_cameras_that_fail(open_demo):
    notebook = open_demo()
    demo = notebook.demo()
    notebook.page.evaluate("() => { window.kept = navigator.mediaDevices.getUserMedia; }")
    for error, words in {
        "NotReadableError": "in use by another program",
        "OverconstrainedError": "Choose another one",
        "WeirdError": "could not be started (WeirdError: so it is)",
    }.items():
        notebook.page.evaluate(
            "name => { const error = new DOMException('so it is', name);"
            " navigator.mediaDevices.getUserMedia = () => Promise.reject(error); }",
            error,
        )
        demo.press()
        demo.wait("trouble", words)
    notebook.page.evaluate("() => { navigator.mediaDevices.getUserMedia = window.kept; }")
    start(notebook)


def test_the_camera_is_denied_and_then_allowed(playwright, camera, open_demo, lab):
    with room.browser(playwright, camera, allowed=False) as page:
        notebook = open_demo(context=page.context)
        demo = notebook.demo()
        demo.press()
        demo.wait("trouble", "was not allowed to use the camera")
        page.context.grant_permissions(["camera"], origin=lab.address().rstrip("/"))
        start(notebook)


def test_no_camera_but_a_photo_and_a_clip(playwright, open_demo, tmp_path):
    scene = twin.scene(2, size=(640, 480), seed=3).image
    Image.fromarray(scene).save(tmp_path / "photo.png")
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff no image")
    (tmp_path / "broken.mp4").write_bytes(b"no clip")
    writer = cv2.VideoWriter(str(tmp_path / "clip.webm"), cv2.VideoWriter_fourcc(*"VP80"), 15, (320, 240))
    for k in range(45):
        writer.write(np.repeat(np.roll(cv2.resize(scene, (320, 240)), k, axis=1)[..., None], 3, axis=2))
    writer.release()
    with room.browser(playwright) as page:
        cells = "engine.pause = 3; print('slow')", "engine.pause = 0; print('quick')"
        notebook = open_demo(DEMO.format("2"), *cells, context=page.context)
        demo = notebook.demo()
        demo.press()
        demo.wait("trouble", "No camera was found")
        files = demo.root.locator("input[type=file]")
        for name, words in (
            ("notes.txt", "neither a photo nor a clip"),
            ("broken.jpg", "cannot read"),
            ("broken.mp4", "cannot play"),
        ):
            files.set_input_files(tmp_path / name)
            demo.wait("trouble", words)
        notebook.ask(1)  # a slow machine: a photo waits for its answer, however late it comes
        files.set_input_files(tmp_path / "photo.png")
        demo.wait("running", "2 people found in the photo.")
        notebook.ask(2)
        demo.root.get_by_label("What the network sees").check()
        demo.root.locator(".emo-seen canvas").nth(1).wait_for()
        files.set_input_files(tmp_path / "clip.webm")
        demo.wait("running", "The clip has ended.")
        demo.wait_people(2)
        demo.press()
        demo.wait("idle")
        assert demo.root.locator("video").get_attribute("src") is None


def test_a_page_that_is_neither_https_nor_localhost(open_demo):
    notebook = open_demo(host=room.OUTSIDE)
    demo = notebook.demo()
    demo.press()
    demo.wait("trouble", "neither https nor localhost")


def test_by_keyboard_and_for_screen_readers(open_demo):
    notebook = open_demo(engine="2, unsure=True, tired=True")
    page, demo = notebook.page, notebook.demo()
    button = demo.root.get_by_role("button", name="Start camera")
    button.focus()
    page.keyboard.press("Enter")  # JupyterLab would take it as: edit this cell
    demo.wait("running")
    demo.wait_people(2)
    demo.root.get_by_role("status").and_(page.get_by_text("The camera is on.", exact=True)).wait_for()
    assert demo.root.locator("[aria-live]").count() == 2
    page.wait_for_function("document.querySelector('.emo-spoken').textContent.includes('Person 2: not sure, drowsy.')")
    assert demo.root.locator(".emo-reading").all_inner_texts() == ["not sure", "not sure"]
    assert "Drowsy: the eyes are often closed. Take a break!" in demo.root.locator(".emo-tired").first.inner_text()
    names = ["Stop", "Open photo or clip", "Camera", "Mirror", "Landmarks", "What the network sees"]
    reached = []
    for name in names:
        reached.append(
            page.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()")
        )
        assert (
            page.evaluate(
                "getComputedStyle(document.activeElement.closest('.emo-file') ?? document.activeElement).outlineStyle"
            )
            == "solid"
        ), name
        page.keyboard.press("Tab")
    assert [text.startswith(name) for text, name in zip(reached, names, strict=True)] == [True] * 6, reached
    box = demo.root.get_by_label("Mirror")
    box.focus()
    assert demo.root.locator("video.emo-mirrored").count() == 1
    page.keyboard.press("Space")
    assert not box.is_checked() and demo.root.locator("video.emo-mirrored").count() == 0
    button = demo.root.get_by_role("button", name="Stop")
    button.focus()
    page.keyboard.press("Space")
    demo.wait("idle")
    # Every control and every image has a name.
    tree = demo.root.aria_snapshot()
    assert 'button "Start camera"' in tree and 'button "Open photo or clip"' in tree and "- img\n" not in tree


FLOOD = """
async ([id, jpeg]) => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const bytes = Uint8Array.from(atob(jpeg), (c) => c.charCodeAt(0));
  const noise = new Uint8Array(9_500_000);  // the server itself ends a connection above 10 MiB
  for (let k = 0; k < noise.length; k += 65536) crypto.getRandomValues(noise.subarray(k, k + 65536));
  const huge = bytes.slice();
  const at = huge.findIndex((v, k) => v === 0xff && huge[k + 1] === 0xc0) + 5;
  huge.set([20000 >> 8, 20000 & 255, 20000 >> 8, 20000 & 255], at);
  const comm = kernel._comms.get(id);
  const send = (content, ...buffers) =>
    comm.send({ method: 'custom', content }, {}, buffers.map((b) => b.slice().buffer));
  const frame = { kind: 'frame', session: 'hostile', time: 1, binary: true };
  send({ kind: 'start', session: 'hostile' });
  const frames = [bytes.subarray(0, 400), huge, new Uint8Array(0), noise];
  frames.forEach((bad, number) => send({ ...frame, number }, bad));
  for (const bad of [null, [], 'x', {}, { kind: 'frame' }, { ...frame, number: 'x' }]) send(bad);
  for (let k = 0; k < 1000; k++) send({ ...frame, number: 10 + k, time: 2 + k }, bytes);
}
"""


def test_hostile_messages_through_the_real_channel(open_demo, lab):
    notebook = open_demo(DEMO.format(""), "print(demo.model_id)", "print('alive', len(engine.seen))")
    demo = start(notebook)
    demo.press()
    demo.wait("idle")
    (kernel,) = kernels(lab)
    before = kernel.memory_info().rss
    image = cv2.imencode(".jpg", np.zeros((300, 400, 3), np.uint8))[1].tobytes()
    notebook.page.evaluate(FLOOD, [notebook.ask(1).strip(), base64.b64encode(image).decode()])
    start(notebook)
    assert "alive 2" in notebook.ask(2)  # frames of the camera's size, and some of the flood's
    assert kernel.memory_info().rss - before < 150 << 20
    assert kernel.is_running() and [process.pid for process in kernels(lab)] == [kernel.pid]
