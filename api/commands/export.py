"""`knockon export`: the store as a file for people or other programs, by the file's ending."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from api.console import Call, command
from api.errors import Usage
from api.files import write_text
from api.running import run, write_map
from graph.errors import InputError
from graph.exchange import graphml, node_link
from graph.explorer import Explorer
from graph.scenario import Scenario
from graph.stores.base import Snapshot, Store
from loaders.tables_write import write_folder, write_zip

app = typer.Typer()


def _html(call: Call, store: Store, path: Path) -> Path:
    """The map of the chain as it stands: a scenario in which nothing happens."""
    explorer = Explorer(store)
    impact = run(call, explorer, Scenario(horizon_weeks=1), to_draw=True, to_tell=False)
    write_map(path, call, explorer, impact)
    return path


def _graphml(call: Call, store: Store, path: Path) -> Path:
    write_text(path, [graphml(store)])
    return path


def _json(call: Call, store: Store, path: Path) -> Path:
    write_text(path, [node_link(store)])
    return path


def _zip(call: Call, store: Store, path: Path) -> Path:
    write_zip(store, path)
    return path


def _tables(call: Call, store: Store, path: Path) -> Path:
    folder = path.with_suffix("")
    if folder.exists() and not folder.is_dir():
        raise InputError(
            f"{folder} is there and no folder", file=str(folder), remedy="name another, or remove it"
        )
    write_folder(store, folder)
    return folder


_FORMATS: Mapping[str, Callable[[Call, Store, Path], Path]] = {
    ".html": _html,
    ".graphml": _graphml,
    ".json": _json,
    ".zip": _zip,
    ".csv": _tables,
}


_IMPORT = "neo4j-import"


@command(
    app,
    "export",
    "knockon export chain.html",
    "knockon export chain.graphml",
    "knockon export tables.csv   (a folder tables/ with one CSV a table)",
    "knockon export --for neo4j-import FOLDER",
)
def export(
    call: Call,
    file: Annotated[
        Path, typer.Argument(help=f"By its ending: {', '.join(_FORMATS)}; X.csv is a folder X/.")
    ],
    for_: Annotated[
        str | None, typer.Option("--for", help=f"{_IMPORT}: FILE is a folder for neo4j-admin to import.")
    ] = None,
) -> None:
    """Writes the whole store to FILE; what is exported loads back to the same facts (but .html)."""
    if for_ is not None:
        _for_import(call, for_, file)
        return
    made = _FORMATS.get(file.suffix.lower())
    if made is None:
        raise Usage(
            f"{file} has the ending {file.suffix!r}, which says no format",
            remedy=f"end it with one of {', '.join(_FORMATS)}",
        )
    with call.opened() as store:
        path, counts = made(call, store, file), store.counts()
        stamp = store.snapshot()
    _tell(call, path, file.suffix[1:].lower(), counts, stamp)


def _for_import(call: Call, wanted: str, folder: Path) -> None:
    """The chain as files for Neo4j's own import. Raises Usage."""
    if wanted != _IMPORT:
        raise Usage(f"nothing is known of --for {wanted}", remedy=f"write --for {_IMPORT}, or leave it out")
    from graph.stores.neo4j_import import write_import  # a driver that most runs do not need

    say = call.speech()
    with call.opened() as store, call.progress(say("exporting")) as bar:
        stamp, counts = write_import(store, folder, lambda table, *done: bar(say.words.table(table), *done))
    _tell(call, folder, wanted, counts, stamp)
    if not call.as_json:
        call.print(say("import_next", path=folder))


def _tell(call: Call, path: Path, made: str, counts: Mapping[str, int], stamp: Snapshot) -> None:
    if call.as_json:
        call.answer({"path": str(path), "format": made, "counts": dict(counts), "hash": stamp.hash})
        return
    said = call.speech()("exported", path=path, companies=counts["companies"], links=counts["links"])
    call.print(said)
