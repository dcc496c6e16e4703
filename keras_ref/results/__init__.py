"""What the commands leave and say: histories, drawings, sheets of pictures, sentences, and the report on all of it."""

from .describe import describe
from .history import COLUMNS, best, line, read_history, write_history
from .plots import confusion, curves, sweep
from .report import write
from .sheet import contact_sheet
from .stats import mcnemar, mean_sd, paired
from .words import (
    calibrated,
    class_rows,
    compared,
    count_rows,
    figure,
    further,
    measured,
    nothing_learned,
    on_the_largest,
    over_text,
    quantized,
    replay_cells,
    sweep_cells,
    value_text,
    verdict,
)

__all__ = [
    "COLUMNS",
    "best",
    "calibrated",
    "class_rows",
    "compared",
    "confusion",
    "contact_sheet",
    "count_rows",
    "curves",
    "describe",
    "figure",
    "further",
    "line",
    "mcnemar",
    "mean_sd",
    "measured",
    "nothing_learned",
    "on_the_largest",
    "over_text",
    "paired",
    "quantized",
    "read_history",
    "replay_cells",
    "sweep",
    "sweep_cells",
    "value_text",
    "verdict",
    "write",
    "write_history",
]
