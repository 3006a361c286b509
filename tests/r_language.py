"""Lines of R, run where R and the packages that they need are at hand."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest


def needs_r(*packages: str) -> None:
    """Skip the test where R or one of its packages is not at hand."""
    missing = [name for name in packages if not _has(name)]
    if missing or not shutil.which("Rscript"):
        pytest.skip(f"needs R with {', '.join(packages)}")


@cache
def _has(package: str) -> bool:
    if not shutil.which("Rscript"):
        return False
    told = subprocess.run(
        ["Rscript", "-e", f"quit(status = !requireNamespace('{package}', quietly = TRUE))"],
        capture_output=True, check=False,
    )  # fmt: skip
    return told.returncode == 0


def r_says(lines: str, at: Path) -> str:
    """What lines of R write to their output, run in a folder; a warning of R is an error."""
    done = subprocess.run(
        ["Rscript", "-e", f"options(warn = 2)\n{lines}"], cwd=at, capture_output=True, text=True, check=False,
        timeout=120, env=os.environ | {"LANGUAGE": "en"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
