"""What each command does with its arguments, and what it prints.

Modules that need TensorFlow are imported by the command that needs them, so that --help is quick.
"""

import json
from pathlib import Path

from keras_ref import config as configs
from keras_ref import console
from keras_ref.errors import Refusal


def _given(args, names):
    return {name: value for name in names if (value := getattr(args, name)) is not None}


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
        console.say("The folder has no splits: a fifth of each class, drawn by seed, is held out for validation.")
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


def imagenet(args):
    from keras_ref import imagenet

    imagenet.show(imagenet.classify(args.pictures, args.weights, args.class_index))


def train(args):
    from keras_ref import train

    store = None if args.no_cache else _store(args)
    given = _given(args, configs.SETTINGS)
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


def sweep(args):
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
        f"{result['seeds']} seeds, {result['epochs']} epochs, weights {result['weights']}, "
        f"{result['pictures']} validation pictures",
        (args.over, "best", "sd", "epochs of it", "last", "training", "min loss"),
        rows,
    )
    console.say(result["sentence"])
    console.say(f"Written: {out / 'sweep.png'}, {out / 'sweep.json'}")


def evaluate(args):
    from keras_ref import evaluate

    *models, data = args.models
    if len(models) not in (1, 2):
        raise Refusal(f"evaluate takes one or two models and then the data folder. Received: {len(models)} models.")
    stems = "-".join(Path(name).stem for name in models)
    out = Path(args.out or f"{'comparison' if len(models) == 2 else 'evaluation'}-{stems}")
    if len(models) == 2:
        compared = evaluate.compare(*models, data, out, args.split, args.seed, args.skip_corrupt)
        return _show_comparison(models, compared, evaluate.sentence(compared), out)
    result = evaluate.evaluate(models[0], data, out, args.split, args.seed, args.skip_corrupt)
    low, high = result["interval"]
    console.say(
        f"{result['right']} of {result['pictures']} {result['split']} pictures right: "
        f"accuracy {result['accuracy']:.4f} (95% interval {low:.4f} to {high:.4f}), loss {result['loss']:.4f}; "
        f"always naming the largest class: {result['majority']:.4f}."
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


def _show_comparison(models, result, sentence, out):
    rows = [
        (letter, name, f"{result[key]['accuracy']:.4f}", f"{result[key]['loss']:.4f}")
        for letter, name, key in zip("AB", models, ("a", "b"), strict=True)
    ]
    console.table(f"{result['a']['pictures']} pictures", ("", "model", "accuracy", "loss"), rows)
    console.say(sentence)
    console.say(f"Written: {out}")


def predict(args):
    from keras_ref import card as cards
    from keras_ref import predict

    recipe = _given(args, ("scale", "offset")) | ({"height": args.size, "width": args.size} if args.size else {})
    net, card, sentence = cards.load(args.model, args.classes.split(",") if args.classes else None, **recipe)
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


def doctor(args):
    from keras_ref import doctor

    findings = doctor.check_folder(args.data)
    if args.model and not any(finding.name in ("different classes", "corrupt pictures") for finding in findings):
        findings += doctor.check_run(args.model, args.data)
    for finding in findings:
        console.say(f"{finding.name}: {finding.sentence}")
    console.say(f"{len(findings)} finding{'' if len(findings) == 1 else 's'}." if findings else "Nothing is wrong.")
    return 1 if findings else 0


def export(args):
    from keras_ref import export

    path, difference, size = export.export(args.model, args.to, args.out)
    console.say(
        f"Written: {path}. Loaded again, its answers differ by at most {difference:.1e} (they reach {size:.1e})."
    )


def speed(args):
    from keras_ref import speed

    result = speed.run(args.data, args.out, args.weights or "none", args.size or configs.DEFAULTS.size)
    console.table("loading", ("reader", "pictures a second"), list(result["loading"]["pictures_per_second"].items()))
    console.say(f"First pass {result['loading']['first_pass_ratio']} times ImageDataGenerator's rate.")
    console.say(speed.sentence(result["grid"]))


def report(args):
    from keras_ref import report

    console.say(f"Written: {report.write(args.folders, args.out, args.note)}")
