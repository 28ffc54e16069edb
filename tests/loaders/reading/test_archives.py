"""Zips: what is in them is read, and hostile or broken ones are refused before or while they unpack."""

from __future__ import annotations

import io
import random
import stat
import struct
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest

from graph.errors import LoadError
from loaders.reading.rows import DEFAULT_LIMITS, BadRow, Limits, Row
from loaders.reading.sources import BadSource, Source, open_sources

LINKS = "source,target\na,b\n"


def make_zip(path: Path, entries: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def failures(path: Path, limits: Limits = DEFAULT_LIMITS) -> list[str]:
    """The messages of a path's bad sources; there are no others."""
    found = list(open_sources([path], limits))
    assert found
    messages = []
    for source in found:
        assert isinstance(source, BadSource), source
        assert source.error.remedy
        messages.append(source.error.message)
    return messages


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_tables_in_a_zip(tmp_path: Path, method: int) -> None:
    book = io.BytesIO()
    workbook = openpyxl.Workbook()
    workbook.active.append(["id", "name"])
    workbook.active.append([1, "A"])
    workbook.save(book)
    entries = {"b/links.csv": LINKS, "a.csv": LINKS, "book.xlsx": book.getvalue(), "__MACOSX/._a.csv": "\0"}
    found = list(open_sources([make_zip(tmp_path / "chain.zip", entries, method)]))
    assert [source.name for source in found] == [
        "chain.zip/a.csv",
        "chain.zip/b/links.csv",
        "chain.zip/book.xlsx[Sheet]",
    ]
    rows = [list(source.rows()) for source in found if isinstance(source, Source)]
    assert rows == [[Row(2, ["a", "b"])], [Row(2, ["a", "b"])], [Row(2, [1, "A"])]]
    assert all(source.path == tmp_path / "chain.zip" and not source.named for source in found)


def test_chinese_names_as_windows_writes_them(tmp_path: Path) -> None:
    name = "供应商.csv".encode("gbk")
    path = make_zip(tmp_path / "z.zip", {"x" * len(name): LINKS})
    path.write_bytes(path.read_bytes().replace(b"x" * len(name), name))
    (source,) = open_sources([path])
    assert source.name == "z.zip/供应商.csv"
    assert isinstance(source, Source)
    assert list(source.rows()) == [Row(2, ["a", "b"])]


@pytest.mark.parametrize(
    "name", ["../x.csv", "a/../../x.csv", "/etc/x.csv", "C:/x.csv", "c:x.csv", "..\\x.csv", "\\x.csv"]
)
def test_names_that_lead_out_of_the_folder(tmp_path: Path, name: str) -> None:
    (message,) = failures(make_zip(tmp_path / "z.zip", {"good.csv": LINKS, name: LINKS}))
    assert "leads out of its folder" in message
    assert list(tmp_path.iterdir()) == [tmp_path / "z.zip"]


def test_symbolic_links(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("passwd.csv")
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    assert "is a symbolic link" in failures(tmp_path / "z.zip")[0]


def test_encrypted_zips(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z.zip", {"a.csv": LINKS})
    content = bytearray(path.read_bytes())
    content[6] |= 1  # the flag in the local header
    content[content.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    path.write_bytes(content)
    assert "is encrypted" in failures(path)[0]


def test_bombs_by_their_own_words(tmp_path: Path) -> None:
    zeros = bytes(11 << 20)
    assert "100 times its size" in failures(make_zip(tmp_path / "z.zip", {"a.csv": zeros}))[0]
    many = {f"{i}.csv": zeros[: 1 << 20] for i in range(12)}
    assert "100 times its size" in failures(make_zip(tmp_path / "many.zip", many))[0]
    stored = make_zip(tmp_path / "s.zip", {"a.csv": zeros[:2000]}, zipfile.ZIP_STORED)
    assert "at most 1,000 are read" in failures(stored, Limits(unpacked=1000))[0]
    assert (
        "at most 2 are read"
        in failures(make_zip(tmp_path / "n.zip", dict.fromkeys("abc", LINKS)), Limits(entries=2))[0]
    )


def test_a_zip_of_100_gigabytes_is_refused_without_unpacking(tmp_path: Path) -> None:
    # The sizes are in the directory only, as a bomb of this size cannot be made here.
    path = make_zip(tmp_path / "z.zip", {f"{i}.csv": LINKS for i in range(30)})
    content = bytearray(path.read_bytes())
    place = -1
    while (place := content.find(b"PK\x01\x02", place + 1)) >= 0:
        struct.pack_into("<I", content, place + 24, 0xFFFFFFF0)
    path.write_bytes(content)
    tracemalloc.start()
    assert "would unpack to 128,849,018,400 bytes" in failures(path)[0]
    assert tracemalloc.get_traced_memory()[1] < 5 << 20
    tracemalloc.stop()


def test_a_bomb_that_lies_about_its_size_ends_while_it_streams(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z.zip", {"a.csv": b"id,name\n" + b"1,2\n" * (4 << 20)})
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(signature) + offset, 600_000)
    path.write_bytes(content)
    (source,) = open_sources([path])
    assert isinstance(source, Source)
    with pytest.raises(LoadError, match="is broken"):  # the check sum at the size it claims
        list(source.rows())
    assert source.consumed <= 600_000


def test_a_zip_in_a_zip(tmp_path: Path) -> None:
    inner = make_zip(tmp_path / "inner.zip", {"a.csv": LINKS}).read_bytes()
    found = list(open_sources([make_zip(tmp_path / "z.zip", {"inner.zip": inner, "links.csv": LINKS})]))
    assert isinstance(found[0], BadSource)
    assert "is a zip inside a zip" in found[0].error.message
    assert isinstance(found[1], Source)


def test_empty_zips_and_empty_files_in_zips(tmp_path: Path) -> None:
    assert "holds no files" in failures(make_zip(tmp_path / "z.zip", {}))[0]
    assert "holds no files" in failures(make_zip(tmp_path / "f.zip", {"folder/": ""}))[0]
    assert failures(make_zip(tmp_path / "e.zip", {"a.csv": ""})) == ["e.zip/a.csv: is empty"]


def test_broken_zips(tmp_path: Path) -> None:
    lines = "".join(f"{random.Random(i).random()},b\n" for i in range(3000))
    whole = make_zip(tmp_path / "z.zip", {"links.csv": "source,target\n" + lines}).read_bytes()
    path = tmp_path / "cut.zip"
    for size in (4, 30, 100, len(whole) // 2, len(whole) - 1, len(whole) - 22):
        path.write_bytes(whole[:size])
        assert "is broken, or cut short" in failures(path)[0]
    path.write_bytes(whole[:10_000] + b"\xff" * 40 + whole[10_040:])
    (source,) = open_sources([path])
    if isinstance(source, Source):
        with pytest.raises(LoadError, match="is broken"):
            list(source.rows())


def test_damaged_bytes_anywhere_give_rows_or_a_load_error(tmp_path: Path) -> None:
    whole = make_zip(tmp_path / "z.zip", {"links.csv": LINKS * 20, "b.csv": LINKS}).read_bytes()
    path = tmp_path / "damaged.zip"
    dice = random.Random(7)
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            content[dice.randrange(4, len(content))] = dice.randrange(256)
        path.write_bytes(content)
        for source in open_sources([path]):
            if isinstance(source, BadSource):
                assert source.error.message
                continue
            with suppress(LoadError):
                assert all(isinstance(row, Row | BadRow) for row in source.rows())
