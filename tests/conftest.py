"""How the suite runs: Hypothesis's profiles, TensorFlow's manners, and the table of the errors that were seen.

pytest                                                          the same few examples every time
MINICNN_TEST_EXAMPLES=10000 pytest tests/kernels tests/layers   others, and more; prints the worst error seen
"""

import os

# Before TensorFlow is imported: it reads these once. No GPU: it would round to TF32, and the tolerances are a CPU's.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

from hypothesis import HealthCheck, settings  # noqa: E402

from tests import tolerances  # noqa: E402

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


def pytest_terminal_summary(terminalreporter):
    """After a large run, show how near the errors came to the table in tests/tolerances.py."""
    if EXAMPLES:
        terminalreporter.section("worst error seen, in units of eps * sqrt(terms) * sum|x||w|")
        terminalreporter.write_line(tolerances.report())
