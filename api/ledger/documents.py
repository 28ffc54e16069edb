"""The ledger as JSON: one function a question, whoever asks it, on the command line or over HTTP."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from api.history import counted, judged
from api.ledger.entries import Filed, Ledger, Loss, Outcome
from api.ledger.scoring import Calibration, Scored, all_scored, calibration, holds, score
from api.words import Speech
from graph.impact.verdicts import Tally

Json = dict[str, Any]
EXPECTED = {"80": 0.8, "90": 0.9}


def listed(ledger: Ledger, say: Speech, today: dt.date, skip: int = 0, limit: int | None = None) -> Json:
    """Predictions in short, the newest first, how many there are, and what is wrong with the file."""
    newest = ledger.filed[::-1][skip : None if limit is None else skip + limit]
    found = [summary(filed, today) for filed in newest]
    return {"predictions": found, "count": len(ledger.filed), **state(ledger, say)}


def state(ledger: Ledger, say: Speech) -> Json:
    """The digest of the last line, and what is wrong with lines; reasons in the language of the call."""
    flaws = [{"line": f.line, "reason": say.said(f.reason), "broken": f.broken} for f in ledger.flaws]
    return {"head": ledger.head or None, "lines": len(ledger.digests), "flaws": flaws}


def summary(filed: Filed, today: dt.date) -> Json:
    """A prediction in short; `due`: losses whose weeks are over and of which nobody said what was seen."""
    prediction = filed.prediction
    seen = [filed.outcome(loss) is not None for loss in prediction.losses]
    over = [today >= filed.ends(loss) for loss in prediction.losses]
    return {
        "id": filed.id,
        "filed_at": prediction.filed_at,
        "name": prediction.scenario.get("name", ""),
        "begins": prediction.begins,
        "currency": prediction.currency,
        "value_added_loss": prediction.value_added_loss,
        "gross_revenue_loss": prediction.gross_revenue_loss,
        "draws": prediction.draws,
        "losses": len(seen),
        "scored": sum(seen),
        "due": sum(o and not s for o, s in zip(over, seen, strict=True)),
    }


def shown(filed: Filed) -> Json:
    """A prediction whole, with what was seen and its scores."""
    prediction = filed.prediction.model_dump(exclude={"kind", "losses"})
    return {"id": filed.id, **prediction, "losses": [_loss(filed, loss) for loss in filed.prediction.losses]}


def _loss(filed: Filed, loss: Loss) -> Json:
    found = score(filed, loss)
    outcomes = filed.outcomes.get((loss.company, loss.first, loss.last), ())
    return {
        **_foretold(loss),
        "ends": filed.ends(loss).isoformat(),
        "hindsight": filed.hindsight(loss),
        "outcome": _outcome(outcomes[-1], loss) if outcomes else None,
        "corrections": max(0, len(outcomes) - 1),
        "verdict": judged(found.verdict) if found else None,
    }


def _foretold(loss: Loss) -> Json:
    return {
        "company": loss.company,
        "name": loss.name,
        "from": loss.first,
        "to": loss.last,
        "revenue": loss.revenue,
        "loss": loss.loss,
        "money": loss.loss * loss.revenue,
        "band": loss.band.model_dump() if loss.band else None,
    }


def _outcome(outcome: Outcome, loss: Loss) -> Json:
    """What was seen, as shares of revenue, and how it was entered."""
    low, high = outcome.seen(loss)
    return {
        "low": low,
        "high": high,
        "entered": {"unit": outcome.unit, "low": outcome.low, "high": outcome.high},
        "entered_at": outcome.entered_at,
        "source": outcome.source,
    }


def scored(ledger: Ledger, say: Speech) -> Json:
    """Every score, and how well predictions did; what was filed afterwards is counted apart."""
    found = list(all_scored(ledger))
    return {
        "scores": [_score(each) for each in found],
        "calibration": {
            "predictions": _calibration([s for s in found if not s.hindsight]),
            "hindsight": _calibration([s for s in found if s.hindsight]),
        },
        **state(ledger, say),
    }


def _score(found: Scored) -> Json:
    return {
        "prediction": found.filed.id,
        **_foretold(found.loss),
        "hindsight": found.hindsight,
        "outcome": _outcome(found.outcome, found.loss),
        "verdict": judged(found.verdict),
    }


def _calibration(found: Sequence[Scored]) -> Json:
    told: Calibration = calibration(found)
    return {
        "count": told.count,
        "inside": {name: _band(each, EXPECTED[name]) for name, each in told.inside.items()},
        "sign": counted(told.sign),
        "near": counted(told.near),
        "mean_error": told.mean_error,
        "mean_absolute_error": told.mean_absolute_error,
    }


def _band(found: Tally, expected: float) -> Json:
    return {**counted(found), "expected": expected, "holds": holds(found, expected)}
