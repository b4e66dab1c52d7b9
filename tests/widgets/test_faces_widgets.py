"""The face explorer and the quiz, without a browser: traits are set, buttons clicked, threads let loose."""

import re
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("ipywidgets")

from emocourse import twin
from emocourse.dataset import fer2013, ferplus
from emocourse.dataset import splits as dataset
from emocourse.emotions import ACTION_UNITS, EMOTIONS, EMOTIONS_6, INFO
from emocourse.errors import CourseError
from emocourse.evaluation import agreement
from emocourse.faces import action_units, landmarks
from emocourse.widgets import face_explorer, quiz
from emocourse.widgets.face_explorer import FaceExplorer
from emocourse.widgets.panels import Latest, bars_html, image_html


class Mouths:
    """A stand-in for a Classifier: the higher the mouth corners, the happier."""

    emotions = EMOTIONS_6

    def probabilities(self, images, points, batch=500):
        assert images.shape == (len(points), 48, 48) and images.dtype == np.uint8
        column = landmarks.DISTANCE_NAMES.index("left_mouth_corner_height")
        happy = np.clip(0.2 + 3 * landmarks.distances(points)[:, column], 0, 1)
        rest = np.full((len(points), 6), ((1 - happy) / 5)[:, None], np.float32)
        rest[:, EMOTIONS_6.index("happiness")] = happy
        return rest


class Broken(Mouths):
    def probabilities(self, images, points, batch=500):
        raise RuntimeError("no <model> today")


@pytest.fixture
def explorer():
    return FaceExplorer(Mouths())


def shown(explorer):
    return re.search(r"The model reads <b>(\w+)</b>, (\d+)%", explorer.words.value).groups()


def test_it_starts_neutral(explorer):
    assert explorer.units == {} and np.array_equal(explorer.face(), twin.load().mean("neutral"))
    assert "no action unit" in explorer.words.value


def test_a_slider_moves_the_face_the_image_and_the_reading(explorer):
    before, image = int(shown(explorer)[1]), explorer.image.value
    explorer.sliders[12].value = 100
    assert explorer.units == {12: 1.0} and explorer.fields[12].value == 100
    assert np.array_equal(explorer.face(), action_units.move(twin.load().mean("neutral"), {12: 1.0}))
    assert explorer.image.value != image
    assert int(shown(explorer)[1]) > before and "AU12 at 100 %" in explorer.words.value


def test_number_fields_and_sliders_follow_each_other(explorer):
    explorer.fields[4].value = 35
    assert explorer.sliders[4].value == 35 and explorer.units == {4: 0.35}


def test_every_unit_has_a_labelled_field(explorer):
    assert set(explorer.fields) == set(explorer.sliders) == set(ACTION_UNITS)
    for number, field in explorer.fields.items():
        assert field.description == f"AU{number} {ACTION_UNITS[number].name}, %"
    held = []

    def walk(widget):
        held.append(widget)
        for child in getattr(widget, "children", ()):
            walk(child)

    walk(explorer)
    for widget in (*explorer.fields.values(), *explorer.sliders.values(), *explorer.presets.values(), explorer.side):
        assert widget in held


@pytest.mark.parametrize("emotion", INFO)
def test_presets(explorer, emotion):
    explorer.fields[43].value = 80
    explorer.presets[emotion].click()
    assert explorer.units == action_units.prototype(emotion)
    assert explorer.side.value == ("right" if emotion == "contempt" else "both")
    assert np.array_equal(explorer.face(), action_units.express(twin.load().mean("neutral"), emotion))


def test_a_preset_is_drawn_once(explorer, monkeypatch):
    drawn = []
    real = face_explorer.panels
    monkeypatch.setattr(face_explorer, "panels", lambda points: drawn.append(1) or real(points))
    explorer.set("fear")
    assert len(drawn) == 1


def test_set_refuses_what_is_wrong_and_moves_nothing(explorer):
    explorer.set(units={12: 0.5})
    for wrong in ({"emotion": "joy"}, {"units": {3: 1.0}}, {"units": {12: 2.0}}, {"side": "up"}):
        with pytest.raises(CourseError):
            explorer.set(**wrong)
    assert explorer.units == {12: 0.5}


def test_without_a_model_only_the_face_moves():
    explorer = FaceExplorer()
    explorer.set("surprise")
    assert "The model" not in explorer.words.value and "<img" in explorer.image.value


def test_an_error_is_shown_as_text():
    explorer = FaceExplorer(Broken())
    assert 'role="alert"' in explorer.words.value and "no &lt;model&gt; today" in explorer.words.value


