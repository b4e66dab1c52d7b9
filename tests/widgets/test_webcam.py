"""The webcam widget without a browser: the protocol, the queue, hostile messages, nothing kept, threads."""

import gc
import io
import json
import os
import sys
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
from PIL import Image

from course_tools.authoring.execution import WIDGET_VIEW
from emocourse import twin
from emocourse.emotions import EMOTIONS, INFO
from emocourse.errors import CourseError
from emocourse.widgets.webcam import Webcam, messages
from emocourse.widgets.webcam import camera as webcam

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "browser"))
from engines import FakeEngine


def jpeg(width=64, height=48, progressive=False, colour=90):
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (colour, 30, 200)).save(stream, "JPEG", progressive=progressive)
    return stream.getvalue()


def with_size(data, width, height):
    """The same file, whose header says another size."""
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + data[at + 4 :]


def wait_until(true):
    until = time.monotonic() + 60
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)


class Page:
    """Stands in for the browser: what it sends goes to the widget's handler, and what comes back is kept here."""

    def __init__(self, engine, **options):
        self.widget = Webcam(engine, **options)
        self.answers, self.arrived = [], threading.Condition()
        self.widget.send = self.hear
        self.number = 0

    def hear(self, content, buffers=None):
        json.dumps(content, allow_nan=False)  # the browser reads no NaN
        with self.arrived:
            self.answers.append((content, buffers))
            self.arrived.notify_all()

    def send(self, content, *buffers):
        self.widget._receive(self.widget, content, list(buffers))

    def frame(self, data=None, session="a", time=None, **more):
        self.number += 1
        data = jpeg() if data is None else data
        moment = self.number / 30 if time is None else time
        self.send(
            {"kind": "frame", "session": session, "number": self.number, "time": moment, "binary": False, **more}, data
        )
        return self.number

    def kinds(self):
        with self.arrived:
            return [content["kind"] for content, _ in self.answers]

    def wait(self, kind, number=None):
        """The first answer of that kind (and number), waited for."""

        def found():
            for content, buffers in self.answers:
                if content["kind"] == kind and (number is None or content.get("number") == number):
                    return content, buffers
            return None

        with self.arrived:
            assert self.arrived.wait_for(found, 60), f"no {kind} {number} in {self.answers}"
            return found()

    def start(self, session="a"):
        self.send({"kind": "start", "session": session})
        return self.wait("ready")


@pytest.fixture
def make_page():
    pages = []

    def make(engine=None, **options):
        pages.append(Page(FakeEngine() if engine is None else engine, **options))
        return pages[-1]

    yield make
    for page in pages:
        page.widget.close()


def test_a_session_from_start_to_stop(make_page):
    engine = FakeEngine(people=2)
    page = make_page(engine)
    assert page.start()[0]["session"] == "a"
    assert page.kinds() == ["loading", "ready"]
    number = page.frame()
    content, buffers = page.wait("people", number)
    assert not buffers and content["size"] == [64, 48] and len(content["people"]) == 2
    person = content["people"][0]
    assert person["id"] == 1 and len(person["box"]) == 4 and len(person["landmarks"]) == 136
    assert person["emotion"] in EMOTIONS and sum(person["probabilities"].values()) == pytest.approx(1, abs=0.01)
    assert engine.seen == {(480, 640), (48, 64)}  # the first is the drawn face that warms it up
    before = engine.resets
    page.send({"kind": "stop", "session": "a"})
    page.send({"kind": "ping", "session": "a"})
    wait_until(lambda: engine.resets == before + 1)
    page.frame()
    assert page.kinds()[-1] == "replaced"


def test_the_model_is_loaded_when_a_page_shows_the_widget(make_page):
    engine = FakeEngine()
    page = make_page(engine)
    page.send({"kind": "load", "session": "view"})
    page.wait("loaded")
    assert engine.steps == 1 and page.kinds() == ["loading", "loaded"]
    page.send({"kind": "load", "session": "other"})
    wait_until(lambda: len(page.kinds()) == 3)
    assert page.answers[-1][0]["session"] == "other"
    page.start()
    assert engine.steps == 1
    page.send({"kind": "load", "session": "view"})  # while another page looks on, the session goes on
    page.wait("people", page.frame())


