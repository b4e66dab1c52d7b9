"""Exercises 5.6 to 5.8 of lesson 05: two experiments, and what their numbers mean, in words."""

import dataclasses
import re

import numpy as np

from ..dataset.augmentation import Augmentation
from ..evaluation.diagnosis import REMEDIES
from ..training.recipes import Recipe
from . import exercise, expect
from .helpers import function

# --- 5.6 one at a time ------------------------------------------------------------------------------------------------

_AUGMENTATION = {field.name for field in dataclasses.fields(Augmentation)}
_ALLOWED = {
    "nothing": set(),
    "dropout": {"dropout"},
    "weight decay": {"weight_decay"},
    "augmentation": _AUGMENTATION,
    "early stopping": {"patience"},
}


def _changes(recipe, base):
    """The names of the options in which two recipes differ."""
    return {f.name for f in dataclasses.fields(base) if getattr(recipe, f.name) != getattr(base, f.name)}


@exercise("5.6")
def one_at_a_time(answer):
    """Five recipes that differ from the base in one remedy, each with all seeds."""
    function(answer)
    # Not the lesson's own recipe and seeds: who writes those into the function is found out.
    for base, seeds in ((Recipe("points", epochs=7, batch=20, dropout=0.0), (3, 8)), (Recipe("points", 5, 10), (4,))):
        calls = []

        def train(recipe, seed, calls=calls):
            calls.append((recipe, seed))
            return f"result {len(calls)}"

        given = answer(train, base, list(seeds))
        expect(given is not None, "your function gives nothing back: it needs a return")
        expect(isinstance(given, dict), f"give a dictionary back, not a {type(given).__name__}")
        expect(
            "nothing" in given, 'the case without a remedy is missing: what would you compare with? Call it "nothing"'
        )
        missing = [name for name in REMEDIES if name not in given]
        expect(not missing, f"{', '.join(missing)} is missing from your dictionary (or has another name)")
        extra = [name for name in given if name not in REMEDIES]
        expect(not extra, f"your dictionary has {extra}: only the five cases are asked for")
        expect(calls, "your function never calls train(recipe, seed)")
        expect(
            all(isinstance(recipe, Recipe) for recipe, _ in calls),
            "train needs a recipe first and a seed second: base.but(...) gives a recipe",
        )
        made = {f"result {k + 1}": call for k, call in enumerate(calls)}
        for name, results in given.items():
            results = list(results) if isinstance(results, (list, tuple)) else [results]
            expect(
                all(isinstance(one, str) and one in made for one in results),
                f"{name}: collect what train gives back, in a list with one result for each seed",
            )
            _case(name, [made[one] for one in results], base, seeds)
        expect(
            len(calls) == len(REMEDIES) * len(seeds),
            f"train is called {len(calls)} times; {len(REMEDIES)} cases with {len(seeds)} seeds need "
            f"{len(REMEDIES) * len(seeds)}",
        )


def _case(name, runs, base, seeds):
    used = [seed for _, seed in runs]
    expect(
        sorted(used) == sorted(seeds),
        f"{name} is run with the seeds {used}, and the seeds asked for are {list(seeds)}. With other seeds, two things "
        "differ: the remedy, and luck",
    )
    recipe = runs[0][0]
    expect(all(other == recipe for other, _ in runs), f"{name}: the recipe is not the same with each seed")
    changed = _changes(recipe, base)
    strange = changed - set().union(*_ALLOWED.values())
    expect(
        not strange,
        f"{name} also changes {', '.join(sorted(strange))}. Begin each recipe with base, and leave all else alone",
    )
    more = changed - _ALLOWED[name]
    expect(
        not more or name != "nothing",
        f'"nothing" changes {", ".join(sorted(more))}: it is the base itself',
    )
    expect(
        not more,
        f"{name} switches on {', '.join(sorted(more))} as well. If it helps, which of them did it?",
    )
    expect(changed or name == "nothing", f"{name} changes nothing: its recipe is the base")
    values = {option: getattr(recipe, option) for option in changed}
    expect(
        not {"rotation", "shift", "zoom"} & changed or all(value for value in values.values()),
        f"{name}: one of the options is 0",
    )
    expect(
        changed != {"erasing"},
        "erasing paints over pixels, and this network looks at none: choose another kind of augmentation",
    )
    expect(
        name != "dropout" or 0.05 <= recipe.dropout <= 0.9,
        f"a dropout of {values.get('dropout')} does next to nothing, or leaves next to nothing: take something between",
    )
    expect(
        name != "weight decay" or recipe.weight_decay >= 0.05,
        f"a weight decay of {values.get('weight_decay')} times the learning rate is too small to see: choose it larger",
    )


# --- 5.7 a learning curve ---------------------------------------------------------------------------------------------

_N = 90
_SIZES, _SEEDS = (10, 40, 90), (2, 5)


