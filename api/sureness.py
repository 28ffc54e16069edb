"""How sure an answer is, as JSON and for a person at a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from api.answers import Json, dumps
from api.console import Call
from api.terminal import table
from api.words import Speech
from graph.impact.sensitivity import Sensitivity
from graph.impact.sureness import WEEKS, Sureness, When
from graph.impact.uncertainty import Interval, interval
from viz.band import told


def sureness_json(sure: Sureness) -> Iterator[str]:
    """What `--draws` adds to the answer, as pieces of JSON text: `, "key": value`, one a company."""
    drawn, ids = sure.drawn, sure.drawn.central.network.ids
    bands = {name: _numbers(drawn.interval(name)) for name in ("value_added_loss", "gross_revenue_loss")}
    for name in ("revenue_loss", "rival_gain"):
        money = np.stack(interval(getattr(drawn, name)))
        bands |= {
            f"{name}.{key}": dict(zip(Interval._fields, values, strict=True))
            for key, values in zip(ids, money.T.tolist(), strict=True)
        }
    for name in WEEKS:
        bands |= {
            f"{name}.{key}": when for key, when in zip(ids, _whens(sure.when(name)), strict=True) if when
        }
    if sure.survives is not None and sure.company is not None:
        bands[f"time_to_survive.{ids[sure.company]}"] = _whens(sure.survives)[0]
    yield f', "intervals": {dumps(bands)}'
    yield from _weekly(sure)
    listed = [_sensitivity(figure, s) for figure, found in sure.hangs_on.items() for s in found]
    yield f', "sensitivities": {dumps(listed)}'
    yield f', "uncertainty": {dumps(_about(sure))}'


def _whens(when: When) -> list[Json]:
    """Weeks with their chance, a document a company; null: never. Empty where it cannot be asked for."""
    names, rows = (*Interval._fields, "chance"), np.atleast_2d(np.stack([*when.band, when.chance], axis=-1))
    return [
        {}
        if math.isnan(row[0])
        else {n: v if math.isfinite(v) else None for n, v in zip(names, row, strict=True)}
        for row in rows.tolist()
    ]


def _weekly(sure: Sureness) -> Iterator[str]:
    drawn, ids = sure.drawn, sure.drawn.central.network.ids
    yield f', "weekly_intervals": {{"value_added_loss": {dumps(_numbers(interval(drawn.course)))}'
    for first, last in drawn.blocks():
        band = np.stack(drawn.weekly_interval(first, last))  # (percentiles, weeks, companies)
        for place in range(first, last):
            lists = dict(zip(Interval._fields, band[:, :, place - first].tolist(), strict=True))
            yield f", {dumps(f'revenue_loss_share.{ids[place]}')}: {dumps(lists)}"
    if sure.company is not None:
        for name, course in sure.courses.items():
            if name != "revenue_loss_share":  # of this company as of all, above
                yield f", {dumps(f'{name}.{ids[sure.company]}')}: {dumps(_numbers(course))}"
    yield "}"


def _numbers(band: Interval) -> Json:
    return {name: np.asarray(value).tolist() for name, value in band._asdict().items()}


def _sensitivity(figure: str, s: Sensitivity) -> Json:
    return {
        "figure": figure,
        "input": s.input.name,
        "kind": s.input.kind,
        "about": list(s.input.about),
        "low": s.input.low,
        "mode": s.input.mode,
        "high": s.input.high,
        "correlation": s.correlation,
        "clear": s.clear,
    }


def _about(sure: Sureness) -> Json:
    """What the draws were, what the loss rests on, and what other forms of the model say."""
    return {
        "draws": len(sure.drawn),
        "seed": sure.drawn.central.scenario.seed,
        "inputs": len(sure.drawn.inputs),
        "company": None if sure.company is None else sure.drawn.central.network.ids[sure.company],
        "coverage": sure.coverage._asdict() if sure.coverage else None,
        "forms": [
            {
                "form": form.name,
                "value_added_loss": form.value_added_loss,
                "gross_revenue_loss": form.gross_revenue_loss,
            }
            for form in sure.forms
        ],
    }


def tell_sureness(call: Call, sure: Sureness, say: Speech) -> None:
    """The band, what it hangs on and rests on, and what it does not contain."""
    said = told(sure, say.words)
    call.print()
    call.print(say("band_title"), style="bold")
    call.print(said.sentence, indent=2)
    call.print(table(said.heads, said.rows, numbers=range(1, len(said.heads))), indent=2)
    for title, lines in said.hangs:
        call.print(title, indent=2)
        for line in lines:
            call.print(line, indent=4)
    for line in said.rests:
        call.print(line, indent=2)
    for title, lines in (
        (say("forms_title"), said.forms),
        (say("left_out_title"), said.left_out),
    ):
        call.print(title, indent=2)
        for line in lines:
            call.print(line, indent=4)
