"""The blocks of a deep net, which the page shows as one column each until they are unfolded.

A block is what its author named so: layers whose names begin alike with a number, "block5_sepconv1" and
"block5_sepconv2_bn", in their nested model. A layer that only has the name that Keras gave it ("add_3") belongs to the
block that it stands in. Where nothing is named, a block is what lies between two points through which everything
passes: the branches that a sum or a Concatenate ends, named after that; and of a plain chain the layers of one size.
Rows of numbers, the head, are never folded, nor is the picture.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from .nodes import Node

FROM = 40  # operations that a net has at least, for its blocks to be folded
FEWEST = 3  # operations of a block
NAMED = re.compile(r"((?:[a-z]+\d*_)*(?:block|stage|mixed|fire|layer|unit)_?\d+[a-z]?)(?=_|$)", re.I)


def blocks(nodes: Sequence[Node]) -> list[dict[str, Any]]:
    """Find the blocks of a net; none where it is small enough to be seen whole.

    Parameters
    ----------
    nodes : list of dict
        Of `nodes.describe`.

    Returns
    -------
    blocks : list of dict
        name, first and last (positions in `nodes`), in running order; they do not overlap.

    Examples
    --------
    >>> from minicnn import Conv2D, Flatten, Input, Sequential
    >>> from minicnn.explain.page.nodes import describe
    >>> layers = [Conv2D(1, 1, name=f"block{k // 3}_conv{k % 3}") for k in range(40)]
    >>> nodes, _ = describe(Sequential([Input((3, 3, 1)), *layers, Flatten()]))
    >>> blocks(nodes)[0], len(blocks(nodes))
    ({'name': 'block0', 'first': 1, 'last': 3}, 13)
    """
    if len(nodes) < FROM:
        return []
    found = list(_named(nodes))
    for first, last in _gaps(nodes, found):
        joined = list(_joined(nodes, first, last))
        found += joined
        for begin, end in _gaps(nodes[: last + 1], joined, first):
            found += _by_size(nodes, begin, end)
    found.sort(key=lambda block: block["first"])
    return [block for block in found if block["last"] - block["first"] + 1 >= FEWEST]


def _block(name: str, first: int, last: int) -> dict[str, Any]:
    return {"name": name, "first": first, "last": last}


def _named(nodes: Sequence[Node]) -> Iterator[dict[str, Any]]:
    """Yield runs of nodes that belong to one name."""
    open_: dict[str, Any] | None = None
    for k, node in enumerate(nodes):
        path, _, layer = node["of"].rpartition("/")
        match = NAMED.match(layer)
        here = (path, match[1]) if match else None
        if open_ is not None and (
            len(node["shape"]) < 3
            or (here != open_["key"] if here else path != open_["key"][0] or not _automatic(node))
        ):
            yield _block(open_["key"][1], open_["first"], open_["last"])
            open_ = None
        if len(node["shape"]) == 3 and node["inputs"]:
            if open_ is not None:
                open_["last"] = k
            elif here:
                open_ = {"key": here, "first": k, "last": k}
    if open_ is not None:
        yield _block(open_["key"][1], open_["first"], open_["last"])


def _automatic(node: Node) -> bool:
    """Say whether Keras named the layer: after its class, and a number."""
    layer = node["of"].rpartition("/")[2].partition(":")[0]
    plain = re.sub(r"_\d+$", "", layer).replace("_", "")
    return plain in (node["kind"].lower(), "activation", "relu")


def _gaps(nodes: Sequence[Node], found: list[dict[str, Any]], first: int = 0) -> Iterator[tuple[int, int]]:
    """Yield the runs of maps, the picture apart, that no block has yet: (first, last)."""
    taken = {k for block in found for k in range(block["first"], block["last"] + 1)}
    run: list[int] = []
    for k in range(first, len(nodes) + 1):
        free = k < len(nodes) and k not in taken and len(nodes[k]["shape"]) == 3 and nodes[k]["inputs"]
        if free:
            run.append(k)
        elif run:
            yield run[0], run[-1]
            run = []


def _joined(nodes: Sequence[Node], first: int, last: int) -> Iterator[dict[str, Any]]:
    """Yield what lies between two points through which everything passes, where it branches."""
    reach, before = 0, first - 1
    furthest = {source: k for k, node in enumerate(nodes) for source in node["inputs"]}  # the last that reads each
    for k in range(last + 1):
        if k >= first and reach <= k:  # nothing before k is read after it
            if k - before > 1 and before >= 0:
                yield _block(nodes[k]["of"], before + 1, k)
            before = k
        reach = max(reach, furthest.get(k, k))


def _by_size(nodes: Sequence[Node], first: int, last: int) -> list[dict[str, Any]]:
    """List the runs of one height and width; short ones belong to the next."""
    found: list[dict[str, Any]] = []
    begin = first
    for k in range(first, last + 1):
        ends = k == last or nodes[k + 1]["shape"][:2] != nodes[k]["shape"][:2]
        if ends and (k - begin + 1 >= FEWEST or k == last):
            height, width = nodes[k]["shape"][:2]
            found.append(_block(f"{height}×{width}", begin, k))
            begin = k + 1
    return found
