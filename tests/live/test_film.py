"""``emocourse watch``: a film in, a timeline and an annotated film out; and what is no film."""

import csv

import cv2
import numpy as np
import pytest
import retimed
from tiny import refuse, succeed

from emocourse.cli.main import main
from emocourse.emotions import EMOTIONS_6
from emocourse.errors import CourseError
from emocourse.live import engine as live
from emocourse.live import film as video
from emocourse.live import video_in, video_out
from emocourse.models import architectures as models
from emocourse.models import weights
from emocourse.twin.scenes import moving_scene

FRAMES = 40


@pytest.fixture(scope="module")
def engine():
    """A network that has learnt nothing: what is tested here is what becomes of its answers."""
    return live.Engine(
        weights.Classifier("slides", models.slides_cnn(), EMOTIONS_6, models.binary_input), drowsiness=True
    )


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Two people, 40 frames, 20 a second."""
    path = tmp_path_factory.mktemp("film") / "people.mp4"
    with video_out.Writer(path, (480, 360), 20.0) as writer:
        for moment in moving_scene(2, FRAMES, size=(480, 360), seed=4, rate=20):
            writer.write(np.repeat(moment.image[..., None], 3, axis=2))
    return path


def rows(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_a_film_becomes_a_timeline_and_an_annotated_film(engine, film, tmp_path):
    value = video.watch(film, engine, tmp_path / "new" / "t.csv", tmp_path / "a.mp4", drowsiness=True)
    assert value["frames"] == value["analysed"] == FRAMES and value["seconds"] == pytest.approx(39 / 20, abs=0.01)
    assert [person["id"] for person in value["people"]] == sorted({person["id"] for person in value["people"]})
    table = rows(tmp_path / "new" / "t.csv")
    assert list(table[0]) == video.columns(EMOTIONS_6, drowsiness=True)
    assert len(table) == sum(person["analysed"] for person in value["people"]) >= FRAMES
    for row in table:
        shares = [float(row[name]) for name in EMOTIONS_6]
        assert sum(shares) == pytest.approx(1, abs=1e-3) and float(row["probability"]) == max(shares)
        assert row["emotion"] == video.NOT_SURE or float(row[row["emotion"]]) == max(shares)
        assert 0 < float(row["ear"]) < 1
    assert sorted({float(row["time"]) for row in table}) == pytest.approx(np.arange(FRAMES) / 20)
    with video_in.open_film(tmp_path / "a.mp4") as (about, frames), video_in.open_film(film) as (_, before):
        assert (about.width, about.height, about.rate) == (480, 360, 20.0)
        pairs = list(zip(frames, before, strict=True))
    assert len(pairs) == FRAMES
    assert all(abs(a - b) < 1e-6 and np.abs(one.astype(int) - two).max() > 60 for (a, one), (b, two) in pairs)


def test_every_so_many_seconds(engine, film, tmp_path):
    value = video.watch(film, engine, tmp_path / "t.csv", every=0.5)
    assert (value["frames"], value["analysed"]) == (FRAMES, 4)
    assert sorted({float(row["time"]) for row in rows(tmp_path / "t.csv")}) == [0.0, 0.5, 1.0, 1.5]


def test_the_command(film, tmp_path, capsys):
    value = succeed(capsys, "watch", film, "--out", tmp_path / "t.csv", "--every", 0.5)
    assert value["analysed"] == 4 and value["people"] and value["video"] is None
    assert len(rows(tmp_path / "t.csv")) == sum(person["analysed"] for person in value["people"])


def test_the_command_says_what_is_missing(film, tmp_path, capsys):
    """A film that is cut off: what could be read is written, a sentence says how far it came, and the status is 1."""
    whole = retimed.write(tmp_path / "whole.mkv", [np.full((96, 128, 3), 90, np.uint8)] * 60, 15.0)
    cut = write(tmp_path / "cut.mkv", whole.read_bytes()[: whole.stat().st_size // 2])
    assert main(["watch", str(cut), "--out", str(tmp_path / "t.csv"), "--video", str(tmp_path / "a.mp4")]) == 1
    said = capsys.readouterr()
    assert "ends after" in said.err and said.err.count("\n") == 1
    assert "t.csv is written" in said.out and (tmp_path / "t.csv").exists() and (tmp_path / "a.mp4").exists()


def test_the_command_says_who_cannot_be_judged(film, tmp_path, capsys):
    assert main(["watch", str(film), "--out", str(tmp_path / "t.csv"), "--drowsiness"]) == 0
    assert "cannot be judged" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["t.xlsx", "T.XLS", "t.ods"])
def test_a_timeline_is_no_workbook(film, engine, tmp_path, name):
    with pytest.raises(CourseError, match=r"name it \.csv"):
        video.watch(film, engine, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_film_of_nobody(engine, tmp_path):
    with video_out.Writer(tmp_path / "wall.mp4", (64, 48), 10.0) as writer:
        for _ in range(3):
            writer.write(np.full((48, 64, 3), 90, np.uint8))
    assert video.watch(tmp_path / "wall.mp4", engine, tmp_path / "t.csv")["people"] == []
    assert rows(tmp_path / "t.csv") == []


def write(path, content):
    path.write_bytes(content)
    return path


BAD = {
    "text": (lambda path, film: write(path, b"this is no film\n" * 100), "no film"),
    "empty": (lambda path, film: write(path, b""), "no film"),
    "noise": (lambda path, film: write(path, np.random.default_rng(0).bytes(100_000)), "no film"),
    "header only": (lambda path, film: write(path, film.read_bytes()[:48]), "no film"),
    "no index": (lambda path, film: write(path, film.read_bytes()[: film.stat().st_size // 2]), "no film"),
    "missing": (lambda path, film: path, "cannot be read"),
    "folder": (lambda path, film: path.mkdir(), "not a file"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_film_is_one_sentence(kind, film, tmp_path, capfd):
    make, says = BAD[kind]
    path = tmp_path / "bad.mp4"
    make(path, film)
    with pytest.raises(CourseError, match=says) as caught, video_in.open_film(path):
        pass
    assert str(caught.value).isprintable()
    assert capfd.readouterr().err == ""


def test_a_film_cut_short_is_read_as_far_as_it_goes(film, tmp_path):
    with video_in.open_film(film) as (_, frames):
        images = [frame for _, frame in frames]
    path = tmp_path / "cut.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20.0, (480, 360))
    for frame in images:
        writer.write(frame)
    writer.release()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with video_in.open_film(path) as (_, frames):
        assert 5 < len(list(frames)) < FRAMES


def test_huge_frames_are_refused_before_they_are_decoded(film, tmp_path, monkeypatch):
    monkeypatch.setattr(video_in, "MAX_SIDE", 400)
    with pytest.raises(CourseError, match="480×360"), video_in.open_film(film):
        pass


@pytest.mark.parametrize(
    ("out", "annotated", "says"),
    [
        ("{film}", None, "the film itself"),
        ("t.csv", "{film}", "the film itself"),
        ("t.mp4", "t.mp4", "same file"),
        ("t.csv", "a.avi", "must end in .mp4"),
        (".", None, "is a folder"),
        ("{film}/t.csv", None, "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_refused(out, annotated, says, film, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = film.read_bytes()
    arguments = ["watch", film, "--out", out.format(film=film)]
    if annotated:
        arguments += ["--video", annotated.format(film=film)]
    assert says in refuse(capsys, *arguments)
    assert film.read_bytes() == before and list(tmp_path.iterdir()) == []


def test_numbers_out_of_range(film, tmp_path, capsys):
    assert "nan" in refuse(capsys, "watch", film, "--out", tmp_path / "t.csv", "--every", "nan")


def test_stopping_leaves_nothing_half_written(engine, film, tmp_path, monkeypatch):
    (tmp_path / "t.csv").write_text("old")
    steps = []

    def step(frame, time):
        if steps.append(time) or len(steps) == 5:
            raise KeyboardInterrupt
        return []

    monkeypatch.setattr(engine, "step", step)
    with pytest.raises(KeyboardInterrupt):
        video.watch(film, engine, tmp_path / "t.csv", tmp_path / "a.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"] and (tmp_path / "t.csv").read_text() == "old"


def test_times_that_stand_still_or_fall_are_counted_on():
    said = [0.0, 40.0, 40.0, 20.0, float("nan"), 300.0]

    class Capture:
        at = -1

        def read(self):
            self.at += 1
            there = self.at < len(said)
            return there, np.zeros((4, 4, 3), np.uint8) if there else None

        def get(self, what):
            return said[self.at]

    times = [time for time, _ in video_in._frames(Capture(), 10.0)]
    assert times == pytest.approx([0.0, 0.04, 0.14, 0.24, 0.34, 0.44])
