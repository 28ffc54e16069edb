"""A ranking in sentences: who is most dangerous, and why; what in the chain stands behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from graph.impact.accounts import LEFT, key_accounts
from graph.impact.coefficients import SELLS_THROUGH
from graph.impact.comparison import Hidden
from graph.impact.criticality import Ranking
from graph.impact.dependence import concentration, diamonds, single_sources
from graph.impact.impact import NEVER, WEEKS_A_YEAR
from graph.impact.reasons import Hop, strongest, supply
from graph.ontology import LinkKind, default_category
from graph.scenario import Scandal
from viz.texts import NAME, fit
from viz.words import Words

FEW = 3  # of a kind that a sentence names
MAINLY = 0.9  # a loss of which so much is the failing company's own is its own


@dataclass(frozen=True, slots=True)
class Danger:
    """One company and why its failure costs what it does; `hops` lead from it to who is hurt."""

    place: int
    why: str
    hops: tuple[Hop, ...]


def name(ranking: Ranking, place: int) -> str:
    """A company's name, fit to be shown."""
    return fit(ranking.network.names[place] or ranking.network.ids[place], NAME)


def asked(ranking: Ranking, words: Words) -> str:
    """Who is asked about."""
    return words("rank_all") if ranking.to is None else name(ranking, ranking.to)


def question(ranking: Ranking, words: Words) -> str:
    """What was asked, in one sentence."""
    shock, to = ranking.question.shock, asked(ranking, words)
    if isinstance(shock, Scandal):
        return words("rank_scandal", harm=f"{shock.harm:g}", to=to)
    whole = "" if shock.severity == 1 else "_share"
    return words(
        f"rank_outage{whole}",
        weeks=shock.duration_weeks,
        severity=words.percent(100.0 * shock.severity),
        to=to,
    )


def headline(ranking: Ranking, words: Words) -> str:
    """Who is most dangerous, and what it costs."""
    order, weeks, to = ranking.order, ranking.question.horizon_weeks, asked(ranking, words)
    if not len(order):
        return words("rank_nobody", to=to, horizon=weeks)
    first = int(order[0])
    money = words.money(float(ranking.loss[first]))
    return words("rank_head", to=to, company=name(ranking, first), money=money, horizon=weeks)


def counted(ranking: Ranking, words: Words) -> str:
    """How many companies can cost anything, and what the asked one's own failure costs."""
    others = len(ranking.network) - (ranking.to is not None)
    weeks = ranking.question.horizon_weeks
    said = words("rank_counted", hurting=len(ranking.order), all=others, horizon=weeks)
    if ranking.to is None:
        return said
    own = words("rank_own", money=words.money(float(ranking.loss[ranking.to])))
    return f"{said} {own}" if words.language == "en" else f"{said}{own}"


def share_of(ranking: Ranking, place: int) -> float:
    """A loss as a share of what the asked company takes in (of all: adds) over the horizon [0-1]."""
    chain = ranking.chain
    year = float(chain.value_added.sum()) if ranking.to is None else float(chain.revenue[ranking.to])
    whole = year * ranking.question.horizon_weeks / WEEKS_A_YEAR
    return float(ranking.loss[place]) / whole if whole > 0 else 0.0


def dangers(ranking: Ranking, words: Words, most: int) -> tuple[Danger, ...]:
    """The most dangerous companies, each with one sentence why."""
    places = [int(i) for i in ranking.order[:most]]
    news = isinstance(ranking.question.shock, Scandal)
    victims = {i: _victim(ranking, i) for i in places}
    ways: dict[int, tuple[Hop, ...]] = {}
    for victim in dict.fromkeys(victims.values()):
        if victim != NEVER:
            sources = [i for i in places if victims[i] == victim]
            ways |= strongest(ranking.chain, sources, victim, news=news)
    return tuple(Danger(i, _why(ranking, words, i, ways.get(i, ())), ways.get(i, ())) for i in places)


