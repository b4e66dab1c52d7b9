"""What every broken or hostile dataset must come to: one sentence, in little memory, with nothing left behind."""

import contextlib
import re
import signal
import tracemalloc
from collections.abc import Iterator

import pytest

from emocourse.dataset import fer2013
from emocourse.errors import CourseError


@pytest.fixture
def bounded(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Own cache, which must stay empty; an alarm instead of a hang."""
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("EMOCOURSE_CACHE", str(cache))

    def ring(*_: object) -> None:
        raise TimeoutError("the read hangs")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    assert not [path for path in cache.rglob("*") if path.is_file()], "something was left in the cache"


def refused(path: object, says: str) -> None:
    """Reading ``path`` must end in one sentence that says this, in little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(CourseError) as caught:
            fer2013.read(path, progress=False)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    sentence = str(caught.value)
    assert sentence.isprintable() and sentence.endswith(".") and len(sentence) < 700, sentence
    assert re.search(says, sentence), sentence
    assert peak < 150e6, f"{peak / 1e6:.0f} MB"
    with contextlib.suppress(CourseError):  # the whole file's fault still raises; anything but a CourseError is a bug
        assert fer2013.read(path, skip_bad=True, progress=False, cache=False).n_skipped > 0
