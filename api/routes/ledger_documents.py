"""The shape of what the ledger answers over HTTP, for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.ledger.entries import Band, Stamp
from api.routes.document import Document

_FROM = Field(alias="from", description="first week, counted in")
_TO = Field(alias="to", description="last week, counted in")


class FlawDocument(Document):
    """Something wrong with a line of the file; `broken`: what was written once is not there as it was."""

    line: int
    reason: str
    broken: bool


class State(Document):
    """The state of the ledger's file; `head` is the digest of its last line."""

    head: str | None
    lines: int
    flaws: list[FlawDocument]


class PredictionSummary(Document):
    """A prediction in short; `due`: figures whose weeks are over and that wait for an outcome."""

    id: str
    filed_at: str
    name: str
    begins: str
    currency: str | None
    value_added_loss: float
    gross_revenue_loss: float
    draws: int
    losses: int
    scored: int
    due: int


class LedgerPage(State):
    """Predictions, the newest first; `count`: how many there are."""

    predictions: list[PredictionSummary]
    count: int


class VerdictDocument(Document):
    """What was foretold beside what was seen; null: cannot be told. `near`: right within a factor of two."""

    inside_80: bool | None
    inside_90: bool | None
    sign: bool | None
    error: float
    ratio: float | None
    near: bool | None


class Entered(Document):
    """An outcome as it was entered."""

    unit: Literal["share", "money"]
    low: float
    high: float


class OutcomeDocument(Document):
    """What was seen, as shares of the revenue of these weeks; a loss is above 0."""

    low: float
    high: float
    entered: Entered
    entered_at: str
    source: str


class Foretold(Document):
    """What a company was foretold to lose: `loss` and `band` are shares of `revenue`."""

    company: str
    name: str
    first: int = _FROM
    last: int = _TO
    revenue: float
    loss: float
    money: float
    band: Band | None
    hindsight: bool = Field(description="filed after these weeks had ended")
    outcome: OutcomeDocument | None
    verdict: VerdictDocument | None


class LossDocument(Foretold):
    """A figure of a prediction."""

    ends: str = Field(description="the day after the last week")
    corrections: int


class PredictionDocument(Document):
    """A prediction as it was filed, what was seen, and its scores."""

    id: str
    filed_at: str
    release: str
    note: str
    begins: str
    chain: str
    snapshot: Stamp
    chain_as_of: str | None = Field(
        description="the date whose chain it is; null where no date plays a part, or its release did not say"
    )
    currency: str | None
    scenario: dict[str, Any]
    parameters: dict[str, float]
    draws: int
    value_added_loss: float
    gross_revenue_loss: float
    intervals: dict[str, Band]
    losses: list[LossDocument]


class ScoreDocument(Foretold):
    """A figure that is scored."""

    prediction: str


class TallyDocument(Document):
    """How many of how many, and the 95 % interval of the share."""

    count: int
    of: int
    share: float | None
    low: float | None
    high: float | None


class BandTally(TallyDocument):
    """How many lay inside a band; `holds`: whether that does not speak against what is expected of it."""

    expected: float
    holds: bool | None


class CalibrationDocument(Document):
    """How well figures of one sort did; errors are shares of revenue, foretold less seen."""

    count: int
    inside: dict[str, BandTally]
    sign: TallyDocument
    near: TallyDocument
    mean_error: float | None
    mean_absolute_error: float | None


class Calibrations(Document):
    """Predictions, and apart what was filed afterwards."""

    predictions: CalibrationDocument
    hindsight: CalibrationDocument


class ScoreSheet(State):
    """All scores, in the order of filing."""

    scores: list[ScoreDocument]
    calibration: Calibrations
