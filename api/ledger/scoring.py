"""Scores a ledger: each foretold loss beside what was seen, and how well the bands held over all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from api.ledger.entries import Filed, Ledger, Loss, Outcome
from graph.impact.verdicts import BANDS, Tally, Verdict, judge, tally


@dataclass(frozen=True, slots=True)
class Scored:
    """A foretold loss beside what was seen."""

    filed: Filed
    loss: Loss
    outcome: Outcome
    verdict: Verdict

    @property
    def hindsight(self) -> bool:
        """Filed after its weeks had ended: a test of the model, but no prediction."""
        return self.filed.hindsight(self.loss)


@dataclass(frozen=True, slots=True)
class Calibration:
    """How well the scores of one sort did.

    `inside`: by band, 80 and 90, how many outcomes lay in it; `sign`, `near`: how often sign and size (within
    a factor of two) were right; errors are shares of revenue, foretold less seen; None where there is none.
    """

    count: int
    inside: dict[str, Tally]
    sign: Tally
    near: Tally
    mean_error: float | None
    mean_absolute_error: float | None


def score(filed: Filed, loss: Loss) -> Scored | None:
    """The score of a foretold loss; None as long as nobody said what was seen."""
    outcome = filed.outcome(loss)
    if outcome is None:
        return None
    band = loss.band.model_dump() if loss.band else None
    return Scored(filed, loss, outcome, judge(loss.loss, outcome.seen(loss), band))


def all_scored(ledger: Ledger) -> Iterator[Scored]:
    """All scores, in the order of filing."""
    for filed in ledger.filed:
        for loss in filed.prediction.losses:
            if (found := score(filed, loss)) is not None:
                yield found


def calibration(found: Sequence[Scored]) -> Calibration:
    """How well these scores did."""
    verdicts = [each.verdict for each in found]
    within = {"80": [v.inside_80 for v in verdicts], "90": [v.inside_90 for v in verdicts]}
    return Calibration(
        count=len(found),
        inside={name: tally(within[name]) for name in BANDS},
        sign=tally(v.sign for v in verdicts),
        near=tally(v.near for v in verdicts),
        mean_error=fmean(v.error for v in verdicts) if verdicts else None,
        mean_absolute_error=fmean(abs(v.error) for v in verdicts) if verdicts else None,
    )


def holds(found: Tally, expected: float) -> bool | None:
    """Whether the share found does not speak against the one expected; None where nothing was told."""
    return None if not found.of else found.low <= expected <= found.high
