"""What is worn on the upper body, and the dress: a few shapes on a Sketch, in garment units (-1..1, y down)."""

import numpy as np

from .bottoms import pleats
from .sketch import Sketch, ellipse, limb, mirrored

TOP = -0.72  # the shoulder line


def dress(s: Sketch) -> None:
    """Draw a bodice that narrows to the waist, and a skirt below it that widens to the hem."""
    u = s.rng.uniform
    waist_y, hem_y = u(-0.2, 0.08), u(0.55, 0.95)
    shoulder, chest, waist, hem = u(0.24, 0.36), u(0.3, 0.38), u(0.2, 0.3), u(0.42, 0.78)
    kind = s.rng.choice(("straps", "sleeveless", "short", "long"), p=(0.3, 0.3, 0.25, 0.15))
    if kind in ("short", "long"):
        _sleeves(s, shoulder, u(0.22, 0.36) if kind == "short" else u(0.75, 1.0), u(0.19, 0.26))
    top = TOP + (0.25 if kind == "straps" else 0)
    bodice = [(shoulder * 0.5, top), (shoulder, top + 0.05), (chest, TOP + 0.42), (waist, waist_y)]
    s.part(mirrored([*bodice, (waist + 0.06, waist_y + 0.1), (hem, hem_y - 0.04), (hem * 0.5, hem_y)]))
    if kind == "straps":
        for side in (-1, 1):
            strap = [(side * shoulder * 0.6, TOP - 0.1), (side * shoulder * 0.75, top + 0.12)]
            s.part(limb(strap, (0.07, 0.07)), soft=0, edge=False)
    else:
        _neck(s, shoulder * 0.62, u(0.12, 0.34))
    belt = s.trim if s.rng.random() < 0.4 else s.seam
    s.line([(-waist - 0.1, waist_y), (waist + 0.1, waist_y)], fill=belt, width=u(0.03, 0.1))
    pleats(s, waist, waist_y + 0.05, hem, hem_y, int(s.rng.integers(2, 6)))


def longsleeve(s: Sketch) -> None:
    """Draw a pullover: sleeves to the wrist, a plain front, a round neck."""
    u = s.rng.uniform
    shoulder = _pullover(s, u(0.85, 1.2), u(0.2, 0.27), cuffs=True)
    _neck(s, shoulder * u(0.36, 0.52), u(0.06, 0.2), ribbed=True)
    _print(s, 0.2)


def outwear(s: Sketch) -> None:
    """Draw a jacket or coat: thick sleeves, open or zipped in front, pockets, a hood or lapels."""
    u = s.rng.uniform
    shoulder, hem_y, hem = u(0.48, 0.57), u(0.55, 1.0), u(0.48, 0.62)
    hood = s.rng.random() < 0.4
    if hood:
        s.part(ellipse(0, TOP - 0.02, u(0.26, 0.36), u(0.22, 0.32)), soft=0)
        s.paint(ellipse(0, TOP + 0.04, 0.2, 0.15), s.seam)
    _sleeves(s, shoulder, u(0.85, 1.1), u(0.31, 0.4), cuffs=True)
    _torso(s, shoulder, u(0.46, 0.55), hem, hem_y)
    if s.rng.random() < 0.3:  # quilted
        for y in np.arange(TOP + 0.25, hem_y, u(0.17, 0.26)):
            s.line([(-0.6, y), (0.6, y)])
    gap = u(0.07, 0.24) if s.rng.random() < 0.7 else 0
    inside = s.trim if s.rng.random() < 0.7 else s.seam
    if gap:
        s.paint([(-0.12, TOP - 0.05), (0.12, TOP - 0.05), (gap, hem_y + 0.1), (-gap, hem_y + 0.1)], inside)
    for side in (-1, 1):
        s.line([(side * 0.12 * bool(gap), TOP), (side * gap, hem_y)], width=0.045)
        y = u(0.1, 0.3)
        s.line([(side * (gap + 0.1), y), (side * (gap + 0.26), y + u(-0.02, 0.12))], width=0.05)
        if not hood:
            lapel = [
                (0.05, TOP - 0.06),
                (0.2, TOP - 0.04),
                (u(0.26, 0.36), TOP + 0.22),
                (gap + 0.02, TOP + u(0.4, 0.7)),
            ]
            s.part(np.array(lapel) * [side, 1], fill=s.trim if s.rng.random() < 0.1 else None, soft=0)
    if s.rng.random() < 0.25:
        s.line([(-0.6, 0.08), (0.6, 0.08)], width=0.1)


