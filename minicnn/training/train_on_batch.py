"""train_on_batch: one step on one batch."""

from collections.abc import Mapping
from typing import Any

from .. import kernels
from .feed import checked
from .model import TrainableModel
from .step import compiled, step
from .totals import Report, Totals, report


def train_on_batch(
    model: TrainableModel,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    class_weight: Mapping[int, float] | None = None,
    return_dict: bool = False,
) -> Report:
    """Do one step on one batch.

    Parameters
    ----------
    model : Model
        Compiled; its parameters change in place.
    x : array (N, ...), or a list or dict of them for several inputs
    y : array of N labels, or a list or dict of them for several outputs
        One-hot or integers, as the loss wants.
    sample_weight : array (N,), or a list or dict of them, optional
        How much each example counts.
    class_weight : dict, optional
        Class -> how much its examples count; 1 for those that it lacks.
    return_dict : bool
        Return {name: value}.

    Returns
    -------
    loss : float, or [loss, metric, ...] where there are metrics, or a dict
        Of this batch, before the step.

    Raises
    ------
    ValueError, TypeError
        Data that are not finite, or labels that the loss cannot take.
    RuntimeError
        The model is not compiled.

    Notes
    -----
    Source: Keras 3 `Trainer.train_on_batch`.

    Examples
    --------
    >>> from minicnn import SGD, Dense, Input, Sequential
    >>> model = Sequential([Input((1,)), Dense(1, use_bias=False)])
    >>> model.set_weights([[[1.0]]])
    >>> model.compile(SGD(0.25), "mse")
    >>> train_on_batch(model, [[1.0]], [[3.0]]), model.get_weights()[0].tolist()  # (1 - 3)^2, and 1 + 0.25 * 2 * 2
    (4.0, [[2.0]])
    """
    setup = compiled(model, "train_on_batch")
    totals = Totals(setup, model)
    batch = checked(model, x, y, sample_weight, 0)
    try:
        with kernels.workspace(setup.workspace):
            step(model, setup, batch, class_weight, totals)
    finally:
        model.forget()
    return report(totals.results(), return_dict)
