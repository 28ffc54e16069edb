"""The scenario and its result in sentences: headline, shocks, assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import numpy as np

from graph.impact.basis import Basis
from graph.impact.costs import known_purses
from graph.impact.impact import NOTICEABLE, DirectCostBorne, Impact
from graph.impact.notices import Notice
from graph.network import Network
from graph.scenario import (
    Exit,
    Experience,
    OfCustomers,
    Opening,
    Outage,
    Scandal,
    Shock,
    Span,
    Substitute,
    kind_of,
)
from viz.texts import NAME, fit, named
from viz.words import Words

MOST_SHOCKS = 100  # sentences on shocks: a filter may make thousands
CLAUSES = 2  # shocks that the headline names one by one
MOST_NAMED = 10  # companies in one sentence
MOST_COLUMNS = 3  # in one sentence
_BY_RULE = ("touch",)  # its default depends on the kind of link


def headline(impact: Impact, words: Words) -> str:
    """What happens and what it costs, in one sentence."""
    said = impact.value_added_loss > 0 or impact.gross_revenue_loss > 0
    return words(
        "headline" if said else "headline_nothing",
        what=_what(impact, words),
        money=words.money(impact.value_added_loss),
        horizon=impact.weeks,
    )


def below_headline(impact: Impact, words: Words) -> str:
    """Who is hit hardest and how many are hit; empty where nobody is."""
    loss = impact.series["revenue_loss_share"]
    if not loss.size or loss.max() <= 0:
        return ""
    shocked = {impact.network.index[shock.company] for shock in impact.scenario.shocks}
    bystanders = np.array([i not in shocked for i in range(loss.shape[1])])
    seen = np.where(bystanders, loss, 0.0)
    if seen.max() <= 0:
        seen = loss
    week, company = np.unravel_index(int(seen.argmax()), seen.shape)
    hit = int((loss.max(axis=0) > NOTICEABLE).sum())
    hardest = words(
        "hardest",
        company=name_of(impact, impact.network.ids[int(company)]),
        share=words.percent(100.0 * float(seen[week, company])),
        week=int(week),
    )
    return f"{hardest} {words('how_many', count=hit, all=loss.shape[1])}"


def exits(impact: Impact, words: Words) -> str:
    """Who goes out of business and when, the first first, or of how many it can be told that they do not.

    Empty where that was not asked.
    """
    if not impact.scenario.exits:
        return ""
    if not impact.exits:
        known = len(known_purses(impact.network))
        return words("exits_none" if known else "exits_unknown", known=known, count=len(impact.network))
    told = (
        words("exit_week", company=with_id(impact.network, gone.company), week=gone.start_week)
        for gone in impact.exits
    )
    count = len(impact.exits)
    return words("exits", count=count, companies=first_of(told, count, words, "list_of_pairs"))


def name_of(impact: Impact, company: str) -> str:
    """The name of the company with this id, fit to be shown."""
    return fit(impact.network.names[impact.network.index[company]], NAME)


def with_id(network: Network, company: str) -> str:
    """The company with this id as `Name (id)`, fit to be shown."""
    return named(network.names[network.index[company]], company)


def first_of(told: Iterable[str], count: int, words: Words, between: str = "list") -> str:
    """The first of `count` companies, as each is told, and how many more there are; `between` is a phrase."""
    shown = list(islice(told, MOST_NAMED))
    more = count - len(shown)
    return words(between).join([*shown, *([words("others", count=more)] if more else [])])


def shocks(impact: Impact, words: Words) -> tuple[str, ...]:
    """One sentence a shock or exit, and one a direct cost; of very many the first, and how many more."""
    told, all_shocks = [], impact.settled.shocks
    for number, shock in enumerate(all_shocks[:MOST_SHOCKS]):
        if isinstance(shock, Scandal):
            told.append(_scandal(impact, shock, words))
        elif isinstance(shock, Outage):
            told.append(_outage(impact, shock, words))
        elif isinstance(shock, Exit):
            company = name_of(impact, shock.company)
            told.append(words("shock_exit", company=company, start=shock.start_week))
        else:
            told.append(words(f"shock_{kind_of(shock)}", **_of_customers(impact, shock, words)))
        told += [_cost(impact, cost, words) for cost in impact.direct_costs if cost.shock == number]
    if (more := len(all_shocks) - MOST_SHOCKS) > 0:
        told.append(words("more_shocks", count=more))
    return tuple(told)


def assumptions(impact: Impact, words: Words) -> tuple[str, ...]:
    """Which values were not in the data, by column, and which parameters were overridden."""
    told = [*defaults(impact.chain.assumed, impact.parameters, words)]
    for place, count in impact.network.marked.items():
        told.append(words("assumed_marked", count=count, **_column(place, words)))
    told += overridden(impact.scenario.parameters, words)
    return tuple(told) or (words("assumed_none"),)


def overridden(p: Mapping[str, float], words: Words) -> Iterator[str]:
    """Which parameters do not stand at their defaults."""
    for name, value in p.items():
        yield words("overridden", name=fit(name, NAME), value=f"{value:g}")


def defaults(assumed: Mapping[str, int], p: Mapping[str, float], words: Words) -> Iterator[str]:
    """How many blanks of each column a default was taken for, and which one under the parameters `p`."""
    for place, count in assumed.items():
        name = place.rpartition(".")[2]
        default = None if name in _BY_RULE else p.get(name)
        phrase = "assumed_default" if default is None else "assumed_blank"
        yield words(
            phrase, count=count, value="" if default is None else f"{default:g}", **_column(place, words)
        )


def defaults_in_short(assumed: Mapping[str, int], words: Words) -> str:
    """The same in one sentence: the columns with most of them, and how many more columns there are."""
    if not assumed:
        return words("assumed_none")
    told = []
    for place, count in sorted(assumed.items(), key=lambda each: -each[1])[:MOST_COLUMNS]:
        told.append(words("assumed_column", count=count, **_column(place, words)))
    more = len(assumed) - len(told)
    told += [words("others_things", count=more)] if more else []
    return words("assumed_short", columns=words("list").join(told))


def _column(place: str, words: Words) -> dict[str, str]:
    """What a phrase needs to name the column at `table.column`."""
    table, _, name = place.partition(".")
    return {"column": words.column(table, name), "table": words.table(table)}


def warnings(of: Impact | Basis, words: Words) -> tuple[str, ...]:
    """What a person should know before trusting the answer, fit to be shown."""
    day = of.network.day
    return tuple(
        words(notice.kind, about=_about(of.network, notice, words), date=day) for notice in of.notices
    )


def _about(network: Network, notice: Notice, words: Words) -> str:
    """Of how many, or of whom: the first companies with their ids, and how many more there are."""
    if not notice.companies:
        return str(notice.count)
    names = (with_id(network, company) for company in notice.companies)
    if notice.kind == "no_recovery_rate":
        return " – ".join(names)
    count = len(notice.companies)
    if not notice.weeks:
        return first_of(names, count, words)
    weeks = (words("in_week", company=n, week=w) for n, w in zip(names, notice.weeks, strict=True))
    return first_of(weeks, count, words, "list_of_pairs")


def dated(network: Network, words: Words) -> str:
    """The date whose chain it is, as far as one plays a part."""
    if network.as_of or not network.day:
        return network.as_of or words("latest")
    return words("latest_day", date=network.day)


def snapshot(network: Network, words: Words) -> str:
    """Which facts, and of which date the chain is."""
    stamp = network.snapshot
    return words("snapshot_line", revision=stamp.revision, hash=stamp.hash, date=dated(network, words))


def _what(impact: Impact, words: Words) -> str:
    told = impact.scenario.shocks
    if not told:
        return words("no_shock")
    if len(told) <= CLAUSES:
        first, *second = (clause(impact, shock, words) for shock in told)
        return words("and", one=first, other=second[0]) if second else first
    names = list(dict.fromkeys(name_of(impact, shock.company) for shock in told))
    companies = words("list").join(names[:3]) + (" …" if len(names) > 3 else "")
    return words("many_shocks", count=len(told), companies=companies)


def clause(impact: Impact, shock: Shock, words: Words) -> str:
    """What a shock does, as a part of a sentence."""
    company = name_of(impact, shock.company)
    if isinstance(shock, Scandal | Exit):
        return words(f"if_{kind_of(shock)}", company=company)
    if not isinstance(shock, Outage):
        return words(f"if_{kind_of(shock)}", **_of_customers(impact, shock, words))
    target = words("to_target", target=name_of(impact, shock.target)) if shock.target else ""
    return words(
        ("if_cut" if shock.partial else "if_outage") + ("" if shock.severity == 1 else "_share"),
        company=company,
        severity=words.percent(100.0 * shock.severity),
        weeks=shock.duration_weeks,
        category=fit(shock.category, NAME) or words("goods"),
        target=target,
    )


def _outage(impact: Impact, shock: Outage, words: Words) -> str:
    target = name_of(impact, shock.target) if shock.target else ""
    phrase = "_".join(["sales", *(["of"] if shock.category else []), *(["to"] if target else [])])
    lasting = shock.recovery if shock.recovery_weeks else "step"
    return words(
        "shock_outage",
        company=name_of(impact, shock.company),
        severity=words.percent(100.0 * shock.severity),
        what=words(phrase, category=fit(shock.category, NAME), target=target)
        if shock.partial
        else words("whole"),
        start=shock.start_week,
        end=shock.start_week + max(shock.duration_weeks, 1) - 1,
        recovery=words(f"recover_{lasting}", weeks=shock.recovery_weeks),
    )


def _scandal(impact: Impact, shock: Scandal, words: Words) -> str:
    return words(
        "shock_scandal",
        company=name_of(impact, shock.company),
        start=shock.start_week,
        harm=f"{shock.harm:g}",
        culpability=f"{shock.culpability:g}",
        victims=words(shock.victims),
        reach=words(shock.reach),
    )


def _of_customers(impact: Impact, shock: OfCustomers, words: Words) -> dict[str, object]:
    """What the sentences on a shock that moves customers, or changes a market, are filled with."""
    told: dict[str, object] = {"company": name_of(impact, shock.company), "start": shock.start_week}
    if isinstance(shock, Opening):
        return told | {"structure": words(shock.structure)}
    if isinstance(shock, Substitute):
        return told | {"size": words.percent(100.0 * shock.pull)}
    if isinstance(shock, Experience):
        told |= {"perceived": f"{shock.perceived:g}", "expected": f"{shock.expected:g}"}
    else:
        told["size"] = words.percent(100.0 * shock.size)
    return told | {"when": _when(shock, words)}


def _when(span: Span, words: Words) -> str:
    if span.duration_weeks is None:
        return words("from_week", start=span.start_week)
    lasting = span.recovery if span.recovery_weeks else "step"
    return words(
        "in_weeks",
        start=span.start_week,
        end=span.start_week + max(span.duration_weeks, 1) - 1,
        recovery=words(f"recover_{lasting}", weeks=span.recovery_weeks),
    )


def _cost(impact: Impact, cost: DirectCostBorne, words: Words) -> str:
    bearer = name_of(impact, cost.bearer)
    told = words("shock_cost", amount=words.money(cost.amount), bearer=bearer)
    if cost.supplier:
        told += words(
            "shock_repaid",
            supplier=name_of(impact, cost.supplier),
            repaid=words.money(cost.repaid),
            borne=words.money(cost.borne),
            bearer=bearer,
        )
    return told + words("stop")
