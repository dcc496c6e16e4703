"""Use a classifier: pictures, folders and addresses in, class and probability out."""

import urllib.error
import urllib.request
from pathlib import Path

import numpy as np

from keras_ref import console, pictures
from keras_ref.errors import Diverged, Refusal

BATCH = 32
TIMEOUT = 20
LARGEST = 64 << 20  # bytes fetched from one address at most


def sources(names):
    """Give the pictures that `names` stand for: files and addresses themselves, folders by what lies in them."""
    found = []
    for name in names:
        if name.startswith(("http://", "https://")):
            found.append(name)
        elif Path(name).is_dir():
            inside = sorted(p for p in Path(name).rglob("*") if p.suffix.lower() in pictures.SUFFIXES)
            if not inside:
                raise Refusal(f"The folder {name} holds no pictures.")
            found.extend(map(str, inside))
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


def logits(net, card, names):
    """Run the net on pictures by name, in padded batches of full size: (N, classes) float32, as the net answers."""
    r, answers = card.recipe, []
    prepare = r.prepare()
    with console.progress("predicting", len(names)) as advance:
        for start in range(0, len(names), BATCH):
            some = names[start : start + BATCH]
            x = np.zeros((BATCH if len(names) > 1 else 1, r.height, r.width, 3), np.float32)
            for k, name in enumerate(some):
                x[k] = prepare(pictures.pixels(fetch(name), name, r.height, r.width, r.resize))
            answers.append(np.asarray(net.predict_on_batch(x))[: len(some)])
            advance(len(some))
    return finite(np.concatenate(answers), names)


def finite(answers, names):
    """Give a net's answers, (N, classes); refuse NaN and infinity, of which softmax and argmax would make classes."""
    good = np.isfinite(answers).all(axis=1)
    if not good.all():
        raise Diverged(
            f"The model's answer to {names[int(good.argmin())]} is not finite: its weights are those of a training that "
            "diverged, or --scale and --offset are not its own; take an earlier checkpoint."
        )
    return answers


def probabilities(answers, card):
    """Turn what the net answers into probabilities: softmax where it answers logits."""
    if card.output == "probabilities":
        return answers
    shifted = np.exp(answers - answers.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)
