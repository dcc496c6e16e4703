"""What several commands take: flags on pictures, a model file completed by them, and pictures by name."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .. import console

if TYPE_CHECKING:
    from ...models import Model


def add_skip_corrupt(parser: argparse.ArgumentParser) -> None:
    """Add the flag for files that are no pictures.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument("--skip-corrupt", action="store_true", help="leave out and count files that are no pictures")


def add_card(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say what a model's classifier.json says.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument("--classes", help="class names, comma-separated, where the file has none")
    parser.add_argument("--size", type=int, help="pixels, where the file does not tell")
    parser.add_argument("--scale", type=float, help="pixels are multiplied by this, where the file does not tell")


def classes(args: argparse.Namespace) -> list[str] | None:
    """Return the class names of --classes.

    Parameters
    ----------
    args : argparse.Namespace

    Returns
    -------
    names : list of str, or None where the flag was not given
    """
    return None if args.classes is None else args.classes.split(",")


def size(args: argparse.Namespace) -> tuple[int, int] | None:
    """Return the square of --size.

    Parameters
    ----------
    args : argparse.Namespace

    Returns
    -------
    size : (height, width) in pixels, or None where the flag was not given

    Raises
    ------
    ValueError
        It is less than 1.
    """
    if args.size is not None and args.size < 1:
        raise ValueError(f"--size must be at least 1. Received: {args.size}.")
    return None if args.size is None else (args.size, args.size)


def model(args: argparse.Namespace) -> "Model":
    """Load the model of MODEL, completed by flags and guesses; a note tells the guesses.

    Parameters
    ----------
    args : argparse.Namespace

    Returns
    -------
    model : Model, its `classifier` set
    """
    from ...models import load_model
    from ..card import complete

    console.announce_compiling()
    loaded = load_model(args.model, optimizer=False)
    guessed = complete(loaded, classes(args), size(args), args.scale, args.model)
    if guessed:
        tell_guess(guessed)
    return loaded


def tell_guess(sentence: str) -> None:
    """Print a note that tells what was guessed, and which flags say otherwise.

    Parameters
    ----------
    sentence : str
    """
    console.note(f"{sentence} --classes, --size and --scale say otherwise.")


def pictures(paths: list[str]) -> list[Path]:
    """List the pictures that paths name; a note tells what is left out of folders.

    Parameters
    ----------
    paths : list of str, of files and folders

    Returns
    -------
    files : list of Path
    """
    from ...data import LeftOut
    from ..predict import picture_files

    left_out = LeftOut()
    files = picture_files(paths, left_out)
    if left_out:
        console.note(str(left_out))
    return files
