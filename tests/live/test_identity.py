"""People who move, cross and hide one another keep their number; strangers do not inherit it."""

import numpy as np
import pytest
from lengths import LONG

from emocourse.live.appearance import Exposure
from emocourse.live.tracker import Tracker
from emocourse.twin.scenes import moving_scene

FRAMES = 300
SCENES = [
    (2, 20), (3, 21), (4, 22), (5, 23), (6, 24), (2, 100), (3, 101), (4, 102), (5, 103), (6, 104), (2, 105), (3, 106),
    (4, 107),
]  # people, seed  # fmt: skip
SCENES = SCENES[: 13 if LONG else 6]


def at(box, track):
    """How far a track lies from a true box, in widths."""
    return np.hypot(*(np.add(track.box[:2], np.divide(track.box[2:], 2)) - box[:2] - box[2:] / 2)) / box[2]


def follow(tracker, moments):
    """For each true person, the number at their place in each frame in which 3/4 of the face shows, 0 for none."""
    numbers: dict[int, list[int]] = {}
    ghosts = 0
    for moment in moments:
        people = tracker.step(moment.image, None, moment.time)
        for i, box in enumerate(moment.boxes):
            here = min(people, key=lambda track: at(box, track), default=None)
            there = here is not None and at(box, here) < 0.35 and 0.6 < here.box[2] / box[2] < 1.6
            if moment.visible[i] >= 0.75 and (there or i in numbers):
                numbers.setdefault(i, []).append(here.id if there else 0)
        ghosts += sum(min(at(box, track) for box in moment.boxes) > 0.5 for track in people)
    return numbers, ghosts


def test_nearly_all_frames_keep_the_right_identity():
    """Of all frames from a person's first on in which 3/4 of the face shows: those with that person's own number there.

    A number is the own one of the person who had it first; a frame in which the face is not followed counts as wrong.
    The aim is 98 %, which these films reach (98.1 %). But who is once taken for another stays it for a hundred frames,
    and dlib's landmarks differ by a pixel between processors, so one event more or less is a point of all thirteen
    films, and two of the first six: hence 97 % and 95 %.
    """
    right = total = ghosts = 0
    for people, seed in SCENES:
        numbers, more = follow(Tracker(), moving_scene(people, FRAMES, seed=seed))
        owners: dict[int, int] = {}
        for person, ids in numbers.items():
            first = next(number for number in ids if number)
            owners.setdefault(first, person)
            right += sum(number == first for number in ids) if owners[first] == person else 0
            total += len(ids)
        ghosts += more
    print(f"{right} of {total} = {right / total:.4f}; {ghosts} ghosts")
    assert total > 0.5 * FRAMES * sum(people for people, _ in SCENES)
    assert right / total >= (0.97 if LONG else 0.95), f"{right} of {total}"
    assert ghosts <= 0.01 * total


def test_everybody_who_stands_apart_is_followed_in_every_frame():
    numbers, ghosts = follow(Tracker(), moving_scene(4, 90, seed=3, speed=0.3, cross=False))
    assert [len(ids) for ids in numbers.values()] == [90] * 4 and ghosts == 0
    assert [len(set(ids)) for ids in numbers.values()] == [1] * 4


def test_who_leaves_is_dropped_and_who_comes_back_is_known_again():
    moments = list(moving_scene(1, 90, seed=5, speed=0.2))
    wall = np.full_like(moments[0].image, 120)
    tracker, seen = Tracker(), []
    for i, moment in enumerate(moments):
        people = tracker.step(wall if 30 <= i < 60 else moment.image, None, moment.time)
        seen.append([track.id for track in people])
    assert all(ids == [1] for ids in seen[:30]) and all(ids == [] for ids in seen[34:60])
    assert all(ids == [1] for ids in seen[75:])


def test_a_stranger_in_the_same_place_gets_a_number_of_their_own():
    first, second = ([*moving_scene(1, 40, seed=seed, speed=0)] for seed in (1, 7))
    tracker = Tracker()
    for moment in first:
        people = tracker.step(moment.image, None, moment.time)
    assert [track.id for track in people] == [1]
    for moment in second:
        people = tracker.step(moment.image, None, moment.time + 2)
    assert [track.id for track in people] == [2]


def test_after_so_many_seconds_a_lost_person_is_forgotten():
    moments = list(moving_scene(1, 20, seed=5, speed=0))
    tracker = Tracker(keep=1.0)
    for moment in moments:
        tracker.step(moment.image, None, moment.time)
    for i in range(60):
        tracker.step(np.full_like(moments[0].image, 120), None, 1 + i / 30)
    assert tracker.tracks == []
    assert [track.id for track in tracker.step(moments[0].image, None, 3.1)] in ([], [2])


def test_a_lamp_makes_nobody_a_stranger():
    tracker = Tracker()
    seen = []
    for i, moment in enumerate(moving_scene(2, 60, seed=3, speed=0.3, cross=False)):
        image = (moment.image * 0.45).astype(np.uint8) if i >= 30 else moment.image
        seen.append([track.id for track in tracker.step(image, None, moment.time)])
    assert all(ids == [1, 2] for ids in seen[:30]) and all(ids == [1, 2] for ids in seen[40:])


def test_the_light_is_the_median_of_what_changed():
    rng = np.random.default_rng(0)
    frame = rng.integers(40, 200, (48, 64)).astype(np.uint8)
    light = Exposure()
    assert light.gain(frame) == 1.0
    moved = frame.copy()
    moved[:20, :20] = 250  # somebody in a white shirt
    assert light.gain(moved) == 1.0
    assert light.gain(moved // 2) == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize("scale", [0.16, 0.4])
def test_small_and_large_faces_are_found(scale):
    """Faces of about 50 and 125 pixels in 640×480; dlib itself sees none under 80."""
    import cv2

    moment = next(moving_scene(1, 1, size=(640, 480), seed=2, speed=0))
    part = cv2.resize(moment.image, None, fx=scale * 2.7, fy=scale * 2.7, interpolation=cv2.INTER_AREA)
    frame = np.full((480, 640), 120, np.uint8)
    frame[: min(480, part.shape[0]), : min(640, part.shape[1])] = part[:480, :640]
    tracker = Tracker()
    for i in range(3):
        people = tracker.step(frame, None, i / 30)
    assert len(people) == 1 and at(moment.boxes[0] * scale * 2.7, people[0]) < 0.2


def test_a_small_face_that_comes_later_is_found_too():
    import cv2

    near = [moment.image for moment in moving_scene(1, 2, seed=2, speed=0)]
    small = cv2.resize(near[0], None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    wall = np.full((480, 640), 120, np.uint8)
    frame = wall.copy()
    frame[250 : 250 + small.shape[0], 350 : 350 + small.shape[1]] = small
    tracker = Tracker()
    counts = [len(tracker.step(wall if i < 5 else frame, None, i / 30)) for i in range(60)]
    assert counts[:5] == [0] * 5 and counts[-1] == 1
