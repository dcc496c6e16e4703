"""What a page carries of a net that it cannot compute: which maps, and which of them it finds itself from others.

Nobody looks at 700 maps of a layer, and a page may not hold them. So of each layer a few maps travel, the strongest.
Layers that work channel by channel (a ReLU, a normalization, a pooling, a sum of two branches) hand their channels on:
they and what they read form a group, which shows the same channels throughout. So channel 13 of a residual trunk is
channel 13 in every block, and both terms of every sum are there.

Inside a group nothing needs to be stored but where channels are mixed: the page computes the rest itself, forward from
what a layer reads and backward from what reads it, as it does for a small net (web/following.js). A convolution's
output and the gradient at its input are the engine's own numbers; none is rounded.

How many maps: as many as fit, from MOST_MAPS down to FEWEST_MAPS, the same for all groups; where maps are small more.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...types import Array
from .nodes import Node

BUDGET = 900_000  # numbers of a page, of all its pictures: with the page's code 5 MB
MOST_MAPS, FEWEST_MAPS = 10, 2
LAYER = 4_000  # numbers of a layer: where its maps are smaller than that shared by MOST_MAPS, it shows more of them
MOST_SMALL = 24  # but no more than these
FOLLOWING = (
    "Activation",
    "Add",
    "Average",
    "AveragePooling2D",
    "BatchNormalization",
    "Cropping2D",
    "DepthwiseConv2D",
    "Dropout",
    "ELU",
    "Identity",
    "LeakyReLU",
    "MaxPooling2D",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "ReLU",
    "Rescaling",
    "Resizing",
    "Subtract",
    "UpSampling2D",
    "ZeroPadding2D",
)  # kinds whose channel c is made of channels c alone, which web/layers.js computes with any number of them
POOLED = ("GlobalAveragePooling2D", "GlobalMaxPooling2D")  # rows, of which each number leads back to its own map


class Plan(NamedTuple):
    """What a page carries.

    Attributes
    ----------
    channels : list
        A node each: the channels that are shown, in order; None where all are (rows, and the picture).
    follows : list of bool
        Whether the page computes a node's output from what the node reads.
    led : list of bool
        Whether the page computes the gradient at a node's output from those of what reads it.
    """

    channels: list[list[int] | None]
    follows: list[bool]
    led: list[bool]


def plan(nodes: Sequence[Node], strengths: Sequence[Array | None], pictures: int = 1) -> Plan:
    """Choose what a page carries, as many maps as its budget allows.

    Parameters
    ----------
    nodes : list of dict
        Of `nodes.describe`.
    strengths : list
        A node each: how strong its channels are, (C,); None where that is not known or there are none.
    pictures : int
        How many the page holds.

    Returns
    -------
    plan : Plan

    Examples
    --------
    >>> from minicnn import Conv2D, Flatten, Input, ReLU, Sequential
    >>> from minicnn.explain.page.nodes import describe
    >>> nodes, _ = describe(Sequential([Input((3, 3, 1)), Conv2D(40, 1), ReLU(), Flatten()]))
    >>> made = plan(nodes, [None, None, np.arange(40), None])
    >>> made.channels[2] == list(range(16, 40)), made.follows, made.led
    (True, [False, False, True, False], [False, True, False, False])
    """
    groups = _groups(nodes)
    maps = MOST_MAPS
    made = _with(nodes, groups, strengths, maps)
    while maps > FEWEST_MAPS and size(nodes, made, pictures) > BUDGET:
        maps -= 1
        made = _with(nodes, groups, strengths, maps)
    return made


def size(nodes: Sequence[Node], made: Plan, pictures: int = 1) -> int:
    """Count the numbers that a plan stores: maps, gradients, and the kernels between them with theirs."""
    each = between = 0
    for k, node in enumerate(nodes):
        area, maps = _area(node), _count(made, nodes, k)
        each += area * maps * ((not made.follows[k] and node["kind"] != "Input") + (not made.led[k]))
        if "kernel" in node["arrays"] and node["kind"] in ("Conv2D", "DepthwiseConv2D"):
            taps = int(np.prod(node["settings"]["size"]))
            between += taps * maps * (_count(made, nodes, node["inputs"][0]) if node["kind"] == "Conv2D" else 1)
    return pictures * (each + between) + between


def _groups(nodes: Sequence[Node]) -> list[int]:
    """Give each node the number of its group, that of the group's first member; rows have groups of their own."""
    group = list(range(len(nodes)))

    def first(k: int) -> int:
        while group[k] != k:
            k = group[k]
        return k

    for k, node in enumerate(nodes):
        if _hands_on(nodes, k):
            for source in node["inputs"]:
                one, other = sorted((first(source), first(k)))
                group[other] = one
    return [first(k) for k in range(len(nodes))]


