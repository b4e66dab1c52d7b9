"""Measuring the twin: `emocourse twin check`.

Does dlib find the drawn faces, and does what they teach hold for real ones?
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from emocourse import evaluation, metrics
from emocourse.emotions import EMOTIONS_6, to_six
from emocourse.twin.canvas import AIM_OFF
from emocourse.twin.model import Twin, load
from emocourse.twin.portrait import draw, draw_many
from emocourse.twin.shape import join_pose, split_pose

if TYPE_CHECKING:
    from emocourse.dataset.splits import Split

_FACES = 2000
_TAUGHT = 120_000  # landmark sets that the classifier learns from
_STUDENTS = 3
_STUDENT_AXES = 45


def check(split: Split, seed: int = 0, twin: Twin | None = None, progress: bool = True) -> dict[str, Any]:
    """The twin's figures.

    Args:
        split: real pictures to test on, FER2013's PublicTest; they are used for nothing else.
        seed: of every face sampled and drawn.
        twin: the shipped one, when left out.

    Returns:
        ``drawing``: n faces sampled and drawn at 48 x 48 in ``seconds`` of processor time. ``detection``: n faces drawn
        at 192 x 192, ``detected`` (share that dlib's HOG finds), and the mean distance in 48-pixel pixels between the
        landmarks drawn and those that dlib's predictor finds: ``error`` over all 68, ``error_inner`` over the 51 that
        the course uses, ``error_visible`` over those of the 68 that lie in the picture. ``real`` and ``drawn``: reports
        (as of ``evaluation.report``) of a classifier that learnt from the twin's landmarks alone, on the real split and
        on new landmarks of the twin.
    """
    import cv2

    twin = load() if twin is None else twin
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    started = time.process_time()
    landmarks, _ = twin.sample(_FACES, seed=[seed, 1])
    draw_many(landmarks, seed=seed)
    seconds = time.process_time() - started
    cv2.setNumThreads(threads)
    value: dict[str, Any] = {"drawing": {"n": _FACES, "side": 48, "seconds": seconds}}
    value["detection"] = detection(landmarks, seed=seed, progress=progress)
    classify = learn(twin, seed=seed)
    real = split.without_disgust()
    value["real"] = evaluation.report(real.labels, classify(real.landmarks), real.detected, EMOTIONS_6)
    landmarks, labels = twin.sample(len(real), seed=[seed, 2])
    labels, keep = to_six(labels)
    value["drawn"] = evaluation.report(labels, classify(landmarks[keep]), np.ones(len(labels), bool), EMOTIONS_6)
    return value


def sentences(value: dict[str, Any]) -> str:
    """What ``check`` returned, in words."""
    drawing, detection = value["drawing"], value["detection"]
    return "\n".join(
        [
            f"{drawing['n']:,} faces sampled and drawn at 48 x 48 in {drawing['seconds']:.1f} s on one core.",
            f"Of {detection['n']:,} faces drawn at 192 x 192, dlib found {metrics.percent(detection['detected'])}; "
            f"landmarks {detection['error']:.2f} pixels off on average at the 48-pixel scale "
            f"({detection['error_inner']:.2f} without the outline, {detection['error_visible']:.2f} for those inside "
            "the picture).",
            f"A classifier taught by the twin alone, on real pictures: {evaluation.sentence(value['real'])}",
            f"The same on new landmarks of the twin: {evaluation.sentence(value['drawn'])}",
        ]
    )


def read_back(landmarks: np.ndarray, side: int = 192, seed: int = 0, progress: bool = True) -> np.ndarray:
    """Draw (n, 68, 2) landmark sets (48-pixel coordinates) and let dlib find them again; NaN where it found no face."""
    from tqdm import tqdm

    from emocourse.faces import detection as faces
    from emocourse.faces.landmarks import predict

    found = np.full(landmarks.shape, np.nan, np.float32)
    for i in tqdm(range(len(landmarks)), desc="dlib on drawn faces", unit="face", disable=None if progress else True):
        picture = draw(landmarks[i], side, np.random.default_rng([seed, i]))
        hits = faces.detect(picture)
        if hits:
            found[i] = (predict(picture, hits[0].box) + 0.5) * (48 / side) - 0.5
    return found


def detection(landmarks: np.ndarray, side: int = 192, seed: int = 0, progress: bool = True) -> dict[str, float]:
    """The part ``detection`` of ``check``, for these (n, 68, 2) landmarks."""
    found = read_back(landmarks, side, seed, progress)
    hit = np.isfinite(found[:, 0, 0])
    error = np.hypot(*np.moveaxis(found[hit] - landmarks[hit], -1, 0))
    visible = ((landmarks[hit] > -0.5) & (landmarks[hit] < 47.5)).all(-1)
    return {
        "n": len(landmarks),
        "side": side,
        "detected": float(hit.mean()),
        "error": float(error.mean()),
        "error_inner": float(error[:, 17:].mean()),
        "error_visible": float(error[visible].mean()),
    }


def measure_aim(twin: Twin, n: int = 1000, seed: int = 0, progress: bool = True) -> np.ndarray:
    """The table ``twin_aim.AIM_OFF``, corrected by what is still off: (68, 2), the same for both halves of the face."""
    from emocourse.faces.landmarks import MIRROR

    landmarks, _ = twin.sample(n, seed=[seed, 3])
    found = read_back(landmarks, seed=seed, progress=progress)
    hit = np.isfinite(found[:, 0, 0])
    pose, _ = split_pose(landmarks[hit])
    # The error, turned and scaled into the frame of the face as it was drawn.
    level = np.zeros_like(pose)
    level[:, 2:] = -pose[:, 2:]
    error = np.median(join_pose(level, found[hit] - landmarks[hit]), 0)
    return AIM_OFF + (error + error[MIRROR] * [-1, 1]) / 2


def learn(twin: Twin, seed: int = 0, n: int = _TAUGHT) -> Callable[[np.ndarray], np.ndarray]:
    """Train a six-class classifier on the twin's landmarks alone.

    Three small networks on the principal axes of the aligned inner landmarks. Their training set holds faces too
    extreme to draw and landmarks of faces not found, in the shares of FER2013's Training split.

    Returns:
        A function (n, 68, 2) -> probabilities (n, 6).
    """
    from sklearn.decomposition import PCA
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    from emocourse.faces.landmarks import aligned, inner

    def features(landmarks: np.ndarray) -> np.ndarray:
        return inner(aligned(landmarks)).reshape(len(landmarks), -1)

    landmarks, labels = twin.sample(n, seed=[seed, 4], missed=float(twin.missed_share), plausible=False)
    labels, keep = to_six(labels)
    x = features(landmarks[keep])
    pca = PCA(_STUDENT_AXES, whiten=True, random_state=seed).fit(x)
    x = pca.transform(x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of rounds is chosen, not a failure
        networks = [
            MLPClassifier(
                (128, 64),
                alpha=0.3,
                batch_size=512,
                max_iter=20,
                early_stopping=True,
                validation_fraction=0.05,
                n_iter_no_change=4,
                random_state=seed + i,
            ).fit(x, labels)
            for i in range(_STUDENTS)
        ]

    def classify(landmarks: np.ndarray) -> np.ndarray:
        x = pca.transform(features(landmarks))
        return np.mean([network.predict_proba(x) for network in networks], 0)

    return classify
