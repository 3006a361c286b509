"""The election's tables beside the maps: read, checked, joined to dapil, and seats from votes."""
