"""The slides' CNN on binary images, computed exactly but without doing the same sum twice.

A binary image is nearly empty: 51 dots among 2,304 pixels. What ``conv2d``, ``conv2d_1`` and the first pooling put out
at one place depends on a 6×6 patch of the input alone, and among the 242,000 such patches of a batch of 500 images
only about 19,000 differ. So those layers, two thirds of the network's arithmetic, are evaluated once for each distinct
patch and copied to where the patch stands. The numbers are the same up to the order of summation, the gradients too:
the derivative of copying is adding up, and autodiff does that.

Three levels share patches: 3×3 (there are only 512), 5×5 and 6×6. A patch is an integer whose bit
``row * size + column`` says whether the pixel is set.
"""

import dataclasses

import numpy as np

from ..backend import keras

SIDE = 48
_POOLED = (SIDE - 4) // 2  # 22: side of the feature map after two 3×3 convolutions and 2×2 pooling
_BITS_3X3 = ((np.arange(512)[:, None] >> np.arange(9)) & 1).astype(np.float32)


def patch_codes(binary: np.ndarray, size: int, stride: int) -> np.ndarray:
    """Integer code of every ``size``×``size`` patch of binary images.

    Args:
        binary: (n, side, side) array of 0 and 1.
        size: patch side in pixels, at most 7 so that a code fits 64 bits.
        stride: step between patches in pixels.

    Returns:
        (n, k, k) int64 with k = (side - size) // stride + 1.
    """
    count = (binary.shape[1] - size) // stride + 1
    last = (count - 1) * stride + 1
    codes = np.zeros((len(binary), count, count), np.int64)
    for row in range(size):
        for column in range(size):
            pixels = binary[:, row : row + last : stride, column : column + last : stride]
            codes |= pixels.astype(np.int64) << (row * size + column)
    return codes


def sub_codes(codes: np.ndarray, size: int, sub: int) -> np.ndarray:
    """Codes of all ``sub``×``sub`` patches in each ``size``×``size`` patch, row by row: (n, (size-sub+1)²) int64."""
    columns = []
    for top in range(size - sub + 1):
        for left in range(size - sub + 1):
            part = np.zeros_like(codes)
            for row in range(sub):
                line = (codes >> ((top + row) * size + left)) & ((1 << sub) - 1)
                part |= line << (row * sub)
            columns.append(part)
    return np.stack(columns, axis=1)


@dataclasses.dataclass(frozen=True)
class PatchTable:
    """The distinct patches of a set of binary images.

    Attributes:
        places: (n, 484) int32, for each image and pooled position the row of ``fours``.
        fours: (v, 4) int32, for each distinct 6×6 patch the rows in ``nines`` of its four 5×5 patches.
        nines: (u, 9) int32, for each distinct 5×5 patch the codes of its nine 3×3 patches.
    """

    places: np.ndarray
    fours: np.ndarray
    nines: np.ndarray

    @classmethod
    def of(cls, binary: np.ndarray, chunk: int = 2000) -> "PatchTable":
        """Build the table for binary images (n, 48, 48) or (n, 48, 48, 1); memory is bounded by ``chunk``."""
        binary = binary.reshape(len(binary), SIDE, SIDE)
        seen, local = [], []
        for start in range(0, len(binary), chunk):
            codes, inverse = np.unique(patch_codes(binary[start : start + chunk], 6, 2), return_inverse=True)
            seen.append(codes)
            local.append(inverse.reshape(-1, _POOLED * _POOLED))
        sixes = np.unique(np.concatenate(seen))
        places = [
            np.searchsorted(sixes, codes).astype(np.int32)[inverse] for codes, inverse in zip(seen, local, strict=True)
        ]
        fives, fours = np.unique(sub_codes(sixes, 6, 5), return_inverse=True)
        nines = sub_codes(fives, 5, 3)
        return cls(np.concatenate(places), fours.reshape(-1, 4).astype(np.int32), nines.astype(np.int32))

    def batch(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The table of some of the images, with only the patches that stand in them.

        Args:
            images: indices into the n images.

        Returns:
            places (b, 484), fours (v', 4), nines (u', 9), all int32: the inputs of ``SharedPatches``. v' and u' are
            rounded up to multiples of 8,192 with rows that nothing refers to: TensorFlow builds its graph anew for
            every shape it has not seen.
        """
        places, used = _compact(self.places[images], len(self.fours))
        fours, used = _compact(self.fours[used], len(self.nines))
        return places, _rounded_up(fours), _rounded_up(self.nines[used])


def _rounded_up(rows: np.ndarray, step: int = 8192) -> np.ndarray:
    """``rows`` with zero rows added up to a multiple of ``step``."""
    return np.pad(rows, ((0, -len(rows) % step), (0, 0)))


def _compact(indices: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Renumber ``indices`` (below ``size``) to 0, 1, 2 … without gaps; also the old numbers in their new order."""
    flags = np.zeros(size, bool)
    flags[indices] = True
    used = np.flatnonzero(flags)
    new = np.empty(size, np.int32)
    new[used] = np.arange(len(used), dtype=np.int32)
    return new[indices], used


class SharedPatches(keras.Model):
    """A model over ``PatchTable.batch`` that shares its layers, so its weights, with a ``models.slides_cnn``.

    Training the one trains the other. Its output is that of the network on the same images.
    """

    def __init__(self, network: keras.Sequential) -> None:
        super().__init__(name="shared_patches")
        self.network = network
        self.built = True  # every layer was built with the network

    def call(self, inputs, training=False):
        """Probabilities (b, classes) for the three arrays of ``PatchTable.batch``."""
        first, second, _pooling, *rest = self.network.layers
        hidden = _first_block(first, second, inputs)
        for layer in rest:
            hidden = layer(hidden, training=training) if isinstance(layer, keras.layers.Dropout) else layer(hidden)
        return hidden


def _first_block(first, second, inputs):
    """Two convolutions with ReLU and one 2×2 max pooling, over distinct patches: (b, 22, 22, filters)."""
    ops = keras.ops
    places, fours, nines = inputs
    dtype = first.compute_dtype

    def dense(layer, rows):  # a convolution at one place is a matrix product
        kernel = ops.cast(ops.reshape(layer.kernel, (-1, layer.filters)), dtype)
        return ops.relu(ops.matmul(rows, kernel) + ops.cast(layer.bias, dtype))

    threes = dense(first, ops.cast(_BITS_3X3, dtype))
    fives = dense(second, ops.reshape(ops.take(threes, nines, axis=0), (-1, 9 * first.filters)))
    sixes = ops.max(ops.take(fives, fours, axis=0), axis=1)
    return ops.reshape(ops.take(sixes, places, axis=0), (-1, _POOLED, _POOLED, second.filters))
