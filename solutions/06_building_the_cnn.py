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
# # Building the CNN
#
# **You will learn** what a convolutional network computes: convolution, ReLU, max pooling and softmax, each by hand;
# to count the network's 1,913,926 parameters; to build it in Keras, test it on one batch, and train what you built.
#
# **You need** lessons 04 and 05, and Python with NumPy arrays: shapes, slices, sums along an axis.
#
# **Time** 90 minutes to read and try; two minutes to run on an ordinary processor with two cores.
#
# **Data** the *twin*: drawn faces. With `DATA = "fer2013"` instead, the real ones.

# %% [markdown]
# ## What we start from
#
# Lesson 04 ended with binary images: 48 × 48 pixels, of which about fifty are 1. Now a network is to read an emotion
# from them. The slides call it "a type of neural network inspired by animal vision": a *convolutional neural
# network*, CNN for short. In 1962, Hubel and Wiesel described cells in a cat's brain that answer only to an edge in
# one small part of what the cat sees. A CNN is built of such cells.
#
# The first cell loads the faces. If they have never been drawn on this machine, that takes a few minutes, once.

# %% tags=["volatile"] reason="a progress bar, where the faces are drawn for the first time"
DATA = "twin"  # or "fer2013"

import numpy as np

from emocourse import checks, dataset, from_scratch, keras, plots

data = dataset.load(DATA).without_disgust()

# %% [markdown]
# We keep two images to look at. The *face* is always a drawn one, whatever `DATA` says. The *dots* are its binary
# image.

# %%
from emocourse import faces, twin

points, _ = twin.load().sample(labels=np.array([5]), seed=3)
face = twin.draw(points[0], seed=3) / 255
dots = faces.binary_image(points[0])[:, :, 0]
plots.image_grid([face, dots], titles=["the face", "the dots"], cell=2.2)

# %% [markdown]
# ## A small window that slides
#
# A *convolution* needs an image and a *kernel*: a small table of numbers, here 3 × 3. Lay the kernel on the
# image's upper left corner. Multiply each of the nine pixels with the kernel's number above it, and add up the nine
# products. The sum is the first number of the output. Then move the kernel on by one pixel, and so on, row by row.
#
# Here is one such step, the one with the largest sum of this face. The kernel has negative numbers on its left and
# positive ones on its right, so the sum is large where the image is darker on the left than on the right.

# %%
kernel = from_scratch.KERNELS["vertical edges"]
row, column = divmod(int(from_scratch.convolve(face, kernel).argmax()), 46)
plots.convolution_step(face, kernel, row, column)

# %% [markdown]
# Now move it yourself. The number fields and sliders set the window's place, the buttons go one place on or back, and
# the nine fields change the kernel. (Tab goes from one control to the next, the arrow keys change its value.) Try to
# answer:
#
# - Begin with the dots. What does a lonely dot become?
# - What does the kernel with a single 1 in the middle do? What if the 1 stands elsewhere?
# - Take the face, and "vertical edges". Where is the output purple, and where is it orange?

# %%
from emocourse.widgets import ConvolutionExplorer

row, column = divmod(int(from_scratch.convolve(dots, from_scratch.KERNELS["horizontal edges"]).argmax()), 46)
ConvolutionExplorer({"the dots": dots, "the face": face}, "horizontal edges", row, column)

# %% [markdown]
# ### Exercise 6.1
#
# Write the convolution with two loops. The window must lie wholly inside the image: there is no *padding* around
# it. Take the kernel as it is. (In mathematics, a convolution flips the kernel first; without the flip, it is called
# a cross-correlation. In deep learning nobody flips, since the network learns the kernel anyway.) The kernel need not
# be 3 × 3.


