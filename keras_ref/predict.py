"""Use a classifier: pictures, folders and addresses in, class and probability out."""

import urllib.error
import urllib.request
from pathlib import Path

import numpy as np

from keras_ref import console, pictures
from keras_ref.errors import Diverged, Refusal
from minicnn.data import LeftOut, pictures_below

BATCH = 32
TIMEOUT = 20
LARGEST = 64 << 20  # bytes fetched from one address at most


def sources(names):
    """Give the pictures that `names` stand for: files and addresses themselves, folders by what lies in them."""
    found = []
    for name in names:
        if not name.startswith(("http://", "https://")) and Path(name).is_dir():
            left_out = LeftOut()
            inside = [str(Path(name) / below) for below in pictures_below(name, left_out)]
            if len(left_out):
                console.note(f"{name}: {left_out}")
            if not inside:
                raise Refusal(f"The folder {name} holds no pictures.")
            found.extend(inside)
        else:
            found.append(name)
    return found


def fetch(name):
    """Give the bytes of a file or an http address."""
    if not name.startswith(("http://", "https://")):
        return pictures.read(name)
    try:
        request = urllib.request.Request(name, headers={"User-Agent": "keras_ref"})
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            kind = answer.headers.get_content_type()
            data = answer.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        raise Refusal(f"{name} answers with {error.code} {error.reason}, not with a picture.") from None
    except (OSError, ValueError) as error:
        raise Refusal(f"{name} does not answer: {getattr(error, 'reason', error)}.") from None
    if kind.startswith("text/"):
        raise Refusal(f"{name} sends a page ({kind}), not a picture; give the address of the picture itself.")
    if len(data) > LARGEST:
        raise Refusal(f"{name} sends more than {LARGEST >> 20} MiB, too much for a picture.")
    return data


def readable(card, names):
    """Read pictures by name: ([(name, (height, width, 3) uint8)], {name: why it cannot be read})."""
    r, read, refused = card.recipe, [], {}
    for name in names:
        try:
            read.append((name, pictures.pixels(fetch(name), name, r.height, r.width, r.resize)))
        except ValueError as error:
            refused[name] = str(error)
    return read, refused


def answer(net, card, names):
    """Run the net on the pictures that can be read, in padded batches of full size, as the net answers.

    Returns
    -------
    (names that were read, (N, classes) float32, {name: why it cannot be read})
    """
    r, known, answers, refused = card.recipe, [], [], {}
    prepare = r.prepare()
    with console.progress("predicting", len(names)) as advance:
        for start in range(0, len(names), BATCH):
            some = names[start : start + BATCH]
            read, wrong = readable(card, some)
            refused |= wrong
            x = np.zeros((BATCH if len(names) > 1 else 1, r.height, r.width, 3), np.float32)
            for k, (_, picture) in enumerate(read):
                x[k] = prepare(picture)
            if read:
                answers.append(np.asarray(net.predict_on_batch(x))[: len(read)])
            known += [name for name, _ in read]
            advance(len(some))
    if not known:
        raise Refusal(next(iter(refused.values())))
    return known, finite(np.concatenate(answers), known, card.output), refused


def logits(net, card, names):
    """Give the net's answers to pictures that can all be read: (N, classes) float32."""
    _, answers, refused = answer(net, card, names)
    if refused:
        raise Refusal(next(iter(refused.values())))
    return answers


def finite(answers, names, output):
    """Give a net's answers, (N, classes), a sigmoid's one column as two classes; refuse NaN and infinity.

    Of these softmax and argmax would make classes like any other.
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


def probabilities(answers, card):
    """Turn what the net answers into probabilities: softmax where it answers logits."""
    if card.output == "probabilities":
        return answers
    shifted = np.exp(answers - answers.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)
