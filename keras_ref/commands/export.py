"""`export`: write a model for other programs, and run it to check."""

import argparse

from .. import console

HELP: str = "write a model for other programs, and run it to check"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="a .keras file, or a run folder: its best epoch")
    parser.add_argument("--to", required=True, choices=("savedmodel", "onnx", "tflite"))
    parser.add_argument("--out", metavar="PATH", help="new file or folder (default: beside the model)")


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from .. import export, runs

    path, difference, size = export.export(runs.model_file(args.model), args.to, args.out)
    console.say(
        f"Written: {path}. Loaded again, its answers differ by at most {difference:.1e} (they reach {size:.1e})."
    )
