"""An optimizer by its name, or from what a Keras model file says of it."""

from collections.abc import Mapping
from typing import Any

from .adam import Adam, AdamW
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .schedules import read
from .sgd import SGD

OPTIMIZERS: dict[str, type[SGD] | type[Adam] | type[AdamW] | type[RMSprop]] = {
    kind.__name__.lower(): kind for kind in (SGD, Adam, AdamW, RMSprop)
}
IGNORED = ("is_legacy_optimizer", "jit_compile")  # of a file: how an optimizer runs, not what it does


def get(optimizer: str | Optimizer) -> Optimizer:
    """Return an optimizer from its name or itself.

    Parameters
    ----------
    optimizer : str or Optimizer
        "sgd", "adam", "adamw" or "rmsprop", in capitals or not.

    Raises
    ------
    ValueError
        It is none of these.

    Examples
    --------
    >>> get("adam").learning_rate
    0.001
    """
    if isinstance(optimizer, Optimizer):
        return optimizer
    if not isinstance(optimizer, str) or optimizer.lower() not in OPTIMIZERS:
        names = ", ".join(map(repr, OPTIMIZERS))
        raise ValueError(f"`optimizer` must be {names}, or an Optimizer. Received: optimizer={optimizer!r}.")
    return OPTIMIZERS[optimizer.lower()]()


def from_config(config: Any) -> Optimizer:
    """Make an optimizer from what a Keras model file says; settings that change its steps are refused by name.

    Parameters
    ----------
    config : str or dict
        A name, or {"class_name": ..., "config": {...}}.

    Raises
    ------
    ValueError
        The optimizer, or a setting of it that changes its steps, is not known here.

    Examples
    --------
    >>> from_config({"class_name": "SGD", "config": {"learning_rate": 0.25, "momentum": 0.5}}).momentum
    0.5
    """
    if isinstance(config, str):
        return get(config)
    name, settings = (config.get("class_name"), config.get("config")) if isinstance(config, dict) else (None, None)
    kind = OPTIMIZERS.get(str(name).lower())
    if kind is None or not isinstance(settings, dict):
        known = ", ".join(each.__name__ for each in OPTIMIZERS.values())
        raise ValueError(f"The optimizer must be one of {known}. Received: {name or config!r}.")
    settings = {key: value for key, value in settings.items() if key not in IGNORED}
    rate = settings.get("learning_rate")
    if isinstance(rate, Mapping):
        settings["learning_rate"] = read(rate)
    try:
        return kind(**settings)
    except TypeError as error:
        raise ValueError(str(error)) from None
