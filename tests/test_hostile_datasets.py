"""Broken and hostile dataset files: each ends in one clear sentence, in little memory, with nothing left behind."""

import bz2
import gzip
import io
import os
import re
import signal
import stat
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fer2013_files import (
    HEADER,
    good_text,
    numbers,
    picture_names,
    pictures,
    png,
    row,
    tar_bytes,
    write_folder,
    zip_bytes,
)

from emocourse import archives, fer2013, fer2013_csv, fer2013_folder
from emocourse.errors import CourseError

GOOD = good_text()
PNG = png(pictures(1)[0])
LINES = GOOD.splitlines()
PIXELS = numbers(pictures(1)[0])


def _with_pixel(value: str, place: int = 5) -> str:
    words = PIXELS.split()
    words[place - 1] = value
    return row(pixels=" ".join(words))


def _third_line(line: str) -> str:
    return "\n".join([LINES[0], LINES[1], line, *LINES[2:]]) + "\n"


# name: (content of fer2013.csv, what the message must say)
CSV: dict[str, tuple[str | bytes, str]] = {
    "empty": (b"", "is empty"),
    "only blank lines": ("\n\n\n", "header is wrong|no usable row"),
    "header only": (HEADER + "\n", "no usable row"),
    "no header": ("\n".join(LINES[1:]), "line 1: the header is wrong"),
    "wrong header": (
        GOOD.replace(HEADER, "emotion,pixels,split"),
        "line 1: the header is wrong.*'emotion, pixels, split'",
    ),
    "duplicate header": (GOOD.replace(HEADER, "emotion,pixels,pixels"), "line 1: the header is wrong"),
    "extra column in the header": (GOOD.replace(HEADER, HEADER + ",extra"), "line 1: the header is wrong"),
    "semicolons": (GOOD.replace(",", ";"), "line 1: the header is wrong"),
    "tabs": (GOOD.replace(",", "\t"), "line 1: the header is wrong"),
    "header not UTF-8": (b"emotion,pixels,Us\xe4ge\n", "line 1: the header is not UTF-8"),
    "train.csv": ("emotion,pixels\n3," + PIXELS, "no Usage column.*icml_face_data.csv"),
    "test.csv": ("pixels\n" + PIXELS, "no Usage column.*icml_face_data.csv"),
    "the header again": (_third_line(HEADER), "line 3: the label is 'emotion'"),
    "short row": (_third_line(row(pixels=PIXELS.rsplit(" ", 1)[0])), "line 3: has 2,303 pixels instead of 2,304"),
    "long row": (_third_line(row(pixels=PIXELS + " 7")), "line 3: has 2,305 pixels"),
    "no pixels": (_third_line(row(pixels="")), "line 3: has 0 pixels"),
    "cut in the middle of a row": (GOOD[:-4000], "line 10: has 2 columns"),
    "letter": (_third_line(_with_pixel("x")), "line 3: pixel 5 is 'x'"),
    "letter after a digit": (_third_line(_with_pixel("1O")), "line 3: pixel 5 is '1O'"),
    "256": (_third_line(_with_pixel("256", 2304)), "line 3: pixel 2304 is '256'"),
    "2560, which wraps to 0": (_third_line(_with_pixel("2560")), "line 3: pixel 5 is '2560'"),
    "two to the 32": (_third_line(_with_pixel(str(2**32))), "line 3: pixel 5 is"),
    "two to the 64 and one": (_third_line(_with_pixel(str(2**64 + 1))), "line 3: pixel 5 is"),
    "a number of 10,000 digits": (_third_line(_with_pixel("1" * 10_000)), "line 3: pixel 5 is"),
    "10,000 zeros": (_third_line(_with_pixel("0" * 10_000)), "line 3: pixel 5 is"),
    "negative": (_third_line(_with_pixel("-5")), "line 3: pixel 5 is '-5'"),
    "plus": (_third_line(_with_pixel("+5")), "line 3: pixel 5 is"),
    "float": (_third_line(_with_pixel("5.0")), "line 3: pixel 5 is '5.0'"),
    "exponent": (_third_line(_with_pixel("1e2")), "line 3: pixel 5 is '1e2'"),
    "hexadecimal": (_third_line(_with_pixel("0x10")), "line 3: pixel 5 is '0x10'"),
    "nan": (_third_line(_with_pixel("nan")), "line 3: pixel 5 is 'nan'"),
    "Arabic digit": (_third_line(_with_pixel("٣")), "line 3: pixel 5 is '٣'"),
    "NUL in a row": (_third_line(_with_pixel("1\0")), "NUL|line 3: pixel 5"),
    "escape codes in a row": (_third_line(_with_pixel("\x1b[31m")), r"line 3: pixel 5 is '\?\[31m'"),
    "label 9": (_third_line(row(9)), "line 3: the label is '9'"),
    "label 7": (_third_line(row(7)), "line 3: the label is '7'"),
    "label -1": (_third_line(row(-1)), "line 3: the label is '-1'"),
    "label 3.0": (_third_line(row("3.0")), "line 3: the label is '3.0'"),
    "label missing": (_third_line(row("")), "line 3: the label is missing"),
    "label as a word": (_third_line(row("happy")), "line 3: the label is 'happy'"),
    "Usage unknown": (_third_line(row(usage="Validation")), "line 3: the Usage is 'Validation'"),
    "Usage missing": (_third_line(row(usage="")), "line 3: the Usage is missing"),
    "two columns": (_third_line("3," + PIXELS), "line 3: has 2 columns"),
    "four columns": (_third_line(row() + ",x"), "line 3: has 4 columns"),
    "quote that does not end": (_third_line(row(pixels='"' + PIXELS)), "line 3: pixel 1 is"),
    "line break inside quotes": (
        _third_line(row(pixels='"' + PIXELS.replace(" ", "\n", 1) + '"')),
        "line 3: has 2 columns",
    ),
    "blank line between rows": (_third_line(""), "line 3: is blank"),
    "carriage returns only": (GOOD.replace("\n", "\r"), "line 1: is over 32,768 bytes"),
    "line of 50 MB": (GOOD + "3," + "1 " * 25_000_000, "line 11: is over 32,768 bytes"),
    "50 MB without a line end": ("7" * 50_000_000, "line 1: is over 32,768 bytes"),
    "a million lines": ("\n" * 1_000_000, "more than 100,000 lines"),
    "UTF-16": (GOOD.encode("utf-16"), "is UTF-16"),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), "NUL bytes"),
    "zeros": (bytes(100_000), "NUL bytes"),
    "noise": (pictures(40).tobytes(), "fer2013.csv"),
    "PNG": (PNG, "is a PNG picture"),
    "JPEG": (b"\xff\xd8\xff\xe0" + bytes(100), "is a JPEG picture"),
    "web page": ("<!DOCTYPE html><html>Sign in</html>", "is a web page"),
    "PDF": ("%PDF-1.7\n", "is a PDF document"),
    "NumPy file": (b"\x93NUMPY\x01\x00", "is a NumPy file"),
}


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
        r"holds no CSV but an archive \(in.zip\)",
    ),
    "tar.gz in a zip": ("fer2013.zip", lambda: zip_bytes({"fer2013.tar.gz": tar_bytes({"a.csv": GOOD})}), "an archive"),
    "zip named .csv in a zip": ("fer2013.zip", lambda: zip_bytes({"fer2013.csv": _stored()}), "is a zip archive"),
    "zip with a bad row": ("fer2013.zip", lambda: _stored(_third_line(row(9))), r"\(fer2013.csv\), line 3: the label"),
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
    "gz of a PNG": ("fer2013.csv.gz", lambda: gzip.compress(PNG), "is a PNG picture"),
    "gz of a gz": ("fer2013.csv.gz", lambda: gzip.compress(GZIPPED), "is a gzip file"),
    "gz of nothing": ("fer2013.csv.gz", lambda: gzip.compress(b""), "is empty"),
    "bzip2": ("fer2013.csv.bz2", lambda: bz2.compress(GOOD.encode()), "fer2013.csv.bz2"),
    "7z": ("fer2013.7z", b"7z\xbc\xaf\x27\x1c" + bytes(100), "not the archive that its name says"),
    "picture folder zip, broken picture": (
        "faces.zip",
        lambda: zip_bytes({"train/angry/a.png": PNG[:60]}),
        "train/angry/a.png",
    ),
    "picture folder zip, huge member": (
        "faces.zip",
        lambda: _zip_size(zip_bytes({"train/angry/a.png": bytes(pictures(3000))}), 900 << 20),
        "far more|more than a picture",
    ),
    "picture folder zip, empty class": (
        "faces.zip",
        lambda: zip_bytes({"train/angry/a.png": PNG, "train/sad/": ""}),
        "train/sad with no picture",
    ),
    "picture folder tar, broken picture": (
        "faces.tar.gz",
        lambda: tar_bytes({"train/angry/a.png": b"x"}),
        "train/angry/a.png",
    ),
}


