"""`predict`: name the class of pictures, folders of pictures, or addresses."""

import argparse
import json

from .. import console
from . import flags

HELP: str = "name the class of pictures, folders of pictures, or addresses"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="a .keras file, or a run folder: its best epoch")
    parser.add_argument("pictures", nargs="+", metavar="PICTURE|FOLDER|URL")
    parser.add_argument("--json", action="store_true", help="one JSON list with all probabilities")
    parser.add_argument("--logits", action="store_true", help="show what the net answers before softmax")
    parser.add_argument("--classes", metavar="A,B,...", help="class names, where the model file does not hold them")
    parser.add_argument("--size", type=flags.WHOLE, metavar="N", help="pixels a side, likewise")
    parser.add_argument("--scale", type=flags.REAL, metavar="S", help="pixels are x * S + O on 0..255, likewise")
    flags.add_mirror(parser)
    parser.add_argument("--offset", type=flags.REAL, metavar="O", help="see --scale")


def run(args: argparse.Namespace) -> int | None:
    """Do what the arguments ask for, and print what came of it."""
    from .. import card as cards
    from .. import predict, runs

    if args.size is not None and args.size < 1:
        raise ValueError(f"--size must be at least 1. Received: {args.size}.")
    classes = None if args.classes is None else args.classes.split(",")
    size = None if args.size is None else (args.size, args.size)
    net, card, sentence = cards.load(
        runs.model_file(args.model), classes, size=size, scale=args.scale, offset=args.offset
    )
    if sentence:
        console.note(f"{sentence} --classes, --size, --scale and --offset say otherwise.")
    if args.logits and card.output != "logits":
        raise ValueError(f"{args.model} answers probabilities, it has no logits to show; leave out --logits.")
    names, answers, refused = predict.answer(net, card, predict.sources(args.pictures), args.mirror)
    for why in refused.values():
        console.note(why)
    shares = predict.probabilities(answers, card)
    if args.json:
        _print_json(card.class_names, names, shares, answers if args.logits else None)
    elif args.logits:
        cells = [[f"{v:.3f}" for v in answer] for answer in answers]
        console.table("logits", ("picture", *card.class_names), _beside(names, cells))
    else:
        cells = [(card.class_names[share.argmax()], f"{share.max():.3f}") for share in shares]
        console.table(None, ("picture", "class", "probability"), _beside(names, cells))
    return 1 if refused else 0


def _beside(names, cells):
    return [(name, *row) for name, row in zip(names, cells, strict=True)]


def _print_json(class_names, names, shares, logits):
    def by_class(row):
        return dict(zip(class_names, map(float, row), strict=True))

    rows = [
        {
            "picture": name,
            "class": class_names[share.argmax()],
            "probability": float(share.max()),
            "probabilities": by_class(share),
        }
        for name, share in zip(names, shares, strict=True)
    ]
    if logits is not None:
        rows = [row | {"logits": by_class(answer)} for row, answer in zip(rows, logits, strict=True)]
    print(json.dumps(rows, indent=2, ensure_ascii=False))
