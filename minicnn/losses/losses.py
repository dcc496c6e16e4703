"""Losses: how wrong predictions are, and the gradient that training starts from.

With t the truth, p the prediction, z its logits (p = softmax(z) or sigmoid(z)), averaged over all examples:

    categorical cross-entropy   -sum_k t_k log p_k          at z: (p - t) / N
    sparse categorical          the same, t given as an integer class
    binary cross-entropy        -t log p - (1 - t) log(1 - p), averaged over outputs;   at z: (p - t) / (N * K)
    mean squared error          (p - t)^2, averaged over outputs;                       at p: 2 (p - t) / (N * K)

Bare probabilities are treated as Keras's TensorFlow backend treats them (eps = 1e-7): categorical divides by the
row's sum, then clips to [eps, 1 - eps]; sparse clips, then divides by the sum; binary clips. Clipped entries have no
gradient. Where a model ends in softmax or sigmoid, whichever, a cross-entropy takes what goes into it for the logits
(`takes_logits`): it cannot overflow, nothing is clipped, and the gradient is simply p - t, with the loss's own p.

Source: Keras 3 `losses`, measured on its TensorFlow backend.
"""

import numpy as np

from .. import kernels

EPSILON = 1e-7


class Loss:
    """Base of the losses: the mean over examples, weighted where weights are given.

    Attributes
    ----------
    name : str
    from_logits : bool           whether predictions are logits
    head : str or None           the activation that this loss applies to logits
    """

    head = None
    from_logits = False

    def takes_logits(self, model):
        """Say whether the loss takes what goes into the model's last activation. All who ask, ask here."""
        return False

    def __call__(self, y_true, y_pred, sample_weight=None):
        """Give the loss as one float. Arguments as for `value_and_gradient`."""
        return self.value_and_gradient(y_true, y_pred, sample_weight)[0]

    def value_and_gradient(self, y_true, y_pred, sample_weight=None, from_logits=None):
        """Give the loss and its gradient with respect to y_pred.

        Parameters
        ----------
        y_true : array, as `check` wants it        y_pred : (N, ..., K) float
        sample_weight : (N,), optional      each example's weight; the sum is still divided by N, as in Keras
        from_logits : bool, optional        overrides the loss's own setting

        Returns
        -------
        value : float           dy_pred : array, shape and dtype of y_pred
        """
        y_pred = np.asarray(y_pred)
        y_true = self.check(y_true, y_pred.shape)
        logits = self.from_logits if from_logits is None else from_logits
        with np.errstate(over="ignore", invalid="ignore"):  # where training goes astray the loss itself says so
            values, gradient = self._each(y_true, y_pred, logits)  # (N, ...), (N, ..., K)
        if sample_weight is not None:
            weights = np.asarray(sample_weight, y_pred.dtype).reshape(-1, *[1] * (values.ndim - 1))
            values, gradient = values * weights, gradient * weights[..., None]
        count = max(values.size, 1)
        return float(values.sum(dtype=np.float64) / count), gradient / y_pred.dtype.type(count)

    def check(self, y_true, shape):
        """Return y_true as an array that fits predictions of this shape, or raise one sentence.

        Raises
        ------
        ValueError: `y` must ... Received: ...
        """
        y_true = np.asarray(y_true)
        if y_true.shape == shape[:-1] and shape[-1] == 1:
            y_true = y_true[..., None]
        if y_true.shape != shape:
            raise ValueError(
                f"`y` must have the predictions' shape {shape} for {self.name}. Received: y.shape={y_true.shape}."
            )
        return y_true

    def get_config(self):
        """Give the settings as Keras writes them."""
        return {"name": self.name, "reduction": "sum_over_batch_size"}


class CrossEntropy(Loss):
    """What the three cross-entropies share: `from_logits`, and that they take logits wherever a model has any."""

    def __init__(self, from_logits=False):
        self.from_logits = bool(from_logits)

    def takes_logits(self, model):
        """Say whether the model ends in softmax or sigmoid. As in Keras it needn't be the loss's own of the two."""
        return model.activation in ("softmax", "sigmoid")

    def get_config(self):
        """Give the settings as Keras writes them."""
        return {**super().get_config(), "from_logits": self.from_logits}


def _softmax_cross_entropy(logits):
    """Softmax of logits, and their log-probabilities: z - max z - log sum exp(z - max z)."""
    shifted = logits - logits.max(-1, keepdims=True)
    return kernels.softmax_forward(logits), shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


class CategoricalCrossentropy(CrossEntropy):
    """Cross-entropy for one-hot labels (or probabilities that sum to 1).

    Parameters
    ----------
    from_logits : bool      whether predictions are logits (True) or probabilities (False)
    """

    name, head = "categorical_crossentropy", "softmax"

    def check(self, y_true, shape):
        """Return one-hot labels of the predictions' shape."""
        y_true = np.asarray(y_true)
        if y_true.shape in (shape[:-1], (*shape[:-1], 1)) and shape[-1] > 1:
            raise ValueError(
                f"`y` must be one-hot, {shape}, for {self.name}; integer classes want "
                f"sparse_categorical_crossentropy. Received: y.shape={y_true.shape}."
            )
        y_true = super().check(y_true, shape)
        if y_true.size and (y_true.min() < 0 or np.abs(y_true.sum(-1) - 1).max() > 1e-3):
            raise ValueError(
                f"`y` must be one-hot for {self.name}: each row non-negative, with sum 1. "
                f"Received: rows with sums from {y_true.sum(-1).min():g} to {y_true.sum(-1).max():g}."
            )
        return y_true

    def _each(self, t, y, logits):
        t = t.astype(y.dtype, copy=False)
        if logits:
            p, log_p = _softmax_cross_entropy(y)
            return -(t * log_p).sum(-1), p - t
        total = y.sum(-1, keepdims=True)
        share = y / total
        clipped = np.clip(share, EPSILON, 1 - EPSILON)
        slope = np.where(clipped == share, -t / clipped, 0)
        return -(t * np.log(clipped)).sum(-1), (slope - (slope * share).sum(-1, keepdims=True)) / total


