"""The document itself: one file, nothing outside it, nothing in it that the data wrote as markup."""

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import viz.html
from graph.impact.explanation import explain
from graph.impact.impact import Impact, reckon
from graph.network import compile_network
from graph.scenario import Scandal, Scenario
from tests.viz.chains import ATTACKS, attack, company, hostile, impact_of, kept
from viz.html import impact_map
from viz.sources import told_by


class Document(HTMLParser):
    """The tags of a document with their attributes, and the text of each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], list[str]]] = [("", {}, [])]
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes), []))

    def handle_data(self, data: str) -> None:
        self.found[-1][2].append(data)

    def handle_endtag(self, tag: str) -> None:
        self.found.append(("", {}, []))

    def all(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, "".join(text)) for name, attributes, text in self.found if name == tag]


def hash_of(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def block(html: str, name: str) -> dict[str, object]:
    """A block of data."""
    [text] = [text for a, text in Document(html).all("script") if a.get("id") == name]
    told = json.loads(text)
    assert isinstance(told, dict)
    return told


@pytest.fixture(scope="module")
def hostile_map(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The map of a chain whose texts all attack."""
    with kept(hostile(), tmp_path_factory.mktemp("hostile")) as store:
        impact = reckon(compile_network(store), attack(), flows=True)
        return impact_map(impact, facts=told_by(store), why=explain(impact, None))


def test_the_policy_allows_what_is_inlined_and_nothing_else(small_map: str) -> None:
    document = Document(small_map)
    [policy] = [a["content"] for a, _ in document.all("meta") if a.get("http-equiv")]
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    scripts = [text for a, text in document.all("script") if a.get("type") != "application/json"]
    [(_, style)] = document.all("style")
    assert len(scripts) == 3
    assert rules == {
        "default-src": "'none'",
        "script-src": " ".join(map(hash_of, scripts)),
        "style-src": hash_of(style),
        "base-uri": "'none'",
        "form-action": "'none'",
    }


@pytest.mark.parametrize("which", ["small_map", "hostile_map"])
def test_nothing_outside_is_named(which: str, request: pytest.FixtureRequest) -> None:
    html: str = request.getfixturevalue(which)
    document = Document(html)
    tags = {tag for tag, _, _ in document.found}
    assert not tags & {
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "a",
        "image",
        "use",
        "video",
    }
    for _, attributes, _ in document.found:
        assert not attributes.keys() & {"src", "href", "action", "srcset", "style", "xlink:href"}
        assert not [name for name in attributes if name.startswith("on")]
    [(_, style)] = document.all("style")
    assert "url(" not in style
    assert "@import" not in style
    assert "sourceMappingURL" not in html
    assert "bootstrap" not in html


def test_no_text_of_the_data_is_markup(hostile_map: str, small_map: str) -> None:
    assert len(Document(hostile_map).all("script")) == len(Document(small_map).all("script"))
    for text in ATTACKS:
        if "<" in text:
            assert text not in hostile_map
    assert hostile_map.count("<!--") == hostile_map.count("\u2028") == 0
    assert "{{7*7}}" in hostile_map
    shown = block(hostile_map, "data")
    assert isinstance(shown["companies"], list)
    assert ATTACKS[1] in [c["name"] for c in shown["companies"]]


def test_vis_network_is_told_no_text_of_the_data(hostile_map: str) -> None:
    graph = block(hostile_map, "graph")
    assert isinstance(graph["nodes"], list)
    assert isinstance(graph["edges"], list)
    assert {str(n["label"]) for n in graph["nodes"]} == {" "}
    assert all(isinstance(n["id"], int) for n in graph["nodes"])
    texts = {v for some in (*graph["nodes"], *graph["edges"]) for v in some.values() if isinstance(v, str)}
    assert all(re.fullmatch(r"|\s|dot|diamond|to|#[0-9a-f]{6}|[tl]\d+", text) for text in texts)
    assert graph["options"]["physics"] == {"enabled": False}  # type: ignore[index]


