"""How a net's numbers are spread: histograms of its weights and of what its layers return, and units that are dead.

A weight that training does not move, outputs that shrink from layer to layer, ReLUs that are closed for every picture:
each is seen at once in the spread of all numbers, and in none of them alone.
"""

from .dead import Dead, dead_units
from .histogram import Histogram, activation_histograms, histogram, weight_histograms

__all__ = ["Dead", "Histogram", "activation_histograms", "dead_units", "histogram", "weight_histograms"]
