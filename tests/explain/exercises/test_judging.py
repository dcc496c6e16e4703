"""The exercises' proofs: what is right passes, each typical mistake is named, at the smallest case that shows it."""

import importlib
import sys

import numpy as np
import pytest

from minicnn.explain import exercises
from minicnn.explain.exercises.running import examine, right_answer, same
from tests.explain.exercises import slips, students

PROVED = {name: exercise for name, exercise in exercises.EXERCISES.items() if exercise.judge is None}
MISTAKES = [(name, mistake) for name, exercise in PROVED.items() for mistake in exercise.mistakes]
PAPER = {  # the examples in the files, worked out by hand
    "output_size": 2,
    "same_pads": (0, 1),
    "conv2d": [[12, 12, 10, 10], [12, 12, 12, 10], [10, 11, 12, 13], [9, 11, 13, 11]],
    "conv2d_input": [[1, 3, 2], [4, 10, 6], [3, 7, 4]],
    "conv2d_kernel": [[11, 14], [20, 23]],
    "bias": [9, 12],
    "maxpool2d": [[6, 8], [3, 4]],
    "maxpool2d_backward": [[0, 0, 0, 0], [0, 10, 0, 20], [30, 0, 0, 40], [0, 0, 0, 0]],
    "relu": [[0, 1, 0], [3, 0, 5]],
    "relu_backward": [[0, 20, 0], [40, 0, 60]],
    "softmax": [[0.705385, 0.259496, 0.035119]],
    "crossentropy": 1.349012,
    "dense": [[15, 16], [12, 29]],
    "dense_backward": [[1, 2, 0], [1, 4, 3]],
    "flatten": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
    "sgd": [0.25, 2.75],
    "adam": [0.95, 2.05],
    "loop": [0.693147, 0.575940, 0.622127, 0.080023],
    "batchnorm": [[-1], [0], [1], [2]],
    "batchnorm_backward": [[1 / 4], [-1 / 3], [-5 / 12], [1 / 2]],
    "im2col": [[1, 2, 4, 5], [2, 3, 5, 6], [4, 5, 7, 8], [5, 6, 8, 9]],
}


@pytest.mark.parametrize("name", PROVED)
def test_the_reference_passes(name):
    verdict = exercises.judge(name, PROVED[name].solution, clock=False)
    assert verdict.right, verdict
    assert (
        verdict.sentence == f"{PROVED[name].function} is right." and "cases against minicnn.reference" in verdict.body
    )


@pytest.mark.parametrize("name", PAPER)
def test_the_example_on_paper(name):
    first = next(iter(right_answer(PROVED[name], PROVED[name].paper).values()))
    both = right_answer(PROVED[name], PROVED[name].paper).values()
    got = np.array(list(both)) if name == "same_pads" else np.squeeze(first)
    np.testing.assert_allclose(got, np.squeeze(PAPER[name]), atol=5e-6)


def test_every_exercise_has_its_example_by_hand():
    assert PAPER.keys() == PROVED.keys()


@pytest.mark.parametrize(("name", "function"), students.RIGHT, ids=lambda part: getattr(part, "__name__", part))
def test_what_students_write_and_is_right_passes(name, function):
    verdict = exercises.judge(name, function, clock=False)
    assert verdict.right, verdict


def test_every_exercise_was_solved_and_missed_twice():
    assert {name for name, _ in students.RIGHT} == PROVED.keys()
    missed = [name for name, _, _ in students.WRONG]
    assert all(missed.count(name) >= 2 for name in PROVED)


WRONG = [*students.WRONG, *((name, function, words) for name, words, function in slips.SLIPS)]


def test_every_mistake_that_can_be_named_was_made():
    for name, mistake in MISTAKES:
        assert any(exercise == name and words in mistake.sentence for exercise, _, words in WRONG), mistake.sentence


@pytest.mark.parametrize(("name", "function", "words"), WRONG, ids=lambda part: getattr(part, "__name__", part))
def test_what_students_get_wrong_is_named(name, function, words):
    verdict = exercises.judge(name, function)
    assert not verdict.right and words in verdict.sentence, verdict
    assert verdict.sentence.startswith(f"{PROVED[name].function}: ") and verdict.sentence.endswith(".")
    assert "The smallest case that fails:" in verdict.body and "\n" not in verdict.sentence


