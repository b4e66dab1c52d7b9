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
# # Better inputs
#
# **You will learn** to give a network a better input instead of more layers: aligned landmarks and distances, steadier
# landmarks, mirrored faces. You'll change one thing at a time, so that you know what helped.
#
# **You need** lessons 05 to 07 (Keras' `fit`, overfitting, intervals), and NumPy arrays: slices, means along an axis.
#
# **Time** 75 minutes to read and try; about two minutes to run on an ordinary processor with two cores.
#
# **Data** the twin, and what was measured on the real FER2013. With `DATA = "fer2013"` the same lesson runs on your own
# copy.

# %%
DATA = "twin"  # or "fer2013"

# %% [markdown]
# ## The slides' to-do list
#
# The last pages of the slides say what their authors would have done next. It's a good list, and it fills four lessons:
#
# | the slides | where |
# | --- | --- |
# | "Landmarks with distance data (additional info)" | here, exercises 8.1 and 8.6 |
# | "Data augmentation / noise reduction" | here, exercises 8.2 and 8.3 |
# | "Needs deeper and more complex architecture than basic CNN" | here, exercise 8.4 |
# | "Transfer learning (VGG16 architecture and weights)", "fine tuning the model" | lesson 09 |
# | "Sometimes there are fails in landmark detection" | lesson 10 |
# | "Multiple people analysis" | lesson 11 |
#
# One thing is missing from that list: how will we know whether any of it *helped*? If you change the input, the
# network and the number of epochs together, and the accuracy rises, you've learnt nothing about inputs. So here's the
# rule of this lesson: **a comparison changes one thing.** (How to tell a real difference from luck is lesson 10.)
#
# First, the faces. Everything below learns from the same 2,000 of them, so that training takes seconds. With so few,
# accuracies are low. That's fine: we're after differences.

# %%
import numpy as np

from emocourse import checks, dataset, evaluation, faces, keras, metrics, plots, twin
from emocourse.metrics import percent

data = dataset.load(DATA, progress=False)
train = data.train.without_disgust().take(np.arange(2000))
held = data.validation.without_disgust()
print(f"{len(train):,} faces to learn from, {len(held):,} to measure on, {len(held.emotions)} emotions")

# %% [markdown]
# ## One network for all inputs
#
# To compare inputs, we keep everything else fixed. Here's the whole experiment: a small network like the ones in lesson
# 05, the same number of epochs, the same batches, the same seed. Only `numbers` and `held_numbers` will change. Both
# are scaled first by the mean and the spread of the *training* numbers, so that no input is at a disadvantage because
# it happens to be measured in pixels.


# %%
def answers_with(numbers, labels, held_numbers, epochs=20, hidden=1):
    """Train the small network on numbers (n, d); give its answers (m,) for held_numbers (m, d)."""
    keras.utils.set_random_seed(0)
    middle, spread = numbers.mean(axis=0), numbers.std(axis=0) + 1e-6
    layers = [keras.Input(numbers.shape[1:])]
    for _ in range(hidden):
        layers += [keras.layers.Dense(64, activation="relu"), keras.layers.Dropout(0.3)]
    network = keras.Sequential([*layers, keras.layers.Dense(6, activation="softmax")])
    network.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit((numbers - middle) / spread, labels, batch_size=64, epochs=epochs, verbose=0)
    return network.predict((held_numbers - middle) / spread, verbose=0).argmax(axis=1)


answers = {}


def tell(name):
    """Print the accuracy of these answers with its 95 % interval."""
    n_right = int((answers[name] == held.labels).sum())
    low, high = metrics.wilson_interval(n_right, len(held))
    print(f"{name:<22} {percent(n_right / len(held)):>7}   (95 % interval {percent(low)} to {percent(high)})")


# %% [markdown]
# First, two inputs that need no new idea. The slides' input is a binary image: 2,304 pixels, about 50 of them white.
# And the 68 landmarks are 136 numbers, an x and a y each. That's the same information, give or take. Guess before you
# run the cell: does it matter how it's written down?

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
dots, held_dots = (split.binary_images().reshape(len(split), -1) for split in (train, held))
answers["dots"] = answers_with(dots, train.labels, held_dots)
pixels_xy, held_xy = (split.landmarks.reshape(len(split), -1) for split in (train, held))
answers["coordinates in pixels"] = answers_with(pixels_xy, train.labels, held_xy)
for name in answers:
    tell(name)

