"""Result files: {"parts": [{"kind", "head", "rows"}, ...]}, read, joined and written.

results/KIND.json is committed: what was measured on a kind of processor, "avx2-zen3". The report is built of these.
"""

import json
from pathlib import Path

from minicnn.files import replacing

FOLDER = Path(__file__).with_name("results")
DIGITS = 4  # of a number in a file; a median is known to three
KINDS = {
    "quick": "This machine",
    "layers": "Layers",
    "nets": "Nets",
    "architectures": "Architectures of keras.applications",
    "training": "Training on nets of keras.applications",
    "pages": "The explorer's pages",
    "scaling": "Scaling",
    "startup": "Start",
    "augmentation": "Augmentation",
    "memory": "Memory",
    "serving": "Over HTTP",
    "ladder": "One convolution, every algorithm",
    "parity": "Agreement with Keras, array by array",
    "photographs": "Learning from photographs",
    "fuzz": "Damaged model files",
    "collection": "Model files of any origin",
    "compare": "Two versions",
}  # a command's name, and its chapter's title, in the chapters' order


class Part(dict):
    """What one command measured: a dict that a notebook shows as the table which the terminal prints."""

    def _repr_markdown_(self):
        from . import sections  # which knows every kind

        return sections.text(self)


def part(kind, head, rows):
    """Make one part: what one command measured.

    Parameters
    ----------
    kind : str
        The command.
    head : dict
        See machine.header.
    rows : list of dict
        All numbers plain.
    """
    return Part(kind=kind, head=head, rows=rows)


def write(path, parts):
    """Write parts to a JSON file, whole or not at all: a row a line, numbers with a few digits."""
    texts = []
    for each in parts:
        kind, head = (_json(each[key]) for key in ("kind", "head"))
        rows = ",\n  ".join(map(_json, each["rows"]))
        texts.append(f'{{"kind": {kind}, "head": {head}, "rows": [\n  {rows}\n]}}')
    with replacing(path) as file:
        file.write(('{"parts": [\n' + ",\n".join(texts) + "\n]}\n").encode())


def _json(value):
    return json.dumps(_short(value), allow_nan=False, separators=(",", ":"))


def _short(value):
    if isinstance(value, dict):
        return {key: _short(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_short(each) for each in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def earlier(path):
    """Read the parts that a file has, none where there is no file; it will be written again, see `joined`."""
    return read([path]) if path and Path(path).exists() else []


def joined(parts, new):
    """Return parts of a file and a new one, which takes the place of what the same command gave."""
    same = [each for each in parts if (each["kind"], each["head"]["command"]) == (new["kind"], new["head"]["command"])]
    return [each for each in parts if each not in same] + [new]


def committed():
    """List the files of results/, one for each kind of processor."""
    return sorted(FOLDER.glob("*.json"))


def read(paths):
    """Read and join result files.

    Returns
    -------
    parts : list of dict
        In the order of KINDS.

    Raises
    ------
    ValueError: PATH is no result file of these benchmarks: ...
    """
    parts = []
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                found = json.load(file)["parts"]
            if any(each["kind"] not in KINDS or "rows" not in each or "kind" not in each["head"] for each in found):
                raise KeyError("an unknown kind of part, or of processor")
        except (OSError, ValueError, KeyError, TypeError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else f"{type(problem).__name__}: {problem}"
            raise ValueError(f"{path} is no result file of these benchmarks: {reason}.") from None
        parts += map(Part, found)
    return sorted(parts, key=lambda each: list(KINDS).index(each["kind"]))
