"""Broken and hostile archives: each ends in one clear sentence, in little memory, with nothing left behind."""

import bz2
import gzip
import io
import os
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from fer2013_files import HEADER, good_text, picture_names, pictures, png, tar_bytes, zip_bytes
from hostile import bounded, refused  # noqa: F401

from emocourse.files import archives

pytestmark = pytest.mark.usefixtures("bounded")
GOOD = good_text()
PNG = png(pictures(1)[0])


def _flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def _stored(text: str = GOOD) -> bytes:
    return zip_bytes({"fer2013.csv": text}, zipfile.ZIP_STORED)


def _zip_link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("fer2013.csv")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def _zip_flag(data: bytes, flag: int) -> bytes:
    """Set a general-purpose flag in the local header and in the table of contents."""
    out = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = out.find(signature) + offset
        out[at : at + 2] = struct.pack("<H", struct.unpack_from("<H", out, at)[0] | flag)
    return bytes(out)


def _zip_size(data: bytes, size: int) -> bytes:
    """Declare another unpacked size, in both headers."""
    out = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = out.find(signature) + offset
        out[at : at + 4] = struct.pack("<L", size)
    return bytes(out)


def _zip_directory_size(data: bytes, size: int) -> bytes:
    at = data.rfind(b"PK\x05\x06") + 12
    return data[:at] + struct.pack("<L", size) + data[at + 4 :]


def _zip64_directory_size(data: bytes, size: int) -> bytes:
    at = data.rfind(b"PK\x05\x06")
    record = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, size, 0)
    return data[:at] + record + struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1) + data[at:]


def _twice() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, pytest.warns(UserWarning):
        archive.writestr("fer2013.csv", GOOD)
        archive.writestr("fer2013.csv", GOOD)
    return out.getvalue()


def _tar_entry(name: str, kind: bytes, target: str = "") -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return tar_bytes({"fer2013.csv": GOOD}, extra=(info,))


def _tar_size(size: int) -> bytes:
    info = tarfile.TarInfo("fer2013.csv")
    info.size = size
    return gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + GOOD.encode())


