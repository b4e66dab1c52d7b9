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
# # Diagnosing overfitting
#
# **You will learn** to read a training curve, a confusion matrix, and a learning curve; to tell a real difference
# between two accuracies from chance; and to test remedies against overfitting, one at a time.
#
# **You need** lesson 06, and from lesson 02 the 95 % interval of an accuracy.
#
# **Time** 80 minutes to read and try; two minutes to run on an ordinary processor with two cores.
#
# **Data** the twin, and the record of a long run on the real FER2013, as numbers. With `DATA = "fer2013"` the short
# trainings use your own copy.

# %%
DATA = "twin"  # or "fer2013"

# %% [markdown]
# ## What the slides found
#
# After 50 *epochs* (passes over all training images) with 500 images a step, in about 4 hours, the slides report:
# "TRAINING_ACCURACY == 75 % (quite good for CNN and dataset)" and "TEST_ACCURACY == 55 % (quite good for CNN and
# dataset), but overfit".
#
# *Overfit* means: the network is much better on the images that it was trained on than on new ones of the same
# kind. Part of what it has learnt is not about emotions, but about those very images. How does one see that, where
# does it begin, and what helps?
#
# The course has trained the same network in the same way on FER2013. Such a run is too long for a lesson, so it was
# recorded, epoch by epoch.

# %%
import numpy as np

from emocourse import plots, results

long = next(record for record in results.read_all() if (record["model"], record["data"]) == ("slides", "fer2013"))
record = long["history"]
plots.history(record, "Fifty epochs on FER2013", references=plots.SLIDES_ACCURACY)

# %% [markdown]
# There are four curves. *Accuracy* is the share of images named rightly. *Loss* is what training makes small:
# lesson 06's cross-entropy, which also punishes being sure of something wrong. Each is measured on the training
# split, from which the network learns, and on the validation split, from which it does not.
#
# In the first epochs all goes well: both losses fall. Then the curves part. The training loss falls on, towards 0.
# The validation loss turns, and rises. From there on, what the network still learns helps it only on images that it
# has seen. The epoch in which the validation loss is lowest is the turning point.
#
# ### Exercise 7.1
#
# Let a few lines of code read the curves. `history` is a dictionary with the lists "accuracy", "loss", "val_accuracy"
# and "val_loss", one number an epoch. People count epochs from 1. The gap is that of the *last* epoch: training
# accuracy minus validation accuracy.


# %% name="exercise-7-1"
def read_curves(history):
    """Return (turning point: an epoch counted from 1, gap in accuracy after the last epoch: a share)."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 7.1: write the body of read_curves")
    losses = history["val_loss"]
    turn = losses.index(min(losses)) + 1
    return turn, history["accuracy"][-1] - history["val_accuracy"][-1]
    # END SOLUTION


# %% name="check-7-1"
from emocourse import checks

checks.check("7.1", read_curves)

# %% [markdown]
# The package's version reads the record:

# %%
from emocourse import evaluation
from emocourse.metrics import percent

turn = evaluation.turning_point(record)
for words, epoch in (("turning point", turn), ("last epoch", len(record["loss"]))):
    print(
        f"{words}, {epoch:2}: accuracy {percent(record['accuracy'][epoch - 1])} in training, "
        f"{percent(record['val_accuracy'][epoch - 1])} on validation; loss there {record['val_loss'][epoch - 1]:.2f}"
    )

# %% [markdown]
# Three things deserve a second look.
#
# - The *accuracy* on validation hardly changes after the turning point, while the *loss* more than doubles. The
#   network does not name many more faces wrongly. But it becomes ever surer of its wrong names.
# - In the first epochs the network seems *better* on new images than in training. That is no miracle. The training
#   accuracy is measured with dropout on, which switches off a part of the network at random; and it is a mean over
#   the epoch, during which the network was still getting better.
# - So the last point of the training curve is not the finished network's accuracy. That one has to be measured
#   again, with dropout off:

# %%
from emocourse import metrics

print(f"in the last epoch, with dropout: {percent(record['accuracy'][-1])}")
for split, found in long["reports"].items():
    print(f"finished, {split}: {evaluation.sentence(found)}")

# %% [markdown]
# The network has learnt nearly all of the training images by heart. The slides' 75 % shows the same disease, some
# epochs earlier or measured in another way. The gap is what counts.
#
# Is 75 % "quite good for CNN and dataset"? As an accuracy in training it says nothing about faces at all. A list of
# all training images with their labels would have 100 %.
#
# ## Every accuracy has its interval
#
# Lesson 02 brought Wilson's 95 % interval. With p the accuracy on n images, and z = 1.96, it reaches, up and down
# from its middle, by
#
# z / (1 + z² / n) · √( p (1 - p) / n + z² / (4 n²) )
#
# Its width depends above all on n. So before an experiment one should ask: how many images are needed to see the
# difference that I hope for?
#
# ### Exercise 7.2
#
# Find the smallest n with which this half width is at most `half`. (`half = 0.01` means ± 1 point.) Trying one n
# after the other is fine.


# %% name="exercise-7-2"
def images_needed(share, half):
    """Return the smallest number of images with which the interval of `share` is at most ± `half`."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 7.2: write the body of images_needed")
    z, n = 1.96, 0
    width = 1
    while width > half:
        n += 1
        width = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return n
    # END SOLUTION


