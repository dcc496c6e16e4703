"""`train`: train a classifier, or go on with a run (8.5, 8.7 to 8.11)."""

import argparse
import functools
from pathlib import Path
from typing import Any

from .. import config as configs
from ..runtime import console, interruptible
from . import flags

HELP: str = "train a classifier (8.5, 8.7 to 8.11), or go on with a run"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "data", nargs="?", metavar="DATA", help="folder with train/ and validation/, or with a folder a class"
    )
    flags.add_settings(parser, configs.SETTINGS)
    parser.add_argument(
        "--recipe", choices=configs.RECIPES, help="strong: the head first, then the base's last block at a small rate"
    )
    parser.add_argument("--out", metavar="DIR", help="new folder for the run (default: run)")
    parser.add_argument("--resume", metavar="DIR", help="go on with the run in DIR after its last finished epoch")
    flags.add_skip_corrupt(parser)
    parser.add_argument(
        "--maps-budget", type=flags.REAL, metavar="GB", help="of maps in the store; older ones are removed (default: 8)"
    )
    parser.add_argument("--no-cache", action="store_true", help="do not use stored feature vectors")
    flags.add_cache(parser)
    parser.add_argument("--tensorboard", metavar="DIR", help="tell TensorBoard of it: a folder of this name in DIR")
    parser.add_argument("--mlflow", metavar="URI", help="tell MLflow of it: its server, or sqlite:///FILE")
    parser.add_argument(
        "--ray", metavar="ADDRESS", help="on Ray: local, or the address of a cluster's head; with --workers"
    )
    parser.add_argument("--workers", type=flags.WHOLE, metavar="N", help="how many share each batch on Ray")


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from .. import results

    out = Path(args.resume or args.out or "run")
    try:
        with interruptible():
            history = _resume(args, out) if args.resume else _new(args, out)
    except KeyboardInterrupt:
        if any((out / name).is_file() for name in ("config.json", "recipe.json")):
            console.note(f"It goes on after its last finished epoch with: train --resume {out}")
        raise
    best = results.best(history)
    console.say(f"Best: validation accuracy {best['val_accuracy']:.4f} in epoch {best['epoch']}. Written: {out}")


def _resume(args, out):
    from .. import train
    from ..train import recipes

    given = flags.given(args, configs.SETTINGS)
    whole = (out / "recipe.json").is_file()
    fixed = [flags.flag(name) for name in sorted(set(given) - (set() if whole else {"epochs"}))]
    fixed += [f"--{name}" for name in ("out", "recipe") if getattr(args, name)]
    fixed += ["DATA"] if whole and args.data else []
    fixed += ["--ray"] if whole and args.ray else []
    if fixed:
        raise ValueError(
            f"--resume takes its settings from the run's {'recipe' if whole else 'config'}.json; leave out {fixed[0]}."
        )
    if whole:
        return recipes.go_on(out, *_store(args), _trackers(args))
    return train.resume(out, args.epochs, args.data, *_store(args), _trackers(args)(out), **_group(args))


def _new(args, out):
    from .. import runs, train
    from ..train import recipes

    if not args.data:
        raise ValueError("train needs a data folder, or --resume DIR.")
    given: dict[str, Any] = flags.given(args, configs.SETTINGS)
    if args.recipe and args.ray:
        raise ValueError("--ray is for one training; leave out --recipe.")
    store, budget = _store(args)
    track = _trackers(args)
    if args.recipe:
        return recipes.follow(args.recipe, args.data, out, store, args.skip_corrupt, budget, track, **given)
    if args.start:
        given = runs.settings_of(args.start) | given | {"start": str(runs.model_file(args.start))}
    group = _group(args)
    return train.new(configs.Config(args.data, **given), out, args.skip_corrupt, store, budget, track(out), **group)


def _group(args):
    """Return what lets several workers train, where that was asked for."""
    from .. import train

    if bool(args.ray) != (args.workers is not None):
        raise ValueError("--ray ADDRESS and --workers N go together: Ray's workers share each batch.")
    if args.ray and (args.tensorboard or args.mlflow):
        raise ValueError("TensorBoard and MLflow are not told of a run on several workers; leave them out.")
    return {"runner": functools.partial(train.Group, address=args.ray, workers=args.workers)} if args.ray else {}


def _trackers(args):
    from ..runs import trackers

    return trackers(args.tensorboard, args.mlflow)


def _store(args):
    """Return the store that was asked for, or None, and the budget of its maps."""
    from ..features import maps

    budget = maps.BUDGET if args.maps_budget is None else args.maps_budget
    return None if args.no_cache else flags.store(args), budget
