"""Nets too large for a page: then the engine's own numbers travel, of the maps that the page shows.

Of every layer the strongest maps are carried, forward and backward, with the weights between those and their gradients;
rows of numbers whole. Which maps, and which of them the page finds from others: plan.py. A sum in the page then says
what the carried part gives and how much the rest does.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...layers import Layer
from ...models import Model
from ...types import AnyArray, Array
from ..terms import Place, Run, inside, loss_of, run_backward
from .blobs import Blobs
from .nodes import Node, describe
from .pictures import Picture, taken
from .plan import Plan, plan

LARGEST_WORK = 300_000_000  # multiply-adds of one pass that a browser does within a second
LARGEST_WEIGHTS = 11_500_000  # numbers: 15 MB in 8 bits (rounded.py), beyond which a page is a burden
MOST_AN_EPOCH = 4_000_000  # numbers that each of several epochs may have all the same
UNITS, INPUTS = 48, 24  # of a dense layer whose kernel is not carried whole: how many units, and inputs of each
WHOLE_KERNEL = 200_000  # numbers of a dense kernel that is
A_CHANNEL = ("BatchNormalization", "Conv2D", "DepthwiseConv2D")  # kinds whose arrays but the kernel are (C,)
RATES: list[float] = [10 ** (k / 2) for k in range(-10, 3)]  # of the step of learning, as carried.js reads them
MOST_STEPS = 2_000_000_000  # multiply-adds and moved weights that all steps of a picture may cost


def too_large(model: Model, epochs: int = 1) -> bool:
    """Say whether a page could not compute this net within a second, or would be too long for its weights.

    Examples
    --------
    >>> from minicnn.models import homework
    >>> too_large(homework((64, 64), 2)), too_large(homework((150, 150), 2))
    (False, False)
    >>> too_large(homework((160, 160), 2)), too_large(homework((150, 150), 2), epochs=2)
    (True, True)
    """
    count = model.count_params()
    if count > MOST_AN_EPOCH and count * epochs > LARGEST_WEIGHTS:
        return True
    return (model.multiply_adds() or 0) > LARGEST_WORK


class Seen:
    """What the engine computes of one picture; of a part inside a layer only the maps that are asked for.

    Attributes
    ----------
    run : Run
        The pass, forward and backward.
    batch : (1, H, W, C) array
    label : int
        The class that the loss takes for true.
    places : dict
        Key -> Place.
    """

    def __init__(self, model: Model, nodes: list[Node], x: Array, label: int) -> None:
        self.batch: Array = x
        self.label: int = label
        one = model.output_shape[-1] == 1
        self.run: Run = run_backward(model, self.batch, np.array([[float(label)]]) if one else label)
        self._nodes = nodes
        self.places: dict[str, Place] = self.run.places
        self._end = model.forward(self.batch) if self.run.fused else self.run.values[self.run.last]

    def strengths(self) -> list[Array | None]:
        """Give the mean size of each map of every node that is a layer's output."""
        return [
            np.abs(self.run.values[node["engine"]].reshape(node["shape"])).mean((0, 1))
            if len(node["shape"]) == 3 and node["engine"] is not None
            else None
            for node in self._nodes
        ]

    def value(self, k: int, channels: list[int] | None) -> Array:
        """Return a node's output, (H, W, C) or a row; of the channels that are named."""
        at, part = self._at(k)
        if part is not None and (self.run.last, part) != self.run.start:
            return inside.value(at.layer, self.run.values[at.sources[0]], part, channels)[0]
        last = k == len(self._nodes) - 1
        array = (self._end if last else self.run.values[at.key]).reshape(self._nodes[k]["shape"])
        return array if channels is None else array[..., channels]

    def gradient(self, k: int, channels: list[int] | None) -> Array | None:
        """Return the loss's gradient there; None where there is none."""
        at, part = self._at(k)
        if (self.run.fused and k == len(self._nodes) - 1) or at.key not in self.run.gradients:
            return None  # part of the loss, or nothing that it depends on
        if part == inside.DEPTHWISE:
            dz = self.run.gradient_at(at, inside.before(at.layer))
            return inside.through_pointwise(at.layer, dz, channels)[0]
        array = self.run.gradient_at(at, part).reshape(self._nodes[k]["shape"])
        return array if channels is None else array[..., channels]

    def _at(self, k: int):
        node = self._nodes[k]
        return self.places[node["of"]], inside.split(node["name"])[1]


