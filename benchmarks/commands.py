"""The commands: each is one function that measures, under its help and its flags.

What a command needs is imported inside its function: `--help` is quick, and engines are imported after their threads
are set. A function takes the parsed options and the number of threads, and returns a part (results.part).
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

COMMANDS = {}


@dataclass(frozen=True)
class Command:
    """A command of `python -m benchmarks`.

    Parameters
    ----------
    help : str
    flags : tuple of (names, settings), as argparse's add_argument takes them
    run : function of the options alone, or of the options and the number of threads
    measures : bool
        Whether it measures: it then has MEASURING's flags too, and what it returns is printed and written.
    """

    help: str
    flags: tuple
    run: Callable[..., Any]
    measures: bool = True


def flag(*names, **settings):
    """Describe one argument."""
    return names, settings


def command(text, *flags, measures=True):
    """Enter a function into COMMANDS under its own name."""

    def enter(run):
        COMMANDS[run.__name__] = Command(text, flags, run, measures)
        return run

    return enter


MEASURING = (
    flag("--json", metavar="FILE", help="write the figures to this file; what other commands wrote there stays"),
    flag(
        "--isa",
        choices=["avx2"],
        help="measure every engine as on this instruction set (ONNX Runtime, which cannot be held back, is left out)",
    ),
    flag("--threads", type=int, metavar="N", help="threads of every engine (default: all)"),
    flag("--quick", action="store_true", help="a short form, to see that all works"),
)
PEERS = flag(
    "--peers",
    default=["keras", "onnxruntime", "torch"],
    type=lambda text: [name for name in text.split(",") if name],
    help="comma-separated (default: keras,onnxruntime,torch)",
)
CASES = (
    flag("--suite", type=lambda text: text.split(","), help="comma-separated, of E1 to E11 (default: all)"),
    flag("--case", default="", metavar="TEXT", help="only cases with this text in their name"),
    flag(
        "--conv",
        action="append",
        default=[],
        metavar="N,H,W,C,F,K[,STRIDE[,PADDING]]",
        help="a convolution of your own instead of a suite; may be given again",
    ),
)


@command(
    "single layers, forward and both gradients, by suite",
    PEERS,
    *CASES,
    flag("--seconds", type=float, default=0.4, help="for each pass of a case"),
)
def layers(options, threads):
    """Time single layers."""
    from .layers import choose, measure

    wanted = choose(options.suite, options.case, options.conv, options.quick)
    return measure(wanted, options.peers, threads, options.seconds, options.quick)


@command(
    "whole nets: training steps, predictions, an epoch on photographs",
    PEERS,
    flag(
        "--data",
        default=os.environ.get("CLOTHING_DATASET"),
        help="photographs, for a whole epoch of fit (default: $CLOTHING_DATASET)",
    ),
    flag("--seconds", type=float, default=3.0, help="for each row"),
)
def nets(options, threads):
    """Time whole nets."""
    from .nets import measure

    return measure(options.peers, threads, options.data, options.quick, seconds=options.seconds)


@command("this machine beside the kinds of processors in RESULTS.md, in about three minutes", PEERS, measures=True)
def quick(options, threads):
    """Place this machine in the table of kinds."""
    from .quick import measure

    return measure(options.peers, threads, options.quick)


@command(
    "nets of keras.applications from one file: agreement, time, start, memory",
    PEERS,
    flag("--seconds", type=float, default=4.0, help="for each batch of a net"),
    flag("--net", type=lambda text: text.split(","), help="comma-separated (default: all)"),
)
def architectures(options, threads):
    """Time nets of keras.applications."""
    from .architectures import measure

    return measure(options.peers, threads, options.quick, options.seconds, options.net)


@command(
    "training on nets of keras.applications: a head on a frozen net, MobileNetV2 whole; time and memory",
    PEERS,
    flag("--seconds", type=float, default=4.0, help="for each net"),
    flag("--net", type=lambda text: text.split(","), help="comma-separated (default: all)"),
)
def training(options, threads):
    """Time transfer learning."""
    from .training import measure

    return measure(options.peers, threads, options.quick, options.seconds, options.net)


@command("the explorer's page of nets of keras.applications: size, seconds")
def pages(options, threads):
    """Time the explorer's page."""
    from .pages import measure

    return measure(threads, options.quick)


