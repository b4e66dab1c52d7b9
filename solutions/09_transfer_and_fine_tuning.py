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
# # Transfer and fine-tuning
#
# **You will learn** to begin with what another network has learnt: take its layers, put a new softmax on top, freeze,
# train, then fine-tune. And to let several models answer together, and teach a small one with their answers.
#
# **You need** lessons 06 to 08: convolutions, Keras' `fit`, intervals, and one change at a time.
#
# **Time** 70 minutes to read and try; about two minutes to run on an ordinary processor with two cores.
#
# **Data** the twin, and a network that ImageNet's photos have taught. It ships with the course: nothing to download.

# %% [markdown]
# ## Begin with what others have learnt
#
# "Transfert learning (VGG16 architecture and weights) (Started)", say the slides, and "Fine tuning the model". VGG16 is
# a network from 2014, trained on ImageNet: more than a million photos of a thousand kinds of things. Its first layers
# found edges, corners and textures on their own, and these are good for faces too. *Transfer learning* takes such
# layers over, and puts a new softmax on top, in two stages:
#
# 1. **Frozen.** The old layers stay as they are, and only the new softmax learns. Its first weights are random. If
#    everything learnt at once, its first large errors would spoil what the old layers know.
# 2. **Fine-tuning.** Now everything learns, or only the last blocks, at a much lower learning rate.
#
# First the tools. `keras` here is Keras itself, loaded quietly.

# %%
import numpy as np

from emocourse import checks, dataset, faces, keras, metrics, models
from emocourse.metrics import percent

# %% [markdown]
# ### Exercise 9.1
#
# How many parameters learn in each stage? A network's layers are given as pairs of a name and a list of shapes: that of
# the kernel, and that of the bias. (Some layers have none.) A layer learns if its name *begins* with one of the words
# in `learning`, a tuple such as `("emotions", "block5")`. Python's `startswith` takes such a tuple.


# %% name="exercise-9-1"
def learning_parameters(layers, learning):
    """Return the number of parameters in those of layers, a list of (name, shapes), that learn."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 9.1: write the body of learning_parameters")
    total = 0
    for name, shapes in layers:
        if name.startswith(tuple(learning)):
            total += sum(int(np.prod(shape)) for shape in shapes)
    return total
    # END SOLUTION


# %% name="check-9-1"
checks.check("9.1", learning_parameters)
learning_parameters = checks.use("9.1", learning_parameters)

# %% [markdown]
# Your function counts in the course's VGG16 (with random weights, which don't matter for counting). Keras' own way to
# freeze is a switch that each layer has, `trainable`; the last column says what Keras counts.

# %%
network = models.ARCHITECTURES["vgg16"].build(7)
layers = [(layer.name, [tuple(weight.shape) for weight in layer.weights]) for layer in network.layers]
for learning in (("emotions",), ("emotions", "block5"), ("emotions", "block")):
    for layer in network.layers:
        layer.trainable = layer.name.startswith(learning)
    by_keras = sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)
    print(f"{' and '.join(learning):<20} {learning_parameters(layers, learning):>11,} learn; Keras says {by_keras:,}")

# %% [markdown]
# ## From ImageNet to faces
#
# With an internet connection, this is all of it, in plain Keras. The first line downloads 59 MB, once, and Keras checks
# them: their hash (MD5) has to be the one that it knows. VGG16 wants three colours, so a grey face is repeated three
# times.
#
# ```python
# base = keras.applications.VGG16(weights="imagenet", include_top=False, input_shape=(48, 48, 3), pooling="avg")
# base.trainable = False  # stage 1
# model = keras.Sequential([base, keras.layers.Dense(7, activation="softmax")])
# rgb = np.repeat(images[..., None], 3, axis=-1).astype("float32")
# model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
# model.fit(keras.applications.vgg16.preprocess_input(rgb), labels, epochs=5)
#
# base.trainable = True  # stage 2: compile again, twenty times slower
# model.compile(keras.optimizers.Adam(5e-5), "sparse_categorical_crossentropy", metrics=["accuracy"])
# model.fit(keras.applications.vgg16.preprocess_input(rgb), labels, epochs=35)
# ```
#
# On all of FER2013 that takes hours without a graphics card. (`emocourse train vgg16 --data fer2013` does the same,
# with mirrored faces and a falling rate.) So here you do it with a younger network, made for phones:
# *EfficientNet-Lite0*. It also learnt from ImageNet, and is a quarter of VGG16's size. Its weights ship with the
# course.
#
# ### Exercise 9.2
#
# Write `new_head`. It gets `keras`, a trained `body` (a network whose output is a row of numbers for each image), and
# the number of classes. Freeze the body, and put a new dense softmax layer on top. Give the whole network back. Two
# lines are enough.


# %% name="exercise-9-2"
def new_head(keras, body, classes):
    """Return a network: the body, frozen, with a new softmax of so many classes on top."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 9.2: write the body of new_head")
    body.trainable = False
    return keras.Sequential([body, keras.layers.Dense(classes, activation="softmax")])
    # END SOLUTION


