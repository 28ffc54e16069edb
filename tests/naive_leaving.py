"""The plain engine's customers that leave for other reasons than a bad name (docs/scenarios.md)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.naive_chain import Chain, Parameters, ratio

Shock = dict[str, Any]


def both(a: float, b: float) -> float:
    """a ⊕ b."""
    return 1 - (1 - a) * (1 - b)


def both_all(terms: Iterable[float]) -> float:
    """⊕ over all the terms."""
    return 1 - math.prod(1 - term for term in terms)


def keep(half_life: float) -> float:
    """keep(H) = 2^(−1/H)."""
    return float(2 ** (-1 / half_life))


def outage_size(shock: Shock, t: int) -> float:
    """Section 2: s(t) of one outage; without a duration it does not end."""
    start, duration = shock.get("start_week") or 0, shock.get("duration_weeks")
    duration = math.inf if duration is None else duration
    recovery, weeks = shock.get("recovery") or "step", shock.get("recovery_weeks") or 0
    severity: float = shock["severity"]
    e = t - (start + duration)
    if t < start:
        return 0.0
    if e < 0:
        return severity
    if recovery == "step" or weeks == 0:
        return 0.0
    if recovery == "linear":
        return severity * float(max(0, 1 - (e + 1) / (weeks + 1)))
    return severity * float(2 ** (-(e + 1) / weeks))


@dataclass(frozen=True)
class Held:
    """What holds a company's customers back in a week: L, ν, H_out, and the speeds out and back."""

    ceiling: float
    exponent: float
    out: float
    back: float

    def followed(self, m: float, force: float, *, powered: bool = True, part: float = 1.0) -> float:
        """m a week later, where it goes towards part·L·force^ν, or part·L·force."""
        pulled = force ** (self.exponent if powered else 1) if force > 0 else 0.0
        target = part * self.ceiling * pulled
        return m + (self.out if target > m else self.back) * (target - m)


def of_structure(structure: str, p: Parameters) -> Held:
    """Step 5: the numbers of a market's structure."""
    market = f"churn_{structure}"
    return Held(
        ceiling=p[f"{market}_ceiling"],
        exponent=p[f"{market}_exponent"],
        out=1 - keep(p[f"{market}_out_half_life"]),
        back=1 - keep(p[f"{market}_back_half_life"]),
    )


def held_back(chain: Chain, p: Parameters, shocks: list[Shock], i: str, t: int) -> Held:
    """The structure of the market since its last opening, loosened by the substitutes that are there."""
    begun = [s for s in shocks if s["company"] == i and (s.get("start_week") or 0) <= t]
    openings = [s for s in begun if s["kind"] == "opening"]
    structure = chain.structure[i]
    if openings:
        structure = max(openings, key=lambda s: s.get("start_week") or 0)["structure"]
    held, free = of_structure(structure, p), of_structure("homogeneous", p)
    pull = both_all(p["substitute_loosening"] * s["pull"] for s in begun if s["kind"] == "substitute")
    return Held(
        ceiling=held.ceiling + pull * max(0.0, free.ceiling - held.ceiling),
        exponent=held.exponent - pull * max(0.0, held.exponent - free.exponent),
        out=held.out + pull * max(0.0, free.out - held.out),
        back=held.back,
    )


@dataclass
class Followers:
    """Who follows which shock: m of each (number of the shock, company whose customers go)."""

    m: dict[tuple[int, str], float] = field(default_factory=lambda: defaultdict(float))
    goes: dict[tuple[int, str], str] = field(default_factory=dict)  # to: rivals, nobody, or a company

    def week(
        self, chain: Chain, p: Parameters, shocks: list[Shock], t: int
    ) -> tuple[dict[str, float], dict[str, float]]:
        """m and w of every company in week t."""
        for number in range(len(shocks)):
            self.follow(chain, p, shocks, number, t)
        moved = {
            i: both_all(m for at, m in self.m.items() if at[1] == i and self.goes[at] != "nobody")
            for i in chain.companies
        }
        need = {
            i: both_all(m for at, m in self.m.items() if at[1] == i and self.goes[at] == "nobody")
            for i in chain.companies
        }
        return moved, need

    def follow(self, chain: Chain, p: Parameters, shocks: list[Shock], number: int, t: int) -> None:
        """Whom one shock moves in week t."""
        shock = shocks[number]
        kind, company, at = shock["kind"], shock["company"], (number, shock["company"])
        if kind in ("demand", "boycott"):
            self.m[at] = outage_size(shock | {"severity": shock["size"]}, t)
            self.goes[at] = "nobody" if kind == "demand" else "rivals"
        if kind == "substitute":
            pull = shock["pull"] if t >= (shock.get("start_week") or 0) else 0.0
            held = held_back(chain, p, shocks, company, t)
            self.m[at], self.goes[at] = held.followed(self.m[at], pull, powered=False), "nobody"
        if kind == "experience" and shock["perceived"] < shock["expected"]:
            gap = shock | {"severity": shock["expected"] - shock["perceived"]}
            force = p["disappointment_gain"] * outage_size(gap, t)
            held = held_back(chain, p, shocks, company, t)
            part = shock.get("segment", 1.0)
            self.m[at], self.goes[at] = held.followed(self.m[at], force, part=part), "rivals"
        elif kind in ("boon", "experience"):
            size = shock["size"] if kind == "boon" else shock["perceived"] - shock["expected"]
            for rival, closeness in chain.closeness.get(company, {}).items():
                force = p["boon_lure"] * closeness * outage_size(shock | {"severity": size}, t)
                at = (number, rival)
                held = held_back(chain, p, shocks, rival, t)
                part = shock.get("segment", 1.0)
                self.m[at] = held.followed(self.m[at], force, powered=False, part=part)
                self.goes[at] = company

    def gains(self, chain: Chain, c: dict[str, float], capture: float, gained: dict[str, float]) -> None:
        """Adds what each company wins in the week, who left by pull, who was lured to the one that did."""
        for i in chain.companies:
            of = {at: m for at, m in self.m.items() if at[1] == i}
            needed = math.prod(1 - m for at, m in of.items() if self.goes[at] == "nobody")
            gone = both(c[i], both_all(m for at, m in of.items() if self.goes[at] == "rivals"))
            worth = needed * chain.f[i] * chain.revenue[i] / 52
            pull = {k: chain.revenue[k] * (1 - beta) for k, beta in chain.rivalry.get(i, {}).items()}
            for k, p_ki in pull.items():
                gained[k] += worth * gone * capture * ratio(p_ki, math.fsum(pull.values()))
            lured = {at: m for at, m in of.items() if self.goes[at] not in ("rivals", "nobody")}
            for at, m in lured.items():
                part = ratio(m, math.fsum(lured.values()))
                gained[self.goes[at]] += worth * (1 - gone) * both_all(lured.values()) * part
