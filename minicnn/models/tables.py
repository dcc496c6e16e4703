"""A table as HTML, for notebooks: without a style of its own but alignment, so that it fits light and dark pages."""

import html
from collections.abc import Iterable, Sequence


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]], texts: int, caption: str = "") -> str:
    """Write a table as HTML.

    Parameters
    ----------
    head : list of str
    rows : list of lists of str
    texts : int
        So many columns are texts, to the left; the others numbers, to the right.
    caption : str
        Stands below.

    Returns
    -------
    text : str
        Every cell escaped: a name with markup in it shows as it is.

    Examples
    --------
    >>> html_table(["layer", "parameters"], [["<conv>", "20"]], 1).count("&lt;conv&gt;")
    1
    """

    def cells(kind: str, row: Sequence[str]) -> str:
        return "".join(
            f'<{kind} style="text-align:{"left" if column < texts else "right"}">{html.escape(cell)}</{kind}>'
            for column, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    below = f"<p>{html.escape(caption)}</p>" if caption else ""
    return f"<table><thead><tr>{cells('th', head)}</tr></thead><tbody>{body}</tbody></table>{below}"
