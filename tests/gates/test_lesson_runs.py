"""The plugin that watches notebooks: it lets a good one pass, and stops each kind of bad one."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CHECK = 'class checks:\n    check = staticmethod(lambda number: print("{}"))\n\nchecks.check("1.1")'
# folder and name of the notebook, its cell, and what the failure says (None: it passes)
NOTEBOOKS = {
    "lessons/good": (CHECK.format("○ Exercise 1.1: not started yet."), None),
    "lessons/warns": ('import sys\nprint("careful", file=sys.stderr)', "it writes to stderr: 'careful'"),
    "lessons/leaks": (CHECK.format("✓ Exercise 1.1: correct."), "does not say 'not started yet'"),
    "lessons/fails": ("1 / 0", "ZeroDivisionError"),
    "lessons/eats": ("x = bytearray(300_000_000)", "more than 0.25"),
    "lessons/child": (
        "import subprocess, sys\n"
        'code = "import time; x = bytearray(300_000_000); time.sleep(1)"\n'
        'subprocess.run([sys.executable, "-c", code])',
        "more than 0.25",
    ),
    "solutions/warns": ('import sys\nprint("careful", file=sys.stderr)', None),
    "solutions/correct": (CHECK.format("✓ Exercise 1.1: correct."), None),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> str:
    """What pytest prints about these notebooks, two at a time, as `make test` runs them."""
    folder = tmp_path_factory.mktemp("notebooks")
    for name, (source, _) in NOTEBOOKS.items():
        path = folder / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        cells = [nbformat.v4.new_code_cell("a = 1"), nbformat.v4.new_code_cell(source)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    watched = "import tests.lesson_runs as runs; runs.draw_twin = lambda: None; import pytest, sys; "
    options = ["-p", "tests.lesson_runs", "--nbval-lax", "--nbval-current-env", "--most-memory=0.25", "-rA", "-q"]
    options += ["-n", "2", "--dist", "loadscope"]
    code = f"{watched}sys.exit(pytest.main({[*options, '-c', str(ROOT / 'pyproject.toml'), str(folder)]!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_passes_or_not(run, name):
    sentence = NOTEBOOKS[name][1]
    verdict = next(
        line for line in run.splitlines() if line.startswith(("PASSED", "FAILED")) and f"{name}.ipynb::Cell 1" in line
    )
    assert verdict.startswith("PASSED" if sentence is None else "FAILED")
    assert sentence is None or sentence in run


def test_the_table_has_every_notebook_with_its_time_and_memory(run):
    table = run[run.index("run time and peak memory") :]
    for name in NOTEBOOKS:
        (line,) = (line for line in table.splitlines() if f"{name}.ipynb " in line)
        seconds, unit, memory, _ = line.split()[1:]
        assert float(seconds) >= 0 and unit == "s" and 0.02 < float(memory) < 1