def test_people_are_numbered_from_one_in_every_session(make_page):
    engine = FakeEngine(people=2)
    step, first = engine.step, 40
    page = make_page(engine)

    def counting_on(frame, moment):
        people = step(frame, moment)
        for person in people:
            person.id += first
        return people

    engine.step = counting_on
    for session in ("a", "b"):
        page.send({"kind": "start", "session": session})
        content, _ = page.wait("people", page.frame(session=session))
        assert [person["id"] for person in content["people"]] == [1, 2]
        first += 7


def test_the_engine_gets_the_image_and_the_time(make_page):
    got = []
    engine = FakeEngine()
    engine.step = lambda frame, moment: got.append((frame.copy(), moment)) or []
    page = make_page(engine)
    page.start()
    scene = twin.scene(1, size=(320, 240), seed=1).image
    data = cv2.imencode(".jpg", scene, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    page.wait("people", page.frame(data, time=12.5))
    frame, moment = got[-1]
    assert frame.shape == (240, 320, 3) and frame.dtype == np.uint8 and moment == 12.5
    assert np.abs(frame.astype(int) - scene[..., None]).mean() < 3


def test_the_binary_image_comes_when_asked_for(make_page):
    engine = FakeEngine()
    page = make_page(engine)
    page.start()
    content, buffers = page.wait("people", page.frame(binary=True, time=1.0))
    expected = engine.step(np.zeros((48, 64), np.uint8), 1.0)[0].seen[..., 0]
    bits = np.unpackbits(np.frombuffer(buffers[0], np.uint8)).reshape(48, 48)
    assert len(content["people"]) == len(buffers) == 1 and np.array_equal(bits, expected)


def test_a_network_of_pixels_sees_grey(make_page):
    grey = np.arange(44 * 44, dtype=np.uint8).reshape(44, 44)
    assert messages.packed(grey) == grey.tobytes()


def test_not_sure_and_drowsy_are_told(make_page):
    page = make_page(FakeEngine(unsure=True, tired=True))
    page.start()
    person = page.wait("people", page.frame())[0]["people"][0]
    assert person["emotion"] is None and person["probability"] == 0.72
    assert person["drowsiness"]["alarm"] is True and person["drowsiness"]["reasons"] == ["perclos"]


def test_what_nobody_knows_of_a_driver_is_none_and_no_zero(make_page):
    engine = FakeEngine(tired=True)
    people = engine.step(np.zeros((48, 64), np.uint8), 0.0)
    vars(people[0].drowsiness).update(problem="no blinks seen", blinks_counted=False, perclos=np.nan, openness=np.nan)
    engine.step = lambda frame, moment: people
    page = make_page(engine)
    page.start()
    told = page.wait("people", page.frame())[0]["people"][0]["drowsiness"]
    assert (told["problem"], told["blinks"], told["perclos"], told["openness"]) == ("no blinks seen", None, None, None)


def test_numbers_that_are_none_do_not_stop_the_page(make_page):
    engine = FakeEngine(tired=True)
    people = engine.step(np.zeros((48, 64), np.uint8), 0.0)
    people[0].landmarks[3] = np.nan
    people[0].probability = float("inf")
    engine.step = lambda frame, moment: people
    page = make_page(engine)
    page.start()
    assert page.wait("people", page.frame())[0]["people"][0]["probability"] == 0


BAD_MESSAGES = {
    "no object": ["frame"],
    "nothing": None,
    "no kind": {"session": "a"},
    "unknown kind": {"kind": "rm", "session": "a"},
    "a kind that is a list": {"kind": ["frame"], "session": "a"},
    "no session": {"kind": "start"},
    "a session that is a number": {"kind": "start", "session": 5},
    "a long session": {"kind": "start", "session": "a" * 65},
    "a session with markup": {"kind": "start", "session": "<b>"},
    "no number": {"kind": "frame", "session": "a", "time": 1.0},
    "a number below zero": {"kind": "frame", "session": "a", "number": -1, "time": 1.0},
    "a number that is true": {"kind": "frame", "session": "a", "number": True, "time": 1.0},
    "a huge number": {"kind": "frame", "session": "a", "number": 10**400, "time": 1.0},
    "no time": {"kind": "frame", "session": "a", "number": 1},
    "time as text": {"kind": "frame", "session": "a", "number": 1, "time": "now"},
    "time without end": {"kind": "frame", "session": "a", "number": 1, "time": float("inf")},
    "no time at all": {"kind": "frame", "session": "a", "number": 1, "time": float("nan")},
}


@pytest.mark.parametrize("name", BAD_MESSAGES)
def test_a_message_that_makes_no_sense_is_refused_and_the_next_one_read(make_page, name):
    engine = FakeEngine()
    page = make_page(engine)
    page.start()
    steps = engine.steps
    page.send(BAD_MESSAGES[name], jpeg())
    assert page.kinds()[-1] == "refused" and page.answers[-1][0]["error"].endswith(".")
    assert engine.steps == steps
    page.wait("people", page.frame())


BAD_FRAMES = {
    "truncated": lambda: jpeg(640, 480)[:-400],
    "only the header": lambda: jpeg()[:20],
    "empty": lambda: b"",
    "20,000 × 20,000 in the header": lambda: with_size(jpeg(), 20_000, 20_000),
    "one pixel too wide": lambda: with_size(jpeg(), 4097, 16),
    "no pixels": lambda: with_size(jpeg(), 0, 0),
    "a PNG": lambda: cv2.imencode(".png", np.zeros((48, 64), np.uint8))[1].tobytes(),
    "text": lambda: b"GET / HTTP/1.1\r\n\r\n",
    "10 MB of noise": lambda: np.random.default_rng(0).bytes(10_000_000),
    "noise after the magic": lambda: b"\xff\xd8\xff" + np.random.default_rng(0).bytes(1_000_000),
    "thousands of scans": lambda: jpeg(progressive=True)[:-2] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" * 9999,
}


@pytest.mark.parametrize("name", BAD_FRAMES)
def test_a_hostile_frame_is_refused_and_the_next_one_read(make_page, capfd, name):
    engine = FakeEngine()
    page = make_page(engine)
    page.start()
    steps, before = engine.steps, psutil.Process().memory_info().rss
    number = page.frame(BAD_FRAMES[name]())
    error = page.wait("refused", number)[0]["error"]
    assert error.endswith(".") and "\n" not in error and engine.steps == steps
    page.wait("people", page.frame())
    assert psutil.Process().memory_info().rss - before < 100 << 20
    assert capfd.readouterr() == ("", "")


BUFFERS = {
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": memoryview,
    "a view of larger items": lambda data: memoryview(data + bytes(-len(data) % 4)).cast("I"),
    "every other byte": lambda data: memoryview(b"".join(bytes((value, 0)) for value in data))[::2],
    "an array": lambda data: np.frombuffer(data, np.uint8),
}


@pytest.mark.parametrize("form", BUFFERS)
def test_a_frame_may_come_in_any_buffer(make_page, form):
    page = make_page()
    page.start()
    page.wait("people", page.frame(BUFFERS[form](jpeg())))


def released():
    view = memoryview(jpeg())
    view.release()
    return view


@pytest.mark.parametrize("buffers", [[], [jpeg(), jpeg()], ["text"], [5], [None], [released()]])
def test_a_frame_is_one_image(make_page, buffers):
    page = make_page()
    page.start()
    page.send({"kind": "frame", "session": "a", "number": 1, "time": 1.0}, *buffers)
    assert page.kinds()[-1] == "refused"


def blanked(kind):
    """What browsers give in place of what a page drew."""
    if kind == "noise":
        return np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    return np.full((240, 320, 3), 255 if kind == "colour" else 12, np.uint8)


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (blanked("colour"), "colour"),
        (blanked("black"), "colour"),
        (blanked("noise"), "noise"),
        (np.repeat(twin.scene(1, size=(320, 240), seed=1).image[..., None], 3, axis=2), None),
        (np.random.default_rng(0).normal(12, 5, (240, 320, 3)).clip(0, 255).astype(np.uint8), None),  # a dark room
    ],
)
def test_a_image_that_the_browser_blanked_is_recognised(make_page, image, said):
    page = make_page(FakeEngine(people=0))
    page.start()
    for quality in (75, 90):
        data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        content, _ = page.wait("people", page.frame(data))
        assert content["people"] == [] and content["blank"] == said


