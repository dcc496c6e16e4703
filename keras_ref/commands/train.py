"""`train`: train a classifier, or go on with a run (8.5, 8.7 to 8.11)."""

import argparse
from pathlib import Path

from .. import config as configs
from .. import console
from . import flags

HELP: str = "train a classifier (8.5, 8.7 to 8.11), or go on with a run"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "data", nargs="?", metavar="DATA", help="folder with train/ and validation/, or with a folder a class"
    )
    flags.add_settings(parser, configs.SETTINGS)
    parser.add_argument("--out", metavar="DIR", help="new folder for the run (default: run)")
    parser.add_argument("--resume", metavar="DIR", help="go on with the run in DIR after its last finished epoch")
    flags.add_skip_corrupt(parser)
    parser.add_argument(
        "--maps-budget", type=flags.REAL, metavar="GB", help="of maps in the store; older ones are removed (default: 8)"
    )
    parser.add_argument("--no-cache", action="store_true", help="do not use stored feature vectors")
    flags.add_cache(parser)


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    out = Path(args.resume or args.out or "run")
    try:
        _run(args, out)
    except KeyboardInterrupt:
        if (out / "config.json").is_file():
            console.note(f"It goes on after its last finished epoch with: train --resume {out}")
        raise


def _run(args, out):
    from .. import results, runs, train
    from ..maps import BUDGET

    budget = BUDGET if args.maps_budget is None else args.maps_budget
    store = None if args.no_cache else flags.store(args)
    given = flags.given(args, configs.SETTINGS)
    if args.resume:
        fixed = sorted(set(given) - {"epochs"}) + (["out"] if args.out else [])
        if fixed:
            raise ValueError(
                f"--resume takes its settings from the run's config.json; leave out {flags.flag(fixed[0])}."
            )
        history = train.resume(args.resume, args.epochs, args.data, store, budget)
    else:
        if not args.data:
            raise ValueError("train needs a data folder, or --resume DIR.")
        if args.start:
            given = runs.settings_of(args.start) | given | {"start": str(runs.model_file(args.start))}
        history = train.new(configs.Config(args.data, **given), out, args.skip_corrupt, store, budget)
    best = results.best(history)
    console.say(f"Best: validation accuracy {best['val_accuracy']:.4f} in epoch {best['epoch']}. Written: {out}")