def _folder(change: Callable[[Path], object]) -> Callable[[Path], Path]:
    def make(tmp_path: Path) -> Path:
        root = tmp_path / "faces"
        write_folder(root, picture_names(per_class=1))
        change(root)
        return root

    return make


def _replace(root: Path, data: bytes) -> None:
    (root / "train/happy/im0.png").write_bytes(data)


def _replace_by(root: Path, make: Callable[[Path], object]) -> None:
    path = root / "train/happy/im0.png"
    path.unlink()
    make(path)


def _empty_class(root: Path) -> None:
    (root / "train/happy/im0.png").unlink()


def _link_folder(root: Path) -> None:
    outside = root.parent / "outside"
    write_folder(outside, ["x.png"])
    (root / "train/happy/more").symlink_to(outside)


def _outside(root: Path) -> None:
    (root.parent / "secret.png").write_bytes(PNG)
    _replace_by(root, lambda path: path.symlink_to(root.parent / "secret.png"))


HAPPY = "train/happy/im0.png"
FOLDERS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "no class folder": (
        _folder(lambda root: [d.rename(root / f"x{d.name}") for d in list(root.iterdir())]),
        "neither a FER2013",
    ),
    "empty class folder": (_folder(_empty_class), "train/happy with no picture"),
    "unknown class": (
        _folder(lambda root: (root / "train/contempt").mkdir()),
        "train/contempt, which is none of the seven",
    ),
    "folder in a class folder": (
        _folder(lambda root: (root / "train/happy/x").mkdir()),
        "folder inside a class folder",
    ),
    "two datasets": (_folder(lambda root: write_folder(root / "copy", ["train/sad/x.png"])), "holds two datasets"),
    "picture empty": (_folder(lambda root: _replace(root, b"")), HAPPY),
    "picture cut short": (_folder(lambda root: _replace(root, PNG[:500])), HAPPY),
    "picture is text": (_folder(lambda root: _replace(root, b"hello")), HAPPY),
    "picture is a zip": (_folder(lambda root: _replace(root, _stored())), HAPPY),
    "picture of 64x64": (
        _folder(lambda root: _replace(root, png(pictures(2).reshape(-1, 64)[:64]))),
        f"{HAPPY}.*64x64",
    ),
    "picture of 1x1": (_folder(lambda root: _replace(root, png(pictures(1)[0, :1, :1]))), f"{HAPPY}.*1x1"),
    "picture is a pipe": (_folder(lambda root: _replace_by(root, os.mkfifo)), f"{HAPPY}.*not a file that can be read"),
    "picture links outside": (_folder(_outside), "leads out of the dataset's folder"),
    "picture links to a device": (
        _folder(lambda root: _replace_by(root, lambda path: path.symlink_to("/dev/zero"))),
        "leads out of the dataset's folder",
    ),
    "picture links to itself": (
        _folder(lambda root: _replace_by(root, lambda path: path.symlink_to(path))),
        "im0.png|happy",
    ),
    "picture links to nothing": (
        _folder(lambda root: _replace_by(root, lambda path: path.symlink_to(root / "no"))),
        HAPPY,
    ),
    "folder links outside": (_folder(_link_folder), "leads out of the dataset's folder"),
    "two CSVs": (lambda tmp: _two_csvs(tmp), "several CSV files"),
    "empty folder": (lambda tmp: tmp, "neither a FER2013 CSV nor class folders"),
}


