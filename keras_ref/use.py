"""What the commands that use a model do with their arguments, and what they print; see `commands`."""

import json
from pathlib import Path

from keras_ref import console, flags
from keras_ref.errors import Refusal


def imagenet(args):
    from keras_ref import imagenet

    imagenet.show(imagenet.classify(args.pictures, args.weights, args.class_index))


def evaluate(args):
    from keras_ref import evaluate

    models, data = args.models, args.data
    if len(models) > 2:
        raise Refusal(f"evaluate takes one or two models and then the data folder. Received: {len(models)} models.")
    stems = "-".join(Path(name).stem for name in models)
    out = Path(args.out or f"{'comparison' if len(models) == 2 else 'evaluation'}-{stems}")
    if len(models) == 2:
        compared = evaluate.compare(*models, data, out, args.split, args.split_seed, args.skip_corrupt)
        return _show_comparison(models, compared, evaluate.sentence(compared), out)
    result = evaluate.evaluate(models[0], data, out, args.split, args.split_seed, args.skip_corrupt)
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

    recipe = flags.given(args, ("scale", "offset")) | ({"height": args.size, "width": args.size} if args.size else {})
    net, card, sentence = cards.load(args.model, args.classes.split(",") if args.classes else None, **recipe)
    if sentence:
        console.note(sentence)
    if args.logits and card.output != "logits":
        raise Refusal(f"{args.model} answers probabilities, it has no logits to show; leave out --logits.")
    names, answers, refused = predict.answer(net, card, predict.sources(args.pictures))
    for why in refused.values():
        console.note(why)
    shares = predict.probabilities(answers, card)
    _show_answers(args, card, names, answers, shares)
    return 1 if refused else 0


def _show_answers(args, card, names, answers, shares):
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
