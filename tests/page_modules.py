"""The map page's modules, run under node: what they return for what a test gives them."""

import json
import re
import shutil
import subprocess
from typing import Any

import pytest

from scripts.bundle import sources

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="needs node, to run the page's modules")


def module(name: str) -> str:
    """The address of a module by its name alone, in quotes."""
    [path] = [path for path in sources().values() if path.name == name]
    return json.dumps(path.as_uri())


def run(code: str, given: Any = None) -> Any:
    """Return what `code` hands to ``tell``. It imports modules by name: ``from "geodesy.js"``; `given` is its input."""
    assert NODE is not None
    named = re.sub(r'\bfrom "([a-z]+\.js)"', lambda found: f"from {module(found[1])}", code)
    text = (
        'import { readFileSync } from "node:fs";\nconst given = JSON.parse(readFileSync(0));\n'
        f"const tell = (value) => process.stdout.write(JSON.stringify(value));\n{named}"
    )
    ended = subprocess.run(
        [NODE, "--input-type=module", "--eval", text], input=json.dumps(given), capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)
