"""Layers of ``lite0``: one for images of any size, and two of Keras', computed faster on a processor.

Those two have the names, weights and results of Keras' own, which they are unless TensorFlow computes in float32. A
network of many depthwise convolutions, each between normalisations, trains clearly faster with them.
"""

from typing import Any

from ..backend import keras

_TENSORFLOW = keras.backend.backend() == "tensorflow"
if _TENSORFLOW:
    import tensorflow as tf


class EnlargedTwice(keras.layers.Layer):
    """(n, h, w, channels) to (n, 2h, 2w, channels), bilinear, as ``cv2.resize`` does it.

    Keras' UpSampling2D cannot do it once it has met images of two sizes.
    """

    def call(self, inputs: Any) -> Any:
        """The enlarged images, of the inputs' dtype."""
        ops = keras.ops
        hidden = inputs
        for _ in range(2):  # downwards; then with height and width in each other's place
            before = ops.concatenate([hidden[:, :1], hidden[:, :-1]], axis=1)
            after = ops.concatenate([hidden[:, 1:], hidden[:, -1:]], axis=1)
            rows = ops.stack([0.75 * hidden + 0.25 * before, 0.75 * hidden + 0.25 * after], axis=2)
            _, h, w, channels = ops.shape(hidden)
            hidden = ops.transpose(ops.reshape(rows, (-1, 2 * h, w, channels)), (0, 2, 1, 3))
        return hidden

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """``shape`` with twice the height and width, where they are known."""
        n, h, w, channels = shape
        return n, h and 2 * h, w and 2 * w, channels


class Normalisation(keras.layers.BatchNormalization):
    """Batch normalisation of (n, h, w, channels) in one operation; Keras' own makes several, each reading it all.

    As in Keras, a layer that is not trainable uses its running statistics in training too.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """The normalised inputs: the same shape and dtype."""
        if not _TENSORFLOW or self.compute_dtype != "float32" or mask is not None:
            return super().call(inputs, training=training, mask=mask)
        learns = bool(training and self.trainable)
        known = () if learns else (tf.convert_to_tensor(self.moving_mean), tf.convert_to_tensor(self.moving_variance))
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, tf.convert_to_tensor(self.gamma), tf.convert_to_tensor(self.beta), *known,
            epsilon=self.epsilon, is_training=learns,
        )  # fmt: skip
        if learns:
            # The operation divides by one less than the number of places, for an unbiased variance; Keras does not.
            places = tf.cast(tf.reduce_prod(tf.shape(inputs)[:-1]), variance.dtype)
            self._follow(self.moving_mean, mean)
            self._follow(self.moving_variance, variance * (places - 1) / places)
        return outputs

    def _follow(self, running: Any, now: Any) -> None:
        running.assign(running * self.momentum + now * (1 - self.momentum))


class SmallDepthwise(keras.layers.DepthwiseConv2D):
    """A depthwise convolution at stride 1, padded to "same", for maps of few places, such as 6×6 or 3×3.

    Only the kernel's gradient is computed otherwise: TensorFlow's own can be slow on such maps. Products
    of all pairs of places are summed over the images, then over the pairs that lie apart alike.
    """

    def call(self, inputs: Any) -> Any:
        """(n, h, w, channels) of the inputs' dtype."""
        if not _TENSORFLOW or self.compute_dtype != "float32":
            return super().call(inputs)
        return _small_depthwise(inputs, tf.convert_to_tensor(self.kernel))


if _TENSORFLOW:

    @tf.custom_gradient
    def _small_depthwise(inputs: Any, kernel: Any) -> Any:
        strides = [1, 1, 1, 1]

        def gradient(above: Any) -> tuple[Any, Any]:
            down = tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
                input_sizes=tf.shape(inputs), filter=kernel, out_backprop=above, strides=strides, padding="SAME"
            )
            n, h, w = (tf.shape(inputs)[k] for k in range(3))
            size, _, channels, _ = kernel.shape
            before = tf.transpose(tf.reshape(inputs, (n, h * w, channels)), (2, 1, 0))
            after = tf.transpose(tf.reshape(above, (n, h * w, channels)), (2, 0, 1))
            pairs = tf.reshape(before @ after, (channels, -1))
            places = tf.range(h * w)
            dy, dx = (place[:, None] - place[None, :] + size // 2 for place in (places // w, places % w))
            inside = (dy >= 0) & (dy < size) & (dx >= 0) & (dx < size)
            apart = tf.one_hot(tf.reshape(tf.where(inside, dy * size + dx, -1), [-1]), size * size)
            return down, tf.reshape(tf.transpose(pairs @ apart), kernel.shape)

        return tf.nn.depthwise_conv2d(inputs, kernel, strides, "SAME"), gradient
