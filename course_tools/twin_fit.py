"""Fitting the landmark twin: `emocourse twin fit`."""

from __future__ import annotations

import warnings
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from emocourse.emotions import EMOTIONS
from emocourse.errors import CourseError
from emocourse.files.store import sha256, write_json
from emocourse.results.provenance import versions
from emocourse.twin.model import Twin
from emocourse.twin.shape import split_pose

from .twin_check import check, sentences

__all__ = ["check", "fit", "sentences", "write"]

_COMPONENTS = 8
_REGULARISE = 0.03  # added to variances, in squared standard deviations: 1e-6 lets components collapse on a few faces
_OUTLINE_AXES = 1
_HIDDEN = (96, 48)
_NETWORKS = 4


def fit(
    landmarks: np.ndarray,
    labels: np.ndarray,
    seed: int = 0,
    detected: np.ndarray | None = None,
    axes: int = 90,
    modelled: int = 50,
    read: int = 60,
    components: int = _COMPONENTS,
    networks: int = _NETWORKS,
) -> Twin:
    """Fit a twin on landmarks of one split, with their mirror images, so that left and right come out alike.

    Args:
        landmarks: (n, 68, 2) in 48-pixel coordinates. labels: (n,) 0..6, each label at least 30 times.
        detected: (n,) bool; the mixtures per emotion use these only. All of them, when left out.
        axes: principal axes kept; ``modelled`` of them go into the mixtures, ``read`` into the networks.
        components: of each emotion's mixture (fewer where there are few faces). networks: how many are averaged.
    """
    from sklearn.decomposition import PCA
    from sklearn.mixture import GaussianMixture
    from sklearn.neural_network import MLPClassifier

    from emocourse.faces.landmarks import MIRROR

    landmarks, labels = np.asarray(landmarks, np.float64), np.asarray(labels).astype(np.int64)
    detected = np.ones(len(labels), bool) if detected is None else np.asarray(detected, bool)
    counts = np.bincount(labels, minlength=7)
    if len(counts) != 7 or np.bincount(labels[detected], minlength=7).min() < 30:
        raise CourseError("Fitting a twin needs at least 30 detected faces of each of the seven emotions.")
    mirrored = landmarks[:, MIRROR] * [-1, 1] + [47, 0]
    pose, shape = split_pose(np.concatenate([landmarks, mirrored]))
    shape = _steady_outline(shape.reshape(len(shape), 136), np.tile(detected, 2))
    labels2, found = np.tile(labels, 2), np.tile(detected, 2)
    pca = PCA(axes, svd_solver="full").fit(shape[found])
    scores = pca.transform(shape)
    scale = scores[found].std(0)
    centre_pose = pose[found].mean(0), pose[found].std(0)
    z = np.hstack([(pose - centre_pose[0]) / centre_pose[1], scores / scale])

    owner, weights, means, factors = [], [], [], []
    groups = [found & (labels2 == k) for k in range(7)] + ([~found] if (~found).sum() >= 200 else [])
    for k, rows in enumerate(groups):
        parts = int(np.clip(rows.sum() // 400, 1, components))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mixture = GaussianMixture(
                parts, reg_covar=_REGULARISE, max_iter=60, random_state=seed, init_params="k-means++"
            ).fit(z[rows, : 4 + modelled])
        owner += [k] * parts
        weights.append(mixture.weights_)
        means.append(mixture.means_)
        factors.append(np.linalg.cholesky(mixture.covariances_)[(slice(None), *np.tril_indices(4 + modelled))])

    flat, sizes = [], []
    for i in range(networks):
        network = MLPClassifier(
            _HIDDEN,
            alpha=0.3,
            batch_size=256,
            max_iter=60,
            early_stopping=True,
            validation_fraction=0.05,
            n_iter_no_change=6,
            random_state=seed + i,
        ).fit(z[:, 4 : 4 + read], labels2)
        layers = list(zip(network.coefs_, network.intercepts_, strict=True))
        flat += [a.ravel() for pair in layers for a in pair]
        sizes.append([layers[0][0].shape[0], *(w.shape[1] for w, _ in layers)])
    single = np.float32
    return Twin(
        counts=counts,
        centre=pca.mean_.astype(single),
        axes=pca.components_.astype(single),
        pose=np.array(centre_pose, single),
        scale=scale.astype(single),
        owner=np.array(owner, np.uint8),
        weights=np.concatenate(weights).astype(single),
        means=np.concatenate(means).astype(single),
        factors=np.concatenate(factors).astype(single),
        net=np.concatenate(flat).astype(single),
        net_sizes=np.array(sizes, np.int32),
        missed_share=np.array(1 - detected.mean(), single),
    )


def _steady_outline(shape: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Shapes (n, 136) whose outline keeps what the inner landmarks say of it and ``_OUTLINE_AXES`` further axes.

    What dlib's outline shows beyond that is mostly noise: its points slide along the cheeks, where nothing fixes them.
    """
    inner = np.hstack([shape[:, 34:], np.ones((len(shape), 1))])
    x, outline = inner[found], shape[found, :34]
    weights = np.linalg.solve(x.T @ x + 1e-2 * len(x) * np.eye(x.shape[1]) * x[:, :-1].var(), x.T @ outline)
    rest = shape[:, :34] - inner @ weights
    _, _, axes = np.linalg.svd(np.cov(rest[found].T))
    keep = axes[:_OUTLINE_AXES]
    return np.hstack([inner @ weights + rest @ keep.T @ keep, shape[:, 34:]])


def write(
    landmarks: np.ndarray, labels: np.ndarray, detected: np.ndarray, out: str | Path, seed: int = 0
) -> dict[str, Any]:
    """Fit a twin and write ``twin.npz`` and ``twin.json`` (where it comes from) into the folder ``out``.

    Args:
        landmarks, labels, detected: as for ``fit``: FER2013's Training split.

    Returns:
        What ``twin.json`` holds: command, seed, n, n_detected, counts per emotion, numbers stored, sha256, versions.
    """
    twin = fit(landmarks, labels, seed, detected)
    folder = Path(out)
    twin.save(folder / "twin.npz")
    record = {
        "command": f"emocourse twin fit --data fer2013 --out data/twin --seed {seed}",
        "split": "train",
        "seed": seed,
        "n": len(landmarks),
        "n_detected": int(np.sum(detected)),
        "counts": dict(zip(EMOTIONS, twin.counts.tolist(), strict=True)),
        "numbers": twin.size,
        "sha256": sha256(folder / "twin.npz"),
        "versions": versions() | {"scikit-learn": metadata.version("scikit-learn")},
    }
    write_json(folder / "twin.json", record)
    return record
