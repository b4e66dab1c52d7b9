"""What a recipe means in Keras: the network in training, its batches, its teacher, its learning rate at each step."""

import contextlib
import hashlib
import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..backend import keras
from ..dataset import augmentation
from ..dataset.ferplus import Votes, label_shares
from ..dataset.splits import Split
from ..errors import CourseError
from ..files import store as files
from ..models import architectures as models
from ..models import weights
from ..models.shared_patches import PatchTable, SharedPatches
from .recipes import Recipe

PRECISIONS = ("float32", "bfloat16")


class Batches:
    """Batches of a split as a recipe wants them: augmented and mixed for training, as they are for validation.

    ``teacher`` is what ``load_teacher`` gave; it sees each image as the student does, before images are mixed,
    unless the recipe asks it once. ``votes`` are FER+'s on the split, where the recipe has a share for them.
    """

    def __init__(
        self, recipe: Recipe, split: Split, training: bool, teacher: weights.Classifier | None = None,
        votes: Votes | None = None,
    ) -> None:  # fmt: skip
        self.recipe, self.split, self.training, self.teacher = recipe, split, training, teacher
        self.architecture = models.ARCHITECTURES[recipe.model]
        self.augmentation = recipe.augmentation if training else augmentation.Augmentation()
        self._labels = split.labels.astype(np.int32)
        if recipe.soft_labels:
            shares = np.eye(len(split.emotions), dtype=np.float32)[self._labels]
            spread = recipe.label_smoothing if training else 0
            self._labels = (1 - spread) * shares + np.float32(spread / len(split.emotions))
        if recipe.votes and votes is not None:
            told = label_shares(split.labels, votes)
            self._labels = (1 - recipe.votes) * self._labels + np.float32(recipe.votes) * told
        self._said = ask_once(teacher, split) if teacher and recipe.ask_teacher_once else None
        self._table = None
        if shares_patches(recipe) and not self.augmentation:
            self._table = PatchTable.of(split.binary_images())

    def __len__(self) -> int:
        return len(self.split)

    def batch(self, chosen: np.ndarray, rng: np.random.Generator) -> tuple[Any, np.ndarray]:
        """The network's inputs and the labels of some images.

        Args:
            chosen: (b,) indices into the split.
            rng: decides what the augmentation does; a batch of validation draws nothing from it.

        Returns:
            What the learner of ``build`` reads, with b rows, and (b,) int32 labels or (b, classes) float32 shares.
        """
        if self._table is not None:
            return self._table.batch(chosen), self._labels[chosen]
        watched = self.teacher and self._said is None
        images = self.split.images[chosen] if self.architecture.pixels or watched else None
        landmarks = self.split.landmarks[chosen] if self.architecture.landmarks or watched else None
        if self.augmentation:
            images, landmarks = augmentation.augment(images, landmarks, self.augmentation, rng)
        inputs, labels = self.architecture.preprocess_input(images, landmarks), self._labels[chosen]
        if self.teacher:
            said = self.teacher.probabilities(images, landmarks) if watched else self._said[chosen]
            labels = (1 - self.recipe.distillation) * labels + np.float32(self.recipe.distillation) * said
        if shares_patches(self.recipe):
            return PatchTable.of(inputs).batch(np.arange(len(chosen))), labels
        if self.training and (self.recipe.mixup or self.recipe.cutmix):
            parts = inputs if isinstance(inputs, tuple) else (inputs,)
            parts, labels = augmentation.mixup_cutmix(parts, labels, self.recipe.mixup, self.recipe.cutmix, rng)
            inputs = parts if isinstance(inputs, tuple) else parts[0]
        return inputs, labels


def load_teacher(recipe: Recipe, emotions: tuple[str, ...]) -> weights.Classifier | None:
    """The recipe's teacher of a model of these emotions; None without one.

    Raises:
        CourseError: there is no such model, or it knows other emotions.
    """
    if not recipe.teacher:
        return None
    teacher = weights.load(recipe.teacher)
    if teacher.emotions != emotions:
        raise CourseError(
            f"The teacher knows {len(teacher.emotions)} emotions, and {recipe.model} is to learn "
            f"{len(emotions)}: choose another teacher."
        )
    return teacher


def load_start(recipe: Recipe, emotions: tuple[str, ...]) -> weights.Classifier | None:
    """The model of these emotions whose weights the recipe begins with; None without one.

    Raises:
        CourseError: there is no such model, it is of another kind, or the recipe begins with other weights too.
    """
    if not recipe.start:
        return None
    if recipe.pretrained:
        raise CourseError("A run begins with weights of one kind: leave pretrained or start out.")
    start = weights.load(recipe.start)
    if (start.name, start.emotions) != (recipe.model, emotions):
        raise CourseError(
            f"{recipe.model} can't begin with the weights of {start.name} for {len(start.emotions)} emotions: "
            f"name weights of {recipe.model} for {len(emotions)}."
        )
    return start


