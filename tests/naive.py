"""The plain engine: sections 2, 3 and 6 of the model in dicts and loops, for the kernels to answer to.

Every function names the section and the step that it computes; `naive_chain` does section 1.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.naive_chain import (
    NOISE,
    PARAMETERS,
    Chain,
    Parameters,
    Slot,
    Tables,
    cell,
    compile_chain,
    number,
)
from tests.naive_leaving import Followers, Shock, both, both_all, held_back, keep, outage_size

Scenario = dict[str, Any]

VICTIMS = {"buyers": 1.0, "third_parties": 0.05}
REACH = {"national": 1.0, "regional": 0.6, "trade": 0.2}
REFILL_BELOW = 0.01  # step 11: fixed, no parameter
SERIES = {
    "revenue_loss_share": "v",
    "output_loss": "o",
    "demand_loss": "d",
    "reputation_damage": "r",
    "churn": "c",
    "legal_loss": "legal",
    "trust_loss": "trust",
    "attributed": "blamed",
    "associated": "tainted",
}


@dataclass
class Week:
    """What section 3 keeps from week to week, and what it works out on the way. Keys: company, link, slot."""

    chain: Chain
    p: Parameters
    t: int = 0
    # Steps 1 to 4
    scandal: dict[str, float] = field(default_factory=dict)  # E
    stopped: dict[str, float] = field(default_factory=dict)  # s_i
    stopped_link: list[float] = field(default_factory=list)  # s_e
    blamed: dict[str, float] = field(default_factory=dict)  # A
    hurt: dict[str, float] = field(default_factory=dict)  # X
    tainted: dict[str, float] = field(default_factory=dict)  # C
    r: dict[str, float] = field(default_factory=dict)
    # Steps 5 to 8
    c: dict[str, float] = field(default_factory=dict)
    m: dict[str, float] = field(default_factory=dict)
    need: dict[str, float] = field(default_factory=dict)  # w
    left: dict[str, float] = field(default_factory=dict)  # c ⊕ m
    legal: dict[str, float] = field(default_factory=dict)  # ℓ
    trust: dict[str, float] = field(default_factory=dict)  # T
    beta: list[float] = field(default_factory=list)
    sigma: list[float] = field(default_factory=list)
    eta: dict[str, float] = field(default_factory=dict)
    o: dict[str, float] = field(default_factory=dict)
    u: dict[str, float] = field(default_factory=dict)
    # Steps 9 to 11
    d: dict[str, float] = field(default_factory=dict)
    n: dict[str, float] = field(default_factory=dict)
    v: dict[str, float] = field(default_factory=dict)
    rho: dict[str, float] = field(default_factory=dict)  # ρ_i
    withheld: list[float] = field(default_factory=list)  # D_e
    rho_slot: dict[Slot, float] = field(default_factory=dict)
    b: dict[Slot, float] = field(default_factory=dict)
    x: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Section 3: all states start at 0, β, σ, η at 1, b at the slot's inventory."""
        for name in ("blamed", "r", "c", "legal", "trust", "v", "rho", "x"):
            setattr(self, name, dict.fromkeys(self.chain.companies, 0.0))
        self.eta = dict.fromkeys(self.chain.companies, 1.0)
        self.beta = [1.0] * len(self.chain.links)
        self.sigma = [1.0] * len(self.chain.links)
        self.withheld = [0.0] * len(self.chain.links)
        self.stopped_link = [0.0] * len(self.chain.links)
        self.rho_slot = dict.fromkeys(self.chain.slots, 0.0)
        self.b = dict(self.chain.inventory)


def scandal_size(shock: Shock, t: int, p: Parameters) -> float:
    """Section 2: one scandal's term of E(t)."""
    tau = t - (shock.get("start_week") or 0)
    if tau < 0:
        return 0.0
    culpability = shock.get("culpability")
    fast = p["attention_fast_share"]
    attention = fast * 2 ** (-tau / p["attention_fast_half_life"])
    attention += (1 - fast) * 2 ** (-tau / p["attention_slow_half_life"])
    if p["attention_rise_half_life"]:
        attention *= 1 - 2 ** (-(tau + 1) / p["attention_rise_half_life"])
    size = shock["harm"] * (0.7 if culpability is None else culpability)
    return float(
        size * VICTIMS[shock.get("victims") or "buyers"] * REACH[shock.get("reach") or "national"] * attention
    )