@command("1 thread against all, and batches from 1 to 128", PEERS)
def scaling(options, threads):
    """Time threads and batches."""
    from .scaling import measure

    return measure(options.peers, threads, options.quick)


@command("whole processes: imports, and predict with a cold and a warm cache", PEERS)
def startup(options, threads):
    """Time whole processes."""
    from .startup import measure

    return measure(options.peers, threads, options.quick)


@command("pictures a second through the random layers, in training", PEERS)
def augmentation(options, threads):
    """Time augmentation."""
    from .augmentation import measure

    return measure(options.peers, threads, options.quick)


@command("peak memory of a process that trains the homework net", PEERS)
def memory(options, threads):
    """Measure the peak memory of a process that trains."""
    from .memory import measure

    return measure(options.peers, threads, options.quick)


@command("a server of Xception, asked by 1, 8 and 64 clients, on each engine", PEERS)
def serving(options, threads):
    """Ask the servers, by many clients at once."""
    from .serving import measure

    return measure(options.peers, threads, options.quick)


@command("one convolution through every algorithm, from seven loops to Winograd")
def ladder(options, threads):
    """Time every algorithm of one convolution."""
    from .ladder import measure

    return measure(threads, options.quick)


@command(
    "minicnn and Keras on the same weights and batch, a row a layer",
    flag("model", nargs="?", help="a .keras file (default: Tiny VGG, drawn weights)"),
    flag("pictures", nargs="*", help="the batch (default: random pixels)"),
    flag("--steps", type=int, default=5, help="steps of each optimizer"),
)
def parity(options, threads):
    """Compare a model with Keras's, layer by layer."""
    from .parity import measure

    return measure(options.model, options.pictures, options.steps, threads, options.quick)


@command(
    "train Tiny VGG on photographs in minicnn and in Keras, side by side",
    flag("data", help="folder with train/ and validation/"),
    flag("--epochs", type=int, default=25),
    flag("--seeds", type=int, default=3),
)
def photographs(options, threads):
    """Train side by side on photographs."""
    from .photographs import measure

    return measure(options.data, options.epochs, options.seeds, threads, options.quick)


@command(
    "damaged model files through minicnn's command line: each ends in a sentence",
    flag("files", nargs="*", metavar="FILE", help="sound model files to damage (default: a small net in every format)"),
    flag("--count", type=int, default=500, help="damaged files of each kind"),
    flag("--seed", type=int, default=1),
    flag("--out", default="fuzz-failures", metavar="DIR", help="where files that fail are left"),
)
def fuzz(options, threads):
    """Ask minicnn about damaged files."""
    from .fuzz import measure

    return measure(options.files, options.count, options.seed, threads, options.out, options.quick)


@command(
    "model files of any origin: which open, agree with Keras or ONNX Runtime, and are answered",
    flag("folder", help="a folder for each author, with their files below it"),
)
def collection(options, threads):
    """Try model files of any origin."""
    from .collection import measure

    return measure(options.folder, threads, options.quick)


@command(
    "two checkouts of minicnn in turn: which calls became slower",
    flag("old", help="a checkout, a git worktree of an older commit, say"),
    flag("new", nargs="?", default=".", help="the other one (default: this folder)"),
    flag("--no-nets", dest="nets", action="store_false", help="single layers only"),
    *CASES,
)
def compare(options, threads):
    """Time two checkouts in turn."""
    from .compare import measure

    cases = options.suite, options.case, options.conv
    return measure(options.old, options.new, threads, *cases, options.nets, options.quick)


@command(
    "write RESULTS.md, the plots and README's table from result files",
    flag("results", nargs="*", metavar="RESULTS.json", help="(default: all of benchmarks/results/)"),
    flag("--out", help="folder to write into (default: benchmarks/)"),
    flag("--readme", help="README to update (default: the checkout's)"),
    measures=False,
)
def report(options):
    """Write the report."""
    from .report import write

    write(options.results, options.out, options.readme)
