"""One step: forward -> loss and its gradient -> backward -> the optimizer changes the parameters in place.

Where a model ends in softmax or sigmoid, a cross-entropy takes the logits (see `losses`), and metrics what the model
makes of them.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..types import AnyArray, Array
from .class_weight import weights_of
from .model import TrainableModel
from .setup import Setup
from .totals import Totals


def step(
    model: TrainableModel, setup: Setup, x: Any, y: AnyArray, class_weight: Mapping[int, float] | None, totals: Totals
) -> None:
    """Learn from one batch; add what was measured before the update to `totals`."""
    model.drop_grads()  # of the step before: their memory is for this one's
    outputs, logits = run(model, setup, x, training=True)
    weights = None if class_weight is None else weights_of(y, class_weight, outputs.shape, setup.loss)
    loss, dy = setup.loss.value_and_gradient(y, outputs, weights, logits or None)
    model.backward(dy, need_dx=False)
    setup.optimizer.update(model.params, model.grads)
    totals.add(loss, y, model.apply_activation(outputs) if logits else outputs)


def judge(model: TrainableModel, setup: Setup, x: Any, y: AnyArray, totals: Totals) -> None:
    """Add to `totals` what one batch gives; learn nothing."""
    outputs, logits = run(model, setup, x, training=False)
    loss, _ = setup.loss.value_and_gradient(y, outputs, None, logits or None)
    totals.add(loss, y, model.apply_activation(outputs) if logits else outputs)


def run(model: TrainableModel, setup: Setup, x: Any, training: bool) -> tuple[Array, bool]:
    """Run the model, up to the logits where the loss can take them; say whether it did."""
    if not model.built:  # before that it does not know how it ends
        model.build((None, *np.shape(x)[1:]))
        setup.advise(model)
    logits = setup.loss.takes_logits(model)
    return model.forward(x, training, logits=logits, need_dx=not training), logits


def compiled(model: TrainableModel, what: str) -> Setup:
    """Return how the model trains; RuntimeError, which names `what` was asked for, where nobody has said."""
    if model.setup is None:
        fault = getattr(model, "setup_fault", "")
        why = f" Its file's own settings can't be used: {fault}" if fault else ""
        raise RuntimeError(f"Call model.compile(optimizer, loss) before {what}.{why}")
    return model.setup
