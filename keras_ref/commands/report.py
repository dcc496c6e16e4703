"""`report`: gather the results of the other commands into one Markdown file."""

import argparse

from ..runtime import console

HELP: str = "gather the results of the other commands into one Markdown file"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "folders",
        nargs="+",
        metavar="FOLDER",
        help="folders written by train, sweep, evaluate, speed, replay, data describe",
    )
    parser.add_argument("--out", default="RESULTS.md", help="the file to write (default: %(default)s)")
    parser.add_argument("--note", default="", help="a sentence on the circumstances, set beside the machine's name")


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from .. import results

    console.say(f"Written: {results.write(args.folders, args.out, args.note)}")
