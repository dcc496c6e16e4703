"""What a page carries of a net that it cannot compute: which maps, and which of them it finds itself from others.

Nobody looks at 700 maps of a layer, and a page may not hold them. So of each layer a few maps travel, the strongest.
Layers that work channel by channel (a ReLU, a normalization, a pooling, a sum of two branches) hand their channels on:
they and what they read form a group, which shows the same channels throughout. So channel 13 of a residual trunk is
channel 13 in every block, and both terms of every sum are there. A Concatenate shows of each of its inputs the channels
that this shows itself, so that what a DenseNet hands on from layer to layer lies in its page once; and they share the
number of maps that it shows.

Inside a group nothing needs to be stored but where channels are mixed: the page computes the rest itself, forward from
what a layer reads and backward from what reads it, as it does for a small net (web/following.js). A convolution's
output and the gradient at its input are the engine's own numbers; none is rounded.

How many maps: as many as fit, from MOST_MAPS down to FEWEST_MAPS, the same for all groups; where maps are small more,
in the same measure.
"""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

import numpy as np

from ...types import Array, IntArray
from .nodes import Node

BUDGET = 800_000  # numbers of a page, of all its pictures: with its code and what describes the net below 5 MB
MOST_MAPS, FEWEST_MAPS = 10, 2
LAYER = 400  # numbers of a layer for each of the maps that all show: where its maps are smaller it shows more of them
MOST_SMALL = 24  # but no more than these
FOLLOWING = (
    "Activation",
    "Add",
    "Average",
    "AveragePooling2D",
    "BatchNormalization",
    "Concatenate",
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
)  # kinds whose channels are made of one of each input at most; web/layers.js computes them with any number
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
    alike = _alike(nodes, groups)
    maps = MOST_MAPS
    made = _with(nodes, groups, alike, strengths, maps)
    while maps > FEWEST_MAPS and size(nodes, made, pictures) > BUDGET:
        maps -= 1
        made = _with(nodes, groups, alike, strengths, maps)
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
        if _hands_on(nodes, k) and node["kind"] != "Concatenate":
            for source in node["inputs"]:
                one, other = sorted((first(source), first(k)))
                group[other] = one
    return [first(k) for k in range(len(nodes))]


def _hands_on(nodes: Sequence[Node], k: int) -> bool:
    """Say whether a channel of a node's output is made of one of each input at most: of c alone, or laid beside."""
    node = nodes[k]
    shapes = [node["shape"], *(nodes[source]["shape"] for source in node["inputs"])]
    if node["kind"] not in FOLLOWING or any(len(shape) != 3 for shape in shapes):
        return False
    if node["kind"] == "Concatenate":
        return True
    return all(shape[2] == shapes[0][2] for shape in shapes) and node["settings"].get("function") != "softmax"


def _alike(nodes: Sequence[Node], groups: list[int]) -> dict[int, IntArray]:
    """Number the channels of each group, (C,); those that are shown together or not at all have one number.

    Such are the two sides of a Concatenate; and of a filter bank a channel, the first filter of each that goes in.
    """
    own: dict[int, IntArray] = {}
    total = 0
    for group in dict.fromkeys(groups):
        if len(nodes[group]["shape"]) == 3:
            total += nodes[group]["shape"][2]
            own[group] = np.arange(total - nodes[group]["shape"][2], total)
    pairs = [(own[group], own[group]) for group in own]
    for k, node in enumerate(nodes):
        read = [groups[source] for source in node["inputs"]]
        if node["kind"] == "Concatenate" and _hands_on(nodes, k):
            pairs.append((own[groups[k]], np.concatenate([own[group] for group in read])))
        elif _bank(nodes, groups, k):
            pairs.append((own[k][:: len(own[k]) // len(own[read[0]])], own[read[0]]))
    one, other = (np.concatenate(side) for side in zip(*pairs, strict=True))
    number = np.arange(total)
    while (number[one] != number[other]).any():
        least = np.minimum(number[one], number[other])
        np.minimum.at(number, one, least)
        np.minimum.at(number, other, least)
    return {group: number[channels] for group, channels in own.items()}


def _bank(nodes: Sequence[Node], groups: list[int], k: int) -> bool:
    """Say whether several maps are made of each that goes in, the picture's apart."""
    return nodes[k]["kind"] == "DepthwiseConv2D" and groups[k] == k and groups[nodes[k]["inputs"][0]] != 0


def _with(
    nodes: Sequence[Node], groups: list[int], alike: dict[int, IntArray], strengths: Sequence[Array | None], maps: int
) -> Plan:
    """Make the plan with so many maps a group."""
    taken = np.zeros(1 + max(int(numbers.max()) for numbers in alike.values()), bool)
    widest = np.zeros(len(taken))
    for group, numbers in alike.items():
        if not _bank(nodes, groups, group):  # which shows no more than what goes in
            np.maximum.at(widest, numbers, len(numbers))
    for group, numbers in alike.items():
        if nodes[group]["kind"] == "Input":
            taken[numbers] = True
        elif nodes[group]["kind"] != "Concatenate" and not _bank(nodes, groups, group):
            share = len(numbers) / widest[numbers].max()  # of the widest layer that shows these
            taken[numbers[_strongest(nodes, groups, group, strengths, maps, share)]] = True
    chosen = {
        group: None if nodes[group]["kind"] == "Input" else np.flatnonzero(taken[numbers]).tolist()
        for group, numbers in alike.items()
    }
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


def _strongest(
    nodes: Sequence[Node], groups: list[int], group: int, strengths: Sequence[Array | None], maps: int, share: float
) -> IntArray:
    """Choose the channels of a group that are strongest where it is left."""
    members = [k for k in range(len(nodes)) if groups[k] == group]
    count = ceil(share * max(maps, min(MOST_SMALL, maps * LAYER // max(_area(nodes[k]) for k in members))))
    known = {k: strength for k in members if (strength := strengths[k]) is not None}
    inside = {source for k in known for source in nodes[k]["inputs"]}
    total = np.zeros(nodes[group]["shape"][2])
    for strength in (known[k] for k in known if k not in inside):
        total += strength / max(float(strength.sum()), 1e-30)
    return np.argsort(-total, kind="stable")[:count]


def _area(node: Node) -> int:
    return int(np.prod(node["shape"][:2])) if len(node["shape"]) == 3 else 1


def _count(made: Plan, nodes: Sequence[Node], k: int) -> int:
    channels = made.channels[k]
    return nodes[k]["shape"][-1] if channels is None else len(channels)
