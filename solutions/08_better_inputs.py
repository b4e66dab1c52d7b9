# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Beating the slides
#
# **You will learn** to give a model a better input, more variety, more depth, and what another network has learnt; to
# let several models answer together; and to say honestly which of two models is the better one: McNemar's test, and
# how to read a leaderboard.
#
# **You need** lessons 06 and 07, and NumPy arrays: masks, means along an axis.
#
# **Time** 90 minutes to read and try; about two minutes to run on an ordinary processor with two cores.
#
# **Data** the twin, the course's trained models, and what was measured with them on the real FER2013. With `DATA =
# "fer2013"` the same lesson runs on your own copy.

# %%
DATA = "twin"  # or "fer2013"

# %% [markdown]
# ## The list of further work
#
# The last pages of the slides say what their authors would have done next. It is a good list. Here is where each
# line comes up:
#
# | the slides | here |
# | --- | --- |
# | "Landmarks with distance data (additional info)" | first, with exercise 8.1 |
# | "Data augmentation / noise reduction" | exercise 8.2, and the part before it |
# | "Needs deeper and more complex architecture" | exercise 8.3 |
# | "Transfer learning (VGG16 architecture and weights)" | exercise 8.4 |
# | "Fine tuning the model" | after it |
# | "Sometimes there are fails in landmark detection" | near the end |
# | "Multiple people analysis" | lesson 11 |
#
# (The slides' "other limitations", the data and the idea of emotions itself, were the subject of lessons 02 and 01.)
#
# One thing is missing from it: how will we know whether any of this *helped*? A model with 56 % is not better than
# one with 55 %, just because its number is larger. So the second half of the lesson is about comparing.
#
# To begin, load the faces. All networks of this lesson learn from the same 2,000 of them, so that training takes
# seconds. With few images accuracies are low, and that is fine. What we want to see is differences.

# %%
from dataclasses import replace

import numpy as np

from emocourse import checks, dataset, evaluation, faces, metrics, plots, training, twin
from emocourse.metrics import percent

data = dataset.load(DATA, progress=False)
short = replace(data, train=data.train.take(np.arange(2000)))
six = short.validation.without_disgust()
print(f"{len(short.train):,} faces to learn from, {len(six):,} of six emotions to measure on")

# %% [markdown]
# ## Landmarks with distances
#
# The slides' network reads landmarks as an image: 2,304 pixels, about 50 of them white. What is lost on that way? A
# landmark is rounded to a whole pixel. Its number is gone: a dot is just a dot, whether of a brow or of a lid. And the
# same smile, a few pixels further left, is another image.
#
# Why not give the network the numbers themselves? Each landmark is an x and a y. But these depend on where the face
# is in the image, how large it is, and how it is tilted. None of that is an emotion. So we take it out first. An
# eye's centre is the mean of its six landmarks, 36 to 41 and 42 to 47. Move, turn and scale the face so that the
# point halfway between these centres is (0, 0), the line between them is level, and their distance is 1.
#
# ### Exercise 8.1
#
# Write it, for one face. Here is the only piece of geometry that you need. If `across` is the arrow from the left eye
# to the right one, its unit arrow is `u = across / length`. A point p that is measured from the middle has, in a
# level face, the x coordinate p · u: the sum `p[0] * u[0] + p[1] * u[1]`. Its y coordinate is p · v, where v is u
# turned by a quarter: `v = [-u[1], u[0]]`. ("Left" is the left of the image. y points down before and after.)
#
# Then write `distance`: how far the points a and b of a face are apart, in eye distances. It must not change when the
# whole face moves, grows or tilts. You may use your `align`.


# %% name="exercise-8-1"
def align(points):
    """Landmarks (68, 2) with the middle of the eyes at (0, 0), the eyes level and 1 apart: a new array (68, 2)."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 8.1: write the body of align")
    left, right = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
    across = right - left
    length = np.hypot(across[0], across[1])
    u = across / length
    v = np.array([-u[1], u[0]])
    centred = (points - (left + right) / 2) / length
    return np.stack([centred @ u, centred @ v], axis=1)
    # END SOLUTION


def distance(points, a, b):
    """Distance between the points with the numbers a and b of landmarks (68, 2), in eye distances: a number."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 8.1: write the body of distance")
    across, down = align(points)[a] - align(points)[b]
    return np.hypot(across, down)
    # END SOLUTION


# %% name="check-8-1"
checks.check("8.1", align, distance)

# %% [markdown] tags=["solution"]
# **About the answer.** The order matters little, as long as everything is measured from the middle first. The classic
# slip is the sign in v: then the face is turned the wrong way, and is tilted twice as much. For a face that was level
# from the start nobody would notice, so test with a tilted one. A distance does not change when a face is moved or
# turned, so `distance` needs the size only: the distance in pixels, divided by that of the eyes' centres, is right too.

