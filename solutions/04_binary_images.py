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
# # From faces to binary images
#
# **You will learn** to turn a photo of any size into what the network sees: detect the face, crop it, resize it, find
# 68 landmarks, drop the outline, and draw the other 51 into an image of zeros and ones. You will also learn where this
# goes wrong, and how to say so in numbers.
#
# **You need** lesson 02, and NumPy arrays: their shape, slices, and indexing with arrays.
#
# **Time** 80 minutes to read and solve; about one minute to run on an ordinary processor, more the first time.
#
# **Data** the *twin*. With the real FER2013 at hand, change one word: `DATA = "fer2013"`.

# %%
DATA = "twin"  # or "fer2013"

# %% [markdown]
# ## The plan
#
# The authors of the slides prepared their data in these steps:
#
# 1. input image, of any size
# 2. face detection
# 3. crop around the face
# 4. reshape to 48 × 48
# 5. landmark detection
# 6. delete the landmarks of the face's shape: "not enough information"
# 7. creation of a binary image, normalised to 0 and 1
# 8. reshape to (48, 48, 1) for the network
#
# (On the slide, two steps carry the number 4. We count on.) You will do each step by hand once, and then use the
# course's own function for it. As example we take a drawn photo with one person in it.
#
# ## Step 1: an image, and its greys
#
# To a computer, a grey image is a table of numbers from 0 (black) to 255 (white), one for each *pixel*. The first
# index is the row, counted from the top; the second is the column, counted from the left. The numbers are bytes: NumPy
# calls the type `uint8`.

# %%
import numpy as np

from emocourse import plots, twin

whole = twin.scene(1, size=(400, 340), seed=2)
x, y, width, _ = whole.boxes[0].astype(int)
photo = whole.image[y - 5 :, x - 50 : x + width + 50]  # a narrow photo, in which the hair is cut off
print(photo.shape, photo.dtype, "from", photo.min(), "to", photo.max())
plots.image_grid([photo], cell=3.4, title="A drawn photo")

# %% [markdown]
# A colour image has three numbers a pixel: red, green and blue. Its shape is (height, width, 3). Our system needs
# only grey. How much grey is a colour? The eye finds pure green much brighter than pure blue. So the three numbers do
# not count the same. Colour television brought these weights in the 1950s; the result is called *luma*:
#
# grey = 0.299 · red + 0.587 · green + 0.114 · blue
#
# ### Exercise 4.1
#
# Turn a colour image into a grey one. Mind the types: bytes end at 255, and a product with 0.299 is no byte. At the
# end, round to the nearest whole number, and go back to `uint8`.


