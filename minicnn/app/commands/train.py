"""`train`: train a small net on a folder of pictures."""

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Any

from .. import console
from ..settings import DEFAULTS, ON_A_BASE, Settings
from . import flags

OUT = "minicnn-run"
HELP: str = "train a small net on a folder of pictures"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "folder",
        metavar="DIR",
        nargs="?",
        help="train/ and validation/ with class folders, or these alone; or a CSV of file,labels",
    )
    parser.add_argument("--arch", choices=["tinyvgg", "homework"], help=f"which net (default: {DEFAULTS.arch})")
    parser.add_argument(
        "--base",
        metavar="FILE",
        help="train a head on a frozen base instead: "
        "any model file of Keras's that holds one, as Xception from ImageNet",
    )
    parser.add_argument(
        "--from",
        dest="start",
        metavar="MODEL",
        help="go on from a trained classifier on a base, its head too: a model file or a run folder",
    )
    parser.add_argument("--resume", metavar="RUN", help="go on with a run on a base after its last finished epoch")
    parser.add_argument("--inner", type=int, help="on a base: units of an inner layer (default: none)")
    parser.add_argument("--dropout", type=float, help="on a base: share dropped before the last layer (default: 0)")
    parser.add_argument("--augment", help="on a base: none, mirror or light, as 8.11's (default: none)")
    parser.add_argument(
        "--draws", type=int, metavar="K", help="of --augment light: how many are stored; an epoch takes one"
    )
    parser.add_argument(
        "--cache",
        metavar="DIR",
        help="on a base: where vectors are kept (default: $MINICNN_VECTORS or the user's cache)",
    )
    parser.add_argument(
        "--size", type=int, help=f"pixels, height and width (default: {DEFAULTS.size}), {ON_A_BASE.size} on a base"
    )
    parser.add_argument(
        "--epochs",
        type=int,
        help=f"passes over the training pictures (default: {DEFAULTS.epochs}), {ON_A_BASE.epochs} on a base",
    )
    parser.add_argument("--batch-size", type=int, help=f"pictures a step (default: {DEFAULTS.batch_size})")
    parser.add_argument("--lr", type=float, help=f"Adam's learning rate (default: {DEFAULTS.lr})")
    parser.add_argument("--seed", type=int, help=f"of weights and order (default: {DEFAULTS.seed})")
    parser.add_argument(
        "--split-seed",
        type=int,
        help=f"of held-out pictures, without a validation folder (default: {DEFAULTS.split_seed})",
    )
    flags.add_skip_corrupt(parser)
    parser.add_argument("--out", metavar="DIR", help=f"a new folder for the model and its history (default: {OUT})")


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    console.announce_compiling()
    named = {name: getattr(args, name) for name in Settings.__dataclass_fields__}
    given = {name: value for name, value in named.items() if value is not None and value is not False}
    out = args.resume or args.out or OUT
    try:
        if args.resume:
            _resume(args, given)
        elif args.base or args.start:
            _train_on_base(args, given, out)
        else:
            _train(args, given, out)
    except KeyboardInterrupt:
        print(f"\nstopped; the last finished epoch, if there was one, is in {out}/model.keras", file=sys.stderr)
        if (Path(out) / "config.json").is_file():
            print(f"it goes on after its last finished epoch with: minicnn train --resume {out}", file=sys.stderr)
    else:
        print(f"the model is in {out}/model.keras, its history in {out}/history.csv")


def _resume(args: argparse.Namespace, given: dict[str, Any]) -> None:
    from ...data import default_store
    from .. import transfer

    fixed = [*(["--out"] if args.out else []), *(_flag(name) for name in given if name != "epochs")]
    if fixed:
        raise ValueError(f"--resume takes its settings from the run's config.json; leave out {fixed[0]}.")
    transfer.resume(args.resume, args.cache or default_store(), args.epochs, args.folder)


def _train_on_base(args: argparse.Namespace, given: dict[str, Any], out: str) -> None:
    from ...data import default_store
    from .. import heads, transfer

    _need_folder(args)
    for one, other in (("base", "arch"), ("start", "arch"), ("start", "base")):
        if getattr(args, one) and getattr(args, other):
            raise ValueError(f"{_flag(one)} and {_flag(other)} are two nets; give one of them.")
    if args.folder.endswith(".csv"):
        flag = _flag("start" if args.start else "base")
        raise ValueError(f"{flag} wants class folders; on a CSV of labels --arch is trained.")
    if args.start:
        given["start"] = str(heads.model_file(args.start))
        kept = heads.Trained(given["start"]).settings
        if given.get("inner", kept["inner"]) != kept["inner"]:
            raise ValueError(f"--inner must be that of {args.start}, {kept['inner']}. Received: {given['inner']}.")
        given = kept | given
    settings = dataclasses.replace(ON_A_BASE, **given)
    transfer.train_on_base(args.folder, out, settings, args.cache or default_store())


def _train(args: argparse.Namespace, given: dict[str, Any], out: str) -> None:
    from .. import train

    _need_folder(args)
    for name in ("inner", "dropout", "augment", "draws", "cache"):
        if getattr(args, name) is not None:
            raise ValueError(f"--{name} is for a head on a base; give --base FILE too.")
    train.train(args.folder, out, dataclasses.replace(DEFAULTS, **given))


def _need_folder(args: argparse.Namespace) -> None:
    if args.folder is None:
        raise ValueError("train needs a folder of pictures, or --resume RUN.")


def _flag(name: str) -> str:
    return "--from" if name == "start" else "--" + name.replace("_", "-")
