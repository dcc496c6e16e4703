"""`predict`: name the class of pictures, folders of pictures, or addresses, a row each as it comes."""

import argparse
import contextlib
import csv
import json
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

from ..runtime import console
from . import flags

HELP: str = "name the class of pictures, folders of pictures, or addresses"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="a .keras file, or a run folder: its best epoch")
    parser.add_argument("pictures", nargs="+", metavar="PICTURE|FOLDER|URL")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON list with all probabilities")
    form.add_argument("--csv", action="store_true", help="comma-separated rows with all probabilities")
    parser.add_argument("--logits", action="store_true", help="show what the net answers before softmax")
    parser.add_argument(
        "--timeout", type=flags.REAL, metavar="S", help="seconds until an address must have sent it (default: 60)"
    )
    parser.add_argument("--classes", metavar="A,B,...", help="class names, where the model file does not hold them")
    parser.add_argument("--size", type=flags.WHOLE, metavar="N", help="pixels a side, likewise")
    parser.add_argument("--scale", type=flags.REAL, metavar="S", help="pixels are x * S + O on 0..255, likewise")
    parser.add_argument("--offset", type=flags.REAL, metavar="O", help="see --scale")
    parser.add_argument("--temperature", type=flags.REAL, metavar="T", help="what logits are divided by, likewise")
    parser.add_argument(
        "--threshold", type=flags.REAL, metavar="P", help="less probable answers are none of these, likewise"
    )
    flags.add_mirror(parser)


def run(args: argparse.Namespace) -> int | None:
    """Do what the arguments ask for, and print what came of it."""
    from .. import predict
    from ..pictures import addresses

    net, card = _load(args)
    limit = addresses.LIMIT if args.timeout is None else args.timeout
    if not 0 < limit <= 1e6:
        raise ValueError(f"--timeout must be above 0 and at most 1000000 s. Received: {args.timeout}.")
    names = predict.sources(args.pictures)
    writer = (_Json if args.json else _Csv if args.csv else _Logits if args.logits else _Table)(card, names, args)
    refused = 0
    with console.progress("predicting", len(names), quiet=sys.stdout.isatty()) as advance, writer.closing():
        for row in predict.rows(net, card, names, args.mirror, limit):
            if row.answer is None:
                console.note(row.refused)
                refused += 1
            else:
                writer.add(row.name, predict.probabilities(row.answer[None], card)[0], row.answer)
            advance()
    return 1 if refused else 0


def _load(args):
    from .. import runs
    from ..model import card as cards

    if args.size is not None and args.size < 1:
        raise ValueError(f"--size must be at least 1. Received: {args.size}.")
    for name in ("scale", "temperature"):
        value = getattr(args, name)
        if value is not None and (value == 0 or (name == "temperature" and not value > 0)):
            what = "a number other than 0" if name == "scale" else "a number above 0"
            raise ValueError(f"--{name} must be {what}. Received: {value}.")
    net, card, sentence = cards.load(
        runs.model_file(args.model),
        None if args.classes is None else args.classes.split(","),
        size=None if args.size is None else (args.size, args.size),
        scale=args.scale,
        offset=args.offset,
        temperature=args.temperature,
        threshold=args.threshold,
    )
    if sentence:
        console.note(f"{sentence} --classes, --size, --scale and --offset say otherwise.")
    if args.logits and card.output != "logits":
        raise ValueError(f"{args.model} answers probabilities, it has no logits to show; leave out --logits.")
    return net, card


class _Writer:
    """What prints a row as soon as it is there; the first one brings what stands above it."""

    def __init__(self, card: Any, names: list[str], args: argparse.Namespace) -> None:
        from ..predict import named

        self.card, self.names, self.logits, self.named = card, names, args.logits, named
        self.begun = False

    def add(self, name, share, answer):
        """Print the row of one picture."""
        if not self.begun:
            self.begin()
        self.row(name, share, answer)
        self.begun = True
        sys.stdout.flush()

    @contextlib.contextmanager
    def closing(self) -> Iterator[None]:
        """End what is printed inside of the block; where it is interrupted, what was begun."""
        try:
            yield
        except BrokenPipeError:
            raise
        except BaseException:
            if self.begun:
                self.end()
            raise
        self.end()

    def begin(self):
        """Print what stands above the first row."""

    def row(self, name, share, answer):
        """Print one row."""

    def end(self):
        """Print what stands below the last row; there may have been none."""


class _Table(_Writer):
    def begin(self):
        from minicnn.files import NONE_OF_THESE

        words = ["class", *self.card.class_names] + [NONE_OF_THESE] * (self.card.threshold is not None)
        self.widths = max(map(console.width, ["picture", *self.names])), max(map(console.width, words))
        self.line("picture", "class", "probability")

    def line(self, name, answer, probability):
        print(f"{console.pad(name, self.widths[0])} {console.pad(answer, self.widths[1])} {probability:>11}")

    def row(self, name, share, answer):
        self.line(name, self.named(share, self.card), f"{share.max():.3f}")


class _Logits(_Writer):
    def begin(self):
        self.width = max(map(console.width, ["picture", *self.names]))
        self.line("picture", self.card.class_names)

    def line(self, name, cells):
        wide = zip(cells, (max(8, console.width(each)) for each in self.card.class_names), strict=True)
        print(" ".join([console.pad(name, self.width), *(f"{cell:>{n}}" for cell, n in wide)]))

    def row(self, name, share, answer):
        self.line(name, [f"{value:.3f}" for value in answer])


class _Csv(_Writer):
    def begin(self):
        self.file = csv.writer(sys.stdout, lineterminator="\n")
        kinds = ["p"] + ["logit"] * self.logits
        columns = [f"{kind}_{name}" for kind in kinds for name in self.card.class_names]
        self.file.writerow(["picture", "class", "probability", *columns])

    def end(self):
        if not self.begun:
            self.begin()

    def row(self, name, share, answer):
        values = [*share, *(answer if self.logits else ())]
        self.file.writerow([name, self.named(share, self.card), float(share.max()), *map(float, values)])


class _Json(_Writer):
    def row(self, name, share, answer):
        row = {
            "picture": name,
            "class": self.named(share, self.card),
            "probability": float(share.max()),
            "probabilities": self.by_class(share),
        }
        if self.logits:
            row["logits"] = self.by_class(answer)
        text = textwrap.indent(json.dumps(row, indent=2, ensure_ascii=False), "  ")
        print(("," if self.begun else "[") + "\n" + text, end="")

    def by_class(self, values):
        return dict(zip(self.card.class_names, map(float, values), strict=True))

    def end(self):
        print("\n]" if self.begun else "[]")
