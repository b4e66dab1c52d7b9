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
# # NumPy first
#
# **You will learn** the NumPy that this course is written in: shapes and dtypes, indices and slices, masks, axes, and
# arithmetic with whole arrays.
#
# **You need** some Python: lists, loops, functions. No NumPy.
#
# **Time** 30 minutes to read and try; less than a minute to run.
#
# **Data** one face of the *twin*, which the course draws itself.

# %% [markdown]
# This warm-up is optional, and nothing in it is graded. Do you know what `image[image > 200].mean()` and
# `points.mean(axis=0)` give? Then skip it, and open lesson 01.
#
# ## An image is an array
#
# A grey image is a table of numbers, one for each pixel: 0 is black, 255 is white. NumPy keeps such a table as an
# *array*. Here's the average happy face of our dataset, drawn.

# %%
import matplotlib.pyplot as plt
import numpy as np

from emocourse import plots, twin

points = twin.load().mean("happiness")  # 68 landmarks
face = twin.draw(points, side=96, seed=3)
print(f"shape {face.shape}, dtype {face.dtype}, from {face.min()} to {face.max()}")


def show(image, words):
    """Draw a grey image with its row and column numbers; words say what it shows."""
    figure, ax = plt.subplots(figsize=(3, 3), layout="constrained")
    ax.imshow(image, cmap="gray", vmin=0, vmax=255)
    ax.set(xlabel="column (x)", ylabel="row (y)")
    plots.show(figure, words)


show(face, "A drawn grey face of 96 by 96 pixels that smiles.")

# %% [markdown]
# Two words there are new. The *shape* says how many rows and columns there are. The *dtype* says what kind of number is
# in it: `uint8` means whole numbers from 0 to 255, a byte each.
#
# **The row comes first**: `face[20, 60]` is row 20, column 60. For an image, that's y = 20 and x = 60, and y grows
# downwards. A *slice* such as `30:50` takes from 30 up to, but not including, 50; a colon alone takes everything; -1 is
# the last.

# %%
print("one pixel:          ", face[20, 60])
print("one row, as a shape:", face[20].shape)
print("twenty rows:        ", face[30:50, :].shape)
print("the last column:    ", face[:, -1].shape)

# %% [markdown]
# Below each task there's a cell that looks at your answer. It only calls this function, which says of each claim
# whether it holds.


# %%
def look(value, claims):
    """Say which claims hold of an answer; they are {words: function of the answer}."""
    if value is ...:
        print("not tried yet")
        return
    for words, holds in claims.items():
        try:
            print("yes:" if holds(value) else "NO: ", words)
        except Exception as error:
            print("NO: ", words, f"({type(error).__name__}: {error})")


# %% [markdown]
# ### Try it: the middle
#
# Cut out the middle 48 × 48 pixels of the 96 × 96.

# %%
# BEGIN SOLUTION
# STUB: middle = ...
middle = face[24:72, 24:72]
# END SOLUTION

# %%
look(
    middle,
    {
        "it has 48 rows and 48 columns": lambda cut: cut.shape == (48, 48),
        "its first pixel is that of row 24, column 24": lambda cut: cut[0, 0] == face[24, 24],
        "its last pixel is that of row 71, column 71": lambda cut: cut[-1, -1] == face[71, 71],
    },
)

# %% [markdown]
# A slice is a *view*: it looks at the same memory. If you write into `middle`, you write into `face`. Where you don't
# want that, take a copy: `middle.copy()`.
#
# ## Arithmetic goes pixel by pixel
#
# `face // 2` halves every pixel, without a loop. But mind the dtype. A byte can't hold more than 255. Anything above
# starts again at 0:

# %%
three = np.array([100, 200, 250], dtype=np.uint8)
print(three + 10)
print(three.astype(int) + 10, "as int, which has room")
show(face + 100, "The same face, 100 added as bytes: what was bright has become dark.")

# %% [markdown]
# ### Try it: brighter
#
# Now do it properly. Make each pixel brighter by 100, but never above 255, and give bytes back. (`np.minimum(a, 255)`
# takes the smaller of each pixel and 255. `astype` changes the dtype.)

