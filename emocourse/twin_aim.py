"""How far off dlib's landmark predictor reads the drawn faces, and so where their features are drawn."""

import numpy as np

# fmt: off
_THOUSANDTHS = (
    (-28, -78), (-34, -71), (-30, -57), (-31, -37), (-34, -17), (-23, 3), (-21, 28), (-14, 47), (0, 57), (14, 47),
    (21, 28), (23, 3), (34, -17), (31, -37), (30, -57), (34, -71), (28, -78), (-14, -23), (-4, -53), (18, -64),
    (30, -50), (37, -20), (-37, -20), (-30, -50), (-18, -64), (4, -53), (14, -23), (0, 17), (0, 41), (0, 66),
    (0, 85), (25, 25), (8, 40), (0, 51), (-8, 40), (-25, 25), (55, -6), (34, 7), (13, 14), (-21, 7), (3, 7),
    (27, -4), (21, 7), (-13, 14), (-34, 7), (-55, -6), (-27, -4), (-3, 7), (3, 18), (-7, -16), (-5, -24), (0, -22),
    (5, -24), (7, -16), (-3, 18), (11, 6), (8, 23), (0, 26), (-8, 23), (-11, 6), (-1, 6), (-4, -27), (0, -26),
    (4, -27), (1, 6), (10, 15), (0, 17), (-10, 15),
)
# fmt: on

AIM_OFF = np.array(_THOUSANDTHS) / 1000
"""(68, 2): the predictor, made for photographs, finds each landmark of a drawn face this much beside where it is drawn,
in distances between the eyes, x along the eyes and y down the face. The renderer draws every feature that much to the
other side, so that what dlib finds is what was asked for. Measured by ``twin_check.measure_aim``."""
