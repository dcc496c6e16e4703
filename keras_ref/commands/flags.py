"""The flags that several commands share: a Config's settings, and the store of feature vectors."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .. import config as configs


def number(kind: Callable[[str], Any], word: str) -> Callable[[str], Any]:
    """Return a parser of numbers whose complaint names the text that was received.

    Parameters
    ----------
    kind : int or float
    word : str, what the text should be

    Returns
    -------
    parse : function of a text
    """

    def parse(text):
        try:
            return kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"must be {word}. Received: {text!r}") from None

    return parse


WHOLE: Callable[[str], int] = number(int, "a whole number")
REAL: Callable[[str], float] = number(float, "a number")


def layers(text: str) -> int | str:
    """Parse the value of --unfreeze.

    Parameters
    ----------
    text : str

    Returns
    -------
    value : int, or "all"
    """
    return text if text == "all" else WHOLE(text)


KINDS: dict[str, Callable[[str], Any]] = {  # of the settings that are no whole numbers
    "lr": REAL,
    "dropout": REAL,
    "label_smoothing": REAL,
    "weight_decay": REAL,
    "schedule": str,
    "unfreeze": layers,
    "augment": str,
    "class_weight": str,
    "weights": str,
    "devices": str,
    "precision": str,
    "start": str,
    "maps": str,
    "base": str,
}
WORDS: dict[str, str] = {
    "size": "pixels a side, such as 150 or 299",
    "lr": "Adam's learning rate",
    "inner": "units of an inner Dense layer, 0 for none",
    "dropout": "share dropped before the last layer",
    "augment": "none, course (8.10), light (8.11) or mirror",
    "draws": "store the vectors of N draws of the augmentation, an epoch takes one; 0: a new one in each epoch",
    "label_smoothing": "share of a label that is spread over all classes",
    "schedule": "constant, or cosine: the rate falls to 0 over the epochs",
    "weight_decay": "Adam's weight decay",
    "patience": "end after so many epochs without a better validation loss, 0: never",
    "class_weight": "none or balanced",
    "epochs": "epochs",
    "batch_size": "pictures a batch",
    "seed": "order, start, augmentation",
    "split_seed": "draws the held-out fifth where the folder has no validation/",
    "weights": "imagenet, none, or a weights file in Keras's layout",
    "unfreeze": "train the last N layers of the base, or all",
    "devices": "one or all",
    "precision": "auto (mixed_float16 on a GPU), float32, mixed_float16, mixed_bfloat16",
    "start": "go on from a trained classifier, its head too: a .keras file or a run folder",
    "maps": "with --unfreeze N: keep what the frozen part answers, as float16 or float32",
    "base": "xception, mobilenetv2, efficientnetv2b0 or resnet50v2",
}


def flag(name: str) -> str:
    """Return the flag of a setting.

    Parameters
    ----------
    name : str

    Returns
    -------
    flag : str
    """
    return "--from" if name == "start" else "--" + name.replace("_", "-")


def add_settings(
    parser: argparse.ArgumentParser, names: Sequence[str], defaults: configs.Config = configs.DEFAULTS
) -> None:
    """Add the flags of a Config; a flag that is not given keeps the Config's own default.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    names : names of settings
    defaults : Config, what the help names for a flag that is not given
    """
    for name in names:
        parser.add_argument(
            flag(name),
            dest=name,
            type=KINDS.get(name, WHOLE),
            metavar=name.upper().replace("_", "-"),
            help=f"{WORDS[name]} (default: {getattr(defaults, name)})",
        )


def add_cache(parser: argparse.ArgumentParser) -> None:
    """Add the flag for the store of feature vectors.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument(
        "--cache",
        metavar="DIR",
        help="where feature vectors are stored (default: $MINICNN_VECTORS or the user's cache)",
    )


def store(args: argparse.Namespace) -> Path:
    """Return the store of feature vectors that was asked for, or the user's own.

    Parameters
    ----------
    args : argparse.Namespace

    Returns
    -------
    folder : Path
    """
    from minicnn.data import default_store

    return Path(args.cache) if args.cache else default_store()


def given(args: argparse.Namespace, names: Sequence[str]) -> dict[str, Any]:
    """Return the settings that were given on the command line.

    Parameters
    ----------
    args : argparse.Namespace
    names : names of settings

    Returns
    -------
    settings : {name: value}
    """
    return {name: value for name in names if (value := getattr(args, name)) is not None}


def add_mirror(parser: argparse.ArgumentParser) -> None:
    """Add the flag for answers that are averaged over the mirror image.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument(
        "--mirror", action="store_true", help="average the answers to a picture and to its mirror image; twice the time"
    )


def add_skip_corrupt(parser: argparse.ArgumentParser) -> None:
    """Add the flag for pictures that can't be read.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument(
        "--skip-corrupt", action="store_true", help="leave out pictures that cannot be read, and count them"
    )
