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
# # FER2013
#
# **You will learn** to load, plot and describe a dataset: how uneven its classes are, what is wrong with its images,
# what it costs to leave a class out, and how good a model is that knows nothing.
#
# **You need** lesson 01, and NumPy arrays: masks, sums along an axis.
#
# **Time** 60 minutes to read and try; about one minute to run on an ordinary processor.
#
# **Data** the twin, and what was measured on the real FER2013, as numbers. With `DATA = "fer2013"` the same lesson
# describes your own copy.

# %%
DATA = "twin"  # or "fer2013"

# %% [markdown]
# ## Where the images come from
#
# "A model can only be as good as the data that it receives", say the slides. So we look at the data before we build
# any model.
#
# FER2013 is from Montreal. Pierre-Luc Carrier and Aaron Courville searched the web for images with 184 words of
# emotion, such as "blissful" and "enraged", joined to words of gender, age and ethnicity. They kept the first 1,000
# images of each of some 600 searches. A detector found the faces. People then threw out images with a wrong
# label, corrected the crops, and removed *some* duplicates. The rest was shrunk to 48 × 48 grey pixels, and its many
# words were sorted into seven labels. The whole was published for a contest (Goodfellow and others, 2013).
#
# Two things follow. A label is, at first, the word that somebody typed into a search engine. And nobody asked the
# people in the images. The slides call FER2013 "one of the open rights datasets". It is open in so far as it can be
# downloaded. But those who collected the images had not taken them, and nobody can give away the rights of others.
# Therefore this course neither hands the images out nor prints any, and works on its drawn twin. What was measured
# on the real images comes from the file `data/results/people/dataset.json`. (If you have FER2013, and the votes
# that you will meet below, `DATA = "fer2013"` measures it again.)

# %%
from emocourse import evaluation

found = evaluation.load_agreement(DATA)
print(f"FER2013, {found['source']}:")
for split, n in found["counts"].items():
    print(f"{split:<11} {n:6,} images" if n else f"{split:<11} not looked at")

# %% [markdown]
# *Splits* are the parts of a dataset. A model learns from **train** (FER2013 calls it Training). All choices, such as
# when to stop, are made on **validation** (PublicTest). **test** (PrivateTest) is looked at once, at the very end. So
# nothing about it is recorded here; it is as large as validation. The slides' "around 30 000" is a cautious way to
# put it.
#
# ## One line, one image
#
# The dataset is one large text file. After a header, each line is an image: its label, its 2,304 grey levels from
# the upper left corner on, row by row, and its split. Let us write such a line for a drawn face, and look at both
# ends.

# %%
import numpy as np

from emocourse import plots, twin

points, _ = twin.load().sample(labels=np.array([3]), seed=8)
face = twin.draw(points[0], seed=8)
line = f"3,{' '.join(map(str, face.ravel()))},Training\n"
print(repr(line[:40]), "...", repr(line[-24:]))

# %% [markdown]
# ### Exercise 2.1
#
# Read it back. `line.split(",")` cuts a text at its commas, `text.split()` at its spaces. The pixels must become an
# array of shape (48, 48) and of type `uint8`; the label a whole number. A line read from a file ends with a line
# break: `strip()` takes it away.


