"""Where a number lives: every call of a layer in a model, nested models unfolded, and one recorded run of it.

A `Place` is one call: its key is the one that `Model.forward(record=)` uses ("conv2d", "conv2d:1" for a second call,
"inner/conv2d" in a nested model), its sources are the places whose outputs it reads.
"""

from dataclasses import dataclass

import numpy as np

from ... import losses
from ...arguments import is_integer
from ...layers import Layer
from . import inside


@dataclass(frozen=True)
class Place:
    """One call of one layer."""

    key: str
    layer: Layer
    sources: tuple  # keys
    shape: tuple  # of the output: a layer that is called twice may give two

    @property
    def kind(self):
        """The class's name."""
        return type(self.layer).__name__


def unfold(model):
    """List the calls of all layers in running order, key -> Place; models inside are walked into.

    An input layer of a nested model stays as a place: it hands on what the outer place gave.
    """
    return {call.key: Place(call.key, call.layer, call.sources, call.shape) for call in model.calls()}


def find(places, name):
    """Return the place of a name and which part of it is meant, None for its output (inside.py).

    A nested model's name stands for its output.
    """
    key, part = inside.split(name)
    if key in places and (part is None or part in inside.parts(places[key].layer)):
        return places[key], part
    nested = [place for own, place in places.items() if own.startswith(f"{name}/")]
    if nested:
        return nested[-1], None
    known = [inside.named(key, part) for key, place in places.items() for part in (*inside.parts(place.layer), None)]
    raise ValueError(f"`layer` must be one of {', '.join(map(repr, known))}. Received: {name!r}.")


def layer_path(key):
    """Drop the call's number from a place's key: "inner/conv2d:1" -> "inner/conv2d"."""
    return "/".join(part.partition(":")[0] for part in key.split("/"))


def as_batch(model, x):
    """Return x as a batch of the model's one input: a single example gets its axis."""
    if len(model.inputs) != 1:
        raise ValueError(f"Only models with one input can be explained. Received: {len(model.inputs)} inputs.")
    x = np.asarray(x)
    rank = len(model.inputs[0].shape)
    return x[None] if x.ndim == rank - 1 else x


def fed(pixels, known):
    """Give what a model takes for a picture's pixels, as its classifier.json says: one scale for all, or one a channel.

    In float64 and rounded once, as the page's JavaScript does it.
    """
    return (pixels.astype(np.float64) * known["scale"] + known["offset"]).astype(np.float32)


def full_index(index, shape, name="index"):
    """Return `index` as integers that lie in `shape`; without the batch's axis, the first example is meant."""
    index = tuple(index) if isinstance(index, (tuple, list, np.ndarray)) else (index,)
    given = index
    if len(index) == len(shape) - 1:
        index = (0, *index)
    whole = all(map(is_integer, index))
    if not whole or len(index) != len(shape) or not all(-n <= i < n for i, n in zip(index, shape, strict=True)):
        raise ValueError(
            f"`{name}` must name one number of an array of shape {tuple(shape)} (the first axis may be "
            f"left out). Received: {name}={given!r}."
        )
    return tuple(int(i) % n for i, n in zip(index, shape, strict=True))


@dataclass
class Run:
    """What one pass of a model gave: every place's output and, after the loss, its gradient.

    `fused` says that the loss took the logits before the last activation: the last output is then the logits, and
    what the model gives in the end has no gradient of its own. `start` names where the gradients begin.
    """

    places: dict
    values: dict
    gradients: dict
    grads: dict
    loss: losses.Loss
    target: np.ndarray
    value: float
    fused: bool
    last: str

    @property
    def start(self):
        """The (key, part) of what the loss takes."""
        at = self.places[self.last]
        part = inside.before(at.layer)
        return (self.last, None) if not self.fused else (self.last, part) if part else (at.sources[0], None)

    def inputs(self, at):
        """List what went into a place."""
        return [self.values[key] for key in at.sources]

    def output_at(self, at, part):
        """Give what a place computed: its output, or a part inside it."""
        if part is None or (self.last, part) == self.start == (at.key, part):
            return self.values[at.key]
        return inside.value(at.layer, self.inputs(at)[0], part)

    def gradient_at(self, at, part):
        """Give the loss's gradient at a place's output, or at a part inside it."""
        if (at.key, part) == self.start:
            return self.gradients[self.last]
        if self.fused and (at.key, part) == (self.last, None):
            raise ValueError(
                f"`what` must name a number that has a gradient; {at.key!r} is part of the loss, which is "
                f"computed from {inside.named(*self.start)!r}: ask there. Received: what={at.key!r}."
            )
        if part is None:
            return self.gradients[at.key]
        if part == inside.DEPTHWISE:
            return inside.through_pointwise(at.layer, self.gradient_at(at, inside.before(at.layer)))
        return inside.through_activation(at.layer, self.gradients[at.key], self.inputs(at)[0], self.values[at.key])


def run_forward(model, x):
    """Run the model as when predicting; return its places and key -> output."""
    values = {}
    model.forward(as_batch(model, x), record=values)
    return unfold(model), values


def run_backward(model, x, y):
    """Run the model as when predicting, then the loss and everything back: a `Run`."""
    loss = loss_of(model)
    fused = loss.takes_logits(model)
    values, gradients = {}, {}
    out = model.forward(as_batch(model, x), keep=True, logits=fused, record=values)
    try:
        target = labels(loss, y, out.shape)
        value, dy = loss.value_and_gradient(target, out, None, fused or None)
        model.backward(dy, record=gradients)
    except BaseException:
        model.forget()
        raise
    places = unfold(model)
    return Run(places, values, gradients, dict(model.grads), loss, target, value, fused, list(places)[-1])


def loss_of(model):
    """Return the loss that the model was compiled with, or the one that belongs to how it ends."""
    if model.loss is not None:
        return model.loss
    if isinstance(model.outputs, list) and len(model.outputs) != 1:
        raise ValueError(f"Only models with one output can be explained. Received: {len(model.outputs)} outputs.")
    logits = not losses.gives_probabilities(model)
    binary = model.activation == "sigmoid" or model.output_shape[-1] == 1
    return (losses.BinaryCrossentropy if binary else losses.CategoricalCrossentropy)(from_logits=logits)


def labels(loss, y, shape):
    """Turn a class, or one class an example, into what the loss takes; anything else is left to the loss's check."""
    y = np.asarray(y)
    whole = np.issubdtype(y.dtype, np.integer) or y.dtype == bool
    if y.ndim == 0:
        y = np.full(shape[0], y)
    sparse = isinstance(loss, losses.SparseCategoricalCrossentropy)
    if whole and y.shape == (shape[0],) and len(shape) == 2 and shape[-1] > 1 and not sparse:
        if y.min() < 0 or y.max() >= shape[-1]:
            raise ValueError(f"`y` must be classes from 0 to {shape[-1] - 1}. Received: y={y.tolist()}.")
        y = np.eye(shape[-1])[y.astype(int)]
    return y.astype(float) if whole and not sparse else y
