"""`sweep`: vary one setting or two with several seeds (8.6, 8.8, 8.9)."""

import argparse
from pathlib import Path
from typing import Any

from .. import config as configs
from ..runtime import console, interruptible
from . import flags

FIXED: tuple[str, ...] = ("class_weight", "devices", "precision")  # no flags of a sweep
SETTINGS: tuple[str, ...] = tuple(name for name in configs.SETTINGS if name not in FIXED)

HELP: str = "vary one setting or two with several seeds, with error bars (8.6, 8.8, 8.9)"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("data", nargs="?", metavar="DATA")
    parser.add_argument(
        "--over", action="append", choices=configs.GRIDS, help="what is varied; given twice, every pair is tried"
    )
    parser.add_argument(
        "--values",
        nargs="+",
        action="append",
        metavar="V",
        help="values to try, of each --over in its order (default: the course's)",
    )
    parser.add_argument("--seeds", type=flags.WHOLE, help="runs a value (default: 3)")
    flags.add_settings(parser, SETTINGS)
    parser.add_argument("--out", metavar="DIR", help="new folder for runs, table and plot (default: sweep-OVER)")
    parser.add_argument("--resume", metavar="DIR", help="go on with the sweep in DIR; --seeds may be more")
    flags.add_cache(parser)
    parser.add_argument(
        "--ray", metavar="ADDRESS", help="runs side by side on Ray: local, or the address of a cluster's head"
    )


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from .. import results

    if args.seeds is not None and args.seeds < 1:
        raise ValueError(f"--seeds must be at least 1. Received: {args.seeds}.")
    out = Path(args.resume or args.out or "-".join(["sweep", *(args.over or [])]))
    try:
        with interruptible():
            result = _resume(args, out) if args.resume else _new(args, out)
    except KeyboardInterrupt:
        if (out / "plan.json").is_file():
            console.note(f"Finished runs are kept; it goes on with: sweep --resume {out}")
        raise
    console.table(
        f"{result['seeds']} seeds, {result['epochs']} epochs, weights {result['weights']}, "
        f"{result['pictures']} validation pictures",
        (results.over_text(result["over"]), "best", "sd", "epochs of it", "last", "training", "min loss", "p"),
        list(map(results.sweep_cells, result["rows"])),
    )
    console.say(result["sentence"])
    console.say(f"Written: {out / 'sweep.png'}, {out / 'sweep.json'}")


def _resume(args, out):
    from .. import sweep

    _nothing_else(args)
    return sweep.resume(out, flags.store(args), args.seeds, args.ray)


def _new(args, out):
    from .. import sweep

    seeds, store = args.seeds or 3, flags.store(args)
    return sweep.run(args.data, _grid(args), out, seeds, args.epochs, store, args.ray, **_given(args))


def _grid(args) -> dict[str, list[Any] | None]:
    """Return {setting: values, or None for the course's}."""
    if not args.data:
        raise ValueError("sweep needs a data folder and --over, or --resume DIR.")
    over, values = args.over or [], args.values or []
    if not 1 <= len(over) <= 2 or len(set(over)) < len(over):
        raise ValueError(
            f"--over must be given once, or twice with two settings. Received: {', '.join(over) or 'none'}."
        )
    if len(values) > len(over):
        raise ValueError(f"--values must be given once for each --over at most. Received: {len(values)} times.")
    return dict.fromkeys(over) | {name: _values(name, each) for name, each in zip(over, values, strict=False)}


def _values(name, texts):
    kind = flags.KINDS.get(name, flags.WHOLE)
    try:
        found = [kind(text) for text in texts]
    except argparse.ArgumentTypeError:
        what = {"inner": "whole numbers", "size": "whole numbers", "unfreeze": "whole numbers or all"}
        raise ValueError(f"--values for {name} must be {what.get(name, 'numbers')}. Received: {texts}.") from None
    if len(set(found)) < len(found):
        raise ValueError(f"--values for {name} must differ from each other. Received: {' '.join(texts)}.")
    return found


def _given(args):
    settings = flags.given(args, [name for name in SETTINGS if name != "epochs"])
    for name in args.over:
        if name in settings:
            raise ValueError(f"{flags.flag(name)} is what the sweep varies; give its values with --values.")
    return settings


def _nothing_else(args):
    given = [flags.flag(name) for name in sorted(flags.given(args, SETTINGS))]
    given += [f"--{name}" for name in ("over", "values", "out") if getattr(args, name)]
    given += ["DATA"] if args.data else []
    if given:
        raise ValueError(f"--resume takes its settings from the sweep's plan.json; leave out {given[0]}.")
