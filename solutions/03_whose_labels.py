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
# # Whose labels?
#
# **You will learn** to find images that are in a dataset more than once, and labels that contradict each other; what a
# leak does to an accuracy; how far people agree about these faces; and a careful answer to a question on the slides:
# can a human really do better?
#
# **You need** lesson 02, and NumPy arrays: masks, sums along an axis.
#
# **Time** 70 minutes to read and try; about one minute to run on an ordinary processor.
#
# **Data** the twin, and what was measured on the real FER2013, as numbers. With `DATA = "fer2013"` the same lesson
# audits your own copy.

# %%
DATA = "twin"  # or "fer2013"

# %% [markdown]
# The data, and what was measured on the real FER2013:

# %%
import numpy as np

from emocourse import checks, dataset, evaluation, metrics, models, plots
from emocourse.emotions import EMOTIONS
from emocourse.metrics import percent

data = dataset.load(DATA, progress=False)
found = evaluation.load_agreement(DATA)
model = models.load("slides")

# %% [markdown]
# ## Twice the same image
#
# Search engines give the same image for many words. Some were removed from FER2013 by hand. How many are left?
#
# The twin has none, since each of its faces is drawn once. To have something to find, we *plant* copies in it: 150
# images get one or two copies over other images. (With the real data nothing needs planting.)

# %%
table = dataset.as_table(data)  # all splits in one: images, labels, split
if DATA == "twin":
    table = dataset.plant_duplicates(table, seed=2).data
print(f"{len(table):,} images, labels {table.labels[:5]}, splits {table.split[0]} to {table.split[-1]}")
print(f"{len(table) * (len(table) - 1) // 2:,} pairs of images")

# %% [markdown]
# To compare each image with each other one takes a very long time. A *hash table* needs one step an image.
# Python's dictionary is one: it finds a key at once. So use an image's content as the key, and the list of its
# places as the value. An array cannot be a key, but its bytes can: `image.tobytes()`.
#
# ### Exercise 3.1
#
# Write both functions. `find_copies` finds the groups of images that are the same to the last pixel. `disagreeing`
# gets such groups, and an array with a value for each image, such as its label or its split. It keeps the groups in
# which the values are not all the same.


# %% name="exercise-3-1"
def find_copies(images):
    """Return a list of groups, each a list of two or more places in `images` (n, 48, 48) of identical images."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 3.1: write the body of find_copies")
    places = {}
    for place, image in enumerate(images):
        places.setdefault(image.tobytes(), []).append(place)
    return [group for group in places.values() if len(group) > 1]
    # END SOLUTION


def disagreeing(groups, values):
    """Return those of the groups whose images have more than one value; `values` has an entry for each image."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 3.1: write the body of disagreeing")
    return [group for group in groups if len({values[place] for place in group}) > 1]
    # END SOLUTION


# %% name="check-3-1"
checks.check("3.1", find_copies, disagreeing)

# %% [markdown] tags=["solution"]
# **About the answer.** `disagreeing(groups, table.labels)` gives the conflicting labels, `disagreeing(groups,
# table.split)` the copies across splits: one function for two questions. The sum or the mean of an image is no good
# key, since different images can share it. Real tools take a cryptographic hash such as SHA-256, which is shorter
# than the bytes and for all practical purposes as unique.

# %% [markdown]
# `dataset.audit` counts all this: on your data with the package's own functions, and on FER2013 as it was recorded.
# Did it find as many groups as were planted?

# %%
audits = {DATA: dataset.audit(table), "FER2013": found["audit"]}
for name, audit in audits.items():
    n = sum(sum(row.values()) for row in audit["counts"].values())
    print(
        f"{name}: {audit['images_in_duplicate_groups']:,} of {n:,} images are in {audit['duplicate_groups']:,} groups"
    )
    print(f"    groups with more than one label: {audit['conflicting_groups']}")
    print(f"    groups in more than one split:   {audit['cross_split_groups']}")

# %% [markdown]
# **Conflicting labels** put a ceiling on every model. If the same image is labelled "fear" here and "surprise"
# there, nobody can be right on both. There are few such groups. But each is an image that was, by chance, judged
# twice. What about the images that were judged only once? You will see below.
#
# These are *exact* copies. The same photo cropped, mirrored or saved once more has other pixels and is not found, so
# the true number is probably higher.
#
# **Copies across splits** are worse, and worth an experiment.
#
# ## What a leak is worth
#
# If a test image is also a training image, its answer is known. That is called a *leak*. How much does the
# accuracy gain? Take a model that can do nothing but remember: for each image, it looks for the training image
# that is most like it, and repeats that one's label. It is `dataset.nearest`. With the splits as they are, it is worth
# little:

