"""Adam: a step size of its own for each weight.

    m += (g - m) * (1 - beta_1);   v += (g^2 - v) * (1 - beta_2)
    w -= lr * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)      t = 1, 2, ...

Source: Keras 3 `Adam`; Kingma & Ba 2015, arXiv:1412.6980.
"""

import math
from typing import Any

import numpy as np

from .. import kernels
from ..arguments import number
from ..types import Array
from .optimizer import BELOW_1, Optimizer, as_keras


class Adam(Optimizer):
    """Gradient descent with a step size of its own for each weight.

    Parameters
    ----------
    learning_rate : float, positive
    beta_1 : float in [0, 1)
        How slowly the mean of g forgets.
    beta_2 : float in [0, 1)
        How slowly the mean of g^2 forgets.
    epsilon : float, positive
        Keeps the step finite where g was always 0.

    Examples
    --------
    >>> import numpy as np
    >>> params, optimizer = {"kernel": np.array([1.0, 2.0])}, Adam(learning_rate=0.5)
    >>> optimizer.update(params, {"kernel": np.array([100.0, -0.01])})
    >>> params["kernel"].round(3)  # the first step is as long as the rate, however large the gradient
    array([0.5, 2.5])
    """

    slot_names: tuple[str, ...] = ("momentum", "velocity")
    beta_1: float
    beta_2: float
    epsilon: float

    def __init__(self, learning_rate: float = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7):
        super().__init__(learning_rate)
        self.beta_1 = number("beta_1", beta_1, 0, BELOW_1)
        self.beta_2 = number("beta_2", beta_2, 0, BELOW_1)
        self.epsilon = number("epsilon", epsilon, positive=True)

    def _step(self, w: Array, gradient: Any, *slots: Array) -> None:
        m, v = slots
        power_1, power_2 = (w.dtype.type(as_keras(beta)) ** self.iterations for beta in (self.beta_1, self.beta_2))
        rate = self.learning_rate * math.sqrt(1 - power_2) / float(1 - power_1)
        kernels.adam_step(w, np.asarray(gradient), m, v, rate, self.beta_1, self.beta_2, self.epsilon)

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return {
            "name": "adam",
            "learning_rate": self.learning_rate,
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "amsgrad": False,
        }
