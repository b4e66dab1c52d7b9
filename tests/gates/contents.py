"""Gates about what may and what must not stand in the notebooks: outputs, alt text, answers, images, paths."""

import re

import ipywidgets

from . import Lesson, code, outputs, said, tags

SHORTEST_ALT = 5  # words
SECRET = 12  # characters; a shorter line of an output ("True", "0.5") may stand anywhere
PLACES = "home|Users|root|tmp|var|mnt|opt|usr|private|content|workspace"
ABSOLUTE = re.compile(rf"""(?<![\w.:/>)\]])/(?:{PLACES})/\w|["'](?:/\w|~/|[A-Za-z]:[\\/])|\b[A-Za-z]:\\\w""")
IMAGE = re.compile(r"data:image|;base64,|!\[|<(?:img|svg|image|video|canvas)\b|\.(?:jpe?g|gif|webp|bmp|tiff?)\b", re.I)


def untouched(lesson: Lesson) -> list[str]:
    """The student's notebook has no outputs, no counts, and nothing in it that a build does not put there."""
    problems = []
    for n, cell in enumerate(lesson.student.cells, start=1):
        if cell.get("outputs") or cell.get("execution_count") is not None:
            problems.append(f"cell {n} of the lesson has an output or a count")
        if cell.get("attachments"):
            problems.append(f"cell {n} of the lesson has an attachment")
        if "solution" in tags(cell) or "SOLUTION" in cell.source or "# STUB" in cell.source:
            problems.append(f"cell {n} of the lesson is marked as a solution")
    extra = sorted(set(lesson.student.metadata) - {"kernelspec", "language_info"})
    return problems + [f"the lesson has metadata {extra}"] * bool(extra)


BLOCK = re.compile(r"# BEGIN SOLUTION\n(.*?)# END SOLUTION", re.DOTALL)


def no_answer(lesson: Lesson) -> list[str]:
    """No code, no sentence and no printed line of a solution stands in the student's notebook.

    A line of code may be both an answer and, elsewhere, plain code of the lesson (``x, y, w, h = box``): such a line is
    let through where the lesson's own cells have it, but never a whole solution.
    """
    cells = [cell for cell in lesson.answers.cells if "solution" in tags(cell)]
    codes = [cell.source for cell in cells if cell.cell_type == "code"]
    codes += [block for cell in code(lesson.answers) for block in BLOCK.findall(cell.source)]
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    if not codes and not texts:
        return ["there is no solution at all"]
    everything = "\n".join(cell.source for cell in lesson.student.cells)
    flowing = " ".join(everything.split())
    outside = [BLOCK.sub("", cell.source) for cell in code(lesson.answers) if cell not in cells]
    public = {line.strip() for source in outside for line in source.splitlines()}
    shown = {line.strip() for line in everything.splitlines()} - public
    problems = []
    for source in codes:
        leaked = {line.strip() for line in source.splitlines() if len(line.strip()) >= SECRET} & shown
        problems += [f"a line of a solution is in the lesson: {line!r}" for line in sorted(leaked)]
        if source.strip() in everything:
            problems.append(f"a solution is in the lesson: {source.strip()[:60]!r}")
    for text in texts:
        for sentence in re.split(r"(?<=[.?!])\s+", " ".join(text.split())):
            if len(sentence) >= 2 * SECRET and sentence in flowing:
                problems.append(f"a sentence of an answer is in the lesson: {sentence!r}")
    for part in (part for cell in cells for part in cell.get("outputs", [])):
        printed = part.get("text", "") or part.get("data", {}).get("text/plain", "")
        leaked = [
            line.strip() for line in printed.splitlines() if len(line.strip()) >= SECRET and line.strip() in flowing
        ]
        problems += [f"an output of a solution is in the lesson: {line!r}" for line in leaked]
    return problems


def no_image(lesson: Lesson) -> list[str]:
    """The student's notebook holds no image, so none of a person: cells draw them. (Badges are the only ones.)"""
    problems = []
    for n, cell in enumerate(lesson.student.cells, start=1):
        if cell.cell_type == "markdown":
            text = re.sub(r"\[!\[[^\]]+\]\(badges/\w+\.svg\)\]\(https://[^)\s]+\)", "", cell.source)
            problems += [f"cell {n} holds an image: {hit!r}" for hit in IMAGE.findall(text)]
        elif re.search(r"base64|[A-Za-z0-9+/]{200,}", cell.source):
            problems.append(f"cell {n} holds data that could be an image")
    return problems


def clean_run(lesson: Lesson) -> list[str]:
    """The stored run of the answers: every cell ran, no error, no warning, and every check says correct."""
    problems = []
    for n, cell in enumerate(lesson.answers.cells, start=1):
        if cell.cell_type == "code" and cell.execution_count is None:
            problems.append(f"cell {n} of the solution was not run")
    for n, part in outputs(lesson.answers):
        if part.output_type == "error" or part.get("name") == "stderr":
            problems.append(f"cell {n} of the solution has an error or a warning")
        if re.search(r"^\S*Warning: |\bDeprecat(?:ed|ion)", part.get("text", ""), re.MULTILINE):
            problems.append(f"cell {n} of the solution prints a warning")
    text = said(lesson.answers)
    problems += [
        f"the check of {number} does not say correct"
        for number in lesson.exercises
        if not re.search(rf"Exercise {re.escape(number)}: (correct|handed in)\.", text)
    ]
    return problems + ["a check is not green"] * bool(re.search(r"Exercise \d+\.\d+: not", text))


def alt_text(lesson: Lesson) -> list[str]:
    """Every image in an output says in words what it shows, and a widget leaves such an image without a kernel."""
    problems = []
    for n, part in outputs(lesson.answers):
        data = part.get("data", {})
        bare = [kind for kind in data if kind.startswith("image/")]
        problems += [f"cell {n}: a bare {kind} has no place for alt text" for kind in bare]
        page = data.get("text/html", "")
        drawn = re.findall(r"<(?:img|svg|canvas)\b[^>]*>", page)
        for tag in drawn:
            alt = re.search(r'\b(?:alt|aria-label)="([^"]*)"', tag)
            if not alt or len(alt[1].split()) < SHORTEST_ALT:
                problems.append(f"cell {n}: an image says only {alt[1] if alt else None!r}")
        plain = data.get("text/plain", "")
        if "run this cell in JupyterLab" in plain and not drawn:
            problems.append(f"cell {n}: the widget leaves no image where there is no kernel")
        name = re.match(r"([A-Z]\w+)\(", plain)
        if name and issubclass(getattr(ipywidgets, name[1], type(None)), ipywidgets.Widget):
            problems.append(f"cell {n}: a bare {name[1]} leaves nothing where there is no kernel")
    return problems


def no_absolute_path(lesson: Lesson) -> list[str]:
    """Nothing in the notebooks names a place on some machine."""
    problems = []
    for notebook in (lesson.student, lesson.answers):
        for n, cell in enumerate(notebook.cells, start=1):
            problems += [f"cell {n} names a place: {hit[0]!r}" for hit in ABSOLUTE.finditer(cell.source)]
    for n, part in outputs(lesson.answers):
        shown = "\n".join([part.get("text", ""), *(part.get("data", {}).get(k, "") for k in ("text/plain",))])
        problems += [f"cell {n} shows a place: {hit[0]!r}" for hit in ABSOLUTE.finditer(shown)]
    return problems
