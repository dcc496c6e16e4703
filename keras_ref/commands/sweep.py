"""`sweep`: vary one setting with several seeds (8.6, 8.8, 8.9)."""

import argparse
from pathlib import Path

from .. import config as configs
from .. import console
from . import flags

FIXED: tuple[str, ...] = ("class_weight", "unfreeze", "devices", "precision")  # no flags of a sweep
SETTINGS: tuple[str, ...] = tuple(name for name in configs.SETTINGS if name not in FIXED)

HELP: str = "vary one setting with several seeds, with error bars (8.6, 8.8, 8.9)"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("data", metavar="DATA")
    parser.add_argument("--over", required=True, choices=("lr", "inner", "dropout", "size"))
    parser.add_argument("--values", nargs="+", type=flags.REAL, help="values to try (default: the course's)")
    parser.add_argument("--seeds", type=flags.WHOLE, default=3, help="runs a value (default: %(default)s)")
    flags.add_settings(parser, SETTINGS)
    parser.add_argument("--out", metavar="DIR", help="new folder for table and plot (default: sweep-OVER)")
    flags.add_cache(parser)


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from .. import results, sweep

    values = args.values
    if values and args.over in ("inner", "size"):
        if any(value != int(value) for value in values):
            raise ValueError(f"--values for {args.over} must be whole numbers. Received: {values}.")
        values = [int(value) for value in values]
    if args.seeds < 1:
        raise ValueError(f"--seeds must be at least 1. Received: {args.seeds}.")
    settings = flags.given(args, [name for name in SETTINGS if name != "epochs"])
    if args.over in settings:
        raise ValueError(f"--{args.over} is what the sweep varies; give its values with --values.")
    out = Path(args.out or f"sweep-{args.over}")
    result = sweep.run(args.data, args.over, out, values, args.seeds, args.epochs, flags.store(args), **settings)
    console.table(
        f"{result['seeds']} seeds, {result['epochs']} epochs, weights {result['weights']}, "
        f"{result['pictures']} validation pictures",
        (args.over, "best", "sd", "epochs of it", "last", "training", "min loss"),
        list(map(results.sweep_cells, result["rows"])),
    )
    console.say(result["sentence"])
    console.say(f"Written: {out / 'sweep.png'}, {out / 'sweep.json'}")
