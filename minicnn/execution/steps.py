"""Prediction: the nodes of a graph gathered into steps, each a chain of layers (chains.py) or one node by itself.

A step begins at the first node that no step has yet, and takes the next one as long as nobody else reads what lies
between and the chain can take its layer. It runs when its last node would: then the residual that it may add is there.
"""

from typing import NamedTuple

from ..layers import Node, SymbolicTensor
from .chains import Chain, extended
from .graph import BuiltModel, Readers, inputs_of


class Step(NamedTuple):
    """Nodes that run as one.

    Attributes
    ----------
    nodes : list of Node
        In running order.
    chain : Chain or None
        What they are; None for one node that runs by itself.
    inputs : list of SymbolicTensor
        What goes in; a chain's residual is the second.
    finished : list of SymbolicTensor
        What nobody reads after the step.
    """

    nodes: list[Node]
    chain: Chain | None
    inputs: list[SymbolicTensor]
    finished: list[SymbolicTensor]


def steps(model: BuiltModel, heads: frozenset[SymbolicTensor]) -> list[Step]:
    """Gather the nodes of a graph into steps.

    Parameters
    ----------
    model : BuiltModel
    heads : set of SymbolicTensor
        Outputs of which the logits are wanted: what makes them runs by itself.

    Returns
    -------
    steps : list of Step
        In running order.
    """
    readers = Readers(model.nodes, model.outputs)
    order = {node: index for index, node in enumerate(model.nodes)}
    found: list[tuple[list[Node], Chain | None]] = []
    taken = {node for node in model.nodes if not node.inputs}
    for node in model.nodes:
        if node not in taken:
            nodes, chain = _longest(node, readers, taken, heads)
            taken.update(nodes)
            found.append((nodes, chain))
    found.sort(key=lambda step: order[step[0][-1]])
    inputs = [inputs_of(nodes) for nodes, _ in found]
    last = {tensor: index for index, tensors in enumerate(inputs) for tensor in tensors}
    return [
        Step(
            nodes,
            chain,
            tensors,
            [tensor for tensor, at in last.items() if at == index and tensor not in model.outputs],
        )
        for index, ((nodes, chain), tensors) in enumerate(zip(found, inputs, strict=True))
    ]


def _longest(
    node: Node, readers: Readers, taken: set[Node], heads: frozenset[SymbolicTensor]
) -> tuple[list[Node], Chain | None]:
    """Follow the graph from a node as long as layers join; return the nodes and their chain."""
    nodes: list[Node] = []
    chain, following = Chain(), node
    while following is not None and following not in taken and heads.isdisjoint(following.outputs):
        longer = extended(chain, following)
        if longer is None:
            break
        nodes.append(following)
        chain, following = longer, readers.only(following)
    if chain.layer is None and chain.norm is None:  # a frame or an activation by itself
        return [node], None
    return nodes, chain
