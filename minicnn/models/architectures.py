"""Two small nets to study and to train: the ones that the course and CNN Explainer use.

    tinyvgg     2 x (conv 10 3x3, ReLU, conv 10 3x3, ReLU, pool 2x2), flatten, dense
                19,920 parameters at 64 px with 10 classes
    homework    conv 32 3x3 ReLU, pool 2x2, flatten, dense 64 ReLU, dense
                11,215,873 parameters at 150 px with one output

Both begin with the pixels 0..255 and scale them to 0..1 themselves. Source: CNN Explainer (Wang et al. 2020,
arXiv:2004.15004); ML Zoomcamp, week 8, homework.
"""

from ..layers import Conv2D, Dense, Flatten, Input, MaxPooling2D, ReLU, Rescaling, Sigmoid, Softmax
from .sequential import Sequential


def tinyvgg(size, classes, seed=None):
    """Make Tiny VGG.

    Parameters
    ----------
    size : (height, width), pixels        classes : int
    seed : int, optional                  of the weights

    Returns
    -------
    model : Sequential       it ends in a softmax; in one sigmoid for two classes
    """
    body = []
    for _ in range(2):
        body += [Conv2D(10, 3), ReLU(), Conv2D(10, 3), ReLU(), MaxPooling2D(2)]
    return _classifier(size, body, classes, seed)


def homework(size, classes, seed=None):
    """Make the homework's net. Arguments as for `tinyvgg`."""
    body = [Conv2D(32, 3, activation="relu"), MaxPooling2D(2)]
    return _classifier(size, body, classes, seed, [Dense(64, activation="relu")])


def _classifier(size, body, classes, seed, hidden=()):
    ending = [Dense(1), Sigmoid()] if classes == 2 else [Dense(classes), Softmax()]
    return Sequential([Input((*size, 3)), Rescaling(1 / 255), *body, Flatten(), *hidden, *ending], seed=seed)


ARCHITECTURES = {"tinyvgg": tinyvgg, "homework": homework}
