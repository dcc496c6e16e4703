"""The curves of a training as a small SVG, for notebooks: one panel a quantity, training and validation in it."""

import html
import math
from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, LEFT, BELOW, ABOVE = 320, 200, 52, 26, 26  # of a panel, and of the room around its plot


def curves(epochs: Sequence[int], history: Mapping[str, Sequence[float]]) -> str:
    """Draw what every epoch gave.

    Parameters
    ----------
    epochs : list of int
        From 0, as `History` counts them.
    history : dict
        Name -> a value an epoch; "val_loss" stands in the panel of "loss", dashed.

    Returns
    -------
    text : str
        HTML of one SVG a quantity; where nothing was trained, a sentence.

    Examples
    --------
    >>> text = curves([0, 1], {"loss": [2.0, 1.0], "val_loss": [2.5, 1.5]})
    >>> text.count("<svg"), text.count("<path")  # the axes are one, too
    (1, 3)
    """
    names = [name for name in history if not (name.startswith("val_") and name[4:] in history)]
    if not epochs or not names:
        return "<p>No epoch was trained.</p>"
    return "".join(_panel(epochs, name, history[name], history.get(f"val_{name}", ())) for name in names)


def _panel(epochs: Sequence[int], name: str, values: Sequence[float], validation: Sequence[float]) -> str:
    finite = [value for value in (*values, *validation) if math.isfinite(value)] or [0.0]
    low, high = min(0.0, *finite), max(finite)
    high = high if high > low else low + 1
    first, last = epochs[0] + 1, epochs[-1] + 1

    def at(k: int, value: float) -> str:
        x = LEFT + (k + 0.5 if last == first else k) / max(len(epochs) - 1, 1) * (WIDTH - LEFT - 12)
        return f"{x:.1f},{HEIGHT - BELOW - (value - low) / (high - low) * (HEIGHT - BELOW - ABOVE):.1f}"

    def line(values: Sequence[float], more: str = "") -> str:
        text, pen = [], "M"
        for k, value in enumerate(values):
            if math.isfinite(value):
                text.append(pen + at(k, value))
            pen = "L" if math.isfinite(value) else "M"  # a gap where a value is not finite
        dots = "".join(
            f'<circle cx="{spot.split(",")[0]}" cy="{spot.split(",")[1]}" r="2" fill="currentColor"/>'
            for spot in (part[1:] for part in text)
        )
        return f'<path d="{"".join(text)}" fill="none" stroke="currentColor" stroke-width="1.5"{more}/>{dots}'

    dashed = line(validation, ' stroke-dasharray="5 4"') if validation else ""
    told = f"{name} {values[-1]:.4g}" + (f", validation {validation[-1]:.4g} (dashed)" if validation else "")
    base = HEIGHT - BELOW
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{html.escape(told)}" font-family="sans-serif" font-size="11" style="max-width:100%">'
        f'<text x="{LEFT}" y="14" fill="currentColor">{html.escape(told)}</text>'
        f'<path d="M{LEFT},{ABOVE}V{base}H{WIDTH - 8}" fill="none" stroke="currentColor" opacity="0.4"/>'
        f'<text x="{LEFT - 5}" y="{ABOVE + 8}" text-anchor="end" fill="currentColor">{high:.3g}</text>'
        f'<text x="{LEFT - 5}" y="{base}" text-anchor="end" fill="currentColor">{low:.3g}</text>'
        f'<text x="{LEFT}" y="{HEIGHT - 10}" fill="currentColor">epoch {first}</text>'
        f'<text x="{WIDTH - 8}" y="{HEIGHT - 10}" text-anchor="end" fill="currentColor">{last}</text>'
        f"{line(values)}{dashed}</svg>"
    )
