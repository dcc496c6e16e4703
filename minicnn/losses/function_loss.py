"""A function of one's own as a loss."""

from collections.abc import Callable

import numpy as np

from ..types import AnyArray, Array, ArrayLike
from .loss import Loss


class FunctionLoss(Loss):
    """A function that returns each example's loss and its slope.

    Parameters
    ----------
    function : function of (y_true, y_pred)
        Returns the values, (N, ...), and how each changes with its predictions, (N, ..., K). In Keras it returns the
        values alone; here nobody differentiates it, and `gradcheck` tells whether the slope is right.

    Raises
    ------
    TypeError
        The function returns something else.

    Examples
    --------
    >>> import numpy as np
    >>> def cubed(t, y):
    ...     return (np.abs(y - t) ** 3).mean(-1), 3 * (y - t) * np.abs(y - t) / y.shape[-1]
    >>> loss = FunctionLoss(cubed)
    >>> loss.name, loss([[1.0, 2.0]], np.array([[2.0, 4.0]]))
    ('cubed', 4.5)
    """

    def __init__(self, function: Callable[[AnyArray, Array], tuple[Array, Array]]):
        super().__init__(name=getattr(function, "__name__", type(function).__name__))
        self.function = function

    def check(self, y_true: ArrayLike, shape: tuple[int, ...]) -> AnyArray:
        """Return the truth as it is given: what it means is the function's affair."""
        y_true = np.asarray(y_true)
        if len(y_true) != shape[0]:
            raise ValueError(f"`y` must hold {shape[0]} examples. Received: y.shape={y_true.shape}.")
        return y_true

    def _each(self, t: AnyArray, y: Array, logits: bool) -> tuple[Array, Array]:
        found = self.function(t, y)
        shapes = [np.shape(each) for each in found] if isinstance(found, (tuple, list)) else []
        if shapes != [y.shape[:-1], y.shape]:
            raise TypeError(
                f"The loss '{self.name}' must return two arrays: each example's value, {y.shape[:-1]}, and its slope "
                f"at each prediction, {y.shape}. Received: {f'shapes {shapes}' if shapes else type(found).__name__}."
            )
        values, slope = (np.asarray(each, y.dtype) for each in found)
        return values, slope
