"""`knockon rank`: who matters most, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from api.commands.what_if import overrides
from api.console import Call, command
from api.errors import BadField, Usage
from api.files import csv_rows, write_text
from api.ranking import ALL, LONGEST_WEEKS, OF_OUTAGE, OF_SCANDAL, Asked, kept_in, rank_json, times_to_recover
from api.running import announce
from api.telling_rank import tell_groups, tell_ranking
from graph.errors import ScenarioError
from graph.explorer import Explorer
from graph.impact.comparison import groups, places_of, sold_categories
from graph.impact.criticality import Question, Ranking, is_kept, rank
from viz.rank_page import rank_page

app = typer.Typer()

MOST_GROUPS = 12
_FIELDS = {"duration_weeks": "weeks", "horizon_weeks": "horizon"}  # field → option, where they differ
_SAID = (*OF_OUTAGE, *OF_SCANDAL, *_FIELDS, "to", "threshold", "as_of")

_To = Annotated[str, typer.Option(help="Who would lose: a company, or all (all unless given).")]
_Shock = Annotated[Literal["outage", "scandal"], typer.Option(help="The standard failure.")]
_Weeks = Annotated[int | None, typer.Option(help="How many weeks it lasts (4 unless given).")]
_Severity = Annotated[float | None, typer.Option(help="The share that fails, 0-1 (1 unless given).")]
_Harm = Annotated[
    float | None,
    typer.Option(
        help=".2 nuisance, .35 money or deception, .5 unsafe (unless given), .7 injuries, 1 deaths."
    ),
]
_Culpability = Annotated[
    float | None,
    typer.Option(help="1 intent, .7 negligence, .3 accident, .1 force majeure (.7 unless given)."),
]
_Victims = Annotated[str | None, typer.Option(help="buyers or third_parties (buyers unless given).")]
_Reach = Annotated[str | None, typer.Option(help="national, regional or trade (national unless given).")]
_Ttr = Annotated[
    str | None,
    typer.Option(metavar="WEEKS|FILE", help="Weeks to recover: of all, or a CSV of company and weeks."),
]
_Threshold = Annotated[
    float | None, typer.Option(help="The share of a week's revenue lost that is felt (.01 unless given).")
]
_Horizon = Annotated[int | None, typer.Option(help="How many weeks are reckoned (52 unless given).")]
_AsOf = Annotated[str | None, typer.Option(help="The date, YYYY-MM-DD, whose chain is asked about.")]
_Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the model; repeatable."),
]
_Top = Annotated[int, typer.Option(min=1, max=100, help="How many are told, each with why.")]
_By = Annotated[
    Literal["role", "tier", "country", "region", "category"] | None,
    typer.Option(help="Also group the companies by this."),
]
_Html = Annotated[Path | None, typer.Option(help="Write the ranking as a page with its picture.")]
_Csv = Annotated[Path | None, typer.Option(help="Write all companies with their figures to this file.")]


@command(
    app,
    "rank",
    "knockon rank --to GM",
    "knockon rank --to all --shock scandal --by country",
    "knockon rank --to GM --weeks 8 --ttr recover.csv --html rank.html",
)
def run(
    call: Call,
    to: _To = ALL,
    shock: _Shock = "outage",
    weeks: _Weeks = None,
    severity: _Severity = None,
    harm: _Harm = None,
    culpability: _Culpability = None,
    victims: _Victims = None,
    reach: _Reach = None,
    ttr: _Ttr = None,
    threshold: _Threshold = None,
    horizon: _Horizon = None,
    as_of: _AsOf = None,
    set_: _Set = None,
    top: _Top = 5,
    by: _By = None,
    html: _Html = None,
    csv: _Csv = None,
) -> None:
    """Who matters most: the loss that the same failure causes at each company in turn, and why.

    A run that is stopped goes on when the same is asked again.
    """
    with call.explorer() as explorer:
        asked = Asked(
            to, shock, severity, weeks, harm, culpability, victims, reach, *_recovery(explorer, ttr),
            horizon, threshold, as_of, overrides(set_ or []),
        )  # fmt: skip
        ranking = _ranked(call, explorer, _question(explorer, asked))
        grouped = groups(ranking, places_of(explorer.store, ranking), sold_categories(ranking))
        if html is not None:
            write_text(html, [rank_page(ranking, grouped, call.lang)])
        if csv is not None:
            write_text(csv, csv_rows(_rows(explorer, ranking, call.lang)), encoding="utf-8-sig")
        for path in (html, csv):
            if path is not None:
                call.note(call.speech()("written", path=path))
        if call.as_json:
            call.answer(rank_json(explorer, ranking, call.lang, top=top))
            return
        tell_ranking(call, ranking, top)
        if by is not None:
            tell_groups(call, ranking, by, grouped, MOST_GROUPS)


def _recovery(explorer: Explorer, ttr: str | None) -> tuple[int | None, dict[str, int]]:
    """The weeks to recover of all companies, and those of single ones."""
    if ttr is None or (ttr.isdecimal() and len(ttr) <= LONGEST_WEEKS):
        return (None if ttr is None else int(ttr)), {}
    return None, times_to_recover(explorer, Path(ttr))


def _question(explorer: Explorer, asked: Asked) -> Question:
    """Raises Usage where an option is wrong, NotFound, Ambiguous."""
    try:
        return asked.question(explorer)
    except (BadField, ScenarioError) as error:
        said_by = {f"parameters.{name}": f"--set {name}" for name in asked.parameters}
        said_by |= {field: f"--{_FIELDS.get(field, field).replace('_', '-')}" for field in _SAID}
        raise Usage(f"{said_by[error.field]}: {error.message}", remedy=error.remedy) from error


def _ranked(call: Call, explorer: Explorer, question: Question) -> Ranking:
    announce(call)
    network, keep_in = explorer.network(question.as_of), kept_in(call.settings)
    try:
        with call.progress(call.speech()("ranking")) as told:
            ranking = rank(
                network, question, keep_in=keep_in, progress=lambda done, runs: told("", done, runs)
            )
    except KeyboardInterrupt:
        if is_kept(network, question):
            call.note(call.speech()("rank_stopped"))
        raise
    if ranking.not_kept:
        call.note(call.speech()("rank_kept", reason=ranking.not_kept))
    return ranking


def _rows(explorer: Explorer, ranking: Ranking, lang: str) -> Iterator[Sequence[object]]:
    """One row a company, the most dangerous first, lists joined by semicolons."""
    for number, company in enumerate(rank_json(explorer, ranking, lang, top=1)["companies"]):
        if number == 0:
            yield tuple(company)
        yield tuple(";".join(v) if isinstance(v, list) else "" if v is None else v for v in company.values())