def identify(content: Any, model: weights.Classifier | None) -> None:
    """Add all that the answers of a model depend on to a hash; nothing without one."""
    for member in (model.members or (model,)) if model else ():
        content.update(repr((member.name, member.temperature, model.temperature)).encode())
        for array in member.model.get_weights():
            content.update(array.tobytes())


def ask_once(teacher: weights.Classifier, split: Split) -> np.ndarray:
    """The teacher's probabilities of each image: the mean over the image as it is and mirrored.

    They are kept in the cache by what they depend on, so a run that goes on does not ask again.

    Returns:
        (n, classes) float32, rows sum to 1.
    """
    content = hashlib.sha256(split.images.tobytes())
    content.update(split.landmarks.tobytes())
    identify(content, teacher)
    path = files.cache_dir() / "distillation" / f"{content.hexdigest()[:32]}.npz"
    layout = {"said": np.empty((len(split), len(teacher.emotions)), np.float32)}
    stored = files.read_arrays(path, layout)
    if stored is not None:
        return stored["said"]
    views = augmentation.tta_views(split.images, split.landmarks, crops=False)
    said = np.mean([teacher.probabilities(*view) for view in views], axis=0, dtype=np.float32)
    with files.atomic_write(path) as stream:
        np.savez(stream, said=said)
    return said


def shares_patches(recipe: Recipe) -> bool:
    """Whether the run can be computed by :mod:`emocourse.models.shared_patches`: binary images that stay binary."""
    return models.ARCHITECTURES[recipe.model].binary and not (recipe.mixup or recipe.cutmix)


def build(
    recipe: Recipe, classes: int, seed: int, precision: str, done: int = 0, start: weights.Classifier | None = None
) -> tuple[keras.Model, keras.Model]:
    """The network, and the model that trains it, compiled: the network itself, or one over shared patches.

    After ``done`` epochs the weights are still to be filled, and the optimiser is that of the last of them, which may
    have trained fewer layers than the next one will. At 0 the weights are the seed's, or those of ``pretrain`` or of
    ``start``, which ``load_start`` gave.
    """
    if precision not in PRECISIONS:
        raise CourseError(f"There is no precision named {precision}: use auto, {' or '.join(PRECISIONS)}.")
    architecture = models.ARCHITECTURES[recipe.model]
    if recipe.cutmix and not architecture.pixels:
        raise CourseError(f"Cutmix pastes images, and {recipe.model} looks at none: use mixup.")
    if (recipe.pretrained or recipe.frozen_epochs) and not architecture.pretrain:
        raise CourseError(f"There are no weights to begin {recipe.model} with: leave pretrained and frozen_epochs out.")
    keras.utils.set_random_seed(seed)
    options = {} if recipe.dropout is None else {"dropout": recipe.dropout}
    with policy(precision):
        network = architecture.build(classes, **options)
    if recipe.pretrained and not done:
        architecture.pretrain(network, *map(weights.load, architecture.parts))
    if start and not done:
        network.set_weights(start.model.get_weights())
    learner = SharedPatches(network) if shares_patches(recipe) else network
    compile_for(recipe, network, learner, max(done - 1, 0))
    return network, learner


@contextlib.contextmanager
def policy(precision: str) -> Iterator[None]:
    """Within it, layers are made that compute in this precision; their weights are float32."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32" if precision == "float32" else "mixed_bfloat16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def compile_for(recipe: Recipe, network: keras.Model, learner: keras.Model, epoch: int) -> None:
    """Give the learner the recipe's loss and a fresh optimiser over the layers that learn in this epoch."""
    if recipe.frozen_epochs:
        for layer in network.layers:
            if layer.name.startswith(models.ARCHITECTURES[recipe.model].backbone):
                layer.trainable = epoch >= recipe.frozen_epochs
    optimiser = _optimiser(recipe)
    weights = learner.trainable_variables
    if recipe.weight_decay:
        optimiser.exclude_from_weight_decay(var_list=[weight for weight in weights if len(weight.shape) < 2])
    loss = "categorical_crossentropy" if recipe.soft_labels else "sparse_categorical_crossentropy"
    learner.compile(optimiser, loss, metrics=["accuracy"], jit_compile=False)
    optimiser.build(weights)


