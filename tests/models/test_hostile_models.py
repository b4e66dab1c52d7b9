"""Broken and hostile weights files: one sentence through the command, no code run, little memory, no waiting."""

import base64
import io
import json
import marshal
import os
import pickle
import signal
import struct
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import model_files
import numpy as np
import pytest
import test_hostile_archives
import test_hostile_datasets
import test_hostile_images
from model_files import members, meta, npy, npy_header, packed

from emocourse.cli.main import main
from emocourse.errors import CourseError
from emocourse.models import weights
from emocourse.models.architectures import ARCHITECTURES

CANARY = Path("canary-of-a-hostile-model")
BIG = 200 << 20
GOOD = packed(members())
KERNEL = model_files.WEIGHTS["dense/kernel"]
NOT_WEIGHTS = "is no weights file of this course, or damaged"
OTHER_LAYERS = "does not hold the layers of the model slides"
UNKNOWN = "this version of the course does not have"


class Trap:
    """Unpickling this leaves a file behind."""

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(CANARY),)


def with_kernel(value: float) -> bytes:
    kernel = KERNEL.copy()
    kernel[3, 4] = value
    return packed(members(**{"dense/kernel": kernel}))


def with_meta(text: str | None = None, **changes: object) -> bytes:
    return packed(members(meta=meta(text, **changes)))


def with_header(text: str, data: bytes = b"", length: int | None = None) -> bytes:
    return packed(members(**{"dense/kernel": npy_header(text, data, length)}))


def undeclared_bomb() -> bytes:
    """A deflated member whose headers claim 1,000 bytes, while its data unpack to 200 MB."""
    content = bytearray(packed({"meta.npy": bytes(BIG)}, zipfile.ZIP_DEFLATED))
    size = struct.pack("<L", BIG)
    at = content.find(size)
    while at >= 0:
        content[at : at + 4] = struct.pack("<L", 1000)
        at = content.find(size, at + 4)
    return bytes(content)


def flagged_encrypted() -> bytes:
    content = bytearray(GOOD)
    content[6] |= 1
    at = content.find(b"PK\1\2")
    content[at + 8] |= 1
    return bytes(content)


def twice() -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stream = packed(members())
        path = io.BytesIO(stream)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("meta.npy", meta())
        return path.getvalue()


