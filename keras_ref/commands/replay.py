"""`replay`: the course from 8.3 to 8.12 in order."""

import argparse

from ..runtime import console
from . import flags

SETTINGS: tuple[str, ...] = ("weights", "seed")

HELP: str = "run 8.3 to 8.12 in order, our figures beside the published ones"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("data", metavar="DATA")
    parser.add_argument(
        "--as",
        dest="how",
        choices=("filmed", "intended"),
        default="intended",
        help="for 8.10 and 8.11: also measure on augmented validation pictures as filmed (default: %(default)s)",
    )
    parser.add_argument("--quick", action="store_true", help="one epoch a step at 75 px, to see that every step works")
    flags.add_settings(parser, SETTINGS)
    parser.add_argument("--out", metavar="DIR", default="replay", help="new folder for the runs (default: %(default)s)")
    flags.add_cache(parser)


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from .. import results
    from ..course import replay

    rows = replay.run(
        args.data,
        args.out,
        args.how,
        store=flags.store(args),
        quick=args.quick,
        **flags.given(args, SETTINGS),
        tell=lambda row: console.note(f"{row['section']} {row['setting']}: {results.figure(row['ours'])}"),
    )
    console.table(
        f"validation accuracy @ best epoch, as {args.how}",
        ("section", "setting", "ours", "published"),
        list(map(results.replay_cells, rows)),
    )
    for row in rows:
        if row["note"]:
            console.say(f"{row['section']}: {row['note']}")
    console.say(f"Written: {args.out}")
