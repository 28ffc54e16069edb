"""What `knockon export` wrote as GraphML or node-link JSON, loaded back."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from graph.errors import LoadError, ValueRejected
from graph.exchange import FORMAT, Contents, Row, read_graphml, read_node_link
from graph.model import Fact, fact
from graph.ontology import LinkKind
from loaders.base import Context, Loader, Problem, Reject, reject
from loaders.reading.sources import Source

_NODE_LINK: Final = (b'"nodes"', b'"multigraph"')


def _reader(source: Source) -> Callable[[Path], Contents] | None:
    """What reads a document, None where it is none of ours."""
    if source.kind != "document":
        return None
    begun = source.head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if begun.startswith(b"{"):
        return read_node_link if all(word in source.head for word in _NODE_LINK) else None
    return read_graphml if b"graphml" in source.head[:2000] else None


def _recognises(source: Source) -> float:
    if _reader(source) is None:
        return 0.0
    return 1.0 if FORMAT.encode() in source.head else 0.5


@contextmanager
def _file(source: Source) -> Iterator[Path]:
    """The document as a file of its own, unpacked if it stands in a zip."""
    if Path(source.name).name == source.path.name:
        yield source.path
        return
    with tempfile.NamedTemporaryFile(suffix=Path(source.name).suffix) as copy:
        for block in source.blocks():
            copy.write(block)
        copy.flush()
        yield Path(copy.name)


def _facts(source: Source, context: Context) -> Iterator[Fact | Reject]:
    read = _reader(source)
    if read is None:
        raise LoadError(f"{source.name}: is no exported graph", remedy="Load a table.", file=source.name)
    with _file(source) as path:
        contents = read(path)
    if contents.currency:
        context.money.settle(contents.currency)
        ours = context.money.currency
        if contents.currency != ours:
            raise LoadError(
                f"{source.name}: its money is in {contents.currency}, the store's in {ours}",
                remedy="Load it into a store of its own.",
                file=source.name,
            )
    for row in contents:
        if row.lacking:
            yield Reject(row.number, (_endless(row),))
            continue
        ref = f"{source.name}:{row.number}"
        try:
            told = fact(row.table, row.values, source_ref=ref, loaded_at=context.loaded_at)
        except ValueRejected as error:
            yield reject(row.number, error)
            continue
        if told.table == "companies":
            context.companies.state(told)
        elif told.table == "links" and (lacking := _lacking(told, context)):
            yield Reject(row.number, (lacking,))
            continue
        yield told


def _endless(row: Row) -> Problem:
    reason = "the edge names no node of this document"
    return Problem(row.lacking, str(row.values[row.lacking]), reason, "Add the node, or correct the edge.")


def _lacking(link: Fact, context: Context) -> Problem | None:
    """The end of a link that may not stand there, if one does."""
    found = context.companies.misplaced(LinkKind(link.key[1]), link.key[0], link.key[2])
    return Problem(*found) if found else None


LOADER: Final = Loader(
    "graph",
    "GraphML or node-link JSON that knockon exported",
    "",
    _recognises,
    _facts,
)
