"""Hold a service against the sandbox, and write the sandbox's pages.

    python scripts/sandbox.py                          # docs/sandbox.md and docs/sandbox.id.md
    python scripts/sandbox.py http://127.0.0.1:5000    # ask a running service every request

``data/sandbox.json`` has a request for every special case, and the parts of the answer that must hold (`held`). Tests
ask the national release all of them, and hold the pages to the file.
"""

import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import requests

ROOT: Final = Path(__file__).parents[1]
FILE: Final = ROOT / "data" / "sandbox.json"
PAGES: Final = {"sandbox.md": "en", "sandbox.id.md": "id"}
#: In the place of a text: this is part of it.
CONTAINS: Final = "$contains"

#: Head of the pages, by language; then how a row is told.
HEAD: Final = {
    "en": """# Sandbox: fixed points and ids for every special case

*[Bahasa Indonesia](sandbox.id.md)*

For those who build on the service: {count} requests whose answers are known, from codes that spreadsheets spoil to
places without a dapil. `data/sandbox.json` has the same for programs: `request` (with `body` and `type` where it is a
POST), `status`, and `expect`, the parts of the answer that hold on every release of the base map kemendagri-2025. An
object holds if each of its members does, a list if each of its entries is somewhere in the answer's (an empty one: if
the answer's is empty), `{{"$contains": …}}` if the text stands in the answer; of CSV each record is an object. What
is not named may change. `python scripts/sandbox.py ADDRESS` asks a service all of them. This page is written from the
file by the same script.

| case | request | status | what holds |
| --- | --- | --- | --- |
""",
    "id": """# Kotak pasir: titik dan id tetap untuk setiap kasus khusus

*[English](sandbox.md)*

Untuk yang membangun di atas layanan ini: {count} permintaan yang jawabannya diketahui, dari kode yang dirusak lembar
kerja sampai tempat tanpa dapil. `data/sandbox.json` memuat hal yang sama untuk program: `request` (dengan `body` dan
`type` bila POST), `status`, dan `expect`, bagian jawaban yang berlaku di setiap rilis peta dasar kemendagri-2025.
Objek berlaku bila tiap anggotanya berlaku, daftar bila tiap isinya ada di daftar jawaban (yang kosong: bila daftar
jawaban kosong), `{{"$contains": …}}` bila teks itu ada di jawaban; dari CSV tiap baris adalah objek. Yang tidak
disebut boleh berubah. `python scripts/sandbox.py ALAMAT` menanyakan semuanya kepada sebuah layanan. Halaman ini
ditulis dari berkas itu oleh skrip yang sama.

| kasus | permintaan | status | yang berlaku |
| --- | --- | --- | --- |
""",
}


def cases() -> list[dict[str, Any]]:
    """Return the rows of the sandbox."""
    rows: list[dict[str, Any]] = json.loads(FILE.read_text("utf-8"))
    return rows


def answer(content_type: str, text: str) -> Any:
    """Return an answer as it is held: JSON as it is, CSV as an object a record."""
    return (
        list(csv.DictReader(io.StringIO(text))) if content_type.startswith("text/csv") else json.loads(text)
    )


def held(expected: Any, found: Any, at: str = "") -> Iterator[str]:
    """Yield what of an answer does not hold, each with its place in it.

    Examples
    --------
    >>> list(held({"a": [1], "b": []}, {"a": [2, 1], "b": [], "c": 3}))
    []
    >>> list(held({"a": {"$contains": "x"}, "b": []}, {"a": "yz", "b": [1]}))
    ["/a: 'yz' does not contain 'x'", '/b: [1], expected nothing']
    """
    if isinstance(expected, dict) and CONTAINS in expected:
        if expected[CONTAINS] not in (found or ""):
            yield f"{at}: {found!r} does not contain {expected[CONTAINS]!r}"
    elif isinstance(expected, dict):
        for key, value in expected.items():
            if not isinstance(found, dict) or key not in found:
                yield f"{at}/{key}: is not there"
            else:
                yield from held(value, found[key], f"{at}/{key}")
    elif isinstance(expected, list) and isinstance(found, list):
        if not expected and found:
            yield f"{at}: {found!r}, expected nothing"
        for value in expected:
            if all(any(held(value, each)) for each in found):
                yield f"{at}: nothing there is {json.dumps(value, ensure_ascii=False)}"
    elif expected != found or type(expected) is not type(found):
        yield f"{at}: {found!r}, expected {expected!r}"


def failures(row: dict[str, Any], status: int, content_type: str, text: str) -> list[str]:
    """Return what of a row an answer does not hold."""
    if status != row["status"]:
        return [f"status {status}, expected {row['status']}: {text[:200]}"]
    return list(held(row["expect"], answer(content_type, text)))


def page(language: str) -> str:
    """Return the page in one language."""
    rows = cases()
    return HEAD[language].format(count=len(rows)) + "".join(_row(each, language) for each in rows)


def _row(row: dict[str, Any], language: str) -> str:
    sent = f" + `{json.dumps(row['body'])}`" if "body" in row else ""
    expected = json.dumps(row["expect"], ensure_ascii=False)
    return f"| {row['case'][language]} | `{row['request']}`{sent} | {row['status']} | `{expected}` |\n"


def _asked(base: str) -> int:
    """Ask a running service all requests; print what fails and return how many did."""
    failed = 0
    for row in cases():
        body = row.get("body")
        got = requests.request(
            "GET" if body is None else "POST", base.rstrip("/") + row["request"], data=body,
            headers={"Accept": "application/json", **({"Content-Type": row["type"]} if body else {})}, timeout=60,
        )  # fmt: skip
        problems = failures(row, got.status_code, got.headers.get("Content-Type", ""), got.text)
        failed += bool(problems)
        for problem in problems:
            print(f"{row['id']}: {problem}")
    print(f"{len(cases()) - failed} of {len(cases())} hold")
    return failed


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(_asked(sys.argv[1]) > 0)
    for name, spoken in PAGES.items():
        (ROOT / "docs" / name).write_text(page(spoken), encoding="utf-8")
