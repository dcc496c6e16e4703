"""What is worn below the waist: a few shapes on a Sketch, in garment units (-1..1, y down)."""

import numpy as np

from .sketch import Sketch, mirrored


def pants(s: Sketch) -> None:
    """Draw two long legs."""
    _trousers(s, s.rng.uniform(0.75, 0.98), s.rng.uniform(0.16, 0.34), s.rng.uniform(0.02, 0.16))


def shorts(s: Sketch) -> None:
    """Draw two short, wide legs."""
    _trousers(s, s.rng.uniform(0.15, 0.5), s.rng.uniform(0.4, 0.56), s.rng.uniform(0.02, 0.12), top=-0.56, wide=1.3)


def skirt(s: Sketch) -> None:
    """Draw a waistband, and cloth that widens below it: pleated, straight, short or long."""
    u = s.rng.uniform
    top, hem_y = u(-0.66, -0.44), u(0.3, 0.88)
    waist, hem = u(0.26, 0.38), u(0.4, 0.95)
    bulge = u(0.35, 0.6)
    middle = (waist + (hem - waist) * bulge, top + (hem_y - top) * 0.42)
    s.part(mirrored([(waist, top), (waist, top + 0.03), middle, (hem, hem_y - 0.03), (hem * 0.55, hem_y + u(0, 0.1))]))
    pleats(s, waist, top + 0.12, hem, hem_y + 0.08, int(s.rng.integers(0, 9)))
    band = [(-waist - 0.02, top), (waist + 0.02, top), (waist + 0.03, top + 0.12), (-waist - 0.03, top + 0.12)]
    s.part(band, fill=s.trim if s.rng.random() < 0.3 else None, soft=0)
    if s.rng.random() < 0.3:
        s.line([(-hem, hem_y - 0.12), (hem, hem_y - 0.12)], fill=s.trim, width=u(0.04, 0.12))


def pleats(s: Sketch, top_half: float, top: float, bottom_half: float, bottom: float, count: int) -> None:
    """Draw `count` seams that fan out from the waist, `top_half` to each side, to the hem."""
    for x in np.linspace(-0.85, 0.85, count).tolist() if count > 1 else ():
        s.line([(x * top_half, top), (x * bottom_half, bottom)], width=0.022)


def _trousers(s: Sketch, hem_y: float, hem: float, spread: float, top: float = -0.86, wide: float = 1.0) -> None:
    u = s.rng.uniform
    waist, crotch = wide * u(0.28, 0.36), top + wide * u(0.42, 0.52)
    hip = waist * u(1.08, 1.25)
    for side in (-1, 1):
        foot = spread + hem / 2 + (hem_y - crotch) * u(0.0, 0.12)
        outer = [(0, top), (waist, top), (hip, crotch - 0.1), (foot + hem / 2, hem_y)]
        inner = [(foot - hem / 2, hem_y + u(-0.02, 0.03)), (0.0, crotch)]
        s.part(np.array([*outer, *inner]) * [side, 1], soft=0)
        if s.rng.random() < 0.3:
            cuff = u(0.06, 0.12)
            s.line(np.array([(foot - hem, hem_y - cuff), (foot + hem, hem_y - cuff)]) * [side, 1])
        s.line(np.array([(hip * 0.5, top + 0.12), (hip * 1.0, top + 0.28)]) * [side, 1])
    s.line([(0, top), (0, crotch)])
    s.line([(-hip, top + 0.11), (hip, top + 0.11)], fill=s.trim if s.rng.random() < 0.2 else s.seam)
    if s.rng.random() < 0.2:
        for side in (-1, 1):
            s.line([(side * hip, top + 0.2), (side * (spread + hem * 0.8), hem_y)], fill=s.trim, width=0.06)