# %% [markdown]
# With such numbers one can measure what lesson 01 called cues. These are the *distances* of the slides' "additional
# info". The course has thirty of them; some, such as the height of a brow, are measured along one axis of the aligned
# face. Here are four, on the mean face of each emotion. The unit is the distance between the eyes.

# %%
shown = ["left_brow_inner_height", "left_eye_openness", "mouth_opening", "mouth_width"]
columns = [faces.DISTANCE_NAMES.index(name) for name in shown]
print(f"{'':<10}", *(f"{name:>23}" for name in shown))
for emotion in six.emotions:
    measured = faces.distances(twin.load().mean(emotion))[columns]
    print(f"{emotion:<10}", *(f"{value:>23.2f}" for value in measured))

# %% [markdown]
# Find the surprised face by its numbers alone. Which two emotions have numbers that hardly differ?
#
# The course's model `geometry` reads the 68 aligned landmarks and the thirty distances: 166 numbers, and no image.
# Dense layers do the rest. We train it beside the slides' network, on the same faces.

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
import tempfile

recipes = {
    "slides": training.RECIPES["slides"].but(epochs=4, batch=32),
    "geometry": training.RECIPES["geometry"].but(epochs=15, batch=64, ema=0.99),
}
runs = {}
with tempfile.TemporaryDirectory() as folder:
    for name, recipe in recipes.items():
        runs[name] = training.train(recipe, short, f"{folder}/{name}", precision="float32", progress=False)
        n, seconds = runs[name].classifier.parameters, sum(runs[name].history["seconds"])
        print(f"{name:<9} {n:>9,} parameters, {recipe.epochs} epochs, {seconds:.0f} seconds")

# %% [markdown]
# The measure is the accuracy on all validation faces with its 95 % interval, as in lesson 07. The dashed line is the
# baseline of lesson 02: always the commonest emotion.

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
said = {name: run.classifier.probabilities(six.images, six.landmarks, batch=100) for name, run in runs.items()}
reports = {name: evaluation.report(six.labels, p, six.detected, six.emotions) for name, p in said.items()}
_, baseline = metrics.majority(short.train.without_disgust().labels, six.labels)
plots.accuracy_bars(reports, "Dots or numbers", references={"always the commonest": baseline})

# %% [markdown]
# The same landmarks, and a small fraction of the parameters. But is this fair? Four epochs on 2,000 faces are few for
# a network of the slides' size. So look at the long runs, on all of FER2013, each with its own full recipe. They are
# recorded in `data/results`.

# %% tags=["nbval-ignore-output"] reason="it has a row for each run that was recorded, and grows"
from emocourse import results

records = [record for record in results.read_all() if record["data"] == "fer2013"]
for record in sorted(records, key=lambda record: record["reports"]["validation"]["accuracy"]):
    report = record["reports"]["validation"]
    interval = " to ".join(percent(end) for end in report["ci95"])
    print(
        f"{record['model']:<9} seed {record['seed']}: {percent(report['accuracy'])} ({interval}), "
        f"n = {report['n']:,}, {len(report['classes'])} emotions; {record['seconds'] / 60:.1f} minutes"
    )

# %% [markdown]
# What the network is *given* often matters more than its size. Whoever knows something about a task can put it into
# the input, instead of hoping that training finds it.
#
# ## Noise reduction
#
# Landmarks tremble. Move the detector's box by one pixel, and the landmarks move too. What you want to see, a raised
# brow, is just as small. But errors that point in all directions average out. So `steady.find_jittered` looks in twelve
# boxes around the face, half of them in the mirrored image, and takes the mean. On drawn faces we know the truth, and
# can measure the error.

# %% tags=["nbval-ignore-output"] reason="the detector's last digits depend on the processor"
from emocourse import faces

truth, _ = twin.load().sample(60, seed=6)
drawn = twin.draw_many(truth, seed=6)
for boxes in (1, 3, 12):
    found = np.stack([faces.find_jittered(image, boxes)[0] for image in drawn])
    error = np.hypot(*np.moveaxis(found - truth, -1, 0))[:, faces.INNER].mean()
    print(f"{boxes:2} boxes: the inner landmarks are {error:.2f} pixels off on average")

# %% [markdown]
# It costs time for each face, and nothing else. (How many boxes would you take, by these numbers? Drawn faces are
# easy. The course's own `geometry` was trained on real faces, with landmarks from twelve.)
#
# ## Augmentation, and its classic bug
#
# In lesson 07, augmentation was one of the remedies against overfitting. The cheapest one is the mirror: a mirrored
# smile is a smile. For images it takes one line. With landmarks there is a trap, into which many have fallen.
#
# Number 36 is the outer corner of the eye on the image's *left*. When you mirror the image, this corner moves to
# the right. But the eye on the left must still have the numbers 36 to 41. So the points have to move, *and* to
# exchange their numbers. `faces.MIRROR` says how: `MIRROR[36]` is the number of the point that becomes number 36.

