"""Text files, folders and zips become rows: dialects, encodings, bad rows, bad files; from real bytes."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.errors import LoadError
from loaders.reading.rows import DEFAULT_LIMITS, BadRow, Limits, Row
from loaders.reading.sources import BadSource, Source, open_sources

SAMPLES = Path(__file__).parents[2] / "samples"
CHINESE = "编号,名称,年收入\n1,宁德时代新能源科技股份有限公司,“动力”电池\n2,比亚迪,汽车、电子\n"


def one(path: Path, limits: Limits = DEFAULT_LIMITS) -> Source:
    """The one source of a path."""
    (source,) = open_sources([path], limits)
    assert isinstance(source, Source), source
    return source


def failure(path: Path, limits: Limits = DEFAULT_LIMITS) -> LoadError:
    """The error of the one bad source of a path."""
    (source,) = open_sources([path], limits)
    assert isinstance(source, BadSource), source
    assert source.error.remedy
    assert source.error.file == source.name
    return source.error


def write(tmp_path: Path, content: str | bytes, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def cells(source: Source) -> list[list[object]]:
    rows = list(source.rows())
    assert not [row for row in rows if isinstance(row, BadRow)]
    return [list(row.cells) for row in rows if isinstance(row, Row)]


def read(tmp_path: Path, content: str | bytes, limits: Limits = DEFAULT_LIMITS) -> list[Row | BadRow]:
    return list(one(write(tmp_path, content), limits).rows())


# Dialects


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(tmp_path: Path, delimiter: str, end: str) -> None:
    lines = [["id", "name", "roles"], ["a", "A", "x"], ["b", "B", "y"]]
    source = one(write(tmp_path, end.join(delimiter.join(line) for line in lines)))
    assert source.header == ("id", "name", "roles")
    assert cells(source) == lines[1:]
    assert [row.number for row in source.rows()] == [2, 3]


def test_the_header_decides_between_delimiters(tmp_path: Path) -> None:
    source = one(write(tmp_path, "id,roles,aliases\na,supplier;brand,A;AA;AAA\nb,brand;dealer,B;BB;BBB\n"))
    assert source.header == ("id", "roles", "aliases")
    source = one(write(tmp_path, "id;revenue\na;1,5\nb;2,5\n"))
    assert cells(source) == [["a", "1,5"], ["b", "2,5"]]


def test_the_separator_hint_of_excel(tmp_path: Path) -> None:
    source = one(write(tmp_path, "sep=;\r\nid;name\r\na;x,y\r\n"))
    assert (source.header, cells(source)) == (("id", "name"), [["a", "x,y"]])


def test_quotes_and_newlines_inside_cells(tmp_path: Path) -> None:
    rows = read(tmp_path, 'id,text\r\na,"one, ""two""\r\nthree"\r\n\r\nb, "spaced, out"\r\nc,5" pipe\r\n')
    assert rows == [
        Row(2, ["a", 'one, "two"\nthree']),
        Row(5, ["b", "spaced, out"]),
        Row(6, ["c", '5" pipe']),
    ]


def test_blank_lines_and_blank_rows_are_skipped_and_counted(tmp_path: Path) -> None:
    source = one(write(tmp_path, "\n  \n,,\nid,name\n\na,A\n , \nb,B\n\n"))
    assert source.header == ("id", "name")
    assert list(source.rows()) == [Row(6, ["a", "A"]), Row(8, ["b", "B"])]


def test_a_single_column_and_a_header_alone(tmp_path: Path) -> None:
    assert cells(one(write(tmp_path, "name\nHyundai Motor\nKia\n"))) == [["Hyundai Motor"], ["Kia"]]
    source = one(write(tmp_path, "id,name\n"))
    assert (source.header, cells(source)) == (("id", "name"), [])


def test_ragged_rows(tmp_path: Path) -> None:
    rows = read(tmp_path, "id,name,x,,\na,A,1,,\nb\nc,C,1,2\nd,D,1, ,\ne,E,1\n")
    good = [row for row in rows if isinstance(row, Row)]
    bad = [row for row in rows if isinstance(row, BadRow)]
    assert good == [Row(2, ["a", "A", "1"]), Row(5, ["d", "D", "1"]), Row(6, ["e", "E", "1"])]
    assert [(row.number, row.reason, row.text) for row in bad] == [
        (3, "too few cells: 1 where the header has 3", "b"),
        (4, "too many cells: 4 where the header has 3", "c,C,1,2"),
    ]
    assert all(row.remedy for row in bad)


def test_a_header_that_stands_twice(tmp_path: Path) -> None:
    rows = read(tmp_path, "id,name\na,A\nid,name\nb,B\n")
    assert [row.number for row in rows if isinstance(row, Row)] == [2, 4]
    (bad,) = [row for row in rows if isinstance(row, BadRow)]
    assert (bad.number, bad.reason) == (3, "header repeated")


@pytest.mark.parametrize("header", ["id,name,id", "id,name, ID ", "名称,编号,名称", "ｉｄ,name,id"])
def test_a_column_that_stands_twice(tmp_path: Path, header: str) -> None:
    assert "stands twice in the header" in failure(write(tmp_path, f"{header}\na,b,c\n")).message


def test_a_quote_that_is_never_closed_costs_one_row(tmp_path: Path) -> None:
    lines = ["id,name,x", 'a,"A,1'] + [f"{i},n{i},{i}" for i in range(300_000)]
    rows = read(tmp_path, "\n".join(lines))
    assert isinstance(rows[0], BadRow)
    assert (rows[0].number, rows[0].text) == (2, 'a,"A,1')
    assert "not closed" in rows[0].reason
    assert rows[1:3] == [Row(3, ["0", "n0", "0"]), Row(4, ["1", "n1", "1"])]
    assert len(rows) == 300_001
    assert rows[-1] == Row(300_002, ["299999", "n299999", "299999"])


def test_a_quote_that_another_cell_seems_to_close_costs_one_row(tmp_path: Path) -> None:
    rows = read(tmp_path, 'id,name,x\na,"A,1\nb,B,2\nc,"C",3\nd,D,4\n')
    assert [row.number for row in rows if isinstance(row, BadRow)] == [2]
    assert [row.cells[0] for row in rows if isinstance(row, Row)] == ["b", "c", "d"]


def test_a_quote_inside_a_quoted_cell_is_not_guessed_at(tmp_path: Path) -> None:
    rows = read(tmp_path, 'id,name\na,"Acme "Best" Ltd"\nb,B\n')
    assert isinstance(rows[0], BadRow)
    assert rows[1] == Row(3, ["b", "B"])


def test_lines_made_to_be_read_again_and_again_come_to_an_end(tmp_path: Path) -> None:
    path = write(tmp_path, "id,name\n" + 'x","\n' * 100_000)
    rows = list(one(path, Limits(record=100_000)).rows())  # unless each is read to the end: that takes hours
    assert all(isinstance(row, BadRow) for row in rows)


def test_a_cell_above_the_limit_costs_one_row(tmp_path: Path) -> None:
    limits = Limits(cell=1000, record=4000)
    rows = read(tmp_path, f"id,text\na,{'x' * 1001}\nb,{'x' * 1000}\nc,{'x' * 9000}\nd,D\n", limits)
    assert [(row.number, type(row)) for row in rows] == [(2, BadRow), (3, Row), (4, BadRow), (5, Row)]
    quoted = "line\n" * 300
    rows = read(tmp_path, f'id,text\na,"{quoted}"\nb,B\n', limits)
    assert [(row.number, type(row)) for row in rows] == [(2, BadRow), (303, Row)]
    assert all(len(row.text) <= 200 for row in rows if isinstance(row, BadRow))


@pytest.mark.parametrize(
    ("quote", "filler"),
    [("", "x" * (1 << 20)), ('"', "x" * (1 << 20)), ('"', ("y" * 1023 + "\n") * (1 << 10))],
    ids=["one line", "one quoted line", "quoted lines"],
)
def test_a_huge_cell_keeps_memory_bounded(tmp_path: Path, quote: str, filler: str) -> None:
    path = tmp_path / "huge.csv"
    with path.open("w") as stream:
        stream.write(f"id,text\na,A\nb,{quote}")
        for _ in range(40):
            stream.write(filler)
        stream.write(f"{quote}\nc,C\n")
    source = one(path, Limits(cell=1 << 18, record=1 << 20))
    tracemalloc.start()  # it counts what Python holds, and is slow: hence limits and a file that are small
    good = [row.cells for row in source.rows() if isinstance(row, Row)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert good == [["a", "A"], ["c", "C"]]
    assert peak < 30 << 20


# Encodings


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32-le"),
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
    ],
)
def test_encodings_by_their_content(tmp_path: Path, encoding: str, named: str) -> None:
    source = one(write(tmp_path, CHINESE.encode(encoding)))
    assert (source.encoding, source.header) == (named, ("编号", "名称", "年收入"))
    assert cells(source)[1] == ["2", "比亚迪", "汽车、电子"]
    assert source.warnings == ()


def test_utf_16_with_a_big_endian_mark(tmp_path: Path) -> None:
    assert one(write(tmp_path, ("\ufeff" + CHINESE).encode("utf-16-be"))).header == ("编号", "名称", "年收入")


@pytest.mark.parametrize(
    "text",
    ["Müller & Söhne, Citroën, Škoda", "São Paulo, aço, informação, peças", "Ångström, Æblegrød, Łódź"],
)
def test_western_text_is_the_last_resort_and_says_so(tmp_path: Path, text: str) -> None:
    text = text.replace("Ł", "L").replace("ź", "z")
    source = one(write(tmp_path, f"name\n{text.replace(', ', chr(10))}\n".encode("cp1252")))
    assert [row[0] for row in cells(source)] == text.split(", ")
    assert source.encoding == "cp1252"
    assert "cp1252" in source.warnings[0]


@pytest.mark.parametrize(
    ("encoding", "name"), [("gb18030", "宁德时代"), ("cp1252", "Citroën"), ("utf-8", "宁德时代")]
)
def test_the_encoding_may_show_deep_in_the_file(tmp_path: Path, encoding: str, name: str) -> None:
    plain = "".join(f"{i},plain name {i}\n" for i in range(60_000))
    path = write(tmp_path, f"id,name\n{plain}x,{name}\n{plain}y,{name}\n".encode(encoding))
    source = one(path)
    assert source.encoding == "ascii"
    found = {str(row.cells[0]): row.cells[1] for row in source.rows() if isinstance(row, Row)}
    assert (found["x"], found["y"]) == (name, name)
    assert len(found) == 60_002
    assert bool(source.warnings) == (encoding == "cp1252")


def test_characters_are_not_torn_between_blocks(tmp_path: Path) -> None:
    for encoding in ("utf-8", "gb18030", "utf-16"):
        for shift in range(4):
            text = "编号,名称\n" + "x" * shift + ",y\n" + "一,宁德时代新能源科技股份有限公司\n" * 30_000
            rows = read(tmp_path, text.encode(encoding))
            assert len(rows) == 30_001
            assert {row.cells[1] for row in rows[1:] if isinstance(row, Row)} == {
                "宁德时代新能源科技股份有限公司"
            }


def test_bytes_that_are_no_text_cost_their_row(tmp_path: Path) -> None:
    names = "".join(f"{i},宁德时代{i}\n" for i in range(100)).encode()
    rows = read(tmp_path, b"id,name\n" + names + b"x,\xff\xfe torn\ny,N\0L\n" + names)
    bad = [row for row in rows if isinstance(row, BadRow)]
    assert [row.number for row in bad] == [102, 103]
    assert all("no text" in row.reason and "UTF-8" in row.remedy for row in bad)
    assert len(rows) == 202


def test_a_replacement_character_that_the_file_really_holds_is_kept(tmp_path: Path) -> None:
    assert read(tmp_path, "id,name\na,Caf\ufffd\n") == [Row(2, ["a", "Caf\ufffd"])]


# Flat files


def test_flat_files_know_no_quotes_and_no_header() -> None:
    source = one(SAMPLES / "flat_complaints.txt")
    assert (source.kind, source.flat, source.header) == ("flat", True, None)
    rows = list(source.rows())
    assert [row.number for row in rows] == list(range(1, 9))
    assert {len(row.cells) for row in rows if isinstance(row, Row)} == {48}


def test_a_stray_quote_or_a_lone_cr_in_a_flat_file_swallows_nothing(tmp_path: Path) -> None:
    def line(number: int, text: str) -> str:
        return "\t".join([str(number), text, *[""] * 30])

    text = "\r\n".join([line(1, '"stray'), line(2, "one\rtwo"), "", line(4, 'x"')])
    source = one(write(tmp_path, text, "FLAT.txt"))
    assert source.flat
    assert [(row.number, list(row.cells)[:2]) for row in source.rows() if isinstance(row, Row)] == [
        (1, ["1", '"stray']),
        (2, ["2", "one two"]),
        (4, ["4", 'x"']),
    ]


def test_a_wide_table_with_a_header_is_not_flat_but_can_be_read_so(tmp_path: Path) -> None:
    header = "\t".join(f"column {chr(97 + i)}" for i in range(25))
    source = one(write(tmp_path, header + "\n" + "\t".join(['"x"'] * 25) + "\n"))
    assert source.header is not None
    assert cells(source) == [["x"] * 25]
    flat = [row.cells for row in source.flat_rows() if isinstance(row, Row)]
    assert flat == [header.split("\t"), ['"x"'] * 25]


def test_a_line_above_the_limit_in_a_flat_file_costs_one_row(tmp_path: Path) -> None:
    def line(number: int, size: int) -> str:
        return "\t".join([str(number), "x" * size, *[""] * 30]) + "\n"

    limits = Limits(cell=1000, record=4000)
    path = write(tmp_path, line(1, 5) + line(2, 2000) + line(3, 9000) + line(4, 5))
    rows = list(one(path, limits).rows())
    assert [(row.number, type(row)) for row in rows] == [(1, Row), (2, BadRow), (3, BadRow), (4, Row)]


# Files as a whole


def test_empty_files(tmp_path: Path) -> None:
    for content in (b"", b" \n\r\n\t", b"\xef\xbb\xbf", b"\xff\xfe\n\0", b",,,\n,,\n"):
        assert "is empty" in failure(write(tmp_path, content)).message


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"%PDF-1.7\n...", "a PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a picture"),
        (b"\x1f\x8b\x08\0", "a gzip file"),
        (b"SQLite format 3\0", "an SQLite database"),
        (bytes(range(256)) * 8, "binary data"),
        (b"id,name\n\0\0\0\0\x01\x02\0\0\0\0\0", "binary data"),
    ],
)
def test_binary_files_under_a_csv_name(tmp_path: Path, content: bytes, what: str) -> None:
    assert what in failure(write(tmp_path, content)).message


def test_files_that_are_not_there_or_no_files(tmp_path: Path) -> None:
    assert "there is no such file" in failure(tmp_path / "nowhere.csv").message
    assert "there is no such file" in failure(tmp_path / "nul\0.csv").message
    assert "cannot be read" in failure(tmp_path / ("x" * 5000)).message
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in failure(tmp_path / "pipe").message
    (tmp_path / "empty").mkdir()
    assert "holds no files" in failure(tmp_path / "empty").message


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = write(tmp_path, "id\n1\n")
    path.chmod(0)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == path.owner() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o711)
    # Root may read everything, so another user asks.
    code = (
        "import os, sys; os.getuid() or os.setuid(65534)\n"
        "from pathlib import Path\n"
        "from loaders.reading.sources import open_sources\n"
        "print(next(open_sources([Path(sys.argv[1])])).error.message)"
    )
    run = subprocess.run(
        [sys.executable, "-c", "import loaders.reading.sources\n" + code, str(path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        check=True,
    )
    assert run.stdout == "t.csv: may not be read\n"


def test_documents_are_handed_on_as_bytes(tmp_path: Path) -> None:
    for content in ('{"nodes": []}', '[\n {"a": 1}]', "<?xml version='1.0'?><graphml/>", '[["a", "a"]]'):
        source = one(write(tmp_path, content))
        assert source.kind == "document"
        assert b"".join(source.blocks()) == content.encode()
        with pytest.raises(LoadError, match="no table"):
            source.rows()
    assert one(write(tmp_path, "[id],[name]\n1,2\n")).kind == "table"


def test_sources_can_be_read_again_and_report_progress(tmp_path: Path) -> None:
    path = write(tmp_path, "id,name\n" + "".join(f"{i},n\n" for i in range(200_000)))
    source = one(path)
    assert (source.size, source.consumed, len(source.first)) == (path.stat().st_size, 0, 20)
    assert source.first[0] == Row(2, ["0", "n"])
    assert source.head.startswith(b"id,name\n0,n\n")
    rows = source.rows()
    for _ in range(100_000):
        next(rows)
    assert source.size // 3 < source.consumed < source.size
    assert sum(1 for _ in rows) == 100_000
    assert source.consumed == source.size
    assert sum(1 for _ in source.rows()) == 200_000


def test_folders_with_all_below_them_in_order(tmp_path: Path) -> None:
    (tmp_path / "chain" / "more").mkdir(parents=True)
    (tmp_path / "chain" / ".git").mkdir()
    write(tmp_path, "id\nb\n", "chain/b.csv")
    write(tmp_path, "id\na\n", "chain/more/a.tsv")
    write(tmp_path, "", "chain/empty.csv")
    for litter in (".hidden.csv", "~$book.xlsx", "Thumbs.db", ".git/config"):
        write(tmp_path, "id\nx\n", f"chain/{litter}")
    with zipfile.ZipFile(tmp_path / "chain" / "z.zip", "w") as archive:
        archive.writestr("links.csv", "source,target\na,b\n")
    found = list(open_sources([tmp_path / "chain"]))
    assert [(type(source), source.name, source.named) for source in found] == [
        (Source, "chain/b.csv", False),
        (BadSource, "chain/empty.csv", False),
        (Source, "chain/z.zip/links.csv", False),
        (Source, "chain/more/a.tsv", False),
    ]


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    good = write(tmp_path, "id\n1\n", "good.csv")
    bad = write(tmp_path, b"PK\x03\x04 broken", "bad.zip")
    found = list(open_sources([tmp_path / "none.csv", bad, good]))
    assert [type(source) for source in found] == [BadSource, BadSource, Source]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300) | st.text('ab,;"\n\r\t|\0 é汽', max_size=200).map(str.encode))
def test_any_bytes_give_rows_or_a_load_error(tmp_path: Path, content: bytes) -> None:
    for source in open_sources([write(tmp_path, content)], Limits(cell=20, record=60)):
        if isinstance(source, BadSource):
            assert source.error.remedy
        elif source.kind != "document":
            for row in [*source.rows(), *source.flat_rows()]:
                assert isinstance(row, BadRow) or source.flat or len(row.cells) >= 1


# The data beside the checkout


@pytest.mark.parametrize(
    ("file", "rows"),
    [
        ("public/nhtsa/complaints_hyundai.csv.zip", 18_720),
        ("public/nhtsa/FLAT_CMPL_hyundai.txt.zip", 25_233),
        ("public/nhtsa/recalls_hyundai.csv.zip", 403),
        ("public/nhtsa/layouts/FLAT_CMPL_sample101.txt", 101),
        ("public/sec_10k_auto_supply/customer_share_curated.csv", 67),
        ("public/er_sec_former_names/sec_current_vs_former_name.csv", 6_843),
        ("public/open_supply_hub/list_12.xlsx", 15),
        ("test-only/zh_12365auto/car_complain_2020-06.csv", 600),
        ("test-only/zh_12365auto/car_complain_2020-06_GBK.csv", 600),
        ("test-only/olist_sample_3k/olist_order_reviews_dataset.csv", 2_993),
    ],
)
def test_real_files_lose_no_row(shared: Path, file: str, rows: int) -> None:
    source = one(shared / "data" / file)
    found = list(source.rows())
    assert not [row for row in found if isinstance(row, BadRow)]
    assert len(found) == rows


def test_the_same_complaints_in_two_encodings(shared: Path) -> None:
    folder = shared / "data" / "test-only" / "zh_12365auto"
    utf8, gbk = (cells(one(folder / f"car_complain_2020-06{end}.csv")) for end in ("", "_GBK"))
    assert [row[:3] for row in utf8] == [row[:3] for row in gbk]


def test_nothing_in_the_data_crashes(shared: Path) -> None:
    for source in open_sources(
        [shared / "data" / "public" / "open_supply_hub", shared / "data" / "test-only"]
    ):
        if isinstance(source, Source) and source.kind != "document":
            assert all(isinstance(row, Row | BadRow) for row in source.rows())


# Names


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    places = ["x/jan/a.csv", "y/jan/a.csv", "x/jan/b.csv", "x/c", "y/c"]
    for place in places:
        path = tmp_path / place
        (path if path.suffix else path / "d.csv").parent.mkdir(parents=True, exist_ok=True)
        (path if path.suffix else path / "d.csv").write_text("id,name\n1,A\n")
    names = [source.name for source in open_sources([tmp_path / place for place in places])]
    assert names == ["x/jan/a.csv", "y/jan/a.csv", "b.csv", "x/c/d.csv", "y/c/d.csv"]
    twice = [tmp_path / "x/jan/a.csv", tmp_path / "x/jan/../jan/a.csv"]
    assert [source.name for source in open_sources(twice)] == ["a.csv", "a.csv"]


def test_files_below_where_one_stands_are_called_by_their_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("here/jan/x.csv", "here/x.csv", "there/feb/x.csv"):
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("id,name\n1,A\n")
    monkeypatch.chdir(tmp_path / "here")

    def name(path: str | Path) -> str:
        (source,) = open_sources([Path(path)])
        return source.name

    assert name("jan/x.csv") == name("../here/jan/x.csv") == name(tmp_path / "here/jan/x.csv") == "jan/x.csv"
    assert name("x.csv") == "x.csv"
    assert name("jan") == "jan/x.csv"
    assert name("../there/feb/x.csv") == name(tmp_path / "there/feb/x.csv") == "x.csv"
    assert [source.name for source in open_sources([Path()])] == ["here/x.csv", "here/jan/x.csv"]
    both = [Path("x.csv"), tmp_path / "there/feb/x.csv"]
    assert [source.name for source in open_sources(both)] == ["here/x.csv", "feb/x.csv"]


def test_one_nul_in_a_small_file_does_not_make_it_utf_16(tmp_path: Path) -> None:
    source = one(write(tmp_path, b"id,name\n1,A\x00\n2,B\n"))
    assert (source.encoding, source.header) == ("ascii", ("id", "name"))
