"""What classifier.json makes of a model's outputs: its fields `output`, `task` and `temperature`, for both packages.

    softmax(z / temperature)      logits z of exactly one class
    sigmoid(z / temperature)      of one unit, which means two classes, or of labels that are each for itself

Of probabilities the logits are taken first, where there is a temperature: log p, of a sigmoid log p - log(1 - p).
Source: Guo, Pleiss, Sun, Weinberger, On Calibration of Modern Neural Networks, 2017, arXiv:1706.04599.
"""

import numpy as np

from ..types import Array

FLOOR: float = 1e-7
"""Keras's epsilon: a probability is never taken for less, nor a sigmoid's for more than 1 less this. A float32 sigmoid
is 1 from the logit 17 on and a softmax's smallest is 0: a logit of those is as large as whoever bounds it says."""


def logits_of(p: Array, single: bool = False) -> Array:
    """Return logits that lead to these probabilities.

    Parameters
    ----------
    p : (N, K) float
    single : bool
        Whether each is a sigmoid's, for itself, and not one of K that a softmax gives.

    Returns
    -------
    logits : (N, K), dtype of p

    Examples
    --------
    >>> logits_of(np.array([[0.5, 1.0]]), single=True).round(1).tolist()
    [[0.0, 16.1]]
    >>> logits_of(np.array([[0.0, 1.0]])).round(1).tolist()
    [[-16.1, 0.0]]
    """
    wide = np.maximum(np.asarray(p, np.float64), FLOOR)
    if not single:
        return np.log(wide).astype(p.dtype)
    wide = np.minimum(wide, 1 - FLOOR)
    return (np.log(wide) - np.log1p(-wide)).astype(p.dtype)


def probabilities_of(outputs: Array, output: str, task: str = "one", temperature: float | None = None) -> Array:
    """Turn a model's outputs into probabilities.

    Parameters
    ----------
    outputs : (N, K) float
        One output, K = 1, means two classes and is that of the second; where each label is for itself (`task` "many"),
        each unit is a label's.
    output : "logits" or "probabilities"
        What they are. Probabilities without a temperature are returned as they are.
    task : "one" or "many"
    temperature : float, optional
        What logits are divided by.

    Returns
    -------
    p : (N, classes), dtype of outputs

    Examples
    --------
    >>> probabilities_of(np.array([[0.0, 2.0]]), "logits").round(3).tolist()
    [[0.119, 0.881]]
    >>> probabilities_of(np.array([[2.0]]), "logits", temperature=2.0).round(3).tolist()
    [[0.269, 0.731]]
    """
    alone = task == "many" or outputs.shape[-1] == 1
    heat = temperature or 1
    p = outputs
    if output == "logits" or heat != 1:
        z = (outputs if output == "logits" else logits_of(outputs, alone)) / np.asarray(heat, outputs.dtype)
        p = _sigmoid(z) if alone else _softmax(z)
    return p if task == "many" or outputs.shape[-1] > 1 else np.concatenate([1 - p, p], axis=-1)


def _softmax(z: Array) -> Array:
    shifted = np.exp(z - z.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def _sigmoid(z: Array) -> Array:
    small = np.exp(-np.abs(z))  # never above 1, so nothing overflows
    return np.where(z >= 0, np.ones_like(small), small) / (1 + small)
