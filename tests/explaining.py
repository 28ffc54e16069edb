"""Explanations in the shape of the golden files, by what each entry is about, and how far two are apart."""

from __future__ import annotations

from typing import Any

from graph.impact.explanation import Explanation, link_ends
from graph.network import Network

Keyed = dict[str, Any]


def of_plain(found: dict[str, Any]) -> Keyed:
    """What tests.naive_paths.explain finds."""
    return {
        "loss": found["loss"],
        "by_shock": found["by_shock"],
        "by_channel": found["by_channel"],
        "by_link": {(s, t, k, c): amount for (s, k, t, c), amount in found["by_link"].items()},
        "carried": {(s, t, k, c): amount for (s, k, t, c), amount in found["carried"].items()},
        "paths": {(company, shock, hops): amount for amount, company, shock, hops in found["paths"]},
        "remainder": found["remainder"],
    }


def of_engine(found: Explanation, network: Network) -> Keyed:
    """What graph.impact.explanation.explain finds."""
    ids = network.ids

    def by_link(amounts: Any) -> dict[Any, float]:
        return {tuple(link_ends(network, n)): float(a) for n, a in enumerate(amounts) if a > 0}

    own = {(None,) * 4: found.own} if found.own > 0 else {}
    return {
        "loss": found.loss,
        "by_shock": {n: float(a) for n, a in enumerate(found.by_shock) if a > 0},
        "by_channel": {name: a for name, a in found.by_channel.items() if a > 0},
        "by_link": by_link(found.by_link) | own,
        "carried": by_link(found.carried),
        "paths": {
            (ids[p.company], p.shock, tuple((ids[h.source], ids[h.target], h.channel) for h in p.hops)): (
                p.amount
            )
            for p in found.paths
        },
        "remainder": found.remainder,
    }


def of_golden(golden: dict[str, Any]) -> Keyed:
    """A golden explanation, or the answer's."""
    ends = ("source", "target", "kind", "category")
    return {
        "loss": golden["loss"],
        "by_shock": {each["shock"]: each["amount"] for each in golden["by_shock"]},
        "by_channel": {each["channel"]: each["amount"] for each in golden["by_channel"]},
        "by_link": {tuple(each[end] for end in ends): each["amount"] for each in golden["by_link"]},
        "paths": {
            (
                golden["company"],
                p["shock"],
                tuple((h["source"], h["target"], h["channel"]) for h in p["hops"]),
            ): p["amount"]
            for p in golden["paths"]
        },
        "remainder": golden["remainder"],
    }


def apart(found: Any, exact: Any, scale: float) -> float:
    """The largest |a − b| / max(1, scale), over what either has."""
    if isinstance(exact, dict):
        return max((apart(found.get(k, 0), exact.get(k, 0), scale) for k in {*found, *exact}), default=0.0)
    return float(abs(found - exact) / max(1.0, scale))


def golden_apart(found: Keyed, exact: Keyed) -> float:
    """How far a finding is from a golden one, in what the golden one says."""
    return max(apart(found[part], exact[part], exact["loss"]) for part in exact)
