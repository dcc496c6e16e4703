"""The exercise that puts all together: a whole small net that tells clothes apart, right on 70 of 100."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...data import wardrobe
from ...types import AnyArray, IntArray
from .cases import quietly
from .exercise import Exercise
from .running import raised

SIZE = 32  # pixels, height and width
TRAIN, TEST = 100, 20  # pictures of each class
GOAL = 0.7
MINUTES = 10

TASK = f"""\
Ten kinds of clothes, drawn: {TRAIN} pictures of each to learn from. Write a
function that trains a net on them and returns it; it is then asked about
{10 * TEST} pictures that it never saw, and must be right on {GOAL:.0%} of them.

    x     ({10 * TRAIN}, {SIZE}, {SIZE}, 3)  uint8, 0 to 255: pixels, not yet scaled
    y     ({10 * TRAIN},)            int, the classes, 0 to 9
    ->
    model     a minicnn model, or any function of pictures (M, {SIZE}, {SIZE}, 3)
              that returns scores (M, 10) or classes (M,)

What helps: pixels scaled to 0..1 (Rescaling), one or two convolutions, each with
a ReLU and max pooling, a dense layer with softmax at the end, Adam, ten to
twenty epochs. It may take {MINUTES} minutes.

    from minicnn import Adam, Conv2D, Dense, Flatten, Input, MaxPooling2D
    from minicnn import Rescaling, Sequential

Your own layers can answer, once the net has learned; loops in Python would be
too slow to train with:

    from minicnn.explain import exercises
    from conv2d import conv2d_forward
    exercises.use(model, conv2d_forward)       # the net now computes with it"""


def linear(x: AnyArray, y: IntArray) -> Callable[[AnyArray], AnyArray]:
    """Find each class's mean picture: what a picture is nearest to is what it is. Not enough for the goal."""
    means = np.stack([x[y == k].mean(0).ravel() for k in range(10)])
    return lambda pictures: -((pictures.reshape(len(pictures), 1, -1) - means) ** 2).sum(-1)


def _judge(function: Callable[..., Any], tell: Callable[..., Any]) -> tuple[bool, str, str]:
    """Train and ask: (right, sentence, body)."""
    tell("the drawing of the pictures", 300)
    x, y = wardrobe.load(TRAIN, "train", size=SIZE)
    seen, truth = wardrobe.load(TEST, "validation", size=SIZE)
    tell("the training", 60 * MINUTES)
    try:
        learned = function(x.copy(), y.copy())
        ask = getattr(learned, "predict", learned)
        if not callable(ask):
            kind = "nothing" if learned is None else f"a {type(learned).__name__}"
            return False, f"learn: it must return a model or a function; yours returns {kind}.", ""
        scores = [np.asarray(quietly(ask)(pictures.copy())) for pictures in (seen, x)]
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too
        return False, f"learn: {raised(error, function)}.", ""
    for each, pictures in zip(scores, (seen, x), strict=True):
        if each.shape != (len(pictures), 10) and (each.shape != (len(pictures),) or each.dtype.kind not in "iu"):
            wanted = f"scores ({len(pictures)}, 10) or whole numbers ({len(pictures)},)"
            return False, f"learn: the net must return {wanted}; yours returns {each.dtype} {each.shape}.", ""
    answers = [each.argmax(-1) if each.ndim == 2 else each for each in scores]
    test, train = (float((answer == label).mean()) for answer, label in zip(answers, (truth, y), strict=True))
    return _told(test, train, answers[0])


def _told(test: float, train: float, answers: AnyArray) -> tuple[bool, str, str]:
    """Say what came of it, and what it may be due to."""
    many = f"{test:.1%} of {len(answers)} new pictures"
    body = f"  new pictures           {test:.1%}\n  those it learned from  {train:.1%}"
    if test >= GOAL:
        return True, f"learn is right: {many}, {GOAL:.0%} were wanted.", body
    if len(np.unique(answers)) == 1:
        name = wardrobe.CLASS_NAMES[int(answers[0])]
        why = f"it says {name} to every picture: are the pixels scaled to 0..1, is the rate smaller than 0.01?"
    elif train > GOAL + 0.15:
        why = "it knows those it learned from by heart: fewer weights, or fewer epochs, or Dropout"
    elif train < GOAL:
        why = "it has not learned those that it was given either: more epochs, another rate, another convolution"
    else:
        why = "almost: a few more epochs, or filters"
    return False, f"learn: it is right on {many}, {GOAL:.0%} are wanted; {why}.", body


WARDROBE: Exercise = Exercise(
    "wardrobe",
    f"a whole small net: tell ten kinds of clothes apart, right on {GOAL:.0%}",
    TASK,
    "learn(x, y)",
    ("model",),
    linear,
    {},
    list,
    (),
    judge=_judge,
)
