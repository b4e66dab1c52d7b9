"""EAR, MAR, blinks, yawns, PERCLOS and the alarm, on landmarks that the twin opens and closes without drawing them."""

import json
import math

import numpy as np
import pytest

from emocourse import twin
from emocourse.faces import landmarks
from emocourse.live import drowsiness
from emocourse.live.drowsiness import Monitor, Settings, State


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    return twin.load().mean("neutral")


def run(face, openness, seconds, fps=15.0, mouth=lambda t: 0.0, seen=lambda t: True, monitor=None, noise=0.0, seed=0):
    """The states of a drive whose openness and mouth are functions of the time."""
    rng = np.random.default_rng(seed)
    monitor = monitor or Monitor()
    known = {}
    states = []
    for i in range(int(seconds * fps)):
        t = i / fps
        shape = round(openness(t), 3), round(mouth(t), 2)
        if shape not in known:
            known[shape] = twin.set_mouth(twin.set_eyes(face, shape[0]), shape[1])
        points = known[shape]
        if noise:
            points = points + noise * rng.standard_normal(points.shape)
        states.append(monitor.update(points if seen(t) else None, t))
    return states


def blink(t, every=4.0, length=0.25, depth=0.0):
    """Lids that go down and up evenly within ``length`` seconds, once ``every`` seconds, first after half of it."""
    phase = (t + every / 2) % every / length
    return 1 - (1 - depth) * max(0.0, 1 - abs(2 * phase - 1)) if phase < 1 else 1.0


@pytest.mark.parametrize("bad", [np.zeros((67, 2)), np.zeros(136), np.full((68, 2), "x")])
def test_a_monitor_refuses_what_is_not_landmarks(bad):
    with pytest.raises(ValueError, match="68, 2"):
        Monitor().update(bad, 0.0)


def test_a_face_of_one_point_counts_as_not_seen(face):
    monitor = Monitor()
    assert not monitor.update(np.zeros((68, 2)), 0.0).seen
    assert not monitor.update(np.full((68, 2), np.nan), 0.1).seen
    assert monitor.update(face, 0.2).seen


@pytest.mark.parametrize("time", [math.nan, math.inf, 0.5])
def test_times_must_not_run_backwards(face, time):
    monitor = Monitor()
    monitor.update(face, 1.0)
    with pytest.raises(ValueError, match="times"):
        monitor.update(face, time)
    assert not monitor.update(face, 1.0).calibrated  # the same time again is allowed


@pytest.mark.parametrize("fps", [10, 15, 30])
@pytest.mark.parametrize("length", [0.25, 0.4])
def test_blinks_are_counted_from_the_first_second_on(face, fps, length):
    states = run(face, lambda t: blink(t, length=length), 62, fps)
    assert states[-1].blinks == 15  # at 2, 6, ... 58 s
    assert not any(s.calibrated for s in states if s.time < 7.5) and states[-1].calibrated
    assert all(s.blinks == 0 and s.perclos == 0 and math.isnan(s.openness) for s in states if not s.calibrated)
    assert not any(s.alarm for s in states)


@pytest.mark.parametrize("length, blinks", [(0.3, 9), (0.6, 9), (1.4, 0)])
def test_only_short_closures_are_blinks(face, length, blinks):
    # Half of the length is spent below half-way: 0.15, 0.3 and 0.7 s. The lids go down every 6 s, first after 15 s.
    assert run(face, lambda t: blink(t, 6, length) if t > 12 else 1.0, 66, 20)[-1].blinks == blinks


def test_small_dips_are_no_blinks(face):
    states = run(face, lambda t: blink(t, length=0.3, depth=0.7) if t > 20 else blink(t), 60)
    assert states[-1].blinks == 5


@pytest.mark.parametrize("share", [0.05, 0.1, 0.3, 0.6])
@pytest.mark.parametrize("fps", [10, 30])
def test_perclos_is_the_share_of_the_last_minute(face, share, fps):
    states = run(face, lambda t: blink(t) if t < 60 else float((t % 5) >= 5 * share), 150, fps)
    assert states[-1].perclos == pytest.approx(share, abs=0.02)


def test_perclos_weighs_by_time_not_by_frames(face):
    monitor, t = Monitor(), 0.0
    while t < 130:  # 30 frames a second while the eyes are closed, 10 while they are open
        closed = t > 10 and t % 10 < 2
        state = monitor.update(twin.set_eyes(face, float(not closed)), t)
        t += 1 / 30 if closed else 1 / 10
    assert state.perclos == pytest.approx(0.2, abs=0.02)