# %% name="exercise-6-1"
def convolve(image, kernel):
    """Slide `kernel` (h, w) over `image` (H, W); return the sums of the products as a smaller array."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 6.1: write the body of convolve")
    height, width = kernel.shape
    rows, columns = image.shape[0] - height + 1, image.shape[1] - width + 1
    output = np.zeros((rows, columns))
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + height, column : column + width]
            output[row, column] = np.sum(window * kernel)
    return output
    # END SOLUTION


# %% name="check-6-1"
checks.check("6.1", convolve)
convolve = checks.use("6.1", convolve)

# %% [markdown]
# ### What kernels find
#
# From here on, `convolve` is yours, if it passed its check, else the course's. With it, lay four well-known kernels
# over the whole face. In these figures, purple is above 0, orange below, and white is 0.

# %%
names = ["vertical edges", "horizontal edges", "outline", "blur"]
maps = [convolve(face, from_scratch.KERNELS[name]) for name in names]
plots.feature_maps(maps, titles=names, title="Four kernels over the face")

# %% [markdown]
# One kernel finds the sides of the face, another the brows and lips. What a kernel makes of an image is called a
# *feature map*: it says where in the image the feature is. Nobody has to invent these kernels: the network
# learns them.
#
# And over the dots?

# %%
maps = [convolve(dots, from_scratch.KERNELS[name]) for name in names]
plots.feature_maps(maps, titles=names, title="The same kernels over the dots")

# %% [markdown]
# There are no edges here. Each dot just becomes a small copy of the kernel, turned upside down and left to right.
# So on binary images the first layer can't see much. The copies overlap where dots are close, and only the next
# layers, which see a larger part of the image, can tell a raised brow from a lowered one.
#
# ### Exercise 6.2
#
# The output is smaller than the image. Write the formula: along a side of `side` pixels, how many places does a
# window of `window` pixels have, if it moves on by `stride` pixels at a time? (The convolutions here have stride 1.
# The pooling, which comes soon, has windows of 2 and stride 2.) Draw a row of boxes on paper first.


# %% name="exercise-6-2"
def output_size(side, window, stride=1):
    """Return the number of places, a whole number."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 6.2: write the body of output_size")
    return (side - window) // stride + 1
    # END SOLUTION


# %% name="check-6-2"
checks.check("6.2", output_size)
output_size = checks.use("6.2", output_size)

# %% [markdown]
# The network has three blocks, and each is made of two convolutions with a 3 × 3 kernel and one pooling of 2 × 2.
# (The slides' text says "3 convolutional layers with max pooling" and means these blocks: their table shows six
# convolutions.) With your formula, we can follow the side of the image through all of it.

# %%
side = 48
for block in (1, 2, 3):
    sides = [side]
    for window, stride in ((3, 1), (3, 1), (2, 2)):
        side = output_size(side, window, stride)
        sides.append(side)
    print(f"block {block}: {' → '.join(map(str, sides))}")

# %% [markdown]
# ## Why a bend is needed: ReLU
#
# Two convolutions, one after the other, should see more than one. Do they? A convolution only multiplies and adds.
# Two of them in a row are the same as *one* with a larger kernel, as this cell shows: first with the vertical edges,
# then with the blur, and once with a single kernel of 5 × 5 that does both.

# %%
edges, blur = from_scratch.KERNELS["vertical edges"], from_scratch.KERNELS["blur"]
two = convolve(convolve(face, edges), blur)
both = convolve(np.pad(edges, 2), blur[::-1, ::-1])  # one kernel, 5 × 5
one = convolve(face, both)
print(f"largest difference between two convolutions and one: {np.abs(two - one).max():.5f}")

# %% [markdown]
# So a hundred convolutions in a row would be no better than one. Something has to bend between them. Today's networks
# use the simplest bend there is, the *rectified linear unit*, ReLU: negative numbers become 0, all others stay. With
# it, the two are no longer one.

# %%
bent = convolve(from_scratch.relu(convolve(face, edges)), blur)
print(f"largest difference with a ReLU between them: {np.abs(bent - one).max():.3f}")
plots.feature_maps(
    [convolve(face, edges), from_scratch.relu(convolve(face, edges))],
    titles=["vertical edges", "after ReLU"],
    title="ReLU keeps what is above 0",
    cell=2.2,
)

# %% [markdown]
# ## Max pooling: roughly where is enough
#
# After two convolutions comes a *max pooling*. It cuts the map into blocks of 2 × 2 and keeps the largest number of
# each. The map becomes half as high and half as wide. What stays is that a feature was found, and roughly where.
#
# ### Exercise 6.3
#
# Write it. If a side is odd, the last row or column fills no block: leave it out, as Keras does.


