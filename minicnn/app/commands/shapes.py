"""`shapes`: work out a net that is written in one line."""

import argparse

HELP: str = "work out sizes, parameters and multiply-adds of a net written in one line"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("text", nargs="+", metavar="NET", help='"150x150x3 conv32 3x3 pool2 flatten dense64 dense1"')


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from ...explain import shapes

    print(shapes(" ".join(args.text)))
