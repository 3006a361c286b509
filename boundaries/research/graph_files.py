"""A graph as files that others open: GerryChain's JSON, tables, GraphML, adjacency for R's redist.

JSON and GraphML have the names that GerryChain knows: `area` (`luas_m2`), `boundary_perim` (what of a unit's edge no
other unit of the graph has: `pantai_m`, `asing_m` and `luar_m`), `boundary_node` (`tepi`), `shared_perim` (`batas_m`),
all in metres. A weight stands in them only if every node has it, since nobody can add up what is empty; which ones were
left out is told in the graph's own attributes. The tables have all, empty where not known.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import pandas as pd

from boundaries.release.writing import new_file
from boundaries.research.graph import Graph
from boundaries.research.people import WEIGHTS

Row = dict[str, Any]


def write_graph(graph: Graph, form: str, directory: Path, stem: str) -> list[Path]:
    """Write a graph in a form (`FORMS`) as ``<stem>…`` into a directory; returns the files."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in FORMS[form](graph, stem).items():
        with new_file(directory / name) as path:
            path.write_text(text, encoding="utf-8", newline="\n")
        written.append(directory / name)
    return written


def gerrychain(graph: Graph, stem: str) -> dict[str, str]:
    """networkx' adjacency data, as ``gerrychain.Graph.from_json`` reads it; nodes are codes."""
    about, nodes, edges = _complete(graph)
    beside: dict[str, list[Row]] = {str(row["id"]): [] for row in nodes}
    for edge in edges:
        a, b = edge.pop("kode_a"), edge.pop("kode_b")
        beside[a].append({**edge, "id": b})
        beside[b].append({**edge, "id": a})
    value = {
        "directed": False,
        "multigraph": False,
        "graph": about,
        "nodes": nodes,
        "adjacency": [beside[str(row["id"])] for row in nodes],
    }
    return {f"{stem}.json": json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"}


def tables(graph: Graph, stem: str) -> dict[str, str]:
    """Nodes and edges as CSV, and what they rest on as JSON."""
    return {
        f"{stem}-simpul.csv": _csv(graph.nodes),
        f"{stem}-sisi.csv": _csv(graph.edges),
        f"{stem}-tentang.json": json.dumps(graph.about, ensure_ascii=False, indent=1) + "\n",
    }


def graphml(graph: Graph, stem: str) -> dict[str, str]:
    """GraphML with typed attributes, for igraph, Gephi and R."""
    about, nodes, edges = _complete(graph)
    told = {name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for name, value in about.items()}  # fmt: skip
    keys = [*_keys("graph", [told]), *_keys("node", nodes, "id"), *_keys("edge", edges, "kode_a", "kode_b")]
    lines = [
        "<?xml version='1.0' encoding='utf-8'?>",
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    ]
    lines += [
        f'<key id="{key}" for="{of}" attr.name="{name}" attr.type="{kind}"/>' for key, of, name, kind in keys
    ]
    key_of = {(of, name): key for key, of, name, _ in keys}
    lines += ['<graph edgedefault="undirected">', *_data("graph", told, key_of)]
    for node in nodes:
        code = node.pop("id")
        lines += [f"<node id={quoteattr(code)}>", *_data("node", node, key_of), "</node>"]
    for edge in edges:
        a, b = quoteattr(edge.pop("kode_a")), quoteattr(edge.pop("kode_b"))
        lines += [f"<edge source={a} target={b}>", *_data("edge", edge, key_of), "</edge>"]
    return {f"{stem}.graphml": "\n".join([*lines, "</graph>", "</graphml>", ""])}


def redist(graph: Graph, stem: str) -> dict[str, str]:
    """Adjacency for R's redist: `urut` and `tetangga` count from 0."""
    beside: list[list[int]] = [[] for _ in range(len(graph.nodes))]
    for a, b in graph.pairs.tolist():
        beside[a].append(b)
        beside[b].append(a)
    frame = pd.DataFrame({
        "urut": range(len(beside)),
        "kode": graph.nodes["kode"],
        "tetangga": [";".join(map(str, sorted(each))) for each in beside],
    })  # fmt: skip
    return {f"{stem}-redist.csv": _csv(frame)}


#: The forms of a graph, and what makes the files of each.
FORMS: Final[Mapping[str, Callable[[Graph, str], dict[str, str]]]] = {
    "json": gerrychain,
    "csv": tables,
    "graphml": graphml,
    "redist": redist,
}


def _complete(graph: Graph) -> tuple[Row, list[Row], list[Row]]:
    """The graph's own attributes, nodes and edges with GerryChain's names, weights only where every node has one."""
    lacking = [name for name in WEIGHTS if name in graph.nodes and graph.nodes[name].isna().any()]
    table = graph.nodes.drop(columns=[*lacking, *(f"{name}_asal" for name in lacking)])
    table = table.rename(columns={"tepi": "boundary_node", "luas_m2": "area"})
    table.insert(0, "id", table["kode"])
    table["boundary_perim"] = table[["pantai_m", "asing_m", "luar_m"]].sum(axis=1).round(3)
    about = graph.about | {"bobot_tidak_lengkap": lacking}
    edges = graph.edges.rename(columns={"batas_m": "shared_perim"})
    return about, _records(table), _records(edges)


def _records(table: pd.DataFrame) -> list[Row]:
    """Rows as plain values; what is empty is left out."""
    columns = {name: table[name].astype(object).where(table[name].notna(), None) for name in table.columns}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


_KINDS: Final = {bool: "boolean", int: "long", float: "double", str: "string"}


def _keys(of: str, rows: list[Row], *ends: str) -> list[tuple[str, str, str, str]]:
    """(key, what it is for, name, type) of every attribute that some row has."""
    kinds: dict[str, str] = {}
    for row in rows:
        for name, value in row.items():
            if name not in ends and name not in kinds:
                kinds[name] = _KINDS[type(value)]
    return [(f"{of[0]}{n}", of, name, kind) for n, (name, kind) in enumerate(kinds.items())]


def _data(of: str, row: Row, key_of: dict[tuple[str, str], str]) -> list[str]:
    return [f'<data key="{key_of[of, name]}">{escape(_text(value))}</data>' for name, value in row.items()]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _csv(table: pd.DataFrame) -> str:
    return table.to_csv(index=False, lineterminator="\n")
