"""What the layers are called: as in the PyTorch program where the file still tells, else as the file's nodes.

conv1.weight                        conv1           a node is called after its weight
/layer1/layer1.0/relu/Relu          layer1.0.relu   the older exporter writes the modules around an operation
/layer1/layer1.0/Add                layer1.0.Add    where several operations are of one module, with the operation
node_conv2d, model/conv/Conv2D      node_conv2d, model_conv_Conv2D
"""

from collections import Counter
from collections.abc import Sequence

from .proto import Node
from .tensors import Store

WEIGHT: str = ".weight"
LONGEST: int = 1000  # letters of a name of which modules are read
WEIGHED: tuple[str, ...] = ("Conv", "Gemm", "BatchNormalization", "MatMul", "PRelu")


def layer_names(nodes: Sequence[Node], store: Store) -> list[str]:
    """Return a name for the layer of each node; two may be the same.

    Parameters
    ----------
    nodes : sequence of Node
        Those that become layers.
    store : Store

    Returns
    -------
    names : list of str
    """
    modules = [_module(node.name) for node in nodes]
    uses = Counter(modules)
    return [_name(node, store, module, uses[module] == 1) for node, module in zip(nodes, modules, strict=True)]


def _name(node: Node, store: Store, module: str, alone: bool) -> str:
    weight = node.inputs[1] if node.op in WEIGHED and len(node.inputs) > 1 else ""
    if weight.endswith(WEIGHT) and weight in store:
        return plain_name(weight.removesuffix(WEIGHT), node.op)
    if module:
        return plain_name(module if alone else f"{module}.{node.name.rpartition('/')[2]}", node.op)
    return plain_name(node.name, node.op)


def _module(name: str) -> str:
    """Return the module in a name of the older exporter: "/layer1/layer1.0/relu/Relu" -> "layer1.0.relu"."""
    parts = name.split("/")[1:-1] if name.startswith("/") and len(name) <= LONGEST else []
    module: list[str] = []
    for part in parts:
        if module and part.startswith(f"{module[-1]}."):
            module.pop()
        module.append(part)
    return ".".join(module)


def plain_name(name: str, otherwise: str) -> str:
    """Return a name without what paths and terminals take for something else."""
    name = "".join(
        letter if letter.isprintable() and letter not in "/\\:" else "_" for letter in name[:LONGEST].lstrip("/")
    )[:150]
    return name if name.strip("._ ") else otherwise
