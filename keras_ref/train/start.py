"""Start a run in a folder of its own, and go on with one: 8.5 and 8.7 to 8.11 in one command.

A run folder holds config.json, split.json, history.csv, timing.json, the best checkpoints
`BASE_{epoch:02d}_{val_accuracy:.3f}.keras`, the last of them again as best.keras, final.keras, class_names.json,
curves.png and state.npz.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .. import config as configs
from .. import pictures, results
from ..config import Config
from ..features import maps
from ..runs import record
from ..runtime import files
from ..types import AnyPath, History
from .run import Run

START: tuple[str, ...] = ("split.json", "class_names.json", "run.json")  # written first: with config.json a run begins


def new(
    config: Config,
    out: AnyPath,
    skip_corrupt: bool = False,
    store: AnyPath | None = None,
    maps_budget: float = maps.BUDGET,
    callbacks: Sequence[Any] = (),
    runner: Callable[..., Any] = Run,
) -> History:
    """Start a run in a new folder.

    Parameters
    ----------
    config : Config
    out : str or path of a new or empty folder
    skip_corrupt : bool
        Whether pictures that can't be read are left out.
    store : str or path, or None
        The folder of stored feature vectors and maps; with None every picture passes through the net in every epoch.
    maps_budget : float
        GB of maps that the store may hold.
    callbacks : Keras's
        Their model is what learns: the head alone where vectors are stored. What they know is not kept for a resume.
    runner : Run, or what makes a `Group` of the same arguments

    Returns
    -------
    history : a row an epoch

    Raises
    ------
    ValueError
        The data, the settings or `out` can't be used.
    Diverged
        A loss is not finite.
    """
    with files.claimed(out, new=True, begun=START) as out:
        found, left_out = pictures.read(config.data, config.split_seed), {}
        if skip_corrupt:
            found, left_out = pictures.without_corrupt(found)
        run = runner(config, found, out)
        begun = _split_record(found, left_out), list(found.class_names), record.of(found)
        for name, value in zip(START, begun, strict=True):
            files.write_json(out / name, value)
        config.write(out / "config.json")  # from here on the run can be resumed
        return run.train(store, maps_budget, callbacks)


def resume(
    out: AnyPath,
    epochs: int | None = None,
    data_folder: AnyPath | None = None,
    store: AnyPath | None = None,
    maps_budget: float = maps.BUDGET,
    callbacks: Sequence[Any] = (),
    runner: Callable[..., Any] = Run,
) -> History:
    """Go on with a run after its last finished epoch.

    Parameters
    ----------
    out : str or path of the run folder
    epochs : int, to prolong it, or None
    data_folder : str or path, where its data has moved, or None
    store : str or path of stored feature vectors and maps, or None
    maps_budget : float
        GB of maps that the store may hold.
    callbacks : Keras's
        Their model is what learns: the head alone where vectors are stored. What they know is not kept for a resume.
    runner : Run, or what makes a `Group` of the same arguments

    Returns
    -------
    history : a row an epoch, from the first

    Raises
    ------
    ValueError
        It is no run folder, or its pictures are others now.
    Diverged
        A loss is not finite.
    """
    out = Path(out)
    if not (out / "config.json").is_file():
        raise ValueError(f"{out} is not a run folder: it has no config.json.")
    with files.claimed(out, new=False):
        config = configs.read(out / "config.json")
        changes = {"epochs": epochs, "data": data_folder}
        config = config.replace(**{name: value for name, value in changes.items() if value is not None})
        done = len(results.read_history(out / "history.csv")) if (out / "history.csv").exists() else 0
        if config.epochs < done:
            raise ValueError(
                f"{out} has {done} finished epochs; --epochs must not be fewer. Received: {config.epochs}."
            )
        found = pictures.read(config.data, config.split_seed)
        split = files.read_record(out / "split.json", class_names=list, train=list, validation=list, left_out=list)
        if not _same_pictures(found, split):
            raise ValueError(
                f"The pictures in {config.data} are not those that the run {out} began with; its split.json lists them."
            )
        run = runner(config, pictures.as_recorded(found, split), out)
        config.write(out / "config.json")
        files.write_json(out / "run.json", record.again(out / "run.json", found))
        return run.train(store, maps_budget, callbacks)


def _split_record(found, left_out):
    splits = {name: _names(found, name) for name in found.splits if name != "test"}
    return {
        "class_names": list(found.class_names),
        "held_out": found.drawn,
        "rule": found.rule,
        "seed": found.split_seed if found.drawn else None,
        "left_out": sorted(map(found.name_of, left_out)),
        **splits,
    }


def _names(found, split):
    return [found.name_of(path) for path in found.splits[split].files]


def _same_pictures(found, record):
    """Return whether a folder still holds the pictures of a run, each of them and no other, by name."""
    held = {*_names(found, "train"), *_names(found, "validation")}
    same = held - set(record["left_out"]) == {*record["train"], *record["validation"]}
    return same and list(found.class_names) == record["class_names"]