# %% name="exercise-2-1"
def read_row(line):
    """Return the label (int), the image (48, 48) uint8, and the usage (str) of one line."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 2.1: write the body of read_row")
    label, pixels, usage = line.strip().split(",")
    image = np.array(pixels.split(), dtype=np.uint8).reshape(48, 48)
    return int(label), image, usage
    # END SOLUTION


# %% name="check-2-1"
from emocourse import checks

checks.check("2.1", read_row)

# %% [markdown] tags=["solution"]
# **About the answer.** `np.array(words, dtype=np.uint8)` reads the words as numbers. The usual slips: the usage keeps
# its line break, and is then equal to no name of a split; and the label stays the text "3", which is not 3.

# %% [markdown]
# `dataset.load` reads all lines and checks each. It gives the twin and the real dataset in the same form.

# %%
from emocourse import dataset

data = dataset.load(DATA, progress=False)
print(f"train: images {data.train.images.shape} {data.train.images.dtype}, labels {data.train.labels.shape}")
print("label 3 is", data.train.emotions[3])

# %% [markdown]
# ## Look first
#
# An audit begins with the eyes. Here are some faces as FER2013 has them, small and grey. (These are always drawn. If
# you have FER2013, look at fifty real ones as well, and clear the output before you hand this notebook on.)

# %%
points, labels = twin.load().sample(16, seed=12)
names = [data.train.emotions[label] for label in labels]
plots.image_grid(twin.draw_many(points, seed=12), titles=names, columns=8, title="Drawn faces, 48 × 48")

# %% [markdown]
# The slides say: "Uniformisation of the data has been done (face-centered, same dimensions, lightning...)". That can
# be tested. The dimensions are the same, as the shape above proves. If faces are centred, then the *mean image* of
# an emotion should show a face. (A mean of hundreds of images is nobody's.)

# %%
images, labels = data.train.images, data.train.labels
means = [images[labels == k].mean(axis=0).astype(np.uint8) for k in range(7)]
plots.image_grid(means, titles=data.train.emotions, columns=7, title="Mean image of each emotion", cell=1.3)

# %% [markdown]
# A face it is, and some means even have an expression. And the light? An image's mean grey level says how bright it
# is. Were the light uniform, all would be about the same.

# %%
print(f"{'':<22} darkest 5 %   middle   brightest 5 %")
brightness = np.percentile(images.mean(axis=(1, 2)), [5, 50, 95])
for name, levels in ((DATA, brightness), ("FER2013", found["brightness"].values())):
    low, middle, high = levels
    print(f"{name:<22} below {low:5.1f}   {middle:6.1f}     above {high:5.1f}")

# %% [markdown]
# So the light was not made uniform: bright and dark images lie far apart. A network on grey images has to learn
# to look past that. One on landmarks does not, once they are found.
#
# ## How many of each?
#
# The next audit is counting. Below are the training images of your data and of FER2013.

# %%
from emocourse.emotions import EMOTIONS

counts = {DATA: data.train.counts(), "FER2013, as measured": found["audit"]["counts"]["train"]}
plots.class_counts(counts, title="Training images of each emotion")

# %% [markdown]
# **Try it.** Plot the *validation* images in a new cell below: `data.validation.counts()` and
# `found["audit"]["counts"]["validation"]`. Before you run it, say what you expect of the order of the bars, and of
# the share that disgust has.
#
# ### Exercise 2.2
#
# Write both functions. `count_emotions` counts the images of each emotion; an emotion without any has 0.
# `imbalance` says how many times as common the commonest emotion is as the rarest. In `EMOTIONS`, the name with index
# k is that of label k.


# %% name="exercise-2-2"
def count_emotions(labels):
    """Return {name of emotion: number of images} for an array of labels 0 to 6."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 2.2: write the body of count_emotions")
    return {name: int((labels == k).sum()) for k, name in enumerate(EMOTIONS)}
    # END SOLUTION


