"""Gates about how a lesson is built: header, sections, exercises, prose and code."""

import ast
import re

from course_tools.authoring.cells import CELL
from course_tools.authoring.sources import BESIDE

from . import Lesson, code, headings, prose, section, tags

PARTS = ("You will learn", "You need", "Time", "Data")
ORDER = ("Questions", "Recap", "Further reading")
MOST_CODE, LONGEST_CELL = 300, 40  # lines
MOST_TOGETHER = 2  # code cells with no text between
MOST_FUNCTIONS = 2  # that a cell defines
EXERCISES = range(4, 9)


def header(lesson: Lesson) -> list[str]:
    """The first cell: the title, what one learns, what one needs, the time to read and to run, the dataset."""
    first = lesson.student.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith("# "):
        return ["the first cell is no text that begins with the title"]
    found = dict(re.findall(r"^\*\*([^*]+)\*\*\s+(.+?)(?=\n\n|\Z)", first.source, re.DOTALL | re.MULTILINE))
    problems = [f"the header lacks **{part}**" for part in PARTS if part not in found]
    problems += [f"**{part}** says too little" for part, text in found.items() if len(text.split()) < 4]
    time = found.get("Time", "")
    if not re.search(r"\b\d+ minutes to read\b", time):
        problems.append("**Time** does not say 'N minutes to read'")
    if not re.search(r"\bminutes? to run\b", time):
        problems.append("**Time** does not say how many minutes it takes to run")
    if not re.search(r"twin|FER2013", found.get("Data", "")):
        problems.append("**Data** names no dataset")
    return problems


def sections(lesson: Lesson) -> list[str]:
    """Questions, recap and further reading, in this order, at the end; a recap of points, references that are real."""
    names = [words for level, words in headings(lesson.student) if level == 2]
    problems = []
    if tuple(names[-3:]) != ORDER:
        problems.append(f"the last sections are {names[-3:]}, and not {list(ORDER)}")
    if len(re.findall(r"^[-*] ", section(lesson.student, "Recap") or "", re.MULTILINE)) < 3:
        problems.append("the recap has fewer than three points")
    references = re.findall(r"^- .+?(?=^- |^\S|\Z)", section(lesson.student, "Further reading") or "", re.DOTALL | re.M)
    if len(references) < 3:
        problems.append("there are fewer than three references")
    if not any("https://doi.org/" in text for text in references):
        problems.append("no reference has a DOI")
    problems += [f"a reference has no year: {text[:50]!r}" for text in references if not re.search(r"\b\d{4}\b", text)]
    return problems


def questions(lesson: Lesson) -> list[str]:
    """Each question has its answer, in a cell that only instructors get."""
    asked = re.findall(r"^(\d+)\. ", section(lesson.student, "Questions") or "", re.MULTILINE)
    if not asked:
        return ["there are no numbered questions"]
    hidden = [cell.source for cell in lesson.answers.cells if "solution" in tags(cell)]
    answers = [text for text in hidden if text.startswith("**Answers.**")]
    if len(answers) != 1:
        return [f"there are {len(answers)} cells tagged 'solution' that begin with '**Answers.**', and not one"]
    answered = re.findall(r"^(\d+)\. ", answers[0], re.MULTILINE)
    return [] if answered == asked else [f"questions {asked}, but answers {answered}"]


