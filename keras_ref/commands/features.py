"""`features`: run the frozen base once over all pictures, and store the vectors."""

import argparse

from .. import config as configs
from .. import console
from . import flags

HELP: str = "run the frozen base once over all pictures and store the vectors"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("data", nargs="?", metavar="DATA")
    flags.add_settings(parser, ("size", "weights"))
    parser.add_argument(
        "--shard", metavar="I/N", help="compute only part I of N (0 <= I < N), for several processes or machines"
    )
    parser.add_argument("--merge", nargs="+", metavar="DIR", help="copy the vectors of other stores into this one")
    flags.add_cache(parser)


def run(args: argparse.Namespace) -> int | None:
    """Do what the arguments ask for, and print what came of it."""
    from .. import features, model, pictures, runtime

    store = flags.store(args)
    if args.merge:
        console.say(f"{features.merge(args.merge, store)} new blocks of vectors are now in {store}.")
    elif not args.data:
        raise ValueError("features needs a data folder, or --merge DIR.")
    if not args.data:
        return
    shard = _shard(args.shard)
    config = configs.Config(args.data, **flags.given(args, ("size", "weights")))
    found = pictures.read(args.data)
    runtime.repeatable(config.seed)
    classifier = model.build(config, len(found.class_names))
    paths, square = found.split("all").files, pictures.square(config.size)
    features.vectors(classifier, pictures.Pictures(paths, square, keep=False), store, shard)
    where = features.subfolder(classifier, square, store)
    console.say(f"{len(features.read_store(where))} vectors of {len(paths)} pictures are in {where}.")


def _shard(text):
    if text is None:
        return 0, 1
    part, slash, whole = text.partition("/")
    if not slash or not part.isdigit() or not whole.isdigit() or not int(part) < int(whole):
        raise ValueError(f"--shard must be I/N with 0 <= I < N, such as 0/2 and 1/2. Received: {text!r}.")
    return int(part), int(whole)
