"""The walks: what they say is true, a step waits for a key, and a pipe gets everything at once."""

import io
import math
import re

import numpy as np
import pytest

from minicnn.explain.lessons.walk import TOPICS, steps, walk


def whole(topic):
    """Print a walk as into a pipe."""
    out = io.StringIO()
    walk(topic, out)
    return out.getvalue()


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_prints_whole_lines(topic):
    text = whole(topic)
    assert topic in TOPICS and len(steps(topic)) > 3
    assert "any key" not in text and max(map(len, text.splitlines())) <= 80
    assert all(line == line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize("topic", ["conv", "dense"])
def test_every_sum_that_is_printed_is_right(topic):
    told = r"^(?:  )?(?:(?:y|dx|dkernel|dbias)[\d, \[\]]* = )?([-\d.*+() ]+) = (-?[\d.]+)$"
    sums = re.findall(told, whole(topic), re.M)
    assert len(sums) == {"conv": 9 + 5 + 9 + 1, "dense": 2 + 3 + 6}[topic]
    for formula, value in sums:
        products = [np.prod([float(factor.strip("() ")) for factor in part.split("*")]) for part in formula.split("+")]
        assert sum(products) == float(value)


NAMES = {"floor": math.floor, "ceil": math.ceil, "max": max, "sqrt": math.sqrt, "log": math.log}
ARITHMETIC = re.compile(r"[\d\s.,()+*/-]|floor|ceil|max|sqrt|log")


def equations(text):
    """Yield (left, right) of each "left = right" whose two sides are arithmetic: the working of a walk."""
    for line in text.splitlines():
        for part in re.split(r":\s|;\s|   |, (?=[a-z] = )", line):
            sides = [side.strip() for side in part.split(" = ")]
            for left, right in zip(sides, sides[1:], strict=False):
                left, right = left.strip(" ,."), right.strip(" ,.")
                if all(side and not ARITHMETIC.sub("", side) and re.search(r"\d", side) for side in (left, right)):
                    yield left, right


@pytest.mark.parametrize(
    "topic, least",
    [("padding", 15), ("stride", 4), ("loss", 5), ("sgd", 8), ("adam", 0), ("batchnorm", 8), ("dropout", 6)],
)
def test_every_equation_that_is_written_comes_out(topic, least):
    found = list(equations(whole(topic)))
    assert len(found) >= least
    for left, right in found:
        value = eval(left, NAMES)  # noqa: S307
        assert eval(right, NAMES) == pytest.approx(value, rel=2e-5, abs=2e-6), (left, right)  # noqa: S307


def test_adam_by_hand():
    """Two weights, gradients a hundred times apart, three steps: worked out here anew."""
    w, m, v = [1.0, 1.0], [0.0, 0.0], [0.0, 0.0]
    told = re.findall(r"both move nearly alike: (-?[\d.]+), (-?[\d.]+) +w = (-?[\d.]+), (-?[\d.]+)", whole("adam"))
    assert len(told) == 3
    for t, (g, numbers) in enumerate(zip((0.4, 0.2, -0.3), told, strict=True), 1):
        for k, gradient in enumerate((g, g / 100)):
            m[k] = 0.9 * m[k] + 0.1 * gradient
            v[k] = 0.999 * v[k] + 0.001 * gradient**2
            move = -0.1 * (m[k] / (1 - 0.9**t)) / (math.sqrt(v[k] / (1 - 0.999**t)))  # Kingma & Ba's own form
            w[k] += move
            assert float(numbers[k]) == pytest.approx(move, abs=2e-4)  # up to epsilon
            assert float(numbers[2 + k]) == pytest.approx(w[k], abs=2e-4)


def test_adam_says_alike_only_of_what_is_nearly_so():
    """The 1e-7 counts beside the smaller gradient: its numbers are others, by less than a thousandth."""
    text = whole("adam")
    for one, other in re.findall(r"alike: (-?[\d.]+), (-?[\d.]+)", text):
        assert one != other and float(one) == pytest.approx(float(other), rel=1e-3)
    assert "both move alike" not in text and "nearly as long as the rate" in text


def test_the_rates_of_descent():
    """From w = 1 towards 3, four steps each: w - 3 is multiplied by 1 - 2 * rate."""
    for rate, numbers in re.findall(r"rate ([\d.]+): ([-\d. ]+)$", whole("sgd"), re.M):
        want = [3 - 2 * (1 - 2 * float(rate)) ** step for step in range(1, 5)]
        assert list(map(float, numbers.split())) == pytest.approx(want, abs=1e-4)


def test_the_course_examples():
    stops = re.findall(r"^  [\d*+ ]+ = (\d)$", whole("conv").partition("Backward")[0], re.M)
    assert list(map(int, stops)) == [4, 3, 4, 2, 4, 3, 2, 3, 4]  # as the course has it
    assert "max(2, 3, 6, 8) = 8" in whole("pool") and "   6  8\n   3  4\n" in whole("pool")


def test_the_padded_map_by_hand():
    """Nine products at each of 25 stops; a stop at the edge sees zeros."""
    text = whole("conv")
    picture = [
        list(map(int, row.split()[:5])) for row in re.search(r"the filter, 3 x 3\n(( .*\n){5})", text)[1].splitlines()
    ]
    padded = np.pad(picture, 1)
    crosses = [[padded[i : i + 3 : 2, j : j + 3 : 2].sum() + padded[i + 1, j + 1] for j in range(5)] for i in range(5)]
    told = re.search(r"keeps its 5 x 5:\n(( .*\n){5})", text)[1]
    assert [list(map(float, row.split())) for row in told.splitlines()] == crosses


def test_softmax_sums_to_1_and_sigmoid_does_not():
    assert "Softmax outputs sum to 1: 0.705385 + 0.259496 + 0.035119 = 1.000000" in whole("softmax")
    text = whole("sigmoid")
    assert "Sigmoid outputs do not sum to 1" in text
    values = [float(value) for value in re.findall(r"^x = .* = ([\d.]+)$", text, re.M)]
    total = float(re.search(r"add up to ([\d.]+)\. Sig", text)[1])
    assert total == pytest.approx(sum(values), abs=2e-6) and abs(total - 1) > 0.1


def test_the_backprop_walk_agrees_with_its_own_check():
    text = whole("backprop")
    slope = float(re.search(r"d loss / d w = dz \* x = (-[\d.]+)", text)[1])
    assert slope == float(re.search(r"nudging w: .* = (-[\d.]+)", text)[1])


def test_every_number_of_the_backprop_walk():
    """Worked out here anew: forward by the formulas, every slope by nudging, one step of descent and its loss."""
    number = r"\(?(-?[\d.]+)\)?"
    text = whole("backprop")
    w, x, b, z = map(
        float, re.search(rf"z = w \* x \+ b +=  *{number} \* {number} \+ {number} = {number}", text).groups()
    )
    v, a, c, s = map(
        float, re.search(rf"s = v \* a \+ c +=  *{number} \* {number} \+ {number} = {number}", text).groups()
    )

    def loss(w, b, v, c, x):
        return math.log1p(math.exp(-(v * max(w * x + b, 0) + c)))  # -log sigmoid

    start, h = (w, b, v, c, x), 1e-6
    assert (z, a, s) == (w * x + b, max(z, 0), v * a + c)

    def nudged(k, by):
        return loss(*(p + by * (k == at) for at, p in enumerate(start)))

    slopes = [(nudged(k, h) - nudged(k, -h)) / (2 * h) for k in range(5)]
    for name, slope in zip("wbvcx", slopes, strict=True):
        told = re.search(rf"d loss / d {name} = .*?= *(-?[\d.]+)$|d loss / d {name} = [^=]* = (-?[\d.]+)", text, re.M)
        assert float(next(filter(None, told.groups()))) == pytest.approx(slope, abs=1e-6), name
    rate = float(re.search(r"learning rate ([\d.]+)", text)[1])
    moved = [p - rate * slope for p, slope in zip(start[:4], slopes, strict=False)]
    assert float(re.search(r"^w = .* = (-?[\d.]+)$", text, re.M)[1]) == pytest.approx(moved[0], abs=1e-6)
    before, after = map(float, re.search(r"falls from ([\d.]+) to ([\d.]+)", text).groups())
    assert before == pytest.approx(loss(*start), abs=1e-6) and after == pytest.approx(loss(*moved, x), abs=1e-6)


def test_each_step_waits_for_a_key_and_q_ends():
    out, keys = io.StringIO(), iter([" ", "\n", "q"])
    walk("pool", out, lambda: next(keys))
    assert out.getvalue().count("any key: next") == 3 and steps("pool")[2] in out.getvalue()
    assert steps("pool")[3] not in out.getvalue()


def test_an_unknown_topic():
    with pytest.raises(ValueError, match="Received: topic='cooking'"):
        walk("cooking")
