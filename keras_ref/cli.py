"""The command line: parse, call, print. Every refusal is one sentence on standard error and exit code 2."""

import argparse

from keras_ref import commands, console, flags, use
from keras_ref import config as configs
from keras_ref.errors import Refusal

FIVE = """\
from nothing to a prediction:
  python3 -m venv .venv && .venv/bin/python -m pip install -e '.[keras]' && . .venv/bin/activate
  python -m keras_ref data --dest clothing            get the photographs, check their counts
  python -m keras_ref train clothing --out run        train the course's classifier
  python -m keras_ref evaluate run/final.keras clothing
  python -m keras_ref predict run/final.keras shirt.jpg
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Refusal(f"{message[:1].upper()}{message[1:]}; see: {self.prog} --help")


def main(argv=None):
    """Run one command; give its exit code."""
    try:
        args = _parser().parse_args(argv)
        return args.run(args) or 0
    except ValueError as refusal:  # a Refusal, or what minicnn's reading of pictures and model files refuses
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
    sub = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
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
        make(sub)
    return parser


def _command(sub, name, run, text):
    parser = sub.add_parser(name, help=text, description=text[:1].upper() + text[1:] + ".")
    parser.set_defaults(run=run)
    return parser


def _data(sub):
    parser = _command(
        sub, "data", commands.data, "get the course's photographs and check their counts, or describe any folder"
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


def _imagenet(sub):
    parser = _command(sub, "imagenet", use.imagenet, "name what Xception, trained on ImageNet, sees in pictures (8.3)")
    parser.add_argument("pictures", nargs="+", metavar="PICTURE")
    parser.add_argument(
        "--weights", default="imagenet", help="imagenet, none, or a file with the top (default: %(default)s)"
    )
    parser.add_argument(
        "--class-index", metavar="FILE", help="Keras's imagenet_class_index.json, where it cannot be downloaded"
    )


def _train(sub):
    parser = _command(sub, "train", commands.train, "train a classifier (8.5, 8.7 to 8.11), or go on with a run")
    parser.add_argument(
        "data", nargs="?", metavar="DATA", help="folder with train/ and validation/, or with a folder a class"
    )
    flags.add_settings(parser, configs.SETTINGS)
    parser.add_argument("--out", metavar="DIR", help="new folder for the run (default: run)")
    parser.add_argument("--resume", metavar="DIR", help="go on with the run in DIR after its last finished epoch")
    parser.add_argument(
        "--skip-corrupt", action="store_true", help="leave out pictures that cannot be read, and count them"
    )
    parser.add_argument("--no-cache", action="store_true", help="do not use stored feature vectors")
    flags.cache(parser)


def _features(sub):
    parser = _command(
        sub, "features", commands.features, "run the frozen base once over all pictures and store the vectors"
    )
    parser.add_argument("data", nargs="?", metavar="DATA")
    flags.add_settings(parser, ("size", "weights"))
    parser.add_argument(
        "--shard", metavar="I/N", help="compute only part I of N (0 <= I < N), for several processes or machines"
    )
    parser.add_argument("--merge", nargs="+", metavar="DIR", help="copy the vectors of other stores into this one")
    flags.cache(parser)


def _sweep(sub):
    parser = _command(
        sub, "sweep", commands.sweep, "vary one setting with several seeds, with error bars (8.6, 8.8, 8.9)"
    )
    parser.add_argument("data", metavar="DATA")
    parser.add_argument("--over", required=True, choices=("lr", "inner", "dropout", "size"))
    parser.add_argument("--values", nargs="+", type=flags.REAL, help="values to try (default: the course's)")
    parser.add_argument("--seeds", type=flags.WHOLE, default=3, help="runs a value (default: %(default)s)")
    flags.add_settings(
        parser,
        tuple(
            name
            for name in configs.SETTINGS
            if name not in ("augment", "class_weight", "unfreeze", "devices", "precision")
        ),
    )
    parser.add_argument("--out", metavar="DIR", help="new folder for table and plot (default: sweep-OVER)")
    flags.cache(parser)


def _evaluate(sub):
    parser = _command(sub, "evaluate", use.evaluate, "measure a model on held-out pictures (8.12), or compare two")
    parser.add_argument("models", nargs="+", metavar="MODEL", help="one .keras file, or two to compare")
    parser.add_argument("data", metavar="DATA", help="a data folder")
    parser.add_argument(
        "--split", choices=("train", "validation", "test", "all"), help="default: test if there is one, else validation"
    )
    parser.add_argument(
        "--split-seed", type=flags.WHOLE, help="draws the held-out fifth (default: as the model's training drew it)"
    )
    parser.add_argument(
        "--skip-corrupt", action="store_true", help="leave out pictures that cannot be read, and count them"
    )
    parser.add_argument(
        "--out", metavar="DIR", help="new folder for the figures (default: evaluation-MODEL or comparison-A-B)"
    )


def _predict(sub):
    parser = _command(sub, "predict", use.predict, "name the class of pictures, folders of pictures, or addresses")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("pictures", nargs="+", metavar="PICTURE|FOLDER|URL")
    parser.add_argument("--json", action="store_true", help="one JSON list with all probabilities")
    parser.add_argument("--logits", action="store_true", help="show what the net answers before softmax")
    parser.add_argument("--classes", metavar="A,B,...", help="class names, where the model file does not hold them")
    parser.add_argument("--size", type=flags.WHOLE, metavar="N", help="pixels a side, likewise")
    parser.add_argument("--scale", type=flags.REAL, metavar="S", help="pixels are x * S + O on 0..255, likewise")
    parser.add_argument("--offset", type=flags.REAL, metavar="O", help="see --scale")


def _replay(sub):
    parser = _command(sub, "replay", commands.replay, "run 8.3 to 8.12 in order, our figures beside the published ones")
    parser.add_argument("data", metavar="DATA")
    parser.add_argument(
        "--as",
        dest="how",
        choices=("filmed", "intended"),
        default="intended",
        help="for 8.10 and 8.11: also measure on augmented validation pictures as filmed (default: %(default)s)",
    )
    parser.add_argument("--quick", action="store_true", help="one epoch a step at 75 px, to see that every step works")
    flags.add_settings(parser, ("weights", "seed"))
    parser.add_argument("--out", metavar="DIR", default="replay", help="new folder for the runs (default: %(default)s)")
    flags.cache(parser)


def _doctor(sub):
    parser = _command(sub, "doctor", use.doctor, "find what spoils a training, before an epoch is spent")
    parser.add_argument("data", metavar="DATA", help="a data folder")
    parser.add_argument(
        "model", nargs="?", metavar="MODEL.keras|RUN", help="a model file or a run folder to look at as well"
    )


def _export(sub):
    parser = _command(sub, "export", use.export, "write a model for other programs, and run it to check")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--to", required=True, choices=("savedmodel", "onnx", "tflite"))
    parser.add_argument("--out", metavar="PATH", help="new file or folder (default: beside the model)")


def _speed(sub):
    parser = _command(sub, "speed", commands.speed, "measure loading beside ImageDataGenerator, and the grid both ways")
    parser.add_argument("data", metavar="DATA")
    flags.add_settings(parser, ("size", "weights"))
    parser.add_argument(
        "--out", metavar="DIR", default="speed", help="new folder for the figures (default: %(default)s)"
    )


def _report(sub):
    parser = _command(sub, "report", commands.report, "gather the results of the other commands into one Markdown file")
    parser.add_argument(
        "folders",
        nargs="+",
        metavar="FOLDER",
        help="folders written by train, sweep, evaluate, speed, replay, data describe",
    )
    parser.add_argument("--out", default="RESULTS.md", help="the file to write (default: %(default)s)")
    parser.add_argument("--note", default="", help="a sentence on the circumstances, set beside the machine's name")
