"""The head of every result: which machine, which versions, how many threads, and the machine's own two limits."""

import importlib.metadata
import os
import platform
import sys
import time
from pathlib import Path

AS_ON = {  # instruction set -> what each engine reads, while it is imported, so as to use no newer instructions
    "avx2": {
        "NUMBA_CPU_NAME": "haswell",
        "NUMBA_CPU_FEATURES": "",  # set, and empty: the name alone keeps the host's
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "ATEN_CPU_CAPABILITY": "avx2",
        "TF_ENABLE_ONEDNN_OPTS": "0",  # as TensorFlow decides where there is no AVX-512
        "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
    }
}
REGISTERS = {4: "sse", 8: "avx2", 16: "avx512"}  # float32 lanes -> instruction set, on x86
PACKAGES = ("numpy", "numba", "llvmlite", "tensorflow", "keras", "onnxruntime", "torch")


def processors():
    """Count the processors that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor_name():
    """Name the processor."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def set_threads(count):
    """Give every engine the same number of threads.

    NumPy and the other engines read it once, while they are imported: call this before.
    """
    for name in ("MINICNN", "OMP", "MKL", "OPENBLAS", "NUMEXPR"):
        os.environ[f"{name}_NUM_THREADS"] = str(count)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # all figures are a processor's
    import minicnn

    minicnn.set_num_threads(count)


def as_on(instructions):
    """Return the environment in which every engine measures as on an instruction set; None where this process has it.

    Raises
    ------
    ValueError: this processor has not that instruction set.
    """
    import llvmlite.binding as llvm

    if not llvm.get_host_cpu_features().get(instructions):
        raise ValueError(f"`--isa {instructions}` wants a processor that has it. Received: {processor_name()}.")
    wanted = AS_ON[instructions]
    return None if wanted.items() <= os.environ.items() else {**os.environ, **wanted}


def held_back(engine):
    """Say why an engine cannot measure as on the instruction set that this process pretends to have; empty if it can.

    ONNX Runtime asks the processor itself.
    """
    import llvmlite.binding as llvm

    pretends = lanes() < 16 and llvm.get_host_cpu_features().get("avx512f")
    return (
        "it takes AVX-512 wherever it is, and this run measures without" if pretends and engine == "onnxruntime" else ""
    )


def kind(lanes, target):
    """Name a kind of processor: instruction set and family, "avx2-zen3".

    Parameters
    ----------
    lanes : int
        float32 numbers in a register.
    target : str
        The processor's name in LLVM.
    """
    arm = platform.machine().lower() in ("arm64", "aarch64")
    return f"{'neon' if arm else REGISTERS[lanes]}-{target.replace('znver', 'zen')}"


def lanes():
    """Count the float32 numbers in one vector register: 16 with AVX-512, 8 with AVX2, 4 otherwise."""
    from minicnn.kernels import REGISTER_BYTES

    return REGISTER_BYTES // 4


def versions():
    """Map each engine and library that is installed to its version."""
    import minicnn

    found = {"python": platform.python_version(), "minicnn": minicnn.__version__}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def command(arguments):
    """Write the command that repeats this run; of paths only the last part, since the rest is this machine's."""
    paths = [
        before == "--json" or ("/" in each and Path(each).exists())
        for before, each in zip(["", *arguments], arguments, strict=False)
    ]
    return "python -m benchmarks " + " ".join(
        Path(each).name if path else each for each, path in zip(arguments, paths, strict=True)
    )


def header(threads, limits=None):
    """Return the head of a result file.

    Parameters
    ----------
    threads : int
        Of every engine.
    limits : dict with peak_gflops and copy_gbs, optional     see roofline.py
    """
    import llvmlite.binding as llvm

    target = llvm.get_host_cpu_name()
    return {
        "kind": kind(lanes(), target),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "processor": processor_name(),
        "target": target,
        "processors": processors(),
        "lanes": lanes(),
        "threads": threads,
        "system": f"{platform.system()} {platform.release()}",
        "versions": versions(),
        "command": command(sys.argv[1:]),
        **(limits or {}),
    }


def lines(head):
    """Write the head as a few lines of text."""
    rows = [
        f"{head['processor']} ({head['target']}), {head['processors']} processors, {head['lanes']} float32 lanes, "
        f"{head['threads']} threads for every engine",
        ", ".join(f"{name} {version}" for name, version in head["versions"].items()),
    ]
    if "peak_gflops" in head:
        rows.append(
            f"multiply-add peak {head['peak_gflops']:.0f} GFLOP/s, copy bandwidth {head['copy_gbs']:.1f} GB/s "
            f"(read and write), both measured"
        )
    return rows