def imbalance(counts):
    """Return how many times the commonest outnumbers the rarest; `counts` is as above, without zeros."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 2.2: write the body of imbalance")
    return max(counts.values()) / min(counts.values())
    # END SOLUTION


# %% name="check-2-2"
checks.check("2.2", count_emotions, imbalance)

# %% [markdown]
# This is how uneven the two are:

# %%
from emocourse import metrics

for name, row in counts.items():
    print(f"{name}: the commonest emotion has {metrics.imbalance(row):.1f} times as many images as the rarest")

# %% [markdown]
# ## Without disgust
#
# The slides: "We worked without the emotion disgust." You see why. With so few images, a network hardly learns it,
# and its accuracy on it can hardly be measured. But mind what is given up. A model that has no word for disgust will
# give every disgusted face one of its six other names, with confidence.
#
# Dropping a class is easy to get wrong. Disgust is label 1. If it goes, the labels 0, 2, 3, 4, 5, 6 remain. A network
# with six outputs calls them 0 to 5. So they must be *renumbered*, and images and labels must stay together.
#
# ### Exercise 2.3
#
# Drop disgust, and renumber.


# %% name="exercise-2-3"
def drop_disgust(images, labels):
    """Return the images and labels without disgust, in the same order, with labels 0 to 5."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 2.3: write the body of drop_disgust")
    keep = labels != 1
    left = labels[keep]
    return images[keep], np.where(left > 1, left - 1, left)
    # END SOLUTION


# %% name="check-2-3"
checks.check("2.3", drop_disgust)

# %% [markdown] tags=["solution"]
# **About the answer.** `labels[keep] - 1` for all would make anger, 0, into -1, and in bytes even into 255.
# Forgetting to renumber shows late and oddly: the network has six outputs and meets a label 6, or it has seven, of
# which one never learns. `without_disgust()` of the package does the same to all splits.

# %% [markdown]
# From here on, `six` is the dataset without disgust.

# %%
six = data.without_disgust()
for split in (data.train, six.train):
    print(f"{len(split):,} training images of {len(split.emotions)} emotions")
print(*(f"{k} {name}" for k, name in enumerate(six.train.emotions)), sep=", ")

# %% [markdown]
# ## The accuracy of knowing nothing
#
# Somebody's network has an accuracy of 25 %. Is that good? With seven emotions, rolling dice gives one seventh. But
# there is a better way to know nothing: always say the emotion that is commonest in training. This is the *majority
# baseline*. Every accuracy in this course has to be compared with it.
#
# And every accuracy comes with an interval. It was measured on n images, of which k were right. On other images
# of the same kind it would come out a little differently. The **95 % interval of Wilson** says how differently. With
# p = k / n and z = 1.96:
#
# - its middle: (p + z² / (2 n)) / (1 + z² / n)
# - from there to each end: z / (1 + z² / n) · √( p (1 - p) / n + z² / (4 n²) )
#
# Of 100 such intervals, about 95 hold the true value. (Statistics books often have the simpler p ± z √( p (1 - p) / n
# ). With few images it is wrong: for 0 of 10 it would say "exactly 0, for sure".)
#
# ### Exercise 2.4
#
# Write the baseline. Which emotion it answers is learnt from the *training* labels; its accuracy and the interval
# come from the *other* labels.


