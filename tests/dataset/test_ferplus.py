"""The FER+ votes: read, joined, and counted."""

from pathlib import Path

import numpy as np
import pytest
from fer2013_files import random_images

from emocourse.dataset import fer2013, ferplus
from emocourse.emotions import EMOTIONS
from emocourse.errors import CourseError

HEADER = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
ROWS = [
    "Training,fer0000000.png,4,0,0,1,3,2,0,0,0,0",
    "Training,fer0000001.png,0,10,0,0,0,0,0,0,0,0",
    "Training,,0,0,0,0,0,0,0,0,0,10",
    "PublicTest,fer0000002.png,5,0,0,0,5,0,0,0,0,0",
    "PrivateTest,fer0000003.png,0,0,0,0,0,0,9,0,0,0",
]


def write(tmp_path: Path, rows: list[str], header: str = HEADER) -> Path:
    path = tmp_path / "fer2013new.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@pytest.fixture
def votes(tmp_path: Path) -> ferplus.Votes:
    return fer2013.read_votes(write(tmp_path, ROWS))


def dataset(split: list[str], **more: object) -> fer2013.Fer2013:
    n = len(split)
    rows = np.arange(2, n + 2, dtype=np.int32)
    return fer2013.Fer2013(random_images(n), np.zeros(n, np.uint8), np.array(split, "<U10"), rows, "x", **more)


def join(data: fer2013.Fer2013, votes: ferplus.Votes) -> ferplus.Votes:
    return fer2013.join_votes(data.labels, data.split, votes, data.form, data.n_skipped)


def test_read(votes: ferplus.Votes) -> None:
    assert (votes.counts.dtype, votes.counts.shape) == (np.uint8, (5, 10))
    assert votes.counts[0].tolist() == [4, 0, 0, 1, 3, 2, 0, 0, 0, 0]
    assert votes.split.tolist() == ["train", "train", "train", "validation", "test"]
    assert votes.names.tolist()[2:4] == ["", "fer0000002.png"]


