"""The command line: parse, call, print. Every refusal is one sentence on standard error and exit code 2."""

import argparse
import json
from pathlib import Path

from keras_ref import config as configs
from keras_ref import console
from keras_ref.errors import Refusal

FIVE = """\
from nothing to a prediction:
  python3 -m venv .venv && .venv/bin/python -m pip install -e '.[keras]' && . .venv/bin/activate
  python -m keras_ref data --dest clothing            get the photographs, check their counts
  python -m keras_ref train clothing --out run        train the course's classifier
  python -m keras_ref evaluate run/final.keras clothing
  python -m keras_ref predict run/final.keras shirt.jpg
"""
DEFAULTS = configs.Config("")
SETTINGS = (
    "size",
    "lr",
    "inner",
    "dropout",
    "augment",
    "class_weight",
    "epochs",
    "batch_size",
    "seed",
    "weights",
    "unfreeze",
    "devices",
    "precision",
)


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Refusal(f"{message[:1].upper()}{message[1:]}; see: {self.prog} --help")


def main(argv=None):
    """Run one command; give its exit code."""
    try:
        args = _parser().parse_args(argv)
        return args.run(args) or 0
    except Refusal as refusal:
        console.note(" ".join(str(refusal).split()))
        return 2
    except OSError as error:
        console.note(f"{error.filename or 'A file'} cannot be read or written: {error.strerror or error}.")
        return 2
    except KeyboardInterrupt:
        console.note("Stopped. A training goes on with: train --resume DIR")
        return 130


def _parser():
    parser = _Parser(
        prog="keras_ref",
        description="Train, tune, check and use an Xception classifier on folders of photographs.",
        epilog=FIVE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for make in (
        _data,
        _imagenet,
        _train,
        _features,
        _sweep,
        _evaluate,
        _predict,
        _replay,
        _doctor,
        _export,
        _speed,
        _report,
    ):
        make(commands)
    return parser


def _command(commands, name, run, text):
    parser = commands.add_parser(name, help=text, description=text[:1].upper() + text[1:] + ".")
    parser.set_defaults(run=run)
    return parser


def _number(kind, word):
    def parse(text):
        try:
            return kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"must be {word}. Received: {text!r}") from None

    return parse


WHOLE, REAL = _number(int, "a whole number"), _number(float, "a number")


def _layers(text):
    return text if text == "all" else WHOLE(text)


def _add_settings(parser, names):
    """Add the flags of a Config; a flag that is not given keeps the Config's own default."""
    kinds = {
        "lr": REAL,
        "dropout": REAL,
        "unfreeze": _layers,
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
            help=f"{words[name]} (default: {getattr(DEFAULTS, name)})",
        )


def _given(args, names):
    return {name: value for name in names if (value := getattr(args, name)) is not None}


def _store(args):
    from keras_ref import features

    return Path(args.cache) if args.cache else features.default_store()


def _cache_flag(parser):
    parser.add_argument(
        "--cache",
        metavar="DIR",
        help="where feature vectors are stored (default: $KERAS_REF_CACHE or the user's cache)",
    )


def _data(commands):
    parser = _command(
        commands, "data", _run_data, "get the course's photographs and check their counts, or describe any folder"
    )
    parser.add_argument("action", nargs="?", choices=("get", "verify", "describe"), default="get")
    parser.add_argument("folder", nargs="?", metavar="DIR", help="the folder to verify or describe")
    parser.add_argument(
        "--dest", default="clothing-dataset-small", help="new folder to put the photographs in (default: %(default)s)"
    )
    parser.add_argument(
        "--source", metavar="URL-OR-PATH", help="git address, local clone or folder (default: the public repository)"
    )
    parser.add_argument("--out", metavar="DIR", help="new folder for the description (default: description-NAME)")


def _run_data(args):
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
        console.say("The folder has no splits: a fifth of each class, drawn by seed, is held out for validation.")
    width, height = result["width"], result["height"]
    console.say(
        f"Sizes: width {width['least']} to {width['most']} px (median {width['median']}), "
        f"height {height['least']} to {height['most']} px (median {height['median']})."
    )
    console.say(
        f"Imbalance: the largest class has {result['imbalance']:.1f} times the pictures of the smallest; always naming the "
        f"largest is right on {result['majority']:.1%} of validation."
    )
    console.say(f"Corrupt files: {len(result['corrupt'])}.")
    for wrong in result["corrupt"].values():
        console.say(f"  {wrong}")
    console.say(f"Written: {out / 'contact_sheet.png'}, {out / 'description.json'}")


