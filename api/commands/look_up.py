"""`knockon companies`, `show` and `chain`: look things up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.table import Table

from api import answers
from api.console import Call, command
from api.terminal import table
from api.words import Speech
from graph.ontology import TABLES, Kind, Role

app = typer.Typer()

_SHOWN = 100  # rows of a table for a person
_FACTS = 12  # facts of one table about one company
_Query = Annotated[str, typer.Argument(help="A part of a name, an alias or an id; typos are forgiven.")]
_Company = Annotated[str, typer.Argument(help="Its id, or an unambiguous name or alias.")]


@command(
    app, "companies", "knockon companies", "knockon companies 电池 --json", "knockon companies --role brand"
)
def companies(
    call: Call,
    query: _Query = "",
    role: Annotated[Role | None, typer.Option(help="Only companies of this role.")] = None,
) -> None:
    """Lists the companies, or those like QUERY, best first."""
    with call.explorer() as explorer:
        found = answers.all_companies(explorer, query, role or "")
        currency = explorer.store.snapshot().currency
    if call.as_json:
        call.answer(found)
        return
    say, items = call.speech(currency), found["items"]
    if not items:
        call.print(say("companies_none"))
        return
    call.print(_companies(say, items[:_SHOWN]))
    if len(items) > _SHOWN:
        call.print("…")
    call.print(say("count", count=len(items)))


@command(app, "show", "knockon show gm", 'knockon show "General Motors" --lang zh')
def show(call: Call, company: _Company) -> None:
    """Shows a company: its figures with where they come from, and what refers to it."""
    with call.explorer() as explorer:
        found = answers.show(explorer, company)
    if call.as_json:
        call.answer(found)
        return
    say = call.speech(found["currency"] or "")
    call.print(f"{found['name']} ({found['id']})", style="bold")
    call.print(_columns(say, found["fact"]), indent=2)
    for name, facts in found["related"].items():
        if facts:
            phrase = "related_cut" if name in found["cut"] else "related"
            call.print()
            call.print(say(phrase, table=say.words.table(name), count=len(facts)), style="bold")
            for fact in facts[:_FACTS]:
                call.print(_line(say, fact), indent=2)
            if len(facts) > _FACTS:
                call.print("…", indent=2)


@command(app, "chain", "knockon chain gm --depth 2", "knockon chain gm --depth 3 --json")
def chain(
    call: Call,
    company: _Company,
    depth: Annotated[int, typer.Option(min=0, max=20, help="How many links away.")] = 1,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many companies at most.")] = 1000,
) -> None:
    """Shows what stands around a company, in either direction."""
    with call.explorer() as explorer:
        found = answers.chain(explorer, company, depth, limit)
        currency = explorer.store.snapshot().currency
    if call.as_json:
        call.answer(found)
        return
    say = call.speech(currency)
    items, links = found["companies"], found["links"]
    title = say("chain_title", company=items[0]["name"], count=len(items), depth=depth, links=len(links))
    call.print(title, style="bold")
    call.print(_companies(say, items[:_SHOWN], distance=True), indent=2)
    for link in links[:_SHOWN]:
        call.print(_line(say, link["fact"]), indent=2)
    if len(items) > _SHOWN or len(links) > _SHOWN:
        call.print("…", indent=2)
    if found["cut"]:
        call.note(say("chain_cut"))


def _companies(say: Speech, items: list[dict[str, Any]], *, distance: bool = False) -> Table:
    headers = ["id", *(say(h) for h in ("company", "roles", "revenue", "country", "market"))]
    rows = [
        [
            i["id"],
            i["name"],
            say.words("list").join(say.words(f"role_{r}") for r in i["roles"]),
            "" if i["annual_revenue"] is None else say.words.money(i["annual_revenue"]),
            i["country"] or "",
            i["market"] or "",
            *([i["distance"]] if distance else []),
        ]
        for i in items
    ]
    return table([*headers, *([say("distance")] if distance else [])], rows, numbers=(3, 6))


def _columns(say: Speech, fact: dict[str, Any]) -> Table:
    """Each value of a fact with its status and the file and row that told it."""
    rows = [
        [
            _heading(say, fact["table"], name),
            _value(say, fact["table"], name, value),
            say(_status(fact, name)),
            fact["refs"].get(name) or fact["source_ref"],
        ]
        for name, value in fact["values"].items()
    ]
    return table([say(h) for h in ("column", "value", "status", "source")], rows)


def _status(fact: dict[str, Any], name: str) -> str:
    if name in fact["assumed"]:
        return "status_of_assumed"
    return "status_of_inferred" if name in fact["inferred"] else "status_of_observed"


def _line(say: Speech, fact: dict[str, Any]) -> str:
    """A fact in one line: what identifies it, then its values."""
    values = dict(fact["values"])
    if fact["table"] == "links":
        ends = f"{values.pop('source')} → {values.pop('target')}, {values.pop('kind')}"
        category = values.pop("category", "")
        head = f"{ends} {category}".strip()
    else:
        head = " ".join(k for k in fact["key"] if k)
        for name in TABLES[fact["table"]].key:
            values.pop(name, None)
    return f"{head}: {say.words('list').join(_said(say, fact, values))}".removesuffix(": ")


def _said(say: Speech, fact: dict[str, Any], values: dict[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if name == "evidence":
            continue
        status = _status(fact, name)
        mark = "" if status == "status_of_observed" else f" ({say(status)})"
        yield f"{_heading(say, fact['table'], name)} {_value(say, fact['table'], name, value)}{mark}"


def _heading(say: Speech, table: str, name: str) -> str:
    return say.words.column(table, name) if name in TABLES[table].by_name else name


def _value(say: Speech, table: str, name: str, value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    column = TABLES[table].by_name.get(name)
    if column is not None and column.kind is Kind.MONEY and isinstance(value, float):
        return say.words.money(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
