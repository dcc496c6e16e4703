"""Training: the nodes of a graph, with a block in place of those that a block can do (blocks.py)."""

from ..kernels import LARGEST_WINDOW
from ..layers import Add, BatchNormalization, Conv2D, Dense, Layer, MaxPooling2D, Node, ReLU, SymbolicTensor, fused
from .blocks import Block, DenseBlock, NormBlock
from .gradients import dense_gradient
from .graph import Readers, activation_of, alike, inputs_of, replaced


def joined(nodes: list[Node], outputs: list[SymbolicTensor]) -> list[Node]:
    """Return the nodes of a graph with blocks in place of the nodes that a block can do.

    Parameters
    ----------
    nodes : list of Node
        In running order.
    outputs : list of SymbolicTensor
        Those that somebody wants, besides the nodes.

    Returns
    -------
    nodes : list of Node
        In running order. Those of blocks are new, between the tensors of the old ones.

    Examples
    --------
    >>> from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, Sequential
    >>> model = Sequential([Input((8, 8, 3)), Conv2D(4, 3, activation="relu"), MaxPooling2D(), Flatten(), Dense(2)])
    >>> [type(node.layer).__name__ for node in joined(model.nodes, model.outputs)]
    ['InputLayer', 'Block', 'Flatten', 'DenseBlock']
    """
    readers, callers = Readers(nodes, outputs), _callers(nodes, outputs)
    taken: set[Node] = set()
    runs: dict[Node, Node] = {}  # a block by the last of its nodes: by then all that goes in is there
    for node in nodes:
        if node in taken:
            continue
        if type(node.layer) is Dense and not replaced(node.layer):
            gradient = dense_gradient(node.inputs[0] in callers, node.outputs[0] in callers)
            runs[node] = _node(DenseBlock(node.layer, gradient), [node])
            continue
        parts = _parts(node, readers) if type(node.layer) is Conv2D else _normalized(node, readers, taken)
        if parts[-1].outputs[0] in outputs:  # whoever wants an output may want its logits
            parts = [node]
        taken.update(parts)
        runs[parts[-1]] = node if len(parts) == 1 else _node(_block(parts), parts)
    return [runs[node] for node in nodes if node in runs]


def _callers(nodes: list[Node], outputs: list[SymbolicTensor]) -> set[SymbolicTensor]:
    """Find the tensors whose array, or whose gradient's, may be a view of one that the model's caller holds."""
    found = set(outputs)
    for node in reversed(nodes):
        if not _computes(node.layer) and not found.isdisjoint(node.outputs):
            found.update(node.inputs)
    for node in nodes:
        if not node.inputs or not _computes(node.layer) and not found.isdisjoint(node.inputs):
            found.update(node.outputs)
    return found


def _computes(layer: Layer) -> bool:
    """Tell whether a layer surely makes new arrays: not those of its input in another shape."""
    return not layer.is_model and (bool(layer.params) or isinstance(layer, (MaxPooling2D, ReLU)))


def _parts(node: Node, readers: Readers) -> list[Node]:
    """Return the nodes that join this one in a block, itself first; it alone where there is none."""
    conv, parts = node.layer, [node]
    if not isinstance(conv, Conv2D) or replaced(conv) or conv.algorithm == "reference":
        return parts
    if conv.activation is None:
        relu = readers.only(node)
        if relu is None or activation_of(relu.layer) != "relu":
            return parts
        parts.append(relu)
    elif conv.activation != "relu":
        return parts
    pool = readers.only(parts[-1])
    if pool is not None and conv.algorithm == "auto" and _joins(pool.layer):
        parts.append(pool)
    return parts


def _normalized(node: Node, readers: Readers, taken: set[Node]) -> list[Node]:
    """Return a batch normalization and the sum and the ReLU that follow it; any other node alone."""
    norm, parts = node.layer, [node]
    if not isinstance(norm, BatchNormalization) or type(norm) is not BatchNormalization or replaced(norm):
        return parts
    following = readers.only(node) if norm.last else None
    if following is not None and _adds(following) and following not in taken:
        parts.append(following)
        following = readers.only(following)
    if following is not None and following not in taken:
        ending = activation_of(following.layer)
        if ending is not None and fused(ending, "batch_normalization")[1] is None:
            parts.append(following)
    return parts


def _adds(node: Node) -> bool:
    """Tell whether a node is the sum of two arrays whose shapes are known to be one."""
    return type(node.layer) is Add and not replaced(node.layer) and alike(node) and None not in node.inputs[0].shape[1:]


def _joins(pool: Layer) -> bool:
    """Tell whether a layer is a max pooling whose windows neither overlap nor reach out of the image, nor are large."""
    if type(pool) is not MaxPooling2D or replaced(pool):
        return False
    (ph, pw), (sh, sw) = pool.pool_size, pool.strides
    return pool.padding == "valid" and ph <= sh and pw <= sw and ph * pw <= LARGEST_WINDOW


def _block(parts: list[Node]) -> Layer:
    """Make the block of a convolution or a normalization and what joins it."""
    first, last = parts[0].layer, parts[-1].layer
    if isinstance(first, BatchNormalization):
        return NormBlock(first, type(parts[1].layer) is Add, activation_of(last))
    assert isinstance(first, Conv2D)
    return Block(first, last if isinstance(last, MaxPooling2D) else None)


def _node(layer: Layer, parts: list[Node]) -> Node:
    """Make a node that stands for some nodes in a row."""
    node = Node(layer, inputs_of(parts), layer.takes_list, parts[-1].outputs[0].shape)
    node.outputs = parts[-1].outputs
    return node
