"""python -m benchmarks memory: the peak of a process that trains the homework net, batch 20, and what a step allocates.

Each engine has a process of its own (children/memory.py). Page faults count the memory that the system has to hand out:
a loop that allocates nothing large has next to none once it is warm.
"""

import json

from . import machine, processes, progress, results


def measure(names, threads, quick=False):
    """Run the processes.

    Parameters
    ----------
    names : list of str
        The peers (only Keras trains here).
    threads : int
    quick : bool
        Small and short.
    """
    engines = ["minicnn", *(name for name in names if name == "keras")]
    steps, pixels, batch = (2, 30, 4) if quick else (20, 150, 20)
    rows = []
    for engine in progress.track(engines, "memory"):
        done = processes.run("-m", "benchmarks.children.memory", engine, steps, pixels, batch)
        if engine != "minicnn" and "ModuleNotFoundError" in done.errors:
            continue
        rows.append(
            {"engine": engine, **json.loads(processes.checked(done, f"{engine} did not train").out.splitlines()[-1])}
        )
    return results.part("memory", machine.header(threads), rows)
