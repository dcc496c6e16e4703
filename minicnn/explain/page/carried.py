"""Nets too large for a page: then the engine's own numbers travel, of the maps that the page shows.

Of every layer the strongest maps are carried, forward and backward, with the weights between those and their gradients;
rows of numbers whole. A sum in the page then says what the carried part gives and how much the rest does.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...layers import Layer
from ...models import Model
from ...types import AnyArray, Array, Arrays
from ..terms import Run, as_batch, fed, inside, loss_of, run_backward, unfold
from .blobs import Blobs
from .nodes import Node
from .pictures import Picture

LARGEST_WORK = 300_000_000  # multiply-adds of one pass that a browser does within a second
LARGEST_WEIGHTS = 4_000_000  # numbers: 16 MB of weights, beyond which a page is a burden
BUDGET = 1_200_000  # numbers of maps a picture
MOST_MAPS = 10  # of a layer, or as many as LAYER numbers hold: of the small, deep ones more
LAYER = 4_000
UNITS, INPUTS = 48, 24  # of a dense layer whose kernel is not carried whole: how many units, and inputs of each
WHOLE_KERNEL = 200_000  # numbers of a dense kernel that is
RATES: list[float] = [10 ** (k / 2) for k in range(-10, 3)]  # of the step of learning, as carried.js reads them
MOST_STEPS = 2_000_000_000  # multiply-adds and moved weights that all steps of a picture may cost


def too_large(model: Model) -> bool:
    """Say whether a page could not compute this net within a second, or would be too long for its weights.

    Examples
    --------
    >>> from minicnn.models import homework
    >>> too_large(homework((64, 64), 2)), too_large(homework((150, 150), 2))
    (False, True)
    """
    return (model.multiply_adds() or 0) > LARGEST_WORK or model.count_params() > LARGEST_WEIGHTS


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
    channels: list[Any] = []
    weights: list[Any] = []
    for _, label, pixels in shown:
        x = fed(pixels, known)
        truth = int(label if label is not None else _predicted(model, x))
        values, gradients, run = _all(model, nodes, x, truth)
        if not weights:  # all pictures show the same maps, so that the weights between them fit
            channels = _channels(nodes, values)
            weights = [_weights(model, node, k, nodes, channels, values, blobs) for k, node in enumerate(nodes)]
        pictures.append(
            {
                "label": truth,
                "values": [_packed(array, channels[k], blobs) for k, array in enumerate(values)],
                "gradients": [_packed(array, channels[k], blobs) for k, array in enumerate(gradients)],
                "grads": [_learned(node, k, nodes, channels, run, blobs) for k, node in enumerate(nodes)],
                "steps": _steps(model, as_batch(model, x), run),
                "units": [
                    _contributions(model, node, values[node["inputs"][0]], blobs) if node["kind"] == "Dense" else None
                    for node in nodes
                ],
            }
        )
    work, count = model.multiply_adds() or 0, model.count_params()
    return {
        "reason": f"This net is too large to compute in a page ({count / 1e6:.1f} million weights, {work / 1e6:,.0f} "
        f"million multiply-adds a picture): it shows the engine's own numbers of the strongest maps; "
        f"pictures, labels and weights stay as they are.",
        "channels": channels,
        "weights": weights,
        "pictures": pictures,
        "ends": [[_ends(each, nodes, pixels, known, blobs) for _, _, pixels in shown] for each in loaded],
    }


def _predicted(model: Model, x: AnyArray):
    y = model.forward(as_batch(model, x))[0]
    return y.argmax() if y.size > 1 else y[0] > (0.5 if model.activation == "sigmoid" else 0)


def _all(model: Model, nodes: list[Node], x: AnyArray, label: int) -> tuple[list[Array], list[Array | None], Run]:
    """Give every node's output and gradient for one picture; None where there is none."""
    batch = as_batch(model, x)
    record: Arrays = {}
    model.forward(batch, record=record)
    y = record[nodes[-1]["engine"]]
    run = run_backward(model, batch, np.array([[float(label)]]) if y.shape[-1] == 1 else label)
    values: list[Array] = []
    gradients: list[Array | None] = []
    places = unfold(model)
    for node in nodes:
        at, part = places[node["of"]], inside.split(node["name"])[1]
        values.append(record[at.key][0] if part is None else inside.value(at.layer, record[at.sources[0]], part)[0])
        lost = run.fused and node is nodes[-1]  # part of the loss
        gradients.append(None if lost or at.key not in run.gradients else run.gradient_at(at, part)[0])
    return values, gradients, run


