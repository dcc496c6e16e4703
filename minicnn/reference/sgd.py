"""One step of stochastic gradient descent, with momentum on request.

Without   w -= lr * g
With      m = momentum * m - lr * g;   w += m            (nesterov:  w += momentum * m - lr * g)

Source: Keras 3 SGD; Sutskever et al., On the importance of initialization and momentum, ICML 2013.
"""


def sgd_step(w, g, m, learning_rate, momentum, nesterov):
    """Move the weights down their gradient, in place.

    Parameters
    ----------
    w : any shape, float32 or float64, changed in place        the weights
    g : shape and dtype of w                                   the loss's gradient with respect to w
    m : shape and dtype of w, changed in place, or None        the last step, where there is momentum
    learning_rate, momentum : float                            nesterov : bool, look ahead along the momentum
    """
    if m is None:
        w -= learning_rate * g
        return
    m *= momentum
    m -= learning_rate * g
    w += momentum * m - learning_rate * g if nesterov else m
