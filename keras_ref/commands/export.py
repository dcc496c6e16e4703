"""`export`: write a model for other programs, and run it to check."""

import argparse

from ..runtime import console

HELP: str = "write a model for other programs, and run it to check"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="a .keras file, or a run folder: its best epoch")
    parser.add_argument("--to", required=True, choices=("savedmodel", "onnx", "tflite"))
    parser.add_argument("--out", metavar="PATH", help="new file or folder (default: beside the model)")
    parser.add_argument(
        "--pixels",
        action="store_true",
        help="take pixels (uint8) and answer probabilities: scaling, temperature and softmax are inside",
    )
    parser.add_argument(
        "--int8",
        metavar="DATA",
        help="with --to tflite: computed in 8-bit numbers, measured on the pictures of a data folder; takes pixels",
    )


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from .. import export, results, runs
    from ..export import quantize

    model = runs.model_file(args.model)
    if args.int8:
        if args.to != "tflite":
            raise ValueError(f"--int8 is of --to tflite. Received: --to {args.to}.")
        path, figures = quantize.export(model, args.int8, args.out)
        console.say(f"Written: {path}. {results.quantized(figures)}")
        return
    path, difference, size = export.export(model, args.to, args.out, args.pixels)
    console.say(
        f"Written: {path}. Loaded again, its answers differ by at most {difference:.1e} (they reach {size:.1e})."
    )