def step_1_shocks(w: Week, shocks: list[Shock]) -> None:
    """E, s_i and s_e; feedback and word of mouth from the week before."""
    scandals, outages = defaultdict(list), defaultdict(list)
    links: list[list[float]] = [[] for _ in w.chain.links]
    for shock in shocks:
        if shock["kind"] not in ("outage", "scandal"):
            continue
        company = shock["company"]
        category, target = shock.get("category") or None, shock.get("target") or None
        if shock["kind"] == "scandal":
            scandals[company].append(scandal_size(shock, w.t, w.p))
        elif category is None and target is None:
            outages[company].append(outage_size(shock, w.t))
        else:
            for e, link in enumerate(w.chain.links):
                matches = category in (None, link.category) and target in (None, link.buyer)
                if link.seller == company and matches:
                    links[e].append(outage_size(shock, w.t))
    w.stopped_link = [both_all(sizes) for sizes in links]
    for i in w.chain.companies:
        w.stopped[i] = both_all(outages[i])
        feedback = w.p["feedback"] * max(0.0, w.v[i] - w.p["feedback_threshold"])
        told = both(both_all(scandals[i]), feedback)
        w.scandal[i] = both(told, w.p["word_of_mouth"] * w.c[i])


def step_2_attribution(w: Week) -> None:
    """A_i(t) = ⊕_j m_ji·[E_j(t) ⊕ A_j(t−1)]; X = E ⊕ A."""
    before = dict(w.blamed)
    for i in w.chain.companies:
        partners = w.chain.blame.get(i, {})
        w.blamed[i] = both_all(m * both(w.scandal[j], before[j]) for j, m in partners.items())
        w.hurt[i] = both(w.scandal[i], w.blamed[i])


def step_3_association(w: Week) -> None:
    """C_i = ⊕_j β_ji·X_j."""
    for i in w.chain.companies:
        w.tainted[i] = both_all(beta * w.hurt[j] for j, beta in w.chain.taint.get(i, {}).items())


def step_4_reputation(w: Week) -> None:
    """r ← keep(4)·r ⊕ .3·(X ⊕ C)."""
    for i in w.chain.companies:
        new = w.p["reputation_gain"] * both(w.hurt[i], w.tainted[i])
        w.r[i] = both(keep(w.p["reputation_half_life"]) * w.r[i], new)


def step_5_churn(w: Week, shocks: list[Shock]) -> None:
    """c towards L·r^ν, out and back at different pace. No damage, no target, whatever ν."""
    for i in w.chain.companies:
        held = held_back(w.chain, w.p, shocks, i, w.t)
        w.c[i] = held.followed(w.c[i], w.r[i])


def step_5_moved(w: Week, shocks: list[Shock], followers: Followers) -> None:
    """m, w and what has left for a bad name or for other reasons (docs/scenarios.md)."""
    w.m, w.need = followers.week(w.chain, w.p, shocks, w.t)
    w.left = {i: both(w.c[i], w.m[i]) for i in w.chain.companies}


def step_6_legal(w: Week) -> None:
    """ℓ ← keep(26)·ℓ ⊕ .02·(X_i ⊕ ⊕_j π_ji·X_j)."""
    for i in w.chain.companies:
        others = both_all(pi * w.hurt[j] for j, pi in w.chain.exposure.get(i, {}).items())
        new = w.p["legal_gain"] * both(w.hurt[i], others)
        w.legal[i] = both(keep(w.p["legal_half_life"]) * w.legal[i], new)


