"""The plain division against the golden cases, and that it loses nothing."""

import json
import math
import random

import pytest

from tests.chains import random_chain, random_scenario
from tests.explaining import golden_apart, of_golden, of_plain
from tests.naive_explanation import Division
from tests.naive_paths import explain
from tests.networks import GOLDEN, golden_tables

CASES = [(path.parent.name, path.name.split(".")[0]) for path in sorted(GOLDEN.glob("*/*.explanation.json"))]


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
        assert golden_apart(of_plain(found), of_golden(golden)) <= 1e-9, company


def test_nothing_is_lost_on_random_chains() -> None:
    for seed in range(40):
        rng = random.Random(seed)
        tables = random_chain(rng, rng.randint(2, 10), rng.randint(0, 24))
        division = Division(tables, random_scenario(rng, tables))
        found = explain(division, division.chain.value_added, most=3)
        for part in ("by_shock", "by_channel", "by_link"):
            assert math.isclose(math.fsum(found[part].values()), found["loss"], rel_tol=1e-11, abs_tol=1e-13)
