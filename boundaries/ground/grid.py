"""The grid of all coordinates: 1e-7 degree, once and for all, so that every format holds the very same numbers."""

from typing import Final

GRID: Final = 7
"""Decimals of a degree that a coordinate keeps (1e-7 degree is about 1 cm)."""
