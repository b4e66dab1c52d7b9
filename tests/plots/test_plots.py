"""Every figure: alt text, numbers, the same bytes twice."""

import inspect
import threading

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from gates import palette
from PIL import Image

from emocourse import evaluation, metrics, plots
from emocourse.emotions import EMOTIONS, EMOTIONS_6
from emocourse.errors import CourseError
from emocourse.evaluation import detection as coverage
from emocourse.faces import landmarks
from emocourse.plots import base as plots_base
from emocourse.plots import images as plots_images
from emocourse.plots import learning as plots_learning
from emocourse.plots import networks as plots_network
from emocourse.plots import numbers as plots_numbers
from emocourse.plots import training as plots_training
from emocourse.twin.hard_faces import HardFaces


def face(dx=0.0, dy=0.0):
    """Landmarks of a round face in 48-pixel coordinates, by circles and lines."""

    def arc(cx, cy, rx, ry, start, stop, n, closed=False):
        t = np.radians(np.linspace(start, stop, n, endpoint=not closed))
        return np.stack([cx + rx * np.cos(t), cy + ry * np.sin(t)], axis=1)

    parts = [
        arc(24, 24, 18, 21, 180, 0, 17),
        arc(15, 16, 5, 2, 180, 360, 5),
        arc(33, 16, 5, 2, 180, 360, 5),
        np.stack([np.full(4, 24.0), np.linspace(20, 27, 4)], axis=1),
        np.stack([np.linspace(20, 28, 5), np.full(5, 29.0)], axis=1),
        arc(15, 20, 3, 1.5, 180, 540, 6, closed=True),
        arc(33, 20, 3, 1.5, 180, 540, 6, closed=True),
        arc(24, 36, 7, 3, 180, 540, 12, closed=True),
        arc(24, 36, 5, 1.5, 180, 540, 8, closed=True),
    ]
    # Upwards in the image is towards smaller y, so the chin's arc is mirrored.
    parts[0][:, 1] = 48 - parts[0][:, 1] if parts[0][8, 1] < 24 else parts[0][:, 1]
    return np.concatenate(parts).astype(np.float32) + np.float32([dx, dy])


def random_images(n, side=48, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, side, side), dtype=np.uint8)


def some_report(n=900, k=6, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, k, n)
    logits = rng.normal(size=(n, k)) + 1.5 * np.eye(k)[labels]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    names = EMOTIONS_6 if k == 6 else EMOTIONS
    return evaluation.report(labels, probabilities, rng.random(n) < 0.8, names), labels, probabilities


REPORT, LABELS_6, PROBABILITIES_6 = some_report()
RELIABILITY = metrics.reliability(LABELS_6, PROBABILITIES_6)
HISTORY = {
    "accuracy": [0.30, 0.45, 0.713],
    "val_accuracy": [0.31, 0.482, 0.47],
    "loss": [1.7, 1.4, 0.91],
    "val_loss": [1.6, 1.5, 1.83],
}
MATRIX = np.array([[8, 2, 0], [1, 9, 0], [4, 3, 13]])

SCORES = np.linspace(-1, 0.9, 20) - 0.149  # half of them reach -0.2
CURVES = coverage.tradeoff(SCORES, np.arange(20) < 11)
HARD = HardFaces(
    random_images(20), np.stack([face()] * 20), np.zeros(20, np.uint8), np.zeros(20, int), SCORES.astype(np.float32),
    np.stack([face()] * 20), np.where(np.arange(20) < 11, 2.5, 0.5).astype(np.float32),
)  # fmt: skip