# %% name="exercise-4-1"
def to_grey(colour):
    """Grey of a colour image: (H, W, 3) uint8 in, (H, W) uint8 out."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 4.1: write the body of to_grey")
    red, green, blue = colour[..., 0], colour[..., 1], colour[..., 2]
    return np.rint(0.299 * red + 0.587 * green + 0.114 * blue).astype(np.uint8)
    # END SOLUTION


# %% name="check-4-1"
from emocourse import checks

checks.check("4.1", to_grey)

# %% [markdown] tags=["solution"]
# **About the answer.** `colour[..., 0]` is the red of every pixel at once. Multiplying a byte array by 0.299 gives
# floats, so nothing runs over; `(299 * red + …) // 1000` would, silently, because 299 times a byte does not fit into a
# byte. `astype(np.uint8)` alone cuts off what follows the point: white, 254.99999 in floats, would become 254.

# %% [markdown]
# Look at the difference. The patches below are pure red, green and blue. In the middle row each colour counts the same,
# and all three give one grey. In the lower row, luma tells them apart.

# %%
from emocourse import files

patches = np.eye(3)[:, None, None, :] * np.full((3, 24, 24, 1), 255)
patches = patches.astype(np.uint8)
rows = [*patches, *patches.mean(axis=3), *(files.read(patch) for patch in patches)]
rows = [row.astype(np.uint8) for row in rows]
names = ["red", "green", "blue"]
for way, greys in (("mean", rows[3:6]), ("luma", rows[6:])):
    names += [f"{way}: {grey[0, 0]}" for grey in greys]
plots.image_grid(rows, titles=names, columns=3)

# %% [markdown]
# `files.read` does this for files as well, and checks that they are images at all.
#
# ## Step 2: where is the face?
#
# "Face/landmark detection with OpenCV and dlib", say the slides, and not which of the two did what. Each brings a face
# *detector*. Both slide a window over the image, in many sizes, and ask at each place: is this a face?
#
# - **OpenCV's Haar cascade** (Viola and Jones, 2001) compares sums of dark and light rectangles: eyes are darker than
#   cheeks, and so on. It asks the cheap questions first and gives up early, so it is fast.
# - **dlib's HOG** (*histogram of oriented gradients*, Dalal and Triggs, 2005) asks in each small cell of the window
#   which way the edges run. A linear classifier adds this up to one number: the *score*. The higher, the surer.

# %%
from emocourse import faces

scene = twin.scene(6, size=(640, 480), seed=1)
found = {name: faces.detect(scene.image, detector=name) for name in ("hog", "haar")}
boxes = {name: [face.box for face in detected] for name, detected in found.items()}
plots.boxes_compared(scene.image, boxes)

# %% [markdown]
# A box is written as (x, y, width, height), in pixels, with x and y of its upper left corner. The detectors do not
# agree exactly, and that is normal: nobody ever fixed where a face ends.
#
# One image proves little. In drawn scenes we know where the faces are, so we can count. A box hits when it
# shares enough area with the true one. We count faces found, and *false alarms*: boxes where there is no face.

# %%
from emocourse import evaluation

scenes = [twin.scene(6, size=(640, 480), seed=seed) for seed in range(10, 18)]
for name in ("hog", "haar"):
    results = []
    for one in scenes:
        boxes = [face.box for face in faces.detect(one.image, detector=name)]
        results.append(evaluation.matches(boxes, one.boxes))
    hits, false_alarms = np.sum(results, axis=0)
    print(f"{name:<5} found {hits} of {6 * len(scenes)} faces, with {false_alarms} false alarms")

# %% [markdown]
# On these clean drawings both do well. From here on we use HOG: its score lets us choose how sure we want to be, and
# dlib's landmarks, step 5, were trained on boxes like its own. We come back to faces that are harder.
#
# ## Step 3: crop
#
# We cut out a square around the box. It is a little wider than the box and lies a little higher, which is how
# FER2013 frames its faces. The square may reach beyond the photo. Our person stands close to the edge, so it does.

# %%
box = faces.detect(photo)[0].box
left, top, side = faces.crop_square(box)
print("box:", [round(value) for value in box])
print(f"square: columns {left} to {left + side - 1}, rows {top} to {top + side - 1}; the photo ends at", photo.shape)

# %% [markdown]
# What is outside the photo? Nothing, so we must invent something. Black would add an edge that is not there, and both
# detectors and networks look for edges. It is better to repeat the nearest pixel of the border.
#
# ### Exercise 4.2
#
# Cut out a square. Outside the image, repeat the nearest pixel. One way: make the row numbers that you want with
# `np.arange`, push those outside to the nearest valid one with `np.clip`, do the same for the columns, and index with
# both. `np.ix_(rows, columns)` helps: it picks every row with every column.


# %% name="exercise-4-2"
def cut(image, left, top, side):
    """A square of `side` pixels whose first pixel is in column `left` and row `top`, which may lie outside."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 4.2: write the body of cut")
    height, width = image.shape
    rows = np.clip(np.arange(top, top + side), 0, height - 1)
    columns = np.clip(np.arange(left, left + side), 0, width - 1)
    return image[np.ix_(rows, columns)]
    # END SOLUTION


# %% name="check-4-2"
checks.check("4.2", cut)

