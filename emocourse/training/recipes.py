"""Recipes: everything that a training run is made of besides the data and the seed. Importing this is light."""

import dataclasses
from collections.abc import Sequence

from ..dataset.augmentation import Augmentation
from ..errors import CourseError

OPTIMISERS = ("adam", "adamw", "sgd")
SCHEDULES = ("constant", "cosine", "one-cycle")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What a reference run is made of. Every option after ``learning_rate`` is off by default and can be used alone.

    Attributes:
        model: name in ``models.ARCHITECTURES``.
        epochs: passes over the training images.
        batch: images a step.
        learning_rate: of the optimiser; the largest one where a schedule changes it.
        optimiser: "adam" (Kingma and Ba 2015), "adamw" (the same; weight decay makes it Loshchilov and Hutter's 2019),
            or "sgd" with Nesterov momentum 0.9.
        weight_decay: share of each weight, times the learning rate, that is taken away a step; biases and
            normalisation are spared. Decoupled, as Loshchilov and Hutter 2019.
        schedule: "constant"; "cosine" (Loshchilov and Hutter 2017, without restarts), which falls to 0 after ``warmup``
            epochs of rising; or "one-cycle" (Smith and Topin 2019), which rises for 30 % of the steps, then falls to 0.
        warmup: epochs over which the rate rises from 0, for "cosine".
        dropout: rate of the model's dropout layers; None takes the model's own.
        label_smoothing: share of the label that is spread over all classes (Szegedy et al. 2016), 0 to 1.
        mixup: pairs of images are mixed in a share drawn from Beta(mixup, mixup) (Zhang et al. 2018); 0 is off.
        cutmix: a rectangle of another image is pasted in, its area from Beta(cutmix, cutmix) (Yun et al. 2019).
        teacher: a model's name or weights file; its probabilities become part of each training label (distillation,
            Hinton et al. 2015). "" is none.
        distillation: their share in the label, where there is a teacher.
        ask_teacher_once: the teacher is asked but once about each image, as it is and mirrored, and not each time about
            what augmentation made of it: for teachers that cost more than a step.
        votes: share of the label that is what FER+'s voters make likely (Barsoum et al. 2016), by
            :func:`emocourse.dataset.ferplus.label_shares`; 0 is off. What a teacher says is mixed in after that.
        ema: what is measured and kept is a running mean of the weights with this decay a step, 0 to below 1; 0 is off.
        patience: stop after so many epochs without a better accuracy on validation, and keep the best; 0 is off.
        pretrained: begin with weights learnt elsewhere (``vgg16``, ``lite0``: on ImageNet; ``fusion``: those of
            ``tiny`` and ``geometry``) instead of random ones.
        start: begin with the weights of this model of the same kind, by its name or weights file: to train on, on
            other data or with another teacher. "" is none.
        start_share: share of those weights in the finished ones: the mean of where a run began and where it ended often
            errs less than either (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models"). It is taken when all
            epochs are done, so it may be changed after them.
        frozen_epochs: so many first epochs train the new layers alone, those of ``pretrained`` stay; 0 is off.
        fine_tuning: after them, all layers learn at this share of the learning rate.
        calibrate: fit the temperature of the finished model on validation, and keep it with the weights.
        crop, mirror, rotation, shift, zoom, erasing: see :class:`emocourse.dataset.augmentation.Augmentation`.
    """

    model: str
    epochs: int
    batch: int
    learning_rate: float = 1e-3
    optimiser: str = "adam"
    weight_decay: float = 0.0
    schedule: str = "constant"
    warmup: float = 0.0
    dropout: float | None = None
    label_smoothing: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0
    teacher: str = ""
    distillation: float = 0.7
    ask_teacher_once: bool = False
    votes: float = 0.0
    ema: float = 0.0
    patience: int = 0
    pretrained: bool = False
    start: str = ""
    start_share: float = 0.0
    frozen_epochs: int = 0
    fine_tuning: float = 0.01
    calibrate: bool = False
    crop: int = 0
    mirror: bool = False
    rotation: float = 0.0
    shift: float = 0.0
    zoom: float = 0.0
    erasing: float = 0.0

    def __post_init__(self) -> None:
        ranges = {
            "epochs": (1, 100_000), "batch": (1, 100_000), "learning_rate": (0, 100), "weight_decay": (0, 1),
            "warmup": (0, self.epochs), "label_smoothing": (0, 1), "mixup": (0, 100), "cutmix": (0, 100),
            "ema": (0, 0.999999), "distillation": (0, 1), "votes": (0, 1), "start_share": (0, 1),
            "patience": (0, 100_000), "frozen_epochs": (0, 100_000), "fine_tuning": (0, 1),
        }  # fmt: skip
        for name, (low, high) in ranges.items():
            if not low <= getattr(self, name) <= high:
                raise CourseError(f"The recipe's {name} is {getattr(self, name)}: choose from {low} to {high}.")
        if self.dropout is not None and not 0 <= self.dropout < 1:
            raise CourseError(f"The recipe's dropout is {self.dropout}: choose from 0 to below 1.")
        if self.start_share and not self.start:
            raise CourseError("A share of the weights to begin with needs such weights: give start, or start_share=0.")
        for name, known in (("optimiser", OPTIMISERS), ("schedule", SCHEDULES)):
            if getattr(self, name) not in known:
                raise CourseError(f"There is no {name} named {getattr(self, name)}: use {', '.join(known)}.")
        self.augmentation.check()

    def but(self, **changes: float | str | bool | None) -> "Recipe":
        """The recipe with some values changed; None leaves a value as it is.

        With fewer epochs than those of ``warmup``, that lasts as long as there are.

        Raises:
            CourseError: no such option, or a value outside its range.
        """
        known = [field.name for field in dataclasses.fields(self)]
        for name in changes:
            if name not in known:
                raise CourseError(f"A recipe has no option named {name}: use {', '.join(known)}.")
        given = {key: value for key, value in changes.items() if value is not None}
        if isinstance(epochs := given.get("epochs"), int):
            given = {"warmup": min(self.warmup, epochs)} | given
        return dataclasses.replace(self, **given)

    def set(self, assignments: Sequence[str]) -> "Recipe":
        """The recipe with options set by text like "mixup=0.2" or "mirror=true", as ``emocourse train --set`` takes it.

        Raises:
            CourseError: not of that form, no such option, or a value that it cannot have.
        """
        kinds = {field.name: field.type for field in dataclasses.fields(self) if field.name != "model"}
        changes: dict[str, float | str | bool] = {}
        for text in assignments:
            name, equals, value = (part.strip() for part in text.partition("="))
            if not equals or name not in kinds:
                raise CourseError(
                    f"{text!r} sets no option of a recipe: write NAME=VALUE with one of {', '.join(kinds)}."
                )
            try:
                changes[name] = _read(kinds[name], value)
            except (ValueError, KeyError):
                raise CourseError(f"{value!r} is no value for the recipe's {name}: see its documentation.") from None
        return self.but(**changes)

    @property
    def augmentation(self) -> Augmentation:
        """How images and landmarks are changed each time they are seen."""
        return Augmentation(**{field.name: getattr(self, field.name) for field in dataclasses.fields(Augmentation)})

    @property
    def soft_labels(self) -> bool:
        """Whether an image's label is shares of several classes instead of one class."""
        return bool(self.label_smoothing or self.mixup or self.cutmix or self.teacher or self.votes)


def _read(kind: type, text: str) -> float | str | bool:
    if kind is bool:
        return {"true": True, "false": False}[text.lower()]
    return text if kind is str else int(text) if kind is int else float(text)


RECIPES = {
    # Epochs and batch size are the slides'. They do not name the optimiser: Adam with Keras' own rate is our choice.
    "slides": Recipe("slides", epochs=50, batch=500),
    # A small network on few numbers: dropout is enough, and landmarks that are steadied need no more noise.
    "geometry": Recipe(
        "geometry", epochs=50, batch=256, learning_rate=2e-3, optimiser="adamw", weight_decay=0.1, schedule="cosine",
        warmup=2, label_smoothing=0.1, ema=0.999, mirror=True, calibrate=True,
    ),
    # Made to overfit, with every remedy off: lesson 07 switches them on one at a time.
    "points": Recipe("points", epochs=60, batch=100, learning_rate=5e-3, dropout=0.0),
    # Small enough that overfitting is no danger in so few epochs: light augmentation, and no mixing of images.
    "tiny": Recipe(
        "tiny", epochs=100, batch=256, learning_rate=0.2, optimiser="sgd", weight_decay=5e-3, schedule="cosine",
        warmup=2, label_smoothing=0.1, ema=0.998, crop=44, mirror=True, rotation=10, zoom=0.08, calibrate=True,
    ),
    # Ten times the arithmetic of tiny, for a GPU: enough room to learn images by heart, so they are also mixed.
    "main": Recipe(
        "main", epochs=110, batch=256, learning_rate=0.2, optimiser="sgd", weight_decay=5e-3, schedule="cosine",
        warmup=3, label_smoothing=0.1, mixup=0.2, cutmix=1.0, ema=0.999, crop=44, mirror=True, rotation=10, zoom=0.1,
        erasing=0.25, calibrate=True,
    ),
    # First the new softmax alone at Adam's own rate, then everything twenty times slower.
    "vgg16": Recipe(
        "vgg16", epochs=40, batch=64, pretrained=True, frozen_epochs=5, fine_tuning=0.05, schedule="cosine",
        label_smoothing=0.1, ema=0.999, crop=44, mirror=True, rotation=10, zoom=0.08, calibrate=True,
    ),
    # First the new softmax alone, then everything, as fast as new layers learn: ImageNet's photographs are far from
    # grey faces. Large enough to learn images by heart, and a processor has the time for few epochs.
    "lite0": Recipe(
        "lite0", epochs=18, batch=64, learning_rate=1.5e-3, optimiser="adamw", weight_decay=0.05, schedule="cosine",
        warmup=1, pretrained=True, frozen_epochs=1, fine_tuning=1.0, label_smoothing=0.1, mixup=0.2, ema=0.998,
        ask_teacher_once=True, crop=44, mirror=True, rotation=10, zoom=0.1, erasing=0.25, calibrate=True,
    ),
    # Begins as tiny and geometry are, and only the softmax learns: how far to trust each of them. Where their layers
    # went on learning too, they learnt the images by heart, and validation fell.
    "fusion": Recipe(
        "fusion", epochs=8, batch=128, learning_rate=2e-3, optimiser="adamw", weight_decay=0.01, pretrained=True,
        frozen_epochs=8, label_smoothing=0.1, ema=0.998, crop=44, mirror=True, rotation=10, zoom=0.08, calibrate=True,
    ),
}  # fmt: skip
