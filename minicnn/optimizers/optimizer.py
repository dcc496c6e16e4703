"""The base of the optimizers: a learning rate, a count of steps, and the arrays that a rule remembers.

    step:   g = clipped gradient;   w -= weight_decay * learning_rate * w;   then the rule's own step along g

    clipvalue          every number of g to -clipvalue .. clipvalue
    clipnorm           each array's g to a norm of at most clipnorm
    global_clipnorm    all arrays' g together to a norm of at most global_clipnorm

Source: Keras 3 `Optimizer`.
"""

import copy
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Self, TypedDict, Unpack

import numpy as np

from ..arguments import integer, number, refuse, text
from ..types import AnyArray, Array, ArrayLike, Arrays
from .schedules import LearningRateSchedule, written

BELOW_1: float = 1 - 1e-16  # the largest decay: a mean that forgets nothing is none
CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")
BLOCK = 1 << 16  # numbers whose squares are added up at a time

# Keras's arguments that are not here: the values that mean "not used", and what else to do.
ELSEWHERE: dict[str, tuple[tuple[Any, ...], str]] = {
    "use_ema": ((False, None), "average the weights that a ModelCheckpoint kept"),
    "loss_scale_factor": ((None,), "leave it out, since minicnn computes in float32, which needs no scaling"),
    "gradient_accumulation_steps": ((None,), "take a larger batch_size"),
    "decay": ((None, 0.0), "give learning_rate=ExponentialDecay(...)"),
}
OF_EMA = ("ema_momentum", "ema_overwrite_frequency")  # say how use_ema is done, so without it they say nothing


class Clipping(TypedDict, total=False):
    """The arguments that every optimizer has, but for the weights' decay: see `Optimizer`."""

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    name: str | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None


class Shared(Clipping, total=False):
    """The arguments that every optimizer has: see `Optimizer`."""

    weight_decay: float | None