# %%
print("36 is taken by", faces.MIRROR[36], "and the chin, 8, by", faces.MIRROR[8])

# %% [markdown]
# ### Exercise 8.2
#
# Write the mirror for an image (height, width) and its landmarks (68, 2). Columns count from 0, so the last one is
# width - 1. Leave what you are given unchanged.


# %% name="exercise-8-2"
def mirror(image, points):
    """Return the mirrored image and its landmarks, numbered as a face's landmarks always are."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 8.2: write the body of mirror")
    moved = points[faces.MIRROR]  # a new array, since the index is one
    moved[:, 0] = image.shape[1] - 1 - moved[:, 0]
    return image[:, ::-1].copy(), moved
    # END SOLUTION


# %% name="check-8-2"
checks.check("8.2", mirror)

# %% [markdown]
# What does the bug cost? We show `geometry` the mirrored validation faces: once done right, and once with the old
# numbers.

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
geometry = runs["geometry"].classifier
right_way = faces.mirror(six.landmarks)
old_numbers = np.stack([47 - six.landmarks[..., 0], six.landmarks[..., 1]], axis=-1)
for name, points in {"as they are": six.landmarks, "mirrored": right_way, "with old numbers": old_numbers}.items():
    share = metrics.accuracy(six.labels, geometry.probabilities(six.images, points).argmax(axis=1))
    print(f"{name:<17} {percent(share)}")

# %% [markdown]
# It is a mean bug. The program runs, images with the dots drawn on them look perfect, and in training the network
# just gets half of its faces inside out. Nobody is told. It only becomes "surprisingly" worse. Test such a function
# on its own, with one face and one number, as the check above did.
#
# What else could be changed at random? Crops, rotation, zoom, an erased rectangle. Whether one of them helps is a
# question for an experiment. The command `emocourse ablation` trains the same small network with one option at a
# time. If it has been run for this version of the course, this is its table.

# %% tags=["nbval-ignore-output"] reason="it is there once the experiment has been run on FER2013"
from IPython.display import Markdown, display

from emocourse import CourseError

try:
    display(Markdown(results.ablation_table(results.read_ablation())))
except CourseError as missing:
    print(missing)

# %% [markdown]
# ## Deeper, and what depth is for
#
# Landmarks leave out wrinkles, teeth, cheeks. A network that reads *pixels* can use them. But a pixel alone says
# nothing. What can one number inside a network know about the face?
#
# That is its *receptive field*: the part of the image on which it depends. After one 3 × 3 convolution, it is 3
# pixels wide. A second one looks at 3 neighbouring numbers, which together depend on 5 pixels. A pooling with stride 2
# changes more than it seems: after it, neighbours stand for places that are 2 pixels apart. So the next 3 × 3 window
# reaches twice as far.
#
# ### Exercise 8.3
#
# Write a function that computes the width of the receptive field after some layers. Each is given as (window,
# stride). Before the first layer, the field is 1 pixel, and neighbours are 1 pixel apart. Then go from layer to
# layer. Which two numbers do you have to keep?


# %% name="exercise-8-3"
def receptive_field(layers):
    """Return the width, in pixels of the image, for `layers`: a list of (window, stride), first to last."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 8.3: write the body of receptive_field")
    field, apart = 1, 1
    for window, stride in layers:
        field += (window - 1) * apart
        apart *= stride
    return field
    # END SOLUTION


# %% name="check-8-3"
checks.check("8.3", receptive_field)

# %% [markdown] tags=["solution"]
# **About the answer.** A window of 3 adds only two neighbours to what is seen already, and each lies `apart` pixels
# further. A layer's own stride counts from the next layer on.

# %% [markdown]
# Here is what one number sees after each block of the slides' network, on a drawn face of 48 × 48. Around it, all is
# dark.

# %%
from emocourse import from_scratch

block = [(3, 1), (3, 1), (2, 2)]
face = twin.draw(twin.load().mean("surprise"), seed=2)
fields = [from_scratch.receptive_field(block * k) for k in (1, 2, 3)]
windows = []
for field in fields:
    start = (48 - field) // 2
    seen = face // 4
    seen[start : start + field, start : start + field] = face[start : start + field, start : start + field]
    windows.append(seen)
plots.image_grid(windows, [f"block {k}: {f} pixels" for k, f in enumerate(fields, 1)], columns=3, cell=2)

# %% [markdown]
# A bit of the nose; the whole nose; most of the face. That is what depth is for. And the slides' own question,
# whether a deeper network would do better, has a part two: can it be *trained*? In deep networks training once got
# stuck. He and others (2016) let each block *add* something to what comes in, so that a block that has nothing to
# say adds nothing. These are *residual* networks. Our models `tiny` and `main` are of this kind. They read pixels,
# and end with a mean over all places instead of large dense layers.

