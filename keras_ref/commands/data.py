"""`data`: get the course's photographs, check their counts, or describe any folder."""

import argparse
from pathlib import Path

from ..runtime import console

HELP: str = "get the course's photographs and check their counts, or describe any folder"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("action", nargs="?", choices=("get", "verify", "describe"), default="get")
    parser.add_argument("folder", nargs="?", metavar="DIR", help="the folder to verify or describe")
    parser.add_argument(
        "--dest", default="clothing-dataset-small", help="new folder to put the photographs in (default: %(default)s)"
    )
    parser.add_argument(
        "--source", metavar="URL-OR-PATH", help="git address, local clone or folder (default: the public repository)"
    )
    parser.add_argument("--out", metavar="DIR", help="new folder for the description (default: description-NAME)")


def run(args: argparse.Namespace) -> int | None:
    """Do what the arguments ask for, and print what came of it."""
    from ..course import clothing

    if args.action != "get" and not args.folder:
        raise ValueError(f"data {args.action} needs the folder of pictures as its next argument.")
    if args.action == "describe":
        return _describe(args.folder, Path(args.out or f"description-{Path(args.folder).resolve().name}"))
    root = args.folder if args.action == "verify" else clothing.get(args.dest, args.source or clothing.SOURCE)
    agree, sentences = clothing.verify(root)
    console.say(f"{root}: {agree} of {3 * len(clothing.COUNTS)} counts agree with the course's.")
    for sentence in sentences:
        console.say(f"  {sentence}")
    return None


def _describe(folder, out):
    from .. import results

    result = results.describe(folder, out)
    console.table(result["data"], ("class", *result["counts"]), results.count_rows(result))
    if result["held_out"]:
        console.say("The folder has no validation/: a fifth of each class, drawn by --split-seed, is held out.")
    width, height = result["width"], result["height"]
    console.say(
        f"Sizes: width {width['least']} to {width['most']} px (median {width['median']}), "
        f"height {height['least']} to {height['most']} px (median {height['median']})."
    )
    console.say(
        f"Imbalance: the largest class has {result['imbalance']:.1f} times the pictures of the smallest; "
        f"always naming the largest is right on {result['majority']:.1%} of validation."
    )
    console.say(f"Corrupt files: {len(result['corrupt'])}.")
    for wrong in result["corrupt"].values():
        console.say(f"  {wrong}")
    console.say(f"Written: {out / 'contact_sheet.png'}, {out / 'description.json'}")
