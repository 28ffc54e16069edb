"""The leaderboard of couriers, whoever asks for it: as JSON, with rates per million of what they carry."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from api.answers import snapshot
from graph.explorer import Explorer
from graph.voice.couriers import Board, Leaderboard, Question, leaderboard

UNIT = 1e6  # rates are complaints per million of the store's currency carried


def ask(explorer: Explorer, to: str = "", since: str = "", until: str = "") -> Leaderboard:
    """The leaderboard over complaints about a company (id, name or alias), or about any; days are ISO.

    Raises NotFound, Ambiguous, ScenarioError, StoreError.
    """
    return leaderboard(explorer.store, Question(explorer.find(to).id if to else "", since, until))


def document(found: Leaderboard) -> dict[str, Any]:
    """The answer as JSON."""
    first, last = found.days or (None, None)
    return {
        "of": "couriers",
        "to": found.question.to or None,
        "first_day": first.isoformat() if first else None,
        "last_day": last.isoformat() if last else None,
        "currency": found.snapshot.currency or None,
        "complaints": found.complaints,
        "without_topic": found.without_topic,
        "undated": found.undated,
        "set_aside": [{"complaint": id, "date": date} for id, date in found.set_aside],
        "left_out": dict(found.left_out),
        "silent": list(found.silent),
        "boards": [_board(found, topic, board) for topic, board in found.boards.items()],
        "snapshot": snapshot(found.snapshot),
    }


def _board(found: Leaderboard, topic: str, board: Board) -> dict[str, Any]:
    rates = board.rates
    return {
        "topic": topic,
        "complaints": int(board.counts.sum()),
        "benchmark": rates.benchmark * UNIT if len(board.ranked) else None,
        "prior": {"basis": rates.basis, "shrinkage": rates.shrinkage},
        "couriers": list(_lines(found, board)),
    }


def _lines(found: Leaderboard, board: Board) -> Iterator[dict[str, Any]]:
    """The couriers by place, then by name; last those of which nothing is known but their complaints."""
    rates, at = board.rates, {k: n for n, k in enumerate(board.ranked.tolist())}

    def order(k: int) -> tuple[Any, ...]:
        known = (0, int(rates.place[at[k]])) if k in at else (1, -int(board.counts[k]))
        return *known, found.couriers[k].name, found.couriers[k].id

    for k in sorted(range(len(found.couriers)), key=order):
        courier = found.couriers[k]
        line = {
            "place": None,
            "company": courier.id,
            "name": courier.name,
            "complaints": int(board.counts[k]),
            "carried": None,
            "unknown": courier.unknown or None,
            **dict.fromkeys(("rate", "low", "high", "above")),
        }
        if k in at:
            n = at[k]
            line["carried"] = courier.carried
            line["place"] = int(rates.place[n]) or None
            line |= {name: float(getattr(rates, name)[n]) * UNIT for name in ("rate", "low", "high")}
            line["above"] = None if math.isnan(rates.above[n]) else float(rates.above[n])
        yield line
