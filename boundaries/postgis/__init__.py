"""A release in a PostGIS database: written, compared, read back."""