# %% name="check-7-2"
checks.check("7.2", images_needed)

# %% [markdown] tags=["solution"]
# **About the answer.** Half the interval costs four times the images, since n stands under a square root. The usual
# slips: taking the whole width for the half, and giving per cent where a share is wanted.

# %% [markdown]
# With the package's version, for the slides' 55 %:

# %%
slides_test = plots.SLIDES_ACCURACY["the slides, test"]
for half in (0.05, 0.02, 0.01, 0.005):
    n = evaluation.images_needed(slides_test, half)
    print(f"{percent(slides_test, 0)} ± {100 * half:3.1f} points needs {n:6,} images")
n = long["reports"]["validation"]["n"]
low, high = metrics.wilson_interval(round(slides_test * n), n)
print(f"{percent(slides_test, 0)} on {n:,} images: {percent(low)} to {percent(high)}")

# %% [markdown]
# The slides do not say on how many images they tested. If it was about as many as our validation split has, then
# differences of one point are beyond what they, or we, can see in a single measurement.
#
# ## Which emotion for which?
#
# An accuracy is one number. A *confusion matrix* has one for each pair of emotions. Each **row** is a label, each
# **column** what the network said. A cell counts images; those on the diagonal are right.
#
# Divide each row by its sum, and the diagonal becomes the *recall*: of all faces labelled so, the share that was
# found. (Divide each column by its sum, and it becomes the *precision*: of all that were called so, the share that
# is so.)
#
# ### Exercise 7.3
#
# Write both functions. `labels` and `predicted` are arrays of whole numbers from 0 to `classes` - 1. For a class
# that has no images, let the recall be 0.


# %% name="exercise-7-3"
def count_confusions(labels, predicted, classes):
    """Return the confusion matrix, an array (classes, classes) of whole numbers: rows labels, columns predictions."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 7.3: write the body of count_confusions")
    matrix = np.zeros((classes, classes), dtype=int)
    for label, answer in zip(labels, predicted, strict=True):
        matrix[label, answer] += 1
    return matrix
    # END SOLUTION


def recalls(matrix):
    """Return the recall of each class, an array (classes,) of shares."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 7.3: write the body of recalls")
    in_row = matrix.sum(axis=1)
    return np.diag(matrix) / np.maximum(in_row, 1)
    # END SOLUTION


# %% name="check-7-3"
checks.check("7.3", count_confusions, recalls)

# %% [markdown]
# This is the matrix of the recorded run, on FER2013's validation split.

# %%
found = long["reports"]["validation"]
plots.confusion(found["confusion"], found["classes"], "FER2013, validation, after 50 epochs")

# %% [markdown]
# Each share in it has its interval too. The bars show the recalls, the diamonds the precisions.

# %%
plots.per_class(found, "FER2013, validation: each emotion with its interval")

# %% [markdown]
# The slides say: "Our model confuses neutral, happy and sad!" and "the emotion with the highest recognition rate is
# happiness". Does our run agree? Which two emotions are mixed up most can be defined: of the faces with label a, some
# share is called b; of those with label b, some share is called a. The larger the sum of the two shares, the more the
# network confuses a and b.
#
# ### Exercise 7.4
#
# Find that pair. Shares, not counts: an emotion with many images also has many mistakes.