FIGURES = {
    "descent": (
        lambda: plots.descent(lambda w: (w - 1) ** 2, [-1, 0, 0.5, 4, 9], (-2, 3), title="Steps"),
        ["lowest, 0, at the weight 1", "4 steps", "weight -1, loss 4", "9, loss 64", "2 of them lie outside"],
    ),
    "computation_graph": (
        lambda: plots.computation_graph(
            {"x": (0, 1), "w": (0, 0), "s": (1.2, 1)}, [("x", "s"), ("w", "s")], {"x": 2, "w": -0.5, "s": -1}, {"w": 2}
        ),
        ["x 2", "w -0.5, slope 2", "s (made of x and w) -1"],
    ),
    "two_boxes": (
        lambda: plots.two_boxes(random_images(1, 200)[0], (20, 30, 80, 80), (40, 30, 60, 90), "IoU 0.54: found."),
        ["IoU 0.54: found", "true one at x = 20, y = 30, 80 by 80", "dashed, at x = 40, y = 30, 60 by 90"],
    ),
    "attention": (
        lambda: plots.attention(
            np.full((2, 6, 6), 90, np.uint8),
            np.stack([np.pad([[1.0]], ((0, 5), (0, 5))), np.zeros((6, 6))]),
            ["a", "b"],
        ),
        ["a: most in the top left", "b: nothing speaks for it"],
    ),
    "threshold_curves": (
        lambda: plots.threshold_curves(CURVES, at=-0.2, wrong="wrong ones"),
        ["-0.8 to +1.0", "threshold -0.2", "50.0 % of 20 faces are kept; wrong ones: 10.0 %"],
    ),
    "threshold_sheet": (
        lambda: plots.threshold_sheet(HARD, -0.2, shown=4),
        ["50.0 % of 20 faces are kept", "Of the 4 faces just kept, 1 have", "Of the 4 faces just lost, 4 have"],
    ),
    "convolution_step": (
        lambda: plots.convolution_step(np.arange(30).reshape(5, 6) / 30, [[0, 1, 0], [1, -4, 1], [0, 1, 0]], 1, 2),
        ["5 by 6", "3 by 3", "row 1, column 2", "0 1 0, 1 -4 1 and 0 1 0", "0.27 0.3 0.33", "their sum is 0", "3 by 4"],
    ),
    "feature_maps": (
        lambda: plots.feature_maps([np.eye(3), -np.ones((2, 4)), np.zeros((2, 2))], ["eye", "minus", "nothing"]),
        [
            "3 feature maps",
            "eye (3×3) from 0 to 1, 33 %",
            "minus (2×4) from -1 to -1, 100 %",
            "nothing (2×2) from 0 to 0",
        ],
    ),
    "action_unit_grid": (
        lambda: plots.action_unit_grid((12, 43)),
        ["AU12 lip corner puller moves 20 landmarks and AU43 eye closure moves 8 landmarks."],
    ),
    "prototypes": (
        lambda: plots.prototypes(("happiness", "contempt", "neutral")),
        ["happiness: AU6 cheek raiser + AU12", "contempt: one side only: AU12", "neutral: no action units."],
    ),
    "history": (
        lambda: plots.history(HISTORY, references=plots.SLIDES_ACCURACY, marks={"ended": 3}),
        [
            "1 to 3",
            "71.3 %",
            "47.0 %",
            "24.3 points",
            "48.2 %",
            "epoch 2",
            "0.91",
            "1.83",
            "75 %",
            "55 %",
            "ended: epoch 3",
        ],
    ),
    "coins": (
        lambda: plots.coins(4, 18, 0.0309),
        ["18 throws of a fair coin", "A line marks 4.", "together 3.09 %"],
    ),
    "confusion": (
        lambda: plots.confusion(MATRIX, ("anger", "fear", "neutral")),
        ["40 images", "75.0 %", "anger 80 %", "fear 90 %", "neutral 65 %", "neutral is called anger in 20 %"],
    ),
    "per_class": (
        lambda: plots.per_class(REPORT),
        [f"{name}, n = {row['n']:,}: recall {100 * row['recall']:.1f} %" for name, row in REPORT["per_class"].items()],
    ),
    "reliability": (
        lambda: plots.reliability(RELIABILITY),
        ["900 images", "15 bins", f"{100 * RELIABILITY.ece:.1f} %", f"{100 * REPORT['accuracy']:.1f} %"],
    ),
    "accuracy_bars": (
        lambda: plots.accuracy_bars({"slides": REPORT, "main": REPORT}, references={"people": 0.65}),
        [
            "slides",
            "main",
            f"{100 * REPORT['accuracy']:.1f} %",
            "900 images",
            f"{REPORT['n_detected']} detected",
            "65 %",
        ],
    ),
    "image_grid": (
        lambda: plots.image_grid(
            random_images(5), ["fear", "fear", "anger", "neutral", "fear"], columns=3, title="Five"
        ),
        ["Five", "5 images", "48×48", "fear (3)", "anger (1)"],
    ),
    "landmarks_on": (
        lambda: plots.landmarks_on(random_images(1)[0], face(), numbered=True),
        ["48×48", "68 landmarks", "1 face:", "51 inside", "68 of 68", "number"],
    ),
    "preprocessing_steps": (
        lambda: plots.preprocessing_steps(
            random_images(1, 200)[0],
            (30, 40, 100, 110),
            random_images(1, 120)[0],
            random_images(1)[0],
            face(),
            landmarks.binary_image(face()),
        ),
        ["200×200", "x = 30, y = 40, 100 wide and 110 high", "120×120", "68 landmarks", "51 without", "(48, 48, 1)"],
    ),
    "score_sheet": (
        lambda: plots.score_sheet(random_images(3), np.stack([face()] * 3), [-0.1, 0.25, 1.5]),
        ["3 images", "-0.10", "+1.50", "+0.25"],
    ),
    "losses": (
        lambda: plots.losses({"plain": [1.5, 1.2, 1.9], "dropout": [1.6, 1.5, 1.45], "stopped": [1.5, 1.2]}),
        ["plain: lowest 1.20 in epoch 2, 1.90 in epoch 3", "dropout: lowest 1.45 in epoch 3", "1.20 in epoch 2."],
    ),
    "remedies": (
        lambda: plots.remedies({"nothing": [(0.7, 0.4), (0.6, 0.42)], "dropout": [(0.5, 0.45)]}, 990),
        ["n = 990", "nothing: training 65.0 %, validation 41.0 % (38.0 % to 44.1 %)", "dropout: training 50.0 %"],
    ),
    "learning_curve": (
        lambda: plots.learning_curve({1200: [(0.6, 0.5)], 75: [(0.9, 0.3), (0.8, 0.32)]}, 990),
        ["n = 990", "75 images: training 85.0 %, validation 31.0 % and 1,200 images: training 60.0 %"],
    ),
}