# %% name="exercise-6-3"
def max_pool(image):
    """Return the largest number of each 2 × 2 block of `image` (H, W): an array (H // 2, W // 2)."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 6.3: write the body of max_pool")
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    output = np.zeros((rows, columns))
    for row in range(rows):
        for column in range(columns):
            output[row, column] = image[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].max()
    return output
    # END SOLUTION


# %% name="check-6-3"
checks.check("6.3", max_pool)
max_pool = checks.use("6.3", max_pool)

# %% [markdown]
# Here is the dots' image, pooled three times. On the way, its dots grow together. That costs detail, but it has
# advantages too: each later kernel sees a larger part of the face, there's a quarter as much to compute, and a dot
# that moves by one pixel often changes nothing at all.

# %%
pooled = [dots]
for _ in range(3):
    pooled.append(max_pool(pooled[-1]))
plots.image_grid(pooled, titles=[f"{p.shape[0]} × {p.shape[1]}" for p in pooled], title="Pooled three times", cell=1.7)

# %% [markdown]
# ## Many kernels: counting parameters
#
# A layer doesn't have one kernel but many. The slides' first layer has 64, called *filters*, so it makes 64 maps out
# of one image. The maps are also called *channels*. A filter of the second layer looks at all 64 maps at once: its
# kernel has 3 × 3 numbers for *each* map it reads. To the sum of all the products it adds one more learned number,
# its *bias*.
#
# After three blocks, the maps are laid out in one long row (*flatten*). Then come *dense* layers (the slides say
# "FC", fully connected). There, each output is a sum over all inputs, each multiplied by a weight of its own, plus a
# bias.
#
# All kernels, weights and biases together are the network's *parameters*: the numbers that training sets.
#
# ### Exercise 6.4
#
# Write two functions that count the parameters of a layer. Then count all nine layers of the network that learn
# something. This is what each gives out, in its order:
#
# | layer | gives out |
# | --- | --- |
# | `conv2d`, `conv2d_1` | 64 maps each |
# | `conv2d_2`, `conv2d_3` | 64 maps each |
# | `conv2d_4`, `conv2d_5` | 128 maps each |
# | flatten | 512 numbers |
# | `dense`, `dense_1` | 1,024 numbers each |
# | `dense_2` | 6 numbers, one for each emotion |


# %% name="exercise-6-4"
def conv_parameters(window, channels, filters):
    """Parameters of a convolution: square windows, maps that come in, maps that go out."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 6.4: write the body of conv_parameters")
    return (window * window * channels + 1) * filters
    # END SOLUTION


def dense_parameters(inputs, outputs):
    """Parameters of a dense layer."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 6.4: write the body of dense_parameters")
    return (inputs + 1) * outputs
    # END SOLUTION


# A dictionary {"conv2d": ..., "conv2d_1": ..., and so on, up to "dense_2"}:
# BEGIN SOLUTION
# STUB: counts = ...
counts = {
    "conv2d": conv_parameters(3, 1, 64),
    "conv2d_1": conv_parameters(3, 64, 64),
    "conv2d_2": conv_parameters(3, 64, 64),
    "conv2d_3": conv_parameters(3, 64, 64),
    "conv2d_4": conv_parameters(3, 64, 128),
    "conv2d_5": conv_parameters(3, 128, 128),
    "dense": dense_parameters(512, 1024),
    "dense_1": dense_parameters(1024, 1024),
    "dense_2": dense_parameters(1024, 6),
}
print(f"{sum(counts.values()):,}")
# END SOLUTION

# %% name="check-6-4"
checks.check("6.4", conv_parameters, dense_parameters, counts)
conv_parameters, dense_parameters, counts = checks.use("6.4", conv_parameters, dense_parameters, counts)

# %% [markdown] tags=["solution"]
# **About the answer.** The three usual mistakes are to forget the bias, to forget the channels (from the second layer
# on, a kernel has 3 × 3 × 64 numbers, not 9), and to count one bias for each channel. The sum is 1,913,926, the
# number on the slides. The dense layers hold more than four fifths of it.

# %% [markdown]
# Keep one question in mind, for the end of the lesson: why do exactly 512 numbers reach the first dense layer?
#
# ## From scores to probabilities: softmax
#
# The last layer gives six numbers, one an emotion. They are *scores*: any numbers, also negative ones. *Softmax*
# turns them into probabilities. It takes e to the power of each score, which makes all of them positive, and divides
# by their sum, so that they add up to 1. That's all it takes to be a *probability distribution*, as the slides say.

# %%
from emocourse.emotions import EMOTIONS_6

scores = np.array([1.0, 0.0, 3.0, 2.0, -1.0, 2.5])
powers = np.exp(scores)
for emotion, score, power in zip(EMOTIONS_6, scores, powers, strict=True):
    print(f"{emotion:<10} score {score:4.1f}   power {power:6.2f}   probability {power / powers.sum():6.1%}")

# %% [markdown]
# Adding the same number to all scores multiplies all powers by the same factor, and the division takes it out again.
# Only the *differences* between scores count.
#
# There's a trap. A computer can't hold e to the power of 1,000, nor tell e to the power of −1,000 from 0. Softmax then
# divides infinity by infinity, or 0 by 0, and gives `nan`.
#
# ### Exercise 6.5
#
# Write a softmax for many images at once. Each *row* of `scores` belongs to one image, and its probabilities must
# add up to 1. It must also work for a single row, and for scores of 1,000 or -1,000. (What may you subtract from all
# scores of a row?)


# %% name="exercise-6-5"
def softmax(scores):
    """Turn `scores`, (..., classes), into probabilities along the last axis."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 6.5: write the body of softmax")
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
    # END SOLUTION


