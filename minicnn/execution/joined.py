"""Training: the nodes of a graph, with a block in place of those that a block can do (blocks.py)."""

from ..kernels import LARGEST_WINDOW
from ..layers import Activation, Conv2D, Dense, Layer, MaxPooling2D, Node, ReLU, SymbolicTensor
from .blocks import Block, DenseBlock
from .gradients import dense_gradient
from .graph import Readers, replaced


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
    done: set[Node] = set()
    result: list[Node] = []
    for node in nodes:
        if node in done:
            continue
        if type(node.layer) is Dense and not replaced(node.layer):
            gradient = dense_gradient(node.inputs[0] in callers, node.outputs[0] in callers)
            result.append(_node(DenseBlock(node.layer, gradient), [node]))
            continue
        parts = _parts(node, readers)
        if parts[-1].outputs[0] in outputs:  # whoever wants an output may want its logits
            parts = [node]
        done.update(parts)
        result.append(node if len(parts) == 1 else _node(_block(parts), parts))
    return result


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
    if type(conv) is not Conv2D or replaced(conv) or conv.algorithm == "reference":
        return parts
    if conv.activation is None:
        relu = readers.only(node)
        if relu is None or not _is_relu(relu.layer):
            return parts
        parts.append(relu)
    elif conv.activation != "relu":
        return parts
    pool = readers.only(parts[-1])
    if pool is not None and conv.algorithm == "auto" and _joins(pool.layer):
        parts.append(pool)
    return parts


def _is_relu(layer: Layer) -> bool:
    """Tell whether a layer is a ReLU without a maximum, of its own kind or an Activation."""
    return type(layer) in (ReLU, Activation) and layer.activation == "relu" and not replaced(layer)


def _joins(pool: Layer) -> bool:
    """Tell whether a layer is a max pooling whose windows neither overlap nor reach out of the image, nor are large."""
    if type(pool) is not MaxPooling2D or replaced(pool):
        return False
    (ph, pw), (sh, sw) = pool.pool_size, pool.strides
    return pool.padding == "valid" and ph <= sh and pw <= sw and ph * pw <= LARGEST_WINDOW


def _block(parts: list[Node]) -> Block:
    """Make the block of a convolution, a ReLU that may be its own, and perhaps a pooling."""
    conv, pool = parts[0].layer, parts[-1].layer
    assert isinstance(conv, Conv2D)
    return Block(conv, pool if isinstance(pool, MaxPooling2D) else None)


def _node(layer: Layer, parts: list[Node]) -> Node:
    """Make a node that stands for some nodes in a row."""
    node = Node(layer, parts[0].inputs, False, parts[-1].outputs[0].shape)
    node.outputs = parts[-1].outputs
    return node