# %% [markdown]
# What did the binary image lose on the way? Each landmark is rounded to a whole pixel. Its number is gone: a dot is
# just a dot, whether it belongs to a brow or to an eyelid. And the same smile a few pixels to the left lights up other
# pixels. (A convolutional network copes better with that last point, and you'll see its numbers below. A dense one has
# to learn it anew for every position.)
#
# ## Landmarks with distances
#
# Coordinates in pixels still tell the network things that have nothing to do with emotion: where the face is in the
# image, how large it is, how far it's tilted. So let's take these out. An eye's centre is the mean of its six
# landmarks, 36 to 41 and 42 to 47. Move, turn and scale the face so that the point halfway between these centres is (0,
# 0), the line between them is level, and their distance is 1.
#
# ### Exercise 8.1
#
# Write `align` for one face. Here's the only piece of geometry you need. If `across` is the arrow from the left eye to
# the right one, then its unit arrow is `u = across / length`. In the level face, a point p, measured from the middle,
# has the x coordinate p · u: the sum `p[0] * u[0] + p[1] * u[1]`. Its y coordinate is p · v, where v is u after a
# quarter turn: `v = [-u[1], u[0]]`. ("Left" is the left of the image. y points down before and after.)
#
# Then write `distance`: how far apart the points a and b of a face are, in eye distances. It must not change when the
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
align, distance = checks.use("8.1", align, distance)

# %% [markdown] tags=["solution"]
# **About the answer.** The order matters little, as long as everything is measured from the middle first. The classic
# slip is the sign in v: then the face turns the wrong way, and ends up tilted twice as much. With a face that's level
# from the start nobody would notice, so test with a tilted one. `distance` only needs the size: pixels divided by the
# pixels between the eyes' centres is right too.

# %% [markdown]
# Now lesson 01's cues become numbers. Here's your `distance` on the mean face of each emotion: how far apart the lips
# are (62 and 66), how wide the mouth is (48 and 54), and how far a brow is from its eye (19 and 37).

# %%
print(f"{'':<10} {'lips apart':>12} {'mouth width':>12} {'brow to eye':>12}")
for emotion in held.emotions:
    face = twin.load().mean(emotion)
    print(f"{emotion:<10}", *(f"{distance(face, a, b):>12.2f}" for a, b in ((62, 66), (48, 54), (19, 37))))

# %% [markdown]
# Can you find surprise by its numbers alone? Which two emotions would you mix up?
#
# Your `align` goes into the experiment next. The course has thirty distances ready in `faces.distances`; some, like
# the height of a brow, are measured along one axis of the aligned face. So there are three new inputs.

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
aligned, held_aligned = (np.stack([align(p) for p in s.landmarks]).reshape(len(s), -1) for s in (train, held))
thirty, held_thirty = (faces.distances(split.landmarks) for split in (train, held))
both, held_both = np.hstack([aligned, thirty]), np.hstack([held_aligned, held_thirty])
answers["aligned"] = answers_with(aligned, train.labels, held_aligned)
answers["thirty distances"] = answers_with(thirty, train.labels, held_thirty)
answers["aligned + distances"] = answers_with(both, train.labels, held_both)
reports = {
    name: evaluation.report(held.labels, np.eye(6)[given], held.detected, held.emotions)
    for name, given in answers.items()
}
_, baseline = metrics.majority(train.labels, held.labels)
plots.accuracy_bars(reports, "One network, five inputs", references={"always the commonest": baseline})

# %% [markdown]
# Read the figure carefully. From dots to numbers is a big step. From pixels to aligned coordinates is a small one, and
# its intervals overlap. (Most faces of the twin, like FER2013's, are already centred and upright. On faces from a
# webcam, aligning matters more.) And thirty distances do about as well as all 136 coordinates: most of what the
# landmarks say about an emotion fits into thirty numbers. That's what *knowing something about the task* is worth.
#
# Is a dense network fair to dots? No, it's the wrong tool for them. What does the slides' CNN make of dots on all of
# FER2013? The course has recorded both, each with a full recipe of its own. So these two rows differ in *more* than the
# input: `geometry` reads aligned landmarks and the thirty distances, but it also has mirrored faces, weight decay and a
# falling learning rate. They show what's possible, not what the input alone is worth.

# %%
from emocourse import results

for record in results.read_all():
    if (record["model"], record["seed"]) in (("slides", 0), ("geometry", 0)):
        report = record["reports"]["validation"]
        low, high = report["ci95"]
        print(
            f"{record['model']:<9} {percent(report['accuracy'])} ({percent(low)} to {percent(high)}), "
            f"n = {report['n']:,}"
        )

