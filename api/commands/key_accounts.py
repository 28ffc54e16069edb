"""`knockon key-accounts`: what is left of a company whose largest customers leave at once."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.console import Call, command
from api.key_accounts import ask, document
from api.telling_basis import tell_basis
from api.terminal import table
from api.words import Speech
from graph.impact.basis import of_accounts
from viz.texts import named

app = typer.Typer()


@command(app, "key-accounts", "knockon key-accounts takata", "knockon key-accounts takata --top 1 --json")
def run(
    call: Call,
    company: Annotated[str, typer.Argument(help="Its id, or an unambiguous name or alias.")],
    top: Annotated[int, typer.Option(min=1, max=1000, help="How many customers leave.")] = 5,
) -> None:
    """Puts a company to the test: its largest customers leave at once. Does it survive, and how long?"""
    with call.explorer() as explorer:
        chain, tested = ask(explorer, company)
    found = document(chain, tested, top, call.lang)
    if call.as_json:
        call.answer(found)
        return
    say, network = call.speech(found["currency"] or ""), chain.network
    if not found["accounts"]:
        call.print(say("accounts_none", company=named(network.names[tested.company], found["company"])))
    else:
        _tell(call, found, say)
    tell_basis(call, of_accounts(chain, tested.company), say)


def _tell(call: Call, found: dict[str, Any], say: Speech) -> None:
    headers = [say(h) for h in ("leaves", "its_share", "lost_share", "lost", "survives_it", "runway")]
    rows = [_row(say, account) for account in found["accounts"]]
    call.print(table(headers, rows, numbers=range(1, 6)))
    call.print(say("accounts_note", concentration=f"{found['concentration']:.3f}"), style="dim")


def _row(say: Speech, account: dict[str, Any]) -> list[str]:
    percent, survives, runway = say.words.percent, account["survives"], account["runway_weeks"]
    return [
        named(account["name"], account["company"]),
        percent(100.0 * account["share"]),
        percent(100.0 * account["lost_share"]),
        say.words.money(account["lost"]),
        say("not_known" if survives is None else "yes" if survives else "no"),
        "–" if runway is None else f"{runway:.1f}",
    ]