# %% name="check-9-2"
checks.check("9.2", new_head)
new_head = checks.use("9.2", new_head)

# %% [markdown]
# Somebody wants to tell seven emotions in *drawn* faces, and has 400 of them. Here are those, with some more for later,
# the network with ImageNet's weights, and your new head on its body. The body ends where each of its 1,280 last maps
# becomes one number, its mean.

# %%
drawn = dataset.load("twin", progress=False)
some, held = drawn.train.take(np.arange(1000)), drawn.validation
pixels, held_pixels = models.pixel_input(some.images), models.pixel_input(held.images)

imagenet = models.lite0(7)
models.load_lite0_imagenet(imagenet)
body = keras.Model(imagenet.inputs, imagenet.get_layer("mean").output)
network = new_head(keras, body, 7)
learn = sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)
print(f"{body.count_params():,} parameters in the body; {learn:,} learn")

# %% [markdown]
# ### Features: compute once, train in a second
#
# Frozen layers say the same about an image every time. So ask them once, keep what they say (the *features*), and train
# the softmax on that. It's what everybody does who has no graphics card. And it lets you ask *where* to cut the old
# network: after its fifth block (`block4_add`, 40 maps), its eleventh (`block10_add`, 112 maps), or at its end
# (`mean`)?

# %% tags=["volatile"] reason="how long it takes"
from time import perf_counter

cuts = ("block4_add", "block10_add", "mean")
maps = [imagenet.get_layer(name).output for name in cuts]
means = [values if len(values.shape) == 2 else keras.layers.GlobalAveragePooling2D()(values) for values in maps]
block14 = imagenet.get_layer("block14_add").output  # whole maps, for the second experiment
inside = keras.Model(imagenet.inputs, [*means, block14])
began = perf_counter()
*rows, below = inside.predict(pixels, batch_size=50, verbose=0)
*held_rows, held_below = inside.predict(held_pixels, batch_size=50, verbose=0)
features, held_features = (dict(zip(cuts, values, strict=True)) for values in (rows, held_rows))
print(f"{len(some) + len(held):,} faces in {perf_counter() - began:.0f} seconds")


# %% [markdown]
# Two small functions for what follows: one trains, the other measures on 1,000 faces that none has seen.


# %%
def fit(network, inputs, labels, epochs, rate):
    """Train whatever is trainable, and return the accuracy on the training images in the last epoch."""
    loss = "sparse_categorical_crossentropy" if np.ndim(labels) == 1 else "categorical_crossentropy"
    network.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    return network.fit(inputs, labels, batch_size=20, epochs=epochs, verbose=0).history["accuracy"][-1]


