"""python -m benchmarks pages: the explorer's page of each net of architectures.py, of one picture: size and seconds.

From the model's file to the page's, in a process that has written one page of the net before.
"""

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from minicnn.explain import page

from . import architectures, machine, progress, results

ROUNDS = 3


def measure(threads, quick=False):
    """Write the pages.

    Parameters
    ----------
    threads : int
    quick : bool
        One small net, once.
    """
    rows, sizes = [], architectures.QUICK if quick else architectures.SIZES
    for name in progress.track(list(sizes), "pages"):
        size = sizes[name]
        with tempfile.TemporaryDirectory() as folder:
            net, _ = architectures.build(name, size)
            net.save(Path(folder) / "net.keras")
            picture = np.random.default_rng(2).integers(0, 256, (size, size, 3), np.uint8)
            scale = {"scale": 1.0} if name.startswith("EfficientNet") else {"scale": 1 / 127.5, "offset": -1.0}
            seconds = []
            for _ in range(1 if quick else 1 + ROUNDS):
                start = time.perf_counter()
                size_of_page = page.write(Path(folder) / "net.keras", [picture], Path(folder) / "page.html", **scale)
                seconds.append(time.perf_counter() - start)
        row = {"net": name, "size": size, "parameters": net.count_params(), "megabytes": size_of_page / 1e6}
        rows.append({**row, "first_s": seconds[0], "seconds": statistics.median(seconds[1:] or seconds)})
    return results.part("pages", machine.header(threads), rows)
