"""Use a classifier: pictures, folders and addresses in, class and probability out."""

import io
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minicnn.data import LeftOut, load_image, pictures_below

from . import console, pictures
from .card import Card
from .errors import Diverged
from .types import Net

BATCH: int = 32
TIMEOUT: int = 20  # seconds
LARGEST: int = 64 << 20  # bytes fetched from one address at most


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
        if not _is_address(name) and Path(name).is_dir():
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


def _is_address(name):
    return name.startswith(("http://", "https://"))


def fetch(name: str) -> bytes:
    """Return the bytes of a picture at an http address.

    Parameters
    ----------
    name : str, the address

    Returns
    -------
    data : bytes

    Raises
    ------
    ValueError
        It does not answer, or with something else than a picture.
    """
    try:
        request = urllib.request.Request(name, headers={"User-Agent": "keras_ref"})
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            kind = answer.headers.get_content_type()
            data = answer.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        raise ValueError(f"{name} answers with {error.code} {error.reason}, not with a picture.") from None
    except (OSError, ValueError) as error:
        raise ValueError(f"{name} does not answer: {getattr(error, 'reason', error)}.") from None
    if kind.startswith("text/"):
        raise ValueError(f"{name} sends a page ({kind}), not a picture; give the address of the picture itself.")
    if len(data) > LARGEST:
        raise ValueError(f"{name} sends more than {LARGEST >> 20} MiB, too much for a picture.")
    return data


def readable(card: Card, names: Sequence[str]) -> tuple[list[tuple[str, NDArray[np.uint8]]], dict[str, str]]:
    """Read pictures by name.

    Parameters
    ----------
    card : Card
    names : paths of files, or addresses

    Returns
    -------
    read : [(name, (height, width, 3) uint8)]
    refused : {name: why it cannot be read}
    """
    r, read, refused = card.recipe, [], {}
    for name in names:
        try:
            source = io.BytesIO(fetch(name)) if _is_address(name) else name
            read.append((name, load_image(source, (r.height, r.width), r.resize, name=name)))
        except ValueError as error:
            refused[name] = str(error)
    return read, refused


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


def answer(
    net: Net, card: Card, names: Sequence[str], mirror: bool = False
) -> tuple[list[str], NDArray[np.floating[Any]], dict[str, str]]:
    """Run a net on the pictures that can be read, in padded batches of full size.

    Parameters
    ----------
    net : keras.Model
    card : Card
    names : paths of files, or addresses
    mirror : bool
        Whether an answer is the mean of those to a picture and to its mirror image.

    Returns
    -------
    known : names that were read
    answers : (N, classes) float32, as the net answers
    refused : {name: why it cannot be read}

    Raises
    ------
    ValueError
        No picture can be read.
    Diverged
        An answer is not finite.
    """
    known, answers, refused = [], [], {}
    prepare, size = card.recipe.prepare(), BATCH if len(names) > 1 else 1
    with console.progress("predicting", len(names)) as advance:
        for start in range(0, len(names), BATCH):
            some = names[start : start + BATCH]
            read, wrong = readable(card, some)
            refused |= wrong
            if read:
                answers.append(ask(net, np.stack([prepare(picture) for _, picture in read]), size, mirror))
            known += [name for name, _ in read]
            advance(len(some))
    if not known:
        raise ValueError(next(iter(refused.values())))
    return known, finite(np.concatenate(answers), known, card.output), refused


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
    _, answers, refused = answer(net, card, names)
    if refused:
        raise ValueError(next(iter(refused.values())))
    return answers


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
    """Turn what a net answers into probabilities: softmax where it answers logits.

    Parameters
    ----------
    answers : (N, classes)
    card : Card

    Returns
    -------
    probabilities : (N, classes), 0..1
    """
    if card.output == "probabilities":
        return answers
    shifted = np.exp(answers - answers.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)
