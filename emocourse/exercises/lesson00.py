"""Exercise of lesson 00, start here."""

from ..checks import exercise, expect

READINGS = (
    ({"anger": 0.1, "fear": 0.2, "happiness": 0.7}, "happiness"),
    ({"surprise": 0.5, "neutral": 0.3, "anger": 0.2}, "surprise"),
    ({"neutral": 0.2, "sadness": 0.45, "fear": 0.35}, "sadness"),
)


@exercise("0.1")
def most_likely(answer):
    """The name with the largest probability: first, in the middle, or last in the alphabet."""
    expect(callable(answer), "keep the line that starts with def: the check calls your function")
    for reading, right in READINGS:
        given = answer(dict(reading))
        expect(given is not None, "your function gives nothing back: it needs a return")
        expect(
            not isinstance(given, (int, float)),
            "your function gives a number back; the answer is the name of an emotion, a key of the dictionary",
        )
        expect(isinstance(given, str), f"your function gives a {type(given).__name__} back; one name is wanted")
        expect(given in reading, f"{given!r} is not one of the emotions in {reading}")
        expect(given != min(reading, key=reading.get), f"for {reading} you chose the least likely one")
        expect(
            given == right,
            f"for {reading} you chose {given!r}. Compare the probabilities, not the names or their order",
        )
