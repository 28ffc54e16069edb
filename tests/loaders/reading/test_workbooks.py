"""Workbooks and parquet files become rows; broken and hostile ones an error, and the process lives."""

from __future__ import annotations

import datetime
import decimal
import io
import random
import struct
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from graph.errors import LoadError
from loaders.reading.rows import DEFAULT_LIMITS, BadRow, Limits, Row
from loaders.reading.sources import BadSource, Source, open_sources


def xlsx(path: Path, sheets: dict[str, Iterable[Iterable[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def good(path: Path) -> list[Source]:
    found = list(open_sources([path]))
    assert all(isinstance(source, Source) for source in found), found
    return [source for source in found if isinstance(source, Source)]


def failure(path: Path, limits: Limits = DEFAULT_LIMITS) -> str:
    (source,) = open_sources([path], limits)
    assert isinstance(source, BadSource), source
    assert source.error.remedy
    return source.error.message


def test_every_sheet_with_anything_in_it(tmp_path: Path) -> None:
    path = xlsx(
        tmp_path / "book.xlsx",
        {
            "Companies": [["id", "收入"], ["a", 1200.5], [1001, 7]],
            "Empty": [],
            "链接": [["source", "target"], ["a", "b"]],
        },
    )
    companies, links = good(path)
    assert (companies.name, links.name) == ("book.xlsx[Companies]", "book.xlsx[链接]")
    assert companies.header == ("id", "收入")
    assert list(companies.rows()) == [Row(2, ["a", 1200.5]), Row(3, [1001, 7])]
    assert companies.first == tuple(companies.rows())
    assert list(links.rows()) == [Row(2, ["a", "b"])]
    assert companies.consumed == companies.size > 0
    with pytest.raises(LoadError, match="no text file"):
        companies.flat_rows()


def test_cells_keep_their_kind_and_rows_their_number(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    values = {
        "B3": "id", "C3": "since", "D3": "essential",
        "B5": " x ", "C5": datetime.date(2020, 6, 8), "D5": True,
        "C6": datetime.datetime(2020, 6, 8, 13, 45), "D6": "#N/A",
        "B9": "id", "C9": "since", "D9": "essential",
        "B10": "y", "F10": "stray",
    }  # fmt: skip
    for place, value in values.items():
        sheet[place] = value
    book.save(tmp_path / "b.xlsx")
    (source,) = good(tmp_path / "b.xlsx")
    rows = list(source.rows())
    assert source.header == ("id", "since", "essential")
    assert rows[0] == Row(5, [" x ", datetime.date(2020, 6, 8), True])
    assert rows[1].number == 6
    assert isinstance(rows[1], Row)
    assert rows[1].cells[:2] == [None, datetime.datetime(2020, 6, 8, 13, 45)]
    assert [(row.number, row.reason.split(":")[0]) for row in rows[2:] if isinstance(row, BadRow)] == [
        (9, "header repeated"),
        (10, "too many cells"),
    ]


def test_many_rows_stream(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "b.xlsx", {"S": [["id", "n"], *([f"c{i}", i] for i in range(5000))]})
    (source,) = good(path)
    rows = source.rows()
    assert next(rows) == Row(2, ["c0", 0])
    assert 0 < source.consumed < source.size
    assert sum(1 for _ in rows) == 4999
    assert len(source.first) == 20


def test_a_sheet_whose_header_is_wrong_spares_the_others(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "b.xlsx", {"bad": [["id", "id"], [1, 2]], "good": [["id"], [1]]})
    bad, fine = open_sources([path])
    assert isinstance(bad, BadSource)
    assert "stands twice" in bad.error.message
    assert isinstance(fine, Source)


def test_a_cell_above_the_limit(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "b.xlsx", {"S": [["id", "text"], ["a", "x" * 2000], ["b", "y"]]})
    (source,) = open_sources([path], Limits(cell=1000))
    assert isinstance(source, Source)
    assert [type(row) for row in source.rows()] == [BadRow, Row]


def ods(path: Path, rows: list[list[object]], repeat_last: int = 1) -> Path:
    document = OpenDocumentSpreadsheet()
    table = Table(name="Links")
    for row in rows:
        line = TableRow(numberrowsrepeated=repeat_last if row is rows[-1] else 1)
        for value in row:
            if isinstance(value, float):
                cell = TableCell(valuetype="float", value=str(value))
            elif isinstance(value, datetime.date):
                cell = TableCell(valuetype="date", datevalue=value.isoformat())
            else:
                cell = TableCell(valuetype="string")
            cell.addElement(P(text=str(value)))
            line.addElement(cell)
        table.addElement(line)
    document.spreadsheet.addElement(table)
    document.save(str(path))
    return path


def test_ods(tmp_path: Path) -> None:
    day = datetime.date(2020, 6, 8)
    (source,) = good(
        ods(tmp_path / "b.ods", [["来源", "value", "since"], ["宁德时代", 1.5, day], ["b", 2.0, day]])
    )
    assert (source.name, source.header) == ("b.ods[Links]", ("来源", "value", "since"))
    assert list(source.rows()) == [Row(2, ["宁德时代", 1.5, day]), Row(3, ["b", 2, day])]


def test_other_office_documents(tmp_path: Path) -> None:
    for entries in (
        {"[Content_Types].xml": "", "word/document.xml": ""},
        {"mimetype": "text", "content.xml": ""},
    ):
        with zipfile.ZipFile(tmp_path / "d.xlsx", "w") as archive:
            for name, content in entries.items():
                archive.writestr(name, content)
        assert "is a document, not a workbook" in failure(tmp_path / "d.xlsx")


def ole(names: list[str]) -> bytes:
    """A compound file of the old Office kind, with streams of these names: as an encrypted xlsx is one."""
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6,
        0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0,
    )  # fmt: skip
    header += struct.pack("<109I", *[0xFFFFFFFF] * 109)
    table = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    entries = b""
    for name, kind in [("Root Entry", 5), *((name, 2) for name in names)]:
        raw = (name + "\0").encode("utf-16-le")
        entries += struct.pack("<64sHBB116x", raw, len(raw), kind, 1)[:128].ljust(128, b"\0")
    return header.ljust(512, b"\0") + table + entries.ljust(512, b"\0")


def test_workbooks_with_a_password(tmp_path: Path) -> None:
    path = tmp_path / "secret.xlsx"
    path.write_bytes(ole(["EncryptionInfo", "EncryptedPackage"]))
    assert failure(path) == "secret.xlsx: is protected with a password"
    path.write_bytes(ole(["Workbook"]))
    assert "old Office program" in failure(path)


def sheet_xml(path: Path, rows: str, strings: str = "") -> Path:
    """A workbook whose sheet is this XML."""
    xlsx(path, {"S": [["x"]]})
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    entries["xl/worksheets/sheet1.xml"] = (
        f"<worksheet {space}><sheetData>{rows}</sheetData></worksheet>".encode()
    )
    if strings:
        entries["xl/sharedStrings.xml"] = f"<sst {space}><si><t>{strings}</t></si></sst>".encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def test_two_cells_in_opposite_corners_do_not_kill_the_process(tmp_path: Path) -> None:
    path = sheet_xml(
        tmp_path / "b.xlsx",
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    )
    assert "needs more than 4,096 MB" in failure(path)


def test_a_text_shared_by_many_cells_is_held_by_the_memory_limit(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(1, 20_001))
    path = sheet_xml(tmp_path / "b.xlsx", rows, "x" * 100_000)
    assert "needs more than 512 MB" in failure(path, Limits(memory=512 << 20))


def test_a_workbook_that_is_a_zip_bomb(tmp_path: Path) -> None:
    path = sheet_xml(tmp_path / "b.xlsx", " " * (12 << 20))
    assert "100 times its size" in failure(path)


def test_a_row_repeated_a_billion_times(tmp_path: Path) -> None:
    path = ods(tmp_path / "b.ods", [["id", "name"], ["a", "A"]], repeat_last=1_000_000_000)
    found = list(open_sources([path], Limits(memory=512 << 20)))
    assert len(found) == 1  # whatever the library makes of it, we are still here


def damaged(whole: bytes, count: int) -> Iterable[bytes]:
    """A file cut short, with bytes changed, and bytes that are nothing but its first four."""
    dice = random.Random(3)
    for _ in range(count):
        yield whole[: dice.randrange(5, len(whole))]
        content = bytearray(whole)
        for _ in range(dice.randint(1, 20)):
            content[dice.randrange(4, len(content))] = dice.randrange(256)
        yield bytes(content)
        yield whole[:4] + dice.randbytes(500)


def repacked(whole: bytes, count: int) -> Iterable[bytes]:
    """A workbook whose parts are damaged, in a zip that is whole."""
    dice = random.Random(5)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    for _ in range(count):
        target = dice.choice([name for name in entries if name.startswith("xl/") or name == "content.xml"])
        part = bytearray(entries[target])
        for _ in range(dice.randint(1, 6)):
            part[dice.randrange(len(part))] = dice.choice(b'<>"=/&09azA\xff\0')
        result = io.BytesIO()
        with zipfile.ZipFile(result, "w") as archive:
            for name, content in entries.items():
                archive.writestr(name, bytes(part) if name == target else content)
        yield result.getvalue()


def assert_harmless(path: Path, contents: Iterable[bytes]) -> None:
    """Each of these files gives rows or a load error that has a remedy."""
    outcomes = set()
    for content in contents:
        path.write_bytes(content)
        for source in open_sources([path]):
            outcomes.add(type(source))
            if isinstance(source, BadSource):
                assert source.error.remedy
            elif source.kind != "document":
                with suppress(LoadError):
                    assert all(isinstance(row, Row | BadRow) for row in source.rows())
    assert BadSource in outcomes


def test_damaged_workbooks(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    whole = xlsx(
        path, {"S": [["id", "n", "d"], *([f"c{i}", i, datetime.date(2020, 1, 1)] for i in range(50))]}
    ).read_bytes()
    assert_harmless(path, damaged(whole, 25))
    assert_harmless(path, repacked(whole, 25))
    whole = ods(tmp_path / "b.ods", [["id", "n"], ["a", 1.5]]).read_bytes()
    assert_harmless(tmp_path / "b.ods", [*damaged(whole, 5), *repacked(whole, 15)])


def test_damaged_parquet(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"id": [f"c{i}" for i in range(200)], "n": range(200)}), path)
    assert_harmless(path, damaged(path.read_bytes(), 6))


def test_parquet(tmp_path: Path) -> None:
    day = datetime.date(2020, 6, 8)
    table = pa.table(
        {
            "编号": ["a", None, "c"],
            "value": [1.5, 2.0, None],
            "money": [decimal.Decimal("1.25")] * 3,
            "since": [day, None, day],
            "loaded": pa.array([datetime.datetime(2020, 6, 8)] * 3, pa.timestamp("ns")),
            "roles": [["brand", "dealer"], [], None],
            "flag": [True, False, None],
            "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    (source,) = good(tmp_path / "t.parquet")
    assert (source.name, source.header) == ("t.parquet", tuple(table.column_names))
    assert list(source.rows()) == [
        Row(1, ["a", 1.5, 1.25, day, day, "brand; dealer", True, "x"]),
        Row(2, [None, 2, 1.25, None, day, None, False, "y"]),
        Row(3, ["c", None, 1.25, day, day, None, None, "x"]),
    ]
    assert len(source.first) == 3


def test_parquet_streams_in_a_zip_too(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"id": range(30_000)}), buffer, row_group_size=10_000)
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("t.parquet", buffer.getvalue())
    (source,) = good(tmp_path / "z.zip")
    rows = source.rows()
    assert [next(rows).number for _ in range(3)] == [1, 2, 3]
    assert source.consumed < source.size
    assert sum(1 for _ in rows) == 29_997


def test_parquet_columns_that_stand_twice_and_tables_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table([[1], [2]], names=["id", "id"]), path)
    assert "stands twice" in failure(path)
    pq.write_table(pa.table({"id": pa.array([], pa.string())}), path)
    (source,) = good(path)
    assert (source.header, list(source.rows())) == (("id",), [])


def test_a_parquet_text_shared_by_many_rows_is_held_by_the_memory_limit(tmp_path: Path) -> None:
    shared = pa.DictionaryArray.from_arrays(pa.array([0] * 5000, pa.int32()), pa.array(["x" * (1 << 20)]))
    pq.write_table(pa.table({"id": shared}), tmp_path / "t.parquet")
    (source,) = open_sources([tmp_path / "t.parquet"], Limits(memory=1 << 30))
    assert isinstance(source, Source)
    with pytest.raises(LoadError, match="needs more than 1,024 MB"):
        list(source.rows())


def test_leaving_a_workbook_early_leaves_no_process(tmp_path: Path) -> None:
    import psutil

    path = xlsx(tmp_path / "b.xlsx", {"S": [["id"], *([i] for i in range(20_000))]})
    (source,) = good(path)
    rows = source.rows()
    next(rows)

    def workers() -> list[psutil.Process]:
        children = psutil.Process().children()
        alive = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
        return [child for child in alive if "worker.py" in " ".join(child.cmdline())]

    assert workers()
    del rows
    assert not workers()
