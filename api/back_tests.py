"""The model against history: each case loaded into a store of its own and reckoned."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from api.cases import PERCENT, Case, Cell, Tabled, Window
from api.schemas import scenario_from
from graph.errors import InputError, KnockonError, ScenarioError
from graph.explorer import Explorer
from graph.impact.impact import WEEKS_A_YEAR, Impact
from graph.impact.uncertainty import Draws, draws
from graph.impact.verdicts import Verdict, judge
from graph.scenario import Scenario
from graph.stores.registry import open_store
from loaders.session import LoadOptions, LoadReport, load

TOLERANCE = {PERCENT: 0.05, "currency bn": 0.005}  # figures are stated to .1 and to .01


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the model says of one window, and what that is worth.

    `figure`: with the defaults; `band`: p5 … p95 of it over the draws, None without draws; `kept`: the figure
    is still the one that the case states; `day`: of the chain, as Network has it; `verdict`: beside what was
    seen, None where nothing was.
    """

    window: Window
    figure: float
    band: Mapping[str, float] | None
    kept: bool
    day: str

    @property
    def verdict(self) -> Verdict | None:
        """The figure and its band beside what was seen."""
        seen = self.window.seen
        return None if seen is None else judge(self.figure, seen, self.band)


@dataclass(frozen=True, slots=True)
class Result:
    """A case and its windows."""

    file: Path
    case: Case
    outcomes: tuple[Outcome, ...]
    warnings: tuple[str, ...]


def back_test(file: Path, case: Case, count: int) -> Result:
    """Load a case's chain into a store of its own and reckon its windows; `count` draws make their bands.

    InputError names the file, and the field that is wrong.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="knockon-") as name:
            return _reckoned(file, case, Path(name), count)
    except KnockonError as error:
        raise InputError(f"{file}: {error.message}", file=str(file), remedy=error.remedy) from error


def write_tables(case: Tabled, folder: Path) -> None:
    """Write a case's tables as CSV files into a folder that is there."""
    for table, rows in case.tables.model_dump().items():
        if rows:
            _write(folder / f"{table}.csv", rows)


def _reckoned(file: Path, case: Case, folder: Path, count: int) -> Result:
    tables = folder / "tables"
    tables.mkdir()
    write_tables(case, tables)
    with open_store(str(folder / "case.db")) as store:
        report = load(store, [tables], LoadOptions(rejects=folder, strict=True))
        if not report.written:
            raise _refused(report, folder)
        outcomes = tuple(_outcomes(case, Explorer(store), count))
    return Result(file, case, outcomes, report.warnings)


def _write(path: Path, rows: list[dict[str, Cell]]) -> None:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ";".join(value) if isinstance(value, list) else str(value)


@dataclass(frozen=True, slots=True)
class _Wrong:
    """A field of a case, and what is wrong with it."""

    field: str
    reason: str
    remedy: str


def _refused(report: LoadReport, folder: Path) -> InputError:
    """The first thing that the load refused, as a field of the case."""
    wrong = next(_refusals(report, folder))
    return InputError(f"{wrong.field}: {wrong.reason}", remedy=wrong.remedy)


def _refusals(report: LoadReport, folder: Path) -> Iterator[_Wrong]:
    for file in report.files:
        table = f"tables.{Path(file.file).stem}"
        if file.error:
            yield _Wrong(table, file.error, file.remedy)
        for row in _rejects(folder / f"{Path(file.file).stem}.rejects.csv"):
            place = f"{table}.{int(row['row']) - 2}"  # the header is row 1
            column = f".{row['column']}" if row["column"] else ""
            yield _Wrong(place + column, row["reason"], row["remedy"])


def _rejects(file: Path) -> list[dict[str, str]]:
    if not file.exists():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _outcomes(case: Case, explorer: Explorer, count: int) -> Iterator[Outcome]:
    """The windows of a case in their order; those of the same parameters are reckoned at once."""
    reckoned: dict[str, tuple[Impact, Draws | None]] = {}
    for number, window in enumerate(case.windows):
        key = json.dumps(window.parameters, sort_keys=True)
        if key not in reckoned:
            impact = explorer.what_if(_scenario(case, window))
            alike = {str(n): w for n, w in enumerate(case.windows) if w.parameters == window.parameters}
            for n, other in alike.items():
                _check(other, f"windows.{n}", impact)
            figures = {n: figure_of(case.unit, other) for n, other in alike.items()}
            drawn = draws(impact.network, impact.scenario, count, functionals=figures) if count else None
            reckoned[key] = impact, drawn
        impact, drawn = reckoned[key]
        figure = figure_of(case.unit, window)(impact)
        band = (
            {name: float(v) for name, v in drawn.interval(str(number))._asdict().items()} if drawn else None
        )
        stated = window.model
        kept = stated is None or abs(figure - stated) <= TOLERANCE[case.unit] + 1e-9
        yield Outcome(window, figure, band, kept, impact.network.day)


def _scenario(case: Case, window: Window) -> Scenario:
    """What is asked for a window. Raises InputError naming the field."""
    try:
        asked = scenario_from(case.scenario)
        return replace(asked, parameters={**asked.parameters, **window.parameters})
    except ScenarioError as error:
        wrong = _Wrong("scenario", error.message, error.remedy)
        raise InputError(f"{wrong.field}: {wrong.reason}", remedy=wrong.remedy) from error


def _check(window: Window, field: str, impact: Impact) -> None:
    if window.company not in impact.network.index:
        raise InputError(
            f"{field}.company: there is no company {window.company!r}", remedy="name one of its tables by id"
        )
    if not window.first <= window.last < impact.weeks:
        raise InputError(
            f"{field}: weeks {window.first} to {window.last} do not lie within a horizon of {impact.weeks}",
            remedy="write from and to, the first and the last week, both below horizon_weeks",
        )


def figure_of(unit: str, window: Window) -> Callable[[Impact], float]:
    """What is read of an impact for a window, in the case's unit; a loss is below 0."""

    def figure(impact: Impact) -> float:
        place = impact.network.index[window.company]
        weeks = impact.series["revenue_loss_share"][window.first : window.last + 1, place]
        lost = float(weeks.sum()) / window.divide_by
        if unit == PERCENT:
            return -100.0 * lost
        return -lost * float(impact.chain.revenue[place]) / WEEKS_A_YEAR / 1e9

    return figure
