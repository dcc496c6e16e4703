"""What a classifier.json may hold that somebody changed by hand: any JSON, in every field."""

import json
import zipfile

from hypothesis import example
from hypothesis import strategies as st

from minicnn.files import classifier

SPLIT = ("rule", "seed", "counts", "learned", "missing")
numbers = st.one_of(
    st.integers(-3, 300), st.floats(), st.sampled_from([10**30, 10**400, -(10**19), 1e39, 1e-45, 5e-324, 0.5, 1.0])
)
words = st.sampled_from(
    ["", "train", "train", "validation", "a", "many", "tf-area", "bgr", "00ff00ff00ff00ff", "\udcff\n"]
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, words, st.text(max_size=4)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
counts = st.dictionaries(words, values | st.dictionaries(words, values, max_size=2), max_size=2)
right = {  # each has another value that is right, so that commands go on with what they have not met before
    "scale": st.lists(numbers, min_size=3, max_size=3),
    "offset": st.lists(numbers, min_size=3, max_size=3),
    "task": st.sampled_from(classifier.CHOICES["task"]),
    "resize": st.sampled_from(classifier.CHOICES["resize"]),
    "order": st.sampled_from(classifier.CHOICES["order"]),
    "output": st.sampled_from(classifier.CHOICES["output"]),
    "temperature": numbers,
    "threshold": numbers,
    "channels": st.sampled_from([1, 3]),
    "invert": st.booleans(),
}
changes = st.one_of(  # (where, value)
    st.sampled_from(classifier.FIELDS).flatmap(
        lambda name: st.tuples(st.just((name,)), values | right[name] if name in right else values)
    ),
    st.sampled_from(SPLIT).flatmap(
        lambda name: st.tuples(st.just(("split", name)), values | counts if name == "counts" else values)
    ),
)


SEEN = [  # each ended in a traceback, or in another library's words
    (("split", "counts"), [1]),
    (("split", "counts"), {"train": [1]}),
    (("split", "counts"), {"train": {"cat": "1", "red": None}}),
    (("scale",), 10**400),
    (("offset",), [10**30, 1, 1]),
    (("offset",), 10**30),
    (("temperature",), 5e-324),  # answers were NaN
]


def seen(test):
    """Let a test of `change` begin with those."""
    for change in SEEN:
        test = example(change=change)(test)
    return test


def changed(card, change):
    """Return a card with one value put for another."""
    (name, *inner), value = change
    return card | {name: card[name] | {inner[0]: value} if inner else value}


def write(source, path, card):
    """Copy a `.keras` file with this object, checked by nobody, as its classifier.json."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for item in old.infolist():
            if item.filename != classifier.MEMBER:
                new.writestr(item, old.read(item))
        new.writestr(classifier.MEMBER, json.dumps(card))
    return path


def said(code, text):
    """Check that a command went well, or was refused in one sentence."""
    lines = [line for line in text.splitlines() if not line.startswith("note: ")]
    assert (code, len(lines)) == (2, 1) if code == 2 else code == 0, (code, text)
    assert not any(word in text for word in ("Traceback", "ufunc", "object has no", "unsupported operand")), text
