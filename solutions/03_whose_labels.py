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
# leak does to an accuracy; how far people agree on these faces; and a careful answer to a question on the slides: can a
# human really do better?
#
# **You need** lesson 02, and Python's dictionaries.
#
# **Time** 85 minutes to read and try; about one minute to run on an ordinary processor.
#
# **Data** the twin, and what was measured on the real FER2013, as numbers. With `DATA = "fer2013"` the same lesson
# audits your own copy.

# %%
DATA = "twin"  # or "fer2013"

# %% [markdown]
# Lesson 02 took every label at its word. Now we ask who gave it, and whether anybody else would give the same. First,
# load the data, and what was measured on the real FER2013:

# %%
import matplotlib.pyplot as plt
import numpy as np

from emocourse import checks, dataset, evaluation, metrics, plots

data = dataset.load(DATA, progress=False)
found = evaluation.load_agreement(DATA)
print(f"FER2013 was {found['source'].replace('measured on the real FER2013', 'measured')}.")

# %% [markdown]
# ## The same image twice
#
# A search engine finds the same image for many words. Some of these *duplicates* were removed from FER2013 by hand. How
# many are left?
#
# The twin has none, since each of its faces is drawn once. To have something to find, we *plant* duplicates in it: each
# of 150 images is copied over one or two others. (With the real data nothing needs planting.)

# %%
table = dataset.as_table(data)  # all splits in one: images, labels, split
if DATA == "twin":
    planted = dataset.plant_duplicates(table, seed=2)
    table = planted.data
print(f"{len(table):,} images, splits {table.split[0]} to {table.split[-1]}")
print(f"{len(table) * (len(table) - 1) // 2:,} pairs of images")

# %% [markdown]
# That's too many pairs to compare one by one. A *hash table* needs just one step per image. Python's dictionary is one:
# it finds a key at once, however many there are. So use an image's content as the key, and the list of its places as
# the value. An array can't be a key, but its bytes can: `image.tobytes()`.
#
# ### Exercise 3.1
#
# Find the groups of images that are identical to the last pixel. The places of an image in `images` count from 0.


# %% name="exercise-3-1"
def find_copies(images):
    """Return a list of groups, each a list of two or more places in `images` (n, H, W) of identical images."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 3.1: write the body of find_copies")
    places = {}
    for place, image in enumerate(images):
        places.setdefault(image.tobytes(), []).append(place)
    return [group for group in places.values() if len(group) > 1]
    # END SOLUTION


# %% name="check-3-1"
checks.check("3.1", find_copies)
find_copies = checks.use("3.1", find_copies)

# %% [markdown] tags=["solution"]
# **About the answer.** The sum or the mean of an image is no good as a key, since different images can share it. Real
# tools use a cryptographic hash such as SHA-256, which is shorter than the bytes and for all practical purposes as
# unique.

# %% [markdown]
# Here's your function at work. Did it find as many groups as were planted?

# %%
groups = find_copies(table.images)
print(f"you found {len(groups):,} groups with {sum(map(len, groups)):,} images, such as {groups[0]}")
if DATA == "twin":
    print(f"planted:  {len(planted.groups):,} groups with {sum(map(len, planted.groups)):,} images")

# %% [markdown]
# Ask two questions about such a group. Do its images have the same *label*? And are they in the same *split*? Both ask
# whether some value differs within the group, so one function answers both.
#
# ### Exercise 3.2
#
# `disagreeing` takes groups, and an array `values` with an entry for every image. It keeps the groups in which the
# values aren't all the same.


# %% name="exercise-3-2"
def disagreeing(groups, values):
    """Return those of the groups whose images have more than one value."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 3.2: write the body of disagreeing")
    return [group for group in groups if len({values[place] for place in group}) > 1]
    # END SOLUTION


# %% name="check-3-2"
checks.check("3.2", disagreeing)
disagreeing = checks.use("3.2", disagreeing)

# %% [markdown]
# Your two functions are the whole audit. The last column shows what the same audit found in FER2013's train and
# validation images:

# %%
conflicting = disagreeing(groups, table.labels)
crossing = disagreeing(groups, table.split)
audit = found["audit"]
n = sum(found["counts"].values())

