"""The ledger's file: appended whole, by several at once, and nothing in it changed unnoticed."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.ledger.file import append, contents, read
from graph.errors import StoreError


def entry(number: int) -> dict[str, object]:
    return {"number": number, "text": "年\n" * 3, "values": [0.1, -0.0, 1e300]}


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger of four entries."""
    path = tmp_path / "ledger.jsonl"
    for number in range(4):
        append(path, entry(number))
    return path


def numbers(path: Path) -> list[object]:
    return [line.entry["number"] for line in read(path).lines]


def test_what_is_appended_is_read_back(ledger: Path) -> None:
    found = read(ledger)
    assert [dict(line.entry) for line in found.lines] == [entry(n) for n in range(4)]
    assert [line.number for line in found.lines] == [1, 2, 3, 4]
    assert found.flaws == ()
    assert len(set(found.digests)) == 4
    assert ledger.read_bytes().count(b"\n") == 4  # an entry is one line, whatever its texts hold


def test_there_may_be_no_ledger_yet(tmp_path: Path) -> None:
    found = read(tmp_path / "none.jsonl")
    assert (found.lines, found.flaws, found.head) == ((), (), "")
    assert not (tmp_path / "none.jsonl").exists()


def test_the_same_entry_twice_has_two_hashes(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    assert append(path, entry(1)) != append(path, entry(1))


def changed(content: bytes, line: int, change: Callable[[bytes], bytes]) -> bytes:
    lines = content.splitlines(keepends=True)
    lines[line] = change(lines[line])
    return b"".join(lines)


def resealed(line: bytes) -> bytes:
    """The line with another number, and the hash that fits."""
    from api.ledger.file import _canonical, _seal  # what somebody who knows the format would do

    document = json.loads(line)
    document["entry"]["number"] = 99
    document["hash"] = _seal(document["entry"], document["previous"])
    return _canonical(document) + b"\n"


@pytest.mark.parametrize(
    ("change", "flawed", "left"),
    [
        (lambda c: changed(c, 1, lambda x: x.replace(b'"number":1', b'"number":7')), {2, 3}, [0, 2, 3]),
        (lambda c: changed(c, 3, lambda x: x.replace(b'"number":3', b'"number":7')), {4}, [0, 1, 2]),
        (lambda c: changed(c, 1, resealed), {3}, [0, 99, 2, 3]),  # found out by the line after it
        (lambda c: changed(c, 1, lambda _: b""), {2}, [0, 2, 3]),  # a line is gone
        (lambda c: changed(c, 0, lambda _: b""), {1}, [1, 2, 3]),
        (lambda c: changed(c, 1, lambda _: b"\xff\x00 rubbish\n"), {2, 3}, [0, 2, 3]),
        (lambda c: changed(c, 3, lambda _: b"rubbish\n"), {4}, [0, 1, 2]),
        (lambda c: changed(c, 2, lambda x: b"\n" + x), {3, 4}, [0, 1, 2, 3]),  # a blank line put in
        (lambda c: changed(c, 2, lambda x: x + x), {4}, [0, 1, 2, 2, 3]),  # a line doubled
        (lambda c: c.replace(b"\n", b"\r\n"), {2, 3, 4}, [0, 1, 2, 3]),  # an editor's line ends
        (lambda c: b"".join(reversed(c.splitlines(keepends=True))), {1, 2, 3, 4}, [3, 2, 1, 0]),
    ],
)
def test_a_change_is_noticed_and_the_rest_is_still_read(
    ledger: Path, change: Callable[[bytes], bytes], flawed: set[int], left: list[int]
) -> None:
    found = contents(change(ledger.read_bytes()))
    assert {flaw.line for flaw in found.flaws} == flawed
    assert any(flaw.broken for flaw in found.flaws)
    assert [line.entry["number"] for line in found.lines] == left


def test_whoever_noted_the_head_sees_that_the_end_is_gone(ledger: Path) -> None:
    head = read(ledger).head
    append(ledger, entry(4))
    assert head in read(ledger).digests
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[:3]))
    assert read(ledger).flaws == ()  # no line is wrong by itself
    assert head not in read(ledger).digests


