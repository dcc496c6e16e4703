"""A recipe: one training after the other, each going on from the best epoch of the one before it.

The folder of a recipe holds a run folder a phase, recipe.json, and best.keras: the best epoch of all, chosen on
validation.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .. import config as configs
from .. import results, runs
from ..features import maps
from ..runtime import console, files
from ..types import AnyPath, History
from . import start


def follow(
    name: str,
    data_folder: AnyPath,
    out: AnyPath,
    store: AnyPath | None = None,
    skip_corrupt: bool = False,
    maps_budget: float = maps.BUDGET,
    callbacks: Callable[[Path], Sequence[Any]] = lambda out: (),
    **settings: Any,
) -> History:
    """Train by a recipe in a new folder.

    Parameters
    ----------
    name : a key of `config.RECIPES`
    data_folder : str or path
    out : str or path of a new or empty folder
    store : str or path of stored feature vectors and maps, or None
    skip_corrupt : bool
        Whether pictures that can't be read are left out.
    maps_budget : float
        GB of maps that the store may hold.
    callbacks : function of a phase's run folder, which gives Keras callbacks
    **settings : of Config
        They take the place of the recipe's own, in every phase; none of `config.OF_PHASES`.

    Returns
    -------
    history : a row an epoch of all phases, each with its `phase`

    Raises
    ------
    ValueError
        The data, the settings or `out` can't be used.
    Diverged
        A loss is not finite.
    """
    if own := sorted(set(settings) & configs.OF_PHASES):
        raise ValueError(f"The recipe {name} sets {own[0]} itself, in each of its phases; leave it out.")
    out = files.unused(out)
    record = {"recipe": name, "data": str(data_folder), "settings": settings, "skip_corrupt": skip_corrupt}
    files.write_json(out / "recipe.json", record)
    return go_on(out, store, maps_budget, callbacks)


def go_on(
    out: AnyPath,
    store: AnyPath | None = None,
    maps_budget: float = maps.BUDGET,
    callbacks: Callable[[Path], Sequence[Any]] = lambda out: (),
) -> History:
    """Go on with a recipe: phases that are finished are not run again.

    Parameters
    ----------
    out : str or path of its folder
    store : str or path of stored feature vectors and maps, or None
    maps_budget : float
        GB of maps that the store may hold.
    callbacks : function of a phase's run folder, which gives Keras callbacks

    Returns
    -------
    history : a row an epoch of all phases, each with its `phase`

    Raises
    ------
    ValueError
        The data can't be used any more.
    Diverged
        A loss is not finite.
    """
    out = Path(out)
    record = files.read_record(out / "recipe.json", recipe=str, data=str, settings=dict, skip_corrupt=bool)
    if record["recipe"] not in configs.RECIPES:
        raise ValueError(f"{out / 'recipe.json'} names no recipe that is known here. Received: {record['recipe']!r}.")
    history, before = [], None
    for phase in configs.RECIPES[record["recipe"]]:
        console.say(f"{record['recipe']}: {phase.name}")
        settings = (runs.settings_of(before) if before else {}) | phase.settings | record["settings"]
        folder, config = out / phase.name, configs.Config(record["data"], **settings)
        rows = _phase(folder, config, record["skip_corrupt"], store, maps_budget, callbacks(folder))
        history += [row | {"phase": phase.name} for row in rows]
        before = out / phase.name
    best = results.best(history)
    files.copy(out / best["phase"] / "best.keras", out / "best.keras")
    return history


def _phase(out, config, skip_corrupt, store, maps_budget, callbacks):
    if (out / "final.keras").is_file():
        return results.read_history(out / "history.csv")
    if (out / "config.json").is_file():
        return start.resume(out, store=store, maps_budget=maps_budget, callbacks=callbacks)
    return start.new(config, out, skip_corrupt, store, maps_budget, callbacks)