def tell(name, network, inputs, trained=None):
    """Print the accuracy on the held-out faces with its 95 % interval; return the answers."""
    answers = network.predict(inputs, batch_size=50, verbose=0).argmax(axis=1)
    n_right = int((answers == held.labels).sum())
    low, high = metrics.wilson_interval(n_right, len(held))
    on_training = f"; {percent(trained)} in training" if trained is not None else ""
    print(f"{name:<14} {percent(n_right / len(held))} ({percent(low)} to {percent(high)}){on_training}")
    return answers


# %% [markdown]
# ### Three experiments
#
# All get the same 400 faces. First the **frozen** network: only a new softmax learns, for four epochs, on the features
# of the whole body.

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
labels, answers = some.labels[:400], {}
majority, share = metrics.majority(labels, held.labels)
print(f'always "{held.emotions[majority]}": {percent(share)}')
keras.utils.set_random_seed(0)
softmax = keras.Sequential([keras.layers.Dense(7, activation="softmax")])
trained = fit(softmax, features["mean"][:400], labels, epochs=4, rate=3e-3)
answers["frozen"] = tell("frozen", softmax, held_features["mean"], trained)

# %% [markdown]
# Then the **fine-tuned** one, for four epochs more. The last block and the head learn too, a million parameters, at a
# tenth of the rate. They begin with what ImageNet and the first experiment taught. The blocks before it stay frozen, so
# the maps from above will do. (`new_head` froze every layer of the body. `trainable = True` lets those above the cut
# learn again; Keras looks at it when you compile.)

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
models.load_lite0_imagenet(imagenet)  # so that running this cell twice begins in the same place
imagenet.get_layer("emotions").set_weights(softmax.get_weights())
upper = keras.Model(block14, imagenet.output)
for layer in upper.layers:
    layer.trainable = True
trained = fit(upper, below[:400], labels, epochs=4, rate=3e-4)
answers["fine-tuned"] = tell("fine-tuned", upper, held_below, trained)

# %% [markdown]
# And the control: the same network **from scratch**, with random weights. A fair control must have had its chance to
# learn. The fine-tuned network has had eight epochs in its two stages, so this one gets eight too. And look at its
# training accuracy: if that's no better than always saying the commonest emotion, it never got going, and beating it
# would mean nothing. With a rate of 1e-3, it does get going.

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
keras.utils.set_random_seed(0)
scratch = models.lite0(7)
trained = fit(scratch, pixels[:400], labels, epochs=8, rate=1e-3)
answers["from scratch"] = tell("from scratch", scratch, held_pixels, trained)
for a, b in (("from scratch", "frozen"), ("frozen", "fine-tuned")):
    test = metrics.mcnemar(held.labels, answers[a], answers[b])
    print(f"only {a} is right: {test.only_a}, only {b}: {test.only_b}, McNemar's p = {test.p_value:.2g}")

# %% [markdown]
# With so few images, what was learnt elsewhere is worth a lot: compare the control with the other two. It knows most of
# its 400 faces by now, and next to nothing about others. And did the second stage add anything to the first? Look at
# the p-value before you say so. The fine-tuned network knows its 400 faces by heart: a million parameters have plenty
# of ways to do that.
#
# None of the three is good, though. Photos of dogs and lorries are far from drawn faces, and the further apart the
# tasks, the less is won, as Yosinski and others (2014) measured. With tens of thousands of faces you'd fine-tune every
# layer. `emocourse train lite0 --data fer2013` does that, in some hours on two cores. It freezes for one epoch only,
# and doesn't slow down after it: photos of things are so far from grey faces that there's little to protect.
#
# The course's own run also had teachers, as described below. It has 70.2 % on PublicTest (68.6 to 71.6) after 18 epochs
# and another 5. `main` began with random numbers, had a teacher too, and has 71.1 % (69.5 to 72.5) after 110. The two
# differ in much more than their start, so that's no experiment. It does show that with 28,709 faces and patience, one
# can do without ImageNet.

# %% [markdown]
# The features of all 1,000 faces are still there, and a softmax on them is trained in a second. At the end of the
# lesson you'll try to beat the plan called `base`.

