"""The site's demo: the course's numbers in a browser, alone, without a trace, and with words for what goes wrong."""

import io

import lab as room
import numpy as np
import pytest
from PIL import Image

from course_tools.site import demo, measure
from emocourse import twin
from emocourse.faces import detection as faces

MOST_BYTES = 1.5e6
"""On the wire until the page runs."""

STORED = """async () => {
  const kept = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) kept.push(request.url);
  }
  const bases = (await indexedDB.databases()).length;
  return { kept, others: localStorage.length + sessionStorage.length + document.cookie.length + bases };
}"""


KEPT = """async () => {
  const { active } = await navigator.serviceWorker.ready;
  while (active.state !== "activated") await new Promise((resolve) => setTimeout(resolve, 50));
}"""


@pytest.fixture(scope="module")
def laid(tmp_path_factory):
    """The demo's folder, as the site's build makes it, and what the page needs until it runs."""
    folder = tmp_path_factory.mktemp("site") / "demo"
    return folder, demo.lay(folder)


@pytest.fixture(scope="module")
def address(laid):
    with measure.served(laid[0]) as place:
        yield place


@pytest.fixture(scope="module")
def engine(playwright, address):
    """A page with the engine's functions laid out."""
    with room.browser(playwright) as page:
        measure.prepare(page, address)
        yield page


@pytest.fixture
def opened(playwright, address, camera):
    """Opens the demo; with a camera or without. Closed after the test."""
    contexts = []

    def open_it(with_camera=True, allowed=True, before=""):
        context = room.browser(playwright, camera if with_camera else None, allowed)
        page = context.__enter__()
        contexts.append(context)
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.add_init_script(room.KEEP_TRACKS + before)
        page.goto(address)
        return room.Demo(page, page.locator(".emo-webcam"))

    yield open_it
    for context in contexts:
        context.__exit__(None, None, None)


def photo(scene) -> dict:
    stream = io.BytesIO()
    Image.fromarray(scene.image).save(stream, "PNG")
    return {"name": "photo.png", "mimeType": "image/png", "buffer": stream.getvalue()}


def open_photo(page, scene):
    page.locator("input[type=file]").set_input_files(photo(scene))


def bars(live) -> int:
    return live.root.locator(".emo-card").first.locator(".emo-name").count()


@pytest.mark.parametrize("name", measure.NETWORKS)
def test_a_network_says_what_it_says_in_python(engine, name):
    points, _ = twin.load().sample(20, seed=0)
    assert measure.difference(engine, name, twin.draw_many(points), points) <= 1e-5


def test_faces_are_cut_out_as_in_python(engine):
    scene = twin.scene(2, seed=5)
    boxes = [list(map(float, box)) for box in (*scene.boxes, [300.5, 200.5, 30, 30], [-20.0, -9.5, 90.0, 88.0])]
    theirs = measure.crops(engine, scene.image, boxes).astype(int)
    ours = np.array([faces.crop(scene.image, tuple(box)) for box in boxes]).astype(int)
    assert np.abs(theirs - ours).max() <= 1


def test_drawn_faces_are_found_and_nothing_else(engine):
    found = measure.scenes(engine, 8)
    assert found["drawn"] == 20 and found["false"] == 0 and found["found"] >= 0.97 * found["drawn"]


def test_the_wire_carries_little(laid):
    folder, needed = laid
    assert {"index.html", "weights/tiny.safetensors", "vendor/face-api/face-api.esm.js"} <= set(needed)
    assert measure.packed_bytes(folder, needed) <= MOST_BYTES


def test_a_camera_session_asks_nobody_else_and_leaves_nothing(opened, address, laid):
    live = opened()
    live.press()
    live.wait("running", "The camera is on.")
    live.wait_people()
    tensors = "window.all ??= import('./engine.js').then(({ tf }) => () => tf.memory().numTensors)"
    live.page.evaluate(f"({tensors}).then(() => 1)")
    counts = []
    for _ in range(3):
        live.page.wait_for_timeout(1500)
        counts.append(
            live.page.evaluate("window.all.then((count) => new Promise((r) => setTimeout(() => r(count()))))")
        )
    live.press()
    live.wait("idle", "Stopped.")
    live.page.wait_for_timeout(300)
    assert live.page.evaluate("window.all.then((count) => count())") <= min(counts)
    assert live.tracks() == ["ended"]
    assert [url for url in live.page.asked if not url.startswith((address, "blob:", "data:"))] == []
    live.page.evaluate(KEPT)
    stored = live.page.evaluate(STORED)
    own = {address + path.relative_to(laid[0]).as_posix() for path in laid[0].rglob("*")} | {address}
    assert stored["others"] == 0 and set(stored["kept"]) <= own


