"""Metrics: what share of the predictions is right.

    binary_accuracy             (y > threshold) equals the label 0 or 1, output by output
    categorical_accuracy        the largest prediction stands where the one-hot label's 1 stands
    sparse_categorical_accuracy the largest prediction stands at the integer label

"accuracy" means the first where a model has one output, the second for one-hot labels and the third for integers.
Source: Keras 3 `metrics`.
"""

import numpy as np


def binary_accuracy(y_true, y_pred, threshold=0.5):
    """Say of each output, (N, ..., K), whether it lies on its label's side of the threshold."""
    return (y_pred > threshold) == np.reshape(y_true, y_pred.shape)


def categorical_accuracy(y_true, y_pred):
    """Say of each example, (N, ...), whether its largest prediction stands at the label's largest entry."""
    return y_pred.argmax(-1) == np.asarray(y_true).argmax(-1)


def sparse_categorical_accuracy(y_true, y_pred):
    """Say of each example, (N, ...), whether its largest prediction stands at the label."""
    return y_pred.argmax(-1) == np.reshape(y_true, y_pred.shape[:-1])


def accuracy(y_true, y_pred):
    """Say what is right in the sense that the shapes call for."""
    if y_pred.shape[-1] == 1:
        return binary_accuracy(y_true, y_pred)
    if np.shape(y_true) == y_pred.shape:
        return categorical_accuracy(y_true, y_pred)
    return sparse_categorical_accuracy(y_true, y_pred)


METRICS = {
    "accuracy": accuracy,
    "acc": accuracy,
    "binary_accuracy": binary_accuracy,
    "categorical_accuracy": categorical_accuracy,
    "sparse_categorical_accuracy": sparse_categorical_accuracy,
}


def get(name):
    """Return a metric's function from its name."""
    if name not in METRICS:
        raise ValueError(f"`metrics` must be from {', '.join(map(repr, METRICS))}. Received: {name!r}.")
    return METRICS[name]


def from_config(config):
    """List the metrics' names that a Keras model file gives; those that we lack are refused by name."""
    names = []
    for item in config or ():
        if isinstance(item, dict):
            config = item.get("config")
            item = config.get("name") if isinstance(config, dict) else config  # an object's settings, or a function
        for name in item if isinstance(item, list) else [item]:
            if name is not None:
                get(name)
                names.append(name)
    return names


class Mean:
    """A mean that grows batch by batch, each example counting alike."""

    def __init__(self):
        self.total, self.count = 0.0, 0

    def add(self, value, count):
        """Take in the mean `value` of `count` examples."""
        self.total += float(value) * count
        self.count += count

    def result(self):
        """Give the mean of all that was added, 0 for nothing."""
        return self.total / self.count if self.count else 0.0
