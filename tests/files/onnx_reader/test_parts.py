"""Slice, Split and Gather of pictures against ONNX Runtime, along every axis; and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.files.onnx_reader.nets import agree, drawn, node, refused, write

SHAPE = (2, 6, 7, 5)
X = drawn(*SHAPE)
BOUND = st.integers(-9, 9)


@given(st.data(), st.lists(st.sampled_from([1, 2, 3, -1, -2, -3]), max_size=3, unique_by=lambda axis: axis % 4))
def test_slices(tmp_path_factory, data, axes):
    bounds = [tuple(data.draw(BOUND) for _ in range(2)) for _ in axes]
    stored = {"s": np.array([a for a, _ in bounds], int), "e": np.array([b for _, b in bounds], int)}
    stored["a"] = np.array(axes, int)
    path = write(tmp_path_factory.mktemp("s"), [node("Slice", "x", "s", "e", "a", out="p"), node("Relu", "p")],
                 SHAPE, stored)  # fmt: skip
    if all(range(SHAPE[axis])[slice(*each)] for axis, each in zip(axes, bounds, strict=True)):
        agree(path, X)
    else:
        assert "its part must not be empty" in refused(path)


def test_a_slice_of_older_files(tmp_path):
    whole = 2**63 - 1
    nodes = [node("Slice", "x", starts=[0, 1], ends=[whole, 4])]
    agree(write(tmp_path, nodes, SHAPE, opset=9), X)
    agree(write(tmp_path, nodes, ("n", *SHAPE[1:]), opset=9), X)


@pytest.mark.parametrize("axis, sizes", [(1, [1, 2, 3]), (2, [4, 3]), (3, [1, 1, 3]), (-3, [6])])
@pytest.mark.parametrize("before", [[], [node("Conv", "x", "w", out="c")]])
def test_splits(tmp_path, axis, sizes, before):
    """Outputs of a Split that are the file's own, and one that nobody reads."""
    stored = {"split": np.array(sizes), "w": drawn(6, 6, 1, 1)}
    names = [f"y{k}" for k in range(len(sizes))]
    made = node("Split", "c" if before else "x", "split", axis=axis)
    made.output[:] = names
    used = {k: v for k, v in stored.items() if before or k == "split"}
    agree(write(tmp_path, [*before, made], SHAPE, used, outputs=names), X)
    agree(write(tmp_path, [*before, made], SHAPE, used, outputs=names[-1:]), X)


@pytest.mark.parametrize("opset, more", [(11, {}), (18, {"num_outputs": 2})])
def test_a_split_into_equal_parts(tmp_path, opset, more):
    made = node("Split", "x", axis=1, **more)
    made.output[:] = ["a", "b"]
    agree(write(tmp_path, [made, node("Concat", "b", "a", axis=1)], SHAPE, opset=opset), X)


@pytest.mark.parametrize("axis, indices", [(1, 0), (1, -1), (2, 3), (3, 4), (1, [2, 3, 4]), (3, [-2, -1])])
def test_gathers(tmp_path, axis, indices):
    agree(write(tmp_path, [node("Gather", "x", "i", axis=axis)], SHAPE, {"i": np.array(indices)}), X)


def test_each_colour_for_itself(tmp_path):
    """As Inception v3 changes its input: x[:, k] * scale + offset, joined again."""
    stored = {"axis": np.array([1]), "w": drawn(4, 2, 3, 3)}
    nodes = []
    for k in range(2):
        stored |= {f"i{k}": np.array(k), f"m{k}": np.float32(0.5 + k), f"o{k}": np.float32(k - 0.3)}
        nodes += [node("Gather", "x", f"i{k}", out=f"g{k}", axis=1), node("Unsqueeze", f"g{k}", "axis", out=f"u{k}"),
                  node("Mul", f"u{k}", f"m{k}", out=f"s{k}"), node("Add", f"s{k}", f"o{k}", out=f"c{k}")]  # fmt: skip
    nodes += [node("Concat", "c0", "c1", out="j", axis=1), node("Conv", "j", "w")]
    agree(write(tmp_path, nodes, SHAPE, stored), X)


def test_a_shuffle_of_channels(tmp_path):
    """ShuffleNetV2's block: half of the channels pass by, then two groups are dealt out one by one."""
    stored = {"w": drawn(3, 3, 1, 1), "five": np.array([2, 2, 3, 7, 5]), "four": np.array([2, 6, 7, 5])}
    halves = node("Split", "x", axis=1)
    halves.output[:] = ["a", "b"]
    nodes = [
        halves,
        node("Conv", "b", "w", out="c"),
        node("Concat", "a", "c", out="j", axis=1),
        node("Reshape", "j", "five", out="g"),
        node("Transpose", "g", out="t", perm=[0, 2, 1, 3, 4]),
        node("Reshape", "t", "four"),
    ]
    agree(write(tmp_path, nodes, SHAPE, stored, opset=11), X)


def test_what_is_refused(tmp_path):
    def said(nodes, stored=None, shape=SHAPE, **more):
        return refused(write(tmp_path, nodes, shape, stored, **more))

    stored = {"s": np.array([0]), "e": np.array([1]), "a": np.array([0]), "two": np.array([2])}
    batch = said([node("Slice", "x", "s", "e", "a")], {k: stored[k] for k in "sea"})
    assert "a part of the examples, or of an axis of open size" in batch
    steps = said([node("Slice", "x", "s", "e", "two", "two")], {k: stored[k] for k in ("s", "e", "two")})
    assert "steps of 1" in steps
    assert "a start and an end for each of its axes" in said([node("Slice", "x", starts=[1, 2], ends=[3])], opset=9)
    open_size = said([node("Slice", "x", "s", "e", "two")], {k: stored[k] for k in ("s", "e", "two")}, ("n", 3, "h", 8))
    assert "of an axis of open size, is not taken here" in open_size
    apart = said([node("Gather", "x", "i", axis=1)], {"i": np.array([0, 2])})
    assert "its indices must lie side by side. Received: [0, 2]" in apart
    assert "its indices must lie in an axis of 6" in said([node("Gather", "x", "i", axis=1)], {"i": np.array(6)})
    made = node("Split", "x", "p", axis=1)
    made.output[:] = ["y", "z"]
    assert "its parts must make up 6" in said([made], {"p": np.array([1, 2])}, outputs=("y", "z"))
    made.output[:] = ["y", "y"]
    assert "'y', which is there already" in said([made], {"p": np.array([3, 3])})
    rows = said([node("Slice", "x", "s", "two", "e")], {k: stored[k] for k in ("s", "e", "two")}, (2, 8))
    assert "it must work on pictures" in rows