def figure_functions():
    """Names of all public functions that make a figure, wherever they are defined."""
    found = set()
    for module in (plots, plots_numbers, plots_learning, plots_network, plots_images, plots_training):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            makes = inspect.signature(function).return_annotation in (plots.CourseFigure, "CourseFigure")
            if makes and not name.startswith("_") and function is not plots_base.finish:
                found.add(name)
    return found


def test_no_figure_goes_without_a_test_nor_without_the_door():
    assert figure_functions() == set(FIGURES)
    assert figure_functions() <= set(plots.__all__)
    assert all(getattr(plots, name) for name in plots.__all__)


@pytest.fixture(scope="module")
def drawn():
    return {name: make() for name, (make, _) in FIGURES.items()}


@pytest.mark.parametrize("name", FIGURES)
def test_alt_text_is_a_sentence_with_the_numbers(drawn, name):
    alt = drawn[name].alt_text
    assert len(alt) > 60 and alt.endswith(".") and "\n" not in alt and "  " not in alt and "nan" not in alt
    for words in FIGURES[name][1]:
        assert words in alt


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("kind", ["png", "svg"])
def test_saved_bytes_are_the_same_twice(drawn, tmp_path, name, kind):
    first, second = tmp_path / f"1.{kind}", tmp_path / f"2.{kind}"
    plots.save(drawn[name], first)
    plots.save(FIGURES[name][0](), second)
    assert first.read_bytes() == second.read_bytes()
    plots.save(drawn[name], second)
    assert first.read_bytes() == second.read_bytes()
    assert b"dc:date" not in first.read_bytes()
    if kind == "png":
        with Image.open(first) as image:
            image.load()
            assert image.text == {"Description": drawn[name].alt_text}
            assert min(image.size) > 100
            assert len(np.unique(np.asarray(image.convert("L")))) > 5
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_cut_off(drawn, name):
    """The rim of every figure is paper: no title or label runs out of it."""
    drawn[name].canvas.draw()
    pixels = np.asarray(drawn[name].canvas.buffer_rgba())[..., :3]
    rim = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (rim == 255).all()


def test_display_carries_the_alt_text(drawn, monkeypatch):
    pytest.importorskip("IPython")
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    figure = drawn["history"]
    plots.display(figure)
    assert shown == [figure]
    figure = plots.image_grid(random_images(1), ['"><script>'])
    bundle = figure._repr_mimebundle_()
    assert bundle["text/plain"] == figure.alt_text
    assert bundle["text/html"].count("<") == 1
    assert 'src="data:image/png;base64,iVBOR' in bundle["text/html"] and "&quot;&gt;&lt;script" in bundle["text/html"]