# %% [markdown]
# ## Noise reduction
#
# Landmarks tremble. Move the detector's box by one pixel, and the landmarks move too, by about as much as the raised
# brow that you want to see. But errors that point in all directions average out. So look in several boxes, each moved
# a little, and take the mean.
#
# ### Exercise 8.2
#
# Write `steady`. `predict(image, box)` gives the landmarks (68, 2) that are found in a box (x, y, w, h). `shifts` is a
# list of moves (right, down) in pixels. Predict in the box after each move, and return the mean landmarks, (68, 2).


# %% name="exercise-8-2"
def steady(predict, image, box, shifts):
    """Return the mean of the landmarks that predict finds in the box moved by each (right, down) of shifts."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 8.2: write the body of steady")
    x, y, w, h = box
    found = [predict(image, (x + right, y + down, w, h)) for right, down in shifts]
    return np.mean(found, axis=0)
    # END SOLUTION


# %% name="check-8-2"
checks.check("8.2", steady)
steady = checks.use("8.2", steady)

# %% [markdown]
# Does it help? On drawn faces we know the truth. We start from the detector's box, and let dlib's predictor (you called
# it yourself in lesson 04; `faces.predict` wraps it) look in 1, 5 and 9 boxes.

# %% tags=["nbval-ignore-output"] reason="the predictor's last digits depend on the processor"
truth, _ = twin.load().sample(60, seed=6)
drawn = twin.draw_many(truth, seed=6)
near = [(0, 0), (2, 0), (-2, 0), (0, 2), (0, -2), (2, 2), (-2, 2), (2, -2), (-2, -2)]
for n in (1, 5, 9):
    found = np.stack([steady(faces.predict, image, faces.find(image)[3], near[:n]) for image in drawn])
    apart = np.linalg.norm(found - truth, axis=2)[:, faces.INNER]
    print(f"{n} boxes: the inner landmarks are {apart.mean():.2f} pixels off on average")

# %% [markdown]
# A little, on these easy faces. It costs time for each face, and nothing else. Averaging removes the trembling, but
# keeps any error that's the same every time: if the predictor always puts the chin too low, a hundred boxes won't lift
# it.
#
# ## Augmentation, and its classic bug
#
# In lesson 07, augmentation was one of the remedies against overfitting: show each face in several versions. The
# cheapest version is the mirror image, since a mirrored smile is a smile. For an image it takes one line. With
# landmarks there's a trap that has caught many.
#
# Number 36 is the outer corner of the eye on the image's *left*. Mirror the image, and that corner moves to the right.
# But the eye on the left must still have the numbers 36 to 41. So the points have to move *and* exchange their
# numbers. `faces.MIRROR` says how: `MIRROR[36]` is the number of the point that becomes number 36.

# %%
print("36 is taken by", faces.MIRROR[36], "and the chin, 8, by", faces.MIRROR[8])

# %% [markdown]
# ### Exercise 8.3
#
# Write the mirror for an image (height, width) and its landmarks (68, 2). Columns count from 0, so the last one is
# width - 1. Leave what you're given unchanged.


# %% name="exercise-8-3"
def mirror(image, points):
    """Return the mirrored image and its landmarks, numbered as a face's landmarks always are."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 8.3: write the body of mirror")
    moved = points[faces.MIRROR]  # a new array, since the index is one
    moved[:, 0] = image.shape[1] - 1 - moved[:, 0]
    return image[:, ::-1].copy(), moved
    # END SOLUTION


# %% name="check-8-3"
checks.check("8.3", mirror)
mirror = checks.use("8.3", mirror)

# %% [markdown]
# What's a mirror worth, and what does the bug cost? Three runs: the faces as they are; half of them mirrored by your
# function; half of them mirrored, but with the old numbers. The number of faces, and so of steps, stays the same.

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
flip = np.random.default_rng(0).random(len(train)) < 0.5
mirrored = np.stack([mirror(i, p)[1] if f else p for i, p, f in zip(train.images, train.landmarks, flip, strict=True)])
old_numbers = train.landmarks.copy()
old_numbers[flip, :, 0] = 47 - old_numbers[flip, :, 0]
for name, points in {"with mirrored faces": mirrored, "with old numbers": old_numbers}.items():
    numbers = np.stack([align(p) for p in points]).reshape(len(points), -1)
    answers[name] = answers_with(numbers, train.labels, held_aligned)
for name in ("aligned", "with mirrored faces", "with old numbers"):
    tell(name)

