"""``python -m boundaries.service``."""

import sys

from boundaries.service.launch import main

if __name__ == "__main__":
    sys.exit(main())