# %% [markdown] tags=["solution"]
# **About the answer.** The tempting `image[top : top + side, left : left + side]` fails quietly: beyond the end a
# slice just stops, and with `top = -4` it means "the fourth row from the end". `np.pad(image, …, mode="edge")` with a
# slice after it is another good way.

# %% [markdown]
# Here is the square that the course's own function cuts out. On its left, the last column of the photo is repeated.

# %%
cropped = faces.crop(photo, box, side=side)
plots.image_grid([photo, cropped], titles=[f"{photo.shape[1]}×{photo.shape[0]}", f"{side}×{side}"], cell=3)

# %% [markdown]
# ## Step 4: 48 × 48
#
# FER2013's images have 48 × 48 pixels, so ours must too. The crude way to shrink an image is to keep every fifth
# pixel, say, and to throw away the others. The better way is to take the *mean* of all pixels that become one: *area
# averaging*. Fine stripes show why. Where they are finer than the new pixels, the crude way invents stripes that were
# never there.

# %%
stripes = np.tile(np.where(np.arange(240) % 4 < 2, 40, 215), (240, 1)).astype(np.uint8)
large = twin.draw(twin.load().mean("surprise"), side=240, seed=4)
both = [large, large[::5, ::5], files.resize(large, 48), stripes, stripes[::5, ::5], files.resize(stripes, 48)]
plots.image_grid(both, titles=["240 pixels", "every fifth", "mean of 5×5"] * 2, columns=3, cell=1.8)

# %% [markdown]
# ### Exercise 4.3
#
# Shrink an image by a whole factor, by area averaging. A hint: `reshape` can split the height into two axes, (new
# height, factor), and the width in the same way. Then take the mean over the right two of the four axes. Round, and
# return `uint8`.


# %% name="exercise-4-3"
def shrink(image, factor):
    """Mean of each block of factor × factor pixels: (H, W) uint8 in, (H // factor, W // factor) uint8 out.

    H and W are multiples of factor.
    """
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 4.3: write the body of shrink")
    height, width = image.shape
    blocks = image.reshape(height // factor, factor, width // factor, factor)
    return np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8)
    # END SOLUTION


# %% name="check-4-3"
checks.check("4.3", shrink)

# %% [markdown] tags=["solution"]
# **About the answer.** Rows lie one after the other in memory. So the first two axes of `blocks` number the rows
# (block, row in the block), and the last two the columns. Two nested loops over the blocks are right as well, only
# slower.

# %% [markdown]
# A crop is seldom a multiple of 48 pixels wide. `files.resize` then weighs the pixels on a boundary by how much of
# their area falls to each side. That is all the difference.
#
# ## Between the pixels
#
# Landmarks lie anywhere, also between pixels: an eye's corner may be at x = 3.3. So we must agree where 0 is. In this
# course, **x = 0 is the centre of the first pixel**. That pixel reaches from -0.5 to 0.5, the next from 0.5 to 1.5.
# With this, the pixel of a landmark is simply its rounded position. And mind the order: a point is (x, y), but
# an array is indexed [row, column], which is [y, x].

# %%
plots.pixel_centres(3.3, 1.7, title="A landmark, and its pixel")

# %% [markdown]
# Shrinking an image moves the centres. Two pixels, at 0 and 1, become one, at 0: their middle, 0.5, is the new centre.
# So halving x is not enough. Go to the edges first (add 0.5), scale, and come back: x' = (x + 0.5) · s - 0.5.
# Forgetting this shifts every landmark by up to half a pixel of the larger image. At 48 pixels that can matter, as
# the last line shows.

# %%
x = np.array([0, 1, 99.5, 239])
print("240 pixels:", x)
print(" 48 pixels:", ((x + 0.5) * 48 / 240 - 0.5).round(2))
lids = twin.load().mean("neutral")[[37, 41]]  # the upper and the lower lid of one eye, in an image of 48 pixels
print(f"an eye of the mean neutral face is open by {np.linalg.norm(lids[0] - lids[1]):.1f} pixels")

