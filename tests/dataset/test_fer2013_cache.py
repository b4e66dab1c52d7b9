"""What read() keeps in the cache, by content, and never trusts when it is damaged."""

import os
from pathlib import Path

import numpy as np
import pytest
from fer2013_files import good_text, random_images

from emocourse.dataset import fer2013
from emocourse.dataset import fer2013_files as fer2013_source

N = 9
IMAGES = random_images(N)
LABELS = [i % 7 for i in range(N)]
GOOD = good_text(N)


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of each test's own."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("EMOCOURSE_CACHE", str(folder))
    return folder


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "fer2013.csv"
    path.write_text(GOOD)
    return path


def check(data: fer2013.Fer2013) -> None:
    assert (data.images == IMAGES).all() and data.labels.tolist() == LABELS
    assert data.split.tolist() == [("train", "validation", "test")[i * 3 // N] for i in range(N)]
    assert data.rows.tolist() == list(range(2, N + 2))


def kept_file(cache: Path) -> Path:
    (path,) = cache.rglob("*.npz")
    return path


def test_cache_is_used(csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fer2013.read(csv, progress=False)
    monkeypatch.setattr(fer2013_source, "read_rows", lambda *_: pytest.fail("was read again"))
    check(fer2013.read(csv, progress=False))


def test_cache_goes_by_content(csv: Path) -> None:
    fer2013.read(csv, progress=False)
    before = csv.stat()
    csv.write_text(GOOD.replace("\n1,", "\n5,"))
    os.utime(csv, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert csv.stat().st_size == before.st_size
    assert fer2013.read(csv, progress=False).labels[1] == 5


def test_without_cache(csv: Path, cache: Path) -> None:
    check(fer2013.read(csv, progress=False, cache=False))
    assert not list(cache.iterdir())


def _resave(path: Path, **changes: np.ndarray) -> None:
    with np.load(path) as kept:
        arrays = dict(kept)
    np.savez(path, **(arrays | changes))


DAMAGE = {
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-2000]),
    "empty": lambda path: path.write_bytes(b""),
    "another file": lambda path: path.write_bytes(b"hello"),
    "one byte changed": lambda path: path.write_bytes(path.read_bytes().replace(IMAGES[4, 20].tobytes(), bytes(48))),
    "pickled": lambda path: _resave(path, labels=np.array([{}] * N, object)),
    "wrong shape": lambda path: _resave(path, images=IMAGES[:, :40]),
    "wrong type": lambda path: _resave(path, labels=np.array(LABELS, np.int64)),
    "label 7": lambda path: _resave(path, labels=np.full(N, 7, np.uint8)),
    "split 3": lambda path: _resave(path, split=np.full(N, 3, np.uint8)),
    "no images": lambda path: _resave(
        path, **{k: np.zeros(0, np.uint8) for k in ("images", "labels", "split", "rows")}
    ),
    "array missing": lambda path: np.savez(path, images=IMAGES),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_cache_is_made_again(name: str, csv: Path, cache: Path) -> None:
    fer2013.read(csv, progress=False)
    path = kept_file(cache)
    good = path.read_bytes()
    DAMAGE[name](path)
    if name == "a folder":
        with pytest.warns(UserWarning, match="not kept"):
            check(fer2013.read(csv, progress=False))
        return
    assert path.read_bytes() != good
    check(fer2013.read(csv, progress=False))
    with np.load(path) as kept:
        assert (kept["images"] == IMAGES).all()


def test_full_disk_does_not_lose_the_read(csv: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.warns(UserWarning, match="No space left"):
        check(fer2013.read(csv, progress=False))
    assert not [path for path in cache.rglob("*") if path.is_file()]