# %% tags=["nbval-ignore-output"] reason="the last digits of a matrix product depend on the processor"
train = data.train.images[:3000], data.train.labels[:3000]
test = data.validation.images[:1000], data.validation.labels[:1000]
clean = float(np.mean(dataset.nearest(*train, test[0]) == test[1]))
low, high = metrics.wilson_interval(round(clean * len(test[1])), len(test[1]))
answer, baseline = metrics.majority(train[1], test[1])
print(f"remembering: {percent(clean)} (95 % interval {percent(low)} to {percent(high)}, n = {len(test[1]):,})")
print(f'always "{EMOTIONS[answer]}": {percent(baseline)}')

# %% [markdown]
# ### Exercise 3.2
#
# Design the experiment. Put a `share` of the test images, with their labels, into the training images; let the
# model answer; return its accuracy. Before you write, think about these points. A good experiment changes one thing
# only.
#
# - If you *add* images to the training set, it also becomes larger. What could you do instead?
# - Which test images leak? If the file is sorted in some way, the first ones are all alike.
# - On which images do you measure?
# - Can somebody else repeat it? `np.random.default_rng(seed)` makes chance repeatable, and its `choice(n, k,
#   replace=False)` draws k of n places, none of them twice.
# - `train` and `test` will be used again. Do not change them.


# %% name="exercise-3-2"
def leaky_accuracy(model, train, test, share, seed):
    """Return the accuracy on `test` after a share of it has got into `train`.

    train and test are pairs (images, labels). model(train_images, train_labels, images) returns labels for `images`.
    """
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 3.2: write the body of leaky_accuracy")
    rng = np.random.default_rng(seed)
    images, labels = train[0].copy(), train[1].copy()
    n = round(share * len(test[1]))
    leaked = rng.choice(len(test[1]), n, replace=False)
    replaced = rng.choice(len(labels), n, replace=False)
    images[replaced], labels[replaced] = test[0][leaked], test[1][leaked]
    return np.mean(model(images, labels, test[0]) == test[1])
    # END SOLUTION


# %% name="check-3-2"
checks.check("3.2", leaky_accuracy)

# %% [markdown]
# The package's version runs it. One of the shares is that of FER2013: how many of its validation images have an
# exact copy in training.

# %%
n_known, n_same = found["remembered"]["validation"]
known = n_known / found["counts"]["validation"]
print(f"FER2013: {n_known} of {found['counts']['validation']:,} validation images ({percent(known)}) are in training")
print(f"too, and in {n_same} of these cases with the same label.")

# %% tags=["nbval-ignore-output"] reason="the last digits of a matrix product depend on the processor"
measured = {
    share: [dataset.leaky_accuracy(dataset.nearest, train, test, share, seed) for seed in range(3)]
    for share in (0, known, 0.2, 0.4)
}
plots.leaks(
    measured, {"always the commonest": baseline}, title=f"What copies are worth to memory (n = {len(test[1]):,})"
)

# %% [markdown]
# The model never got any better at reading faces. Yet its accuracy rises in a straight line with the share of copies,
# and passes the baseline on memory alone.
#
# How much would a network like the slides' gain? It had 75 % on its training images and 55 % on the test images.
# On a copied image it does about as well as in training. So a share s of copies lifts its accuracy by about s ·
# (0.75 - 0.55).

# %%
in_training, in_test = plots.SLIDES_ACCURACY.values()
n = found["counts"]["validation"]
low, high = metrics.wilson_interval(round(in_test * n), n)
print(f"gain by FER2013's exact copies: about {100 * known * (in_training - in_test):.1f} points")
print(f"half the 95 % interval of {percent(in_test, 0)} on {n:,} images: {100 * (high - low) / 2:.1f} points")

# %% [markdown]
# Not dramatic, but as large as the difference between many a published model and the one before it. The remedy is
# simple: take the copies out of *training*, never out of the test after you have seen a result.

# %%
seen = {image.tobytes() for image in table.select("validation").images} | {
    image.tobytes() for image in table.select("test").images
}
training = table.select("train")
leaks = sum(image.tobytes() in seen for image in training.images)
print(f"{leaks} of {len(training):,} training images must go, so that validation and test are new to the model.")

# %% [markdown]
# ## How far do people agree?
#
# In 2016, Emad Barsoum and his colleagues at Microsoft showed each image of FER2013 to **ten people** and let each
# choose: one of eight emotions (contempt was added), "unknown", or "not a face" (NF). These votes are called
# **FER+**. They are free (under the MIT licence), and they are not images of anybody. So here at last is an answer
# to what the labels are worth. The figure has a row for each label of FER2013, and shows what most voters saw.