def _imagenet(commands):
    parser = _command(
        commands, "imagenet", _run_imagenet, "name what Xception, trained on ImageNet, sees in pictures (8.3)"
    )
    parser.add_argument("pictures", nargs="+", metavar="PICTURE")
    parser.add_argument(
        "--weights", default="imagenet", help="imagenet, none, or a file with the top (default: %(default)s)"
    )
    parser.add_argument(
        "--class-index", metavar="FILE", help="Keras's imagenet_class_index.json, where it cannot be downloaded"
    )


def _run_imagenet(args):
    from keras_ref import imagenet

    imagenet.show(imagenet.classify(args.pictures, args.weights, args.class_index))


def _train(commands):
    parser = _command(commands, "train", _run_train, "train a classifier (8.5, 8.7 to 8.11), or go on with a run")
    parser.add_argument(
        "data", nargs="?", metavar="DATA", help="folder with train/ and validation/, or with a folder a class"
    )
    _add_settings(parser, SETTINGS)
    parser.add_argument("--out", metavar="DIR", help="new folder for the run (default: run)")
    parser.add_argument("--resume", metavar="DIR", help="go on with the run in DIR after its last finished epoch")
    parser.add_argument(
        "--skip-corrupt", action="store_true", help="leave out pictures that cannot be read, and count them"
    )
    parser.add_argument("--no-cache", action="store_true", help="do not use stored feature vectors")
    _cache_flag(parser)


def _run_train(args):
    from keras_ref import train

    store = None if args.no_cache else _store(args)
    given = _given(args, SETTINGS)
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
    best = max(history, key=lambda row: row["val_accuracy"])
    console.say(f"Best: validation accuracy {best['val_accuracy']:.4f} in epoch {best['epoch']}. Written: {out}")


def _features(commands):
    parser = _command(
        commands, "features", _run_features, "run the frozen base once over all pictures and store the vectors"
    )
    parser.add_argument("data", nargs="?", metavar="DATA")
    _add_settings(parser, ("size", "weights"))
    parser.add_argument(
        "--shard", metavar="I/N", help="compute only part I of N (0 <= I < N), for several processes or machines"
    )
    parser.add_argument("--merge", nargs="+", metavar="DIR", help="copy the vectors of other stores into this one")
    _cache_flag(parser)


def _run_features(args):
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
    config = configs.Config(args.data, **_given(args, ("size", "weights")))
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


def _sweep(commands):
    parser = _command(
        commands, "sweep", _run_sweep, "vary one setting with several seeds, with error bars (8.6, 8.8, 8.9)"
    )
    parser.add_argument("data", metavar="DATA")
    parser.add_argument("--over", required=True, choices=("lr", "inner", "dropout", "size"))
    parser.add_argument("--values", nargs="+", type=REAL, help="values to try (default: the course's)")
    parser.add_argument("--seeds", type=WHOLE, default=3, help="runs a value (default: %(default)s)")
    _add_settings(
        parser,
        tuple(name for name in SETTINGS if name not in ("augment", "class_weight", "unfreeze", "devices", "precision")),
    )
    parser.add_argument("--out", metavar="DIR", help="new folder for table and plot (default: sweep-OVER)")
    _cache_flag(parser)


def _run_sweep(args):
    from keras_ref import sweep

    values = args.values
    if values and args.over in ("inner", "size"):
        if any(value != int(value) for value in values):
            raise Refusal(f"--values for {args.over} must be whole numbers. Received: {values}.")
        values = [int(value) for value in values]
    if args.seeds < 1:
        raise Refusal(f"--seeds must be at least 1. Received: {args.seeds}.")
    settings = _given(args, ("size", "lr", "inner", "dropout", "batch_size", "seed", "weights"))
    if args.over in settings:
        raise Refusal(f"--{args.over} is what the sweep varies; give its values with --values.")
    out = Path(args.out or f"sweep-{args.over}")
    result = sweep.run(args.data, args.over, out, values, args.seeds, args.epochs, _store(args), **settings)
    rows = [
        (
            f"{row['value']:g}",
            f"{row['best']:.4f}",
            f"{row['sd']:.4f}",
            " ".join(map(str, row["epoch"])),
            f"{row['last']:.4f}",
            f"{row['train']:.4f}",
            f"{row['min_val_loss']:.4f}",
        )
        for row in result["rows"]
    ]
    console.table(
        f"{result['seeds']} seeds, {result['epochs']} epochs, weights {result['weights']}, {result['pictures']} validation pictures",
        (args.over, "best", "sd", "epochs of it", "last", "training", "min loss"),
        rows,
    )
    console.say(result["sentence"])
    console.say(f"Written: {out / 'sweep.png'}, {out / 'sweep.json'}")


