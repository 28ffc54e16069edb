"""What stands in a ledger: predictions, and outcomes that were entered later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from api.ledger.file import Flaw, read
from graph.errors import InputError, NotFound
from graph.impact.impact import WEEKS_A_YEAR
from graph.scenario import LONGEST_HORIZON

ID = 12  # characters of the hash that name a prediction
LAST = "last"  # names the prediction that was filed last
SHORTEST = 4  # that are enough to name one, where no other begins alike

_STRANGE = "holds an entry that this version does not know"
Place = tuple[str, int, int]  # company, first and last week

LATEST_YEAR = 9900  # in which a week 0 may lie, so that the end of any horizon is a date

Finite = Annotated[float, Field(allow_inf_nan=False)]


class TooLate(ValueError):
    """A date past LATEST_YEAR."""


def day(text: str) -> str:
    """A date as YYYY-MM-DD. ValueError where it is none; TooLate where the end of a horizon might be none."""
    found = dt.date.fromisoformat(text)
    if found.year > LATEST_YEAR:
        raise TooLate(text)
    if found.isoformat() != text:
        raise ValueError("a week, or a day without its dashes")
    return text


def _moment(text: str) -> str:
    dt.datetime.fromisoformat(text)
    return text


Day = Annotated[str, AfterValidator(day)]
Moment = Annotated[str, AfterValidator(_moment)]
Week = Annotated[int, Field(ge=0, lt=LONGEST_HORIZON)]


class Entry(BaseModel):
    """What all entries have in common."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Band(Entry):
    """Percentiles of a figure over the draws, in its own unit."""

    p5: Finite
    p10: Finite
    p50: Finite
    p90: Finite
    p95: Finite


class Stamp(Entry):
    """Which state of the facts a prediction rests on."""

    revision: int
    hash: str


class Loss(Entry):
    """What a company is foretold to lose over some weeks, both ends counted in.

    `loss` and its band are shares of the `revenue` of these weeks [0-1; currency].
    """

    company: str
    name: str
    first: Week
    last: Week
    revenue: Finite
    loss: Finite
    band: Band | None


class Prediction(Entry):
    """A what-if as it was filed by a release of knockon; money is in `currency`.

    `begins`: the day on which week 0 begins; `parameters`: all, as they stood; `chain_as_of`: the date whose
    chain it is (Network.day), None also in entries of releases that did not say it.
    """

    kind: Literal["prediction"] = "prediction"
    filed_at: Moment
    release: str
    note: str
    begins: Day
    chain: str
    snapshot: Stamp
    chain_as_of: str | None = None
    currency: str | None
    scenario: dict[str, Any]
    parameters: dict[str, Finite]
    draws: int
    value_added_loss: Finite
    gross_revenue_loss: Finite
    intervals: dict[str, Band]
    losses: list[Loss]


class Outcome(Entry):
    """What was seen of a company over the weeks of a prediction; from `low` to `high` where it is not exact.

    A loss is above 0, a gain below: a share of the revenue of these weeks, or the prediction's currency.
    """

    kind: Literal["outcome"] = "outcome"
    entered_at: Moment
    prediction: str
    company: str
    first: Week
    last: Week
    unit: Literal["share", "money"]
    low: Finite
    high: Finite
    source: str = Field(min_length=1)

    def seen(self, loss: Loss) -> tuple[float, float]:
        """The same as shares of the revenue of these weeks."""
        by = 1.0 if self.unit == "share" else loss.revenue or 1.0
        return self.low / by, self.high / by


@dataclass(frozen=True, slots=True)
class Filed:
    """A prediction with its id, and the outcomes entered for it, the last of each window as it stands now."""

    id: str
    prediction: Prediction
    outcomes: Mapping[Place, tuple[Outcome, ...]]

    def ends(self, loss: Loss) -> dt.date:
        """The day after a window's last week."""
        return dt.date.fromisoformat(self.prediction.begins) + dt.timedelta(weeks=loss.last + 1)

    def hindsight(self, loss: Loss) -> bool:
        """Whether the prediction was filed after the window had ended."""
        return dt.datetime.fromisoformat(self.prediction.filed_at).date() >= self.ends(loss)

    def outcome(self, loss: Loss) -> Outcome | None:
        """What was seen in the end, as far as anybody said."""
        said = self.outcomes.get((loss.company, loss.first, loss.last), ())
        return said[-1] if said else None


@dataclass(frozen=True)
class Ledger:
    """All that stands in a ledger, predictions in the order in which they were filed."""

    path: Path
    filed: tuple[Filed, ...]
    flaws: tuple[Flaw, ...]
    digests: tuple[str, ...]

    @property
    def head(self) -> str:
        """The digest of the last line."""
        return self.digests[-1] if self.digests else ""

    @property
    def broken(self) -> bool:
        """Whether something that was written once is not there any more as it was."""
        return any(flaw.broken for flaw in self.flaws)

    def find(self, name: str) -> Filed:
        """The prediction whose id begins so, or the last one filed. Raises NotFound, InputError."""
        if name == LAST and self.filed:
            return self.filed[-1]
        found = [f for f in self.filed if len(name) >= SHORTEST and f.id.startswith(name.lower())]
        if len(found) > 1:
            raise InputError(f"{len(found)} predictions begin with {name!r}", remedy="write the whole id")
        if not found:
            raise NotFound(f"there is no prediction {name!r}", remedy="see them by: knockon ledger list")
        return found[0]


def open_ledger(path: Path) -> Ledger:
    """The ledger in a file; an empty one where there is none. Raises InputError."""
    written = read(path)
    flaws = list(written.flaws)
    predictions: list[tuple[str, Prediction]] = []
    outcomes: dict[str, dict[Place, tuple[Outcome, ...]]] = {}
    for line in written.lines:
        entry = _entry(line.entry)
        if isinstance(entry, Prediction):
            predictions.append((line.hash[:ID], entry))
        elif isinstance(entry, Outcome):
            said = outcomes.setdefault(entry.prediction, {})
            place = (entry.company, entry.first, entry.last)
            said[place] = (*said.get(place, ()), entry)
        else:
            flaws.append(Flaw(line.number, _STRANGE, broken=False))
    filed = tuple(Filed(key, entry, outcomes.get(key, {})) for key, entry in predictions)
    return Ledger(path, filed, tuple(sorted(flaws, key=lambda flaw: flaw.line)), written.digests)


def _entry(document: Mapping[str, Any]) -> Prediction | Outcome | None:
    """What a line holds; None where this version does not know it."""
    try:
        if document.get("kind") == "prediction":
            return Prediction.model_validate(document)
        return Outcome.model_validate(document)
    except ValidationError:
        return None


def revenue_of(annual: float, first: int, last: int) -> float:
    """The revenue of some weeks of a company [currency]."""
    return annual / WEEKS_A_YEAR * (last - first + 1)
