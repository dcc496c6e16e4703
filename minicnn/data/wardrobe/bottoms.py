"""What is worn below the waist: a few shapes on a Sketch, in garment units (-1..1, y down)."""

import numpy as np

from .sketch import Sketch, mirrored


def pants(sketch: Sketch) -> None:
    """Draw two long legs."""
    _trousers(sketch, sketch.rng.uniform(0.75, 0.98), sketch.rng.uniform(0.16, 0.34), sketch.rng.uniform(0.02, 0.16))


def shorts(sketch: Sketch) -> None:
    """Draw two short, wide legs."""
    _trousers(
        sketch,
        sketch.rng.uniform(0.15, 0.5),
        sketch.rng.uniform(0.4, 0.56),
        sketch.rng.uniform(0.02, 0.12),
        top=-0.56,
        wide=1.3,
    )


def skirt(sketch: Sketch) -> None:
    """Draw a waistband, and cloth that widens below it: pleated, straight, short or long."""
    uniform = sketch.rng.uniform
    top, hem_y = uniform(-0.66, -0.44), uniform(0.3, 0.88)
    waist, hem = uniform(0.26, 0.38), uniform(0.4, 0.95)
    bulge = uniform(0.35, 0.6)
    middle = (waist + (hem - waist) * bulge, top + (hem_y - top) * 0.42)
    sketch.part(
        mirrored(
            [(waist, top), (waist, top + 0.03), middle, (hem, hem_y - 0.03), (hem * 0.55, hem_y + uniform(0, 0.1))]
        )
    )
    pleats(sketch, waist, top + 0.12, hem, hem_y + 0.08, int(sketch.rng.integers(0, 9)))
    band = [(-waist - 0.02, top), (waist + 0.02, top), (waist + 0.03, top + 0.12), (-waist - 0.03, top + 0.12)]
    sketch.part(band, fill=sketch.trim if sketch.rng.random() < 0.3 else None, soft=0)
    if sketch.rng.random() < 0.3:
        sketch.line([(-hem, hem_y - 0.12), (hem, hem_y - 0.12)], fill=sketch.trim, width=uniform(0.04, 0.12))


def pleats(sketch: Sketch, top_half: float, top: float, bottom_half: float, bottom: float, count: int) -> None:
    """Draw `count` seams that fan out from the waist, `top_half` to each side, to the hem."""
    for x in np.linspace(-0.85, 0.85, count).tolist() if count > 1 else ():
        sketch.line([(x * top_half, top), (x * bottom_half, bottom)], width=0.022)


def _trousers(sketch: Sketch, hem_y: float, hem: float, spread: float, top: float = -0.86, wide: float = 1.0) -> None:
    uniform = sketch.rng.uniform
    waist, crotch = wide * uniform(0.28, 0.36), top + wide * uniform(0.42, 0.52)
    hip = waist * uniform(1.08, 1.25)
    for side in (-1, 1):
        foot = spread + hem / 2 + (hem_y - crotch) * uniform(0.0, 0.12)
        outer = [(0, top), (waist, top), (hip, crotch - 0.1), (foot + hem / 2, hem_y)]
        inner = [(foot - hem / 2, hem_y + uniform(-0.02, 0.03)), (0.0, crotch)]
        sketch.part(np.array([*outer, *inner]) * [side, 1], soft=0)
        if sketch.rng.random() < 0.3:
            cuff = uniform(0.06, 0.12)
            sketch.line(np.array([(foot - hem, hem_y - cuff), (foot + hem, hem_y - cuff)]) * [side, 1])
        sketch.line(np.array([(hip * 0.5, top + 0.12), (hip * 1.0, top + 0.28)]) * [side, 1])
    sketch.line([(0, top), (0, crotch)])
    sketch.line([(-hip, top + 0.11), (hip, top + 0.11)], fill=sketch.trim if sketch.rng.random() < 0.2 else sketch.seam)
    if sketch.rng.random() < 0.2:
        for side in (-1, 1):
            sketch.line([(side * hip, top + 0.2), (side * (spread + hem * 0.8), hem_y)], fill=sketch.trim, width=0.06)
