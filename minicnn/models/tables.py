"""A table as HTML, for notebooks: without a style of its own but alignment, so that it fits light and dark pages."""

import html
import itertools
from collections.abc import Iterable, Sequence

SHADE: float = 0.6  # of a cell's colour at most: the number on it stays readable, on white and on black


def html_table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    texts: int,
    caption: str = "",
    shades: Sequence[Sequence[float]] = (),
) -> str:
    """Write a table as HTML.

    Parameters
    ----------
    head : list of str
    rows : list of lists of str
    texts : int
        So many columns are texts, to the left; the others numbers, to the right.
    caption : str
        Stands below.
    shades : list of lists of float, optional
        How dark each number's cell is, 0..1, a list a row: what is most shows from afar.

    Returns
    -------
    text : str
        Every cell escaped: a name with markup in it shows as it is.

    Examples
    --------
    >>> html_table(["layer", "parameters"], [["<conv>", "20"]], 1).count("&lt;conv&gt;")
    1
    """

    def cells(kind: str, row: Sequence[str], dark: Sequence[float] = ()) -> str:
        return "".join(
            f'<{kind} style="text-align:{"left" if column < texts else "right"}{shade(dark, column)}">'
            f"{html.escape(cell)}</{kind}>"
            for column, cell in enumerate(row)
        )

    def shade(dark: Sequence[float], column: int) -> str:
        strength = dark[column - texts] if 0 <= column - texts < len(dark) else 0.0
        return f";background:rgba(245,130,32,{SHADE * strength:.2f})" if strength else ""

    body = "".join(
        f"<tr>{cells('td', row, dark)}</tr>" for row, dark in itertools.zip_longest(rows, shades, fillvalue=())
    )
    below = f"<p>{html.escape(caption)}</p>" if caption else ""
    return f"<table><thead><tr>{cells('th', head)}</tr></thead><tbody>{body}</tbody></table>{below}"