# %% [markdown]
# ## Step 5: 68 landmarks
#
# dlib's *shape predictor* (Kazemi and Sullivan, 2014) places 68 points in a box. It starts from the mean face of its
# training images. Then it looks at brightness differences near the points and moves all of them a little, ten times
# or more. Each move comes from decision trees. Note two things. It always returns 68 points, also where there is no
# face. And it begins in the box: with a bad box it begins badly.

# %%
from emocourse import faces

points = faces.predict(large, faces.detect(large)[0].box)
plots.landmarks_on(large, points, numbered=True, title="The 68 landmarks and their numbers")

# %% [markdown]
# "Left" and "right" are sides of the image. Numbers 0 to 16 are the *outline*, along the jaw; 17 to 26 the brows; 27
# to 35 the nose; 36 to 47 the eyes; 48 to 67 the lips, first their outer line, then the inner.
#
# ## Step 6: without the outline
#
# The slides drop the outline: "not enough information". It says more about the shape of a person's head, and where it
# turns, than about the expression. (Not all: an open mouth takes the chin with it.)
#
# ### Exercise 4.4
#
# Remove the 17 points of the outline.


# %% name="exercise-4-4"
def without_outline(points):
    """The inner landmarks: (68, 2) in, (51, 2) out."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 4.4: write the body of without_outline")
    return points[17:]
    # END SOLUTION


# %% name="check-4-4"
checks.check("4.4", without_outline)

# %% [markdown]
# ## Steps 7 and 8: the binary image
#
# Now draw the 51 points into an empty image. The slides call it *normalised*: its numbers are 0 and 1, not 0 and 255.
# Networks learn best when their inputs are small numbers. The last axis, of length 1, says how many *channels* a
# pixel has: one, as in a grey image. The network of lesson 06 wants it there.
#
# ### Exercise 4.5
#
# Draw the points. Round each to its nearest pixel. Points can lie outside the image, because faces do: leave those
# out. Two points on one pixel are still a 1. Use the type `np.float32`.


# %% name="exercise-4-5"
def binary(points):
    """A (48, 48, 1) float32 image, 1 at each of the points (51, 2), else 0."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 4.5: write the body of binary")
    image = np.zeros((48, 48, 1), np.float32)
    for x, y in np.rint(points).astype(int):
        if 0 <= x < 48 and 0 <= y < 48:
            image[y, x, 0] = 1
    return image
    # END SOLUTION


# %% name="check-4-5"
checks.check("4.5", binary)

# %% [markdown] tags=["solution"]
# **About the answer.** The three classic mistakes: `image[x, y]`, which mirrors the face about its diagonal;
# `int(x)`, which cuts instead of rounding and moves the face by half a pixel up and left; and forgetting that -1 is a
# valid index, which puts a point from beyond the left edge on the right one.

# %% [markdown]
# ## All steps in one image
#
# Here is our photo once more, from the input to the network's (48, 48, 1). The landmarks are found in the 48 × 48
# crop, as the slides do it. `faces`, `landmarks` and `images` hold the course's own version of every step.

# %%
small = faces.crop(photo, box, side=48)
points, detected, score, _ = faces.find(small)
print(f"detected in the crop: {detected}, score {score:.2f}")
plots.preprocessing_steps(photo, box, cropped, small, points, faces.binary_image(points))

# %% [markdown]
# ## Many faces at once
#
# FER2013 has 35,887 faces. A loop in Python that handles them one by one is slow. NumPy handles all at once, when the
# indices are arrays. To set one pixel in each of n images, give it three arrays of equal shape: the image's number,
# the row and the column.

# %%
three = np.zeros((3, 4, 4), int)
three[[0, 1, 2], [1, 1, 3], [0, 2, 3]] = 1  # one pixel in each: [0, 1, 0], [1, 1, 2] and [2, 3, 3]
print(three)

