"""Vector tiles: detail for each zoom, cutting into tiles, encoding of a tile, and the archive that holds them."""
