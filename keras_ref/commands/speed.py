"""`speed`: measure loading beside ImageDataGenerator, and the grid both ways."""

import argparse

from .. import config as configs
from ..runtime import console
from . import flags

SETTINGS: tuple[str, ...] = ("size", "weights")

HELP: str = "measure loading beside ImageDataGenerator, and the grid both ways"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("data", metavar="DATA")
    flags.add_settings(parser, SETTINGS, configs.DEFAULTS.replace(weights="none"))
    parser.add_argument(
        "--out", metavar="DIR", default="speed", help="new folder for the figures (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from .. import results
    from ..course import speed

    result = speed.run(args.data, args.out, **flags.given(args, SETTINGS))
    console.table("loading", ("reader", "pictures a second"), list(result["loading"]["pictures_per_second"].items()))
    console.say(f"First pass {result['loading']['first_pass_ratio']} times ImageDataGenerator's rate.")
    console.say(results.measured(result["grid"]))
