"""`exercise`: write the file of an exercise, or list them."""

import argparse

HELP: str = "write an exercise to a file: a part of a CNN, to be written by hand"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="which one; without it all are listed")
    parser.add_argument("-o", "--out", metavar="FILE", help="where to write it (NAME.py here, where it isn't said)")


def run(args: argparse.Namespace) -> None:
    """Do what the arguments ask for, and print what came of it."""
    from ...explain import exercises

    if args.name is None:
        wide = max(map(len, exercises.EXERCISES))
        for name, exercise in exercises.EXERCISES.items():
            print(f"{name.ljust(wide)}  {exercise.title}")
        print("\nminicnn exercise NAME writes one, minicnn check NAME.py proves what you made of it.")
        return
    path = exercises.write_file(args.name, args.out)
    print(f"{path}: {exercises.EXERCISES[args.name].title}. Write it, then: minicnn check {path}")
