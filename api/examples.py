"""Small made-up chains, each with a question that the product was asked for, and how to switch it off."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import Field

from api.cases import Cell, Number, Tables, Texts
from api.door import Door
from api.schemas import scenario_from
from graph.errors import InputError
from graph.impact.impact import Impact
from graph.scenario import Scenario, kind_of

MONEY = ("revenue_loss", "rival_gain", "contribution_loss")


class Question(Door):
    """One what-if; the scenario has no name, its title is its name."""

    title: Texts
    scenario: dict[str, Any]


class Watch(Door):
    """A figure to look at: money over the horizon, or the peak of a weekly series [0-1]."""

    company: str
    figure: str

    def of(self, impact: Impact) -> float:
        """What the impact says."""
        place = impact.network.index[self.company]
        if self.figure in MONEY:
            of = impact.answers if self.figure == "contribution_loss" else impact
            return float(getattr(of, self.figure)[place])
        return float(impact.series[self.figure][:, place].max(initial=0.0))


class Without(Door):
    """How the cause is switched off: parameters, or all shocks of a kind left out."""

    text: Texts
    parameters: dict[str, Number] = Field(default_factory=dict)
    kind: str = ""

    def of(self, asked: Scenario) -> Scenario:
        """The same question without the cause."""
        kept = tuple(s for s in asked.shocks if kind_of(s) != self.kind)
        return replace(asked, shocks=kept, parameters={**asked.parameters, **self.parameters})


class ExampleFile(Door):
    """An example as its file holds it."""

    requirements: list[str]
    title: Texts
    story: Texts
    tables: dict[str, list[dict[str, Cell | Texts]]]
    questions: list[Question] = Field(min_length=1)
    watch: list[Watch] = Field(min_length=1)
    without: Without
    shows: Texts
    ask: list[str] = Field(default_factory=list)  # other commands that its store answers


@dataclass(frozen=True, slots=True)
class Example:
    """An example in one language; companies bear their name in the other as an alias."""

    name: str
    told: ExampleFile
    tables: Tables
    questions: tuple[Scenario, ...]


def names() -> list[str]:
    """The examples that come along."""
    return sorted(
        path.name.removesuffix(".json") for path in _folder().iterdir() if path.name.endswith(".json")
    )


def example(name: str, lang: str) -> Example:
    """An example by its name. Raises InputError, naming the closest."""
    if name not in names():
        near = difflib.get_close_matches(name, names(), 1, 0.0)[0]
        raise InputError(
            f"there is no example {name!r}", remedy=f"did you mean {near}? see: knockon examples"
        )
    told = ExampleFile.model_validate(json.loads((_folder() / f"{name}.json").read_text("utf-8")))
    return Example(
        name,
        told,
        Tables(**{table: [_row(row, lang) for row in rows] for table, rows in told.tables.items()}),
        tuple(
            scenario_from({**question.scenario, "name": getattr(question.title, lang)})
            for question in told.questions
        ),
    )


def _folder() -> Path:
    return Path(str(files("loaders") / "examples"))


def _row(row: Mapping[str, Cell | Texts], lang: str) -> dict[str, Cell]:
    cells: dict[str, Cell] = {}
    for column, cell in row.items():
        cells[column] = getattr(cell, lang) if isinstance(cell, Texts) else cell
    named = row.get("name")
    if isinstance(named, Texts) and "roles" in row:
        cells["aliases"] = [named.zh if lang == "en" else named.en]
    return cells
