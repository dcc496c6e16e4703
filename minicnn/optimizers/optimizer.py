"""The base of the optimizers: a learning rate, a count of steps, and the arrays that a rule remembers.

Source: Keras 3 `Optimizer`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..arguments import number
from ..types import AnyArray, Array, ArrayLike, Arrays

BELOW_1: float = 1 - 1e-16  # the largest decay: a mean that forgets nothing is none


class Optimizer:
    """Base of the optimizers.

    A rule of one's own names its slots in `slot_names` and writes `_step(w, gradient, *slots)`, which changes `w` and
    the slots, arrays of w's shape, in place.

    Parameters
    ----------
    learning_rate : float, positive

    Attributes
    ----------
    learning_rate : float
        May be changed between steps.
    iterations : int
        Steps done.
    slots : dict
        Parameter key -> [array, ...] in the order of `slot_names`.
    slot_names : tuple of str
        What the rule remembers of each parameter.

    Examples
    --------
    >>> import numpy as np
    >>> class SignDescent(Optimizer):
    ...     def _step(self, w, gradient):
    ...         w -= self.learning_rate * np.sign(gradient)
    >>> params, optimizer = {"kernel": np.array([1.0, -1.0])}, SignDescent(0.25)
    >>> optimizer.update(params, {"kernel": np.array([100.0, -0.01])})
    >>> params["kernel"], optimizer.iterations
    (array([ 0.75, -0.75]), 1)
    """

    learning_rate: float
    iterations: int
    slots: dict[str, list[Array]]
    slot_names: tuple[str, ...] = ()

    def __init__(self, learning_rate: float):
        self.learning_rate = number("learning_rate", learning_rate, positive=True)
        self.iterations = 0
        self.slots = {}

    def update(self, params: Arrays, grads: Mapping[str, Any]) -> None:
        """Change every parameter in place by one step along its gradient.

        Parameters
        ----------
        params : dict
            Key -> array.
        grads : dict
            The same keys -> arrays of the same shapes, or what NumPy reads as one. An array without a gradient, which
            nothing leads from to the loss, stays as it is, as in Keras.
        """
        self.iterations += 1
        for key, w in params.items():
            if key in grads:
                self._step(w, grads[key], *self._slots_of(key, w))

    def _step(self, w: Array, gradient: Any, *slots: Array) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define _step(w, gradient, *slots).")

    def _slots_of(self, key: str, w: Array) -> list[Array]:
        if key not in self.slots:
            self.slots[key] = [np.zeros_like(w) for _ in self.slot_names]
        return self.slots[key]

    def variables(self, params: Arrays) -> list[Any]:
        """Return the state in Keras's order.

        Parameters
        ----------
        params : dict
            Key -> array, of the model.

        Returns
        -------
        variables : list of arrays
            Iterations, learning rate, then the slots parameter by parameter.
        """
        slots = [array for key, w in params.items() for array in self._slots_of(key, w)]
        return [np.int64(self.iterations), np.float32(self.learning_rate), *slots]

    def set_variables(self, params: Arrays, variables: Sequence[ArrayLike]) -> None:
        """Take over a state listed in Keras's order; nothing changes where it does not fit.

        Parameters
        ----------
        params : dict
            Key -> array, of the model.
        variables : list of arrays
            As `variables` returns them. Before its first step Keras's optimizer has two arrays only.

        Raises
        ------
        ValueError
            There are too many or too few arrays, or one has another shape than its parameter.
        """
        expected = 2 + len(params) * len(self.slot_names)
        given: list[AnyArray] = [np.asarray(each) for each in variables]
        if len(given) not in (2, expected):
            raise ValueError(
                f"The optimizer's state must have {expected} arrays for {type(self).__name__} on "
                f"{len(params)} parameters. Received: {len(given)}."
            )
        slots: dict[str, list[Array]] = {}
        if len(given) > 2:
            rest = iter(given[2:])
            slots = {key: [np.array(next(rest), w.dtype) for _ in self.slot_names] for key, w in params.items()}
        for key, arrays in slots.items():
            for array in arrays:
                if array.shape != params[key].shape:
                    raise ValueError(
                        f"The optimizer's state for '{key}' must have shape {params[key].shape}. "
                        f"Received: shape {array.shape}."
                    )
        self.iterations, self.learning_rate, self.slots = int(given[0]), float(given[1]), slots

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return {"name": type(self).__name__.lower(), "learning_rate": self.learning_rate}


def as_keras(value: float) -> float:
    """Round to float32, as Keras does with some settings on their way to any dtype: 1 - 0.999 is off by 1e-5 then."""
    return float(np.float32(value))