def step_7_trust(w: Week) -> None:
    """T ← keep(52)·T ⊕ .15·E; then partners leave once their contract allows."""
    p = w.p
    for i in w.chain.companies:
        w.trust[i] = both(keep(p["trust_half_life"]) * w.trust[i], p["trust_gain"] * w.scandal[i])
        if w.t >= p["contract_weeks"]:
            k = p["severance_rate"] * (1 - p["switching_cost"]) ** p["severance_exponent"]
            w.eta[i] *= math.exp(-k * w.trust[i])
    for e, link in enumerate(w.chain.links):
        if w.t >= link.contract_weeks:
            k = p["severance_rate"] * (1 - link.switching_cost) ** p["severance_exponent"]
            w.beta[e] *= math.exp(-k * w.trust[link.seller])
            w.sigma[e] *= math.exp(-k * w.trust[link.buyer])


def step_8_supply(w: Week) -> None:
    """o = max(s, x of the week before), u = o ⊕ ℓ."""
    for i in w.chain.companies:
        w.o[i] = max(w.stopped[i], w.x[i])
        w.u[i] = both(w.o[i], w.legal[i])


def step_9_demand(w: Week) -> None:
    """d and n; then the search for other customers."""
    chain = w.chain
    for i in chain.companies:
        short = chain.phi[i] * (1 - w.eta[i] * (1 - w.need[i]))
        for e in chain.sales.get(i, []):
            unsold = 1 - w.beta[e] * w.sigma[e] * (1 - w.withheld[e])
            short += chain.delta[e] * max(unsold, w.stopped_link[e])
        business = (1 - chain.resale[i] * w.rho[i]) * short
        brands = chain.q.get(i, {}).items()
        churn = both(w.left[i], math.fsum(q * w.left[b] for b, q in brands))
        needless = max(w.need[i], math.fsum(q * w.need[b] for b, q in brands))
        w.d[i] = chain.f[i] * both(churn, needless) + business
        w.n[i] = max(both(w.stopped[i], w.legal[i]), chain.f[i] * w.left[i] + business)
        w.rho[i] = searched(w.rho[i], short, w.p)


def searched(rho: float, short: float, p: Parameters) -> float:
    """Steps 9 and 11: ρ ← 1 − (1 − ρ)·keep(8) while more than the threshold is missing."""
    if short > p["search_threshold"] + NOISE:
        return 1 - (1 - rho) * keep(p["substitution_half_life"])
    return rho


def step_10_loss(w: Week) -> None:
    """v = max(u, d)."""
    for i in w.chain.companies:
        w.v[i] = max(w.u[i], w.d[i])


def step_11_next_week(w: Week) -> None:
    """Orders withheld D, shortages z, inventory b, and what they stop next week, x."""
    chain, p = w.chain, w.p
    essential: dict[str, float] = defaultdict(float)
    others: dict[str, float] = defaultdict(float)
    for slot, members in chain.slots.items():
        missing = shortage = 0.0
        for e in members:
            link = chain.links[e]
            stopped = both(w.o[link.seller], w.stopped_link[e])
            h = chain.g[e] * w.beta[e] * (1 - w.sigma[e] * (1 - stopped))
            missing += h
            shortage += h * (1 - link.substitutability * w.rho_slot[slot])
        y = max(0.0, shortage - w.b[slot])
        w.b[slot] = max(0.0, w.b[slot] - shortage)
        if shortage <= REFILL_BELOW + NOISE:
            b_0 = chain.inventory[slot]
            w.b[slot] = b_0 - keep(p["refill_half_life"]) * (b_0 - w.b[slot])
        w.rho_slot[slot] = searched(w.rho_slot[slot], missing, p)
        buyer = slot[0]
        if chain.essential[slot]:
            essential[buyer] = max(essential[buyer], chain.chi[slot] * y)
        else:
            others[buyer] += chain.a[slot] * y
    w.x = {i: max(essential[i], others[i]) for i in chain.companies}
    for e, link in enumerate(chain.links):
        target = w.v[link.buyer]
        if link.kind == "SELLS_THROUGH":
            needless = max(chain.f[link.buyer] * w.need[link.buyer], w.need[link.seller])
            target = both(both(w.n[link.buyer], w.left[link.seller]), needless)
        w.withheld[e] += p["order_adjustment"] * ((1 - link.take_or_pay) * target - w.withheld[e])