def _evaluate(commands):
    parser = _command(
        commands, "evaluate", _run_evaluate, "measure a model on held-out pictures (8.12), or compare two"
    )
    parser.add_argument(
        "models", nargs="+", metavar=("MODEL", "DATA"), help="one or two .keras files, then the data folder"
    )
    parser.add_argument(
        "--split", choices=("train", "validation", "test"), help="default: test if there is one, else validation"
    )
    parser.add_argument("--seed", type=WHOLE, default=1, help="draws the held-out fifth where the folder has no splits")
    parser.add_argument(
        "--skip-corrupt", action="store_true", help="leave out pictures that cannot be read, and count them"
    )
    parser.add_argument("--out", metavar="DIR", help="new folder for the figures (default: evaluation-MODEL)")


def _run_evaluate(args):
    from keras_ref import evaluate

    *models, data = args.models
    if len(models) not in (1, 2):
        raise Refusal(f"evaluate takes one or two models and then the data folder. Received: {len(models)} models.")
    if len(models) == 2:
        return _show_comparison(models, evaluate.compare(*models, data, args.split, args.seed, args.skip_corrupt))
    out = Path(args.out or f"evaluation-{Path(models[0]).stem}")
    result = evaluate.evaluate(models[0], data, out, args.split, args.seed, args.skip_corrupt)
    low, high = result["interval"]
    console.say(
        f"{result['right']} of {result['pictures']} {result['split']} pictures right: accuracy {result['accuracy']:.4f} "
        f"(95% interval {low:.4f} to {high:.4f}), loss {result['loss']:.4f}; always naming the largest class: {result['majority']:.4f}."
    )
    rows = [
        (c["class"], c["pictures"], *("-" if c[k] is None else f"{c[k]:.3f}" for k in ("precision", "recall")))
        for c in result["per_class"]
    ]
    console.table("by class", ("class", "pictures", "precision", "recall"), rows)
    names = result["class_names"]
    console.table(
        "confusion: a row is a class, a column what it was taken for",
        ("is", *names),
        [(name, *(n or "." for n in row)) for name, row in zip(names, result["confusion"], strict=True)],
    )
    console.say(f"Written: {out}")
    return None


def _show_comparison(models, result):
    rows = [
        (letter, name, f"{result[key]['accuracy']:.4f}", f"{result[key]['loss']:.4f}")
        for letter, name, key in zip("AB", models, ("a", "b"), strict=True)
    ]
    console.table(f"{result['a']['pictures']} pictures", ("", "model", "accuracy", "loss"), rows)
    console.say(
        f"Only A is right on {result['only_a']}, only B on {result['only_b']} pictures: McNemar's exact p = {result['p']:.3f}, "
        + ("a difference beyond chance." if result["p"] < 0.05 else "no difference beyond chance.")
    )


def _predict(commands):
    parser = _command(
        commands, "predict", _run_predict, "name the class of pictures, folders of pictures, or addresses"
    )
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("pictures", nargs="+", metavar="PICTURE|FOLDER|URL")
    parser.add_argument("--json", action="store_true", help="one JSON list with all probabilities")
    parser.add_argument("--logits", action="store_true", help="show what the net answers before softmax")
    parser.add_argument("--classes", metavar="A,B,...", help="class names, where the model file does not hold them")


def _run_predict(args):
    from keras_ref import card as cards
    from keras_ref import predict

    net, card, sentence = cards.load(args.model, args.classes.split(",") if args.classes else None)
    if sentence:
        console.note(sentence)
    if args.logits and card.output != "logits":
        raise Refusal(f"{args.model} answers probabilities, it has no logits to show; leave out --logits.")
    names = predict.sources(args.pictures)
    answers = predict.logits(net, card, names)
    shares = predict.probabilities(answers, card)
    if args.json:
        rows = [
            {
                "picture": name,
                "class": card.class_names[share.argmax()],
                "probability": float(share.max()),
                "probabilities": dict(zip(card.class_names, map(float, share), strict=True)),
            }
            | ({"logits": dict(zip(card.class_names, map(float, answer), strict=True))} if args.logits else {})
            for name, share, answer in zip(names, shares, answers, strict=True)
        ]
        return print(json.dumps(rows, indent=2, ensure_ascii=False))
    if args.logits:
        return console.table(
            "logits",
            ("picture", *card.class_names),
            [(name, *(f"{v:.3f}" for v in answer)) for name, answer in zip(names, answers, strict=True)],
        )
    return console.table(
        None,
        ("picture", "class", "probability"),
        [
            (name, card.class_names[share.argmax()], f"{share.max():.3f}")
            for name, share in zip(names, shares, strict=True)
        ],
    )


