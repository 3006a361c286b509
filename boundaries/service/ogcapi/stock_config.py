"""A release for a stock pygeoapi: the resources of its configuration, a collection a layer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from boundaries.errors import ReleaseError
from boundaries.service.ogcapi.catalog import PLACEHOLDER, configuration
from boundaries.service.ogcapi.layers import Layers

#: What `configuration` asks of the part that a person writes; it is not given on.
_NOTHING: Final[Mapping[str, Any]] = {"server": {}}


def resources(address: str) -> dict[str, Any]:
    """Return the collections of the release at `address` (a directory, or ``postgresql://…``), by name.

    Titles and descriptions are in Indonesian and English: pygeoapi gives the language that a client asks for if the
    configuration has ``languages: [id, en]``. Raises ReleaseError.
    """
    layers = Layers.of(address)
    made = configuration(_NOTHING, layers.package.manifest, layers, layers.package)
    return {name: _local(resource) for name, resource in made["resources"].items()}


def _local(resource: dict[str, Any]) -> dict[str, Any]:
    """Return a resource without what only this service answers; pygeoapi's schema takes one title of a link."""
    links = [
        each | {"title": " | ".join(dict.fromkeys(each["title"].values()))}
        for each in resource["links"]
        if PLACEHOLDER not in each["href"]
    ]
    return resource | {"links": links}


def written(address: str, into: Path | None = None) -> str:
    """Return the resources as YAML: by themselves, or in the configuration `into`, whose own resources stay.

    Raises ReleaseError, also where `into` cannot be read or has a resource of such a name that is not of a release.
    """
    found = resources(address)
    if into is None:
        return _yaml({"resources": found})
    try:
        config = yaml.safe_load(into.read_text("utf-8"))
        own = dict(config.get("resources") or {})
    except (OSError, yaml.YAMLError, AttributeError, UnicodeError) as error:
        raise ReleaseError(f"{into} is no configuration of pygeoapi: {error}") from None
    for name in set(found) & set(own):
        if found[name]["providers"][0]["name"] not in str(own[name].get("providers")):
            raise ReleaseError(f"{into} has another resource {name}: rename it first")
    return _yaml(config | {"resources": own | found})


def _yaml(value: Any) -> str:
    """Write YAML, with times as timestamps (pygeoapi takes no quoted ones) and no anchors."""
    return yaml.dump(value, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=120)


class _Plain(yaml.SafeDumper):
    """YAML without anchors and aliases: people copy parts of it."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
