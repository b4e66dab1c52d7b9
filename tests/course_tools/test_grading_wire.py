"""Answers that travel to the judge: the same verdict as in one process, and nothing of the sender's runs there."""

import contextlib
import json
import os
import struct
import threading
from pathlib import Path

import numpy as np
import pytest
from test_tables import TABLES

from course_tools.grading import judge, wire
from emocourse import checks


@contextlib.contextmanager
def pair():
    """The two ends: the judge's, and the submission's."""
    here, there = os.pipe(), os.pipe()
    fds = ((here[0], "rb"), (there[1], "wb"), (there[0], "rb"), (here[1], "wb"))
    streams = [os.fdopen(fd, mode) for fd, mode in fds]
    try:
        yield wire.Wire(*streams[:2], trusted=False), wire.Wire(*streams[2:], trusted=True)
    finally:
        for stream in streams:
            with contextlib.suppress(OSError):
                stream.close()


@contextlib.contextmanager
def served(answers, number):
    """The judge's end, and the message with the answers, while the submission's end serves them."""

    def serve(end):
        end.send("check", list(answers), number=number)
        while (message := end.receive())["op"] != "next":
            end.answer(message)

    with pair() as (here, there):
        thread = threading.Thread(target=serve, args=(there,), daemon=True)
        thread.start()
        yield here, here.receive()
        here.send("next")
        thread.join(20)


@pytest.mark.parametrize("number", TABLES)
def test_every_exercise_gets_the_verdict_that_it_gets_in_the_lesson(number):
    """All right answers, and every third of the mistakes: what they get is test_tables' to say."""
    rows = list(TABLES[number].rows())
    wrong = [row for row in rows if row[1] == "not yet"]
    for answers, state, _ in [*(row for row in rows if row[1] != "not yet"), *wrong[::3]]:
        with served(answers, number) as (end, message):
            found = judge.judge(end, message)
        here = checks.examine(number, *answers)
        assert (found["state"], found["hint"], here.state) == (here.state, here.hint, state), f"{answers!r:.200}"


# the values of a message from the submission that the judge must refuse
FORGED = [
    {"t": "data", "class": "os:system", "v": {}},
    {"t": "data", "class": "emocourse.training.recipes:Recipe", "v": {}},
    {"t": "array", "dtype": "|O", "shape": [1], "v": "AAAAAAAAAAA="},
    {"t": "array", "dtype": "<f8", "shape": [1 << 40], "v": ""},
    {"t": "odd", "class": "x", "v": [1, 2, 3]},
    {"t": "yours", "v": 0},
    {"t": "decode", "v": 0},
    {"t": "int"},
    {"t": []},
    {"t": "network", "v": {}, "weights": 3},
    {"t": "dict", "v": [[[], 1]]},
    {"t": "__import__", "v": ["os"]},
]


def write(end, data):
    end._writer.write(struct.pack("<I", len(data)) + data)
    end._writer.flush()


@pytest.mark.parametrize("values", FORGED)
def test_a_forged_message_ends_the_submission(values):
    with pair() as (here, there):
        write(there, json.dumps({"op": "check", "values": values}).encode())
        with pytest.raises(wire.WireError):
            here.receive()


@pytest.mark.parametrize("data", [b"[1,2]", b"\xff", b"[" * 50_000, b"{}", b'{"values":' + b"9" * 5_000 + b"}"])
def test_what_is_no_message_ends_the_submission(data):
    with pair() as (here, there):
        write(there, data)
        with pytest.raises(wire.WireError):
            here.receive()


def test_messages_have_a_largest_size_and_number(monkeypatch):
    monkeypatch.setattr(wire, "MAX_MESSAGES", 3)
    with pair() as (here, there):
        for _ in range(4):
            there.send("cell")
        for _ in range(3):
            here.receive()
        with pytest.raises(wire.WireError, match="too much"):
            here.receive()
        there._writer.write(struct.pack("<I", (64 << 20) + 1))
        there._writer.flush()
        here._received = 0
        with pytest.raises(wire.WireError, match="too much"):
            here.receive()


NONE = {"t": "dict", "v": []}