def shirt(s: Sketch) -> None:
    """Draw a shirt: a collar, a row of buttons, cuffs, perhaps a pocket."""
    u = s.rng.uniform
    long = s.rng.random() < 0.7
    shoulder = _pullover(s, u(0.85, 1.15) if long else u(0.34, 0.5), u(0.2, 0.28), cuffs=long)
    hem_y = 1.0
    front = s.trim if s.rng.random() < 0.2 else s.tint
    s.paint([(-0.06, TOP), (0.06, TOP), (0.06, hem_y), (-0.06, hem_y)], front)
    for side in (-0.06, 0.06):
        s.line([(side, TOP), (side, hem_y)], width=0.025)
    for y in np.arange(TOP + 0.2, hem_y, u(0.17, 0.24)):
        s.dot(0, y, 0.032, s.trim if s.rng.random() < 0.5 else s.seam)
    open_neck = u(0.1, 0.34)
    s.paint([(-0.13, TOP - 0.08), (0.13, TOP - 0.08), (0, TOP + open_neck)], s.seam)
    for side in (-1, 1):
        collar = [(0.02, TOP - 0.12), (0.17, TOP - 0.08), (shoulder * 0.62, TOP + 0.1), (0.14, TOP + 0.24)]
        s.part(np.array([*collar, (0.03, TOP + open_neck * 0.7)]) * [side, 1], fill=front, soft=0)
    if s.rng.random() < 0.5:
        x, y = u(0.14, 0.2), u(-0.35, -0.25)
        s.line([(x, y), (x + 0.18, y), (x + 0.18, y + 0.2), (x + 0.09, y + 0.24), (x, y + 0.2), (x, y)])


def t_shirt(s: Sketch) -> None:
    """Draw short sleeves, a plain front, a round or pointed neck, often a print."""
    u = s.rng.uniform
    shoulder = _pullover(s, u(0.26, 0.46), u(0.24, 0.34), cuffs=False)
    _neck(s, shoulder * u(0.36, 0.52), u(0.08, 0.34), ribbed=s.rng.random() < 0.6)
    _print(s, 0.45)


def _pullover(s: Sketch, sleeve: float, thick: float, cuffs: bool) -> float:
    """Draw a body and its sleeves; return how far the shoulder reaches."""
    u = s.rng.uniform
    shoulder, chest = u(0.38, 0.48), u(0.36, 0.46)
    behind = s.rng.random() < 0.7  # otherwise the sleeves lie over the body
    if behind:
        _sleeves(s, shoulder, sleeve, thick, cuffs)
    _torso(s, shoulder, chest, chest * u(0.86, 1.15), u(0.42, 0.85))
    if not behind:
        _sleeves(s, shoulder, sleeve, thick, cuffs)
    return shoulder


def _torso(s: Sketch, shoulder: float, chest: float, hem: float, hem_y: float) -> None:
    right = [(0.12, TOP - 0.07), (shoulder, TOP + 0.06), (chest, TOP + 0.45), (chest * 0.95, 0.1)]
    s.part(mirrored([*right, (hem, hem_y - 0.03), (hem * 0.9, hem_y)]))
    if s.rng.random() < 0.5:
        s.line([(-hem, hem_y - 0.08), (hem, hem_y - 0.08)])


def _sleeves(s: Sketch, shoulder: float, length: float, thick: float, cuffs: bool = False) -> None:
    u = s.rng.uniform
    angle = u(14, 44)  # degrees away from the body; both arms lie about alike
    contrast = s.trim if s.rng.random() < 0.1 else None
    for side in (-1, 1):
        turn = np.radians(angle + u(-8, 8))
        bend = np.radians(np.clip(s.rng.normal(-4, 14), -45, 30)) if length > 0.6 else 0.0
        start = np.array([shoulder - thick * 0.42, TOP + thick * 0.5])
        elbow = start + length / 2 * np.array([np.sin(turn), np.cos(turn)])
        wrist = elbow + length / 2 * np.array([np.sin(turn + bend), np.cos(turn + bend)])
        path = np.array([start, elbow, wrist]) * [side, 1]
        narrow = thick * (u(0.55, 0.75) if length > 0.6 else u(0.85, 1.1))
        s.part(limb(path, (thick * 1.12, (thick + narrow) / 2, narrow)), fill=contrast, soft=0)
        if cuffs:
            near = wrist + (elbow - wrist) * u(0.14, 0.22)
            colour = s.trim if s.rng.random() < 0.15 else None
            s.part(limb(np.array([near, wrist]) * [side, 1], (narrow * 1.02, narrow * 0.95)), fill=colour, soft=0)


def _neck(s: Sketch, half: float, depth: float, ribbed: bool = False) -> None:
    pointed = s.rng.random() < 0.25
    outline = [(-half, TOP - 0.12), (half, TOP - 0.12), (half, TOP - 0.04), (0, TOP + depth * 1.3), (-half, TOP - 0.04)]
    if not pointed:
        outline = ellipse(0, TOP - 0.06, half, depth + 0.04)
    if ribbed:
        s.paint(np.array(outline) * [1.28, 1] + [0, 0.05], s.trim if s.rng.random() < 0.3 else s.seam)
    if s.rng.random() < 0.5:
        s.hole(outline, soft=0)
    else:
        s.paint(outline, s.seam)


def _print(s: Sketch, chance: float) -> None:
    if s.rng.random() > chance:
        return
    u = s.rng.uniform
    x, y, size = u(-0.06, 0.06), u(-0.3, 0.05), u(0.1, 0.24)
    kind = s.rng.integers(4)
    if kind == 0:
        s.paint(ellipse(x, y, size, size), s.trim)
    elif kind == 1:
        s.paint(
            [(x - size, y - size * 0.6), (x + size, y - size * 0.6), (x + size, y + size), (x - size, y + size)], s.trim
        )
    elif kind == 2:
        s.paint([(x - size, y + size), (x, y - size), (x + size, y + size)], s.trim)
    else:
        for row in range(s.rng.integers(2, 4)):
            s.line([(x - size, y + 0.11 * row), (x + size * u(0.3, 1), y + 0.11 * row)], fill=s.trim, width=0.06)
