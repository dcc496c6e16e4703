"""`demo`: draw clothes, train a small net on them, and leave a page that explains it."""

import argparse

from .. import console

HELP: str = "draw ten kinds of clothes and teach a small CNN to tell them apart"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--out", default="minicnn-demo", metavar="DIR", help="where to leave the model")
    parser.add_argument("--quick", action="store_true", help="few pictures, two epochs: to see that all works")
    parser.add_argument("--seed", type=int, default=0, help="of pictures, weights and order")


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from .. import demo

    console.announce_compiling()
    demo.demo(args.out, args.quick, args.seed)
