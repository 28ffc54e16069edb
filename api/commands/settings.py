"""`knockon settings`: what may be set, and how it stands."""

from __future__ import annotations

import typer

from api.console import Call, command
from api.settings import listed
from api.terminal import table

app = typer.Typer()


@command(app, "settings", "knockon settings", "KNOCKON_STORE=chain.db knockon settings --json")
def settings(call: Call) -> None:
    """Lists every setting: its variable, its value (passwords are not shown) and what it means."""
    found = listed(call.settings)
    if call.as_json:
        call.answer({"settings": found})
        return
    say = call.speech()
    headers = [say(h) for h in ("setting", "value", "default", "meaning")]
    rows = [[s["name"], s["value"], s["default"], say.said(s["doc"])] for s in found]
    call.print(table(headers, rows))
