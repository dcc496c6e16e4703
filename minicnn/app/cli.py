"""The command `minicnn`: parse, call, print. What is wrong is said in one sentence on stderr, with exit code 2."""

import argparse
import json
import sys
import warnings
from pathlib import Path

WALKS = ("conv", "relu", "pool", "flatten", "dense", "sigmoid", "softmax", "backprop")


def main(argv=None):
    """Run one command; return its exit code."""
    arguments = parser().parse_args(argv)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            warnings.showwarning = lambda message, *where, **more: _note(message)
            return arguments.call(arguments) or 0
    except KeyboardInterrupt:
        print("\nstopped.", file=sys.stderr)
        return 130
    except (ValueError, TypeError, OSError) as error:
        print(f"minicnn: {error}", file=sys.stderr)
        return 2


def parser():
    """Describe all commands and their options."""
    top = argparse.ArgumentParser(prog="minicnn", description="Study, train and use a small convolutional network.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name, call, text):
        sub = commands.add_parser(
            name, help=text, description=text, formatter_class=argparse.ArgumentDefaultsHelpFormatter
        )
        sub.set_defaults(call=call)
        return sub

    sub = command("demo", _demo, "draw ten kinds of clothes and teach a small CNN to tell them apart")
    sub.add_argument("--out", default="minicnn-demo", metavar="DIR", help="where to leave the model")
    sub.add_argument("--quick", action="store_true", help="few pictures, two epochs: to see that all works")
    sub.add_argument("--seed", type=int, default=0, help="of pictures, weights and order")

    sub = command("train", _train, "train a small net on a folder of pictures")
    sub.add_argument("folder", metavar="DIR", help="train/ and validation/ with class folders, or these alone")
    sub.add_argument("--arch", choices=["tinyvgg", "homework"], default="tinyvgg", help="which net")
    sub.add_argument("--size", type=int, default=64, help="pixels, height and width")
    sub.add_argument("--epochs", type=int, default=20, help="passes over the training pictures")
    sub.add_argument("--batch-size", type=int, default=32, help="pictures a step")
    sub.add_argument("--lr", type=float, default=0.001, help="Adam's learning rate")
    sub.add_argument("--seed", type=int, default=0, help="of weights and order")
    sub.add_argument("--split-seed", type=int, default=0, help="of held-out pictures, without a validation folder")
    sub.add_argument("--skip-corrupt", action="store_true", help="leave out and count files that are no pictures")
    sub.add_argument("--out", default="minicnn-run", metavar="DIR", help="a new folder for the model and its history")

    sub = command("evaluate", _evaluate, "measure a model on a folder of pictures: accuracy and who is taken for whom")
    sub.add_argument("model", metavar="MODEL", help="a model file")
    sub.add_argument("folder", metavar="DIR", help="pictures in class folders")
    sub.add_argument(
        "--split",
        choices=["train", "validation", "test", "all"],
        help="test if present, else validation, without what the model learned from; train and all whole",
    )
    sub.add_argument("--split-seed", type=int, help="of held-out pictures, in place of the training's own")
    sub.add_argument("--skip-corrupt", action="store_true", help="leave out and count files that are no pictures")
    _preprocessing(sub)

    sub = command("predict", _predict, "name what is on pictures")
    sub.add_argument("model", metavar="MODEL", help="a model file")
    sub.add_argument("pictures", nargs="+", metavar="PICTURE", help="files or folders")
    sub.add_argument("--top", type=int, default=3, help="how many classes to show")
    sub.add_argument("--json", action="store_true", help="all classes, as JSON")
    _preprocessing(sub)

    sub = command("summary", _summary, "show a model layer by layer: shapes, parameters, work, receptive fields")
    sub.add_argument("model", metavar="MODEL", help="a model file")

    sub = command("explain", _explain, "write a page that shows where every number of a net comes from")
    sub.add_argument("model", metavar="MODEL", help="a model file, or a folder with those of several epochs")
    sub.add_argument("pictures", nargs="+", metavar="PICTURE", help="files or folders")
    sub.add_argument("-o", "--out", default="page.html", metavar="FILE", help="the page, for any browser, offline")
    _preprocessing(sub)

    sub = command("walk", _walk, "go through a small example, step by step")
    sub.add_argument("topic", metavar="TOPIC", choices=WALKS, help=", ".join(WALKS))

    sub = command("shapes", _shapes, "work out sizes, parameters and multiply-adds of a net written in one line")
    sub.add_argument("text", nargs="+", metavar="NET", help='"150x150x3 conv32 3x3 pool2 flatten dense64 dense1"')
    return top


def _preprocessing(sub):
    sub.add_argument("--classes", help="class names, comma-separated, where the file has none")
    sub.add_argument("--size", type=int, help="pixels, where the file does not tell")
    sub.add_argument("--scale", type=float, help="pixels are multiplied by this, where the file does not tell")


def _demo(arguments):
    from .demo import demo

    _announce_compiling()
    demo(arguments.out, arguments.quick, arguments.seed)


def _train(arguments):
    from . import classify

    _announce_compiling()
    try:
        classify.train(
            arguments.folder,
            arguments.out,
            arguments.arch,
            arguments.size,
            arguments.epochs,
            arguments.batch_size,
            arguments.lr,
            arguments.seed,
            arguments.skip_corrupt,
            arguments.split_seed,
        )
    except KeyboardInterrupt:
        print(
            f"\nstopped; the last finished epoch, if there was one, is in {arguments.out}/model.keras", file=sys.stderr
        )
    else:
        print(f"the model is in {arguments.out}/model.keras, its history in {arguments.out}/history.csv")


def _load(arguments):
    """Load the model, and complete what its file does not tell."""
    from ..models import load_model
    from . import classify

    _announce_compiling()
    model = load_model(arguments.model, optimizer=False)
    size = (arguments.size, arguments.size) if arguments.size else None
    classes = arguments.classes and arguments.classes.split(",")
    guessed = classify.complete(model, classes, size, arguments.scale, arguments.model)
    if guessed:
        _note(f"{guessed} --classes, --size and --scale say otherwise.")
    return model


def _note(sentence):
    print(f"note: {sentence}", file=sys.stderr)


def _evaluate(arguments):
    from . import classify

    judgement, split = classify.evaluate(
        _load(arguments),
        arguments.folder,
        arguments.split,
        arguments.skip_corrupt,
        arguments.split_seed,
        arguments.model,
        _note,
    )
    print(f"{split}: {judgement}")


def _predict(arguments):
    from . import classify

    model = _load(arguments)
    files = _pictures(arguments.pictures)
    names, unreadable = model.classifier["class_names"], {}
    rows = classify.predict(model, files, unreadable=unreadable)
    files = [file for file in files if file not in unreadable]
    for why in unreadable.values():
        print(f"minicnn: {why}", file=sys.stderr)
    if arguments.json:
        print(
            json.dumps(
                [
                    {
                        "picture": str(file),
                        "class": names[row.argmax()],
                        "probabilities": dict(zip(names, map(float, row), strict=True)),
                    }
                    for file, row in zip(files, rows, strict=True)
                ],
                indent=2,
                allow_nan=False,
            )
        )
    else:
        for file, row in zip(files, rows, strict=True):
            best = sorted(range(len(names)), key=lambda k: -row[k])[: max(arguments.top, 1)]
            print(f"{file}: " + ", ".join(f"{names[k]} {row[k]:.3f}" for k in best))
    return 1 if unreadable else 0


def _pictures(paths):
    """List the pictures that paths name, and say what is left out of folders."""
    from ..data import LeftOut
    from . import classify

    left_out = LeftOut()
    files = classify.picture_files(paths, left_out)
    if left_out:
        _note(str(left_out))
    return files


def _summary(arguments):
    from ..models import load_model

    load_model(arguments.model, optimizer=False).summary()


def _explain(arguments):
    from ..explain import page

    _announce_compiling()
    replaced = ", in place of the file that was there" if Path(arguments.out).exists() else ""
    size = page.write(
        arguments.model,
        _pictures(arguments.pictures),
        arguments.out,
        classes=arguments.classes and arguments.classes.split(","),
        scale=arguments.scale,
        size=arguments.size and (arguments.size, arguments.size),
        note=lambda sentence: _note(f"{sentence} --classes, --size and --scale say otherwise."),
    )
    print(f"{arguments.out}: {size / 1e6:.1f} MB, for any browser; it needs no network{replaced}")


def _walk(arguments):
    from ..explain import walk

    walk(arguments.topic)


def _shapes(arguments):
    from ..explain import shapes

    print(shapes(" ".join(arguments.text)))


def _announce_compiling():
    from ..kernels import on_first_compile

    on_first_compile(
        lambda: print("compiling kernels for this machine, once; the next start finds them ready ...", file=sys.stderr)
    )
