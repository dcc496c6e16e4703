"""`train`: train a small net on a folder of pictures."""

import argparse
import dataclasses
import sys

from .. import console
from ..settings import DEFAULTS, ON_A_BASE, Settings
from . import flags

HELP: str = "train a small net on a folder of pictures"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "folder",
        metavar="DIR",
        help="train/ and validation/ with class folders, or these alone; or a CSV of file,labels",
    )
    parser.add_argument("--arch", choices=["tinyvgg", "homework"], help=f"which net (default: {DEFAULTS.arch})")
    parser.add_argument(
        "--base",
        metavar="FILE",
        default=DEFAULTS.base,
        help="train a head on a frozen base instead: "
        "any model file of Keras's that holds one, as Xception from ImageNet",
    )
    parser.add_argument("--inner", type=int, help="on a base: units of an inner layer (default: none)")
    parser.add_argument("--dropout", type=float, help="on a base: share dropped before the last layer (default: 0)")
    parser.add_argument(
        "--cache",
        metavar="DIR",
        help="on a base: where vectors are kept (default: $MINICNN_VECTORS or the user's cache)",
    )
    parser.add_argument(
        "--size", type=int, help=f"pixels, height and width (default: {DEFAULTS.size}), {ON_A_BASE.size} on a base"
    )
    parser.add_argument(
        "--epochs",
        type=int,
        help=f"passes over the training pictures (default: {DEFAULTS.epochs}), {ON_A_BASE.epochs} on a base",
    )
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
    from ...data import default_store
    from .. import train, transfer

    console.announce_compiling()
    given = {name: value for name in Settings.__dataclass_fields__ if (value := getattr(args, name)) is not None}
    if args.base and args.arch:
        raise ValueError("--base and --arch are two nets; give one of them.")
    if not args.base and any(value is not None for value in (args.inner, args.dropout, args.cache)):
        raise ValueError("--inner, --dropout and --cache are for a head on a base; give --base FILE too.")
    if args.base and args.folder.endswith(".csv"):
        raise ValueError("--base wants class folders; on a CSV of labels --arch is trained.")
    settings = dataclasses.replace(ON_A_BASE if args.base else DEFAULTS, **given)
    try:
        if args.base:
            transfer.train_on_base(args.folder, args.out, settings, args.cache or default_store())
        else:
            train.train(args.folder, args.out, settings)
    except KeyboardInterrupt:
        print(f"\nstopped; the last finished epoch, if there was one, is in {args.out}/model.keras", file=sys.stderr)
    else:
        print(f"the model is in {args.out}/model.keras, its history in {args.out}/history.csv")
