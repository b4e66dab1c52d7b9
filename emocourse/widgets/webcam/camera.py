"""The live demo: the browser's camera, what the engine finds in its images, and nothing kept of them.

The camera is in the browser, and Python may be on another machine. So the page sends JPEG files over the widget's own
channel, at most two of them unanswered at any time, and draws what comes back over the live image.

Frames are custom messages and never state, so no notebook can store one. Each is decoded in memory, shown to the
engine, and forgotten.
"""

import collections
import html
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import numpy as np
import traitlets

from ... import twin
from ...emotions import EMOTIONS, INFO
from ...errors import CourseError
from ...faces import landmarks
from . import messages

if TYPE_CHECKING:
    from ...live import engine as live

WAITING = 2
"""How many frames of one widget may wait; a new one pushes out the oldest, which is answered as dropped."""

_IDLE = 10.0  # seconds without work after which the widget's thread ends
_HERE = Path(__file__).parent
PARTS = ("sources.js", "channel.js", "overlay.js", "people.js", "page.js")
"""The files that make the page's script, in this order; the browser gets them as one module."""

# One frame is decoded at a time in the whole process, however many widgets there are: it bounds the memory, and neither
# dlib's predictor nor an engine that two widgets share may be used from two threads at once.
_ONE_AT_A_TIME = threading.Lock()


