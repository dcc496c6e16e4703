"""`saliency`: draw which pixels of a picture speak for a class."""

import argparse
from pathlib import Path

from .. import console
from . import flags

HELP: str = "draw which pixels of a picture speak for a class: saliency, Grad-CAM, occlusion"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="a model file")
    parser.add_argument("picture", metavar="PICTURE", help="a file")
    parser.add_argument("-o", "--out", default="saliency.png", metavar="FILE", help="where to draw the maps")
    parser.add_argument("--class", dest="label", metavar="NAME", help="which class (default: the one that it names)")
    parser.add_argument("--against", metavar="NAME", help="what speaks for the class and against this other one")
    flags.add_card(parser)


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from .. import saliency

    replaced = ", in place of the file that was there" if Path(args.out).exists() else ""
    saliency.check_out(args.out)
    model, _ = flags.model(args)
    answer = saliency.ask(model, args.picture, args.label, args.against)
    saliency.draw(answer, args.out)
    print(f"{args.picture}: {answer}")
    if "Grad-CAM" not in answer.maps:
        console.note("no Grad-CAM: this model has no layer of maps.")
    print(f"{args.out}: the picture, {', '.join(answer.maps)}{replaced}")
