"""A graph of ONNX, node by node, as a Functional model with channels last.

    document = parse(raw)            nodes, stored tensors
    Translation(document, ...)       folds constants, asks operators.py for the layer of every other node that is needed

Nodes that no output needs are left aside. Whatever a node asks that is not done is one sentence with its name.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...types import AnyArray
from ..model_file import Config, Weights
from ..opening import short
from .calling import layer_names, plain_name
from .folding import BATCH, FOLDED, fold, shape_of
from .net import CHANNELS_LAST, Net, Tensor
from .proto import Declared, Document, Node
from .tensors import Store

FLOATS: dict[int, str] = {1: "float32", 2: "float32", 10: "float32", 11: "float64"}  # inputs' types -> what computes
OTHERS: dict[int, str] = {3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "text", 9: "bool"} | {
    12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16"}  # fmt: skip
SEVERAL: tuple[str, ...] = ("Split",)  # all of whose outputs are used
MADE: tuple[str, ...] = ("Constant", "ConstantOfShape", "Shape")  # folded too, each in its own way
COLOURS: tuple[int, ...] = (1, 3)  # channels of pictures
MAX_INPUTS: int = 64
BY_NUMBER: tuple[str, ...] = ("Cast", "Clip", "Identity", "Relu", "Sigmoid", "Softmax", "Tanh")  # these keep the axes


class Translation:
    """The layers of one document.

    Parameters
    ----------
    document : Document
    store : Store
        Its stored tensors.

    Attributes
    ----------
    net : Net
        What was made so far.
    tensors : dict
        Name of a value -> Tensor.
    uses : Counter
        Name of a value -> how many read it, the graph's outputs among them.
    makers : dict
        Name of a value -> the Node that gives it.
    ends : set of str
        The graph's outputs.
    opset : int
        The version of ONNX's operators.

    Raises
    ------
    ValueError
        It names the node, and what of it is not done here.
    """

    def __init__(self, document: Document, store: Store):
        self.opset: int = document.opset
        self.ends: set[str] = set(document.outputs)
        self._store = store
        self._constants: dict[str, AnyArray] = {}
        self._document = document
        self._nodes = _needed(document)
        self.uses: Counter[str] = Counter(name for node in self._nodes for name in node.inputs)
        self.uses.update(document.outputs)
        self.makers: dict[str, Node] = {name: node for node in self._nodes for name in node.outputs if name}
        inputs = {name: told for name, told in document.inputs.items() if name in self.uses and name not in store}
        kinds = {_dtype(name, told) for name, told in inputs.items()}
        if len(kinds) != 1:
            raise ValueError("it must have an input, and all of one type." if kinds else "it has no input.")
        if len(inputs) > MAX_INPUTS:
            raise ValueError(f"it has {len(inputs)} inputs; more than {MAX_INPUTS} are not read.")
        self.net: Net = Net(kinds.pop(), store)
        self.inputs: list[str] = []
        self._channels_last = False  # whether an input of the file is
        self.tensors: dict[str, Tensor] = {name: self._input(name, told) for name, told in inputs.items()}

    def run(
        self, operators: "Mapping[str, Callable[[Translation, Node, str], Tensor | list[Tensor]]]"
    ) -> tuple[Config, Weights]:
        """Translate every node; return the model's serialized form and its arrays."""
        names = layer_names(self._nodes, self._store)
        for node, name in zip(self._nodes, names, strict=True):
            try:
                self._node(node, name, operators)
            except ValueError as fault:
                raise ValueError(f"node {short(node.name)} ({node.op[:80]}): {fault}") from None
            except (ArithmeticError, AttributeError, LookupError, TypeError):
                what = "its settings or its inputs are not as ONNX has them"
                raise ValueError(f"node {short(node.name)} ({node.op[:80]}): {what}.") from None
        outputs = [self._output(name) for name in self._document.outputs]
        config = {
            "name": plain_name(self._document.name, "model"),
            "layers": list(self.net.layers.values()),
            "input_layers": [[name, 0, 0] for name in self.inputs],
            "output_layers": [[name, 0, 0] for name in outputs],
        }
        entry = {"module": "keras.src.models.functional", "class_name": "Functional", "config": config,
                 "registered_name": "Functional"}  # fmt: skip
        return entry, self.net.weights

    # ---- what operators ask ---------------------------------------------------------------------------------

    def tensor(self, node: Node, position: int) -> Tensor:
        """Return an input of a node that is computed."""
        name = node.inputs[position] if position < len(node.inputs) else ""
        if name not in self.tensors:
            raise ValueError(
                f"its input {position} must be computed, not constant." if name else "an input is missing."
            )
        return self.tensors[name]

    def constant(self, node: Node, position: int) -> AnyArray | None:
        """Return an input of a node that is constant; None where it is left out."""
        name = node.inputs[position] if position < len(node.inputs) else ""
        if not name:
            return None
        found = self._value(name)
        if found is None:
            raise ValueError(f"its input {position} must be constant.")
        return found

    def weights(self, node: Node, position: int) -> AnyArray:
        """Return a constant input that must be there and holds numbers."""
        found = self.constant(node, position)
        if found is None or found.dtype.kind not in "fiub":
            raise ValueError(f"its input {position} must be an array of numbers.")
        return found

    def is_constant(self, name: str) -> bool:
        """Tell whether a value is a constant."""
        return name in self._store or name in self._constants

    # ---- node by node ---------------------------------------------------------------------------------------

    def _node(self, node: Node, name: str, operators: Any) -> None:
        for given in filter(None, node.inputs):
            if given not in self.tensors and not self.is_constant(given):
                raise ValueError(f"it reads {short(given)}, which nothing before it gives.")
        for extra in node.outputs[1:]:
            if extra and self.uses[extra] and node.op not in SEVERAL:
                raise ValueError("an output of it beside the first is read, which is not done here.")
        for result in node.outputs if node.op in SEVERAL else node.outputs[:1]:
            if result in self.tensors or self.is_constant(result) or node.outputs.count(result) > 1:
                raise ValueError(f"it gives {short(result)}, which is there already.")
        result = node.outputs[0]
        computed = any(given in self.tensors for given in node.inputs)
        if computed and node.op not in operators and node.op != "Shape":
            raise ValueError(self._unread(node, operators))
        node.check_settings()
        if computed and node.op == "Shape":
            self._constants[result] = shape_of(node, (BATCH, *self.tensors[node.inputs[0]].shape[1:]))
        elif not computed:
            self._constants[result] = self._folded(node)
        else:
            made = operators[node.op](self, node, name)
            self.tensors.update(zip(node.outputs, made if isinstance(made, list) else [made], strict=False))

    def _unread(self, node: Node, operators: Any) -> str:
        """Say that a node's operator is not read here, and with it all others of the file that are not."""
        read = {*operators, *FOLDED, *MADE, node.op}
        others = sorted({other.op for other in self._nodes} - read)
        more = ", ".join(other[:80] for other in others[:8]) + (f" and {len(others) - 8} more" if others[8:] else "")
        return f"the operator {node.op[:80]} is not read here{f', nor are {more}' * bool(others)}."

    def _folded(self, node: Node) -> AnyArray:
        if node.op == "Shape":
            return shape_of(node, self.weights(node, 0).shape)
        array = fold(node, [self._value(name) for name in node.inputs], self._store)
        if array.dtype == object and all(isinstance(size, int) for size in array.flat):
            array = array.astype(np.int64)  # a part of a Shape without the number of examples
        self.net.spend(array.nbytes)
        return array

    def _value(self, name: str) -> AnyArray | None:
        """Return a constant, read when it is first asked for."""
        if name in self._store and name not in self._constants:
            self._constants[name] = self._store.array(name)
        return self._constants.get(name)

    # ---- the ends -------------------------------------------------------------------------------------------

    def _input(self, name: str, told: Declared) -> Tensor:
        """Begin the net at an input of the file."""
        if told.shape is None or len(told.shape) < 2:
            raise ValueError(f"its input {short(name)} must have a shape, the examples first. Received: {told.shape}.")
        axes = tuple(range(len(told.shape)))
        if len(axes) == 4:
            if self._is_channels_last(name, told.shape):
                self._channels_last = True
            else:
                axes = CHANNELS_LAST
        layer = plain_name(name, "input")
        sizes = [told.shape[axis] for axis in axes[1:]]
        layer = self.net.add(layer, "InputLayer", [], batch_shape=[None, *sizes])
        self.inputs.append(layer)
        return Tensor(layer, told.shape, axes)

    def _is_channels_last(self, name: str, shape: tuple[int | None, ...]) -> bool:
        """Tell whether a file takes pictures as we do: by its first step, or by where the colours are."""
        readers = [node for node in self._nodes if name in node.inputs]
        turned = readers and all(
            reader.op == "Transpose" and reader.settings.get("perm") == [0, 3, 1, 2] for reader in readers
        )
        return bool(turned) or (shape[3] in COLOURS and shape[1] not in COLOURS)

    def _output(self, name: str) -> str:
        """Return the layer of an output of the file: pictures with their channels last, all else in ONNX's order.

        Pictures of a file that has its channels last itself are in ONNX's order, too.
        """
        if name not in self.tensors:
            raise ValueError(
                f"its output {short(name)} is {'a constant' if self.is_constant(name) else 'given by no node'}."
            )
        tensor, layer = self.tensors[name], plain_name(name, "output")
        as_it_is = len(tensor.shape) != 4 or (tensor.axes == (0, 1, 2, 3) and self._gives_channels_last(name))
        return (self.net.plain if as_it_is else self.net.picture)(layer, tensor).layer

    def _gives_channels_last(self, name: str) -> bool:
        """Tell whether pictures that leave a file are as ours: its inputs are, or a Transpose is last."""
        if self._channels_last:
            return True
        maker = self.makers.get(name)
        while maker is not None and maker.op in BY_NUMBER:
            maker = self.makers.get(maker.inputs[0])
        return maker is not None and maker.op == "Transpose" and maker.settings.get("perm") == [0, 2, 3, 1]


