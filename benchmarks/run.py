"""How fast the course is on this machine: `make bench`.

Every figure is the median of several runs, with its range; what is compared runs in turns in the same process or as
processes in turns. Nothing is asserted. With EMOCOURSE_FER2013 set, the pictures are the real ones, else the twin's.
"""

import argparse
import dataclasses
import importlib
import json
import os
import sys

from emocourse.files import store as files
from emocourse.results import provenance

BENCHMARKS = {
    "training": "bench_training",
    "preprocessing": "bench_preprocessing",
    "predict": "bench_predict",
    "data": "bench_data",
    "live": "bench_live",
    "webcam": "bench_webcam",
}


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks, print the table; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="run this one; may be given several times")
    parser.add_argument("--json", metavar="FILE", help="also write the figures, the machine and the versions here")
    parser.add_argument("--tiny", action="store_true", help="as little as possible, to see that it works")
    options = parser.parse_args(arguments)
    import measure

    rows = []
    for name in options.only or BENCHMARKS:
        print(f"{name} …", file=sys.stderr, flush=True)
        rows += importlib.import_module(BENCHMARKS[name]).run(options.tiny)
    machine = provenance.machine()
    print(f"{machine['processor']}, {machine['cores']} cores, load {os.getloadavg()[0]:.1f}\n{measure.table(rows)}")
    if options.json:
        figures = {
            "machine": machine,
            "versions": provenance.versions(),
            "rows": [dataclasses.asdict(row) for row in rows],
        }
        with files.atomic_write(options.json, "w") as stream:
            json.dump(figures, stream, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
