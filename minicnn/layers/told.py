"""What any layer may be told beside its own settings: how its arrays start, what they cost, what bounds them.

    Dense(8, kernel_initializer="he_normal", kernel_regularizer=l2(1e-4), bias_constraint="non_neg", trainable=False)

A layer class lists in `starts` what its arrays are called there. Source: Keras 3, the arguments that its layers share.
"""

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from .. import initializers
from ..arguments import refuse
from ..constraints import CONSTRAINTS, Constraint
from ..regularizers import L1L2, REGULARIZERS
from ..types import AnyArray

# Keras's arguments that are not here: the values that mean "not used", and what else to do.
ELSEWHERE: dict[str, tuple[tuple[Any, ...], str]] = {
    "activity_regularizer": ((None,), "write a loss of your own that knows of it"),
    "autocast": ((True, False), "leave it out: all of a model is of one dtype"),
    "data_format": ((None, "channels_last"), "bring the channels to the last axis"),
    "dtype": ((None, "float32"), "model.astype('float64') makes a model of another dtype"),
    "lora_alpha": ((None,), "leave it out: all weights are trained"),
    "lora_rank": ((None,), "leave it out: all weights are trained"),
    "weights": ((None,), "call layer.set_weights once it is built"),
}
KINDS: dict[str, tuple[dict[str, Any], type, dict[str, str]]] = {
    # what an argument's name ends in: classes, their base, other names of theirs
    "initializer": (
        initializers.INITIALIZERS,
        initializers.Initializer,
        {"zero": "Zeros", "one": "Ones", "normal": "RandomNormal", "uniform": "RandomUniform"},
    ),
    "regularizer": (REGULARIZERS, L1L2, {"l1_l2": "L1L2"}),
    "constraint": (CONSTRAINTS, Constraint, {}),
}


class Told:
    """The part of a layer that knows what it was told of its arrays.

    Attributes
    ----------
    starts : dict
        Of a class: what an array is called in arguments -> (its key, how it starts by default).
    kept_settings : dict
        What was told, as get_config writes it; from a file also what this engine lacks.
    """

    name: str
    dtype: Any
    only: ClassVar[dict[str, Any]]
    starts: ClassVar[dict[str, tuple[str, str]]] = {}
    kept_settings: dict[str, Any]
    _told: dict[str, Any]

    def _tell(self, more: Mapping[str, Any]) -> None:
        """Take arguments that every layer takes; refuse the others.

        Raises
        ------
        ValueError, TypeError
            One is none of Keras's, is not here, or does not mean anything.
        """
        self.kept_settings, self._told = {}, {}
        others: dict[str, Any] = {}
        for key, value in more.items():
            array, _, kind = key.rpartition("_")
            if kind in KINDS and array in self.starts:
                found = resolve(kind, key, value)
                self.kept_settings[key], self._told[key] = entry_of(kind, found), found
            elif key in self.only:
                if value != self.only[key]:
                    owner = type(self).__name__
                    raise ValueError(f"{owner}({key}={value!r}) is not supported; only {key}={self.only[key]!r} is.")
            elif key not in ("trainable", "input_shape", "batch_input_shape", "input_dim"):
                others[key] = value
        refuse(type(self).__name__, others, ELSEWHERE)

    def keep(self, settings: Mapping[str, Any]) -> None:
        """Take what a file says of the arrays; what is not known here is kept for the file that is written next."""
        for key, value in settings.items():
            self.kept_settings[key] = value
            array, _, kind = key.rpartition("_")
            if array in self.starts and value is not None:
                try:
                    self._told[key] = resolve(kind, key, value)
                except (ValueError, TypeError):
                    self._told.pop(key, None)

    def unknown_settings(self) -> list[str]:
        """List regularizers and constraints of a file that are not known here: training goes on without them."""
        return [
            key
            for key, value in self.kept_settings.items()
            if value and not key.endswith("_initializer") and key not in self._told
        ]

    def _start_array(self, key: str, shape: int | tuple[int, ...], rng: np.random.Generator) -> AnyArray:
        """Make an array as the layer was told, or as its class does."""
        name, default = next((name, how) for name, (own, how) in self.starts.items() if own == key)
        shape = (shape,) if isinstance(shape, int) else shape
        told = self._told.get(f"{name}_initializer")
        if told is not None:
            return told(shape, self.dtype, rng)
        if default == "zeros":
            return initializers.zeros(shape, self.dtype)
        return getattr(initializers, default)(rng, shape, self.dtype)

    def _of_arrays(self, kind: str) -> dict[str, Any]:
        """Return key of the array -> what was told of it."""
        if not self._told:
            return {}
        names = ((key, self._told.get(f"{name}_{kind}")) for name, (key, _) in self.starts.items())
        return {key: told for key, told in names if told is not None}

    @property
    def regularizers(self) -> dict[str, L1L2]:
        """What arrays cost: key -> regularizer."""
        return self._of_arrays("regularizer")

    @property
    def constraints(self) -> dict[str, Constraint]:
        """What is done to arrays after a step: key -> constraint."""
        return self._of_arrays("constraint")


def resolve(kind: str, key: str, value: Any) -> Any:
    """Return an initializer, regularizer or constraint from itself, its name, class or entry in a file.

    Parameters
    ----------
    kind : "initializer", "regularizer" or "constraint"
    key : str
        The argument's name, for the sentence.
    value : anything
        None stays None.

    Raises
    ------
    ValueError
        It is none of these.

    Examples
    --------
    >>> resolve("initializer", "kernel_initializer", "he_normal").get_config()
    {'seed': None}
    """
    classes, base, others = KINDS[kind]
    if value is None and kind != "initializer" or isinstance(value, base):
        return value
    if inspect.isclass(value) and issubclass(value, base):
        return value()
    if isinstance(value, str):
        plain = value.replace("_", "").lower()
        named = others.get(value, next((name for name in classes if name.lower() == plain), None))
        if named is not None:
            return classes[named]()
    if isinstance(value, Mapping) and value.get("class_name") in classes:
        made, config = classes[value["class_name"]], value.get("config", {})
        return made.from_config(config) if kind == "initializer" else made(**config)
    known = ", ".join(map(repr, classes))
    raise ValueError(f"`{key}` must be one of {known}, or an {base.__name__}. Received: {key}={value!r}.")


def entry_of(kind: str, found: Any) -> Any:
    """Return what Keras writes of an initializer, regularizer or constraint into a model file."""
    if found is None:
        return None
    name = type(found).__name__
    return {
        "module": f"keras.{kind}s" if name in KINDS[kind][0] else None,
        "class_name": name,
        "config": found.get_config(),
        "registered_name": None if name in KINDS[kind][0] else name,
    }