print(f"{'':<24} {DATA:>8}   FER2013")
print(f"{'images':<24} {len(table):>8,} {n:>9,}")
print(f"{'groups of duplicates':<24} {len(groups):>8,} {audit['duplicate_groups']:>9,}")
print(f"{'images in them':<24} {sum(map(len, groups)):>8,} {audit['images_in_duplicate_groups']:>9,}")
print(f"{'with several labels':<24} {len(conflicting):>8,} {audit['conflicting_groups']:>9,}")
print(f"{'in several splits':<24} {len(crossing):>8,} {audit['cross_split_groups']:>9,}")

# %% [markdown]
# **Conflicting labels** put a ceiling on every model. If the same image is labelled "fear" here and "surprise" there,
# nobody can be right on both. There are few such groups. But each is an image that was, by chance, judged twice. What
# about those judged only once? You'll see below.
#
# These are *exact* duplicates. A photo that was cropped, mirrored or saved again has other pixels and isn't found, so
# the true number is probably higher.
#
# **Duplicates across splits** are worse, and worth an experiment.
#
# ## What a leak is worth
#
# If a test image is also a training image, the model has seen its answer. That's called a *leak*. How much accuracy
# does it buy? Take a model that can only remember: for each image, it finds the training image that's most like it, and
# repeats its label. (The field calls it one *nearest neighbour*. scikit-learn has it as `KNeighborsClassifier(1)`;
# ours, `dataset.nearest`, is quicker on images.) With the splits as they are, it's worth little:

# %% tags=["nbval-ignore-output"] reason="the last digits of a matrix product depend on the processor"
train = data.train.images[:3000], data.train.labels[:3000]
test = data.validation.images[:1000], data.validation.labels[:1000]
clean = np.mean(dataset.nearest(*train, test[0]) == test[1])
_, baseline = metrics.majority(train[1], test[1])
low, high = metrics.wilson_interval(round(clean * len(test[1])), len(test[1]))
print(f"remembering: {clean:.1%} (95 % interval {low:.1%} to {high:.1%}, n = {len(test[1]):,})")
print(f"majority baseline: {baseline:.1%}")

# %% [markdown]
# ### Exercise 3.3
#
# Design the experiment. Put a `share` of the test images, with their labels, into the training images; let the model
# answer; return its accuracy. A good experiment changes one thing only, so think before you write:
#
# - If you *add* images to the training set, it also becomes larger. What could you do instead?
# - Which test images leak, and which training images make room? If the file is sorted in some way, the first ones are
#   all alike.
# - On which images do you measure?
# - Can somebody else repeat it? `np.random.default_rng(seed)` makes chance repeatable, and its `choice(n, k,
#   replace=False)` draws k of n places, none twice.
# - We'll use `train` and `test` again, so don't change them.


# %% name="exercise-3-3"
def leaky_accuracy(model, train, test, share, seed):
    """Return the accuracy on `test` after a share of it has got into `train`.

    train and test are pairs (images, labels). model(train_images, train_labels, images) returns labels for `images`.
    """
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 3.3: write the body of leaky_accuracy")
    rng = np.random.default_rng(seed)
    images, labels = train[0].copy(), train[1].copy()
    n = round(share * len(test[1]))
    leaked = rng.choice(len(test[1]), n, replace=False)
    replaced = rng.choice(len(labels), n, replace=False)
    images[replaced], labels[replaced] = test[0][leaked], test[1][leaked]
    return np.mean(model(images, labels, test[0]) == test[1])
    # END SOLUTION


# %% name="check-3-3"
checks.check("3.3", leaky_accuracy)
leaky_accuracy = checks.use("3.3", leaky_accuracy)

# %% [markdown]
# Now run your experiment, with three seeds for each share. One of the shares is FER2013's own: that of its validation
# images with an exact duplicate in training.

# %% tags=["nbval-ignore-output"] reason="the last digits of a matrix product depend on the processor"
n_known, n_same = found["remembered"]["validation"]
known = n_known / found["counts"]["validation"]
shares = (0, known, 0.2, 0.4)
runs = [[leaky_accuracy(dataset.nearest, train, test, share, seed) for seed in range(3)] for share in shares]

fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
ax.plot(np.repeat(shares, 3), np.ravel(runs), "o", color="#0b5fa5", label="remembering, one dot a seed")
ax.axhline(baseline, color="#b45309", linestyle="--", label="majority baseline")
ax.set(xlabel="share of the test images that leaked", ylabel="accuracy", ylim=(0, None))
ax.legend()
told = ", ".join(f"{np.mean(run):.0%} at a share of {share:.0%}" for run, share in zip(runs, shares, strict=True))
plots.show(
    fig, f"Accuracy of remembering rises in a straight line: {told}. The majority baseline is at {baseline:.0%}."
)
print(f"FER2013: {n_known} of {found['counts']['validation']:,} validation images ({known:.1%}) are in training, too,")
print(f"{n_same} of them with the same label.")

