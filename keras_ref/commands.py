"""What the commands around training do with their arguments, and what they print; those that use a model: `use`.

Modules that need TensorFlow are imported by the command that needs them, so that --help is quick.
"""

from pathlib import Path

from keras_ref import config as configs
from keras_ref import console, flags
from keras_ref.errors import Refusal


def _store(args):
    from keras_ref import features

    return Path(args.cache) if args.cache else features.default_store()


def data(args):
    from keras_ref import dataset

    if args.action != "get" and not args.folder:
        raise Refusal(f"data {args.action} needs the folder of pictures as its next argument.")
    if args.action == "describe":
        out = Path(args.out or f"description-{Path(args.folder).resolve().name}")
        return _show_description(dataset.describe(args.folder, out), out)
    root = args.folder if args.action == "verify" else dataset.get(args.dest, args.source or dataset.SOURCE)
    agree, sentences = dataset.verify(root)
    console.say(f"{root}: {agree} of {3 * len(dataset.COUNTS)} counts agree with the course's.")
    for sentence in sentences:
        console.say(f"  {sentence}")
    return None


def _show_description(result, out):
    counts = result["counts"]
    rows = [(name, *(of[i] for of in counts.values())) for i, name in enumerate(result["class_names"])]
    console.table(result["data"], ("class", *counts), [*rows, ("total", *(sum(of) for of in counts.values()))])
    if result["held_out"]:
        console.say("The folder has no validation/: a fifth of each class, drawn by --split-seed, is held out.")
    width, height = result["width"], result["height"]
    console.say(
        f"Sizes: width {width['least']} to {width['most']} px (median {width['median']}), "
        f"height {height['least']} to {height['most']} px (median {height['median']})."
    )
    console.say(
        f"Imbalance: the largest class has {result['imbalance']:.1f} times the pictures of the smallest; "
        f"always naming the largest is right on {result['majority']:.1%} of validation."
    )
    console.say(f"Corrupt files: {len(result['corrupt'])}.")
    for wrong in result["corrupt"].values():
        console.say(f"  {wrong}")
    console.say(f"Written: {out / 'contact_sheet.png'}, {out / 'description.json'}")


def train(args):
    from keras_ref import train

    store = None if args.no_cache else _store(args)
    given = flags.given(args, configs.SETTINGS)
    if args.resume:
        fixed = sorted(set(given) - {"epochs"}) + (["out"] if args.out else [])
        if fixed:
            raise Refusal(
                f"--resume takes its settings from the run's config.json; leave out --{fixed[0].replace('_', '-')}."
            )
        out, history = args.resume, train.resume(args.resume, args.epochs, args.data, store)
    else:
        if not args.data:
            raise Refusal("train needs a data folder, or --resume DIR.")
        out = args.out or "run"
        history = train.new(configs.Config(args.data, **given), out, args.skip_corrupt, store)
    best = train.best(history)
    console.say(f"Best: validation accuracy {best['val_accuracy']:.4f} in epoch {best['epoch']}. Written: {out}")


def features(args):
    from keras_ref import features, folder, model, runtime
    from keras_ref.data import Pictures, square

    store = _store(args)
    if args.merge:
        console.say(f"{features.merge(args.merge, store)} new blocks of vectors are now in {store}.")
    elif not args.data:
        raise Refusal("features needs a data folder, or --merge DIR.")
    if not args.data:
        return
    shard = _shard(args.shard)
    config = configs.Config(args.data, **flags.given(args, ("size", "weights")))
    found = folder.read(args.data)
    runtime.repeatable(config.seed)
    classifier = model.build(config, len(found.class_names))
    paths = [path for split in found.splits.values() for path in split.paths]
    features.vectors(classifier, Pictures(paths, square(config.size), keep=False), store, shard)
    where = features.subfolder(classifier, square(config.size), store)
    console.say(f"{len(features.read_store(where))} vectors of {len(paths)} pictures are in {where}.")


def _shard(text):
    if text is None:
        return 0, 1
    part, slash, whole = text.partition("/")
    if not slash or not part.isdigit() or not whole.isdigit() or not int(part) < int(whole):
        raise Refusal(f"--shard must be I/N with 0 <= I < N, such as 0/2 and 1/2. Received: {text!r}.")
    return int(part), int(whole)


def sweep(args):
    from keras_ref import sweep

    values = args.values
    if values and args.over in ("inner", "size"):
        if any(value != int(value) for value in values):
            raise Refusal(f"--values for {args.over} must be whole numbers. Received: {values}.")
        values = [int(value) for value in values]
    if args.seeds < 1:
        raise Refusal(f"--seeds must be at least 1. Received: {args.seeds}.")
    settings = flags.given(args, ("size", "lr", "inner", "dropout", "batch_size", "seed", "weights", "split_seed"))
    if args.over in settings:
        raise Refusal(f"--{args.over} is what the sweep varies; give its values with --values.")
    out = Path(args.out or f"sweep-{args.over}")
    result = sweep.run(args.data, args.over, out, values, args.seeds, args.epochs, _store(args), **settings)
    console.table(
        f"{result['seeds']} seeds, {result['epochs']} epochs, weights {result['weights']}, "
        f"{result['pictures']} validation pictures",
        (args.over, "best", "sd", "epochs of it", "last", "training", "min loss"),
        list(map(sweep.cells, result["rows"])),
    )
    console.say(result["sentence"])
    console.say(f"Written: {out / 'sweep.png'}, {out / 'sweep.json'}")


def replay(args):
    from keras_ref import replay, report

    rows = replay.run(
        args.data,
        args.out,
        args.how,
        args.weights or "imagenet",
        _store(args),
        args.quick,
        args.seed or configs.DEFAULTS.seed,
        tell=lambda row: console.note(f"{row['section']} {row['setting']}: {report.figure(row['ours'])}"),
    )
    cells = [(row["section"], row["setting"], *map(report.figure, (row["ours"], row["published"]))) for row in rows]
    console.table(
        f"validation accuracy @ best epoch, as {args.how}", ("section", "setting", "ours", "published"), cells
    )
    for row in rows:
        if row["note"]:
            console.say(f"{row['section']}: {row['note']}")
    console.say(f"Written: {args.out}")


def speed(args):
    from keras_ref import speed

    result = speed.run(args.data, args.out, args.weights or "none", args.size or configs.DEFAULTS.size)
    console.table("loading", ("reader", "pictures a second"), list(result["loading"]["pictures_per_second"].items()))
    console.say(f"First pass {result['loading']['first_pass_ratio']} times ImageDataGenerator's rate.")
    console.say(speed.sentence(result["grid"]))


def report(args):
    from keras_ref import report

    console.say(f"Written: {report.write(args.folders, args.out, args.note)}")
