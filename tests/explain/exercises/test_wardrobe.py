"""The exercise of a whole net: what reaches the goal is right, what does not is told why, as far as can be seen."""

import numpy as np
import pytest

from minicnn import Adam, Conv2D, Dense, Flatten, Input, MaxPooling2D, Rescaling, Sequential
from minicnn.data import wardrobe
from minicnn.explain import exercises
from minicnn.explain.exercises.wardrobe import linear


@pytest.fixture
def few(monkeypatch):
    """Let the wardrobe be small, or every test would draw all of it."""
    load = wardrobe.load
    monkeypatch.setattr(wardrobe, "load", lambda per_class, *where, **how: load(4, *where, **how))


def judged(learn):
    verdict = exercises.judge("wardrobe", learn)
    assert "\n" not in verdict.sentence
    return verdict


def knowing(x, y):
    """Return a function that has both sets by heart."""
    known = {}
    for split in ("train", "validation"):
        pictures, labels = wardrobe.load(4, split, size=32)
        known |= {picture.tobytes(): label for picture, label in zip(pictures, labels, strict=True)}
    return lambda pictures: np.array([known[picture.tobytes()] for picture in pictures])


def test_what_reaches_the_goal_is_right(few):
    verdict = judged(knowing)
    assert verdict.right and "learn is right: 100.0% of" in verdict.sentence


def test_the_mean_of_each_class_is_not_enough(few):
    assert not judged(linear).right


@pytest.mark.parametrize(
    ("learn", "words"),
    [
        (lambda x, y: None, "yours returns nothing"),
        (lambda x, y: 3, "yours returns a int"),
        (lambda x, y: lambda pictures: pictures, "the net must return scores"),
        (lambda x, y: lambda pictures: np.zeros((len(pictures), 10)), "it says dress to every picture"),
        (lambda x, y: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_what_is_wrong_is_said(few, learn, words):
    verdict = judged(learn)
    assert not verdict.right and words in verdict.sentence


@pytest.mark.slow
def test_a_small_net_reaches_it():
    def learn(x, y):
        layers = [
            *(Input((32, 32, 3)), Rescaling(1 / 255), Conv2D(16, 3, activation="relu"), MaxPooling2D(2)),
            *(Conv2D(32, 3, activation="relu"), MaxPooling2D(2), Flatten(), Dense(10, activation="softmax")),
        ]
        model = Sequential(layers, seed=0)
        model.compile(Adam(0.002), "sparse_categorical_crossentropy")
        model.fit(x, y, epochs=15, verbose=0)
        return model

    verdict = judged(learn)
    assert verdict.right, verdict