# %% [markdown]
# The model never got any better at reading faces. Yet its accuracy rises in a straight line, and passes the baseline on
# memory alone.
#
# How much would a network like the slides' gain? It had 75 % on its training images and 55 % on the test images. A
# leaked image is a training image, so the network does about as well on it as in training. A share s of leaked images
# then lifts its accuracy by about s · (0.75 - 0.55).

# %%
n = found["counts"]["validation"]
low, high = metrics.wilson_interval(round(0.55 * n), n)
print(f"gain from FER2013's exact duplicates: about {100 * known * (0.75 - 0.55):.1f} points")
print(f"half the 95 % interval of 55 % on {n:,} images: {100 * (high - low) / 2:.1f} points")

# %% [markdown]
# That's not dramatic, but it's as large as the step from many a published model to the next. The remedy is simple: take
# the duplicates out of *training*, and never out of the test after you've seen a result. Your groups say which ones:

# %%
leaks = {place for group in crossing for place in group if table.split[place] == "train"}
n_train = np.sum(table.split == "train")
print(f"{len(leaks)} of {n_train:,} training images must go. Then validation and test are new to the model.")

# %% [markdown]
# ## What most people see
#
# In 2016, Emad Barsoum and his colleagues at Microsoft showed each image of FER2013 to **ten people** and let each
# choose: one of eight emotions (contempt was added), "unknown", or "not a face" (NF). These votes are called **FER+**.
# They're free, under the MIT licence, and they aren't images of anybody. So at last we can ask what the labels are
# worth.
#
# The figure has a row for each label of FER2013, and a column for what *most* voters saw. "No majority" means that two
# or more choices share first place.

# %%
votes = np.array(found["crowd_by_label"])
emotions, choices = found["emotions"], found["choices"]
portions = votes / votes.sum(axis=1, keepdims=True)

fig, ax = plt.subplots(figsize=(9, 3.8), layout="constrained")
ax.imshow(portions, cmap="Blues", vmin=0, vmax=1, aspect="auto")
ax.set_xticks(range(len(choices)), choices, rotation=30, ha="right")
ax.set_yticks(range(len(emotions)), emotions)
ax.set(xlabel="what most voters saw", ylabel="FER2013's label")
for (i, j), portion in np.ndenumerate(portions):
    ax.text(j, i, f"{portion:.0%}", ha="center", va="center", color="white" if portion > 0.6 else "black")
told = "; ".join(f"{emotions[k]}: {choices[row.argmax()]} {row.max():.0%}" for k, row in enumerate(portions))
plots.show(fig, f"Table of what most voters saw, by label. The largest share of each row is: {told}.")

# %% [markdown]
# Read some rows. Nearly everybody sees happiness where the label says so. Other rows fall apart. To the voters, a large
# part of the images labelled anger, fear or sadness is simply "neutral". And over how many columns does "disgust"
# spread?
#
# ### Exercise 3.4
#
# How often is the label what most voters saw? Count only images that have a majority. A majority for contempt,
# "unknown" or NF counts as a disagreement: FER2013 has no such label.
#
# Mind the order. The rows are in FER2013's order, the columns in another. `choices.index("fear")` says where in the
# list "fear" is.


# %% name="exercise-3-4"
def label_agreement(table, emotions, choices):
    """Return (share, n): how often the majority is the label, of the n images with a majority.

    table[i, j] counts images with label emotions[i] whose majority is choices[j]; one of the choices is "no majority".
    """
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 3.4: write the body of label_agreement")
    decided = [j for j, choice in enumerate(choices) if choice != "no majority"]
    n = table[:, decided].sum()
    agreed = sum(table[i, choices.index(emotion)] for i, emotion in enumerate(emotions))
    return agreed / n, n
    # END SOLUTION


# %% name="check-3-4"
checks.check("3.4", label_agreement)
label_agreement = checks.use("3.4", label_agreement)

# %% [markdown]
# Your function answers for all labels together, and, if you hand it one row, for a single label. The whiskers are
# Wilson's 95 % intervals.