def _two_csvs(tmp_path: Path) -> Path:
    (tmp_path / "a.csv").write_text(GOOD)
    (tmp_path / "b.csv").write_text(GOOD)
    return tmp_path


def _sparse(tmp_path: Path) -> Path:
    path = tmp_path / "fer2013.csv"
    with path.open("wb") as file:
        file.write(GOOD.encode())
        file.truncate(1 << 40)
    return path


def _pipe(tmp_path: Path) -> Path:
    path = tmp_path / "fer2013.csv"
    os.mkfifo(path)
    return path


PATHS: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing file": (lambda tmp: tmp / "fer2013.csv", "fer2013.csv cannot be read"),
    "missing file with a line break in its name": (lambda tmp: tmp / "a\nb.csv", "cannot be read"),
    "name of 5,000 letters": (lambda tmp: tmp / ("a" * 5000), "cannot be read"),
    "NUL in the path": (lambda tmp: "fer\0.csv", "cannot be read"),
    "empty path": (lambda tmp: "", "path of FER2013 is empty"),
    "pipe": (_pipe, "not a file that can be read"),
    "device": (lambda tmp: Path("/dev/zero"), "not a file that can be read"),
    "a file of 1 TiB": (_sparse, "is over 1 GiB"),
}


@pytest.fixture(autouse=True)
def _bounded(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
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


@pytest.mark.parametrize("name", CSV)
def test_csv(name: str, tmp_path: Path) -> None:
    content, says = CSV[name]
    path = tmp_path / "fer2013.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    refused(path, says)


@pytest.mark.parametrize("name", ARCHIVES)
def test_archive(name: str, tmp_path: Path) -> None:
    file_name, content, says = ARCHIVES[name]
    path = tmp_path / file_name
    path.write_bytes(content if isinstance(content, bytes) else content())
    refused(path, says)
    assert os.listdir(tmp_path) == [file_name]


@pytest.mark.parametrize("name", FOLDERS)
def test_folder(name: str, tmp_path: Path) -> None:
    make, says = FOLDERS[name]
    refused(make(tmp_path), says)


@pytest.mark.parametrize("name", PATHS)
def test_path(name: str, tmp_path: Path) -> None:
    make, says = PATHS[name]
    refused(make(tmp_path), says)


def test_folder_with_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path, picture_names(per_class=1))
    monkeypatch.setattr(fer2013_folder, "MAX_MEMBERS", 20)
    refused(tmp_path, "more than 20 files")


@pytest.mark.parametrize("pack", [zip_bytes, tar_bytes])
def test_archive_with_too_many_files(pack: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "faces.zip"
    path.write_bytes(pack(dict.fromkeys(picture_names(), PNG)))
    monkeypatch.setattr(archives, "MAX_MEMBERS", 20)
    refused(path, "more than 20 files")


def test_csv_with_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_text(GOOD)
    monkeypatch.setattr(fer2013_csv, "MAX_ROWS", 8)
    refused(path, "more than 8 lines")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_text(GOOD)
    path.chmod(0)
    refused(path, "cannot be read")


def test_permission_error_of_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_text(GOOD)

    def deny(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", deny)
    refused(path, r"fer2013.csv cannot be read \(Permission denied\)")


def test_variable_that_leads_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOCOURSE_FER2013", str(tmp_path / "gone.zip"))
    refused(None, "EMOCOURSE_FER2013")


def test_nothing_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMOCOURSE_FER2013", raising=False)
    refused(None, "FER2013 was not found: run `emocourse data download`")