# %%
base = {"cut": "mean", "rate": 1e-3, "epochs": 10, "dropout": 0.0}


def run_plan(plan):
    """Train a new softmax on the features of 1,000 faces by a plan; return it."""
    keras.utils.set_random_seed(0)
    softmax = keras.layers.Dense(7, activation="softmax")
    network = keras.Sequential([keras.layers.Dropout(plan["dropout"]), softmax])
    fit(network, features[plan["cut"]], some.labels, int(plan["epochs"]), plan["rate"])
    return network


# %% [markdown]
# ## Ensembles: ask several
#
# Train the same network again with another seed. It has about the same accuracy, but makes *other* mistakes. So let
# several networks answer, and take the mean. What they agree on is usually right; what each invents averages out. It
# has a price: five networks take five times as long to answer.
#
# ### Exercise 9.3
#
# Write it. Each model gives an array (images, classes) of probabilities. Take the mean of the probabilities, and not a
# vote: a model that hesitates should count less than one that's sure.


# %% name="exercise-9-3"
def together(parts):
    """Return the mean probabilities, (images, classes), of parts: a list of one such array for each model."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 9.3: write the body of together")
    return np.stack(parts).mean(axis=0)
    # END SOLUTION


# %% name="check-9-3"
checks.check("9.3", together)
together = checks.use("9.3", together)

# %% [markdown]
# Five small networks on aligned landmarks, as in lesson 08, with five seeds, on 1,000 drawn faces. Then all five
# together, by your function.

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
few = drawn.train.take(np.concatenate([np.flatnonzero(drawn.train.labels == k)[:20] for k in range(7)]))
numbers, few_numbers, held_numbers = (
    faces.aligned(split.landmarks).reshape(len(split), -1) for split in (some, few, held)
)
centre, spread = numbers.mean(axis=0), numbers.std(axis=0)


def small(seed, inputs, labels, epochs):
    """A small network, trained on aligned landmarks."""
    keras.utils.set_random_seed(seed)
    hidden = [keras.layers.Dense(64, activation="relu"), keras.layers.Dropout(0.3)]
    network = keras.Sequential([*hidden, keras.layers.Dense(7, activation="softmax")])
    fit(network, (inputs - centre) / spread, labels, epochs, 1e-3)
    return network


def opinion(network, inputs):
    """The probabilities that a small network gives."""
    return network.predict((inputs - centre) / spread, verbose=0)


members = [small(seed, numbers, some.labels, 10) for seed in range(5)]
opinions = [opinion(member, held_numbers) for member in members]
for seed, probabilities in enumerate(opinions):
    print(f"seed {seed}: {percent(metrics.accuracy(held.labels, probabilities.argmax(axis=1)))}")
five = together(opinions).argmax(axis=1)
test = metrics.mcnemar(held.labels, opinions[0].argmax(axis=1), five)
print(f"five together: {percent(metrics.accuracy(held.labels, five))}; against seed 0: p = {test.p_value:.2f}")

# %% [markdown]
# Worth five times the work? Networks that differ only in their seed resemble each other, so there's little to average
# out. An ensemble helps most when its members are *about equally good* and *wrong in different places*. The course's
# `ensemble` of three large networks on real pixels gained about a point over `main`: 72.4 % against 71.1 % on
# PublicTest, in lesson 10's leaderboard.
#
# ## Distillation: the ensemble as a teacher
#
# Can one network have what five know? Let them *teach* it. A label says "fear" and nothing else. The ensemble says "60
# % fear, 30 % surprise": that's more to learn from, since it tells which emotions look alike. The student learns from
# a mixture of both. That's *distillation* (Hinton and others, 2015).
#
# ### Exercise 9.4
#
# Write the mixture. `labels` are whole numbers (n,), `teacher` the probabilities (n, classes), and `share` says how
# much of a row comes from the teacher. The rest is the true label, as a row with a 1 at its place.


# %% name="exercise-9-4"
def soft_labels(labels, teacher, share):
    """Return (n, classes): the teacher's probabilities to this share, the true label for the rest."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 9.4: write the body of soft_labels")
    true = np.eye(teacher.shape[1])[labels]
    return share * teacher + (1 - share) * true
    # END SOLUTION


