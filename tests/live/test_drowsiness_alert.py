"""Drawn drivers who are awake, seen through dlib's landmarks; and the drawn drives themselves.

Five minutes of them, and thirty in the long tests.
The seeds are not those on which the monitor's settings were chosen (all below 5000).
"""

import itertools

import numpy as np
import pytest
from driving import watch
from lengths import LONG

from emocourse.errors import CourseError
from emocourse.twin import driver as twin_drive
from emocourse.twin.driver import Schedule

SEEDS = range(5500, 5506 if LONG else 5501)


@pytest.fixture(scope="module")
def drives():
    return [watch(twin_drive.alert(5, seed), seed, fps=(10, 12)[seed % 2]) for seed in SEEDS]


def test_no_alarm_while_alert(drives):
    assert sum(drive.schedule.seconds for drive in drives) == 300 * len(SEEDS)
    assert [state.reasons for drive in drives for state in drive.states if state.alarm] == []


def test_blinks_perclos_and_yawns_are_right(drives):
    counted, true = np.sum([drive.blinks() for drive in drives], 0)
    assert true > 33 * len(SEEDS) and abs(counted - true) <= 0.05 * true
    assert np.max([drive.perclos_errors() for drive in drives]) <= 0.02
    assert [drive.states[-1].yawns for drive in drives] == [len(drive.schedule.yawns) for drive in drives]


def test_a_driver_who_looks_away_is_not_seen(drives):
    lost = [[state.time for state in drive.states if not state.seen] for drive in drives]
    away = [drive.schedule.away for drive in drives]
    assert sum(map(len, away)) > 0.5 * len(SEEDS)
    for times, events in zip(lost, away, strict=True):
        assert all(any(start <= t < start + length for start, length in events) for t in np.round(times, 2) + 0.0)


def test_schedules_keep_their_promises():
    for seed in range(20):
        for schedule in (twin_drive.tired(5, seed), twin_drive.alert(5, seed)):
            lids = np.array([schedule.at(t)[0] for t in schedule.times])
            for kind, low, high in (("blinks", 0.05, 0.45), ("closures", 0.6, 4)):
                for start, length in getattr(schedule, kind):
                    part = lids[round(start / 0.01) : round((start + length) / 0.01)]
                    assert part.min() < 0.05
                    assert low < 0.01 * (part < 0.5 * part.max()).sum() < high
            apart = sorted([*schedule.blinks, *schedule.closures, *schedule.yawns, *schedule.away])
            assert all(a + length + 0.49 < b for (a, length), (b, _) in itertools.pairwise(apart))


def test_true_perclos_is_counted_over_what_is_seen():
    schedule = Schedule(100, closures=((20, 12),), away=((50, 20),))
    assert schedule.perclos()[-1] == 0
    shut = 12 - 0.12 * 0.705 - 0.2 * 0.705  # a half-cosine passes 0.2 at 70.5 % of its way
    assert schedule.perclos()[4000] == pytest.approx(shut / 40, abs=1e-3)
    assert schedule.perclos()[7500] == pytest.approx(shut / 40, abs=1e-3)  # 15 to 75 s, of which 20 s not seen


def test_films_are_repeatable_and_no_two_frames_are_alike():
    schedule, person = Schedule(3, blinks=((1, 0.3),)), twin_drive.random_driver(3)
    film, again = (list(twin_drive.film(schedule, person, 15, seed=4)) for _ in range(2))
    assert all((a.image == b.image).all() and a.box == b.box for a, b in zip(film, again, strict=True))
    assert len({frame.image.tobytes() for frame in film}) == len(film) == pytest.approx(45, abs=4)
    gaps = np.diff([frame.time for frame in film])
    assert gaps.min() > 0 and gaps.std() > 0.005
    assert min(frame.openness for frame in film) < 0.3


@pytest.mark.parametrize(
    "call",
    [
        lambda: Schedule(0),
        lambda: Schedule(float("nan")),
        lambda: twin_drive.tired(3),
        lambda: next(twin_drive.film(Schedule(3), twin_drive.random_driver(3), fps=1)),
    ],
)
def test_impossible_drives_are_refused(call):
    with pytest.raises(CourseError):
        call()