# %%
# BEGIN SOLUTION
# STUB: brighter = ...
brighter = np.minimum(face.astype(int) + 100, 255).astype(np.uint8)
# END SOLUTION

# %%
look(
    brighter,
    {
        "its dtype is uint8": lambda image: image.dtype == np.uint8,
        "no pixel has become darker": lambda image: (image >= face).all(),
        "the darkest is 100 brighter": lambda image: image.min() == int(face.min()) + 100,
        "the brightest is 255": lambda image: image.max() == 255,
    },
)

# %% [markdown]
# ## Masks
#
# A comparison also goes pixel by pixel. You get an array of the same shape that holds `True` and `False`: a *mask*. It
# has three uses.
#
# - **Count.** `True` counts as 1. So `mask.sum()` is how many there are, and `mask.mean()` their share.
# - **Choose.** `face[mask]` gives the pixels where it's true, in a row.
# - **Change.** `copy[mask] = 255` sets only these pixels.
#
# Combine masks with `&` (and), `|` (or) and `~` (not), each comparison in brackets: `(face > 50) & (face < 80)`.
# Python's own `and` doesn't work here.

# %%
dark = face < 50
print(f"dtype {dark.dtype}, {dark.sum()} pixels, a share of {dark.mean():.3f}, on average {face[dark].mean():.1f}")
marked = face.copy()
marked[dark] = 255
show(marked, "The same face; its darkest parts, such as hair, brows and pupils, are white.")

# %% [markdown]
# ### Try it: neither dark nor bright
#
# What share of the pixels is from 50 to 150, both included?

# %%
# BEGIN SOLUTION
# STUB: share = ...
share = ((face >= 50) & (face <= 150)).mean()
# END SOLUTION

# %%
counted = sum(50 <= pixel <= 150 for row in face.tolist() for pixel in row)  # the same by two loops: much slower
look(
    share,
    {
        "it's a share, from 0 to 1": lambda value: 0 <= value <= 1,
        "it's what a loop over all pixels finds": lambda value: np.isclose(value, counted / face.size),
    },
)

# %% [markdown]
# ## Axes
#
# Landmarks are an array too. `points` has the shape (68, 2): a row for each point, with x in column 0 and y in column
# 1.
#
# Sums, means, minima: each can run over everything, or along one *axis*. **The axis that you name is the one that
# disappears.** `points.mean(axis=0)` runs over the 68 rows. Two numbers are left, the mean x and the mean y.

# %%
print("all in one: ", points.mean())
print("over axis 0:", points.mean(axis=0), "the middle of the face")
print("over axis 1:", points.mean(axis=1).shape, "a number a point, which means nothing here")
print("all the x:  ", points[:, 0].shape)

# %% [markdown]
# `argmax` and `argmin` say *where* the largest and the smallest are: their index, not their value.
#
# ### Try it: the highest point, and the size
#
# Set `highest` to the number of the landmark that stands highest in the image. (Which way does y grow?) Set `size` to
# the width and height of the box around all the points, an array of two numbers.

# %%
# BEGIN SOLUTION
# STUB: highest = ...
# STUB: size = ...
highest = points[:, 1].argmin()
size = points.max(axis=0) - points.min(axis=0)
# END SOLUTION

# %%
look(highest, {"no other point stands higher": lambda k: all(points[k, 1] <= y for y in points[:, 1])})
look(
    size,
    {
        "it's two numbers": lambda value: value.shape == (2,),
        "the first is the width": lambda value: np.isclose(value[0], np.ptp(points[:, 0])),
        "the second is the height": lambda value: np.isclose(value[1], np.ptp(points[:, 1])),
    },
)

# %% [markdown]
# ## A small array meets a large one
#
# What is `points - points.mean(axis=0)`? NumPy compares shapes from their ends: (68, **2**) and (**2**). They agree, so
# the two numbers are subtracted from each of the 68 rows. That's called *broadcasting*. A length of 1 fits any other.
#
# ### Try it: centred, and of size 1
#
# Networks like small numbers around 0. Move the points so that their mean is 0 in x and in y. Then divide them all by
# one number, so that the largest absolute value (`np.abs`) is 1.

