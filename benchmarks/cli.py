"""The command line: parse, set the threads, measure, print, write the result file."""

import argparse
import subprocess
import sys
from collections.abc import Sequence

from . import __doc__ as about
from .commands import COMMANDS, MEASURING


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : its arguments, or None for the process's

    Returns
    -------
    code : 0, 1 where a row failed, 2 after a sentence that says what was wrong, 130 where it was stopped, 141 where
        nobody reads on
    """
    try:
        try:
            options = parser().parse_args(arguments)
            options.arguments = sys.argv[1:] if arguments is None else arguments
            return _guarded(options)
        finally:
            sys.stdout.flush()  # what is left is printed here, where a closed pipe is seen, and not at Python's end
    except (BrokenPipeError, SystemExit) as end:  # rich turns the first into the second
        if BrokenPipeError not in (type(end), type(end.__context__)):
            raise
        from minicnn.files import closed_pipe

        return closed_pipe()


def _guarded(options):
    try:
        return _run(COMMANDS[options.command], options)
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    """Describe the commands."""
    top = argparse.ArgumentParser(prog="python -m benchmarks", description=about)
    each = top.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for name, command in COMMANDS.items():
        own = each.add_parser(name, help=command.help, description=command.help)
        for names, settings in (*command.flags, *(MEASURING if command.measures else ())):
            own.add_argument(*names, **settings)
    return top


def _run(command, options):
    if not command.measures:
        command.run(options)
        return 0
    from . import machine, results

    if options.isa and (environment := machine.as_on(options.isa)):
        return subprocess.call([sys.executable, "-m", "benchmarks", *options.arguments], env=environment)
    if options.threads is not None and options.threads < 1:
        raise ValueError(f"`--threads` must be at least 1. Received: {options.threads}.")
    threads = options.threads or machine.processors()
    machine.set_threads(threads)  # before any engine is imported
    before = results.earlier(options.json)  # which may be no result file: said before anything is measured
    part = command.run(options, threads)
    from . import sections

    print(sections.text(part))
    if options.json:
        results.write(options.json, results.joined(before, part))
    return int(any(row.get("failed") for row in part["rows"]))