def _curve(answer):
    """Run the student's plan; returns {(size, seed): indices}."""
    calls = []

    def train(chosen, seed):
        calls.append((chosen, seed))
        return f"result {len(calls)}"

    given = answer(train, _N, list(_SIZES), list(_SEEDS))
    expect(given is not None, "your function gives nothing back: it needs a return")
    expect(isinstance(given, dict), f"give a dictionary back, not a {type(given).__name__}")
    expect(calls, "your function never calls train(chosen, seed)")
    expect(
        sorted(given, key=str) == sorted(_SIZES, key=str),
        f"the keys of your dictionary are {list(given)!r:.80}; they should be the sizes {list(_SIZES)}",
    )
    made, runs = {f"result {k + 1}": call for k, call in enumerate(calls)}, {}
    for size, results in given.items():
        results = list(results) if isinstance(results, (list, tuple)) else [results]
        expect(
            all(isinstance(one, str) and one in made for one in results),
            f"size {size}: collect what train gives back, in a list with one result for each seed",
        )
        used = [made[one][1] for one in results]
        expect(
            sorted(used) == sorted(_SEEDS), f"size {size} is trained with the seeds {used}, asked for: {list(_SEEDS)}"
        )
        for one in results:
            chosen, seed = made[one]
            expect(np.ndim(chosen) == 1, "chosen must be an array of numbers of pictures, not how many there are")
            chosen = np.asarray(chosen)
            expect(chosen.dtype.kind in "iu", "chosen must hold the numbers of pictures, as whole numbers")
            told = f"for the size {size}, "
            expect(len(chosen) == size, f"{told}{len(chosen)} pictures are chosen")
            outside = [k for k in chosen.tolist() if not 0 <= k < _N]
            expect(not outside, f"{told}picture {outside[0] if outside else 0} is chosen: there are {_N}, from 0")
            expect(
                len(np.unique(chosen)) == size,
                f"{told}some picture is chosen twice, so there are fewer than {size} different ones: draw without "
                "putting back",
            )
            runs[size, seed] = frozenset(chosen.tolist())
    return runs


@exercise("5.7")
def learning_curve(answer):
    """Nested random subsets, one order a seed."""
    function(answer)
    runs = _curve(answer)
    small, middle = _SIZES[:2]
    for size in (small, middle):
        for seed in _SEEDS:
            chosen = sorted(runs[size, seed])
            expect(
                chosen[-1] - chosen[0] != size - 1,
                f"the {size} pictures all stand together in the dataset. It may be sorted: draw by lot",
            )
        expect(
            runs[size, _SEEDS[0]] != runs[size, _SEEDS[1]],
            f"two seeds choose the same {size} pictures: let each seed draw anew",
        )
    for seed in _SEEDS:
        expect(
            runs[small, seed] <= runs[middle, seed],
            f"with seed {seed}, the {small} pictures are not among the {middle}. From one size to the next, pictures "
            "should only be added",
        )
    expect(runs == _curve(answer), "called twice, your function chooses other pictures: default_rng(seed) repeats them")


# --- 5.8 in words -----------------------------------------------------------------------------------------------------

_CHANCE = r"\b(interval|overlap|chance|luck|lucky|noise|random|uncertain|significan|coincidence|apart)\w*"
_DO = r"\b(seed|again|repeat|several|more pictures|picture by picture|same pictures|mcnemar|paired|pair|larger|runs)\w*"
_GAP = r"\b(gap|differen|unseen|new|by heart|memor|difference between|lower|higher|better in training|75)\w*"
_ADD = r"\b(interval|baseline|majority|how many|number of|classes|always|chance|n =|seed|confusion|recall|disgust)\w*"
_TRY = (
    r"\b(dropout|decay|augment|stop|early|mirror|rotat|smaller network|more data|more pictures|more faces|regulari[sz]|"
    r"fewer parameters|smaller model|flip)\w*"
)


@exercise("5.8")
def in_words(differ, told):
    """Two short texts. A program cannot judge an argument: this one looks whether there is one to talk about."""
    for name, text in (("differ", differ), ("told", told)):
        expect(isinstance(text, str), f"{name} must be text between quotation marks, not a {type(text).__name__}")
        words = re.findall(r"[^\W\d_]+", text.lower())
        expect(len(words) >= 30, f"{name} has {len(words)} words. Write some sentences, at least 30 words")
        expect(len(set(words)) >= 18, f"{name} says the same words again and again: make an argument of it")
    expect(differ.strip() != told.strip(), "both texts are the same, but they answer different questions")
    for text, pattern, hint in (
        (differ, _CHANCE, "differ should say how far a number measured on 990 pictures can be off"),
        (differ, _DO, "differ should say what your friend could do to find out"),
        (told, _GAP, "told should say how one knows that the network overfits: which two numbers?"),
        (told, _ADD, "told should name something that the number 55 % needs beside it"),
        (told, _TRY, "told should name at least one remedy to try first"),
    ):
        expect(re.search(pattern, text.lower()), hint)
