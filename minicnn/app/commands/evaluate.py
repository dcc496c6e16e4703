"""`evaluate`: measure a model on a folder of pictures."""

import argparse

from .. import console
from . import flags

HELP: str = "measure a model on a folder of pictures: accuracy and who is taken for whom"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="a model file")
    parser.add_argument("folder", metavar="DIR", help="pictures in class folders")
    parser.add_argument(
        "--split",
        choices=["train", "validation", "test", "all"],
        help="test if present, else validation, without what the model learned from; train and all whole",
    )
    parser.add_argument("--split-seed", type=int, help="of held-out pictures, in place of the training's own")
    flags.add_skip_corrupt(parser)
    flags.add_card(parser)


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from .. import evaluate

    judgement, split = evaluate.evaluate(
        flags.model(args),
        args.folder,
        args.split,
        skip_corrupt=args.skip_corrupt,
        split_seed=args.split_seed,
        path=args.model,
        say=console.note,
    )
    print(f"{split}: {judgement}")
