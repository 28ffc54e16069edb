"""Makes the entries of a ledger: a prediction from a what-if, an outcome from what somebody saw."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from api import answers
from api.errors import BadField
from api.ledger.entries import Band, Filed, Loss, Outcome, Prediction, Stamp, revenue_of
from graph.errors import NotFound, ScenarioError
from graph.explorer import Explorer
from graph.impact.impact import Impact
from graph.impact.propagation import Progress
from graph.impact.uncertainty import Draws, Interval, draws
from graph.names import key
from graph.scenario import Scenario

MOST_LOSSES = 2000  # in one prediction
LOSERS = 10  # companies that a prediction is about, beside those shocked, unless they are named
TOTALS = ("value_added_loss", "gross_revenue_loss")

Weeks = tuple[int, int]  # first and last, both counted in


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be foretold: of which companies and weeks (none: the hardest hit, the whole horizon).

    `begins` is the day of week 0; `draws` 0 asks for no bands.
    """

    scenario: Scenario
    companies: Sequence[str]
    windows: Sequence[Weeks]
    begins: dt.date
    note: str
    draws: int


def foretell(
    explorer: Explorer, asked: Asked, chain: str, now: dt.datetime, progress: Progress | None = None
) -> Prediction:
    """Reckon a what-if and write down what it foretells. Raises InputError, NotFound, StoreError."""
    for number, (first, last) in enumerate(asked.windows):
        if not 0 <= first <= last < asked.scenario.horizon_weeks:
            raise BadField(
                f"weeks {first} to {last} do not lie within a horizon of {asked.scenario.horizon_weeks}",
                field=f"windows.{number}",
                remedy="write the first and the last week, both below horizon_weeks",
            )
    named = [explorer.find(name).id for name in asked.companies]
    impact = explorer.what_if(asked.scenario, progress=progress)
    companies = [impact.network.index[name] for name in named] or _hardest_hit(impact)
    windows = list(dict.fromkeys(asked.windows)) or [(0, impact.weeks - 1)]
    places = [(i, window) for i in dict.fromkeys(companies) for window in windows]
    if len(places) > MOST_LOSSES:
        raise BadField(
            f"{len(places)} losses are more than {MOST_LOSSES}",
            field="companies",
            remedy="name fewer of them",
        )
    drawn = None
    if asked.draws:
        functionals = {_name(place): _share(*place) for place in places}
        drawn = draws(
            impact.network, impact.scenario, asked.draws, functionals=functionals, progress=progress
        )
    return _prediction(impact, asked, places, drawn, (chain, now))


def _prediction(
    impact: Impact,
    asked: Asked,
    places: Sequence[tuple[int, Weeks]],
    drawn: Draws | None,
    where: tuple[str, dt.datetime],
) -> Prediction:
    stamp = impact.network.snapshot
    chain, now = where
    return Prediction(
        filed_at=now.isoformat(timespec="seconds"),
        release=importlib.metadata.version("knockon"),
        note=asked.note,
        begins=asked.begins.isoformat(),
        chain=chain,
        snapshot=Stamp(revision=stamp.revision, hash=stamp.hash),
        chain_as_of=impact.network.day or None,
        currency=stamp.currency or None,
        scenario=answers.scenario(impact.scenario),
        parameters=dict(impact.parameters),
        draws=asked.draws,
        value_added_loss=impact.value_added_loss,
        gross_revenue_loss=impact.gross_revenue_loss,
        intervals={name: _band(drawn.interval(name)) for name in TOTALS} if drawn else {},
        losses=[_loss(impact, place, drawn) for place in places],
    )


def _hardest_hit(impact: Impact) -> list[int]:
    """Those shocked, and those that lose most."""
    shocked = [impact.network.index[shock.company] for shock in impact.scenario.shocks]
    return [*shocked, *answers.losers(impact, LOSERS)]


def _name(place: tuple[int, Weeks]) -> str:
    i, (first, last) = place
    return f"{i}:{first}-{last}"


def _share(i: int, weeks: Weeks) -> Callable[[Impact], float]:
    """The share of these weeks' revenue that a company loses."""

    def share(impact: Impact) -> float:
        first, last = weeks
        return float(impact.series["revenue_loss_share"][first : last + 1, i].mean())

    return share


def _band(interval: Interval) -> Band:
    return Band(**{name: float(value) for name, value in interval._asdict().items()})


def _loss(impact: Impact, place: tuple[int, Weeks], drawn: Draws | None) -> Loss:
    i, (first, last) = place
    return Loss(
        company=impact.network.ids[i],
        name=impact.network.names[i],
        first=first,
        last=last,
        revenue=revenue_of(float(impact.chain.revenue[i]), first, last),
        loss=_share(i, (first, last))(impact),
        band=_band(drawn.interval(_name(place))) if drawn else None,
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody saw: company by id or name, weeks (None: the only ones foretold of it), loss."""

    company: str
    weeks: Weeks | None
    unit: str
    low: float
    high: float
    source: str


def observe(filed: Filed, seen: Seen, now: dt.datetime) -> Outcome:
    """The entry of what was seen of a prediction's company. Raises BadField, NotFound."""
    loss = _foretold(filed, seen)
    if now.date() < filed.ends(loss):
        raise BadField(
            f"weeks {loss.first} to {loss.last} end on {filed.ends(loss)}: nobody has seen them whole yet",
            field="weeks",
            remedy="enter what was seen once they are over",
        )
    if seen.unit == "money" and loss.revenue <= 0:
        raise BadField(
            f"{loss.company} has no revenue, so money is no share of it", field="unit", remedy="give a share"
        )
    if not seen.source.strip():
        raise BadField("no source is named", field="source", remedy="say where it was read")
    if seen.low > seen.high:
        raise BadField("the lower end stands first", field="low", remedy="exchange the two")
    return Outcome.model_validate(
        {
            "entered_at": now.isoformat(timespec="seconds"),
            "prediction": filed.id,
            "company": loss.company,
            "first": loss.first,
            "last": loss.last,
            "unit": seen.unit,
            "low": seen.low,
            "high": seen.high,
            "source": seen.source,
        }
    )


def _foretold(filed: Filed, seen: Seen) -> Loss:
    """The loss that was foretold of this company and these weeks."""
    losses = filed.prediction.losses
    own = [loss for loss in losses if loss.company == seen.company]
    own = own or [loss for loss in losses if key(loss.name) == key(seen.company)]
    if not own:
        names = ", ".join(dict.fromkeys(loss.company for loss in losses))
        raise NotFound(
            f"the prediction {filed.id} says nothing of {seen.company!r}", remedy=f"name one of {names}"
        )
    found = [loss for loss in own if seen.weeks in (None, (loss.first, loss.last))]
    if len(found) != 1:
        names = ", ".join(f"{loss.first}-{loss.last}" for loss in own)
        raise BadField(
            f"of {own[0].company} the weeks {names} were foretold", field="weeks", remedy="name one of them"
        )
    return found[0]


def asked_of(document: Mapping[str, object], explorer: Explorer) -> Mapping[str, object]:
    """The scenario in a document: itself, or that of a what-if's answer on the present facts.

    Raises ScenarioError where the answer rests on other facts than those of now.
    """
    if not isinstance(scenario := document.get("scenario"), dict):
        return document
    snapshot = document.get("snapshot")
    now = explorer.store.snapshot().hash
    if not isinstance(snapshot, dict) or snapshot.get("hash") != now:
        raise ScenarioError(
            "the answer rests on other facts than those of the store now",
            field="snapshot",
            remedy="run the what-if again, then file it",
        )
    return scenario