@pytest.mark.parametrize("kept", [1, 20, -2, -1])
def test_a_write_that_was_cut_off_is_named_and_nothing_else_is_lost(ledger: Path, kept: int) -> None:
    whole = ledger.read_bytes()
    last = whole.splitlines(keepends=True)[-1]
    ledger.write_bytes(whole[: len(whole) - len(last)] + last[:kept])
    append(ledger, entry(4))
    found = read(ledger)
    if kept == -1:  # all but the line break: the entry is whole
        assert numbers(ledger) == [0, 1, 2, 3, 4]
        assert found.flaws == ()
    else:
        assert numbers(ledger) == [0, 1, 2, 4]
        assert [(flaw.line, flaw.broken) for flaw in found.flaws] == [(4, False)]
    append(ledger, entry(5))
    assert not any(flaw.broken for flaw in read(ledger).flaws)


@pytest.mark.parametrize(
    "line",
    [
        b'{"entry":{},"hash":"","previous":1e999}',
        b"[" * 100_000,
        b'{"entry":[],"hash":1}',
        b"null",
        b"1e999",
    ],
)
def test_a_line_of_any_kind_does_not_stop_the_reading(ledger: Path, line: bytes) -> None:
    ledger.write_bytes(ledger.read_bytes() + line + b"\n")
    assert numbers(ledger) == [0, 1, 2, 3]
    assert [flaw.line for flaw in read(ledger).flaws] == [5]


def fill(path: Path, first: int, count: int) -> None:
    for number in range(first, first + count):
        append(path, entry(number))


def test_processes_and_threads_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=fill, args=(path, 1000 * n, 20)) for n in (1, 2)]
    for process in others:
        process.start()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: append(path, entry(n)), range(20)))
    for process in others:
        process.join(60)
        assert process.exitcode == 0
    expected = {*range(20), *range(1000, 1020), *range(2000, 2020)}
    assert sorted(map(str, numbers(path))) == sorted(map(str, expected))
    assert read(path).flaws == ()


def forever(path: Path) -> None:
    number = 0
    while True:
        append(path, entry(number))
        number += 1


def test_a_killed_writer_leaves_a_ledger_that_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    context = multiprocessing.get_context("spawn")
    for _ in range(2):
        process = context.Process(target=forever, args=(path,))
        process.start()
        size = path.stat().st_size if path.exists() else 0
        while not path.exists() or path.stat().st_size < size + 2000:
            process.join(0.01)
            assert process.is_alive()
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join(60)
        append(path, entry(-1))
        assert not any(flaw.broken for flaw in read(path).flaws)
    assert numbers(path).count(-1) == 2


def cramped(path: Path, room: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    try:
        append(path, entry(4))
    except StoreError as error:
        sys.exit(7 if "cannot be written" in error.message else 1)


def test_where_there_is_no_room_the_ledger_stays_as_it_was(ledger: Path) -> None:
    before = ledger.read_bytes()
    process = multiprocessing.get_context("spawn").Process(target=cramped, args=(ledger, len(before) + 10))
    process.start()
    process.join(60)
    assert process.exitcode == 7
    assert ledger.read_bytes() == before


def test_a_ledger_that_cannot_be_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        append(tmp_path / "no" / "folder" / "l.jsonl", entry(0))
    with pytest.raises(StoreError, match="cannot be written"):
        append(tmp_path, entry(0))
    with pytest.raises(StoreError, match="cannot be read"):
        read(tmp_path)


def test_a_file_that_is_no_ledger_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "companies.csv"
    path.write_text("id,name\na,A\n")
    with pytest.raises(StoreError, match="is no ledger"):
        append(path, entry(1))
    assert path.read_text() == "id,name\na,A\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_no_ledger_and_nobody_waits_for_it(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    os.mkfifo(path)
    with pytest.raises(StoreError, match="is no file"):
        read(path)
    with pytest.raises(StoreError, match="is no file"):
        append(path, entry(1))
