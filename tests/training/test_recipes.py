"""Recipes: options by name, alone and together, from the program and from the command line."""

import math

import pytest

from emocourse.errors import CourseError
from emocourse.training import batches
from emocourse.training import loop as training
from emocourse.training.recipes import RECIPES, Recipe


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_names_itself(name):
    assert RECIPES[name].model == name


def test_one_option_at_a_time():
    recipe = RECIPES["slides"].but(mixup=0.2, epochs=None)
    assert (recipe.mixup, recipe.epochs) == (0.2, 50)
    assert recipe.but(mixup=0) == RECIPES["slides"] == training.RECIPES["slides"]


def test_options_from_the_command():
    recipe = RECIPES["slides"].set(["mixup=0.2", "mirror = true", "optimiser=sgd", "crop=40", "dropout=0.5"])
    assert recipe == RECIPES["slides"].but(mixup=0.2, mirror=True, optimiser="sgd", crop=40, dropout=0.5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("mixup=-1", "mixup is -1"), ("mixup", "NAME=VALUE"), ("mixpu=1", "NAME=VALUE"), ("crop=4.5", "no value"),
        ("mirror=yes", "no value"), ("rotation=999", "rotation is 999"),
        ("crop=3", "crop is 3"), ("crop=64", "crop is 64"),
        ("optimiser=lion", "no optimiser named lion"), ("schedule=step", "no schedule"), ("ema=1", "ema is 1"),
        ("dropout=1", "dropout is 1"), ("epochs=0", "epochs is 0"), ("model=other", "NAME=VALUE"), ("zoom=nan", "zoom"),
        ("learning_rate=nan", "learning_rate"), ("label_smoothing=2", "label_smoothing"),
    ],
)  # fmt: skip
def test_what_a_recipe_cannot_be(change, words):
    with pytest.raises(CourseError, match=words):
        RECIPES["slides"].set([change])


def test_an_unknown_option_of_but():
    with pytest.raises(CourseError, match="no option named mixing"):
        RECIPES["slides"].but(mixing=1)


def rates(schedule, **options):
    recipe = Recipe("slides", epochs=10, batch=1, learning_rate=0.5, schedule=schedule, **options)
    return [batches.learning_rate(recipe, step, 20) for step in range(200)]


def test_constant_rate():
    assert set(rates("constant")) == {0.5}


def test_cosine_falls_to_nothing_after_the_warm_up():
    values = rates("cosine", warmup=2)
    assert values[:40] == pytest.approx([0.5 * (k + 1) / 40 for k in range(40)])
    assert values[40:] == sorted(values[40:], reverse=True)
    assert values[120] == pytest.approx(0.25) and 0 < values[-1] < 1e-4  # half of the way, half of the rate
    assert rates("cosine")[0] == 0.5


def test_one_cycle_rises_then_falls():
    values = rates("one-cycle")
    top = values.index(max(values))
    assert values[0] == pytest.approx(0.02) and top == 60 and max(values) == pytest.approx(0.5)
    assert values[:61] == sorted(values[:61]) and values[60:] == sorted(values[60:], reverse=True)
    assert 0 < values[-1] < 1e-4 and all(map(math.isfinite, values))


def test_fewer_epochs_than_those_of_the_warmup_shorten_it():
    assert (RECIPES["tiny"].warmup, RECIPES["tiny"].but(epochs=1).warmup) == (2, 1)
    with pytest.raises(CourseError, match="warmup is 3"):
        RECIPES["tiny"].but(epochs=1, warmup=3)
