"""Which base is this? Named by its arrays' bytes, so that nobody must remember where a file came from."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The first four bytes of the SHA-256 of each of the 234 arrays of Xception without its top, trained on ImageNet, as
# Keras's `get_weights()` lists them: computed from a classifier that was built on `Xception(weights="imagenet")`
# (all arrays one after the other: dd8fa9fc...).
_XCEPTION_IMAGENET: str = (
    "d15bf129b638277ac3fdc596269c237eb13ab7759245c82f2f20cd03a8784f1cbe22b32ef0dfa22bd4e37dfb151511b302722f12"
    "5e7e7e89358c97c3cf33f1d07e1c8fd3456d3aa502722f126cfe3afce095f0453a45861b01991ab802722f12ff483a6f7d56f48e"
    "33bdfed866fc50f08fe8b323893a1068c0a8933affbe2987534819824605965f119b69c2893a1068a1316020c81c571b28dec001"
    "acb39107893a10688bd7c426af14b15fec680c940293bb2d57c7aaeecbe3b5f741727db80ed624b95d19045cbce76a1c6ad40eee"
    "cbe3b5f7be0de2bfa6b5a180f4325bfaf1ec9a51cbe3b5f7ebb8959c63857fa4a25acd7183500d5f7c53347ccbe3b5f7b512fbef"
    "f69a7920693b5f0b1a556cc9399205b8cbe3b5f7c2bc3572862510edc7c6ad5451027b534d83df01cbe3b5f7dce96b1519efc081"
    "1f1cb26e5bee8850575d909fcbe3b5f7b011ec6bcf0418e85f6f2ab2304a03190581f271cbe3b5f7aa8b54b04e4e80c47bd25889"
    "33ae0c2128832550cbe3b5f74e9b7e852460adb989d35d681aec193271c5740ccbe3b5f78eecfa8b68525fb9d691811b4c157783"
    "86ab7eaacbe3b5f74b36c3199125804cad5ed96b032ac6e3cc9ebd3dcbe3b5f785355172d6cd056d2e0dcc94704693daf4dab40e"
    "cbe3b5f7e025600e6183f73a199b464a72ccbd38bdb1f89ecbe3b5f7778f4dc921b2ae6f06aba27f724c8d4da6014803cbe3b5f7"
    "bc07526b4f6868262b3cfe414ed9dd3084062ab4cbe3b5f7ce6a05ceb42b458ab1101ecc2f084a2101d84801cbe3b5f73b499796"
    "9ec57aa51e530024ceb4a68427a4d01dcbe3b5f75bb969f687d1ae072cad7847068a778b43fa4f45cbe3b5f7d2db99d2a824e620"
    "d28a1b9f9f0322529d17dd33cbe3b5f7e2264df5aced46e2d47a554e387401a54f023f69cbe3b5f7d0d862f4b0a405703a2fcf4a"
    "13375b7352f72f80cbe3b5f7d79c1b4097bf3a2852af98f431eec1abc106dcc5cbe3b5f7ce454dc5fb66f04c3de4da906a4ac43d"
    "58440d07cbe3b5f7f01c17d20313d133fa4fe653e78e64beff1b696acbe3b5f7bd83443760779a79efc603d9bf87cab65768968f"
    "cbe3b5f7e0aec99ebbd7d9b5c8253f61733b71eb63f62bcacbe3b5f7076aea59eeeafeb4961756c077c92910c63bc09bcbe3b5f7"
    "83ed7e2e699ec487b78e05e2a2bb025f667573a4e9bac255846866ad5bf48ac90c79f7e552231474e9bac255a917d205eca6b7d0"
    "3b21556a5c6d8069e49485844fcbec4af6001a95cf8ba9da253a90b13db2b9c64e5611c9fc3bd1e3b11b03cd175dac4f9fd503fa"
)
KNOWN: dict[str, str] = {"Xception, ImageNet's weights": _XCEPTION_IMAGENET}
_DIGITS: int = 8  # of an array's digest


def weights_digest(arrays: Sequence[NDArray[Any]]) -> str:
    """Return the SHA-256 of a model's arrays, in the order of Keras's `get_weights()`.

    Parameters
    ----------
    arrays : sequence of arrays, taken as float32

    Returns
    -------
    digest : 64 hex digits

    Examples
    --------
    >>> weights_digest([np.zeros(2), np.ones(3)])[:8]
    '9b8d2846'
    """
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array, np.float32).data)
    return digest.hexdigest()


def name_weights(arrays: Sequence[NDArray[Any]]) -> str:
    """Name the weights of a base.

    Parameters
    ----------
    arrays : sequence of arrays
        In the order of Keras's `get_weights()`.

    Returns
    -------
    name : str
        A name of KNOWN; with how many arrays differ where fewer than half do; or "unknown weights".

    Examples
    --------
    >>> name_weights([np.zeros((3, 3, 3, 32), np.float32)])
    'unknown weights'
    """
    seen = [weights_digest([array])[:_DIGITS] for array in arrays]
    for name, digests in KNOWN.items():
        known = [digests[i : i + _DIGITS] for i in range(0, len(digests), _DIGITS)]
        if len(known) != len(seen):
            continue
        other = sum(ours != theirs for ours, theirs in zip(seen, known, strict=True))
        if other == 0:
            return name
        if other < len(known) / 2:
            return f"{name}, {other} array{'s differ' if other > 1 else ' differs'} (fine-tuned)"
    return "unknown weights"
