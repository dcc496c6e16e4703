"""`evaluate`: measure a model on a folder of pictures."""

import argparse

from .. import console
from . import flags

HELP: str = "measure a model on a folder of pictures: accuracy and who is taken for whom"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="a model file")
    parser.add_argument("folder", metavar="DIR", help="pictures in class folders; or a CSV of file,labels")
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
    from ...files import model_path
    from .. import evaluate, labels
    from ..card import known

    model, _ = flags.model(args)
    if args.folder.endswith(".csv"):
        if known(model).get("task") != "many":
            raise ValueError(
                "A CSV of labels judges nets that give each label for itself; --task many says that it is one."
            )
        found, split = labels.evaluate_labels(
            model,
            args.folder,
            args.split,
            skip_corrupt=args.skip_corrupt,
            split_seed=args.split_seed,
            say=console.note,
        )
        print(f"{split}: {found}")
        return
    judgement, split = evaluate.evaluate(
        model,
        args.folder,
        args.split,
        skip_corrupt=args.skip_corrupt,
        split_seed=args.split_seed,
        path=model_path(args.model),
        say=console.note,
    )
    print(f"{split}: {judgement}")
