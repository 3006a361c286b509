"""Run the service: ``python server.py``, the same as ``dapil serve``. The service lives in boundaries/service/.

Settings come from arguments, or else from the environment: ``python server.py --help`` lists them all.
"""

import sys

from boundaries.service.server import create_app, main, run

__all__ = ["create_app", "main", "run"]

if __name__ == "__main__":
    sys.exit(main())
