"""The page in a notebook: an iframe that holds all of it, so that the notebook shows it wherever it is opened."""

import html
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ... import arguments
from .epochs import ModelOrPath
from .page import write
from .pictures import PathOrArray


class Shown:
    """The page, to be shown by a notebook: the last line of a cell.

    Parameters
    ----------
    page : str
        Its HTML.
    height : int
        Of the frame, in pixels.

    Examples
    --------
    >>> Shown("<p>A page</p>", 400)
    <the explorer's page, 0.0 MB: a notebook shows it>
    """

    page: str
    height: int

    def __init__(self, page: str, height: int) -> None:
        self.page, self.height = page, height

    def __repr__(self) -> str:
        return f"<the explorer's page, {len(self.page) / 1e6:.1f} MB: a notebook shows it>"

    def _repr_html_(self) -> str:
        """Put the page into a frame of its own, which can't reach the notebook."""
        return (
            f'<iframe srcdoc="{html.escape(self.page)}" sandbox="allow-scripts" title="Where every number comes from" '
            f'style="width:100%;height:{self.height}px;border:1px solid #8888"></iframe>'
        )


def show(
    models: ModelOrPath | Sequence[ModelOrPath],
    pictures: PathOrArray | Sequence[PathOrArray],
    *,
    height: int = 800,
    **settings: Any,
) -> Shown:
    """Show the explorer's page in a notebook.

    Parameters
    ----------
    models : Model, path, or list of them
    pictures : list of paths and of arrays
        Both as `page.write` takes them.
    height : int
        Of the frame, in pixels.
    **settings
        Further arguments of `page.write`: `labels`, `classes`, `history`, ...

    Returns
    -------
    shown : Shown
        The last line of a cell shows it. The page lies in the notebook's file from then on.

    Raises
    ------
    ValueError
        As `page.write`.

    Examples
    --------
    >>> from minicnn.data import wardrobe
    >>> from minicnn.models import tinyvgg
    >>> "<iframe" in show(tinyvgg((64, 64), 10), wardrobe.draw("shirt", 0))._repr_html_()
    True
    """
    height = arguments.integer("height", height)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        write(models, pictures, path, **settings)
        return Shown(path.read_text(encoding="utf-8"), height)
