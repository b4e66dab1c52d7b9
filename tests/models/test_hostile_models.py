"""Broken and hostile weights files: one sentence through the command, no code run, little memory, no waiting."""

import base64
import io
import json
import marshal
import os
import pickle
import signal
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import model_files
import numpy as np
import pytest
import test_hostile_archives
import test_hostile_datasets
import test_hostile_images
from model_files import packed, raw, whole

from emocourse.cli.main import main
from emocourse.errors import CourseError
from emocourse.models import weights
from emocourse.models.architectures import ARCHITECTURES

CANARY = Path("canary-of-a-hostile-model")
GOOD = packed()
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
    return packed({"dense/kernel": kernel})


def said(dtype: str = "F16", shape: object = (512, 1024), start: object = 0, end: object = 1 << 20) -> dict:
    """A header's entry of the dense layer's kernel."""
    return {"dense/kernel": {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}}


def twice() -> bytes:
    """A header with a name twice; JSON's readers take the last."""
    length = int.from_bytes(GOOD[:8], "little")
    head = GOOD[8 : 8 + length]
    return raw(head[:-1] + b", " + json.dumps(said())[1:].encode(), GOOD[8 + length :])


def lambda_layer() -> bytes:
    """A Keras file whose Lambda layer holds code that makes the canary."""
    code = marshal.dumps(compile(f"__import__('os').mkdir({str(CANARY)!r})", "lambda", "exec"))
    function = {"class_name": "__lambda__", "config": {"code": base64.b64encode(code).decode()}}
    layer = {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "l", "function": function}}
    config = {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": [layer]}}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in {"config.json": json.dumps(config).encode(), "model.weights.h5": b"\x89HDF"}.items():
            archive.writestr(name, content)
    return stream.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def numbered(n: int, numbers: Sequence[str] | None = None, member: object = None) -> bytes:
    """An ensemble's file that says it has ``n`` members; every number's layers hold one kernel only."""
    told = [member or {"name": "slides", "temperature": 1.0}] * n
    numbers = [str(k) for k in range(n)] if numbers is None else numbers
    kernels = {f"{k}:dense_2/kernel": model_files.WEIGHTS["dense_2/kernel"] for k in numbers}
    return whole(kernels, name="ensemble", members=told)


FILES: dict[str, tuple[bytes | Callable[[], bytes], str]] = {
    "empty": (b"", NOT_WEIGHTS),
    "one byte": (b"P", NOT_WEIGHTS),
    "text": (b"weights: good\n" * 10, NOT_WEIGHTS),
    "zeros": (bytes(100_000), NOT_WEIGHTS),
    "cut short": (GOOD[:-3000], NOT_WEIGHTS),
    "cut to its start": (GOOD[:2000], NOT_WEIGHTS),
    "without its start": (GOOD[100_000:], NOT_WEIGHTS),
    "something after its end": (GOOD + b"more", NOT_WEIGHTS),
    "a flipped bit": (GOOD[:500_000] + bytes([GOOD[500_000] ^ 1]) + GOOD[500_001:], NOT_WEIGHTS),
    "a pickle": (pickle.dumps(Trap()), NOT_WEIGHTS),
    "pickled arrays": (lambda: npz(kernel=np.array([Trap()], object)), NOT_WEIGHTS),
    "NumPy's archive": (lambda: npz(kernel=KERNEL), NOT_WEIGHTS),
    "a Keras file with a Lambda layer": (lambda_layer, NOT_WEIGHTS),
    "an HDF5 file": (b"\x89HDF\r\n\x1a\n" + bytes(5000), NOT_WEIGHTS),
    "a header of 16 EiB": (raw(b"{}", length=(1 << 64) - 1), NOT_WEIGHTS),
    "a header as long as the file": (raw(b"{}", bytes(9000), length=9002), NOT_WEIGHTS),
    "a header of 8 MB": (lambda: packed(head={"told": {"more": "x" * (8 << 20)}}), NOT_WEIGHTS),
    "a header of brackets": (raw(b"[" * 100_000), NOT_WEIGHTS),
    "a header of nothing": (raw(b""), NOT_WEIGHTS),
    "a header of no arrays": (raw(b"{}"), NOT_WEIGHTS),
    "a header that is a list": (raw(b"[1, 2]  "), NOT_WEIGHTS),
    "a header that is not UTF-8": (raw(b'{"\xff": 1}'), NOT_WEIGHTS),
    "a name twice": (twice, NOT_WEIGHTS),
    "names that lead out of a folder": (packed({"../../canary": KERNEL}), OTHER_LAYERS),
    "an absolute name": (packed({"/tmp/canary": KERNEL}), OTHER_LAYERS),
    "a layer too few": (packed({"dense/kernel": None}), OTHER_LAYERS),
    "a layer too many": (packed({"dense_3/kernel": KERNEL}), OTHER_LAYERS),
    "another shape": (packed({"dense/kernel": KERNEL.T.copy()}), OTHER_LAYERS),
    "a size of nothing": (packed({"dense/kernel": KERNEL[:0]}), OTHER_LAYERS),
    "float32": (packed({"dense/kernel": KERNEL.astype(np.float32)}), NOT_WEIGHTS),
    "complex numbers": (packed({"dense/kernel": KERNEL.astype(np.complex64)}), NOT_WEIGHTS),
    "whole numbers": (packed({"dense/kernel": KERNEL.astype(np.uint8)}), NOT_WEIGHTS),
    "a type that NumPy has not": (whole({"dense/kernel": KERNEL}, head=said("BF16")), NOT_WEIGHTS),
    "a type of nobody": (whole({"dense/kernel": KERNEL}, head=said("pickle")), NOT_WEIGHTS),
    "an array of terabytes": (whole({"dense/kernel": KERNEL}, head=said(shape=[10**6, 10**6])), NOT_WEIGHTS),
    "a shape beyond counting": (whole({"dense/kernel": KERNEL}, head=said(shape=[1 << 62, 1 << 62])), NOT_WEIGHTS),
    "negative sides": (whole({"dense/kernel": KERNEL}, head=said(shape=[-512, -1024])), NOT_WEIGHTS),
    "sides of halves": (whole({"dense/kernel": KERNEL}, head=said(shape=[512.5, 2])), NOT_WEIGHTS),
    "a place after the end": (whole({"dense/kernel": KERNEL}, head=said(start=1 << 30, end=5 << 30)), NOT_WEIGHTS),
    "a place that ends before it starts": (whole({"dense/kernel": KERNEL}, head=said(start=8, end=0)), NOT_WEIGHTS),
    "two arrays in one place": (whole({"a": KERNEL, "dense/kernel": KERNEL}, head=said()), NOT_WEIGHTS),
    "NaN": (with_kernel(np.nan), "weights that are not numbers"),
    "infinity": (with_kernel(-np.inf), "weights that are not numbers"),
    "no metadata": (packed(head={"__metadata__": {}}), NOT_WEIGHTS),
    "metadata that is a list": (packed(head={"__metadata__": ["slides"]}), NOT_WEIGHTS),
    "metadata that is no text": (packed(head={"told": {"model": model_files.META}}), NOT_WEIGHTS),
    "no text": (packed(head={"told": {"model": None}}), NOT_WEIGHTS),
    "no checksum": (packed(sha256=None), NOT_WEIGHTS),
    "another checksum": (packed(sha256="0" * 64), NOT_WEIGHTS),
    "meta not JSON": (packed(text="slides"), NOT_WEIGHTS),
    "meta a list": (packed(text="[1, 2]"), NOT_WEIGHTS),
    "meta of 50,000 brackets": (packed(text="[" * 50_000), NOT_WEIGHTS),
    "meta with something else": (packed(more=1), NOT_WEIGHTS),
    "a number of 5,000 digits": (packed(text='{"classes": ' + "1" * 5000 + "}"), NOT_WEIGHTS),
    "a later format": (packed(format=2), UNKNOWN),
    "the name of no model": (packed(name="resnet"), UNKNOWN),
    "the name of another model": (packed(name="tiny"), "does not hold the layers of the model tiny"),
    "an ensemble of nothing": (packed(name="ensemble"), NOT_WEIGHTS),
    "an ensemble of one": (numbered(1), NOT_WEIGHTS),
    "an ensemble of six": (numbered(6), NOT_WEIGHTS),
    "an ensemble without a member's layers": (numbered(2, ["0"]), "does not hold the layers"),
    "an ensemble with layers of nobody": (numbered(2, ["0", "1", "2"]), NOT_WEIGHTS),
    "an ensemble of ensembles": (numbered(2, member={"name": "ensemble", "temperature": 1.0}), UNKNOWN),
    "an ensemble of paths": (numbered(2, member={"name": "/etc/passwd", "temperature": 1.0}), UNKNOWN),
    "an ensemble of code": (numbered(2, member={"name": "slides", "code": "x"}), NOT_WEIGHTS),
    "an ensemble of a text": (packed(name="ensemble", members="slides"), NOT_WEIGHTS),
    "an ensemble as cold as 0": (numbered(2, member={"name": "slides", "temperature": 0.0}), NOT_WEIGHTS),
    "members of a single model": (packed(members=[]), NOT_WEIGHTS),
    "a name of a path": (packed(name="../../etc/passwd"), UNKNOWN),
    "a name that is a list": (packed(name=["slides"]), NOT_WEIGHTS),
    "seven classes in the text only": (packed(classes=7), OTHER_LAYERS),
    "no classes": (packed(classes=0), NOT_WEIGHTS),
    "endless classes": (packed(classes=float("inf")), NOT_WEIGHTS),
    "half a class": (packed(classes=6.5), NOT_WEIGHTS),
    "true classes": (packed(classes=True), NOT_WEIGHTS),
    "temperature 0": (packed(temperature=0.0), NOT_WEIGHTS),
    "temperature below 0": (packed(temperature=-1.0), NOT_WEIGHTS),
    "temperature NaN": (packed(temperature=float("nan")), NOT_WEIGHTS),
    "temperature infinite": (packed(temperature=float("inf")), NOT_WEIGHTS),
    "temperature of 400 digits": (packed(temperature=10**400), NOT_WEIGHTS),
    "temperature as text": (packed(temperature="1"), NOT_WEIGHTS),
}


def _folder(at: Path) -> Path:
    (at / "model.safetensors").mkdir()
    return at / "model.safetensors"


def _pipe(at: Path) -> Path:
    os.mkfifo(at / "model.safetensors")
    return at / "model.safetensors"


def _loop(at: Path) -> Path:
    (at / "model.safetensors").symlink_to(at / "model.safetensors")
    return at / "model.safetensors"


def _dangling(at: Path) -> Path:
    (at / "model.safetensors").symlink_to(at / "gone.safetensors")
    return at / "model.safetensors"


def _huge(at: Path) -> Path:
    with (at / "model.safetensors").open("wb") as stream:
        stream.truncate(10 << 30)
    return at / "model.safetensors"


PATHS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (_folder, "is not a file that can be read"),
    "a pipe that nobody writes to": (_pipe, "is not a file that can be read"),
    "a link to itself": (_loop, "cannot be read"),
    "a link to nothing": (_dangling, "cannot be read"),
    "10 GB": (_huge, NOT_WEIGHTS),
    "a device without end": (lambda at: "/dev/zero", "is not a file that can be read"),
    "no such file": (lambda at: at / "model.safetensors", "There is no model .*model.safetensors and no such file"),
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
    path = tmp_path / "model.safetensors"
    path.write_bytes(content if isinstance(content, bytes) else content())
    refused(path, f"{path} .*{says}", capsys)
    assert [p.name for p in tmp_path.iterdir()] == ["model.safetensors"]


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
    return whole(arrays | changes, name=name, classes=architecture.classes)


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
    ],
    ids=["cut off", "a hole", "not numbers", "another shape", "one more layer"],
)
def test_a_file_of_another_model(name: str, spoil: Callable, says: str, tmp_path: Path, capsys) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(spoil(name))
    refused(path, says, capsys)


@pytest.mark.parametrize("name", SHAPE_NETS)
def test_a_sound_file_of_another_model_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(stored(name))
    assert weights.load(path).name == name
    with pytest.raises(CourseError, match="another model than asked for"):
        weights.load_weights(path, expected="slides")


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    """Or the refusals above would prove nothing."""
    classifier = weights.load(model_files.write(tmp_path / "model.safetensors"))
    assert classifier.model.count_params() == model_files.PARAMETERS
    for key, variable in weights.variables_by_path(classifier.model).items():
        np.testing.assert_array_equal(np.asarray(variable), model_files.WEIGHTS[key].astype(np.float32))


def test_a_damaged_shipped_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "slides.safetensors"
    path.write_bytes(GOOD[:-100])
    monkeypatch.setattr(weights.files, "data_path", lambda *parts: tmp_path / parts[-1])
    weights._load_shipped.cache_clear()
    for call in (weights.shipped, lambda: weights.load("slides")):
        with pytest.raises(CourseError, match=r"slides.safetensors .*damaged"):
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
