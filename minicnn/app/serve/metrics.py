"""What happened so far, as Prometheus reads it: text format 0.0.4.

Each process counts in a file of its own, a row of numbers that all share a layout known from the start; whichever is
asked adds up all of them. So the figures are those of the whole server, however many processes it has, and what one of
them had counted outlives it.
"""

import os
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from .shelf import Model

STATUSES: tuple[int, ...] = (200, 400, 408, 413, 499, 500, 503)  # 499: the client went away
SECONDS: tuple[float, ...] = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
PICTURES: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
HELP: dict[str, tuple[str, str]] = {
    "minicnn_requests_total": ("counter", "Requests for answers, by the status of what they got."),
    "minicnn_pictures_total": ("counter", "Pictures answered."),
    "minicnn_request_seconds": ("histogram", "From a request's first byte of body to its answer."),
    "minicnn_batch_pictures": ("histogram", "Pictures that the engine took at once."),
    "minicnn_engine_seconds_total": ("counter", "Time in which the engine computed."),
    "minicnn_reloads_total": ("counter", "Model files that were replaced, by whether they could be loaded."),
    "minicnn_pictures_inside": ("gauge", "Pictures that are on their way through."),
    "process_resident_memory_bytes": ("gauge", "Memory, of all processes together."),
    "process_start_time_seconds": ("gauge", "When the oldest process began."),
}


class Metrics:
    """Counters of one process, and the sum of all.

    Each number is written by one thread alone: requests by the event loop, batches by the engine.

    Parameters
    ----------
    names : list of str
        The models'.
    folder : Path or None
        Where all processes of a server count; by default this process is all.
    """

    def __init__(self, names: Iterable[str], folder: Path | None = None) -> None:
        self._own_folder = tempfile.TemporaryDirectory(prefix="minicnn-") if folder is None else None
        self._folder = folder or Path(self._own_folder.name)  # pyright: ignore[reportOptionalMemberAccess]
        self._folder.mkdir(0o700, parents=True, exist_ok=True)  # for a process that begins after /tmp was tidied up
        self._at = {series: index for index, series in enumerate(_layout(names))}
        path = self._folder / f"{os.getpid()}.counts"
        # Written, not left to the first count: on a full disk that would end the process, where this is an error.
        path.write_bytes(bytes(8 * len(self._at)))
        self._counts = np.memmap(path, np.float64, "r+", shape=(len(self._at),))
        self._set("process_start_time_seconds", "", time.time())

    def answered(self, name: str, status: int, pictures: int, seconds: float) -> None:
        """Count a request for answers.

        Parameters
        ----------
        name : str
            The model's.
        status : int
        pictures : int
            That were answered.
        seconds : float
        """
        self._add("minicnn_requests_total", _labels(model=name, status=status))
        self._add("minicnn_pictures_total", _labels(model=name), pictures)
        self._observe("minicnn_request_seconds", name, SECONDS, seconds)

    def computed(self, model: Model, pictures: int, seconds: float) -> None:
        """Count a batch.

        Parameters
        ----------
        model : Model
        pictures : int
        seconds : float
        """
        self._observe("minicnn_batch_pictures", model.name, PICTURES, pictures)
        self._add("minicnn_engine_seconds_total", _labels(model=model.name), seconds)

    def reloaded(self, name: str, good: bool) -> None:
        """Count a model file that was replaced.

        Parameters
        ----------
        name : str
        good : bool
            Whether it could be loaded.
        """
        self._add("minicnn_reloads_total", _labels(model=name, result="loaded" if good else "refused"))

    def text(self, inside: int, models: Iterable[Model]) -> str:
        """Return everything as text.

        Parameters
        ----------
        inside : int
            Pictures that are on their way through in this process.
        models : those that answer now

        Returns
        -------
        text : str
        """
        self.note(inside)
        lines: list[str] = []
        totals = self._totals()
        for name, (kind, told) in HELP.items():
            lines += [f"# HELP {name} {told}", f"# TYPE {name} {kind}"]
            for (metric, labels), value in zip(self._at, totals, strict=True):
                if metric == name or (kind == "histogram" and metric.rpartition("_")[0] == name):
                    lines.append(f"{metric}{labels} {_number(value)}")
        lines += ["# HELP minicnn_model_info The models that answer.", "# TYPE minicnn_model_info gauge"]
        lines += [f"minicnn_model_info{_labels(model=model.name, version=model.version)} 1" for model in models]
        return "\n".join(lines) + "\n"

    def note(self, inside: int) -> None:
        """Write down this process's gauges, for whichever process is asked next.

        Parameters
        ----------
        inside : int
            Pictures that are on their way through.
        """
        self._set("minicnn_pictures_inside", "", inside)
        self._set("process_resident_memory_bytes", "", _resident())

    def end(self) -> None:
        """Count no more; who counts alone leaves nothing behind."""
        self._counts.flush()
        if self._own_folder is not None:
            self._own_folder.cleanup()

    def _totals(self) -> list[float]:
        """Add up all processes: counters of those that ended, too, gauges of those that live."""
        files = [(int(path.stem), path) for path in sorted(self._folder.glob("*.counts"))]
        own = (os.getpid(), np.array(self._counts))  # not from its file: who tidies up /tmp may have removed that
        rows = [own, *((pid, np.fromfile(path, np.float64)) for pid, path in files if pid != own[0])]
        rows = [(pid, row) for pid, row in rows if len(row) == len(self._at)]  # one is just being made
        living = [row for pid, row in rows if _lives(pid)]
        totals: list[float] = []
        for (name, _), index in self._at.items():
            if name == "process_start_time_seconds":
                totals.append(min(row[index] for row in living))
            else:
                of = living if HELP.get(name, ("",))[0] == "gauge" else [row for _, row in rows]
                totals.append(float(sum(row[index] for row in of)))
        return totals

    def _add(self, name: str, labels: str, amount: float = 1) -> None:
        self._counts[self._at[name, labels]] += amount

    def _set(self, name: str, labels: str, value: float) -> None:
        self._counts[self._at[name, labels]] = value

    def _observe(self, name: str, model: str, bounds: tuple[float, ...], value: float) -> None:
        for bound in (*bounds[bisect_left(bounds, value) :], "+Inf"):
            self._add(f"{name}_bucket", _labels(model=model, le=bound))
        self._add(f"{name}_sum", _labels(model=model), value)
        self._add(f"{name}_count", _labels(model=model))