# %% [markdown]
# ### Exercise 4.6
#
# Write steps 6 to 8 for a whole batch: (n, 68, 2) landmarks in, (n, 48, 48, 1) out, with no loop over the faces. Points
# outside are left out again; no faces at all (n = 0) must work too. The numbers of the images need the shape of the
# points, (n, 51): `np.arange(n)[:, None]` and `np.broadcast_to` help.


# %% name="exercise-4-6"
def binary_images(landmarks):
    """Binary images of many faces: (n, 68, 2) in, (n, 48, 48, 1) float32 out."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 4.6: write the body of binary_images")
    pixels = np.rint(landmarks[:, 17:]).astype(int)
    face = np.broadcast_to(np.arange(len(pixels))[:, None], pixels.shape[:2])
    inside = ((pixels >= 0) & (pixels < 48)).all(axis=2)
    images = np.zeros((len(pixels), 48, 48, 1), np.float32)
    images[face[inside], pixels[inside, 1], pixels[inside, 0]] = 1
    return images
    # END SOLUTION


# %% name="check-4-6"
checks.check("4.6", binary_images)

# %% [markdown] tags=["solution"]
# **About the answer.** The usual slip is `images[:, y, x] = 1`: the colon means *every* image, so each one gets the
# points of all faces. `face[inside]` and its two companions are flat arrays, one entry for each point that is left.

# %% [markdown]
# ## Where detection fails
#
# Now the whole dataset. `dataset.load` does steps 2 and 5 for every image and keeps the result, so that the
# second time is quick. It also tells us which faces were *detected*. The share of these is the **coverage**.

# %%
from emocourse import dataset

data = dataset.load(DATA, progress=False)
split = data.train
print(f"{DATA}, train: {len(split):,} images, {split.detected.sum():,} detected, coverage {split.coverage:.1%}")

# %% [markdown]
# What becomes of the others? There is no box, so the whole image serves as box, and the predictor places its 68
# points in it all the same. These images stay in the dataset, because the system has to answer for them too. Here
# are binary images of detected faces (upper row) and of undetected ones. Some of the lower ones look right and
# some do not. Nothing in the images says which.

# %%
shown = [np.flatnonzero(split.detected == state)[:8] for state in (True, False)]
chosen = np.concatenate(shown)
titles = [("found: " if split.detected[i] else "not: ") + split.emotions[split.labels[i]] for i in chosen]
plots.binary_grid(split.binary_images()[chosen], titles=titles, columns=8, title="Detected, and not detected")

# %% [markdown]
# Is every emotion found equally often? If not, a coverage for all together hides it.
#
# ### Exercise 4.7
#
# For each emotion, work out the share of its images in which the face was found, and the 95 % interval of that
# share. `metrics.wilson_interval(found, n)` gives the interval as a pair (low, high). It takes two counts.

# %% name="exercise-4-7"
from emocourse import metrics


def coverage_by_emotion(labels, detected, names):
    """{emotion: (share, low, high)} for each of `names`; `labels` are indices into `names`, `detected` is bool."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 4.7: write the body of coverage_by_emotion")
    table = {}
    for number, name in enumerate(names):
        mine = detected[labels == number]
        table[name] = (mine.mean(), *metrics.wilson_interval(int(mine.sum()), len(mine)))
    return table
    # END SOLUTION


# %% name="check-4-7"
checks.check("4.7", coverage_by_emotion)

# %% [markdown]
# The figure shows your data on the left. On the right stands FER2013 as we measured it, its 28,709 `Training`
# images; the numbers come from `data/results/detection/fer2013.json`. The dashed line is the coverage of all.

# %%
record = evaluation.recorded_coverage()
real = {name: evaluation.proportion(*counts) for name, counts in record["emotions"]["train"].items()}
tables = {DATA: evaluation.coverage_by_emotion(split.labels, split.detected), "FER2013, recorded": real}
plots.coverage_by_emotion(tables)

