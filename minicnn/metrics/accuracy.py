"""Accuracy: which predictions are right, in Keras's three meanings.

    binary_accuracy             (y > threshold) equals the label 0 or 1, output by output
    categorical_accuracy        the largest prediction stands where the one-hot label's 1 stands
    sparse_categorical_accuracy the largest prediction stands at the integer label

"accuracy" means the first where a model has one output, the second for one-hot labels and the third for integers.
Source: Keras 3 `metrics`.
"""

import numpy as np

from ..types import Array, ArrayLike, BoolArray


def binary_accuracy(y_true: ArrayLike, y_pred: Array, threshold: float = 0.5) -> BoolArray:
    """Say of each output whether it lies on its label's side of the threshold.

    Parameters
    ----------
    y_true : (N, ..., K)
        Labels 0 and 1, or as many in another shape.
    y_pred : (N, ..., K) float
        Probabilities.
    threshold : float
        Above it a prediction means yes.

    Returns
    -------
    right : (N, ..., K) bool

    Examples
    --------
    >>> import numpy as np
    >>> binary_accuracy([1, 1, 0], np.array([[0.9], [0.4], [0.5]])).ravel()
    array([ True, False,  True])
    """
    return (y_pred > threshold) == np.reshape(y_true, y_pred.shape)


def categorical_accuracy(y_true: ArrayLike, y_pred: Array) -> BoolArray:
    """Say of each example whether its largest prediction stands at the label's largest entry.

    Parameters
    ----------
    y_true : (N, ..., K)
        One-hot labels.
    y_pred : (N, ..., K) float
        Probabilities or logits. Of two equal ones the first counts.

    Returns
    -------
    right : (N, ...) bool

    Examples
    --------
    >>> import numpy as np
    >>> categorical_accuracy([[1, 0], [1, 0]], np.array([[0.7, 0.3], [0.2, 0.8]]))
    array([ True, False])
    """
    return y_pred.argmax(-1) == np.asarray(y_true).argmax(-1)


def sparse_categorical_accuracy(y_true: ArrayLike, y_pred: Array) -> BoolArray:
    """Say of each example whether its largest prediction stands at the label.

    Parameters
    ----------
    y_true : (N, ...) or (N, ..., 1) int
        Labels, 0 to K - 1.
    y_pred : (N, ..., K) float
        Probabilities or logits. Of two equal ones the first counts.

    Returns
    -------
    right : (N, ...) bool

    Examples
    --------
    >>> import numpy as np
    >>> sparse_categorical_accuracy([0, 0], np.array([[0.7, 0.3], [0.2, 0.8]]))
    array([ True, False])
    """
    return y_pred.argmax(-1) == np.reshape(y_true, y_pred.shape[:-1])


def accuracy(y_true: ArrayLike, y_pred: Array) -> BoolArray:
    """Say what is right in the sense that the shapes call for.

    Parameters
    ----------
    y_true : array
        Labels 0 and 1 for one output, else one-hot rows or integers.
    y_pred : (N, ..., K) float
        Predictions.

    Returns
    -------
    right : (N, ...) bool
        For K = 1 (N, ..., 1).

    Examples
    --------
    >>> import numpy as np
    >>> p = np.array([[0.7, 0.3], [0.2, 0.8]])
    >>> accuracy([0, 0], p), accuracy([[1, 0], [0, 1]], p)
    (array([ True, False]), array([ True,  True]))
    """
    if y_pred.shape[-1] == 1:
        return binary_accuracy(y_true, y_pred)
    if np.shape(y_true) == y_pred.shape:
        return categorical_accuracy(y_true, y_pred)
    return sparse_categorical_accuracy(y_true, y_pred)
