"""The download, with a stand-in for Kaggle's library."""

import builtins
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest
from fer2013_files import csv_text, good_text, random_images

from emocourse.dataset import download as kaggle
from emocourse.dataset import fer2013
from emocourse.errors import CourseError
from emocourse.files import store as files

COUNTS = {"train": (2, 1, 1, 3, 1, 1, 2), "validation": (1, 0, 1, 1, 1, 1, 1)}
LABELS = [k for n in COUNTS.values() for k, count in enumerate(n) for _ in range(count)] + [0, 1, 2]
USAGES = ["Training"] * 11 + ["PublicTest"] * 6 + ["PrivateTest"] * 3
GOOD = csv_text(random_images(20), LABELS, USAGES)


class UnauthenticatedError(Exception):
    """Named like kagglehub's own."""


class HTTPError(OSError):
    """Like that of requests: an OSError that carries the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status} Client Error.\n\nYou don't have permission")
        self.response = types.SimpleNamespace(status_code=status)


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("EMOCOURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("EMOCOURSE_FER2013", raising=False)
    monkeypatch.setattr(fer2013, "PUBLISHED", COUNTS)
    monkeypatch.setattr(fer2013, "PRIVATE_TEST", 3)
    return tmp_path / "cache"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> types.SimpleNamespace:
    """A stand-in for kagglehub: ``contents`` is what each further call delivers; an exception is raised."""
    state = types.SimpleNamespace(calls=[], contents=[GOOD], file="fer2013.csv")

    def deliver(what: str) -> Callable[..., str]:
        def call(handle: str, path: str | None = None, force_download: bool = False) -> str:
            state.calls.append((what, handle, force_download))
            content = state.contents[min(len(state.calls), len(state.contents)) - 1]
            if isinstance(content, Exception):
                raise content
            folder = tmp_path / "kaggle" / "versions" / "1"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / state.file).write_text(content)
            return str(folder if path is None else folder / state.file)

        return call

    module = types.ModuleType("kagglehub")
    module.dataset_download = deliver("dataset")
    module.competition_download = deliver("competition")
    monkeypatch.setitem(sys.modules, "kagglehub", module)
    return state


def test_success(hub: types.SimpleNamespace, cache: Path) -> None:
    path = fer2013.download(progress=False)
    assert path == cache / "fer2013" / "fer2013.csv" == fer2013.find()
    assert path.read_text() == GOOD and len(fer2013.read(progress=False)) == 20
    assert hub.calls == [("dataset", "deadskull7/fer2013", False)]
    assert files.read_json(cache / "fer2013" / "checksums.json") == {"fer2013.csv": files.sha256(path)}
    assert fer2013.download(progress=False) == path and len(hub.calls) == 1, "nothing is downloaded twice"
    path.write_text("damaged later")
    assert fer2013.download(progress=False).read_text() == GOOD and len(hub.calls) == 2


def test_later_download_must_be_the_same(hub: types.SimpleNamespace, cache: Path) -> None:
    path = fer2013.download(progress=False)
    path.unlink()
    hub.contents = [GOOD.replace(" 7 ", " 8 ", 1)]
    with pytest.raises(CourseError, match="another SHA-256 than the download before"):
        fer2013.download(progress=False)
    assert not path.exists()


def test_target(hub: types.SimpleNamespace, tmp_path: Path) -> None:
    assert fer2013.download(tmp_path / "new" / "mine.csv", progress=False) == tmp_path / "new" / "mine.csv"
    assert fer2013.download(tmp_path, progress=False) == tmp_path / "fer2013.csv"
    assert (tmp_path / "new" / "mine.csv").read_text() == (tmp_path / "fer2013.csv").read_text() == GOOD


def test_competition_when_the_dataset_is_gone(hub: types.SimpleNamespace, cache: Path) -> None:
    hub.contents, hub.file = [HTTPError(404), GOOD], "icml_face_data.csv"
    assert fer2013.download(progress=False) == cache / "fer2013" / "icml_face_data.csv"
    assert [what for what, *_ in hub.calls] == ["dataset", "competition"]


def test_damaged_download_is_repeated(hub: types.SimpleNamespace) -> None:
    hub.contents = [GOOD[:-5000], GOOD]
    assert fer2013.download(progress=False).read_text() == GOOD
    assert [again for *_, again in hub.calls] == [False, True]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (GOOD[:-5000], "twice: .*line 21"),
        (good_text(), r"twice: .*images in train"),
        ("\n".join(GOOD.splitlines()[:-1]), r"twice: .*2 images in test, not 3"),
    ],
)
def test_damaged_twice(content: str, says: str, hub: types.SimpleNamespace, cache: Path) -> None:
    hub.contents = [content]
    with pytest.raises(CourseError, match=says) as caught:
        fer2013.download(progress=False)
    assert str(caught.value).isprintable()
    assert not [path for path in cache.rglob("*") if path.is_file()], "nothing half-done may stay"


def test_shipped_checksum(hub: types.SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = tmp_path / "checksums.json"
    monkeypatch.setattr(files, "data_path", lambda *_: shipped)
    files.write_json(shipped, {"fer2013/fer2013.csv": "0" * 64})
    with pytest.raises(CourseError, match="another SHA-256"):
        fer2013.download(progress=False)
    files.write_json(shipped, {"fer2013/fer2013.csv": files.sha256(GOOD.encode())})
    assert fer2013.download(progress=False).exists()


def test_download_without_the_csv(hub: types.SimpleNamespace) -> None:
    hub.file = "something.csv"
    with pytest.raises(CourseError, match=r"holds none of fer2013.csv, icml_face_data.csv"):
        fer2013.download(progress=False)


@pytest.mark.parametrize(
    ("errors", "says"),
    [
        ([ConnectionError("Name or service\nnot known")], "Kaggle cannot be reached .*run the download again"),
        ([TimeoutError("timed out")], "Kaggle cannot be reached"),
        ([HTTPError(404), HTTPError(403)], "accepted the competition's rules.*/rules"),
        ([HTTPError(404), UnauthenticatedError("User is not authenticated")], "accepted the competition's rules"),
        ([UnauthenticatedError("no"), ConnectionError("no")], "accepted the competition's rules"),
        ([HTTPError(500)], "could not download FER2013"),
        ([RuntimeError("surprise")], "could not download FER2013 .surprise"),
    ],
)
def test_failures(errors: list[Exception], says: str, hub: types.SimpleNamespace, cache: Path) -> None:
    hub.contents = errors
    with pytest.raises(CourseError, match=says) as caught:
        fer2013.download(progress=False)
    sentence = str(caught.value)
    assert sentence.isprintable() and sentence.endswith(".")
    assert "by hand" in sentence and "EMOCOURSE_FER2013" in sentence
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_interrupt_is_not_swallowed(monkeypatch: pytest.MonkeyPatch, hub: types.SimpleNamespace) -> None:
    def stop(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["kagglehub"], "dataset_download", stop)
    with pytest.raises(KeyboardInterrupt):
        fer2013.download(progress=False)


def test_library_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "kagglehub", raising=False)
    real = builtins.__import__

    def without(name: str, *args: object, **more: object) -> types.ModuleType:
        if name == "kagglehub":
            raise ModuleNotFoundError("No module named 'kagglehub'")
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(CourseError, match=r'pip install "emocourse\[download\]".*by hand.*EMOCOURSE_FER2013'):
        kaggle.fetch()


def test_library_that_has_these_functions() -> None:
    """Where the optional library is installed, it must still take the arguments that we give it."""
    import inspect

    kagglehub = pytest.importorskip("kagglehub")
    for function in (kagglehub.dataset_download, kagglehub.competition_download):
        inspect.signature(function).bind("handle", path="file", force_download=False)