# %% name="check-6-5"
checks.check("6.5", softmax)
softmax = checks.use("6.5", softmax)

# %% [markdown]
# No trap any more:

# %%
print(softmax(np.array([1000.0, 999.0])).round(3))

# %% [markdown]
# ## How wrong? Cross-entropy
#
# To train, the network needs one number that says how wrong it is: the *loss*. Here it's the *cross-entropy*: minus
# the logarithm of the probability that the right label got. Being sure and right costs nothing. Being sure and wrong
# costs a lot.

# %%
for share in (1.0, 0.9, 0.5, 1 / 6, 0.01):
    loss = from_scratch.cross_entropy(np.array([[share, 1 - share]]), np.array([0]))[0]
    print(f"the right emotion got {share:6.1%}: loss {abs(loss):.2f}")

# %% [markdown]
# Remember the line with one sixth, about 1.79. That's the loss of a network that knows nothing and gives all six
# emotions the same probability. An untrained network should begin there. If it doesn't, something is wrong.
#
# ## The network in Keras
#
# You now know every kind of layer in the slides' table but one. *Dropout* switches off a share of its inputs at
# random in each training step, here 0.2, and enlarges the others so that the sum stays the same on average. So no
# part of the network can rely on a single other part. When the trained network is used, dropout does nothing.

# %% [markdown]
# This is the table of the slides, line for line.

# %%
SLIDES = """
conv2d (Conv2D)                  (None, 46, 46, 64)    640
conv2d_1 (Conv2D)                (None, 44, 44, 64)    36928
max_pooling2d (MaxPooling2D)     (None, 22, 22, 64)    0
dropout (Dropout)                (None, 22, 22, 64)    0
conv2d_2 (Conv2D)                (None, 20, 20, 64)    36928
conv2d_3 (Conv2D)                (None, 18, 18, 64)    36928
max_pooling2d_1 (MaxPooling2D)   (None, 9, 9, 64)      0
dropout_1 (Dropout)              (None, 9, 9, 64)      0
conv2d_4 (Conv2D)                (None, 7, 7, 128)     73856
conv2d_5 (Conv2D)                (None, 5, 5, 128)     147584
max_pooling2d_2 (MaxPooling2D)   (None, 2, 2, 128)     0
flatten (Flatten)                (None, 512)           0
dense (Dense)                    (None, 1024)          525312
dropout_2 (Dropout)              (None, 1024)          0
dense_1 (Dense)                  (None, 1024)          1049600
dropout_3 (Dropout)              (None, 1024)          0
dense_2 (Dense)                  (None, 6)             6150
"""

# %% [markdown]
# ### Exercise 6.6
#
# Build it. The first block is there; put `keras.Input((48, 48, 1))` before it, and the rest after it. `Conv2D(64, 3)`
# means 64 filters with windows of 3 × 3, and `MaxPooling2D()` takes blocks of 2 × 2. All convolutions and the first two
# dense layers have `activation="relu"`. The last one has another activation: which? The dropout rate is 0.2 everywhere.
# (The slides name 0.2 for the FC layers, softmax at the end, and no other activation: ReLU, and 0.2 after the blocks,
# are our choice.)


# %% name="exercise-6-6"
def build_network():
    """Return the slides' network as a keras.Sequential."""
    Conv2D, MaxPooling2D, Dropout = keras.layers.Conv2D, keras.layers.MaxPooling2D, keras.layers.Dropout
    Flatten, Dense = keras.layers.Flatten, keras.layers.Dense
    block_1 = [Conv2D(64, 3, activation="relu"), Conv2D(64, 3, activation="relu"), MaxPooling2D(), Dropout(0.2)]
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 6.6: add the other layers, and return the network")
    block_2 = [Conv2D(64, 3, activation="relu"), Conv2D(64, 3, activation="relu"), MaxPooling2D(), Dropout(0.2)]
    block_3 = [Conv2D(128, 3, activation="relu"), Conv2D(128, 3, activation="relu"), MaxPooling2D(), Flatten()]
    dense = [Dense(1024, activation="relu"), Dropout(0.2), Dense(1024, activation="relu"), Dropout(0.2)]
    last = Dense(6, activation="softmax")
    return keras.Sequential([keras.Input((48, 48, 1)), *block_1, *block_2, *block_3, *dense, last])
    # END SOLUTION


