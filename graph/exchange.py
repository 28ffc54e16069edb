"""A store's facts as GraphML and as node-link JSON, through networkx, and both read back to the same facts.

A company is a node, a link an edge. Every other fact is a node of its own, tied to what it refers to by
edges that bear the relation's name (graph.ontology); these are for the reader's sake and are not read back.
Attributes bear the columns' names; what is not a column begins with @.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers import expat

import networkx as nx

from graph.errors import LoadError, StoreError
from graph.model import Fact, Value
from graph.ontology import OUTWARD, TABLES, Column, Kind
from graph.stores.base import Store

FORMAT = "knockon 1"
# Names that networkx and node-link JSON keep for themselves.
_RESERVED = frozenset(
    {"id", "source", "target", "key", "self", "node_for_adding", "u_for_edge", "v_for_edge"}
)
_KEPT = "@column:"  # before an unknown column that bears such a name

# What XML cannot hold or would change, and a backslash that would be taken for this very escape.
_UNWRITABLE = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\\\\(?=u[0-9a-f]{4})"
)
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")
# What networkx raises over a file that is not as it should be.
_MALFORMED = (
    nx.NetworkXError,
    OSError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One fact as a file tells it, to be checked by graph.model.fact; `number` counts the file's elements.

    `lacking` is source or target where that end of a link is no node of the file, else ''.
    """

    table: str
    values: Mapping[str, object]
    number: int
    lacking: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds: facts, and the currency that their money is in ('' if it does not say).

    Iterating gives companies before links, and each table before those that refer to it.
    """

    currency: str
    rows: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)


def to_networkx(store: Store) -> Any:
    """A store's facts as a networkx MultiDiGraph, to explore. Raises StoreError if they change meanwhile."""
    return _graph(store, lambda value: value)


def graphml(store: Store) -> str:
    """A store's facts as GraphML. Characters that XML cannot hold are written as a backslash and uXXXX."""
    out = io.BytesIO()
    nx.write_graphml_xml(_graph(store, _xml_value), out)
    return out.getvalue().decode()


def node_link(store: Store) -> str:
    """A store's facts as node-link JSON."""
    return json.dumps(
        nx.node_link_data(to_networkx(store), edges="edges"), ensure_ascii=False, allow_nan=False
    )


def read_graphml(path: Path) -> Contents:
    """The facts of a GraphML file: ours, or one whose nodes are companies and whose edges are links.

    Raises LoadError where the file cannot be read, or declares a document type: that is where entities come
    from that grow without end or read other files.
    """
    nodes = _nodes(path)
    try:
        with path.open("rb") as file:  # by name, networkx would unpack what ends in .gz
            graph = nx.read_graphml(file, edge_key_type=str, force_multigraph=True)
    except (*_MALFORMED, SyntaxError) as error:
        raise _unreadable(path, "GraphML", error) from error
    return _contents(graph, nodes, path, _from_xml)


def read_node_link(path: Path) -> Contents:
    """The facts of a node-link JSON file, as `read_graphml`. Raises LoadError where it cannot be read."""
    try:
        told = json.loads(path.read_bytes(), parse_constant=_no_number)
        edges = "edges" if "edges" in told else "links"
        told = {"directed": True, "multigraph": True, **told}
        graph = nx.node_link_graph(told, edges=edges)
        nodes = set(nx.node_link_graph({**told, edges: []}, edges=edges))
    except _MALFORMED as error:
        raise _unreadable(path, "node-link JSON", error) from error
    return _contents(graph, nodes, path, _from_json)


# -- writing -------------------------------------------------------------------------------------------


def _graph(store: Store, written: Callable[[Value], object]) -> Any:
    snapshot = store.snapshot()
    graph = nx.MultiDiGraph(
        **{
            "@format": FORMAT,
            "@currency": written(snapshot.currency),
            "@revision": snapshot.revision,
            "@hash": snapshot.hash,
        }
    )
    for table in TABLES:
        if table != "links":
            graph.add_nodes_from((_node(table, f.key), _attributes(f, written)) for f in store.scan(table))
    graph.add_edges_from(
        (*_ends(told), f"e{number}", _attributes(told, written))
        for number, told in enumerate(store.scan("links"))
    )
    graph.add_edges_from(
        (one, other, f"r{number}", {"@relation": relation})
        for number, (one, other, relation) in enumerate(_relations(store))
        if one in graph and other in graph
    )
    if store.snapshot().revision != snapshot.revision:
        raise StoreError("the store changed while it was read", remedy="export it again")
    return graph


def _relations(store: Store) -> Iterator[tuple[str, str, str]]:
    """What refers to what, by which relation; one of them may not be there."""
    for table in TABLES.values():
        referring = [column for column in table.columns if column.relation]
        for told in store.scan(table.name) if referring else ():
            for column in referring:
                if referred := told.values.get(column.name):
                    ends = _node(table.name, told.key), _node(column.refers, (str(referred),))
                    one, other = reversed(ends) if column.relation in OUTWARD else ends
                    yield one, other, column.relation