# %%
from emocourse import models

for name in ("slides", "geometry", "tiny", "main", "vgg16"):
    architecture = models.ARCHITECTURES[name]
    network = architecture.build(architecture.classes)
    n_layers = sum(type(layer).__name__ in ("Conv2D", "Dense") for layer in network.layers)
    print(f"{name:<9} reads {architecture.input:<13} {n_layers:2} layers {network.count_params():>11,} parameters")

# %% [markdown]
# The deepest is by no means the largest. Now `tiny`, on the same 2,000 faces. It knows seven emotions. To compare it
# with models of six, we ask what is left when disgust is out of the question: its column is dropped, and the others are
# made to add up to 1 again.

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
from emocourse.evaluation import without_disgust

recipe = training.RECIPES["tiny"].but(epochs=12, batch=32, learning_rate=0.05, ema=0.98)
with tempfile.TemporaryDirectory() as folder:
    runs["tiny"] = training.train(recipe, short, folder, precision="float32", progress=False)
tiny = runs["tiny"].classifier
said["tiny"] = without_disgust(tiny.probabilities(six.images, six.landmarks, batch=100))
reports["tiny"] = evaluation.report(six.labels, said["tiny"], six.detected, six.emotions)
plots.accuracy_bars(reports, "Dots, numbers, pixels", references={"always the commonest": baseline})

# %% [markdown]
# Be careful with what follows from this figure. The twin's faces are *drawn around landmarks*. All that they show of
# an emotion is in the landmarks, so pixels can tell nothing more. On real faces they can. And 2,000 faces are few for a
# network that has to find out for itself what an eye is. The leaderboard below shows what was measured on FER2013.
#
# ## Transfer: begin with what others have learnt
#
# The slides had "started" with VGG16. That is a network of 2014, trained on ImageNet: more than a million photos, of
# a thousand kinds of things. Its first layers have found edges, corners and textures, and these are good for faces
# too. *Transfer learning* takes its convolutions over, and puts a new softmax on top. This is done in two stages:
#
# 1. *Frozen.* The convolutions stay as they are, and only the new softmax learns. Its first weights are random. If all
#    learnt at once, its first large errors would spoil what the convolutions know.
# 2. *Fine-tuning.* Now all learns, or the last blocks do, at a much lower rate.
#
# Our recipe `vgg16` does just that:

# %%
vgg16 = training.RECIPES["vgg16"]
tuning = vgg16.learning_rate * vgg16.fine_tuning
print(f"epochs 1 to {vgg16.frozen_epochs}: the softmax alone, learning rate {vgg16.learning_rate}")
print(f"up to epoch {vgg16.epochs}: everything, learning rate {tuning:.5f}, falling ({vgg16.schedule})")

# %% [markdown]
# (To train it, run `emocourse train vgg16 --data fer2013`. The weights of ImageNet are downloaded once. That is too
# long for a lesson: compare VGG16 with the others in the table above. It wants a graphics card.)
#
# ### Exercise 8.4
#
# How many parameters learn in each stage? A network's layers are given as pairs of a name and a list of shapes: that
# of the kernel, and that of the bias. (Some layers have none.) A layer learns if its name *begins* with one of the
# words in `learning`, a tuple such as `("emotions", "block5")`. Python's `startswith` takes such a tuple.