# %% [markdown]
# Two things to see. **In FER2013, sad faces are found least**: about 73 of 100, against 90 happy ones, and the
# intervals are far apart. The numbers do not say why: perhaps sad people look down more often, or cover their faces.
# **The twin hides this.** It was fitted to faces that *were* found, and it draws each one facing the camera, more or
# less, in good light. So nearly all of its faces are found, and the intervals overlap. A dataset made from what a
# detector finds cannot tell us what it misses.
#
# This is why the course reports every accuracy **on all images first, and on the detected ones second**. Whoever
# reports on detected faces alone has left out the hard ones, and more sad ones than others:

# %%
everyone = sum(one.n for one in real.values())
seen = sum(one.part for one in real.values())
print(f"FER2013, Training: {everyone:,} images, {seen:,} detected, coverage {seen / everyone:.1%}")
for name in ("sadness", "happiness"):
    one = real[name]
    print(f"{name}: {one.n / everyone:.1%} of all images, {one.part / seen:.1%} of the detected ones")

# %% [markdown]
# ## "Sometimes there are fails in landmark detection"
#
# So say the slides. Let us make some. The course can turn a drawn head, hold a hand before it, take away the light, and
# blur the image. Each row goes from easy to hard. Above each image stands the detector's score; -9 means that it
# saw nothing at all. We count a face as detected from -0.2.

# %%
from emocourse import twin
from emocourse.twin import cover

face = twin.load().mean("happiness")
style = twin.random_style(np.random.default_rng(5))
plain = twin.draw(face, style=style)
tries = [twin.draw(twin.turned(face, angle), style=style) for angle in (0, 10, 20, 30, 40, 50)]
tries += [cover(plain, face, place, size) for place in ("mouth", "cheek", "eye") for size in (0.8, 1.4)]
tries += [twin.darkened(plain, light) for light in (0.5, 0.2, 0.1, 0.06, 0.04, 0.02)]
tries += [twin.blurred(plain, radius) for radius in (0.5, 1, 1.5, 2, 3, 4)]
scores, places = faces.scores_and_landmarks(np.stack(tries))
plots.score_sheet(tries, places, scores, columns=6, title="Turned, covered, dark, blurred")

# %% [markdown]
# Look at the points, not only at the scores. Under a hand, the predictor draws a mouth that it cannot see. In the
# dark it draws something like its mean face. It never says "I do not know".
#
# With photos, we could only look and judge. A drawn face was drawn *around* its landmarks, so here we know the truth
# and can measure. We draw 200 faces, 40 without trouble and 40 with each kind of it, and call the landmarks of a face
# *wrong* when they are off by 2 pixels or more on average.

# %%
hard = twin.draw_hard_faces(200)
print(f"{'':<12}  HOG finds  Haar finds  wrong landmarks")
for number, name in enumerate(twin.TROUBLES):
    mine = hard.troubles == number
    hog = (hard.scores[mine] >= faces.HOG_THRESHOLD).sum()
    haar = sum(bool(faces.detect(image, detector="haar")) for image in hard.images[mine])
    counts = [f"{count} of {mine.sum()}" for count in (hog, haar, hard.wrong[mine].sum())]
    print(f"{name:<12}  {counts[0]:>9}  {counts[1]:>10}  {counts[2]:>15}")

# %% [markdown]
# Neither detector wins everywhere: compare the hands with the darkness. And under hands and in the dark, a quarter of
# the faces or more get wrong landmarks, with nothing in the 68 points to warn us. The detector's score is the only
# warning we have.
#
# ## The threshold
#
# From which score on do we believe the detector? A low *threshold* keeps more faces: the coverage is high. But
# among those just above a low threshold, more have wrong landmarks. A high threshold keeps few faces, and those are
# good. There is no right answer, only a trade.
#
# Move the threshold, with the mouse or with the arrow keys. The faces that are only just kept, and only just lost,
# stand below the curves.

