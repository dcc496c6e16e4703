"""Weights in 8 bits: how a page of up to 12 million of them stays under 16 MB, and what that costs.

Every row of a kernel's matrix, the weights of one unit or filter, has a scale of its own: the row's largest weight is
127 of it, the others are the nearest whole multiples. Only large kernels are rounded; biases and normalizations are as
they were. What the rounding moves is not estimated but measured, by the engine, on the page's own pictures; the page
says it. `exact` leaves all weights alone, in a page of four times the size.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...models import Model
from ...types import AnyArray, Array
from .blobs import Blobs
from .nodes import Node, describe
from .pictures import Picture, probabilities

LEVELS = 127
EXACT = 3_000_000  # numbers of all epochs' weights that travel as they are: 15 MB
SMALL = 10_000  # numbers of a kernel that is not worth it
KINDS = ("Conv2D", "Dense")


class Rounded(NamedTuple):
    """An array in 8 bits.

    Attributes
    ----------
    levels : array of int8, the array's shape
    scales : (F,) float32
        Of the last axis: one a unit or filter.
    """

    levels: AnyArray
    scales: Array

    def restored(self) -> Array:
        """Return the array that the levels stand for: float32, as the page computes it."""
        return (self.levels * self.scales.astype(np.float64)).astype(np.float32)


def rounded(array: Array) -> Rounded:
    """Round an array to 8 bits, a scale for each unit of its last axis.

    Examples
    --------
    >>> levels, scales = rounded(np.array([[1.0, 0.1], [-0.5, 0.2], [0.0, 0.0]], "float32"))
    >>> levels.tolist(), (scales * 127).round(3).tolist()
    ([[127, 64], [-64, 127], [0, 0]], [1.0, 0.20000000298023224])
    """
    most = np.abs(array.reshape(-1, array.shape[-1])).max(0)
    scales = (np.where(most > 0, most, 1) / LEVELS).astype(np.float32)
    return Rounded(np.clip(np.rint(array / scales), -LEVELS, LEVELS).astype(np.int8), scales)


def worth(nodes: Sequence[Node], arrays: Sequence[Array]) -> list[bool]:
    """Say of each array of the nodes, in their order, whether it is a large kernel."""
    names = [(node["kind"], name) for node in nodes for name in node["arrays"]]
    return [
        kind in KINDS and name == "kernel" and array.size > SMALL
        for (kind, name), array in zip(names, arrays, strict=True)
    ]


def lay_down(nodes: Sequence[Node], arrays: Sequence[Array], blobs: Blobs, exact: bool) -> list[Any]:
    """Lay down a model's arrays, the large kernels in 8 bits unless `exact`; return where they lie."""
    found: list[Any] = []
    for array, large in zip(arrays, worth(nodes, arrays), strict=True):
        if exact or not large:
            found.append(blobs.add(array))
        else:
            found.append({name: blobs.add(part) for name, part in rounded(array)._asdict().items()})
    return found


def told(models: Sequence[Model], shown: Sequence[Picture], card: dict[str, Any]) -> dict[str, Any]:
    """Measure what the rounding moves, on every picture at every epoch.

    Parameters
    ----------
    models : list of Model
    shown : list of Picture
    card : dict
        The classifier.json.

    Returns
    -------
    told : dict
        moved, the largest change of a probability; others, how many answers name another class; text, which says so.
    """
    moved, others, answers = 0.0, 0, 0
    for model in models:
        copy = model.astype("float32")
        nodes, arrays = describe(copy)
        live = arrays(copy)
        for array, large in zip(live, worth(nodes, live), strict=True):
            if large:
                array[...] = rounded(array).restored()
        for picture in shown:
            was, now = (probabilities(each, picture, card) for each in (model, copy))
            moved = max(moved, float(np.abs(now - was).max()))
            others += int(now.argmax() != was.argmax())
            answers += 1
    named = f"and names another class for {others} of {answers} answers" if others else "and names no other class"
    count = models[-1].count_params()
    text = (
        f"This net has {count / 1e6:.1f} million weights: the large kernels are rounded to 8 bits here, with a scale "
        f"for each filter or unit. On these pictures that moves a probability by at most {100 * moved:.2g} percentage "
        f"points {named}. minicnn explain --exact writes them as they are, in a page of four times the size."
    )
    return {"moved": moved, "others": others, "text": text}