def long_table() -> bytes:
    """300,000 entries of no content: their table of contents takes 20 MB, and several times that in memory."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"x"
    count = 300_000
    return entry * count + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65535, 65535, len(entry) * count, 0, 0)


def false_locator() -> bytes:
    """A zip64 locator before the last record would replace the checked numbers by others."""
    at = GOOD.rfind(b"PK\5\6")
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 9, 9, 1 << 40, 0)
    return GOOD[:at] + record + struct.pack("<4sLQL", b"PK\6\7", 0, at, 1) + GOOD[at:]


def lambda_layer() -> bytes:
    """A Keras file whose Lambda layer holds code that makes the canary."""
    code = marshal.dumps(compile(f"__import__('os').mkdir({str(CANARY)!r})", "lambda", "exec"))
    function = {"class_name": "__lambda__", "config": {"code": base64.b64encode(code).decode()}}
    layer = {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "l", "function": function}}
    config = {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": [layer]}}
    return packed({"metadata.json": b"{}", "config.json": json.dumps(config).encode(), "model.weights.h5": b"\x89HDF"})


def numbered(n: int, numbers: Sequence[str] | None = None, member: object = None) -> dict[str, bytes]:
    """The members of an ensemble's file that says it has ``n``; every number's layers hold one kernel only."""
    told = [member or {"name": "slides", "temperature": 1.0}] * n
    numbers = [str(k) for k in range(n)] if numbers is None else numbers
    kernels = {f"{k}:dense_2/kernel.npy": npy(model_files.WEIGHTS["dense_2/kernel"]) for k in numbers}
    return {"meta.npy": meta(name="ensemble", members=told), **kernels}


FILES: dict[str, tuple[bytes | Callable[[], bytes], str]] = {
    "empty": (b"", NOT_WEIGHTS),
    "one byte": (b"P", NOT_WEIGHTS),
    "text": (b"weights: good\n" * 10, NOT_WEIGHTS),
    "zeros": (bytes(100_000), NOT_WEIGHTS),
    "cut short": (GOOD[:-3000], NOT_WEIGHTS),
    "cut to its start": (GOOD[:2000], NOT_WEIGHTS),
    "without its start": (GOOD[100_000:], NOT_WEIGHTS),
    "a flipped bit": (GOOD[:500_000] + bytes([GOOD[500_000] ^ 1]) + GOOD[500_001:], NOT_WEIGHTS),
    "a single array": (npy(KERNEL), NOT_WEIGHTS),
    "a pickle": (pickle.dumps(Trap()), NOT_WEIGHTS),
    "a pickled array as meta": (packed(members(meta=npy(np.array([Trap()], object), True))), NOT_WEIGHTS),
    "a pickled array as weights": (
        packed(members(**{"dense/kernel": npy(np.array([Trap()], object), True)})),
        NOT_WEIGHTS,
    ),
    "a Keras file with a Lambda layer": (lambda_layer, NOT_WEIGHTS),
    "an HDF5 file": (b"\x89HDF\r\n\x1a\n" + bytes(5000), NOT_WEIGHTS),
    "an empty zip": (packed({}), NOT_WEIGHTS),
    "a zip with another kind of member": (packed(members() | {"readme.txt": b"hello"}), NOT_WEIGHTS),
    "a name twice": (twice, NOT_WEIGHTS),
    "encrypted": (flagged_encrypted, NOT_WEIGHTS),
    "packed by LZMA": (packed(members(), zipfile.ZIP_LZMA), NOT_WEIGHTS),
    "packed by bzip2": (packed(members(), zipfile.ZIP_BZIP2), NOT_WEIGHTS),
    "a bomb that declares its size": (lambda: packed({"meta.npy": bytes(BIG)}, zipfile.ZIP_DEFLATED), NOT_WEIGHTS),
    "a bomb that declares little": (undeclared_bomb, NOT_WEIGHTS),
    "300,000 entries": (long_table, NOT_WEIGHTS),
    "a table of a terabyte": (false_locator, NOT_WEIGHTS),
    "names that lead out of a folder": (packed(members() | {"../../canary.npy": npy(KERNEL)}), OTHER_LAYERS),
    "an absolute name": (packed(members() | {"/tmp/canary.npy": npy(KERNEL)}), OTHER_LAYERS),
    "a layer too few": (packed(members(**{"dense/kernel": None})), OTHER_LAYERS),
    "a layer too many": (packed(members(**{"dense_3/kernel": KERNEL})), OTHER_LAYERS),
    "another shape": (packed(members(**{"dense/kernel": KERNEL.T.copy()})), OTHER_LAYERS),
    "a size of nothing": (packed(members(**{"dense/kernel": KERNEL[:0]})), OTHER_LAYERS),
    "column order": (packed(members(**{"dense/kernel": np.asfortranarray(KERNEL)})), NOT_WEIGHTS),
    "float32": (packed(members(**{"dense/kernel": KERNEL.astype(np.float32)})), NOT_WEIGHTS),
    "complex numbers": (packed(members(**{"dense/kernel": KERNEL.astype(np.complex64)})), NOT_WEIGHTS),
    "the other byte order": (packed(members(**{"dense/kernel": KERNEL.astype(">f2")})), NOT_WEIGHTS),
    "texts": (packed(members(**{"dense/kernel": np.array(["a", "b"])})), NOT_WEIGHTS),
    "a structured type": (packed(members(**{"dense/kernel": np.zeros(3, "f2,f2")})), NOT_WEIGHTS),
    "NaN": (with_kernel(np.nan), "weights that are not numbers"),
    "infinity": (with_kernel(-np.inf), "weights that are not numbers"),
    "an array of terabytes": (
        with_header("{'descr': '<f2', 'fortran_order': False, 'shape': (1000000, 1000000)}\n"),
        NOT_WEIGHTS,
    ),
    "negative sides": (
        with_header("{'descr': '<f2', 'fortran_order': False, 'shape': (-2, -2)}\n", bytes(8)),
        NOT_WEIGHTS,
    ),
    "a header of 4 GiB": (with_header("{", length=0xFFFFFFF0), NOT_WEIGHTS),
    "a header of brackets": (with_header("(" * 4000), NOT_WEIGHTS),
    "a header of minus signs": (with_header("-" * 4000 + "1"), NOT_WEIGHTS),
    "a header of code": (with_header(f"__import__('os').mkdir({str(CANARY)!r})"), NOT_WEIGHTS),
    "no meta": (packed(members(meta=None)), NOT_WEIGHTS),
    "meta as floats": (packed(members(meta=np.zeros(4))), NOT_WEIGHTS),
    "meta not JSON": (with_meta("slides"), NOT_WEIGHTS),
    "meta not UTF-8": (packed(members(meta=np.full(9, 255, np.uint8))), NOT_WEIGHTS),
    "meta a list": (with_meta("[1, 2]"), NOT_WEIGHTS),
    "meta of 50,000 brackets": (with_meta("[" * 50_000), NOT_WEIGHTS),
    "meta of 8 MB": (with_meta('{"name": "' + "x" * (8 << 20) + '"}'), NOT_WEIGHTS),
    "meta with something else": (with_meta(more=1), NOT_WEIGHTS),
    "a number of 5,000 digits": (with_meta('{"classes": ' + "1" * 5000 + "}"), NOT_WEIGHTS),
    "a later format": (with_meta(format=2), UNKNOWN),
    "the name of no model": (with_meta(name="resnet"), UNKNOWN),
    "the name of another model": (with_meta(name="tiny"), "does not hold the layers of the model tiny"),
    "an ensemble of nothing": (with_meta(name="ensemble"), NOT_WEIGHTS),
    "an ensemble of one": (packed(numbered(1)), NOT_WEIGHTS),
    "an ensemble of six": (packed(numbered(6)), NOT_WEIGHTS),
    "an ensemble without a member's layers": (packed(numbered(2, ["0"])), "does not hold the layers"),
    "an ensemble with layers of nobody": (packed(numbered(2, ["0", "1", "2"])), NOT_WEIGHTS),
    "an ensemble of ensembles": (packed(numbered(2, member={"name": "ensemble", "temperature": 1.0})), UNKNOWN),
    "an ensemble of paths": (packed(numbered(2, member={"name": "/etc/passwd", "temperature": 1.0})), UNKNOWN),
    "an ensemble of code": (packed(numbered(2, member={"name": "slides", "code": "x"})), NOT_WEIGHTS),
    "an ensemble of a text": (with_meta(name="ensemble", members="slides"), NOT_WEIGHTS),
    "an ensemble as cold as 0": (packed(numbered(2, member={"name": "slides", "temperature": 0.0})), NOT_WEIGHTS),
    "members of a single model": (with_meta(members=[]), NOT_WEIGHTS),
    "a name of a path": (with_meta(name="../../etc/passwd"), UNKNOWN),
    "a name that is a list": (with_meta(name=["slides"]), NOT_WEIGHTS),
    "seven classes in the text only": (with_meta(classes=7), OTHER_LAYERS),
    "no classes": (with_meta(classes=0), NOT_WEIGHTS),
    "endless classes": (with_meta(classes=float("inf")), NOT_WEIGHTS),
    "half a class": (with_meta(classes=6.5), NOT_WEIGHTS),
    "true classes": (with_meta(classes=True), NOT_WEIGHTS),
    "temperature 0": (with_meta(temperature=0.0), NOT_WEIGHTS),
    "temperature below 0": (with_meta(temperature=-1.0), NOT_WEIGHTS),
    "temperature NaN": (with_meta(temperature=float("nan")), NOT_WEIGHTS),
    "temperature infinite": (with_meta(temperature=float("inf")), NOT_WEIGHTS),
    "temperature of 400 digits": (with_meta(temperature=10**400), NOT_WEIGHTS),
    "temperature as text": (with_meta(temperature="1"), NOT_WEIGHTS),
}


def _folder(at: Path) -> Path:
    (at / "model.npz").mkdir()
    return at / "model.npz"


def _pipe(at: Path) -> Path:
    os.mkfifo(at / "model.npz")
    return at / "model.npz"


def _loop(at: Path) -> Path:
    (at / "model.npz").symlink_to(at / "model.npz")
    return at / "model.npz"


def _dangling(at: Path) -> Path:
    (at / "model.npz").symlink_to(at / "gone.npz")
    return at / "model.npz"


def _huge(at: Path) -> Path:
    with (at / "model.npz").open("wb") as stream:
        stream.truncate(10 << 30)
    return at / "model.npz"


PATHS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (_folder, "is not a file that can be read"),
    "a pipe that nobody writes to": (_pipe, "is not a file that can be read"),
    "a link to itself": (_loop, "cannot be read"),
    "a link to nothing": (_dangling, "cannot be read"),
    "10 GB": (_huge, NOT_WEIGHTS),
    "a device without end": (lambda at: "/dev/zero", "is not a file that can be read"),
    "no such file": (lambda at: at / "model.npz", "There is no model .*model.npz and no such file"),
    "an empty name": (lambda at: "", "is not a file that can be read"),
    "a NUL in the name": (lambda at: "mo\0del.npz", "There is no model"),
    "escape codes in the name": (lambda at: "\x1b[31mred", "There is no model"),
    "a name of 5,000 characters": (lambda at: "m" * 5000, "There is no model"),
}


@pytest.fixture(scope="module", autouse=True)
def keras():
    """Loaded before memory is traced, which would make it slow."""
    from emocourse.backend import keras

    return keras


@pytest.fixture(autouse=True)
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An alarm instead of a hang, and a look for the canary afterwards."""
    monkeypatch.chdir(tmp_path)

    def ring(*_: object) -> None:
        raise TimeoutError("the read hangs")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    assert not CANARY.exists(), "code of the file was run"