# %% name="exercise-8-4"
def learning_parameters(layers, learning):
    """Return the number of parameters in those of `layers`, a list of (name, shapes), that learn."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 8.4: write the body of learning_parameters")
    total = 0
    for name, shapes in layers:
        if name.startswith(learning):
            total += sum(int(np.prod(shape)) for shape in shapes)
    return total
    # END SOLUTION


# %% name="check-8-4"
checks.check("8.4", learning_parameters)

# %% [markdown]
# In Keras each layer has a switch for it, `trainable`. The network below is the course's VGG16 (with random weights,
# which do not matter for counting).

# %%
network = models.ARCHITECTURES["vgg16"].build(7)
for learning in (("emotions",), ("emotions", "block5"), ("emotions", "block")):
    for layer in network.layers:
        layer.trainable = layer.name.startswith(learning)
    n = sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)
    print(f"{' and '.join(learning):<20} {n:>11,} of {network.count_params():,} parameters learn")

# %% [markdown]
# Is it worth it? A small experiment of our own, which needs no download. The slides' network, trained on FER2013's
# real faces, ships with the course. It knows six emotions. Somebody wants seven, of *drawn* faces, and has only twenty
# images of each. Three ways:
#
# - *From scratch*: the same network with random weights, on those images.
# - *Frozen*: what FER2013 taught stays; a new softmax of seven learns.
# - *Fine-tuned*: after that, everything learns, ten times slower.
#
# (This uses the twin even if `DATA` is FER2013: the network has seen FER2013's training faces already.)

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
from emocourse import models

drawn_faces = data if DATA == "twin" else dataset.load("twin", progress=False)
few, held = models.few_of_each(drawn_faces.train, 20), drawn_faces.validation
dots, held_dots = few.binary_images(), held.binary_images()


def right_on_held(network):
    parts = [network.predict_on_batch(held_dots[i : i + 100]) for i in range(0, len(held), 100)]
    return int((np.concatenate(parts).argmax(axis=1) == held.labels).sum())


scratch = models.with_new_softmax("slides", 7, keep=False)
models.learn(scratch, dots, few.labels, epochs=10)
right = {"from scratch": right_on_held(scratch)}
tuned = models.with_new_softmax("slides", 7)
for layer in tuned.layers[:-1]:
    layer.trainable = False
models.learn(tuned, dots, few.labels, epochs=15)
right["frozen"] = right_on_held(tuned)
tuned.trainable = True
models.learn(tuned, dots, few.labels, epochs=5, learning_rate=1e-4)
right["fine-tuned"] = right_on_held(tuned)
for name, n_right in right.items():
    low, high = metrics.wilson_interval(n_right, len(held))
    share = percent(n_right / len(held))
    print(f"{name:<12} {share} (95 % interval {percent(low)} to {percent(high)}, n = {len(held):,}, 7 emotions)")

# %% [markdown]
# With so few images, what was learnt elsewhere is worth a lot. And did the second stage add anything to the first?
# Look at their intervals before you say so. Is this a fair image of what ImageNet would bring?
# No. The old task here, real faces with six emotions, is very near to the new one, and the twin was itself made from
# FER2013's landmarks. ImageNet's things are far from faces, and FER2013 has many images. The further apart the
# tasks and the more images there are, the less is won (Yosinski and others, 2014).
#
# ## Ensembles: ask several
#
# Train the same network again with another seed. It has about the same accuracy, but makes *other* mistakes. So let
# several networks answer, and take the mean. What they know, they share. What each makes up, averages out. It is the
# trick behind nearly every winner of a contest, and it has a price: five networks take five times as long.
#
# ### Exercise 8.5
#
# Write it. Each model gives an array (images, classes) of probabilities. Take the mean of the probabilities, and
# not a vote: a model that hesitates should count less than one that is sure.


# %% name="exercise-8-5"
def together(parts):
    """Return the mean probabilities, (images, classes), of `parts`: a list of one such array for each model."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 8.5: write the body of together")
    return np.stack(parts).mean(axis=0)
    # END SOLUTION


# %% name="check-8-5"
checks.check("8.5", together)

# %% [markdown]
# Four more of `geometry`, with other seeds. Then all five together, by the package's own ensemble. There is also an
# ensemble that needs only one network: show it the face and its mirror image, and take the mean. This is called
# *test-time augmentation*.

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
from emocourse.models import Classifier

members = [geometry]
with tempfile.TemporaryDirectory() as folder:
    for seed in (1, 2, 3, 4):
        run = training.train(
            recipes["geometry"], short, f"{folder}/{seed}", seed=seed, precision="float32", progress=False
        )
        members.append(run.classifier)
five = Classifier("ensemble", None, geometry.emotions, None, members=tuple(members))
said["five"] = five.probabilities(six.images, six.landmarks)
said["with mirror"] = geometry.probabilities(six.images, six.landmarks, tta=True)
for seed, member in enumerate(members):
    share = metrics.accuracy(six.labels, member.probabilities(six.images, six.landmarks).argmax(axis=1))
    print(f"geometry, seed {seed}  {percent(share)}")
for name in ("with mirror", "five"):
    print(f"{name:<17} {percent(metrics.accuracy(six.labels, said[name].argmax(axis=1)))}")

# %% [markdown]
# Is it worth five times the work? We shall test it below. Networks that differ only in their seed resemble each other,
# so there is little to average out. Different *kinds* of models make other mistakes: one looks at numbers, the other at
# pixels. Here are `geometry` and `tiny`, and the mean of the two.

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
said["mean"] = (said["geometry"] + said["tiny"]) / 2
answers = {name: probabilities.argmax(axis=1) for name, probabilities in said.items()}
plots.two_and_both(six.labels, {name: answers[name] for name in ("geometry", "tiny", "mean")}, six.emotions)

