"""Every kernel that works in vector registers, at their edges: one register, two, one less, one more, in groups too.

How many numbers a register holds belongs to the machine, but any machine computes with registers of any width. So
`pytest` tries the sharpest cases at the other widths as well, each in a process of its own, and

    MINICNN_REGISTER_BYTES=16 pytest tests/kernels            (32, 64)

tries all that the kernels' tests know, this file's draws among them.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from minicnn.kernels.algorithms import winograd
from minicnn.kernels.machine import registers, tile
from tests.kernels import test_conv2d, test_dense, test_depthwise_conv2d, test_sgd
from tests.kernels.algorithms import test_algorithms
from tests.kernels.fused import test_conv2d_maxpool2d
from tests.processes import PATIENCE
from tests.strategies import ConvCase, DenseCase, DepthwiseCase, apart, normal, seeds
from tests.tolerances import assert_same

ROOT = Path(__file__).parents[3]
NO_PADS = ((0, 0), (0, 0))
DTYPES = ["float32", "float64"]
dtypes = st.sampled_from(DTYPES)
EDGES = {  # numbers side by side, where one register holds `lanes`
    "one": lambda lanes: 1,
    "one less": lambda lanes: lanes - 1,
    "a register": lambda lanes: lanes,
    "one more": lambda lanes: lanes + 1,
    "two, one less": lambda lanes: 2 * lanes - 1,
    "two": lambda lanes: 2 * lanes,
    "two, one more": lambda lanes: 2 * lanes + 1,
    "four": lambda lanes: 4 * lanes,
}
BLOCKS = EDGES | {  # and those of two tiles of two registers
    "four, one less": lambda lanes: 4 * lanes - 1,
    "four, one more": lambda lanes: 4 * lanes + 1,
}
GROUPS = {  # groups, and numbers of each
    "a register in two": lambda lanes: (2, max(1, lanes // 2)),
    "a register, one of each": lambda lanes: (lanes, 1),
    "two registers in two": lambda lanes: (2, lanes),
    "two registers in four": lambda lanes: (4, max(1, lanes // 2)),
    "two of one more": lambda lanes: (2, lanes + 1),
}


def lanes(dtype):
    return tile.lanes(np.dtype(dtype))


def convolution(dtype, groups, channels, filters, window=(2, 3), strides=(1, 1), size=(3, 5), seed=1):
    """Return a convolution of so many channels and filters a group."""
    return ConvCase(
        (2, *size, groups * channels),
        window,
        strides,
        "same",
        (1, 1),
        dtype,
        "contiguous",
        seed,
        filters=groups * filters,
        groups=groups,
    )


# ---- the sharpest: at every width in every run ----------------------------------------------------------------------


def check_convolution(dtype, groups, count):
    """Filters lie in the lanes of y and of the kernel's gradient, channels in those of dx."""
    test_conv2d.check(convolution(dtype, groups, 2, count), ["conv2d_forward", "conv2d_backward_kernel"])
    test_conv2d.check(convolution(dtype, groups, count, 2), ["conv2d_backward_input"])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("edge", EDGES)