@pytest.mark.parametrize("size", [(1, 1), (1, 90), (90, 1), (2, 2)])
def test_a_image_of_few_pixels_is_looked_at_too(size):
    assert messages.blank(np.zeros((*size, 3), np.uint8)) == "colour"
    messages.blank(np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8))


def test_where_somebody_is_seen_no_image_is_blank(make_page):
    page = make_page()
    page.start()
    assert page.wait("people", page.frame())[0]["blank"] is None


def test_the_largest_frame_is_read():
    assert messages.decode(jpeg(4096, 4096)).shape == (4096, 4096, 3)
    assert messages.decode(jpeg(64, 48, progressive=True)).shape == (48, 64, 3)


def test_a_thousand_frames_at_once(make_page):
    """A slow engine, a page that does not wait: the newest frames are read, the others dropped, nothing piles up."""
    engine = FakeEngine(pause=0.02)
    page = make_page(engine)
    page.start()
    data = jpeg(4096, 2048)
    steps, before, most = engine.steps, psutil.Process().memory_info().rss, 0
    for _ in range(1000):
        last = page.frame(bytearray(data))
        assert len(page.widget._work) <= webcam.WAITING
        most = max(most, psutil.Process().memory_info().rss)
    page.wait("people", last)
    with page.arrived:
        assert page.arrived.wait_for(lambda: len(page.kinds()) >= 1002, 60)
    kinds = page.kinds()
    assert kinds.count("people") + kinds.count("dropped") == 1000 and kinds.count("people") >= 2
    assert engine.steps - steps == kinds.count("people") and engine.most == 1
    # Two waiting, one at work and its pixels: far below the 1,000 × 8 MB of all images decoded.
    assert most - before < 150 << 20