class SparseCategoricalCrossentropy(CrossEntropy):
    """Cross-entropy for integer labels, 0 to K - 1.

    Parameters
    ----------
    from_logits : bool      whether predictions are logits (True) or probabilities (False)
    """

    name, head = "sparse_categorical_crossentropy", "softmax"

    def check(self, y_true, shape):
        """Return integer labels of shape (N, ...)."""
        y_true = np.asarray(y_true)
        if y_true.shape == shape and shape[-1] > 1:
            raise ValueError(
                f"`y` must be integer classes, {shape[:-1]}, for {self.name}; one-hot labels want "
                f"categorical_crossentropy. Received: y.shape={y_true.shape}."
            )
        if y_true.shape == (*shape[:-1], 1):
            y_true = y_true[..., 0]
        if y_true.shape != shape[:-1]:
            raise ValueError(f"`y` must have shape {shape[:-1]} for {self.name}. Received: y.shape={y_true.shape}.")
        labels = y_true.astype(np.int64)
        if not np.array_equal(labels, y_true):
            raise ValueError(f"`y` must be integer classes for {self.name}. Received: {y_true.flat[0]!r}, ...")
        if labels.size and (labels.min() < 0 or labels.max() >= shape[-1]):
            raise ValueError(
                f"`y` must be classes from 0 to {shape[-1] - 1}. "
                f"Received: classes from {labels.min()} to {labels.max()}."
            )
        return labels

    def _each(self, labels, y, logits):
        at_label = labels[..., None]
        one_hot = np.zeros_like(y)
        np.put_along_axis(one_hot, at_label, 1, -1)
        if logits:
            p, log_p = _softmax_cross_entropy(y)
            return -np.take_along_axis(log_p, at_label, -1)[..., 0], p - one_hot
        clipped = np.clip(y, EPSILON, 1 - EPSILON)
        total = clipped.sum(-1, keepdims=True)
        values = np.log(total) - np.log(np.take_along_axis(clipped, at_label, -1))
        return values[..., 0], np.where(clipped == y, 1 / total - one_hot / clipped, 0).astype(y.dtype, copy=False)


class BinaryCrossentropy(CrossEntropy):
    """Cross-entropy for outputs that are each a yes or a no: labels 0 and 1 (or between).

    Parameters
    ----------
    from_logits : bool      whether predictions are logits (True) or probabilities (False)
    """

    name, head = "binary_crossentropy", "sigmoid"

    def check(self, y_true, shape):
        """Return labels between 0 and 1 of the predictions' shape."""
        y_true = super().check(y_true, shape)
        if y_true.size and (y_true.min() < 0 or y_true.max() > 1):
            raise ValueError(
                f"`y` must lie between 0 and 1 for {self.name}. "
                f"Received: values from {y_true.min():g} to {y_true.max():g}."
            )
        return y_true

    def _each(self, t, y, logits):
        t = t.astype(y.dtype, copy=False)
        if logits:  # max(z, 0) - z t + log(1 + exp(-|z|)) never overflows
            values = np.maximum(y, 0) - y * t + np.log1p(np.exp(-np.abs(y)))
            gradient = kernels.sigmoid_forward(y) - t
        else:
            p = np.clip(y, EPSILON, 1 - EPSILON)
            values = -(t * np.log(p) + (1 - t) * np.log1p(-p))
            gradient = np.where(p == y, (p - t) / (p * (1 - p)), 0).astype(y.dtype, copy=False)
        return values.mean(-1), gradient / y.dtype.type(y.shape[-1])


class MeanSquaredError(Loss):
    """The mean of the squared differences."""

    name = "mean_squared_error"

    def _each(self, t, y, logits):
        difference = y - t.astype(y.dtype, copy=False)
        return (difference * difference).mean(-1), difference * y.dtype.type(2 / y.shape[-1])


LOSSES = {
    loss.name: loss
    for loss in (CategoricalCrossentropy, SparseCategoricalCrossentropy, BinaryCrossentropy, MeanSquaredError)
}
LOSSES["mse"] = MeanSquaredError


def get(loss):
    """Return a loss from its name or itself."""
    if isinstance(loss, Loss):
        return loss
    if not isinstance(loss, str) or loss not in LOSSES:
        raise ValueError(f"`loss` must be one of {', '.join(map(repr, LOSSES))}, or a Loss. Received: loss={loss!r}.")
    return LOSSES[loss]()


def from_config(config):
    """Make a loss from what a Keras model file says; settings that we lack are refused by name."""
    if isinstance(config, str):
        return get(config)
    if isinstance(config, dict) and config.get("class_name") == "function":
        return get(config.get("config"))
    by_class = {loss.__name__: loss for loss in LOSSES.values()}
    name, settings = (config.get("class_name"), config.get("config")) if isinstance(config, dict) else (None, None)
    if name not in by_class or not isinstance(settings, dict):
        raise ValueError(f"The loss must be one of {', '.join(by_class)}. Received: {name or config!r}.")
    neutral = {"reduction": "sum_over_batch_size", "label_smoothing": 0.0, "axis": -1}
    for key, value in settings.items():
        if key in neutral and value != neutral[key]:
            raise ValueError(f"{name}({key}={value!r}) is not supported; only {key}={neutral[key]!r} is.")
    return by_class[name](from_logits=bool(settings["from_logits"])) if "from_logits" in settings else by_class[name]()
