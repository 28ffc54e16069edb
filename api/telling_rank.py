"""A ranking for a person at a terminal: five dangers and why, then what stands behind them; one screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from api.console import Call
from api.telling_basis import tell_basis
from api.terminal import table
from graph.impact.basis import of_ranking
from graph.impact.comparison import Group, hidden
from graph.impact.criticality import Ranking
from viz.dangers import behind, counted, dangers, headline, name, question
from viz.rank_table import cells, columns, group_cells, no_groups


def tell_ranking(call: Call, ranking: Ranking, top: int) -> None:
    """Five dangers and why, then what stands behind."""
    say = call.speech(ranking.network.snapshot.currency)
    words, found = say.words, hidden(ranking)
    call.print(question(ranking, words))
    call.print(headline(ranking, words), style="bold")
    call.print(counted(ranking, words))
    call.print()
    shown = dangers(ranking, words, top)
    if shown:
        heads = columns(ranking)
        rows = []
        for number, danger in enumerate(shown, 1):
            worded = cells(ranking, found, danger.place, words)
            rows.append([str(number), *(worded[head] for head in heads)])
        call.print(table(["", *map(say, heads)], rows, numbers=range(2, 2 + len(heads))))
        call.print()
        for number, danger in enumerate(shown, 1):
            company = name(ranking, danger.place)
            call.print(say("rank_line", number=number, company=company, why=danger.why))
        call.print()
    for line in behind(ranking, words, found):
        call.print(line)
    call.print(words("rank_adds_not"), style="dim")
    tell_basis(call, of_ranking(ranking), say)


def tell_groups(
    call: Call, ranking: Ranking, by: str, found: Mapping[str, Sequence[Group]], most: int
) -> None:
    """One grouping as a table; where there is none, what it needs."""
    say = call.speech(ranking.network.snapshot.currency)
    heads = [say(f"rank_by_{by}"), *map(say, ("rank_count", "rank_mean", "rank_largest", "rank_largest_of"))]
    rows = [group_cells(ranking, by, group, say.words) for group in found[by][:most]]
    call.print()
    call.print(say("rank_by", grouping=say(f"rank_by_{by}")), style="bold")
    if not rows:
        call.print(no_groups(by, say.words), indent=2)
        return
    call.print(table(heads, rows, numbers=(1, 2, 3)), indent=2)
