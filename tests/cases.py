"""Short ways to write a chain and a scenario in a test, and to compare answers."""

from typing import Any

from tests.naive_chain import Row, Tables

Scenario = dict[str, Any]
Answer = dict[str, Any]

MARKETS = [{"id": "coffee", "structure": "homogeneous"}, {"id": "cars", "structure": "differentiated"}]


def row(**cells: object) -> Row:
    """A row as csv.DictReader gives it."""
    return {column: str(cell) for column, cell in cells.items()}


def tables(companies: list[Row], *links: Row) -> Tables:
    """Tables of these companies and links, and the two markets."""
    return {"companies": companies, "links": list(links), "markets": MARKETS}


def scandal(company: str, harm: float, culpability: float, start_week: int = 0, **more: object) -> Scenario:
    """A scandal as a scenario gives it."""
    shock = {"kind": "scandal", "company": company, "harm": harm, "culpability": culpability}
    return shock | {"start_week": start_week} | more


def outage(company: str, duration_weeks: int, **more: object) -> Scenario:
    """A whole outage as a scenario gives it."""
    return {"kind": "outage", "company": company, "severity": 1, "duration_weeks": duration_weeks} | more


def scenario(weeks: int, *shocks: Scenario, **parameters: float) -> Scenario:
    """A scenario of these shocks."""
    return {"horizon_weeks": weeks, "shocks": list(shocks), "parameters": parameters}


def differences(found: Any, expected: Any, path: str = "") -> list[str]:
    """Where the expected numbers are not found to 1e-9."""
    if isinstance(expected, dict):
        return [line for key in expected for line in differences(found[key], expected[key], f"{path}/{key}")]
    if isinstance(expected, list):
        if len(found) != len(expected):
            return [f"{path}: {len(found)} weeks, not {len(expected)}"]
        pairs = enumerate(zip(found, expected, strict=True))
        return [line for t, (a, b) in pairs for line in differences(a, b, f"{path}[{t}]")]
    close = abs(found - expected) <= 1e-9 * max(1, abs(expected))
    return [] if close else [f"{path}: {found}, not {expected}"]
