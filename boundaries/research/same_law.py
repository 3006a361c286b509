"""Whether what follows the project's own plans may be made of a release: it was built on them."""

import hashlib

from boundaries.law.tables import data_directory
from boundaries.release.store import Release


def on_this_law(release: Release) -> bool:
    """Whether a release was built on the plans of ``data/plans`` as they are here."""
    plans = data_directory() / "plans"
    own = {
        f"plans/{path.relative_to(plans).as_posix()}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in plans.glob("*/*")
        if path.is_file()
    }
    told = release.manifest.get("inputs") or {}
    return bool(told) and own == {name: value for name, value in told.items() if name.startswith("plans/")}