def _victim(ranking: Ranking, place: int) -> int:
    return ranking.to if ranking.to is not None else int(ranking.hardest[place])


def _why(ranking: Ranking, words: Words, place: int, hops: tuple[Hop, ...]) -> str:
    """One sentence: the first link of the strongest way, what lies on it, and for all who is hit."""
    way = ""
    if ranking.to is None:
        lost = float(ranking.gross_revenue_loss[place])
        if not hops or float(ranking.own_loss[place]) >= MAINLY * lost:
            return words("rank_because", cause=words("rank_by_itself"), way="")
        way = words(
            "rank_hardest",
            company=name(ranking, int(ranking.hardest[place])),
            money=words.money(float(ranking.hardest_loss[place])),
        )
    elif len(hops) > 1:
        between = words("list").join(name(ranking, hop.target) for hop in hops[1:-1])
        to = name(ranking, ranking.to)
        way = words("rank_way", to=to, names=between) if between else words("rank_way_next", to=to)
    cause = _cause(ranking, words, hops[0]) if hops else words("rank_no_way")
    return words("rank_because", cause=cause[:1].upper() + cause[1:], way=way)


def _cause(ranking: Ranking, words: Words, hop: Hop) -> str:
    target = name(ranking, hop.target)
    if hop.channel == "shortage":
        need = supply(ranking.chain, hop.link)
        through = ranking.network.trade.kind[hop.link] == SELLS_THROUGH
        stock = (
            words("rank_stock", weeks=words.number(need.stock)) if need.stock > 0 else words("rank_no_stock")
        )
        replaced = words("rank_not_replaced")
        if need.substitutability > 0:
            replaced = words("rank_replaced", share=words.percent(100.0 * need.substitutability))
        return words(
            "rank_by_goods" if through else "rank_by_alone" if need.alone else "rank_by_share",
            target=target,
            share=words.percent(100.0 * (need.spend_share if through else need.share)),
            category=category(ranking, words, need.category),
            stock=stock,
            replaced=replaced,
        )
    if hop.channel == "orders":
        c = ranking.chain.coefficients
        own = (c.seller == hop.target) & (c.buyer == hop.source)
        return words(
            "rank_by_orders", target=target, share=words.percent(100.0 * float(c.seller_share[own].sum()))
        )
    return words(
        f"rank_by_{hop.channel}",
        target=target,
        weight=f"{hop.weight:.2g}",
        share=words.percent(100.0 * hop.weight),
    )


def category(ranking: Ranking, words: Words, place: int) -> str:
    """What a category is called, by its place."""
    return category_name(ranking, words, ranking.network.categories[place])


def category_name(ranking: Ranking, words: Words, said: str) -> str:
    """What a category is called; those that blank ones stand for have words."""
    brand = said.removeprefix(default_category(LinkKind.SELLS_THROUGH, ""))
    if brand != said and brand in ranking.network.index:
        return words("rank_goods", brand=name(ranking, ranking.network.index[brand]))
    if said == default_category(LinkKind.CARRIES_FOR, ""):
        return words("delivery")
    return fit(said, NAME) or words("rank_unnamed")


def behind(ranking: Ranking, words: Words, found: Hidden) -> tuple[str, ...]:
    """What in the chain stands behind the ranking, one sentence each; the worst come first."""
    told = (
        _exposed(ranking, words),
        _hidden(ranking, words, found),
        _single(ranking, words),
        _diamonds(ranking, words),
        _concentrated(ranking, words),
        _weakest(ranking, words),
        _accounts(ranking, words),
    )
    return tuple(line for line in told if line)


def _names(words: Words, names: Iterable[str], all_of: int = 0, what: str = "others") -> str:
    """The first few names, and how many more there are."""
    shown = list(names)[:FEW]
    more = all_of - len(shown)
    return words("list").join([*shown, *([words(what, count=more)] if more > 0 else [])])


