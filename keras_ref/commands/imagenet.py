"""`imagenet`: what Xception, trained on ImageNet, sees (8.3)."""

import argparse

from ..runtime import console

HELP: str = "name what Xception, trained on ImageNet, sees in pictures (8.3)"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("pictures", nargs="+", metavar="PICTURE")
    parser.add_argument(
        "--weights", default="imagenet", help="imagenet, none, or a file with the top (default: %(default)s)"
    )
    parser.add_argument(
        "--class-index", metavar="FILE", help="Keras's imagenet_class_index.json, where it cannot be downloaded"
    )


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from ..course import imagenet

    for name, best in imagenet.classify(args.pictures, args.weights, args.class_index):
        console.table(name, ("class", "probability"), [(word, f"{p:.3f}") for word, p in best])
