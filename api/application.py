"""The application `knockon`: gathers the groups of commands, and lets no traceback out."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from typing import Annotated

import typer

from api.commands import (
    back_test,
    calibrate,
    copy,
    demo,
    examples,
    export,
    key_accounts,
    leaderboard,
    ledger,
    load,
    look_up,
    rank,
    serve,
    settings,
    systemic,
    what_if,
)
from api.errors import FAILED
from api.help import Group
from api.settings import Lang, language
from api.terminal import nobody_reads
from api.words import Speech

app = typer.Typer(
    name="knockon",
    cls=Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="What one company's failure, recall or scandal costs the companies around it.",
)
for group in (
    demo, examples, load, what_if, rank, systemic, look_up, key_accounts, leaderboard, export, copy,
    back_test, calibrate, serve, settings,
):  # fmt: skip
    app.registered_commands += group.app.registered_commands
app.add_typer(
    ledger.app,
    name="ledger",
    cls=Group,
    no_args_is_help=True,
    help="The prediction ledger: what-ifs filed as predictions, and what came of them.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(importlib.metadata.version("knockon"))
        raise typer.Exit


@app.callback()
def knockon(
    ctx: typer.Context,
    lang: Annotated[
        Lang | None, typer.Option("--lang", help="Language of what follows: en or zh (KNOCKON_LANG).")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version.")
    ] = False,
) -> None:
    """What one company's failure, recall or scandal costs the companies around it."""
    if lang is not None:
        spoken = {str(info.name): {"lang": lang} for info in ledger.app.registered_commands}
        ctx.default_map = {str(info.name): {"lang": lang} for info in app.registered_commands}
        ctx.default_map["ledger"] = spoken


def run() -> None:
    """Run the command that the arguments name, and leave the process."""
    # What was closed (`knockon … >&-`) reads as empty, and what is written to it goes nowhere.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - until the end
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no Chinese shows question marks rather than nothing.
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    say = Speech(language(sys.argv[1:]))
    try:
        app()
    except OSError as error:
        nobody_reads()
        reason = say.said(error.strerror or str(error))
        print(say("output", reason=reason), file=sys.stderr)
        sys.exit(FAILED)
    except Exception as error:  # noqa: BLE001 - what fails before a command begins
        nobody_reads()
        print(say("unrunnable", kind=type(error).__name__, detail=error), file=sys.stderr)
        sys.exit(FAILED)