# %% name="exercise-7-4"
def most_confused(matrix):
    """Return the numbers (a, b) of the two classes that are taken for each other most; a is not b."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 7.4: write the body of most_confused")
    rates = matrix / matrix.sum(axis=1)[:, np.newaxis]
    both = rates + rates.T
    np.fill_diagonal(both, -1)
    a, b = np.unravel_index(both.argmax(), both.shape)
    return int(a), int(b)
    # END SOLUTION


# %% name="check-7-4"
checks.check("7.4", most_confused)

# %% [markdown]
# And this is what our run says about the slides' two sentences:

# %%
matrix, names = np.array(found["confusion"]), found["classes"]
shares = matrix / matrix.sum(axis=1, keepdims=True)
a, b = evaluation.most_confused(matrix)
best = max(names, key=lambda name: found["per_class"][name]["recall"])
print(f"most confused: {names[a]} and {names[b]}")
print(f"recognised best: {best}, {percent(found['per_class'][best]['recall'])}")
for a, b in (("neutral", "sadness"), ("neutral", "happiness"), ("sadness", "happiness")):
    i, j = names.index(a), names.index(b)
    print(f"{a} is called {b} in {percent(shares[i, j])}, {b} is called {a} in {percent(shares[j, i])}")

# %% [markdown]
# Happiness is recognised best in our run too, and sadness and neutral are mixed up most. That happiness is a part of
# the mix-up, the numbers say less clearly: compare the last two lines with the one before them. A sentence such as
# "our model confuses neutral, happy and sad" needs its matrix beside it.
#
# You may also ask whether such mistakes are the network's alone. In lesson 02, people who voted on the images
# labelled "sadness" often saw a neutral face.
#
# ## A patient that falls ill within seconds
#
# To try remedies we need a network that overfits quickly. Ours has two dense layers of 256, and reads the 51 inner
# landmarks as 102 numbers. It is trained on no more than 300 faces, with every remedy switched off.

# %%
from emocourse import dataset, training

six = dataset.load(DATA, progress=False).without_disgust()
few = evaluation.shortened(six, 300)
base = training.RECIPES["points"]
n = len(few.validation)
print(f"{len(few.train)} training and {n:,} validation images of {len(six.train.emotions)} emotions")
print(f"{base.epochs} epochs, {base.batch} images a step, dropout {base.dropout}, weight decay {base.weight_decay}")

# %% tags=["nbval-ignore-output"] reason="training: the last digits depend on the processor"
plain = evaluation.train_and_measure(base, few, seed=0)
plots.history(plain.history, f"{len(few.train)} faces, no remedy")

# %% [markdown]
# The same image as above, in seconds instead of an hour. Validation loss turns; the accuracies part.
#
# Being too sure can be drawn as well. A network says each answer with a probability, its *confidence*. Among all
# answers given with a confidence of about 80 %, about 80 % should be right. The figure sorts the validation images
# by confidence. Where a bar stays below the dashed line, the network is right less often than it claims. The mean
# distance, weighted by the number of images, is the *expected calibration error* (ECE).

# %% tags=["nbval-ignore-output"] reason="training: the last digits depend on the processor"
validation = few.validation
probabilities = plain.classifier.probabilities(validation.images, validation.landmarks)
plots.reliability(metrics.reliability(validation.labels, probabilities), "Confidence, and how often it is right")

# %%
print(f"the recorded run on FER2013: ECE {percent(long['reports']['validation']['ece'])} on validation,")
print(f"but {percent(long['reports']['train']['ece'])} in training, where it is nearly always right.")

# %% [markdown]
# ## Five ways to treat it
#
# - **Nothing.** Every experiment needs the case without treatment, to compare with.
# - **Dropout** (Srivastava and others, 2014) switches off a random half of the units at each step. No unit can rely on
#   one other alone. For an answer, all are on.
# - **Weight decay** makes each weight a little smaller at each step. Only what many images ask for keeps its
#   weight. (Loshchilov and Hutter, 2019, showed how to do that right with Adam.)
# - **Augmentation** shows each face a little different each time: mirrored, turned, moved, larger or smaller. The
#   label stays. So there are more faces without more work, and whatever depends on the exact place cannot be learnt.
# - **Early stopping** ends the training when validation has stopped getting better, and keeps the best weights.
#
# The last one is the simplest. It needs a *patience*: how many epochs in a row may pass without a new lowest loss,
# before one gives up?
#
# ### Exercise 7.5
#
# Say when it would have ended a run. With the losses 5, 4, 3, 6, 7 and 1, and a patience of 2: the third epoch is
# the best; the fourth and the fifth are not better; so training ends after the fifth, and keeps the third. (That the
# sixth would have been better still, nobody learns. With a patience of 3, one would have.) A loss that is only
# *equal* to the lowest is not better. If patience never runs out, the last epoch is trained.


# %% name="exercise-7-5"
def early_stop(losses, patience):
    """Return (last epoch that is trained, epoch whose weights are kept), both counted from 1."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 7.5: write the body of early_stop")
    best, waited = 0, 0
    for epoch, loss in enumerate(losses):
        if epoch == 0 or loss < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            break
    return epoch + 1, best + 1
    # END SOLUTION


