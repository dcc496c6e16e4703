"""The settings of a run, the bases that it may stand on, and the recipes and grids made of them."""

from .bases import BASES, CENTRED, Base, base_of
from .settings import (
    AUGMENTS,
    DEFAULTS,
    DEVICES,
    GRIDS,
    MAPS,
    OF_PHASES,
    PRECISIONS,
    RECIPES,
    SCHEDULES,
    SETTINGS,
    Config,
    Phase,
    read,
)

__all__ = [
    "AUGMENTS",
    "BASES",
    "CENTRED",
    "DEFAULTS",
    "DEVICES",
    "GRIDS",
    "MAPS",
    "OF_PHASES",
    "PRECISIONS",
    "RECIPES",
    "SCHEDULES",
    "SETTINGS",
    "Base",
    "Config",
    "Phase",
    "base_of",
    "read",
]
