"""A loss by its name, or from what a Keras model file says of it."""

import inspect
from collections.abc import Callable
from typing import Any

from .amounts import Huber, MeanAbsoluteError, MeanSquaredError
from .binary_crossentropy import BinaryCrossentropy
from .categorical_crossentropy import CategoricalCrossentropy
from .function_loss import FunctionLoss
from .loss import Loss
from .sparse_categorical_crossentropy import SparseCategoricalCrossentropy

CLASSES: dict[str, type[Loss]] = {
    loss.__name__: loss
    for loss in (
        CategoricalCrossentropy,
        SparseCategoricalCrossentropy,
        BinaryCrossentropy,
        MeanSquaredError,
        MeanAbsoluteError,
        Huber,
    )
}
LOSSES: dict[str, type[Loss]] = {
    **{loss.name: loss for loss in CLASSES.values()},
    "bce": BinaryCrossentropy,
    "mse": MeanSquaredError,
    "mae": MeanAbsoluteError,
    "huber": Huber,
}


def get(loss: str | Loss | type[Loss] | Callable[..., Any]) -> Loss:
    """Return a loss from its name, from a function, or itself.

    Parameters
    ----------
    loss : str, Loss, its class or a function
        "categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy" or "bce",
        "mean_squared_error" or "mse", "mean_absolute_error" or "mae", "huber", or the name of a class; a function as in
        `FunctionLoss`.

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
    if isinstance(loss, type) and issubclass(loss, Loss):
        return loss()
    if callable(loss) and not isinstance(loss, type):
        return FunctionLoss(loss)
    name = loss.lower() if isinstance(loss, str) and loss.isupper() else loss  # "MSE"
    found = (LOSSES | CLASSES).get(name) if isinstance(name, str) else None
    if found is None:
        raise ValueError(f"`loss` must be one of {', '.join(map(repr, LOSSES))}, or a Loss. Received: loss={loss!r}.")
    return found()


def from_config(config: Any) -> Loss:
    """Make a loss from what a Keras model file says; settings that we lack are refused by name.

    Parameters
    ----------
    config : str or dict, or what `get` takes
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
    if isinstance(config, (str, Loss)) or callable(config):
        return get(config)
    if isinstance(config, dict) and config.get("class_name") == "function":
        function: Any = config.get("config")
        return get(function)
    name, settings = (config.get("class_name"), config.get("config")) if isinstance(config, dict) else (None, None)
    if name not in CLASSES or not isinstance(settings, dict):
        raise ValueError(f"The loss must be one of {', '.join(CLASSES)}. Received: {name or config!r}.")
    known = inspect.signature(CLASSES[name]).parameters
    neutral = {"label_smoothing": 0.0, "axis": -1, "from_logits": False}
    settings = {key: value for key, value in settings.items() if key != "dtype"}  # the model's own decides
    for key, value in settings.items():
        if key not in known and value != neutral.get(key):
            raise ValueError(f"{name}({key}={value!r}) is not supported.")
    return CLASSES[name](**{key: value for key, value in settings.items() if key in known})
