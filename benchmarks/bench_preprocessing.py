"""Preprocessing 48×48 images: ours with one and two workers against enlarging each four times for the same dlib."""

import numpy as np
from measure import Row, against, alternate, rate
from sources import random_images

from emocourse.faces import landmarks, preprocessing

NAME = "preprocessing"


def naive(images: np.ndarray) -> None:
    """What one would write first: four times larger, detect, landmarks in the box found, else in the whole image."""
    import cv2
    import dlib

    detector, predictor = dlib.get_frontal_face_detector(), dlib.shape_predictor(str(landmarks.model_path()))
    for image in images:
        enlarged = cv2.resize(image, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
        found = detector(enlarged, 0)
        predictor(enlarged, found[0] if found else dlib.rectangle(0, 0, 191, 191)).parts()


def run(tiny: bool) -> list[Row]:
    """Images a second; starting worker processes and loading the models is in every figure."""
    n, n_naive, rounds = (16, 8, 1) if tiny else (8192, 1000, 3)
    images, source = random_images(n)
    n = len(images)
    works = {"naive": lambda: naive(images[:n_naive])}
    for workers in (1, 2):
        works[f"{workers}"] = lambda workers=workers: preprocessing.preprocess(
            images, workers=workers, progress=False, cache=False
        )
    taken = alternate(works, rounds, warm=False)
    baseline = rate(
        NAME, "enlarge 4 ×, dlib HOG, landmarks; one process", "images/s", min(n, n_naive), taken["naive"],
        note=f"{min(n, n_naive):,} of {source}",
    )  # fmt: skip
    rows = [baseline]
    for workers in ("1", "2"):
        row = rate(NAME, f"emocourse preprocess --workers {workers}", "images/s", n, taken[workers], note=f"{n:,}")
        rows.append(against(row, baseline))
    return rows
