"""`features`: run the frozen base once over all pictures, and store the vectors."""

import argparse

from .. import config as configs
from ..runtime import console
from . import flags

SETTINGS: tuple[str, ...] = ("base", "size", "weights", "augment", "draws", "split_seed")
HELP: str = "run the frozen base once over all pictures and store the vectors"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("data", nargs="?", metavar="DATA")
    flags.add_settings(parser, SETTINGS)
    parser.add_argument(
        "--shard", metavar="I/N", help="compute only part I of N (0 <= I < N), for several processes or machines"
    )
    parser.add_argument("--merge", nargs="+", metavar="DIR", help="copy the vectors of other stores into this one")
    flags.add_cache(parser)
    parser.add_argument(
        "--ray", metavar="ADDRESS", help="on all nodes of Ray: local, or the address of a cluster's head"
    )
    parser.add_argument(
        "--send", action="store_true", help="with --ray: send the pictures to nodes that do not see DATA"
    )


def run(args: argparse.Namespace) -> int | None:
    """Do what the arguments ask for, and print what came of it."""
    from minicnn.data import variants

    from .. import features, model, pictures, runtime

    store = flags.store(args)
    if args.merge:
        console.say(f"{features.merge(args.merge, store)} new blocks of vectors are now in {store}.")
    elif not args.data:
        raise ValueError("features needs a data folder, or --merge DIR.")
    if not args.data:
        return
    if args.send and not args.ray:
        raise ValueError("--send is for --ray ADDRESS.")
    shard = _shard(args.shard)
    config = configs.Config(args.data, **flags.given(args, SETTINGS))
    if args.ray:
        _spread(args, config, store)
        return
    if config.augment in ("course", "light") and not config.draws:
        raise ValueError(f"--augment {config.augment} needs --draws N: how many draws of each picture are stored.")
    found = pictures.read(args.data, config.split_seed)
    runtime.repeatable(config.seed)
    classifier = model.build(config, len(found.class_names))
    square = pictures.square(config.size, config.base)
    every = pictures.Pictures(found.split("all").files, square, keep=False)
    features.vectors(classifier, every, store, shard)
    learn = pictures.Pictures(found.splits["train"].files, square, keep=False)
    draws = [draw for draw in variants(config.augment, config.draws) if draw]
    for draw in draws:
        features.vectors(classifier, learn, store, shard, config.augment, draw)
    where = features.store_for(classifier, square, store)
    console.say(f"{len(where.digests())} vectors of {len(every)} pictures are in {where.folder}.")
    if draws:
        drawn = [features.store_for(classifier, square, store, config.augment, draw).digests() for draw in draws]
        what = f"{len(draws)} draws" if config.draws else "the mirror images"
        console.say(f"{sum(map(len, drawn))} vectors of {what} of {len(learn)} pictures are beside it.")


def _spread(args, config, store):
    """Compute the vectors on Ray, of pictures that are never listed as a whole."""
    from minicnn.data import LeftOut, stream_pictures

    from .. import features, model, pictures, runtime
    from ..runtime import cluster

    for name, given in (("--shard", args.shard), ("--augment", config.augment != "none")):
        if given:
            raise ValueError(f"--ray spreads the vectors of all pictures as they are; leave out {name}.")
    left_out = LeftOut()
    count = sum(1 for _ in stream_pictures(args.data, left_out))
    if left_out:
        console.note(f"{args.data}: {left_out}")
    runtime.repeatable(config.seed)
    classifier, square = model.build(config, 1), pictures.square(config.size, config.base)
    with cluster.connected(args.ray), console.progress("features", count) as advance:
        files = (path.absolute() for path in stream_pictures(args.data))
        features.spread(classifier, files, square, store, args.send, advance)
    where = features.store_for(classifier, square, store)
    console.say(f"{len(where.digests())} vectors of {count} pictures are in {where.folder}.")


def _shard(text):
    if text is None:
        return 0, 1
    part, slash, whole = text.partition("/")
    if not slash or not part.isdigit() or not whole.isdigit() or not int(part) < int(whole):
        raise ValueError(f"--shard must be I/N with 0 <= I < N, such as 0/2 and 1/2. Received: {text!r}.")
    return int(part), int(whole)
