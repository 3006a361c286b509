"""``python -m boundaries.service``."""

import sys

from boundaries.errors import BoundariesError
from boundaries.extras import needed

if __name__ == "__main__":
    try:
        with needed():
            from boundaries.service.server import main

            sys.exit(main())
    except BoundariesError as error:
        sys.stderr.write(f"dapil: {error}\n")
        sys.exit(error.exit_code)
