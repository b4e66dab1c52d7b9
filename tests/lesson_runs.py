"""A pytest plugin beside nbval: what each run of a notebook took, and what nbval does not look at.

``pytest -p tests.lesson_runs --nbval-lax lessons`` prints a table of run times and peak memory at its end. A cell fails

- when the notebook's kernel, with the processes that it started, has held more than ``--most-memory`` GB;
- in a student's notebook (in a folder ``lessons``), when it writes to stderr, which shows as a red box, or when a check
  says anything but "not started yet".

Times are printed and never judged. Students' notebooks train for two epochs only, unless the long tests are asked for:
that their cells run is seen by then, and what comes out of them is not compared.
"""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "build" / "cache"
"""Where notebooks find the twin, drawn once for all of them and kept for the next run (`make clean` removes it)."""

CHECK = re.compile(r"^\s*checks\.check\(\s*\"(\d+\.\d+)\"", re.MULTILINE)
EVERY = 0.1  # seconds between two looks at the memory
TWO_EPOCHS = """
import sys

def shorten(*_):
    keras, loop = sys.modules.get("keras"), sys.modules.get("emocourse.training.loop")
    if hasattr(keras, "Model") and keras.Model.fit.__name__ == "fit":
        fit, keras.Model.fit = keras.Model.fit, lambda self, *args, epochs=1, **kwargs: fit(
            self, *args, epochs=min(epochs, 2), **kwargs)
    if hasattr(loop, "train") and loop.train.__name__ == "train":
        train, loop.train = loop.train, lambda recipe, *args, **kwargs: train(
            recipe.but(epochs=min(recipe.epochs, 2), frozen_epochs=0, warmup=0), *args, **kwargs)

get_ipython().events.register("pre_run_cell", shorten)
"""
"""What a kernel runs at its start, and then before each cell."""


def draw_twin() -> None:
    """Draw the twin and find its landmarks where that has not been done, so that it is part of no notebook's run."""
    CACHE.mkdir(parents=True, exist_ok=True)
    code = "from emocourse import dataset; dataset.load('twin')"
    environment = {**os.environ, "EMOCOURSE_CACHE": str(CACHE)}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=environment)


def pytest_addoption(parser):
    parser.addoption("--most-memory", type=float, default=2.0, help="GB (10⁹ bytes) that a notebook may take")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session):
    if "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        draw_twin()
        os.environ["EMOCOURSE_CACHE"] = str(CACHE)
        from tests.lengths import LONG

        if "lessons" in session.config.args and not LONG:
            startup = CACHE.parent / "ipython" / "profile_default" / "startup"
            startup.mkdir(parents=True, exist_ok=True)
            os.environ["IPYTHONDIR"] = str(CACHE.parent / "ipython")
            (startup / "two_epochs.py").write_text(TWO_EPOCHS)
    else:  # several notebooks at a time: one thread for each
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
            os.environ.setdefault(name, "1")


class Watch(threading.Thread):
    """Looks again and again at how much memory a process and all that it started hold together.

    Attributes:
        peak: the most so far, in GB. Pages that processes share count in each of them: never less than the truth.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.process = psutil.Process(pid)
        self.peak = 0.0
        self.over = threading.Event()
        self.start()

    def run(self) -> None:
        while not self.over.wait(EVERY):
            self.look()

    def look(self) -> None:
        """Look once."""
        try:
            family = [self.process, *self.process.children(recursive=True)]
        except psutil.Error:
            return
        held = 0
        for one in family:
            try:
                held += one.memory_info().rss
            except psutil.Error:  # it ended meanwhile
                continue
        self.peak = max(self.peak, held / 1e9)


def _is_cell(item) -> bool:
    return type(item).__name__ == "IPyNbCell"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    if not _is_cell(item):
        return (yield)
    notebook = item.parent
    if not hasattr(notebook, "watch"):
        notebook.watch = Watch(notebook.kernel.km.provisioner.pid)
    result = yield
    notebook.watch.look()
    problems = _student_problems(item) if notebook.path.parent.name == "lessons" else []
    most = item.config.getoption("--most-memory")
    if notebook.watch.peak > most:
        problems.append(f"the notebook has held {notebook.watch.peak:.2f} GB, more than {most:g}")
    if problems:
        pytest.fail(f"{notebook.path.name}, {item.name}: " + "; ".join(problems), pytrace=False)
    return result


def _student_problems(item) -> list[str]:
    """What is wrong with the outputs of a cell in an untouched lesson."""
    printed = {"stdout": "", "stderr": ""}
    for output in item.test_outputs or []:
        if output["output_type"] == "stream":
            printed[output["name"]] += output["text"]
    problems = [f"it writes to stderr: {printed['stderr'].strip()[:200]!r}"] if printed["stderr"].strip() else []
    for number in CHECK.findall(item.cell.source):
        if f"Exercise {number}: not started yet." not in printed["stdout"]:
            problems.append(f"the check of {number} does not say 'not started yet' but {printed['stdout'].strip()!r}")
    return problems


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if _is_cell(item) and hasattr(item.parent, "watch"):
        report.notebook = os.path.relpath(item.parent.path, ROOT)
        report.peak = item.parent.watch.peak
    return report


def pytest_runtest_teardown(item, nextitem):
    watch = getattr(item.parent, "watch", None)
    if watch and (nextitem is None or nextitem.parent is not item.parent):
        watch.over.set()


def pytest_terminal_summary(terminalreporter):
    seconds: dict[str, float] = {}
    peaks: dict[str, float] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            name = getattr(report, "notebook", None)
            if name:
                seconds[name] = seconds.get(name, 0.0) + report.duration
                peaks[name] = max(peaks.get(name, 0.0), report.peak)
    if seconds:
        width = max(map(len, seconds))
        terminalreporter.section("run time and peak memory")
        for name in sorted(seconds):
            terminalreporter.line(f"{name:<{width}}  {seconds[name]:6.0f} s  {peaks[name]:5.2f} GB")