def test_a_thousand_starts_and_pings_at_once(make_page):
    page = make_page()
    for k in range(1000):
        page.send({"kind": "load", "session": f"s{k}"})
        page.send({"kind": "start", "session": f"s{k}"})
        page.send({"kind": "ping", "session": f"s{k}"})
        assert len(page.widget._work) <= 2
    with page.arrived:
        assert page.arrived.wait_for(
            lambda: any(c["kind"] == "ready" and c["session"] == "s999" for c, _ in page.answers), 60
        )
    page.wait("people", page.frame(session="s999"))


def test_stale_frames_are_dropped(make_page):
    engine = FakeEngine()
    page = make_page(engine)
    page.start()
    page.wait("people", page.frame(time=5.0))
    page.wait("dropped", page.frame(time=4.9))
    page.wait("people", page.frame(time=5.1))


def test_a_second_view_takes_over(make_page):
    page = make_page()
    page.start("one")
    page.send({"kind": "start", "session": "two"})
    assert page.wait("replaced")[0]["session"] == "one"
    page.frame(session="one")
    assert page.answers[-1][0]["kind"] in ("replaced", "ready")
    page.wait("people", page.frame(session="two"))


@pytest.mark.parametrize(
    ("fault", "kind", "text"),
    [
        (ValueError("no <face>\nto read"), "failed", "The engine stopped with ValueError: no <face> to read"),
        (MemoryError(), "failed", "The engine stopped: MemoryError()"),
        (CourseError("This model needs colour."), "refused", "This model needs colour."),
    ],
)
def test_an_exception_of_the_engine_is_told_and_the_demo_goes_on(make_page, fault, kind, text):
    engine = FakeEngine()
    page = make_page(engine)
    page.start()
    engine.fault = fault
    assert page.wait(kind, page.frame())[0]["error"] == text
    engine.fault = None
    page.wait("people", page.frame())


def test_an_engine_that_cannot_be_loaded_is_told(make_page):
    page = make_page(FakeEngine(fault=CourseError("No weights are here: train some.")))
    page.send({"kind": "start", "session": "a"})
    assert page.wait("failed")[0]["error"] == "No weights are here: train some."


def reachable(root):
    """Every object that can be reached from one, modules and classes left out."""
    found, todo = {}, [root]
    while todo:
        item = todo.pop()
        if id(item) in found or isinstance(item, type) or type(item).__name__ == "module":
            continue
        found[id(item)] = item
        todo += gc.get_referents(item)
        if len(found) > 300_000:
            break
    return found.values()


@pytest.mark.parametrize("fault", [None, ValueError("oh")])
def test_no_frame_is_kept_after_its_answer(make_page, fault):
    kept = []
    engine = FakeEngine()
    step = engine.step
    engine.step = lambda frame, moment: kept.append(id(frame)) or step(frame, moment)
    page = make_page(engine)
    page.start()
    engine.fault = fault
    scene = twin.scene(1, size=(160, 120), seed=2).image
    data = cv2.imencode(".jpg", scene)[1].tobytes()
    page.wait("failed" if fault else "people", page.frame(data))
    resets = engine.resets
    page.send({"kind": "stop", "session": "a"})
    wait_until(lambda: engine.resets > resets and not page.widget._working)
    gc.collect()
    held = [item for item in gc.get_objects() if isinstance(item, np.ndarray) and item.shape[:2] == (120, 160)]
    assert [item for item in held if item is not scene] == []
    assert data not in [item for item in reachable(page.widget.__dict__) if isinstance(item, bytes)]
    assert not any(isinstance(item, messages.Frame) for item in gc.get_objects())


