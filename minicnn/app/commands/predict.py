"""`predict`: name what is on pictures."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .. import console
from . import flags

if TYPE_CHECKING:
    from ...types import Array

HELP: str = "name what is on pictures"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="a model file")
    parser.add_argument("pictures", nargs="+", metavar="PICTURE", help="files or folders")
    parser.add_argument("--top", type=int, default=3, help="how many classes to show")
    parser.add_argument("--json", action="store_true", help="all classes, as JSON")
    flags.add_card(parser)


def run(args: argparse.Namespace) -> int:
    """Do what the arguments ask for, and print what came of it."""
    from .. import predict
    from ..card import known

    if args.top < 1:
        raise ValueError(f"--top must be at least 1. Received: {args.top}.")
    model = flags.model(args)
    unreadable: dict[Path, str] = {}
    files = flags.pictures(args.pictures)
    rows = predict.predict(model, files, unreadable=unreadable)
    files = [file for file in files if file not in unreadable]
    for why in unreadable.values():
        console.complain(why)
    names = known(model)["class_names"]
    answers = [predict.named(row, known(model)) for row in rows]
    if args.json:
        _print_json(names, files, rows, answers)
    else:
        _print_lines(names, files, rows, answers, args.top)
    return 1 if unreadable else 0


def _print_json(names: Sequence[str], files: Sequence[Path], rows: "Array", answers: Sequence[str]) -> None:
    told = [
        {
            "picture": str(file),
            "class": answer,
            "probabilities": dict(zip(names, map(float, row), strict=True)),
        }
        for file, row, answer in zip(files, rows, answers, strict=True)
    ]
    print(json.dumps(told, indent=2, allow_nan=False))


def _print_lines(names: Sequence[str], files: Sequence[Path], rows: "Array", answers: Sequence[str], top: int) -> None:
    for file, row, answer in zip(files, rows, answers, strict=True):
        best = sorted(range(len(names)), key=lambda k: -row[k])[:top]
        shares = ", ".join(f"{names[k]} {row[k]:.3f}" for k in best)
        print(f"{file}: {shares}" if answer == names[best[0]] else f"{file}: {answer} ({shares})")
