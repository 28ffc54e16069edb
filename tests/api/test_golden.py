"""The whole way agrees with the exact answers: CSV files → load → what-if --json."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

CHAINS = ("weekly_9", "weekly_14")
CASES = ("courier", "mixed", "outage", "partial", "scandal", "staggered")


def apart(found: Any, exact: Any) -> float:
    """The largest |a - b| / max(1, |b|) over all that is exact."""
    if isinstance(exact, dict):
        return max((apart(found[key], value) for key, value in exact.items()), default=0.0)
    if isinstance(exact, list):
        assert len(found) == len(exact)
        return max((apart(a, b) for a, b in zip(found, exact, strict=True)), default=0.0)
    return float(abs(found - exact) / max(1.0, abs(exact)))


@pytest.mark.parametrize("chain", CHAINS)
def test_the_golden_cases(run: Callable[..., Result], shared: Path, chain: str) -> None:
    folder = shared / "golden" / chain
    tables = [folder / f"{name}.csv" for name in ("links", "companies", "markets")]
    assert run("load", *tables, "--store", "golden.db").exit_code == 0
    for case in CASES:
        result = run("what-if", folder / f"{case}.scenario.json", "--store", "golden.db", "--json")
        exact = json.loads((folder / f"{case}.expected.json").read_text())
        assert apart(json.loads(result.stdout), exact) <= 1e-9, case
