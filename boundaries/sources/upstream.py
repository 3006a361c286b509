"""Files from the network: over HTTP(S), or out of an npm package through the npm client of this machine."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pooch
import requests

from boundaries.errors import SourceError
from boundaries.sources import file_cache
from boundaries.sources.descriptor import FileFact, Pack, Source, Upstream

#: Seconds to connect, and between two bytes.
TIMEOUT: Final = (10.0, 60.0)
#: Seconds before each further try after a transient failure.
PAUSES: Final = (0.5, 2.0)
#: Files fetched at the same time, once the first has shown that the place answers.
TOGETHER: Final = 8
#: npm's own settings are the user's; only its patience is ours, so that a machine without network hears soon.
_NPM: Final = (
    "--ignore-scripts",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
    "--fetch-timeout=120000",
)
_NPM_SECONDS: Final = 900

Step = Callable[[int], object]


class UpstreamError(Exception):
    """A place did not give the files; the text says why. Another place may."""


def bring(source: Source, upstream: Upstream, facts: Sequence[FileFact], root: Path, step: Step) -> None:
    """Bring the files of `facts` into `root`, hash-checked. Raises UpstreamError; files that came stay."""
    if upstream.method == "npm":
        _npm(source, upstream, {f.path: f for f in facts}, root, step)
    else:
        _http(upstream, facts, root, step)


def name(upstream: Upstream) -> str:
    """Return how a message calls the place."""
    return f"npm pack {upstream.package}" if upstream.method == "npm" else upstream.url.replace("{path}", "")


# --- HTTP ------------------------------------------------------------------------------------------


def _http(upstream: Upstream, facts: Sequence[FileFact], root: Path, step: Step) -> None:
    first, rest = facts[0], facts[1:]
    _download(upstream, first, root, step, probe=True)
    with ThreadPoolExecutor(TOGETHER) as pool:
        jobs = [pool.submit(_download, upstream, fact, root, step) for fact in rest]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _download(upstream: Upstream, fact: FileFact, root: Path, step: Step, probe: bool = False) -> None:
    """Fetch one file; a transient failure is tried again, but not a place that cannot be reached at all."""
    url = upstream.url.format(path=fact.path)
    for pause in (*PAUSES, None):
        try:
            return _once(url, fact, root, step)
        except requests.RequestException as error:
            if pause is None or not _transient(error, probe):
                raise UpstreamError(f"{url}: {_reason(error)}") from error
            time.sleep(pause)


def _once(url: str, fact: FileFact, root: Path, step: Step) -> None:
    counted = _Counted(step)
    try:
        with file_cache.part(root, root / fact.path) as temporary:
            pooch.HTTPDownloader(progressbar=counted, timeout=TIMEOUT)(url, str(temporary), None)
            if wrong := file_cache.fault(fact, temporary):
                raise UpstreamError(f"{url}: gave another file: {wrong}")
    except BaseException:
        step(-counted.done)
        raise


class _Counted:
    """What pooch wants of a progress bar, adding to a bar over all files."""

    def __init__(self, step: Step) -> None:
        self.step, self.done, self.total = step, 0, 0

    def update(self, size: int) -> None:
        self.done += size
        self.step(size)

    def reset(self) -> None:
        """Start again: pooch does so before the first byte and after the last."""
        self.step(-self.done)
        self.done = 0

    def close(self) -> None:
        """Nothing to close: the bar goes on with the next file."""


def _transient(error: requests.RequestException, probe: bool) -> bool:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return error.response.status_code == 429 or error.response.status_code >= 500
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return True
    return isinstance(error, requests.ConnectionError | requests.Timeout) and not probe


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    text = str(error)
    known = {
        "refused": "connection refused",
        "resolve": "the name cannot be resolved (no network?)",
        "Name or service": "the name cannot be resolved (no network?)",
        "unreachable": "the network is unreachable",
        "CERTIFICATE": "its certificate cannot be verified",
        "proxy": "the proxy does not let it through",
    }
    return next(
        (words for key, words in known.items() if key in text), f"{type(error).__name__}: {text[:200]}"
    )


# --- npm -------------------------------------------------------------------------------------------


def _npm(source: Source, upstream: Upstream, facts: Mapping[str, FileFact], root: Path, step: Step) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise UpstreamError("npm is not installed")
    pack = _pack_of(source, upstream)
    with tempfile.TemporaryDirectory(prefix="peta-dapil-") as directory:
        tarball = Path(directory) / pack.path
        _run_npm(npm, upstream.package, directory)
        if not tarball.is_file():
            raise UpstreamError(f"npm pack {upstream.package}: left no file {pack.path}")
        if wrong := file_cache.fault(FileFact(pack.path, sha256=pack.sha256), tarball):
            raise UpstreamError(f"npm pack {upstream.package}: gave another file: {wrong}")
        if lacking := set(facts) - file_cache.unpack(tarball, pack, facts, root, step):
            raise UpstreamError(f"npm pack {upstream.package}: holds no {min(lacking)}")


def _pack_of(source: Source, upstream: Upstream) -> Pack:
    package, _, version = upstream.package.rpartition("@")
    path = f"{package.lstrip('@').replace('/', '-')}-{version}.tgz"
    for pack in source.packs:
        if pack.path == path:
            return pack
    raise SourceError(
        f"{source.descriptor}: upstream {upstream.package} needs a [[packs]] with path = {path!r}"
    )


def _run_npm(npm: str, package: str, directory: str) -> None:
    command = [npm, "pack", package, "--pack-destination", directory, *_NPM]
    try:
        done = subprocess.run(
            command, cwd=directory, capture_output=True, text=True, timeout=_NPM_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UpstreamError(f"npm pack {package}: {error}") from error
    if done.returncode:
        lines = [
            ln.split(" ", 2)[-1]
            for ln in done.stderr.splitlines()
            if ln.startswith(("npm ERR!", "npm error"))
        ]
        said = "; ".join(
            ln for ln in lines if ln and "complete log" not in ln and not ln.startswith("    at ")
        )[:300]
        raise UpstreamError(f"npm pack {package}: ended with {done.returncode}: {said or 'no message'}")
