"""A scenario's answer for a person at a terminal: the headline, then what stands behind it."""

from __future__ import annotations

from collections.abc import Iterator

from api.answers import losers, winners
from api.carried import Carried, carried, recordable
from api.console import Call
from api.explained import Explained, tell_explanation
from api.moved import moved
from api.sureness import tell_sureness
from api.telling_basis import tell_facts
from api.terminal import table
from api.words import Speech
from graph.impact.impact import NEVER, Impact
from graph.impact.sureness import Sureness
from graph.scenario import kind_of
from viz.story import assumptions, below_headline, exits, headline, name_of, warnings, with_id
from viz.why import of_company

MOST_COMPANIES = 12
MOST_LINKS = 8
FEW = 5  # companies, where more than the figures was asked for


def tell(call: Call, impact: Impact, found: Explained | None = None, sure: Sureness | None = None) -> None:
    """All that a person is told of an impact.

    What was asked for beside it, why (`found`) or how sure it is (`sure`), comes right after the headline,
    and the rest is then told in short: the question has its answer on one screen.
    """
    say, short = call.speech(impact.network.snapshot.currency), bool(found or sure)
    tell_headline(call, impact, say)
    if found is not None:
        if found.division.company is not None:
            call.print(of_company(impact, found.division.company, say.words))
        tell_explanation(call, impact, found)
    if sure is not None:
        tell_sureness(call, sure, say)
    tell_losers(call, impact, say, short)
    if not short:
        tell_carried(call, impact, say, MOST_LINKS)
        tell_moved(call, impact, say)
        tell_rivals(call, impact, say)
    tell_direct_costs(call, impact, say)
    resting = assumptions(impact, say.words)
    if short and resting:
        call.print()
        call.print(say("assumptions_short", count=len(resting)))
    else:
        _lines(call, say("assumptions"), resting)
    _lines(call, say("warnings"), warnings(impact, say.words))
    call.print()
    tell_facts(call, impact.network, say)


def tell_headline(call: Call, impact: Impact, say: Speech) -> None:
    """What it costs; the two totals apart."""
    call.print(headline(impact, say.words), style="bold")
    if below := below_headline(impact, say.words):
        call.print(below)
    if gone := exits(impact, say.words):
        call.print(gone)
    call.print(
        say(
            "two_totals",
            value_added=say.words.money(impact.value_added_loss),
            gross=say.words.money(impact.gross_revenue_loss),
        )
    )
    if (won := float(impact.rival_gain.sum())) > 0:
        call.print(say("won_beside", money=say.words.money(won)))


def tell_losers(call: Call, impact: Impact, say: Speech, short: bool) -> None:
    """The companies that lose most; in short, few of them, and without their ids."""
    places = losers(impact, FEW if short else MOST_COMPANIES)
    if not places:
        return
    headers = [say(h) for h in ("company", "lost", "lost_share", "worst", "first", "recovery", "survives")]
    call.print()
    call.print(say("most_lost"), style="bold")
    call.print(table(headers, _losses(impact, say, places, short), numbers=range(1, 7)), indent=2)


def _losses(impact: Impact, say: Speech, places: list[int], short: bool) -> Iterator[list[str]]:
    money, percent = say.words.money, say.words.percent
    answers = impact.answers
    for i in places:
        shares = impact.series["revenue_loss_share"][:, i]
        yield [
            name_of(impact, impact.network.ids[i])
            if short
            else with_id(impact.network, impact.network.ids[i]),
            money(float(impact.revenue_loss[i])),
            percent(100.0 * float(shares.mean())),
            percent(100.0 * float(shares.max())),
            *(_week(int(weeks[i])) for weeks in (answers.first_week, answers.recovery_week)),
            _week(int(answers.time_to_survive[i])),
        ]


def _week(week: int) -> str:
    return "–" if week == NEVER else str(week)


def tell_carried(call: Call, impact: Impact, say: Speech, most: int) -> None:
    """The links that carried most."""
    rows = [_link(impact, say, each) for each in carried(impact, most)]
    if not rows and recordable(impact.network, impact.weeks):
        return
    call.print()
    call.print(say("carried"), style="bold")
    if not rows:
        call.print(say("carried_skipped"), indent=2)
        return
    headers = [say(h) for h in ("channel", "from", "to", "what", "at_most", "when", "touched")]
    call.print(table(headers, rows, numbers=(4, 5, 6)), indent=2)
    call.print(say("carried_note"), indent=2, style="dim")


def _link(impact: Impact, say: Speech, each: Carried) -> list[str]:
    names = impact.network.ids
    return [
        say.words(each.channel),
        name_of(impact, names[each.source]),
        name_of(impact, names[each.target]),
        each.category,
        say.words.percent(100.0 * each.at_most),
        f"{each.first}–{each.last}",
        say.words.money(each.touched),
    ]


def tell_moved(call: Call, impact: Impact, say: Speech) -> None:
    """Whose customers the shocks moved, the most first."""
    found = sorted(moved(impact), key=lambda each: (-each["bought"], each["shock"], each["company"]))[
        :MOST_LINKS
    ]
    if not found:
        return
    call.print()
    call.print(say("moved_customers"), style="bold")
    for each in found[:MOST_LINKS]:
        shock = impact.settled.shocks[each["shock"]]
        call.print(
            say(
                f"moved_{each['goes']}",
                company=name_of(impact, each["company"]),
                to=name_of(impact, shock.company),
                why=say(f"why_{kind_of(shock)}"),
                share=say.words.percent(100.0 * each["at_most"]),
                money=say.words.money(each["bought"]),
            ),
            indent=2,
        )


def tell_direct_costs(call: Call, impact: Impact, say: Speech) -> None:
    """Who pays and who repays."""
    money = say.words.money
    lines = []
    for cost in impact.direct_costs:
        named = {"bearer": name_of(impact, cost.bearer), "amount": money(cost.amount)}
        if cost.repaid > 0:
            lines.append(
                say(
                    "cost_repaid",
                    **named,
                    supplier=name_of(impact, cost.supplier),
                    repaid=money(cost.repaid),
                    share=say.words.percent(100.0 * cost.repaid / cost.amount),
                    borne=money(cost.borne),
                )
            )
        else:
            lines.append(say("cost_alone", **named))
    _lines(call, say("direct_costs"), lines)


def tell_rivals(call: Call, impact: Impact, say: Speech) -> None:
    """Who wins what others lose."""
    gains = [
        f"{with_id(impact.network, impact.network.ids[i])}: {say.words.money(float(impact.rival_gain[i]))}"
        for i in winners(impact, 5)
    ]
    _lines(call, say("rivals"), gains)


def _lines(call: Call, title: str, lines: list[str] | tuple[str, ...]) -> None:
    if lines:
        call.print()
        call.print(title, style="bold")
        for line in lines:
            call.print(line, indent=2)