def _optimiser(recipe: Recipe) -> keras.optimizers.Optimizer:
    decay = recipe.weight_decay or None
    if recipe.optimiser == "sgd":
        return keras.optimizers.SGD(recipe.learning_rate, momentum=0.9, nesterov=True, weight_decay=decay)
    if recipe.optimiser == "adamw":
        return keras.optimizers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay)
    return keras.optimizers.Adam(recipe.learning_rate, weight_decay=decay)


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """The rate at a step of the whole run.

    Args:
        step: 0 for the first.
        steps: steps an epoch.
    """
    if recipe.frozen_epochs:
        if step < recipe.frozen_epochs * steps:
            return recipe.learning_rate
        left = recipe.epochs - recipe.frozen_epochs
        tuning = recipe.but(
            epochs=left, frozen_epochs=0, warmup=min(recipe.warmup, left),
            learning_rate=recipe.learning_rate * recipe.fine_tuning,
        )  # fmt: skip
        return learning_rate(tuning, step - recipe.frozen_epochs * steps, steps)
    done = step / (recipe.epochs * steps)
    if recipe.schedule == "constant":
        return recipe.learning_rate
    if recipe.schedule == "one-cycle":  # Smith and Topin's shape as PyTorch's OneCycleLR draws it: two half cosines
        rise = 0.3
        if done < rise:
            return recipe.learning_rate * (1 / 25 + (1 - 1 / 25) * _fall(1 - done / rise))
        return recipe.learning_rate * _fall((done - rise) / (1 - rise))
    if step < recipe.warmup * steps:
        return recipe.learning_rate * (step + 1) / (recipe.warmup * steps)
    warm = recipe.warmup / recipe.epochs
    return recipe.learning_rate * _fall((done - warm) / (1 - warm))


def _fall(done: float) -> float:
    """Half a cosine: from 1 at 0 to 0 at 1."""
    return (1 + math.cos(math.pi * min(max(done, 0), 1))) / 2


EVERY = 8
"""Steps after which a running mean of weights is brought up to date."""


def ema_decay(decay: float, step: int) -> float:
    """What the running mean keeps of itself after a step of the whole run; 0 is the first step, 1 no change."""
    early = step < EVERY
    if not decay or (not early and (step + 1) % EVERY):
        return 1.0
    times = step if early else EVERY + step // EVERY  # that it was brought up to date before
    return min(decay ** (1 if early else EVERY), times / (times + 9))


class EMA:
    """A running mean of a network's weights, statistics of normalisation included (Polyak and Juditsky 1992).

    Keras' own leaves the statistics out, and weights with the statistics of others are a worse network. It is brought
    up to date every ``EVERY`` steps, which is as good and costs nothing; at the beginning after each, and it forgets
    faster then, since the first weights are worth nothing.

    Attributes:
        arrays: the mean, in the order of ``network.weights``.
    """

    def __init__(self, network: keras.Model, decay: float) -> None:
        self.network, self.decay = network, decay
        self.arrays = arrays(network.weights)

    def update(self, step: int) -> None:
        """Take the weights after a step of the whole run into account; 0 is the first step."""
        share = ema_decay(self.decay, step)
        if share == 1:
            return
        for mean, value in zip(self.arrays, arrays(self.network.weights), strict=True):
            mean *= share
            mean += (1 - share) * value

    @contextlib.contextmanager
    def swapped_in(self) -> Iterator[None]:
        """Within it, the network has the mean's weights."""
        own = arrays(self.network.weights)
        assign(self.network.weights, self.arrays)
        try:
            yield
        finally:
            assign(self.network.weights, own)


def arrays(variables: list[Any]) -> list[np.ndarray]:
    """Copies of variables' values."""
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def assign(variables: list[Any], values: list[np.ndarray]) -> None:
    """Give variables values of the same shapes and types, in the same order."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def fastest_precision(trials: int = 5) -> str:
    """ "bfloat16" where this processor convolves clearly faster in it than in float32, else "float32".

    Measured, not looked up: a processor may have bfloat16 instructions that are no faster than its float32 ones.
    """
    ops = keras.ops
    times = {}
    for precision in PRECISIONS:
        images, kernel = ops.ones((64, 22, 22, 64), precision), ops.ones((3, 3, 64, 64), precision)
        taken = []
        for _ in range(trials):
            started = time.perf_counter()
            np.asarray(ops.convert_to_numpy(ops.cast(ops.conv(images, kernel), "float32")))
            taken.append(time.perf_counter() - started)
        times[precision] = min(taken)
    return "bfloat16" if times["bfloat16"] * 1.3 < times["float32"] else "float32"