def _replay(commands):
    parser = _command(
        commands, "replay", _run_replay, "run 8.3 to 8.12 in order, our figures beside the published ones"
    )
    parser.add_argument("data", metavar="DATA")
    parser.add_argument(
        "--as",
        dest="how",
        choices=("filmed", "intended"),
        default="intended",
        help="for 8.10 and 8.11: also measure on augmented validation pictures as filmed (default: %(default)s)",
    )
    parser.add_argument("--quick", action="store_true", help="one epoch a step at 75 px, to see that every step works")
    _add_settings(parser, ("weights", "seed"))
    parser.add_argument("--out", metavar="DIR", default="replay", help="new folder for the runs (default: %(default)s)")
    _cache_flag(parser)


def _run_replay(args):
    from keras_ref import replay, report

    rows = replay.run(
        args.data,
        args.out,
        args.how,
        args.weights or "imagenet",
        _store(args),
        args.quick,
        args.seed or DEFAULTS.seed,
        tell=lambda row: console.note(f"{row['section']} {row['setting']}: {report.figure(row['ours'])}"),
    )
    console.table(
        f"as {args.how}",
        ("section", "setting", "ours", "published", "note"),
        [
            (row["section"], row["setting"], report.figure(row["ours"]), report.figure(row["published"]), row["note"])
            for row in rows
        ],
    )
    console.say(f"Written: {args.out}")


def _doctor(commands):
    parser = _command(commands, "doctor", _run_doctor, "find what spoils a training before an epoch is spent on it")
    parser.add_argument("data", metavar="DATA", help="a data folder")
    parser.add_argument(
        "model", nargs="?", metavar="MODEL.keras|RUN", help="a model file or a run folder to look at as well"
    )


def _run_doctor(args):
    from keras_ref import doctor

    findings = doctor.check_folder(args.data)
    if args.model and not any(finding.name in ("different classes", "corrupt pictures") for finding in findings):
        findings += doctor.check_run(args.model, args.data)
    for finding in findings:
        console.say(f"{finding.name}: {finding.sentence}")
    console.say(f"{len(findings)} finding{'' if len(findings) == 1 else 's'}." if findings else "Nothing is wrong.")
    return 1 if findings else 0


def _export(commands):
    parser = _command(commands, "export", _run_export, "write a model for other programs, and check it by running it")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--to", required=True, choices=("savedmodel", "onnx", "tflite"))
    parser.add_argument("--out", metavar="PATH", help="new file or folder (default: beside the model)")


def _run_export(args):
    from keras_ref import export

    path, difference, size = export.export(args.model, args.to, args.out)
    console.say(
        f"Written: {path}. Loaded again, its answers differ by at most {difference:.1e} (they reach {size:.1e})."
    )


def _speed(commands):
    parser = _command(
        commands, "speed", _run_speed, "measure loading against ImageDataGenerator, and the grid with stored vectors"
    )
    parser.add_argument("data", metavar="DATA")
    _add_settings(parser, ("size", "weights"))
    parser.add_argument(
        "--out", metavar="DIR", default="speed", help="new folder for the figures (default: %(default)s)"
    )


def _run_speed(args):
    from keras_ref import speed

    result = speed.run(args.data, args.out, args.weights or "none", args.size or DEFAULTS.size)
    console.table("loading", ("reader", "pictures a second"), list(result["loading"]["pictures_per_second"].items()))
    grid = result["grid"]
    console.say(
        f"First pass {result['loading']['first_pass_ratio']} times ImageDataGenerator's rate. The grid's {grid['epochs']} epochs: "
        f"{grid['fast_seconds']} s with stored vectors; {grid['slow_seconds_extrapolated']} s without, extrapolated from one epoch "
        f"of {grid['epoch_seconds']} s: {grid['times_faster']} times as long."
    )


def _report(commands):
    parser = _command(
        commands, "report", _run_report, "gather the results of the other commands into one Markdown file"
    )
    parser.add_argument(
        "folders",
        nargs="+",
        metavar="FOLDER",
        help="folders written by train, sweep, evaluate, speed, replay, data describe",
    )
    parser.add_argument("--out", default="RESULTS.md", help="the file to write (default: %(default)s)")


def _run_report(args):
    from keras_ref import report

    console.say(f"Written: {report.write(args.folders, args.out)}")
