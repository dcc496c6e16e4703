"""`describe`: write down how a model takes pictures and what its classes are called."""

import argparse

from . import flags

HELP: str = "write a model's class names and how it takes pictures into its file, or beside it"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="a model file")
    flags.add_card(parser)


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from .. import describe

    found = describe.describe(args.model, **flags.fields(args))
    for field, value in found.resolved.value.items():
        if field not in ("version", "split"):
            old = f", in place of {_said(found.replaced[field])}" if field in found.replaced else ""
            told = found.resolved.origin.get(field, "the default")
            print(f"{field}: {_said(value)} ({told}{old})")
    print(f"{args.model} said so already" if found.file is None else f"written into {found.file}")


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