# %% [markdown]
# Read the left side. Where only one of the two is right, the mean has to decide, and it decides for the one that is
# surer. Where neither is right, no mean can help much. Now compare the mean with the better of the two. If it is no
# better, this is why: a mean gives both the same say, and here the one with the pixels is weaker, and knows nothing
# about a drawn face that is not in its landmarks. An ensemble helps most when its members are *about equally good*, and
# *wrong in different places*. The course's model `fusion` has both networks inside, and learns how far to trust which.
#
# ## Is it really better?
#
# You now have several models and an accuracy for each. Which one is best? Look at the intervals: many of them overlap.
# Does this mean that one cannot say? No. Each interval asks how the accuracy would change with *other images*. But
# all models answered about the *same* images. A hard image is hard for all of them, and so is most of the chance
# in the intervals. It cancels in a comparison.
#
# McNemar had the idea in 1947. An image that both models get right says nothing about which is better. Nor does one
# that both get wrong. Only the images count on which exactly *one* is right. Say model a alone is right on 4, and
# model b alone on 14. If neither were better, each of these 18 would be a coin that falls on either side. How often
# would 18 coins be as uneven as 4 to 14, or more?
#
# The chance of exactly k heads in n throws is `math.comb(n, k) / 2**n`. Add it up for k from 0 to the *smaller* of
# the two counts. Then take it twice, since it could have been uneven in the other direction as well. If that is more
# than 1 (when the counts are equal), the result is 1. This is the *p-value*: how often pure luck would give so large a
# difference, or a larger one.
#
# ### Exercise 8.6
#
# Write the test. It gets the labels and what each model answered, three arrays of whole numbers (n,).

# %% name="exercise-8-6"
import math


def compare(labels, a, b):
    """Return (images on which only a is right, those on which only b is right, p-value)."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 8.6: write the body of compare")
    only_a = int(((a == labels) & (b != labels)).sum())
    only_b = int(((a != labels) & (b == labels)).sum())
    n, fewer = only_a + only_b, min(only_a, only_b)
    tail = sum(math.comb(n, k) for k in range(fewer + 1)) / 2**n
    return only_a, only_b, min(1.0, 2 * tail)
    # END SOLUTION


# %% name="check-8-6"
checks.check("8.6", compare)

# %% [markdown] tags=["solution"]
# **About the answer.** Counting where the *predictions* differ is the usual mistake. Two models can both be wrong, and
# name two different emotions. And `range(fewer)` would leave out the count itself.

# %% [markdown]
# Every model against every other, by the package's version. Beside the p-value stands how much more accurate the
# second one is, with an interval *for the difference*, which is what one really wants to know.

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
from itertools import combinations

names = ["slides", "geometry", "tiny", "five", "mean"]
pairs = list(combinations(names, 2))
print(f"{'a':<9}{'b':<9}{'only a':>7}{'only b':>7}   b is better by (points)     p-value")
for a, b in pairs:
    test = metrics.mcnemar(six.labels, answers[a], answers[b])
    difference, low, high = (100 * x for x in metrics.difference_interval(six.labels, answers[a], answers[b]))
    print(
        f"{a:<9}{b:<9}{test.only_a:>7}{test.only_b:>7}   {difference:+5.1f} ({low:+5.1f} to {high:+5.1f})"
        f"{test.p_value:>14.4f}{'  *' if test.p_value < 0.05 / len(pairs) else ''}"
    )
print(f"\n* below 0.05 / {len(pairs)} = {0.05 / len(pairs):.4f}")

# %% [markdown]
# Look at the row of `geometry` and "five" first. Then look for a pair whose p-value is below 0.05, but has no star. (It
# depends on the training whether there is one.)
#
# Three warnings.
#
# - *A large p-value does not prove that two models are equal.* Perhaps there were too few images. The interval tells
#   how large the difference could still be.
# - *A small one does not say that the difference is large*, or worth its price. With a million images, a tenth of a
#   point is "significant".
# - *Many tests find something.* If nothing were better than anything, one in twenty tests would still fall below 0.05.
#   So with several pairs we ask for less: 0.05 divided by the number of pairs (Bonferroni's rule). The stars mark
#   these.
#
# And one more. The test is about these *trained networks*. Whether the *recipe* is better, as you would say in a
# paper, is another question. For that one needs several seeds of each.
#
# ## Never choose on the test
#
# You try twenty models, and report the best of them with the accuracy that made it the best. What is wrong with that?
#
# ### Exercise 8.7
#
# Choose in the honest way. Both arrays have a row for each model, and hold whether it was right on an image. Choose
# on validation; of equally good models take the first. Return its number, its accuracy on validation, and its accuracy
# on test.


# %% name="exercise-8-7"
def choose(validation, test):
    """Return (number of the model, accuracy on validation, accuracy on test); both (models, images) bools."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 8.7: write the body of choose")
    shares = validation.mean(axis=1)
    chosen = int(np.argmax(shares))
    return chosen, shares[chosen], test[chosen].mean()
    # END SOLUTION


# %% name="check-8-7"
checks.check("8.7", choose)

# %% [markdown]
# Now the experiment. We need models of which we *know* how good they are. So we make up some that toss a coin: each
# is right on 55 of 100 images, all alike. Choose the best of them, on 500 images, and see what it does on 500
# others. This is done 300 times.

