"""Archives that are as they should be, and the limits; what is broken or hostile is in test_hostile_datasets.py."""

import os
import threading
import zipfile
from pathlib import Path

import pytest
from fer2013_files import tar_bytes, zip_bytes

from emocourse.errors import CourseError
from emocourse.files import archives, safefiles

MEMBERS = {"a/one.txt": b"1" * 3_000_000, "a/two.txt": b"2" * 513, "empty.txt": b""}


@pytest.fixture(params=["zip", "tar", "tar.gz"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> archives.Archive:
    path = tmp_path / "x.bin"  # the content decides, not the name
    made = {
        "zip": lambda: zip_bytes(MEMBERS),
        "tar": lambda: tar_bytes(MEMBERS, "w"),
        "tar.gz": lambda: tar_bytes(MEMBERS),
    }
    path.write_bytes(made[request.param]())
    return archives.open_archive(path)


def test_members(archive: archives.Archive) -> None:
    assert [(member.name, member.size) for member in archive.members] == [(k, len(v)) for k, v in MEMBERS.items()]


@pytest.mark.parametrize("name", MEMBERS)
def test_blocks(archive: archives.Archive, name: str) -> None:
    blocks = list(archive.blocks(name))
    assert b"".join(blocks) == MEMBERS[name]
    assert all(0 < len(block) <= safefiles.BLOCK for block in blocks)


def test_contents(archive: archives.Archive) -> None:
    assert dict(archive.contents(["a/two.txt", "empty.txt"], 1000)) == {
        k: MEMBERS[k] for k in ("a/two.txt", "empty.txt")
    }
    with pytest.raises(CourseError, match="more than a picture needs"):
        list(archive.contents(["a/one.txt"], 1000))


def test_blocks_can_be_left_early(archive: archives.Archive) -> None:
    blocks = archive.blocks("a/one.txt")
    next(blocks)
    blocks.close()


def test_limit_of_unpacked_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = os.urandom(400_000)
    for name, content in (("x.zip", zip_bytes({"a": noise})), ("x.tgz", tar_bytes({"a": noise}))):
        path = tmp_path / name
        path.write_bytes(content)
        monkeypatch.setattr(safefiles, "MAX_UNPACKED", 500_000)
        assert b"".join(archives.open_archive(path).blocks("a")) == noise
        monkeypatch.setattr(safefiles, "MAX_UNPACKED", 300_000)
        with pytest.raises(CourseError, match="unpacks to far more"):
            archives.open_archive(path)


def test_zip_with_a_comment(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(zip_bytes(MEMBERS))
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"PK" * 20_000
    assert len(archives.open_archive(path).members) == 3


def test_zip64(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive, archive.open("a", "w", force_zip64=True) as stream:
        stream.write(b"hello")
    assert b"".join(archives.open_archive(path).blocks("a")) == b"hello"


def test_file_that_goes_away(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(zip_bytes(MEMBERS))
    archive = archives.open_archive(path)
    path.unlink()
    with pytest.raises(CourseError, match="cannot be read"):
        list(archive.blocks("a/one.txt"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_pipe_with_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: os.close(os.open(path, os.O_RDWR)), daemon=True)
    writer.start()
    with pytest.raises(CourseError, match="not a file that can be read"):
        safefiles.open_regular(path)
    writer.join(5)


def test_show_keeps_to_one_line() -> None:
    assert (
        safefiles.show("a\nb\x1b[31m\udcff")
        == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}"
    )
    assert len(safefiles.show("x" * 9999)) == 300
    assert safefiles.show(Path("größe.csv")) == "größe.csv"
