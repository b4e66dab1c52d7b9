"""An exercise as a table, which its check and its tests read: what is right, what is tried, which mistakes are known.

The docstring of `emocourse.checks` shows how a table is written.
"""

import contextlib
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from .calls import Case, Ran, run, stopped, unread
from .values import difference, settle, show
from .verdicts import NotYet, State, Verdict, expect

__all__ = ["Case", "Choice", "Exercise", "Function", "Judge", "Value", "Words"]

Row = tuple[Any, State, str]
"""An answer to a part, the state that it must get, and a part of its hint."""


def stub(*_: Any, **__: Any) -> Any:
    """What students find where they should write a function."""
    raise NotImplementedError


class Part:
    """One thing that an exercise asks for. ``given`` marks what the lesson hands over, no work of a student."""

    given = False
    name: str
    open_answer: Any = ...

    def judge(self, answer: Any) -> None:
        """Return where the answer is right; else raise NotYet, or NotImplementedError where it is not started."""
        raise NotImplementedError

    def reference(self) -> Any:
        """The course's own answer."""
        raise NotImplementedError

    def rows(self) -> Iterator[Row]:
        """Answers and what they must get: for the tests."""
        raise NotImplementedError


class Compared(Part):
    """A part whose answer is compared with the right one, and with known mistakes where it differs.

    Args:
        mistakes: rows of (hint, wrong answer, another wrong answer, …).
        signs: rows of (test, hint, wrong answer that shows it): where no mistake is the answer's, ``test(got, want)``
            says whether the hint fits.
        also_right: right answers of another style, for the tests.
        otherwise: what to say, after where it differs, when nothing else fits.
        tidy: brings what was given into the form that is compared.
        compare: takes the place of `values.difference`: ``compare(got, want)`` gives "" or the difference in words.
        options: of `values.difference`: tolerance, any_order, dtype.
    """

    def __init__(
        self,
        name: str,
        right: Any,
        mistakes: Iterable[tuple] = (),
        signs: Iterable[tuple] = (),
        also_right: Sequence[Any] = (),
        otherwise: str = "",
        tidy: Callable[[Any], Any] | None = None,
        compare: Callable[[Any, Any], str] | None = None,
        **options: Any,
    ) -> None:
        self.name, self.right = name, right
        self.mistakes = [(row[0], wrong) for row in mistakes for wrong in row[1:]]
        self.signs, self.also_right, self.otherwise = list(signs), also_right, otherwise
        self.tidy = tidy or (lambda value: value)
        self.differ = compare or functools.partial(difference, **options)

    def tidied(self, value: Any) -> Any:
        """What was given, in the form that is compared; as it is, where it has no such form."""
        try:
            return self.tidy(value)
        except NotYet:
            raise
        except Exception:  # of another kind than asked for: comparing says so
            return value

    def sign(self, pairs: Iterable[tuple[Any, Any]]) -> str:
        """The hint of the first sign that fits one of the pairs of (got, want)."""
        for got, want in pairs:
            for test, hint, *_ in self.signs:
                try:
                    fits = bool(test(got, want))
                except Exception:  # a sign asks about one kind of answer, and may get another
                    fits = False
                if fits:
                    return _fill(hint, got, want)
        return ""

    def build(self, answer: Any) -> Any:
        """A row's answer as a student would hand it in."""
        return answer() if callable(answer) else answer

    def rows(self) -> Iterator[Row]:
        """See `Part.rows`."""
        yield self.open_answer, "not started", ""
        for right in (self.right, *self.also_right):
            yield self.build(right), "correct", ""
        for hint, wrong in self.mistakes:
            yield self.build(wrong), "not yet", hint
        for _, hint, *examples in self.signs:
            for wrong in examples:
                yield self.build(wrong), "not yet", hint


class Value(Compared):
    """A value. ``right`` and the mistakes may be functions without arguments, which are called when they are needed.

    Args:
        given: the value is the lesson's own and only has to be unchanged.
    """

    def __init__(self, name: str, right: Any, *args: Any, given: bool = False, **options: Any) -> None:
        super().__init__(name, right, *args, **{"hide": True, **options} if "compare" not in options else options)
        self.given = given

    @functools.cached_property
    def value(self) -> Any:
        """The right value."""
        return self.build(self.right)

    @functools.cached_property
    def known(self) -> list[tuple[str, Any]]:
        """The mistakes' hints and values, save those that are refused before they are compared."""
        found = []
        for hint, wrong in self.mistakes:
            with contextlib.suppress(NotYet):
                found.append((hint, self.tidied(settle(self.build(wrong)))))
        return found

    def reference(self) -> Any:
        """See `Part.reference`."""
        return self.value

    def judge(self, answer: Any) -> None:
        """See `Part.judge`."""
        got = self.tidied(settle(answer))
        if not (text := self.differ(got, self.value)):
            return
        for hint, wrong in self.known:
            if not self.differ(got, wrong):
                raise NotYet(_fill(hint, got, self.value))
        if hint := self.sign([(got, self.value)]):
            raise NotYet(hint)
        expect(got is not None, f"{self.name} is None: it needs a value")
        expect(not callable(got) or callable(self.value), f"{self.name} is a function: call it, and keep its result")
        raise NotYet(_joined(f"{self.name} is not right: {text}", self.otherwise))


