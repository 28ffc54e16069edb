"""Why a loss came about, in sentences: from a shock over its hops, the largest path first."""

from __future__ import annotations

import numpy as np

from graph.impact.explanation import Explanation, link_ends
from graph.impact.impact import NEVER, Impact
from graph.impact.paths import Hop, Path
from graph.ontology import LinkKind, default_category
from viz.story import clause, name_of
from viz.texts import LABEL, fit
from viz.words import Words

MOST = 5  # paths that are told


def opening(impact: Impact, found: Explanation, words: Words) -> str:
    """What is divided."""
    if found.loss <= 0:
        return words("why_nothing")
    what = "why_all" if found.company is None else "why_company"
    told: dict[str, object] = {"money": words.money(found.loss)}
    if found.company is not None:
        told["company"] = _name(impact, found.company)
    return words(what, **told) if found.week is None else words(f"{what}_week", week=found.week, **told)


def because(impact: Impact, found: Explanation, words: Words, most: int = MOST) -> tuple[str, ...]:
    """One sentence a path, the largest first, then what is left and where the division may jump."""
    if found.loss <= 0:
        return ()
    told = [path_told(impact, found, path, words) for path in found.paths[:most]]
    rest = found.loss - sum(path.amount for path in found.paths[:most])
    if rest > 1e-9 * found.loss:
        told.append(words("why_rest", share=words.percent(100.0 * rest / found.loss)))
    close = found.close_calls
    if close.weeks:
        told.append(words("why_close", count=len(close.weeks), money=words.money(close.amount)))
    return tuple(told)


def path_told(impact: Impact, found: Explanation, path: Path, words: Words) -> str:
    """What one path brought, and how."""
    hops = "".join(words("why_then", hop=hop_told(impact, hop, words)) for hop in path.hops)
    return words(
        "why_path" if found.company is not None else "why_path_of",
        share=words.percent(100.0 * path.amount / found.loss),
        company=_name(impact, path.company),
        cause=clause(impact, impact.settled.shocks[path.shock], words),
        hops=hops,
    )


def of_company(impact: Impact, place: int, words: Words) -> str:
    """What one company loses and when it runs out of stock, and of cash where that is known."""
    answers, share = impact.answers, impact.series["revenue_loss_share"][:, place]
    week, survives = int(share.argmax()), int(answers.time_to_survive[place])
    stock, runway = float(answers.inventory_weeks[place]), float(answers.runway_weeks[place])
    out = int(answers.cash_out_week[place])
    told = [
        words(
            "why_of_company",
            company=_name(impact, place),
            money=words.money(float(impact.revenue_loss[place])),
            worst=words.percent(100.0 * float(share[week])),
            week=week,
        ),
        words("why_survives_all") if survives == NEVER else words("why_survives_weeks", weeks=survives),
    ]
    if np.isfinite(stock):
        told.append(words("why_scarcest", weeks=f"{stock:.3g}"))
    if out != NEVER:
        told.append(words("why_cash_gone", week=out))
    elif np.isfinite(runway):
        told.append(words("why_cash_lasts", horizon=impact.weeks, weeks=f"{runway:.3g}"))
    return " ".join(told)


def hop_told(impact: Impact, hop: Hop, words: Words) -> str:
    """One hop, with its weeks."""
    link = link_ends(impact.network, hop.links[0])
    goods = "" if link.category == default_category(link.kind, link.source) else link.category
    is_carriage = hop.channel == "shortage" and link.kind == LinkKind.CARRIES_FOR
    what = words(
        "why_carriage" if is_carriage else f"why_{hop.channel}",
        source=_name(impact, hop.source),
        target=_name(impact, hop.target),
        goods=fit(goods, LABEL) or words("why_goods"),
    )
    once = hop.first_week == hop.last_week
    return words("why_hop_once" if once else "why_hop", what=what, first=hop.first_week, last=hop.last_week)


def _name(impact: Impact, place: int) -> str:
    return name_of(impact, impact.network.ids[place])
