"""Archives that are as they should be, and the limits; what is broken or hostile is in test_hostile_archives.py."""

import gzip
import os
import stat
import tarfile
import threading
import time
import zipfile
from pathlib import Path

import pytest
from fer2013_files import tar_bytes, zip_bytes

from emocourse.errors import CourseError
from emocourse.files import archives, store

MEMBERS = {"a/one.txt": b"1" * 3_000_000, "a/two.txt": b"2" * 513, "empty.txt": b""}


PACKED = {
    "zip": lambda: zip_bytes(MEMBERS),
    "tar": lambda: tar_bytes(MEMBERS, "w"),
    "tar.gz": lambda: tar_bytes(MEMBERS),
}


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of each test's own."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("EMOCOURSE_CACHE", str(folder))
    return folder


def contents(path: Path) -> dict[str, bytes]:
    with archives.unpacked(path) as folder:
        return {
            found.relative_to(folder).as_posix(): found.read_bytes() for found in folder.rglob("*") if found.is_file()
        }


@pytest.mark.parametrize("kind", PACKED)
def test_everything_is_unpacked_and_then_removed(kind: str, tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "x.bin"  # the content decides, not the name
    path.write_bytes(PACKED[kind]())
    assert contents(path) == MEMBERS
    assert not list(cache.iterdir())


def test_one_gzipped_file(tmp_path: Path) -> None:
    path = tmp_path / "a:b.gz"
    path.write_bytes(gzip.compress(b"hello"))
    with archives.unpacked(path) as file:
        assert file.read_bytes() == b"hello"


@pytest.mark.parametrize("kind", PACKED)
def test_modes_and_owners_are_not_taken_over(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            info = zipfile.ZipInfo("a")
            info.external_attr = (stat.S_IFREG | 0o6777) << 16
            archive.writestr(info, "x")
    else:
        with tarfile.open(path, "w:gz" if "gz" in kind else "w") as archive:
            info = tarfile.TarInfo("a")
            info.mode, info.mtime = 0o6777, 2**40
            archive.addfile(info)
    with archives.unpacked(path) as folder:
        assert (folder / "a").stat().st_mode & 0o7111 == 0
        assert (folder / "a").stat().st_mtime < time.time() + 60


def test_limit_of_unpacked_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    noise = os.urandom(400_000)
    packed = {"x.zip": zip_bytes({"a": noise}), "x.tgz": tar_bytes({"a": noise}), "x.gz": gzip.compress(noise)}
    for name, content in packed.items():
        path = tmp_path / name
        path.write_bytes(content)
        monkeypatch.setattr(archives, "MAX_UNPACKED", 500_000)
        with archives.unpacked(path):
            pass
        monkeypatch.setattr(archives, "MAX_UNPACKED", 300_000)
        with pytest.raises(CourseError, match="unpacks to far more"), archives.unpacked(path):
            pass
        assert not list(cache.iterdir())


def test_zip_with_a_comment(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(zip_bytes(MEMBERS))
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"PK" * 20_000
    assert len(contents(path)) == 3


def test_zip64(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive, archive.open("a", "w", force_zip64=True) as stream:
        stream.write(b"hello")
    assert contents(path) == {"a": b"hello"}


def test_file_that_goes_away(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="cannot be read"):
        contents(tmp_path / "x.zip")


def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(zip_bytes(MEMBERS))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(CourseError, match=r"x.zip cannot be read or unpacked \(No space left on device\)"):
        contents(path)
    assert not list(cache.iterdir())


def test_what_a_killed_process_left_is_removed_after_a_day(tmp_path: Path, cache: Path) -> None:
    old, new = cache / "unpacked-old", cache / "unpacked-new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "fer2013.csv").write_text("x")
    os.utime(old, (0, 0))
    path = tmp_path / "x.zip"
    path.write_bytes(zip_bytes(MEMBERS))
    contents(path)
    assert not old.exists() and new.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_pipe_with_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: os.close(os.open(path, os.O_RDWR)), daemon=True)
    writer.start()
    with pytest.raises(CourseError, match="not a file that can be read"):
        store.open_regular(path)
    writer.join(5)


def test_show_keeps_to_one_line() -> None:
    assert (
        store.show("a\nb\x1b[31m\udcff")
        == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}"
    )
    assert len(store.show("x" * 9999)) == 300
    assert store.show(Path("größe.csv")) == "größe.csv"
