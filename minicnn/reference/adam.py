"""One step of Adam: a step size of its own for each weight.

m += (g - m) * (1 - beta_1)         mean of the gradients, the old ones forgotten slowly
v += (g^2 - v) * (1 - beta_2)       mean of their squares
w -= rate * m / (sqrt(v) + epsilon)

`rate` is lr * sqrt(1 - beta_2^t) / (1 - beta_1^t) at step t = 1, 2, ...: both means start at 0, this makes up for it.

Source: Keras 3 Adam; Kingma & Ba, Adam: a method for stochastic optimization, ICLR 2015.
"""

import numpy as np


def adam_step(w, g, m, v, rate, beta_1, beta_2, epsilon):
    """Move the weights down their gradient, each by its own step, in place.

    Parameters
    ----------
    w, m, v : any shape, float32 or float64, changed in place      the weights, and the means of g and of g^2
    g : shape and dtype of w                                       the loss's gradient with respect to w
    rate : float, learning rate with the correction for early steps
    beta_1, beta_2, epsilon : float
    """
    m += (g - m) * (1 - beta_1)
    v += (g * g - v) * (1 - beta_2)
    w -= rate * m / (np.sqrt(v) + epsilon)