def test_sharp_convolutions(edge, dtype):
    check_convolution(dtype, 1, EDGES[edge](lanes(dtype)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("edge", GROUPS)
def test_sharp_groups(edge, dtype):
    """All groups together may fill registers that each group alone does not. Case grouped_kernel_gradient."""
    check_convolution(dtype, *GROUPS[edge](lanes(dtype)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("edge", EDGES)
def test_sharp_products(edge, dtype):
    """As with convolutions."""
    count = EDGES[edge](lanes(dtype))
    check = test_dense.check
    check(*DenseCase(3, 3, count, True, dtype, "contiguous", 1).arrays(), ["dense_forward", "dense_backward_kernel"])
    check(*DenseCase(3, count, 3, True, dtype, "contiguous", 1).arrays(), ["dense_backward_input"])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("edge", EDGES)
def test_sharp_channels_that_do_not_mix(edge, dtype):
    count = EDGES[edge](lanes(dtype))
    case = DepthwiseCase((1, 4, 5, count), (3, 3), (1, 1), "same", (1, 1), dtype, "contiguous", 1)
    test_depthwise_conv2d.check(case)
    x = apart(np.random.default_rng(0), case.x_shape, dtype)
    assert_same(
        kernels.maxpool2d_forward(x, (2, 2), (1, 1), NO_PADS), reference.maxpool2d_forward(x, (2, 2), (1, 1), NO_PADS)
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("edge", EDGES)
def test_sharp_windows_of_outputs(edge, dtype):
    x, kernel, bias, _ = convolution(dtype, 1, 2, EDGES[edge](lanes(dtype)), size=(4, 4)).arrays()
    test_conv2d_maxpool2d.check(x, kernel, bias, ((1, 1), NO_PADS, (1, 1), 1), ((2, 2), (2, 2)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("edge", EDGES)
def test_sharp_rows_of_numbers(edge, dtype):
    rng = np.random.default_rng(0)
    x, dy = normal(rng, (EDGES[edge](lanes(dtype)),), dtype), normal(rng, (EDGES[edge](lanes(dtype)),), dtype)
    assert_same(kernels.relu_forward(x), np.maximum(x, 0))
    assert_same(kernels.relu_backward(dy, kernels.relu_forward(x)), np.where(x > 0, dy, 0).astype(dtype))
    assert kernels.sums_are_finite(x)
    x[-1] = np.inf
    assert not kernels.sums_are_finite(x)


@pytest.mark.parametrize("width", sorted(set(registers.WIDTHS) - {registers.REGISTER_BYTES}))
@pytest.mark.skipif("MINICNN_REGISTER_BYTES" in os.environ, reason="this run has a width of its own")
def test_every_other_width(width):
    program = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-k",
        "sharp",
        str(Path(__file__)),
    ]
    result = subprocess.run(
        program,
        cwd=ROOT,
        env={**os.environ, "MINICNN_REGISTER_BYTES": str(width)},
        text=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    assert result.returncode == 0, result.stdout[-4000:]


# ---- drawn ----------------------------------------------------------------------------------------------------------


@st.composite
def convolutions(draw):
    """Draw groups, channels and filters at the edges, and rows at those of a tile."""
    dtype = draw(dtypes)
    size = lanes(dtype)
    groups, count = draw(
        st.sampled_from([lambda n, edge=edge: (1, edge(n)) for edge in EDGES.values()] + list(GROUPS.values()))
    )(size)
    channels, filters = draw(st.permutations([count, draw(st.integers(1, 3))]))
    tallest = draw(st.sampled_from(tile.ROWS[tile.columns(filters, np.dtype(dtype))][:2]))
    rows = tallest + draw(st.integers(-1, 1))
    window = draw(st.sampled_from([(1, 1), (1, 3), (3, 3)]))
    strides = draw(st.sampled_from([(1, 1), (1, 1), (2, 2)]))
    return convolution(dtype, groups, channels, filters, window, strides, (2, rows), draw(seeds))


@given(convolutions())
def test_convolutions(case):
    test_conv2d.check(case)


@given(dtypes, st.sampled_from(sorted(EDGES)), st.sampled_from(sorted(EDGES)), st.integers(1, 16), seeds)
def test_products(dtype, inputs, units, examples, seed):
    inputs, units = (EDGES[edge](lanes(dtype)) for edge in (inputs, units))
    test_dense.check(*DenseCase(examples, inputs, units, True, dtype, "contiguous", seed).arrays())


@st.composite
def things_of_a_tile(draw, v):
    """Draw how many things lie in the rows of tiles V registers wide: a tile, two, one more, one less."""
    tallest = draw(st.sampled_from(tile.ROWS[v][:2]))
    return max(1, draw(st.integers(1, 2)) * tallest + draw(st.integers(-1, 1)))


@st.composite
def winograd_convolutions(draw):
    """Draw 3x3 convolutions: filters, channels and squares of 4x4 outputs at the edges of registers, tiles and jobs."""
    dtype, counts = draw(dtypes), st.sampled_from(list(BLOCKS.values()))
    filters = draw(counts)(lanes(dtype))
    v = tile.columns(filters, np.dtype(dtype))
    channels = draw(st.one_of(counts.map(lambda edge: edge(lanes(dtype))), things_of_a_tile(v)))
    job = st.integers(-1, 1).map(lambda more: winograd.TILES_PER_JOB + more)
    squares = draw(st.one_of(st.integers(1, 2), things_of_a_tile(v), job))
    outputs, padding = (draw(st.integers(1, 4)), 4 * squares - draw(st.integers(0, 3))), draw(st.booleans())
    size = outputs if padding else tuple(count + 2 for count in outputs)
    how = "same" if padding else "valid"
    return ConvCase(
        (1, *size, channels), (3, 3), (1, 1), how, (1, 1), dtype, "contiguous", draw(seeds), filters=filters
    )


@given(winograd_convolutions())
def test_winograd(case):
    test_algorithms.check_winograd(case)


@given(st.data(), dtypes, st.sampled_from(sorted(BLOCKS)), st.integers(1, 16), seeds, st.booleans(), st.booleans())
def test_steps_along_a_product(data, dtype, edge, examples, seed, momentum, nesterov):
    """Units lie in the lanes, inputs in the rows."""
    units = BLOCKS[edge](lanes(dtype))
    inputs = data.draw(things_of_a_tile(tile.columns(units, np.dtype(dtype))))
    test_sgd.check_along_a_product(examples, inputs, units, dtype, seed, momentum, nesterov)


# ---- which registers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("triple", "cpu", "features", "found"),
    [
        ("x86_64-unknown-linux-gnu", "znver4", "", (64, 32)),
        ("x86_64-unknown-linux-gnu", "haswell", "", (32, 16)),
        ("x86_64-unknown-linux-gnu", "haswell", "+avx512f", (64, 32)),
        ("x86_64-unknown-linux-gnu", "haswell", "-fma", (16, 16)),
        ("x86_64-unknown-linux-gnu", "generic", "", (16, 16)),
        ("aarch64-unknown-linux-gnu", "cortex-a72", "", (16, 32)),
    ],
)
def test_the_compiler_is_asked(triple, cpu, features, found):
    """What LLVM says of processors that it knows; nothing here runs on them."""
    import llvmlite.binding as llvm

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    try:
        llvm.Target.from_triple(triple)
    except RuntimeError:
        pytest.skip(f"this LLVM does not know {triple}")
    width = registers.widest(triple, cpu, features)
    assert (width, registers.count(triple, width)) == found


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ""}, ["32", "16"]),  # empty: those of the name
        ({"NUMBA_CPU_NAME": "generic"}, ["16", "16"]),
        ({"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "", "MINICNN_REGISTER_BYTES": "64"}, ["64", "32"]),
        ({"MINICNN_REGISTER_BYTES": "16"}, ["16", "16"]),
    ],
)
@pytest.mark.skipif(os.uname().machine != "x86_64" if hasattr(os, "uname") else True, reason="names of x86 processors")
def test_what_numba_compiles_for_counts(environment, found):
    code = "from minicnn.kernels.machine import registers; print(registers.REGISTER_BYTES, registers.REGISTERS)"
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("NUMBA_CPU", "MINICNN_REG"))}
    assert (
        subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, env=clean | environment, text=True).split()
        == found
    )


@pytest.mark.parametrize("width", ["0", "48", "wide"])
def test_other_widths_are_refused(monkeypatch, width):
    monkeypatch.setenv("MINICNN_REGISTER_BYTES", width)
    with pytest.raises(ValueError, match=rf"MINICNN_REGISTER_BYTES must be 16, 32 or 64\. Received: '{width}'\."):
        registers._found()
