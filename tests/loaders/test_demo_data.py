"""The demo's stories: every figure is a fact, worked out from facts, or said to be assumed."""

from __future__ import annotations

import ast
import csv
import json
import operator
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.stories import load_stories, stories
from graph.explorer import Explorer
from graph.model import fact as validated
from graph.network import Network
from graph.ontology import TABLES, Kind
from graph.stores.embedded import EmbeddedStore
from loaders.reading import cells
from loaders.reading.spreadsheet import split
from tests.naive import run

CHECKOUT = Path(__file__).resolve().parents[2]
DEMO = CHECKOUT / "loaders" / "demo"
CURRENCY = "USD"
FIGURES = (Kind.NUMBER, Kind.SHARE, Kind.MONEY, Kind.WEEKS, Kind.COUNT)
NHTSA = "https://github.com/statkclee/automotive"

Row = dict[str, str]


def rows_of(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


FACTS = {row["fact"]: row for row in rows_of(DEMO / "facts.csv")}
STORIES: list[dict[str, Any]] = json.loads((DEMO / "stories.json").read_text("utf-8"))["stories"]
FOLDERS = [story["id"] for story in STORIES]
TABLE_FILES = [DEMO / story["id"] / name for story in STORIES for name in story["tables"]]
FACT = re.compile(r"fact:([a-z0-9_]+)")


@dataclass(frozen=True)
class Said:
    """What a row's evidence says of one column: arithmetic over facts, or words."""

    column: str
    arithmetic: str
    words: str


def evidence(row: Row) -> dict[str, Said]:
    """`COLUMN = arithmetic | remark; COLUMN: words; …`, by column."""
    said = {}
    for part in filter(None, (p.strip() for p in row.get("evidence", "").split(";"))):
        if found := re.match(r"(\w+) = ([^|]+)", part):
            said[found[1]] = Said(found[1], found[2].strip(), "")
        elif found := re.match(r"(\w+): (.+)", part):
            said[found[1]] = Said(found[1], "", found[2])
    return said


OPERATORS: dict[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def worked_out(arithmetic: str) -> float:
    """The number that + − × ÷ over facts and whole numbers give."""

    def value(node: ast.expr) -> float:
        if isinstance(node, ast.BinOp):
            return float(OPERATORS[type(node.op)](value(node.left), value(node.right)))
        assert isinstance(node, ast.Constant), ast.dump(node)
        assert isinstance(node.value, int | float)
        return float(node.value)

    numbers = FACT.sub(lambda found: FACTS[found[1]]["value"], arithmetic)
    return value(ast.parse(numbers, mode="eval").body)


def half_of_last_digit(written: str) -> float:
    """How far a rounded number may lie from what it was rounded from."""
    exponent = Decimal(written).normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return 0.5 * 10.0**exponent * (1 + 1e-9)


def agrees(written: str, arithmetic: str) -> bool:
    return abs(float(written) - worked_out(arithmetic)) <= half_of_last_digit(written)


def test_facts_have_ids_values_and_addresses() -> None:
    rows = rows_of(DEMO / "facts.csv")
    assert len(rows) == len(FACTS) > 40
    for row in rows:
        assert re.fullmatch(r"[a-z0-9_]+", row["fact"])
        assert row["story"] in FOLDERS
        assert re.fullmatch(r"\d{4}-\d\d(-\d\d)?", row["date"])
        float(row["value"])
        assert row["claim"]
        assert row["unit"]
        assert re.match(r"https?://", row["source_url"])


def numbers_in(text: str) -> Iterator[float]:
    for found in re.finditer(r"\d[\d,]*(?:\.\d+)?", text):
        yield float(found[0].rstrip(",").replace(",", ""))


SCALES = (0.01, 1, 1e3, 1e4, 1e6, 1e8, 1e9, 1e12)


def test_facts_are_those_that_were_read(shared: Path) -> None:
    read: dict[str, list[Row]] = defaultdict(list)
    for row in rows_of(shared / "data/public/demo_facts/facts.csv"):
        read[row["source_url"]].append(row)
    for fact in FACTS.values():
        if fact["source_url"] == NHTSA:
            continue
        same_page = read[fact["source_url"]]
        stated = {float(row["value"]) for row in same_page}
        stated |= {n * scale for row in same_page for n in numbers_in(row["claim"]) for scale in SCALES}
        assert any(abs(float(fact["value"]) - n) <= 1e-9 * n for n in stated) or fact["unit"] == "date", fact


@pytest.mark.parametrize("path", TABLE_FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_figure_is_covered(path: Path) -> None:
    table = TABLES[path.stem]
    for row in rows_of(path):
        said = evidence(row)
        for name in FACT.findall(row.get("evidence") or ""):
            assert name in FACTS, f"{path.name}: no fact {name}"
        marked = {status: set(split(row.get(status) or "")) for status in ("assumed", "inferred")}
        assert not marked["assumed"] & marked["inferred"]
        for column in sorted(marked["assumed"] | marked["inferred"]):
            assert row.get(column), f"{row}: {column} is marked, but blank"
        for column, written in row.items():
            kind = table.by_name[column].kind
            if not written or (kind not in FIGURES and kind is not Kind.DATE):
                continue
            where = f"{path.parent.name}/{path.name}: {row}: {column}"
            assert column in said, where
            if column in marked["assumed"]:
                assert said[column].words, f"{where}: no reason for the assumption"
            elif kind is Kind.DATE:
                (name,) = FACT.fullmatch(said[column].arithmetic).groups()  # type: ignore[union-attr]
                assert FACTS[name]["date"] == written, where
            else:
                inferred = FACT.fullmatch(said[column].arithmetic) is None
                assert inferred == (column in marked["inferred"]), where
                assert agrees(written, said[column].arithmetic), where


def test_the_check_sees_a_wrong_figure() -> None:
    assert agrees("0.0104", "1319000000 / fact:gm_revenue_2021")
    assert not agrees("0.0105", "1319000000 / fact:gm_revenue_2021")
    assert not agrees("127005000000", "fact:gm_revenue_2021")


def typed(path: Path) -> list[dict[str, object]]:
    """The rows of a table as the model takes them."""
    table = TABLES[path.stem]
    read = {
        Kind.TEXTS: split,
        Kind.CHOICES: split,
        Kind.FLAG: cells.flag,
        Kind.DATE: lambda cell: cells.day(cell).isoformat(),
    }
    rows = []
    for row in rows_of(path):
        filled = {column: cell for column, cell in row.items() if cell}
        kinds = {column: table.by_name[column].kind for column in filled}
        rows.append(
            {
                c: (cells.number if kinds[c] in FIGURES else read.get(kinds[c], str))(v)
                for c, v in filled.items()
            }
        )
    return rows


def test_rows_are_valid_and_tell_one_story() -> None:
    """All folders load into one store: what stands twice is the same, every reference has its row."""
    told: dict[tuple[str, tuple[str, ...]], object] = {}
    for path in TABLE_FILES:
        keys = set()
        for row in typed(path):
            fact = validated(path.stem, row)
            assert fact.key not in keys, f"{path}: {fact.key} twice"
            keys.add(fact.key)
            assert told.setdefault((path.stem, fact.key), fact.values) == fact.values, fact.key
    ids = defaultdict(set)
    for table, key in told:
        ids[table].add(key[0])
    for (table, key), values in told.items():
        for column in TABLES[table].columns:
            held = values.get(column.name)  # type: ignore[attr-defined]
            if column.refers and held:
                assert held in ids[column.refers], f"{table} {key}: no {column.refers} {held}"


@pytest.mark.parametrize("story", FOLDERS)
def test_each_story_loads_alone_in_the_stores_currency(story: str) -> None:
    folder = DEMO / story
    companies = rows_of(folder / "companies.csv")
    assert companies[0]["currency"] == CURRENCY, "the first row that names a currency gives the store's"
    known = {CURRENCY}
    if (folder / "rates.csv").is_file():
        known |= {row["currency"] for row in rows_of(folder / "rates.csv")}
    for name in ("companies", "links", "events"):
        for row in rows_of(folder / f"{name}.csv"):
            assert row.get("currency", "") in known | {""}


def chain_of(*stories: str) -> dict[str, list[Row]]:
    """The tables that the plain engine takes, in the store's currency."""
    tables: dict[str, dict[tuple[str, ...], Row]] = {"companies": {}, "links": {}, "markets": {}}
    rates = {CURRENCY: 1.0, "": 1.0}
    for story in stories:
        if (path := DEMO / story / "rates.csv").is_file():
            rates |= {row["currency"]: float(row["rate"]) for row in rows_of(path)}
        for name, rows in tables.items():
            for row in rows_of(DEMO / story / f"{name}.csv"):
                if money := row.get("annual_revenue"):
                    row["annual_revenue"] = str(float(money) * rates[row["currency"]])
                rows[tuple(row.get(column, "") for column in TABLES[name].key)] = row
    return {name: list(rows.values()) for name, rows in tables.items()}


SCENARIOS = [(story, told) for story in STORIES for told in story["scenarios"]]
SHOCK_KEYS = {
    "outage": {"kind", "company", "category", "severity", "start_week", "duration_weeks", "direct_costs"},
    "scandal": {"kind", "company", "harm", "culpability", "victims", "reach", "start_week", "direct_costs"},
}


@pytest.mark.parametrize(("story", "told"), SCENARIOS, ids=lambda v: v.get("file") or v["id"])
def test_scenarios_are_the_models_and_their_amounts_are_covered(
    story: dict[str, Any], told: dict[str, Any]
) -> None:
    scenario = json.loads((DEMO / story["id"] / told["file"]).read_text("utf-8"))
    assert set(scenario) - {"as_of"} == {"name", "horizon_weeks", "shocks"}
    assert scenario["name"] == told["title"]["en"]
    ids = {row["id"] for row in rows_of(DEMO / story["id"] / "companies.csv")}
    amounts = {}
    for place, shock in enumerate(scenario["shocks"]):
        assert set(shock) <= SHOCK_KEYS[shock["kind"]]
        assert shock["company"] in ids
        for at, cost in enumerate(shock.get("direct_costs", [])):
            assert set(cost) == {"bearer", "supplier", "amount"}
            assert {cost["bearer"], cost["supplier"]} <= ids | {None}
            amounts[place, at] = cost["amount"]
    covered = {(a["shock"], a["cost"]): a for a in told["amounts"]}
    assert covered.keys() == amounts.keys()
    for place, entry in covered.items():
        if "from_facts" in entry:
            assert amounts[place] == pytest.approx(worked_out(entry["from_facts"]), rel=1e-5)
        else:
            assert entry["assumed"]
    if total := told.get("sum_of_amounts"):
        assert sum(amounts.values()) == worked_out(total)


def dictionaries(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from dictionaries(child)


def test_observed_figures_are_worked_out_from_facts() -> None:
    seen = 0
    for entry in dictionaries(STORIES):
        if "unit" in entry and entry["value"] is not None:
            value = entry["value"]
            assert abs(value - worked_out(entry["from_facts"])) <= half_of_last_digit(repr(value)), entry
            seen += 1
    assert seen >= 12


def test_texts_stand_in_both_languages() -> None:
    for entry in dictionaries(STORIES):
        if "en" in entry:
            assert entry["en"].isascii() or "é" in entry["en"]
            assert re.search("[\u4e00-\u9fff]", entry["zh"])
            assert set(entry) == {"en", "zh"}


def dates_in(fact: Row) -> set[float]:
    return {float(part) for part in fact["date"].split("-")}


@pytest.mark.parametrize("story", STORIES, ids=FOLDERS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_numbers_in_what_happened_are_facts(story: dict[str, Any], language: str) -> None:
    facts = [FACTS[name] for name in story["facts"]]
    values = [float(fact["value"]) for fact in facts]
    words = set().union(*(dates_in(f) | set(numbers_in(f["claim"])) for f in facts))
    text = re.sub(r"\b\d\dV\d{3}\b|（15V568）", "", story["what_happened"][language])
    for found in re.finditer(r"\d[\d,]*(?:\.\d+)?", text):
        written = found[0].rstrip(",").replace(",", "")
        rounded = "." in written or len(written) >= 4
        near = 0.5 * 10.0 ** -len(written.partition(".")[2]) if rounded else 1e-9 * float(written)
        stated = any(abs(float(written) * s - v) <= near * s for v in values for s in SCALES)
        assert stated or float(written) in words, f"{found[0]} in {text}"


def answer_to(story: dict[str, Any], entry: dict[str, Any]) -> float:
    """The model's quantity that an entry of `beside` names."""
    tables = chain_of(story["id"])
    answer = run(tables, json.loads((DEMO / story["id"] / entry["scenario"]).read_text("utf-8")))
    asked = entry["model"]
    company = asked["company"]
    weeks = answer["series"][company]["revenue_loss_share"][asked["from"] : asked["to"] + 1]
    costs = [cost for cost in answer["direct_costs"] if cost["bearer"] == company]
    amount, repaid = (sum(cost[key] for cost in costs) for key in ("amount", "repaid"))
    return {
        "revenue_loss": sum(weeks) * answer["chain"].revenue[company] / 52,
        "loss_percent": 100 * sum(weeks) / len(weeks),
        "repaid": repaid,
        "borne": amount - repaid,
        "repaid_share": repaid / amount if amount else 0.0,
    }[asked["quantity"]]


BESIDE = [(story, entry) for story in STORIES for entry in story["beside"]]


@pytest.mark.parametrize(("story", "entry"), BESIDE, ids=lambda v: v.get("id") or v["model"]["company"])
def test_what_is_said_to_agree_agrees_and_what_is_not_does_not(
    story: dict[str, Any], entry: dict[str, Any]
) -> None:
    model, observed = answer_to(story, entry), entry["observed"]["value"]
    if entry["agrees"]:
        assert model == pytest.approx(observed, rel=0.03)
    elif entry["agrees"] is False:
        assert abs(model - (observed or 0)) > 0.1 * abs(model) > 0


def test_scenarios_are_named_in_the_language_of_the_question() -> None:
    for lang in ("en", "zh"):
        for told, story in zip(STORIES, stories(lang), strict=True):
            assert [q.scenario.name for q in story.questions] == [q["title"][lang] for q in told["scenarios"]]


def test_where_no_fact_tells_there_is_no_verdict() -> None:
    for _, entry in BESIDE:
        assert (entry["observed"]["value"] is None) == (entry["agrees"] is None)
        assert entry["observed"]["value"] is None or "fact:" in entry["observed"]["from_facts"]


def test_what_came_later_has_no_part_in_an_older_story(tmp_path: Path) -> None:
    """All stories in one store: LG's cells of 2019 and later miss in none of the years before."""
    with EmbeddedStore(tmp_path / "stories.db") as store:
        load_stories(store, tmp_path)
        explorer = Explorer(store)
        impacts = {q.name: explorer.what_if(q.scenario) for story in stories() for q in story.questions}
    cells = {name: "Kona cells" in _carried(impact.network) for name, impact in impacts.items()}
    assert [name for name, there in cells.items() if not there] == ["theta2_recalls", "takata_2014"]
    bolt = impacts["bolt_2021"]
    assert bolt.revenue_loss[bolt.network.index["gm"]] == pytest.approx(0.81e9, abs=0.005e9)


def _carried(network: Network) -> set[str]:
    return {network.categories[number] for number in network.trade.category if number >= 0}


def test_one_store_gives_the_bolt_the_same_loss() -> None:
    scenario = json.loads((DEMO / "lg_cells/bolt_2021.scenario.json").read_text("utf-8"))
    alone = run(chain_of("lg_cells"), scenario)["revenue_loss"]["gm"]
    together = run(chain_of(*FOLDERS), scenario)["revenue_loss"]["gm"]
    assert alone == pytest.approx(together) == pytest.approx(0.81e9, abs=0.005e9)
