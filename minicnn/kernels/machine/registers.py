"""The processor's vector registers: how wide they are, and how many.

What counts is not the processor at hand but the one that Numba compiles for: NUMBA_CPU_NAME and NUMBA_CPU_FEATURES may
name another, and a name alone does not tell what it stands for. So the compiler itself is asked: it translates one
multiply-add of 16 numbers, and the registers that it takes for that are read off.

MINICNN_REGISTER_BYTES=16, 32 or 64 takes that width instead, and as many registers as processors of that width have.
Any width computes rightly anywhere: LLVM splits what is too wide, slowly. So one machine can test all three.
"""

import os
from typing import Any

import llvmlite.binding as llvm
from numba.core.registry import cpu_target

WIDTHS = (16, 32, 64)  # bytes: SSE and NEON, AVX2, AVX-512
MULTIPLY_ADD = """
target triple = "{triple}"
declare <16 x float> @llvm.fma.v16f32(<16 x float>, <16 x float>, <16 x float>)
define <16 x float> @multiply_add(<16 x float> %a, <16 x float> %b, <16 x float> %c) {{
  %sum = call <16 x float> @llvm.fma.v16f32(<16 x float> %a, <16 x float> %b, <16 x float> %c)
  ret <16 x float> %sum
}}
"""


def widest(triple: str, cpu: str, features: str) -> int:
    """Tell how many bytes one multiply-add instruction works on, for a processor as LLVM names it."""
    machine = llvm.Target.from_triple(triple).create_target_machine(cpu=cpu, features=features)
    code = machine.emit_assembly(llvm.parse_assembly(MULTIPLY_ADD.format(triple=triple)))
    if "vfmadd" not in code:
        return 16
    return 64 if "zmm" in code else 32


def count(triple: str, width: int) -> int:
    """Tell how many registers of that width a processor of this architecture has."""
    return 32 if width == 64 or triple.startswith(("aarch64", "arm64")) else 16


def _found() -> tuple[int, int]:
    """Return how wide registers are, in bytes, and how many there are."""
    target: Any = cpu_target.target_context
    triple, cpu, features = target.codegen().magic_tuple()
    asked = os.environ.get("MINICNN_REGISTER_BYTES")
    if asked and asked not in map(str, WIDTHS):
        raise ValueError(f"MINICNN_REGISTER_BYTES must be 16, 32 or 64. Received: {asked!r}.")
    width = int(asked) if asked else widest(triple, cpu, features)
    return width, count(triple, width)


REGISTER_BYTES, REGISTERS = _found()
