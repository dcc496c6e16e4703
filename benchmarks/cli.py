"""The command line: parse, measure, print, write the result file."""

import argparse
import os
import sys


def main(arguments=None):
    """Run one command; give its exit status."""
    options = parser().parse_args(arguments)
    try:
        return options.run(options) or 0
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def parser():
    """Describe the commands."""
    top = argparse.ArgumentParser(prog="python -m benchmarks", description=__import__("benchmarks").__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for name, (run, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        if name != "report":
            command.add_argument("--json", metavar="FILE", help="write the figures to this file")
            command.add_argument("--threads", type=int, metavar="N", help="threads of every engine (default: all)")
            command.add_argument("--quick", action="store_true", help="a short form, to see that all works")
        if name in ("layers", "nets", "architectures", "scaling", "startup", "memory"):
            command.add_argument("--peers", default="keras,onnxruntime,torch", help="comma-separated")
        if name == "compare":
            command.add_argument("old", help="a checkout, a git worktree of an older commit, say")
            command.add_argument("new", nargs="?", default=".", help="the other one (default: this folder)")
            command.add_argument("--no-nets", dest="nets", action="store_false", help="single layers only")
        if name in ("layers", "compare"):
            command.add_argument("--suite", help="comma-separated, of E1 to E10 (default: all)")
            command.add_argument("--case", default="", metavar="TEXT", help="only cases with this text in their name")
            command.add_argument(
                "--conv",
                action="append",
                default=[],
                metavar="N,H,W,C,F,K[,STRIDE[,PADDING]]",
                help="a convolution of your own instead of a suite; may be given again",
            )
        if name == "layers":
            command.add_argument("--seconds", type=float, default=0.4, help="for each pass of a case")
        if name == "nets":
            command.add_argument(
                "--data",
                default=os.environ.get("CLOTHING_DATASET"),
                help="photographs, for a whole epoch of fit (default: $CLOTHING_DATASET)",
            )
        if name == "parity":
            command.add_argument("model", nargs="?", help="a .keras file (default: Tiny VGG, drawn weights)")
            command.add_argument("pictures", nargs="*", help="the batch (default: random pixels)")
            command.add_argument("--steps", type=int, default=5, help="steps of each optimizer")
        if name == "fuzz":
            command.add_argument(
                "files",
                nargs="*",
                metavar="FILE",
                help="sound model files to damage (default: a small net in every format)",
            )
            command.add_argument("--count", type=int, default=500, help="damaged files of each kind")
            command.add_argument("--seed", type=int, default=1)
            command.add_argument("--out", default="fuzz-failures", metavar="DIR", help="where files that fail are left")
        if name == "photographs":
            command.add_argument("data", help="folder with train/ and validation/")
            command.add_argument("--epochs", type=int, default=25)
            command.add_argument("--seeds", type=int, default=3)
        if name == "report":
            command.add_argument("results", nargs="+", metavar="RESULTS.json")
            command.add_argument("--out", default=None, help="folder to write into (default: benchmarks/)")
            command.add_argument("--readme", default=None, help="README to update (default: the checkout's)")
    return top


def _begin(options):
    """Set the threads before any engine is imported; give their number."""
    from . import machine, timing

    if options.threads is not None and options.threads < 1:
        raise ValueError(f"`--threads` must be at least 1. Received: {options.threads}.")
    threads = options.threads or machine.processors()
    timing.set_threads(threads)
    return threads


def _end(options, part):
    """Print what was measured, and write it where asked."""
    from . import results, sections

    print(sections.text(part))
    if options.json:
        results.write(options.json, [part])


def _layers(options):
    threads = _begin(options)
    from . import layers

    suites = options.suite.split(",") if options.suite else None
    wanted = layers.choose(suites, options.case, options.conv, options.quick)
    _end(options, layers.measure(wanted, _names(options), threads, options.seconds, options.quick))


def _nets(options):
    threads = _begin(options)
    from . import nets

    _end(options, nets.measure(_names(options), threads, options.data, options.quick))


def _architectures(options):
    threads = _begin(options)
    from . import architectures

    _end(options, architectures.measure(_names(options), threads, options.quick))


def _scaling(options):
    threads = _begin(options)
    from . import scaling

    _end(options, scaling.measure(_names(options), threads, options.quick))


def _startup(options):
    threads = _begin(options)
    from . import startup

    _end(options, startup.measure(_names(options), threads, options.quick))


def _memory(options):
    threads = _begin(options)
    from . import memory

    _end(options, memory.measure(_names(options), threads, options.quick))


def _ladder(options):
    threads = _begin(options)
    from . import ladder

    _end(options, ladder.measure(threads, options.quick))


def _parity(options):
    threads = _begin(options)
    from . import parity

    _end(options, parity.measure(options.model, options.pictures, options.steps, threads, options.quick))


def _photographs(options):
    threads = _begin(options)
    from . import photographs

    _end(options, photographs.measure(options.data, options.epochs, options.seeds, threads, options.quick))


def _fuzz(options):
    threads = _begin(options)
    from . import fuzz

    part = fuzz.measure(options.files, options.count, options.seed, threads, options.out, options.quick)
    _end(options, part)
    return 1 if any(row["failed"] for row in part["rows"]) else 0


def _report(options):
    from . import report

    report.write(options.results, options.out, options.readme)


def _compare(options):
    threads = _begin(options)
    from . import compare

    suites = options.suite.split(",") if options.suite else None
    _end(
        options,
        compare.measure(
            options.old, options.new, threads, suites, options.case, options.conv, options.nets, options.quick
        ),
    )


def _names(options):
    return [name for name in options.peers.split(",") if name]


COMMANDS = {
    "layers": (_layers, "single layers, forward and both gradients, by suite"),
    "nets": (_nets, "whole nets: training steps, predictions, an epoch on photographs"),
    "architectures": (_architectures, "nets of keras.applications from one file: agreement, time, start, memory"),
    "scaling": (_scaling, "1 thread against all, and batches from 1 to 128"),
    "startup": (_startup, "whole processes: imports, and predict with a cold and a warm cache"),
    "memory": (_memory, "peak memory of a process that trains the homework net"),
    "ladder": (_ladder, "one convolution through every algorithm, from seven loops to Winograd"),
    "parity": (_parity, "minicnn and Keras on the same weights and batch, a row a layer"),
    "photographs": (_photographs, "train Tiny VGG on photographs in minicnn and in Keras, side by side"),
    "fuzz": (_fuzz, "damaged model files through minicnn's command line: each ends in a sentence"),
    "compare": (_compare, "two checkouts of minicnn in turn: which calls became slower"),
    "report": (_report, "write RESULTS.md, the plots and README's table from result files"),
}
