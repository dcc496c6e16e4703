"""What the inner loops of all kernels on the register tile spill, on a processor that need not be at hand.

    python -m tests.kernels.machine.spills haswell

A register file that is too small does not show in results: LLVM then moves registers to the stack and back in the
innermost loop, which took 1.6 times as long in a product of matrices. So each kernel is compiled, not run, with the
tallest tiles that it chooses for that processor's registers. Its LLVM, by way of Numba, is then translated for that
processor, and LLVM's own remarks in the assembly tell inner loops, spills and reloads.

Printed is, as JSON, {kernel and tile: registers moved to and from the stack in its inner loops}.
"""

import json
import re
import sys
from types import ModuleType
from typing import NamedTuple

import llvmlite.binding as llvm


class Target(NamedTuple):
    """A processor, as LLVM names it: whose instructions, which one, its registers' bytes, and how many there are."""

    triple: str
    cpu: str
    register_bytes: int
    registers: int


TARGETS = {
    "haswell": Target("x86_64-unknown-linux-gnu", "haswell", 32, 16),
    "skylake-avx512": Target("x86_64-unknown-linux-gnu", "skylake-avx512", 64, 32),
    "cortex-a72": Target("aarch64-unknown-linux-gnu", "cortex-a72", 16, 32),
}
NO_TILES = {"_pack", "_pack_flipped", "_copy", "_partial_sums", "_add_parts", "_fill_panels", "zero_pad"}
MOVED = re.compile(r"\b(?:[xyz]mm|q)\d+\b.*\b(\d+)-byte (?:Folded )?(?:Spill|Reload)")  # of vectors: not of addresses


def in_inner_loops(assembly, register_bytes):
    """Count the registers that innermost loops move to the stack and back."""
    count, loop = 0, None
    for block in re.split(r"^(?=\.?LBB\d+_\d+:|[#/ ]+%bb\.\d+:|\t\.globl)", assembly, flags=re.MULTILINE):
        if "This Inner Loop Header" in block:
            loop = re.match(r"\.?L(BB\d+_\d+):", block).group(1)
        elif f"Header={loop} " not in block:
            continue
        count += sum(int(size) >= register_bytes for size in MOVED.findall(block))
    return count


def _compiled(target):
    """Yield (name, LLVM) of every kernel on the tile, made for that many registers of that width."""
    stand_in = ModuleType("minicnn.kernels.machine.registers")
    stand_in.REGISTER_BYTES, stand_in.REGISTERS = target.register_bytes, target.registers
    sys.modules[stand_in.__name__] = stand_in
    import numba
    import numpy as np

    from minicnn import kernels
    from minicnn.kernels.machine import threads, tile

    compiled, run = {}, threads.run

    def compile_only(kernel, jobs, work, *args, chunks=0):
        types = (numba.intp, numba.intp, *map(numba.typeof, args))
        if (kernel, types) not in compiled and kernel.__name__ not in NO_TILES:
            kernel.compile(types)
            shapes = [
                arg for arg in args if isinstance(arg, tuple) and set(map(type, arg)) == {tuple} and None in arg[0]
            ]
            name = f"{kernel.__module__.split('.')[-1]}.{kernel.__name__}"
            compiled[kernel, types] = (
                " ".join([name, *(f"{len(t)}x{len(v)}" for t, v in shapes)]),
                kernel.inspect_llvm(types),
            )

    for module in [*sys.modules.values()]:
        if module.__name__.startswith("minicnn.kernels") and getattr(module, "run", None) is run:
            module.run = compile_only

    lanes = tile.lanes(np.dtype("float32"))

    def zeros(*shape):
        return np.zeros(shape, "float32")

    one, none = (1, 1), ((0, 0), (0, 0))
    f = 2 * lanes
    for v, (t, *_) in tile.ROWS.items():
        kernels.conv2d_forward(zeros(1, 3, t + 2, 2), zeros(3, 3, 2, v * lanes), None, one, none, algorithm="direct")
    kernels.conv2d_backward_kernel(zeros(1, 2, 2, f), zeros(1, 2, t + 1, 1), (1, t), one, none)
    kernels.conv2d_forward(zeros(1, 34, 34, 256), zeros(3, 3, 256, 256), None, one, none, algorithm="winograd")
    kernels.conv2d_backward_kernel(zeros(8, 32, 32, 64), zeros(8, 34, 34, 64), (3, 3), one, none)
    kernels.conv2d_maxpool2d_forward(zeros(1, 4, 50, 2), zeros(3, 3, 2, f), None, one, none, one, 1, (2, 2), (2, 2))
    kernels.maxpool2d_unpool(zeros(1, 1, 8, f), np.zeros((1, 1, 8, f), "uint8"), (1, 2, 16, f), (2, 2), (2, 2))
    kernels.maxpool2d_forward(zeros(1, 2, 40, 4 * lanes), (2, 2), (2, 2), none)
    kernels.sgd_step(zeros(99, f), kernels.Product(zeros(4, f), zeros(4, 99)), zeros(99, f), 0.1, 0.9, True)
    for m, units in (1, 4096), (5, 4096), (100, 300), (100, lanes):
        kernels.dense_forward(zeros(m, 4096), zeros(4096, units), None)
    kernels.dense_forward(zeros(100, 64), zeros(64, 256), None)
    kernels.depthwise_conv2d_forward(zeros(1, 3, 40, 2 * f), zeros(3, 3, 2 * f, 1), None, one, none)
    for width in (3, 5):
        window = 1, width
        kernels.depthwise_conv2d_backward_kernel(
            zeros(1, 1, 40, 2 * f), zeros(1, 1, 39 + width, 2 * f), window, one, none
        )
    yield from compiled.values()


def report(name):
    """Return {kernel and tile: registers that its inner loops move to the stack and back} for a target."""
    target = TARGETS[name]
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(target.triple).create_target_machine(cpu=target.cpu, opt=3)
    machine.set_asm_verbosity(True)
    counts = {}
    for kernel, code in _compiled(target):
        code = re.sub(r'target triple = "[^"]*"', f'target triple = "{target.triple}"', code)
        code = re.sub(r'target datalayout = "[^"]*"', f'target datalayout = "{machine.target_data}"', code)
        # what Numba's own translation left there for its processor counts an array's owners, in no inner loop
        code = re.sub(r"(?:tail )?call i8 @llvm\.x86\.[^\n]*", "add i8 0, 0", code)
        assembly = machine.emit_assembly(llvm.parse_assembly(code))
        counts[kernel] = max(counts.get(kernel, 0), in_inner_loops(assembly, target.register_bytes))
    return counts


if __name__ == "__main__":
    print(json.dumps(report(sys.argv[1]), indent=1))
