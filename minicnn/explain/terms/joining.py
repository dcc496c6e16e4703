"""Layers of several inputs: which of their numbers make one output, and what an output sends back to each of them."""

import math
from collections.abc import Callable, Sequence
from itertools import product

import numpy as np

from ...layers import Concatenate, Layer
from .table import GradientAt, Index, Inputs, Parts, Term, place, term_sent

# ---- forward: FORWARD[kind](layer, xs, index) -> Parts ---------------------------------------------------------------


def _weighed(formula: str, weights: Callable[[int], list[float]]):
    """Make the rule of a sum of the inputs, each times a weight of its own: weights(how many) lists them."""

    def rule(layer: Layer, xs: Inputs, index: Index):
        wide, factors = np.broadcast_arrays(*xs), weights(len(xs))
        plain = set(factors) == {1}
        terms = [
            Term(f"input {k}", (float(x[index]),) if plain else (float(x[index]), factor))
            for k, (x, factor) in enumerate(zip(wide, factors, strict=True))
        ]
        return Parts(formula, ("x",) if plain else ("x", "factor"), terms, [])

    return rule


def _multiply(layer: Layer, xs: Inputs, index: Index):
    factors = tuple(float(x[index]) for x in np.broadcast_arrays(*xs))
    return Parts(
        "y = the product of the inputs", tuple(f"x{k + 1}" for k in range(len(xs))), [Term(place(index), factors)], []
    )


def _extreme(layer: Layer, xs: Inputs, index: Index):
    """Of a Maximum or Minimum: the first input that is the largest, or smallest, wins."""
    values = [float(x[index]) for x in np.broadcast_arrays(*xs)]
    first = _winner(layer, values)
    terms = [
        Term(
            f"input {k}",
            (value, float(k == first)),
            "winner" if k == first else "as much: the first one wins" if value == values[first] else "",
        )
        for k, value in enumerate(values)
    ]
    word = "largest" if type(layer).__name__ == "Maximum" else "smallest"
    return Parts(f"y = the {word} of the inputs", ("x", "share"), terms, [])


def _winner(layer: Layer, values: Sequence[float]):
    """Tell which of some numbers a Maximum or Minimum takes."""
    return int(np.argmax(values) if type(layer).__name__ == "Maximum" else np.argmin(values))


def _concatenate(layer: Concatenate, xs: Inputs, index: Index):
    axis, at = layer.axis % len(index), index[layer.axis]
    for k, x in enumerate(xs):
        if at < x.shape[axis]:
            origin = (*index[:axis], at, *index[axis + 1 :])
            term = Term(f"input {k} {place(origin)}", (float(x[origin]),))
            return Parts("the inputs side by side", ("x",), [term], [])
        at -= x.shape[axis]
    raise IndexError(index)


def _ones(count: int):
    return [1.0] * count


def _signs(count: int):
    return [1.0, -1.0]


def _shares(count: int):
    return [1 / count] * count


FORWARD: dict[str, Callable[..., Parts]] = {
    "Add": _weighed("y = the sum of the inputs", _ones),
    "Average": _weighed("y = the mean of the inputs", _shares),
    "Concatenate": _concatenate,
    "Maximum": _extreme,
    "Minimum": _extreme,
    "Multiply": _multiply,
    "Subtract": _weighed("y = the first input minus the second", _signs),
}


# ---- backward: TO_INPUT[kind](layer, xs, k, dz, index) -> terms for xs[k][index] -------------------------------------


def _weighed_back(weights: Callable[[int], list[float]]) -> Callable[..., list[Term]]:
    """Make the way back of a sum of the inputs."""
    return lambda layer, xs, k, dz, index: [term_sent(dz, at, weights(len(xs))[k]) for at in _readers(xs, k, index)]


def _multiply_back(layer: Layer, xs: Inputs, k: int, dz: GradientAt, index: Index):
    wide = np.broadcast_arrays(*xs)
    return [
        term_sent(dz, at, math.prod(float(x[at]) for other, x in enumerate(wide) if other != k))
        for at in _readers(xs, k, index)
    ]


def _extreme_back(layer: Layer, xs: Inputs, k: int, dz: GradientAt, index: Index) -> list[Term]:
    wide = np.broadcast_arrays(*xs)
    terms: list[Term] = []
    for at in _readers(xs, k, index):
        first = _winner(layer, [x[at] for x in wide])
        terms.append(term_sent(dz, at, float(first == k), "winner" if first == k else f"won by input {first}"))
    return terms


def _concatenate_back(layer: Concatenate, xs: Inputs, k: int, dz: GradientAt, index: Index):
    axis = layer.axis % len(index)
    before = sum(x.shape[axis] for x in xs[:k])
    return [term_sent(dz, (*index[:axis], index[axis] + before, *index[axis + 1 :]), 1.0)]


def _readers(xs: Inputs, k: int, index: Index):
    """List the outputs that read a number of input k: several where a size of 1 is stretched."""
    shape = np.broadcast_shapes(*(x.shape for x in xs))
    return list(
        product(
            *(range(full) if size == 1 else (at,) for at, size, full in zip(index, xs[k].shape, shape, strict=True))
        )
    )


TO_INPUT: dict[str, Callable[..., list[Term]]] = {
    "Add": _weighed_back(_ones),
    "Average": _weighed_back(_shares),
    "Concatenate": _concatenate_back,
    "Maximum": _extreme_back,
    "Minimum": _extreme_back,
    "Multiply": _multiply_back,
    "Subtract": _weighed_back(_signs),
}