# %% name="check-7-5"
checks.check("7.5", early_stop)

# %% [markdown]
# What would it have done to the long run?

# %%
for patience in (1, 5, 10):
    last, kept = evaluation.early_stop(record["val_loss"], patience)
    saved = 1 - sum(record["seconds"][:last]) / sum(record["seconds"])
    print(
        f"patience {patience:2}: ends after epoch {last:2}, keeps epoch {kept:2} "
        f"(validation accuracy {percent(record['val_accuracy'][kept - 1])}); {percent(saved, 0)} of the time saved"
    )

# %% [markdown]
# Compare these accuracies with that of the last epoch. Most of the time could have been saved, at next to no cost. But
# stopping early does not make a network better than it was at its best: it only keeps it from getting worse.
#
# (The recipes of this course watch the accuracy on validation in place of the loss. It is what we report in the end.
# But it is a less steady guide, as the curves show.)
#
# ## One thing at a time
#
# Now the experiment. What makes it one?
#
# - **One change.** If you switch on dropout *and* augmentation and it helps, you do not know which of them did.
# - **The same seeds.** A seed decides the first weights and the order of the images. Two runs that differ in
#   nothing but the seed have different accuracies. So each recipe is run with several seeds, and with the same ones.
# - **The same images**, for training and for validation.
# - **No treatment** is one of the cases.
#
# ### Exercise 7.6
#
# Plan it. A recipe is changed by `base.but(dropout=0.5)`, which gives a new recipe and leaves `base` as it is. These
# are the options that you need:
#
# | remedy | options |
# | --- | --- |
# | dropout | `dropout`: share of the units, such as 0.5 |
# | weight decay | `weight_decay`: up to 1. It is multiplied by the learning rate, so choose it large |
# | augmentation | `mirror=True`, `rotation` (degrees), `shift` (pixels), `zoom` (a share): one or more of them |
# | early stopping | `patience`: epochs |
#
# `train(recipe, seed)` trains, and gives a result back. Call it for each of the five recipes and each seed.