class Function(Compared):
    """A function, tried on each of the cases beside the right one.

    A wrong or ``also_right`` answer is a function; a text, which is an expression in the parameters of the right one
    (or a whole ``lambda``); or a tuple of texts (old, new, …) to be replaced in the source of the right one.

    Args:
        right: the right function, which must take any sensible input: `checks.use` hands it out.
        cases: the cases, or a function that makes them when they are needed.
        asks: what is compared: what it gives back ("return"), prints ("print"), or does to its arguments ("change").
        keeps: whether it must leave its arguments as they are (so it must, unless it ``asks`` for their change); a
            text is the hint.
        then: is called with a function that is right in all cases, and may still `expect` something of it.
        name: of the function, where it is not that of ``right``.
    """

    open_answer = staticmethod(stub)

    def __init__(
        self,
        right: Callable[..., Any],
        cases: Sequence[Case] | Callable[[], Sequence[Case]],
        *args: Any,
        asks: str = "return",
        keeps: bool | str = True,
        then: Callable[[Any], None] | None = None,
        name: str = "",
        **options: Any,
    ) -> None:
        super().__init__(name or right.__name__, right, *args, **options)
        self._cases, self.asks, self.then = cases, asks, then
        told = "your function changes what it is given, which others still need: work on a copy"
        self.keeps = "" if not keeps or asks == "change" else keeps if isinstance(keeps, str) else told

    @functools.cached_property
    def cases(self) -> list[Case]:
        """The cases."""
        return list(self._cases() if callable(self._cases) else self._cases)

    @functools.cached_property
    def wanted(self) -> list[Ran]:
        """What the right function does in each case."""
        return self.tried(self.right)

    @functools.cached_property
    def known(self) -> list[tuple[str, list[Ran]]]:
        """The mistakes' hints, and what each does in each case."""
        return [(hint, self.tried(self.build(wrong))) for hint, wrong in self.mistakes]

    def reference(self) -> Any:
        """See `Part.reference`."""
        return self.right

    def tried(self, function: Callable[..., Any]) -> list[Ran]:
        """What a function does in each case."""
        found = [run(function, case) for case in self.cases]
        for ran in found:
            if self.asks != "return":
                ran.value = ran.printed.strip() if self.asks == "print" else ran.args
            ran.value = self.tidied(ran.value)
        return found

    def apart(self, got: Ran, want: Ran) -> str:
        """How two calls differ, in words; "" if they do not."""
        if want.error or got.error:
            if want.error and got.error and isinstance(got.error, type(want.error)):
                return ""
            told = f"expected {type(want.error).__name__} to be raised, yours gives {show(got.value)} back"
            return f"it stops with {type(got.error).__name__}" if got.error else told
        return self.differ(got.value, want.value)

    def judge(self, answer: Any) -> None:
        """See `Part.judge`."""
        expect(callable(answer), "keep the line that starts with def: the check calls your function")
        got = self.tried(answer)
        texts = [self.apart(mine, want) for mine, want in zip(got, self.wanted, strict=True)]
        if any(texts):
            raise NotYet(self.hint(answer, got, texts))
        expect(not self.keeps or not any(ran.changed for ran in got), self.keeps)
        expect(not any(ran.once for ran in got), "what you give back can't be indexed or counted: make a list of it")
        if self.then:
            self.then(answer)

    def hint(self, answer: Any, got: list[Ran], texts: list[str]) -> str:
        """What to say about an answer that differs in some cases as ``texts`` say."""
        wrong = [k for k, text in enumerate(texts) if text]
        first = wrong[0]
        at = f"for {self.cases[first].told(self.name)}: {texts[first]}"
        hint, likely = self.mistake(got, wrong)
        hint = hint or self.sign((got[k].value, self.wanted[k].value) for k in wrong if not got[k].error)
        if not hint and got[first].value is not None and (ignored := unread(answer)):
            hint = f"your function never uses `{ignored}`, which it is given"
        hint = hint or (likely if any(ran.value is not None for ran in got) else "")
        if hint or (hint := self.keeps if any(ran.changed for ran in got) else ""):
            return _fill(hint, got[first].value, self.wanted[first].value) + f" ({at})"
        stop = next((k for k in wrong if got[k].error), None)
        if stop is not None:
            return f"{stopped(got[stop].error, answer)}, for {self.cases[stop].told(self.name)}"
        if got[first].value is None and self.asks == "return":
            printed = "; print shows a value, return gives it back" if got[first].printed else ""
            if all(ran.value is None for ran in got):
                return f"your function gives nothing back: is there a return?{printed}"
            if all(ran.value is not None for ran in self.wanted):
                where = f"for {self.cases[first].told(self.name)}, your function gives nothing back"
                return f"{where}: does every way through it end in a return?"
        if self.constant(got):
            return (
                f"your function gives {show(got[first].value)} whatever it is given: does it use its arguments, and no "
                f"variable from outside? ({at})"
            )
        return _joined(at, self.otherwise)

    def constant(self, got: list[Ran]) -> bool:
        """Whether an answer gives the same in all cases, where the right one does not."""
        return all(not self.apart(ran, got[0]) for ran in got) and any(
            self.apart(want, self.wanted[0]) for want in self.wanted
        )

    def mistake(self, got: list[Ran], wrong: list[int]) -> tuple[str, str]:
        """The hint of the known mistake that does the same in all cases, and of the one that explains most; or "".

        The latter does the same in half of the cases where the answer is wrong, or more, and is wrong in another way in
        far fewer.
        """
        best, most = "", 0
        ran = [k for k, mine in enumerate(got) if not mine.error]
        for hint, theirs in self.known:
            same = [not self.apart(mine, their) for mine, their in zip(got, theirs, strict=True)]
            if all(same):
                return hint, ""
            alike = sum(same[k] for k in ran if k in wrong)
            unlike = sum(bool(self.apart(theirs[k], self.wanted[k])) for k in ran if not same[k])
            if alike * 2 >= len(wrong) and alike > 2 * unlike and alike - unlike > most:
                best, most = hint, alike - unlike
        return "", best

    def build(self, answer: Any) -> Any:
        """See `Compared.build`."""
        if callable(answer):
            return answer
        right = inspect.unwrap(self.right)
        if isinstance(answer, tuple):
            return _replaced(right, answer)
        if answer.startswith("lambda"):
            return eval(answer, right.__globals__)  # our own source
        names = inspect.signature(right).parameters.values()
        heads = [f"{'*' * (p.kind is p.VAR_POSITIONAL)}{p.name}" for p in names if p.kind is not p.KEYWORD_ONLY]
        made = eval(f"lambda {', '.join(heads)}: {answer}", right.__globals__)
        made.__defaults__ = right.__defaults__
        return made