# %%
plots.votes(
    found["crowd_by_label"],
    found["emotions"],
    found["choices"],
    "FER2013's label, and what most voters saw",
    "images",
)

# %% [markdown]
# Read some rows. Nearly all see happiness where the label says so. But other rows fall apart. A large part of the
# images labelled anger, fear or sadness is just "neutral" to the voters. In how many of those labelled "fear" do
# most voters see fear? And over how many columns does "disgust" spread?
#
# ### Exercise 3.3
#
# How good is *one* person, measured by the others? Take a voter away, and ask: did they choose what most of the
# *other* nine chose? Then the next voter, and so on, over all votes on all images. Return the share of yes.
#
# Each row of `counts` is an image, each column a choice. In the row [7, 3], seven voters chose the first. Each of
# the seven sees 6 to 3 among the others, and agrees. Each of the three sees 7 to 2, and does not. That gives 7 of 10.
# Sometimes several choices share the others' first place. Then meeting one of two counts as one half, meeting one of
# three as one third.


# %% name="exercise-3-3"
def one_against_others(counts):
    """Return how often one voter chooses what most others choose; `counts` is (images, choices), whole numbers."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 3.3: write the body of one_against_others")
    agreed = 0
    for row in counts:
        for choice in np.flatnonzero(row):
            others = row.copy()
            others[choice] -= 1
            first = others == others.max()
            if first[choice]:
                agreed += row[choice] / first.sum()
    return agreed / counts.sum()
    # END SOLUTION


# %% name="check-3-3"
checks.check("3.3", one_against_others)

# %% [markdown] tags=["solution"]
# **About the answer.** The heart of it is `others[choice] -= 1`. A voter who is counted among "the others" agrees
# with themselves, and the result is too high. `row.copy()` matters as well: without it, each voter would be gone for
# good.

# %% [markdown]
# Now the numbers for FER2013. For comparison, we make up voters who never look. We tell each only the *label*, and
# they draw a choice by lot, as often as real voters made that choice for that label. (These votes are made up, and
# nobody's.)

# %%
invented = evaluation.made_up_votes(data.validation.labels, found, seed=0)
label, n = dataset.label_agreement(data.validation.labels, invented)
print(f"{'':<34} {'people':>8} {'made-up voters':>16}")
for words, people, chance in (
    ("all voters agree", found["unanimous"], dataset.share_unanimous(invented)),
    ("one voter chooses as most others", found["one_against_others"], dataset.one_against_others(invented)),
    ("most voters choose FER2013's label", found["label_agreement"]["share"], label),
):
    print(f"{words:<34} {percent(people):>8} {percent(chance):>16}")
print(evaluation.agreement_in_words(found))

# %% [markdown]
# Compare the columns. Real voters agree with *each other* far more than the made-up ones do: they see something in a
# image that its label does not say. At the same time their majority agrees with *FER2013's label* less often. So
# much of what looks like confusion is one clear answer of the voters, and another in the file.
#
# ## But can a human really do better?
#
# So ask the slides, after their 55 %. Goodfellow and his colleagues tried: people reached 65 ± 5 % on FER2013's seven
# labels. That is not far from the voters' majority above. Before you set any of these beside 55 %, ask each time:
# which images, which classes, whose truth?
#
# - *The slides' network* sees about 50 dots, and chooses among six labels.
# - *People* see the whole image, and choose among seven or ten. And the file's label counts as the truth, even
#   where nine of ten people say otherwise.
# - Papers on FER+ publish accuracies far above these. They take the voters' majority as truth, and leave out the
#   images on which voters do not agree. **Such numbers must never be set beside accuracies on FER2013.**
#
# The fairest contest is one on the same input. Here it is: twelve new drawn faces, made from the landmarks that the
# network gets. Write down your score.

# %%
from emocourse import widgets

votes = widgets.crowd(data.validation) if DATA == "fer2013" else None
questions = widgets.choose(data.validation, model, n=12, seed=2, votes=votes)
titles = [f"face {k}" for k in range(1, 13)]
plots.image_grid(
    [question.image for question in questions], titles=titles, columns=6, title="Which emotions are these?", cell=1.5
)

# %% tags=["nbval-ignore-output"] reason="the network's last digits depend on the processor"
widgets.Quiz(questions)

# %% [markdown]
# ### Exercise 3.4
#
# Answer in your own words, each time with 30 words or more, as a text between `"""` and `"""`.
#
# - `human`: can a human really do better than the slides' network? Say what would have to be the same for a fair
#   comparison, and what people's agreement says about the labels.
# - `people`: whom does this dataset leave out or get wrong, and what would you have asked the people in the images?
#
# (The check can only count words, and look for the points that have to be in. Read your answers to your neighbour.)

# %% name="exercise-3-4"
# BEGIN SOLUTION
# STUB: human = ...
# STUB: people = ...
human = """
Perhaps, but 55 and 65 per cent do not prove it. For a fair contest both must get the same images, the same input
(dots or the whole photo) and the same six classes, and we need the intervals. And one voter often disagrees with the
others. Where the voters' majority contradicts the label, being wrong may mean that the label is.
"""
people = """
The images are what a search engine finds for English words: stars, stock photos, played feelings. Old people,
small children or people with a headscarf may be rare, and nobody counted. I would have asked everyone for permission,
and what they felt, since they are the only ones who know.
"""
# END SOLUTION

# %% name="check-3-4"
checks.check("3.4", human, people)

# %% [markdown]
# ## Is it large enough?
#
# "Still too small for Facial emotion recognition problem", say the slides, and "not any good dataset available in the
# world (very difficult to make, big enough for CNN)". Is FER2013 too small, or its labels too uncertain? Lesson 07
# tests it: it trains on more and more images, and looks whether the accuracy still rises. The slides also quote a
# state of the art of "around 75 % (probably training accuracy)", and of no more than "78 % for 7 emotions". Is it a
# training accuracy? No. Pramerdorfer and Kampel (2016) report 75.2 % on the *test* images, for several networks
# together, with seven emotions. So guess less, and look it up. After this lesson you know what to ask of such a number:
# on how many images, with which classes, chosen on which split, and how many copies were in training.
#
# ## Questions
#
# 1. A friend removes all duplicates from the test set because "they make it easier", and reports the accuracy on the
#    rest. Is that right?
# 2. Which accuracy would you expect on FER2013 from a model that always gives the voters' majority?
# 3. The label says "fear", nine of ten voters say "surprise". Would you change the label?
# 4. To fight the imbalance, somebody copies each image of disgust 16 times, and *then* splits the data. What
#    happens?

# %% [markdown] tags=["solution"]
# **Answers.**
#
# 1. It is better than leaving the leak, if it was decided before looking at any result. But then the number belongs
#    to another test set than everybody else's. Take the copies out of training: the test stays the published one.
# 2. About the share printed above on the images that have a majority: under two thirds. A model with a much higher
#    accuracy has learnt the habits of those who labelled FER2013, beside what people see.
# 3. Not in secret. One may publish new labels (that is what FER+ is), and use all ten votes as the target in place of
#    one label. But accuracies on old and new labels are two different things.
# 4. Copies of the same image land in training and in test. It is the experiment of 3.2, with a share of nearly 1
#    for disgust. Split first; then, if at all, copy within training.

# %% [markdown]
# ## Recap
#
# - Exact copies are found with a hash table. Copies across splits raise an accuracy without any skill. Copies with
#   different labels put a ceiling on it.
# - People agree with each other more than with FER2013's labels. Whether a human does better depends on the images,
#   the classes, and whose truth it is.
#
# ## Further reading
#
# - Ian J. Goodfellow, Dumitru Erhan, Pierre-Luc Carrier, Aaron Courville and others, "Challenges in Representation
#   Learning: A Report on Three Machine Learning Contests", ICONIP 2013, [doi
#   10.1007/978-3-642-42051-1_16](https://doi.org/10.1007/978-3-642-42051-1_16), [arXiv
#   1307.0414](https://arxiv.org/abs/1307.0414): how FER2013 was made, and how well people did.
# - Emad Barsoum, Cha Zhang, Cristian Canton Ferrer and Zhengyou Zhang, "Training Deep Networks for Facial Expression
#   Recognition with Crowd-Sourced Label Distribution", ICMI 2016, [doi
#   10.1145/2993148.2993165](https://doi.org/10.1145/2993148.2993165): FER+.
# - Christopher Pramerdorfer and Martin Kampel, "Facial Expression Recognition using Convolutional Neural Networks:
#   State of the Art", 2016, [arXiv 1612.02903](https://arxiv.org/abs/1612.02903): what networks reached on FER2013.
# - Björn Barz and Joachim Denzler, "Do We Train on Test Data? Purging CIFAR of Near-Duplicates", Journal of Imaging
#   6(6), 2020, [doi 10.3390/jimaging6060041](https://doi.org/10.3390/jimaging6060041): the same problem elsewhere.
#
# Next: lesson 04, from faces to binary images.
