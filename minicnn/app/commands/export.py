"""`export`: write a model in another format."""

import argparse

HELP: str = "write a model in another format: Keras's .keras or .h5, TensorFlow.js's model.json"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="a model file")
    parser.add_argument("out", metavar="OUT", help="a new file; its ending, .keras, .h5 or .json, says which format")


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from .. import export

    out, *others = export.export(args.model, args.out)
    beside = f", and beside it {', '.join(path.name for path in others)}" if others else ""
    size = sum(path.stat().st_size for path in (out, *others))
    print(f"{out}{beside}: {size / 1e6:.1f} MB")
