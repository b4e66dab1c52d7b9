"""Training the slides' CNN: our run against plain ``keras.Model.fit`` in float32, with the same model and batch."""

import time

import numpy as np
from measure import Row, against, alternate, rate
from sources import training_split

from emocourse.backend import keras
from emocourse.models import architectures as models
from emocourse.models.shared_patches import PatchTable
from emocourse.training import batches
from emocourse.training import loop as training

NAME = "training"


def run(tiny: bool) -> list[Row]:
    """Images a second of each contender, four batches a turn; the first turn, which builds graphs, is not timed."""
    batch, count, rounds = (20, 2, 1) if tiny else (500, 4, 5)
    split, source = training_split(batch * count)
    binary, labels = split.binary_images(), split.labels.astype(np.int32)
    n, order = len(labels), np.random.default_rng(0).permutation(len(labels))

    plain = models.slides_cnn()
    plain.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    started = time.perf_counter()
    PatchTable.of(binary)
    tabled = time.perf_counter() - started
    recipe, rng = training.RECIPES["slides"], np.random.default_rng(0)
    course = batches.Batches(recipe, split, training=True)

    works = {"plain": lambda: plain.fit(binary, labels, batch_size=batch, verbose=0)}
    for precision in training.PRECISIONS:
        _, learner = batches.build(recipe, len(split.emotions), 0, precision)
        step = learner.train_on_batch
        works[precision] = lambda step=step: training.run_pass(step, course, order, batch, rng)
    taken = alternate(works, rounds)

    chosen = training.fastest_precision()
    baseline = rate(
        NAME, f"keras.Model.fit, float32, batch {batch}", "images/s", n, taken["plain"], note=f"{n:,} of {source}"
    )
    rows = [baseline]
    for precision in training.PRECISIONS:
        note = "what auto takes here" if precision == chosen else ""
        row = rate(NAME, f"emocourse train, {precision}, batch {batch}", "images/s", n, taken[precision], note=note)
        rows.append(against(row, baseline))
    rows.append(
        rate(NAME, "table of the shared patches, once a run", "images/s", n, [tabled], note="not in the figures above")
    )
    return rows
