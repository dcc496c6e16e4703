"""One step: forward -> loss and its gradient -> backward -> the optimizer changes the parameters in place.

Where an output of a model ends in softmax or sigmoid, a cross-entropy takes the logits (see `losses`), and metrics what
the model makes of them. The losses of several outputs are added up, each with its weight; so is what weights cost by
themselves (regularizers), whose slope is added to their gradient. After the step constraints bound them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..types import Array
from .class_weight import weights_of
from .feed import Example
from .model import TrainableModel
from .setup import Part, Setup
from .totals import Totals

ONE_KIND_OF_WEIGHTS = "Only one of `class_weight` and `sample_weight` can be given."


def step(
    model: TrainableModel, setup: Setup, batch: Example, class_weight: Mapping[int, float] | None, totals: Totals
) -> None:
    """Learn from one batch; add what was measured before the update to `totals`."""
    model.drop_grads()  # of the step before: their memory is for this one's
    dys = _measure(model, setup, batch, class_weight, totals, training=True)
    model.backward(dys if len(dys) > 1 else dys[0], need_dx=False)
    params, grads = model.params, model.grads
    costs = {key: cost.slope(params[key]) for key, cost in _told(model, "regularizers") if key in params}
    if costs:
        grads = dict(grads)
        for key, slope in costs.items():
            grads[key] = np.asarray(grads[key]) + slope if key in grads else slope
    setup.optimizer.update(params, grads)
    for key, constraint in _told(model, "constraints"):
        if key in params:
            params[key][...] = constraint(params[key])


def _told(model: TrainableModel, what: str) -> list[tuple[str, Any]]:
    """List (key, regularizer or constraint) of the parameters that have one."""
    return [(f"{path}/{key}", found) for path, layer in model.leaves() for key, found in getattr(layer, what).items()]


def judge(model: TrainableModel, setup: Setup, batch: Example, totals: Totals) -> None:
    """Add to `totals` what one batch gives; learn nothing."""
    _measure(model, setup, batch, None, totals, training=False)


def _measure(
    model: TrainableModel,
    setup: Setup,
    batch: Example,
    class_weight: Mapping[int, float] | None,
    totals: Totals,
    training: bool,
) -> list[Array | None]:
    """Run the model on a batch and add up what is measured; return the loss's gradient at each output."""
    if class_weight is not None:
        _check_no_other_weights(batch)
    outputs, heads = run(model, setup, batch.x, totals.parts, training)
    dys: list[Array | None] = []
    total, count = 0.0, len(outputs[0])
    for index, (part, y, weights, output) in enumerate(zip(totals.parts, batch.y, batch.weights, outputs, strict=True)):
        if part.loss is None:
            dys.append(None)
            totals.add(part, y, model.apply_activation(output, index) if heads[index] else output, weights)
            continue
        if class_weight is not None:
            weights = weights_of(y, class_weight, output.shape, part.loss)
        value, dy = part.loss.value_and_gradient(y, output, weights, heads[index] or None)
        total += part.weight * value
        dys.append(dy if part.weight == 1 else dy * dy.dtype.type(part.weight))
        totals.add_loss(f"{part.prefix}loss" if part.prefix else "", value, count)
        totals.add(part, y, model.apply_activation(output, index) if heads[index] else output, weights)
    if costs := _told(model, "regularizers"):
        params = model.params
        total += sum(cost(params[key]) for key, cost in costs if key in params)
    totals.add_loss("loss", total, count)
    return dys


def _check_no_other_weights(batch: Example) -> None:
    """Refuse class_weight where there are several outputs, or weights came with the batch."""
    if len(batch.y) > 1:
        raise ValueError(
            f"`class_weight` needs a model of one output; give sample_weight to each. Received: {len(batch.y)} outputs."
        )
    if batch.weights[0] is not None:
        raise ValueError(f"{ONE_KIND_OF_WEIGHTS} Received: class_weight, and weights beside x and y.")


class Head(NamedTuple):
    """The end of one output, as a loss asks of it."""

    activation: str | None


def run(
    model: TrainableModel, setup: Setup, x: Any, parts: Sequence[Part], training: bool
) -> tuple[list[Array], list[bool]]:
    """Run the model, up to the logits where a loss can take them; say of each output whether it did."""
    if not model.built:  # before that it does not know how it ends
        model.build((None, *np.shape(x)[1:]))
        setup.advise(model)
    ends = map(Head, model.activations)
    heads = [part.loss is not None and part.loss.takes_logits(end) for part, end in zip(parts, ends, strict=True)]
    several = len(heads) > 1
    found = model.forward(x, training, logits=heads if several else heads[0], need_dx=not training)
    return found if several else [found], heads


def compiled(model: TrainableModel, what: str) -> Setup:
    """Return how the model trains; RuntimeError, which names `what` was asked for, where nobody has said."""
    if model.setup is None:
        fault = getattr(model, "setup_fault", "")
        why = f" Its file's own settings can't be used: {fault}" if fault else ""
        raise RuntimeError(f"Call model.compile(optimizer, loss) before {what}.{why}")
    if not model.setup.judges and not _told(model, "regularizers"):
        raise ValueError(f"compile needs a loss for {what}: nothing is judged. Received: loss={model.setup.loss!r}.")
    return model.setup
