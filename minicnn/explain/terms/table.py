"""What a trace prints: one number, the terms that made it, and the engine's own number below.

The terms are added in float64, where their order hardly matters (`math.fsum` rounds once), and stand beside what the
engine computed in its own precision: the last line is the difference, which is rounding and nothing else.
"""

import math
from dataclasses import dataclass, field

COLUMNS = 80  # of the terminal that a table is made for; remarks that do not fit stand below their row


@dataclass(frozen=True)
class Term:
    """One summand: where it comes from, its factors, and a remark ("padding", "ReLU closed", "winner")."""

    where: str
    factors: tuple
    note: str = ""

    @property
    def value(self):
        """The product of the factors."""
        return math.prod(self.factors)


@dataclass
class Trace:
    """One number taken apart.

    Attributes
    ----------
    title, formula : str           what it is, and the equation that made it
    columns : tuple of str         what the terms' factors are called
    terms : list of Term           they add up, in float64, to `total`
    steps : list of (str, float)   what follows the sum: bias, activation
    engine : float                 the engine's number
    rows : int                     how many terms are printed at most; of more, the largest
    """

    title: str
    formula: str
    columns: tuple
    terms: list
    engine: float
    steps: list = field(default_factory=list)
    rows: int = 60  # printed at most; of more terms the largest are

    @property
    def total(self):
        """The sum of the terms."""
        return math.fsum(term.value for term in self.terms)

    @property
    def value(self):
        """The number itself, in float64: the sum, or what the last step made of it."""
        return self.steps[-1][1] if self.steps else self.total

    @property
    def difference(self):
        """The engine's number minus ours: rounding."""
        return self.engine - self.value

    def __str__(self):
        """A readable table."""
        return "\n".join([self.title, f"  {self.formula}", "", *self._rows(), *self._ending()])

    def _rows(self):
        shown = self.terms
        if len(shown) > self.rows:
            largest = sorted(range(len(shown)), key=lambda at: -abs(shown[at].value))[: self.rows]
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
            rest = self.total - math.fsum(term.value for term in shown)
            yield f"  ... and {len(self.terms) - len(shown)} smaller terms, together {number(rest)}"

    def _ending(self):
        lines = [
            (f"sum of {len(self.terms)} terms" if len(self.terms) > 1 else "this term", f"{self.total: .17g}"),
            *((text, f"{value: .17g}") for text, value in self.steps),
            ("the engine's number", f"{self.engine: .9g}   difference {self.difference:.1e} (rounding)"),
        ]
        wide = max(len(text) for text, _ in lines)
        return ["", *(f"  {text.ljust(wide)}  {value}" for text, value in lines)]


def number(value):
    """Write a number with six significant digits, a zero as 0."""
    return "0" if value == 0 else f"{float(value):.6g}"


def place(index):
    """Write an index: "[3, 4, channel 2]" for a map, "[17]" for a row of numbers (the example is left out)."""
    rest = [int(i) for i in index[1:]]
    if len(rest) == 3:
        return f"[{rest[0]}, {rest[1]}, channel {rest[2]}]"
    return str(rest)
