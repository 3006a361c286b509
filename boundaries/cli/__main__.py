"""``python -m boundaries.cli``."""

from boundaries.cli import main

main()
