"""Small data for the tests of the command: FER2013 files of drawn faces, and photos."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from fer2013_files import csv_text
from PIL import Image

from emocourse import twin
from emocourse.cli.main import main

SIZES = {"Training": 60, "PublicTest": 30, "PrivateTest": 30}


def faces(n: int, seed: int = 0) -> tuple[np.ndarray, list[int]]:
    """(n, 48, 48) drawn faces and their labels, all seven in turn."""
    labels = [i % 7 for i in range(n)]
    points, _ = twin.load().sample(n, labels=np.array(labels), seed=seed)
    return twin.draw_many(points, seed=seed), labels


def write_csv(path: Path) -> Path:
    """A FER2013 file of ``SIZES`` drawn faces."""
    images, labels = faces(sum(SIZES.values()))
    path.write_text(csv_text(images, labels, [usage for usage, n in SIZES.items() for _ in range(n)]))
    return path


def write_photo(path: Path, people: int, seed: int = 3) -> np.ndarray:
    """A drawn scene of 640×480; returns the boxes of its people."""
    scene = twin.scene(people, size=(640, 480), seed=seed)
    Image.fromarray(scene.image).save(path)
    return scene.boxes


def succeed(capsys: Any, *arguments: object, status: int = 0) -> Any:
    """Run a command with --json: it must print one object, and nothing else anywhere."""
    assert main([*map(str, arguments), "--json"]) == status
    out, err = capsys.readouterr()
    assert err == "" and out.count("\n") == 1, out + err
    return json.loads(out, parse_constant=lambda name: 1 / 0)  # NaN and Infinity are not JSON


def refuse(capsys: Any, *arguments: object) -> str:
    """Run a command that must end in one sentence on stderr, which is returned."""
    assert main([*map(str, arguments)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and err.endswith(".\n") and err[:-1].isprintable(), out + err
    return err


def emocourse(*arguments: object) -> subprocess.CompletedProcess:
    """Run a command in a process of its own."""
    command = [sys.executable, "-m", "emocourse", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)