# %%
from emocourse.evaluation import best_on

rng = np.random.default_rng(6)
print("models tried   accuracy of the chosen one on validation   and on test")
for n_models in (1, 5, 20, 100):
    results_of = [best_on(*(rng.random((2, n_models, 500)) < 0.55))[1:] for _ in range(300)]
    seen, honest = np.mean(results_of, axis=0)
    print(f"{n_models:>12}   {percent(seen):>40}   {percent(honest):>11}")

# %% [markdown]
# None of them is better than 55 %. But the best of a hundred looks like several points more, by luck alone, on the
# images on which it was chosen. On others the luck is gone. This is why a test split is looked at once. And it is
# why a leaderboard on which a thousand teams have tried their luck flatters its first row.
#
# ## The leaderboard
#
# Here is ours, on PublicTest, FER2013's validation split. It is made from the files in `data/results`, and shows what
# has been measured for this version of the course. The command of each row is the same for you: try it, if you have
# FER2013. Below the table are the models that ship.

# %% tags=["nbval-ignore-output"] reason="it has a row for each model that has been measured, and grows"
from emocourse import models

display(Markdown(results.leaderboard_tables(results.folder(), records) or results.table(records)))
for row in models.shipped():
    print(f"{row['name']:<9} {row['classes']} emotions, {row['parameters']:>9,} parameters, {row['bytes']:>9,} bytes")

# %% [markdown]
# How to read it:
#
# - *Which images, and how many?* The interval follows from n. Six and seven emotions are two tasks.
# - *All images, or only those with a detected face?* A model that is only asked about the easy half looks good. The
#   first number must be about all.
# - *What does it cost?* Parameters, bytes, milliseconds for a face, hours of training. A point of accuracy may cost a
#   hundred times as much.
# - *What was chosen on these images?* All our recipes were. So the row is a little too good, as in the experiment
#   above. PrivateTest would tell, once.
# - *How far do people get?* Above a certain level, a model learns the habits of those who wrote the labels (lesson
#   02).
#
# Beside the slides' own report there is no n, and no word on faces that were not found. So no test can say whether we
# have "beaten" it. What can be tested is our copy of their network, on the same images as the others.
#
# ## Where it fails
#
# A mean accuracy hides a lot. First: where does a network look? For `tiny`, a *class activation map* shows which
# places spoke for its answer. The line goes around the places that are at least half as strong as the strongest. The
# faces are drawn from the mean landmarks of four emotions.

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
shown = ["happiness", "surprise", "sadness", "anger"]
points = np.stack([twin.load().mean(emotion) for emotion in shown])
faces_shown = twin.draw_many(points, seed=4)
guessed = [tiny.emotions[k] for k in tiny.probabilities(faces_shown, points).argmax(axis=1)]
titles = [f"{emotion},\nread as {guess}" for emotion, guess in zip(shown, guessed, strict=True)]
plots.attention(faces_shown, evaluation.activation_maps(tiny, faces_shown), titles, title="What spoke for the answer")

# %% [markdown]
# If a network looked at the hair or a corner, you would know that something is wrong with the data. Beware of reading
# more into such maps than where something was found.
#
# Then: worse images. The slides say "sometimes there are fails in landmark detection". A model of landmarks depends
# on the detector; one of pixels does not. So the same faces again, made dark, noisy, turned or covered. The landmarks
# are looked for anew in each, as they would be in real life.

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
from emocourse import faces

some = six.take(np.arange(200))
print(f"{'':<15} faces found   geometry     tiny     mean")
for name in ("as they are", "blur", "dark", "noise", "rotated +15°", "eyes covered", "mouth covered"):
    change = evaluation.CONDITIONS.get(name, lambda images, points, rng: images)
    images = change(some.images, some.landmarks, np.random.default_rng(0))
    found = faces.preprocess(images, progress=False)
    by_shape = geometry.probabilities(images, found.landmarks)
    by_pixels = without_disgust(tiny.probabilities(images, found.landmarks))
    shares = [(p.argmax(axis=1) == some.labels).mean() for p in (by_shape, by_pixels, by_shape + by_pixels)]
    print(f"{name:<15} {percent(found.detected.mean(), 0):>11}      " + "     ".join(percent(s, 0) for s in shares))

# %% [markdown]
# (Accuracies on 200 faces: an interval of about seven points on either side.) Which of the two suffers under what? A
# rotation should mean little to aligned landmarks, as long as the face is found. Is it so? In the dark, the detector
# misses most faces, while `tiny` makes all its images equally bright before it looks. And a covered mouth hides the
# same from both.
#
# ### Exercise 8.8
#
# Decide. The demo of lesson 11 reads a webcam, on an ordinary laptop, for an audience. Which of the course's models do
# you take: `slides`, `geometry`, `tiny`, `main`, `fusion`, `ensemble` or `vgg16`?
#
# - `model`: its name.
# - `because`: your reasons, with 30 words or more. Say how good it is, how certain that is, and what it costs.
# - `fails`: with 15 words or more, on which images you expect it to fail, and how you would find out.

