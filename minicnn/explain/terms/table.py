"""What a trace prints: one number, the terms that made it, and the engine's own number below.

The terms are added in float64, where their order hardly matters (`math.fsum` rounds once), and stand beside what the
engine computed in its own precision: the last line is the difference, which is rounding and nothing else.
"""

import html
import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from ...types import Array
from .reasons import reason_of

Index = tuple[int, ...]  # of one number in an array
Inputs = Sequence[Array]  # what the engine fed a layer
COLUMNS = 80  # of the terminal that a table is made for; remarks that do not fit stand below their row


@dataclass(frozen=True)
class Term:
    """One summand.

    Attributes
    ----------
    where : str
        Where it comes from: "[3, 4, channel 2]".
    factors : tuple of float
        Their product is its value.
    note : str
        A remark: "padding", "ReLU closed", "winner".
    reason : str
        Why its value would be 0, as reasons.py names it; "" where no remark tells.

    Examples
    --------
    >>> Term("[0, 1, channel 2]", (0.5, -4.0)).value
    -2.0
    """

    where: str
    factors: tuple[float, ...]
    note: str = ""
    reason: str = ""

    @property
    def value(self) -> float:
        """The product of the factors."""
        return math.prod(self.factors)


class Parts(NamedTuple):
    """What one output is made of.

    Attributes
    ----------
    formula : str
        The equation.
    columns : tuple of str
        What the terms' factors are called.
    terms : list of Term
        They add up to the number before bias and activation.
    steps : list of (str, float)
        What follows the sum, and the number after it.
    """

    formula: str
    columns: tuple[str, ...]
    terms: list[Term]
    steps: list[tuple[str, float]]


class GradientAt(Protocol):
    """What a rule asks for the gradient at its layer's outputs: `dz`.

    Attributes
    ----------
    name : str
        Of the place, or of what lies inside it.
    """

    name: str

    def __call__(self, index: Index, /) -> tuple[float, Sequence[str]]:
        """Return the loss's gradient at one output, and the remarks on what it came through."""
        ...


def term_sent(dz: GradientAt, index: Sequence[int], factor: float, note: str = "") -> Term:
    """Make the term that one output sends back: its gradient times a factor.

    Parameters
    ----------
    dz : callable
        The gradient at the outputs, see `GradientAt`.
    index : tuple of int
        Of the output.
    factor : float
        What a number was multiplied by for that output.
    note : str
        A remark.

    Returns
    -------
    term : Term
    """
    value, came = dz(tuple(int(i) for i in index))
    remarks = [text for text in (note, *came) if text]
    where = f"example {index[0]} {dz.name}{place(index)}"
    return Term(where, (value, float(factor)), ", ".join(remarks), reason_of(remarks))


def add_up(values: Iterable[float]) -> float:
    """Add numbers, rounding once; infinities give what plain sums give: infinity, or NaN.

    Examples
    --------
    >>> add_up([1e100, 1.0, -1e100]), add_up([float("inf"), float("-inf")])
    (1.0, nan)
    """
    every = list(values)
    try:
        return math.fsum(every)
    except (OverflowError, ValueError):  # a sum too large, infinities of both signs
        return sum(every, 0.0)


@dataclass(repr=False)
class Trace:
    """One number taken apart.

    Attributes
    ----------
    title : str
        What it is.
    formula : str
        The equation that made it.
    columns : tuple of str
        What the terms' factors are called.
    terms : list of Term
        They add up, in float64, to `total`.
    engine : float
        The engine's number.
    steps : list of (str, float)
        What follows the sum: bias, activation.
    rows : int
        How many terms are printed at most; of more, the largest.
    verdict : str
        What the terms come to, in one line; empty where that goes without saying.

    Examples
    --------
    >>> terms, steps = [Term("[0]", (2.0, 3.0))], [("+ bias 1", 7.0)]
    >>> found = Trace("y[0]", "y = sum of x * kernel + bias", ("x", "kernel"), terms, 7.0, steps)
    >>> found.total, found.value, found.difference
    (6.0, 7.0, 0.0)
    """

    title: str
    formula: str
    columns: tuple[str, ...]
    terms: list[Term]
    engine: float
    steps: list[tuple[str, float]] = field(default_factory=list)
    rows: int = 60
    verdict: str = ""

    @property
    def total(self) -> float:
        """The sum of the terms."""
        return add_up(term.value for term in self.terms)

    @property
    def value(self) -> float:
        """The number itself, in float64: the sum, or what the last step made of it."""
        return self.steps[-1][1] if self.steps else self.total

    @property
    def difference(self) -> float:
        """The engine's number minus ours: rounding."""
        return self.engine - self.value

    def __str__(self) -> str:
        """A readable table."""
        told = [f"  {line}" for line in textwrap.wrap(self.verdict, COLUMNS - 2)]
        return "\n".join([self.title, f"  {self.formula}", *told, "", *self._rows(), *self._ending()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Write the table for a notebook."""
        return f"<pre>{html.escape(str(self))}</pre>"

    def _rows(self):
        shown = self.terms
        if len(shown) > self.rows:
            largest = sorted(range(len(shown)), key=lambda at: -_size(shown[at]))[: self.rows]
            shown = [shown[at] for at in sorted(largest)]
        head = ["where", *self.columns, *(["product"] if len(self.columns) > 1 else []), ""]
        rows = [head]
        for term in shown:
            product = [number(term.value)] if len(self.columns) > 1 else []
            rows.append([term.where, *map(number, term.factors), *product, term.note])
        widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
        below = sum(widths) + 2 * len(widths) > COLUMNS
        for row in rows:
            cells = [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)),
            ]
            line = "  " + "  ".join(cells if below else [*cells, row[-1]])
            yield line.rstrip()
            if below and row[-1]:
                yield f"      {row[-1]}"
        if len(shown) < len(self.terms):
            rest = self.total - add_up(term.value for term in shown)
            yield f"  ... and {len(self.terms) - len(shown)} smaller terms, together {number(rest)}"

    def _ending(self):
        lines = [
            (f"sum of {len(self.terms)} terms" if len(self.terms) > 1 else "this term", f"{self.total: .17g}"),
            *((text, f"{value: .17g}") for text, value in self.steps),
            ("the engine's number", f"{self.engine: .9g}   difference {self.difference:.1e} (rounding)"),
        ]
        wide = max(len(text) for text, _ in lines)
        return ["", *(f"  {text.ljust(wide)}  {value}" for text, value in lines)]


def _size(term: Term):
    """Order terms by size; what is no number comes first."""
    return math.inf if math.isnan(term.value) else abs(term.value)


def number(value: float) -> str:
    """Write a number with six significant digits, a zero as 0.

    Examples
    --------
    >>> number(1 / 3), number(-0.0)
    ('0.333333', '0')
    """
    return "0" if value == 0 else f"{float(value):.6g}"


def place(index: Sequence[int]) -> str:
    """Write an index, without the example: that of a map, or of a row of numbers.

    Examples
    --------
    >>> place((0, 3, 4, 2)), place((0, 17))
    ('[3, 4, channel 2]', '[17]')
    """
    rest = [int(i) for i in index[1:]]
    if len(rest) == 3:
        return f"[{rest[0]}, {rest[1]}, channel {rest[2]}]"
    return str(rest)
