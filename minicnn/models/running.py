"""How a graph runs: three ways forward and the one way back.

    predict     nobody asks for what lies between: a plan, in fewer steps and in memory that stays (execution/plan.py)
    train       backward may follow: nodes joined in blocks (execution/blocks.py), each keeps what backward needs
    record      every node by itself, and what it made is written down: for pages, for proofs

Each takes `values`, symbolic tensor -> array, the inputs to begin with, and fills in the outputs. An array is dropped
after its last use. Back is the same graph in reverse: the gradients that meet at one tensor are added up.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..execution import added, joined
from ..layers import Node, SymbolicTensor
from ..types import Array

if TYPE_CHECKING:
    from .network import Network

Values = dict[SymbolicTensor, Array]
Record = dict[str, Array]
Heads = frozenset[SymbolicTensor]  # the outputs of which the logits are wanted


class Kept(NamedTuple):
    """What one forward leaves for its backward: the nodes that ran, and the tensors whose gradients are needed."""

    nodes: list[Node]
    learning: set[SymbolicTensor]
    given: list[tuple[int, ...]]  # the shapes in which the inputs came


def predict(model: "Network", values: Values, heads: Heads) -> None:
    """Run the model's plan."""
    model._plan(heads).run(values)  # pyright: ignore[reportPrivateUsage]  a part of Network in a file of its own


def train(
    model: "Network", values: Values, training: bool, keep: bool, heads: Heads, need_dx: bool
) -> tuple[list[Node], set[SymbolicTensor]]:
    """Run nodes joined in blocks, where backward will follow; return the nodes and the tensors that learn."""
    nodes = joined(model.nodes, model.outputs) if keep else model.nodes
    learning = learning_tensors(nodes, need_dx) if keep else set()
    for node, finished in zip(nodes, last_uses(nodes, model.outputs), strict=True):
        if node.inputs:
            _call(node, values, training, learning, heads)
        _drop(values, finished)
    return nodes, learning


def record(
    model: "Network", values: Values, training: bool, keep: bool, heads: Heads, need_dx: bool, into: Record
) -> tuple[list[Node], set[SymbolicTensor]]:
    """Run each node by itself and write its output into a record, under the node's key."""
    learning = learning_tensors(model.nodes, need_dx) if keep else set()
    for node, finished in zip(model.nodes, last_uses(model.nodes, model.outputs), strict=True):
        if not node.inputs:
            into[node.key] = values[node.outputs[0]]
        elif node.layer.is_model:
            inner: Record = {}
            y = _call(node, values, training, learning, heads, record=inner)
            _note(into, node, y, inner)
        else:
            _note(into, node, _call(node, values, training, learning, heads))
        _drop(values, finished)
    return model.nodes, learning


def _call(
    node: Node,
    values: Values,
    training: bool,
    learning: set[SymbolicTensor],
    heads: Heads,
    **how: Any,
) -> Any:
    """Call a node's layer on its inputs and store what it returns; `how` is what else to say to it."""
    if not heads.isdisjoint(node.outputs):
        how["logits"] = True
    if node.layer.is_model:
        how["need_dx"] = not learning.isdisjoint(node.inputs)
    arrays = [values[tensor] for tensor in node.inputs]
    x = arrays if node.several else arrays[0]
    y = node.layer.forward(x, training, keep=node.outputs[0] in learning, **how)
    values.update(zip(node.outputs, y if len(node.outputs) > 1 else [y], strict=True))
    return y


def _drop(values: Values, finished: list[SymbolicTensor]) -> None:
    for tensor in finished:
        del values[tensor]


def backward(model: "Network", kept: Kept, dys: Sequence[Array | None], need_dx: bool, into: Record | None) -> Values:
    """Run nodes in reverse; set the model's `grads`, return the gradients at the tensors where a graph begins.

    `into`, where there is one, gets the gradient at every node's output, under the node's key.
    """
    wanted = kept.learning if need_dx else learning_tensors(kept.nodes, False) & kept.learning
    gradients: Values = {}
    model.grads = {}
    for tensor, gradient in zip(model.outputs, dys, strict=True):
        _add(gradients, tensor, gradient)
    for node in reversed(kept.nodes):
        if node.outputs[0] in kept.learning and node.inputs:
            _back(model, node, gradients, wanted, into)
    if into is not None:
        for node in model.nodes:
            if not node.inputs and node.outputs[0] in gradients:
                into[node.key] = gradients[node.outputs[0]]
    return gradients


def _back(model: "Network", node: Node, gradients: Values, wanted: set[SymbolicTensor], into: Record | None) -> None:
    """Go back through one node: from the gradients at its outputs to those at its inputs and in its layer."""
    dys = [gradients.pop(tensor, None) for tensor in node.outputs]
    if node.outputs[0] not in wanted or all(each is None for each in dys):
        node.layer.discard()
        return
    dy: Any = dys[0] if len(dys) == 1 else dys
    need = not wanted.isdisjoint(node.inputs)
    inner: Record | None = {} if into is not None and node.layer.is_model else None
    dx = node.layer.backward(dy, need_dx=need, **({} if inner is None else {"record": inner}))
    if into is not None:
        _note(into, node, dy, inner)
    if need:
        for tensor, gradient in zip(node.inputs, dx if node.several else [dx], strict=True):
            _add(gradients, tensor, gradient)
    if node.layer.trainable:
        for key, gradient in node.layer.grads.items():
            _add(model.grads, f"{node.layer.name}/{key}", gradient)


def last_uses(nodes: list[Node], outputs: list[SymbolicTensor]) -> list[list[SymbolicTensor]]:
    """List for each node the tensors that nobody reads after it."""
    finished: list[list[SymbolicTensor]] = [[] for _ in nodes]
    for tensor, index in {tensor: index for index, node in enumerate(nodes) for tensor in node.inputs}.items():
        if tensor not in outputs:
            finished[index].append(tensor)
    return finished


def learning_tensors(nodes: list[Node], need_dx: bool) -> set[SymbolicTensor]:
    """Return the tensors whose gradients backward needs: of and after a trainable layer; all where dx is wanted."""
    reached: set[SymbolicTensor] = set()
    for node in nodes:
        if need_dx or (node.layer.trainable and node.layer.params) or not reached.isdisjoint(node.inputs):
            reached.update(node.outputs)
    return reached


def _add(sums: dict[Any, Any], key: Any, gradient: Array | None) -> None:
    """Add a gradient, if there is one, to the others of its key."""
    if gradient is not None:
        sums[key] = added(sums[key], gradient) if key in sums else gradient


def _note(into: Record, node: Node, array: Any, inner: Record | None = None) -> None:
    """Write a node's array into the record, and what a nested model recorded under the node's key."""
    into.update({f"{node.key}/{key}": value for key, value in (inner or {}).items()})
    into[node.key] = array
