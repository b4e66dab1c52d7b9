"""How far off dlib's landmark predictor reads the drawn faces, and so where their features are drawn."""

import numpy as np

# fmt: off
_THOUSANDTHS = (
    (-26, -135), (-42, -130), (-35, -108), (-41, -80), (-48, -49), (-38, -20), (-33, 18), (-21, 41), (0, 58),
    (21, 41), (33, 18), (38, -20), (48, -49), (41, -80), (35, -108), (42, -130), (26, -135), (-31, -15), (-15, -52),
    (17, -63), (30, -51), (41, -13), (-41, -13), (-30, -51), (-17, -63), (15, -52), (31, -15), (0, 21), (0, 62),
    (0, 97), (0, 123), (34, 20), (9, 46), (0, 59), (-9, 46), (-34, 20), (69, -11), (41, 3), (14, 14), (-29, 8),
    (-1, 10), (28, -6), (29, 8), (-14, 14), (-41, 3), (-69, -11), (-28, -6), (1, 10), (0, 21), (-9, -16), (-1, -26),
    (0, -22), (1, -26), (9, -16), (0, 21), (14, -3), (9, 27), (0, 29), (-9, 27), (-14, -3), (-12, 4), (-1, -27),
    (0, -27), (1, -27), (12, 4), (9, 15), (0, 18), (-9, 15),
)
# fmt: on

AIM_OFF = np.array(_THOUSANDTHS) / 1000
"""(68, 2): the predictor, made for photographs, finds each landmark of a drawn face this much beside where it is drawn,
in distances between the eyes, x along the eyes and y down the face. The renderer draws every feature that much to the
other side, so that what dlib finds is what was asked for. Measured by ``twin_check.measure_aim``."""
