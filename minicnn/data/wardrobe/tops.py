"""What is worn on the upper body, and the dress: a few shapes on a Sketch, in garment units (-1..1, y down)."""

import numpy as np

from .bottoms import pleats
from .sketch import Sketch, ellipse, limb, mirrored

TOP = -0.72  # the shoulder line


def dress(sketch: Sketch) -> None:
    """Draw a bodice that narrows to the waist, and a skirt below it that widens to the hem."""
    uniform = sketch.rng.uniform
    waist_y, hem_y = uniform(-0.2, 0.08), uniform(0.55, 0.95)
    shoulder, chest, waist, hem = uniform(0.24, 0.36), uniform(0.3, 0.38), uniform(0.2, 0.3), uniform(0.42, 0.78)
    kind = sketch.rng.choice(("straps", "sleeveless", "short", "long"), p=(0.3, 0.3, 0.25, 0.15))
    if kind in ("short", "long"):
        _sleeves(sketch, shoulder, uniform(0.22, 0.36) if kind == "short" else uniform(0.75, 1.0), uniform(0.19, 0.26))
    top = TOP + (0.25 if kind == "straps" else 0)
    bodice = [(shoulder * 0.5, top), (shoulder, top + 0.05), (chest, TOP + 0.42), (waist, waist_y)]
    sketch.part(mirrored([*bodice, (waist + 0.06, waist_y + 0.1), (hem, hem_y - 0.04), (hem * 0.5, hem_y)]))
    if kind == "straps":
        for side in (-1, 1):
            strap = [(side * shoulder * 0.6, TOP - 0.1), (side * shoulder * 0.75, top + 0.12)]
            sketch.part(limb(strap, (0.07, 0.07)), soft=0, edge=False)
    else:
        _neck(sketch, shoulder * 0.62, uniform(0.12, 0.34))
    belt = sketch.trim if sketch.rng.random() < 0.4 else sketch.seam
    sketch.line([(-waist - 0.1, waist_y), (waist + 0.1, waist_y)], fill=belt, width=uniform(0.03, 0.1))
    pleats(sketch, waist, waist_y + 0.05, hem, hem_y, int(sketch.rng.integers(2, 6)))


def longsleeve(sketch: Sketch) -> None:
    """Draw a pullover: sleeves to the wrist, a plain front, a round neck."""
    uniform = sketch.rng.uniform
    shoulder = _pullover(sketch, uniform(0.85, 1.2), uniform(0.2, 0.27), cuffs=True)
    _neck(sketch, shoulder * uniform(0.36, 0.52), uniform(0.06, 0.2), ribbed=True)
    _print(sketch, 0.2)


def outwear(sketch: Sketch) -> None:
    """Draw a jacket or coat: thick sleeves, open or zipped in front, pockets, a hood or lapels."""
    uniform = sketch.rng.uniform
    shoulder, hem_y, hem = uniform(0.48, 0.57), uniform(0.55, 1.0), uniform(0.48, 0.62)
    hood = sketch.rng.random() < 0.4
    if hood:
        sketch.part(ellipse(0, TOP - 0.02, uniform(0.26, 0.36), uniform(0.22, 0.32)), soft=0)
        sketch.paint(ellipse(0, TOP + 0.04, 0.2, 0.15), sketch.seam)
    _sleeves(sketch, shoulder, uniform(0.85, 1.1), uniform(0.31, 0.4), cuffs=True)
    _torso(sketch, shoulder, uniform(0.46, 0.55), hem, hem_y)
    if sketch.rng.random() < 0.3:  # quilted
        for y in np.arange(TOP + 0.25, hem_y, uniform(0.17, 0.26)):
            sketch.line([(-0.6, y), (0.6, y)])
    gap = uniform(0.07, 0.24) if sketch.rng.random() < 0.7 else 0
    inside = sketch.trim if sketch.rng.random() < 0.7 else sketch.seam
    if gap:
        sketch.paint([(-0.12, TOP - 0.05), (0.12, TOP - 0.05), (gap, hem_y + 0.1), (-gap, hem_y + 0.1)], inside)
    for side in (-1, 1):
        sketch.line([(side * 0.12 * bool(gap), TOP), (side * gap, hem_y)], width=0.045)
        y = uniform(0.1, 0.3)
        sketch.line([(side * (gap + 0.1), y), (side * (gap + 0.26), y + uniform(-0.02, 0.12))], width=0.05)
        if not hood:
            lapel = [
                (0.05, TOP - 0.06),
                (0.2, TOP - 0.04),
                (uniform(0.26, 0.36), TOP + 0.22),
                (gap + 0.02, TOP + uniform(0.4, 0.7)),
            ]
            sketch.part(np.array(lapel) * [side, 1], fill=sketch.trim if sketch.rng.random() < 0.1 else None, soft=0)
    if sketch.rng.random() < 0.25:
        sketch.line([(-0.6, 0.08), (0.6, 0.08)], width=0.1)


