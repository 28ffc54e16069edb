"""Every company says where its figures were told, and what is not observed about them."""

from pathlib import Path

from graph.impact.impact import Impact
from graph.model import fact
from tests.viz.chains import company, kept, link, small
from viz.sources import LINKS, blanks, origins, told_by
from viz.words import Words

EN = Words("en")


def test_a_store_tells_of_companies_and_their_links(tmp_path: Path) -> None:
    with kept(small(), tmp_path) as store:
        told = origins(told_by(store)(["lg", "gm"]), ["lg", "gm"], EN)
    assert told["lg"] == (
        "told in companies.csv:2",
        "lg → gm, SUPPLIES cells: told in links.csv:7",
        "lg → gm, SUPPLIES displays: told in links.csv:7",
        "lg → hyundai, SUPPLIES cells: told in links.csv:7",
        "posco → lg, SUPPLIES anodes: told in links.csv:7",
    )
    assert any("gm → hyundai, COMPETES_WITH: told in" in line for line in told["gm"])


def test_evidence_and_what_is_not_observed_are_told() -> None:
    values = {
        "id": "gm",
        "evidence": "10-K of 2021",
        "assumed": ("cash",),
        "inferred": ("annual_revenue", "value_added"),
    }
    told = origins([fact("companies", values, source_ref="a.csv:3")], ["gm", "lg"], EN)
    assert told == {
        "gm": ("told in a.csv:3 · 10-K of 2021 · assumed: cash · inferred: annual revenue, value added",),
        "lg": (),
    }


def test_a_hub_tells_of_some_links_only(tmp_path: Path) -> None:
    facts = [company("hub", "Hub"), *(company(f"s{i}", f"S{i}") for i in range(40))]
    facts += [link(f"s{i}", "hub") for i in range(40)]
    with kept(facts, tmp_path) as store:
        told = origins(told_by(store)(["hub"]), ["hub"], EN)["hub"]
    assert len(told) == 1 + LINKS + 1
    assert told[-1] == "…"


def test_blanks_are_named(small_impact: Impact) -> None:
    assert blanks(small_impact, small_impact.network.index["gm"], EN) == (
        "value added derived: revenue less purchases",
        "market blank: taken as differentiated",
    )