def _ends(link: Fact) -> tuple[str, str]:
    """From where to where a link runs: a symmetric one as its row says, not as its key is ordered."""
    return _node("companies", (str(link.values["source"]),)), _node(
        "companies", (str(link.values["target"]),)
    )


def _node(table: str, key: tuple[str, ...]) -> str:
    """A company's id, or @TABLE/KEY; written so that XML holds it, in both formats alike."""
    parts = [_escape(part).replace("\t", r"\u0009").replace("\n", r"\u000a") for part in key]
    if table == "companies" and not parts[0].startswith("@"):
        return parts[0]
    if len(parts) > 1:
        parts = [part.replace("/", r"\u002f") for part in parts]
    return f"@{table}/{'/'.join(parts)}"


def _attributes(told: Fact, written: Callable[[Value], object]) -> dict[str, object]:
    skipped = {"source", "target", "id"} & TABLES[told.table].by_name.keys()  # the element says them itself
    kept = {_name(n): written(v) for n, v in told.values.items() if n not in skipped}
    about = {"@table": told.table, "@source_ref": told.source_ref, "@loaded_at": told.loaded_at}
    return kept | {name: written(text) for name, text in about.items() if text}


def _name(column: str) -> str:
    """What a column is called as an attribute."""
    return _escape(_KEPT + column if column in _RESERVED or column.startswith("@") else column)


def _xml_value(value: Value) -> object:
    if isinstance(value, tuple):
        return ";".join(_escape(text).replace(";", r"\u003b") for text in value)
    return _escape(value) if isinstance(value, str) else value


def _escape(text: str) -> str:
    return _UNWRITABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


# -- reading -------------------------------------------------------------------------------------------


def _contents(
    graph: Any, declared: Set[object], path: Path, read: Callable[[object, Column | None], object]
) -> Contents:
    """The facts of a graph; its nodes beyond the declared ones networkx made up for the ends of edges."""
    rows: dict[str, list[Row]] = {table: [] for table in TABLES}
    ids = {}
    number = 0
    for node, attributes in graph.nodes(data=True):
        number += node in declared
        if not isinstance(node, str | int):
            raise _unreadable(
                path, "a graph", ValueError(f"the id of node {number} is neither text nor number")
            )
        table, values = _row(attributes, "companies", path, read)
        ids[node] = name = _unescape(str(node)).removeprefix(f"@{table}/")
        if node not in declared:
            continue
        if "id" in TABLES[table].by_name:
            values["id"] = name
        rows[table].append(Row(table, values, number))
    for source, target, attributes in graph.edges(data=True):
        number += 1
        if "@relation" not in attributes:
            table, values = _row(attributes, "links", path, read)
            values |= {"source": ids[source], "target": ids[target]}
            lacking = "" if source in declared else "source"
            lacking = lacking if target in declared else lacking or "target"
            rows[table].append(Row(table, values, number, lacking))
    currency = read(graph.graph.get("@currency", ""), None)
    return Contents(str(currency), tuple(row for table in rows.values() for row in table))


def _row(
    attributes: Mapping[str, object], table: str, path: Path, read: Callable[[object, Column | None], object]
) -> tuple[str, dict[str, object]]:
    """The table and the values of a node or an edge."""
    table = str(attributes.get("@table", table))
    if table not in TABLES:
        raise LoadError(
            f"{path.name} holds a {table[:80]!r}, which is no table",
            file=str(path),
            remedy=f"name one of {', '.join(TABLES)} as @table",
        )
    values: dict[str, object] = {}
    for written, value in attributes.items():
        name = _unescape(str(written))
        if name.startswith(_KEPT):
            name = name.removeprefix(_KEPT)
        elif name.startswith("@"):
            continue
        values[name] = read(value, TABLES[table].by_name.get(name))
    return table, values


def _from_xml(value: object, column: Column | None) -> object:
    if not isinstance(value, str):
        return value
    if column is not None and column.kind in (Kind.TEXTS, Kind.CHOICES):
        return tuple(_unescape(text) for text in value.split(";") if text)
    return _unescape(value)


def _from_json(value: object, _: Column | None) -> object:
    return tuple(value) if isinstance(value, list) else value


def _nodes(path: Path) -> set[str]:
    """The ids of a GraphML file's nodes. LoadError where it declares a document type or is no XML."""
    found = set()

    def begun(name: str, attributes: Mapping[str, str]) -> None:
        if name.rpartition(":")[2] == "node":
            found.add(str(attributes.get("id")))

    def declared(*_: object) -> None:
        raise LoadError(
            f"{path.name} declares a document type, which GraphML does not need",
            file=str(path),
            remedy="remove the <!DOCTYPE …> at its beginning",
        )

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = declared
    parser.StartElementHandler = begun
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except (expat.ExpatError, OSError, LookupError, ValueError) as error:
        raise _unreadable(path, "GraphML", error) from error
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is not a number")


def _unreadable(path: Path, what: str, error: Exception) -> LoadError:
    reason = re.sub(r"\s+", " ", str(error))[:200] or type(error).__name__
    return LoadError(
        f"{path.name} cannot be read as {what}: {reason}",
        file=str(path),
        remedy="export it again, or bring the tables as CSV",
    )
