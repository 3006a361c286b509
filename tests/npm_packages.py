"""Packages of npm for tests of what people do with them; without npm or its registry these say they are skipped."""

import shutil
import subprocess
from pathlib import Path

import pytest

#: Seconds that a registry is waited for, and how often: one that answers slowly once may be quick again.
PATIENCE = 150
TRIES = 2


def installed(folder: Path, *packages: str) -> Path:
    """Install packages into a folder; return its ``node_modules``."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"needs npm, for {', '.join(packages)}")
    command = [
        npm,
        "install",
        "--silent",
        "--no-audit",
        "--no-fund",
        "--prefer-offline",
        "--prefix",
        str(folder),
    ]
    told = "gives no answer"
    for _ in range(TRIES):
        try:
            done = subprocess.run(
                [*command, *packages], capture_output=True, text=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            continue
        if not done.returncode:
            return folder / "node_modules"
        told = done.stderr.strip()[-200:] or "cannot be used"
    pytest.skip(f"npm cannot install {', '.join(packages)} here: its registry {told}")