class Webcam(anywidget.AnyWidget):
    """The live demo: start the camera, and see who is in the image and which emotion their faces show. Lessons 11, 12.

    Also takes a photo or a recorded clip. Everything works by keyboard. Safe to use from several threads, and several
    widgets can run at once.

    Attributes:
        mirror: whether the image is shown as in a mirror.
    """

    _esm = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in PARTS)
    _css = (_HERE / "page.css").read_text(encoding="utf-8")
    mirror = traitlets.Bool(True).tag(sync=True)
    _width = traitlets.Int().tag(sync=True)
    _height = traitlets.Int().tag(sync=True)
    _palette = traitlets.List().tag(sync=True)

    def __init__(
        self, engine: "live.Engine | None" = None, *, size: tuple[int, int] = (640, 480), mirror: bool = True
    ) -> None:
        """
        Args:
            engine: what reads the frames; None makes one with the course's model when the camera starts.
            size: width and height that the camera is asked for, in pixels; 160 to 1920 each.
            mirror: whether the image is shown as in a mirror.

        Raises:
            CourseError: the size is out of range.
        """
        self._guard = threading.Condition()  # first of all: closing needs it, also where the size is refused
        self._engine = engine
        self._work: collections.deque[messages.Message] = collections.deque()
        self._session = ""
        self._working = self._running = self._closed = self._is_warm = False
        self._last_time = -1.0
        self._numbers: dict[int, int] = {}
        if len(size) != 2 or not all(isinstance(side, int) and 160 <= side <= 1920 for side in size):
            raise CourseError("The camera's size must be two whole numbers from 160 to 1920, such as (640, 480).")
        palette = [{"name": name, "colour": INFO[name].colour} for name in EMOTIONS]
        super().__init__(mirror=mirror, _width=size[0], _height=size[1], _palette=palette)
        self.on_msg(self._receive)

    # What comes from the browser. These run on whichever thread the kernel reads messages with, and are quick.

    def _receive(self, _widget: Any, content: Any, buffers: Any) -> None:
        try:
            message = messages.parse(content, buffers)
        except CourseError as error:
            number = content.get("number") if isinstance(content, dict) else None
            session = content.get("session") if isinstance(content, dict) else None
            self._answer("refused", messages.plain(session), number=messages.plain(number), error=str(error))
            return
        if isinstance(message, messages.Ping):
            self._answer("pong", message.session, working=self._is_working(message.session))
        elif isinstance(message, messages.Load):
            self._load(message)
        elif isinstance(message, messages.Start):
            self._begin(message)
        elif isinstance(message, messages.Stop):
            self._end(message)
        else:
            self._queue(message)

    def _load(self, message: messages.Load) -> None:
        with self._guard:
            if any(isinstance(item, messages.Load) for item in self._work):
                return
            self._give(message)
            is_warm = self._is_warm
        if not is_warm:
            self._answer("loading", message.session)

    def _begin(self, message: messages.Start) -> None:
        with self._guard:
            replaced, self._session = self._session, message.session
            self._leave_frames()
            self._last_time = -1.0
            self._give(message)
        if replaced and replaced != message.session:
            self._answer("replaced", replaced)
        self._answer("loading", message.session)

    def _end(self, message: messages.Stop) -> None:
        with self._guard:
            if message.session == self._session:
                self._session = ""
                self._leave_frames()
                self._give(message)

    def _leave_frames(self) -> None:
        """Forget what waits, but for pages that wait for the model. The guard is held."""
        self._work = collections.deque(item for item in self._work if isinstance(item, messages.Load))

    def _queue(self, frame: messages.Frame) -> None:
        dropped = None
        with self._guard:
            known = frame.session == self._session
            if known and frame.time > self._last_time:
                self._last_time = frame.time
                waiting = [item for item in self._work if isinstance(item, messages.Frame)]
                if len(waiting) >= WAITING:
                    dropped = waiting[0]
                    self._work.remove(dropped)
                self._give(frame)
            elif known:
                dropped = frame
        if not known:
            self._answer("replaced", frame.session)
        if dropped is not None:
            self._answer("dropped", dropped.session, number=dropped.number)

    def _is_working(self, session: str) -> bool:
        with self._guard:
            return session == self._session and (self._working or bool(self._work))

    def _give(self, message: messages.Message) -> None:
        """Hand a message to the widget's thread, which is started where there is none. The guard is held."""
        if self._closed:
            return
        self._work.append(message)
        self._guard.notify()
        if not self._running:
            self._running = True
            threading.Thread(target=self._run, name="emocourse-webcam", daemon=True).start()

    # What the widget's own thread does.

    def _run(self) -> None:
        while self._take():
            pass

    def _take(self) -> bool:
        """Do the next piece of work; False when there was none for a while, and the thread ends."""
        with self._guard:
            self._working = False
            if not self._work and not self._closed:
                self._guard.wait(_IDLE)
            if not self._work or self._closed:
                self._running = False
                self._work.clear()
                return False
            self._working = True
            message = self._work.popleft()
        number = message.number if isinstance(message, messages.Frame) else None
        try:
            if isinstance(message, messages.Frame):
                self._analyse(message)
            else:
                self._prepare(message)
        except Exception as error:  # seen nowhere if it left this thread
            # Neither the engine's frames nor ours may keep the image, whoever keeps the exception.
            traceback.clear_frames(error.__traceback__)
            error.__traceback__ = None
            kind = "refused" if isinstance(error, CourseError) and number is not None else "failed"
            self._answer(kind, message.session, number=number, error=messages.sentence(error))
        return True

    def _prepare(self, message: messages.Load | messages.Start | messages.Stop) -> None:
        """Load the engine where that is to do; begin with one that remembers nobody, and leave such a one behind."""
        with _ONE_AT_A_TIME:
            if not self._is_warm and not isinstance(message, messages.Stop):
                self._warm_up()
            if self._engine is not None and not isinstance(message, messages.Load):
                self._engine.reset()
                self._numbers.clear()
        if not isinstance(message, messages.Stop):
            kind = "loaded" if isinstance(message, messages.Load) else "ready"
            self._answer(kind, message.session, channel=self.model_id)

    def _warm_up(self) -> None:
        if self._engine is None:
            from ...live import engine as live

            self._engine = live.Engine()
        self._engine.reset()
        # A drawn face loads what is loaded at the first use, so that the first true frame is answered at once.
        scene = twin.scene(1, size=(self._width, self._height))
        self._engine.step(np.repeat(scene.image[..., None], 3, axis=2), 0.0)
        self._is_warm = True

    def _analyse(self, frame: messages.Frame) -> None:
        with _ONE_AT_A_TIME:
            image = messages.decode(frame.jpeg)
            height, width = image.shape[:2]
            people = self._engine.step(image, frame.time)
            blank = None if people else messages.blank(image)
            del image
            # The engine counts on from session to session; on the page, the first person is 1.
            numbers = [self._numbers.setdefault(person.id, len(self._numbers) + 1) for person in people]
        binaries = [messages.packed(person.seen) for person in people] if frame.binary else []
        self._answer(
            "people",
            frame.session,
            buffers=binaries,
            number=frame.number,
            size=[width, height],
            blank=blank,
            people=[messages.describe(*pair) for pair in zip(people, numbers, strict=True)],
        )

    def _answer(self, kind: str, session: str | None, buffers: list[bytes] | None = None, **content: Any) -> None:
        if not self._closed:
            self.send({"kind": kind, "session": session, **content}, buffers)

    def close(self) -> None:
        """Close the widget: the page frees the camera, and nothing more is answered."""
        with self._guard:
            self._closed = True
            self._work.clear()
            self._guard.notify()
        super().close()

    # A page without a kernel.

    def __repr__(self) -> str:
        return "Webcam: run this cell in JupyterLab to start the demo"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options)
        if bundle is None:
            return None
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "text/plain": repr(self), "text/html": static_html()}, metadata


def static_html() -> str:
    """What a page without a kernel shows: a drawing in place of the camera's image, and what to do."""
    points = twin.load().mean("happiness")[landmarks.OUTLINE.stop :]
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="0.7"/>' for x, y in points)
    alt = "The 51 inner landmarks of a happy face in a box: the demo marks each person in the image like this."
    return (
        f'<svg viewBox="0 0 48 48" width="144" height="144" role="img" aria-label="{html.escape(alt, quote=True)}">'
        f'<rect x="1" y="1" width="46" height="46" fill="#fff" stroke="{INFO["happiness"].colour}" stroke-width="2"/>'
        f"<g>{dots}</g></svg>"
        "<p>The live demo needs Python at work behind the page: run this cell in JupyterLab, and press "
        "<b>Start camera</b>.</p>"
    )
