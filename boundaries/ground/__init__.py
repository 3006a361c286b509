"""The ground: polygons of units → a valid coverage → dapil."""
