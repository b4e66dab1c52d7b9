"""The demo's page as it is served: its own files, the widget's, the third party's and the weights, laid together.

Nothing is translated or packed: files are copied, and the widget's parts joined as the widget joins them. What the
page says in numbers, ``facts.json``, comes from the course's records.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from emocourse.emotions import EMOTIONS, INFO
from emocourse.errors import CourseError
from emocourse.results import records
from emocourse.widgets.webcam import camera

from . import vendor

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "site" / "demo"
NETWORKS = {"tiny": "tiny", "main": "main", "slides": "the slides' network"}
"""The networks that the page offers, by the name of their weights, and what the page calls them."""

_ON_A_CLICK = (
    "weights/main.safetensors", "weights/slides.safetensors", "vendor/tfjs-backend-wasm/tfjs-backend-wasm.wasm",
)  # fmt: skip


def facts(root: Path = ROOT) -> dict[str, Any]:
    """What the page says in numbers: the emotions' colours, and of each network its size and accuracy."""
    runs = records.read_all(root / "data" / "results")
    return {
        "emotions": [{"name": name, "colour": INFO[name].colour} for name in EMOTIONS],
        "networks": [_network(name, title, runs, root) for name, title in NETWORKS.items()],
    }


def _network(name: str, title: str, runs: list[dict[str, Any]], root: Path) -> dict[str, Any]:
    found = [run["reports"]["validation"] for run in runs if run["model"] == name and "validation" in run["reports"]]
    if not found:
        raise CourseError(f"There is no record of {name} in data/results: the demo has to say how good it is.")
    report = found[0]
    classes = {6: "six", 7: "seven"}[len(report["classes"])]
    accuracy = f"Right on {100 * report['accuracy']:.1f} % of FER2013's PublicTest ({classes} emotions)."
    size = (root / "data" / "weights" / f"{name}.safetensors").stat().st_size
    return {"name": name, "title": title, "bytes": size, "accuracy": accuracy, "note": _note(name)}


def _note(name: str) -> str:
    """What else there is to say of a network; of the slides', what was measured of it in a browser."""
    if name == "tiny":
        return "Small enough for any phone; the page starts with it."
    if name == "main":
        return "What the course's own demo uses; slower."
    loss = json.loads((SOURCE / "measured.json").read_text(encoding="utf-8"))["slides"]
    return (
        "That is with dlib's landmarks. With the ones that a browser can have it was right on "
        f"{100 * loss['browser']:.0f} % of {loss['n']} of these images, and with dlib's on "
        f"{100 * loss['python']:.0f} %: look at it, and do not judge it here."
    )


def lay(target: Path, root: Path = ROOT) -> list[str]:
    """Write the demo's folder; the names of the files that the page needs until it runs.

    Raises:
        CourseError: a third-party file is missing or was changed, or the target is not empty.
    """
    if wrong := vendor.problems(root / "site" / "demo" / "vendor"):
        raise CourseError(f"The demo's third-party files are not as listed: {'; '.join(wrong)}.")
    if target.exists() and any(target.iterdir()):
        raise CourseError(f"{target} is not empty: give a new folder.")
    shutil.copytree(root / "site" / "demo", target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("measured.json"))
    (target / "widget.js").write_text(camera.Webcam._esm, encoding="utf-8")
    (target / "widget.css").write_text(camera.Webcam._css, encoding="utf-8")
    (target / "weights").mkdir()
    for name in NETWORKS:
        shutil.copyfile(root / "data" / "weights" / f"{name}.safetensors", target / "weights" / f"{name}.safetensors")
    (target / "facts.json").write_text(json.dumps(facts(root), indent=1), encoding="utf-8")
    kept = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())
    kept = [name for name in kept if name not in (*_ON_A_CLICK, "sw.js")]
    (target / "files.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")
    return kept
