"""Make the scripts that browsers load of the map page's modules, with esbuild: its own, and the search elsewhere.

The result is tracked, so that nobody who installs or runs the project needs Node or a bundler; whoever changes a module
runs this and commits both. `tests/test_page_script.py` holds the two together.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

MODULES = Path(__file__).parents[1] / "boundaries/site/modules"
#: The module that each script begins with → the script.
BUNDLES = {
    "main.js": MODULES.with_name("assets") / "map.js",
    "early.js": MODULES.with_name("assets") / "early.js",
    "opening.js": MODULES.with_name("assets") / "first.js",
    "drafts.js": MODULES.with_name("assets") / "uji.js",
    "finder.js": MODULES.parents[1] / "service/html/assets/find.js",
}
#: What the oldest browser must know; module syntax of today is left as it is written.
TARGET = "es2022"
#: What the page knows of how places are written, and the module that is made of it.
WORDS = MODULES.parents[1] / "law" / "place_words.json"


def words() -> bytes:
    """Return the module that gives the page the words of places that the service reads too."""
    text = json.dumps(json.loads(WORDS.read_text(encoding="utf-8")), ensure_ascii=False, indent=2)
    head = "// Made by scripts/bundle.py of boundaries/law/place_words.json: do not edit."
    return f"{head}\n\nexport const WORDS = {text};\n".encode()


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


def bundle(entry: str = "main.js") -> bytes:
    """Return the script of an entry of `BUNDLES`: all modules that it needs as one classic script.

    So it runs in a page opened from a disk too.

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
    command = ["npm", "exec", "--yes", f"--package=esbuild@{version}", "--", "esbuild", entry, "--bundle"]
    options = ["--minify", "--format=iife", f"--target={TARGET}", "--charset=utf8", f"--banner:js={banner}"]
    run = subprocess.run(
        [*command, *options, "--log-level=warning"], cwd=MODULES, stdout=subprocess.PIPE, check=True
    )
    return run.stdout


def main() -> int:
    """Write the script where it differs."""
    (MODULES / "search" / "placewords.js").write_bytes(words())
    for entry, script in BUNDLES.items():
        try:
            made = bundle(entry)
        except FileNotFoundError:
            print("npm is not installed: it brings esbuild, which makes the script", file=sys.stderr)
            return 1
        except subprocess.CalledProcessError as error:
            return error.returncode
        changed = not script.is_file() or script.read_bytes() != made
        if changed:
            script.write_bytes(made)
        print(f"{script.name}: {len(made):,} bytes, {'made anew' if changed else 'as it was'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
