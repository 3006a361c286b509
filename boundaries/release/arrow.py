"""Columns of a dataset in Arrow, in the types of the contract."""

from typing import Final

import pandas as pd
import pyarrow as pa

from boundaries.errors import ReleaseError
from boundaries.law.columns import Attribute
from boundaries.release.dataset import Dataset

_ARROW: Final = {"text": pa.string(), "integer": pa.int64(), "real": pa.float64()}


def arrow_column(dataset: Dataset, column: Attribute, values: pd.Series | None = None) -> pa.Array:
    """Return a column in the type of the contract (int64 for integers), nulls as nulls.

    Raises
    ------
    ReleaseError
        A value is of another type.
    """
    given = dataset.frame[column.name] if values is None else values
    try:
        return pa.array(given, type=_ARROW[column.kind], from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise ReleaseError(f"{dataset.name}, column {column.name}: not {column.kind}: {error}") from None
