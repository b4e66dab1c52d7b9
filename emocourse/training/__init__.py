"""Training runs that survive a kill: a checkpoint after every epoch, and the same numbers as without interruption.

recipes    what is trained and how, by name: `RECIPES`
loop       `train(recipe, data, folder)`
batches    what a recipe means in Keras: inputs, what a teacher says of them, learning rate, the mean of the weights
gpu        whole epochs in one compiled program, where Keras runs on JAX
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "loop": ["Run", "train"],
        "recipes": ["RECIPES", "Recipe"],
    },
)