@pytest.mark.parametrize(("name", "mistake"), MISTAKES, ids=lambda part: getattr(part, "sentence", part)[:40])
def test_every_mistake_of_the_tables_is_told_from_the_others(name, mistake):
    verdict = exercises.judge(name, mistake.function)
    assert verdict.sentence == f"{PROVED[name].function}: {mistake.sentence}."


@pytest.mark.parametrize("name", PROVED)
def test_no_smaller_case_fails(name):
    """What is shown is the first that fails, and cases come by size."""
    cases = PROVED[name].cases()
    numbers = [
        np.concatenate([[], *(np.ravel(v) for v in case.values() if isinstance(v, np.ndarray))]) for case in cases
    ]
    sizes = [each.size + (each % 1 != 0).sum() for each in numbers]
    assert sizes == sorted(sizes) and len(cases) >= 50
    assert all(examine(PROVED[name], PROVED[name].solution, case) is None for case in cases[:5])


@pytest.mark.parametrize("name", PROVED)
def test_the_cases_are_always_the_same(name):
    for one, other in zip(PROVED[name].cases(), PROVED[name].cases(), strict=True):
        assert all(same(value, other[key]) for key, value in one.items() if isinstance(value, np.ndarray))


def test_wrong_numbers_are_shown_side_by_side():
    verdict = exercises.judge("maxpool2d_backward", students.pool_dx_ties)
    assert "expected dx" in verdict.body and "yours" in verdict.body
    assert "must be 0" in verdict.body and "[" in verdict.body


def test_a_difference_quotient_says_what_is_right():
    verdict = exercises.judge("dense_backward", lambda dy, x, kernel: (dy @ kernel.T + 1, x.T @ dy, dy.sum(0)))
    assert "A difference quotient says" in verdict.body


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda dy: None, "it returns nothing: does it end in a `return`?"),
        (lambda dy: dy.reshape(-1, dy.shape[-1]).sum(0).tolist(), "dbias must be an array; yours is a list"),
        (
            lambda dy: dy.reshape(-1, dy.shape[-1]).sum(0).astype("float64"),
            "return the dtype that came in, `.astype(dy.dtype)`",
        ),
        (lambda dy: dy.reshape(-1, dy.shape[-1]).sum(0).astype(object), "must hold real numbers; yours holds object"),
        (lambda dy: 1 / 0, "with ZeroDivisionError: division by zero"),
        (lambda dy, axis: dy, "missing 1 required positional argument"),
        (lambda dy: sys.exit("enough"), "with SystemExit: enough"),
    ],
)
def test_what_is_no_answer_is_said_in_one_sentence(function, words):
    verdict = exercises.judge("bias", function)
    assert not verdict.right and words in verdict.sentence and "\n" not in verdict.sentence


def test_what_all_wrong_numbers_have_in_common_is_said():
    assert "All numbers have the wrong sign." in exercises.judge("dense", lambda *case: -students.dense(*case)).body
    three = exercises.judge("bias", lambda dy: 3 * students.dbias(dy))
    assert "All numbers are 3 times what they should be." in three.body


def test_a_factor_is_said_only_where_zeros_are_right_too():
    verdict = exercises.judge("relu_backward", lambda dy, y: np.where(y > 0, dy, 0.1 * dy))
    assert "must be 0" in verdict.sentence and "All numbers" not in verdict.body
    body = exercises.judge("relu_backward", lambda dy, y: 2 * students.relu_dx(dy, y)).body
    assert "All numbers are 2 times what they should be." in body


@pytest.mark.parametrize(
    ("name", "function", "words"),
    [
        ("conv2d", lambda *case: students.conv(*case).astype("float32").astype(case[0].dtype), "x.dtype"),
        (
            "crossentropy",
            lambda z, labels: (
                float(np.float32(students.crossentropy(z, labels)[0])),
                students.crossentropy(z, labels)[1],
            ),
            "float64",
        ),
    ],
)
def test_float32_on_the_way_is_seen_and_its_digits_are_shown(name, function, words):
    verdict = exercises.judge(name, function)
    assert f"right to 7 digits only: is an array in it float32? np.zeros(shape, {words})" in verdict.sentence
    want, got = verdict.sentence.partition("must be ")[2].split("; ")[:2]
    assert want != got.removeprefix("yours is ") and "All numbers" not in verdict.body