def _layout(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return every series, (name, labels), in one order for all processes."""
    layout: list[tuple[str, str]] = []
    for name in names:
        layout += [("minicnn_requests_total", _labels(model=name, status=status)) for status in STATUSES]
        for histogram, bounds in (("minicnn_request_seconds", SECONDS), ("minicnn_batch_pictures", PICTURES)):
            layout += [(f"{histogram}_bucket", _labels(model=name, le=bound)) for bound in (*bounds, "+Inf")]
            layout += [(f"{histogram}_{what}", _labels(model=name)) for what in ("sum", "count")]
        layout += [("minicnn_pictures_total", _labels(model=name))]
        layout += [("minicnn_engine_seconds_total", _labels(model=name))]
        layout += [("minicnn_reloads_total", _labels(model=name, result=result)) for result in ("loaded", "refused")]
    gauges = ("minicnn_pictures_inside", "process_resident_memory_bytes", "process_start_time_seconds")
    return layout + [(gauge, "") for gauge in gauges]


def _labels(**values: object) -> str:
    """Return labels as Prometheus writes them."""
    escaped = {
        name: str(value).replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for name, value in values.items()
    }
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped.items()) + "}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def _lives(pid: int) -> bool:
    if pid == os.getpid() or os.name == "nt":  # where signal 0 is not a question
        return True
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _resident() -> float:
    """Return this process's memory in bytes; 0 where the system does not tell."""
    try:
        return float(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0.0
