"""What users' films are like: rates that change or lie, films that end early, targets that cannot be written."""

import csv
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import retimed
from retimed import retime_mkv, retime_mp4

from emocourse.emotions import EMOTIONS_6
from emocourse.errors import CourseError
from emocourse.live import engine as live
from emocourse.live import film as video
from emocourse.live import video_in, video_out
from emocourse.models import architectures as models
from emocourse.models import weights
from emocourse.twin.scenes import moving_scene


class Blind:
    """An engine that sees nobody, at no cost: what is tested here is the film."""

    class classifier:  # noqa: N801
        emotions = EMOTIONS_6

    def reset(self):
        pass

    def step(self, frame, time):
        return []


def shades(n):
    """Images whose brightness tells which they are."""
    return [np.full((48, 64, 3), 20 + 200 * i // n, np.uint8) for i in range(n)]


def read(path):
    """Times from the first frame on, and brightnesses."""
    with video_in.open_film(path) as (_, frames):
        found = [(time, float(frame.mean())) for time, frame in frames]
    times, levels = np.array(found).T
    return times - times[0], levels


def shown(times, levels, at):
    return levels[max(0, np.searchsorted(times, at + 1e-4) - 1)]


def agree(source, written):
    """Whether at every quarter of a second the film written shows what the source shows, within one frame."""
    (ts, ls), (tw, lw) = read(source), read(written)
    one = max(np.median(np.diff(tw)), 1 / 30)
    assert abs((tw[-1] + one) - ts[-1]) <= 2 * one or tw[-1] > ts[-1]
    for at in np.arange(0, ts[-1], 0.25):
        near = [shown(ts, ls, t) for t in (at - one, at, at + one)]
        assert min(near) - 4 <= shown(tw, lw, at) <= max(near) + 4, at


CHANGING = {
    "a phone": [33, 34, 33, 50, 33, 17] * 12,
    "slower in the dark": [33] * 60 + [66] * 40 + [100] * 20,
    "first slow": [200] * 10 + [33] * 60,
    "a long still": [40] * 20 + [4000] + [40] * 20,
    "stills": [3000, 2000, 4000],
    "fast": [4] * 500,
}


@pytest.mark.parametrize("kind", CHANGING)
def test_the_annotated_film_keeps_the_times_of_a_changing_rate(kind, tmp_path):
    lasts = CHANGING[kind]
    source = retimed.write(tmp_path / "phone.mp4", shades(len(lasts)), 25)
    retime_mp4(source, lasts)
    assert read(source)[0] == pytest.approx(np.cumsum([0, *lasts[:-1]]) / 1000, abs=2e-3)
    value = video.watch(source, Blind(), tmp_path / "t.csv", tmp_path / "a.mp4")
    assert value["complete"] and value["frames"] == len(lasts) and value["video"] == str(tmp_path / "a.mp4")
    agree(source, tmp_path / "a.mp4")
    times, _ = read(tmp_path / "a.mp4")
    assert times[-1] + np.diff(times)[-1] == pytest.approx(sum(lasts) / 1000, abs=0.06)  # the last still too


def test_a_browsers_film_that_claims_1000_frames_a_second(tmp_path):
    times = [round(40 * i + 7 * np.sin(i)) for i in range(150)]
    source = retimed.write(tmp_path / "browser.mkv", shades(150), 1000)
    retime_mkv(source, times)
    with video_in.open_film(source) as (about, _):
        assert about.rate > 500
    value = video.watch(source, Blind(), tmp_path / "t.csv", tmp_path / "a.mp4")
    assert value["seconds"] == pytest.approx(times[-1] / 1000, abs=0.01)
    agree(source, tmp_path / "a.mp4")


def test_the_boxes_stand_at_their_time(tmp_path):
    """In a film that is fast first and slow then, a drawn person's box in the annotated film is over their face."""
    moments = list(moving_scene(1, 40, size=(320, 240), seed=4, rate=10, speed=2))
    images = [np.repeat(m.image[..., None], 3, axis=2) for m in moments]
    source = retimed.write(tmp_path / "one.mp4", images, 10)
    retime_mp4(source, [50] * 20 + [200] * 20)
    engine = live.Engine(weights.Classifier("slides", models.slides_cnn(), EMOTIONS_6, models.binary_input))
    value = video.watch(source, engine, tmp_path / "t.csv", tmp_path / "a.mp4")
    assert value["people"]
    (ts, _), (tw, _) = read(source), read(tmp_path / "a.mp4")
    with video_in.open_film(tmp_path / "a.mp4") as (_, frames):
        written = [frame for _, frame in frames]
    for second in range(1, 5):
        before = images[np.searchsorted(ts, second + 1e-3) - 1].astype(int)
        now = written[np.searchsorted(tw, second + 1e-3) - 1].astype(int)
        assert np.median(np.abs(now - before)) < 6  # all but the box


@pytest.mark.parametrize("ending", [".avi", ".mkv"])
def test_a_film_that_is_cut_is_written_as_far_as_it_goes_and_says_how_far(ending, tmp_path):
    rng = np.random.default_rng(0)
    images = [np.clip(image + rng.integers(0, 9, image.shape), 0, 255).astype(np.uint8) for image in shades(100)]
    whole = retimed.write(tmp_path / f"whole{ending}", images, 25)
    cut = tmp_path / f"cut{ending}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert video.watch(whole, Blind(), tmp_path / "t.csv")["problem"] is None
    value = video.watch(cut, Blind(), tmp_path / "t.csv", tmp_path / "a.mp4")
    assert not value["complete"] and "ends after" in value["problem"] and "4.0 s" in value["problem"]
    assert value["problem"].isprintable() and 20 < value["frames"] < 60
    agree(cut, tmp_path / "a.mp4")
    assert read(tmp_path / "a.mp4")[0][-1] < 2.5


def test_an_mp4_that_is_damaged_is_read_as_far_as_it_goes(tmp_path):
    source = retimed.write(tmp_path / "whole.mp4", shades(100), 25)
    data = bytearray(source.read_bytes())
    start = data.index(b"mdat") + 4
    end = data.index(b"moov")
    data[start + (end - start) // 2 : end - 4] = bytes(end - 4 - start - (end - start) // 2)
    source.write_bytes(data)
    value = video.watch(source, Blind(), tmp_path / "t.csv", tmp_path / "a.mp4")
    assert value["frames"] >= 40 and (value["complete"] or "ends after" in value["problem"])


def test_times_that_leap_by_days_do_not_fill_the_disk(tmp_path):
    source = retimed.write(tmp_path / "leap.mp4", shades(40), 25)
    retime_mp4(source, [40] * 20 + [200_000_000] + [40] * 19)
    video.watch(source, Blind(), tmp_path / "t.csv", tmp_path / "a.mp4")
    assert len(read(tmp_path / "a.mp4")[0]) < 200


# Targets


@pytest.fixture
def film(tmp_path):
    return retimed.write(tmp_path / "in.mp4", shades(30), 15)


class Unread(Blind):
    def step(self, frame, time):
        raise AssertionError("the film was read")


@pytest.mark.parametrize("name", ["t.csv", "a.mp4"])
def test_a_read_only_target_is_found_before_the_film_is_read(name, film, tmp_path):
    target = tmp_path / name
    target.write_text("old")
    target.chmod(0o444)
    with pytest.raises(CourseError, match="read-only"):
        video.watch(film, Unread(), tmp_path / "t.csv", tmp_path / "a.mp4")
    assert target.read_text() == "old" and {path.name for path in tmp_path.iterdir()} == {"in.mp4", name}


def test_a_target_that_is_open_elsewhere_is_found_before_the_film_is_read(film, tmp_path, monkeypatch):
    (tmp_path / "t.csv").write_text("old")
    told = Path.open

    def locked(self, mode="r", *more, **options):
        if self.name == "t.csv" and "+" in mode:
            raise PermissionError(13, "Permission denied")
        return told(self, mode, *more, **options)

    monkeypatch.setattr(Path, "open", locked)
    with pytest.raises(CourseError, match="close it in other programs"):
        video.watch(film, Unread(), tmp_path / "t.csv")


def test_a_full_disk_is_found_before_the_film_is_read(film, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: type("", (), {"free": 1000}))
    with pytest.raises(CourseError, match="is full"):
        video.watch(film, Unread(), tmp_path / "new" / "t.csv")
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_a_device_is_no_target(film):
    with pytest.raises(CourseError, match="not a file"):
        video.watch(film, Unread(), "/dev/full")


def test_what_cannot_be_replaced_at_the_end_lies_beside_it(film, tmp_path, monkeypatch):
    """Excel opens the old timeline while the film is read."""
    for name in ("t.csv", "a.mp4"):
        (tmp_path / name).write_text("old")
    told = Path.replace

    def locked(self, target):
        if Path(target).name in ("t.csv", "a.mp4"):
            raise PermissionError(13, "Permission denied")
        return told(self, target)

    monkeypatch.setattr(Path, "replace", locked)
    value = video.watch(film, Blind(), tmp_path / "t.csv", tmp_path / "a.mp4")
    assert not value["complete"] and "t-2.csv" in value["problem"] and "a-2.mp4" in value["problem"]
    assert value["timeline"] == str(tmp_path / "t-2.csv") and value["video"] == str(tmp_path / "a-2.mp4")
    assert (tmp_path / "t.csv").read_text() == "old" and len(read(tmp_path / "a-2.mp4")[0]) == 30
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-2.mp4", "a.mp4", "in.mp4", "t-2.csv", "t.csv"]


def test_a_disk_that_fills_meanwhile_keeps_what_was_written(film, tmp_path, monkeypatch):
    told, calls = video_out.Timeline.add, []

    def add(self, rows):
        if calls.append(1) or len(calls) > 10:
            self._stream.flush = lambda: (_ for _ in ()).throw(OSError(28, "No space left on device"))
        return told(self, rows)

    monkeypatch.setattr(video_out.Timeline, "add", add)
    value = video.watch(film, Blind(), tmp_path / "t.csv")
    assert not value["complete"] and "No space left" in value["problem"] and value["frames"] == 10
    assert (tmp_path / "t.csv").read_text().startswith("time,person")


# Drowsiness


def test_frames_too_far_apart_for_drowsiness_are_refused(film, tmp_path):
    with pytest.raises(CourseError, match=r"--every 0\.4"):
        video.watch(film, Unread(), tmp_path / "t.csv", every=0.5, drowsiness=True)
    video.watch(film, Blind(), tmp_path / "t.csv", every=0.5)


@pytest.fixture(scope="module")
def asleep(tmp_path_factory):
    """A drawn driver whose eyes are closed from the first frame on."""
    from emocourse.twin import driver as drive

    path = tmp_path_factory.mktemp("drive") / "asleep.mp4"
    schedule = drive.Schedule(24, closures=((-1, 30),))
    images = [frame.image for frame in drive.film(schedule, drive.random_driver(6003), 10, 6003)]
    return retimed.write(path, [cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) for image in images], 10)


def rows(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def watched(source, tmp_path, **options):
    classifier = weights.Classifier("slides", models.slides_cnn(), EMOTIONS_6, models.binary_input)
    engine = live.Engine(classifier, drowsiness=True, read_every=5)
    return video.watch(source, engine, tmp_path / "t.csv", drowsiness=True, **options), rows(tmp_path / "t.csv")


def test_a_driver_asleep_from_the_start_is_not_called_awake(asleep, tmp_path):
    value, table = watched(asleep, tmp_path)
    assert len(value["people"]) == 1 and value["people"][0]["judged"] < 0.1
    assert any(key.startswith("no blinks") for key in value["people"][0]["not_judged"])
    assert any("cannot be judged" in said for said in value["warnings"])
    assert all(row["alarm"] == row["perclos"] == row["blinks"] == "" and row["problem"] for row in table[120:])


def test_films_of_few_frames_a_second_do_not_judge(asleep, tmp_path):
    with video_in.open_film(asleep) as (_, frames):
        images = [frame[..., ::-1] for _, frame in frames][::10]
    source = retimed.write(tmp_path / "slow.mp4", images, 1)
    value, table = watched(source, tmp_path)
    assert value["people"][0]["judged"] == 0 and all(row["alarm"] == "" for row in table)
    assert any("Blinks are not counted" in said for said in value["warnings"])


def test_blinks_are_empty_below_eight_frames_a_second(asleep, tmp_path):
    _, table = watched(asleep, tmp_path, every=0.2)
    assert all(row["blinks"] == "" for row in table[5:])
