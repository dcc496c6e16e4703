"""Damages files at random, from a seed that is printed.

MINICNN_FUZZ=20000 pytest tests/files -k mutated -s     a longer run with other seeds
"""

import os
import random

FUZZ = int(os.environ.get("MINICNN_FUZZ", 0))
COUNT = FUZZ or 500


def a_seed(name):
    """Return a random.Random: always the same one in the everyday run."""
    seed = random.SystemRandom().randrange(1 << 30) if FUZZ else 1
    print(f"\n{name}: seed {seed}, {COUNT} files")
    return random.Random(seed)


def mutated(raw, dice):
    """Return `raw` with a few bytes changed, blocks copied, zeroed, cut out or doubled."""
    raw = bytearray(raw)
    for _ in range(dice.randint(1, 6)):
        at, size = dice.randrange(len(raw)), dice.randint(1, 16)
        what = dice.randrange(6)
        if what < 2:
            raw[at] = dice.choice((0, 1, 127, 128, 255, dice.randrange(256)))
        elif what == 2:
            raw[at : at + size] = bytes(len(raw[at : at + size]))
        elif what == 3:
            other = dice.randrange(len(raw))
            raw[at : at + size] = raw[other : other + len(raw[at : at + size])]
        elif what == 4 and len(raw) > 100:
            del raw[at : at + size]
        else:
            raw[at:at] = raw[at : at + size]
    return bytes(raw)
