"""Is everything there that the course needs? Each check says what it found and, where it failed, what to do."""

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from .errors import CourseError

PYTHON = ((3, 11), (3, 14))  # from, up to but not including
MIN_MEMORY = 2.0  # GB; Binder's limit, under which every lesson stays
MIN_DISK = 1.0  # GB
# Packages that bring the same module under another name: Google Colab has these. Other checks try the modules.
STAND_INS = {
    "tensorflow-cpu": ("tensorflow",),
    "dlib-bin": ("dlib",),
    "opencv-python-headless": ("opencv-python", "opencv-contrib-python"),
}
# What serves to open and to write lessons, which on Colab is Colab's own business.
NOT_FOR_COLAB = ("jupyterlab", "jupytext")
REINSTALL = "run `make lab` again, or: pip install --constraint constraints.txt --editable ."


def check() -> list[dict[str, object]]:
    """Try the whole set-up. Lesson 00.

    Loads TensorFlow, OpenCV and dlib, so it takes some seconds; changes nothing.

    Returns:
        One ``{"name": str, "ok": bool, "detail": str}`` for each check, in a fixed order.
    """
    found = []
    for name, examine in CHECKS.items():
        try:
            ok, detail = examine()
        except CourseError as error:
            ok, detail = False, str(error)
        except Exception as error:  # whatever a broken install raises is what this check is for
            ok, detail = False, f"{type(error).__name__}: {error}".splitlines()[0]
        found.append({"name": name, "ok": ok, "detail": detail})
    return found


def report(results: list[dict[str, object]]) -> str:
    """The results as lines of text, one for each check. Lesson 00."""
    width = max(len(str(result["name"])) for result in results)
    return "\n".join(
        f"{'ok     ' if result['ok'] else 'MISSING'}  {result['name']:<{width}}  {result['detail']}"
        for result in results
    )


def _python() -> tuple[bool, str]:
    version = ".".join(map(str, sys.version_info[:3]))
    if PYTHON[0] <= sys.version_info[:2] < PYTHON[1]:
        return True, version
    return False, f"{version}: the course needs Python 3.11 or 3.12"


def requirements() -> Iterator[tuple[str, str]]:
    """Name and version range of every package that this installation of the course asks for on this machine."""
    from packaging.requirements import Requirement

    for text in importlib.metadata.requires("emocourse") or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name, str(requirement.specifier)


def _packages() -> tuple[bool, str]:
    from packaging.specifiers import SpecifierSet

    problems, count = [], 0
    for name, specifier in requirements():
        if name in NOT_FOR_COLAB and "google.colab" in sys.modules:
            continue
        count += 1
        version = _version(name)
        if version is None:
            if not any(_version(other) for other in STAND_INS.get(name, ())):
                problems.append(f"{name} is not installed")
            continue
        if not SpecifierSet(specifier).contains(version, prereleases=True):
            problems.append(f"{name} is {version}, wanted {specifier}")
    if problems:
        return False, f"{'; '.join(problems)}: {REINSTALL}"
    names = ("numpy", "keras", "scikit-learn", "matplotlib", "jupyterlab")
    return True, f"{count} packages, " + ", ".join(f"{name} {_version(name)}" for name in names if _version(name))


def _version(name: str) -> str | None:
    """The installed version of a package, or None."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _keras() -> tuple[bool, str]:
    from .backend import keras

    keras.ops.conv(keras.ops.ones((1, 4, 4, 1)), keras.ops.ones((2, 2, 1, 1)))  # what every model does first
    return True, f"{keras.__version__} on {keras.config.backend()}"


def _opencv() -> tuple[bool, str]:
    import cv2
    import numpy as np

    from .faces import detection

    if not hasattr(cv2, "CascadeClassifier"):
        return False, f"{cv2.__version__} has no Haar cascades: install opencv-python-headless 4.13 or 4.14"
    detection.detect(np.zeros((160, 160), np.uint8), detector="haar")
    return True, cv2.__version__


def _dlib() -> tuple[bool, str]:
    import dlib

    dlib.get_frontal_face_detector()
    return True, dlib.__version__


def _landmark_model() -> tuple[bool, str]:
    from .faces import landmarks

    path = landmarks.model_path(verify=True)
    landmarks.load_models()
    return True, f"{path.name}, {path.stat().st_size / 1e6:.0f} MB"


def memory_limit() -> float:
    """Memory that this process may use, in GB (10⁹ bytes): the machine's, or less where a container sets a limit."""
    import psutil

    total = psutil.virtual_memory().total
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            total = min(total, int(Path(name).read_text()))
        except (OSError, ValueError):  # no such file, or "max"
            continue
    return total / 1e9


def _memory() -> tuple[bool, str]:
    limit = memory_limit()
    if limit >= MIN_MEMORY:
        return True, f"{limit:.1f} GB"
    return False, f"{limit:.1f} GB: the lessons need up to {MIN_MEMORY:g} GB, so close other programs and notebooks"


def _disk() -> tuple[bool, str]:
    from .files.store import cache_dir

    folder = cache_dir()
    free = shutil.disk_usage(folder).free / 1e9
    if free >= MIN_DISK:
        return True, f"{free:.0f} GB free for the cache"
    return False, f"{free:.1f} GB free in {folder}: free some space, or set EMOCOURSE_CACHE to a folder elsewhere"


def _data() -> tuple[bool, str]:
    from .dataset import fer2013

    try:
        path = fer2013.find()
    except CourseError:
        if os.environ.get("EMOCOURSE_FER2013"):
            raise
        return True, "the twin; the real FER2013 is not here, and the lessons do not need it"
    return True, f"the twin, and the real FER2013 ({path.name})"


def _kernel() -> tuple[bool, str]:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return False, f"Jupyter has no kernel named python3: {REINSTALL}"
    return True, spec.display_name


CHECKS: dict[str, Callable[[], tuple[bool, str]]] = {
    "python": _python,
    "packages": _packages,
    "keras": _keras,
    "opencv": _opencv,
    "dlib": _dlib,
    "landmark model": _landmark_model,
    "memory": _memory,
    "disk": _disk,
    "data": _data,
    "kernel": _kernel,
}