# %%
from emocourse.widgets import ThresholdExplorer

ThresholdExplorer(hard)

# %% [markdown]
# What about FER2013, where nobody knows the truth? There is a trick. Look for the landmarks again in the *mirrored*
# image, and mirror them back. If both are right, they agree. Where they are more than 3 pixels apart on average, at
# least one is wrong. (The opposite does not follow: both can make the same mistake.) We did this once, with all 3,589
# images of the validation split.

# %%
curves = evaluation.recorded_tradeoff(record)
failed = "fail the mirror test, of these"
plots.threshold_curves(curves, at=faces.HOG_THRESHOLD, title="FER2013, validation", wrong=failed)

# %%
before = bad_before = 0
for threshold in (1.0, 0.4, -0.2, -0.8):
    k = curves.thresholds.index(threshold)
    kept_now, bad_now = curves.coverage[k].part, curves.wrong[k].part
    new = (bad_now - bad_before) / (kept_now - before)
    print(f"{threshold:+.1f}: coverage {kept_now / curves.coverage[k].n:.1%}; the mirror test fails on", end=" ")
    print(f"{bad_now / kept_now:.1%} of the faces kept, and on {new:.1%} of those that are new in this line")
    before, bad_before = kept_now, bad_now

# %% [markdown]
# The last number is the one to look at. Each step down adds faces that are worse than the ones before. Between -0.2 and
# -0.8, about one new face in seven fails. The course takes -0.2 for small images. It was chosen on the training and
# validation images, never on the test split. A threshold is a choice like any other: make it before you look at the
# test set, and report it.
#
# ## What is lost on the way
#
# Here are three drawn people with the same landmarks. To the network, they are one and the same image.

# %%
people = [twin.draw(face, side=144, seed=seed) for seed in (1, 8, 21)]
print(f"{photo.size:,} bytes in our photo, {int(faces.binary_image(face).sum())} dots in a binary image")
people.append(faces.binary_image(face))
plots.image_grid(people, titles=["one", "another", "a third", "all three"], columns=4, cell=1.7)

# %% [markdown]
# ### Exercise 4.8
#
# Two answers.
#
# - `kept`: below are cues of the slides (lesson 01), and two things more. For each, say whether it **can still be seen
#   in a binary image**: `True` or `False`. Write a dictionary from each cue to your answer.
# - `reply`: a team reports "accuracy 60 %, on faces in which landmarks were found". What do you ask them, and what do
#   you expect of the number that they do not give? Write 25 words or more, as a text between `"""` and `"""`. (The
#   check can only count words, and look for the two points that have to be in.)

# %% name="exercise-4-8"
cues = [
    "eyebrows raised",
    "crow's feet wrinkles",
    "mouth open",
    "pushed up cheeks",
    "losing focus in the eyes",
    "lip corners pulled down",
    "a hand over the mouth",
    "how sure the detector was",
]
# BEGIN SOLUTION
# STUB: kept = ...
# STUB: reply = ...
visible = ("eyebrows raised", "mouth open", "lip corners pulled down")
kept = {cue: cue in visible for cue in cues}
reply = """
In how many images were no landmarks found, and of which emotions? Those are the hard ones. So I expect that the
accuracy on all images is lower. And how large is n, and on which data was the threshold chosen?
"""
# END SOLUTION

# %% name="check-4-8"
checks.check("4.8", kept, reply)

# %% [markdown] tags=["solution"]
# **About the answer.** If 16 of 100 were left out, and the system is right in a third of those, 60 % becomes
# 0.84 · 60 + 0.16 · 33, about 56 %. Also ask for the interval and for the number of classes.

