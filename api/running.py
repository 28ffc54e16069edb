"""Runs a scenario for the command line: says when the engine compiles, shows how far it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from api.carried import recordable
from api.console import Call
from api.explained import Explained, Wanted, explained
from api.files import csv_rows, write_text
from graph.explorer import Explorer
from graph.impact import sweeps
from graph.impact.impact import Impact
from graph.impact.kernels import SERIES
from graph.impact.propagation import compiled
from graph.impact.sureness import Sureness, sureness
from graph.scenario import Scenario
from viz.html import impact_map
from viz.sources import told_by


def announce(call: Call) -> None:
    """Say so where the first run is about to compile the engine."""
    if not compiled():
        call.note(call.speech()("compiling"))


def run(call: Call, explorer: Explorer, asked: Scenario, *, to_draw: bool, to_tell: bool) -> Impact:
    """Reckon a scenario with a bar on stderr. Raises ScenarioError, StoreError.

    A map needs to know what travelled along the links; what is told to a person only wants to.
    """
    announce(call)
    flows = to_draw or (to_tell and recordable(explorer.network(asked.as_of), asked.horizon_weeks))
    with call.progress(call.speech()("reckoning")) as told:
        return explorer.what_if(asked, flows=flows, progress=lambda done, weeks: told("", done, weeks))


def run_draws(call: Call, impact: Impact, count: int, company: str = "") -> Sureness:
    """Draw around an impact with a bar on stderr; `company` as in sureness. Raises ScenarioError."""
    with call.progress(call.speech()("drawing")) as told:
        return sureness(
            impact,
            count,
            company=company,
            weekly=call.as_json,
            progress=lambda done, draws: told("", done, draws),
        )


def run_explained(call: Call, impact: Impact, want: Wanted) -> Explained:
    """Divide the loss of an impact. Raises ScenarioError."""
    if not sweeps.compiled():
        call.note(call.speech()("compiling"))
    return explained(impact, want)


def write_map(
    path: Path,
    call: Call,
    explorer: Explorer,
    impact: Impact,
    why: Explained | None = None,
    sure: Sureness | None = None,
) -> None:
    """The impact map, with the paths of an explanation and the band of draws, as one HTML file.

    Raises InputError.
    """
    division = why.division if why else None
    page = impact_map(impact, lang=call.lang, facts=told_by(explorer.store), why=division, sure=sure)
    write_text(path, [page])


def write_series(path: Path, impact: Impact) -> None:
    """The weekly series as CSV, one row a company and week, marked as UTF-8 for spreadsheets."""
    write_text(path, csv_rows(_rows(impact)), encoding="utf-8-sig")


def _rows(impact: Impact) -> Iterator[Sequence[object]]:
    yield ("company", "name", "week", *SERIES)
    for place, (key, name) in enumerate(zip(impact.network.ids, impact.network.names, strict=True)):
        columns = [impact.series[s][:, place].tolist() for s in SERIES]
        for week, values in enumerate(zip(*columns, strict=True)):
            yield (key, name, week, *values)
