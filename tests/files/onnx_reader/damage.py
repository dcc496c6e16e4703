"""python -m tests.files.onnx_reader.damage FILE COUNT: damaged copies of an ONNX file, one after the other, loaded.

In a process of its own: what ends or fills it is the parser's doing. It prints, as JSON, how many were opened and
refused, the longest time, the memory that was added to the peak, in MB, and every fault.
"""

import json
import random
import resource
import sys
import time
import warnings
from pathlib import Path

import minicnn
from benchmarks import fuzz


def peak():
    """Return the process's peak of memory so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(path, count):
    """Damage a file of the folder of `path`, its external data too, and load it."""
    sound = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    told = {"opened": 0, "refused": 0, "slowest": 0.0, "faults": []}
    minicnn.load_model(path)
    before = peak()
    for number in range(count):
        dice = random.Random(number)
        victim = path.name if dice.random() < 0.9 else dice.choice(sorted(sound))
        for name, raw in {**sound, victim: fuzz.mutated(sound[victim], dice)}.items():
            (path.parent / name).write_bytes(raw)
        start = time.perf_counter()
        try:
            minicnn.load_model(path)
            told["opened"] += 1
        except ValueError as error:
            told["refused"] += 1
            sentence = str(error)
            if not sentence.startswith(str(path.parent)) or not sentence.isprintable() or len(sentence) > 900:
                told["faults"].append(f"{number}: {sentence}")
        except BaseException as error:
            told["faults"].append(f"{number}: {type(error).__name__}: {error}")
        told["slowest"] = max(told["slowest"], time.perf_counter() - start)
    told["megabytes"] = peak() - before
    print(json.dumps(told))


if __name__ == "__main__":
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", "Layer '.*' is a softmax over one number")
    warnings.filterwarnings("ignore", "the LogSoftmax at the end is left out")
    main(Path(sys.argv[1]), int(sys.argv[2]))
