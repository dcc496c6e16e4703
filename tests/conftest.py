"""How the suite runs: workers, Hypothesis's profiles, TensorFlow's manners, and the table of the errors that were seen.

pytest                                                          the same few examples every time, files side by side
pytest tests/data                                               a part: in one process (-n 2: in two)
MINICNN_TEST_EXAMPLES=10000 pytest tests/kernels tests/layers   other examples, and more; prints the worst error seen
"""

import os
import random
import signal

# A shell's background job is deaf to Ctrl-C, and so is all that it starts: the tests of interruption are not to be.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Before TensorFlow is imported: it reads these once. No GPU: it would round to TF32, and the tolerances are a CPU's.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
WORKERS = min(PROCESSORS, 4)  # each imports TensorFlow, compiles what it first meets, and holds some 2 GB
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:  # else every worker's TensorFlow would take all processors
    own = PROCESSORS // int(os.environ["PYTEST_XDIST_WORKER_COUNT"]) or 1
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(own))
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", str(own))

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

from minicnn import initializers  # noqa: E402
from tests import tolerances  # noqa: E402
from tests.browser import axe as axe  # noqa: E402
from tests.browser import browser as browser  # noqa: E402

EXAMPLES = os.environ.get("MINICNN_TEST_EXAMPLES")

settings.register_profile(
    "everyday",
    deadline=None,  # the first example compiles
    max_examples=25,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "large",
    settings.get_profile("everyday"),
    max_examples=int(EXAMPLES or 1000),
    derandomize=False,
    print_blob=True,
)
settings.load_profile("large" if EXAMPLES else "everyday")


@pytest.fixture(autouse=True)
def same_draws():
    """Let whoever has no seed draw alike every day, Keras's initializers by `random` among them: none fails by luck."""
    random.seed(1)
    initializers.set_source(1)
    yield
    initializers.set_source(None)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Share the whole suite among workers, a file each: what a file's tests make and compile together stays together.

    In the files' own order: the one with the fewest tests may take the longest. A part of the suite is quicker in one
    process, which a debugger can stop, too.
    """
    option = config.option
    whole = config.args == config.getini("testpaths") and not option.collectonly and not option.usepdb
    worker = "PYTEST_XDIST_WORKER" in os.environ
    if whole and not worker and getattr(option, "numprocesses", 0) is None and WORKERS > 1:  # 0: there is no xdist
        option.numprocesses, option.dist, option.loadscopereorder = WORKERS, "loadfile", False


def pytest_terminal_summary(terminalreporter):
    """After a large run, show how near the errors came to the table in tests/tolerances.py."""
    if EXAMPLES:
        terminalreporter.section("worst error seen, in units of eps * sqrt(terms) * sum|x||w|")
        terminalreporter.write_line(tolerances.report())
