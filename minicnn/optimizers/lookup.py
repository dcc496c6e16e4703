"""An optimizer by its name, or from what a Keras model file says of it."""

from typing import Any

from .adam import Adam
from .optimizer import Optimizer
from .sgd import SGD

OPTIMIZERS: dict[str, type[SGD] | type[Adam]] = {"sgd": SGD, "adam": Adam}


def get(optimizer: str | Optimizer) -> Optimizer:
    """Return an optimizer from its name or itself.

    Parameters
    ----------
    optimizer : str or Optimizer
        "sgd" or "adam", in capitals or not.

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
        raise ValueError(f"`optimizer` must be 'sgd', 'adam', or an Optimizer. Received: optimizer={optimizer!r}.")
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
        raise ValueError(f"The optimizer must be SGD or Adam. Received: {name or config!r}.")
    own: dict[str, Any] = {
        key: settings[key] for key in kind().get_config() if key in settings and key not in ("name", "amsgrad")
    }
    # The two EMA settings only matter with use_ema.
    ignored = {"name", "is_legacy_optimizer", "jit_compile", "ema_momentum", "ema_overwrite_frequency"}
    for key, value in settings.items():
        if key not in own and key not in ignored and value:
            raise ValueError(f"{name}({key}={value!r}) is not supported.")
    if not isinstance(own.get("learning_rate", 0.0), (int, float)):
        raise ValueError(f"{name}'s learning rate must be a number; schedules are not supported.")
    return kind(**own)
