"""An ONNX file in plain terms: its nodes, inputs, outputs and stored tensors.

Of the messages that the format has only those fields are looked at that a net needs.
Source: onnx.proto (IR versions 3 to 13).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from ...types import AnyArray
from ..model_file import AnyBytes
from ..opening import short
from .wire import Budget, Message

SETTINGS: dict[int, Callable[[Message], Any]] = {  # AttributeProto's types -> how the value is read
    1: lambda attribute: attribute.real(2),
    2: lambda attribute: attribute.integer(3),
    3: lambda attribute: bytes(attribute.raw(4)),
    4: lambda attribute: Stored(attribute.message(5)),
    6: lambda attribute: attribute.reals(7, "<f4").tolist(),
    7: lambda attribute: attribute.integers(8).tolist(),
}
FLOATS: dict[int, str] = {4: "<f4", 10: "<f8"}  # fields of TensorProto that have floats
OWN_DOMAINS: tuple[str, ...] = ("", "ai.onnx")
MAX_NODES: int = 20_000
MAX_INPUTS: int = 1_000  # of one node; DenseNet-201's longest Concat has 50
MAX_OUTPUTS: int = 100  # of a net
POINTER: bytes = b"version https://git-lfs"


class Node(NamedTuple):
    """One operation.

    Attributes
    ----------
    name : str
        Its own, or where it has none that of its first output.
    op : str
        "Conv"; with the domain, "com.microsoft.FusedConv", where that is not ONNX's own.
    inputs, outputs : list of str
        Of values; "" where one is left out.
    settings : dict
        By name: an int, a float, bytes, a list of int or of float, a Stored tensor; None for what no reader here takes.
    """

    name: str
    op: str
    inputs: list[str]
    outputs: list[str]
    settings: dict[str, Any]

    def integer(self, key: str, default: int) -> int:
        """Return a setting that is one integer."""
        return self._of_type(key, int, default)

    def number(self, key: str, default: float) -> float:
        """Return a setting that is one float."""
        return float(self._of_type(key, float, default))

    def text(self, key: str, default: str) -> str:
        """Return a setting that is a word."""
        value = self._of_type(key, bytes, default)
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value

    def integers(self, key: str, default: list[int], count: int | None = None) -> list[int]:
        """Return a setting that is a list of integers, `count` of them where that is given."""
        value = self._of_type(key, list, default)
        if not all(isinstance(item, int) for item in value) or count not in (None, len(value)):
            raise ValueError(f"its {key!r} must be {count or ''} integers. Received: {short(value)}.")
        return value

    def check_settings(self) -> None:
        """Refuse a setting whose value could not be read: it must not be taken for one that is left out."""
        for key, value in self.settings.items():
            if value is None:
                raise ValueError(f"its {short(key)} is of a kind that is not read here.")

    def _of_type(self, key: str, kind: type, default: Any) -> Any:
        value = self.settings.get(key, default)
        if value is not default and not isinstance(value, kind):
            raise ValueError(f"its {key!r} must be of type {kind.__name__}. Received: {short(value)}.")
        return value


class Declared(NamedTuple):
    """An input as the file declares it: the number of its type, and its sizes, None where open; None: no shape told."""

    type: int
    shape: tuple[int | None, ...] | None


class Document(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    opset : int
        The version of ONNX's operators.
    nodes : list of Node
        In the file's order.
    inputs : dict
        Name -> Declared; older files list stored tensors too.
    outputs : list of str
        Names of values.
    stored : dict
        Name -> Stored.
    """

    name: str
    opset: int
    nodes: list[Node]
    inputs: dict[str, Declared]
    outputs: list[str]
    stored: "dict[str, Stored]"


class Stored:
    """A tensor of the file, its bytes where they lie: TensorProto.

    Attributes
    ----------
    name : str
    shape : tuple of int
    type : int
        The number of its type.
    beside : dict or None
        Where its bytes lie in another file: location, offset, length, as texts.
    raw : memoryview or None
        Its bytes, where they lie in one piece in this file.
    """

    def __init__(self, message: Message):
        self.name: str = message.text(8)
        self.shape: tuple[int, ...] = tuple(message.integers(1).tolist())
        self.type: int = message.integer(2)
        external = message.integer(14) == 1
        self.beside: dict[str, str] | None = (
            {each.text(1): each.text(2) for each in message.messages(13)} if external else None
        )
        self.raw: memoryview | None = message.raw(9) if 9 in message else None
        self._message = message

    def numbers(self, field: int, count: int) -> AnyArray:
        """Return `count` numbers that are fields of their own."""
        dtype = FLOATS.get(field)
        found: AnyArray = (
            self._message.integers(field, weights=True)
            if dtype is None
            else self._message.reals(field, dtype, weights=True)
        )
        if len(found) != count:
            raise ValueError(f"its tensor {short(self.name)} needs {count} numbers and has {len(found)}.")
        return found


def parse(raw: AnyBytes) -> Document:
    """Read the bytes of an ONNX file.

    Parameters
    ----------
    raw : bytes or memoryview

    Returns
    -------
    document : Document

    Raises
    ------
    ValueError
        They are none, or hold what is read nowhere here.
    """
    if bytes(raw[: len(POINTER)]) == POINTER:
        raise ValueError("it is a pointer of Git LFS, not the file itself, which `git lfs pull` brings.")
    model = Message(memoryview(raw), Budget())
    versions = [each.integer(2) for each in model.messages(8) if each.text(1) in OWN_DOMAINS]
    if 7 not in model or not versions:
        raise ValueError("it is no ONNX model: it has no graph, or no version of ONNX's operators.")
    graph = model.message(7)
    if graph.count(1) > MAX_NODES:
        raise ValueError(f"its graph has {graph.count(1)} nodes; more than {MAX_NODES} are not read.")
    if 15 in graph:
        raise ValueError("it stores sparse tensors, which are not read here.")
    nodes = [_node(node, number) for number, node in enumerate(graph.messages(1))]
    stored = {tensor.name: tensor for tensor in map(Stored, graph.messages(5))}
    if len(stored) != graph.count(5):
        raise ValueError("two of its stored tensors have one name.")
    outputs = [each.text(1) for each in graph.messages(12)]
    if not outputs:
        raise ValueError("its graph has no output.")
    if len(outputs) > MAX_OUTPUTS:
        raise ValueError(f"its graph has {len(outputs)} outputs; more than {MAX_OUTPUTS} are not read.")
    inputs = {each.text(1): _declared(each.message(2).message(1)) for each in graph.messages(11)}
    return Document(graph.text(2), max(versions), nodes, inputs, outputs, stored)


def _node(node: Message, number: int) -> Node:
    op, domain, outputs = node.text(4), node.text(7), node.texts(2)
    op = op if domain in OWN_DOMAINS else f"{domain}.{op}"
    if node.count(1) > MAX_INPUTS:
        raise ValueError(f"one of its nodes has {node.count(1)} inputs; more than {MAX_INPUTS} are not read.")
    name = node.text(3) or (outputs[0] if outputs else "") or f"{op}_{number}"
    return Node(name, op, node.texts(1), outputs, {each.text(1): _setting(each) for each in node.messages(5)})


def _setting(attribute: Message) -> Any:
    return SETTINGS.get(attribute.integer(20), lambda attribute: None)(attribute)


def _declared(tensor: Message) -> Declared:
    sizes = [each.integer(1) for each in tensor.message(2).messages(1)]
    return Declared(tensor.integer(1), tuple(size if size > 0 else None for size in sizes) if 2 in tensor else None)
