"""The properties of section 3 of the model, on random chains; and that those chains are valid and nasty."""

import copy
import math
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cases import Scenario, differences, outage, scandal
from tests.chains import TRADE_CELLS, chains, random_chain, random_scenario, scenarios
from tests.naive import SERIES, run
from tests.naive_chain import PARAMETERS, TRADE, Tables, compile_chain

EXACT = 1e-12
SEEDS = range(300)


def drawn(seed: int) -> tuple[Tables, Scenario]:
    """A chain and a scenario."""
    rng = random.Random(seed)
    chain = random_chain(rng, rng.randint(1, 14), rng.randint(0, 40))
    return chain, random_scenario(rng, chain)


@given(st.data())
def test_states_stay_between_0_and_1(data: st.DataObject) -> None:
    chain = data.draw(chains())
    result = run(chain, data.draw(scenarios(chain, customers=True)))
    for company in result["series"].values():
        assert all(-EXACT <= x <= 1 + EXACT for name in SERIES for x in company[name])
    for name, of_key in result["states"].items():
        most = math.inf if name == "b" else 1 + EXACT
        assert all(-EXACT <= x <= most for values in of_key.values() for x in values), name


@given(st.data())
def test_no_shock_no_damage(data: st.DataObject) -> None:
    chain = data.draw(chains())
    scenario = data.draw(scenarios(chain))
    for shock in scenario["shocks"]:
        shock["harm" if shock["kind"] == "scandal" else "severity"] = 0
    result = run(chain, scenario)
    assert all(not any(values) for company in result["series"].values() for values in company.values())
    assert result["gross_revenue_loss"] == result["value_added_loss"] == 0


@given(st.data())
def test_a_shock_of_size_0_changes_nothing(data: st.DataObject) -> None:
    chain = data.draw(chains())
    scenario = data.draw(scenarios(chain))
    company = data.draw(st.sampled_from(chain["companies"]))["id"]
    nothing = [outage(company, 5, severity=0), scandal(company, 0, 1), scandal(company, 1, 0)]
    nothing += [{"kind": kind, "company": company, "size": 0} for kind in ("demand", "boycott", "boon")]
    nothing += [{"kind": "experience", "company": company, "perceived": 0.3, "expected": 0.3}]
    nothing += [{"kind": "substitute", "company": company, "pull": 0}]
    more = scenario | {"shocks": nothing + scenario["shocks"]}
    found, expected = run(chain, more), run(chain, scenario)
    assert differences({"series": found["series"]}, {"series": expected["series"]}) == []