def test_every_person_of_a_photo_gets_bars(opened):
    live = opened(with_camera=False)
    open_photo(live.page, twin.scene(3, seed=2))
    live.wait("running", "3 people found in the photo.")
    live.wait_people(3)
    assert bars(live) == 7
    live.root.get_by_label("What the slides' network sees").check()
    live.root.locator(".emo-seen figcaption", has_text="What the slides' network sees: 48").first.wait_for()
    live.page.evaluate("demo.people.people.forEach((person) => (person.time -= 60))")  # as if a minute had passed
    live.root.get_by_label("What the slides' network sees").uncheck()
    live.root.locator(".emo-seen").first.wait_for(state="hidden")
    assert live.root.locator(".emo-number").all_inner_texts() == ["1", "2", "3"]


def test_another_network_is_loaded_on_a_click_and_reads_the_photo_again(opened):
    live = opened(with_camera=False)
    open_photo(live.page, twin.scene(2, seed=2))
    live.wait("running", "2 people found")
    choices = live.page.locator("#networks")
    assert not any("slides.safetensors" in url or "main.safetensors" in url for url in live.page.asked)
    loss = choices.locator("label", has=live.page.locator("[value=slides]")).inner_text()
    assert "3.8 MB" in loss and "With the ones that a browser can have it was right on" in loss
    choices.locator("[value=slides]").check()
    live.page.locator("#network-status", has_text="the slides' network reads the faces now").wait_for()
    live.wait_people(2)
    assert bars(live) == 6 and live.root.locator(".emo-card").count() == 2
    choices.locator("[value=main]").check()
    live.page.locator("#network-status", has_text="main reads the faces now").wait_for()
    live.wait_people(2)
    assert bars(live) == 7 and live.root.locator(".emo-number").all_inner_texts() == ["1", "2"]


def test_it_works_without_a_network_once_it_was_loaded(playwright, laid):
    with room.browser(playwright) as page:
        with measure.served(laid[0]) as place:
            page.goto(place)
            page.evaluate(KEPT)
        page.reload()  # nobody serves it any more
        live = room.Demo(page, page.locator(".emo-webcam"))
        live.wait("idle", "Press Start camera")
        open_photo(page, twin.scene(2, seed=2))
        live.wait("running", "2 people found in the photo.")
        page.locator("#networks [value=main]").click()
        page.locator("#network-status", has_text="main could not be loaded").wait_for()
        assert page.locator("#networks [value=tiny]").is_checked()


BLOCKED = "Object.defineProperty(navigator, 'mediaDevices', { value: undefined });"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"with_camera": False}, "No camera was found."),
        ({"allowed": False}, "not allowed to use the camera"),
        ({"before": BLOCKED}, "cannot use a camera, since its address is neither https nor localhost"),
    ],
)
def test_what_keeps_the_camera_away_is_said(opened, options, words):
    live = opened(**options)
    live.press()
    live.wait("trouble", words)


def test_what_cannot_be_loaded_is_said(playwright, address):
    with room.browser(playwright) as page:
        page.route("**/weights/tiny.safetensors", lambda route: route.fulfill(status=404))
        page.goto(address)
        live = room.Demo(page, page.locator(".emo-webcam"))
        live.wait("idle", "The demo could not be loaded")


def test_the_browser_itself_refuses_other_hosts(opened):
    refused = opened(with_camera=False).page.evaluate(
        "() => new Promise((resolve) => { document.addEventListener('securitypolicyviolation',"
        " (event) => resolve(event.blockedURI)); fetch('http://192.0.2.1/').catch(() => {}); })"
    )
    assert refused.startswith("http://192.0.2.1")


def test_the_page_works_by_keyboard_and_says_what_it_is_not(opened):
    live = opened(with_camera=False)
    page = live.page
    live.wait("idle")
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.type"))
    assert {"Start camera", "file", "checkbox", "radio"} <= set(reached)
    text = page.locator("main").inner_text()
    assert "2024/1689, Article 5(1)(f)" in text and "It reads no feelings" in text and "28,709" in text
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("[role=status]").count() >= 2 and page.locator("[aria-live=polite]").count() >= 1