def _replaced(right: Callable[..., Any], texts: tuple[str, ...]) -> Callable[..., Any]:
    """A function like the right one, with pieces of its source replaced."""
    source = textwrap.dedent(inspect.getsource(right))
    for old, new in zip(texts[::2], texts[1::2], strict=True):
        if old not in source:
            raise ValueError(f"{old!r} does not stand in {right.__name__}")
        source = source.replace(old, new)
    names = dict(right.__globals__)
    exec(source, names)  # our own source
    return names[right.__name__]


class Judge(Part):
    """A part that cannot be compared, such as a network: ``judge`` is called with it, and uses `expect`.

    Args:
        name: of the answer.
        judge: returns, or raises NotYet (through `expect`).
        right: a right answer; where ``made``, a function that makes it.
        mistakes: rows of (part of the hint, wrong answer, another, …); where ``made``, functions that make them.
        also_right: right answers of another style.
        made: see above.
        function: whether the answer is a function, of which a stub is no answer.
    """

    def __init__(
        self,
        name: str,
        judge: Callable[[Any], None],
        right: Any,
        mistakes: Iterable[tuple] = (),
        also_right: Sequence[Any] = (),
        made: bool = False,
        function: bool = False,
    ) -> None:
        self.name, self._judge, self.made, self.right = name, judge, made, right
        self.mistakes, self.also_right = list(mistakes), also_right
        self.open_answer = stub if function else ...

    def judge(self, answer: Any) -> None:
        """See `Part.judge`."""
        expect(self.open_answer is ... or callable(answer), "keep the line that starts with def")
        self._judge(_guarded(answer) if self.open_answer is stub else answer)

    def reference(self) -> Any:
        """See `Part.reference`."""
        return self.right() if self.made else self.right

    def rows(self) -> Iterator[Row]:
        """See `Part.rows`."""
        yield self.open_answer, "not started", ""
        for right in (self.right, *self.also_right):
            yield right() if self.made else right, "correct", ""
        for hint, *answers in self.mistakes:
            for wrong in answers:
                yield wrong() if self.made else wrong, "not yet", hint