# %% name="check-9-4"
checks.check("9.4", soft_labels)
soft_labels = checks.use("9.4", soft_labels)

# %% [markdown]
# One change: a small network learns from 140 faces, 20 of each emotion, once with their labels, once with your soft
# ones. Same faces, same seed, same epochs. (The teacher has seen 1,000 faces. That's the point: what it learnt from
# them reaches the student through its answers.)

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
teacher = together([opinion(member, few_numbers) for member in members])
for name, share in {"labels alone": 0.0, "with a teacher": 0.8}.items():
    network = small(0, few_numbers, soft_labels(few.labels, teacher, share), 40)
    answers[name] = opinion(network, held_numbers).argmax(axis=1)
    print(f"{name:<15} {percent(metrics.accuracy(held.labels, answers[name]))}")
test = metrics.mcnemar(held.labels, answers["labels alone"], answers["with a teacher"])
print(f"only without is right: {test.only_a}, only with a teacher: {test.only_b}, McNemar's p = {test.p_value:.2g}")

# %% [markdown]
# Keep this in mind for the next lesson's table: the course's `main`, `tiny` and `lite0` are all distilled. The records
# say so (look for `teacher`):

# %%
from emocourse import results

for record in results.read_all():
    if record["seed"] == 0 and "teacher" in record["command"]:
        print(record["command"])

# %% [markdown]
# `lite0` had people as teachers too: that's `votes` in its command. You met FER+ in lesson 03, where ten voters looked
# at each image. Where people vote like this, how likely is each of FER2013's labels? A softmax regression on the votes
# answers that. With 154 numbers for 28,709 images, it can't know single images by heart. The `ensemble` can: it's right
# about 94 % of its training images and 72 % of new ones. So about the images that it teaches with, it says little that
# the labels don't.
#
# `lite0` had 69.9 % on PublicTest before. Five more epochs with the ensemble alone took it to 69.5 %, five with both
# teachers to 69.9 %. What ships is halfway between that and where it began (the mean of the weights): 70.2 %. That's
# eight images of 3,589 more than before, and "halfway" was the best of three shares on these same images, so it may be
# luck. The cross-entropy fell from 0.866 to 0.837, and that's less likely to be luck.
#
# ## Your turn: beat the base plan
#
# ### Exercise 9.5
#
# An open task. `base` above trains a new softmax on the features of the whole body. Change *one* thing: `my_plan =
# {**base, ...}` with another `cut` ("block4_add", "block10_add" or "mean"), `rate` (1e-5 to 0.1), `epochs` (1 to 60) or
# `dropout` (0 to 0.8). Before you run it, write into `expectation`, in two sentences (15 words or more), what you think
# will happen and why, and which result would speak against you.

# %% name="exercise-9-5"
# BEGIN SOLUTION
# STUB: my_plan = ...
# STUB: expectation = ...
my_plan = {**base, "cut": "block10_add"}
expectation = """
I expect the features after the eleventh block to be better, since the last layers have specialised in ImageNet's
things. If McNemar's p-value is above 0.05, or the change makes it worse, I was wrong, or 1,000 faces are too few.
"""
# END SOLUTION

# %% name="check-9-5"
checks.check("9.5", my_plan, expectation)
my_plan, _ = checks.use("9.5", my_plan, expectation)

# %% [markdown]
# Both plans, run one after the other. (If yours is still open, the course's plan runs in its place.)

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
for name, plan in {"base": base, "my plan": my_plan}.items():
    answers[name] = tell(name, run_plan(plan), held_features[plan["cut"]])
