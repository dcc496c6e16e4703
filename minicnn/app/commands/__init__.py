"""The commands, a file each: its line of help, its flags, its call and what it prints.

What needs NumPy or Numba is imported by `run`, so that --help is quick.
"""

import argparse
from typing import Protocol

from . import (
    check,
    demo,
    describe,
    evaluate,
    exercise,
    explain,
    export,
    predict,
    saliency,
    serve,
    shapes,
    summary,
    train,
    walk,
)


class Command(Protocol):
    """What a file of this folder has."""

    HELP: str

    def add_flags(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's arguments.

        Parameters
        ----------
        parser : argparse.ArgumentParser
        """

    def run(self, args: argparse.Namespace) -> int | None:
        """Do what the arguments ask for, and print what came of it.

        Parameters
        ----------
        args : argparse.Namespace

        Returns
        -------
        code : int, the exit code, or None for 0
        """


COMMANDS: dict[str, Command] = {  # in the order of --help
    "demo": demo,
    "train": train,
    "evaluate": evaluate,
    "predict": predict,
    "serve": serve,
    "summary": summary,
    "describe": describe,
    "explain": explain,
    "saliency": saliency,
    "export": export,
    "walk": walk,
    "shapes": shapes,
    "exercise": exercise,
    "check": check,
}

__all__ = ["COMMANDS", "Command"]