def renamed(value: Any, names: dict[str, str]) -> Any:
    """The same with every id, and every category made of one, renamed."""
    if isinstance(value, dict):
        return {names.get(key, key): renamed(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [renamed(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value


@given(st.data())
def test_renaming_and_reordering_change_nothing(data: st.DataObject) -> None:
    chain = data.draw(chains())
    scenario = data.draw(scenarios(chain, customers=True))
    ids = [company["id"] for company in chain["companies"]]
    others = dict(
        zip(ids, (f"新{place}" for place in data.draw(st.permutations(range(len(ids))))), strict=True)
    )
    names = others | {f"goods:{i}": f"goods:{other}" for i, other in others.items()}
    order = random.Random(data.draw(st.integers(0, 2**32 - 1)))
    other = {name: order.sample(rows, len(rows)) for name, rows in renamed(chain, names).items()}
    found = run(other, renamed(scenario, names))
    expected = run(chain, scenario)
    keys = ("series", "revenue_loss", "rival_gain", "gross_revenue_loss", "value_added_loss")
    assert differences(found, renamed({key: expected[key] for key in keys}, names)) == []


@given(st.data())
def test_the_currency_does_not_matter(data: st.DataObject) -> None:
    chain = data.draw(chains())
    scenario = data.draw(scenarios(chain))
    other = copy.deepcopy(chain)
    for table, columns in (("companies", ("annual_revenue", "value_added")), ("links", ("annual_value",))):
        for one in other[table]:
            for column in columns:
                one[column] = str(float(one[column]) * 7.3) if one[column] else ""
    found, expected = run(other, scenario), run(chain, scenario)
    assert differences(found["series"], expected["series"]) == []
    assert found["gross_revenue_loss"] == pytest.approx(7.3 * expected["gross_revenue_loss"], rel=1e-9)


def worse_shocks(chain: Tables, scenario: Scenario) -> None:
    """Larger."""
    for shock in scenario["shocks"]:
        for size in ("harm", "severity", "size", "pull"):
            if size in shock:
                shock[size] = min(1, shock[size] + 0.2)


def longer_shocks(chain: Tables, scenario: Scenario) -> None:
    """Longer."""
    for shock in scenario["shocks"]:
        if "duration_weeks" in shock:
            shock["duration_weeks"] += 2


def another_shock(chain: Tables, scenario: Scenario) -> None:
    """One more of each kind."""
    company = chain["companies"][-1]["id"]
    scenario["shocks"] += [outage(company, 3), scandal(company, 0.7, 1, 2)]


def more_reasons_to_leave(chain: Tables, scenario: Scenario) -> None:
    """One more shock of each kind that moves customers."""
    on = {"company": chain["companies"][-1]["id"], "start_week": 2}
    kinds: tuple[Scenario, ...] = (
        {"kind": "demand", "size": 0.3},
        {"kind": "boycott", "size": 0.3},
        {"kind": "boon", "size": 0.3},
        {"kind": "experience", "perceived": 0.2, "expected": 0.6},
        {"kind": "substitute", "pull": 0.3},
    )
    scenario["shocks"] += [kind | on for kind in kinds]


def raised(*names: str) -> Callable[[Tables, Scenario], None]:
    """These parameters raised, towards 1."""

    def raise_them(chain: Tables, scenario: Scenario) -> None:
        for name in names:
            before = scenario["parameters"].get(name, PARAMETERS[name])
            scenario["parameters"][name] = before + 0.5 * (1 - before)

    return raise_them


def written(column: str, text: str) -> Callable[[Tables, Scenario], None]:
    """This text in the column, on every trade link."""

    def write(chain: Tables, scenario: Scenario) -> None:
        for link in chain["links"]:
            if link["kind"] in TRADE:
                link[column] = text

    return write


def closer_rivals(chain: Tables, scenario: Scenario) -> None:
    """Rivals that customers cannot tell apart."""
    for link in chain["links"]:
        if link["kind"] == "COMPETES_WITH":
            link["closeness"], link["informed"] = "1", "0"


WORSE = {
    "size": worse_shocks,
    "length": longer_shocks,
    "number": another_shock,
    "reasons to leave": more_reasons_to_leave,
    "blame": raised("attribution_component", "attribution_dealer", "attribution_logistics"),
    "blame on links": written("attribution", "1"),
    "association": raised("association_partner", "association_no_contact", "association_peer_base"),
    "association of rivals": closer_rivals,
    "criticality": written("criticality", "1"),
    "legal gain": raised("legal_gain"),
    "reputation gain": raised("reputation_gain"),
    "feedback": raised("feedback"),
    "word of mouth": raised("word_of_mouth"),
    "inventory": written("inventory_weeks", "0"),
    "take or pay": written("take_or_pay", "0"),
}


@pytest.mark.parametrize("what", WORSE)
@settings(max_examples=25)
@given(data=st.data())
def test_more_never_hurts_less(what: str, data: st.DataObject) -> None:
    """Where nobody finds others and nobody leaves, and markets keep their structure."""
    chain = data.draw(chains())
    scenario = data.draw(scenarios(chain, customers=True))
    scenario["shocks"] = [shock for shock in scenario["shocks"] if shock["kind"] != "opening"]
    scenario["parameters"] = scenario.get("parameters", {}) | {"search_threshold": 1, "severance_rate": 0}
    before = run(chain, scenario)["series"]
    chain, scenario = copy.deepcopy((chain, scenario))
    WORSE[what](chain, scenario)
    after = run(chain, scenario)["series"]
    for i, company in before.items():
        for name, values in company.items():
            pairs = zip(values, after[i][name], strict=True)
            assert all(b >= a - EXACT for a, b in pairs), (i, name)


# The chains themselves


def test_random_chains_are_valid() -> None:
    for seed in SEEDS:
        chain, scenario = drawn(seed)
        assert (chain, scenario) == drawn(seed)
        roles = {company["id"]: set(company["roles"].split(";")) for company in chain["companies"]}
        keys = set()
        for link in chain["links"]:
            source, target, kind = link["source"], link["target"], link["kind"]
            assert source != target
            default = {"CARRIES_FOR": "delivery", "SELLS_THROUGH": f"goods:{source}"}.get(kind, "")
            key = (source, kind, target, link["category"] or default)
            keys.add(key if kind in TRADE else (kind, *sorted((source, target))))
            if kind == "CARRIES_FOR":
                assert "logistics" in roles[source]
            if kind == "SELLS_THROUGH":
                assert "brand" in roles[source]
                assert roles[target] & {"dealer", "platform"}
        assert len(keys) == len(chain["links"])
        compiled = compile_chain(chain, PARAMETERS)
        for members in compiled.slots.values():
            assert math.fsum(compiled.links[e].share or 0 for e in members) <= 1 + EXACT
        for shock in scenario["shocks"]:
            if shock.get("category") or shock.get("target"):
                sales = [link for link in compiled.links if link.seller == shock["company"]]
                picks = shock.get("category"), shock.get("target")
                assert any(picks[0] in (None, e.category) and picks[1] in (None, e.buyer) for e in sales)


def test_random_chains_reach_every_corner() -> None:
    """Each state moves, each column is blank here and full there, each kind of shock comes."""
    moved, cells, shocks = set(), set(), set()
    for seed in SEEDS:
        chain, scenario = drawn(seed)
        result = run(chain, scenario)
        of_series = ((name, v) for company in result["series"].values() for name, v in company.items())
        of_states = ((name, v) for name, of_key in result["states"].items() for v in of_key.values())
        moved |= {name for name, values in (*of_series, *of_states) if max(values) - min(values) > 0.01}
        moved |= {"rival_gain"} if any(result["rival_gain"].values()) else set()
        moved |= {"repaid"} if any(cost["repaid"] for cost in result["direct_costs"]) else set()
        for link in chain["links"]:
            cells |= {(column, bool(link[column])) for column in (*TRADE_CELLS, "share", "category")}
        for shock in scenario["shocks"]:
            shocks.add((shock["kind"], bool(shock.get("category")), bool(shock.get("target"))))
    assert moved >= {*SERIES, "beta", "sigma", "D", "s_e", "rho_slot", "b", "eta", "rho", "E", "X", "s", "x"}
    assert moved >= {"rival_gain", "repaid"}
    assert cells == {(name, full) for name in (*TRADE_CELLS, "share", "category") for full in (True, False)}
    assert shocks == {("scandal", False, False)} | {
        ("outage", a, b) for a in (True, False) for b in (True, False)
    }
