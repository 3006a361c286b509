"""One release: written whole, read back, looked up in."""
