"""One's own functions in a net: its layers compute with them, forward and backward, and train.

A layer keeps its settings and arrays; only what it calls is another function. What is not given stays the kernel.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import kernels
from ...layers import ACTIVATIONS, Conv2D, Dense, Flatten, Layer, MaxPooling2D, ReLU, Softmax, activate
from ...models import Model
from ...types import Array

Ways = tuple[Callable[..., Any], Callable[..., Any]]  # forward, backward
Find = Callable[[str], Callable[..., Any]]  # the function of a name: one's own, or the kernel


def use(model: Model, *functions: Callable[..., Any]) -> list[str]:
    """Let a model's layers compute with functions of one's own.

    Parameters
    ----------
    model : Model
        Changed: its layers call these functions from now on. A later call begins anew, with its own functions alone;
        one without functions gives the kernels back.
    *functions : callable
        Named as in the exercises: conv2d_forward, conv2d_backward_input, maxpool2d_backward, relu_forward, ...

    Returns
    -------
    names : list of str
        The layers that do.

    Raises
    ------
    ValueError
        A function has another name, no layer of the model would call it, or a layer does what it cannot. The model is
        as it was then.

    Notes
    -----
    Pictures go through Python then: a net of a few thousand weights on a few hundred small pictures takes minutes. What
    is saved are arrays and settings; a loaded model computes with the kernels.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Dense, Input, ReLU, Sequential
    >>> from minicnn.explain import exercises
    >>> def relu_forward(x):
    ...     print("called")
    ...     return np.maximum(x, 0)
    >>> model = Sequential([Input((2,)), Dense(2), ReLU()])
    >>> exercises.use(model, relu_forward)
    ['re_lu']
    >>> _ = model.predict(np.ones((1, 2)), verbose=0)
    called
    """
    own = {function.__name__: function for function in functions}
    for name in own:
        if name not in USABLE:
            raise ValueError(
                f"`functions` must be among those of the exercises that a layer calls, and named so: "
                f"{', '.join(sorted(USABLE))}. Received: {name}."
            )
    kinds = {type(layer) for _, layer in model.walk()}
    called = {name for kind, (names, _) in WAYS.items() if kind in kinds for name in names}
    for name in own.keys() - called:
        raise ValueError(f"No layer of this model calls {name}: an activation of a layer, say, is no layer by itself.")
    layers = [(path, layer, *WAYS[type(layer)]) for path, layer in model.walk() if type(layer) in WAYS]
    changed = {path: ways(layer, _finder(own, layer)) for path, layer, names, ways in layers if own.keys() & set(names)}
    for path, layer, _, _ in layers:  # only now that nothing was refused
        for name, way in zip(("_forward", "_backward"), changed.get(path, (None, None)), strict=True):
            vars(layer).pop(name, None)
            if way is not None:
                vars(layer)[name] = way
    return list(changed)


def _finder(own: dict[str, Callable[..., Any]], layer: Layer) -> Find:
    """Find one's own function by name, its answers brought to the layer's dtype; else the kernel."""

    def cast(answer: Any) -> Any:
        return np.ascontiguousarray(answer, layer.dtype)

    def find(name: str) -> Callable[..., Any]:
        function = own.get(name)
        if function is None:
            return _three(find) if name == "dense_backward" else getattr(kernels, name)
        if name == "dense_backward":
            return lambda *case: tuple(map(cast, function(*case)))
        return lambda *case: cast(function(*case))

    return find


def _three(find: Find) -> Callable[..., Any]:
    """Return Dense's backward in one function, as the exercise has it, of the kernels and one's own bias_backward."""

    def dense_backward(dy: Array, x: Array, kernel: Array) -> tuple[Array, Array, Array]:
        return (
            kernels.dense_backward_input(dy, kernel),
            kernels.dense_backward_kernel(dy, x),
            find("bias_backward")(dy),
        )

    return dense_backward


def _conv2d(layer: Conv2D, find: Find) -> Ways:
    if layer.groups != 1 or layer.dilation_rate != (1, 1):
        raise ValueError(
            f"Layer '{layer.name}' has groups or a dilation, which the exercises' functions do not know. "
            f"Received: groups={layer.groups}, dilation_rate={layer.dilation_rate}."
        )

    def forward(x: Array, training: bool, logits: bool = False):
        activation = None if logits else layer.activation
        how = layer.strides, layer.pads(x.shape[1:3])
        z = find("conv2d_forward")(x, layer.params["kernel"], layer.params.get("bias"), *how)
        y, kept = activate(activation, z)
        return y, (x, kept, activation, how)

    def backward(dy: Array, saved: Any, need_dx: bool):
        x, kept, activation, how = saved
        dz = dy if activation is None else ACTIVATIONS[activation].backward(dy, kept)
        if layer.trainable:
            layer.grads["kernel"] = find("conv2d_backward_kernel")(dz, x, layer.kernel_size, *how)
            if layer.use_bias:
                layer.grads["bias"] = find("bias_backward")(dz)
        return find("conv2d_backward_input")(dz, layer.params["kernel"], x.shape, *how) if need_dx else None

    return forward, backward


def _dense(layer: Dense, find: Find) -> Ways:
    def forward(x: Array, training: bool, logits: bool = False):
        activation = None if logits else layer.activation
        rows = x.reshape(-1, x.shape[-1])
        z = find("dense_forward")(rows, layer.params["kernel"], layer.params.get("bias"))
        y, kept = activate(activation, z)
        return y.reshape(*x.shape[:-1], layer.units), (x.shape, rows, kept, activation)

    def backward(dy: Array, saved: Any, need_dx: bool):
        shape, rows, kept, activation = saved
        dy = dy.reshape(kept.shape)
        dz = dy if activation is None else ACTIVATIONS[activation].backward(dy, kept)
        dx, dkernel, dbias = find("dense_backward")(dz, rows, layer.params["kernel"])
        if layer.trainable:
            layer.grads["kernel"] = dkernel
            if layer.use_bias:
                layer.grads["bias"] = dbias
        return dx.reshape(shape) if need_dx else None

    return forward, backward


def _pool(layer: MaxPooling2D, find: Find) -> Ways:
    def how(x: Array):
        return layer.pool_size, layer.strides, layer.pads(x.shape[1:3])

    def forward(x: Array, training: bool):
        return find("maxpool2d_forward")(x, *how(x)), x

    def backward(dy: Array, x: Array, need_dx: bool):
        return find("maxpool2d_backward")(dy, x, *how(x)) if need_dx else None

    return forward, backward


def _relu(layer: ReLU, find: Find) -> Ways:
    if layer.max_value is not None or layer.negative_slope or layer.threshold:
        raise ValueError(
            f"Layer '{layer.name}' is more than max(x, 0), which the exercises' functions do not know. Received: "
            f"max_value={layer.max_value}, negative_slope={layer.negative_slope}, threshold={layer.threshold}."
        )

    def forward(x: Array, training: bool, logits: bool = False):
        y = None if logits else find("relu_forward")(x)
        return (x if y is None else y), y

    def backward(dy: Array, y: Array | None, need_dx: bool):
        if not need_dx:
            return None
        return dy if y is None else find("relu_backward")(dy, y)

    return forward, backward


def _softmax(layer: Softmax, find: Find) -> Ways:
    def forward(x: Array, training: bool, logits: bool = False):
        y = None if logits else find("softmax_forward")(x)
        return (x if y is None else y), y

    def backward(dy: Array, y: Array | None, need_dx: bool):
        if not need_dx:
            return None
        return dy if y is None else kernels.softmax_backward(dy, y)

    return forward, backward


def _flatten(layer: Flatten, find: Find) -> Ways:
    def forward(x: Array, training: bool):
        return find("flatten_forward")(x), x.shape

    def backward(dy: Array, shape: tuple[int, ...], need_dx: bool):
        return dy.reshape(shape) if need_dx else None

    return forward, backward


# Which functions a layer calls, and how.
WAYS: dict[type[Layer], tuple[tuple[str, ...], Callable[[Any, Find], Ways]]] = {
    Conv2D: (("conv2d_forward", "conv2d_backward_input", "conv2d_backward_kernel", "bias_backward"), _conv2d),
    Dense: (("dense_forward", "dense_backward", "bias_backward"), _dense),
    MaxPooling2D: (("maxpool2d_forward", "maxpool2d_backward"), _pool),
    ReLU: (("relu_forward", "relu_backward"), _relu),
    Softmax: (("softmax_forward",), _softmax),
    Flatten: (("flatten_forward",), _flatten),
}
USABLE: frozenset[str] = frozenset(name for names, _ in WAYS.values() for name in names)
