"""Answers that travel to the checks: the same verdict as in one process, and nothing of the sender's runs there."""

import contextlib
import importlib
import json
import os
import struct
import threading
from pathlib import Path

import numpy as np
import pytest

from course_tools.grading import checker
from course_tools.grading import rpc as codec
from emocourse import checks

CASES = [case for path in sorted((Path(__file__).parent.parent / "checks").glob("test_exercises[0-9][0-9].py"))
         for case in importlib.import_module(path.stem).CASES]  # fmt: skip
CASES += importlib.import_module("test_checks").CASES


@contextlib.contextmanager
def pair():
    """The two ends: the checks', and the submission's."""
    here, there = os.pipe(), os.pipe()
    fds = ((here[0], "rb"), (there[1], "wb"), (there[0], "rb"), (here[1], "wb"))
    streams = [os.fdopen(fd, mode) for fd, mode in fds]
    try:
        yield codec.Peer(*streams[:2], trusted=False), codec.Peer(*streams[2:], trusted=True)
    finally:
        for stream in streams:
            with contextlib.suppress(OSError):
                stream.close()


def serve(student, answers, number):
    student.send({"op": "check", "number": number, "missing": []}, list(answers))
    while True:
        message, values = student.receive()
        if message["op"] == "next":
            return
        student.answer(message, values)


def over_the_wire(number, *answers):
    with pair() as (judge, student):
        thread = threading.Thread(target=serve, args=(student, answers, number), daemon=True)
        thread.start()
        found = checker.judge(*judge.receive())
        judge.send({"op": "next"})
        thread.join(20)
    return found["state"], found["hint"]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_every_exercise_gets_the_verdict_that_it_gets_in_the_lesson(case):
    number, answer, state, _ = CASES[case]
    answers = answer if isinstance(answer, tuple) and len(answer) == _count(number) else (answer,)
    here = checks.examine(number, *answers)
    assert over_the_wire(number, *answers) == (here.state, here.hint)
    assert here.state == state


def _count(number):
    return checks._find(number).__code__.co_argcount


# a message of the submission's process that the checks' end must refuse
FORGED = [
    {"op": "check", "number": "1.4", "values": {"t": "data", "module": "os", "class": "system", "v": {}}},
    {"op": "check", "values": {"t": "data", "module": "course_tools.grading.grade.wire", "class": "Peer", "v": {}}},
    {"op": "check", "values": {"t": "array", "dtype": "|O", "shape": [1], "bytes": 8}},
    {"op": "check", "values": {"t": "array", "dtype": "<f8", "shape": [1 << 40], "bytes": 1 << 43}},
    {"op": "check", "values": {"t": "objects", "shape": [1 << 40], "v": []}},
    {"op": "check", "values": {"t": "yours", "v": 0}},
    {"op": "check", "values": {"t": "decode", "v": 0}},
    {"op": "check", "values": {"t": "int"}},
    {"op": "check", "values": {"t": "network", "v": "{}", "compile": "{}", "weights": 3}},
    {"op": "check", "values": {"t": "dict", "v": [[{"t": "list", "v": []}, 1]]}},
    [1, 2],
]


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_message_ends_the_submission(forged):
    with pair() as (judge, student):
        text = json.dumps(forged).encode()
        student._writer.write(struct.pack("<II", len(text), 0) + text)
        student._writer.flush()
        with pytest.raises(codec.WireError):
            judge.receive()


def test_a_message_that_is_far_too_long_is_not_read():
    with pair() as (judge, student):
        student._writer.write(struct.pack("<II", 1 << 31, 1 << 31))
        student._writer.flush()
        with pytest.raises(codec.WireError, match="too large"):
            judge.receive()


def helper(a):
    return a


@pytest.mark.parametrize(
    ("operation", "args"),
    [("getattr", ["__globals__"]), ("getattr", ["real"]), ("list", []), ("float", []), ("steps", []), ("eval", [])],
)
def test_the_submission_may_only_call_what_it_was_lent(operation, args):
    with pair() as (judge, student):
        handle = judge.lend(helper)
        student.send({"op": operation, "handle": handle}, [args, {}])
        with pytest.raises(codec.WireError, match="may not"):
            judge.answer(*judge.receive())
        with pytest.raises(codec.WireError, match="was not lent"):
            judge.lent(handle + 1)


NETWORK = {"class_name": "Sequential", "config": {"layers": [{"module": "keras.layers", "class_name": "Dense"}]}}


def test_only_networks_of_keras_own_layers_are_built():
    assert codec._plain_network(NETWORK)
    for module, name in (("os", "Dense"), ("keras.layers", "Lambda"), ("keras.src.saving", "X"), ("builtins", "exec")):
        inner = {"module": module, "class_name": name, "config": {}}
        assert not codec._plain_network({"class_name": "Sequential", "config": {"layers": [[inner]]}}), (module, name)
    foreign = {"module": "keras.layers", "class_name": "Dense", "registered_name": "package>Mine"}
    assert not codec._plain_network({"layers": [foreign]})


class Odd:
    """Of a class that only the submission knows."""

    size = 3

    def __len__(self):
        return 5

    def __iter__(self):
        return iter([1, np.float32(2.5)])

    def __float__(self):
        return 1.5


# what is sent and what must arrive
VALUES = [
    None, True, -(1 << 70), 1.5, float("inf"), "é\ud800", b"\0", ..., 2 + 3j, [1, (2, {3: {4}})], range(3),
    slice(1, None), np.float32(0.1), np.int64(3), np.bool_(True), np.arange(6).reshape(2, 3),
    np.array(["a", "bc"]), np.zeros((0, 4)),
    frozenset({1}),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_plain_values_arrive_as_they_are(value):
    with pair() as (judge, student):
        student.send({"op": "check"}, value)
        arrived = judge.receive()[1]
    assert type(arrived) is type(value)
    if isinstance(value, np.ndarray):
        assert arrived.dtype == value.dtype and arrived.shape == value.shape and (arrived == value).all()
    else:
        assert arrived == value


def test_what_cannot_travel_is_asked_about():
    with pair() as (judge, student):
        thread = threading.Thread(target=serve, args=(student, [Odd(), lambda: {}["joy"]], "0.1"), daemon=True)
        thread.start()
        _, (odd, fails) = judge.receive()
        assert type(odd).__name__ == "Odd" and not isinstance(odd, Odd)
        assert (len(odd), list(odd), float(odd), odd.size) == (5, [1, 2.5], 1.5, 3)
        with pytest.raises(KeyError, match="'joy'"):
            fails()
        assert not callable(odd) and callable(fails)
        judge.send({"op": "next"})
        thread.join(20)
