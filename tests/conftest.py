"""Fixtures that every test shares."""

import os
import subprocess
import sys
from pathlib import Path

# Before anything imports TensorFlow: no start-up lines, and one thread for each of several test processes.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")
if "PYTEST_XDIST_WORKER" in os.environ:
    for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(_name, "1")

import pytest

ROOT = Path(__file__).resolve().parent.parent

# The modules that take longest, longest first. They are begun first, so that no process still has minutes to go when
# the others are done (with --no-loadscope-reorder, as `make test` calls pytest). What is not here may take its turn.
LONGEST = (
    "browser/test_lessons", "live/test_drowsiness_tired", "browser/test_webcam_lab", "test_benchmarks",
    "cli/test_interruptions", "browser/test_webcam_privacy", "live/test_drowsiness_alert", "course_tools/test_grade",
    "live/test_identity", "training/test_loop", "training/test_training_options", "cli/test_commands",
    "course_tools/test_authoring", "plots/test_plots", "course_tools/test_grading_wire",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    turn = {str(ROOT / "tests" / f"{name}.py"): k for k, name in enumerate(LONGEST)}
    items.sort(key=lambda item: turn.get(str(item.path), len(turn)))


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout that the tests belong to."""
    return ROOT


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    """A figure that one test leaves open would be the one that the next draws on."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session", autouse=True)
def course_cache(tmp_path_factory: pytest.TempPathFactory):
    """A cache folder of this run's own, so that no test reads or fills the user's."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOCOURSE_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def fer2013_path() -> Path:
    """The real dataset; a test that asks for it is skipped where there is none."""
    chosen = os.environ.get("EMOCOURSE_FER2013")
    if not chosen:
        pytest.skip("the real FER2013 is needed: set EMOCOURSE_FER2013 to its path")
    path = Path(chosen)
    if not path.exists():
        pytest.fail(f"EMOCOURSE_FER2013 names {path}, which does not exist")
    return path


@pytest.fixture(scope="session")
def playwright():
    """Playwright, driving the system's Chromium; the tests are skipped where either is missing."""
    import lab

    if os.name != "posix":
        pytest.skip("the browser tests need Linux or macOS")
    if lab.find_chromium() is None:
        pytest.skip("no Chromium here (Debian, Ubuntu: apt install chromium)")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[test]'")
    with api.sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def run_python():
    """Run a line of Python in a fresh process; the test fails with its output unless it ends well."""

    def run(code: str) -> str:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
