"""A library that opens files by a path in the machine's old code page reads those in Jürgen's folder too."""

import threading
from pathlib import Path

import pytest

from emocourse.errors import CourseError
from emocourse.files import native


def old_code_page(path: str) -> bytes:
    if not path.isascii():
        raise RuntimeError(f"Unable to open {path}")
    return Path(path).read_bytes()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "Jürgen" / "model.dat"
    path.parent.mkdir()
    path.write_bytes(b"content")
    return path


def test_a_copy_is_read_and_removed(file, tmp_path, monkeypatch):
    monkeypatch.setattr(native.tempfile, "tempdir", str(tmp_path))
    assert native.load_by_path(old_code_page, file) == b"content"
    assert [path.name for path in tmp_path.iterdir()] == ["Jürgen"]


def test_a_temporary_folder_of_the_same_kind_is_passed_over(file, tmp_path, monkeypatch):
    monkeypatch.setattr(native.tempfile, "tempdir", str(file.parent))
    monkeypatch.setenv("EMOCOURSE_CACHE", str(tmp_path))
    assert native.load_by_path(old_code_page, file) == b"content"


def test_a_short_name(file, tmp_path, monkeypatch):
    (tmp_path / "JRGEN~1").symlink_to(file.parent)
    monkeypatch.setattr(native, "_short_name", lambda path: path.replace("Jürgen", "JRGEN~1"))
    assert native.load_by_path(old_code_page, file) == b"content"


def test_no_place_is_a_sentence(file, monkeypatch):
    monkeypatch.setattr(native.tempfile, "tempdir", str(file.parent))
    for name in ("EMOCOURSE_CACHE", "PUBLIC", "PROGRAMDATA"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(CourseError, match="set EMOCOURSE_CACHE"):
        native.load_by_path(old_code_page, file)


def test_what_is_wrong_with_a_file_is_passed_on(tmp_path):
    with pytest.raises(FileNotFoundError):
        native.load_by_path(old_code_page, tmp_path / "gone.dat")


def test_dlib_and_opencv(monkeypatch, tmp_path):
    """Both get their files through it."""
    import cv2
    import dlib

    from emocourse.faces import detection, landmarks

    folder = tmp_path / "Jürgen"
    folder.mkdir()
    name = "haarcascade_frontalface_default.xml"
    (folder / name).write_bytes(Path(cv2.data.haarcascades, name).read_bytes())
    (folder / "model.dat").symlink_to(landmarks.model_path())
    real = {"cascade": cv2.CascadeClassifier, "predictor": dlib.shape_predictor}
    asked = []

    def through(name):
        def load(path=""):
            asked.append(name)
            if not path.isascii() and name == "predictor":
                raise RuntimeError(f"Unable to open {path}")
            return real[name](path if path.isascii() else "")

        return load

    monkeypatch.setattr(cv2, "CascadeClassifier", through("cascade"))
    monkeypatch.setattr(dlib, "shape_predictor", through("predictor"))
    monkeypatch.setattr(cv2.data, "haarcascades", f"{folder}/")
    monkeypatch.setattr(landmarks, "model_path", lambda: folder / "model.dat")
    monkeypatch.setattr(detection, "_thread", threading.local())
    assert not detection._haar().empty()
    assert landmarks._predictor.__wrapped__() is not None
    assert asked == ["cascade", "cascade", "predictor", "predictor"]


def test_what_comes_back_empty_was_not_read(tmp_path):
    class Cascade:
        def __init__(self, path):
            self.content = Path(path).read_bytes() if path.isascii() else b""

        def empty(self):
            return not self.content

    plain, other = tmp_path / "file.xml", tmp_path / "Jürgen.xml"
    plain.write_bytes(b"content")
    other.write_bytes(b"content")
    assert native.load_by_path(Cascade, plain).content == native.load_by_path(Cascade, other).content == b"content"
    plain.write_bytes(b"")
    with pytest.raises(RuntimeError):
        native.load_by_path(Cascade, plain)