# %% name="check-6-6"
checks.check("6.6", build_network)
build_network = checks.use("6.6", build_network)

# %% [markdown]
# Is yours the slides' network? Compare its layers with their table, line for line, and its parameters with the ones
# that you counted by hand. (A layer that you made an `Activation` of its own isn't in the slides' table.)

# %%
network = build_network()
mine = [layer for layer in network.layers if type(layer).__name__ not in ("Activation", "ReLU", "Softmax")]
for line, layer in zip(SLIDES.strip().splitlines(), mine, strict=True):
    name, kind = line.split()[:2]
    ours = f"{name} ({type(layer).__name__}) {tuple(layer.output.shape)} {layer.count_params()}"
    by_hand = counts.get(name, 0) == layer.count_params()
    print("same" if ours.split() == line.split() and by_hand else "DIFFERENT", " ", line)
print(f"Total params: {network.count_params():,}; counted by hand: {sum(counts.values()):,}")

# %% [markdown]
# And this is what it looks like. Each block is what a layer gives out: as high as its maps, and the wider the more maps
# there are. The image shrinks on its way, and gets deeper; then come the three dense layers.

# %%
import matplotlib.pyplot as plt

figure, ax = plt.subplots(figsize=(10, 3.4), layout="constrained")
x = 0
for layer in mine:
    kind, size = type(layer).__name__, layer.output.shape[1:]
    if kind in ("Dropout", "Flatten"):
        continue
    colour = {"Conv2D": "#0072b2", "MaxPooling2D": "#b45309", "Dense": "#595959"}[kind]
    height, width = (size[0], size[2] / 16) if len(size) == 3 else (48 * size[0] ** 0.5 / 32, 2)
    ax.bar(x + width / 2, height, width, bottom=-height / 2, color=colour, edgecolor="white")
    text = f"{size[0]}×{size[1]}×{size[2]}" if len(size) == 3 else f"{size[0]:,}"
    ax.text(x + width / 2, height / 2 + 1.5, text, rotation=60, fontsize=8, ha="left", va="bottom")
    x += width + 2.5
for colour, kind in (("#0072b2", "Conv2D"), ("#b45309", "MaxPooling2D"), ("#595959", "Dense")):
    ax.bar(0, 0, color=colour, label=kind)
ax.set(ylim=(-36, 46), xlim=(-1, x + 3))
ax.axis("off")
ax.legend(loc="lower right", frameon=False, ncols=3)
words = "two convolutions and a pooling, three times, from 46×46×64 to 2×2×128; then dense layers of 1,024, 1,024 and 6"
plots.show(figure, f"The network from left to right: {words} numbers.")

# %% [markdown]
# ### Where is the work?
#
# Parameters are one thing, arithmetic is another. A kernel is small, but it's used at every place. So count the
# multiplications for one image: each parameter of a convolution (but the bias) is used once a place.

# %%
learning = [layer for layer in mine if layer.weights]
places = [int(np.prod(layer.output.shape[1:-1], dtype=int)) for layer in learning]
work = {name: n * int(np.prod(layer.kernel.shape)) for name, n, layer in zip(counts, places, learning, strict=True)}
total, first_two = sum(work.values()), work["conv2d"] + work["conv2d_1"]
for name, n in work.items():
    share = counts[name] / network.count_params()
    print(f"{name:<9} {share:6.1%} of the parameters, {n / total:6.1%} of the multiplications")
print(f"{total / 1e6:.0f} million multiplications for one image, {first_two / total:.0%} in the first two layers")

# %% [markdown]
# The dense layers hold most of the parameters and do next to no work. The first two convolutions do two thirds of the
# work with hardly any parameters.
#
# ## Can it learn at all? Overfit one batch
#
# Before you train for hours, make sure that the network *can* learn. Give it a few images, a *batch*, again and
# again. A network of this size must be able to learn 32 images by heart. If its loss doesn't fall to almost 0,
# there's a mistake somewhere: wrong labels, a wrong loss, a learning rate that is too large or too small. This test
# takes seconds.
#
# ### Exercise 6.7
#
# Write the function. Two methods of a Keras network are enough. `compile(optimizer=..., loss=...)` chooses how it
# learns: take `"adam"`, and the cross-entropy for labels that are whole numbers, `"sparse_categorical_crossentropy"`.
# `train_on_batch(images, labels)` does one step and returns its loss.


