"""Start the service where there is no checkout: ``dapil serve`` is ``python server.py``."""

import importlib.util
import sys

from boundaries.extras import needed
from boundaries.law.tables import shipped


def main(argv: list[str] | None = None) -> int:
    """Serve until stopped, by the arguments of ``server.py``; return the exit code. Raises MissingExtra."""
    spec = importlib.util.spec_from_file_location("server", shipped("server.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["server"] = module
    with needed():
        spec.loader.exec_module(module)
        return int(module.main(argv))
