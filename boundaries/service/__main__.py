"""``python -m boundaries.service``."""

import sys

from boundaries.errors import BoundariesError
from boundaries.service.launch import main

if __name__ == "__main__":
    try:
        sys.exit(main())
    except BoundariesError as error:
        sys.stderr.write(f"dapil: {error}\n")
        sys.exit(error.exit_code)
