"""The settings of a layer: given to `__init__`, fixed once the layer is built, written to files under Keras's names.

Whoever runs a built layer may therefore plan by its settings and need not watch them. What may change in a built
layer is `trainable`, and its arrays: what is in them, and which array a key holds.
"""

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Self

import numpy as np

from ..arguments import boolean


@cache
def setting_names(kind: type) -> frozenset[str]:
    """Return the names of a layer class's settings: the parameters of its `__init__`, and of those that it inherits.

    `name` is none: a model may number it. Nor is what all layers take (told.py). `activation` always is one. A model
    has no settings of its own.

    Examples
    --------
    >>> from minicnn.layers import ReLU
    >>> sorted(setting_names(ReLU))
    ['activation', 'max_value', 'negative_slope', 'threshold']
    """
    if getattr(kind, "is_model", False):
        return frozenset()
    makers = filter(inspect.isfunction, (vars(base).get("__init__") for base in kind.__mro__))
    parameters = {name for maker in makers for name in list(inspect.signature(maker).parameters)[1:]}
    return frozenset(parameters - {"name", "more"} | {"activation"})


class Settings:
    """What is set when a layer is made, and how it stands in a model file: the part of `Layer` that computes nothing.

    Attributes
    ----------
    only : dict
        Keras's settings that change the output and that this engine lacks: the one value that means "not used".
    kept_settings : dict
        Initializers, regularizers and constraints, which get_config writes: see told.py.
    """

    name: str
    built: bool
    trainable: bool
    dtype: Any  # "float32" or "float64", None before it is known
    only: ClassVar[dict[str, Any]] = {}
    kept_settings: dict[str, Any]
    _given: dict[str, Any]  # what __init__ was given, where no `_settings` tells of it

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse a class that is written for Keras, which would never do what it says.

        Raises
        ------
        TypeError
            Scale defines `build` as Keras's classes do; here a layer writes _build(input_shape, rng), ...
        """
        super().__init_subclass__(**kwargs)
        build, own = vars(cls).get("build"), vars(cls)
        short = inspect.isfunction(build) and len(inspect.signature(build).parameters) == 2
        found = "build" if short else "call" if "call" in own and "_forward" not in own else None
        if found is not None:
            instead = (
                "a model is made of layers, Model(inputs, outputs) or Sequential(layers)."
                if getattr(cls, "is_model", False)
                else "a layer writes _build(input_shape, rng), _forward(x, training) and, as nothing is differentiated "
                "for it, _backward(dy, saved, need_dx): see minicnn.Layer."
            )
            raise TypeError(f"{cls.__name__} defines `{found}` as Keras's classes do; here {instead}")

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Note what `__init__` is given, where `_settings` does not tell of it: in a class of one's own."""
        made = super().__new__(cls)
        if not getattr(cls, "is_model", False):
            made.__dict__["_given"] = _arguments_of(cls, args, kwargs) if _settings_are_older(cls) else {}
        return made

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a setting of a built layer is refused.

        Raises
        ------
        ValueError
            `trainable` is set to neither True nor False.
        AttributeError
            `rate` of layer 'dropout' is fixed: it is built. ...
        """
        if self.__dict__.get("built") and name in setting_names(type(self)):
            raise AttributeError(
                f"`{name}` of layer '{self.name}' is fixed, since the layer is built; make a new "
                f"{type(self).__name__}, or one by from_config of settings that say otherwise. "
                f"Received: {name}={value!r}."
            )
        if name in self.__dict__ and name in self.__dict__.get("_given", ()):  # set anew
            self.__dict__["_given"] = self._given | {name: value}  # a copy of the layer keeps its own
        super().__setattr__(name, boolean("trainable", value) if name == "trainable" else value)

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them into a model file.

        A class that defines `__init__` and no `_settings` need not do more: what `__init__` was given is written.

        Examples
        --------
        >>> from minicnn.layers import LeakyReLU
        >>> LeakyReLU(0.1, name="leaky").get_config()
        {'name': 'leaky', 'trainable': True, 'dtype': 'float32', 'negative_slope': 0.1}
        """
        return {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": self.dtype or "float32",
            **self.kept_settings,
            **{key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in self._given.items()},
            **self._settings(),
        }

    def _settings(self) -> dict[str, Any]:
        """Return the arguments of `__init__`, but for the name, under Keras's names."""
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Make a layer from Keras's settings.

        Parameters
        ----------
        config : dict
            As get_config returns it, ours or Keras's.

        Raises
        ------
        ValueError
            A setting that changes the output and that this engine lacks, or one that the layer does not understand.

        Examples
        --------
        >>> from minicnn import Dropout
        >>> settings = Dropout(0.5).get_config()
        >>> Dropout.from_config(settings | {"rate": 0.25}).rate
        0.25
        """
        config = dict(config)
        name, trainable = config.pop("name", None), config.pop("trainable", True)
        config.pop("dtype", None)
        kept = {
            key: config.pop(key)
            for key in list(config)
            if key.endswith(("_initializer", "_regularizer", "_constraint"))
        }
        for key, value in cls.only.items():
            given = config.pop(key, value)
            if given != value:
                raise ValueError(
                    f"Layer '{name}': {cls.__name__}({key}={given!r}) is not supported; only {key}={value!r} is."
                )
        try:
            layer: Any = cls(**{**cls._arguments(config), "name": name})
        except TypeError as error:
            raise ValueError(f"Layer '{name}': {cls.__name__} does not understand its settings ({error}).") from None
        except ValueError as error:
            raise ValueError(f"Layer '{name}': {error}") from None
        layer.trainable = trainable
        layer.keep(kept)
        return layer

    @classmethod
    def _arguments(cls, config: dict[str, Any]) -> dict[str, Any]:
        """Turn Keras's settings into arguments of `__init__`."""
        return config


@cache
def _settings_are_older(kind: type) -> bool:
    """Tell whether a class's `__init__` is of a later class than its `_settings`, which so cannot know of it.

    A `get_config` of one's own tells all, as in Keras; and so do the `_settings` of minicnn's classes.
    """
    of = {
        method: next(place for place, base in enumerate(kind.__mro__) if method in vars(base))
        for method in ("__init__", "_settings", "get_config")
    }
    maker, told = kind.__mro__[of["__init__"]], kind.__mro__[of["get_config"]] is Settings
    return told and of["__init__"] < of["_settings"] and maker.__module__.split(".")[0] != __name__.split(".")[0]


def _arguments_of(kind: type, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `__init__` is given, by name, with its defaults; not what every layer takes.

    What it takes as `*sizes` is among it, so that from_config, which gives names alone, refuses it and loses nothing.
    """
    signature = inspect.signature(kind.__init__)
    try:
        bound = signature.bind_partial(None, *args, **kwargs)
    except TypeError:  # which __init__ says better
        return {}
    bound.apply_defaults()
    found: dict[str, Any] = {}
    for name, value in list(bound.arguments.items())[1:]:  # without what is missing, as in a copy
        kind_of = signature.parameters[name].kind
        if kind_of is inspect.Parameter.VAR_KEYWORD:
            found |= value
        elif kind_of is not inspect.Parameter.VAR_POSITIONAL or value:
            found[name] = value
    told = {"name", "dtype", "trainable", "input_shape", "batch_input_shape", "input_dim", *getattr(kind, "only", {})}
    return {
        key: value
        for key, value in found.items()
        if key not in told and not key.endswith(("_initializer", "_regularizer", "_constraint"))
    }
