"""``server.py`` whose access log tells the places that were asked for: tests read there what a client has sent."""

import sys

import server
from boundaries.service.ops import access

if __name__ == "__main__":
    access._placeless = lambda pair: pair[0]  # type: ignore[assignment]
    sys.exit(server.main())
