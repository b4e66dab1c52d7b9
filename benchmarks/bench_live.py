"""The live engine on one core, against the package ``fer``'s own Haar detector and model on the same frames.

``fer`` pins versions that cannot be installed beside this course (another OpenCV in the same folder, NumPy below 2), so
its file is taken alone: ``pip install --no-deps fer==25.10.3``. Its own code runs, unchanged; only ``pkg_resources``,
which setuptools has dropped, is stood in for, and the modules for its films, which are not used here, are not imported.
"""

import contextlib
import importlib.util
import itertools
import os
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from measure import Row, against, alternate, rate

from emocourse.live import engine as live
from emocourse.twin.scenes import moving_scene

NAME = "live"
SIZE = (640, 480)


def run(tiny: bool) -> list[Row]:
    """Frames a second for one and for four people who move side by side; every contender reads the same frames.

    The film runs forwards and backwards without end, as a camera's does, so the engine is never new to it.
    """
    frames, rounds = (2, 1) if tiny else (48, 5)
    theirs, model = fer_detector()
    rows: list[Row] = []
    with one_core():
        for people in (1, 4):
            film = [moment.image for moment in moving_scene(people, frames, SIZE, seed=8, speed=0.3, cross=False)]
            film += film[::-1]
            colour = [np.repeat(image[..., None], 3, axis=2) for image in film]
            engine, found, clock = live.Engine(), {"ours": 0, "fer": 0}, itertools.count()

            def ours(colour=colour, engine=engine, found=found, clock=clock) -> None:
                found["ours"] = sum(len(engine.step(frame, next(clock) / 30)) for frame in colour)

            works = {"ours": ours}
            if theirs is not None:

                def fer(colour=colour, found=found) -> None:
                    found["fer"] = sum(len(theirs(frame[..., ::-1])) for frame in colour)

                works = {"fer": fer, "ours": ours}
            taken = alternate(works, rounds)
            who = f"{people} {'face' if people == 1 else 'faces'}"
            note = f"{live.DEFAULT_MODEL}, one core; {found['ours'] / len(film):.1f} people a frame"
            row = rate(NAME, f"emocourse.live.Engine, 640×480, {who}", "frames/s", len(film), taken["ours"], note=note)
            if theirs is not None:
                note = f"{model}, one core; {found['fer'] / len(film):.1f} people a frame"
                what = f"fer 25.10.3, Haar and its model, {who}"
                baseline = rate(NAME, what, "frames/s", len(film), taken["fer"], note=note)
                rows.append(baseline)
                row = against(row, baseline)
            rows.append(row)
    if theirs is None:
        print("  (to compare: pip install --no-deps fer==25.10.3)", file=sys.stderr)
    return rows


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Keep this process on one core, all its threads, where the system can do that."""
    import cv2

    threads, cores = cv2.getNumThreads(), None
    cv2.setNumThreads(1)
    if hasattr(os, "sched_setaffinity"):
        cores = os.sched_getaffinity(0)
        for task in os.listdir("/proc/self/task") if os.path.isdir("/proc/self/task") else [0]:
            os.sched_setaffinity(int(task), {max(cores)})
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
        if cores is not None:
            for task in os.listdir("/proc/self/task") if os.path.isdir("/proc/self/task") else [0]:
                os.sched_setaffinity(int(task), cores)


def fer_detector() -> tuple[Callable[[np.ndarray], list] | None, str]:
    """``FER().detect_emotions``, from BGR frame to boxes with emotions, and its model; None where it is not there."""
    found = importlib.util.find_spec("fer")
    if found is None or not found.submodule_search_locations:
        return None, ""
    folder = Path(next(iter(found.submodule_search_locations)))
    resources = types.ModuleType("pkg_resources")
    resources.resource_filename = lambda package, name: str(folder / name)
    package = types.ModuleType("fer")  # without its __init__, which imports the modules for films
    package.__path__ = [str(folder)]
    before = {name: sys.modules.get(name) for name in ("pkg_resources", "fer")}
    sys.modules.update({"pkg_resources": resources, "fer": package})
    try:
        code = importlib.import_module("fer.fer")
        try:
            return code.FER().detect_emotions, "its TensorFlow Lite model"
        except Exception:  # a TensorFlow without Lite
            return code.FER(use_tflite=False).detect_emotions, "its Keras model"
    finally:
        for name, module in before.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module
