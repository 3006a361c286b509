"""Make `boundaries/site/assets/map.js`, the one script that a browser loads, of the map page's modules, with esbuild.

The result is tracked, so that nobody who installs or runs the project needs Node or a bundler; whoever changes a module
runs this and commits both. `tests/test_bundle.py` holds the two together.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

MODULES = Path(__file__).parents[1] / "boundaries/site/modules"
BUNDLE = MODULES.with_name("assets") / "map.js"
#: What the oldest browser must know; module syntax of today is left as it is written.
TARGET = "es2022"


def sources() -> dict[str, Path]:
    """Return the modules by their names below `MODULES`, in order."""
    found = sorted(MODULES.rglob("*.js"))
    names = {path.relative_to(MODULES).as_posix(): path for path in found}
    return {name: path for name, path in names.items() if not name.startswith("node_modules/")}


def digest() -> str:
    """Return what the head of the script names: a digest of all that it is made of, and of the tool's version."""
    total = hashlib.sha256()
    for path in (*sources().values(), MODULES / "package.json"):
        total.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()[:16]


def bundle() -> bytes:
    """Return the script: all modules as one classic script, so that it runs in a page opened from a disk too.

    Raises
    ------
    subprocess.CalledProcessError
        esbuild refused a module, and has said why.
    FileNotFoundError
        npm is not installed.
    """
    version = json.loads((MODULES / "package.json").read_bytes())["devDependencies"]["esbuild"]
    banner = (
        f"/*! Peta Dapil, MIT. Made of boundaries/site/modules ({digest()}) "
        f"by esbuild {version}: change those, then `make bundle`. */"
    )
    command = ["npm", "exec", "--yes", f"--package=esbuild@{version}", "--", "esbuild", "main.js", "--bundle"]
    options = ["--minify", "--format=iife", f"--target={TARGET}", "--charset=utf8", f"--banner:js={banner}"]
    run = subprocess.run(
        [*command, *options, "--log-level=warning"], cwd=MODULES, stdout=subprocess.PIPE, check=True
    )
    return run.stdout


def main() -> int:
    """Write the script where it differs."""
    try:
        made = bundle()
    except FileNotFoundError:
        print("npm is not installed: it brings esbuild, which makes the script", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        return error.returncode
    changed = not BUNDLE.is_file() or BUNDLE.read_bytes() != made
    if changed:
        BUNDLE.write_bytes(made)
    print(f"{BUNDLE.name}: {len(made):,} bytes, {'made anew' if changed else 'as it was'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