def test_a_figure_of_your_own_is_shown_once_with_its_alt_text(monkeypatch):
    from matplotlib import pyplot

    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append((bundle, raw)))
    figure, axes = pyplot.subplots()
    axes.bar(["anger", "fear"], [3, 5])
    plots.show(figure, 'Bars: anger 3, fear 5, and a "quote".')
    ((bundle, raw),) = shown
    assert raw and bundle["text/plain"] == 'Bars: anger 3, fear 5, and a "quote".'
    assert 'alt="Bars: anger 3, fear 5, and a &quot;quote&quot;."' in bundle["text/html"]
    assert not pyplot.fignum_exists(figure.number)
    with pytest.raises(CourseError, match="in a sentence"):
        plots.show(figure, "a figure")


def test_no_bare_png_beside_the_alt_text_once_pyplot_is_there(drawn, monkeypatch):
    core = pytest.importorskip("IPython.core.formatters")
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    formatter = core.DisplayFormatter()
    formatter.formatters["image/png"].for_type(plots.CourseFigure, lambda figure: b"bare")
    assert formatter.format(drawn["confusion"]) == ({}, {})
    ((html, plain),) = [tuple(bundle.items()) for bundle in shown]
    assert 'alt="Confusion matrix. Of 40 images' in html[1] and (html[0], plain[0]) == ("text/html", "text/plain")


def test_figures_need_no_pyplot_and_work_in_threads(tmp_path):
    results = {}

    def work(k):
        figure = FIGURES["confusion"][0]()
        results[k] = [plots_base.to_bytes(figure, kind) for kind in ("png", "svg")]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4 and all(result == results[0] for result in results.values())
    for module in (plots, plots_base, plots_numbers, plots_learning, plots_network, plots_images, plots_training):
        source = inspect.getsource(module).replace(inspect.getsource(plots_base.show), "")  # which only closes figures
        assert "import pyplot" not in source and "matplotlib.pyplot" not in source