# %%
share, n = label_agreement(votes, emotions, choices)
each = [label_agreement(votes[k : k + 1], emotions[k : k + 1], choices) for k in range(7)]
ends = np.array([metrics.wilson_interval(round(part * m), m) for part, m in each])
parts = np.array([part for part, _ in each])

fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
ax.bar(emotions, parts, color="#0b5fa5", yerr=[parts - ends[:, 0], ends[:, 1] - parts], capsize=4)
ax.axhline(share, color="#b45309", linestyle="--", label="all labels together")
ax.set(ylabel="most voters agree with the label", ylim=(0, 1))
ax.legend()
told = ", ".join(f"{name} {part:.0%}" for name, part in zip(emotions, parts, strict=True))
plots.show(fig, f"Bars of how often most voters agree with the label: {told}; all together {share:.0%}, a dashed line.")
low, high = metrics.wilson_interval(round(share * n), n)
print(f"all labels: {share:.1%} (95 % interval {low:.1%} to {high:.1%}) of {n:,} images")

# %% [markdown]
# On more than a third of the images, most voters contradict FER2013's label. Who's right? Perhaps voters can't agree
# either.
#
# ## One person against the others
#
# ### Exercise 3.5
#
# How good is *one* person, judged by the others? Take a voter away, and ask: did they choose what most of the *other*
# nine chose? Then the next voter, and so on, over all votes on all images. Return the share of yes.
#
# Each row of `counts` is an image, each column a choice. In the row [7, 3], seven voters chose the first. Each of the
# seven sees 6 to 3 among the others, and agrees. Each of the three sees 7 to 2, and doesn't. That gives 7 of 10.
# Sometimes several choices share the others' first place. Then matching one of two counts as one half, and matching one
# of three as one third.


