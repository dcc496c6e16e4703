"""One seed for a notebook."""

from .. import arguments
from ..initializers import set_source


def set_random_seed(seed: int) -> None:
    """Let models and layers without a seed of their own draw from this one.

    Weights, Dropout's masks and the order of the examples follow. NumPy's and Python's own generators are left alone:
    minicnn does not draw from them.

    Parameters
    ----------
    seed : int, at least 0

    Raises
    ------
    ValueError
        It is none.

    Notes
    -----
    Source: Keras 3 `utils.set_random_seed`.

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> found = []
    >>> for _ in range(2):
    ...     set_random_seed(7)
    ...     found.append(Sequential([Input((4,)), Dense(2)]).get_weights()[0])
    >>> bool((found[0] == found[1]).all())
    True
    """
    set_source(arguments.integer("seed", seed, 0))
