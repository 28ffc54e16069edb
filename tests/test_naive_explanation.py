"""The plain division against the golden cases, and that it loses nothing."""

import json
import math
import random
from typing import Any

import pytest

from tests.chains import random_chain, random_scenario
from tests.naive_explanation import Division, explain
from tests.networks import GOLDEN, golden_tables

CASES = [(path.parent.name, path.name.split(".")[0]) for path in sorted(GOLDEN.glob("*/*.explanation.json"))]


def as_golden(found: dict[str, Any]) -> dict[str, Any]:
    """In the shape of the golden files, by what each entry is about."""
    return {
        "loss": found["loss"],
        "by_shock": found["by_shock"],
        "by_channel": found["by_channel"],
        "by_link": {(s, t, k, c): amount for (s, k, t, c), amount in found["by_link"].items()},
        "paths": {(shock, hops): amount for amount, _, shock, hops in found["paths"]},
        "remainder": found["remainder"],
    }


def keyed(golden: dict[str, Any]) -> dict[str, Any]:
    """A golden explanation by what each entry is about."""
    ends = ("source", "target", "kind", "category")
    return {
        "loss": golden["loss"],
        "by_shock": {each["shock"]: each["amount"] for each in golden["by_shock"]},
        "by_channel": {each["channel"]: each["amount"] for each in golden["by_channel"]},
        "by_link": {tuple(each[end] for end in ends): each["amount"] for each in golden["by_link"]},
        "paths": {
            (p["shock"], tuple((h["source"], h["target"], h["channel"]) for h in p["hops"])): p["amount"]
            for p in golden["paths"]
        },
        "remainder": golden["remainder"],
    }


def apart(found: Any, exact: Any, scale: float) -> float:
    """The largest |a − b| / max(1, scale), over what either has."""
    if isinstance(exact, dict):
        return max((apart(found.get(k, 0), exact.get(k, 0), scale) for k in {*found, *exact}), default=0.0)
    return float(abs(found - exact) / max(1.0, scale))


def test_all_cases_are_there() -> None:
    assert len(CASES) == 12


@pytest.mark.parametrize(("chain", "name"), CASES)
def test_golden(chain: str, name: str) -> None:
    tables = golden_tables(chain)
    question = json.loads((GOLDEN / chain / f"{name}.scenario.json").read_text("utf-8"))
    division = Division(tables, question)
    for golden in json.loads((GOLDEN / chain / f"{name}.explanation.json").read_text("utf-8")):
        company = golden["company"]
        found = explain(division, {company: division.chain.revenue[company]})
        assert apart(as_golden(found), keyed(golden), golden["loss"]) <= 1e-9, company


def test_nothing_is_lost_on_random_chains() -> None:
    for seed in range(40):
        rng = random.Random(seed)
        tables = random_chain(rng, rng.randint(2, 10), rng.randint(0, 24))
        division = Division(tables, random_scenario(rng, tables))
        found = explain(division, division.chain.value_added, most=3)
        for part in ("by_shock", "by_channel", "by_link"):
            assert math.isclose(math.fsum(found[part].values()), found["loss"], rel_tol=1e-11, abs_tol=1e-13)
