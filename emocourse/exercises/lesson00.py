"""Exercise of lesson 00, start here."""

from ..checks import exercise, expect

# The right name is never first, last, least likely or at an end of the alphabet: so each wrong way is seen, and named.
READINGS = (
    ({"surprise": 0.2, "fear": 0.45, "anger": 0.15, "neutral": 0.05, "sadness": 0.15}, "fear"),
    ({"fear": 0.1, "neutral": 0.05, "happiness": 0.6, "surprise": 0.1, "anger": 0.15}, "happiness"),
    ({"neutral": 0.25, "anger": 0.15, "fear": 0.05, "sadness": 0.35, "surprise": 0.2}, "sadness"),
)


@exercise("0.1")
def most_likely(answer):
    """The name with the largest probability."""
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
