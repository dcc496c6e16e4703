"""`doctor`: find what spoils a training, before an epoch is spent."""

import argparse

from ..runtime import console

HELP: str = "find what spoils a training, before an epoch is spent"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("data", metavar="DATA", help="a data folder")
    parser.add_argument(
        "model", nargs="?", metavar="MODEL.keras|RUN", help="a model file or a run folder to look at as well"
    )


def run(args: argparse.Namespace) -> int | None:
    """Do what the arguments ask for, and print what came of it."""
    from ..doctor import check_folder, check_run

    findings = check_folder(args.data)
    if args.model and not any(finding.name in ("different classes", "corrupt pictures") for finding in findings):
        findings += check_run(args.model, args.data)
    for finding in findings:
        console.say(f"{finding.name}: {finding.sentence}")
    console.say(f"{len(findings)} finding{'' if len(findings) == 1 else 's'}." if findings else "Nothing is wrong.")
    return 1 if findings else 0
