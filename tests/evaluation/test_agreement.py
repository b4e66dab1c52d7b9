"""How far people agree: measured from votes, written, read again; the record that ships."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from fer2013_files import random_images

from emocourse.cli.main import main
from emocourse.dataset import fer2013, ferplus
from emocourse.errors import CourseError
from emocourse.evaluation import agreement
from emocourse.files import store as files

HEADER = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
ROWS = [
    "Training,fer0000000.png,4,0,0,1,3,2,0,0,0,0",
    "Training,fer0000001.png,0,10,0,0,0,0,0,0,0,0",
    "Training,,0,0,0,0,0,0,0,0,0,10",
    "PublicTest,fer0000002.png,5,0,0,0,5,0,0,0,0,0",
]
LABELS = [6, 3, 0, 0]


@pytest.fixture
def votes_path(tmp_path: Path) -> Path:
    path = tmp_path / "fer2013new.csv"
    path.write_text("\n".join([HEADER, *ROWS]) + "\n")
    return path


@pytest.fixture
def data() -> fer2013.Fer2013:
    split = np.array(["train"] * 3 + ["validation"], "<U10")
    return fer2013.Fer2013(random_images(4), np.array(LABELS, np.uint8), split, np.arange(2, 6, dtype=np.int32), "x")


@pytest.fixture
def found(data: fer2013.Fer2013, votes_path: Path) -> dict:
    return agreement.measure(data, fer2013.read_votes(votes_path))


def test_votes_on_images_in_another_order(data: fer2013.Fer2013, votes_path: Path) -> None:
    joined = ferplus.join_votes(data.labels, data.split, fer2013.read_votes(votes_path))
    split = SimpleNamespace(rows=np.array([5, 2], np.int32))
    mine = agreement.votes_on(split, data, joined)
    assert np.array_equal(mine.counts, joined.counts[[3, 0]])
    assert mine.split.tolist() == ["validation", "train"] and len(mine.names) == 2
    with pytest.raises(CourseError, match="not FER2013's"):
        agreement.votes_on(SimpleNamespace(rows=np.array([2, 9])), data, joined)


def test_by_hand(found: dict) -> None:
    assert found["counts"] == {"train": 3, "validation": 1, "test": 0}
    assert found["unanimous"] == 0.5
    assert found["label_agreement"]["share"] == pytest.approx(2 / 3) and found["label_agreement"]["n"] == 3
    assert found["top_votes"] == [0, 0, 0, 1, 1, 0, 0, 0, 0, 2]
    crowd = {
        (emotion, choice): n
        for emotion, row in zip(found["emotions"], found["crowd_by_label"], strict=True)
        for choice, n in zip(found["choices"], row, strict=True)
        if n
    }
    agreed = {("neutral", "neutral"): 1, ("happiness", "happiness"): 1}
    assert crowd == agreed | {("anger", "NF"): 1, ("anger", agreement.TIE): 1}
    assert found["votes_by_label"][0] == [5, 0, 0, 0, 5, 0, 0, 0, 0, 10]
    assert 115 < found["brightness"]["50"] < 140
    words = agreement.agreement_in_words(found)
    assert "4 images" in words and "50.0 %" in words and "66.7 %" in words


def test_written_and_read_again(found: dict, tmp_path: Path) -> None:
    path = tmp_path / "ferplus.json"
    made = agreement.write(found, path)
    assert agreement.recorded(path) == json.loads(path.read_text()) == made


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: found.update(unanimous=0.9),
        lambda found: found["crowd_by_label"][0].__setitem__(0, 5),
        lambda found: found["top_votes"].pop(),
        lambda found: found["label_agreement"].update(share=0.5),
        lambda found: found.pop("choices"),
        lambda found: found.update(format=2),
        lambda found: found.update(date="yesterday"),
        lambda found: found.update(one_against_others="often"),
        lambda found: found.update(counts=[1, 2]),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(found: dict, tmp_path: Path, spoil) -> None:
    path = tmp_path / "ferplus.json"
    made = agreement.write(found, path)
    spoil(made)
    files.write_json(path, made)
    with pytest.raises(CourseError, match="make it again"):
        agreement.recorded(path)


def test_the_record_that_ships() -> None:
    found = agreement.recorded()
    assert 0.2 < found["unanimous"] < 0.25
    assert 0.68 < found["one_against_others"] < 0.72
    assert 0.6 < found["label_agreement"]["share"] < 0.68
    assert found["counts"] == {"train": 28709, "validation": 3589, "test": 0}
    for split, published in fer2013.PUBLISHED.items():
        assert tuple(found["audit"]["counts"][split].values()) == published


def test_where_the_votes_are(votes_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMOCOURSE_FERPLUS", raising=False)
    monkeypatch.delenv("EMOCOURSE_FER2013", raising=False)
    with pytest.raises(CourseError, match="EMOCOURSE_FERPLUS"):
        agreement.find_votes()
    (votes_path.parent / "fer2013.csv").write_text("")
    monkeypatch.setenv("EMOCOURSE_FER2013", str(votes_path.parent / "fer2013.csv"))
    assert agreement.find_votes() == votes_path
    monkeypatch.setenv("EMOCOURSE_FERPLUS", "elsewhere.csv")
    assert agreement.find_votes() == Path("elsewhere.csv")
    monkeypatch.setenv("EMOCOURSE_FERPLUS", f' "{votes_path}"\t')  # as Windows' "Copy as path" and .env files have it
    assert agreement.find_votes() == votes_path
    assert agreement.find_votes("here.csv") == Path("here.csv")


def test_the_command(votes_path: Path, tmp_path: Path, data: fer2013.Fer2013, capsys: pytest.CaptureFixture) -> None:
    usage = {"train": "Training", "validation": "PublicTest"}
    lines = [
        f"{label},{' '.join(map(str, image.ravel()))},{usage[split]}"
        for image, label, split in zip(data.images, data.labels, data.split, strict=True)
    ]
    csv = tmp_path / "fer2013.csv"
    csv.write_text("\n".join(["emotion,pixels,Usage", *lines]) + "\n")
    out = tmp_path / "new" / "ferplus.json"
    given = ["data", "votes", "--data", str(csv), "--votes", str(votes_path), "--out", str(out), "--json"]
    assert main(given) == 0
    assert json.loads(capsys.readouterr().out)["unanimous"] == 0.5
    assert agreement.recorded(out)["counts"]["train"] == 3


def test_the_real_votes_give_the_record(fer2013_path: Path) -> None:
    votes = fer2013_path.parent / "fer2013new.csv"
    if not votes.exists():
        pytest.skip("the FER+ votes, fer2013new.csv, do not lie beside the real dataset")
    data = fer2013.read(fer2013_path, progress=False)
    found, record = agreement.measure(data, fer2013.read_votes(votes)), agreement.recorded()
    for name in ("unanimous", "one_against_others"):
        assert found[name] == pytest.approx(record[name], abs=0.005)
    assert found["label_agreement"]["share"] == pytest.approx(record["label_agreement"]["share"], abs=0.01)


def test_load_measures_where_it_can(votes_path: Path, data: fer2013.Fer2013, monkeypatch: pytest.MonkeyPatch) -> None:
    assert agreement.load_agreement("twin")["source"].endswith("and recorded")
    monkeypatch.setattr(agreement.fer2013, "read", lambda **_: data)
    monkeypatch.setenv("EMOCOURSE_FERPLUS", str(votes_path))
    found = agreement.load_agreement("fer2013")
    assert found["source"].startswith("measured now") and sum(found["counts"].values()) == 4
    monkeypatch.delenv("EMOCOURSE_FERPLUS")
    monkeypatch.setenv("EMOCOURSE_FER2013", str(votes_path.parent / "elsewhere" / "fer2013.csv"))
    assert agreement.load_agreement("fer2013")["source"].endswith("and recorded")


def test_made_up_voters_know_the_label_and_nothing_else() -> None:
    found = agreement.recorded()
    labels = np.repeat(np.arange(7, dtype=np.uint8), 3000)
    votes = agreement.made_up_votes(labels, found, seed=4)
    assert votes.counts.shape == (21000, 10) and (votes.counts.sum(axis=1) == 10).all()
    every = np.array(found["votes_by_label"])
    drawn = np.stack([votes.counts[labels == k].sum(axis=0) for k in range(7)])
    assert np.allclose(drawn / 30000, every / every.sum(axis=1, keepdims=True), atol=0.015)
    assert np.array_equal(agreement.made_up_votes(labels, found, seed=4).counts, votes.counts)
    assert not np.array_equal(agreement.made_up_votes(labels, found, seed=5).counts, votes.counts)
    assert ferplus.share_unanimous(votes) < found["unanimous"]
    assert set(votes.split) == {"made up"}
