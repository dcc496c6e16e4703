"""Kinds of processors: their names, and how a machine measures as an older one."""

import os

import llvmlite.binding as llvm
import pytest

from benchmarks import machine, peers, processes


@pytest.fixture
def host(monkeypatch):
    """Let the processor have some features."""

    def pretend(**features):
        monkeypatch.setattr(llvm, "get_host_cpu_features", lambda: features)

    return pretend


@pytest.mark.parametrize(
    ("lanes", "target", "name"),
    [(8, "znver3", "avx2-zen3"), (16, "rocketlake", "avx512-rocketlake"), (4, "nehalem", "sse-nehalem")],
)
def test_a_kind_is_instruction_set_and_family(monkeypatch, lanes, target, name):
    monkeypatch.setattr(machine.platform, "machine", lambda: "x86_64")
    assert machine.kind(lanes, target) == name


def test_a_kind_on_arm(monkeypatch):
    monkeypatch.setattr(machine.platform, "machine", lambda: "aarch64")
    assert machine.kind(4, "neoverse-n1") == "neon-neoverse-n1"


def test_the_head_names_this_machine():
    head = machine.header(1)
    assert head["kind"] == machine.kind(head["lanes"], head["target"]) and len(head["date"]) == len("2026-01-02")


def test_the_environment_of_an_instruction_set(monkeypatch, host):
    host(avx2=True, avx512f=True)
    environment = machine.as_on("avx2")
    assert environment["NUMBA_CPU_NAME"] == "haswell" and environment["NUMBA_CPU_FEATURES"] == ""
    assert environment["ONEDNN_MAX_CPU_ISA"] == "AVX2" and environment["ATEN_CPU_CAPABILITY"] == "avx2"
    assert environment["PATH"] == os.environ["PATH"]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert machine.as_on("avx2") is None  # this process has it: nothing is started again


def test_a_processor_without_it_is_refused(host):
    host(avx2=False)
    with pytest.raises(ValueError, match="`--isa avx2` wants a processor that has it. Received: "):
        machine.as_on("avx2")


def test_kernels_are_compiled_for_the_instruction_set():
    if not llvm.get_host_cpu_features().get("avx2"):
        pytest.skip("this processor has no AVX2")
    code = "from benchmarks import machine; print(machine.lanes())"
    environment = {**os.environ, **machine.AS_ON["avx2"]}
    environment.pop("MINICNN_REGISTER_BYTES", None)
    assert processes.checked(processes.run("-c", code, environment=environment), "failed").out == "8\n"


def test_onnxruntime_is_left_out_where_it_would_take_more(monkeypatch, host):
    monkeypatch.setattr(machine, "lanes", lambda: 8)
    host(avx512f=True)
    engines, missing = peers.load(["onnxruntime"], 1)
    assert [engine.name for engine in engines] == ["minicnn"]
    assert missing == {"onnxruntime": "it takes AVX-512 wherever it is, and this run measures without"}
    host(avx512f=False)
    assert machine.held_back("onnxruntime") == ""
