"""The sample spreadsheets: every header and word is known, both languages and both formats tell the same."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from graph.ontology import TABLES, Kind, Table
from loaders.headers import choice, columns_of
from loaders.reading import cells

FOLDER = Path(__file__).resolve().parents[1] / "samples" / "spreadsheet"
FILES = {"en": ("companies.csv", "links.csv"), "zh": ("companies_zh.csv", "links_zh.csv")}
BOOKS = {"en": "zephyrling.xlsx", "zh": "lingque.xlsx"}
Read = list[dict[str, object]]


def read(table: Table, rows: list[list[object]]) -> Read:
    """Rows by column, each cell in its column's kind."""
    columns = columns_of(table, [str(name) for name in rows[0]])
    assert None not in columns, rows[0]
    answer: Read = []
    for row in rows[1:]:
        values: dict[str, object] = {}
        for column, cell in zip(columns, row, strict=True):
            if column is None or not cells.text(cell):  # type: ignore[arg-type]
                continue
            if column.kind in (Kind.CHOICE, Kind.CHOICES):
                values[column.name] = choice(column, str(cell))
                assert values[column.name], cell
            elif column.kind is Kind.FLAG:
                values[column.name] = cells.flag(cell)  # type: ignore[arg-type]
            elif column.unit:
                values[column.name] = round(cells.number(cell), 6)  # type: ignore[arg-type]
            else:
                values[column.name] = str(cell)
        answer.append(values)
    return answer


def from_csv(language: str) -> tuple[Read, Read]:
    tables = []
    for name, file in zip(("companies", "links"), FILES[language], strict=True):
        with (FOLDER / file).open(encoding="utf-8-sig", newline="") as lines:
            tables.append(read(TABLES[name], [list[object](row) for row in csv.reader(lines)]))
    return tables[0], tables[1]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_book_and_csv_tell_the_same(language: str) -> None:
    book = CalamineWorkbook.from_path(str(FOLDER / BOOKS[language]))
    sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    companies, links = from_csv(language)
    assert read(TABLES["companies"], [list[object](row) for row in sheets[0]]) == companies
    assert read(TABLES["links"], [list[object](row) for row in sheets[1]]) == links


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_chain_is_whole(language: str) -> None:
    companies, links = from_csv(language)
    names = {row["name"] for row in companies}
    assert len(names) == len(companies) == 13
    for link in links:
        assert {link["source"], link["target"]} <= names
    assert {row["roles"] for row in companies} == {"brand", "supplier", "dealer", "platform", "logistics"}
    for seller in companies:
        sold = sum(float(str(ln.get("annual_value", 0))) for ln in links if ln["source"] == seller["name"])
        assert sold <= float(str(seller["annual_revenue"])), seller


def test_both_languages_tell_one_chain() -> None:
    """Companies differ in name and money, the chain is the same."""
    (here, links_here), (there, links_there) = from_csv("en"), from_csv("zh")
    assert [row["roles"] for row in here] == [row["roles"] for row in there]
    place_here = {row["name"]: place for place, row in enumerate(here)}
    place_there = {row["name"]: place for place, row in enumerate(there)}
    untold = {"source", "target", "annual_value", "category"}
    for one, other in zip(links_here, links_there, strict=True):
        assert place_here[one["source"]] == place_there[other["source"]]
        assert place_here[one["target"]] == place_there[other["target"]]
        assert {k: v for k, v in one.items() if k not in untold} == {
            k: v for k, v in other.items() if k not in untold
        }
