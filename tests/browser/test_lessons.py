"""Lessons, opened in JupyterLab in a browser and run from the menu: no error, no warning box, every widget shown.

`make test` runs each lesson with nbval too, and tests each widget by itself, so here it takes the first two.
``EMOCOURSE_LONG_TESTS=1 make test`` takes all. Screenshots to look at lie in ``build/screenshots`` afterwards.
"""

import re
import shutil

import lab as room
import lesson_runs
import nbformat
import pytest
from lengths import LONG

from course_tools.authoring import sources as authoring

LESSONS = [path.stem for path in authoring.sources(room.ROOT) if LONG or path.stem.startswith(("00", "01"))]
SCREENSHOTS = room.ROOT / "build" / "screenshots"
LONGEST = 600_000  # ms that a lesson may run before the test gives up
FINISHED = """() => {
    const notebook = window.jupyterapp.shell.currentWidget;
    const cells = notebook.content.widgets.map(cell => cell.model).filter(model => model.type === 'code');
    return cells.every(model => model.executionCount !== null && model.executionState !== 'running')
        || cells.some(model => model.outputs.toJSON().some(output => output.output_type === 'error'))
}"""
SCROLL = """share => {
    const all = [...document.querySelectorAll('.jp-WindowedPanel-outer')].find(one => one.offsetParent);
    all.scrollTop = share * (all.scrollHeight - all.clientHeight);
    return all.scrollHeight / all.clientHeight;
}"""
LOADED = """() => ![...document.querySelectorAll('.jp-OutputArea-output')].some(
    output => output.textContent.startsWith('Loading widget'))"""
OUTPUTS = """() => window.jupyterapp.shell.currentWidget.content.widgets.map(
    cell => cell.model.type === 'code' ? cell.model.outputs.toJSON() : [])"""


@pytest.fixture(scope="module")
def course(playwright, tmp_path_factory):
    """A JupyterLab with the lessons in it, whose kernels find the twin drawn."""
    lesson_runs.draw_twin()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOCOURSE_CACHE", str(lesson_runs.CACHE))
        running = room.Lab(tmp_path_factory.mktemp("course"))
    shutil.copytree(room.ROOT / "lessons", running.root, dirs_exist_ok=True)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    yield running
    running.close()


@pytest.fixture
def page(playwright):
    with room.browser(playwright) as one:
        yield one


def problems(page, name: str) -> list[str]:
    """What a student would take for a fault in the notebook that is open and has run; keeps four screenshots of it."""
    found = []
    for n, outputs in enumerate(page.evaluate(OUTPUTS), start=1):
        for output in outputs:
            if output["output_type"] == "error":
                found.append(f"cell {n} stopped with {output['ename']}: {output['evalue'][:200]}")
            if output.get("name") == "stderr":
                found.append(f"cell {n} shows a red box: {''.join(output['text'])[:200]!r}")
    for kind in (".jp-Dialog", ".Toastify__toast"):
        found += [f"a box opened: {text[:200]!r}" for text in page.locator(kind).all_inner_texts()]
    screens = max(4, round(page.evaluate(SCROLL, 0)) + 1)
    kept = {round(k * (screens - 1) / 3): k + 1 for k in range(4)}
    shown = page.locator(".jp-NotebookPanel:visible .jp-OutputArea-output")
    for screen in range(screens):
        page.evaluate(SCROLL, screen / (screens - 1))
        page.wait_for_timeout(150)  # cells are drawn as they come into view
        page.wait_for_function(LOADED)
        broken = [text for text in shown.all_inner_texts() if re.match(r"Error (displaying|creating) widget", text)]
        found += [f"a widget is not shown: {text[:200]!r}" for text in broken]
        for image in shown.locator("img").all():  # where there is none, JupyterLab writes a word of its own
            alt = image.get_attribute("alt") or ""
            found += [f"an image has no alt text but {alt!r}"] * (len(alt.split()) < 3)
        if screen in kept:
            page.screenshot(path=SCREENSHOTS / f"{name}-{kept[screen]}.png")
    return list(dict.fromkeys(found))


def run_from_menu(page) -> None:
    """Run → Run All Cells, and wait until every cell has run, or one has stopped."""
    page.click('.lm-MenuBar-itemLabel:text-is("Run")')
    page.click('.lm-Menu-itemLabel:text-is("Run All Cells")')
    page.wait_for_function(FINISHED, timeout=LONGEST)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_runs_in_jupyterlab(course, page, name):
    said = []
    page.on("pageerror", lambda error: said.append(str(error)))
    room.Opened(course, page, name)
    run_from_menu(page)
    assert problems(page, name) == []
    assert said == []
    for session in course.api("sessions"):
        course.api(f"sessions/{session['id']}", "DELETE")


BAD = {
    "print('fine')": None,
    "import sys; print('careful', file=sys.stderr)": "shows a red box: 'careful",
    "import warnings; warnings.warn('careful')": "careful",
    "from IPython.display import HTML; HTML('<img src=\"data:,\">')": "an image has no alt text",
    "kind, view = 'application/vnd.jupyter.widget-view+json', {'model_id': 'x', 'version_major': 2}\n"
    "from IPython.display import display\n"
    "display({kind: view}, raw=True)": "a widget is not shown",
    "1 / 0": "stopped with ZeroDivisionError: division by zero",
}


def test_a_bad_notebook_is_noticed(course, page):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in BAD])
    made.metadata.kernelspec = dict(authoring.KERNEL)
    nbformat.write(made, course.root / "bad.ipynb")
    room.Opened(course, page, "bad")
    run_from_menu(page)
    found = problems(page, "bad")
    for sentence in filter(None, BAD.values()):
        assert any(sentence in problem for problem in found), (sentence, found)
    assert not any("cell 1 " in problem for problem in found)