def test_static_image_for_pages_without_a_kernel(explorer):
    explorer.set("happiness")
    bundle = explorer._repr_mimebundle_()
    assert bundle["text/plain"] == "Face explorer: run this cell in JupyterLab to use it"
    (alt,) = re.findall(r'<img [^>]*alt="([^"]*)"', bundle["text/html"])
    assert "AU6 at 100 %, AU12 at 100 %" in alt and "pixels are 1" in alt
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_many_threads_and_the_last_state_is_shown(explorer):
    def turn(number):
        for value in (100, 5, 60):
            explorer.fields[number].value = value

    threads = [threading.Thread(target=turn, args=(number,)) for number in (1, 4, 12, 26)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    for number in (1, 4, 12, 26):
        assert f"AU{number} at 60 %" in explorer.words.value


def test_latest_runs_one_at_a_time_and_never_misses_the_last():
    running, most, seen, state = [], [], [], {"value": 0}

    def work():
        running.append(1)
        most.append(len(running))
        seen.append(state["value"])
        time.sleep(0.002)
        running.pop()

    latest = Latest(work)

    def change(k):
        for i in range(20):
            state["value"] = (k, i)
            latest.ask()

    threads = [threading.Thread(target=change, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1 and seen[-1] == state["value"] and len(seen) < 80


def test_latest_goes_on_after_an_error():
    calls = []

    def work():
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("once")

    latest = Latest(work)
    with pytest.raises(ValueError, match="once"):
        latest.ask()
    latest.ask()
    with latest.paused():
        latest.ask()
        latest.ask()
        assert len(calls) == 2
    assert len(calls) == 3


def test_panels_show_the_binary_image_itself():
    points = twin.load().mean("neutral")
    image, alt = face_explorer.panels(points)
    side = face_explorer.SIDE
    assert image.shape == (side, 3 * side + 12, 3) and image.dtype == np.uint8
    right = image[:, -side:]
    centres = ((np.arange(48) + 0.5) * side / 48).astype(int)
    assert np.array_equal(right[np.ix_(centres, centres)][..., 0] > 0, landmarks.binary_image(points)[..., 0] > 0)
    assert f"{int(landmarks.binary_image(points).sum())} pixels" in alt


def test_html_is_escaped():
    assert "<b>" not in bars_html({"<b>": 0.5}, "<b>") and "50 %" in bars_html({"a": 0.5}, "")
    assert 'alt="&quot;&gt;"' in image_html(np.zeros((9, 9), np.uint8), '">')


# --- the quiz ---


def made_split(n=42, seed=0):
    labels = np.arange(n, dtype=np.uint8) % 7
    points, _ = twin.load().sample(labels=labels, seed=seed)
    detected = np.ones(n, bool)
    detected[:7] = False
    return dataset.Split(np.zeros((n, 48, 48), np.uint8), points, labels, detected, np.arange(n, dtype=np.int32))


@pytest.fixture(scope="module")
def questions():
    return quiz.choose(made_split(), Mouths(), n=12, seed=1)


def test_questions_are_balanced_and_of_the_models_emotions(questions):
    labels = [question.label for question in questions]
    assert {name: labels.count(name) for name in EMOTIONS_6} == dict.fromkeys(EMOTIONS_6, 2)
    for question in questions:
        assert question.image.shape == (quiz.SIDE, quiz.SIDE) and question.image.dtype == np.uint8
        assert tuple(question.reading) == EMOTIONS_6 and question.votes is None
        assert question.reading[question.guess] == max(question.reading.values())


def test_the_same_seed_asks_the_same(questions):
    again = quiz.choose(made_split(), Mouths(), n=12, seed=1)
    assert all(np.array_equal(a.image, b.image) and a.label == b.label for a, b in zip(questions, again, strict=True))
    other = quiz.choose(made_split(), Mouths(), n=12, seed=2)
    assert any(not np.array_equal(a.image, b.image) for a, b in zip(questions, other, strict=True))


def test_faces_that_were_not_detected_are_not_asked():
    split = made_split(14)  # 7 not detected, 7 detected, of which one is disgust
    assert sorted(q.label for q in quiz.choose(split, Mouths(), n=6)) == sorted(EMOTIONS_6)
    for n in (7, 0, -1):
        with pytest.raises(CourseError, match="quiz"):
            quiz.choose(split, Mouths(), n=n)


def test_readings_and_votes_belong_to_their_question():
    split = made_split()
    votes = np.zeros((len(split), 10), np.uint8)
    votes[np.arange(len(split)), [ferplus.VOTE_NAMES.index(EMOTIONS[k]) for k in split.labels]] = 7
    votes[:, ferplus.VOTE_NAMES.index("unknown")] = 3
    for question in quiz.choose(split, Mouths(), n=8, seed=3, votes=votes):
        assert question.votes == {question.label: 7, "unknown": 3}


def question(label, guess, votes=None):
    reading = {name: 0.9 if name == guess else 0.02 for name in EMOTIONS_6}
    return quiz.Question(np.zeros((20, 20), np.uint8), label, reading, votes)


def test_a_game_is_scored():
    game = quiz.Quiz(
        [
            question("fear", "fear", {"surprise": 6, "fear": 4}),
            question("anger", "neutral", {"anger": 5, "disgust": 5}),
            question("sadness", "sadness", {"sadness": 9, "NF": 1}),
        ]
    )
    assert game.summary() == [] and "Face 1 of 3. Which emotion?" in game.words.value
    game.buttons["surprise"].click()
    said = game.words.value
    assert "You said surprise. The label is fear. The model says fear." in said
    assert "Of 10 people who saw the photo, 6 chose surprise." in said
    game.further.click()
    assert "Face 2 of 3" in game.words.value and "Face 2 of 3" in game.image.value
    game.buttons["anger"].click()
    game.further.click()
    game.buttons["neutral"].click()
    assert "last face" in game.words.value
    lines = game.summary()
    assert lines[0].startswith("You named the label for 1 of 3 faces (95 % interval")
    assert lines[1].startswith("The model named the label for 2 of 3 faces")
    assert lines[2].startswith("You chose what most people chose for 2 of 3 faces")
    assert all(line in game.score.value for line in lines)


def test_only_the_first_choice_counts_and_nobody_skips():
    game = quiz.Quiz([question("fear", "fear"), question("anger", "fear")])
    game.go_on()
    assert "Face 1 of 2. Which" in game.words.value
    game.answer("fear")
    game.answer("anger")
    assert game.answers == ["fear"] and "You said fear" in game.words.value
    game.answer("joy")
    game.go_on()
    game.answer("anger")
    game.go_on()
    game.go_on()
    assert game.answers == ["fear", "anger"] and len(game.summary()) == 2


def test_clicks_from_many_threads_count_once():
    game = quiz.Quiz([question("fear", "fear")])
    threads = [threading.Thread(target=game.answer, args=(name,)) for name in EMOTIONS_6 * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(game.answers) == 1 and f"You said {game.answers[0]}." in game.words.value


def test_the_image_does_not_give_the_answer_away():
    game = quiz.Quiz([question("fear", "anger")])
    before = game.static_html()
    assert "fear" not in before and "anger" not in before
    assert len(re.findall(r'alt="([^"]*)"', before)[0].split()) >= 5


def test_buttons_have_words():
    game = quiz.Quiz([question("fear", "fear")])
    assert [button.description for button in game.buttons.values()] == list(EMOTIONS_6)
    assert game.further.description == "next face"


def test_an_empty_quiz_is_refused():
    with pytest.raises(CourseError, match="at least one question"):
        quiz.Quiz([])


def test_crowd_without_a_votes_file(tmp_path, monkeypatch):
    monkeypatch.delenv(agreement.VARIABLE, raising=False)
    monkeypatch.setattr(fer2013, "find", lambda path: tmp_path / "fer2013.zip")
    monkeypatch.setattr(fer2013, "read", lambda progress: SimpleNamespace(rows=np.arange(7), form="csv"))
    assert quiz.crowd(made_split(7)) is None


def test_crowd_finds_the_rows_of_the_split(tmp_path, monkeypatch):
    file = tmp_path / "fer2013new.csv"
    file.touch()
    monkeypatch.delenv(agreement.VARIABLE, raising=False)
    counts = np.arange(50).reshape(5, 10).astype(np.uint8)
    data = SimpleNamespace(rows=np.array([2, 3, 4, 5, 6]), labels=None, split=None, form="csv", n_skipped=0)
    monkeypatch.setattr(fer2013, "find", lambda path: tmp_path / "fer2013.zip")
    monkeypatch.setattr(fer2013, "read", lambda progress: data)
    monkeypatch.setattr(ferplus, "read_votes", lambda path: path)
    joined = ferplus.Votes(counts, np.full(5, "train"), np.full(5, ""))
    monkeypatch.setattr(ferplus, "join_votes", lambda *_: joined)
    split = SimpleNamespace(rows=np.array([6, 2, 4]))
    assert np.array_equal(quiz.crowd(split), counts[[4, 0, 2]])
    with pytest.raises(CourseError, match="not FER2013's"):
        quiz.crowd(SimpleNamespace(rows=np.array([7])))
    data.form = "folder"
    assert quiz.crowd(split) is None


def test_real_votes_join(fer2013_path):
    if not fer2013_path.with_name(agreement.FILE_NAME).exists():
        pytest.skip(f"{agreement.FILE_NAME} is needed beside FER2013")
    data = fer2013.read(progress=False)
    rows = data.rows[data.split == "validation"][::7]
    counts = quiz.crowd(SimpleNamespace(rows=rows))
    assert counts.shape == (len(rows), 10) and (counts.sum(1) <= 10).all() and (counts.sum(1) > 0).all()
    labels = np.array([EMOTIONS[k] for k in data.labels[data.split == "validation"][::7]])
    most = np.array(ferplus.VOTE_NAMES)[counts.argmax(1)]
    assert 0.5 < (labels == most).mean() < 0.8