def test_the_data_are_the_impacts(small_map: str, small_impact: Impact) -> None:
    told = block(small_map, "data")
    assert told["weeks"] == small_impact.weeks
    value_added = small_impact.series["revenue_loss_share"] @ small_impact.chain.value_added
    assert told["worst"] == int(value_added.argmax())
    assert isinstance(told["companies"], list)
    for shown in told["companies"]:
        i = small_impact.network.index[shown["id"]]
        for name, series in (("loss", "revenue_loss_share"), ("churn", "churn"), ("output", "output_loss")):
            np.testing.assert_allclose(
                shown["weekly"][name], 100 * small_impact.series[series][:, i], atol=6e-4
            )
    assert [c["id"] for c in told["companies"] if c["shocked"]] == ["gm", "lg"]


def test_the_same_impact_gives_the_same_bytes(small_impact: Impact) -> None:
    assert impact_map(small_impact, lang="zh") == impact_map(small_impact, lang="zh")


def test_it_names_its_language_and_encoding(small_impact: Impact) -> None:
    chinese = impact_map(small_impact, lang="zh")
    assert '<html lang="zh-CN">' in chinese
    assert chinese.index('<meta charset="utf-8">') < 200
    assert "若 LG Energy Solution 断供 cells 8 周" in chinese
    with pytest.raises(ValueError, match="choose one of en, zh"):
        impact_map(small_impact, lang="de")


def test_the_page_says_what_it_rests_on(small_map: str, small_impact: Impact) -> None:
    text = re.sub(r"<[^>]+>", " ", small_map[: small_map.index('<script type="application/json"')])
    snapshot = small_impact.network.snapshot
    for said in (
        snapshot.hash,
        f"revision {snapshot.revision}",
        "Money in USD",
        "Horizon 26 weeks",
        "as of the latest",
    ):
        assert said in text
    assert "criticality (links): 12 blank, taken as 0.8" in text
    assert "EUR" not in text


def test_warnings_are_shown(hostile_map: str) -> None:
    [listed] = re.findall(r"<h3>Warnings</h3><ul[^>]*>(.*?)</ul>", hostile_map)
    assert "sum to more than 1" in listed
    assert "No revenue is known" in listed


def test_the_script_has_every_phrase_that_it_fills_in(small_map: str) -> None:
    told = block(small_map, "data")["words"]
    script = Path(viz.html.__file__).with_name("assets") / "map.js"
    text = script.read_text("utf-8")
    lists = " ".join(re.findall(r"of \[(.*?)\]", text))
    used = {*re.findall(r"\bwords\.(\w+)", text), *re.findall(r'"(\w+)"', lists)} - {
        "blurNode",
        "blurEdge",
        "dragStart",
    }
    assert isinstance(told, dict)
    assert used <= told.keys()
    assert told.keys() - used <= {"missing", "withheld", "blame", "taint"}


def test_the_rest_stands_as_others_by_tier(large_impact: Impact) -> None:
    html = impact_map(large_impact, limit=40)
    told = block(html, "data")
    assert isinstance(told["columns"], list)
    counted = sum(int(re.sub(r"\D", "", c["others"])) for c in told["columns"] if c["others"])
    undrawn = [int(n) for n in re.findall(r'<th scope="row">(\d+) others: ', html)]
    assert sum(undrawn) == 260
    assert counted == 260
    assert "260 of 300 companies are not drawn" in html
    assert len(re.findall(r"data-company=", html)) == 40


def test_flows_that_were_not_recorded_are_said_to_be_missing(small_impact: Impact) -> None:
    bare = replace(
        small_impact,
        trajectory=replace(small_impact.trajectory, missing=np.zeros((26, 0)), withheld=np.zeros((26, 0))),
    )
    assert "were not recorded" in impact_map(bare)
    assert "were not recorded" not in impact_map(small_impact)


@pytest.mark.parametrize("weeks", [1, 2, 1040])
def test_any_horizon(weeks: int, tmp_path: Path) -> None:
    impact = impact_of([company("a", "A", "brand", annual_revenue=1.0)], Scenario("", (), weeks), tmp_path)
    html = impact_map(impact)
    assert f'max="{weeks - 1}"' in html
    assert block(html, "data")["weeks"] == weeks


def test_a_scandal_without_links_or_revenue(tmp_path: Path) -> None:
    scenario = Scenario("", (Scandal("a", 1.0),), 5)
    assert "No revenue is known of A (a)" in impact_map(impact_of([company("a", "A")], scenario, tmp_path))


def test_three_hundred_companies_are_a_small_file(large_impact: Impact) -> None:
    size = len(impact_map(large_impact).encode())
    print(f"300 companies: {size / 1e6:.2f} MB")
    assert size < 3e6
