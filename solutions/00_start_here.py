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
# # Start here
#
# **You will learn** to check that everything is installed, what the finished system does, and how exercises and
# their checks work.
#
# **You need** some Python: variables, functions, dictionaries. No deep learning.
#
# **Time** 40 minutes to read and try; under one minute to run on an ordinary processor.
#
# **Data** the *twin*: faces drawn by the course itself, of people who do not exist.

# %% [markdown]
# ## How to use a notebook
#
# A notebook is a page of text and code. The grey boxes are *cells* with Python code. Click into one, press
# **Shift + Enter**, and Python runs it; what it prints or draws appears below. Run the cells from top to bottom,
# since each one builds on those above. If you get lost, choose *Kernel → Restart Kernel and Run All Cells*: every
# lesson of this course runs to its end as you find it, also when you have not solved anything yet.
#
# Each lesson begins with a cell that is folded away. It matters on Google Colab only, where it installs the course.
#
# ## Is everything there?
#
# The next cell checks your set-up. It loads the large libraries, so it takes some seconds. Each line should
# begin with `ok`; a line that begins with `MISSING` says what to do.

# %% tags=["volatile"] reason="versions, memory and disk of the machine"
from emocourse import doctor

print(doctor.report(doctor.check()))

# %% [markdown]
# ## Faces that nobody has
#
# To teach a computer what emotions look like, people collect photos. The best known collection is FER2013: about
# 36,000 faces, found by searching the web. The people in them were never asked, so this course does not hand these
# photos out. It brings a *twin* of them instead.
#
# The twin knows, for each emotion, where the corners of the eyes, the brows, the nose and the mouth lie in
# FER2013's faces, and how far that varies. It can make up any number of new faces from this, and draw them. Here
# is one for each of the seven emotions of FER2013. Before you read the titles, guess!

# %%
import numpy as np

from emocourse import plots, twin
from emocourse.emotions import EMOTIONS

landmarks, labels = twin.load().sample(labels=np.arange(7), seed=171)
images = twin.draw_many(landmarks, side=144, seed=171)
plots.image_grid(images, titles=EMOTIONS, columns=7, title="One drawn face for each emotion", cell=1.3)

# %% [markdown]
# Some are easy, and some you probably got wrong. That is no fault of the drawings. When several people label the same
# photo of FER2013, they often disagree as well. Lesson 02 measures how much.
#
# ## The finished system
#
# Camille Benoît and Alexandra Giraud built a system that reads emotions from photos, and showed it as a web app. In
# this course you rebuild it, piece by piece. Here it is at work, before you know how it works. We draw an image with
# four people, and let the system look for faces and name the emotion of each.

# %%
from emocourse import models, recognition

model = models.load("slides")
scene = twin.scene(4, size=(640, 640), seed=0)
people = recognition.recognise(scene.image, model)
names = ", ".join(person.emotion for person in people)
plots.image_grid([plots.annotate(scene.image, people)], titles=[f"largest face first: {names}"], cell=6)

# %% [markdown]
# The system does not give one answer. It gives each of six emotions a *probability*: a number from 0 to 1, and the six
# add up to 1. (Disgust is missing: FER2013 has so few faces of it that the authors left it out.) What stands beside a
# face is the emotion with the largest probability. This is everything the system says about the largest face:

# %%
for emotion, probability in people[0].probabilities.items():
    print(f"{emotion:<10} {probability:6.1%}  {'█' * round(40 * probability)}")

# %% [markdown]
# ## What happens on the way
#
# Between the image and the six numbers lie a few steps, and each is simple to understand once you see it. Find
# the face; cut it out; shrink it to 48 × 48 pixels; find 68 *landmarks*, points such as the corners of the mouth;
# leave out the 17 points of the face's outline; and mark the other 51 in an empty image. Only this *binary image*
# reaches the neural network: 2,304 zeros and ones, nothing else.

# %%
from emocourse import faces

person = people[0]
square = faces.crop_square(person.box)
large = faces.crop(scene.image, person.box, side=square[2])
small = faces.crop(scene.image, person.box, side=48)
points = faces.in_crop(person.landmarks, square)
plots.preprocessing_steps(scene.image, person.box, large, small, points, person.binary)

