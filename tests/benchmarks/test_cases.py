"""The cases: every row of every suite is there, under a name of its own."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from benchmarks import cases, layers


def test_names_are_unique_and_shapes_exist():
    names = [case.full_name for case in cases.CASES]
    assert len(set(names)) == len(names)
    for case in cases.CASES:
        assert case.refused or (len(case.y_shape) == len(case.x_shape) and case.passes[0] == "fwd")


def test_a_case_is_never_changed():
    """Append only: else the figures of two versions, or of two machines, are of different things."""
    written = Path(__file__).with_name("cases.txt").read_text(encoding="utf-8").splitlines()[1:]
    today = [" ".join(str(value).replace(" ", "") for value in dataclasses.astuple(case)) for case in cases.CASES]
    assert today == written


def test_how_many_cases_a_suite_has():
    counts = {suite: len(cases.chosen([suite])) for suite in cases.SUITES}
    assert counts == {"E1": 7, "E2": 14, "E3": 46, "E4": 58, "E5": 58, "E6": 2, "E8": 11, "E9": 8, "E10": 20, "E11": 18}


def test_vgg16_adds_up():
    """One picture through VGG-16's convolutions costs 15.35 multiply-adds in 10^9, as its paper's net does."""
    flop = sum(case.flop * case.times for case in cases.chosen(["E3"], "vgg16/n1/"))
    assert flop / 2e9 == pytest.approx(15.35, abs=0.01)


@pytest.mark.parametrize(("suite", "net", "share"), [("E4", "xception150", 0.56), ("E5", "xception299", 0.57)])
def test_most_of_xception_is_one_layer(suite, net, share):
    own = [case for case in cases.chosen([suite], f"{net}/n1/") if case.operation != "maxpool2d"]
    middle = [case for case in own if case.name.endswith("x728-728-k1") and case.times == 25]
    total = sum(case.flop * case.times for case in own)
    assert len(middle) == 1
    assert middle[0].flop * 25 / total == pytest.approx(share, abs=0.01)


def test_first_layers_have_no_input_gradient():
    assert cases.chosen(["E1"], "150x150x3-32")[0].passes == ("fwd", "dW")
    assert cases.chosen(["E2"], "n1/28x28x10-10")[0].passes == ("fwd", "dX", "dW")


def test_arrays_follow_from_the_seed_and_keep_layout_and_dtype():
    strided, double, tiny = (cases.chosen(["E10"], name)[0] for name in ("every-second", "float64", "denormal"))
    x, kernel, bias, dy = strided.arrays(3)
    assert not x.flags.c_contiguous and dy.shape == strided.y_shape
    np.testing.assert_array_equal(x, strided.arrays(3)[0])
    assert {array.dtype for array in double.arrays()} == {np.dtype(np.float64)}
    assert 0 < np.abs(tiny.arrays()[1]).max() < np.finfo(np.float32).tiny


def test_a_case_of_ones_own():
    case = cases.from_text("2,9,8,3,4,3,2,same")
    assert (case.x_shape, case.y_shape, case.strides) == ((2, 9, 8, 3), (2, 5, 4, 4), (2, 2))
    with pytest.raises(ValueError, match="`--conv` must be N,H,W,C,F,K.*Received: '2,9'"):
        cases.from_text("2,9")


def test_a_suite_or_text_that_does_not_exist():
    with pytest.raises(ValueError, match="`--suite` must name some of E1, .*Received: E7."):
        cases.chosen(["E7"])
    with pytest.raises(ValueError, match="No case"):
        cases.chosen(["E1"], "tinyvgg")


def test_quick_takes_the_cheapest_of_each_operation():
    quick = layers.choose(["E2", "E6"], "", [], True)
    assert [case.full_name for case in quick] == [
        "E2/tinyvgg/n1/28x28x10-10-k3",
        "E2/tinyvgg/n1/26x26x10-pool2",
        "E2/tinyvgg/n1/1690-10-dense",
        "E6/cs231n/n100/31x31x3-25-k3-s2",
        "E6/cs231n/n100/32x32x3-pool2",
    ]
