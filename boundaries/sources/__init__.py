"""Base maps of units: descriptors, fetching (hash-checked), readers, and the bridges to Kemendagri codes."""

from boundaries.sources.bridge import apply_bridge, read_accuracy, read_bridge, read_missing
from boundaries.sources.descriptor import Source, available, load_source
from boundaries.sources.fetch import (
    Choice,
    Fetched,
    FetchedFile,
    Need,
    SourceUnavailable,
    choose,
    fetch,
    levels_for,
)
from boundaries.sources.raw_units import RawUnits
from boundaries.sources.readers import read_needed, read_units

__all__ = [
    "Choice",
    "Fetched",
    "FetchedFile",
    "Need",
    "RawUnits",
    "Source",
    "SourceUnavailable",
    "apply_bridge",
    "available",
    "choose",
    "fetch",
    "levels_for",
    "load_source",
    "read_accuracy",
    "read_bridge",
    "read_missing",
    "read_needed",
    "read_units",
]