def _exposed(ranking: Ranking, words: Words) -> str:
    places = [int(i) for i in ranking.order if ranking.exposed[i]]
    if not places:
        return ""
    felt, recover = ranking.exposed_week, ranking.time_to_recover
    names = (f"{name(ranking, i)} ({felt[i]} < {recover[i]})" for i in places[:FEW])
    return words("rank_exposed", names=_names(words, names, len(places)))


def _hidden(ranking: Ranking, words: Words, found: Hidden) -> str:
    places = [int(i) for i in ranking.order if found.hidden[i]]
    if not places:
        return words("rank_hidden_none")
    return words("rank_hidden", names=_names(words, (name(ranking, i) for i in places[:FEW]), len(places)))


def _single(ranking: Ranking, words: Words) -> str:
    found = single_sources(ranking.chain)
    found = tuple(each for each in found if ranking.loss[each.seller] > 0 and each.seller != ranking.to)
    if not found:
        return ""
    worst = sorted(
        found,
        key=lambda s: (
            s.buyer != ranking.to, not s.no_substitute, -ranking.loss[s.seller], s.buyer, s.category,
        ),
    )  # fmt: skip
    names = (
        words(
            "rank_single_one",
            seller=name(ranking, each.seller),
            buyer=name(ranking, each.buyer),
            category=category(ranking, words, each.category),
        )
        for each in worst[:FEW]
    )
    strict = sum(each.no_substitute for each in found)
    return words("rank_single", count=len(found), strict=strict, names=_names(words, names))


def _diamonds(ranking: Ranking, words: Words) -> str:
    found = sorted(
        diamonds(ranking.chain, ranking.to),
        key=lambda d: (not d.alternatives, -ranking.loss[d.shared], d.buyer, d.shared),
    )
    if not found:
        return ""
    names = (
        words(
            "rank_diamond_one",
            shared=name(ranking, each.shared),
            share=words.percent(100.0 * each.behind),
            category=category(ranking, words, each.category),
            buyer=name(ranking, each.buyer),
        )
        for each in found[:FEW]
    )
    return words("rank_diamonds", names=_names(words, names, len(found)))


def _concentrated(ranking: Ranking, words: Words) -> str:
    found = concentration(ranking.chain, ranking.to)
    if not found:
        return ""
    names = (f"{category(ranking, words, each.category)} {each.hhi:.2f}" for each in found[:FEW])
    return words("rank_hhi", names=_names(words, names, len(found), "others_things"))


def weakest_links(ranking: Ranking) -> Sequence[int]:
    """The brands that some failure costs anything, by what it costs; of one company asked about itself."""
    found = np.flatnonzero((ranking.weakest != NEVER) & ranking.reckoned)
    if ranking.to is not None:
        found = found[found == ranking.to]
    return [int(i) for i in found[np.lexsort((found, -ranking.weakest_loss[found]))]]


def _weakest(ranking: Ranking, words: Words) -> str:
    brands = weakest_links(ranking)
    if not brands or ranking.to is not None:
        return ""
    names = (
        words(
            "rank_weakest_one",
            brand=name(ranking, brand),
            company=name(ranking, int(ranking.weakest[brand])),
            money=words.money(float(ranking.weakest_loss[brand])),
        )
        for brand in brands[:FEW]
    )
    return words("rank_weakest", names=_names(words, names, len(brands)))


def _accounts(ranking: Ranking, words: Words) -> str:
    found = None if ranking.to is None else key_accounts(ranking.chain, ranking.to)
    if found is None or not len(found.buyer):
        return ""
    largest, runway = found.largest(LEFT), found.runway_without(LEFT)
    said = words(
        "rank_accounts",
        company=name(ranking, found.company),
        names=_names(words, (f"{name(ranking, i)} {words.percent(100.0 * s)}" for i, s in largest)),
        share=words.percent(100.0 * sum(s for _, s in largest)),
        count=len(largest),
    )
    if np.isfinite(runway):
        said += (" " if words.language == "en" else "") + words("rank_runway", weeks=words.number(runway))
    return said
