"""A loss by its name, or from what a Keras model file says of it."""

from typing import Any

from .binary_crossentropy import BinaryCrossentropy
from .categorical_crossentropy import CategoricalCrossentropy
from .crossentropy import CrossEntropy
from .loss import Loss
from .mean_squared_error import MeanSquaredError
from .sparse_categorical_crossentropy import SparseCategoricalCrossentropy

LOSSES: dict[str, type[Loss]] = {
    loss.name: loss
    for loss in (CategoricalCrossentropy, SparseCategoricalCrossentropy, BinaryCrossentropy, MeanSquaredError)
}
LOSSES["mse"] = MeanSquaredError


def get(loss: str | Loss) -> Loss:
    """Return a loss from its name or itself.

    Parameters
    ----------
    loss : str or Loss
        "categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy", "mean_squared_error" or
        "mse".

    Raises
    ------
    ValueError
        It is none of these.

    Examples
    --------
    >>> type(get("mse")).__name__
    'MeanSquaredError'
    """
    if isinstance(loss, Loss):
        return loss
    if not isinstance(loss, str) or loss not in LOSSES:
        raise ValueError(f"`loss` must be one of {', '.join(map(repr, LOSSES))}, or a Loss. Received: loss={loss!r}.")
    return LOSSES[loss]()


def from_config(config: Any) -> Loss:
    """Make a loss from what a Keras model file says; settings that we lack are refused by name.

    Parameters
    ----------
    config : str or dict
        A name, {"class_name": ..., "config": {...}}, or what Keras writes of a function.

    Raises
    ------
    ValueError
        The loss, or a setting of it that changes the value, is not known here.

    Examples
    --------
    >>> written = {"class_name": "BinaryCrossentropy", "config": {"from_logits": True, "label_smoothing": 0.0}}
    >>> from_config(written).from_logits
    True
    """
    if isinstance(config, str):
        return get(config)
    if isinstance(config, dict) and config.get("class_name") == "function":
        function: Any = config.get("config")
        return get(function)
    by_class = {loss.__name__: loss for loss in LOSSES.values()}
    name, settings = (config.get("class_name"), config.get("config")) if isinstance(config, dict) else (None, None)
    if name not in by_class or not isinstance(settings, dict):
        raise ValueError(f"The loss must be one of {', '.join(by_class)}. Received: {name or config!r}.")
    neutral = {"reduction": "sum_over_batch_size", "label_smoothing": 0.0, "axis": -1}
    loss = by_class[name]
    if not issubclass(loss, CrossEntropy):
        neutral["from_logits"] = False
    for key, value in settings.items():
        if key in neutral and value != neutral[key]:
            raise ValueError(f"{name}({key}={value!r}) is not supported; only {key}={neutral[key]!r} is.")
    if issubclass(loss, CrossEntropy) and "from_logits" in settings:
        return loss(from_logits=settings["from_logits"])
    return loss()
