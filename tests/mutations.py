"""Would the tests notice? Twenty deliberate faults, each put alone into a copy of the course (`make mutate`).

For each fault the tests nearest to it run first; if they notice nothing, all other tests do, and then the notebook of
the lesson about it, with its answers, compared output by output. Prints what noticed each fault. Run by hand: faults
that the nearest tests notice take a minute each, and any other as long as all tests.

    python -m tests.mutations [--only WORD] [--near] [--jobs 2]
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = ("--ignore=tests/browser", "--ignore=tests/gates/test_mutations.py")  # slow; and this one knows the places
WANTED = 19
"""So many of the twenty must be noticed."""


@dataclass(frozen=True)
class Fault:
    """A fault: ``old``, which stands once in ``emocourse/FILE.py``, becomes ``new``.

    Attributes:
        near: the test modules, from ``tests/``, that should notice.
        lesson: the lesson whose outputs should change.
    """

    name: str
    file: str
    old: str
    new: str
    near: tuple[str, ...]
    lesson: str


FAULTS = (
    Fault(
        "jaw kept", "faces/landmarks", "INNER = slice(17, 68)", "INNER = slice(0, 51)", ("faces/test_landmarks",), "03"
    ),
    Fault(
        "x and y swapped in the binary image",
        "faces/landmarks",
        "* side + pixels[..., 1]) * side + pixels[..., 0]",
        "* side + pixels[..., 0]) * side + pixels[..., 1]",
        ("faces/test_landmarks",),
        "03",
    ),
    Fault(
        "mirror without swapping points",
        "faces/landmarks",
        "mirrored = _checked(landmarks)[..., MIRROR, :].astype",
        "mirrored = _checked(landmarks).astype",
        ("faces/test_landmarks",),
        "03",
    ),
    Fault(
        "augmentation: mirrored faces keep their points' numbers",
        "dataset/augmentation",
        "moved[:, MIRROR]",
        "moved",
        ("dataset/test_augmentation",),
        "05",
    ),
    Fault(
        "heights upside down",
        "faces/landmarks",
        "else -difference[..., 1]",
        "else difference[..., 1]",
        ("faces/test_landmarks",),
        "06",
    ),
    Fault(
        "crop off by one",
        "faces/detection",
        "return round(centre_x - (side - 1) / 2), round(centre_y",
        "return round(centre_x - (side - 1) / 2) + 1, round(centre_y",
        ("faces/test_detection", "test_recognition"),
        "03",
    ),
    Fault(
        "labels of FER2013 shifted",
        "dataset/fer2013_files",
        "_LABELS = {str(label).encode(): label for label in range(7)}",
        "_LABELS = {str(label).encode(): (label + 1) % 7 for label in range(7)}",
        ("dataset/test_fer2013", "dataset/test_hostile_datasets"),
        "02",
    ),
    Fault(
        "wrong order of the six",
        "emotions",
        'EMOTIONS_6 = tuple(name for name in EMOTIONS if name != "disgust")',
        'EMOTIONS_6 = tuple(sorted((name for name in EMOTIONS if name != "disgust"), reverse=True))',
        ("test_emotions", "models/test_architectures"),
        "00",
    ),
    Fault(
        "six classes: numbers after disgust not moved up",
        "emotions",
        "(kept - (kept > disgust)).astype",
        "np.minimum(kept, 5).astype",
        ("test_emotions", "dataset/test_splits"),
        "02",
    ),
    Fault(
        "train and test swapped",
        "dataset/splits",
        "everything.take(split == part) for part",
        'everything.take(split == {"train": "test", "test": "train"}.get(part, part)) for part',
        ("dataset/test_splits",),
        "02",
    ),
    Fault(
        "the same drawn faces in train, validation and test",
        "dataset/splits",
        "twin.load().sample(n, seed=seed * 3 + number)",
        "twin.load().sample(n, seed=seed * 3)",
        ("dataset/test_splits", "twin/test_twin"),
        "02",
    ),
    Fault(
        "softmax missing",
        "models/architectures",
        'name="dropout_3"),\n            layers.Dense(classes, activation="softmax"',
        'name="dropout_3"),\n            layers.Dense(classes, activation=None',
        ("models/test_architectures",),
        "04",
    ),
    Fault(
        "softmax over the wrong axis",
        "from_scratch/cnn",
        "return powers / powers.sum(axis=-1, keepdims=True)",
        "return powers / powers.sum(axis=0, keepdims=True)",
        ("from_scratch/test_cnn",),
        "04",
    ),
    Fault(
        "the kernel flipped",
        "from_scratch/cnn",
        "windows, kernel)",
        "windows, kernel[::-1, ::-1])",
        ("from_scratch/test_cnn",),
        "04",
    ),
    Fault(
        "the worst epoch kept",
        "training/loop",
        'np.argmax(history["val_accuracy"])',
        'np.argmin(history["val_accuracy"])',
        ("training/test_loop", "training/test_training_options"),
        "05",
    ),
    Fault(
        "Wilson's z of one side",
        "metrics",
        "NormalDist().inv_cdf((1 + level) / 2)",
        "NormalDist().inv_cdf(level)",
        ("test_metrics",),
        "05",
    ),
    Fault(
        "McNemar with the wrong cells",
        "metrics",
        "neither, only_b, only_a, both = np.bincount",
        "neither, both, only_a, only_b = np.bincount",
        ("test_metrics",),
        "06",
    ),
    Fault(
        "confusion matrix turned over",
        "metrics",
        "np.bincount(labels * classes + predicted,",
        "np.bincount(predicted * classes + labels,",
        ("test_metrics",),
        "05",
    ),
    Fault(
        "accuracy on the detected only, called accuracy on all",
        "evaluation/reports",
        '"accuracy": float(right.mean()),',
        '"accuracy": float(right[detected].mean()),',
        ("evaluation/test_reports",),
        "04",
    ),
    Fault(
        "EAR with the wrong points",
        "faces/landmarks",
        "_length(eyes, 1, 5) + _length(eyes, 2, 4)",
        "_length(eyes, 1, 4) + _length(eyes, 2, 5)",
        ("faces/test_landmarks",),
        "07",
    ),
)


def source(root: Path, fault: Fault) -> Path:
    """The file of the course at ``root`` that the fault goes into."""
    return root / "emocourse" / f"{fault.file}.py"


def put(root: Path, fault: Fault) -> str:
    """Put the fault into the course at ``root``; the text that was there, to put back."""
    path = source(root, fault)
    text = path.read_text(encoding="utf-8")
    if text.count(fault.old) != 1:
        raise SystemExit(f"{fault.name}: its place in {path.name} has changed; correct tests/mutations.py.")
    path.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
    return text


def copy(target: Path) -> None:
    """A copy of what is under version control (or of everything, where this is no git checkout)."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if listed.returncode:
        shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(".venv", "build", "runs"))
        return
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)