def _tar_long_name(size: int) -> bytes:
    """A tar whose first header announces a name of ``size`` bytes, which tarfile would read at once."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, size
    return gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(min(size, 64 << 20)), 1)


GZIPPED = gzip.compress(GOOD.encode())
ZEROS = bytes(120 << 20)

# name: (file name, content or what makes it, what the message must say)
ARCHIVES: dict[str, tuple[str, bytes | Callable[[], bytes], str]] = {
    "CSV named .zip": ("fer2013.zip", GOOD.encode(), "not the archive that its name says"),
    "PNG named .zip": ("fer2013.zip", PNG, "not the archive that its name says"),
    "text named .tar.gz": ("fer2013.tar.gz", GOOD.encode(), "not the archive that its name says"),
    "empty file named .zip": ("fer2013.zip", b"", "not the archive that its name says"),
    "zip cut short": ("fer2013.zip", lambda: zip_bytes({"fer2013.csv": GOOD})[:-4000], "not a whole zip file"),
    "zip cut to its start": ("fer2013.zip", lambda: _stored()[:100], "not a whole zip file"),
    "zip with a bad checksum": (
        "fer2013.zip",
        lambda: _stored().replace(b",Training", b",TRAINING", 1),
        "damaged|Usage",
    ),
    "zip with damaged data": ("fer2013.zip", lambda: _flip(zip_bytes({"fer2013.csv": GOOD}), 2000), "fer2013.zip"),
    "zip with a damaged table": ("fer2013.zip", lambda: _stored().replace(b"PK\x01\x02", b"PK\x01\x03"), "is damaged"),
    "zip with a damaged local header": (
        "fer2013.zip",
        lambda: b"PK\x03\x04" + bytes(26) + _stored()[30:],
        "is damaged",
    ),
    "zip encrypted": ("fer2013.zip", lambda: _zip_flag(_stored(), 1), "is encrypted"),
    "zip of zeros, a bomb": ("fer2013.zip", lambda: zip_bytes({"fer2013.csv": ZEROS}), "unpacks to far more"),
    "zip bomb in many files": (
        "fer2013.zip",
        lambda: zip_bytes({f"{i}.csv": ZEROS[: 12 << 20] for i in range(10)}),
        "unpacks to far more",
    ),
    "zip bomb that declares little": (
        "fer2013.zip",
        lambda: _zip_size(zip_bytes({"fer2013.csv": HEADER + "\n" + "\n" * (100 << 20)}), 1000),
        "damaged|no usable row",
    ),
    "zip that declares 4 GiB": ("fer2013.zip", lambda: _zip_size(_stored(), 0xFFFFFFF0), "unpacks to far more"),
    "zip with a table of 3 GiB": (
        "fer2013.zip",
        lambda: _zip_directory_size(_stored(), 3 << 30),
        "more than 100,000 files",
    ),
    "zip64 with a table of 1 TiB": (
        "fer2013.zip",
        lambda: _zip64_directory_size(_stored(), 1 << 40),
        "more than 100,000 files",
    ),
    "zip by bzip2": ("fer2013.zip", lambda: zip_bytes({"fer2013.csv": GOOD}, zipfile.ZIP_BZIP2), "unusual method"),
    "zip by LZMA": ("fer2013.zip", lambda: zip_bytes({"fer2013.csv": GOOD}, zipfile.ZIP_LZMA), "unusual method"),
    "zip with ../": ("fer2013.zip", lambda: zip_bytes({"../fer2013.csv": GOOD}), "outside its folder"),
    "zip with a/../../": (
        "fer2013.zip",
        lambda: zip_bytes({"fer2013.csv": GOOD, "a/../../x": ""}),
        "outside its folder",
    ),
    "zip with an absolute path": ("fer2013.zip", lambda: zip_bytes({"/tmp/fer2013.csv": GOOD}), "outside its folder"),
    "zip with backslashes": ("fer2013.zip", lambda: zip_bytes({"..\\fer2013.csv": GOOD}), "outside its folder"),
    "zip with a drive": ("fer2013.zip", lambda: zip_bytes({"C:/fer2013.csv": GOOD}), "outside its folder"),
    "zip with a link": ("fer2013.zip", _zip_link, "holds a link"),
    "zip with a name twice": ("fer2013.zip", _twice, "holds fer2013.csv twice"),
    "zip with nothing": ("fer2013.zip", lambda: zip_bytes({}), "neither a FER2013 CSV nor class folders"),
    "zip with no CSV": (
        "fer2013.zip",
        lambda: zip_bytes({"README": "hello"}),
        "neither a FER2013 CSV nor class folders",
    ),
    "zip with two CSVs": ("fer2013.zip", lambda: zip_bytes({"a.csv": GOOD, "b.csv": GOOD}), "several CSV files"),
    "zip with two fer2013.csv": (
        "fer2013.zip",
        lambda: zip_bytes({"a/fer2013.csv": GOOD, "b/fer2013.csv": GOOD}),
        "several CSV files",
    ),
    "zip in a zip": (
        "fer2013.zip",
        lambda: zip_bytes({"in.zip": _stored()}),
        "holds no CSV, and in.zip is an archive",
    ),
    "tar.gz in a zip": ("fer2013.zip", lambda: zip_bytes({"fer2013.tar.gz": tar_bytes({"a.csv": GOOD})}), "an archive"),
    "Parquet in a zip": ("fer2013.zip", lambda: zip_bytes({"data/train-0.parquet": b"PAR1"}), "Hugging Face"),
    "zip named .csv in a zip": ("fer2013.zip", lambda: zip_bytes({"fer2013.csv": _stored()}), "is a zip archive"),
    "zip with a bad row": (
        "fer2013.zip",
        lambda: _stored(GOOD.replace("\n1,", "\n9,")),
        r"\(fer2013.csv\), line 3: the label",
    ),
    "tar.gz cut short": ("fer2013.tar.gz", lambda: tar_bytes({"fer2013.csv": GOOD})[:-4000], "cut short"),
    "tar.gz cut to 20 bytes": ("fer2013.tar.gz", lambda: tar_bytes({"fer2013.csv": GOOD})[:20], "cut short"),
    "tar.gz with a bad checksum": ("fer2013.tgz", lambda: _flip(tar_bytes({"fer2013.csv": GOOD}), -6), "is damaged"),
    "tar cut short": ("fer2013.tar", lambda: tar_bytes({"fer2013.csv": GOOD}, "w")[:9000], "damaged|cut short"),
    "tar with a damaged second header": (
        "fer2013.tar",
        lambda: tar_bytes({"README": "x", "fer2013.csv": GOOD}, "w").replace(b"fer2013.csv", b"fer2O13.csv"),
        "damaged or cut short",
    ),
    "tar without its end": (
        "fer2013.tar",
        lambda: tar_bytes({"fer2013.csv": GOOD}, "w").rstrip(b"\0") + bytes(512),
        "damaged|cut short",
    ),
    "tar with a name of 2,000 letters": (
        "fer2013.tar.gz",
        lambda: tar_bytes({"a" * 2000 + ".csv": GOOD}),
        "a name of 2,004 characters",
    ),
    "zip with a name of 60,000 letters": (
        "fer2013.zip",
        lambda: zip_bytes({"a" * 60_000 + ".csv": GOOD}),
        "a name of 60,004 characters",
    ),
    "tar with ../": ("fer2013.tar.gz", lambda: tar_bytes({"../fer2013.csv": GOOD}), "outside its folder"),
    "tar with an absolute path": ("fer2013.tar.gz", lambda: tar_bytes({"/fer2013.csv": GOOD}), "outside its folder"),
    "tar with a symbolic link": (
        "fer2013.tar.gz",
        lambda: _tar_entry("x.csv", tarfile.SYMTYPE, "/etc/passwd"),
        "a link",
    ),
    "tar with a hard link": ("fer2013.tar.gz", lambda: _tar_entry("x.csv", tarfile.LNKTYPE, "../../x"), "holds a link"),
    "tar with a device": ("fer2013.tar.gz", lambda: _tar_entry("zero.csv", tarfile.CHRTYPE), "a device"),
    "tar with a pipe": ("fer2013.tar.gz", lambda: _tar_entry("pipe.csv", tarfile.FIFOTYPE), "a device"),
    "tar with no CSV": ("fer2013.tar.gz", lambda: tar_bytes({"README": "hello"}), "neither a FER2013 CSV"),
    "tar with nothing": ("fer2013.tar.gz", lambda: tar_bytes({}), "fer2013.tar.gz"),
    "tar with two CSVs": ("fer2013.tar.gz", lambda: tar_bytes({"a.csv": GOOD, "b.csv": GOOD}), "several CSV files"),
    "tar with a name twice": (
        "fer2013.tar.gz",
        lambda: tar_bytes({"fer2013.csv": GOOD, "./fer2013.csv": GOOD}),
        "fer2013.csv twice",
    ),
    "tar of zeros, a bomb": ("fer2013.tar.gz", lambda: tar_bytes({"fer2013.csv": ZEROS}), "unpacks to far more"),
    "tar that declares 8 GiB": ("fer2013.tar.gz", lambda: _tar_size((8 << 30) - 1), "unpacks to far more"),
    "tar that declares an exbibyte": ("fer2013.tar.gz", lambda: _tar_size(1 << 60), "unpacks to far more"),
    "tar with a name of 8 GiB": ("fer2013.tar.gz", lambda: _tar_long_name((8 << 30) - 1), "oversized header|far more"),
    "tar with a name of 60 MB": ("fer2013.tar.gz", lambda: _tar_long_name(60_000_000), "oversized header"),
    "gz cut short": ("fer2013.csv.gz", GZIPPED[:-4000], "cut short"),
    "gz cut to its header": ("fer2013.csv.gz", GZIPPED[:8], "cut short"),
    "gz with a bad checksum": ("fer2013.csv.gz", _flip(GZIPPED, -6), "is damaged"),
    "gz with damaged data": ("fer2013.csv.gz", _flip(GZIPPED, len(GZIPPED) // 2), "fer2013.csv.gz"),
    "gz with something after it": ("fer2013.csv.gz", GZIPPED + b"more", "is damaged"),
    "gz of zeros, a bomb": (
        "fer2013.csv.gz",
        lambda: gzip.compress(ZEROS),
        "NUL bytes|far more",
    ),
    "gz of blank lines, a bomb": ("fer2013.csv.gz", lambda: gzip.compress(b"\n" * (40 << 20)), "lines|far more"),
    "gz of a PNG": ("fer2013.csv.gz", lambda: gzip.compress(PNG), "is a PNG image"),
    "gz of a gz": ("fer2013.csv.gz", lambda: gzip.compress(GZIPPED), "is a gzip file"),
    "gz of nothing": ("fer2013.csv.gz", lambda: gzip.compress(b""), "is empty"),
    "bzip2": ("fer2013.csv.bz2", lambda: bz2.compress(GOOD.encode()), "fer2013.csv.bz2"),
    "7z": ("fer2013.7z", b"7z\xbc\xaf\x27\x1c" + bytes(100), "packed with 7z.* unpack it first"),
    "RAR": ("fer2013.rar", b"Rar!\x1a\x07\x01\0" + bytes(100), "packed with RAR.* unpack it first"),
    "RAR named .zip": ("fer2013.zip", b"Rar!\x1a\x07\x01\0" + bytes(100), "packed with RAR.* unpack it first"),
    "text named .7z": ("fer2013.7z", GOOD.encode(), "not the archive that its name says"),
    "a folder and a file of one name": ("a.zip", lambda: zip_bytes({"a": "x", "a/fer2013.csv": GOOD}), "a.zip cannot"),
    "picture folder zip, broken picture": (
        "faces.zip",
        lambda: zip_bytes({"train/angry/a.png": PNG[:60]}),
        "train/angry/a.png",
    ),
    "picture folder zip, huge member": (
        "faces.zip",
        lambda: _zip_size(zip_bytes({"train/angry/a.png": bytes(pictures(3000))}), 900 << 20),
        "far more",
    ),
    "picture folder zip, empty class": (
        "faces.zip",
        lambda: zip_bytes({"train/angry/a.png": PNG, "train/sad/": ""}),
        "train/sad with no image",
    ),
    "picture folder tar, broken picture": (
        "faces.tar.gz",
        lambda: tar_bytes({"train/angry/a.png": b"x"}),
        "train/angry/a.png",
    ),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_archive(name: str, tmp_path: Path) -> None:
    file_name, content, says = ARCHIVES[name]
    path = tmp_path / file_name
    path.write_bytes(content if isinstance(content, bytes) else content())
    refused(path, says)
    assert os.listdir(tmp_path) == [file_name]


@pytest.mark.parametrize("pack", [zip_bytes, tar_bytes])
def test_archive_with_too_many_files(pack: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "faces.zip"
    path.write_bytes(pack(dict.fromkeys(picture_names(), PNG)))
    monkeypatch.setattr(archives, "MAX_MEMBERS", 20)
    refused(path, "more than 20 files")


@pytest.mark.parametrize("pack", [zip_bytes, tar_bytes])
def test_archive_with_too_many_folders(pack: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "faces.zip"
    path.write_bytes(pack({f"{'a/' * 60}fer2013.csv": GOOD}))
    monkeypatch.setattr(archives, "MAX_MEMBERS", 50)
    refused(path, "more than 50 files")
