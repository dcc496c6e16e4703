"""`explain`: write a page that shows where every number of a net comes from."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .. import console
from . import flags

if TYPE_CHECKING:
    from ...files import ResolvedCard

HELP: str = "write a page that shows where every number of a net comes from"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="a model file, or a folder with those of several epochs")
    parser.add_argument("pictures", nargs="+", metavar="PICTURE", help="files or folders")
    parser.add_argument("-o", "--out", default="page.html", metavar="FILE", help="the page, for any browser, offline")
    parser.add_argument(
        "--exact", action="store_true", help="weights as they are, where a large net's would be rounded to 8 bits"
    )
    flags.add_card(parser)


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from ...explain import page

    console.announce_compiling()
    better = flags.fields(args)
    replaced = ", in place of the file that was there" if Path(args.out).exists() else ""
    size = page.write(
        args.model,
        flags.pictures(args.pictures),
        args.out,
        classes=better.pop("class_names", None),
        exact=args.exact,
        tell=_tell,
        **better,
    )
    print(f"{args.out}: {size / 1e6:.1f} MB, for any browser; it needs no network{replaced}")


def _tell(resolved: "ResolvedCard") -> None:
    """Print what the other commands print of a card, and what of it the page does not apply."""
    flags.tell(resolved)
    later = [name for name in ("temperature", "threshold") if resolved.value[name] is not None]
    if later:
        what = " and ".join(f"{name} {resolved.value[name]:g}" for name in later)
        console.note(f"the page shows the net's own probabilities; predict applies its {what}.")