# %% [markdown]
# It's a mean bug. The program runs. Images with the dots drawn on them look perfect. Half of the faces are inside out,
# and nothing tells you; the network just gets "surprisingly" worse, or learns to tell the two kinds apart and wastes
# its strength on that. Test such a function on its own, with one face and one number, as the check did.
#
# And did the right mirror help here? Look at the intervals before you say so. The faces are nearly symmetrical already.
# Whether an augmentation helps is a question for an experiment. Lesson 10 goes through one, option by option.
#
# ## Deeper, and what depth is for
#
# "Needs deeper and more complex architecture", say the slides. One change at a time, then: your aligned landmarks,
# everything else the same, and 0, 1, 2 or 4 hidden layers.

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
for hidden in (0, 1, 2, 4):
    name = f"{hidden} hidden layers"
    answers[name] = answers_with(aligned, train.labels, held_aligned, hidden=hidden)
    tell(name)

# %% [markdown]
# For numbers that already say what matters, depth brings little: the intervals of all four overlap. So what *is* it
# for? For pixels. One pixel says nothing about a face. What can one number inside a network know?
#
# That's its *receptive field*: the part of the image it depends on. After one 3 × 3 convolution it's 3 pixels wide. A
# second one looks at 3 neighbouring numbers, which together depend on 5 pixels. Pooling with stride 2 does more than
# it seems to: after it, neighbours stand for places 2 pixels apart, so the next 3 × 3 window reaches twice as far.
#
# ### Exercise 8.4
#
# Write a function that computes the width of the receptive field after some layers. Each is given as (window,
# stride). Before the first layer the field is 1 pixel, and neighbours are 1 pixel apart. Then go from layer to layer.
# Which two numbers do you have to keep?


# %% name="exercise-8-4"
def receptive_field(layers):
    """Return the width, in pixels of the image, for layers: a list of (window, stride), first to last."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 8.4: write the body of receptive_field")
    field, apart = 1, 1
    for window, stride in layers:
        field += (window - 1) * apart
        apart *= stride
    return field
    # END SOLUTION


# %% name="check-8-4"
checks.check("8.4", receptive_field)
receptive_field = checks.use("8.4", receptive_field)

# %% [markdown] tags=["solution"]
# **About the answer.** A window of 3 adds only two neighbours to what's seen already, and each lies `apart` pixels
# further out. A layer's own stride counts from the next layer on.

# %% [markdown]
# Here's what one number sees after each block of the slides' network, says your function, on a drawn face of 48 × 48.
# Everything around it is dimmed.

# %%
block = [(3, 1), (3, 1), (2, 2)]
face = twin.draw(twin.load().mean("surprise"), seed=2)
fields = [receptive_field(block * k) for k in (1, 2, 3)]
windows = []
for width in fields:
    start = (48 - width) // 2
    seen = face // 4
    seen[start : start + width, start : start + width] = face[start : start + width, start : start + width]
    windows.append(seen)
plots.image_grid(windows, [f"block {k}: {f} pixels" for k, f in enumerate(fields, 1)], columns=3, cell=2)

# %% [markdown]
# A bit of the nose; the whole nose; most of the face. *That* is what depth is for. But very deep networks used to get
# stuck in training. He and others (2016) let each block *add* something to what comes in, so that a block with nothing
# to say adds nothing. Such networks are called *residual*. The course's `tiny` and `main` are of this kind.
#
# ## One thing at a time
#
# ### Exercise 8.5
#
# Four experiments from four reports. Which comparison can you trust?
#
# - `first`: 2,000 faces, 20 epochs, dense network, dots: 28 %. 2,000 faces, 20 epochs, dense network, distances: 54 %.
# - `second`: 2,000 faces, 20 epochs, dense network, dots. 2,000 faces, 20 epochs, CNN, grey images.
# - `third`: 2,000 faces, 20 epochs, dense network, distances. The same, plus 2,000 mirrored faces, 20 epochs.
# - `fourth`: dense network on distances, measured on all faces. The same, measured on the faces that were detected.
#
# Make `verdicts` a dictionary, with a letter for each of the four names: A, input and network both differ; B, one of
# them learns for more steps; C, it's fair; D, they aren't measured on the same faces.
#
# Then plan an experiment of your own in `plan`, in two or three sentences: you want to know whether mirrored faces
# help. What changes, what stays, and how do you compare?

# %% name="exercise-8-5"
# BEGIN SOLUTION
# STUB: verdicts = ...
# STUB: plan = ...
verdicts = {"first": "C", "second": "A", "third": "B", "fourth": "D"}
plan = """
I train one network on 2,000 faces, and the same network on those faces with half of them mirrored, for as many steps,
with three seeds each. Then I let both answer for all validation faces, and count where only one of the two is right.
"""
# END SOLUTION

# %% name="check-8-5"
checks.check("8.5", verdicts, plan)

# %% [markdown]
# ## Your turn: beat the dots, then beat `aligned`
#
# ### Exercise 8.6
#
# An open task. Write `my_input`: it takes the landmarks of n faces, (n, 68, 2), and returns n rows of numbers: what
# *you* think a network should know about each face. Angles of brows? The area of the mouth? Left against right? Only
# the points of the mouth? Use `align`, `distance` and `faces.distances` as you like. Each row may depend on its own
# face only.
#
# The check runs it: a plain softmax layer learns from your numbers of 600 faces and answers for 300 others, and so
# does one with the slides' dots. Yours has to be better, by more than chance.


# %% name="exercise-8-6"
def my_input(points):
    """Return an array (n, d) of numbers for landmarks (n, 68, 2): what a network should know about each face."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 8.6: write the body of my_input")
    points = np.asarray(points)
    shapes = np.stack([align(face) for face in points])
    slopes = shapes[:, [21, 26]] - shapes[:, [17, 22]]  # from one end of each brow to the other
    inner = shapes[:, faces.INNER].reshape(len(points), -1)
    return np.hstack([inner, faces.distances(points), slopes.reshape(len(points), -1)])
    # END SOLUTION


