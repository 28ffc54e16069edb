"""`knockon leaderboard`: which courier is complained about most for what it carries."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.console import Call, command
from api.errors import Usage
from api.leaderboard import ask, document
from api.terminal import table
from api.words import Speech
from graph.errors import ScenarioError
from graph.voice.days import APART
from viz.texts import NAME, fit, named

app = typer.Typer()

NAMED = 5  # companies that a note names

_To = Annotated[
    str, typer.Option("--to", "--brand", help="Only complaints about this company: id, name or alias.")
]
_Since = Annotated[str, typer.Option(help="Only complaints from this day on, YYYY-MM-DD.")]
_Until = Annotated[str, typer.Option(help="Only complaints until this day, counted in, YYYY-MM-DD.")]
_Top = Annotated[int, typer.Option(min=1, max=100_000, help="How many rows each table shows.")]


@command(
    app,
    "leaderboard",
    "knockon leaderboard",
    "knockon leaderboard --to willowbox --since 2025-01-01 --json",
)
def run(call: Call, to: _To = "", since: _Since = "", until: _Until = "", top: _Top = 10) -> None:
    """Couriers by what customers complain of: in all, and for delay, damage and attitude."""
    with call.explorer() as explorer:
        try:
            found = document(ask(explorer, to, since, until))
        except ScenarioError as error:
            raise Usage(error.message, remedy=error.remedy) from error
    if call.as_json:
        call.answer(found)
    else:
        _tell(call, call.speech(found["currency"] or ""), found, top)


def _tell(call: Call, say: Speech, found: dict[str, Any], top: int) -> None:
    if not found["complaints"]:
        call.print(say("board_none"))
    for board in found["boards"]:
        if not found["complaints"] or (board["topic"] != "all" and not board["complaints"]):
            continue
        call.print(say(f"board_{board['topic']}", count=board["complaints"]), style="bold")
        columns = ("place", "courier", "complaints", "carried", "rate", "interval", "above")
        headers = [say(f"board_{column}") for column in columns]
        rows = [_row(say, line) for line in board["couriers"][:top]]
        call.print(table(headers, rows, numbers=(0, 2, 3, 4, 5, 6)), indent=2)
        if len(board["couriers"]) > top:
            call.print("…", indent=2)
        basis = board["prior"]["basis"]
        if basis != "learned":
            call.print(say(f"board_{basis}"), indent=2, style="dim")
        call.print()
    _notes(call, say, found)


def _row(say: Speech, line: dict[str, Any]) -> list[str]:
    number, name = say.words.number, named(line["name"], line["company"])
    if line["unknown"]:
        return ["–", name, str(line["complaints"]), *("–",) * 4]
    low, high = line["low"], line["high"]
    return [
        str(line["place"] or "–"),
        name,
        str(line["complaints"]),
        say.words.money(line["carried"]),
        number(line["rate"]),
        f"{'0' if low < high / 1000 else number(low)}–{number(high)}",
        "–" if line["above"] is None else _chance(say, line["above"]),
    ]


def _chance(say: Speech, share: float) -> str:
    """A share in percent that is never 0 or 1, however near: nothing learned from counts is certain."""
    return "<0.1%" if share < 0.0005 else ">99.9%" if share >= 0.9995 else say.words.percent(100.0 * share)


def _notes(call: Call, say: Speech, found: dict[str, Any]) -> None:
    """What a person should know before trusting an order."""
    everything = found["boards"][0]
    if everything["prior"]["basis"] != "no_comparison":
        call.print(say("board_first", rate=say.words.number(everything["benchmark"])))
    if found["complaints"]:
        days = {"first": found["first_day"], "last": found["last_day"]}
        call.print(say("board_days", **days) if found["first_day"] else say("board_no_days"))
        if found["first_day"] and found["undated"]:
            call.print(say("board_undated", count=found["undated"]))
        if strays := [f"{each['complaint']} ({each['date']})" for each in found["set_aside"]]:
            call.print(say("board_set_aside", count=len(strays), years=APART, names=_named(strays)))
        call.print(say("board_without_topic", count=found["without_topic"], all=found["complaints"]))
    for reason in ("no_link", "no_value", "nothing"):
        unknown = [line["name"] for line in everything["couriers"] if line["unknown"] == reason]
        if unknown and found["complaints"]:
            call.print(say(f"board_{reason}", names=_named(unknown)))
    for reason, count in found["left_out"].items():
        if count:
            call.print(say(f"board_{reason}", count=count))
    if found["silent"] and not found["to"] and found["complaints"]:
        call.print(say("board_silent", names=_named(found["silent"])))
    call.print(say("reckoned_on", **found["snapshot"]), style="dim")


def _named(names: list[str]) -> str:
    return ", ".join(fit(name, NAME) for name in names[:NAMED]) + (" …" if len(names) > NAMED else "")
