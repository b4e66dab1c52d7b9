"""Spelling of every text for people."""

import pytest

from gates import spelling

OWN = spelling.own_words()
GOOD = 'The colour of a CNN\'s kernel, normalised and grey; "Optimization" is theirs. See `analyze` in [x](color.md).'


@pytest.fixture(scope="module")
def texts(root):
    return spelling.texts(root)


def test_every_word_is_spelled_as_in_britain_or_listed(texts):
    found = {name: sorted(set(spelling.wrong(text, OWN))) for name, text in texts.items()}
    assert {name: words for name, words in found.items() if words} == {}, "correct it, or add it to gates/words.txt"


def test_the_texts_are_all_there(texts):
    assert {"README.md", "CONTRIBUTING.md", "data/README.md", "site/index.md", "00_start_here.ipynb"} <= set(texts)


def test_our_list_is_sorted_and_has_no_word_that_nothing_needs(texts):
    assert sorted(set(OWN), key=lambda word: (word.casefold(), word)) == OWN
    used = {word for text in texts.values() for word in spelling.wrong(text, ())}
    lower = {word.lower() for word in used}
    assert [word for word in OWN if word not in used and word not in lower] == []


def test_a_good_text_passes():
    assert list(spelling.wrong(GOOD, ["CNN"])) == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("We recieve it.", "recieve"),
        ("Seperate them.", "Seperate"),
        ("The color is red.", "color"),
        ("We analyze it.", "analyze"),
        ("Its behavior.", "behavior"),
        ("The center of it.", "center"),
        ("A landmrak.", "landmrak"),
        ('They said "colour" of the color.', "color"),
        ('They said "teh".', "teh"),
        ("- a list with speling\n", "speling"),
        ("# A hedding", "hedding"),
        ("| a tabel | of two |", "tabel"),
        ("**Bold** and *itallic*", "itallic"),
        ("[a wrng link](https://doi.org/10.1/x)", "wrng"),
        ("KERAS", "KERAS"),
    ],
)
def test_a_bad_text_is_stopped(text, word):
    assert list(spelling.wrong(text, ["landmark"])) == [word]
