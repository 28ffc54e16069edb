"""`knockon systemic`: which share of all that is sold is lost with each company."""

from __future__ import annotations

from typing import Annotated

import typer

from api.console import Call, command
from api.errors import Usage
from api.systemic import ask, document, highest
from api.telling_basis import tell_basis
from api.terminal import table
from graph.errors import ScenarioError
from graph.impact.basis import of_systemic
from graph.impact.systemic import PUBLISHED, Question, Systemic, compiled
from graph.impact.systemic_flows import Demand
from viz.texts import named

app = typer.Typer()

_Companies = Annotated[
    list[str] | None, typer.Argument(help="Only these companies: ids, or unambiguous names or aliases.")
]
_Eps = Annotated[
    float, typer.Option(help="Stop when no firm changes by more [0-1]; .01 as published, 0: the limit.")
]
_Demand = Annotated[
    Demand, typer.Option(help="none, as published, or final: what no link records is sold to others.")
]
_NoShares = Annotated[
    bool, typer.Option("--no-market-shares", help="As if nobody else of a company's industry could help out.")
]
_Top = Annotated[int, typer.Option(min=1, max=100_000, help="How many rows the table shows.")]


@command(
    app,
    "systemic",
    "knockon systemic --top 10",
    "knockon systemic --eps 0 --demand final --json",
    'knockon systemic "Hyundai Motor" --no-market-shares',
)
def run(
    call: Call,
    companies: _Companies = None,
    eps: _Eps = PUBLISHED,
    demand: _Demand = "none",
    no_market_shares: _NoShares = False,
    top: _Top = 20,
) -> None:
    """The systemic risk index (ESRI): the share of all recorded sales that is lost with each company."""
    try:
        question = Question(eps, demand, not no_market_shares)
    except ScenarioError as error:
        raise Usage(error.message, remedy=error.remedy) from error
    say = call.speech()
    if not compiled():
        call.note(say("compiling"))
    with call.explorer() as explorer, call.progress(say("systemic_firms")) as told:
        found = ask(explorer, question, companies or (), lambda done, firms: told("", done, firms))
    if call.as_json:
        call.answer(document(found, call.lang))
    else:
        _tell(call, found, top)


def _tell(call: Call, found: Systemic, top: int) -> None:
    network = found.network
    say = call.speech(network.snapshot.currency)
    shown = highest(found, top)
    if not shown:
        call.print(say("companies_none"))
        return
    headers = [say(h) for h in ("company", "systemic_industry", "systemic_index", "systemic_sold")]
    rows = []
    for n in shown:
        firm = int(found.firms[n])
        rows.append(
            (
                named(network.names[firm], network.ids[firm]),
                network.industries[firm] or "–",
                say.words.percent(100 * float(found.index[n])),
                say.words.money(float(found.sold[firm])),
            )
        )
    call.print(table(headers, rows, numbers=(2, 3)))
    if len(found.firms) > top:
        call.print("…")
    call.print()
    name, share = (
        network.names[int(found.firms[shown[0]])],
        say.words.percent(100 * float(found.index[shown[0]])),
    )
    call.print(say("systemic_first", company=name, share=share))
    stop = "systemic_limit" if found.question.eps == 0 else "systemic_stop"
    call.print(say(stop, eps=f"{found.question.eps:g}", residual=f"{found.residual:.2g}"))
    tell_basis(call, of_systemic(found), say)