test = metrics.mcnemar(held.labels, answers["base"], answers["my plan"])
gain, low, high = (100 * x for x in metrics.difference_interval(held.labels, answers["base"], answers["my plan"]))
print(f"only base is right: {test.only_a}, only yours: {test.only_b}, McNemar's p = {test.p_value:.2g}")
print(f"yours is better by {gain:+.1f} points ({low:+.1f} to {high:+.1f})")

# %% [markdown]
# Report the line as it stands, whether it pleases you or not, beside what you expected. Then change another thing.
#
# ### Exercise 9.6
#
# Three people ask for advice. Make `advice` a dictionary, with a letter for each of them: A, freeze the old layers and
# train a new softmax; B, start from the old weights and fine-tune everything; C, train from scratch.
#
# - `"20 faces each, a network trained on other faces"`
# - `"30,000 faces, a network trained on ImageNet's things"`
# - `"a million X-rays, a small network of another task's dots"`
#
# The first has twenty faces of each emotion. The dots of the third are lesson 06's kind of image: white points on
# black.

# %% name="exercise-9-6"
# BEGIN SOLUTION
# STUB: advice = ...
advice = {
    "20 faces each, a network trained on other faces": "A",
    "30,000 faces, a network trained on ImageNet's things": "B",
    "a million X-rays, a small network of another task's dots": "C",
}
# END SOLUTION

# %% name="check-9-6"
checks.check("9.6", advice)

# %% [markdown]
# ## Questions
#
# 1. Why is the new softmax trained alone first, before the rest of a pretrained network learns too?
# 2. A paper reports that transfer gains 25 points over training from scratch. Which two numbers of the control would
#    you ask for?
# 3. An ensemble of five has the same accuracy as its best member, on validation. Why may it still be the better choice?
# 4. A student network beats its labels-only twin. Did it get more information, and where from?

# %% [markdown] tags=["solution"]
# **Answers.**
#
# 1. Its weights are random, so its first errors are large and say nothing about the layers below. At full rate they'd
#    destroy what was learnt.
# 2. Its training accuracy, to see whether it learnt at all, and its number of epochs, to see whether both had as many.
# 3. The best member was picked on validation, so luck flatters its accuracy. Nobody picked the ensemble.
# 4. Yes: the teacher has seen faces that the student hasn't, and its answers say which emotions look alike.

# %% [markdown]
# ## Recap
#
# - Transfer: keep trained layers, put a new softmax on top, freeze, train; then fine-tune, usually at a lower rate, if
#   it helps.
# - A control has to have learnt, in as many epochs, before beating it means anything.
# - Frozen layers' features are computed once. That makes experiments quick.
# - An ensemble averages probabilities. It helps most when its members are wrong in different places.
# - Distillation: a small network learns from the answers of larger ones, beside the labels.
#
# ## Further reading
#
# - Karen Simonyan and Andrew Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR
#   2015, [arXiv 1409.1556](https://arxiv.org/abs/1409.1556): VGG16.
# - Mingxing Tan and Quoc V. Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019,
#   [arXiv 1905.11946](https://arxiv.org/abs/1905.11946): the family that EfficientNet-Lite0 belongs to.
# - Jason Yosinski, Jeff Clune, Yoshua Bengio and Hod Lipson, "How transferable are features in deep neural
#   networks?", NIPS 2014, [arXiv 1411.1792](https://arxiv.org/abs/1411.1792).
# - Geoffrey Hinton, Oriol Vinyals and Jeff Dean, "Distilling the Knowledge in a Neural Network", 2015, [arXiv
#   1503.02531](https://arxiv.org/abs/1503.02531).
# - Olga Russakovsky and others, "ImageNet Large Scale Visual Recognition Challenge", International Journal of Computer
#   Vision 115, 2015, [doi 10.1007/s11263-015-0816-y](https://doi.org/10.1007/s11263-015-0816-y).
#
# Next: lesson 10, an honest comparison.
