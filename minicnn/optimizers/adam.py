"""Adam: a step size of its own for each weight; AdamW: Adam whose weights decay.

    m += (g - m) * (1 - beta_1);   v += (g^2 - v) * (1 - beta_2)
    w -= lr * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)      t = 1, 2, ...

    amsgrad:    max(v) so far in place of v

Source: Keras 3 `Adam`, `AdamW`; Kingma & Ba 2015, arXiv:1412.6980; Reddi, Kale & Kumar 2018, arXiv:1904.09237;
Loshchilov & Hutter 2019, arXiv:1711.05101.
"""

import math
from functools import lru_cache
from typing import Any, Unpack

import numpy as np

from .. import kernels
from ..arguments import boolean, number
from ..types import Array
from .optimizer import BELOW_1, Clipping, Optimizer, Shared, as_keras
from .schedules import LearningRateSchedule


class Adam(Optimizer):
    """Gradient descent with a step size of its own for each weight.

    Parameters
    ----------
    learning_rate : float, at least 0, or LearningRateSchedule
    beta_1 : float in [0, 1)
        How slowly the mean of g forgets.
    beta_2 : float in [0, 1)
        How slowly the mean of g^2 forgets.
    epsilon : float, positive
        Keeps the step finite where g was always 0.
    amsgrad : bool
        Divide by the largest mean of g^2 so far.
    **shared : weight_decay, clipnorm, clipvalue, global_clipnorm, name
        As in `Optimizer`.

    Examples
    --------
    >>> import numpy as np
    >>> params, optimizer = {"kernel": np.array([1.0, 2.0])}, Adam(learning_rate=0.5)
    >>> optimizer.update(params, {"kernel": np.array([100.0, -0.01])})
    >>> params["kernel"].round(3)  # the first step is as long as the rate, however large the gradient
    array([0.5, 2.5])
    """

    slot_names: tuple[str, ...]
    beta_1: float
    beta_2: float
    epsilon: float
    amsgrad: bool

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **shared: Unpack[Shared],
    ):
        super().__init__(learning_rate, **shared)
        self.beta_1 = number("beta_1", beta_1, 0, BELOW_1)
        self.beta_2 = number("beta_2", beta_2, 0, BELOW_1)
        self.epsilon = number("epsilon", epsilon, positive=True)
        self.amsgrad = boolean("amsgrad", amsgrad)
        self.slot_names = ("momentum", "velocity", *(("velocity_hat",) if self.amsgrad else ()))

    @property
    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        """The slots as they lie in Keras's state."""
        return (self.slot_names[:2], self.slot_names[2:])

    def _decay_and_step(self, w: Array, gradient: Any, keep: float, *slots: Array) -> None:
        share_1, share_2 = _taken_in(w.dtype, self.beta_1, self.beta_2, self.iterations + 1)
        rate = self.learning_rate * math.sqrt(share_2) / share_1
        settings = (rate, self.beta_1, self.beta_2, self.epsilon, keep)
        kernels.adam_step(w, np.asarray(gradient), slots[0], slots[1], *settings, slots[2] if self.amsgrad else None)

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "amsgrad": self.amsgrad,
        }


@lru_cache(8)
def _taken_in(dtype: np.dtype[Any], beta_1: float, beta_2: float, step: int) -> tuple[float, float]:
    """Return 1 - beta^step of both: what share of a mean, which began at 0, gradients make up by then."""
    power_1, power_2 = (dtype.type(as_keras(beta)) ** step for beta in (beta_1, beta_2))
    return float(1 - power_1), float(1 - power_2)


class AdamW(Adam):
    """Adam whose weights decay by a share of their own, whatever their gradients.

    Parameters
    ----------
    learning_rate : float, at least 0, or LearningRateSchedule
    weight_decay : float
        What share of each weight goes at a step, times the learning rate.
    beta_1, beta_2, epsilon, amsgrad
        As in `Adam`.
    **shared : clipnorm, clipvalue, global_clipnorm, name
        As in `Optimizer`.

    Examples
    --------
    >>> import numpy as np
    >>> params, optimizer = {"kernel": np.array([1.0])}, AdamW(learning_rate=0.5, weight_decay=0.25)
    >>> optimizer.update(params, {"kernel": np.array([0.0])})
    >>> params["kernel"]  # 1 - 0.5 * 0.25
    array([0.875])
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **shared: Unpack[Clipping],
    ):
        decay = number("weight_decay", weight_decay, 0)
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=decay, **shared)
