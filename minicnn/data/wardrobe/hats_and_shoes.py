"""Hats and shoes: a few shapes on a Sketch, in garment units (-1..1, y down)."""

from collections.abc import Callable

import numpy as np

from ...types import Array
from .camera import Points
from .sketch import Sketch, ellipse, mirrored


def hat(s: Sketch) -> None:
    """Draw a cap with its visor, a beanie, a hat with a brim all round, or a bucket hat."""
    u = s.rng.uniform
    kind = s.rng.choice(("cap", "beanie", "brim", "bucket"), p=(0.35, 0.2, 0.3, 0.15))
    base, width, height = u(0.12, 0.3), u(0.48, 0.66), u(0.5, 0.8)
    if kind == "cap":
        reach, drop = u(0.45, 0.75), u(0.08, 0.24)
        visor = [(width * 0.1, base - 0.1), (width, base - 0.08), (width + reach, base + drop)]
        visor += [(width + reach * 0.8, base + drop + 0.1), (width * 0.6, base + 0.1), (-width * 0.1, base + 0.06)]
        s.part(ellipse(0, base, width, height, 180, 360), soft=0)
        s.part(visor, fill=s.trim if s.rng.random() < 0.4 else None)
        s.line(ellipse(0, base, width * u(0.2, 0.5), height, 180, 360))
        s.dot(0, base - height, 0.06)
        return
    if kind == "beanie":
        if s.rng.random() < 0.5:
            s.part(ellipse(0, base - height, 0.17, 0.17), fill=s.trim, soft=0)
        s.part(np.concatenate([ellipse(0, base, width, height, 180, 360), [(width, base + 0.1), (-width, base + 0.1)]]))
        fold = u(0.2, 0.34)
        cuff = [(-width - 0.03, base - 0.06), (width + 0.03, base - 0.06)]
        cuff += [(width + 0.02, base - 0.06 + fold), (-width - 0.02, base - 0.06 + fold)]
        s.part(cuff, fill=s.trim if s.rng.random() < 0.3 else None, soft=0)
        for x in np.linspace(-width, width, 9):
            s.line([(x, base - 0.06), (x, base + fold)])
        return
    crown = width * u(0.7, 0.95)
    if kind == "bucket":
        brim = width * u(1.15, 1.4)
        s.part(mirrored([(crown * 0.7, base - height), (crown, base), (brim, base + u(0.25, 0.4)), (0.2, base + 0.42)]))
    else:
        brim = u(0.85, 1.15)
        s.part(ellipse(0, base, brim, u(0.14, 0.3)), soft=0)
        s.part(mirrored([(0.06, base - height + u(0, 0.1)), (crown * u(0.6, 0.95), base - height), (crown, base)]))
    band = s.trim if s.rng.random() < 0.7 else s.seam
    s.line([(-crown * 0.97, base - 0.12), (crown * 0.97, base - 0.12)], fill=band, width=u(0.08, 0.2))


def shoes(s: Sketch) -> None:
    """Draw one or a pair: trainers or boots from the side, pumps on heels, flats from above."""
    u = s.rng.uniform
    kind = s.rng.choice(("trainer", "boot", "heel", "above"), p=(0.4, 0.2, 0.18, 0.22))
    if kind == "above":
        spread, lining, strap = u(0.3, 0.42), s.trim if s.rng.random() < 0.5 else s.seam, s.rng.random() < 0.4
        for side in (-1, 1):
            turn = np.radians(side * u(0, 14))
            at = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
            length, width = u(0.72, 0.82), u(0.22, 0.28)
            s.part(ellipse(0, 0, width, length) @ at + [side * spread, 0], soft=0)
            opening = ellipse(0, length * 0.3, width * 0.66, length * 0.5) @ at + [side * spread, 0]
            s.paint(opening, lining)
            if strap:
                s.line(np.array([(-width * 0.6, -0.1), (width * 0.6, -0.1)]) @ at + [side * spread, 0], width=0.06)
        return
    pair = s.rng.random() < 0.6
    shift = u(-0.2, 0.2)
    for level in (-0.36, 0.3) if pair else (0.05,):
        size = u(0.8, 0.95) if pair else u(0.95, 1.15)
        place = np.array([shift if level < 0 else -shift, level])
        _shoe(s, kind, lambda points, size=size, place=place: np.array(points) * size + place)


def _shoe(s: Sketch, kind: str, place: Callable[[Points], Array]) -> None:
    u = s.rng.uniform
    if kind == "heel":
        heel = 0.3 - u(0.25, 0.48)  # where the heel of the foot stands; the floor is at 0.3
        upper = [(-0.74, heel - 0.4), (-0.72, heel), (-0.4, heel + 0.06), (0.2, 0.28), (0.9, 0.3), (0.86, 0.12)]
        s.part(place([*upper, (0.45, -0.06), (0.2, -0.04), (-0.3, heel - 0.14), (-0.66, heel - 0.46)]))
        s.part(place([(-0.73, heel - 0.06), (-0.45, heel + 0.02), (-0.58, 0.3), (-0.68, 0.3)]), soft=0)
        return
    shaft = u(0.62, 1.0) if kind == "boot" else u(0.26, 0.42)
    upper = [
        (-0.72, 0.14),
        (-0.74, -shaft * 0.6),
        (-0.68, -shaft),
        (-0.2, -shaft + u(-0.04, 0.06)),
        (-0.1, -shaft * 0.45),
    ]
    s.part(place([*upper, (0.3, -0.16), (0.72, -0.1), (0.84, 0.06), (0.82, 0.16)]))
    thick = u(0.06, 0.13)
    sole = [(-0.78, 0.12), (0.86, 0.12), (0.86, 0.12 + thick), (-0.78, 0.12 + thick)]
    s.part(place(sole), fill=s.trim if s.rng.random() < 0.7 else s.seam, soft=0)
    if kind == "trainer":
        for x in np.linspace(-0.12, 0.28, 4):
            s.line(
                place([(x - 0.04, -shaft * 0.4 + x * 0.3), (x + 0.1, -shaft * 0.62 + x * 0.6)]),
                fill=s.trim,
                width=0.045,
            )
        if s.rng.random() < 0.5:
            s.line(place([(-0.5, -0.2), (-0.2, 0.06), (0.2, -0.1)]), fill=s.trim, width=0.07)