def test_a_mistake_is_named_only_where_it_is_right_where_the_student_is():
    """On all that fails this is (size + pad - k) // s, too, but with s = 1 it passes."""
    verdict = exercises.judge("output_size", lambda size, k, s, pad: (size + pad - k) // s + (s == 1))
    assert not verdict.right and "output must be " in verdict.sentence, verdict


def test_what_python_says_is_explained():
    assert "here bias is None" in exercises.judge("dense", lambda x, kernel, bias: x @ kernel + bias).sentence
    assert "np.maximum and np.where take arrays" in exercises.judge("relu", lambda x: max(x, 0)).sentence
    assert len(exercises.judge("relu", lambda x: exec("raise ValueError('x' * 5000)")).sentence) < 500


def test_two_whole_numbers_may_come_as_an_array():
    assert exercises.judge("same_pads", lambda *case: np.array(students.pads(*case))).right


def test_a_notebook_shows_a_verdict_as_text():
    verdict = exercises.judge("relu", students.relu, clock=False)
    assert repr(verdict) == str(verdict)


def test_what_is_printed_while_gradients_and_speed_are_measured_is_not_shown(capsys):
    def noisy(*case):
        print("called")
        return students.dense_back(*case)

    assert exercises.judge("dense_backward", noisy).right
    assert capsys.readouterr().out == ""


def test_difference_quotients_have_a_minute():
    told = []
    exercises.judge("dense_backward", students.dense_back, lambda *what: told.append(what), clock=False)
    assert ("difference quotients", 60) in told


def test_errors_raised_by_numpy_are_not_the_students():
    with np.errstate(all="raise"):
        assert exercises.judge("softmax", students.softmax, clock=False).right
        assert exercises.judge("crossentropy", students.crossentropy, clock=False).right


def test_an_empty_neighbour_is_named(tmp_path, monkeypatch):
    exercises.write_file("crossentropy", tmp_path / "neighbour_crossentropy.py")
    monkeypatch.syspath_prepend(tmp_path)
    empty = importlib.import_module("neighbour_crossentropy").crossentropy
    verdict = exercises.judge("bias", lambda dy: empty(dy, None))
    said = "crossentropy (neighbour_crossentropy.py), which it calls, is still empty."
    assert verdict.sentence == f"bias_backward: {said}"


def test_what_is_printed_is_shown_with_the_case():
    def noisy(x):
        print("x is", x.shape)
        return x

    assert "Your function printed:\nx is (2,)" in exercises.judge("relu", noisy).body


def test_how_fast_it_is():
    body = exercises.judge("relu", students.relu).body
    assert "speed         yours " in body and "the reference " in body and "the kernel " in body


def test_an_unknown_name():
    with pytest.raises(ValueError, match="Received: name='conv3d'"):
        exercises.judge("conv3d", abs)


def test_float32_alone_is_right_where_large_terms_cancel():
    def batch_normalization_backward(dy, x, gamma, epsilon):
        """Small steps, each in the dtype of x."""
        rows, d = x.reshape(-1, x.shape[-1]), dy.reshape(-1, dy.shape[-1])
        centred = rows - rows.mean(axis=0)
        inverse = 1 / np.sqrt((centred**2).mean(axis=0) + x.dtype.type(epsilon))
        dxhat = d * gamma
        dvariance = (dxhat * centred).sum(axis=0) * x.dtype.type(-0.5) * inverse**3
        dmean = -(dxhat * inverse).sum(axis=0)
        dx = dxhat * inverse + dvariance * 2 * centred / len(rows) + dmean / len(rows)
        return dx.reshape(x.shape), (d * centred * inverse).sum(axis=0), d.sum(axis=0)

    verdict = exercises.judge("batchnorm_backward", batch_normalization_backward, clock=False)
    assert verdict.right, verdict
    gamma, x = np.float32([9.0]), np.float32([[0.0], [1.0]])  # two numbers: dx is nearly nothing
    case = {"dy": np.float32([[3.0], [-2.0]]), "x": x, "gamma": gamma, "epsilon": 0.001}
    exercise = exercises.EXERCISES["batchnorm_backward"]
    assert examine(exercise, batch_normalization_backward, case) is None