def carry(
    loaded: Sequence[Model], nodes: list[Node], shown: Sequence[Picture], known: dict[str, Any], blobs: Blobs
) -> dict[str, Any]:
    """Run the engine on every picture and lay down what the page shows.

    Parameters
    ----------
    loaded : list of Model
        Of the epochs, the last one in full, the others by what they predict.
    nodes : list of dict
        Of `nodes.describe`.
    shown : list of Picture
        At least one.
    known : dict
        The classifier.json.
    blobs : Blobs
        Where arrays go.

    Returns
    -------
    carried : dict
        reason, per picture the nodes' channels and arrays, per node weights, per epoch the ends.
    """
    model = loaded[-1]
    pictures: list[dict[str, Any]] = []
    made: Plan | None = None
    weights: list[Any] = []
    for _, label, pixels in shown:
        x = taken(model, pixels, known)
        seen = Seen(model, nodes, x, int(label if label is not None else _predicted(model, x)))
        if made is None:  # all pictures show the same maps, so that the weights between them fit
            made = plan(nodes, seen.strengths(), len(shown))
            arrays = iter(describe(model)[1](model))
            each = [dict(zip(node["arrays"], arrays, strict=False)) for node in nodes]
            weights = [
                _weights(node, own, k, nodes, made.channels, blobs)
                for k, (node, own) in enumerate(zip(nodes, each, strict=True))
            ]
        pictures.append(_picture(model, nodes, seen, made, blobs))
    assert made is not None
    return {
        "reason": _reason(model, nodes, made),
        "channels": made.channels,
        "follows": made.follows,
        "led": made.led,
        "weights": weights,
        "pictures": pictures,
        "ends": [[_ends(each, nodes, pixels, known, blobs) for _, _, pixels in shown] for each in loaded],
    }


def _reason(model: Model, nodes: list[Node], made: Plan) -> str:
    """Say what a page carries, and why not all."""
    work, count = model.multiply_adds() or 0, model.count_params()
    many = [len(own) for own, node in zip(made.channels, nodes, strict=True) if own and len(own) < node["shape"][2]]
    of = f"the {min(many)} to {max(many)} strongest maps of each layer" if many else "all maps"
    return (
        f"This net is too large to compute in a page ({count / 1e6:.1f} million weights, {work / 1e6:,.0f} "
        f"million multiply-adds a picture): it shows {of}, as the engine computed them where channels are mixed, and "
        f"computes from those what works channel by channel; pictures, labels and weights stay as they are."
    )


def _picture(model: Model, nodes: list[Node], seen: Seen, made: Plan, blobs: Blobs) -> dict[str, Any]:
    """Lay down what the page shows of one picture."""
    return {
        "label": seen.label,
        "values": [
            None if made.follows[k] or not k else _packed(seen.value(k, made.channels[k]), made.channels[k], blobs)
            for k in range(len(nodes))
        ],
        "gradients": [
            None if made.led[k] else _packed(seen.gradient(k, made.channels[k]), made.channels[k], blobs)
            for k in range(len(nodes))
        ],
        "grads": [_learned(node, k, nodes, made.channels, seen.run, blobs) for k, node in enumerate(nodes)],
        "steps": _steps(model, seen.batch, seen.run),
        "units": [
            _contributions(seen.places[node["of"]].layer, seen.value(node["inputs"][0], None), blobs)
            if node["kind"] == "Dense"
            else None
            for node in nodes
        ],
    }


def _predicted(model: Model, x: AnyArray):
    y = model.forward(x)[0]
    return y.argmax() if y.size > 1 else y[0] > (0.5 if model.activation == "sigmoid" else 0)


def _packed(array: Array | None, channels: list[int] | None, blobs: Blobs):
    """Lay down the chosen maps, one after the other, or a row of numbers whole."""
    if array is None:
        return None
    return blobs.add(array if channels is None else np.moveaxis(array, -1, 0))


