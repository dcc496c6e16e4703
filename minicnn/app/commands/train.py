"""`train`: train a small net on a folder of pictures."""

import argparse
import sys

from .. import console
from ..settings import DEFAULTS, Settings
from . import flags

HELP: str = "train a small net on a folder of pictures"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("folder", metavar="DIR", help="train/ and validation/ with class folders, or these alone")
    parser.add_argument("--arch", choices=["tinyvgg", "homework"], default=DEFAULTS.arch, help="which net")
    parser.add_argument("--size", type=int, default=DEFAULTS.size, help="pixels, height and width")
    parser.add_argument("--epochs", type=int, default=DEFAULTS.epochs, help="passes over the training pictures")
    parser.add_argument("--batch-size", type=int, default=DEFAULTS.batch_size, help="pictures a step")
    parser.add_argument("--lr", type=float, default=DEFAULTS.lr, help="Adam's learning rate")
    parser.add_argument("--seed", type=int, default=DEFAULTS.seed, help="of weights and order")
    parser.add_argument(
        "--split-seed",
        type=int,
        default=DEFAULTS.split_seed,
        help="of held-out pictures, without a validation folder",
    )
    flags.add_skip_corrupt(parser)
    parser.add_argument(
        "--out", default="minicnn-run", metavar="DIR", help="a new folder for the model and its history"
    )


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from .. import train

    console.announce_compiling()
    settings = Settings(**{name: getattr(args, name) for name in Settings.__dataclass_fields__})
    try:
        train.train(args.folder, args.out, settings)
    except KeyboardInterrupt:
        print(f"\nstopped; the last finished epoch, if there was one, is in {args.out}/model.keras", file=sys.stderr)
    else:
        print(f"the model is in {args.out}/model.keras, its history in {args.out}/history.csv")