class Optimizer:
    """Base of the optimizers.

    A rule of one's own names its slots in `slot_names` and writes `_step(w, gradient, *slots)`, which changes `w` and
    the slots, arrays of w's shape, in place.

    Parameters
    ----------
    learning_rate : float, at least 0, or LearningRateSchedule
    weight_decay : float, optional
        What share of each weight goes at a step, times the learning rate.
    clipnorm, clipvalue, global_clipnorm : float, positive, optional
        How gradients are clipped, at most one of them: see the file's docstring.
    name : str, optional
        For the file.

    Attributes
    ----------
    iterations : int
        Steps done.
    slots : dict
        Parameter key -> [array, ...] in the order of `slot_names`.
    slot_names : tuple of str
        What the rule remembers of each parameter.
    slot_groups : tuple of tuple of str
        The same names as they lie in Keras's state: one group's arrays parameter by parameter, then the next group's.

    Raises
    ------
    ValueError, TypeError
        An argument is none of these, or one of Keras's that is not here.

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

    iterations: int
    slots: dict[str, list[Array]]
    slot_names: tuple[str, ...] = ()
    default_name: str = "optimizer"  # Keras's, of the class

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.default_name = cls.__dict__.get("default_name", cls.__name__.lower())

    def __init__(self, learning_rate: float | LearningRateSchedule, **shared: Unpack[Shared]):
        own = (*Shared.__annotations__, *OF_EMA)
        left = {key: value for key, value in shared.items() if key in ELSEWHERE or key not in own}
        refuse(type(self).__name__, left, ELSEWHERE)
        number("ema_momentum", shared.get("ema_momentum", 0.99), 0, 1)
        if (every := shared.get("ema_overwrite_frequency")) is not None:
            integer("ema_overwrite_frequency", every)
        if not isinstance(learning_rate, LearningRateSchedule):
            if callable(learning_rate):
                raise TypeError(
                    "`learning_rate` must be a number or a LearningRateSchedule; a function goes into the callback "
                    f"LearningRateScheduler. Received: learning_rate={learning_rate!r}."
                )
            learning_rate = number("learning_rate", learning_rate, 0)
        self._rate: float | LearningRateSchedule = learning_rate
        given = shared.get("weight_decay")
        self.weight_decay: float | None = None if given is None else number("weight_decay", given, 0)
        self.clips: dict[str, float] = {
            key: number(key, shared.get(key), positive=True) for key in CLIPS if shared.get(key) is not None
        }
        if len(self.clips) > 1:
            raise ValueError(f"Only one of {', '.join(CLIPS)} can be set. Received: {self.clips}.")
        name = shared.get("name")
        self.name: str = self.default_name if name is None else text("name", name)
        self.iterations, self.slots = 0, {}
        self._spared: re.Pattern[str] | None = None  # names of arrays that do not decay

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step; it may be set between steps, if it is no schedule."""
        return float(self._rate(self.iterations) if isinstance(self._rate, LearningRateSchedule) else self._rate)

    @learning_rate.setter
    def learning_rate(self, value: float | LearningRateSchedule) -> None:
        if isinstance(value, LearningRateSchedule):
            self._rate = value
        elif isinstance(self._rate, LearningRateSchedule):
            raise TypeError(
                f"`learning_rate` follows a schedule, so it cannot be set; give {type(self).__name__} a number first. "
                f"Received: learning_rate={value!r}."
            )
        else:
            self._rate = number("learning_rate", value, 0)

    @property
    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        """The slots as they lie in Keras's state."""
        return (self.slot_names,) if self.slot_names else ()

    # ---- a step -----------------------------------------------------------------------------------------

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
        if self.clips:
            grads = self._clipped({key: np.asarray(grads[key]) for key in params if key in grads})
        for key, w in params.items():
            if key in grads:
                self._decay_and_step(w, grads[key], self._keep(key), *self._slots_of(key, w))
        self.iterations += 1

    def _decay_and_step(self, w: Array, gradient: Any, keep: float, *slots: Array) -> None:
        """Leave the share `keep` of the weights, then step: for rules that do both at once to write anew."""
        if keep != 1:
            w *= w.dtype.type(keep)
        self._step(w, gradient, *slots)

    def _keep(self, key: str) -> float:
        """Return what weight decay leaves of an array."""
        if not self.weight_decay or (self._spared and self._spared.search(key.rpartition("/")[2])):
            return 1.0
        return 1 - self.weight_decay * self.learning_rate

    def _clipped(self, grads: Arrays) -> Arrays:
        ((kind, limit),) = self.clips.items()
        if kind == "clipvalue":
            return {key: np.clip(g, -limit, limit) for key, g in grads.items()}
        squares = {key: _sum_of_squares(g) for key, g in grads.items()}
        if kind == "global_clipnorm":
            squares = dict.fromkeys(squares, sum(squares.values()))
        norms = {key: math.sqrt(square) for key, square in squares.items()}
        return {key: g if norms[key] <= limit else g * g.dtype.type(limit / norms[key]) for key, g in grads.items()}

    def _step(self, w: Array, gradient: Any, *slots: Array) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define _step(w, gradient, *slots).")

    def _slots_of(self, key: str, w: Array) -> list[Array]:
        if key not in self.slots:
            self.slots[key] = [np.zeros_like(w) for _ in self.slot_names]
        return self.slots[key]

    def exclude_from_weight_decay(self, var_names: Sequence[str]) -> None:
        """Let some arrays not decay.

        Parameters
        ----------
        var_names : list of str
            Parts of their names, such as "bias" or "gamma"; regular expressions, as in Keras.

        Raises
        ------
        TypeError
            It is no list of strings.

        Examples
        --------
        >>> import numpy as np
        >>> from minicnn import SGD
        >>> params, sgd = {"a/kernel": np.ones(1), "a/bias": np.ones(1)}, SGD(0.5, weight_decay=0.5)
        >>> sgd.exclude_from_weight_decay(["bias"])
        >>> sgd.update(params, {key: np.zeros(1) for key in params})
        >>> params["a/kernel"].tolist(), params["a/bias"].tolist()
        ([0.75], [1.0])
        """
        if not isinstance(var_names, (list, tuple)) or not all(isinstance(name, str) for name in var_names):
            raise TypeError(f"`var_names` must be a list of strings. Received: var_names={var_names!r}.")
        self._spared = re.compile("|".join(var_names)) if var_names else None

    # ---- state and settings -----------------------------------------------------------------------------

    def fresh(self) -> Self:
        """Return an optimizer that has done no step, of the settings that this one has now.

        A rule of one's own that keeps more than `slots` must drop it here.

        Examples
        --------
        >>> import numpy as np
        >>> from minicnn import SGD
        >>> used = SGD(0.5)
        >>> used.update({"kernel": np.ones(1)}, {"kernel": np.ones(1)})
        >>> used.iterations, used.fresh().iterations, used.fresh().learning_rate
        (1, 0, 0.5)
        """
        found = copy.copy(self)
        found.iterations, found.slots, found.clips = 0, {}, dict(self.clips)
        return found

    def variables(self, params: Arrays) -> list[Any]:
        """Return the state in Keras's order.

        Parameters
        ----------
        params : dict
            Key -> array, of the model.

        Returns
        -------
        variables : list of arrays
            Iterations, the learning rate if it is no schedule, then the slots, group by group, parameter by parameter.
        """
        return [*self._first(), *(self._slots_of(key, params[key])[index] for key, index in self._places(params))]

    def _first(self) -> list[Any]:
        rate = [] if isinstance(self._rate, LearningRateSchedule) else [np.float32(self._rate)]
        return [np.int64(self.iterations), *rate]

    def _places(self, params: Arrays) -> list[tuple[str, int]]:
        """List (parameter, which of its slots) in Keras's order."""
        return [(key, self.slot_names.index(name)) for group in self.slot_groups for key in params for name in group]

    def set_variables(self, params: Arrays, variables: Sequence[ArrayLike]) -> None:
        """Take over a state listed in Keras's order; nothing changes where it does not fit.

        Parameters
        ----------
        params : dict
            Key -> array, of the model.
        variables : list of arrays
            As `variables` returns them. Before its first step Keras's optimizer has no slots.

        Raises
        ------
        ValueError
            There are too many or too few arrays, or one has another shape than its parameter.
        """
        places, first = self._places(params), len(self._first())
        given: list[AnyArray] = [np.asarray(each) for each in variables]
        if len(given) not in (first, first + len(places)):
            raise ValueError(
                f"The optimizer's state must have {first + len(places)} arrays for {type(self).__name__} on "
                f"{len(params)} parameters. Received: {len(given)}."
            )
        slots: dict[str, dict[int, Array]] = {}
        for (key, index), array in zip(places, given[first:], strict=False):
            if array.shape != params[key].shape:
                raise ValueError(
                    f"The optimizer's state for '{key}' must have shape {params[key].shape}. "
                    f"Received: shape {array.shape}."
                )
            slots.setdefault(key, {})[index] = np.array(array, params[key].dtype)
        self.iterations = int(given[0])
        if first > 1:
            self._rate = float(given[1])
        self.slots = {key: [own[index] for index in sorted(own)] for key, own in slots.items()}

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        rate = written(self._rate) if isinstance(self._rate, LearningRateSchedule) else self._rate
        decay = {} if self.weight_decay is None else {"weight_decay": self.weight_decay}
        return {"name": self.name, "learning_rate": rate, **decay, **self.clips}


def _sum_of_squares(g: Array) -> float:
    """Add up in float64, in the same order with any number of threads, without a second array as large."""
    flat = g.reshape(-1)
    return sum(float(np.square(flat[at : at + BLOCK], dtype=np.float64).sum()) for at in range(0, flat.size, BLOCK))


def as_keras(value: float) -> float:
    """Round to float32, as Keras does with some settings on their way to any dtype: 1 - 0.999 is off by 1e-5 then."""
    return float(np.float32(value))