def shirt(sketch: Sketch) -> None:
    """Draw a shirt: a collar, a row of buttons, cuffs, perhaps a pocket."""
    uniform = sketch.rng.uniform
    long = sketch.rng.random() < 0.7
    shoulder = _pullover(sketch, uniform(0.85, 1.15) if long else uniform(0.34, 0.5), uniform(0.2, 0.28), cuffs=long)
    hem_y = 1.0
    front = sketch.trim if sketch.rng.random() < 0.2 else sketch.tint
    sketch.paint([(-0.06, TOP), (0.06, TOP), (0.06, hem_y), (-0.06, hem_y)], front)
    for side in (-0.06, 0.06):
        sketch.line([(side, TOP), (side, hem_y)], width=0.025)
    for y in np.arange(TOP + 0.2, hem_y, uniform(0.17, 0.24)):
        sketch.dot(0, y, 0.032, sketch.trim if sketch.rng.random() < 0.5 else sketch.seam)
    open_neck = uniform(0.1, 0.34)
    sketch.paint([(-0.13, TOP - 0.08), (0.13, TOP - 0.08), (0, TOP + open_neck)], sketch.seam)
    for side in (-1, 1):
        collar = [(0.02, TOP - 0.12), (0.17, TOP - 0.08), (shoulder * 0.62, TOP + 0.1), (0.14, TOP + 0.24)]
        sketch.part(np.array([*collar, (0.03, TOP + open_neck * 0.7)]) * [side, 1], fill=front, soft=0)
    if sketch.rng.random() < 0.5:
        x, y = uniform(0.14, 0.2), uniform(-0.35, -0.25)
        sketch.line([(x, y), (x + 0.18, y), (x + 0.18, y + 0.2), (x + 0.09, y + 0.24), (x, y + 0.2), (x, y)])


def t_shirt(sketch: Sketch) -> None:
    """Draw short sleeves, a plain front, a round or pointed neck, often a print."""
    uniform = sketch.rng.uniform
    shoulder = _pullover(sketch, uniform(0.26, 0.46), uniform(0.24, 0.34), cuffs=False)
    _neck(sketch, shoulder * uniform(0.36, 0.52), uniform(0.08, 0.34), ribbed=sketch.rng.random() < 0.6)
    _print(sketch, 0.45)


def _pullover(sketch: Sketch, sleeve: float, thick: float, cuffs: bool) -> float:
    """Draw a body and its sleeves; return how far the shoulder reaches."""
    uniform = sketch.rng.uniform
    shoulder, chest = uniform(0.38, 0.48), uniform(0.36, 0.46)
    behind = sketch.rng.random() < 0.7  # otherwise the sleeves lie over the body
    if behind:
        _sleeves(sketch, shoulder, sleeve, thick, cuffs)
    _torso(sketch, shoulder, chest, chest * uniform(0.86, 1.15), uniform(0.42, 0.85))
    if not behind:
        _sleeves(sketch, shoulder, sleeve, thick, cuffs)
    return shoulder