# %% name="exercise-2-4"
def majority_baseline(train_labels, labels):
    """Return (accuracy, low, high) of always answering the commonest training label, as shares from 0 to 1."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 2.4: write the body of majority_baseline")
    answer = np.bincount(train_labels).argmax()
    n, z = len(labels), 1.96
    p = np.mean(labels == answer)
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return p, middle - half, middle + half
    # END SOLUTION


# %% name="check-2-4"
checks.check("2.4", majority_baseline)

# %% [markdown]
# The package has both: `metrics.majority` and `metrics.wilson_interval`. Here are the baselines of your data
# and of the real FER2013, with and without disgust, on the validation split.

# %%
from emocourse.metrics import percent

real = {split: np.repeat(range(7), list(row.values())) for split, row in found["audit"]["counts"].items()}
tables = {DATA: (data.train.labels, data.validation.labels), "FER2013": (real["train"], real["validation"])}
for name, (train_labels, labels) in tables.items():
    for classes in (7, 6):
        kept = labels if classes == 7 else labels[labels != 1]
        answer, share = metrics.majority(train_labels, kept)
        low, high = metrics.wilson_interval(int((kept == answer).sum()), len(kept))
        print(
            f'{name:<8} {classes} emotions: always "{EMOTIONS[answer]}" is right in {percent(share)} '
            f"(95 % interval {percent(low)} to {percent(high)}, n = {len(kept):,})"
        )

# %% [markdown]
# ## Hands
#
# The slides name another problem: "Some people have hands obscuring their faces." No label says in which images.
# But we can draw a hand before a face on purpose.

# %%
from emocourse.twin import PLACES, cover

points = twin.load().mean("happiness")
style = twin.random_style(np.random.default_rng(5))
plain = twin.draw(points, side=144, style=style)
hands = [plain, *(cover(plain, points, place) for place in PLACES)]
plots.image_grid(
    hands,
    titles=["no hand", *(f"hand before the {place}" for place in PLACES)],
    columns=4,
    title="The same smile",
    cell=1.8,
)

# %% [markdown]
# What does the system make of it? We hold the same hand before 300 faces of the validation split, find their
# landmarks again, and ask the course's copy of the slides' network. All accuracies are on all 300, whether the
# detector found a face or not.

# %% tags=["nbval-ignore-output"] reason="the network's last digits depend on the processor"
from emocourse import faces, models
from emocourse.faces import scores_and_landmarks

model = models.load("slides")
some = six.validation.take(np.arange(300))
for place in ("no hand", *PLACES):
    covered = some.images
    if place in PLACES:
        covered = np.stack([cover(*pair, place) for pair in zip(some.images, some.landmarks, strict=True)])
    scores, points = scores_and_landmarks(covered)
    right = int((model.probabilities(covered, points).argmax(axis=1) == some.labels).sum())
    low, high = metrics.wilson_interval(right, len(some))
    print(
        f"{place:<8} faces found {percent((scores >= faces.HOG_THRESHOLD).mean(), 0):>5}   accuracy "
        f"{percent(right / len(some), 0)} (95 % interval {percent(low, 0)} to {percent(high, 0)}, n = 300, 6 emotions)"
    )

# %% [markdown]
# A hand before the mouth hides most of what the network goes by, and hides the face itself from the detector. Lesson
# 04 looks at this more closely. In FER2013 such images keep their label, and the model has to learn from them, and
# to answer for them, all the same.

# %% [markdown]
# ## Questions
#
# 1. Why does the baseline learn its answer from the training labels, and not from the labels it is tested on?
# 2. A network has 57 % on six emotions, another 55 % on seven. Which is better?
#
# %% [markdown] tags=["solution"]
# **Answers.**
#
# 1. Because a model may not look at the images that judge it, and a baseline is a model, too.
# 2. That cannot be said: the six are easier, as the baseline on six emotions shows.

# %% [markdown]
# ## Recap
#
# - A dataset has a story: who collected it, with which words, and who was not asked.
# - Count first. FER2013's classes are uneven; dropping disgust means renumbering, and gives up a word.
# - An accuracy means little without the majority baseline and its 95 % interval; six and seven classes do not
#   compare.
# - Hands hide the face from the detector and the mouth from the network.
#
# ## Further reading
#
# - Ian J. Goodfellow, Dumitru Erhan, Pierre-Luc Carrier, Aaron Courville and others, "Challenges in Representation
#   Learning: A Report on Three Machine Learning Contests", ICONIP 2013, [doi
#   10.1007/978-3-642-42051-1_16](https://doi.org/10.1007/978-3-642-42051-1_16), [arXiv
#   1307.0414](https://arxiv.org/abs/1307.0414): how FER2013 was made, and how well people did.
# - Timnit Gebru and others, "Datasheets for Datasets", Communications of the ACM 64(12), 2021, [doi
#   10.1145/3458723](https://doi.org/10.1145/3458723): what every dataset should say about itself.
# - Edwin B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of the American
#   Statistical Association 22(158), 1927, [doi
#   10.1080/01621459.1927.10502953](https://doi.org/10.1080/01621459.1927.10502953).
#
# Next: lesson 03, whose labels?