BAD = {
    "letter": ("Training,fer0000009.png,x,0,0,0,0,0,0,0,0,0", "line 3: the votes for neutral are 'x'"),
    "negative": ("Training,fer0000009.png,-1,0,0,0,0,0,0,0,0,9", "line 3: the votes for neutral are '-1'"),
    "eleven": ("Training,fer0000009.png,0,11,0,0,0,0,0,0,0,0", "line 3: the votes for happiness are '11'"),
    "eleven in all": ("Training,fer0000009.png,5,6,0,0,0,0,0,0,0,0", "line 3: the votes add up to 11"),
    "none": ("Training,fer0000009.png,0,0,0,0,0,0,0,0,0,0", "line 3: the votes add up to 0"),
    "missing": ("Training,fer0000009.png,,10,0,0,0,0,0,0,0,0", "line 3: the votes for neutral are ''"),
    "short row": ("Training,fer0000009.png,10,0,0,0,0,0,0,0,0", "line 3: has 11 columns instead of 12"),
    "Usage": ("Test,fer0000009.png,10,0,0,0,0,0,0,0,0,0", "line 3: the Usage is 'Test'"),
    "blank line": ("", "line 3: has 1 columns instead of 12"),
    "long name": (f"Training,{'x' * 99},10,0,0,0,0,0,0,0,0,0", "line 3: the image name is longer"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_row(name: str, tmp_path: Path) -> None:
    line, says = BAD[name]
    with pytest.raises(CourseError, match=says):
        fer2013.read_votes(write(tmp_path, [ROWS[0], line, *ROWS[1:]]))


def test_bad_file(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="line 1: the header is not that of FER"):
        fer2013.read_votes(write(tmp_path, ROWS, "emotion,pixels,Usage"))
    with pytest.raises(CourseError, match="holds no votes"):
        fer2013.read_votes(write(tmp_path, []))
    with pytest.raises(CourseError, match="not in its original order"):
        fer2013.read_votes(write(tmp_path, ROWS[::-1]))
    with pytest.raises(CourseError, match="cannot be read"):
        fer2013.read_votes(tmp_path / "none.csv")
    path = tmp_path / "votes.csv"
    path.write_bytes(b"")
    with pytest.raises(CourseError, match="is empty"):
        fer2013.read_votes(path)
    path.write_bytes(HEADER.encode() + b"\n" + bytes(50_000_000))
    with pytest.raises(CourseError, match=r"NUL bytes|over 32,768 bytes"):
        fer2013.read_votes(path)


def test_join_by_split_and_order(votes: ferplus.Votes) -> None:
    joined = join(dataset(["validation", "train", "train", "train"]), votes)
    assert joined.names.tolist() == ["fer0000002.png", "fer0000000.png", "fer0000001.png", ""]
    assert joined.counts[0].tolist() == [5, 0, 0, 0, 5, 0, 0, 0, 0, 0]
    with pytest.raises(CourseError, match="The train split has 2 images but 3 rows of votes"):
        join(dataset(["train", "train", "validation"]), votes)
    with pytest.raises(CourseError, match="row order"):
        join(dataset(["train"] * 3, form="folder"), votes)
    with pytest.raises(CourseError, match="2 bad rows were skipped"):
        join(dataset(["train"] * 3, n_skipped=2), votes)


def many(blank: tuple[int, ...] = (40, 90, 91, 200, 333), n: int = 400, counted: bool = False) -> list[str]:
    """Rows of FER+ as it comes, drawn by lot; ``counted``: nameless rows count in the names' numbers."""
    rng = np.random.default_rng(0)
    rows, number = [], 0
    for i in range(n):
        counts = rng.multinomial(10, rng.dirichlet(np.full(10, 0.3)))
        name = "" if i in blank else f"fer{number:07d}.png"
        number += i not in blank or counted
        rows.append(f"Training,{name},{','.join(map(str, counts))}")
    return rows


def named(row: str) -> bool:
    return ",," not in row


MOVED = {
    "nameless rows last": lambda rows: sorted(rows, key=lambda row: not named(row)),
    "nameless rows first": lambda rows: sorted(rows, key=named),
    "sorted backwards": lambda rows: rows[::-1],
    "by votes": lambda rows: sorted(rows, key=lambda row: row.split(",")[2:]),
}


@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("name", MOVED)
def test_rows_that_moved(name: str, counted: bool, tmp_path: Path) -> None:
    rows = many(counted=counted)
    assert len(fer2013.read_votes(write(tmp_path, rows))) == 400
    with pytest.raises(CourseError, match="not in its original order"):
        fer2013.read_votes(write(tmp_path, MOVED[name](rows)))


def test_nameless_rows_that_moved_one_by_one(tmp_path: Path) -> None:
    rows = many(tuple(range(20, 400, 20)), counted=True)
    for place in range(20, 400, 20):
        rows.insert(place - 7, rows.pop(place))
    with pytest.raises(CourseError, match="not in its original order"):
        fer2013.read_votes(write(tmp_path, rows))


def test_labels_that_do_not_go_with_the_votes(tmp_path: Path) -> None:
    votes = fer2013.read_votes(write(tmp_path, many()))
    choice = [ferplus.VOTE_NAMES.index(name) for name in EMOTIONS]
    labels = votes.counts[:, choice].argmax(axis=1)
    split = np.full(400, "train", "<U10")
    assert fer2013.join_votes(labels, split, votes).counts.tolist() == votes.counts.tolist()
    labels[250:350] = np.roll(labels[250:350], 1)
    with pytest.raises(CourseError, match="rows have moved"):
        fer2013.join_votes(labels, split, votes)


def test_measures(votes: ferplus.Votes) -> None:
    assert ferplus.majority(votes).tolist() == [0, 1, 9, -1, 6]
    assert ferplus.share_unanimous(votes) == pytest.approx(3 / 5)
    # FER2013's labels: neutral, happiness, anger, anger, fear. The tie does not count; NF is no label of FER2013.
    share, n = ferplus.label_agreement(np.array([6, 3, 0, 0, 2]), votes)
    assert (share, n) == (pytest.approx(3 / 4), 4)
    with pytest.raises(CourseError, match="join the votes first"):
        ferplus.label_agreement(np.zeros(3, int), votes)


def test_one_against_others_by_hand() -> None:
    def share(*counts: int) -> float:
        row = np.zeros((1, 10), np.uint8)
        row[0, : len(counts)] = counts
        return ferplus.one_against_others(ferplus.Votes(row, np.array(["train"]), np.array([""])))

    assert share(10) == 1
    assert share(9, 1) == pytest.approx(0.9)
    assert share(5, 5) == 0  # the other nine are always 5 to 4 for the other choice
    assert share(6, 4) == pytest.approx(0.6)
    assert share(5, 4, 1) == pytest.approx((5 / 2) / 10)  # one of the five leaves 4 to 4, a tie
    assert share(1, 1) == 0


def test_real_votes(fer2013_path: Path) -> None:
    path = fer2013_path.parent / "fer2013new.csv"
    if not path.exists():
        pytest.skip("the FER+ votes, fer2013new.csv, do not lie beside the real dataset")
    data = fer2013.read(fer2013_path, progress=False)
    votes = join(data, fer2013.read_votes(path))
    assert ferplus.share_unanimous(votes) == pytest.approx(0.226, abs=0.002)
    assert ferplus.one_against_others(votes) == pytest.approx(0.702, abs=0.002)
    assert ferplus.label_agreement(data.labels, votes)[0] == pytest.approx(0.645, abs=0.01)


def test_what_labels_mean_where_people_saw_the_same() -> None:
    """Voters who see anger are right three times in four: that, not the label of one image, is what comes out."""
    n, anger, happiness = 400, EMOTIONS.index("anger"), EMOTIONS.index("happiness")
    counts = np.zeros((n, 10), np.uint8)
    seen = np.arange(n) % 2 == 0
    counts[seen, ferplus.VOTE_NAMES.index("anger")] = 10
    counts[~seen, ferplus.VOTE_NAMES.index("happiness")] = 8
    counts[~seen, ferplus.VOTE_NAMES.index("neutral")] = 1
    labels = np.where(seen & (np.arange(n) % 8 != 0), anger, happiness)
    shares = ferplus.label_shares(labels, ferplus.Votes(counts, np.full(n, "train"), np.full(n, "")))
    assert (shares.dtype, shares.shape) == (np.float32, (n, 7))
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(shares[seen], np.tile(shares[0], (n // 2, 1)))  # whatever each one's label is
    assert shares[0, anger] == pytest.approx(0.75, abs=0.02) and shares[0, happiness] == pytest.approx(0.25, abs=0.02)
    assert shares[1, happiness] > 0.98


def test_labels_without_as_many_votes_are_refused(votes: ferplus.Votes) -> None:
    with pytest.raises(CourseError, match="join the votes first"):
        ferplus.label_shares(np.zeros(4, np.uint8), votes)


def test_what_labels_mean_on_the_real_votes(fer2013_path: Path) -> None:
    path = fer2013_path.with_name("fer2013new.csv")
    if not path.exists():
        pytest.skip("fer2013new.csv is needed beside FER2013")
    data = fer2013.read(progress=False).select("validation")
    votes = ferplus.read_votes(path)
    mine = ferplus.Votes(*(part[votes.split == "validation"] for part in (votes.counts, votes.split, votes.names)))
    shares = ferplus.label_shares(data.labels, mine)
    assert 0.64 < (shares.argmax(axis=1) == data.labels).mean() < 0.72  # people and labels agree no more than that
    assert abs(shares.max(axis=1).mean() - (shares.argmax(axis=1) == data.labels).mean()) < 0.03  # and it knows
