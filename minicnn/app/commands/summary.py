"""`summary`: show a model layer by layer."""

import argparse

HELP: str = "show a model layer by layer: shapes, parameters, work, receptive fields"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="a model file")


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from ...models import load_model

    load_model(args.model, optimizer=False).summary(expand_nested=True)
