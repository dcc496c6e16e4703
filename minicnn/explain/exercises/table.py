"""The exercises, in the order in which one does them best."""

from .activations import CROSSENTROPY, RELU, RELU_BACKWARD, SOFTMAX
from .convolution import CONV2D
from .convolution_gradients import BIAS, CONV2D_INPUT, CONV2D_KERNEL
from .dense import DENSE, DENSE_BACKWARD, FLATTEN
from .exercise import Exercise
from .normalizing import BATCHNORM, BATCHNORM_BACKWARD
from .optimizers import ADAM, SGD
from .pooling import MAXPOOL2D, MAXPOOL2D_BACKWARD
from .training_loop import LOOP
from .wardrobe import WARDROBE
from .windows import IM2COL, OUTPUT_SIZE, SAME_PADS

EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise
    for exercise in (
        *(OUTPUT_SIZE, SAME_PADS, CONV2D, RELU, MAXPOOL2D, FLATTEN, DENSE, SOFTMAX, CROSSENTROPY),
        *(DENSE_BACKWARD, RELU_BACKWARD, MAXPOOL2D_BACKWARD, BIAS, CONV2D_KERNEL, CONV2D_INPUT),
        *(SGD, ADAM, LOOP, BATCHNORM, BATCHNORM_BACKWARD, IM2COL, WARDROBE),
    )
}


def find(name: str) -> Exercise:
    """Return the exercise of a name.

    Parameters
    ----------
    name : str

    Returns
    -------
    exercise : Exercise

    Raises
    ------
    ValueError
        There is no such exercise.

    Examples
    --------
    >>> find("relu").name
    'relu'
    """
    if name not in EXERCISES:
        raise ValueError(f"`name` must be one of {', '.join(EXERCISES)}. Received: name={name!r}.")
    return EXERCISES[name]
