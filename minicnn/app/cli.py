"""The command `minicnn`: parse, call. What is wrong is said in one sentence on stderr, with exit code 2."""

import argparse
import functools
import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn

from . import console
from .commands import COMMANDS


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
        from ..files import closed_pipe

        return closed_pipe()


def _run(argv: Sequence[str] | None) -> int:
    try:
        args = parser().parse_args(argv)
        from ..files import any_name  # here, since it loads NumPy, which --help does without

        any_name()
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            warnings.showwarning = lambda message, *where, **more: console.note(str(message))
            return args.run(args) or 0
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        print("\nstopped.", file=sys.stderr)
        return 130
    except (ValueError, TypeError, OSError) as error:
        console.complain(error)
        return 2


class _Parser(argparse.ArgumentParser):
    """Refuses in one sentence, as the commands do, and without the usage."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message[:1].upper()}{message[1:]}; see: {self.prog} --help")


class _Formatter(argparse.ArgumentDefaultsHelpFormatter):
    """Tells the defaults, where there are any."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        told = action.default is not None and action.default is not False
        return super()._get_help_string(action) if told else action.help


@functools.cache  # who runs many commands in one process describes them once
def parser() -> argparse.ArgumentParser:
    """Describe all commands and their arguments.

    Returns
    -------
    parser : argparse.ArgumentParser
    """
    top = _Parser(prog="minicnn", description="Study, train and use a small convolutional network.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        one = commands.add_parser(
            name,
            help=command.HELP,
            description=command.HELP,
            formatter_class=_Formatter,
        )
        command.add_flags(one)
        one.set_defaults(run=command.run)
    return top