@pytest.mark.parametrize("name", ["figure.pdf", "figure", "figure.png.exe"])
def test_save_refuses_other_endings(drawn, tmp_path, name):
    with pytest.raises(CourseError, match=r"\.png or \.svg"):
        plots.save(drawn["confusion"], tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "make",
    [
        lambda: plots.history({"accuracy": [1.0]}),
        lambda: plots.history({**HISTORY, "loss": [1.0]}),
        lambda: plots.history({key: [] for key in HISTORY}),
        lambda: plots.confusion(np.zeros((3, 3), int), EMOTIONS[:3]),
        lambda: plots.confusion(MATRIX, EMOTIONS),
        lambda: plots.confusion(MATRIX / 2, EMOTIONS[:3]),
        lambda: plots.accuracy_bars({}),
        lambda: plots.image_grid([]),
        lambda: plots.image_grid([np.zeros((2, 3, 4))]),
        lambda: plots.image_grid([np.zeros(3)]),
        lambda: plots.image_grid(random_images(3), ["a"]),
        lambda: plots.image_grid(random_images(3), columns=0),
        lambda: plots.landmarks_on(random_images(1)[0], face()[17:]),
        lambda: plots.landmarks_on(random_images(1)[0], face() * np.nan),
        lambda: plots.score_sheet(random_images(2), face()[None]),
        lambda: plots.score_sheet(random_images(2), np.stack([face()] * 2), [0.1]),
        lambda: plots.threshold_curves(coverage.tradeoff([0.1], [True], ()), at=0),
        lambda: plots.losses({}),
        lambda: plots.losses({"a": []}),
        lambda: plots.losses({key: [1.0] for key in "abcdefg"}),
        lambda: plots.remedies({}, 990),
        lambda: plots.remedies({"nothing": []}, 990),
        lambda: plots.remedies({"nothing": [(0.5, 0.5)]}, 0),
        lambda: plots.learning_curve({}, 990),
        lambda: plots.learning_curve({0: [(0.5, 0.5)]}, 990),
        lambda: plots.convolution_step(np.zeros((5, 5)), np.zeros((3, 3)), 3, 0),
        lambda: plots.convolution_step(np.zeros((2, 5)), np.zeros((3, 3)), 0, 0),
        lambda: plots.feature_maps([]),
        lambda: plots.feature_maps([np.full((2, 2), np.nan)]),
        lambda: plots.feature_maps([np.zeros((2, 2))], ["a", "b"]),
        lambda: plots.action_unit_grid(()),
        lambda: plots.prototypes(()),
        lambda: plots.prototypes(("joy",)),
        lambda: plots.descent(abs, [], (0, 1)),
        lambda: plots.descent(abs, [0, np.inf], (0, 1)),
        lambda: plots.descent(abs, [0], (1, 1)),
        lambda: plots.coins(5, 4, 0.5),
        lambda: plots.computation_graph({}, [], {}, {}),
        lambda: plots.computation_graph({"x": (0, 0)}, [("x", "y")], {"x": 1}, {}),
    ],
)
def test_one_sentence_for_what_cannot_be_drawn(make):
    with pytest.raises(CourseError) as caught:
        make()
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: plots.history({key: values[:1] for key, values in HISTORY.items()}),
        lambda: plots.history({key: np.linspace(0.1, 0.9, 500) for key in HISTORY}),
        lambda: plots.history({**HISTORY, "accuracy": [1.0] * 3, "val_accuracy": [0.0] * 3}),
        lambda: plots.history({key: [0.4, 0.5, 0.5] for key in HISTORY}),
        lambda: plots.coins(0, 0, 1.0),
        lambda: plots.coins(0, 2000, 0.0),
        lambda: plots.losses({"one": [1.0]}),
        lambda: plots.remedies({"all": [(1.0, 1.0)]}, 1),
        lambda: plots.learning_curve({5: [(1.0, 0.0)]}, 10),
        lambda: plots.confusion(np.array([[5, 0], [0, 0]]), ("a", "b")),
        lambda: plots.per_class(evaluation.report([0, 0], np.array([[0.9, 0.1]] * 2), np.zeros(2, bool), ("a", "b"))),
        lambda: plots.per_class(some_report(k=7)[0]),
        lambda: plots.reliability(metrics.reliability([0], np.array([[1.0, 0.0]]), 1)),
        lambda: plots.image_grid([np.zeros((1, 1)), np.ones((9, 5, 3)), np.zeros((4, 4, 1), np.uint8)]),
        lambda: plots.landmarks_on(random_images(1)[0], np.stack([face(), face(100, 100)])),
        lambda: plots.landmarks_on(np.zeros((5, 400, 3), np.uint8), face()),
        lambda: plots.score_sheet(random_images(1), face()[None]),
    ],
)
def test_extremes_can_be_drawn(make):
    figure = make()
    assert "nan" not in figure.alt_text and len(plots_base.to_bytes(figure)) > 500


def test_confusion_ink_is_legible_on_every_shade():
    from matplotlib import colormaps

    for share in np.linspace(0, 1, 101):
        rgb = colormaps["Blues"](share)[:3]
        ink = plots_base.legible_on(rgb)
        assert palette.contrast(palette.to_linear(ink), np.array([palette.linear(v) for v in rgb])) >= 4.5


def labels_of(axes):
    return {text.get_text().strip(): text for text in axes.texts}


@pytest.mark.parametrize("ends", [(0.5, 0.5), (0.5, 0.501), (0.501, 0.5), (0.2, 0.9)])
def test_the_names_of_two_curves_do_not_overlap(ends):
    figure = plots.history({key: [0.3, end] for key, end in zip(HISTORY, (*ends, *ends), strict=True)})
    for axes in figure.axes:
        training, validation = (labels_of(axes)[name].get_window_extent() for name in ("training", "validation"))
        assert not training.overlaps(validation)
        if ends[0] != ends[1]:
            assert (training.y0 > validation.y0) == (ends[0] > ends[1])


@pytest.mark.parametrize(
    ("places", "moved"),
    [
        ([], []),
        ([5], [5]),
        ([0, 10], [0, 10]),
        ([4, 4], [3.5, 4.5]),
        ([4.2, 4], [4.6, 3.6]),
        ([1, 1, 1], [0, 1, 2]),
        ([0, 0.5, 1.2, 9], [-0.433333, 0.566667, 1.566667, 9]),
    ],
)
def test_labels_move_apart_about_their_middle(places, moved):
    assert plots_base.apart(places, 1) == pytest.approx(moved)
