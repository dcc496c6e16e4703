"""The base of the losses: how wrong predictions are, one number for all, and where each prediction should go.

A loss is averaged over the examples, unless `reduction` says otherwise. With weights each example's part is multiplied
by its weight, and the sum is still divided by the number of examples, as in Keras.

Source: Keras 3 `losses`, measured on its TensorFlow backend.
"""

from typing import Any, Protocol

import numpy as np

from ..arguments import refuse, text
from ..types import AnyArray, Array, ArrayLike

REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum")  # the first two are the same
# Keras's arguments that are not here: the values that mean "not used", and what else to do.
ELSEWHERE: dict[str, tuple[tuple[Any, ...], str]] = {
    "dtype": ((None, "float32"), "model.astype('float64') makes a model, and with it a loss, of another dtype")
}


class HasActivation(Protocol):
    """What a loss asks of a model: the name of the activation that it ends in, or None.

    Examples
    --------
    >>> from minicnn.layers import Dense
    >>> model: HasActivation = Dense(3, activation="softmax")
    >>> model.activation
    'softmax'
    """

    @property
    def activation(self) -> str | None:
        """Return the name of the activation that makes the model's output."""
        ...


def gives_probabilities(model: HasActivation) -> bool:
    """Say whether a model ends in softmax or sigmoid, so that it gives probabilities and has logits before them.

    Parameters
    ----------
    model : Model
        Or a layer: whatever has an `activation`.

    Examples
    --------
    >>> from minicnn.layers import Dense
    >>> gives_probabilities(Dense(3, activation="softmax")), gives_probabilities(Dense(3))
    (True, False)
    """
    return model.activation in ("softmax", "sigmoid")


class Loss:
    """Base of the losses: the mean over examples, weighted where weights are given.

    A loss of one's own writes `_each(y_true, y_pred, from_logits)`, which returns one value an example, (N, ...), and
    the slope of each example's value at each of its predictions, (N, ..., K).

    Parameters
    ----------
    name : str, optional
        For the file.
    reduction : "sum_over_batch_size", "mean", "mean_with_sample_weight" or "sum"
        What the sum of the examples' losses is divided by: how many there are ("mean" too), what their weights add up
        to, or nothing.
    dtype : None or "float32"
        As in Keras; a loss is computed in the dtype of the predictions.

    Raises
    ------
    ValueError
        `reduction` is none of these.

    Attributes
    ----------
    name : str
        Keras's name of it.
    head : str or None
        The activation that this loss applies to logits.
    from_logits : bool
        Whether predictions are logits.

    Examples
    --------
    >>> import numpy as np
    >>> class AbsoluteError(Loss):
    ...     name = "absolute_error"
    ...     def _each(self, t, y, logits):
    ...         return np.abs(y - t).mean(-1), np.sign(y - t) / y.shape[-1]
    >>> value, gradient = AbsoluteError().value_and_gradient([[1.0, 2.0]], np.array([[1.5, 1.0]]))
    >>> value, gradient
    (0.75, array([[ 0.5, -0.5]]))
    """

    name: str = "loss"
    head: str | None = None
    from_logits: bool = False
    reduction: str = "sum_over_batch_size"

    def __init__(self, name: str | None = None, reduction: str = "sum_over_batch_size", dtype: str | None = None):
        refuse(type(self).__name__, {"dtype": dtype}, ELSEWHERE)
        if not isinstance(reduction, str) or reduction not in REDUCTIONS:
            known = ", ".join(map(repr, REDUCTIONS))
            raise ValueError(f"`reduction` must be one of {known}. Received: reduction={reduction!r}.")
        self.reduction = reduction
        if name is not None:
            self.name = text("name", name)

    def takes_logits(self, model: HasActivation) -> bool:
        """Say whether the loss takes what goes into the model's last activation. All who ask, ask here.

        Parameters
        ----------
        model : Model
            The model whose outputs this loss is to judge.
        """
        return False

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the loss as one float. Arguments as for `value_and_gradient`."""
        return self.value_and_gradient(y_true, y_pred, sample_weight)[0]

    def value_and_gradient(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        sample_weight: ArrayLike | None = None,
        from_logits: bool | None = None,
    ) -> tuple[float, Array]:
        """Return the loss and its gradient with respect to `y_pred`.

        Parameters
        ----------
        y_true : array
            The truth, as the loss's `check` wants it.
        y_pred : (N, ..., K) float32 or float64
            Predictions: probabilities or logits.
        sample_weight : (N,) or (N, ...), optional
            Each example's weight, or each of its places' (of a map of labels); the sum is still divided by N, as in
            Keras.
        from_logits : bool, optional
            In place of the loss's own setting.

        Returns
        -------
        value : float
            The mean over the examples, or what `reduction` says.
        dy_pred : (N, ..., K), dtype of `y_pred`
            How the value changes with each prediction.

        Raises
        ------
        ValueError
            `y_true` does not fit the predictions.
        """
        y_pred = np.asarray(y_pred)
        y_true = self.check(y_true, y_pred.shape)
        logits = self.from_logits if from_logits is None else from_logits
        with np.errstate(over="ignore", invalid="ignore"):  # where training goes astray the loss itself says so
            values, gradient = self._each(y_true, y_pred, logits)  # (N, ...), (N, ..., K)
        count = 1.0 if self.reduction == "sum" else float(max(values.size, 1))
        if sample_weight is not None:
            weights = self._weights(sample_weight, values)
            values, gradient = values * weights, gradient * weights[..., None]
            if self.reduction == "mean_with_sample_weight":
                count = float(np.sum(weights, dtype=np.float64)) or 1.0  # weights that are all 0 make all else 0 too
        return float(values.sum(dtype=np.float64) / count), gradient / y_pred.dtype.type(count)

    def _weights(self, sample_weight: ArrayLike, values: Array) -> Array:
        """Return weights that multiply the examples' values."""
        weights = np.asarray(sample_weight, values.dtype)
        if weights.ndim == values.ndim + 1 and weights.shape[-1] == 1:
            weights = weights[..., 0]
        if weights.shape not in (values.shape[:1], values.shape):
            raise ValueError(
                f"`sample_weight` must have shape {values.shape[:1]}, a weight an example. "
                f"Received: sample_weight.shape={weights.shape}."
            )
        return weights.reshape(*weights.shape, *[1] * (values.ndim - weights.ndim))

    def check(self, y_true: ArrayLike, shape: tuple[int, ...]) -> AnyArray:
        """Return `y_true` as an array that fits predictions of this shape.

        Parameters
        ----------
        y_true : array
            The truth as the user has it.
        shape : tuple of int
            Of the predictions, (N, ..., K).

        Returns
        -------
        y_true : (N, ..., K)

        Raises
        ------
        ValueError
            It does not fit.
        """
        y_true = np.asarray(y_true)
        if y_true.shape == shape[:-1] and shape[-1] == 1:
            y_true = y_true[..., None]
        if y_true.shape != shape:
            raise ValueError(
                f"`y` must have the predictions' shape {shape} for {self.name}. Received: y.shape={y_true.shape}."
            )
        return y_true

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return {"name": self.name, "reduction": self.reduction}

    def _each(self, t: AnyArray, y: Array, logits: bool) -> tuple[Array, Array]:
        raise NotImplementedError(f"{type(self).__name__} must define _each(y_true, y_pred, from_logits).")