def failed(root: Path, arguments: list[str]) -> str | None:
    """The first test that failed, or None where all passed."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("EMOCOURSE_CACHE", None)  # a cache could hold what was computed without the fault
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    if done.returncode in (0, 5):  # 5: no test was chosen
        return None
    found = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return found[0].split(" - ")[0] if found else f"pytest ended with {done.returncode}: {done.stdout[-200:]}"


def notices(root: Path, fault: Fault, near_only: bool, jobs: int) -> str | None:
    """What notices the fault: the nearest tests, then the others, then the lesson's notebook."""
    near = [f"tests/{name}.py" for name in fault.near]
    if found := failed(root, ["-n", "0", *near]):
        return found
    if near_only:
        return None
    others = [*LEFT_OUT, *(f"--ignore={path}" for path in near)]
    if found := failed(root, ["-n", str(jobs), "--dist", "loadscope", *others, "tests"]):
        return found
    shutil.rmtree(root / "build", ignore_errors=True)
    lessons = [str(path.relative_to(root)) for path in (root / "solutions").glob(f"{fault.lesson}_*.ipynb")]
    options = ["-p", "tests.lesson_runs", "-n", "0", "--nbval", "--nbval-sanitize-with", "tests/nbval.cfg"]
    return failed(root, [*options, "--nbval-current-env", "--nbval-cell-timeout=600", *lessons]) if lessons else None


def main() -> int:
    """Try the faults; 0 when enough of them were noticed."""
    parser = argparse.ArgumentParser(description="Twenty deliberate faults: are they noticed?")
    parser.add_argument("--only", default="", help="the faults with this in their name")
    parser.add_argument("--near", action="store_true", help="only the tests nearest to each fault: some minutes")
    parser.add_argument("--jobs", type=int, default=2, help="test processes")
    options = parser.parse_args()
    chosen = [fault for fault in FAULTS if options.only in fault.name]
    if not chosen:
        parser.error(f"no fault has {options.only!r} in its name")
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "course"
        copy(root)
        near = sorted({f"tests/{name}.py" for fault in chosen for name in fault.near})
        everything = ["-n", str(options.jobs), "--dist", "loadscope", *LEFT_OUT, "tests"]
        if found := failed(root, ["-n", "0", *near] if options.near else everything):
            print(f"Without any fault the tests do not pass: {found}. Mend that first.", file=sys.stderr)
            return 2
        for fault in chosen:
            began = time.monotonic()
            text = put(root, fault)
            found = notices(root, fault, options.near, options.jobs)
            source(root, fault).write_text(text, encoding="utf-8")
            missed += [] if found else [fault.name]
            print(f"{'noticed' if found else 'MISSED '}  {fault.name}  ({time.monotonic() - began:.0f} s)", flush=True)
            print(f"         {found or 'no test, no notebook'}", flush=True)
    print(f"\n{len(chosen) - len(missed)} of {len(chosen)} noticed. {'Missed: ' + ', '.join(missed) if missed else ''}")
    return 0 if len(missed) <= len(FAULTS) - WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