# %% name="exercise-8-8"
# BEGIN SOLUTION
# STUB: model = ...
# STUB: because = ...
# STUB: fails = ...
model = "geometry"
because = """
The demo has to find landmarks anyway, so reading them costs next to no time, and the file is small. On the same
images it makes fewer mistakes than our copy of the slides' network, and McNemar's test says that this is not luck.
Larger networks may be more accurate, but only if they keep the frame rate.
"""
fails = """
Where the detector fails, it reads nonsense: dark rooms, hands before the mouth, faces from the side. I would film
such scenes myself, and compare its answers with and without them.
"""
# END SOLUTION

# %% name="check-8-8"
checks.check("8.8", model, because, fails)

# %% [markdown] tags=["solution"]
# **About the answer.** Other models can be defended as well. What matters is that the reasons come from measurements
# on the same images, and that cost is one of them. Ask those who chose the most accurate model how many frames in a
# second it leaves. The course's own demo takes `main`: the column of milliseconds in the leaderboard says why it can,
# and the column of accuracies why not `ensemble`, which costs three times as much for about one point.

# %% [markdown]
# ## Questions
#
# 1. A friend's network has 60 % on 500 images, and yours has 62 %. Their 95 % intervals overlap. Is yours better?
# 2. Why is the softmax trained alone first, before the rest of a pretrained network is?
# 3. An ensemble of five has the same accuracy as its best member, on validation. Why may it still be the better
#    choice?
# 4. You augment with mirrored faces, and the accuracy gets worse. What do you look at first?
# 5. After all your work, the test accuracy is two points below that on validation. Has something gone wrong?

# %% [markdown] tags=["solution"]
# **Answers.**
#
# 1. From these numbers, nobody can say. One needs to know on which images only one of the two is right, and then
#    McNemar's test can decide, in either direction.
# 2. Its weights are random, so its first errors are large and say nothing about the layers below. At full rate they
#    would destroy what was learnt.
# 3. The best member was picked on validation, so its accuracy is flattered by luck. The ensemble was not picked.
# 4. Whether the landmarks have exchanged their numbers. Draw a mirrored face with its numbers, and look at one of
#    them.
# 5. Not necessarily. Everything was chosen on validation, so its number is too good; and two splits of this size
#    differ by chance. It would be wrong to go back and choose again by the test.

# %% [markdown]
# ## Recap
#
# - Put what you know into the input: aligned landmarks and distances beat dots with a fraction of the parameters.
# - Errors of landmarks average out over several boxes. Mirrored landmarks must exchange their numbers.
# - Depth widens the receptive field. Pixels hold what landmarks leave out, but take more images to learn.
# - Transfer learning: a new softmax on frozen layers first, then all of it slowly. It helps most where images are
#   few and the old task is near.
# - An ensemble averages probabilities. It helps most when its members are about equally good, and wrong in different
#   places.
# - Two models on the same images: McNemar's test, on those where only one is right. Several tests need a stricter
#   threshold.
# - What is chosen on some images looks too good on them. The test is for the end.
#
# ## Further reading
#
# - Quinn McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
#   Psychometrika 12(2), 1947, [doi 10.1007/BF02295996](https://doi.org/10.1007/BF02295996).
# - Thomas G. Dietterich, "Approximate Statistical Tests for Comparing Supervised Classification Learning Algorithms",
#   Neural Computation 10(7), 1998, [doi 10.1162/089976698300017197](https://doi.org/10.1162/089976698300017197): which
#   tests one may trust, and why McNemar's is among them.
# - Karen Simonyan and Andrew Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR
#   2015, [arXiv 1409.1556](https://arxiv.org/abs/1409.1556): VGG16.
# - Kaiming He, Xiangyu Zhang, Shaoqing Ren and Jian Sun, "Deep Residual Learning for Image Recognition", CVPR 2016,
#   [doi 10.1109/CVPR.2016.90](https://doi.org/10.1109/CVPR.2016.90).
# - Jason Yosinski, Jeff Clune, Yoshua Bengio and Hod Lipson, "How transferable are features in deep neural
#   networks?", NIPS 2014, [arXiv 1411.1792](https://arxiv.org/abs/1411.1792).
# - Bolei Zhou and others, "Learning Deep Features for Discriminative Localization", CVPR 2016, [doi
#   10.1109/CVPR.2016.319](https://doi.org/10.1109/CVPR.2016.319): class activation maps.
#
# Next: lesson 11, the webcam demo.