def test_no_frame_is_in_the_widgets_state(make_page):
    page = make_page()
    page.start()
    before = page.widget.get_state()
    page.wait("people", page.frame(jpeg(640, 480)))
    assert page.widget.get_state() == before
    private = {"_esm", "_css", "_palette", "_width", "_height", "mirror"}
    assert {key for key in before if not key.startswith(("_model", "_view", "_dom", "_anywidget"))} - private <= {
        "layout",
        "tabbable",
        "tooltip",
    }
    assert not any(isinstance(value, bytes | memoryview) for value in before.values())


def test_threads_and_two_widgets_that_share_an_engine(make_page):
    """Messages from several threads, and one engine behind two widgets: never two steps at a time."""
    engine = FakeEngine(pause=0.002)
    pages = [make_page(engine), make_page(engine)]
    for page in pages:
        page.start()

    def work(page, first):
        for k in range(50):
            content = {"kind": "frame", "session": "a", "number": first + k, "time": float(first + k)}
            page.send(content, jpeg())

    threads = [threading.Thread(target=work, args=(page, 100 * k)) for page in pages for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for page in pages:
        with page.arrived:
            assert page.arrived.wait_for(lambda page=page: len(page.kinds()) >= 202, 60)
        assert set(page.kinds()) == {"loading", "ready", "people", "dropped"}
    assert engine.most == 1


def test_the_thread_ends_when_idle_and_begins_again(make_page, monkeypatch):
    monkeypatch.setattr(webcam, "_IDLE", 0.05)
    page = make_page()
    page.start()
    wait_until(lambda: not page.widget._running)
    page.wait("people", page.frame())


def test_a_closed_widget_answers_nothing_and_leaves_no_thread(make_page):
    engine = FakeEngine(pause=0.05)
    page = make_page(engine)
    page.start()
    page.frame()
    page.widget.close()
    count = len(page.answers)
    page.send({"kind": "start", "session": "b"})
    wait_until(lambda: not page.widget._running)
    assert len(page.answers) == count


@pytest.mark.parametrize("size", [(0, 480), (640,), (640, 1921), (640.0, 480), "ab"])
def test_refuses_sizes_no_camera_has(size):
    with pytest.raises(CourseError, match="160 to 1920"):
        Webcam(FakeEngine(), size=size)


def test_the_page_gets_the_courses_colours():
    palette = Webcam(FakeEngine())._palette
    assert [entry["name"] for entry in palette] == list(EMOTIONS)
    assert all(entry["colour"] == INFO[entry["name"]].colour for entry in palette)


def test_a_page_without_a_kernel_has_words_and_a_drawing():
    data, _ = Webcam(FakeEngine())._repr_mimebundle_()
    assert WIDGET_VIEW in data and "Start camera" in data["text/html"] and 'role="img"' in data["text/html"]
    assert (
        "data:image" not in data["text/html"] and "JupyterLab" in data["text/plain"] and "0x" not in data["text/plain"]
    )


def test_the_page_loads_nothing_from_elsewhere():
    """No address, no import: the script runs in a class room without internet, and nothing of it leaves the page."""
    for text in (Webcam._esm, Webcam._css):
        for word in ("http:", "https:", "//cdn", "import ", "@import", "url(", "fetch(", "XMLHttpRequest", "WebSocket"):
            assert word not in text, word
    for word in (
        "localStorage",
        "sessionStorage",
        "indexedDB",
        "caches",
        "eval(",
        "innerHTML",
        "MediaRecorder",
        ".download",
    ):
        assert word not in Webcam._esm, word


def test_importing_the_widget_loads_no_tensorflow(run_python):
    out = run_python(
        "import sys; from emocourse.widgets.webcam import Webcam; Webcam();"
        "print([name for name in ('tensorflow', 'dlib', 'cv2') if name in sys.modules])"
    )
    assert out.strip() == "[]", os.linesep + out
