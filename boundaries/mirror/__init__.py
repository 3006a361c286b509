"""Copies of another service's releases, every byte checked."""
