"""Peta Dapil: the law's tables and a real base map, turned into maps of every dapil."""

__version__ = "0.1.0"
