"""A citation in the forms that reference managers read."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    """What is cited: author, title, year, release and address."""

    author: str
    title: str
    year: str
    release: str
    url: str


def forms(work: Work) -> dict[str, str]:
    """Return the citation by the name of its form: BibTeX, RIS, CSL-JSON.

    >>> print(forms(Work("Peta Dapil", "Dapil", "2026", "toy-1", "https://example.org/"))["RIS"])
    TY  - DATA
    AU  - Peta Dapil
    TI  - Dapil
    PY  - 2026
    ET  - toy-1
    UR  - https://example.org/
    ER  -
    """
    key = "petadapil_" + "".join(sign for sign in work.release if sign.isalnum())
    fields = {
        "author": f"{{{work.author}}}", "title": work.title, "year": work.year, "version": work.release,
        "howpublished": f"\\url{{{work.url}}}",
    }  # fmt: skip
    bibtex = (
        ",\n".join([f"@misc{{{key}", *(f"  {name} = {{{text}}}" for name, text in fields.items())]) + "\n}"
    )
    told = {
        "TY": "DATA",
        "AU": work.author,
        "TI": work.title,
        "PY": work.year,
        "ET": work.release,
        "UR": work.url,
    }
    ris = "\n".join([*(f"{name}  - {text}" for name, text in told.items()), "ER  -"])
    csl = {
        "id": key, "type": "dataset", "title": work.title, "version": work.release, "URL": work.url,
        "author": [{"literal": work.author}], "issued": {"date-parts": [[int(work.year)]]},
    }  # fmt: skip
    return {"BibTeX": bibtex, "RIS": ris, "CSL-JSON": json.dumps(csl, ensure_ascii=False, indent=1)}
