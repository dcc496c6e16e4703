"""What a run folder is to others: its best model, and the settings that a run which goes on from it takes over."""

import re
from pathlib import Path
from typing import Any

from .. import config as configs
from ..config import BASES, base_of
from ..model import card as cards
from ..model import weights
from ..types import AnyPath, Net

KEPT: tuple[str, ...] = (
    "base",
    "size",
    "inner",
    "dropout",
)  # what a net's form is, and the dropout that it learned with


def checkpoints(run_folder: AnyPath) -> list[Path]:
    """Return the checkpoints of a run, each better than the one before it.

    Parameters
    ----------
    run_folder : str or path

    Returns
    -------
    paths : list of Path, by epoch
    """
    found = {}
    for path in Path(run_folder).glob("*.keras"):
        if number := re.match(rf"(?:{'|'.join(BASES)})_(\d+)_", path.name):
            found[int(number[1])] = path
    return [found[epoch] for epoch in sorted(found)]


def model_file(path: AnyPath) -> Path:
    """Return a model's file: of a run folder the best epoch's, else its final one.

    Parameters
    ----------
    path : str or path of a model file or a run folder

    Returns
    -------
    path : Path

    Raises
    ------
    ValueError
        The folder holds no model.
    """
    path = Path(path)
    if not path.is_dir():
        return path
    for candidate in (path / "best.keras", *checkpoints(path)[-1:], path / "final.keras"):
        if candidate.is_file():
            return candidate
    raise ValueError(f"{path} is no run folder with a model: it has neither best.keras nor final.keras.")


def settings_of(path: AnyPath) -> dict[str, Any]:
    """Return the settings that a run takes over from the trained classifier that it goes on from.

    Parameters
    ----------
    path : str or path of a model file or a run folder

    Returns
    -------
    settings : dict with `start`, the model's file, and KEPT
    """
    file = model_file(path)
    beside = Path(path) / "config.json"
    if beside.is_file():
        config = configs.read(beside)
        return {"start": str(file)} | {name: getattr(config, name) for name in KEPT}
    net, card, _ = cards.load(file)
    nested = weights.find_base(net)
    base = base_of(nested.name) if nested is not None else "xception"
    form = {"size": card.recipe.height, "inner": _inner(net), "dropout": _dropout(net)}
    return {"start": str(file), "base": base} | form


def _inner(net: Net) -> int:
    return next((layer.units for layer in net.layers if layer.name == "inner"), 0)


def _dropout(net: Net) -> float:
    return next((layer.rate for layer in net.layers if layer.name == "dropout"), 0.0)