def direct_costs(tables: Tables, shocks: list[Shock]) -> list[dict[str, Any]]:
    """Section 6: who pays, and what the supplier at fault repays; cash is spent once."""
    cash = {cell(row, "id"): number(row, "cash") for row in tables["companies"]}
    answer = []
    for place, shock in enumerate(shocks):
        for cost in shock.get("direct_costs") or []:
            bearer, supplier, amount = cost["bearer"], cost.get("supplier"), float(cost["amount"])
            rates = [
                number(row, "recovery_rate") or 0.0
                for row in tables["links"]
                if {cell(row, "source"), cell(row, "target")} == {supplier, bearer}
            ]
            repaid = amount * max(rates, default=0.0)
            left = cash.get(supplier)
            if left is not None:
                repaid = min(repaid, left)
                cash[supplier] = left - repaid
            answer.append(
                {
                    "shock": place,
                    "bearer": bearer,
                    "supplier": supplier,
                    "amount": amount,
                    "repaid": repaid,
                    "borne": amount - repaid,
                }
            )
    return answer


def states_of(w: Week) -> dict[str, dict[Any, float]]:
    """The inner states of the week: β, σ, D, s_e by link; ρ, b by slot; the rest by company."""
    keys = [link.key for link in w.chain.links]
    by_link = {"beta": w.beta, "sigma": w.sigma, "D": w.withheld, "s_e": w.stopped_link}
    of: dict[str, dict[Any, float]] = {
        name: dict(zip(keys, values, strict=True)) for name, values in by_link.items()
    }
    of |= {"rho_slot": dict(w.rho_slot), "b": dict(w.b)}
    return of | {
        "E": w.scandal,
        "X": w.hurt,
        "s": w.stopped,
        "u": w.u,
        "n": w.n,
        "x": w.x,
        "eta": w.eta,
        "rho": w.rho,
    }


def run(tables: Tables, scenario: Scenario) -> dict[str, Any]:
    """The answer to a scenario, in the shape of the golden cases.

    Besides: `direct_costs`; `chain`, the compiled Chain; and `states`, name → key → one number a week
    as the week leaves it (so D, b, ρ, x are those of the week after). Keys are companies, slots (buyer,
    category) or links (source, kind, target, category).
    """
    p = PARAMETERS | (scenario.get("parameters") or {})
    chain = compile_chain(tables, p)
    weeks, shocks = int(scenario.get("horizon_weeks") or 52), scenario.get("shocks") or []
    w, followers = Week(chain, p), Followers()
    gained = dict.fromkeys(chain.companies, 0.0)
    series: dict[str, dict[str, list[float]]] = {i: {name: [] for name in SERIES} for i in chain.companies}
    states: dict[str, dict[Any, list[float]]] = {name: {} for name in states_of(w)}
    for t in range(weeks):
        w.t = t
        step_1_shocks(w, shocks)
        step_2_attribution(w)
        step_3_association(w)
        step_4_reputation(w)
        step_5_churn(w, shocks)
        step_5_moved(w, shocks, followers)
        step_6_legal(w)
        step_7_trust(w)
        step_8_supply(w)
        step_9_demand(w)
        step_10_loss(w)
        step_11_next_week(w)
        for name, of in states_of(w).items():
            for key, value in of.items():
                states[name].setdefault(key, []).append(value)
        for i in chain.companies:
            for name, attribute in SERIES.items():
                series[i][name].append(getattr(w, attribute)[i])
        followers.gains(chain, w.c, p["rival_capture"], gained)
    lost = {i: math.fsum(series[i]["revenue_loss_share"]) / 52 for i in chain.companies}  # in years
    return {
        "weeks": weeks,
        "series": series,
        "revenue_loss": {i: lost[i] * chain.revenue[i] for i in chain.companies},
        "rival_gain": gained,
        "gross_revenue_loss": math.fsum(lost[i] * chain.revenue[i] for i in chain.companies),
        "value_added_loss": math.fsum(lost[i] * chain.value_added[i] for i in chain.companies),
        "direct_costs": direct_costs(tables, shocks),
        "chain": chain,
        "states": states,
    }
