"""Every benchmark runs (half of them in short tests), on as little as possible; how fast anything is, no test says."""

import json
import subprocess
import sys

import pytest
from lengths import LONG

BENCHMARKS = ("training", "preprocessing", "predict", "data", "live", "webcam")
SHORT = ("preprocessing", "data", "live")


@pytest.mark.parametrize("name", BENCHMARKS if LONG else SHORT)
def test_it_runs(name, root, tmp_path, monkeypatch):
    monkeypatch.delenv("EMOCOURSE_FER2013", raising=False)
    out = tmp_path / "figures.json"
    command = [sys.executable, root / "benchmarks" / "run.py", "--tiny", "--only", name, "--json", out]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    rows = json.loads(out.read_text())["rows"]
    if "not measured" in done.stderr:
        assert rows == []
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert {row["benchmark"] for row in rows} == {name} and len(rows) >= 2
    for row in rows:
        assert 0 <= row["low"] <= row["median"] <= row["high"] > 0 and row["n"] >= 1
        assert row["what"] in done.stdout
    assert any(row["ratio"] for row in rows) or name in ("predict", "live", "webcam")


def test_they_are_all_tested(root):
    assert sorted(path.stem for path in (root / "benchmarks").glob("bench_*.py")) == sorted(
        f"bench_{name}" for name in BENCHMARKS
    )
