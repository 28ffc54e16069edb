"""`knockon load`: files, folders and zips into the store."""

from __future__ import annotations

import dataclasses
import functools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from api.console import Call, command
from api.errors import FAILED
from api.files import make_folder
from api.stores import store_file
from api.terminal import table
from api.words import Speech
from graph.stores.base import Store
from graph.stores.registry import open_store
from loaders.catalogue import LOADERS
from loaders.session import FileReport, LoadOptions, LoadReport
from loaders.session import load as load_files

app = typer.Typer()

_Paths = Annotated[
    list[Path], typer.Argument(help="Files, folders and zips, in any order.", show_default=False)
]
_As = Annotated[
    str | None,
    typer.Option("--as", help=f"Read them as this kind: {', '.join(loader.name for loader in LOADERS)}."),
]
_Currency = Annotated[str | None, typer.Option(help="The store's currency, such as EUR.")]
_Rejects = Annotated[Path, typer.Option(help="The folder for the files of rejected rows.")]
_Strict = Annotated[bool, typer.Option("--strict", help="Check all first; write nothing if a row is wrong.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Write nothing; say what would happen.")]


@command(
    app,
    "load",
    "knockon load companies.csv links.xlsx",
    "knockon load data/ --currency EUR --rejects rejects/",
    "knockon load complaints.zip --as nhtsa_complaints --dry-run",
)
def load(
    call: Call,
    paths: _Paths,
    as_: _As = None,
    currency: _Currency = None,
    rejects: _Rejects = Path(),
    strict: _Strict = False,
    dry_run: _DryRun = False,
) -> None:
    """Loads files; what they hold is found out from their content, and companies go first.

    Loading again doubles nothing. Rejected rows are listed with their remedy in NAME.rejects.csv.
    """
    options = LoadOptions(
        as_loader=as_,
        currency=currency,
        rejects=make_folder(rejects),
        strict=strict,
        dry_run=dry_run,
        say=functools.lru_cache(maxsize=10_000)(call.speech().said),  # rows are wrong in few ways
    )
    with _store(call, dry_run) as store, call.progress(call.speech()("loading")) as told:
        report = load_files(store, paths, options, lambda file, done, total, rows: told(file, done, total))
    if call.as_json:
        call.answer(document(report, call.speech()))
    else:
        _tell(call, report)
    _tell_beside(call, report, strict)
    if report.failed or (strict and report.rejected):
        raise typer.Exit(FAILED)


@contextmanager
def _store(call: Call, dry_run: bool) -> Iterator[Store]:
    """The store to load into; a dry run makes none where there is none."""
    file = store_file(call.settings)
    if not dry_run or file is None or file.exists():
        with call.opened(make=True) as store:
            yield store
        return
    with (
        tempfile.TemporaryDirectory(prefix="knockon-") as folder,
        open_store(str(Path(folder) / "dry.db"), call.settings.chain) as store,
    ):
        yield store


def document(report: LoadReport, say: Speech) -> dict[str, Any]:
    """The report as JSON, its sentences in the language of the call."""
    return {
        "files": [_file(f, say) for f in report.files],
        "revision": report.revision,
        "written": report.written,
        "warnings": [say.said(warning) for warning in report.warnings],
        "doubtful": [dataclasses.asdict(d) | {"reason": say.said(d.reason)} for d in report.doubtful],
    }


def _file(file: FileReport, say: Speech) -> dict[str, Any]:
    return {
        "file": file.file,
        "loader": file.loader or None,
        "read": file.read,
        "added": file.added,
        "updated": file.updated,
        "unchanged": file.unchanged,
        "rejected": file.rejected,
        "rejects_file": str(file.rejects_file) if file.rejects_file else None,
        "created": dict(file.created),
        "error": say.said(file.error) or None,
        "remedy": say.said(file.remedy) or None,
    }


def _tell(call: Call, report: LoadReport) -> None:
    say = call.speech()
    names = ("read", "added", "updated", "unchanged", "rejected")
    headers = [say(f"load_{h}") for h in ("file", "loader", *names)]
    rows = [[f.file, f.loader, *(getattr(f, n) for n in names)] for f in report.files if not f.error]
    call.print(table(headers, rows, numbers=range(2, 7)))
    for file in report.files:
        if file.created:
            what = say.words("list").join(f"{say.words.table(t)} {n}" for t, n in file.created)
            call.print(say("load_created", file=file.file, what=what))
        if file.rejects_file:
            call.print(say("load_rejects", path=file.rejects_file))
    call.print(say("load_done", revision=report.revision))


def _tell_beside(call: Call, report: LoadReport, strict: bool) -> None:
    """What goes to stderr in any case: files that failed, warnings, doubtful pairs."""
    say = call.speech()
    for file in report.files:
        if file.error:
            call.note(say("load_failed", error=say.sentence(file.error), remedy=say.sentence(file.remedy)))
    for warning in report.warnings:
        call.note(say("load_warning", warning=say.sentence(warning)))
    if report.doubtful:
        call.note(say("doubtful"))
        for doubt in report.doubtful[:20]:
            names = f"{doubt.name_a} ({doubt.id_a}) – {doubt.name_b} ({doubt.id_b})"
            call.note(f"  {names}: {say.said(doubt.reason)}")
        if len(report.doubtful) > 20:
            call.note(say("doubtful_more", count=len(report.doubtful) - 20))
    if not report.written:
        call.note(say("load_strict" if strict and (report.failed or report.rejected) else "load_dry"))
