"""The command line: parse, call, print."""
import argparse
import sys

from keras_ref import config as configs
from keras_ref.errors import Refusal


def main(argv=None):
    p = argparse.ArgumentParser(prog="keras_ref")
    sub = p.add_subparsers(dest="command", required=True)
    t = sub.add_parser("train")
    t.add_argument("data", nargs="?")
    t.add_argument("--out")
    t.add_argument("--resume")
    t.add_argument("--size", type=int)
    t.add_argument("--lr", type=float)
    t.add_argument("--inner", type=int)
    t.add_argument("--dropout", type=float)
    t.add_argument("--augment")
    t.add_argument("--epochs", type=int)
    t.add_argument("--batch-size", type=int)
    t.add_argument("--seed", type=int)
    t.add_argument("--weights")
    t.add_argument("--unfreeze", type=lambda s: s if s == "all" else int(s))
    a = p.parse_args(argv)
    from keras_ref import train
    try:
        if a.resume:
            train.resume(a.resume, a.epochs, a.data)
        else:
            names = "data size lr inner dropout augment epochs batch_size seed weights unfreeze".split()
            train.new(configs.Config(**{n: getattr(a, n) for n in names if getattr(a, n) is not None}), a.out)
    except Refusal as r:
        print(r, file=sys.stderr)
        return 2
    return 0
