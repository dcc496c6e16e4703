"""Use a classifier: pictures, folders and addresses in, class and probability out, as they come."""

import io
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from minicnn.data import LeftOut, load_image, pictures_below
from minicnn.files import NONE_OF_THESE, probabilities_of

from . import pictures
from .model import Card
from .pictures import addresses
from .runtime import Diverged, console
from .types import Net

BATCH: int = 32
AHEAD: int = 4 * BATCH  # pictures read, or being read, before their turn
READERS: int = 8  # threads at least: an address is waited for, and no core is busy meanwhile
T = TypeVar("T")
R = TypeVar("R")


class Row(NamedTuple):
    """What is known of one picture.

    Parameters
    ----------
    name : str, its path or address
    answer : (classes,) float32, as the net answers; None where it can't be read
    refused : why it can't be read, or None
    """

    name: str
    answer: NDArray[np.floating[Any]] | None
    refused: str | None


def sources(names: Sequence[str]) -> list[str]:
    """Return the pictures that names stand for: files and addresses themselves, folders by what lies in them.

    Parameters
    ----------
    names : paths of files or folders, or addresses

    Returns
    -------
    pictures : paths of files, or addresses

    Raises
    ------
    ValueError
        A folder holds no pictures.
    """
    found = []
    for name in names:
        if not addresses.is_address(name) and Path(name).is_dir():
            left_out = LeftOut()
            inside = [str(Path(name) / below) for below in pictures_below(name, left_out)]
            if len(left_out):
                console.note(f"{name}: {left_out}")
            if not inside:
                raise ValueError(f"The folder {name} holds no pictures.")
            found.extend(inside)
        else:
            found.append(name)
    return found


def read(card: Card, name: str, limit: float = addresses.LIMIT) -> NDArray[np.uint8]:
    """Read one picture.

    Parameters
    ----------
    card : Card
    name : path of a file, or an address
    limit : float
        Seconds until an address must have sent it.

    Returns
    -------
    pixels : (height, width, 3) uint8

    Raises
    ------
    ValueError
        It is no picture, or does not come.
    """
    r = card.recipe
    source = io.BytesIO(addresses.fetch(name, limit)) if addresses.is_address(name) else name
    return load_image(source, (r.height, r.width), r.resize, name=name)


def ask(net: Net, x: NDArray[np.float32], size: int, mirror: bool = False) -> NDArray[np.floating[Any]]:
    """Run a net on a batch that is filled up to its full size.

    Parameters
    ----------
    net : keras.Model
    x : (n, height, width, 3) float32, n <= size
    size : int, pictures
    mirror : bool
        Whether the answer is the mean of those to a picture and to its mirror image.

    Returns
    -------
    answers : (n, classes)
    """
    whole = pictures.padded(x, size)
    answers = np.asarray(net.predict_on_batch(whole))[: len(x)]
    if not mirror:
        return answers
    return (answers + np.asarray(net.predict_on_batch(whole[:, :, ::-1]))[: len(x)]) / 2


def rows(
    net: Net, card: Card, names: Sequence[str], mirror: bool = False, limit: float = addresses.LIMIT
) -> Iterator[Row]:
    """Answer pictures batch by batch, in their order; others are read and fetched meanwhile, on threads.

    Parameters
    ----------
    net : keras.Model
    card : Card
    names : paths of files, or addresses
    mirror : bool
        Whether an answer is the mean of those to a picture and to its mirror image.
    limit : float
        Seconds until an address must have sent its picture.

    Yields
    ------
    row : Row, one a name

    Raises
    ------
    Diverged
        An answer is not finite.
    """
    prepare, size = card.recipe.prepare(), BATCH if len(names) > 1 else 1

    def pixels(name: str) -> NDArray[np.uint8] | str:
        try:
            return read(card, name, limit)
        except ValueError as error:
            return str(error)

    found = ahead(pixels, names)
    for start in range(0, len(names), BATCH):
        some = names[start : start + BATCH]
        batch = list(islice(found, len(some)))
        good = [i for i, got in enumerate(batch) if not isinstance(got, str)]
        answers = iter(())
        if good:
            raw = ask(net, np.stack([prepare(batch[i]) for i in good]), size, mirror)
            answers = iter(finite(raw, [some[i] for i in good], card.output))
        for name, got in zip(some, batch, strict=True):
            yield Row(name, None, got) if isinstance(got, str) else Row(name, next(answers), None)


def ahead(function: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """Apply a function on threads, a bounded number of items ahead of who takes the results.

    Parameters
    ----------
    function : of an item; it must not raise
    items : what it is applied to

    Yields
    ------
    result : in the order of the items
    """
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(max(READERS, os.cpu_count() or 1)) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) == AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # whoever takes no more leaves nothing to be done
            for one in waiting:
                one.cancel()


def logits(net: Net, card: Card, names: Sequence[str]) -> NDArray[np.floating[Any]]:
    """Return a net's answers to pictures that can all be read.

    Parameters
    ----------
    net : keras.Model
    card : Card
    names : paths of files, or addresses

    Returns
    -------
    answers : (N, classes) float32

    Raises
    ------
    ValueError
        A picture cannot be read.
    """
    answers = []
    for row in rows(net, card, names):
        if row.answer is None:
            raise ValueError(row.refused)
        answers.append(row.answer)
    return np.stack(answers)


def finite(answers: NDArray[np.floating[Any]], names: Sequence[object], output: str) -> NDArray[np.floating[Any]]:
    """Return a net's answers, a sigmoid's one column as two classes.

    Parameters
    ----------
    answers : (N, classes) or (N, 1)
    names : N, what an error calls the pictures
    output : "logits" or "probabilities"

    Returns
    -------
    answers : (N, classes)

    Raises
    ------
    Diverged
        One is NaN or infinite: of these softmax and argmax would make classes like any other.
    """
    good = np.isfinite(answers).all(axis=1)
    if not good.all():
        raise Diverged(
            f"The model's answer to {names[int(good.argmin())]} is not finite: its weights are those of a training "
            "that diverged, or --scale and --offset are not its own; take an earlier checkpoint."
        )
    if answers.shape[1] == 1:
        return np.concatenate([np.zeros_like(answers) if output == "logits" else 1 - answers, answers], axis=1)
    return answers


def probabilities(answers: NDArray[np.floating[Any]], card: Card) -> NDArray[np.floating[Any]]:
    """Turn what a net answers into probabilities: softmax where it answers logits, which the temperature divides.

    Parameters
    ----------
    answers : (N, classes)
    card : Card

    Returns
    -------
    probabilities : (N, classes), 0..1
    """
    return probabilities_of(answers, card.output, temperature=card.temperature)


def named(probabilities: NDArray[np.floating[Any]], card: Card) -> str:
    """Return the answer to one picture: its most probable class, or that it is none of these.

    Parameters
    ----------
    probabilities : (classes,), 0..1
    card : Card

    Returns
    -------
    answer : str
    """
    if card.threshold is not None and probabilities.max() < card.threshold:
        return NONE_OF_THESE
    return card.class_names[int(probabilities.argmax())]
