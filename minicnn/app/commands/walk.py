"""`walk`: go through a small example, step by step."""

import argparse

TOPICS: tuple[str, ...] = tuple(
    "conv relu pool flatten dense sigmoid softmax backprop padding stride loss sgd adam batchnorm dropout".split()
)

HELP: str = "go through a small example, step by step"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("topic", metavar="TOPIC", choices=TOPICS, help=", ".join(TOPICS))


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from ...explain import walk

    walk(args.topic)
