"""The true stories of the demo: loaded into a store, their what-ifs reckoned, history set beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from api.schemas import scenario_from
from graph.errors import InputError
from graph.impact.impact import WEEKS_A_YEAR, Impact
from graph.scenario import Scenario
from graph.stores.base import Store
from loaders.session import LoadOptions, Progress, load

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """One what-if of a story, and on what its figures rest."""

    name: str
    title: Texts
    basis: Texts
    scenario: Scenario


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that facts give."""

    value: float
    unit: str
    text: Texts


@dataclass(frozen=True, slots=True)
class Beside:
    """A figure of the model beside one of history; `observed` is None where no fact tells, so is `agrees`.

    `steps` are the figures by which the one of history was worked out.
    """

    question: str
    quantity: str
    company: str
    first: int
    last: int
    observed: float | None
    unit: str
    agrees: bool | None
    text: Texts
    steps: tuple[Figure, ...]

    def figure(self, impact: Impact) -> float:
        """What the model says: money [currency], a share [0-1], or percent of revenue."""
        place = impact.network.index[self.company]
        weeks = impact.series["revenue_loss_share"][self.first : self.last + 1, place]
        costs = [c for c in impact.direct_costs if c.bearer == self.company]
        amount, repaid = sum(c.amount for c in costs), sum(c.repaid for c in costs)
        return {
            "revenue_loss": float(weeks.sum()) * float(impact.chain.revenue[place]) / WEEKS_A_YEAR,
            "loss_percent": 100.0 * float(weeks.mean()),
            "repaid": repaid,
            "borne": amount - repaid,
            "repaid_share": repaid / amount if amount else 0.0,
        }[self.quantity]


@dataclass(frozen=True, slots=True)
class Story:
    """What happened, what is asked about it, and where the model and history disagree."""

    id: str
    title: Texts
    what_happened: Texts
    files: tuple[Path, ...]
    questions: tuple[Question, ...]
    beside: tuple[Beside, ...]
    disagreement: Texts
    figures: tuple[Figure, ...]


def _folder() -> Path:
    return Path(str(files("loaders") / "demo"))


def stories(lang: str = "en") -> tuple[Story, ...]:
    """The stories that come along; their scenarios are named in this language (en or zh)."""
    told = json.loads((_folder() / "stories.json").read_text("utf-8"))
    return tuple(_story(each, lang) for each in told["stories"])


def _story(told: dict[str, Any], lang: str) -> Story:
    own = _folder() / told["id"]
    return Story(
        id=told["id"],
        title=told["title"],
        what_happened=told["what_happened"],
        files=(
            *(own / name for name in told["tables"]),
            *(_folder() / name for name in told["also_load"]),
        ),
        questions=tuple(_question(own, q, lang) for q in told["scenarios"]),
        beside=tuple(_beside(b) for b in told["beside"]),
        disagreement=told["disagreement"],
        figures=_figures(told["figures"]),
    )


def _question(folder: Path, told: dict[str, Any], lang: str) -> Question:
    written = json.loads((folder / told["file"]).read_text("utf-8"))
    scenario = scenario_from({**written, "name": told["title"][lang]})
    return Question(told["file"].removesuffix(".scenario.json"), told["title"], told["basis"], scenario)


def _beside(told: dict[str, Any]) -> Beside:
    model, observed = told["model"], told["observed"]
    return Beside(
        question=told["scenario"].removesuffix(".scenario.json"),
        quantity=model["quantity"],
        company=model["company"],
        first=model["from"],
        last=model["to"],
        observed=observed["value"],
        unit=observed["unit"],
        agrees=told["agrees"],
        text=told["text"],
        steps=_figures(told.get("steps", ())),
    )


def _figures(told: Iterable[dict[str, Any]]) -> tuple[Figure, ...]:
    return tuple(Figure(f["value"], f["unit"], f["text"]) for f in told)


def load_stories(store: Store, rejects: Path, progress: Progress | None = None) -> None:
    """All stories into one store. Raises InputError where a row of theirs is rejected."""
    paths = list(dict.fromkeys(_all_files()))
    report = load(store, paths, LoadOptions(currency="USD", rejects=rejects, strict=True), progress)
    if not report.written:
        raise InputError(
            "the stories' own files were rejected",
            remedy=f"see {rejects}, and report it: it is a fault of ours",
        )


def _all_files() -> Iterator[Path]:
    for story in stories():
        yield from story.files
