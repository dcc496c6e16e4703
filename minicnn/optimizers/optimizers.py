"""Optimizers: how a gradient changes the weights.

    SGD     w -= lr * g
            with momentum:  m = momentum * m - lr * g;   w += m         (nesterov:  w += momentum * m - lr * g)
    Adam    m += (g - m) * (1 - beta_1);   v += (g^2 - v) * (1 - beta_2)
            w -= lr * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)      t = 1, 2, ...

Source: Keras 3 `SGD` and `Adam` (Kingma & Ba 2015).
"""

import math

import numpy as np

from .. import kernels


class Optimizer:
    """Base of the optimizers: a learning rate, a count of steps, and slots, arrays of each parameter's shape.

    Attributes
    ----------
    learning_rate : float, positive     may be changed between steps
    iterations : int                    steps done
    slots : dict                        parameter key -> [array, ...] in the order of `slot_names`
    takes_products : bool               whether a gradient may be a `kernels.Product`
    """

    slot_names = ()
    takes_products = False

    def __init__(self, learning_rate):
        self.learning_rate = _number("learning_rate", learning_rate, 0, math.inf)
        self.iterations = 0
        self.slots = {}

    def update(self, params, grads):
        """Change every parameter in place by one step along its gradient.

        Parameters
        ----------
        params : dict, key -> array         grads : dict, the same keys -> arrays of the same shapes; an array without a
            gradient, which nothing leads from to the loss, stays as it is, as in Keras. A `kernels.Product` is used up
            and leaves `grads`: what it holds is a large part of the next step's memory
        """
        self.iterations += 1
        for key, w in params.items():
            if key in grads:
                self._step(w, grads[key], *self._slots_of(key, w))
                if isinstance(grads[key], kernels.Product):
                    del grads[key]

    def _slots_of(self, key, w):
        if key not in self.slots:
            self.slots[key] = [np.zeros_like(w) for _ in self.slot_names]
        return self.slots[key]

    def variables(self, params):
        """List the state in Keras's order: iterations, learning rate, then the slots parameter by parameter."""
        slots = [array for key, w in params.items() for array in self._slots_of(key, w)]
        return [np.int64(self.iterations), np.float32(self.learning_rate), *slots]

    def set_variables(self, params, variables):
        """Take over a state listed in Keras's order. Before its first step Keras's optimizer has two arrays only."""
        expected = 2 + len(params) * len(self.slot_names)
        if len(variables) == 2:
            self.iterations, self.learning_rate, self.slots = int(variables[0]), float(variables[1]), {}
            return
        if len(variables) != expected:
            raise ValueError(
                f"The optimizer's state must have {expected} arrays for {type(self).__name__} on "
                f"{len(params)} parameters. Received: {len(variables)}."
            )
        rest = iter(variables[2:])
        slots = {key: [np.array(next(rest), w.dtype) for _ in self.slot_names] for key, w in params.items()}
        for key, w in params.items():
            for array in slots[key]:
                if array.shape != w.shape:
                    raise ValueError(
                        f"The optimizer's state for '{key}' must have shape {w.shape}. Received: shape {array.shape}."
                    )
        self.iterations, self.learning_rate, self.slots = int(variables[0]), float(variables[1]), slots


class SGD(Optimizer):
    """Gradient descent, with momentum on request.

    Parameters
    ----------
    learning_rate : float, positive
    momentum : float in [0, 1]      share of the last step that goes on
    nesterov : bool                 look ahead along the momentum
    """

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False):
        super().__init__(learning_rate)
        self.momentum = _number("momentum", momentum, -1e-300, 1)
        self.nesterov = bool(nesterov)
        self.slot_names = ("momentum",) if self.momentum else ()

    @property
    def takes_products(self):
        """Whether a gradient may be a `kernels.Product`: not for a subclass, which may do something else with it."""
        return type(self) is SGD

    def _step(self, w, g, m=None):
        kernels.sgd_step(w, g, m, self.learning_rate, _as_keras(self.momentum), self.nesterov)

    def get_config(self):
        """Give the settings as Keras writes them."""
        return {
            "name": "SGD",
            "learning_rate": self.learning_rate,
            "momentum": self.momentum,
            "nesterov": self.nesterov,
        }


class Adam(Optimizer):
    """Gradient descent with a step size of its own for each weight.

    Parameters
    ----------
    learning_rate : float, positive
    beta_1, beta_2 : float in [0, 1)    how slowly the means of g and g^2 forget
    epsilon : float, positive
    """

    slot_names = ("momentum", "velocity")

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        super().__init__(learning_rate)
        self.beta_1 = _number("beta_1", beta_1, -1e-300, 1 - 1e-16)
        self.beta_2 = _number("beta_2", beta_2, -1e-300, 1 - 1e-16)
        self.epsilon = _number("epsilon", epsilon, 0, math.inf)

    def _step(self, w, g, m, v):
        power_1, power_2 = (w.dtype.type(_as_keras(beta)) ** self.iterations for beta in (self.beta_1, self.beta_2))
        rate = self.learning_rate * math.sqrt(1 - power_2) / float(1 - power_1)
        kernels.adam_step(w, g, m, v, rate, self.beta_1, self.beta_2, self.epsilon)

    def get_config(self):
        """Give the settings as Keras writes them."""
        return {
            "name": "adam",
            "learning_rate": self.learning_rate,
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "amsgrad": False,
        }


def _as_keras(value):
    """Round to float32, as Keras does with some settings on their way to any dtype: 1 - 0.999 is off by 1e-5 then."""
    return float(np.float32(value))


def _number(name, value, above, most):
    """Return value as a float with above < value <= most."""
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float, np.number))
        or not above < value <= most
        or not math.isfinite(value)
    ):
        low = "positive" if above == 0 else "at least 0"
        bound = "" if most == math.inf else f" and at most {most:g}"
        raise ValueError(f"`{name}` must be a number, {low}{bound}. Received: {name}={value!r}.")
    return float(value)


OPTIMIZERS = {"sgd": SGD, "adam": Adam}


def get(optimizer):
    """Return an optimizer from its name or itself."""
    if isinstance(optimizer, Optimizer):
        return optimizer
    if not isinstance(optimizer, str) or optimizer.lower() not in OPTIMIZERS:
        raise ValueError(f"`optimizer` must be 'sgd', 'adam', or an Optimizer. Received: optimizer={optimizer!r}.")
    return OPTIMIZERS[optimizer.lower()]()


def from_config(config):
    """Make an optimizer from what a Keras model file says; settings that change its steps are refused by name."""
    if isinstance(config, str):
        return get(config)
    name, settings = (config.get("class_name"), config.get("config")) if isinstance(config, dict) else (None, None)
    kind = OPTIMIZERS.get(str(name).lower())
    if kind is None or not isinstance(settings, dict):
        raise ValueError(f"The optimizer must be SGD or Adam. Received: {name or config!r}.")
    own = {key: settings[key] for key in kind().get_config() if key in settings and key not in ("name", "amsgrad")}
    # The two EMA settings only matter with use_ema.
    ignored = {"name", "is_legacy_optimizer", "jit_compile", "ema_momentum", "ema_overwrite_frequency"}
    for key, value in settings.items():
        if key not in own and key not in ignored and value:
            raise ValueError(f"{name}({key}={value!r}) is not supported.")
    if not isinstance(own.get("learning_rate", 0.0), (int, float)):
        raise ValueError(f"{name}'s learning rate must be a number; schedules are not supported.")
    return kind(**own)
