"""Difference quotients: they agree with every right gradient, see a wrong one, and say nothing at a kink."""

import numpy as np
import pytest

from minicnn.explain import exercises
from minicnn.explain.exercises.gradients import agree, quotients, slope

GRADIENTS = [name for name, exercise in exercises.EXERCISES.items() if exercise.nudges]


@pytest.mark.parametrize("name", GRADIENTS)
def test_they_agree_with_the_reference(name):
    exercise = exercises.EXERCISES[name]
    found = list(quotients(exercise, exercise.solution, exercise.cases()))
    smooth = [(gradient, quotient) for _, _, gradient, quotient in found if quotient is not None]
    assert len(smooth) >= 10 and all(agree(*pair) for pair in smooth)
    assert {result for result, *_ in found} == {nudge.result for nudge in exercise.nudges}


def test_a_tie_is_a_kink():
    (nudge,) = exercises.EXERCISES["maxpool2d_backward"].nudges
    x = np.array([[5.0, 5.0], [1.0, 0.0]]).reshape(1, 2, 2, 1)
    case = {"dy": np.ones((1, 1, 1, 1)), "x": x, "pool_size": (2, 2), "strides": (2, 2), "pads": ((0, 0), (0, 0))}
    assert slope(nudge, case, (0, 0, 0, 0)) is None and slope(nudge, case, (0, 1, 1, 0)) == 0


def test_a_wrong_one_is_seen():
    assert not agree(1.0, 1.001) and agree(1.0, 1.0000001)