@pytest.mark.parametrize("message", [
    {"op": "steps", "handle": 0, "values": [[], NONE]}, {"op": "eval", "handle": 0, "values": [[], NONE]},
    {"op": "call", "handle": 1, "values": [[], NONE]}, {"op": "call", "handle": -1, "values": [[], NONE]},
    {"op": "call", "handle": True, "values": [[], NONE]}, {"op": "call", "handle": 0, "values": 3},
])  # fmt: skip
def test_the_submission_may_only_call_what_it_was_lent(message):
    with pair() as (here, there):
        assert here._lend(lambda: 1) == 0
        write(there, json.dumps(message).encode())
        with pytest.raises(wire.WireError, match=r"may not|not lent"):
            here.answer(here.receive())


def test_each_exercise_is_judged_once_and_verdicts_have_their_own_descriptor():
    """The judge as it is started: two judgements of one exercise, and one that the lesson has not, end it."""
    import subprocess
    import sys

    root = Path(judge.__file__).resolve().parents[2]
    for second in ("0.3", "9.9"):
        process = subprocess.Popen(
            [sys.executable, "-c", "from course_tools.grading import judge; judge.main()", "0.3", "0.4"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"PYTHONPATH": str(root)},
        )  # fmt: skip
        messages = [{"op": "check", "number": n, "values": [[*"CGEAFDB"]]} for n in ("0.3", second)]
        texts = [json.dumps(message).encode() for message in messages]
        _, said = process.communicate(b"".join(struct.pack("<I", len(text)) + text for text in texts))
        first, last = map(json.loads, said.decode().splitlines())
        assert (first["op"], first["state"], last["op"]) == ("verdict", "correct", "broken")


NETWORK = {"class_name": "Sequential", "config": {"layers": [{"module": "keras.layers", "class_name": "Dense"}]}}


def test_only_networks_of_keras_own_layers_are_built():
    assert wire.plain_network(NETWORK)
    for module, name in (("os", "Dense"), ("keras.layers", "Lambda"), ("keras.src.saving", "X"), ("builtins", "exec"),
                         ("keras", "layers.Lambda")):  # fmt: skip
        inner = {"module": module, "class_name": name, "config": {}}
        assert not wire.plain_network({"class_name": "Sequential", "config": {"layers": [[inner]]}}), (module, name)
    foreign = {"module": "keras.layers", "class_name": "Dense", "registered_name": "package>Mine"}
    assert not wire.plain_network({"layers": [foreign]})


# what is sent and what must arrive
VALUES = [
    None, True, -(1 << 70), 1 << 20_000, 1.5, float("inf"), "é\ud800", ..., [1, (2, {3: {4}})], np.float32(0.1),
    np.int64(3), np.bool_(True), np.arange(6).reshape(2, 3), np.array(["a", "bc"]), np.zeros((0, 4)), frozenset({1}),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_plain_values_arrive_as_they_are(value):
    with pair() as (here, there):
        there.send("check", value)
        arrived = here.receive()["values"]
    assert type(arrived) is type(value)
    if isinstance(value, np.ndarray):
        assert arrived.dtype == value.dtype and arrived.shape == value.shape and (arrived == value).all()
    else:
        assert arrived == value


class Numbers:
    """Of a class that only the submission knows, and a liar."""

    def __iter__(self):
        return iter([1, np.float32(2.5)])

    def __float__(self):
        return 1.5

    def __eq__(self, other):
        return True


def test_what_does_not_cross_is_described():
    with served([Numbers(), lambda: {}["joy"], type("Any", (float,), {"__eq__": lambda *_: True})(1)], "0.1") as (_, m):
        odd, fails, number = m["values"]
        assert type(odd).__name__ == "Numbers" and not isinstance(odd, Numbers) and odd != 3
        assert (len(odd), list(odd), float(odd)) == (2, [1, 2.5], 1.5)
        assert type(number) is float
        with pytest.raises(KeyError, match="'joy'"):
            fails()
        assert not callable(odd) and callable(fails)


def test_an_answer_that_can_be_gone_through_once_gets_the_verdict_of_the_lesson():
    def rates(says_happy, is_happy):
        yield from (says_happy[is_happy].mean(), says_happy[~is_happy].mean())

    with served([rates], "1.4") as (end, message):
        found = judge.judge(end, message)
    here = checks.examine("1.4", rates)
    assert (found["state"], found["hint"]) == (here.state, here.hint) and "make a list" in here.hint


def test_an_error_of_the_judge_comes_home_through_the_students_code():
    def refuse():
        raise checks.NotYet("hint")

    with served([lambda function: function()], "0.1") as (_, message), pytest.raises(checks.NotYet, match="hint"):
        message["values"][0](refuse)