def refused(path: object, says: str, capsys: pytest.CaptureFixture) -> None:
    tracemalloc.start()
    try:
        status = main(["evaluate", str(path), "--data", "twin", "--json"])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    out, err = capsys.readouterr()
    assert (status, out, err.count("\n")) == (2, "", 1), err
    assert err.endswith(".\n") and err[:-1].isprintable() and len(err) < 700
    with pytest.raises(CourseError, match=says):
        raise CourseError(err)
    assert peak < 100e6, f"{peak / 1e6:.0f} MB"


@pytest.mark.parametrize("name", FILES)
def test_file(name: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    content, says = FILES[name]
    path = tmp_path / "model.npz"
    path.write_bytes(content if isinstance(content, bytes) else content())
    refused(path, f"{path} .*{says}", capsys)
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]


@pytest.mark.parametrize("name", PATHS)
def test_path(name: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    make, says = PATHS[name]
    refused(make(tmp_path), says, capsys)


SHAPE_NETS = ("geometry", "fusion")


def stored(name: str, **changes: np.ndarray) -> bytes:
    """A sound weights file of a model, with some arrays replaced."""
    architecture = ARCHITECTURES[name]
    arrays = {
        key: np.zeros(variable.shape, np.float16)
        for key, variable in weights.variables_by_path(architecture.build(architecture.classes)).items()
    }
    told = meta(name=name, classes=architecture.classes)
    return packed({"meta.npy": told, **{f"{k}.npy": npy(v, allow_pickle=True) for k, v in (arrays | changes).items()}})


@pytest.mark.parametrize("name", SHAPE_NETS)
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda name: stored(name)[:-200], NOT_WEIGHTS),
        (lambda name: stored(name)[:3000] + stored(name)[6000:], NOT_WEIGHTS),
        (lambda name: stored(name, **{"emotions/bias": np.full(6, np.nan, np.float16)}), "not numbers"),
        (
            lambda name: stored(name, **{"shape_in/kernel": np.zeros((166, 191), np.float16)}),
            "does not hold the layers",
        ),
        (lambda name: stored(name, **{"lambda/code": np.zeros(3, np.float16)}), "does not hold the layers"),
        (lambda name: stored(name, **{"shape_in/bias": np.array([Trap()])}), NOT_WEIGHTS),
    ],
    ids=["cut off", "a hole", "not numbers", "another shape", "one more layer", "a pickle"],
)
def test_a_file_of_another_model(name: str, spoil: Callable, says: str, tmp_path: Path, capsys) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(spoil(name))
    refused(path, says, capsys)


