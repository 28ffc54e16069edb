"""The figures of a ranking, worded for a table on a page or a terminal."""

from __future__ import annotations

from graph.impact.comparison import Group, Hidden
from graph.impact.criticality import Ranking
from graph.impact.impact import NEVER
from graph.scenario import Outage
from viz.dangers import category_name, name, share_of
from viz.texts import NAME, fit
from viz.words import NOTHING, Words


def columns(ranking: Ranking) -> list[str]:
    """The phrases that head the columns of a ranking."""
    outage = isinstance(ranking.question.shock, Outage)
    found = ["company", "rank_loss_to", "rank_of_added" if ranking.to is None else "rank_of_revenue"]
    found += ["rank_a_week"] if outage else []
    of_all, of_one = ["rank_revenue", "rank_supply_lasts"], ["rank_traded", "rank_survives"]
    found += of_all if ranking.to is None else of_one
    if (ranking.time_to_recover != NEVER).any():
        found += ["rank_recovers", "rank_exposure"]
    return found


def cells(ranking: Ranking, found: Hidden, place: int, words: Words) -> dict[str, str]:
    """The figures of one company, worded, by the phrase of their column."""
    shock, loss = ranking.question.shock, float(ranking.loss[place])
    weeks = shock.duration_weeks if isinstance(shock, Outage) else 0
    survives, horizon = int(ranking.time_to_survive[place]), ranking.question.horizon_weeks
    survived = words("longer", weeks=horizon) if survives == NEVER else words("weeks", weeks=survives)
    recovers = int(ranking.time_to_recover[place])
    share = words.percent(100.0 * share_of(ranking, place))
    traded = words.money(float(found.traded[place])) if found.traded[place] > 0 else NOTHING
    return {
        "company": name(ranking, place),
        "rank_loss_to": words.money(loss),
        "rank_of_added": share,
        "rank_of_revenue": share,
        "rank_a_week": words.money(loss / weeks) if weeks else NOTHING,
        "rank_revenue": traded,
        "rank_traded": traded,
        "rank_survives": survived,
        "rank_supply_lasts": survived,
        "rank_recovers": NOTHING if recovers == NEVER else words("weeks", weeks=recovers),
        "rank_exposure": words.money(float(ranking.exposure[place])),
    }


def group_cells(ranking: Ranking, by: str, group: Group, words: Words) -> list[str]:
    """One group: its value, how many, the mean and the largest loss, and whose that is."""
    return [
        _value(ranking, by, group, words),
        str(group.companies),
        words.money(group.mean_loss),
        words.money(group.largest_loss),
        name(ranking, group.largest),
    ]


def no_groups(by: str, words: Words) -> str:
    """What is said where nobody can be grouped by this: which column would be needed."""
    if by == "tier":
        return words("rank_by_no_tier")
    table = "links" if by == "category" else "companies"
    return words("rank_by_none", table=table, column="roles" if by == "role" else by)


def _value(ranking: Ranking, by: str, group: Group, words: Words) -> str:
    if by == "role":
        return words(f"role_{group.value}")
    if by == "category":
        return category_name(ranking, words, group.value)
    return fit(group.value, NAME)
