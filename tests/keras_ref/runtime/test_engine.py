"""TensorFlow's notes go nowhere, ours and what Python has left to say do not; each in a fresh process."""

import subprocess
import sys

from tests.keras_ref.conftest import CHECKOUT

NOISE = """
import os, sys
from keras_ref import runtime
sys.stderr.write("before ")
try:
    with runtime.quietly():
        os.write(2, b"TensorFlow's noise")
        print("told", flush=True)
        raise KeyError
except KeyError:
    os.write(2, b"after")
print(len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0)
with runtime.quietly():
    pass
print(len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0)
"""


def test_the_second_descriptor_is_silent_inside_and_whole_again_after():
    done = subprocess.run([sys.executable, "-c", NOISE], cwd=CHECKOUT, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "before after"
    told, open_once, open_twice = done.stdout.split()
    assert told == "told" and open_once == open_twice  # nothing is left open
