"""The demo's third-party files, out of their npm packages and never by hand.

``python -m course_tools.site.vendor`` asks npm's own client for the packages that ``site/demo/vendor/vendor.json``
names, and lays their files there if each has the checksum that the list says. With folders of packages that were
unpacked before, in the order of the list, nothing is fetched. ``--accept`` writes the checksums of a new version.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from emocourse.errors import CourseError
from emocourse.files.store import atomic_write

FOLDER = Path(__file__).resolve().parents[2] / "site" / "demo" / "vendor"
LIST = "vendor.json"
_MOST_BYTES = 64 << 20  # of a package; face-api's has 13 MB


def read_list(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """The packages: name, version, licence, what for, and the files: from where in the package, to where, SHA-256."""
    return json.loads((folder / LIST).read_text(encoding="utf-8"))["packages"]


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def problems(folder: Path = FOLDER) -> list[str]:
    """One sentence for each file that is missing, changed, or in the folder and not in the list."""
    files = {file["to"]: file["sha256"] for package in read_list(folder) for file in package["files"]}
    here = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {LIST}
    found = [f"{name} is missing" for name in sorted(files.keys() - here)]
    found += [f"{name} is not in {LIST}" for name in sorted(here - files.keys())]
    return found + [
        f"{name} was changed" for name in sorted(here & files.keys()) if digest(folder / name) != files[name]
    ]


def fetch(package: dict[str, Any], into: Path) -> Path:
    """Ask npm for a package and unpack it; the folder that holds its files.

    Raises:
        CourseError: npm is missing or fails, or what it gives is too large.
    """
    wanted = f"{package['name']}@{package['version']}"
    npm = shutil.which("npm")
    if npm is None:
        raise CourseError("npm is missing: install Node.js, or give the folders of the unpacked packages.")
    done = subprocess.run([npm, "pack", "--json", wanted], cwd=into, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise CourseError(f"npm cannot fetch {wanted}: {done.stderr.strip()[-200:]}")
    (archive,) = into.glob("*.tgz")
    if archive.stat().st_size > _MOST_BYTES:
        raise CourseError(f"{wanted} has {archive.stat().st_size} bytes, more than expected: look at it first.")
    with tarfile.open(archive) as stream:
        stream.extractall(into, filter="data")
    return into / "package"


def lay(package: dict[str, Any], source: Path, folder: Path, accept: bool) -> None:
    """Copy a package's files to where the list wants them.

    Raises:
        CourseError: a file is missing or has another checksum, and ``accept`` is not set.
    """
    for file in package["files"]:
        if file["from"] is None:  # a licence that the package names and does not hold
            continue
        path = source / file["from"]
        if not path.is_file():
            raise CourseError(f"{package['name']} has no file {file['from']}: correct {LIST}.")
        if digest(path) != file["sha256"]:
            if not accept:
                raise CourseError(f"{file['from']} of {package['name']} has another checksum than {LIST} says.")
            file["sha256"] = digest(path)
        target = folder / file["to"]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def main(arguments: list[str] | None = None) -> int:
    """The command; 0 where every file is there and unchanged."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, help="unpacked packages, instead of asking npm")
    parser.add_argument("--accept", action="store_true", help="write new checksums into the list")
    options = parser.parse_args(arguments)
    packages = read_list()
    try:
        for k, package in enumerate(packages):
            with tempfile.TemporaryDirectory() as temporary:
                source = options.folders[k] if options.folders else fetch(package, Path(temporary))
                lay(package, source, FOLDER, options.accept)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2
    if options.accept:
        for file in (file for package in packages for file in package["files"] if file["from"] is None):
            file["sha256"] = digest(FOLDER / file["to"])
        with atomic_write(FOLDER / LIST, "w") as stream:
            stream.write(json.dumps({"packages": packages}, indent=2) + "\n")
    print("\n".join(problems()) or "Every third-party file is there, with its checksum.")
    return 1 if problems() else 0


if __name__ == "__main__":
    sys.exit(main())
