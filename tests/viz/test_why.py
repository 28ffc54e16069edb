"""Why a loss came about is said in sentences, in both languages, on the page as on the console."""

import pytest

from graph.impact.explanation import Asked, explain
from graph.impact.impact import Impact, reckon
from graph.scenario import Scenario
from viz.html import impact_map
from viz.why import MOST, because, opening
from viz.words import Words


def test_paths_in_words(small_impact: Impact) -> None:
    gm = small_impact.network.index["gm"]
    found = explain(small_impact, gm)
    said = because(small_impact, found, Words("en", "USD"), most=2)
    assert opening(small_impact, found, Words("en", "USD")).startswith("General Motors loses USD ")
    assert any("LG Energy Solution could not deliver cells to General Motors (week" in line for line in said)
    assert said[2].endswith("of it comes over other paths, smaller or not looked for.")
    spoken = because(small_impact, found, Words("zh", "USD"), most=2)
    assert any("LG Energy Solution 未能向 General Motors 供应 cells（第 " in line for line in spoken)
    assert len(spoken) == len(said)


def test_the_shares_that_are_said_are_those_of_the_loss(small_impact: Impact) -> None:
    found = explain(small_impact, None)
    said = because(small_impact, found, Words("en", "USD"), most=1)
    share = Words("en").percent(100.0 * found.paths[0].amount / found.loss)
    assert said[0].startswith(f"{share} of it, lost by ")


def test_weeks_of_a_path_do_not_run_backward(small_impact: Impact) -> None:
    for path in explain(small_impact, None, Asked(most_paths=50)).paths:
        for one, other in zip(path.hops, path.hops[1:], strict=False):
            assert one.first_week <= other.first_week
            assert one.last_week <= other.last_week


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_on_the_page(small_impact: Impact, lang: str) -> None:
    found = explain(small_impact, small_impact.network.index["gm"])
    page = impact_map(small_impact, lang=lang, why=found)
    words = Words(lang, small_impact.network.snapshot.currency)
    assert words("why_title") in page
    assert opening(small_impact, found, words) in page
    assert page.count('class="part"') == min(MOST, len(found.paths))
    assert 'class="part"' not in impact_map(small_impact, lang=lang)


def test_nothing_lost_is_said(small_impact: Impact) -> None:
    quiet = reckon(small_impact.network, Scenario())
    found = explain(quiet, None)
    assert because(quiet, found, Words("en")) == ()
    assert Words("en")("why_nothing") in impact_map(quiet, why=found)