# %% name="check-8-6"
checks.check("8.6", my_input)
my_input = checks.use("8.6", my_input)

# %% [markdown]
# And now the harder opponent: the same small network as above, once on `aligned` and once on your numbers. McNemar's
# test looks only at the faces on which exactly one of the two is right, and asks how often a fair coin would split them
# so unevenly. (You'll write it yourself in lesson 10.) A p-value below 0.05 means: hardly luck.

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
mine, held_mine = (np.asarray(my_input(split.landmarks), float) for split in (train, held))
answers["my input"] = answers_with(mine, train.labels, held_mine)
tell("aligned")
tell("my input")
test = metrics.mcnemar(held.labels, answers["aligned"], answers["my input"])
print(f"only aligned is right: {test.only_a}, only yours: {test.only_b}, p = {test.p_value:.3f}")

# %% [markdown]
# Didn't beat it? Most don't, and "no difference that we can measure" is an honest result. Change one thing, and run it
# again. But count your attempts: after twenty of them, one will look good by luck alone. That's a problem of its own,
# and lesson 10 deals with it.
#
# ## Questions
#
# 1. Thirty distances do about as well as 136 coordinates. Name something that the distances leave out.
# 2. You average landmarks over nine boxes, and the mouth corners are still 1 pixel too low. Why?
# 3. You train with mirrored faces, and the accuracy gets worse. What do you look at first?
# 4. Why would a dense network on dots need far more faces than one on coordinates?
# 5. A paper changes input, network and optimiser, and gains six points. What can you conclude about the input?

# %% [markdown] tags=["solution"]
# **Answers.**
#
# 1. For example the shape of the lips between the corners, or where exactly a brow bends.
# 2. That error is the same in each box. A mean removes what differs, and keeps what they all share.
# 3. Whether the landmarks exchanged their numbers. Draw a mirrored face with its numbers, and follow one of them.
# 4. It has to see each position of each dot, since a white pixel tells it nothing about the pixel beside it.
# 5. Nothing. The gain belongs to all three together until somebody changes them one by one.

# %% [markdown]
# ## Recap
#
# - How you write information down matters: the same landmarks as numbers beat dots by a wide margin, in one network.
# - Take out what isn't the emotion (position, size, tilt), and put in what you know (distances).
# - Averaging over boxes removes trembling, but no error that's the same each time.
# - Mirrored landmarks must exchange their numbers. The bug is silent.
# - Depth widens the receptive field. Pixels need that; good numbers hardly do.
# - A comparison changes one thing: the input, or the network, or the steps.
#
# ## Further reading
#
# - Vahid Kazemi and Josephine Sullivan, "One millisecond face alignment with an ensemble of regression trees", CVPR
#   2014, [doi 10.1109/CVPR.2014.241](https://doi.org/10.1109/CVPR.2014.241): the predictor that trembles.
# - Kaiming He, Xiangyu Zhang, Shaoqing Ren and Jian Sun, "Deep Residual Learning for Image Recognition", CVPR 2016,
#   [doi 10.1109/CVPR.2016.90](https://doi.org/10.1109/CVPR.2016.90).
# - Connor Shorten and Taghi M. Khoshgoftaar, "A survey on Image Data Augmentation for Deep Learning", Journal of Big
#   Data 6, 2019, [doi 10.1186/s40537-019-0197-0](https://doi.org/10.1186/s40537-019-0197-0).
#
# Next: lesson 09, transfer and fine-tuning.