# %% [markdown]
# Lesson 04 takes these steps apart, and lesson 06 builds the network. Look at image 7 once more: would *you*
# know the emotion from those dots alone?
#
# ## A photo of your own
#
# You can try the system on a real face. Put the path of a photo between the quotation marks, and run the cell. The
# photo stays on the computer on which Python runs. After `make lab` that is your own. On Binder, on Colab or on your
# school's hub it is somebody else's, to which you would have to upload the photo first: do that only with an image
# that may go there. Clear the output before you give this notebook to anyone: *Edit → Clear All Outputs*.

# %%
PHOTO = ""

if PHOTO:
    from emocourse import files

    photo = files.read(PHOTO)
    readings = recognition.recognise(photo, model)
    annotated = plots.annotate(photo, readings)
    plots.display(plots.image_grid([annotated], title="Your photo", cell=7))

# %% [markdown]
# How well did it do? Often, not well. On photos that it has never seen, the authors' system was right in 55 of 100
# cases. The course finds out why, and does better. But keep in mind what no such system can do: it reads how a
# face *looks*, not what a person *feels*. In the European Union, systems that infer the emotions of people at work
# or in education are prohibited, save for medical and safety reasons (Regulation (EU) 2024/1689, Article 5(1)(f)). So
# try it on yourself, and ask before you try it on others.
#
# The authors' web app comes back in lesson 11, on the image of your camera. If you cannot wait, run `make demo` in
# a terminal.
#
# ## How exercises work
#
# An exercise asks you to write a few lines at the place marked `# YOUR CODE HERE`. Below it stands a check. Run it as
# often as you like: it says *not started yet*, *not yet* with a hint, or *correct*. Later cells never depend on your
# answer, so you can go on and come back.
#
# Here is one to try it with.
#
# ### Exercise 0.1
#
# The system gives a dictionary with a probability for each emotion. Write a function that returns the name of the
# most likely one. Remove the line with `raise` first: it only says that you have not started.


# %% name="exercise-0-1"
def most_likely(probabilities):
    """Return the name of the emotion with the largest probability.

    `probabilities` is a dictionary such as {"anger": 0.2, "fear": 0.7, "neutral": 0.1}.
    """
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 0.1: write the body of most_likely")
    return max(probabilities, key=probabilities.get)
    # END SOLUTION


# %% name="check-0-1"
from emocourse import checks

checks.check("0.1", most_likely)

# %% [markdown] tags=["solution"]
# **About the answer.** `max` goes through the dictionary's keys, and `key=probabilities.get` makes it compare what
# belongs to each key. A loop that keeps the best name so far is just as good. The usual mistakes are
# `max(probabilities)`, which compares the names in the order of the alphabet, and `max(probabilities.values())`, which
# returns the number; the check has a hint for each.

# %% [markdown]
# The other exercises of this lesson look back at what you saw above.
#
# ### Exercise 0.2
#
# `binary` is the binary image of the largest face, an array of zeros and ones. How many of its pixels are 1?
# Let Python count them. At most there are 51, one for each landmark that was kept. Landmarks that fall on the same
# pixel make only one dot.

# %% name="exercise-0-2"
binary = person.binary
# BEGIN SOLUTION
# STUB: dots = ...
dots = int(binary.sum())
# END SOLUTION

# %% name="check-0-2"
checks.check("0.2", binary, dots)

# %% [markdown] tags=["solution"]
# **About the answer.** Since the pixels are 0 or 1, their sum is their number. `np.count_nonzero(binary)` says the
# same. `binary.size` counts all pixels, and `len(binary)` the rows. A sum of a float array is a
# float; `int` makes a number for counting of it, but the check takes both.

# %% [markdown]
# ### Exercise 0.3
#
# Below are the steps from an image to an emotion, out of order. Write a list of their letters in the right order, such
# as `["A", "B", …]`. The figure above has them all.