# %% name="exercise-6-7"
def overfit(network, images, labels, steps):
    """Train `steps` times on the same batch, and return the list of the losses."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 6.7: write the body of overfit")
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return [float(network.train_on_batch(images, labels)) for _ in range(steps)]
    # END SOLUTION


# %% name="check-6-7"
checks.check("6.7", overfit)
overfit = checks.use("6.7", overfit)

# %% [markdown]
# Now the network that you built, on 16 faces, with your function: 60 steps on the same batch.

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
images, labels = data.train.binary_images(), data.train.labels
keras.utils.set_random_seed(1)
losses = overfit(build_network(), images[:16], labels[:16], 60)
print(f"first loss {losses[0]:.2f}, last loss {losses[-1]:.2f}")

figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
ax.plot(range(1, 61), losses, color="#0b5fa5")
ax.axhline(np.log(6), color="#595959", linestyle="--")
ax.text(60, np.log(6) + 0.04, "knows nothing: ln 6", ha="right", fontsize=8.5)
ax.set(ylim=(0, 2.1), xlabel="step", ylabel="loss", title="One batch, again and again")
plots.show(figure, f"The loss on one batch of 16 faces falls from {losses[0]:.2f} to {losses[-1]:.2f} in 60 steps.")

# %% [markdown]
# It starts near 1.79, as it should, and learns the batch by heart. It passes the test. But learning by heart isn't what
# we want. For that, it needs many faces.
#
# ## Train it
#
# The slides trained for 50 *epochs* (each epoch sees all training faces once) with 500 faces a step, and it took them
# about four hours. You train your network for up to four epochs on 1,500 faces here, 16 a step. Four lines of Keras do
# it:
#
# - `compile` chooses the loss, and the optimiser from lesson 05. It's Adam, at half its usual rate: at the full one, so
#   few steps hardly get the network going. (The slides don't name theirs.)
# - `fit` trains, and after each epoch measures on validation faces, from which it doesn't learn.
# - The callback `EarlyStopping` ends training when the validation loss hasn't fallen for `patience` epochs, and puts
#   the best weights back.
# - The callback `ModelCheckpoint` keeps the best network so far in a file. If your computer stops at night, it's there.

# %% tags=["volatile"] reason="progress with times, and a folder that is thrown away"
import tempfile

keras.utils.set_random_seed(0)
network = build_network()
network.compile(keras.optimizers.Adam(5e-4), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
unseen = data.validation.take(np.arange(300))
with tempfile.TemporaryDirectory() as folder:
    best = f"{folder}/best.keras"
    history = network.fit(
        images[:1500],
        labels[:1500],
        batch_size=16,
        epochs=4,
        validation_data=(unseen.binary_images(), unseen.labels),
        callbacks=[
            keras.callbacks.EarlyStopping(monitor="val_loss", patience=2, restore_best_weights=True),
            keras.callbacks.ModelCheckpoint(best, monitor="val_loss", save_best_only=True),
        ],
        verbose=2,
    ).history

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
epochs = range(1, len(history["loss"]) + 1)
figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
for ax, what in zip(axes, ("loss", "accuracy"), strict=True):
    ax.plot(epochs, history[what], "o-", color="#0b5fa5", label="training")
    ax.plot(epochs, history[f"val_{what}"], "s--", color="#b45309", label="validation")
    ax.set(xlabel="epoch", ylabel=what, xticks=list(epochs))
axes[0].legend(frameon=False)
plots.show(
    figure,
    f"Loss and accuracy of {len(epochs)} epochs. Training loss goes from {history['loss'][0]:.2f} to "
    f"{history['loss'][-1]:.2f}, validation loss from {history['val_loss'][0]:.2f} to {history['val_loss'][-1]:.2f}.",
)

# %% [markdown]
# The validation faces are those that the network doesn't train on. The training curve may well lie on the wrong side
# of it: it's measured with dropout on, and while the network is still getting better.
#
# (The course's own `training.train` is several times faster here. Binary images are nearly empty, so most of the
# patches that the first layers look at are the same; it computes each distinct patch once. See
# `help(models.SharedPatches)`.)
#
# ### How good is it, honestly?
#
# An accuracy needs four things beside it: on how many images it was measured; its *95 % interval*, since other
# images would give another number; what somebody would reach who always says the commonest emotion; and, since
# landmarks are involved, in how many images a face was found at all.

# %% tags=["nbval-ignore-output"] reason="training adds up in another order on another processor"
from emocourse import evaluation, metrics

check = data.validation
probabilities = network.predict(check.binary_images(), batch_size=100, verbose=0)
report = evaluation.report(check.labels, probabilities, check.detected, check.emotions)
answer, share = metrics.majority(labels[:1500], check.labels)
print(evaluation.sentence(report))
print(f'Always "{check.emotions[answer]}" would be right in {share:.1%}.')

# %% [markdown]
# Your interval should lie well above that last line: what the network learned from 1,500 faces is real. With more faces
# and more epochs it gets better still; try it, if you have the minutes. That was the validation split, since we're
# still choosing things. The test split is looked at once, at the very end.
#
# ### The long run
#
# The course has trained the same network as the slides did: on the real FER2013, 50 epochs, 500 faces a step. Such a
# run is too long for a lesson, so it was recorded, with its command, seed and machine.

# %%
from emocourse import results

long = next(record for record in results.read_all() if (record["model"], record["data"]) == ("slides", "fer2013"))
plots.history(long["history"], "Fifty epochs on FER2013", references=plots.SLIDES_ACCURACY)

# %%
minutes = long["seconds"] / 60
print(f"{long['command']}: {minutes:.0f} minutes on {long['machine']['cores']} cores")
for split, found in long["reports"].items():
    print(f"{split}: {evaluation.sentence(found)}")

# %% [markdown]
# (The figure's training accuracy is measured with dropout on. The printed one is the finished network's.)
#
# Compare this with the slides: 75 % on the training faces, 55 % on the test faces. (They don't say on how many
# images, nor whether those without a detected face were counted.) The two curves move apart: the network knows its
# training faces far better than new ones. This is *overfitting*, and all of lesson 07 is about it.
#
# ## What has it learned?
#
# The slides say that a CNN extracts "features, low level and high level". We look at the trained network from inside:
# the four liveliest maps after the first, the fourth and the last convolution, for our image with the dots.

# %% tags=["nbval-ignore-output"] reason="the network's last digits depend on the processor"
from emocourse import models

trained = models.load("slides").model
names = ["conv2d", "conv2d_3", "conv2d_5"]
inside = keras.Model(trained.inputs, [trained.get_layer(name).output for name in names])
answers = [maps[0] for maps in inside.predict_on_batch(dots[None, :, :, None].astype("float32"))]
liveliest = [np.argsort(-maps.std(axis=(0, 1)), kind="stable")[:4] for maps in answers]
shown = [
    (f"{name}, map {k}", maps[:, :, k]) for name, maps, ks in zip(names, answers, liveliest, strict=True) for k in ks
]
plots.feature_maps([m for _, m in shown], titles=[title for title, _ in shown], title="Low level and high level")

# %% [markdown]
# In the first row, each dot is still a small copy of a kernel. In the second, some maps answer to one part of the
# face only. In the last, 5 × 5 numbers are left, and no person can say what exactly they mean.
#
# ### A filter over 64 maps
#
# A filter of the second layer looks at all 64 maps of the first at once, with a kernel for each. What comes out is
# the *sum* of 64 convolutions, plus the bias, then ReLU. Below you see three of the 64 terms, and the sum. You can
# compute it with your own `convolve`:

# %% tags=["nbval-ignore-output"] reason="the network's last digits depend on the processor"
second = trained.get_layer("conv2d_1")
first_maps, target = keras.Model(trained.inputs, [trained.get_layer("conv2d").output, second.output]).predict_on_batch(
    dots[None, :, :, None].astype("float32")
)
kernels, biases = (keras.ops.convert_to_numpy(values) for values in (second.kernel, second.bias))
k = int(target[0].std(axis=(0, 1)).argmax())
terms = [convolve(first_maps[0, :, :, c], kernels[:, :, c, k]) for c in range(64)]
total = from_scratch.relu(sum(terms) + biases[k])
print("by hand the same as Keras:", bool(np.allclose(total, target[0, :, :, k], atol=1e-4)))
strongest = np.argsort([-np.abs(term).max() for term in terms], kind="stable")[:3]
plots.feature_maps(
    [*(terms[c] for c in strongest), total],
    titles=[*(f"from map {c}" for c in strongest), f"sum of 64: map {k}"],
    title="A filter of the second layer adds up 64 convolutions",
)

# %% [markdown]
# ### Exercise 6.8
#
# Why do exactly 512 numbers reach the first dense layer?
#
# - `inputs_64`: if the images had 64 × 64 pixels and all else stayed as it is, how many would it be?
# - `depends`: why does this network take images of 48 × 48 and no others? **A** Dropout needs it. **B** A dense layer
#   has a weight for each number that comes in, so that number is fixed. **C** A convolution has weights for one size
#   of image. **D** Pooling needs sides that are even.
# - `because`: explain in a sentence or two where the 512 come from.

# %% name="exercise-6-8"
# BEGIN SOLUTION
# STUB: inputs_64 = ...
# STUB: depends = ...
# STUB: because = ...
inputs_64 = 4 * 4 * 128
depends = "B"
because = "The last pooling leaves 128 maps, one for each filter of conv2d_5, and each has 2 × 2 numbers: 2 · 2 · 128."
# END SOLUTION

# %% name="check-6-8"
checks.check("6.8", inputs_64, depends, because)

# %% [markdown] tags=["solution"]
# **About the answer.** 64 → 62 → 60 → 30 → 28 → 26 → 13 → 11 → 9 → 4, and 4 · 4 · 128 = 2,048. The number of inputs
# depends on the size of the image, and with it the number of the dense layer's weights. That's why the network
# takes images of 48 × 48 and no others. The convolutions themselves would take any size.

# %% [markdown]
# ## Questions
#
# 1. How many parameters would the network have with seven emotions, disgust included? Which layer changes?
# 2. The same kernel is used everywhere in the image. Why is that a good idea for photos? Is it as good for faces
#    that are always in the middle?
# 3. A friend's network starts with a loss of 12. What would you check first?
# 4. A network is right in 45 % of 100 images, another in 50 % of the same number. Is the second one better?

# %% [markdown] tags=["solution"]
# **Answers.**
#
# 1. 1,914,951: only `dense_2` changes, by the weights and the bias of one more output, 1,024 + 1.
# 2. An edge is an edge wherever it is, so what is learnt in one place helps everywhere, and there's less to learn.
#    In aligned faces, an eye is always near the same place, so part of that advantage is lost; the dense layers can
#    use place.
# 3. An untrained network of six classes should start near 1.79. A loss of 12 means that it's very sure and very
#    wrong: look at the scale of the input (0 to 255 in place of 0 to 1), at the first weights, and whether softmax is
#    applied twice or not at all.
# 4. Nobody can say. The 95 % intervals are about ±10 points wide, and they overlap almost entirely. Lesson 10 shows a
#    sharper comparison on the same images.

# %% [markdown]
# ## Recap
#
# - A convolution slides a kernel over an image and writes down sums of products: a feature map. The output is
#   smaller.
# - ReLU bends, so that many layers are more than one. Max pooling keeps what was found, and roughly where.
# - Softmax turns scores into a probability distribution; cross-entropy says how wrong it is.
# - The slides' network has 1,913,926 parameters, most of them in the dense layers; most of the work is in the first
#   two convolutions.
# - Before you train: does the loss start near 1.79, and can the network learn one batch by heart?
# - An accuracy comes with its number of images, its interval, a baseline and the coverage.
#
# ## Further reading
#
# - D. H. Hubel and T. N. Wiesel, "Receptive fields, binocular interaction and functional architecture in the cat's
#   visual cortex", The Journal of Physiology 160(1), 1962, [doi
#   10.1113/jphysiol.1962.sp006837](https://doi.org/10.1113/jphysiol.1962.sp006837): the animal vision of the slides.
# - Yann LeCun, Léon Bottou, Yoshua Bengio and Patrick Haffner, "Gradient-based learning applied to document
#   recognition", Proceedings of the IEEE 86(11), 1998, [doi 10.1109/5.726791](https://doi.org/10.1109/5.726791): CNNs
#   read cheques.
# - Vincent Dumoulin and Francesco Visin, "A guide to convolution arithmetic for deep learning", 2016, [arXiv
#   1603.07285](https://arxiv.org/abs/1603.07285): sizes, strides and padding in images.
# - Nitish Srivastava and others, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", Journal of
#   Machine Learning Research 15, 2014, [jmlr.org](https://jmlr.org/papers/v15/srivastava14a.html).
# - Diederik P. Kingma and Jimmy Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, [arXiv
#   1412.6980](https://arxiv.org/abs/1412.6980).
#
# Next: lesson 07, diagnosing overfitting.
