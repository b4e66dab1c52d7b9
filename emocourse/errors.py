"""The one exception that this package raises for what a user can put right."""


class CourseError(Exception):
    """Something outside the program is wrong: a file, an option, an image, a missing extra. Lesson 00.

    Its text is one sentence that says what is wrong and what to do. The ``emocourse`` command prints
    it on stderr and ends with status 2; a notebook shows it as it is. Anything else that escapes from
    this package is a bug.
    """
