"""The landmark twin of FER2013: samples any number of labelled landmark sets; nothing in it is an image of anyone.

A landmark set is split into a *pose* (where the eyes are, how far apart, how tilted) and a *shape* (the landmarks with
the eyes level and one unit apart), and the shape is reduced to its principal axes. Per emotion a Gaussian mixture
describes pose and axes together. Mixtures blur what tells the emotions apart, so small networks, also fitted on
FER2013's Training split, estimate p(emotion | shape), and samples of a mixture are kept or rejected until the twin's
emotions overlap as much as the real ones do. One more mixture holds what dlib's predictor returns on images where no
face was found.
"""

from __future__ import annotations

import functools
import itertools
import zipfile
import zlib
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from ..emotions import EMOTIONS
from ..errors import CourseError
from ..files.store import atomic_write, data_path
from .shape import NEUTRAL_POSE, is_plausible, join_pose, split_pose

VERSION = 2
"""Raised whenever the same call gives other landmarks or images, so that cached images are drawn again."""

_BOUND = 2.5  # rejection sampling: weights above this are cut, which leaves them slightly under-represented
_LIMIT = 400  # batches of candidates before a label counts as impossible to sample
_MAX_BYTES = 4 << 20


@dataclass(frozen=True, eq=False)
class Twin:
    """The fitted parameters, float32 unless said, and what samples from them.

    K principal axes; the first M of them and the 4 pose numbers make D = 4 + M.

    Attributes:
        counts: (7,) Training images per emotion, FER2013's imbalance.
        centre, axes: (136,) mean shape and (K, 136) principal axes of the shapes.
        pose: (2, 4) mean and standard deviation of pose (eye centre x, y, log eye distance, tilt in radians).
        scale: (K,) standard deviation along each axis.
        owner: (C,) uint8: the emotion of each mixture component; 7 marks the components for faces that were not found.
        weights: (C,) share of each component within its owner.
        means: (C, D), in standard deviations. The axes beyond the first M are standard normal, whatever the emotion.
        factors: (C, D*(D+1)/2) lower triangles, row by row, of the covariances' Cholesky factors.
        net: flat weights of the networks; net_sizes: (networks, layers + 1) their layer sizes.
        missed_share: share of Training images in which no face was found.
    """

    counts: np.ndarray
    centre: np.ndarray
    axes: np.ndarray
    pose: np.ndarray
    scale: np.ndarray
    owner: np.ndarray
    weights: np.ndarray
    means: np.ndarray
    factors: np.ndarray
    net: np.ndarray
    net_sizes: np.ndarray
    missed_share: np.ndarray

    @property
    def priors(self) -> np.ndarray:
        """(7,) share of each emotion in FER2013's Training split."""
        return self.counts / self.counts.sum()

    @property
    def size(self) -> int:
        """How many numbers the twin stores."""
        return sum(np.asarray(getattr(self, f.name)).size for f in fields(self))

    def mean(self, emotion: str | int = "neutral") -> np.ndarray:
        """The average face of an emotion: (68, 2) float32 in 48-pixel coordinates, level, centred and symmetric."""
        k = _emotion_index(emotion)
        mine = self.owner == k
        z = (self.weights[mine] @ self.means[mine])[4:]
        shape = (self.centre + (z * self.scale[: len(z)]) @ self.axes[: len(z)]).reshape(1, 68, 2)
        from ..faces.landmarks import MIRROR

        shape = (shape + shape[:, MIRROR] * np.array([-1.0, 1.0])) / 2
        return join_pose(NEUTRAL_POSE[None], shape)[0]

    def posterior(self, landmarks: np.ndarray) -> np.ndarray:
        """p(emotion | shape) of the twin's own network: (n, 68, 2) landmarks -> (n, 7) float32."""
        _, shape = split_pose(np.asarray(landmarks, np.float32))
        read = int(self.net_sizes[:, 0].max())
        z = (shape.reshape(len(shape), 136) - self.centre) @ self.axes[:read].T / self.scale[:read]
        return self._network(z)

    def sample(
        self,
        n: int | None = None,
        emotion: str | int | None = None,
        labels: np.ndarray | None = None,
        seed: int | np.random.Generator = 0,
        missed: float = 0.0,
        plausible: bool = True,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw labelled landmark sets.

        Args:
            n: how many; may be left out where ``labels`` are given.
            emotion: one emotion for all of them; without it, and without labels, labels follow FER2013's imbalance.
            labels: (n,) labels 0..6, one per set.
            seed: the same seed gives the same numbers.
            missed: share (0..1) of sets that look like landmarks predicted in images where no face was found. They
                are noise in part, so they are for training on landmarks, not for drawing.
            plausible: only faces that can be drawn, without the predictor's fine noise; False: as in real data.

        Returns:
            landmarks (n, 68, 2) float32 in 48-pixel coordinates, and labels (n,) uint8.
        """
        rng = np.random.default_rng(seed)
        if labels is not None:
            labels = np.asarray(labels)
            if labels.ndim != 1 or (labels.size and not ((labels >= 0) & (labels < 7)).all()):
                raise CourseError("The labels to sample must be a list of whole numbers from 0 to 6.")
            if n is not None and n != len(labels):
                raise CourseError(f"n is {n}, but there are {len(labels)} labels: leave n out, or make them agree.")
            labels = labels.astype(np.uint8)
        elif n is None or n < 0:
            raise CourseError("Say how many faces to sample: n must be 0 or more.")
        elif emotion is not None:
            labels = np.full(n, _emotion_index(emotion), np.uint8)
        else:
            labels = rng.choice(7, n, p=self.priors).astype(np.uint8)
        if not 0 <= missed <= 1:
            raise CourseError("The share of missed faces must lie between 0 and 1.")
        landmarks = np.zeros((len(labels), 68, 2), np.float32)
        lost = rng.random(len(labels)) < missed
        for k in range(7):
            for owner, where in ((k, ~lost), (7, lost)):
                rows = np.flatnonzero((labels == k) & where)
                if rows.size:
                    landmarks[rows] = self._sample_label(k, owner, rows.size, rng, plausible)
        return landmarks, labels

    def _sample_label(self, label: int, owner: int, n: int, rng: np.random.Generator, plausible: bool) -> np.ndarray:
        kept: list[np.ndarray] = []
        left = n
        for _ in range(_LIMIT):
            z = self._candidates(owner, 2 * left + 32, rng)
            if plausible and owner != 7:
                z[:, self.means.shape[1] :] = 0
            wanted = self._network(z[:, 4:])[:, label]
            if owner == 7:
                ratio = wanted / self.priors[label]
            else:
                ratio = wanted / np.maximum(self._mixture_posterior(z)[:, label], 1e-6)
            z = z[rng.random(len(z)) * _BOUND < ratio]
            landmarks = self._landmarks(z)
            if plausible and owner != 7:
                landmarks = landmarks[is_plausible(landmarks)]
            kept.append(landmarks[:left])
            left -= len(kept[-1])
            if left == 0:
                return np.concatenate(kept)
        raise CourseError("These twin parameters give no plausible faces: fit the twin again.")

    def _candidates(self, owner: int, n: int, rng: np.random.Generator) -> np.ndarray:
        parts = np.flatnonzero(self.owner == owner)
        weights = self.weights[parts].astype(np.float64)
        choice = rng.choice(parts, n, p=weights / weights.sum())
        z = rng.standard_normal((n, 4 + len(self.axes)), np.float32)
        d = self.means.shape[1]
        for c in parts:
            rows = choice == c
            z[rows, :d] = z[rows, :d] @ self._choleskys[c].T + self.means[c]
        return z

    @functools.cached_property
    def _choleskys(self) -> np.ndarray:
        d = self.means.shape[1]
        full = np.zeros((len(self.means), d, d), np.float32)
        rows, columns = np.tril_indices(d)
        full[:, rows, columns] = self.factors
        return full

    @functools.cached_property
    def _precisions(self) -> tuple[np.ndarray, np.ndarray]:
        inverse = np.linalg.inv(self._choleskys.astype(np.float64)).astype(np.float32)
        diagonal = np.diagonal(self._choleskys, axis1=1, axis2=2)
        return inverse, np.log(np.maximum(self.weights, 1e-9)) - np.log(diagonal).sum(1)

    def _mixture_posterior(self, z: np.ndarray) -> np.ndarray:
        """q(emotion | pose, axes) that follows from the mixtures alone: (n, D) -> (n, 7)."""
        inverse, constant = self._precisions
        z = z[:, : self.means.shape[1]]
        joint = np.full((len(z), 7), -np.inf, np.float32)
        for c, k in enumerate(self.owner):
            if k < 7:
                y = (z - self.means[c]) @ inverse[c].T
                joint[:, k] = np.logaddexp(joint[:, k], constant[c] - 0.5 * np.einsum("nd,nd->n", y, y))
        return _softmax(joint + np.log(self.priors))

    def _network(self, axes: np.ndarray) -> np.ndarray:
        total = np.zeros((len(axes), 7), np.float32)
        at = 0
        for sizes in self.net_sizes:
            h = axes[:, : int(sizes[0])]
            for i, (a, b) in enumerate(itertools.pairwise(sizes)):
                a, b = int(a), int(b)
                h = h @ self.net[at : at + a * b].reshape(a, b) + self.net[at + a * b : at + a * b + b]
                at += a * b + b
                if i < len(sizes) - 2:
                    h = np.maximum(h, 0)
            total += _softmax(h)
        return total / len(self.net_sizes)

    def _landmarks(self, z: np.ndarray) -> np.ndarray:
        pose = z[:, :4] * self.pose[1] + self.pose[0]
        shape = (self.centre + (z[:, 4:] * self.scale) @ self.axes).reshape(len(z), 68, 2)
        return join_pose(pose, shape)

    def save(self, path: str | Path) -> None:
        """Write the parameters as a compressed .npz: half precision, counts and indices as whole numbers."""
        arrays = {f.name: np.asarray(getattr(self, f.name)) for f in fields(self)}
        arrays = {k: v.astype(np.float16) if v.dtype == np.float32 else v for k, v in arrays.items()}
        with atomic_write(path) as stream:
            np.savez_compressed(stream, **arrays)


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(1, keepdims=True))
    return (e / e.sum(1, keepdims=True)).astype(np.float32)


def _emotion_index(emotion: str | int) -> int:
    if isinstance(emotion, str) and emotion in EMOTIONS:
        return EMOTIONS.index(emotion)
    if isinstance(emotion, (int, np.integer)) and 0 <= emotion < 7:
        return int(emotion)
    raise CourseError(f"{emotion!r} is no emotion of this course: choose one of {', '.join(EMOTIONS)}.")


def load(path: str | Path | None = None) -> Twin:
    """The twin that ships with the course, or the one that ``Twin.save`` wrote to ``path``.
    Lessons 00, 01, 02, 04, 06, 08, 10.

    A CourseError says that the file is missing, too large, or holds something else.
    """
    path = Path(path) if path is not None else data_path("twin", "twin.npz")
    try:
        return _load(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise CourseError(f"The twin parameters {path} cannot be read ({error.strerror or error}).") from error


@functools.lru_cache(maxsize=4)
def _load(path: Path, modified: int) -> Twin:
    wrong = CourseError(f"{path} holds no twin parameters: fit them again with `emocourse twin fit`.")
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_BYTES:
                raise wrong
        with np.load(path, allow_pickle=False) as archive:
            arrays = {f.name: archive[f.name] for f in fields(Twin)}
        twin = Twin(**{k: v.astype(np.float32) if v.dtype == np.float16 else v for k, v in arrays.items()})
        if not _consistent(twin):
            raise wrong
    except (ValueError, KeyError, EOFError, TypeError, IndexError, zipfile.BadZipFile, zlib.error) as error:
        raise wrong from error
    return twin


def _consistent(twin: Twin) -> bool:
    k, d, c = len(twin.axes), twin.means.shape[-1], len(twin.means)
    shapes = {"counts": (7,), "centre": (136,), "axes": (k, 136), "pose": (2, 4), "scale": (k,), "owner": (c,)}
    shapes |= {"weights": (c,), "means": (c, d), "factors": (c, d * (d + 1) // 2), "missed_share": ()}
    layers = twin.net_sizes.astype(np.int64)
    return (
        all(np.isfinite(getattr(twin, f.name)).all() for f in fields(twin))
        and all(getattr(twin, name).shape == shape for name, shape in shapes.items())
        and 4 <= d <= k + 4
        and set(twin.owner) >= set(range(7))
        and layers.min() > 0
        and layers[:, 0].max() <= k
        and bool((layers[:, -1] == 7).all())
        and twin.net.shape == (((layers[:, :-1] + 1) * layers[:, 1:]).sum(),)
    )
