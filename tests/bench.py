"""How fast the course is on this machine: `make bench`. Prints one line for each figure; asserts nothing."""

import argparse
import dataclasses
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

EPOCH = 28_273  # FER2013's Training pictures without disgust
PREPROCESSED = 32_298  # Training and PublicTest


def seconds(work: Callable[[], object], repeats: int = 1) -> float:
    """Shortest wall time of ``repeats`` runs."""
    taken = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)


def python(*arguments: str) -> Callable[[], object]:
    """A run of this Python with these arguments, which must succeed."""
    return lambda: subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def say(what: str, measured: str, note: str = "") -> None:
    print(f"{what:<52} {measured:>12}  {note}", flush=True)


def starting() -> None:
    nothing = seconds(python("-c", "pass"), 5)
    say("import emocourse", f"{seconds(python('-c', 'import emocourse'), 5) - nothing:.3f} s")


def drawing() -> np.ndarray:
    from emocourse import twin

    landmarks, _ = twin.load().sample(2_000, seed=0)
    pictures = []
    taken = seconds(lambda: pictures.append(twin.draw_many(landmarks)))
    say("2,000 faces drawn at 48×48", f"{taken:.1f} s", "one core")
    return pictures[0]


def preprocessing(pictures: np.ndarray) -> None:
    from emocourse import dataset

    with tempfile.TemporaryDirectory() as cache:
        os.environ["EMOCOURSE_CACHE"] = cache
        taken = seconds(lambda: dataset.preprocess(pictures, workers=2, progress=False))
    speed = len(pictures) / taken
    say("preprocessing, two workers", f"{speed:.0f} /s", f"{PREPROCESSED:,} pictures in {PREPROCESSED / speed:.0f} s")


def predicting() -> None:
    from emocourse import recognition, twin, weights

    model = weights.load("slides")
    scene = twin.scene(1, size=(640, 480), seed=1)
    recognition.recognise(scene.image, model)
    taken = seconds(lambda: recognition.recognise(scene.image, model), 10)
    say("one photo, 640×480, one face: detect to emotion", f"{1000 * taken:.0f} ms")
    with tempfile.TemporaryDirectory() as folder:
        from PIL import Image

        photo = Path(folder) / "photo.png"
        Image.fromarray(scene.image).save(photo)
        alone = seconds(python("-c", "import tensorflow"), 2)
        whole = seconds(python("-m", "emocourse", "predict", str(photo), "--json"), 2)
    say("emocourse predict, the whole command", f"{whole:.1f} s", f"{whole - alone:+.1f} s on import tensorflow alone")


def training() -> None:
    from emocourse import dataset, models
    from emocourse import training as course
    from emocourse.backend import keras

    data = dataset.load(
        "twin", sizes={"train": 4_500, "validation": 500, "test": 500}, progress=False
    ).without_disgust()
    n = len(data.train)
    plain = models.slides_cnn()
    plain.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy", metrics=["accuracy"])
    inputs, labels = data.train.binary_images(), data.train.labels
    plain.fit(inputs[:500], labels[:500], batch_size=500, verbose=0)
    fit = n / seconds(lambda: plain.fit(inputs, labels, batch_size=500, verbose=0))
    say("slides' CNN, keras.Model.fit, float32, batch 500", f"{fit:.0f} /s", f"{EPOCH / fit:.0f} s an epoch")
    recipe = dataclasses.replace(course.RECIPES["slides"], epochs=3)
    with tempfile.TemporaryDirectory() as folder:
        run = course.train(recipe, data, folder, progress=False)
    ours = n / min(run.history["seconds"])  # validation and checkpoint included
    note = f"{EPOCH / ours:.0f} s an epoch, {ours / fit:.1f} × fit, {run.settings['precision']}"
    say(f"slides' CNN, emocourse train, batch {recipe.batch}", f"{ours:.0f} /s", note)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    starting()
    preprocessing(drawing())
    predicting()
    training()
