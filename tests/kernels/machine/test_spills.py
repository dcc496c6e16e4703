"""No inner loop moves registers to the stack and back: tiles fit the registers of every kind of processor."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kernels.machine import spills

pytestmark = pytest.mark.slow  # all kernels are compiled for three processors, which takes two cores two minutes
ROOT = Path(__file__).parents[3]
X86 = platform.machine().lower() in ("x86_64", "amd64")
# The transforms of Winograd's method, which are no inner products: numbers between the columns' transform and the rows'
# wait in memory of the kernel's own or, where LLVM sees through that, on the stack. That costs the same.
TRANSFORMS = {
    "winograd._transform_kernel",
    "winograd.pixels_job",
    "winograd._products_job",
    "winograd_gradient._gradients_job",
    "winograd_gradient._taps_job",
}


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    """Start all compilers at once."""
    started = {}
    for name, target in spills.TARGETS.items():
        native = X86 and target.triple.startswith("x86_64")  # then Numba compiles for it; nothing is run
        environment = {
            **os.environ,
            "NUMBA_CPU_NAME": target.cpu if native else "generic",
            "NUMBA_CPU_FEATURES": "",
            "NUMBA_CACHE_DIR": str(tmp_path_factory.mktemp(name)),  # kernels found on disk have no LLVM to show
        }
        program = [sys.executable, "-m", "tests.kernels.machine.spills", name]
        started[name] = subprocess.Popen(program, cwd=ROOT, env=environment, text=True, stdout=-1, stderr=-1)
    yield started
    for process in started.values():
        process.kill()
        process.communicate()


@pytest.mark.parametrize("name", spills.TARGETS)
def test_inner_loops_keep_to_their_registers(name, processes):
    output, errors = processes[name].communicate()
    assert processes[name].returncode == 0, errors[-4000:]
    counts = json.loads(output)
    assert {kernel.split()[0] for kernel in counts} >= TRANSFORMS | {
        "direct.convolve_jobs",
        "direct_gradient._sum_over_pixels",
        "depthwise.forward",
        "matmul._multiply",
        "winograd._multiply_job",
        "winograd_gradient._multiply_job",
    }
    assert not {kernel: count for kernel, count in counts.items() if count and kernel not in TRANSFORMS}
