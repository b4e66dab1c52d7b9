"""FER2013 in every form that read() takes, its cache, its audit, and the real file."""

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fer2013_files import (
    HEADER,
    USAGES,
    csv_text,
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

from emocourse.dataset import fer2013
from emocourse.dataset import fer2013_files as source
from emocourse.emotions import EMOTIONS
from emocourse.errors import CourseError
from emocourse.files import store as files

N = 9
IMAGES = pictures(N)
LABELS = [i % 7 for i in range(N)]
SPLIT = [("train", "validation", "test")[i * 3 // N] for i in range(N)]
GOOD = good_text(N)
ICML = csv_text(IMAGES, LABELS, [USAGES[i * 3 // N] for i in range(N)], "icml")
LINES = GOOD.splitlines()
QUOTED = "\n".join([HEADER, *('{},"{}",{}'.format(*line.split(",")) for line in LINES[1:])])
OTHER_ORDER = "\n".join(",".join(line.split(",")[i] for i in (2, 0, 1)) for line in LINES)


def as_table(change: Callable[[int | str, list[str]], list]) -> str:
    """The good file with each line's cells changed; ``change`` gets the row's number, "" for the header, and them."""
    return "".join(
        ",".join(map(str, change(i - 1 if i else "", line.split(",")))) + "\n" for i, line in enumerate(LINES)
    )


COMPETITION = {
    "icml_face_data.csv": ICML,
    "train.csv": "emotion,pixels\n",
    "test.csv": "pixels\n",
    "example_submission.csv": "x",
    "fer2013.tar.gz": b"",
}

FORMS: dict[str, tuple[str, bytes]] = {
    "fer2013.csv": ("fer2013.csv", GOOD.encode()),
    "icml_face_data.csv": ("icml_face_data.csv", ICML.encode()),
    "another name": ("faces.csv", GOOD.encode()),
    "Windows line ends": ("fer2013.csv", GOOD.replace("\n", "\r\n").encode()),
    "byte order mark": ("fer2013.csv", GOOD.encode("utf-8-sig")),
    "blank lines at the end": ("fer2013.csv", (GOOD + "\n \n\r\n").encode()),
    "no line end at the end": ("fer2013.csv", GOOD.rstrip().encode()),
    "quoted pixels": ("fer2013.csv", QUOTED.encode()),
    "everything quoted": (
        "fer2013.csv",
        ('"' + GOOD.rstrip().replace(",", '","').replace("\n", '"\n"') + '"').encode(),
    ),
    "columns in another order": ("fer2013.csv", OTHER_ORDER.encode()),
    "an index column": ("fer2013.csv", as_table(lambda i, cells: [i, *cells]).encode()),
    "further columns": ("fer2013.csv", as_table(lambda i, cells: ['"so, so"', *cells, "", "x"]).encode()),
    "Excel's line": ("fer2013.csv", ("sep=,\n" + GOOD).encode()),
    "Excel's line and semicolons": ("fer2013.csv", ("\ufeffsep=;\r\n" + GOOD.replace(",", ";")).encode()),
    "semicolons": ("fer2013.csv", GOOD.replace(",", ";").encode()),
    "tabs": ("fer2013.csv", GOOD.replace(",", "\t").encode()),
    "tabs, quoted": ("fer2013.csv", QUOTED.replace(",", "\t").encode()),
    "a folder twice": ("fer2013.zip", zip_bytes({"fer2013/fer2013/fer2013.csv": GOOD})),
    "two spaces between pixels": ("fer2013.csv", GOOD.replace(" ", "  ").encode()),
    "zip": ("fer2013.zip", zip_bytes({"fer2013.csv": GOOD})),
    "zip, icml": ("icml_face_data.csv.zip", zip_bytes({"icml_face_data.csv": ICML})),
    "zip, not compressed": ("fer2013.zip", zip_bytes({"fer2013.csv": GOOD}, zipfile.ZIP_STORED)),
    "zip with a folder": (
        "archive.zip",
        zip_bytes({"fer2013/": "", "fer2013/fer2013.csv": GOOD, "fer2013/README": "x"}),
    ),
    "zip made on a Mac": ("fer2013.zip", zip_bytes({"fer2013.csv": GOOD, "__MACOSX/._fer2013.csv": b"\0\5"})),
    "zip of the competition": ("challenges.zip", zip_bytes(COMPETITION)),
    "tar.gz": (
        "fer2013.tar.gz",
        tar_bytes({"fer2013/README": "x", "fer2013/fer2013.csv": GOOD, "fer2013/fer2013.bib": ""}),
    ),
    "tgz": ("fer2013.tgz", tar_bytes({"./fer2013.csv": GOOD})),
    "tar": ("fer2013.tar", tar_bytes({"fer2013.csv": GOOD}, "w")),
    "gz": ("fer2013.csv.gz", gzip.compress(GOOD.encode())),
    "gz, icml": ("icml_face_data.csv.gz", gzip.compress(ICML.encode())),
}


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
    assert (data.images.dtype, data.images.shape) == (np.uint8, (N, 48, 48))
    assert (data.images == IMAGES).all()
    assert (data.labels.dtype, data.labels.tolist()) == (np.uint8, LABELS)
    assert (data.split.dtype, data.split.tolist()) == (np.dtype("<U10"), SPLIT)
    first = data.rows[0]  # 3 below a line that only Excel understands
    assert (data.rows.dtype, data.rows.tolist()) == (np.int32, list(range(first, N + first)))
    assert first in (2, 3)
    assert (data.n_skipped, data.skipped, data.form, len(data)) == (0, [], "csv", N)


@pytest.mark.parametrize("name", FORMS)
def test_forms(name: str, tmp_path: Path) -> None:
    file_name, content = FORMS[name]
    path = tmp_path / file_name
    path.write_bytes(content)
    data = fer2013.read(path, progress=False)
    check(data)
    assert data.source == str(path)
    check(fer2013.read(path, progress=False))  # from the cache


def test_folder_that_holds_the_csv(csv: Path) -> None:
    (csv.parent / "train.csv").write_text("emotion,pixels\n")
    data = fer2013.read(csv.parent, progress=False)
    check(data)
    assert data.source == str(csv.parent)


def test_pixels_fast_and_slow_agree() -> None:
    picture = np.arange(2304, dtype=np.int64) % 256
    text = " ".join(map(str, picture)).encode()
    assert source.parse_pixels(text) == picture.astype(np.uint8).tobytes()
    slow = text.replace(b" ", b"\t", 1)
    assert source.parse_pixels(slow) == picture.astype(np.uint8).tobytes()
    assert source.parse_pixels(text.replace(b" 7 ", b" 007 ", 1)) == picture.astype(np.uint8).tobytes()
    for wrong in (b"256", b"65536", b"4294967296", b"18446744073709551617", b"9" * 30):
        assert isinstance(source.parse_pixels(text.replace(b"0", wrong, 1)), str)


def test_bar_ends_full(csv: Path, capsys: pytest.CaptureFixture) -> None:
    fer2013.read(csv, cache=False)
    shown = capsys.readouterr()
    assert "Reading FER2013: 100%" in shown.err and not shown.out
    fer2013.read(csv, progress=False, cache=False)
    assert capsys.readouterr().err == ""


def test_skip_bad(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "fer2013.csv"
    bad = [row(9), row(usage="x"), "", row(pixels="1 2"), row(pixels=numbers(IMAGES[0]) + "x"), "3"]
    path.write_text("\n".join([*LINES[:3], *bad, *LINES[3:]]) + "\n")
    with pytest.raises(CourseError, match=r"fer2013.csv, line 4: the label is '9'"):
        fer2013.read(path, progress=False)
    data = fer2013.read(path, skip_bad=True, progress=False)
    assert (data.images == IMAGES).all() and data.n_skipped == 6
    assert data.rows.tolist() == [2, 3, *range(10, 17)]
    assert [reason.split(":")[0] for reason in data.skipped] == [f"line {i}" for i in range(4, 10)]
    assert not list(cache.rglob("*.npz")), "only a whole read may be kept"


def test_skip_bad_keeps_twenty_reasons(tmp_path: Path) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_text(GOOD + "3,1,Training\n" * 500)
    data = fer2013.read(path, skip_bad=True, progress=False)
    assert (len(data), data.n_skipped, len(data.skipped)) == (N, 500, 20)


@pytest.mark.parametrize("content", ["emotion,pixels\n", HEADER + "\n" + row(9) + "\n", "", "a,b,c\n"])
def test_skip_bad_does_not_forgive_the_whole_file(content: str, tmp_path: Path) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_text(content)
    with pytest.raises(CourseError):
        fer2013.read(path, skip_bad=True, progress=False)


def test_select(csv: Path) -> None:
    data = fer2013.read(csv, progress=False)
    part = data.select("validation")
    assert (part.images == IMAGES[3:6]).all() and part.labels.tolist() == LABELS[3:6]
    assert part.rows.tolist() == [5, 6, 7] and set(part.split) == {"validation"}
    with pytest.raises(CourseError, match="train, validation, test"):
        data.select("Training")


def test_find(csv: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = cache / "fer2013" / "fer2013.csv"
    kept.parent.mkdir(parents=True)
    kept.write_text(GOOD)
    monkeypatch.delenv("EMOCOURSE_FER2013", raising=False)
    assert fer2013.find() == kept
    other = tmp_path / "other.csv"
    other.write_text(GOOD)
    monkeypatch.setenv("EMOCOURSE_FER2013", str(other))
    assert fer2013.find() == other
    assert fer2013.find(csv) == csv
    monkeypatch.setenv("EMOCOURSE_FER2013", "")
    assert fer2013.find() == kept
    for kind in ('"{}"', "'{}'", "  {} ", '"{}" \r\n'):
        monkeypatch.setenv("EMOCOURSE_FER2013", kind.format(other))
        assert fer2013.find() == other
    monkeypatch.setenv("EMOCOURSE_FER2013", '" "')
    assert fer2013.find() == kept
    odd = tmp_path / "'quoted'"
    odd.mkdir()
    assert fer2013.find(odd) == odd


# The picture folder


def test_folder(tmp_path: Path) -> None:
    names = [*picture_names(("train", "test")), "validation/anger/a.png", "validation/happiness/b.png"]
    made = write_folder(tmp_path, names)
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "train/angry/Thumbs.db").write_bytes(b"x")
    (tmp_path / "README.txt").write_text("x")
    data = fer2013.read(tmp_path, progress=False)
    assert (len(data), data.form) == (30, "folder")
    assert (data.images[:2] == [made["train/angry/im0.png"], made["train/angry/im1.png"]]).all()
    train = data.select("train")
    assert train.labels.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]
    assert (train.images[12] == made["train/neutral/im0.png"]).all()
    assert data.select("validation").labels.tolist() == [0, 3]
    assert data.rows.tolist() == list(range(1, 31))
    again = fer2013.read(tmp_path, progress=False)
    assert (again.images == data.images).all() and again.form == "folder"


@pytest.mark.parametrize("pack", ["zip", "tar.gz"])
@pytest.mark.parametrize("inside", ["", "archive/images/"])
def test_folder_in_an_archive(pack: str, inside: str, tmp_path: Path) -> None:
    made = write_folder(tmp_path / "faces")
    expected = fer2013.read(tmp_path / "faces", progress=False)
    members = {inside + name: png(picture) for name, picture in reversed(made.items())}
    path = tmp_path / f"faces.{pack}"
    path.write_bytes(zip_bytes(members) if pack == "zip" else tar_bytes(members))
    data = fer2013.read(path, progress=False)
    assert (data.images == expected.images).all() and (data.labels == expected.labels).all()
    assert (data.split == expected.split).all() and (data.rows == expected.rows).all()


CLASSES = {
    "numbers": lambda k, name: str(k),
    "number and name": lambda k, name: f"{k}_{name}",
    "number and noun": lambda k, name: f"{k}-{EMOTIONS[k]}",
    "numbers by the alphabet, and names": lambda k, name: f"{sorted(NAMES).index(name):02d} {name.title()}",
}
NAMES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


@pytest.mark.parametrize("kind", CLASSES)
def test_folder_names_of_classes(kind: str, tmp_path: Path) -> None:
    names = {f"train/{CLASSES[kind](k, name)}/x.png": k for k, name in enumerate(NAMES)}
    made = write_folder(tmp_path, list(names))
    data = fer2013.read(tmp_path, progress=False)
    for name, k in names.items():
        assert (data.images[k] == made[name]).all() and data.labels[k] == k


def test_folder_unpacked_by_extract_all(tmp_path: Path) -> None:
    made = write_folder(tmp_path / "plain")
    twice = {name: f"{name.split('/')[0]}/{name}" for name in made}
    for name, other in twice.items():
        for root in ("doubled", "deep/archive/archive"):
            (tmp_path / root / other).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / root / other).write_bytes(png(made[name]))
    plain = fer2013.read(tmp_path / "plain", progress=False)
    for root in ("doubled", "deep"):
        data = fer2013.read(tmp_path / root, progress=False)
        assert (data.images == plain.images).all() and (data.labels == plain.labels).all()
        assert (data.split == plain.split).all()


def test_folder_of_links_as_hugging_face_keeps_it(tmp_path: Path) -> None:
    made = write_folder(tmp_path / "plain")
    hub = tmp_path / "datasets--somebody--fer2013"
    (hub / "blobs").mkdir(parents=True)
    for i, (name, image) in enumerate(made.items()):
        (hub / "blobs" / f"{i:040x}").write_bytes(png(image))
        link = hub / "snapshots/0123abcd" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(Path("../../../../blobs") / f"{i:040x}")
    plain = fer2013.read(tmp_path / "plain", progress=False)
    for folder in (hub, hub / "snapshots/0123abcd"):
        data = fer2013.read(folder, progress=False)
        assert (data.images == plain.images).all() and (data.labels == plain.labels).all()


def test_folder_with_colour_pictures(tmp_path: Path) -> None:
    from PIL import Image

    made = write_folder(tmp_path)
    grey = made["train/happy/im0.png"]
    Image.fromarray(np.repeat(grey[..., None], 3, axis=2)).save(tmp_path / "train/happy/im0.png")
    data = fer2013.read(tmp_path, progress=False)
    assert (data.images[6] == grey).all()


def test_folder_skip_bad(tmp_path: Path, cache: Path) -> None:
    made = write_folder(tmp_path)
    (tmp_path / "train/angry/im1.png").write_bytes(b"x")
    (tmp_path / "test/sad/im0.png").write_bytes(png(np.zeros((64, 64), np.uint8)))
    with pytest.raises(CourseError, match=r"train/angry/im1.png"):
        fer2013.read(tmp_path, progress=False)
    data = fer2013.read(tmp_path, skip_bad=True, progress=False)
    assert (len(data), data.n_skipped) == (26, 2)
    assert (data.images[1] == made["train/disgust/im0.png"]).all() and data.rows[:2].tolist() == [1, 3]
    assert "train/angry/im1.png" in data.skipped[0] and "64x64" in data.skipped[1]
    assert not list(cache.rglob("*.npz"))


# Audit


def test_audit() -> None:
    images = pictures(8)
    images[1] = images[0]  # same label, same split
    images[3] = images[2]  # other label
    images[5] = images[6] = images[4]  # other split, three of them
    labels = np.array([3, 3, 0, 1, 6, 6, 6, 2], np.uint8)
    split = np.array(["train"] * 5 + ["validation"] * 3, "<U10")
    found = fer2013.audit(fer2013.Fer2013(images, labels, split, np.arange(2, 10, dtype=np.int32), "x"))
    counts = found.pop("counts")
    assert found == {
        "duplicate_groups": 3,
        "images_in_duplicate_groups": 7,
        "conflicting_groups": 1,
        "cross_split_groups": 1,
    }
    assert list(counts) == ["train", "validation", "test"]
    assert list(counts["train"].values()) == [1, 1, 0, 2, 0, 0, 1]
    assert list(counts["validation"].values()) == [0, 0, 1, 0, 0, 0, 2]
    assert set(counts["test"].values()) == {0}


def test_real_file(fer2013_path: Path, cache: Path) -> None:
    data = fer2013.read(fer2013_path, progress=False)
    counts = fer2013.audit(data)["counts"]
    assert tuple(counts["train"].values()) == (3995, 436, 4097, 7215, 4830, 3171, 4965)
    assert tuple(counts["validation"].values()) == (467, 56, 496, 895, 653, 415, 607)
    assert data.images.shape == (32_298 + sum(counts["test"].values()), 48, 48)
    again = fer2013.read(fer2013_path, progress=False)
    assert (again.images == data.images).all() and (again.labels == data.labels).all()
    (kept,) = cache.rglob("*.npz")
    assert kept.stem.startswith(files.sha256(fer2013_path))
