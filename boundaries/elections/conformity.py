"""Whether a table is what its schema says: every cell of the right kind, every key once."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pandas as pd

from boundaries.elections.sets import Field, Schema
from boundaries.law.tables import where

#: Characters of control (C0, C1) stand in no text; XML, and so XLSX, allows none of the first but tab and line breaks.
_CONTROL: Final = r"[\x00-\x1f\x7f-\x9f]"
_SHAPE: Final = {"integer": r"0|[1-9][0-9]*", "number": r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"}
_MEND: Final = {
    "empty": "write it",
    "kind": "write digits only, no dots, commas or blanks: 1234567",
    "enum": "write one of {enum}",
    "pattern": "write it in the form {pattern}, as text",
    "minimum": "it must be {minimum} at least",
    "maximum": "it must be {maximum} at most",
    "blank": "take the blanks around it away",
    "control": "take the characters away that cannot be seen (a spreadsheet cannot open them)",
}


def nonconforming(path: Path, frame: pd.DataFrame, described: Schema) -> Iterator[str]:
    """Yield a problem for every cell that breaks its field's description, and for every key that stands twice.

    `frame` is text, its index the line of the file.
    """
    from pandera import pandas as pa

    columns = {
        field.name: pa.Column(None, _checks(field, pa.Check))
        for field in described.fields
        if field.name in frame
    }
    try:
        pa.DataFrameSchema(columns).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as found:
        fields = {field.name: field for field in described.fields}
        cases = found.failure_cases.sort_values(["index", "column"], kind="stable")
        for column, check, value, line in cases[["column", "check", "failure_case", "index"]].itertuples(
            index=False
        ):
            field = fields[column]
            mend = _MEND[check].format(enum=", ".join(field.enum), pattern=field.pattern, minimum=field.minimum,
                                       maximum=field.maximum)  # fmt: skip
            said = "is empty" if check == "empty" else f"{value!r} is no {field.title_en.lower()}"
            yield f"{where(path, int(line))}: {column} {said}; {mend}"
    yield from _twice(path, frame, described)


def _checks(field: Field, check: type) -> list[Any]:
    """The checks of one field; a cell that lacks is only a matter of the first."""
    found = [
        check(lambda text: text == text.str.strip(), name="blank", ignore_na=False),
        check(lambda text: ~text.str.contains(_CONTROL), name="control", ignore_na=False),
    ]
    if field.required:
        found.append(check(lambda text: text != "", name="empty", ignore_na=False))
    if field.type in _SHAPE:
        found.append(check(_matches(_SHAPE[field.type]), name="kind"))
    if field.enum:
        found.append(check(lambda text: (text == "") | text.isin(field.enum), name="enum"))
    if field.pattern:
        found.append(check(_matches(field.pattern), name="pattern"))
    if field.minimum is not None and field.type in _SHAPE:
        found.append(check(lambda text: ~(_number(text) < field.minimum), name="minimum"))
    if field.maximum is not None and field.type in _SHAPE:
        found.append(check(lambda text: ~(_number(text) > field.maximum), name="maximum"))
    return found


def _matches(pattern: str) -> Callable[[Any], Any]:
    """What holds where a cell is empty, has blanks around it (another fault), or is wholly of the pattern."""
    return lambda text: (text == "") | (text.str.strip() != text) | text.str.fullmatch(pattern)


def _number(text: pd.Series) -> pd.Series:
    return pd.to_numeric(text, errors="coerce")


def _twice(path: Path, frame: pd.DataFrame, described: Schema) -> Iterator[str]:
    key = [name for name in described.key if name in frame]
    first: dict[tuple[str, ...], int] = {}
    for line, values in zip(frame.index, frame[key].itertuples(index=False, name=None), strict=True):
        if values in first:
            told = ", ".join(f"{name} {value!r}" for name, value in zip(key, values, strict=True) if value)
            yield f"{where(path, line)}: {told} stands in line {first[values]} already; keep one of the two"
        else:
            first[values] = line
