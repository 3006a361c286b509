"""Arcs that all layers of a release share, and their generalisation without a crossing."""
