"""Drawn drivers who tire, on known schedules, seen through dlib's landmarks.

Ten minutes of them, and fifty in the long tests.
The seeds are not those on which the monitor's settings were chosen (all below 5000).
"""

import numpy as np
import pytest
from driving import watch
from lengths import LONG

from emocourse.twin import driver as twin_drive

SEEDS = range(5000, 5010 if LONG else 5002)


@pytest.fixture(scope="module")
def drives():
    return [watch(twin_drive.tired(5, seed), seed, fps=(10, 12)[seed % 2]) for seed in SEEDS]


def test_there_is_something_to_find(drives):
    conditions = [reason for drive in drives for reason, *_ in drive.conditions()]
    assert sum(drive.schedule.seconds for drive in drives) == 300 * len(SEEDS)
    assert {reason: conditions.count(reason) >= 0.4 * len(SEEDS) for reason in conditions} == dict.fromkeys(
        ("perclos", "eyes closed", "yawns"), True
    )
    assert sum(len(drive.schedule.blinks) for drive in drives) > 40 * len(SEEDS)
    assert max(drive.schedule.perclos().max() for drive in drives) > 0.2


def test_every_alarm_condition_is_found_and_nothing_else(drives):
    assert [drive.missed() for drive in drives] == [[]] * len(drives)
    assert [drive.false() for drive in drives] == [[]] * len(drives)


def test_blinks_are_counted_within_five_per_cent(drives):
    counted, true = np.sum([drive.blinks() for drive in drives], 0)
    assert abs(counted - true) <= 0.05 * true


def test_perclos_is_right_within_two_points_in_every_minute(drives):
    minutes, frames = np.max([drive.perclos_errors() for drive in drives], 0)
    assert minutes <= 0.02 and frames <= 0.025


def test_yawns_are_counted(drives):
    assert [drive.states[-1].yawns for drive in drives] == [len(drive.schedule.yawns) for drive in drives]


def test_the_alarm_goes_when_the_driver_is_awake_again(drives):
    for drive in drives:
        assert "eyes closed" not in drive.states[-1].reasons and drive.states[-1].perclos < 0.15
