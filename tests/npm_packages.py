"""Packages of npm for tests of what people do with them; without npm or its registry these say they are skipped."""

import shutil
import subprocess
from pathlib import Path

import pytest

#: Seconds that a registry is waited for, and how often: one that answers slowly once may be quick again.
PATIENCE = 150
TRIES = 2
#: What could not be installed, and why: not waited for again by the next test.
LACKING: dict[tuple[str, ...], str] = {}


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
    told = LACKING.get(packages, "gives no answer")
    for _ in range(TRIES if packages not in LACKING else 0):
        try:
            done = subprocess.run(
                [*command, *packages], capture_output=True, text=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            continue
        if not done.returncode:
            return folder / "node_modules"
        told = done.stderr.strip()[-200:] or "cannot be used"
    LACKING[packages] = told
    pytest.skip(f"npm cannot install {', '.join(packages)} here: its registry {told}")