def _guarded(answer: Callable[..., Any]) -> Callable[..., Any]:
    """A student's function, whose errors are told as its own and not as the judge's."""

    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return answer(*args, **kwargs)
        except (NotYet, NotImplementedError):
            raise
        except Exception as error:  # a student's code may raise anything
            raise NotYet(stopped(error, answer)) from error

    return guarded


class Choice(Part):
    """Multiple choice: each option is True where it is right, else the hint that belongs to that misconception.

    With one right option the answer is its letter; with several (or ``several=True``) a list or set of letters. Where
    the options' values are dictionaries, ``options={"face 1": {"A": True, "B": "…"}, …}``, the answer is one too, of a
    letter, or of True or False, for each.

    Args:
        name: of the answer.
        options: see above.
        missing: for several right options, hints for those that an answer lacks.
        several: whether a set is asked for although one option is right.
    """

    def __init__(
        self, name: str, options: dict[str, Any], missing: dict[str, str] | None = None, several: bool = False
    ) -> None:
        self.name, self.options, self.missing = name, options, missing or {}
        self.matching = all(isinstance(option, dict) for option in options.values())
        self.right = [letter for letter, hint in options.items() if hint is True]
        self.several = several or len(self.right) > 1

    def reference(self) -> Any:
        """See `Part.reference`."""
        if self.matching:
            return {key: next(k for k, hint in inner.items() if hint is True) for key, inner in self.options.items()}
        return set(self.right) if self.several else self.right[0]

    def judge(self, answer: Any) -> None:
        """See `Part.judge`."""
        if self.matching:
            self._matches(answer)
            return
        chosen = self._letters(answer)
        expect(chosen, "choose at least one letter")
        expect(self.several or len(chosen) == 1, "choose one letter only")
        for letter in chosen:
            _one_of(letter, self.options)
        wrong = [letter for letter in chosen if self.options[letter] is not True]
        expect(not wrong, wrong and f"{wrong[0]}: {self.options[wrong[0]]}")
        lacking = [letter for letter in self.right if letter not in chosen]
        expect(not lacking, lacking and self.missing.get(lacking[0], "what you chose is right, but not all that is"))

    def _letters(self, answer: Any) -> list[str]:
        if isinstance(answer, str) and self.several:
            answer = answer.replace(",", " ").split() if " " in answer or "," in answer else list(answer)
        if isinstance(answer, str):
            answer = [answer]
        expect(isinstance(answer, list | tuple | set | frozenset), f"letters are wanted, not {show(answer)}")
        return sorted({str(letter).strip().upper() for letter in answer})

    def _matches(self, answer: Any) -> None:
        like = f"{{{next(iter(self.options))!r}: …, …}}"
        expect(isinstance(answer, dict), f"a dictionary is wanted, such as {like}, not {show(answer)}")
        for key, inner in self.options.items():
            expect(key in answer, f"{key!r} is missing from your dictionary")
            if answer[key] is ...:
                raise NotYet(f"{key!r} is still open")
            letter = _meant(answer[key], inner)
            _one_of(letter, inner)
            expect(inner[letter] is True, f"{key}: {inner[letter]}")

    def rows(self) -> Iterator[Row]:
        """See `Part.rows`."""
        yield ..., "not started", ""
        right = self.reference()
        yield right, "correct", ""
        yield "?", "not yet", "dictionary" if self.matching else "there is no"
        if self.matching:
            for key, inner in self.options.items():
                yield from (({**right, key: k}, "not yet", hint) for k, hint in inner.items() if hint is not True)
            return
        for letter, hint in self.options.items():
            if hint is not True:
                yield {letter} if self.several else letter, "not yet", hint
            elif self.several and len(self.right) > 1:
                yield set(right) - {letter}, "not yet", self.missing.get(letter, "not all that is")


def _meant(given: Any, options: dict[Any, Any]) -> Any:
    """The option that an answer stands for: in capitals or not, and 1 and 0 for True and False."""
    if isinstance(given, int) and given in options:
        return given
    text = str(given).strip().upper()
    return next((option for option in options if str(option).upper() == text), text)


def _one_of(letter: Any, options: dict[Any, Any]) -> None:
    expect(letter in options, f"there is no {letter!r:.20}: choose among {', '.join(map(str, options))}")