def _weights(node: Node, own: dict[str, Array], k: int, nodes: list[Node], channels: list[Any], blobs: Blobs):
    """Lay down the weights between carried maps, and of biases and normalizations what belongs to these."""
    if not own:
        return None
    found: dict[str, Any] = {
        name: blobs.add(_own(array, node, channels[k]))
        for name, array in own.items()
        if name not in ("kernel", "weights")  # the latter of a transposed convolution
    }
    if node["kind"] in ("Conv2D", "DepthwiseConv2D"):
        kernel, inside = _between(own["kernel"], node, k, nodes, channels)
        found |= {
            "inside": inside,
            "maps": channels[k],
            "kernel": blobs.add(kernel),
            "count": int(np.prod(own["kernel"].shape[2:])) // node["shape"][2],
        }
    return found


def _learned(node: Node, k: int, nodes: list[Node], channels: list[Any], run: Run, blobs: Blobs) -> dict[str, Any]:
    """Lay down the gradients of the same weights; that of a dense kernel is dz * x, which the page has."""
    found: dict[str, Any] = {}
    for name, path in zip(node["arrays"], node["weights"], strict=True):
        gradient = run.grads.get(path) if name != "weights" else None  # of a transposed convolution: not carried
        if gradient is not None and node["kind"] == "Dense" and name == "kernel":
            found[name] = None
        elif gradient is not None:
            own = _between(gradient, node, k, nodes, channels)[0] if name == "kernel" else None
            found[name] = blobs.add(_own(gradient, node, channels[k]) if own is None else own)
    return found


def _own(array: Array, node: Node, channels: list[int] | None) -> Array:
    """Cut an array of one number a channel down to the carried ones."""
    return array[channels] if channels is not None and node["kind"] in A_CHANNEL else array


def _between(kernel: Array, node: Node, k: int, nodes: list[Node], channels: list[Any]):
    """Cut out of a kernel or its gradient what lies between carried maps, (taps, channels, maps); and the channels."""
    inputs = kernel.shape[2] if node["kind"] == "Conv2D" else 1
    kernel = kernel.reshape(-1, inputs, node["shape"][2])
    sources = channels[node["inputs"][0]]
    sources = range(nodes[node["inputs"][0]]["shape"][2]) if sources is None else sources
    inside = sorted({int(c) % inputs for c in sources})
    return kernel[:, inside][..., channels[k]], inside


def _steps(model: Model, batch: AnyArray, run: Run) -> list[float | None] | None:
    """Give the loss after one step of gradient descent at each of the RATES; None where that would take long."""
    if (model.multiply_adds() or 0) + model.count_params() > MOST_STEPS / len(RATES):
        return None
    moved = model.astype("float32")
    losses: list[float | None] = []
    for rate in RATES:
        for key, gradient in run.grads.items():
            np.subtract(model.params[key], np.float32(rate) * gradient, out=moved.params[key])
        out = moved.forward(batch, logits=run.fused)
        loss, _ = run.loss.value_and_gradient(run.target, out, None, run.fused or None)
        losses.append(float(loss) if np.isfinite(loss) else None)
    return losses


def _contributions(layer: Layer, x: Array, blobs: Blobs) -> dict[str, Any]:
    """Lay down a dense kernel, or where it is long the weightiest inputs of the strongest units."""
    kernel = layer.params["kernel"]
    if kernel.size <= WHOLE_KERNEL:
        return {"kernel": blobs.add(kernel)}
    units = np.argsort(-np.abs(x @ kernel), kind="stable")[:UNITS]
    rows: dict[int, dict[str, Any]] = {}
    for unit in units.tolist():
        products = x * kernel[:, unit]
        top = np.argsort(-np.abs(products), kind="stable")[:INPUTS]
        rows[unit] = {
            "d": top.tolist(),
            "w": blobs.add(kernel[top, unit]),
            "rest": float(products.sum(dtype=np.float64) - products[top].sum(dtype=np.float64)),
        }
    return {"units": rows, "others": max(len(x) - INPUTS, 0)}


def _ends(model: Model, nodes: list[Node], pixels: AnyArray, known: dict[str, Any], blobs: Blobs):
    """Lay down what one epoch's model says of one picture: its last output, and the one that the loss takes."""
    x = taken(model, pixels, known)
    y = model.forward(x)[0]
    fused = loss_of(model).takes_logits(model)
    return [blobs.add(y), blobs.add(model.forward(x, logits=True)[0] if fused else y)]