def _dtype(name: str, told: Declared) -> str:
    if told.type not in FLOATS:
        raise ValueError(f"its input {short(name)} must be of floats. Received: {OTHERS.get(told.type, told.type)}.")
    return FLOATS[told.type]


def _needed(document: Document) -> list[Node]:
    """Return the nodes that the outputs need, in the file's order, or in one in which they can be computed.

    ONNX asks for such an order; some older exporters (keras2onnx) began at the end.
    """
    givers: dict[str, list[Node]] = {}
    for node in document.nodes:
        for name in filter(None, node.outputs):
            givers.setdefault(name, []).append(node)
    wanted, kept = set(document.outputs), set[int]()
    asked = list(document.outputs)
    while asked:
        for node in givers.get(asked.pop(), ()):
            if id(node) not in kept:
                kept.add(id(node))
                new = set(filter(None, node.inputs)) - wanted
                wanted |= new
                asked += new
    nodes = [node for node in document.nodes if id(node) in kept]
    made = {name for node in nodes for name in node.outputs}
    before: set[str] = set()
    for node in nodes:
        if any(name in made and name not in before for name in node.inputs):
            return _sorted(nodes)
        before.update(node.outputs)
    return nodes


def _sorted(nodes: list[Node]) -> list[Node]:
    """Return nodes so that each comes after those that it reads; last, as they came, those that go in a circle."""
    makers = {name: id(node) for node in nodes for name in node.outputs if name}
    waits = {id(node): {makers[name] for name in node.inputs if name in makers} for node in nodes}
    readers: dict[int, list[Node]] = {}
    for node in nodes:
        for maker in waits[id(node)]:
            readers.setdefault(maker, []).append(node)
    ready = [node for node in nodes if not waits[id(node)]]
    for node in ready:  # which grows
        for reader in readers.get(id(node), ()):
            waits[id(reader)].discard(id(node))
            if not waits[id(reader)]:
                ready.append(reader)
    done = set(map(id, ready))
    return ready + [node for node in nodes if id(node) not in done]
