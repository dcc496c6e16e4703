"""Hats and shoes: a few shapes on a Sketch, in garment units (-1..1, y down)."""

from collections.abc import Callable

import numpy as np

from ...types import Array
from .camera import Points
from .sketch import Sketch, ellipse, mirrored


def hat(sketch: Sketch) -> None:
    """Draw a cap with its visor, a beanie, a hat with a brim all round, or a bucket hat."""
    uniform = sketch.rng.uniform
    kind = sketch.rng.choice(("cap", "beanie", "brim", "bucket"), p=(0.35, 0.2, 0.3, 0.15))
    base, width, height = uniform(0.12, 0.3), uniform(0.48, 0.66), uniform(0.5, 0.8)
    if kind == "cap":
        reach, drop = uniform(0.45, 0.75), uniform(0.08, 0.24)
        visor = [(width * 0.1, base - 0.1), (width, base - 0.08), (width + reach, base + drop)]
        visor += [(width + reach * 0.8, base + drop + 0.1), (width * 0.6, base + 0.1), (-width * 0.1, base + 0.06)]
        sketch.part(ellipse(0, base, width, height, 180, 360), soft=0)
        sketch.part(visor, fill=sketch.trim if sketch.rng.random() < 0.4 else None)
        sketch.line(ellipse(0, base, width * uniform(0.2, 0.5), height, 180, 360))
        sketch.dot(0, base - height, 0.06)
        return
    if kind == "beanie":
        if sketch.rng.random() < 0.5:
            sketch.part(ellipse(0, base - height, 0.17, 0.17), fill=sketch.trim, soft=0)
        sketch.part(
            np.concatenate([ellipse(0, base, width, height, 180, 360), [(width, base + 0.1), (-width, base + 0.1)]])
        )
        fold = uniform(0.2, 0.34)
        cuff = [(-width - 0.03, base - 0.06), (width + 0.03, base - 0.06)]
        cuff += [(width + 0.02, base - 0.06 + fold), (-width - 0.02, base - 0.06 + fold)]
        sketch.part(cuff, fill=sketch.trim if sketch.rng.random() < 0.3 else None, soft=0)
        for x in np.linspace(-width, width, 9):
            sketch.line([(x, base - 0.06), (x, base + fold)])
        return
    crown = width * uniform(0.7, 0.95)
    if kind == "bucket":
        brim = width * uniform(1.15, 1.4)
        sketch.part(
            mirrored(
                [(crown * 0.7, base - height), (crown, base), (brim, base + uniform(0.25, 0.4)), (0.2, base + 0.42)]
            )
        )
    else:
        brim = uniform(0.85, 1.15)
        sketch.part(ellipse(0, base, brim, uniform(0.14, 0.3)), soft=0)
        sketch.part(
            mirrored(
                [(0.06, base - height + uniform(0, 0.1)), (crown * uniform(0.6, 0.95), base - height), (crown, base)]
            )
        )
    band = sketch.trim if sketch.rng.random() < 0.7 else sketch.seam
    sketch.line([(-crown * 0.97, base - 0.12), (crown * 0.97, base - 0.12)], fill=band, width=uniform(0.08, 0.2))


def shoes(sketch: Sketch) -> None:
    """Draw one or a pair: trainers or boots from the side, pumps on heels, flats from above."""
    uniform = sketch.rng.uniform
    kind = sketch.rng.choice(("trainer", "boot", "heel", "above"), p=(0.4, 0.2, 0.18, 0.22))
    if kind == "above":
        spread, lining, strap = (
            uniform(0.3, 0.42),
            sketch.trim if sketch.rng.random() < 0.5 else sketch.seam,
            sketch.rng.random() < 0.4,
        )
        for side in (-1, 1):
            turn = np.radians(side * uniform(0, 14))
            at = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
            length, width = uniform(0.72, 0.82), uniform(0.22, 0.28)
            sketch.part(ellipse(0, 0, width, length) @ at + [side * spread, 0], soft=0)
            opening = ellipse(0, length * 0.3, width * 0.66, length * 0.5) @ at + [side * spread, 0]
            sketch.paint(opening, lining)
            if strap:
                sketch.line(np.array([(-width * 0.6, -0.1), (width * 0.6, -0.1)]) @ at + [side * spread, 0], width=0.06)
        return
    pair = sketch.rng.random() < 0.6
    shift = uniform(-0.2, 0.2)
    for level in (-0.36, 0.3) if pair else (0.05,):
        size = uniform(0.8, 0.95) if pair else uniform(0.95, 1.15)
        place = np.array([shift if level < 0 else -shift, level])
        _shoe(sketch, kind, lambda points, size=size, place=place: np.array(points) * size + place)


def _shoe(sketch: Sketch, kind: str, place: Callable[[Points], Array]) -> None:
    uniform = sketch.rng.uniform
    if kind == "heel":
        heel = 0.3 - uniform(0.25, 0.48)  # where the heel of the foot stands; the floor is at 0.3
        upper = [(-0.74, heel - 0.4), (-0.72, heel), (-0.4, heel + 0.06), (0.2, 0.28), (0.9, 0.3), (0.86, 0.12)]
        sketch.part(place([*upper, (0.45, -0.06), (0.2, -0.04), (-0.3, heel - 0.14), (-0.66, heel - 0.46)]))
        sketch.part(place([(-0.73, heel - 0.06), (-0.45, heel + 0.02), (-0.58, 0.3), (-0.68, 0.3)]), soft=0)
        return
    shaft = uniform(0.62, 1.0) if kind == "boot" else uniform(0.26, 0.42)
    upper = [
        (-0.72, 0.14),
        (-0.74, -shaft * 0.6),
        (-0.68, -shaft),
        (-0.2, -shaft + uniform(-0.04, 0.06)),
        (-0.1, -shaft * 0.45),
    ]
    sketch.part(place([*upper, (0.3, -0.16), (0.72, -0.1), (0.84, 0.06), (0.82, 0.16)]))
    thick = uniform(0.06, 0.13)
    sole = [(-0.78, 0.12), (0.86, 0.12), (0.86, 0.12 + thick), (-0.78, 0.12 + thick)]
    sketch.part(place(sole), fill=sketch.trim if sketch.rng.random() < 0.7 else sketch.seam, soft=0)
    if kind == "trainer":
        for x in np.linspace(-0.12, 0.28, 4):
            sketch.line(
                place([(x - 0.04, -shaft * 0.4 + x * 0.3), (x + 0.1, -shaft * 0.62 + x * 0.6)]),
                fill=sketch.trim,
                width=0.045,
            )
        if sketch.rng.random() < 0.5:
            sketch.line(place([(-0.5, -0.2), (-0.2, 0.06), (0.2, -0.1)]), fill=sketch.trim, width=0.07)
