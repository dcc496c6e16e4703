"""The flags that several commands share: a Config's settings, and the store of feature vectors."""

import argparse

from keras_ref import config as configs


def number(kind, word):
    """Give a parser of numbers whose complaint names the text that was received."""

    def parse(text):
        try:
            return kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"must be {word}. Received: {text!r}") from None

    return parse


WHOLE, REAL = number(int, "a whole number"), number(float, "a number")


def layers(text):
    """Parse the value of --unfreeze."""
    return text if text == "all" else WHOLE(text)


def add_settings(parser, names):
    """Add the flags of a Config; a flag that is not given keeps the Config's own default."""
    kinds = {
        "lr": REAL,
        "dropout": REAL,
        "unfreeze": layers,
        "augment": str,
        "class_weight": str,
        "weights": str,
        "devices": str,
        "precision": str,
    }
    words = {
        "size": "pixels a side, 150 or 299",
        "lr": "Adam's learning rate",
        "inner": "units of an inner Dense layer, 0 for none",
        "dropout": "share dropped before the last layer",
        "augment": "none, course (8.10) or light (8.11)",
        "class_weight": "none or balanced",
        "epochs": "epochs",
        "batch_size": "pictures a batch",
        "seed": "order, start, augmentation",
        "split_seed": "draws the held-out fifth where the folder has no validation/",
        "weights": "imagenet, none, or a weights file in Keras's layout",
        "unfreeze": "train the last N layers of the base, or all",
        "devices": "one or all",
        "precision": "auto (mixed_float16 on a GPU), float32, mixed_float16, mixed_bfloat16",
    }
    for name in names:
        parser.add_argument(
            "--" + name.replace("_", "-"),
            type=kinds.get(name, WHOLE),
            metavar=name.upper().replace("_", "-"),
            help=f"{words[name]} (default: {getattr(configs.DEFAULTS, name)})",
        )


def cache(parser):
    """Add the flag for the store of feature vectors."""
    parser.add_argument(
        "--cache",
        metavar="DIR",
        help="where feature vectors are stored (default: $KERAS_REF_CACHE or the user's cache)",
    )


def given(args, names):
    """Give the settings among `names` that were given on the command line."""
    return {name: value for name in names if (value := getattr(args, name)) is not None}