def exercises(lesson: Lesson) -> list[str]:
    """Four to eight exercises, asked for, stubbed and checked, numbered without a gap; or tasks without a check."""
    text = "\n".join(cell.source for cell in lesson.student.cells)
    if lesson.name in BESIDE:
        n = text.count("# YOUR CODE HERE")
        return ["a lesson that is not graded has a check"] * ("checks.check" in text) + (
            [] if n in EXERCISES else [f"there are {n} tasks, and not {EXERCISES[0]} to {EXERCISES[-1]}"]
        )
    asked = re.findall(r"^### Exercise (\d+\.\d+)", text, re.MULTILINE)
    checked = re.findall(r"checks\.check\(\s*\"(\d+\.\d+)\"", text)
    number = int(lesson.name[:2])
    problems = []
    if not asked == checked == lesson.exercises == [f"{number}.{k + 1}" for k in range(len(asked))]:
        problems.append(f"exercises asked {asked}, checked in cells {checked}, in the package {lesson.exercises}")
    if len(asked) not in EXERCISES:
        problems.append(f"there are {len(asked)} exercises, and not {EXERCISES[0]} to {EXERCISES[-1]}")
    if text.count("# YOUR CODE HERE") < len(asked):
        problems.append("an exercise has no place marked # YOUR CODE HERE")
    return problems


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement of a cell sets."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return {statement.name}
    names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    imported = [node for node in ast.walk(statement) if isinstance(node, ast.alias)]
    return names | {(alias.asname or alias.name).partition(".")[0] for alias in imported}


def independent(lesson: Lesson) -> list[str]:
    """No cell but its check needs what an exercise's cell defines or imports: a mistake there stops nothing below."""
    owner: dict[str, str] = {}  # by its name: whose exercise set it last
    problems = []
    for cell in code(lesson.student):
        tree = ast.parse(re.sub(r"^( *)[%!].*", r"\1pass", cell.source, flags=re.MULTILINE))
        bound = set().union(*map(_bound, tree.body))
        match = CELL.fullmatch(cell.id)
        if match and match["kind"] == "exercise":
            owner |= dict.fromkeys(bound, f"{match['lesson']}.{match['place']}")
            continue
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        if not match:
            needed = sorted((used - bound) & owner.keys())
            problems += [f"a cell needs {name} from exercise {owner[name]}: {cell.source[:40]!r}" for name in needed]
        for name in bound:
            owner.pop(name, None)
    return problems


def heading_order(lesson: Lesson) -> list[str]:
    """One title; no level left out on the way down; no heading twice."""
    problems = []
    for notebook in (lesson.student, lesson.answers):
        levels = [level for level, _ in headings(notebook)]
        if levels.count(1) != 1 or levels[0] != 1:
            problems.append("there must be one title (#), before every other heading")
        for (before, _), (level, words) in zip(headings(notebook), headings(notebook)[1:], strict=False):
            if level > before + 1:
                problems.append(f"the heading {words!r} of level {level} follows one of level {before}")
        names = [words for _, words in headings(notebook)]
        problems += [f"the heading {words!r} comes twice" for words in sorted(set(names)) if names.count(words) > 1]
    return problems


def code_budget(lesson: Lesson) -> list[str]:
    """At most about 300 lines of code; a cell holds one idea, so it is short, with few functions."""
    cells = code(lesson.answers)
    lines = [len(cell.source.splitlines()) for cell in cells]
    problems = [
        f"a cell of {n} lines: {c.source[:40]!r}" for n, c in zip(lines, cells, strict=True) if n > LONGEST_CELL
    ]
    if sum(lines) > MOST_CODE:
        problems.append(f"{sum(lines)} lines of code")
    for cell in cells:
        if len(re.findall(r"^(?:def|class) ", cell.source, re.MULTILINE)) > MOST_FUNCTIONS:
            problems.append(f"a cell defines several functions: {cell.source[:40]!r}")
    return problems


def prose_before_code(lesson: Lesson) -> list[str]:
    """A text cell before the first code cell, and no long row of code cells without a word between."""
    problems, row = [], 0
    for position, cell in enumerate(lesson.student.cells, start=1):
        row = row + 1 if cell.cell_type == "code" else 0
        if row > MOST_TOGETHER:
            problems.append(f"cell {position} is the {row}th code cell in a row")
    words = sum(len(text.split()) for text in prose(lesson.student))
    lines = sum(len(cell.source.splitlines()) for cell in code(lesson.student))
    if words < 3 * lines:
        problems.append(f"{words} words explain {lines} lines of code: too few")
    return problems
