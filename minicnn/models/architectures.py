"""Two small nets to study and to train: the ones that the course and CNN Explainer use.

    tinyvgg     2 x (conv 10 3x3, ReLU, conv 10 3x3, ReLU, pool 2x2), flatten, dense
                19,920 parameters at 64 px with 10 classes
    homework    conv 32 3x3 ReLU, pool 2x2, flatten, dense 64 ReLU, dense
                11,215,873 parameters at 150 px with one output

Both begin with the pixels 0..255 and scale them to 0..1 themselves. Source: CNN Explainer (Wang et al. 2020,
arXiv:2004.15004); ML Zoomcamp, week 8, homework.
"""

from collections.abc import Callable, Sequence

from ..layers import Conv2D, Dense, Flatten, Input, Layer, MaxPooling2D, ReLU, Rescaling, Sigmoid, Softmax
from ..types import Pair
from .sequential import Sequential


def tinyvgg(size: Pair, classes: int, seed: int | None = None, many: bool = False) -> Sequential:
    """Make Tiny VGG.

    Parameters
    ----------
    size : (height, width)
        Of the images, pixels; at least 16 x 16.
    classes : int
        How many there are.
    seed : int, optional
        Of the weights.
    many : bool
        Whether each class is a label for itself, so that the net ends in a sigmoid each.

    Returns
    -------
    model : Sequential
        It takes pixels 0..255 and ends in a softmax; in one sigmoid for two classes.

    Examples
    --------
    >>> model = tinyvgg((64, 64), 10)
    >>> model.output_shape, model.count_params()
    ((None, 10), 19920)
    """
    body: list[Layer] = []
    for _ in range(2):
        body += [Conv2D(10, 3), ReLU(), Conv2D(10, 3), ReLU(), MaxPooling2D(2)]
    return _classifier(size, body, classes, seed, many=many)


def homework(size: Pair, classes: int, seed: int | None = None, many: bool = False) -> Sequential:
    """Make the homework's net.

    Parameters
    ----------
    size : (height, width)
        Of the images, pixels; at least 4 x 4.
    classes : int
        How many there are.
    seed : int, optional
        Of the weights.
    many : bool
        Whether each class is a label for itself, so that the net ends in a sigmoid each.

    Returns
    -------
    model : Sequential
        It takes pixels 0..255 and ends in a softmax; in one sigmoid for two classes.

    Examples
    --------
    >>> [layer.name for layer in homework((32, 32), 2).layers[1:5]]
    ['conv2d', 'max_pooling2d', 'flatten', 'dense']
    """
    body = [Conv2D(32, 3, activation="relu"), MaxPooling2D(2)]
    return _classifier(size, body, classes, seed, [Dense(64, activation="relu")], many)


def _classifier(
    size: Pair, body: Sequence[Layer], classes: int, seed: int | None, hidden: Sequence[Layer] = (), many: bool = False
) -> Sequential:
    """Put what scales the pixels before a body, and what gives the probabilities after it."""
    ending = [Dense(1), Sigmoid()] if classes == 2 else [Dense(classes), Softmax()]
    if many:
        ending = [Dense(classes), Sigmoid()]
    return Sequential([Input((*size, 3)), Rescaling(1 / 255), *body, Flatten(), *hidden, *ending], seed=seed)


ARCHITECTURES: dict[str, Callable[..., Sequential]] = {"tinyvgg": tinyvgg, "homework": homework}