def _hands_on(nodes: Sequence[Node], k: int) -> bool:
    """Say whether channel c of a node's output is made of channels c of what it reads."""
    node = nodes[k]
    shapes = [node["shape"], *(nodes[source]["shape"] for source in node["inputs"])]
    if node["kind"] not in FOLLOWING or any(len(shape) != 3 or shape[2] != shapes[0][2] for shape in shapes):
        return False
    return node["settings"].get("function") != "softmax"


def _with(nodes: Sequence[Node], groups: list[int], strengths: Sequence[Array | None], maps: int) -> Plan:
    """Make the plan with so many maps a group."""
    chosen = {
        group: _chosen(nodes, groups, group, strengths, maps)
        for group in dict.fromkeys(groups)
        if len(nodes[group]["shape"]) == 3
    }
    for k, node in enumerate(nodes):  # of a filter bank a channel, the first filter of each that goes in
        if node["kind"] == "DepthwiseConv2D" and groups[k] == k:
            read = chosen[groups[node["inputs"][0]]]
            many = node["shape"][2] // nodes[node["inputs"][0]]["shape"][2]
            chosen[k] = chosen[k] if read is None else [c * many for c in read]
    channels = [chosen.get(group) for group in groups]
    follows = [bool(node["inputs"]) and _hands_on(nodes, k) for k, node in enumerate(nodes)]
    readers: list[list[int]] = [[] for _ in nodes]
    for k, node in enumerate(nodes):
        for source in node["inputs"]:
            readers[source].append(k)
    led = [
        bool(readers[k]) and all(follows[reader] or _pools(nodes, reader) for reader in readers[k])
        for k in range(len(nodes))
    ]
    return Plan(channels, follows, led)


def _pools(nodes: Sequence[Node], k: int) -> bool:
    return nodes[k]["kind"] in POOLED and len(nodes[k]["shape"]) == 1


def _chosen(
    nodes: Sequence[Node], groups: list[int], group: int, strengths: Sequence[Array | None], maps: int
) -> list[int] | None:
    """Choose a group's channels: all of the picture's, else the strongest where the group is left."""
    members = [k for k in range(len(nodes)) if groups[k] == group]
    if nodes[group]["kind"] == "Input":
        return None
    count = max(maps, min(MOST_SMALL, LAYER // max(_area(nodes[k]) for k in members)))
    known = {k: strength for k in members if (strength := strengths[k]) is not None}
    inside = {source for k in known for source in nodes[k]["inputs"]}
    total = np.zeros(nodes[group]["shape"][2])
    for strength in (known[k] for k in known if k not in inside):
        total += strength / max(float(strength.sum()), 1e-30)
    return sorted(int(c) for c in np.argsort(-total, kind="stable")[:count])


def _area(node: Node) -> int:
    return int(np.prod(node["shape"][:2])) if len(node["shape"]) == 3 else 1


def _count(made: Plan, nodes: Sequence[Node], k: int) -> int:
    channels = made.channels[k]
    return nodes[k]["shape"][-1] if channels is None else len(channels)
