"""One step of Adam: a step size of its own for each weight.

m += (g - m) * (1 - beta_1)         mean of the gradients, the old ones forgotten slowly
v += (g^2 - v) * (1 - beta_2)       mean of their squares
w  = keep * w - rate * m / (sqrt(v) + epsilon)

`rate` is lr * sqrt(1 - beta_2^t) / (1 - beta_1^t) at step t = 1, 2, ...: both means start at 0, this makes up for it.

`keep` is 1, or less where weights decay (AdamW). Amsgrad divides by the largest v so far.

Source: Keras 3 Adam, AdamW; Kingma & Ba, Adam: a method for stochastic optimization, ICLR 2015; Reddi, Kale & Kumar, On
the convergence of Adam and beyond, ICLR 2018; Loshchilov & Hutter, Decoupled weight decay regularization, ICLR 2019.
"""

import numpy as np

from ..types import Array


def adam_step(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    rate: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    keep: float = 1.0,
    top: Array | None = None,
) -> None:
    """Move the weights down their gradient, each by its own step, in place.

    Parameters
    ----------
    w : any shape, float32 or float64, C-contiguous
        the weights, changed in place
    g : shape and dtype of w
        gradient of the loss with respect to w
    m : shape and dtype of w
        mean of the gradients, changed in place
    v : shape and dtype of w
        mean of the squared gradients, changed in place
    rate : float
        learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t) at step t = 1, 2, ...
    beta_1 : float, 0 <= beta_1 < 1
        what is kept of m
    beta_2 : float, 0 <= beta_2 < 1
        what is kept of v
    epsilon : float, positive
        keeps a weight that gets no gradient from dividing by 0
    keep : float
        what weight decay leaves of w before the step
    top : shape and dtype of w, or None
        the largest v so far, changed in place, where that is to be divided by (amsgrad)

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> w, g, m, v = np.ones(2), np.array([3.0, -0.1]), np.zeros(2), np.zeros(2)
    >>> reference.adam_step(w, g, m, v, rate=0.1 * 0.001**0.5 / 0.1, beta_1=0.9, beta_2=0.999, epsilon=1e-7)
    >>> w.round(3).tolist()  # the first step is as long as the learning rate, 0.1, whatever the gradient's size
    [0.9, 1.1]
    """
    m += (g - m) * (1 - beta_1)
    v += (g * g - v) * (1 - beta_2)
    if top is not None:
        np.maximum(top, v, out=top)
    w[...] = keep * w - rate * m / (np.sqrt(v if top is None else top) + epsilon)
