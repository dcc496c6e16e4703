"""Is a layer of one's own right? Its gradients against difference quotients, and its settings through `get_config`.

Start values hide slips: times a scale of ones, or plus a bias of zeros, is nothing. So those of a layer that is not
built yet are moved where all numbers of an array are one.
"""

import numpy as np

from .. import losses
from ..layers import Input, Layer
from ..types import Array, Shape
from .gradcheck import GradientCheck, gradcheck
from .model import Model


def check_layer(
    layer: Layer, input_shape: Shape | None = None, seed: int = 0, tolerance: float = 1e-5
) -> GradientCheck:
    """Check the backward of a layer with a random cotangent, for its arrays and for x.

    Parameters
    ----------
    layer : Layer
        Of one input. It is left as it is: another one is made from its `get_config`. Where it is not built, arrays
        that start with one number all over are checked at other numbers, somewhat larger.
    input_shape : (None, ...), optional
        By default the one that it was built for. An open size counts as 5.
    seed : int
        Of x and of the cotangent, drawn from the normal distribution.
    tolerance : float
        As in `gradcheck`.

    Returns
    -------
    check : GradientCheck
        `.ok`; print it.

    Raises
    ------
    ValueError
        Nobody knows the input's shape, or `from_config` does not take what `get_config` returns.

    Examples
    --------
    >>> from minicnn import Layer
    >>> class Square(Layer):
    ...     def _forward(self, x, training):
    ...         return x * x, x
    ...
    ...     def _backward(self, dy, x, need_dx):
    ...         return 2 * x * dy
    >>> check_layer(Square(), (None, 3)).ok
    True
    """
    shape = layer.input_shape if input_shape is None else input_shape
    if not isinstance(shape, (tuple, list)) or not shape or isinstance(shape[0], (tuple, list)):
        raise ValueError(f"`input_shape` must be (None, ...), of the layer's one input. Received: {shape!r}.")
    rng = np.random.default_rng(seed)
    sizes = [5 if size is None else size for size in shape[1:]]
    x = Input(sizes)
    again = type(layer).from_config(layer.get_config())
    model = Model(x, again(x), seed=rng)
    if layer.built:
        again.set_weights(layer.get_weights())
    else:
        for array in (*again.params.values(), *again.state.values()):
            if array.dtype.kind == "f" and array.size and (array == array.flat[0]).all():
                array[...] += rng.uniform(0.1, 0.6, array.shape)
    model.compile("sgd", losses.FunctionLoss(_along))
    data = rng.standard_normal((3, *sizes))
    return gradcheck(model, data, rng.standard_normal(model.predict(data).shape), seed=seed, tolerance=tolerance)


def _along(cotangent: Array, y: Array) -> tuple[Array, Array]:
    """Return a loss that is linear in y: its gradient is the cotangent, divided by the number of examples."""
    return (cotangent * y).mean(-1), cotangent / y.shape[-1]
