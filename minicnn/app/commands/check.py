"""`check`: prove what somebody wrote for an exercise."""

import argparse

HELP: str = "prove what you wrote for an exercise: what is wrong at the smallest case, or how fast it is"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="a Python file with the functions of one or more exercises")
    parser.add_argument("--limit", type=float, default=10.0, metavar="SECONDS", help="how long one call may take")


def run(args: argparse.Namespace) -> int:
    """Do what the arguments ask for, and print what came of it."""
    from ...explain import exercises

    right: set[str] = set()
    wrong = 0
    for verdict in exercises.check(args.file, args.limit):
        print(f"\n{verdict}" if right or wrong else verdict)
        wrong += not verdict.right
        right |= {verdict.name} if verdict.right else set()
    following = next((name for name in _after(right, list(exercises.EXERCISES))), None)
    if not wrong and following:
        print(f"\nNext: minicnn exercise {following}")
    return 1 if wrong else 0


def _after(done: set[str], names: list[str]) -> list[str]:
    """List the exercises after the last one that is done."""
    last = max((names.index(name) for name in done), default=-1)
    return names[last + 1 :]