def _channels(nodes: list[Node], values: list[Array]) -> list[list[int] | None]:
    """Choose each node's maps: those of the node before where channels go through, else the strongest."""
    sizes = [int(np.prod(node["shape"][:2])) if len(node["shape"]) == 3 else 0 for node in nodes]
    most = max(3, min(MOST_MAPS, BUDGET // max(sum(sizes), 1)))
    chosen: list[list[int] | None] = []
    for k, (node, array) in enumerate(zip(nodes, values, strict=True)):
        if array.ndim != 3 or node["kind"] == "Input":
            chosen.append(None)
            continue
        before = node["inputs"][0]
        own, count = chosen[before], nodes[before]["shape"][-1]
        if own is not None and node["kind"] == "DepthwiseConv2D":
            many = array.shape[2] // count
            chosen.append([c * many for c in own])
        elif own is not None and node["kind"] not in ("Conv2D", "Concatenate") and count == array.shape[2]:
            chosen.append(own)
        else:
            strength = np.abs(values[_activated(nodes, k)]).mean((0, 1))  # of what no ReLU closes
            shown = max(most, LAYER // sizes[k])
            chosen.append(sorted(int(c) for c in np.argsort(-strength, kind="stable")[:shown]))
    return chosen


def _activated(nodes: list[Node], k: int):
    """Follow a convolution on to its activation."""
    while (
        k + 1 < len(nodes)
        and nodes[k + 1]["inputs"] == [k]
        and nodes[k + 1]["kind"] in ("Activation", "BatchNormalization")
    ):
        k += 1
    return k


def _packed(array: Array | None, channels: list[int] | None, blobs: Blobs):
    """Lay down the chosen maps, one after the other, or a row of numbers whole."""
    if array is None:
        return None
    return blobs.add(array if channels is None else np.moveaxis(array[..., channels], -1, 0))


def _weights(
    model: Model, node: Node, k: int, nodes: list[Node], channels: list[Any], values: list[Array], blobs: Blobs
):
    """Lay down the weights between carried maps; biases and the arrays of a normalization whole."""
    if not node["arrays"]:
        return None
    layer = unfold(model)[node["of"]].layer
    found = {
        name: blobs.add(array)
        for name, array in (*layer.params.items(), *layer.state.items())
        if name in node["arrays"] and name != "kernel"
    }
    if node["kind"] in ("Conv2D", "DepthwiseConv2D"):
        kernel, inside = _between(layer.params[_kernel_name(layer, node)], node, k, nodes, channels)
        found |= {
            "inside": inside,
            "maps": channels[k],
            "kernel": blobs.add(kernel),
            "count": int(np.prod(layer.params[_kernel_name(layer, node)].shape[2:])) // node["shape"][2],
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
            found[name] = blobs.add(_between(gradient, node, k, nodes, channels)[0] if name == "kernel" else gradient)
    return found


def _kernel_name(layer: Layer, node: Node):
    if type(layer).__name__ != "SeparableConv2D":
        return "kernel"
    return "depthwise_kernel" if node["kind"] == "DepthwiseConv2D" else "pointwise_kernel"


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


def _contributions(model: Model, node: Node, x: Array, blobs: Blobs) -> dict[str, Any]:
    """Lay down a dense kernel, or where it is long the weightiest inputs of the strongest units."""
    kernel = unfold(model)[node["of"]].layer.params["kernel"]
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
    x = as_batch(model, fed(pixels, known))
    y = model.forward(x)[0]
    fused = loss_of(model).takes_logits(model)
    return [blobs.add(y), blobs.add(model.forward(x, logits=True)[0] if fused else y)]