# %%
# BEGIN SOLUTION
# STUB: normal = ...
centred = points - points.mean(axis=0)
normal = centred / np.abs(centred).max()
# END SOLUTION

# %%
look(
    normal,
    {
        "it's still 68 points": lambda value: value.shape == (68, 2),
        "the mean of x and of y is 0": lambda value: np.allclose(value.mean(axis=0), 0, atol=1e-5),
        "the largest absolute value is 1": lambda value: np.isclose(np.abs(value).max(), 1),
        "the face is as wide for its height as before": lambda value: np.isclose(
            np.divide(*np.ptp(value, axis=0)), np.divide(*np.ptp(points, axis=0))
        ),
    },
)

# %% [markdown]
# ## Indexing with arrays
#
# An index can be an array of whole numbers: `points[[36, 45]]` takes the outer corners of both eyes. With **two**
# arrays, NumPy goes through both together: `table[[0, 1], [5, 7]]` takes row 0, column 5 and row 1, column 7.
#
# Here are a network's probabilities for four faces and three emotions, and the right answers, the *labels*.

# %%
probabilities = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.5, 0.4, 0.1], [0.2, 0.2, 0.6]])
labels = np.array([0, 1, 0, 2])
print("rows 0 and 3:      ", probabilities[[0, 3]].tolist())
print("answer to each:    ", probabilities.argmax(axis=1))
print("share that's right:", (probabilities.argmax(axis=1) == labels).mean())

# %% [markdown]
# ### Try it: what the right answer got
#
# Set `given` to the probability that each face's own label got: four numbers, without a loop. (The rows are
# `np.arange(4)`.)

# %%
# BEGIN SOLUTION
# STUB: given = ...
given = probabilities[np.arange(4), labels]
# END SOLUTION

# %%
look(
    given,
    {
        "it's four numbers": lambda value: value.shape == (4,),
        "the second face's label, 1, got 0.3": lambda value: value[1] == 0.3,
        "together they're 2.1": lambda value: np.isclose(value.sum(), 2.1),
    },
)

# %% [markdown]
# That's all the NumPy you need to start. The lessons explain the rest where they use it.
#
# ## Questions
#
# 1. An image has the shape (48, 64). How wide is it?
# 2. `mask.mean()` gives 0.25. What does that tell you?
# 3. `images` has the shape (500, 48, 48). What are the shapes of
#    `images.mean(axis=0)` and of `images.mean(axis=(1, 2))`, and what does each hold?

# %% [markdown] tags=["solution"]
# **Answers.**
#
# 1. 64 pixels: rows come first, so it's 48 high.
# 2. That the comparison is true for a quarter of the pixels.
# 3. (48, 48): the mean image, pixel by pixel over all faces. And (500,): how bright each image is on average.

# %% [markdown]
# ## Recap
#
# - Row first, then column. Slices leave out their end, and they're views.
# - Mind the dtype: bytes start again at 0 after 255.
# - A comparison gives a mask: count with it, choose with it, change with it.
# - The axis that you name is the one that disappears.
# - Shapes are compared from their ends; two index arrays go together.
#
# ## Further reading
#
# - Charles R. Harris and others, "Array programming with NumPy", Nature 585, 2020, [doi
#   10.1038/s41586-020-2649-2](https://doi.org/10.1038/s41586-020-2649-2).
# - Stéfan van der Walt, S. Chris Colbert and Gaël Varoquaux, "The NumPy Array: A Structure for Efficient Numerical
#   Computation", Computing in Science & Engineering 13(2), 2011, [doi
#   10.1109/MCSE.2011.37](https://doi.org/10.1109/MCSE.2011.37).
# - Jake VanderPlas, "Python Data Science Handbook", O'Reilly, 2016,
#   [https://jakevdp.github.io/PythonDataScienceHandbook](https://jakevdp.github.io/PythonDataScienceHandbook/).
#
# Next: lesson 00, start here, or lesson 01, Ekman's emotions.