def _torso(sketch: Sketch, shoulder: float, chest: float, hem: float, hem_y: float) -> None:
    right = [(0.12, TOP - 0.07), (shoulder, TOP + 0.06), (chest, TOP + 0.45), (chest * 0.95, 0.1)]
    sketch.part(mirrored([*right, (hem, hem_y - 0.03), (hem * 0.9, hem_y)]))
    if sketch.rng.random() < 0.5:
        sketch.line([(-hem, hem_y - 0.08), (hem, hem_y - 0.08)])


def _sleeves(sketch: Sketch, shoulder: float, length: float, thick: float, cuffs: bool = False) -> None:
    uniform = sketch.rng.uniform
    angle = uniform(14, 44)  # degrees away from the body; both arms lie about alike
    contrast = sketch.trim if sketch.rng.random() < 0.1 else None
    for side in (-1, 1):
        turn = np.radians(angle + uniform(-8, 8))
        bend = np.radians(np.clip(sketch.rng.normal(-4, 14), -45, 30)) if length > 0.6 else 0.0
        start = np.array([shoulder - thick * 0.42, TOP + thick * 0.5])
        elbow = start + length / 2 * np.array([np.sin(turn), np.cos(turn)])
        wrist = elbow + length / 2 * np.array([np.sin(turn + bend), np.cos(turn + bend)])
        path = np.array([start, elbow, wrist]) * [side, 1]
        narrow = thick * (uniform(0.55, 0.75) if length > 0.6 else uniform(0.85, 1.1))
        sketch.part(limb(path, (thick * 1.12, (thick + narrow) / 2, narrow)), fill=contrast, soft=0)
        if cuffs:
            near = wrist + (elbow - wrist) * uniform(0.14, 0.22)
            colour = sketch.trim if sketch.rng.random() < 0.15 else None
            sketch.part(limb(np.array([near, wrist]) * [side, 1], (narrow * 1.02, narrow * 0.95)), fill=colour, soft=0)


def _neck(sketch: Sketch, half: float, depth: float, ribbed: bool = False) -> None:
    pointed = sketch.rng.random() < 0.25
    outline = [(-half, TOP - 0.12), (half, TOP - 0.12), (half, TOP - 0.04), (0, TOP + depth * 1.3), (-half, TOP - 0.04)]
    if not pointed:
        outline = ellipse(0, TOP - 0.06, half, depth + 0.04)
    if ribbed:
        sketch.paint(
            np.array(outline) * [1.28, 1] + [0, 0.05], sketch.trim if sketch.rng.random() < 0.3 else sketch.seam
        )
    if sketch.rng.random() < 0.5:
        sketch.hole(outline, soft=0)
    else:
        sketch.paint(outline, sketch.seam)


def _print(sketch: Sketch, chance: float) -> None:
    if sketch.rng.random() > chance:
        return
    uniform = sketch.rng.uniform
    x, y, size = uniform(-0.06, 0.06), uniform(-0.3, 0.05), uniform(0.1, 0.24)
    kind = sketch.rng.integers(4)
    if kind == 0:
        sketch.paint(ellipse(x, y, size, size), sketch.trim)
    elif kind == 1:
        sketch.paint(
            [(x - size, y - size * 0.6), (x + size, y - size * 0.6), (x + size, y + size), (x - size, y + size)],
            sketch.trim,
        )
    elif kind == 2:
        sketch.paint([(x - size, y + size), (x, y - size), (x + size, y + size)], sketch.trim)
    else:
        for row in range(sketch.rng.integers(2, 4)):
            sketch.line(
                [(x - size, y + 0.11 * row), (x + size * uniform(0.3, 1), y + 0.11 * row)], fill=sketch.trim, width=0.06
            )