# %% name="exercise-7-6"
def one_at_a_time(train, base, seeds):
    """Return {name: [result for each seed]} for the five names "nothing", "dropout" and so on, as in the list above."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 7.6: write the body of one_at_a_time")
    recipes = {
        "nothing": base,
        "dropout": base.but(dropout=0.5),
        "weight decay": base.but(weight_decay=1.0),
        "augmentation": base.but(mirror=True, rotation=10.0, shift=2.0),
        "early stopping": base.but(patience=8),
    }
    return {name: [train(recipe, seed) for seed in seeds] for name, recipe in recipes.items()}
    # END SOLUTION


# %% name="check-7-6"
checks.check("7.6", one_at_a_time)

# %% [markdown]
# The package's plan is run now: five recipes, three seeds each. That takes less than a minute on a quiet machine.

# %% tags=["nbval-ignore-output"] reason="training: the last digits depend on the processor"
measured = evaluation.one_at_a_time(
    lambda recipe, seed: evaluation.train_and_measure(recipe, few, seed), base, seeds=(0, 1, 2)
)
print(f"{'':<15} training   validation (95 % interval)     ECE   epochs")
for name, runs in measured.items():
    mean, low, high = evaluation.interval_of_mean([run.validation for run in runs])
    train = np.mean([run.train["accuracy"] for run in runs])
    ece = np.mean([run.validation["ece"] for run in runs])
    epochs = np.mean([len(run.history["loss"]) for run in runs])
    interval = f"{percent(mean)} ({percent(low)} to {percent(high)})"
    print(f"{name:<15} {percent(train)}     {interval}   {ece:.3f}   {epochs:.0f}")

# %% [markdown]
# The interval is that of the mean accuracy, measured on n images. Three seeds on the same images do not make
# three times as many images, so n is not multiplied.

# %% tags=["nbval-ignore-output"] reason="training: the last digits depend on the processor"
accuracies = {
    name: [(run.train["accuracy"], run.validation["accuracy"]) for run in runs] for name, runs in measured.items()
}
plots.remedies(accuracies, n)

# %% [markdown]
# And the losses, of the first seed. (Early stopping has the curve of "nothing", cut off, so it is not drawn.)

# %% tags=["nbval-ignore-output"] reason="training: the last digits depend on the processor"
plots.losses({name: runs[0].history["val_loss"] for name, runs in measured.items() if name != "early stopping"})

# %% [markdown]
# Read the three together, and be careful.
#
# - Every remedy makes the gap smaller. But a small gap is no aim. It can also be had by a network that is *worse on
#   the training images* and no better on new ones.
# - The squares of one row lie apart, though the recipe is the same: that is what the seed does. A difference between
#   two rows that is no larger than this says nothing.
# - Where two bars overlap widely, the accuracies cannot be told apart with so few images. That does not prove that
#   they are equal. (For two networks on the *same* images there is a sharper test, McNemar's. It comes in lesson
#   08.)
# - Look at the loss and the ECE as well. A remedy that changes no accuracy may still make a network that knows how
#   sure it can be.
#
# The numbers for "nothing" against each of the others, image by image with the same seed:

# %% tags=["nbval-ignore-output"] reason="training: the last digits depend on the processor"
answers = {}
for name, runs in measured.items():
    found_by = runs[0].classifier.probabilities(validation.images, validation.landmarks)
    answers[name] = found_by.argmax(axis=1)
for name in list(answers)[1:]:
    gain, low, high = metrics.difference_interval(validation.labels, answers["nothing"], answers[name])
    verdict = "cannot be told from 0" if low <= 0 <= high else "better" if gain > 0 else "worse"
    print(f"{name:<15} {100 * gain:+.1f} points (95 % interval {100 * low:+.1f} to {100 * high:+.1f}): {verdict}")

# %% [markdown]
# Two cautions. Each line compares two single networks, those of seed 0; another seed would give other numbers. And
# of many such intervals, one in twenty misses the truth by chance alone. The more remedies you try, the likelier it is
# that one of them "works".
#
# ## Are there too few images?
#
# "Still too small for facial emotion recognition problem", say the slides of FER2013. A *learning curve* tests such a
# sentence: train on more and more images, and see whether the accuracy on validation still rises at the end. If it
# does, more images would help. If it is flat, and the training accuracy has come down to it, more of the same
# images would not; a better network might.
#
# ### Exercise 7.7
#
# Plan this experiment. `n` is how many training images there are. `train(chosen, seed)` trains on the images with
# the numbers in the array `chosen`, and gives a result back. Choose them by lot, since the dataset may be sorted. Each
# seed draws anew. But with one seed, let the smaller sets lie inside the larger ones, so that a step on the curve
# *adds* images, and does not exchange them.


# %% name="exercise-7-7"
def learning_curve(train, n, sizes, seeds):
    """Return {size: [result for each seed]}."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 7.7: write the body of learning_curve")
    curve = {size: [] for size in sizes}
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(n)
        for size in sizes:
            curve[size].append(train(order[:size], seed))
    return curve
    # END SOLUTION


# %% name="check-7-7"
checks.check("7.7", learning_curve)

