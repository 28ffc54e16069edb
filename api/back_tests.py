"""The model against history: cases as files, each loaded into a store of its own and reckoned."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field, ValidationError

from api.door import Door
from api.json_files import read_json
from api.schemas import field_errors, scenario_from
from graph.errors import InputError, KnockonError
from graph.explorer import Explorer
from graph.impact.impact import WEEKS_A_YEAR, Impact
from graph.stores.registry import open_store
from loaders.session import LoadOptions, load

PERCENT = "percent of revenue"
TOLERANCE = {PERCENT: 0.05, "currency bn": 0.005}  # figures are stated to .1 and to .01

Cell = str | float | bool | list[str] | None
Number = Annotated[float, Field(allow_inf_nan=False)]


class Texts(Door):
    """A text in both languages."""

    en: str
    zh: str


class Tables(Door):
    """The chain of a case, as rows of the generic tables."""

    companies: list[dict[str, Cell]] = Field(min_length=1)
    links: list[dict[str, Cell]] = Field(default_factory=list)
    markets: list[dict[str, Cell]] = Field(default_factory=list)


class Tabled(Protocol):
    """What brings a chain of its own."""

    @property
    def tables(self) -> Tables: ...


class Window(Door):
    """Some weeks, both ends counted in, and what was seen in them; a loss is below 0."""

    company: str
    first: int = Field(alias="from", ge=0)
    last: int = Field(alias="to", ge=0)
    divide_by: Number = Field(gt=0)
    observed: Number | list[Number] | None
    model: Number | None = None
    parameters: dict[str, Number] = Field(default_factory=dict)
    bracketed: bool = False


class Case(Door):
    """One case of history."""

    name: Texts
    unit: Literal["percent of revenue", "currency bn"]
    source: str
    tables: Tables
    scenario: dict[str, Any]
    windows: list[Window] = Field(min_length=1)
    known_failure: bool = False
    reason: Texts | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the model says of one window beside what was seen, and whether it still says what is stated."""

    window: Window
    figure: float
    kept: bool


@dataclass(frozen=True, slots=True)
class Result:
    """A case and its windows."""

    file: Path
    case: Case
    outcomes: tuple[Outcome, ...]


def bundled() -> list[Path]:
    """The cases that come along."""
    return sorted(Path(str(files("loaders") / "backtests")).glob("*.json"))


def cases(paths: list[Path]) -> Iterator[tuple[Path, Case]]:
    """The cases in these files and folders. Raises InputError."""
    for path in paths:
        for file in sorted(path.glob("*.json")) if path.is_dir() else [path]:
            yield file, _read(file)


def _read(file: Path) -> Case:
    try:
        return Case.model_validate(read_json(file))
    except ValidationError as error:
        wrong = field_errors(error.errors(include_url=False, include_input=False))
        said = "; ".join(f"{w['field']}: {w['detail']}" for w in wrong[:10])
        raise InputError(
            f"{file} is no case: {said}",
            file=str(file),
            remedy="correct it; loaders/backtests/README.md describes a case",
        ) from None


def back_test(file: Path, case: Case) -> Result:
    """Load a case's chain into a store of its own and reckon its windows. InputError names the file."""
    try:
        scenario_from(case.scenario)
        return _reckoned(file, case)
    except KnockonError as error:
        raise InputError(f"{file}: {error.message}", file=str(file), remedy=error.remedy) from error


def write_tables(case: Tabled, folder: Path) -> None:
    """Write the tables of a case as CSV files into a folder that is there."""
    for table, rows in case.tables.model_dump().items():
        if rows:
            _write(folder / f"{table}.csv", rows)


def _reckoned(file: Path, case: Case) -> Result:
    with tempfile.TemporaryDirectory(prefix="knockon-") as name:
        folder = Path(name)
        tables = folder / "tables"
        tables.mkdir()
        write_tables(case, tables)
        with open_store(str(folder / "case.db")) as store:
            report = load(store, [tables], LoadOptions(rejects=folder, strict=True))
            if not report.written:
                raise InputError(
                    "its tables hold a row that is rejected",
                    remedy="try them as CSV files with knockon load --strict",
                )
            return Result(file, case, tuple(_outcomes(case, Explorer(store))))


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


def _outcomes(case: Case, explorer: Explorer) -> Iterator[Outcome]:
    impacts: dict[str, Impact] = {}
    for number, window in enumerate(case.windows):
        parameters = case.scenario.get("parameters", {}) | window.parameters
        key = json.dumps(parameters, sort_keys=True)
        if key not in impacts:
            impacts[key] = explorer.what_if(scenario_from({**case.scenario, "parameters": parameters}))
        impact = impacts[key]
        place = impact.network.index.get(window.company)
        if place is None or not window.first <= window.last < impact.weeks:
            raise InputError(
                f"windows.{number} names no company of the case, or weeks beyond its horizon",
                remedy="name a company of its tables, and weeks before horizon_weeks",
            )
        figure = _figure(case.unit, window, impact, place)
        stated = window.model
        kept = stated is None or abs(figure - stated) <= TOLERANCE[case.unit] + 1e-9
        yield Outcome(window, figure, kept)


def _figure(unit: str, window: Window, impact: Impact, place: int) -> float:
    weeks = impact.series["revenue_loss_share"][window.first : window.last + 1, place]
    lost = float(weeks.sum()) / window.divide_by
    if unit == PERCENT:
        return -100.0 * lost
    return -lost * float(impact.chain.revenue[place]) / WEEKS_A_YEAR / 1e9
