"""The commands, a file each: its line of help, its flags, its call and what it prints.

What needs NumPy or TensorFlow is imported by `run`, so that --help is quick.
"""

import argparse
from typing import Protocol

from . import data, doctor, evaluate, export, features, imagenet, predict, replay, report, speed, sweep, train


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
    "data": data,
    "imagenet": imagenet,
    "train": train,
    "features": features,
    "sweep": sweep,
    "evaluate": evaluate,
    "predict": predict,
    "replay": replay,
    "doctor": doctor,
    "export": export,
    "speed": speed,
    "report": report,
}
