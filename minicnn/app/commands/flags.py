"""What several commands take: flags on pictures, a model file completed by them, and pictures by name."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import console

if TYPE_CHECKING:
    from ...files import ResolvedCard
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
    told = parser.add_argument_group("how the model takes pictures, where its file does not tell or is wrong")
    told.add_argument("--classes", metavar="NAMES", help="class names, comma-separated; or a file, one a line")
    told.add_argument("--size", type=int, help="pixels, height and width")
    told.add_argument(
        "--scale", metavar="X", help="pixels 0..255 are multiplied by this: 1/255; or one a channel: a,b,c"
    )
    told.add_argument("--offset", metavar="X", help="and then this is added: --offset=-1; or one a channel")
    told.add_argument(
        "--preprocess",
        metavar="WAY",
        help="instead of these two, a way by name: Keras's tf, torch or caffe, or Teachable Machine's, teachable",
    )
    told.add_argument("--crop", choices=["none", "centre"], help="squeeze the whole picture, or cut out its centre")
    told.add_argument("--task", choices=["one", "many"], help="one class a picture, or each label for itself")
    told.add_argument("--resize", metavar="FILTER", help="nearest, bilinear, bicubic, lanczos, box or hamming")
    told.add_argument(
        "--invert",
        action=argparse.BooleanOptionalAction,
        help="white becomes black: for nets trained on white over black",
    )


def fields(args: argparse.Namespace) -> dict[str, Any]:
    """Return the fields of classifier.json that the flags give.

    Parameters
    ----------
    args : argparse.Namespace
        With those of `add_card`, and `model`, the model's file.

    Returns
    -------
    fields : dict
        None where a flag was not given.

    Raises
    ------
    ValueError
        A flag's value is none, or two flags say the same.
    """
    from ...files import preprocess

    told: dict[str, Any] = {}
    if args.preprocess is not None:
        if args.scale is not None or args.offset is not None:
            raise ValueError("--preprocess says what --scale and --offset say; give it, or them.")
        told = preprocess(args.preprocess, args.model)
    given = {
        "class_names": _classes(args.classes),
        "size": _size(args.size),
        "scale": _numbers("scale", args.scale),
        "offset": _numbers("offset", args.offset),
        "crop": args.crop,
        "resize": args.resize,
        "task": args.task,
        "invert": args.invert,
    }
    return told | {name: value for name, value in given.items() if value is not None}


def _classes(text: str | None) -> list[str] | None:
    """Read class names: those of a file, or these, comma-separated."""
    from ...files import read_class_names

    if text is None:
        return None
    if Path(text).is_file():
        return read_class_names(text)
    if text.endswith((".txt", ".csv")) or os.sep in text:
        raise ValueError(f"--classes must be names, comma-separated, or a file with one a line; there is no {text}.")
    return [name.strip() for name in text.split(",")]


def _size(pixels: int | None) -> list[int] | None:
    if pixels is not None and pixels < 1:
        raise ValueError(f"--size must be at least 1. Received: {pixels}.")
    return None if pixels is None else [pixels, pixels]


def _numbers(name: str, text: str | None) -> float | list[float] | None:
    """Read "1/255", "0.5" or "1,2,3"."""
    if text is None:
        return None
    try:
        numbers = [_quotient(*part.split("/")) for part in text.split(",")]
    except (ValueError, TypeError, ZeroDivisionError):
        raise ValueError(
            f"--{name} must be a number, as 0.5 or 1/255, or one a channel: a,b,c. Received: {text}."
        ) from None
    return numbers[0] if len(numbers) == 1 else numbers


def _quotient(number: str, divisor: str = "1") -> float:
    return float(number) / float(divisor)


def model(args: argparse.Namespace) -> "tuple[Model, ResolvedCard]":
    """Load the model of MODEL, completed by flags and guesses; notes tell what is guessed and what is unusual.

    Parameters
    ----------
    args : argparse.Namespace

    Returns
    -------
    model : Model, its `classifier` set
    resolved : ResolvedCard, who told what
    """
    from ...models import load_model
    from ..card import complete

    console.announce_compiling()
    better = fields(args)
    loaded = load_model(args.model, optimizer=False)
    resolved = complete(loaded, args.model, **better)
    tell(resolved)
    return loaded, resolved


def tell(resolved: "ResolvedCard") -> None:
    """Print notes on how a model takes pictures: what was guessed, and which flags say otherwise; what is unusual.

    Parameters
    ----------
    resolved : ResolvedCard
    """
    if resolved.sentence:
        console.note(f"{resolved.sentence} --classes, --size, --scale and --offset say otherwise.")
    if resolved.origin.get("scale") == "Teachable Machine":
        console.note(
            "taken for Teachable Machine's by the names of its files: the centred square, x/127.5 - 1. "
            "--scale, --offset and --crop say otherwise."
        )
    if resolved.value["channels"] == 1:
        console.note(f"the model takes grey pictures: they are read in grey{_inversion(resolved.value['invert'])}.")
    elif resolved.value["invert"]:
        console.note("pictures are inverted: white becomes black.")


def _inversion(inverted: bool) -> str:
    if inverted:
        return " and inverted, white becomes black"
    return "; add --invert where it was trained on white figures over black and yours are black over white"


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
