"""What :mod:`emocourse.dataset.augmentation` does to pictures, in JAX: part of the compiled program of ``accelerated.py``."""

from typing import Any

from ..dataset.augmentation import SIDE, Augmentation


def augment(pictures: Any, how: Augmentation, key: Any) -> Any:
    """As :func:`emocourse.dataset.augmentation.augment`, for pictures alone.

    Args:
        pictures: (n, 48, 48) uint8.
        how: what may change.
        key: JAX's; decides what does.

    Returns:
        (n, side, side) float32, whole numbers from 0 to 255.
    """
    import jax
    from jax import numpy as jnp

    n, side = len(pictures), how.crop or SIDE
    keys = jax.random.split(key, 8)
    if how.moves:
        mirrored = jax.random.bernoulli(keys[0], 0.5, (n,)) & how.mirror
        moved = jax.random.bernoulli(keys[1], 0.5, (n,))
        angle = moved * jnp.radians(jax.random.uniform(keys[2], (n,), minval=-how.rotation, maxval=how.rotation))
        size = 1 + moved * jax.random.uniform(keys[3], (n,), minval=-how.zoom, maxval=how.zoom)
        shift = jax.random.randint(keys[4], (n, 2), 0, SIDE - side + 1) - (SIDE - side) / 2
        shift += moved[:, None] * jax.random.uniform(keys[5], (n, 2), minval=-how.shift, maxval=how.shift)
        pictures = _move(pictures, mirrored, angle, size, shift, side)
    pictures = pictures.astype(jnp.float32)
    return _erase(pictures, how.erasing, keys[6]) if how.erasing else pictures


def _move(pictures: Any, mirrored: Any, angle: Any, size: Any, shift: Any, side: int) -> Any:
    """The pictures under the maps of ``augmentation.affine_maps``, read backwards, with its mirrored edges."""
    from jax import numpy as jnp

    n = len(pictures)
    grid = jnp.arange(side) - (side - 1) / 2
    x, y = (grid[None, None, :] - shift[:, 0, None, None]), (grid[None, :, None] - shift[:, 1, None, None])
    cos, sin = (f(angle)[:, None, None] / size[:, None, None] for f in (jnp.cos, jnp.sin))
    from_x = jnp.where(mirrored, -1, 1)[:, None, None] * (cos * x + sin * y) + (SIDE - 1) / 2
    from_y = cos * y - sin * x + (SIDE - 1) / 2
    left, top = jnp.floor(from_x), jnp.floor(from_y)
    flat = pictures.reshape(n, -1)

    def at(row: Any, column: Any) -> Any:
        inside = [(SIDE - 1) - jnp.abs((SIDE - 1) - jnp.abs(part.astype(jnp.int32))) for part in (row, column)]
        index = jnp.clip(inside[0], 0, SIDE - 1) * SIDE + jnp.clip(inside[1], 0, SIDE - 1)
        return jnp.take_along_axis(flat, index.reshape(n, -1), axis=1).reshape(n, side, side).astype(jnp.float32)

    right, below = from_x - left, from_y - top
    upper = (1 - right) * at(top, left) + right * at(top, left + 1)
    lower = (1 - right) * at(top + 1, left) + right * at(top + 1, left + 1)
    return jnp.round((1 - below) * upper + below * lower)


def _erase(pictures: Any, share: float, key: Any) -> Any:
    import jax
    from jax import numpy as jnp

    n, side = pictures.shape[:2]
    keys = jax.random.split(key, 6)
    erased = jax.random.bernoulli(keys[0], share, (n,))
    area = jax.random.uniform(keys[1], (n,), minval=0.02, maxval=0.2) * side * side
    ratio = jnp.exp(jax.random.uniform(keys[2], (n,), minval=jnp.log(0.3), maxval=jnp.log(1 / 0.3)))
    inside = True
    for k, (part, axis) in enumerate(((ratio, 1), (1 / ratio, 2))):
        length = jnp.clip(jnp.round(jnp.sqrt(area * part)), 1, side)
        first = jnp.floor(jax.random.uniform(keys[3 + k], (n,)) * (side - length + 1))
        places = jnp.expand_dims(jnp.arange(side), (0, 3 - axis))
        first, length = (jnp.expand_dims(value, (1, 2)) for value in (first, length))
        inside &= (places >= first) & (places < first + length)
    noise = jax.random.randint(keys[5], pictures.shape, 0, 256).astype(pictures.dtype)
    return jnp.where(inside & erased[:, None, None], noise, pictures)


def mixed(inputs: Any, shares: Any, mixup: float, cutmix: float, key: Any) -> tuple[Any, Any]:
    """As :func:`emocourse.dataset.augmentation.mixed`, for one input (b, h, w, channels)."""
    import jax
    from jax import numpy as jnp

    keys = jax.random.split(key, 6)
    other = jax.random.permutation(keys[0], len(shares))
    pasted = jax.random.bernoulli(keys[1], 0.5 if mixup else 1.0) & bool(cutmix)
    blended = jax.random.beta(keys[2], mixup, mixup) if mixup else 1.0
    keep = jax.random.beta(keys[3], cutmix, cutmix) if cutmix else 1.0
    inside = True
    for k, axis in enumerate((1, 2)):
        length = inputs.shape[axis]
        half, middle = length * jnp.sqrt(1 - keep) / 2, length * jax.random.uniform(keys[4 + k])
        first, end = (jnp.round(jnp.clip(place, 0, length)) for place in (middle - half, middle + half))
        places = jnp.expand_dims(jnp.arange(length), (0, 3 - axis, 3))
        inside &= (places >= first) & (places < end)
    kept = jnp.where(pasted, 1 - jnp.mean(inside), blended)
    new = jnp.where(pasted, jnp.where(inside, inputs[other], inputs), kept * inputs + (1 - kept) * inputs[other])
    return new.astype(inputs.dtype), kept * shares + (1 - kept) * shares[other]
