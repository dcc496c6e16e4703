"""The command line: parse, call. Every refusal is one sentence on standard error and exit code 2."""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from ..runtime import console, interruptible
from .table import COMMANDS

FIVE: str = """\
from nothing to a prediction:
  python3 -m venv .venv && .venv/bin/python -m pip install -e '.[keras]' && . .venv/bin/activate
  python -m keras_ref data --dest clothing            get the photographs, check their counts
  python -m keras_ref train clothing --out run        train the course's classifier
  python -m keras_ref evaluate run/final.keras clothing
  python -m keras_ref predict run/final.keras shirt.jpg
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message[:1].upper()}{message[1:]}; see: {self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : its arguments, or None for the process's

    Returns
    -------
    code : 0, 1 where the command says so, 2 where it was refused, 130 where it was interrupted,
        141 where nobody reads on
    """
    try:
        try:
            return _run(argv)
        finally:
            sys.stdout.flush()  # what is left is printed here, where a closed pipe is seen, and not at Python's end
    except (BrokenPipeError, SystemExit) as end:  # rich turns the first into the second
        if BrokenPipeError not in (type(end), type(end.__context__)):
            raise
        from minicnn.files import closed_pipe

        return closed_pipe()


def _run(argv):
    try:
        args = _parser().parse_args(argv)
        from minicnn.files import any_name  # here, since it loads NumPy, which --help does without

        any_name()
        with interruptible():
            return args.run(args) or 0
    except BrokenPipeError:
        raise
    except (ValueError, TypeError) as refusal:  # the second of what minicnn's own checks refuse
        console.note(" ".join(str(refusal).split()))
        return 2
    except OSError as error:
        console.note(f"{error.filename or 'A file'} cannot be read or written: {error.strerror or error}.")
        return 2
    except KeyboardInterrupt:
        console.note("Stopped.")
        return 130


def _parser():
    parser = _Parser(
        prog="keras_ref",
        description="Train, tune, check and use an Xception classifier on folders of photographs.",
        epilog=FIVE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        text = command.HELP
        one = commands.add_parser(name, help=text, description=text[:1].upper() + text[1:] + ".")
        command.add_flags(one)
        one.set_defaults(run=command.run)
    return parser
