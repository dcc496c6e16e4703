"""What every layer is: settings, arrays, and a forward and a backward that mirror each other.

    y  = f(x; params)                forward, one kernel call
    dx = (df/dx)^T dy                backward: what the loss's gradient at y says about x ...
    grads[k] = (df/dparams[k])^T dy  ... and about each trainable array, under the same key

A layer file writes `_forward`, which returns y and whatever the way back needs, and `_backward`, which gets it
again. This file does the rest once for all of them: it checks x and dy, pushes in training, pops last first,
so a layer that is called twice in a net goes back twice.

Calling a layer on a `SymbolicTensor` (what `Input` returns) records a `Node`: see node.py.
"""

import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..arguments import boolean, is_integer
from ..initializers import next_seed
from ..types import AnyArray, Array, ArrayLike, Arrays, DTypeLike, Shape, Shapes
from .arrays import DTYPES, cast
from .node import InGraph, Node, SymbolicTensor
from .reads import Reading
from .settings import Settings
from .told import Told


def auto_name(class_name: str) -> str:
    """Turn a class name into Keras's automatic layer name: "MaxPooling2D" -> "max_pooling2d"."""
    return re.sub(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", class_name).lower()


def _given_shape(more: Mapping[str, Any]) -> Shape | None:
    """Return the shape of the first layer's input, with the batch, where one was told."""
    if "batch_input_shape" in more:
        return tuple(more["batch_input_shape"])
    shape = (more["input_dim"],) if "input_dim" in more else more.get("input_shape")
    if shape is None:
        return None
    sizes = shape if isinstance(shape, (tuple, list)) else ()
    if not sizes or not all(size is None or (is_integer(size) and size > 0) for size in sizes):
        raise ValueError(f"`input_shape` must be a tuple, without the batch: (64, 64, 3). Received: {shape!r}.")
    return (None, *sizes)


class Layer(Settings, Told, InGraph, Reading):
    """Base of every layer: see the module's docstring for what a layer writes itself.

    Parameters
    ----------
    name : str, optional
        Unique in a model; an automatic name may get a number there, as in Keras.
    **more : anything
        `trainable`; of the first layer of a chain `input_shape` (without the batch), `batch_input_shape` or
        `input_dim`; and of layers with arrays, by what Keras calls these: `kernel_initializer`, `bias_initializer`,
        ..., `kernel_regularizer`, ..., `kernel_constraint`, ...: a name, or an object of `minicnn.initializers`,
        `regularizers`, `constraints`. Keras's other arguments are refused by name, with what else to do.

    Attributes
    ----------
    trainable : bool
        False: the optimizer leaves `params` alone and backward computes no `grads`. It may be set at any time.
    built : bool
        Whether shapes are known and arrays exist. From then on the settings, the arguments of `__init__`, are fixed:
        to set one raises AttributeError. The arrays stay changeable, by set_weights, in place or by key.
    dtype : "float32" or "float64"
        Of every array of the layer; input is cast to it.
    input_shape, output_shape : (None, ...) tuple
        A list of them where a layer takes several inputs. The layer was built for them; what its arrays fix is their
        last size, the channels. Images of other sizes may come.
    params, grads : dict
        Trainable arrays and their gradients, the same keys.
    state : dict
        Arrays that change in training without a gradient (moving means).
    activation : str or None
        What the layer ends with, where a loss could take its logits instead.
    takes_list : bool
        Whether several arrays go in.
    is_model : bool
        Whether it is a model: a graph of layers of its own.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn.layers import Layer
    >>> class Double(Layer):
    ...     def _forward(self, x, training):
    ...         return 2 * x, None
    ...
    ...     def _backward(self, dy, saved, need_dx):
    ...         return 2 * dy if need_dx else None
    >>> layer = Double()
    >>> layer(np.ones((1, 3)), training=True)
    array([[2., 2., 2.]], dtype=float32)
    >>> layer.backward(np.ones((1, 3)))
    array([[2., 2., 2.]], dtype=float32)
    """

    activation: str | None = None
    takes_list: bool = False
    is_model: bool = False
    class_name: str = "Layer"  # the class's own name, unless a file calls it otherwise
    params: Arrays
    grads: dict[str, Any]  # arrays, or what can be read as one: see execution/gradients.py
    state: Arrays

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.class_name = cls.__dict__.get("class_name", cls.__name__)

    def __init__(self, name: str | None = None, **more: Any):
        if name is not None and (not isinstance(name, str) or not name or "/" in name):
            raise ValueError(f"`name` must be a non-empty string without '/'. Received: name={name!r}.")
        self.name: str = name or auto_name(type(self).__name__)
        self.auto_named: bool = name is None
        self.trainable: bool = True
        self.built: bool = False
        self.dtype: Any = None
        self.input_shape: Any = None
        self.output_shape: Any = None
        self._tell(more)
        self.given_shape: Shape | None = _given_shape(more)
        if "trainable" in more:
            self.trainable = more["trainable"]
        self.calls_of_it: list[Node] = []  # on symbolic tensors
        self._saved: list[Any] = []
        self._make_arrays()

    def _make_arrays(self) -> None:
        self.params, self.grads, self.state = {}, {}, {}

    def __getattr__(self, name: str) -> Any:
        """Return an array by its key, as Keras has it: `layer.kernel`, `layer.moving_mean`."""
        for arrays in ("params", "state"):
            found = self.__dict__.get(arrays, {})
            if name in found:
                return found[name]
        if name in ("input", "output"):  # which are there, but have no answer
            self._only_call(name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    # ---- building ---------------------------------------------------------------------------------------

    def build(self, input_shape: Shapes, rng: np.random.Generator | None = None, dtype: DTypeLike = "float32") -> None:
        """Check the input's shape and make the arrays. A layer that is built already keeps its own, if they fit.

        Parameters
        ----------
        input_shape : (None, ...) tuple of int or None
            A list of such tuples for several inputs.
        rng : np.random.Generator, optional
            Draws the weights; a fresh one by default.
        dtype : "float32" or "float64"

        Raises
        ------
        ValueError
            Whatever does not fit, with the argument and its value.
        """
        if self.built:
            self.output_shape_of(input_shape)
            return
        if str(np.dtype(dtype)) not in DTYPES:
            raise ValueError(f"`dtype` must be 'float32' or 'float64'. Received: dtype={dtype!r}.")
        self.output_shape = self.output_shape_of(input_shape)  # raises every shape error
        self.input_shape = input_shape
        self.dtype = str(np.dtype(dtype))
        self._build(input_shape, rng if rng is not None else np.random.default_rng(next_seed()))
        self.built = True
        if self.activation == "softmax" and self.output_shape[getattr(self, "axis", -1)] == 1:
            warnings.warn(
                f"Layer '{self.name}' is a softmax over one number, which gives 1 whatever comes in. "
                f"Sigmoid may be meant.",
                stacklevel=3,
            )

    def _build(self, input_shape: Any, rng: np.random.Generator) -> None:
        """Fill `params` and `state`. Layers without arrays have nothing to do."""

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the output's shape, (None, ...), for an input's. All that the settings refuse is refused here."""
        return input_shape

    def output_shape_of(self, input_shape: Any) -> Any:
        """Return the output's shape for an input's, which must fit the settings and, once built, the arrays."""
        if isinstance(input_shape, list) and not self.takes_list:
            raise ValueError(
                f"Layer '{self.name}' takes one input. Received: {len(input_shape)} of shapes {input_shape}."
            )
        shape = self.compute_output_shape(input_shape)
        if self.built and self._fixed(input_shape) != self._fixed(self.input_shape):
            raise ValueError(
                f"Input of layer '{self.name}' must fit its arrays, which were made for shape "
                f"{self.input_shape}. Received: x.shape={tuple(input_shape)}."
            )
        return shape

    def _fixed(self, input_shape: Any) -> Any:
        """Return what the arrays fix of an input's shape: the last size, where there are arrays."""
        return input_shape[-1] if self.params or self.state else None

    def multiply_adds(self, input_shape: Any = None) -> int | None:
        """Count the multiplications with a following addition for one example; None if a size is open.

        Parameters
        ----------
        input_shape : (None, ...), optional
            By default the one that the layer was built for.
        """
        return 0

    # ---- running ----------------------------------------------------------------------------------------

    def __call__(self, x: Any, training: bool | None = None) -> Any:
        """Run `forward`, or record a node where x is symbolic.

        Of calls in training backward goes back over the last alone, so that a hundred of them, whose answers someone
        averages, keep no more than one; `forward` keeps every one.
        """
        several = isinstance(x, (list, tuple))
        inputs = list(x) if several else [x]
        if not any(isinstance(item, SymbolicTensor) for item in inputs):
            learning = training is not None and boolean("training", training)
            if learning:
                self.forget()
            return self.forward(x, learning)
        if not all(isinstance(item, SymbolicTensor) for item in inputs):
            raise TypeError(f"Layer '{self.name}' got symbolic tensors and arrays mixed; all must be of one kind.")
        shapes = [item.shape for item in inputs]
        node = Node(self, inputs, several, self.output_shape_of(shapes if several else shapes[0]), training)
        self.calls_of_it.append(node)
        return node.outputs[0] if len(node.outputs) == 1 else node.outputs

    def forward(self, x: Any, training: bool = False, *, keep: bool | None = None, logits: bool = False) -> Any:
        """Compute y from x.

        Parameters
        ----------
        x : array of `input_shape`, or a list of them for several inputs
        training : bool
            Whether Dropout drops and BatchNormalization uses the batch.
        keep : bool, optional
            Whether to push what backward needs; by default when training.
        logits : bool
            Leave out the layer's own `activation`, so that a loss can take the logits.

        Returns
        -------
        y : array, dtype of the layer
        """
        x = self._checked_input(x)
        how = {"logits": True} if logits else {}
        y, saved = self._forward(x, training, **how)
        if training if keep is None else keep:
            self._saved.append((saved, y.shape))
        return y

    def _forward(self, x: Any, training: bool, /) -> tuple[Any, Any]:
        """Return y, and whatever `_backward` needs; a layer with an activation also takes `logits=True`."""
        raise NotImplementedError(f"{type(self).__name__} must define _forward.")

    def backward(self, dy: ArrayLike, need_dx: bool = True) -> Any:
        """Turn the loss's gradient at y into the one at x, and set `grads`.

        Parameters
        ----------
        dy : array, shape of the y that it belongs to
        need_dx : bool
            False: nobody reads dx, so it is not computed.

        Returns
        -------
        dx : array, shape of x, or None if not needed
            A list for several inputs.

        Raises
        ------
        RuntimeError
            Nothing was pushed: no forward(x, training=True) before.
        """
        if not self._saved:
            raise RuntimeError(
                f"Layer '{self.name}': backward needs a forward(x, training=True) before it, one for each backward."
            )
        saved, shape = self._saved[-1]
        dy = np.asarray(dy)
        if dy.shape != shape:
            raise ValueError(
                f"`dy` of layer '{self.name}' must have the output's shape {shape}. Received: dy.shape={dy.shape}."
            )
        self._saved.pop()
        self.grads.clear()  # the step before's: their memory is for this one's
        return self._backward(cast(dy, self.dtype, f"`dy` of layer '{self.name}'"), saved, need_dx)

    def _backward(self, dy: Any, saved: Any, need_dx: bool, /) -> Any:
        """Fill `grads` where the layer is trainable; return dx, or None where nobody reads it."""
        raise NotImplementedError(f"{type(self).__name__} must define _backward.")

    def discard(self) -> None:
        """Pop what one forward pushed without using it."""
        self._saved.pop()

    def drop_grads(self) -> None:
        """Drop the gradients of the last backward: before a step of training their memory is wanted."""
        self.grads.clear()

    def forget(self) -> None:
        """Drop everything that was pushed (after a training step that was broken off)."""
        self._saved.clear()

    def cast(self, dtype: DTypeLike) -> None:
        """Convert the arrays, and whatever comes in from now on, to another dtype."""
        self.dtype = str(np.dtype(dtype))
        for arrays in (self.params, self.state):
            for key, array in arrays.items():
                arrays[key] = cast(array, np.dtype(dtype), f"`{key}` of layer '{self.name}'")

    def _checked_input(self, x: Any) -> Any:
        """Return x, or each of a list, as an array of the layer's dtype. The first one builds the layer."""
        several = self.takes_list and isinstance(x, (list, tuple))
        arrays = self._as_arrays(x if several else [x])
        shapes: list[Shape] = [(None, *array.shape[1:]) for array in arrays]
        shape: Shapes = shapes if several else shapes[0]
        if not self.built:
            self.build(shape, dtype=self.dtype or "float32")
        elif shape != self.input_shape:
            given = [array.shape for array in arrays]
            self.output_shape_of(given if several else given[0])
        arrays = self._of_own_dtype(arrays)
        return arrays if several else arrays[0]

    def _as_arrays(self, xs: Sequence[ArrayLike]) -> list[AnyArray]:
        """Return some inputs as arrays of numbers, a row an example, as many in each."""
        arrays = [np.asarray(x) for x in xs]
        for array in arrays:
            if array.dtype.kind not in "fiub":
                raise TypeError(f"Input of layer '{self.name}' must be real numbers. Received: dtype={array.dtype}.")
            if not array.ndim:
                raise ValueError(
                    f"Input of layer '{self.name}' must be a batch: its first axis counts the examples. "
                    f"Received: one number."
                )
        if len({len(array) for array in arrays}) > 1:
            raise ValueError(
                f"The inputs of layer '{self.name}' must hold equally many examples. "
                f"Received: {', '.join(str(len(array)) for array in arrays)}."
            )
        return arrays

    def _of_own_dtype(self, arrays: list[AnyArray]) -> list[Array]:
        return [cast(array, self.dtype, f"Input of layer '{self.name}'") for array in arrays]

    # ---- arrays -----------------------------------------------------------------------------------------

    @property
    def weights(self) -> list[Array]:
        """The arrays themselves, params then state, in Keras's order."""
        return [*self.params.values(), *self.state.values()]

    @property
    def trainable_weights(self) -> list[Array]:
        """Those that training changes."""
        return list(self.params.values()) if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Array]:
        """The others."""
        return [array for array in self.weights if not any(array is other for other in self.trainable_weights)]

    def get_weights(self) -> list[Array]:
        """Copy the arrays, params then state, in Keras's order."""
        return [array.copy() for array in (*self.params.values(), *self.state.values())]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Set the arrays, params then state, in Keras's order, from arrays of the same shapes."""
        arrays = {**self.params, **self.state}
        if len(weights) != len(arrays):
            raise ValueError(
                f"Layer '{self.name}' has {len(arrays)} arrays ({', '.join(arrays) or 'none'}). "
                f"Received: {len(weights)}."
            )
        new = [np.asarray(weight) for weight in weights]
        for (key, array), value in zip(arrays.items(), new, strict=True):
            if value.shape != array.shape:
                raise ValueError(
                    f"`{key}` of layer '{self.name}' must have shape {array.shape}. Received: shape {value.shape}."
                )
        new = [
            cast(value, array.dtype, f"`{key}` of layer '{self.name}'")
            for (key, array), value in zip(arrays.items(), new, strict=True)
        ]
        for array, value in zip(arrays.values(), new, strict=True):
            array[...] = value

    def count_params(self) -> int:
        """Count the numbers in params and state."""
        return sum(array.size for array in (*self.params.values(), *self.state.values()))