# %% name="exercise-0-3"
steps = {
    "A": "find 68 landmarks",
    "B": "let the network give six probabilities",
    "C": "find the face",
    "D": "mark 51 landmarks in an empty image",
    "E": "shrink the face to 48 × 48 pixels",
    "F": "leave out the outline of the face",
    "G": "cut the face out",
}
# BEGIN SOLUTION
# STUB: order = ...
order = ["C", "G", "E", "A", "F", "D", "B"]
# END SOLUTION

# %% name="check-0-3"
checks.check("0.3", order)

# %% [markdown] tags=["solution"]
# **About the answer.** A misunderstanding to talk about: the network never sees the photo, nor the landmarks' numbers.
# It sees dots.

# %% [markdown]
# ### Exercise 0.4
#
# A system should also be able to say that it is not sure. Write a function that returns the most likely emotion if its
# probability is at least `least`, and `None` if not. You may use your `most_likely`, or do it afresh.


# %% name="exercise-0-4"
def sure_enough(probabilities, least):
    """Return the most likely emotion, or None if its probability is below `least`."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 0.4: write the body of sure_enough")
    best = max(probabilities, key=probabilities.get)
    return best if probabilities[best] >= least else None
    # END SOLUTION


# %% name="check-0-4"
checks.check("0.4", sure_enough)

# %% [markdown] tags=["solution"]
# **About the answer.** "At least" includes the limit itself: `>=`, not `>`. Common mistakes are to compare the name
# with the number, to return the text "None", or to ask whether *any* emotion lies below the limit: one nearly always
# does.

# %% [markdown]
# ## Questions
#
# Answer in a few sentences each, on paper or in a new cell. Lessons end with such questions; there is no check for
# them, so compare your answers with somebody else's.
#
# 1. The system is given a photo of a dog, and finds no face. It is given another, and finds one. What does it answer in
#    each case, and what should it?
# 2. Six probabilities always add up to 1. What does that mean for a face that shows none of the six emotions?
# 3. Why does this course draw its faces, when there are millions of photos on the internet?

# %% [markdown] tags=["solution"]
# **Answers.**
#
# 1. Without a face there is nothing to read, and it says nothing: that is a result too, and the share of such images
#    must be reported (coverage, lesson 04). With a face found by mistake, it gives six probabilities like any others,
#    since it has no way to say "this is no face".
# 2. It gets a reading all the same: the network must share out the whole 1 among the six. A low largest probability can
#    be a hint, but networks are often sure of themselves when they are wrong (lesson 07).
# 3. The people in photos were mostly never asked, for FER2013 neither; drawn faces can be handed out, printed and
#    changed at will. They have a price: what is learned from drawings has to be tested on real faces.

# %% [markdown]
# ## Recap
#
# - You ran the set-up check, and know where to look when something is missing.
# - The system goes from an image over landmarks to a binary image, and from there to six probabilities.
# - The largest probability names the emotion; a system can be told not to answer where it is small.
# - Exercises are marked `# YOUR CODE HERE`; their checks give hints, and nothing waits for your answer.
#
# ## Further reading
#
# - Ian J. Goodfellow and others, "Challenges in Representation Learning: A Report on Three Machine Learning Contests",
#   ICONIP 2013, [doi 10.1007/978-3-642-42051-1_16](https://doi.org/10.1007/978-3-642-42051-1_16): where FER2013 comes
#   from.
# - Paul Ekman and Wallace V. Friesen, "Constants across cultures in the face and emotion", Journal of Personality and
#   Social Psychology 17(2), 1971, [doi 10.1037/h0030377](https://doi.org/10.1037/h0030377): the idea of basic emotions.
# - Lisa Feldman Barrett and others, "Emotional Expressions Reconsidered", Psychological Science in the Public
#   Interest 20(1), 2019, [doi 10.1177/1529100619832930](https://doi.org/10.1177/1529100619832930): why a face says less
#   about feelings than many think.
# - Vahid Kazemi and Josephine Sullivan, "One Millisecond Face Alignment with an Ensemble of Regression Trees", CVPR
#   2014, [doi 10.1109/CVPR.2014.241](https://doi.org/10.1109/CVPR.2014.241): how the 68 landmarks are found.
#
# Next: lesson 01, Ekman's emotions.
