"""The ledger for a person at a terminal: its predictions, one of them, how good they were."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from api.console import Call
from api.history import word
from api.ledger.documents import EXPECTED, summary
from api.ledger.entries import Filed, Ledger, Loss
from api.ledger.scoring import Scored, all_scored, calibration, holds, score
from api.terminal import table
from api.words import Speech
from graph.impact.verdicts import Tally
from viz.plot import decimals

_LARGE = 10.0  # percent: above, one decimal is enough


def tell_flaws(call: Call, ledger: Ledger) -> None:
    """What is wrong with lines: on stderr, beside whatever the answer is."""
    say = call.speech()
    for flaw in ledger.flaws:
        said = say("ledger_flaw", line=flaw.line, path=ledger.path, reason=say.said(flaw.reason))
        call.note(say("load_warning", warning=say.sentence(said)))


def tell_list(call: Call, ledger: Ledger, today: dt.date) -> None:
    """The predictions in short, the newest first."""
    say = call.speech()
    if not ledger.filed:
        call.print(say("ledger_none", path=ledger.path))
        return
    heads = (
        *("ledger_id", "ledger_at", "ledger_begins", "ledger_name", "ledger_loss"),
        *("ledger_scored", "ledger_due"),
    )
    rows = []
    for filed in ledger.filed[::-1]:
        short = summary(filed, today)
        money = Speech(say.lang, short["currency"] or "").words.money(short["value_added_loss"])
        scored = f"{short['scored']} / {short['losses']}"
        rows.append(
            (
                filed.id,
                short["filed_at"][:10],
                short["begins"],
                _called(filed, say),
                money,
                scored,
                short["due"],
            )
        )
    call.print(table([say(h) for h in heads], rows, numbers=(4, 5, 6)))
    call.print()
    call.print(say("ledger_head", count=len(rows), path=ledger.path, head=ledger.head), style="dim")


def _called(filed: Filed, say: Speech) -> str:
    return str(filed.prediction.scenario.get("name") or say("ledger_unnamed"))


def tell_prediction(call: Call, filed: Filed, today: dt.date) -> None:
    """What was foretold, and what came of it."""
    prediction = filed.prediction
    say = call.speech(prediction.currency or "")
    call.print(say("ledger_title", name=_called(filed, say), date=prediction.begins), style="bold")
    money = say.words.money
    call.print(
        say(
            "two_totals",
            value_added=money(prediction.value_added_loss),
            gross=money(prediction.gross_revenue_loss),
        )
    )
    if prediction.scenario.get("exits"):
        call.print(say("ledger_exits"))
    if prediction.note:
        call.print(prediction.note)
    heads = [say(h) for h in ("company", "window", "ledger_foretold", "band_90", "history", "ledger_verdict")]
    rows = [_row(filed, loss, say, today) for loss in prediction.losses]
    call.print(table(heads, rows, numbers=(1, 2, 3, 4)), indent=2)
    stamp = prediction.snapshot
    call.print(
        say(
            "ledger_on",
            at=prediction.filed_at[:10],
            version=prediction.release,
            revision=stamp.revision,
            hash=stamp.hash[:16],
        ),
        style="dim",
    )
    if prediction.chain_as_of:
        call.print(say("ledger_as_of", date=prediction.chain_as_of), style="dim")


def _row(filed: Filed, loss: Loss, say: Speech, today: dt.date) -> list[str]:
    found = score(filed, loss)
    return [
        loss.company,
        f"{loss.first}–{loss.last}",
        percent(loss.loss),
        f"{percent(loss.band.p5)} … {percent(loss.band.p95)}" if loss.band else "–",
        _seen(found) if found else "–",
        _judged(found, say) if found else _waiting(filed, loss, say, today),
    ]


def percent(share: float) -> str:
    """A loss as a share of revenue; a gain is below 0."""
    value = 100.0 * share
    return f"{decimals(value, 1 if abs(value) >= _LARGE else 2)}%"


def _seen(found: Scored) -> str:
    low, high = map(percent, found.outcome.seen(found.loss))
    return low if low == high else f"{low} … {high}"


def _waiting(filed: Filed, loss: Loss, say: Speech, today: dt.date) -> str:
    ends = filed.ends(loss)
    return say("ledger_now_due" if today >= ends else "ledger_open", date=ends)


def _judged(found: Scored, say: Speech) -> str:
    verdict = found.verdict
    said = word(verdict, found.loss.band is not None)
    words = [said] if said else []
    words += ["verdict_sign"] if verdict.sign is False else []
    if verdict.near is not None:
        words.append("ledger_near" if verdict.near else "ledger_far")
    words += ["ledger_after"] if found.hindsight else []
    return say("list").join(map(say, words))


def tell_scores(call: Call, ledger: Ledger) -> None:
    """Every score, and what they say of the bands."""
    say, found = call.speech(), list(all_scored(ledger))
    heads = ("ledger_id", "company", "window", "ledger_foretold", "band_90", "history", "ledger_verdict")
    rows = [[each.filed.id, *_row(each.filed, each.loss, say, dt.date.max)] for each in found]
    if rows:
        call.print(table([say(h) for h in heads], rows, numbers=(2, 3, 4, 5)))
        call.print()
    for phrase, hindsight in (("ledger_sum", False), ("ledger_sum_after", True)):
        sort = [each for each in found if each.hindsight == hindsight]
        if sort or not hindsight:
            call.print(say(phrase, count=len(sort)), style="bold")
            for line in _calibrated(sort, say):
                call.print(line, indent=2)


def _calibrated(found: Sequence[Scored], say: Speech) -> Iterator[str]:
    told = calibration(found)
    for name, each in told.inside.items():
        if each.of:
            yield _band(name, each, say)
    if told.count:
        yield say("ledger_signs", count=told.sign.count, of=told.sign.of)
        yield say("ledger_sizes", count=told.near.count, of=told.near.of)
        mean, absolute = told.mean_error or 0.0, told.mean_absolute_error or 0.0
        yield say("ledger_errors", mean=percent(mean), absolute=percent(absolute))


def _band(name: str, found: Tally, say: Speech) -> str:
    said = say(
        "ledger_band",
        band=name,
        share=percent(found.share),
        of=found.of,
        low=percent(found.low),
        high=percent(found.high),
    )
    good = holds(found, EXPECTED[name])
    return f"{said}: {say('ledger_band_good' if good else 'ledger_band_bad')}"
