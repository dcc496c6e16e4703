"""One model, many threads, and a forked child: the same bits, and nobody dies. In a process without Keras."""

import os
import subprocess
import sys

import pytest

from tests.processes import PATIENCE

SCRIPT = """
import os, sys, threading
import numpy as np
from minicnn.models import tinyvgg

model = tinyvgg((40, 40), 5, seed=1)
x = np.random.default_rng(0).integers(256, size=(24, 40, 40, 3)).astype("float32")
alone = model.predict(x)  # compiles, and starts the helpers

results = [None] * 8
def work(index):
    for _ in range(5):
        results[index] = model.predict(x)
threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
for thread in threads:
    thread.start()
if hasattr(os, "fork") and sys.argv[1] == "fork":  # in the middle of it
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(model.predict(x), alone) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "the child's bits differ"
for thread in threads:
    thread.join()
assert all(np.array_equal(result, alone) for result in results), "a thread's bits differ"
assert not any(layer._saved for layer in model.layers), "predicting changed a layer"
print("same")
"""


@pytest.mark.parametrize("fork", ["no fork", "fork"])
def test_eight_threads_and_a_forked_child(fork):
    if fork == "fork" and not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", SCRIPT, fork],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0 and done.stdout.strip() == "same", done.stderr