def test_time_without_a_face_is_left_out(face):
    def away(t):
        return t > 70 and t % 10 < 5

    states = run(face, lambda t: blink(t) if t < 60 else float(t % 5 >= 1), 140, seen=lambda t: not away(t))
    assert states[-1].perclos == pytest.approx(0.2, abs=0.015)
    lost = [s for s in states if not s.seen]
    assert lost and all(math.isnan(s.ear) and math.isnan(s.openness) for s in lost)
    # Long lost, nothing is known of the last minute any more.
    state = Monitor().update(None, 3.0)
    assert state == State(3.0)
    assert json.loads(json.dumps(state.as_json(), allow_nan=False))["ear"] is None


def test_eyes_that_close_before_the_face_is_lost_are_not_closed_for_ever(face):
    monitor = Monitor()
    run(face, blink, 20, monitor=monitor)
    run_on = [monitor.update(twin.set_eyes(face, 0), 20 + i / 15) for i in range(8)]
    assert run_on[-1].closed and not run_on[-1].alarm
    later = [monitor.update(None, 21 + i) for i in range(10)]
    assert not any(s.closed or s.alarm for s in later)
    assert monitor.update(twin.set_eyes(face, 0), 32).reasons == ()


def test_calibration_bears_blinks_and_waits_for_the_face(face):
    for openness in (lambda t: blink(t, 1.5), lambda t: 1.0, lambda t: 0.0 if t < 1 else 1.0):
        state = run(face, openness, 12, noise=0.05)[-1]
        assert state.calibrated and (state.openness > 0.8 or openness(state.time) < 1)
    states = run(face, blink, 30, seen=lambda t: t > 15)
    assert [s.calibrated for s in states].index(True) / 15 == pytest.approx(15 + 8, abs=0.2)


def test_narrow_eyes_are_not_tired_eyes(face):
    narrow = twin.set_eyes(face, 0.5)
    assert landmarks.eye_aspect_ratio(narrow) < 0.2  # below the fixed thresholds of many programs
    states = run(narrow, blink, 120)
    assert not any(s.alarm for s in states)
    assert states[-1].blinks == 30 and states[-1].perclos < 0.05


def test_who_narrowed_their_eyes_at_first_is_calibrated_again(face):
    states = run(face, lambda t: 0.45 * blink(t) if t < 12 else 0.2 if t > 60 else blink(t), 75)
    assert states[20 * 15].openness > 0.95  # narrow until 12 s, wide since
    assert any(s.alarm for s in states if s.time > 62)  # at 0.2, which is closed for wide eyes only


def test_a_long_closure_raises_the_alarm_and_it_goes_again(face):
    states = run(face, lambda t: 0.0 if 30 <= t < 33 else blink(t, 4) if t < 29 else 1.0, 60)
    times = [s.time for s in states if s.alarm]
    assert times[0] == pytest.approx(31.5, abs=0.15)
    assert times[-1] == pytest.approx(34.5, abs=0.2)  # held for 3 s
    assert {s.reasons for s in states if s.alarm} == {("eyes closed",)}
    assert not any(s.alarm for s in run(face, lambda t: 0.0 if 30 <= t < 31.2 else 1.0, 60))


def test_lids_that_hang_low_after_a_blink_are_not_closed(face):
    def openness(t):
        return blink(t) if t < 29 else 0.25 if t < 29.2 else 0.46 if t < 32.5 else 1.0

    assert not any("eyes closed" in s.reasons for s in run(face, openness, 40))


def test_perclos_alarm_has_hysteresis(face):
    """12 % closed keeps an alarm that it would not raise."""

    def openness(share):
        return lambda t: float(t % 5 >= 5 * share(t))

    low = run(face, openness(lambda t: 0.0 if t < 10 else 0.12), 200)
    assert not any(s.alarm for s in low)
    states = run(face, openness(lambda t: 0.0 if t < 10 else 0.12 if not 60 <= t < 100 else 0.25), 260)
    assert all("perclos" in s.reasons for s in states if s.time > 100)
    states = run(face, openness(lambda t: 0.25 if 10 <= t < 100 else 0.02), 260)
    on = [s.time for s in states if "perclos" in s.reasons]
    assert 30 <= on[0] < 60 and 100 < on[-1] < 160
    assert np.diff(on).max() < 0.1  # once on, once off


def test_perclos_alarm_waits_for_half_a_window(face):
    states = run(face, lambda t: float(t % 5 >= 1.2 or t < 8), 60)
    early = [s for s in states if s.perclos >= 0.15 and s.time < 29]
    assert early and not any(s.alarm for s in early)


def yawn(*starts, length=5.0):
    return lambda t: max([float(np.clip(min(t - s, s + length - t), 0, 1)) for s in starts])


