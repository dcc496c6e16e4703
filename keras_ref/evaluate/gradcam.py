"""Where a classifier looks: Grad-CAM, by TensorFlow's own gradient.

The maps before pooling are weighted by the mean gradient of a class's logit on each, and summed; what is below 0 is cut
off. Source: Selvaraju et al., Grad-CAM, 2017, arXiv:1610.02391.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .. import runtime
from ..types import Net

STRENGTH: float = 0.5  # of the colours over the picture


@dataclass
class Looker:
    """A classifier in two parts, which meet at its last maps.

    Parameters
    ----------
    front : keras.Model, from pictures to maps, (N, h, w, C)
    back : keras.Model, from these to logits
    """

    front: Net
    back: Net

    def maps(self, x: Any, labels: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Return what of each picture speaks for a class.

        Parameters
        ----------
        x : (N, H, W, 3) float32, prepared
        labels : (N,) int, the classes

        Returns
        -------
        heat : (N, h, w) float32, 0..1, of the maps' size; all 0 where nothing speaks for the class
        """
        tf, _ = runtime.load()
        maps = self.front(tf.convert_to_tensor(x), training=False)
        with tf.GradientTape() as tape:
            tape.watch(maps)
            answer = self.back(maps, training=False)
            if answer.shape[-1] == 1:  # a sigmoid's: it speaks for the second class, and against the first
                answer = tf.concat([-answer, answer], axis=1)
            score = tf.reduce_sum(tf.gather(answer, labels, axis=1, batch_dims=1))
        weights = tf.reduce_mean(tape.gradient(score, maps), axis=(1, 2), keepdims=True)  # (N, 1, 1, C)
        heat = np.maximum(tf.reduce_sum(weights * maps, axis=-1).numpy(), 0)
        most = heat.max(axis=(1, 2), keepdims=True)
        return (heat / np.where(most > 0, most, 1)).astype(np.float32)


def looker(net: Net) -> Looker | None:
    """Part a classifier after its last maps.

    Parameters
    ----------
    net : keras.Model from pictures to one row of answers

    Returns
    -------
    looker : Looker, or None where the net has no maps beside its input, or something goes past the last ones
    """
    _, keras = runtime.load()
    if isinstance(net, keras.Sequential):
        net = keras.Model(net.inputs, net.outputs)
    own = {id(node) for nodes in net._nodes_by_depth.values() for node in nodes}
    calls = [  # a nested base has nodes of its own too, and a layer may be used elsewhere
        (layer, node)
        for layer in net.layers
        for node in layer._inbound_nodes
        if id(node) in own and not isinstance(layer, keras.layers.InputLayer)
    ]
    maps = [call.output_tensors[0] for _, call in calls if len(call.output_tensors[0].shape) == 4]
    if not maps:
        return None
    try:
        return Looker(keras.Model(net.inputs, maps[-1]), keras.Model(maps[-1], _logits(*calls[-1])))
    except ValueError:  # the logits do not follow from these maps alone
        return None


def _logits(last, call):
    """Return the logits before a last layer's softmax or sigmoid, whose slope says little where it is sure."""
    _, keras = runtime.load()
    activation = getattr(getattr(last, "activation", None), "__name__", "linear")
    if isinstance(last, keras.layers.Softmax) or (
        isinstance(last, keras.layers.Activation) and activation in ("softmax", "sigmoid")
    ):
        return call.input_tensors[0]
    if not isinstance(last, keras.layers.Dense) or activation == "linear":
        return call.output_tensors[0]
    bare = keras.layers.Dense.from_config(last.get_config() | {"activation": None, "name": f"{last.name}_logits"})
    logits = bare(call.input_tensors[0])
    bare.set_weights(last.get_weights())
    return logits


def over(pixels: NDArray[np.uint8], heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Lay a map over its picture: blue where it is 0, through green, to red where it is 1.

    Parameters
    ----------
    pixels : (H, W, 3) uint8
    heat : (h, w) float32, 0..1

    Returns
    -------
    drawn : (H, W, 3) uint8
    """
    height, width = pixels.shape[:2]
    large = np.asarray(Image.fromarray(heat).resize((width, height), Image.Resampling.BILINEAR))[..., None]
    colours = np.clip(1.5 - np.abs(4 * large - np.array([3.0, 2.0, 1.0])), 0, 1) * 255
    return np.clip((1 - STRENGTH) * pixels + STRENGTH * colours, 0, 255).astype(np.uint8)
