"""Broken and hostile dataset files: each ends in one clear sentence, in little memory, with nothing left behind."""

import os
from collections.abc import Callable
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
    write_folder,
    zip_bytes,
)
from hostile import bounded, refused  # noqa: F401

from emocourse.dataset import fer2013_files
from emocourse.files import archives

pytestmark = pytest.mark.usefixtures("bounded")
GOOD = good_text()
PNG = png(pictures(1)[0])
LINES = GOOD.splitlines()
PIXELS = numbers(pictures(1)[0])


def _third_line(line: str) -> str:
    return "\n".join([LINES[0], LINES[1], line, *LINES[2:]]) + "\n"


def _with_pixel(value: str, place: int = 5) -> str:
    words = PIXELS.split()
    words[place - 1] = value
    return row(pixels=" ".join(words))


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
    "extra column in the header alone": (GOOD.replace(HEADER, HEADER + ",extra"), "line 2: has 3 columns instead of 4"),
    "semicolons in the header alone": (GOOD.replace(HEADER, HEADER.replace(",", ";")), "line 2: has 1 columns"),
    "spaces between columns": (GOOD.replace(",", " "), "line 1: the header is wrong"),
    "another separator declared": ("sep=;\n" + GOOD, "line 2: the header is wrong"),
    "an unknown separator declared": ("sep=x\n" + GOOD, "line 1: the header is wrong"),
    "nothing below the separator": ("sep=,\n", "line 2: the header is wrong"),
    "header without quotes' end": ('"emotion,pixels,Usage\n' + row(), "line 1: the header is wrong"),
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
    "quote that does not end": (_third_line(row(pixels='"' + PIXELS)), "line 3: has 2 columns"),
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
    "PNG": (PNG, "is a PNG image"),
    "JPEG": (b"\xff\xd8\xff\xe0" + bytes(100), "is a JPEG image"),
    "web page": ("<!DOCTYPE html><html>Sign in</html>", "is a web page"),
    "PDF": ("%PDF-1.7\n", "is a PDF document"),
    "Parquet": (b"PAR1" + bytes(100), "a table of Hugging Face"),
    "carriage return inside quotes": (_third_line(row(pixels='"' + PIXELS + '"').replace("3,", "3\r,", 1)), "line 3: "),
    "NumPy file": (b"\x93NUMPY\x01\x00", "is a NumPy file"),
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
    "empty class folder": (_folder(_empty_class), "train/happy with no image"),
    "unknown class": (
        _folder(lambda root: (root / "train/contempt").mkdir()),
        "train/contempt, which is none of the seven",
    ),
    "folder in a class folder": (
        _folder(lambda root: (root / "train/happy/x").mkdir()),
        "folder inside a class folder",
    ),
    "two datasets": (_folder(lambda root: write_folder(root / "copy", ["train/sad/x.png"])), "holds two datasets"),
    "a class of another number": (
        _folder(lambda root: (root / "train/7").mkdir()),
        "train/7, which is none of the seven",
    ),
    "a class with number and wrong name": (
        _folder(lambda root: (root / "train/0_contempt").mkdir()),
        "0_contempt, which is none of the seven",
    ),
    "unpacked twice": (
        _folder(lambda root: write_folder(root / "train", ["train/angry/x.png"])),
        r"holds two datasets \(train and train/train\)",
    ),
    "Parquet files": (lambda tmp: _parquet(tmp), "train-0.parquet is a table of Hugging Face"),
    "a Hugging Face link out of its blobs": (lambda tmp: _snapshot(tmp), "leads out of the folder"),
    "picture empty": (_folder(lambda root: _replace(root, b"")), HAPPY),
    "picture cut short": (_folder(lambda root: _replace(root, PNG[:500])), HAPPY),
    "picture is text": (_folder(lambda root: _replace(root, b"hello")), HAPPY),
    "picture is a zip": (_folder(lambda root: _replace(root, zip_bytes({"fer2013.csv": GOOD}))), HAPPY),
    "picture of 64x64": (
        _folder(lambda root: _replace(root, png(pictures(2).reshape(-1, 64)[:64]))),
        f"{HAPPY}.*64x64",
    ),
    "picture of 1x1": (_folder(lambda root: _replace(root, png(pictures(1)[0, :1, :1]))), f"{HAPPY}.*1x1"),
    "picture is a pipe": (_folder(lambda root: _replace_by(root, os.mkfifo)), f"{HAPPY}.*not a file that can be read"),
    "picture links outside": (_folder(_outside), "leads out of the folder"),
    "picture links to a device": (
        _folder(lambda root: _replace_by(root, lambda path: path.symlink_to("/dev/zero"))),
        "leads out of the folder",
    ),
    "picture links to itself": (
        _folder(lambda root: _replace_by(root, lambda path: path.symlink_to(path))),
        "im0.png|happy",
    ),
    "picture links to nothing": (
        _folder(lambda root: _replace_by(root, lambda path: path.symlink_to(root / "no"))),
        HAPPY,
    ),
    "folder links outside": (_folder(_link_folder), "leads out of the folder"),
    "two CSVs": (lambda tmp: _two_csvs(tmp), "several CSV files"),
    "empty folder": (lambda tmp: tmp, "neither a FER2013 CSV nor class folders"),
}


def _two_csvs(tmp_path: Path) -> Path:
    (tmp_path / "a.csv").write_text(GOOD)
    (tmp_path / "b.csv").write_text(GOOD)
    return tmp_path


def _parquet(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/train-0.parquet").write_bytes(b"PAR1")
    return tmp_path


def _snapshot(tmp_path: Path) -> Path:
    folder = tmp_path / "datasets--a--b/snapshots/0"
    write_folder(folder, picture_names(per_class=1))
    (tmp_path / "datasets--a--b/blobs").mkdir()
    (tmp_path / "secret.png").write_bytes(PNG)
    _replace_by(folder, lambda path: path.symlink_to(tmp_path / "secret.png"))
    return folder


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
    "somebody's home": (lambda tmp: "~nobody_of_this_name/fer2013.csv", "cannot be read"),
    "empty path": (lambda tmp: "", "path of FER2013 is empty"),
    "pipe": (_pipe, "not a file that can be read"),
    "device": (lambda tmp: Path("/dev/zero"), "not a file that can be read"),
    "a file of 1 TiB": (_sparse, "is over 1 GiB"),
}


@pytest.mark.parametrize("name", CSV)
def test_csv(name: str, tmp_path: Path) -> None:
    content, says = CSV[name]
    path = tmp_path / "fer2013.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    refused(path, says)


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
    monkeypatch.setattr(archives, "MAX_MEMBERS", 20)
    refused(tmp_path, "more than 20 files")


def test_csv_with_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_text(GOOD)
    monkeypatch.setattr(fer2013_files, "MAX_ROWS", 8)
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
