"""The live demo's script on an empty page, with a made-up kernel: other notebooks' buffers, blanked canvases."""

import base64

import lab as room
import pytest

from emocourse.widgets.webcam import Webcam

# The widget's model, as a notebook hands it over, and a kernel that sees one person in every frame.
KERNEL = """async ({ script, form, blank, drowsiness }) => {
  const make = { dataview: (b) => new DataView(b.buffer, b.byteOffset, b.byteLength), uint8array: (b) => b,
    arraybuffer: (b) => b.slice().buffer }[form];
  const palette = [{ name: "fear", colour: "#123456" }];
  const heard = [], state = { mirror: true, _width: 640, _height: 480, _palette: palette };
  const person = { id: 1, box: [8, 8, 30, 30], landmarks: Array(136).fill(20), emotion: "fear", probability: 0.9,
    probabilities: { fear: 0.9 }, drowsiness };
  const seen = new Uint8Array(2 + 288).fill(0xaa).subarray(2);  // a part of a larger message, not at its beginning
  const model = { get: (name) => state[name], set() {}, save_changes() {}, off() {},
    on: (event, work) => event === "msg:custom" && heard.push(work),
    send({ kind, session, number }) {
      const answer = { load: "loaded", start: "ready", frame: "people" }[kind];
      if (!answer) return;
      const people = blank ? [] : [person];
      const content = { kind: answer, session, number, people, blank, size: [48, 48] };
      setTimeout(() => heard.forEach((work) => work(content, answer === "people" ? people.map(() => make(seen)) : [])));
    } };
  const module = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  module.default.render({ model, el: document.body });
}"""
READ = """() => { const canvas = document.querySelector(".emo-seen canvas");
  return [...canvas.getContext("2d").getImageData(0, 0, 4, 1).data].filter((_, k) => k % 4 === 0); }"""
BLANKING = {
    "one colour": "(data) => data.fill(255)",
    "noise": "(data) => data.forEach((_, k) => (data[k] = 256 * Math.random()))",
    "an exception": "() => { throw new DOMException('no', 'SecurityError'); }",
}
INSTEAD = """(change) => {{ const read = CanvasRenderingContext2D.prototype.getImageData;
  CanvasRenderingContext2D.prototype.getImageData = function (...place) {{
    const image = read.apply(this, place); ({change})(image.data); return image; }}; }}"""


@pytest.fixture
def open_photo(playwright, tmp_path):
    """Opens the demo with a photo; which form its buffers have, and whether the kernel says that it saw nothing."""
    browsers = []

    def open_it(form="dataview", blank=None, before="", drowsiness=None):
        context = room.browser(playwright)
        browsers.append(context)
        page = context.__enter__()
        page.route("http://localhost/**", lambda route: route.fulfill(content_type="text/html", body="<body></body>"))
        page.goto("http://localhost/")
        if before:
            page.evaluate(before)
        page.evaluate(KERNEL, {"script": Webcam._esm, "form": form, "blank": blank, "drowsiness": drowsiness})
        photo = page.evaluate(
            "() => { const c = document.createElement('canvas'); c.getContext('2d').fillRect(9, 9, 20, 20);"
            " return c.toDataURL('image/png').split(',')[1]; }"
        )
        file = {"name": "photo.png", "mimeType": "image/png", "buffer": base64.b64decode(photo)}
        demo = room.Demo(page, page.locator(".emo-webcam"))
        page.locator(".emo-binary").check()
        page.locator("input[type=file]").set_input_files(file)
        return demo

    yield open_it
    for context in browsers:
        context.__exit__(None, None, None)


@pytest.mark.parametrize("form", ["dataview", "uint8array", "arraybuffer"])
def test_what_the_network_sees_comes_in_any_buffer(open_photo, form):
    demo = open_photo(form)
    demo.wait("running", "1 person found in the photo.")
    assert demo.page.evaluate(READ) == [255, 0, 255, 0]  # 0xaa is 10101010


@pytest.mark.parametrize("how", BLANKING)
def test_a_browser_that_blanks_what_it_draws_is_named(open_photo, how):
    demo = open_photo(before=f"({INSTEAD.format(change=BLANKING[how])})()")
    demo.wait("trouble", "does not let this page read its own images (a protection against tracking)")


def test_a_protection_that_changes_last_bits_only_does_no_harm(open_photo):
    change = "(data) => data.forEach((value, k) => (data[k] = value ^ (k % 3 === 0)))"
    open_photo(before=f"({INSTEAD.format(change=change)})()").wait("running", "1 person found")


@pytest.mark.parametrize(("blank", "words"), [("colour", "has the same colour"), ("noise", "nothing but noise")])
def test_an_empty_image_is_told_instead_of_nobody(open_photo, blank, words):
    text = open_photo(blank=blank).wait("waiting", words)
    assert "protection against tracking" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Awake: eyes 90 % open, PERCLOS 4 %, 7 blinks"),
        (
            {"problem": "no blinks seen", "openness": None, "blinks": None},
            "judged: no blinks seen. (eyes ? open",
        ),
    ],
)
def test_somebody_who_cannot_be_judged_is_not_called_awake(open_photo, changes, words):
    state = {"calibrated": True, "problem": None, "openness": 0.9, "perclos": 0.04, "blinks": 7, "yawns": 0}
    demo = open_photo(drowsiness={**state, "alarm": False, "reasons": [], **changes})
    demo.wait("running", "1 person found in the photo.")
    demo.page.locator(".emo-tired", has_text=words).wait_for()
