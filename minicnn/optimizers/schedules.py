"""Learning rates that change with the steps: given to an optimizer in place of a number.

    ExponentialDecay           initial * decay_rate ^ (step / decay_steps)
    PiecewiseConstantDecay     values[k] up to step boundaries[k]
    CosineDecay                from `start` to alpha * start along half a wave, after a straight rise on request

The first step is step 0. They compute in float32, as Keras does. Source: Keras 3 `optimizers.schedules`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..arguments import boolean, is_number, number
from ..elsewhere import refusing


class LearningRateSchedule:
    """Base of the schedules: one of one's own writes `__call__(step)`, and `get_config` to go into files.

    Examples
    --------
    >>> from minicnn import SGD
    >>> class Halve(LearningRateSchedule):
    ...     def __call__(self, step):
    ...         return 0.5 ** (step + 1)
    >>> SGD(Halve()).learning_rate
    0.5
    """

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step, from 0."""
        raise NotImplementedError(f"{type(self).__name__} must define __call__(step).")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, under Keras's names."""
        raise NotImplementedError(f"{type(self).__name__} must define get_config() to be saved.")

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Make a schedule from its arguments."""
        return cls(**config)


class ExponentialDecay(LearningRateSchedule):
    """Multiply the rate by `decay_rate` every `decay_steps` steps, and in between by a share of it.

    Parameters
    ----------
    initial_learning_rate : float
    decay_steps : int, positive
    decay_rate : float
    staircase : bool
        Stay level in between.
    name : str
        For the file.

    Raises
    ------
    ValueError
        An argument is none of these.

    Examples
    --------
    >>> [ExponentialDecay(0.5, 2, 0.25)(step) for step in (0, 1, 2)]
    [0.5, 0.25, 0.125]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ):
        self.initial_learning_rate: float = number("initial_learning_rate", initial_learning_rate, 0)
        self.decay_steps: float = number("decay_steps", decay_steps, positive=True)
        self.decay_rate: float = number("decay_rate", decay_rate, 0)
        self.staircase: bool = boolean("staircase", staircase)
        self.name: str = name

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step, from 0."""
        share = np.float32(step) / np.float32(self.decay_steps)
        share = np.floor(share) if self.staircase else share
        return float(np.float32(self.initial_learning_rate) * np.float32(self.decay_rate) ** share)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, under Keras's names."""
        return dict(vars(self))


class PiecewiseConstantDecay(LearningRateSchedule):
    """Take one value after the other.

    Parameters
    ----------
    boundaries : list of int, rising
        The last step of each value but for the last one's.
    values : list of float
        One more than boundaries.
    name : str
        For the file.

    Raises
    ------
    ValueError
        An argument is none of these.

    Examples
    --------
    >>> schedule = PiecewiseConstantDecay([1, 2], [1.0, 0.5, 0.25])
    >>> [schedule(step) for step in range(5)]
    [1.0, 1.0, 0.5, 0.25, 0.25]
    """

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant"):
        for key, items in (("boundaries", boundaries), ("values", values)):
            if not isinstance(items, (list, tuple)) or not all(map(is_number, items)):
                raise ValueError(f"`{key}` must be a list of numbers. Received: {key}={items!r}.")
        if len(values) != len(boundaries) + 1 or not boundaries:
            raise ValueError(
                f"`values` must be one more than `boundaries`, of which there is one or more. "
                f"Received: {len(values)} and {len(boundaries)}."
            )
        if list(boundaries) != sorted(set(boundaries)):
            raise ValueError(f"`boundaries` must rise. Received: boundaries={boundaries!r}.")
        self.boundaries: list[float] = list(boundaries)
        self.values: list[float] = [number("values", value, 0) for value in values]
        self.name: str = name

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step, from 0."""
        return float(np.float32(self.values[sum(step > end for end in self.boundaries)]))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, under Keras's names."""
        return dict(vars(self))


class CosineDecay(LearningRateSchedule):
    """Fall along half a cosine wave, after a straight rise on request.

    Parameters
    ----------
    initial_learning_rate : float
        Where the rise begins, or, without one, the fall.
    decay_steps : int, positive
        Of the fall.
    alpha : float
        What share of its beginning the fall ends at.
    name : str
        For the file.
    warmup_target : float, optional
        Where the rise ends.
    warmup_steps : int
        Of the rise.

    Raises
    ------
    ValueError
        An argument is none of these.

    Notes
    -----
    Source: Loshchilov & Hutter, SGDR, ICLR 2017.

    Examples
    --------
    >>> schedule = CosineDecay(0.0, 4, warmup_target=1.0, warmup_steps=2)
    >>> [round(schedule(step), 3) for step in range(8)]
    [0.0, 0.5, 1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ):
        self.initial_learning_rate: float = number("initial_learning_rate", initial_learning_rate, 0)
        self.decay_steps: float = number("decay_steps", decay_steps, positive=True)
        self.alpha: float = number("alpha", alpha, 0)
        self.name: str = name
        self.warmup_target: float | None = None if warmup_target is None else number("warmup_target", warmup_target, 0)
        self.warmup_steps: float = number("warmup_steps", warmup_steps, 0)

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step, from 0."""
        start, rise = np.float32(self.initial_learning_rate), 0.0
        if self.warmup_target is not None:
            rise, target = self.warmup_steps, np.float32(self.warmup_target)
            if step < rise:
                return float((target - start) * (np.float32(step) / np.float32(rise)) + start)
            start = target
        done = np.float32(min(step - rise, self.decay_steps)) / np.float32(self.decay_steps)
        wave = np.float32(0.5) * (1 + np.cos(np.float32(math.pi) * done))
        alpha = np.float32(self.alpha)
        return float(start * ((1 - alpha) * wave + alpha))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, under Keras's names."""
        return dict(vars(self))


SCHEDULES: dict[str, type[LearningRateSchedule]] = {
    kind.__name__: kind for kind in (ExponentialDecay, PiecewiseConstantDecay, CosineDecay)
}


def written(schedule: LearningRateSchedule) -> dict[str, Any]:
    """Return a schedule as Keras writes it into a model file."""
    kind = type(schedule).__name__
    module, registered = ("keras.optimizers.schedules", None) if kind in SCHEDULES else (None, kind)
    return {
        "module": module,
        "class_name": kind,
        "config": schedule.get_config(),
        "registered_name": registered,
    }


def read(entry: Mapping[str, Any]) -> LearningRateSchedule:
    """Make a schedule from what Keras writes; another one is refused by name."""
    kind = SCHEDULES.get(str(entry.get("class_name")))
    config = entry.get("config")
    if kind is None or not isinstance(config, Mapping):
        known = ", ".join(SCHEDULES)
        raise ValueError(f"The learning rate's schedule must be one of {known}. Received: {entry.get('class_name')!r}.")
    return kind.from_config(config)


if not TYPE_CHECKING:  # a checker that saw it would take any name for one of ours
    __getattr__ = refusing("optimizers.schedules")
