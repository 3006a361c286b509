"""Whether all features of a GeoJSON file were read: GDAL passes over what is no Feature without a word."""

import json
import re
from pathlib import Path
from typing import Any, Final

from boundaries.errors import SourceError

_GEOMETRY: Final = re.compile(rb'"geometry"\s*:')


def check(path: Path, shown: str, read: int) -> None:
    """Raise SourceError unless the file holds just as many features as were `read`.

    The word "geometry" is counted first, since parsing takes several times the file's size in memory; where it stands
    more or less often the file is parsed.
    """
    data = path.read_bytes()
    if len(_GEOMETRY.findall(data)) == read:
        return
    try:
        whole = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise SourceError(f"{shown}: holds text that is not UTF-8; save the file as UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{shown}: is no JSON ({error}); save it anew") from None
    features = whole.get("features") if isinstance(whole, dict) else None
    features = features if isinstance(features, list) else [whole]
    for number, feature in enumerate(features, 1):
        if not _is_feature(feature):
            raise SourceError(
                f'{shown}: member {number} of its features is no "Feature"; mend it, or leave it out'
            )
    if len(features) != read:
        raise SourceError(f"{shown}: {read} of its {len(features)} features can be read; save it anew")


def _is_feature(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "Feature"