# %% name="exercise-3-5"
def one_against_others(counts):
    """Return how often one voter chooses what most others choose; `counts` is (images, choices), whole numbers."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 3.5: write the body of one_against_others")
    agreed = 0.0
    for row in counts:
        for choice in np.flatnonzero(row):
            others = row.copy()
            others[choice] -= 1
            first = others == others.max()
            if first[choice]:
                agreed += row[choice] / first.sum()
    return agreed / counts.sum()
    # END SOLUTION


# %% name="check-3-5"
checks.check("3.5", one_against_others)
one_against_others = checks.use("3.5", one_against_others)

# %% [markdown] tags=["solution"]
# **About the answer.** The heart of it is `others[choice] -= 1`. A voter who is counted among "the others" agrees with
# themselves, and the result is too high. `row.copy()` matters as well: without it, each voter would be gone for good.

# %% [markdown]
# On FER2013's votes this was measured once, and recorded: a voter agrees with most of the others 70.2 % of the time. Is
# that a lot? We need something to compare it with. So we make up voters who never look. We tell each only the *label*,
# and they draw a choice at random, each as often as real voters made it for that label. On *their* votes, your function
# measures what agreement by chance looks like. (These votes are made up: nobody cast them.)

# %%
invented = evaluation.made_up_votes(data.validation.labels, found, seed=0).counts.astype(int)
unanimous = np.mean(invented.max(axis=1) == invented.sum(axis=1))
print(f"{'':<36} people   made-up voters")
by_chance = one_against_others(invented)
print(f"{'all ten agree':<36} {found['unanimous']:6.1%} {unanimous:16.1%}")
print(f"{'one chooses as most of the others do':<36} {found['one_against_others']:6.1%} {by_chance:16.1%}")

# %% [markdown]
# Real voters agree with *each other* far more than the made-up ones do: they see something in the image that its label
# doesn't say. At the same time, their majority contradicts the label on a third of the images. So much of what looks
# like confusion is one clear answer from the voters, and another in the file.
#
# ## How good are the best?
#
# The slides quote a state of the art "around 75 % (probably training accuracy)", and results that "don't exceed 78 %
# for 7 emotions". Let's look that up. These are accuracies on FER2013's *test* split (n = 3,589, seven emotions), as
# published, and people's:

# %%
published = {
    "people (Goodfellow 2013)": 65.0,
    "winner of the contest (Tang 2013)": 71.2,
    "one VGG (Pramerdorfer, Kampel 2016)": 72.7,
    "one VGG, tuned (Khaireddin, Chen 2021)": 73.3,
    "one residual masking network (Pham 2020)": 74.1,
    "eight networks together (Pramerdorfer 2016)": 75.2,
    "EmoNeXt, 350 million numbers (2023)": 76.1,
    "seven networks together (Pham 2020)": 76.8,
    "ResEmoteNet, as claimed (2024)": 79.8,
}
names, values = list(published), np.array(list(published.values()))
ends = np.array([metrics.wilson_interval(round(value / 100 * 3589), 3589) for value in values]) * 100
ends[0] = 60, 70  # the authors give 65 ± 5 %

fig, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
ax.errorbar(values, names, xerr=[values - ends[:, 0], ends[:, 1] - values], fmt="o", color="#0b5fa5", capsize=4)
ax.axvspan(75, 78, color="#b45309", alpha=0.2, label="the slides' 75 to 78 %")
ax.set(xlabel="accuracy on FER2013's test split, per cent")
ax.legend(loc="upper right")
ax.invert_yaxis()
told = ", ".join(f"{name} {value} %" for name, value in published.items())
plots.show(fig, f"Published accuracies with intervals of about 1.4 points to each side: {told}. People: 60 to 70 %.")

# %% [markdown]
# So the slides are about right: the best credible results lie at 73 to 77 %. They aren't training accuracies. But read
# the figure with care.
#
# - Neighbours overlap. With 3,589 images an interval reaches 1.4 points to each side, so most steps in this ladder may
#   be luck.
# - Some of the best-known public results chose when to stop training by the test split itself. That lifts a number
#   without any skill. Lesson 10 measures by how much.
# - The highest claim doesn't reproduce. With the weights that its authors published, a user measured [71.57
#   %](https://github.com/ArnabKumarRoy02/ResEmoteNet/issues/13). Others who trained on the images linked there report
#   [more than 90 %](https://github.com/ArnabKumarRoy02/ResEmoteNet/issues/49). No honest network reaches that: it's
#   what a leak looks like from outside.
# - Networks beat the people of 2013, and even the voters' majority. The likely reason: they've learnt the habits of
#   those who gave the labels, on top of what can be seen.
#
# ## But can a human really do better?
#
# That's what the slides ask, after their 55 %. Before you set one number beside another, always ask: which images,
# which classes, whose truth?
#
# - *The slides' network* sees 51 dots, and chooses among six labels.
# - *People* see the whole image, and choose among seven labels, or ten. And the file's label counts as the truth, even
#   where nine out of ten people say otherwise.
# - *Papers on FER+* publish 85 to 92 %. They take the voters' majority as truth, and leave out the images on which
#   voters don't agree. **Such numbers must never be set beside accuracies on FER2013.**
#
# The fairest contest gives both the same input. Here it is: twelve new drawn faces, made from the landmarks that the
# network gets. Write down your score.

# %%
from emocourse import models, widgets

model = models.load("slides")
crowd = widgets.crowd(data.validation) if DATA == "fer2013" else None
questions = widgets.choose(data.validation, model, n=12, seed=2, votes=crowd)

fig, axes = plt.subplots(2, 6, figsize=(9, 3.4), layout="constrained")
for k, (ax, question) in enumerate(zip(axes.ravel(), questions, strict=True), start=1):
    ax.imshow(question.image, cmap="gray", vmin=0, vmax=255)
    ax.set_title(f"face {k}", fontsize=9)
    ax.axis("off")
plots.show(fig, "Twelve drawn faces, numbered 1 to 12. Their emotions are to be guessed.")

# %% tags=["nbval-ignore-output"] reason="the network's last digits depend on the processor"
widgets.Quiz(questions)

# %% [markdown]
# ### Exercise 3.6
#
# Choose a letter for each question, as in `{"gap": "A", ...}`.
#
# - `gap`: the slides' network has 55 %, the people of 2013 had 65 ± 5 %. What follows? **A** people do better, since 65
#   is more than 55; **B** people can't do better; **C** nothing yet.
# - `ferplus`: a network has 87 % on FER+; people have 65 % on FER2013. What follows? **A** the network beats people by
#   22 points; **B** it's at least as good as people; **C** nothing, these two can't be set side by side.
# - `ceiling`: the voters' majority is FER2013's label on 64.6 % of the images. What about a network with 73 %? **A**
#   it's impossible: nothing gets above 64.6 %; **B** it has learnt something about the labels that voters don't see in
#   the images; **C** it must have been trained on the test images.
# - `claim`: a paper claims 80 %; users of its code get 72 %, or 92 % with its images. What do you write down? **A** 92
#   %: the network is even better than claimed; **B** 80 %: it's published; **C** not shown, until somebody reproduces
#   it on the published splits.
#
# Then answer the slides in your own words, in `human`: can a human really do better than the slides' network? Say what
# a fair comparison would need, and what people's agreement says about the labels. (15 words or more.)

# %% name="exercise-3-6"
# BEGIN SOLUTION
# STUB: choices_made = ...
# STUB: human = ...
choices_made = {"gap": "C", "ferplus": "C", "ceiling": "B", "claim": "C"}
human = """
Perhaps, but 55 and 65 per cent don't prove it. For a fair contest both must get the same images, the same input
(dots or the whole photo) and the same six classes, and we need the intervals. One voter often disagrees with the
others, and where the voters' majority contradicts the label, being wrong may mean that the label is.
"""
# END SOLUTION

# %% name="check-3-6"
checks.check("3.6", choices_made, human)

# %% [markdown]
# ## Is it large enough?
#
# Is FER2013 too small, as the slides say, or are its labels too uncertain? Lesson 07 trains on more and more images,
# and checks whether the accuracy still rises. Until then, guess less and look it up. You now know what to ask of any
# number: on how many images, with which classes, chosen on which split, whose labels, and how many duplicates were in
# training.
#
# ## Questions
#
# 1. A friend removes all duplicates from the test set because "they make it easier", and reports the accuracy on the
#    rest. Is that right?
# 2. Which accuracy would you expect on FER2013 from a model that always gives the voters' majority?
# 3. The label says "fear", and nine of ten voters say "surprise". Would you change the label?
# 4. How would you look for duplicates that are cropped or mirrored?

# %% [markdown] tags=["solution"]
# **Answers.**
#
# 1. It's better than leaving the leak, if your friend decided before seeing any result. But then the number belongs to
#    another test set than everybody else's. Take the duplicates out of training: the test stays the published one.
# 2. About the share that you computed in 3.4, on the images that have a majority: under two thirds.
# 3. Not in secret. You may publish new labels (that's what FER+ is), and use all ten votes as the target in place of
#    one label. But accuracies on old and new labels are two different things.
# 4. With something that such changes hardly touch: a *perceptual hash* of a shrunk and blurred image, or a network's
#    features. Then look at the nearest pairs, since they may also be two different photos of one person. Barz and
#    Denzler did it for another dataset.

# %% [markdown]
# ## Recap
#
# - A dictionary finds exact duplicates in one pass. Across splits they leak answers and raise an accuracy without any
#   skill; with different labels they put a ceiling on it.
# - A good experiment changes one thing, can be repeated from its seed, and leaves its data as they were.
# - People agree with each other more than with FER2013's labels: their majority is the label on 64.6 % of the images.
# - The best credible accuracies on FER2013 are 73 to 77 %, on the test split, each give or take 1.4 points. A claim
#   counts when others reproduce it.
# - Whether a human does better depends on the images, the classes, the input, and whose truth it is.
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
# - Björn Barz and Joachim Denzler, "Do We Train on Test Data? Purging CIFAR of Near-Duplicates", Journal of Imaging
#   6(6), 2020, [doi 10.3390/jimaging6060041](https://doi.org/10.3390/jimaging6060041).
# - Yichuan Tang, "Deep Learning using Linear Support Vector Machines", 2013, [arXiv
#   1306.0239](https://arxiv.org/abs/1306.0239): the winner of the contest.
# - Christopher Pramerdorfer and Martin Kampel, "Facial Expression Recognition using Convolutional Neural Networks:
#   State of the Art", 2016, [arXiv 1612.02903](https://arxiv.org/abs/1612.02903).
# - Luan Pham, The Huynh Vu and Tuan Anh Tran, "Facial Expression Recognition Using Residual Masking Network", ICPR
#   2020.
# - Yousif Khaireddin and Zhuofa Chen, "Facial Emotion Recognition: State of the Art Performance on FER2013", 2021,
#   [arXiv 2105.03588](https://arxiv.org/abs/2105.03588).
# - Yassine El Boudouri and Amine Bohi, "EmoNeXt: an Adapted ConvNeXt for Facial Emotion Recognition", IEEE MMSP 2023.
# - Arnab Kumar Roy and others, "ResEmoteNet: Bridging Accuracy and Loss Reduction in Facial Emotion Recognition", 2024,
#   [arXiv 2409.10545](https://arxiv.org/abs/2409.10545).
#
# Next: lesson 04, from faces to binary images.
