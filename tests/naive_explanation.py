"""The plain division of a loss over its causes: section 4 of the model, "Explanation", in dicts and loops.

It stands on `naive.run`. A node is (quantity, key, week), the key a company, link or slot; credit goes from
nodes to the terms that made them, backward through the weeks.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.naive import Scenario, both, both_all, keep, outage_size, run, scandal_size
from tests.naive_chain import (
    NOISE,
    PARAMETERS,
    Tables,
    Weights,
    cell,
    default_touch,
    given,
)
from tests.naive_leaving import Followers, held_back

Node = tuple[str, Any, int]
Credit = dict[Node, float]
LinkKey = tuple[str, str, str, str]
Hop = tuple[str, str, str]  # source, target, channel

# Within a week credit goes down this list, and from its first lines to the week before.
ORDER = (
    *("v", "n", "d", "lost", "o", "x", "withheld", "sold_beta", "sold_sigma", "bought_sigma", "eta"),
    *(
        "left",
        "need",
        "trust",
        "legal",
        "c",
        "r",
        "tainted",
        "hurt",
        "blamed",
        "heard",
        "scandal",
        "s",
        "s_e",
    ),
)


@dataclass
class Swept:
    """What a sweep ends in: credit closed by each shock, and what hopped, to which nodes and over what."""

    closed: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    hopped: dict[Hop, Credit] = field(default_factory=lambda: defaultdict(lambda: defaultdict(float)))
    over: dict[tuple[str, LinkKey], float] = field(default_factory=lambda: defaultdict(float))


class Division:
    """One scenario's trajectory, and the ways back through it."""

    def __init__(self, tables: Tables, scenario: Scenario) -> None:
        self.p = PARAMETERS | (scenario.get("parameters") or {})
        self.shocks = scenario.get("shocks") or []
        self.answer = run(tables, scenario)
        self.weeks: int = self.answer["weeks"]
        self.chain = self.answer["chain"]
        self.states, self.series = self.answer["states"], self.answer["series"]
        self.purchases: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for slot in self.chain.slots:
            self.purchases[slot[0]].append(slot)
        self.ties = self._ties(tables)
        followers = Followers()
        self.followed: list[dict[tuple[int, str], float]] = []  # by week: m of (shock, company)
        self.moved: list[tuple[dict[str, float], dict[str, float]]] = []  # by week: m and w of companies
        for t in range(self.weeks):
            self.moved.append(followers.week(self.chain, self.p, self.shocks, t))
            self.followed.append(dict(followers.m))
        self.goes = followers.goes

    def _ties(self, tables: Tables) -> dict[tuple[str, str, str], list[tuple[float, LinkKey]]]:
        """(channel, who suffers, whose doing) → the parallel links with their parts."""
        chain, p = self.chain, self.p
        found: dict[tuple[str, str, str], list[tuple[float, LinkKey]]] = defaultdict(list)
        largest: dict[tuple[str, str, str], float] = defaultdict(float)
        bought: dict[tuple[str, str, str], list[tuple[float, LinkKey]]] = defaultdict(list)

        def tie(channel: str, i: str, j: str, weight: float, link: LinkKey) -> None:
            found[channel, i, j].append((weight, link))
            largest[channel, i, j] = max(largest[channel, i, j], weight)

        for e, link in enumerate(chain.links):
            touch = default_touch(link, chain.g[e], chain.delta[e], p)
            through = link.kind == "SELLS_THROUGH"
            i, j = (link.seller, link.buyer) if through else (link.buyer, link.seller)
            tie("blame", i, j, link.alpha * touch ** p["touch_exponent"] if touch > 0 else 0.0, link.key)
            tie("association", j, i, p["association_partner"], link.key)
            if touch == 0 and not through:
                tie("association", i, j, p["association_no_contact"], link.key)
            if through:
                bought["brand_churn", link.buyer, link.seller].append((link.annual_value, link.key))
        for row in tables["links"]:
            a, b, kind = cell(row, "source"), cell(row, "target"), cell(row, "kind")
            if kind == "COMPETES_WITH":
                for i, j in ((a, b), (b, a)):
                    tie("association", i, j, chain.rivalry[i].get(j, 0.0), (a, kind, b, ""))
            if kind == "REGULATED_WITH":
                pi = given(row, "regulatory_exposure", p["regulatory_exposure"])
                for i, j in ((a, b), (b, a)):
                    tie("legal", i, j, pi, (a, kind, b, ""))
        equal = {
            key: [(1.0, link) for weight, link in links if weight >= largest[key] - NOISE]
            for key, links in found.items()
        }
        return equal | bought

    # -- what stood in the states -----------------------------------------------------------------------

    def at(self, name: str, key: Any, t: int, start: float = 0.0) -> float:
        """A state as the week leaves it; `start` before the first."""
        return float(self.states[name][key][t]) if t >= 0 else start

    def of(self, name: str, i: str, t: int) -> float:
        """A series; 0 before the first week."""
        return float(self.series[i][name][t]) if t >= 0 else 0.0

    def left(self, i: str, t: int) -> float:
        """c ⊕ m."""
        return both(self.of("churn", i, t), self.moved[t][0][i])

    def need(self, i: str, t: int) -> float:
        """w."""
        return self.moved[t][1][i]

    # -- one sweep --------------------------------------------------------------------------------------

    def sweep(self, start: Credit, *, inside: bool) -> Swept:
        """Hand on all credit; `inside`: credit that hops is not followed."""
        credit: Credit = defaultdict(float, start)
        found = Swept()

        def give(amount: float, terms: Iterable[tuple[float, Any]]) -> None:
            some = [(size, to) for size, to in terms if size > 0]
            total = math.fsum(size for size, _ in some)
            for size, to in some:
                hand(amount * size / total, to)

        def hand(amount: float, to: Any) -> None:
            if isinstance(to, list):  # a bracket: its own terms
                give(amount, to)
            elif isinstance(to, int):
                found.closed[to] += amount
            elif len(to) == 3:
                credit[to] += amount
            else:
                channel, source, target, links, node = to
                whole = math.fsum(part for part, _ in links)
                for part, link in links:
                    found.over[channel, link] += amount * part / whole
                found.hopped[source, target, channel][node] += amount
                if not inside:
                    credit[node] += amount

        for t in reversed(range(self.weeks)):
            for name in ORDER:
                for node in sorted(n for n in credit if n[0] == name and n[2] == t):
                    amount = credit.pop(node)
                    if amount > 0:
                        give(amount, getattr(self, f"_{name}")(node[1], t))
        assert not any(credit.values())
        return found

    # -- the terms of each quantity -----------------------------------------------------------------------

    def _v(self, i: str, t: int) -> list[Any]:
        o, legal = self.of("output_loss", i, t), self.of("legal_loss", i, t)
        u = (both(o, legal), [(o, ("o", i, t)), (legal, ("legal", i, t))])
        return largest([u, (self.of("demand_loss", i, t), ("d", i, t))])

    def _d(self, i: str, t: int) -> list[Any]:
        brands = self.chain.q.get(i, {}).items()
        with_brands = [
            (q * self.left(b, t), self._hop("brand_churn", b, i, ("left", b, t))) for b, q in brands
        ]
        idle = [(q * self.need(b, t), self._hop("brand_churn", b, i, ("need", b, t))) for b, q in brands]
        shunned, unneeded = (math.fsum(size for size, _ in terms) for terms in (with_brands, idle))
        left, need = self.left(i, t), self.need(i, t)
        gone = (both(left, shunned), [(left, ("left", i, t)), (shunned, with_brands)])
        needless = (max(need, unneeded), largest([(need, ("need", i, t)), (unneeded, idle)]))
        business = self._business(i, t)
        return [(self.chain.f[i] * both(gone[0], needless[0]), [gone, needless]), (business, ("lost", i, t))]

    def _n(self, i: str, t: int) -> list[Any]:
        s, legal, left = self.at("s", i, t), self.of("legal_loss", i, t), self.left(i, t)
        business = self._business(i, t)
        made = (both(s, legal), [(s, ("s", i, t)), (legal, ("legal", i, t))])
        asked = self.chain.f[i] * left
        return largest([made, (asked + business, [(asked, ("left", i, t)), (business, ("lost", i, t))])])

    def _left(self, i: str, t: int) -> list[Any]:
        return [(self.of("churn", i, t), ("c", i, t)), (self.moved[t][0][i], self._sources(i, t, moved=True))]

    def _need(self, i: str, t: int) -> list[Any]:
        return self._sources(i, t, moved=False)

    def _sources(self, i: str, t: int, *, moved: bool) -> list[Any]:
        return [
            (m, shock)
            for (shock, company), m in self.followed[t].items()
            if company == i and (self.goes[shock, company] != "nobody") == moved
        ]

    def _business(self, i: str, t: int) -> float:
        lost = math.fsum(size for size, _ in self._lost(i, t))
        return (1 - self.chain.resale[i] * self.at("rho", i, t - 1)) * lost

    def _lost(self, i: str, t: int) -> list[Any]:
        eta, need = 1 - self.at("eta", i, t), self.need(i, t)
        others = [(eta, ("eta", i, t)), (need, ("need", i, t))]
        terms: list[Any] = [(self.chain.phi[i] * both(eta, need), others)]
        for e in self.chain.sales.get(i, []):
            key = self.chain.links[e].key
            beta, sigma, D = self.at("beta", key, t), self.at("sigma", key, t), self.at("D", key, t - 1)
            left = [
                (1 - beta, ("sold_beta", e, t)),
                (1 - sigma, ("sold_sigma", e, t)),
                (D, ("withheld", e, t)),
            ]
            s_e = self.at("s_e", key, t)
            unsold = 1 - beta * sigma * (1 - D)
            either = largest([(unsold, left), (s_e, ("s_e", e, t))])
            terms.append((self.chain.delta[e] * max(unsold, s_e), either))
        return terms

    def _o(self, i: str, t: int) -> list[Any]:
        return largest([(self.at("s", i, t), ("s", i, t)), (self.at("x", i, t - 1), ("x", i, t))])

    def _x(self, i: str, t: int) -> list[Any]:
        """x of week t, made in step 11 of the week before."""
        candidates, others = [], []
        for slot in self.purchases[i]:
            terms = self._short(slot, t - 1)
            z = math.fsum(size for size, _ in terms)
            y = max(0.0, z - self.at("b", slot, t - 2, self.chain.inventory[slot]))
            if self.chain.essential[slot]:
                candidates.append((self.chain.chi[slot] * y, terms))
            else:
                others.append((self.chain.a[slot] * y, terms))
        return largest([*candidates, (math.fsum(size for size, _ in others), others)])

    def _short(self, slot: tuple[str, str], t: int) -> list[Any]:
        terms = []
        for e in self.chain.slots[slot]:
            link = self.chain.links[e]
            beta, sigma = self.at("beta", link.key, t), self.at("sigma", link.key, t)
            o, s_e = self.of("output_loss", link.seller, t), self.at("s_e", link.key, t)
            h = self.chain.g[e] * beta * (1 - sigma * (1 - both(o, s_e)))
            stopped = [
                (size, self._link_hop("shortage", e, node))
                for size, node in ((o, ("o", link.seller, t)), (s_e, ("s_e", e, t)))
            ]
            gone = [(1 - sigma, ("bought_sigma", e, t)), (both(o, s_e), stopped)]
            terms.append((h * (1 - link.substitutability * self.at("rho_slot", slot, t - 1)), gone))
        return terms

    def _withheld(self, e: int, t: int) -> list[Any]:
        """D of week t, made in step 11 of the week before."""
        link, t = self.chain.links[e], t - 1
        target: tuple[float, Any] = (
            self.of("revenue_loss_share", link.buyer, t),
            self._link_hop("orders", e, ("v", link.buyer, t)),
        )
        if link.kind == "SELLS_THROUGH":
            n, left, need = self.at("n", link.buyer, t), self.left(link.seller, t), self.need(link.seller, t)
            theirs = self.chain.f[link.buyer] * self.need(link.buyer, t)
            behind = [
                (n, self._link_hop("orders", e, ("n", link.buyer, t))),
                (left, ("left", link.seller, t)),
            ]
            needless = [
                (theirs, self._link_hop("orders", e, ("need", link.buyer, t))),
                (need, ("need", link.seller, t)),
            ]
            without = max(theirs, need)
            target = (
                both(both(n, left), without),
                [(both(n, left), behind), (without, largest(needless))],
            )
        kept = (1 - self.p["order_adjustment"]) * self.at("D", link.key, t - 1)
        new = self.p["order_adjustment"] * (1 - link.take_or_pay) * target[0]
        return [(kept, ("withheld", e, t)), (new, target[1])]

    def _driven(self, who: str, t: int, contract_weeks: float, switching_cost: float) -> float:
        """1 − exp(−k·T): how much leaves now.

        From T: what the states say, 1 − (1 − ω)/(1 − ω(t−1)), has no digits left where nearly all is gone.
        """
        if t < contract_weeks:
            return 0.0
        k = self.p["severance_rate"] * (1 - switching_cost) ** self.p["severance_exponent"]
        return -math.expm1(-k * self.of("trust_loss", who, t))

    def _leaving(self, node: Node, stays: tuple[str, Any], driven: float, to: Any) -> list[Any]:
        """ω = ω(t−1) ⊕ (1 − exp(…)): what left before, and what leaves now."""
        quantity, key, t = node
        return [(1 - self.at(*stays, t - 1, 1.0), (quantity, key, t - 1)), (driven, to)]

    def _sold_beta(self, e: int, t: int) -> list[Any]:
        link = self.chain.links[e]
        driven = self._driven(link.seller, t, link.contract_weeks, link.switching_cost)
        return self._leaving(("sold_beta", e, t), ("beta", link.key), driven, ("trust", link.seller, t))

    def _sold_sigma(self, e: int, t: int) -> list[Any]:
        link = self.chain.links[e]
        to = self._link_hop("severed", e, ("trust", link.buyer, t))
        driven = self._driven(link.buyer, t, link.contract_weeks, link.switching_cost)
        return self._leaving(("sold_sigma", e, t), ("sigma", link.key), driven, to)

    def _bought_sigma(self, e: int, t: int) -> list[Any]:
        link = self.chain.links[e]
        driven = self._driven(link.buyer, t, link.contract_weeks, link.switching_cost)
        return self._leaving(("bought_sigma", e, t), ("sigma", link.key), driven, ("trust", link.buyer, t))

    def _eta(self, i: str, t: int) -> list[Any]:
        driven = self._driven(i, t, self.p["contract_weeks"], self.p["switching_cost"])
        return self._leaving(("eta", i, t), ("eta", i), driven, ("trust", i, t))

    def _trust(self, i: str, t: int) -> list[Any]:
        kept = keep(self.p["trust_half_life"]) * self.of("trust_loss", i, t - 1)
        return [(kept, ("trust", i, t - 1)), (self.p["trust_gain"] * self.at("E", i, t), ("scandal", i, t))]

    def _legal(self, i: str, t: int) -> list[Any]:
        kept = keep(self.p["legal_half_life"]) * self.of("legal_loss", i, t - 1)
        others = self._from("legal", self.chain.exposure, i, t)
        probed, X = both_all(size for size, _ in others), self.at("X", i, t)
        new = [(X, ("hurt", i, t)), (probed, others)]
        return [(kept, ("legal", i, t - 1)), (self.p["legal_gain"] * both(X, probed), new)]

    def _c(self, i: str, t: int) -> list[Any]:
        held = held_back(self.chain, self.p, self.shocks, i, t)
        r, before = self.of("reputation_damage", i, t), self.of("churn", i, t - 1)
        target = held.ceiling * (r**held.exponent if r > 0 else 0.0)
        speed = held.out if target > before else held.back
        return [((1 - speed) * before, ("c", i, t - 1)), (speed * target, ("r", i, t))]

    def _r(self, i: str, t: int) -> list[Any]:
        kept = keep(self.p["reputation_half_life"]) * self.of("reputation_damage", i, t - 1)
        X, C = self.at("X", i, t), self.of("associated", i, t)
        heard = [(X, ("hurt", i, t)), (C, ("tainted", i, t))]
        return [(kept, ("r", i, t - 1)), (self.p["reputation_gain"] * both(X, C), heard)]

    def _from(self, channel: str, weights: Weights, i: str, t: int) -> list[Any]:
        return [
            (weight * self.at("X", j, t), self._hop(channel, j, i, ("hurt", j, t)))
            for j, weight in weights.get(i, {}).items()
        ]

    def _tainted(self, i: str, t: int) -> list[Any]:
        return self._from("association", self.chain.taint, i, t)

    def _hurt(self, i: str, t: int) -> list[Any]:
        return [(self.at("E", i, t), ("scandal", i, t)), (self.of("attributed", i, t), ("blamed", i, t))]

    def _blamed(self, i: str, t: int) -> list[Any]:
        return [
            (
                m * both(self.at("E", j, t), self.of("attributed", j, t - 1)),
                self._hop("blame", j, i, ("heard", j, t)),
            )
            for j, m in self.chain.blame.get(i, {}).items()
        ]

    def _heard(self, j: str, t: int) -> list[Any]:
        return [
            (self.at("E", j, t), ("scandal", j, t)),
            (self.of("attributed", j, t - 1), ("blamed", j, t - 1)),
        ]

    def _scandal(self, i: str, t: int) -> list[Any]:
        sizes = [
            (scandal_size(shock, t, self.p), n)
            for n, shock in enumerate(self.shocks)
            if shock["kind"] == "scandal" and shock["company"] == i
        ]
        more = self.p["feedback"] * max(
            0.0, self.of("revenue_loss_share", i, t - 1) - self.p["feedback_threshold"]
        )
        told = [(both_all(size for size, _ in sizes), sizes), (more, ("v", i, t - 1))]
        said = self.p["word_of_mouth"] * self.of("churn", i, t - 1)
        return [(both_all(size for size, _ in told), told), (said, ("c", i, t - 1))]

    def _s(self, i: str, t: int) -> list[Any]:
        return [
            (outage_size(shock, t), n)
            for n, shock in enumerate(self.shocks)
            if shock["kind"] == "outage"
            and shock["company"] == i
            and not (shock.get("category") or shock.get("target"))
        ]

    def _s_e(self, e: int, t: int) -> list[Any]:
        link = self.chain.links[e]
        return [
            (outage_size(shock, t), n)
            for n, shock in enumerate(self.shocks)
            if shock["kind"] == "outage"
            and shock["company"] == link.seller
            and (shock.get("category") or shock.get("target"))
            and (shock.get("category") or link.category) == link.category
            and (shock.get("target") or link.buyer) == link.buyer
        ]

    def _hop(self, channel: str, source: str, target: str, node: Node) -> Any:
        return (channel, source, target, self.ties[channel, target, source], node)

    def _link_hop(self, channel: str, e: int, node: Node) -> Any:
        link = self.chain.links[e]
        source, target = link.buyer, link.seller
        if channel == "shortage":
            source, target = target, source
        return (channel, source, target, [(1.0, link.key)], node)

    # -- answers ----------------------------------------------------------------------------------------

    def start(self, money: dict[str, float], weeks: Iterable[int] | None = None) -> Credit:
        """v·money/52 of these companies, in all weeks or some."""
        return {
            ("v", i, t): self.of("revenue_loss_share", i, t) * worth / 52
            for i, worth in money.items()
            for t in (range(self.weeks) if weeks is None else weeks)
            if math.fsum(self.series[i]["revenue_loss_share"]) >= NOISE * self.weeks
        }


def largest(candidates: list[tuple[float, Any]]) -> list[tuple[float, Any]]:
    """All to the largest; positive ones within 1e-12 of it share equally."""
    most = max((size for size, _ in candidates), default=0.0)
    return [(1.0, to) for size, to in candidates if size > 0 and size >= most - NOISE]