# %% [markdown]
# ## Questions
#
# Answer in a few sentences each, on paper or in a new cell.
#
# 1. What information is lost between the photo and the binary image? Is any of it better lost?
# 2. The landmarks are rounded to whole pixels. Which emotions could that hurt, and what would you feed to the network
#    instead?
# 3. The slides shrink the face to 48 × 48 first, and look for landmarks afterwards. What would change if the landmarks
#    were found in the large photo, and scaled? Why can FER2013 not be treated so?
# 4. Your detector finds the faces of one group of people less often than those of another. FER2013 has no such labels.
#    How would you find out, and whose consent would you need?

# %% [markdown] tags=["solution"]
# **Answers.**
#
# 1. Lost: all shading, so wrinkles, cheeks, teeth, where the eyes look; the outline, with the jaw; the order of the
#    points (the network must guess which dot is which); fractions of a pixel; where the face was and how large; how
#    sure the detector was. Better lost: skin tone, hair, light, background and much of who the person is, which a
#    network could otherwise learn by heart. With wrong landmarks, everything is lost, and nothing in the image says
#    so.
# 2. Those that small movements tell apart: lids (fear, surprise, sadness) and lips (anger, neutral, sadness). An eye is
#    open by two or three pixels, so rounding by up to half a pixel is a large error. Feed the coordinates themselves,
#    or distances between them (lesson 08), or draw into a larger image.
# 3. The predictor would see more detail, and its points would be more exact; they are scaled as above, from edge to
#    edge. FER2013's images have 48 × 48 pixels from the start, and no larger ones exist. A network that learnt from
#    points found at 48 pixels should be used on such points: others have other errors.
# 4. One needs a test set with people who agreed to be in it and said themselves how they describe themselves; compare
#    coverage and landmark errors by group, with intervals. Guessing groups from faces would repeat the problem.
#    Their consent, for this purpose; labels about people are sensitive data themselves.

# %% [markdown]
# ## Recap
#
# - A photo becomes a binary image in eight steps: grey image, detection, crop, 48 × 48, 68 landmarks, without the
#   outline, 51 ones among zeros, shape (48, 48, 1).
# - A point is (x, y), an array is indexed [row, column], and 0 is the *centre* of the first pixel.
# - A detector does not find every face: coverage says how many it finds, and it differs from emotion to emotion.
# - The undetected stay in: the whole image serves as their box. Report on all first, on the detected second.
# - Landmarks always come out, right or wrong. A threshold trades coverage against wrong ones.
#
# ## Further reading
#
# - Paul Viola and Michael Jones, "Rapid Object Detection using a Boosted Cascade of Simple Features", CVPR 2001,
#   [doi 10.1109/CVPR.2001.990517](https://doi.org/10.1109/CVPR.2001.990517): the Haar cascade.
# - Navneet Dalal and Bill Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR 2005,
#   [doi 10.1109/CVPR.2005.177](https://doi.org/10.1109/CVPR.2005.177): HOG.
# - Davis E. King, "Dlib-ml: A Machine Learning Toolkit", Journal of Machine Learning Research 10, 2009,
#   [jmlr.org/papers/v10/king09a.html](https://jmlr.org/papers/v10/king09a.html): the library of our detector.
# - Vahid Kazemi and Josephine Sullivan, "One Millisecond Face Alignment with an Ensemble of Regression Trees", CVPR
#   2014, [doi 10.1109/CVPR.2014.241](https://doi.org/10.1109/CVPR.2014.241): the landmark predictor.
# - Christos Sagonas and others, "300 Faces In-The-Wild Challenge: Database and Results", Image and Vision Computing 47,
#   2016, [doi 10.1016/j.imavis.2016.01.002](https://doi.org/10.1016/j.imavis.2016.01.002): the 68 points, and the faces
#   that the predictor learned from.
# - Joy Buolamwini and Timnit Gebru, "Gender Shades: Intersectional Accuracy Disparities in Commercial Gender
#   Classification", FAT* 2018,
#   [proceedings.mlr.press/v81/buolamwini18a.html](https://proceedings.mlr.press/v81/buolamwini18a.html): how
#   differently well faces of different people are read.
#
# Next: lesson 06, building the CNN.