def test_yawns_are_long_and_wide(face):
    assert run(face, blink, 60, mouth=yawn(12, 30, 50))[-1].yawns == 3
    assert run(face, blink, 60, mouth=yawn(12, 30, length=1.6))[-1].yawns == 0
    assert run(face, blink, 60, mouth=lambda t: 0.3 * abs(math.sin(9 * t)))[-1].yawns == 0  # speech


def test_a_speaker_who_opens_the_mouth_wide_does_not_yawn(face):
    states = run(face, lambda t: blink(t, 3), 40, 12, mouth=lambda t: 0.25 * (1 + math.sin(19 * t)) if t > 12 else 0)
    assert max(s.mar for s in states) > 0.5 and states[-1].yawns == 0
    assert states[-1].blinks == 13


def test_three_yawns_in_three_minutes_raise_the_alarm(face):
    states = run(face, blink, 400, 10, mouth=yawn(20, 80, 140))
    on = [s.time for s in states if s.alarm]
    assert on[0] == pytest.approx(142, abs=1) and all(s.reasons == ("yawns",) for s in states if s.alarm)
    assert on[-1] == pytest.approx(82 + 180, abs=1)  # one yawn left within the last three minutes
    assert not any(s.alarm for s in run(face, blink, 300, 10, mouth=yawn(20, 140, 240)))


def test_noise_does_not_blink(face):
    """Landmark noise of a hundredth of the distance between the eyes."""
    states = run(face, blink, 120, 30, noise=0.18, seed=1)
    assert states[-1].blinks == pytest.approx(30, abs=1)


def test_settings_are_the_monitors_own(face):
    states = run(face, lambda t: 0.0 if t >= 12 else 1.0, 15, monitor=Monitor(Settings(long_closure=0.5)))
    assert next(s.time for s in states if s.alarm) == pytest.approx(12.5, abs=0.15)


def judged(states):
    """The problems that stand in the last 20 seconds."""
    return {state.problem for state in states if state.time > states[-1].time - 20}


def test_who_blinks_is_judged_and_whoever_has_not_yet_is_not(face):
    states = run(face, blink, 100)
    assert judged(states) == {None} and {s.problem for s in states if s.time < 7.5} == {drowsiness.CALIBRATING}
    assert State(0.0).problem == drowsiness.NOT_SEEN
    late = run(face, lambda t: blink(t) if t > 30 else 1.0, 60)
    assert {s.problem for s in late if 9 < s.time < 30} == {drowsiness.NO_BLINK} and judged(late) == {None}
    shades = run(face, lambda t: blink(t) if t < 30 else 1.0, 120)  # dark glasses put on: the lids stand still
    assert judged(shades) == {drowsiness.NO_BLINK}


def test_eyes_that_are_closed_from_the_start_are_not_awake(face):
    states = run(face, lambda t: 0.3, 90, noise=0.05)
    assert judged(states) == {drowsiness.NO_BLINK} and not any(s.alarm for s in states)
    woken = run(face, lambda t: 0.3 if t < 40 else blink(t), 80, noise=0.05)
    assert judged(woken) == {None}


def test_eyes_whose_landmarks_never_close_are_not_awake(face):
    """Eyes wide open, or behind glasses: closed lids read as only a little narrower."""
    states = run(face, lambda t: 1 - 0.15 * (1 - blink(t)) if t < 30 else 0.85, 60, noise=0.05)
    assert judged(states) == {drowsiness.NO_BLINK}


def test_a_face_that_drops_out_of_view_is_said(face):
    states = run(face, blink, 40, seen=lambda t: t < 15)
    assert judged(states) == {drowsiness.NOT_SEEN} and states[-1].as_json()["problem"] == drowsiness.NOT_SEEN


@pytest.mark.parametrize("apart", [0.51, 1.0, 30.0])
def test_frames_too_far_apart_judge_nobody(face, apart):
    asleep = run(face, lambda t: blink(t) if t < 20 else 0.0, 80 * apart, 1 / apart)
    assert judged(asleep) == {drowsiness.APART} and not any(s.blinks_counted for s in asleep)


def test_an_alarm_is_a_judgement(face):
    states = run(face, lambda t: 1.0 if t < 12 else 0.0, 20)
    assert {s.problem for s in states if s.alarm} == {None} and any(s.alarm for s in states)


@pytest.mark.parametrize("fps, counted", [(2.5, False), (5, False), (7.5, False), (8, True), (10, True), (30, True)])
def test_blinks_are_not_counted_at_few_frames_a_second(face, fps, counted):
    state = run(face, blink, 40, fps)[-1]
    assert state.blinks_counted is counted
    assert state.as_json()["blinks"] == (state.blinks if counted else None)