class Words(Part):
    """An answer in words: it is handed in, never correct, and read beside the model answer and the rubric."""

    def __init__(self, name: str, model: str, rubric: Sequence[str], least: int = 8) -> None:
        self.name, self.model, self.rubric, self.least = name, model, tuple(rubric), least

    def judge(self, answer: Any) -> None:
        """See `Part.judge`."""
        expect(isinstance(answer, str), "write your answer as a text, between quotation marks")
        words = len(answer.split())
        expect(words >= self.least, f"write at least {self.least} words; these are {words}")

    def reference(self) -> str:
        """See `Part.reference`."""
        return self.model

    def rows(self) -> Iterator[Row]:
        """See `Part.rows`."""
        yield from ((..., "not started", ""), (self.model, "handed in", ""))
        yield from ((5, "not yet", "quotation marks"), ("No.", "not yet", "at least"))


class Exercise:
    """An exercise: its number and its parts, in the order in which `checks.check` is given the answers.

    Args:
        number: such as "3.2".
        parts: what is asked for.
        together: is called with all answers when each is right by itself, and may `expect` something of them.
        mistakes: rows of (hint, answers, other answers, …), each a tuple for all parts: for what ``together`` refuses.
    """

    def __init__(
        self,
        number: str,
        *parts: Part,
        together: Callable[..., None] | None = None,
        mistakes: Iterable[tuple] = (),
    ) -> None:
        self.number, self.parts, self.together, self.mistakes = number, parts, together, list(mistakes)

    def examine(self, *answers: Any) -> Verdict:
        """The verdict on the answers. Whatever goes wrong outside the student's code is told as the check's fault."""
        try:
            return self._examine(answers)
        except Exception as error:
            return stumbled(self.number, error)

    def _examine(self, answers: tuple[Any, ...]) -> Verdict:
        hints: dict[str, str] = {}
        left = []
        for part, answer in zip(self.parts, answers, strict=True):
            try:
                if answer is ...:
                    raise NotImplementedError
                part.judge(answer)
            except NotImplementedError:
                left.append(part)
            except NotYet as hint:
                hints[part.name] = str(hint)
        own = [part for part in self.parts if not part.given]
        if all(part in left for part in own):
            return Verdict(self.number, "not started")
        still = f"{' and '.join(part.name for part in left)} {'is' if len(left) == 1 else 'are'} still open"
        for name, hint in hints.items():
            told = hint if len(self.parts) == 1 or name in hint else f"{name}: {hint}"
            return Verdict(self.number, "not yet", _joined(told, still if left else ""))
        if left:
            return Verdict(self.number, "not yet", still)
        return self._together(answers)

    def _together(self, answers: tuple[Any, ...]) -> Verdict:
        try:
            if self.together:
                self.together(*answers)
        except NotYet as hint:
            return Verdict(self.number, "not yet", str(hint))
        words = next((part for part in self.parts if isinstance(part, Words)), None)
        if words:
            return Verdict(self.number, "handed in", model=words.model, rubric=words.rubric)
        return Verdict(self.number, "correct")

    def rows(self) -> Iterator[tuple[tuple[Any, ...], State, str]]:
        """Answers to all parts, the state that they must get, and a part of the hint: for the tests."""
        for k, part in enumerate(self.parts):
            for answer, state, hint in part.rows():
                answers = tuple(answer if j == k else other.reference() for j, other in enumerate(self.parts))
                if state == "not started" and sum(not other.given for other in self.parts) > 1:
                    state, hint = "not yet", f"{part.name} is still open"
                elif state == "not started" and part.given:
                    state, hint = "not yet", "still open"
                elif state == "correct" and any(isinstance(other, Words) for other in self.parts):
                    state = "handed in"
                yield answers, state, hint
        yield tuple(part.open_answer for part in self.parts), "not started", ""
        yield from ((answers, "not yet", hint) for hint, *wrong in self.mistakes for answers in wrong)


def stumbled(number: str, error: Exception) -> Verdict:
    """The verdict where the check itself stopped with an error."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f" in {trace.tb_frame.f_code.co_filename.rpartition('/')[2]}, line {trace.tb_lineno}" if trace else ""
    told = f"{type(error).__name__}: {error}{where}"
    return Verdict(
        number, "not yet", f"the check itself stumbled ({told:.300}): that is its fault, not yours; please report it"
    )


def _fill(hint: str, got: Any, want: Any) -> str:
    """A hint with {got} and {want} filled in."""
    return hint.replace("{got}", show(got)).replace("{want}", show(want))


def _joined(first: str, second: str) -> str:
    return f"{first}{'' if first.endswith(('.', '?', '!')) else '.'} {second}" if second else first
