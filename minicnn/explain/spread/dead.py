"""Dead ReLUs: units that are closed for every picture, so that no gradient reaches their weights."""

from typing import NamedTuple

import numpy as np

from ...models import Model
from ...types import ArrayLike
from ..terms import as_batch, closes, run_forward, unfold

BATCH = 32


class Dead(NamedTuple):
    """The dead units of one ReLU.

    Attributes
    ----------
    layer : str
        The layer that returns what the ReLU lets pass.
    dead : tuple of int
        Which of its units return 0 everywhere on every picture.
    units : int
        How many it has: channels of maps, or entries of a row.

    Examples
    --------
    >>> print(Dead("re_lu", (1, 4), 10))
    re_lu: 2 of 10 dead (1, 4)
    """

    layer: str
    dead: tuple[int, ...]
    units: int

    def __str__(self) -> str:
        which = f" ({', '.join(map(str, self.dead))})" if self.dead else ""
        return f"{self.layer}: {len(self.dead)} of {self.units} dead{which}"


def dead_units(model: Model, x: ArrayLike) -> list[Dead]:
    """Find the ReLUs that are closed for every one of some pictures.

    Parameters
    ----------
    model : Model
        With one input.
    x : (N, ...) or one example (...)
        Pictures, as the model takes them; a unit that is dead for a few may live for others.

    Returns
    -------
    found : list of Dead
        One for each ReLU (or ReLU6), in running order, those within other layers included.

    Raises
    ------
    ValueError
        A model of several inputs, or no pictures.

    Notes
    -----
    No gradient passes a closed ReLU: of such a unit neither kernel nor bias learns from these pictures.

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> model = Sequential([Input((1,)), Dense(3, activation="relu")])
    >>> model.set_weights([np.array([[1.0, -1.0, 0.0]]), np.array([0.0, 0.0, -5.0])])
    >>> print(*dead_units(model, [[2.0], [-3.0]]))
    dense: 1 of 3 dead (2)
    """
    pictures = as_batch(model, x)
    if not len(pictures):
        raise ValueError("`x` must hold at least one picture. Received: none.")
    names = [key for key, at in unfold(model).items() if at.sources and closes(at.layer)]
    alive: dict[str, np.ndarray] = {}
    for start in range(0, len(pictures), BATCH):
        _, values = run_forward(model, pictures[start : start + BATCH])
        for name in names:
            open_ = (values[name] > 0).reshape(-1, values[name].shape[-1]).any(0)
            alive[name] = alive.get(name, np.zeros_like(open_)) | open_
    return [Dead(name, tuple(np.flatnonzero(~alive[name]).tolist()), len(alive[name])) for name in names]
