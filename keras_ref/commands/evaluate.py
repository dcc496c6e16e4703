"""`evaluate`: measure a model on held-out pictures (8.12), or compare two."""

import argparse
from pathlib import Path

from ..runtime import console
from . import flags

HELP: str = "measure a model on held-out pictures (8.12), or compare two"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("models", nargs="+", metavar="MODEL", help="one .keras file or run folder, or two to compare")
    parser.add_argument("data", metavar="DATA", help="a data folder")
    parser.add_argument(
        "--split", choices=("train", "validation", "test", "all"), help="default: test if there is one, else validation"
    )
    parser.add_argument(
        "--split-seed", type=flags.WHOLE, help="draws the held-out fifth (default: as the model's training drew it)"
    )
    flags.add_skip_corrupt(parser)
    flags.add_mirror(parser)
    parser.add_argument(
        "--calibrate",
        action="store_true",
        help="fit a temperature on validation, so that probabilities mean what they say, and keep it in the model",
    )
    parser.add_argument(
        "--reject",
        type=flags.REAL,
        metavar="SHARE",
        help="with --calibrate: keep the threshold below which this share of right answers becomes none of these",
    )
    parser.add_argument(
        "--out", metavar="DIR", help="new folder for the figures (default: evaluation-MODEL or comparison-A-B)"
    )


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from .. import evaluate, results, runs
    from ..runtime import files

    if len(args.models) > 2:
        raise ValueError(
            f"evaluate takes one or two models and then the data folder. Received: {len(args.models)} models."
        )
    both = len(args.models) == 2
    stems = "-".join(Path(name).stem for name in args.models)
    out = Path(args.out or f"{'comparison' if both else 'evaluation'}-{stems}")
    models = [runs.model_file(name) for name in args.models]
    if args.reject is not None and not args.calibrate:
        raise ValueError(f"--reject needs --calibrate, which fits on validation. Received: --reject {args.reject:g}.")
    if args.reject is not None and not 0 <= args.reject < 1:
        raise ValueError(f"--reject must lie in 0 <= share < 1. Received: {args.reject:g}.")
    files.unused(out)
    if args.calibrate:
        for model in models:
            how = args.data, args.reject, args.split_seed, args.skip_corrupt, args.mirror
            console.say(results.calibrated(model, evaluate.calibrate(model, *how)))
    how = args.data, out, args.split, args.split_seed, args.skip_corrupt, args.mirror
    if both:
        _show_both(evaluate.compare(models[0], models[1], *how))
    else:
        _show(evaluate.evaluate(models[0], *how))
    console.say(f"Written: {out}")


def _show(result):
    from .. import results

    low, high = result["interval"]
    console.say(
        f"{result['right']} of {result['pictures']} {result['split']} pictures right: "
        f"accuracy {result['accuracy']:.4f} (95% interval {low:.4f} to {high:.4f}), loss {result['loss']:.4f}; "
        f"always naming {result['majority_class']}, the largest class of {result['majority_of']}: "
        f"{result['majority']:.4f}."
    )
    console.say(results.further(result))
    console.table("by class", ("class", "pictures", "precision", "recall"), results.class_rows(result))
    names = result["class_names"]
    console.table(
        "confusion: a row is a class, a column what it was taken for",
        ("is", *names),
        [(name, *(n or "." for n in row)) for name, row in zip(names, result["confusion"], strict=True)],
    )


def _show_both(result):
    from .. import results

    rows = [
        (letter, name, f"{result[key]['accuracy']:.4f}", f"{result[key]['loss']:.4f}")
        for letter, name, key in zip("AB", result["models"], ("a", "b"), strict=True)
    ]
    console.table(f"{result['a']['pictures']} pictures", ("", "model", "accuracy", "loss"), rows)
    console.say(results.compared(result))
