"""The thresholds of :mod:`emocourse.live.drowsiness`, and where each comes from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Every threshold of a ``Monitor``. Openness: 0 as in the person's blinks, 1 as in the first seconds.

    Attributes:
        calibration: seconds in which the face must have been seen before anything is counted.
        open_quantile: of the EARs seen in these seconds, the one that stands for open eyes: above the middle, so that
            blinks do not lower it, and not the highest, which is noise.
        wider: calibration begins again where the eyes rest so many times wider open: they were narrowed before.
        closed_share: EAR of closed eyes as a share of open ones, until the person's blinks are known. dlib's landmarks
            never close an eye fully; this is the median over drawn people.
        rest: seconds over which the lids' present resting level, and the landmarks' noise, are taken.
        noise: a blink goes at least so many standard deviations of the noise below the resting lids.
        pause: seconds for which the lids must be up again; before, it is one dip, in which the landmarks flickered.
        slip: lids that were down so many seconds before and after were down in between: nobody looks up for so short a
            time, but landmarks slip.
        longest_dip: seconds for which the lids may be down to show what closed eyes look like to the landmarks.
        closed_quantile: of the lowest EARs of the last thirty such dips, the one that stands for closed eyes: below the
            middle, since some dips were seen between two frames only.
        closed_most: closed eyes read at most this share of open ones; above, they cannot be told apart.
        closed: openness up to which the lids cover 80 % of the eye (P80).
        reopened: openness at which closed eyes are open again: lids that hang low are not closed.
        closed_mean: mean openness up to which a long closure is one, and not lids that hang low.
        longest_blink: seconds that a blink spends below half-way; what lasts longer is no blink (Caffier et al., 2003).
        window: seconds over which PERCLOS is taken (Wierwille et al., 1994).
        perclos_on, perclos_off: the alarm's thresholds. Published ones lie between 0.10 and 0.20.
        perclos_seen: seconds of the window in which the face must have been seen for this alarm.
        long_closure: seconds of closed eyes at once that raise the alarm: at 100 km/h, 1.5 s are 42 m.
        yawn_on, yawn_off: mouth ratio at which a yawn begins and ends (0.5 to 0.65 in the literature).
        yawn_time: seconds for which it must last. yawn_share: share of the frames in which the mouth must be as wide.
        yawn_longest: seconds for which a wide mouth explains narrow eyes, which are then taken as open: the landmarks
            read them as nearly closed. It is also the time within which a second yawn is still the first.
        yawns_on, yawns_off, yawns_window: so many yawns within so many seconds raise the alarm, and so many keep it. No
            study fixes this number: it is this course's choice.
        hold: seconds for which an alarm stays at least.
        gap: seconds without a frame, or without the face, after which nothing is assumed of the time between.
    """

    calibration: float = 8.0
    open_quantile: float = 0.65
    wider: float = 1.3
    closed_share: float = 0.45
    rest: float = 10.0
    noise: float = 3.5
    pause: float = 0.2
    slip: float = 0.17
    longest_dip: float = 1.5
    closed_quantile: float = 0.3
    closed_most: float = 0.8
    closed: float = 0.2
    reopened: float = 0.27
    closed_mean: float = 0.12
    longest_blink: float = 0.5
    window: float = 60.0
    perclos_on: float = 0.15
    perclos_off: float = 0.10
    perclos_seen: float = 30.0
    long_closure: float = 1.5
    yawn_on: float = 0.5
    yawn_off: float = 0.4
    yawn_time: float = 1.5
    yawn_share: float = 0.75
    yawn_longest: float = 8.0
    yawns_on: int = 3
    yawns_off: int = 1
    yawns_window: float = 180.0
    hold: float = 3.0
    gap: float = 0.5
