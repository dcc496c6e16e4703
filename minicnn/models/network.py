"""A graph of layers that is a layer itself: its shapes, and how it runs. What a user trains is in model.py.

Its forward and backward are those of running.py, its order is that of graph.py, its arrays are in container.py. Since
it is a layer, models nest.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import arguments
from ..execution import Plan
from ..layers import Blank, Layer, Node, Softmax, SymbolicTensor, activate, fits, next_seed
from ..types import AnyArray, Array, Arrays, DTypeLike, Shape, Shapes
from . import running
from .container import Container, is_model
from .ends import Ends, packed
from .graph import Call, calls, give_names, sort, trace

Seed = int | np.random.Generator | None  # of a model's weights


class Network(Ends, Container):
    """A graph of layers from inputs to outputs: what `Model` and `Sequential` share with every layer.

    Attributes
    ----------
    nodes : list of Node
        Calls of layers, in running order.
    inputs, outputs : list of SymbolicTensor
        Where the graph begins and ends.
    input_shape, output_shape : (None, ...) tuple
        A list of them where there are several.

    Examples
    --------
    >>> from minicnn import Dense, Input, Model
    >>> x = Input((4,))
    >>> inner = Model(x, Dense(2)(x), name="inner")  # a model is a layer: it can be called in another
    >>> outer = Model(x, Dense(3)(inner(x)))
    >>> sorted(outer.params)
    ['dense/bias', 'dense/kernel', 'inner/dense/bias', 'inner/dense/kernel']
    """

    takes_list: bool = True
    layers: list[Layer]
    nodes: list[Node]
    inputs: list[SymbolicTensor]
    outputs: list[SymbolicTensor]
    seed: int | None
    dtype: str | None
    input_shape: Any
    output_shape: Any

    def _start(self, seed: Seed) -> np.random.Generator:
        """Begin empty; return who draws the weights. For layers that come later no file has any: `_rng` draws them."""
        seed = next_seed() if seed is None else seed
        self.seed = None if isinstance(seed, np.random.Generator) else arguments.seed("seed", seed)
        self._rng = np.random.default_rng(None if isinstance(seed, Blank) else seed)
        self.layers, self.nodes, self.inputs, self.outputs = [], [], [], []
        self._plans: dict[frozenset[SymbolicTensor], Plan] = {}
        return seed if isinstance(seed, Blank) else self._rng

    def __getstate__(self) -> dict[str, Any]:
        """What a copy or a pickle holds: all but the plans, which hold memory of their own."""
        return {**self.__dict__, "_plans": {}}

    def _connect(self, inputs: list[Any], outputs: list[Any], rng: np.random.Generator | None) -> None:
        for end, tensors in (("inputs", inputs), ("outputs", outputs)):
            if not tensors or not all(isinstance(tensor, SymbolicTensor) for tensor in tensors):
                raise ValueError(
                    f"`{end}` must be symbolic tensors, made by Input and by calling layers on them. "
                    f"Received: {tensors!r}."
                )
        self.inputs, self.outputs = inputs, outputs
        self._plans = {}
        nodes = trace(inputs, outputs)
        give_names(nodes)
        self.nodes, self.layers = sort(nodes, outputs)
        for node in self.nodes:
            shapes = [tensor.shape for tensor in node.inputs or node.outputs]
            node.layer.build(shapes if node.several else shapes[0], rng, self.dtype or "float32")
        self.dtype = self.nodes[0].layer.dtype
        self.input_shape, self.output_shape = (packed([t.shape for t in ends], None) for ends in (inputs, outputs))
        self.built = True

    # ---- shapes -----------------------------------------------------------------------------------------

    def compute_output_shape(self, input_shape: Shapes) -> Shapes:
        """Follow an input's shape through the graph.

        Parameters
        ----------
        input_shape : (None, ...)
            A list of them for several inputs.
        """
        shapes = self.shapes(input_shape)
        return packed([shapes[tensor] for tensor in self.outputs], None)

    def shapes(self, input_shape: Shapes | None = None) -> dict[SymbolicTensor, Shape]:
        """Return the shape of every tensor of the graph.

        Parameters
        ----------
        input_shape : (None, ...), optional
            By default the one that the model was built for; a list of them for several inputs.
        """
        given = input_shape or self.input_shape
        shapes = dict(zip(self.inputs, given if isinstance(given, list) else [given], strict=True))
        for node in self.nodes:
            if node.inputs:
                result = node.layer.output_shape_of(node.shape_in(shapes))
                shapes.update(zip(node.outputs, result if len(node.outputs) > 1 else [result], strict=True))
        return shapes

    def output_shape_of(self, input_shape: Shapes) -> Shapes:
        """Return the output's shape for an input's.

        Parameters
        ----------
        input_shape : (None, ...)
            A list of them for several inputs.

        Raises
        ------
        ValueError
            The Inputs do not allow it, or there are more or fewer of them.
        """
        self._fit(input_shape if isinstance(input_shape, list) else [input_shape])
        return self.compute_output_shape(input_shape)

    def _fit(self, shapes: Sequence[Shape]) -> None:
        if len(shapes) != len(self.inputs):
            raise ValueError(f"Layer '{self.name}' takes {len(self.inputs)} inputs. Received: {len(shapes)}.")
        for tensor, shape in zip(self.inputs, shapes, strict=True):
            if not fits(shape, tensor.shape):
                raise ValueError(
                    f"Input of layer '{self.name}' must have shape {tensor.shape}. Received: x.shape={tuple(shape)}."
                )

    def build(self, input_shape: Shapes, rng: np.random.Generator | None = None, dtype: DTypeLike = "float32") -> None:
        """Check that the model takes inputs of this shape: it was built when it was made."""
        self.output_shape_of(input_shape)

    @property
    def input(self) -> Any:
        """The symbolic input; a list or a dict of them where the model was made from one."""
        return packed(self.inputs, self.input_keys)

    @property
    def output(self) -> Any:
        """The symbolic output; a list or a dict of them where the model was made from one."""
        return packed(self.outputs, self.output_keys)

    @property
    def activation(self) -> str | None:  # pyright: ignore[reportIncompatibleVariableOverride]  asked of the last layer
        """What the model ends with, where nothing else reads that layer's output."""
        return self.activations[0] if len(self.outputs) == 1 else None

    def calls(self, input_shape: Shapes | None = None) -> list[Call]:
        """List every call of a layer, nested models unfolded, in running order.

        Parameters
        ----------
        input_shape : (None, ...), optional
            By default the one that the model was built for.

        Returns
        -------
        calls : list of Call
            Each has `key`, `layer`, `sources` (keys), `input_shape` and `shape`.

        Examples
        --------
        >>> from minicnn import Dense, Input, ReLU, Sequential
        >>> model = Sequential([Input((4,)), Sequential([Dense(2), ReLU()], name="inner"), Dense(3)])
        >>> [(call.key, call.sources, call.shape) for call in model.calls()][-2:]
        [('inner/re_lu', ('inner/dense',), (None, 2)), ('dense', ('inner/re_lu',), (None, 3))]
        """
        return calls(self, input_shape)

    def multiply_adds(self, input_shape: Shapes | None = None) -> int | None:
        """Count the multiply-adds for one example; None if a size is open.

        Parameters
        ----------
        input_shape : (None, ...), optional
            By default the one that the model was built for.

        Examples
        --------
        >>> from minicnn.models import tinyvgg
        >>> tinyvgg((64, 64), 10).multiply_adds()
        5608780
        """
        if not self.built:
            return None
        total = 0
        for call in self.calls(input_shape):
            count = 0 if call.input_shape is None else call.layer.multiply_adds(call.input_shape)
            if count is None:
                return None
            total += count
        return total

    def cast(self, dtype: DTypeLike) -> None:
        """Convert all arrays, and whatever comes in from now on, to another dtype, in place.

        Parameters
        ----------
        dtype : "float32" or "float64"
        """
        self.dtype = str(np.dtype(dtype))
        for layer in {node.layer for node in self.nodes}:  # the InputLayer of a chain is not among its `layers`
            layer.cast(dtype)

    # ---- running ----------------------------------------------------------------------------------------

    def __call__(self, x: Any, training: bool | None = None) -> Any:
        """Run `forward`, or record a node where x is symbolic; what comes out has the form of the model's outputs."""
        x = self._by_name(x) if isinstance(x, Mapping) else x
        return self._named(super().__call__(x, training))

    def forward(
        self,
        x: Any,
        training: bool = False,
        *,
        keep: bool | None = None,
        logits: bool | Sequence[bool] = False,
        need_dx: bool = True,
        record: Arrays | None = None,
    ) -> Any:
        """Run the graph.

        Parameters
        ----------
        x : array of `input_shape`, or a list or dict of them for several inputs
            A last axis of 1 may be left out, or be one too many.
        training : bool
            Whether Dropout drops, BatchNormalization uses the batch, and backward may follow.
        keep : bool, optional
            Whether to push what backward needs; by default when training.
        logits : bool, or a list of them for several outputs
            Leave out the `activation` that the model ends with, so that a loss can take the logits.
        need_dx : bool
            False: backward will not be asked for dx, so layers before the first trainable one keep nothing.
        record : dict, optional
            Filled with the output of every call, under the key that `calls` lists. Without it layers may run together.

        Returns
        -------
        y : array of `output_shape`, or a list of them for several outputs
            In the order of `outputs`, also where the model was made from a dict.

        Examples
        --------
        >>> import numpy as np
        >>> from minicnn import Dense, Input, ReLU, Sequential
        >>> model, between = Sequential([Input((4,)), Dense(3), ReLU()]), {}
        >>> model.forward(np.ones((2, 4)), record=between).shape
        (2, 3)
        >>> sorted(between)
        ['dense', 'input_layer', 're_lu']
        """
        arrays, given = self._checked_input(x)
        keep = training if keep is None else keep
        heads = self._heads(logits)
        values: running.Values = dict(zip(self.inputs, arrays, strict=True))
        if record is not None:
            nodes, learning = running.record(self, values, training, keep, heads, need_dx, record)
        elif training or keep:
            nodes, learning = running.train(self, values, training, keep, heads, need_dx)
        else:
            running.predict(self, values, heads)
            nodes, learning = self.nodes, set()
        if keep:
            self._saved.append(running.Kept(nodes, learning, given))
        return packed([values[tensor] for tensor in self.outputs], None)

    def apply_activation(self, logits: Array, index: int = 0) -> Array:
        """Apply the activation that `forward(x, logits=True)` left out.

        Parameters
        ----------
        logits : array of `output_shape`
        index : int
            Which output it is.

        Returns
        -------
        y : array of `output_shape`
        """
        last = self.outputs[index].node.layer
        if is_model(last) or isinstance(last, Softmax):
            return last.apply_activation(logits)
        return activate(last.activation, logits)[0]

    def _checked_input(self, x: Any) -> tuple[list[Array], list[tuple[int, ...]]]:
        """Return the arrays that go in, with as many axes as the Inputs have, and the shapes that they came in."""
        if not self.built:
            self.build((None, *np.shape(x)[1:]), dtype=self.dtype or "float32")
        if isinstance(x, Mapping):
            x = self._by_name(x)
        alone = len(self.inputs) == 1
        if alone and isinstance(x, (list, tuple)) and len(x) == 1 and np.ndim(x[0]) == len(self.inputs[0].shape):
            x = x[0]  # a list of one input, not of one example
        arrays = self._as_arrays([x] if alone or not isinstance(x, (list, tuple)) else x)
        given = [array.shape for array in arrays]
        fitted = [_as_long(array, tensor.shape) for array, tensor in zip(arrays, self.inputs, strict=False)]
        arrays = fitted + arrays[len(self.inputs) :]
        self._accept([array.shape for array in arrays])
        return self._of_own_dtype(arrays), given

    def _accept(self, shapes: list[tuple[int, ...]]) -> None:
        """Refuse arrays of these shapes, where the model does not take them."""
        self._fit(shapes)

    def _plan(self, heads: frozenset[SymbolicTensor] = frozenset()) -> Plan:
        """Return how to run when nobody asks for what is in between; made anew where the graph has changed."""
        plan = self._plans.get(heads)
        if plan is None or not plan.is_current():
            plan = self._plans[heads] = Plan(self, heads)
        return plan

    def backward(self, dy: Any, need_dx: bool = True, record: Arrays | None = None) -> Any:
        """Run the graph in reverse: set `grads`, return dx.

        Parameters
        ----------
        dy : array, shape of y
            The loss's gradient at y; a list for several outputs, None where nobody read one.
        need_dx : bool
            Whether dx is wanted.
        record : dict, optional
            Filled with the gradient at every call's output, under its key; then forward must have had one too.

        Returns
        -------
        dx : array, shape of x, or None
            A list for several inputs.

        Raises
        ------
        RuntimeError
            No forward(x, training=True) came before.

        Examples
        --------
        >>> import numpy as np
        >>> from minicnn import Dense, Input, Sequential
        >>> model = Sequential([Input((4,)), Dense(3)])
        >>> y = model.forward(np.ones((2, 4)), training=True)
        >>> model.backward(np.ones_like(y)).shape, model.grads["dense/bias"].tolist()
        ((2, 4), [2.0, 2.0, 2.0])
        """
        if not self._saved:
            raise RuntimeError(f"Model '{self.name}': backward needs a forward(x, training=True) before it.")
        if record is not None and self._saved[-1].nodes is not self.nodes:
            raise RuntimeError(f"Model '{self.name}': backward(record=...) needs a forward(record=...) before it.")
        kept = self._saved.pop()
        gradients = running.backward(self, kept, dy if isinstance(dy, list) else [dy], need_dx, record)
        if not need_dx:
            return None
        dxs = [gradients.get(tensor) for tensor in self.inputs]
        dxs = [dx if dx is None else dx.reshape(shape) for dx, shape in zip(dxs, kept.given, strict=True)]
        return packed(dxs, None)

    def discard(self) -> None:
        """Pop what one forward pushed without using it."""
        nodes, learning, _ = self._saved.pop()
        for node in reversed(nodes):
            if node.outputs[0] in learning and node.inputs:
                node.layer.discard()


def _as_long(array: AnyArray, shape: Shape) -> AnyArray:
    """Return an array with the last axis of 1 that an Input has beyond it, or without the one that it has not.

    So does Keras.
    """
    if array.ndim == len(shape) - 1 and shape[-1] == 1:
        return array[..., None]
    return array[..., 0] if array.ndim == len(shape) + 1 and array.shape[-1] == 1 else array
