"""Vary one setting or two, as the course does in 8.6, 8.8 and 8.9: several seeds, error bars, a word on the winner.

A sweep's folder holds plan.json, a file of `runs` for each finished run, sweep.json and sweep.png.
"""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from minicnn.data import default_store

from .. import config as configs
from .. import pictures, results, runs
from ..config import Config
from ..runtime import Diverged, cluster, console, files
from ..types import AnyPath, Result
from .trials import Trials, right, row_of

DRAWS: int = 5  # of an augmentation that is one of the values, where nobody says how many


def run(
    data_folder: AnyPath,
    grid: Mapping[str, Sequence[Any] | None],
    out: AnyPath,
    seeds: int = 3,
    epochs: int | None = None,
    store: AnyPath | None = None,
    ray: str | None = None,
    **settings: Any,
) -> Result:
    """Train every value, or every pair of values, with every seed, in a new folder.

    Parameters
    ----------
    data_folder : str or path
    grid : {setting: values}
        One or two keys of `config.GRIDS`; None stands for the values there.
    out : str or path of a new or empty folder
    seeds : int, runs a value
    epochs : int, or None for the course's
    store : str or path of stored feature vectors, or None for the user's
    ray : "local", or the address of Ray's head, for runs side by side; None for one after the other
    **settings : other settings of Config

    Returns
    -------
    result : the content of sweep.json

    Raises
    ------
    ValueError
        The data or a setting can't be used.
    Diverged
        Every value diverged.
    """
    if not 1 <= len(grid) <= 2 or set(grid) - set(configs.GRIDS):
        raise ValueError(
            f"A sweep varies one or two of {', '.join(configs.GRIDS)}. Received: {', '.join(grid) or 'none'}."
        )
    if settings.get("start"):
        settings = runs.settings_of(settings["start"]) | settings | {"start": str(runs.model_file(settings["start"]))}
    fixed: dict[str, Any] = {}
    for name in grid:
        fixed |= configs.GRIDS[name][1]
    fixed = {name: value for name, value in (fixed | settings).items() if name not in grid}
    plan = {
        "data": str(data_folder),
        "over": {name: list(configs.GRIDS[name][0] if values is None else values) for name, values in grid.items()},
        "seeds": seeds,
        "epochs": epochs or max(configs.GRIDS[name][2] for name in grid),
        "settings": fixed,
    }
    _configs(plan)  # a value that can't be is refused before there is a folder
    with files.claimed(out, new=True) as out:
        return _work(plan, out, store, ray)


def resume(out: AnyPath, store: AnyPath | None = None, seeds: int | None = None, ray: str | None = None) -> Result:
    """Go on with a sweep: what is finished is not run again.

    Parameters
    ----------
    out : str or path of its folder
    store : str or path of stored feature vectors, or None for the user's
    seeds : int, where there are to be more of them, or None
    ray : as of `run`

    Returns
    -------
    result : the content of sweep.json

    Raises
    ------
    ValueError
        It is no folder of a sweep, or its data can't be used any more.
    Diverged
        Every value diverged.
    """
    out = Path(out)
    if not (out / "plan.json").is_file():
        raise ValueError(f"{out} is not the folder of a sweep that has begun: it has no plan.json.")
    plan = _read_plan(out / "plan.json")
    with files.claimed(out, new=False):
        return _work(plan | ({} if seeds is None else {"seeds": seeds}), out, store, ray)


def _read_plan(path):
    """Read a plan.json, which somebody may have changed."""
    plan = files.read_record(path, data=str, over=dict, seeds=int, epochs=int, settings=dict)
    values, known = plan["over"].values(), {field.name for field in dataclasses.fields(Config)}
    good = plan["over"] and {*plan["over"]} <= {*configs.GRIDS} and {*plan["settings"]} <= known
    if not good or not all(isinstance(each, list) for each in values):
        raise ValueError(f"{path} is not a sweep's: `over` must list values of {', '.join(configs.GRIDS)}.")
    return plan


def _work(plan, out, store, ray):
    points = _configs(plan)
    found = pictures.read(plan["data"], points[0][1].split_seed)
    trials = Trials(found, out, default_store() if store is None else store)

    def begin() -> None:
        files.write_json(out / "plan.json", plan)  # from here on the sweep can be gone on with

    rows, finished = [], []
    names, seeds, epochs = list(plan["over"]), plan["seeds"], plan["epochs"]
    each = [[config.replace(seed=config.seed + k) for k in range(seeds)] for _, config in points]
    with console.progress(f"sweep over {' and '.join(names)}", len(points) * seeds * epochs) as advance:
        if ray is not None:
            with cluster.connected(ray):
                trials.spread(list(itertools.chain(*each)), begin, advance)
            advance = console.silent
        for (value, _), seeded in zip(points, each, strict=True):
            done = [trials.run(config, begin, advance) for config in seeded]
            finished.append(done)
            rows.append(row_of(value, done))
    over = names if len(names) > 1 else names[0]
    if all(row["diverged"] for row in rows):
        values = " and ".join(f"{name} ({', '.join(map(str, each))})" for name, each in plan["over"].items())
        raise Diverged(f"Every value of {values} diverged to a loss that is not finite.")
    _against_the_best(rows, finished)
    n = len(found.splits["validation"].files)
    result = {
        "over": over,
        "data": plan["data"],
        "weights": points[0][1].weights,
        "pictures": n,
        "seeds": seeds,
        "epochs": epochs,
        "settings": plan["settings"],
        "rows": rows,
        "sentence": results.verdict(over, rows, n),
        "seconds": {
            "vectors": round(trials.vector_seconds, 1),
            "heads": round(sum(run["seconds"] for done in finished for run in done), 1),
        },
    }
    files.write_json(out / "sweep.json", result)
    results.sweep(result, out / "sweep.png")
    return result


def _against_the_best(rows, finished):
    """Put a `p` into each row: how likely its distance from the best is by chance of seeds and pictures alone."""
    best = max((i for i, row in enumerate(rows) if row["best"] is not None), key=lambda i: rows[i]["best"])
    for i, row in enumerate(rows):
        compared = i != best and row["best"] is not None
        row["p"] = results.paired(right(finished[best]), right(finished[i])) if compared else None


def _configs(plan) -> list[tuple[Any, Config]]:
    """Return [(value, or a list of two, Config)] of a plan, checked."""
    names = list(plan["over"])
    points: list[tuple[Any, Config]] = []
    grid: list[list[Any]] = list(plan["over"].values())
    for values in map(list, itertools.product(*grid)):
        settings = plan["settings"] | {"epochs": plan["epochs"]} | dict(zip(names, values, strict=True))
        if "augment" in names:
            drawn = settings["augment"] in ("course", "light")
            settings["draws"] = (settings.get("draws") or DRAWS) if drawn else 0
        if "unfreeze" in names and settings["unfreeze"] in (0, "all"):
            settings["maps"] = "none"
        config = configs.Config(plan["data"], **settings)
        if config.frozen and not config.cacheable:
            raise ValueError(
                "A sweep trains heads on stored vectors, or unfreezes: with a frozen base --augment course and light "
                f"need --draws. Received: augment={config.augment!r}, draws={config.draws}."
            )
        points.append((values if len(values) > 1 else values[0], config))
    return points