# %% [markdown]
# The package's version runs it, with two seeds. How long should each size be trained? Here each gets 30 epochs, and
# more if these are fewer than 180 steps. So a small set has time to be learnt, too.


# %% tags=["nbval-ignore-output"] reason="training: the last digits depend on the processor"
def train_on(chosen, seed):
    steps = -(-len(chosen) // base.batch)  # in one epoch, rounded up
    recipe = base.but(epochs=max(30, 180 // steps))
    run = evaluation.train_and_measure(recipe, evaluation.shortened(six, chosen), seed)
    return run.train["accuracy"], run.validation["accuracy"]


curve = evaluation.learning_curve(train_on, len(six.train), sizes=(75, 300, 1200, 4800), seeds=(0, 1))
plots.learning_curve(curve, n)

# %% [markdown]
# With few images, the network learns them by heart, and is bad on new ones. With more, it is worse in training and
# better on validation. The two come together. Once they have met, this network has nothing left to learn by heart,
# and more images of the same kind bring little. The next cell puts the last step into numbers.

# %% tags=["nbval-ignore-output"] reason="training: the last digits depend on the processor"
*_, before, last = curve
gain = np.mean([v for _, v in curve[last]]) - np.mean([v for _, v in curve[before]])
gap = np.mean([t - v for t, v in curve[last]])
print(f"from {before:,} to {last:,} images: {100 * gain:+.1f} points on validation; gap left: {100 * gap:.1f} points")
low, high = metrics.wilson_interval(round(np.mean([v for _, v in curve[last]]) * n), n)
print(f"95 % interval at {last:,}: {percent(low)} to {percent(high)}, n = {n:,}")

# %% [markdown]
# So "too small" is a question with an answer, but the answer belongs to this network, on these inputs, trained for so
# long. The recorded run had all of FER2013, and a large gap: its network has many more parameters, and 50 epochs to
# use them.
#
# ## Look at the test split once
#
# All that was chosen in this lesson was chosen on the validation split: which remedy, which epoch. The best of five
# looks a little better than it is, because it was also the luckiest on these images. So the last word belongs to
# images that took no part in any choice. We take the remedy with the best mean on validation, and measure the
# network of seed 0 on **test**. Once. (If your copy of FER2013 came without its test split, there is nothing to look
# at, and the cell says so.)

# %% tags=["nbval-ignore-output"] reason="training: the last digits depend on the processor"
chosen = max(measured, key=lambda name: np.mean([run.validation["accuracy"] for run in measured[name]]))
print(f"chosen: {chosen}; on validation {percent(measured[chosen][0].validation['accuracy'])} with seed 0")
test = six.test
if len(test):
    probabilities = measured[chosen][0].classifier.probabilities(test.images, test.landmarks)
    answer, share = metrics.majority(few.train.labels, test.labels)
    print("test:", evaluation.sentence(evaluation.report(test.labels, probabilities, test.detected, test.emotions)))
    print(f'Always "{test.emotions[answer]}" would be right in {percent(share)}.')
else:
    print(f"This copy of {six.name} holds no test images.")

# %% [markdown]
# If this number disappoints you: it stays. Whoever now goes back, changes something, and measures on test again, has
# made a second validation split of it.
#
# ### Exercise 7.8
#
# Answer in your own words, each time with 30 words or more, as a text between `"""` and `"""`.
#
# - `differ`: a friend measures two networks, once each, on the same 990 images: 55.0 % and 56.4 %. "The second is
#   better." What do you say, and what would you have them do?
# - `told`: the slides say "TEST_ACCURACY == 55 % (quite good for CNN and dataset), but overfit". Write to their
#   authors: how do they know that it overfits, what would you add to the number, and what would you try first?
#
# (The check can only count words, and look for the points that have to be in.)

# %% name="exercise-7-8"
# BEGIN SOLUTION
# STUB: differ = ...
# STUB: told = ...
differ = """
With 990 images each interval reaches about three points to both sides, so these two overlap widely: chance alone
could do that. It does not prove that they are equal either. Train both again with several seeds, compare them image
by image, and measure on more images if a difference of one point matters.
"""
told = """
The gap between 75 per cent in training and 55 on new images shows it. Please add the number of images, the 95 per
cent interval, and the baseline of always saying happiness. I would look at the validation loss, stop early, and then
try augmentation alone, with three seeds.
"""
# END SOLUTION

# %% name="check-7-8"
checks.check("7.8", differ, told)

# %% [markdown]
# ## Questions
#
# 1. Training and validation accuracy are both 30 %, and both curves are flat. Is that overfitting? What would you
#    try?
# 2. Why can the validation loss rise while the validation accuracy does not fall?
# 3. Somebody tries forty recipes, takes the best on the test split, and reports its accuracy there, with a 95 %
#    interval. What is wrong?
# 4. Mirroring swaps left and right. Why must the landmarks also change their numbers? For which of Ekman's emotions
#    could mirroring be a problem?
# 5. Our learning curve gives small sets more epochs than large ones. What would its left end look like if all sizes
#    had 30? And is it fair that the largest set still gets many more steps?

# %% [markdown] tags=["solution"]
# **Answers.**
#
# 1. No: there is no gap. The network underfits. It is too small, its learning rate is wrong, its input says too
#    little, or there is a mistake in it (lesson 06: overfit one batch first). More dropout would make it worse.
# 2. Accuracy only asks which emotion has the largest probability. Loss also asks how large that of the label is. A
#    wrong answer at 60 % counts the same for accuracy as one at 99.9 %, but costs far less loss.
# 3. The best of forty is partly the luckiest of forty, so its accuracy is too high, and the interval knows nothing of
#    the choice. Choose on validation, measure on test once.
# 4. Point 36 is the outer corner of the eye on the image's left. After a flip the point at that place is another
#    one, and the network would see faces whose parts are exchanged. Contempt shows on one side only; mirrored it is
#    still contempt, but where left and right mean something, it would not do.
# 5. With 30 epochs of a single step each, a network is hardly trained: low in training as well, and one would take
#    that for the effect of few images. As to the steps: each size was trained until it had about learnt what it
#    could, and that takes longer with more images. Equal steps would be another fair experiment. One has to say which
#    it was.

# %% [markdown]
# ## Recap
#
# - Overfitting is a gap: good in training, worse on new images. The validation loss shows where it begins.
# - The training curve is measured with dropout on and during learning. Measure the finished network again.
# - No accuracy without n and its interval. Half the interval costs four times the images.
# - In the confusion matrix, rows are labels. Shares of a row are recall, shares of a column precision.
# - Change one thing at a time, with the same seeds and images, beside the case without a change.
# - A learning curve says whether more images would help this network.
# - Choose on validation. Measure on test, once.
#
# ## Further reading
#
# - Nitish Srivastava, Geoffrey Hinton, Alex Krizhevsky, Ilya Sutskever and Ruslan Salakhutdinov, "Dropout: A Simple
#   Way to Prevent Neural Networks from Overfitting", Journal of Machine Learning Research 15, 2014,
#   [jmlr.org](https://jmlr.org/papers/v15/srivastava14a.html).
# - Ilya Loshchilov and Frank Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, [arXiv
#   1711.05101](https://arxiv.org/abs/1711.05101).
# - Lutz Prechelt, "Early Stopping – But When?", in: Neural Networks: Tricks of the Trade, Springer 1998, [doi
#   10.1007/3-540-49430-8_3](https://doi.org/10.1007/3-540-49430-8_3).
# - Connor Shorten and Taghi M. Khoshgoftaar, "A survey on Image Data Augmentation for Deep Learning", Journal of Big
#   Data 6, 2019, [doi 10.1186/s40537-019-0197-0](https://doi.org/10.1186/s40537-019-0197-0).
# - Chuan Guo, Geoff Pleiss, Yu Sun and Kilian Q. Weinberger, "On Calibration of Modern Neural Networks", ICML 2017,
#   [arXiv 1706.04599](https://arxiv.org/abs/1706.04599): why networks are too sure, and a remedy.
# - Chiyuan Zhang, Samy Bengio, Moritz Hardt, Benjamin Recht and Oriol Vinyals, "Understanding deep learning requires
#   rethinking generalization", ICLR 2017, [arXiv 1611.03530](https://arxiv.org/abs/1611.03530): networks that learn
#   random labels by heart.
#
# Next: lesson 08, in which we beat the slides.
