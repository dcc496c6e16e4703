"""Result files: {"parts": [{"kind", "head", "rows" or "data"}, ...]}, read, joined and written."""

import json

from minicnn.files import replacing

KINDS = {
    "layers": "Layers",
    "nets": "Nets",
    "architectures": "Architectures of keras.applications",
    "scaling": "Scaling",
    "startup": "Start",
    "augmentation": "Augmentation",
    "memory": "Memory",
    "serving": "Over HTTP",
    "ladder": "One convolution, every algorithm",
    "parity": "Agreement with Keras, array by array",
    "photographs": "Learning from photographs",
    "fuzz": "Damaged model files",
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
    """Write parts to a JSON file, whole or not at all."""
    text = json.dumps({"parts": parts}, indent=1, allow_nan=False)
    with replacing(path) as file:
        file.write(text.encode() + b"\n")


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
            if any(each["kind"] not in KINDS or "rows" not in each or "head" not in each for each in found):
                raise KeyError("an unknown kind of part")
        except (OSError, ValueError, KeyError, TypeError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else f"{type(problem).__name__}: {problem}"
            raise ValueError(f"{path} is no result file of these benchmarks: {reason}.") from None
        parts += map(Part, found)
    return sorted(parts, key=lambda each: list(KINDS).index(each["kind"]))
