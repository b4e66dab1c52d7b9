"""A small lesson that passes every gate; the tests take it and break one thing at a time."""

import re
from pathlib import Path

from nbformat import v4

from course_tools.authoring import sources as authoring

from . import Lesson

SOURCE = """\
# %% [markdown]
# # A sample
#
# **You will learn** how a lesson is built.
#
# **You need** nothing but some Python.
#
# **Time** 40 minutes to read and try; one minute to run.
#
# **Data** the twin, which is drawn by the course.

# %% [markdown]
# ## The sum
#
# We add up numbers, since adding is easy to check by hand. The loop goes through the list from its left end to its
# right end, and keeps what it has so far in a variable with the name total. After the last number, this is the sum.
# See the [recap](#Recap) at the end, and [the other lesson](01_sample.ipynb).

# %%
from emocourse import checks

total = 0
for number in [1, 2, 3]:
    total += number
print(total)

# %% [markdown]
# An image says more than a number does. Here is one, a bar for each of the numbers, with its height above it, so that
# nobody needs to guess. Look at it before you read on, and say in your own words what it shows about the three numbers.

# %% name="image"
"an image"
EXERCISES
# %% [markdown]
# ## Questions
#
# Answer in a few words.
#
# 1. Why is adding easy?
# 2. When is it not?

# %% [markdown] tags=["solution"]
# **Answers.**
#
# 1. Every child has learned how to carry a digit.
# 2. With floating-point numbers of very different size.

# %% [markdown]
# ## Recap
#
# - A sum is what a loop leaves behind.
# - An image has words beside it.
# - Questions come before the recap.
#
# ## Further reading
#
# - Vahid Kazemi and Josephine Sullivan, "One Millisecond Face Alignment with an Ensemble of Regression Trees", CVPR
#   2014, [doi 10.1109/CVPR.2014.241](https://doi.org/10.1109/CVPR.2014.241): the landmarks.
# - Paul Ekman, "An argument for basic emotions", Cognition and Emotion 6(3–4), 1992.
# - Davis E. King, "Dlib-ml: A Machine Learning Toolkit", Journal of Machine Learning Research 10, 2009.
#
# Next: nothing.
"""
EXERCISE = '''
# %% [markdown]
# ### Exercise 1.K
#
# Write a function that doubles a number, and mind the number's type. What should become of a text? Try some values of
# your own before you run the check, such as zero, a negative one, and a fraction; each of them tells you something.

# %% name="exercise-1-K"
def double_K(number):
    """Return the number, doubled."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 1.K: write the body of double_K")
    return number + number + 0 * K
    # END SOLUTION

# %% name="check-1-K"
checks.check("1.K", double_K)

# %% tags=["solution"]
print("the answer to K is forty-two and K more")
'''


def source() -> str:
    """The sample lesson's source."""
    return SOURCE.replace("EXERCISES", "".join(EXERCISE.replace("K", str(k)) for k in range(1, 5)))


def lesson(folder: Path, text: str | None = None) -> Lesson:
    """The sample, or ``text``, as a lesson of its own in ``folder``; the outputs are written by hand, not run."""
    path = folder / "solutions" / "01_sample.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text or source(), encoding="utf-8")
    notebook = authoring.read_source(path)
    answers = authoring.instructor(notebook)
    count = 0
    for cell in answers.cells:
        if cell.cell_type == "code":
            cell.execution_count = (count := count + 1)
            if found := re.search(r'checks\.check\("(\d\.\d)"', cell.source):
                cell.outputs = [v4.new_output("stream", text=f"✓ Exercise {found[1]}: correct.\n")]
            elif found := re.search(r'^print\("(.+)"\)', cell.source):
                cell.outputs = [v4.new_output("stream", text=f"{found[1]}\n")]
            elif cell.id == "01-image":
                page = '<img src="data:image/png;base64,AAAA" alt="Three bars, of heights one, two and three.">'
                cell.outputs = [v4.new_output("display_data", {"text/html": page, "text/plain": "Three bars."})]
    student = authoring.student(notebook, path)
    (folder / "lessons").mkdir(exist_ok=True)
    (folder / "lessons" / "01_sample.ipynb").write_text(authoring.dumps(student), encoding="utf-8")
    return Lesson("01_sample", student, answers, [f"1.{k}" for k in range(1, 5)], folder / "lessons")
