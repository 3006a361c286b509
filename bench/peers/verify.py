"""Says whether an answer is right. Nothing is timed that did not pass here."""

import gzip
import json
import re
from typing import Any

from .cases import LAYER, Question, Truth
from .client import Response, WrongAnswerError

ID = re.compile(rf"{LAYER}-\d+")


def decoded(response: Response) -> bytes:
    """The body without its content encoding. Raises WrongAnswerError for an encoding that was not asked for."""
    encoding = response.headers.get("content-encoding", "identity")
    if encoding == "gzip":
        return gzip.decompress(response.body)
    if encoding != "identity":
        raise WrongAnswerError(f"Content-Encoding {encoding} was not asked for")
    return response.body


def check(truth: Truth, question: Question, response: Response) -> None:
    """Raise WrongAnswerError, with the reason, unless the answer is the right one."""
    wanted = 304 if question.case == "304" else 200
    if response.status != wanted:
        raise WrongAnswerError(f"status {response.status}: {_excerpt(response)}")
    if wanted == 304:
        if response.body:
            raise WrongAnswerError("a 304 with a body")
        return
    body = decoded(response)
    if question.html:
        return _check_html(truth, question, response, body)
    document = json.loads(body)
    if question.case in ("landing", "collections"):
        if not document.get("collections" if question.case == "collections" else "links"):
            raise WrongAnswerError("an empty document")
    elif question.hits:
        _same("numberMatched", document.get("numberMatched"), question.matched)
    elif question.item is not None:
        _check_features(truth, question, [document])
    else:
        _same("features", len(document["features"]), question.returned)
        _same("numberReturned", document.get("numberReturned", question.returned), question.returned)
        _same("numberMatched", document.get("numberMatched", question.matched), question.matched)
        _check_features(truth, question, document["features"])


def _excerpt(response: Response) -> str:
    try:
        text = re.sub(r"<[^>]*>|\s+", " ", decoded(response)[:600].decode("utf-8", "replace"))
        return " ".join(text.split())[:160]
    except (OSError, EOFError):
        return "(unreadable body)"


def _same(what: str, got: object, wanted: object) -> None:
    if got != wanted:
        raise WrongAnswerError(f"{what} is {got}, not {wanted}")


def _check_features(truth: Truth, question: Question, features: list[dict[str, Any]]) -> None:
    """The features that were asked for, none twice, and none with a vertex more or less than the release has."""
    found = [
        str(f["id"]) if str(f["id"]) in truth.vertices else f["properties"].get("id", f["id"])
        for f in features
    ]
    if len(set(found)) != len(found) or not truth.vertices.keys() >= set(found):
        raise WrongAnswerError("features twice, or not of this layer")
    if question.ids and set(found) != question.ids:
        odd = sorted(set(found) ^ question.ids)
        raise WrongAnswerError(f"other features than it should, such as {odd[:3]}")
    for name, feature in zip(found, features, strict=True):
        geometry = feature["geometry"]
        polygons = (
            geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        )
        vertices = sum(len(ring) for polygon in polygons for ring in polygon)
        _same(f"vertices of {name}", vertices, truth.vertices[name])


def _check_html(truth: Truth, question: Question, response: Response, body: bytes) -> None:
    kind = response.headers.get("content-type", "")
    if not kind.startswith("text/html"):
        raise WrongAnswerError(f"{kind} instead of text/html")
    found = set(ID.findall(body.decode("utf-8"))) & truth.vertices.keys()
    _same("features named in the page", len(found), question.returned)