@pytest.mark.parametrize("name", SHAPE_NETS)
def test_a_sound_file_of_another_model_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(stored(name))
    assert weights.load(path).name == name
    with pytest.raises(CourseError, match="another model than asked for"):
        weights.load_weights(path, expected="slides")


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    """Or the refusals above would prove nothing."""
    classifier = weights.load(model_files.write(tmp_path / "model.npz"))
    assert classifier.model.count_params() == model_files.PARAMETERS
    for key, variable in weights.variables_by_path(classifier.model).items():
        np.testing.assert_array_equal(np.asarray(variable), model_files.WEIGHTS[key].astype(np.float32))


def test_a_damaged_shipped_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "slides.npz"
    path.write_bytes(GOOD[:-100])
    monkeypatch.setattr(weights.files, "data_path", lambda *parts: tmp_path / parts[-1])
    weights._load_shipped.cache_clear()
    for call in (weights.shipped, lambda: weights.load("slides")):
        with pytest.raises(CourseError, match=r"slides.npz .*damaged"):
            call()


def test_enough_hostile_inputs_of_every_kind() -> None:
    """The course promises at least 60 over CSV, archives, folders, images and model files."""
    tables = {
        "CSV": test_hostile_datasets.CSV,
        "archives": test_hostile_archives.ARCHIVES,
        "folders": test_hostile_datasets.FOLDERS,
        "paths": test_hostile_datasets.PATHS,
        "images": test_hostile_images.FILES | test_hostile_images.ARRAYS | test_hostile_images.OTHERS,
        "models": FILES | PATHS,
    }
    counts = {kind: len(table) for kind, table in tables.items()}
    assert min(counts.values()) >= 5, counts
    assert counts["models"] >= 15 and sum(counts.values()) >= 60, counts
