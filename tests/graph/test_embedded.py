"""The embedded store's file: what is not a store is refused untouched, and what fails is said in words."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import blake2b
from pathlib import Path

import pytest

from graph.errors import KnockonError, StoreError, StoreOutdated, StoreUnavailable
from graph.ontology import TABLES
from graph.stores.embedded import EmbeddedStore
from graph.stores.registry import open_store
from graph.stores.sqlite_schema import UPGRADES, VERSION, upgrade
from tests.conftest import CHECKOUT
from tests.graph.facts import batch, company, link


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with two companies and a link, closed."""
    file = tmp_path / "chain 100%?#链.db"
    with EmbeddedStore(file) as store:
        store.upsert([company("a"), company("b")])
        store.upsert([link("a", "b")])
    return file


def run(code: str, *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    """Run some Python in a process of its own."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=60, **options)  # type: ignore[call-overload, no-any-return]


# -- URLs ----------------------------------------------------------------------------------------------


def test_urls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for url, file in (
        ("a.db", "a.db"),
        ("./b", "b"),
        (str(tmp_path / "c.db"), "c.db"),
        ("sqlite:///d.db", "d.db"),
        (f"sqlite:///{tmp_path}/e.db", "e.db"),
        ("SQLite:///f%20g?mode=memory#x", "f%20g?mode=memory#x"),
        (":memory:", ":memory:"),
        ("链.db", "链.db"),
    ):
        with open_store(url) as store:
            store.upsert([company("a")])
        assert (tmp_path / file).is_file()
        with open_store(url) as store:
            assert store.counts()["companies"] == 1
    assert sorted(p.name for p in tmp_path.iterdir())[0] == ":memory:"
    assert len(list(tmp_path.iterdir())) == 8  # nothing is left beside the files


@pytest.mark.parametrize(
    "url", ["", "sqlite:///", "sqlite://x", "http://x/y.db", "mysql://u:p@h/d", "sqlite://"]
)
def test_urls_that_mean_no_store(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError) as error:
        open_store(url)
    assert error.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_file_holds_one_chain(path: Path) -> None:
    with pytest.raises(StoreError, match=r"'main'.*'other'") as error:
        open_store(str(path), "other")
    assert "other" in error.value.remedy
    with open_store(str(path), "main") as store:
        assert (store.chain, store.url) == ("main", f"sqlite:///{path}")


# -- what is not a store -------------------------------------------------------------------------------


def somebody_elses(file: Path) -> None:
    con = sqlite3.connect(file)
    con.execute("PRAGMA journal_mode = WAL")
    con.execute("CREATE TABLE companies (id TEXT)")
    con.execute("INSERT INTO companies VALUES ('x')")
    con.commit()
    con.close()


def rolled_back(file: Path) -> None:
    con = sqlite3.connect(file)
    con.execute("CREATE TABLE state (x)")
    con.commit()
    con.close()


@pytest.mark.parametrize(
    "make",
    [
        lambda file: file.write_text("id,name\n1,a\n"),
        lambda file: file.write_text("x"),
        lambda file: file.write_bytes(bytes(range(256)) * 64),
        lambda file: file.write_bytes(b"SQLite format 3\0"),
        lambda file: file.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 64),
        lambda file: file.write_bytes(b"\0" * 8192),
        somebody_elses,
        rolled_back,
    ],
    ids=["csv", "a letter", "bytes", "a start", "a start and bytes", "zeros", "another program", "its table"],
)
def test_what_is_not_a_store_is_left_as_it_is(make: object, tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    make(file)  # type: ignore[operator]
    before = file.read_bytes()
    with pytest.raises(StoreError, match="not a knockon store") as error:
        open_store(str(file))
    assert "another file" in error.value.remedy
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_places_where_no_store_can_be(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path, message in (
        (tmp_path / "none" / "x.db", "no such folder"),
        (tmp_path / "folder", "not a file"),
        (Path("/dev/null"), "not a file"),
    ):
        with pytest.raises(StoreError, match=message) as error:
            open_store(str(path))
        assert error.value.remedy


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / "x.db").touch()
    with open_store(str(tmp_path / "x.db")) as store:
        assert store.upsert([company("a")]).added == 1


@pytest.mark.parametrize("keep", [0.3, 0.7])
def test_a_truncated_store_says_so(tmp_path: Path, keep: float) -> None:
    file = tmp_path / "x.db"
    with open_store(str(file)) as store:
        for facts in batch(1):
            store.upsert(facts)
    os.truncate(file, int(file.stat().st_size * keep))

    def use() -> None:
        with open_store(str(file)) as store:
            list(store.scan("links"))
            store.search("company")
            for facts in batch(2):
                store.upsert(facts)

    with pytest.raises(StoreError, match="damaged") as error:
        use()
    assert "copy" in error.value.remedy


# -- versions ------------------------------------------------------------------------------------------


def test_a_writer_killed_while_it_copied_its_log_into_the_file(path: Path, tmp_path: Path) -> None:
    """The file's first page counts pages that only the log holds: without the log it looks malformed."""
    torn = tmp_path / "torn.db"
    log, torn_log = (Path(f"{file}-wal") for file in (path, torn))
    with EmbeddedStore(path) as store:
        with closing(sqlite3.connect(path)) as con:
            con.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            before = path.read_bytes()
            for facts in batch(0):
                store.upsert(facts)
            shutil.copy(log, torn_log)
            con.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        stamp, counts = store.snapshot(), store.counts()
    torn.write_bytes(path.read_bytes()[:8192] + before[8192:])
    with EmbeddedStore(torn) as store:
        assert store.snapshot() == stamp
        assert store.counts() == counts


def test_a_newer_schema_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as con:
        con.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(StoreOutdated, match=f"version {VERSION + 1}") as error:
        open_store(str(path))
    assert "newer knockon" in error.value.remedy
    assert path.read_bytes() == before


def test_an_older_schema_is_brought_up_step_by_step(path: Path) -> None:
    def two(con: sqlite3.Connection) -> None:
        con.execute("CREATE TABLE two (x)")

    def three(con: sqlite3.Connection) -> None:
        con.execute("INSERT INTO two VALUES (3)")

    def fails(con: sqlite3.Connection) -> None:
        con.execute("DROP TABLE links")
        con.execute("SELECT * FROM nowhere")

    def version(con: sqlite3.Connection) -> object:
        return con.execute("PRAGMA user_version").fetchone()[0]

    with closing(sqlite3.connect(path, isolation_level=None)) as con:
        with pytest.raises(StoreOutdated, match="read-only"):
            upgrade(con, "x.db", steps=(two,), writable=False)
        with pytest.raises(sqlite3.OperationalError):
            upgrade(con, "x.db", steps=(two, fails))
        assert version(con) == 1
        upgrade(con, "x.db", steps=(two, three))
        upgrade(con, "x.db", steps=(two, three))
        assert version(con) == 3
        assert con.execute("SELECT x FROM two").fetchall() == [(3,)]
        assert con.execute("SELECT count(*) FROM links").fetchone() == (1,)


# -- what fails ----------------------------------------------------------------------------------------


@contextmanager
def another_writer(path: Path) -> Iterator[sqlite3.Connection]:
    con = sqlite3.connect(path, isolation_level=None)
    con.execute("BEGIN IMMEDIATE")
    try:
        yield con
    finally:
        con.close()


def test_a_writer_waits_for_another_then_says_so(path: Path) -> None:
    with EmbeddedStore(path, wait=0.2) as store, another_writer(path):
        began = time.monotonic()
        with pytest.raises(StoreUnavailable) as error:
            store.upsert([company("c")])
        assert 0.2 <= time.monotonic() - began < 5
        assert "wait" in error.value.remedy
        assert store.counts()["companies"] == 2  # reading goes on
        with EmbeddedStore(path) as reader:
            assert reader.counts()["companies"] == 2
    with EmbeddedStore(path, wait=0.2) as store:
        assert store.upsert([company("c")]).added == 1


def test_a_full_disk(path: Path) -> None:
    """A real one needs a file system; a limit on the size of files fails at the same place."""
    code = """
        import resource, sys
        from graph.errors import StoreError
        from graph.stores.registry import open_store
        from tests.graph.facts import batch, company
        with open_store(sys.argv[1]) as store:
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
            done = 0
            try:
                for number in range(50):
                    store.upsert(batch(number)[0])
                    done += 1
            except StoreError as error:
                print(done, "|", error.message, "|", error.remedy)
                print(store.counts()["companies"])
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            store.upsert(batch(done)[0])
    """
    result = run(code, path)
    assert result.returncode == 0, result.stderr
    said, count = result.stdout.splitlines()
    done, message, remedy = said.split(" | ")
    assert "space" in remedy
    assert path.name in message
    assert int(count) == 2 + 200 * int(done)
    with EmbeddedStore(path) as store:
        assert store.counts()["companies"] == int(count) + 200


@pytest.mark.parametrize("folder_too", [False, True])
def test_a_read_only_file_can_be_read(path: Path, tmp_path: Path, folder_too: bool) -> None:
    copy = tmp_path / "folder" / "x.db"
    copy.parent.mkdir()
    shutil.copy(path, copy)
    copy.chmod(0o444)
    copy.parent.chmod(0o555 if folder_too else 0o777)
    code = """
        import os, sys
        from graph.errors import StoreError
        from graph.stores.registry import open_store
        from tests.graph.facts import company
        if os.geteuid() == 0:
            os.setgid(65534)
            os.setuid(65534)  # root may write everything
        with open_store(sys.argv[1]) as store:
            print(store.counts()["companies"], len(list(store.scan("links"))), len(store.search("a")))
            print(len(store.columns({"links": ["source"]})[1]["links"]["source"].codes))
            try:
                store.upsert([company("c")])
            except StoreError as error:
                print(error.message, "|", error.remedy)
    """
    for parent in copy.parents:  # the temporary folder is its owner's alone
        if parent.stat().st_uid == os.geteuid() and parent.stat().st_mode & 0o5 != 0o5:
            parent.chmod(parent.stat().st_mode | 0o5)
    try:
        result = run(code, copy)
    finally:
        copy.parent.chmod(0o777)
    assert result.returncode == 0, result.stderr
    read, rows, refused = result.stdout.splitlines()
    assert (read, rows) == ("2 1 1", "1")
    assert "read-only" in refused
    assert "writable" in refused
    assert copy.read_bytes() == path.read_bytes()


# -- processes and durability --------------------------------------------------------------------------


def test_batches_are_kept_on_the_disk_before_they_are_acknowledged(path: Path) -> None:
    with EmbeddedStore(path) as store, store._connections.writing() as (con, _):
        assert con.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert con.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


def test_a_forked_process_has_connections_of_its_own(path: Path) -> None:
    code = """
        import os, sys
        from graph.stores.registry import open_store
        from tests.graph.facts import batch, company
        store = open_store(sys.argv[1])
        store.upsert([company("parent 0")])
        children = []
        for number in range(3):
            if not (child := os.fork()):
                assert store.counts()["companies"] >= 3
                store.upsert(batch(number)[0])
                store.close()
                os._exit(0)
            children.append(child)
            store.upsert([company(f"parent {number}")])
        codes = [os.waitpid(child, 0)[1] for child in children]
        with store:
            print(codes, store.counts()["companies"])
    """
    result = run(code, path)
    assert result.stdout == f"[0, 0, 0] {2 + 3 + 3 * 200}\n", result.stderr
    with closing(sqlite3.connect(path)) as con:
        assert con.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_several_processes_make_one_store(tmp_path: Path) -> None:
    code = """
        import sys
        from graph.stores.registry import open_store
        from tests.graph.facts import company
        sys.stdin.read(1)
        with open_store(sys.argv[1]) as store:
            store.upsert([company(sys.argv[2])])
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "x.db")]
    processes = [
        subprocess.Popen([*command, str(i)], cwd=CHECKOUT, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for i in range(4)
    ]
    time.sleep(1)  # all wait at the start
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"x")
        process.stdin.flush()
    assert [(process.communicate()[1], process.returncode) for process in processes] == [(b"", 0)] * 4
    with open_store(str(tmp_path / "x.db")) as store:
        assert (store.counts()["companies"], store.snapshot().revision) == (4, 4)


def test_a_large_what_was_there_is_found_quickly(path: Path) -> None:
    """Names that all share their trigrams: the shortest are compared, not the first that come."""
    with EmbeddedStore(path) as store:
        store.upsert([company(f"x{i}", name=f"Motor Works Number {i:05d} of the North") for i in range(3000)])
        store.upsert([company("m", name="Motor")])
        assert store.search("motor")[0][0].id == "m"
        assert store.search("Motor Works Number 02999 of the North")[0][0].id == "x2999"


# -- damage, and files that change hands --------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "text"), [("extras", "{"), ("extras", "5"), ("refs", "]"), ("aliases", "nul"), ("roles", "7")]
)
def test_a_damaged_row_is_said_to_be_damaged(path: Path, column: str, text: str) -> None:
    with closing(sqlite3.connect(path)) as con:
        con.execute(f"UPDATE companies SET {column} = ?", (text,))
        con.commit()
    with EmbeddedStore(path) as store:
        for ask in (
            lambda: list(store.scan("companies")),
            lambda: store.read("companies", [("a",)]),
            lambda: store.page(),
            lambda: store.delete_company("a"),
        ):
            with pytest.raises(StoreError, match="damaged") as raised:
                ask()
            assert "restore a copy" in raised.value.remedy


def read_all(file: Path) -> None:
    with EmbeddedStore(file) as store:
        store.snapshot()
        store.columns({name: list(table.by_name) for name, table in TABLES.items()})
        store.search("a")
        for table in TABLES:
            list(store.scan(table))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_any_damage_ends_in_words(path: Path) -> None:
    with closing(sqlite3.connect(path)) as con:
        con.execute("UPDATE companies SET extras = ?, aliases = ?", ('{"x": "y"}', '["z"]'))
        con.commit()
        con.execute("PRAGMA journal_mode = DELETE")
    whole = path.read_bytes()
    chance = random.Random(5)
    remedies = []
    for n in range(150):
        flipped = bytearray(whole)
        for _ in range(40):
            flipped[chance.randrange(16_384, len(whole))] ^= 1 << chance.randrange(8)
        damaged = path.with_name(f"{n}.db")
        damaged.write_bytes(flipped)
        try:
            read_all(damaged)
        except KnockonError as error:
            remedies.append(error.remedy)
    assert len(remedies) > 5
    assert all(remedies)


@pytest.mark.parametrize("replaced", [True, False])
def test_a_file_that_was_replaced_or_removed_is_noticed(path: Path, tmp_path: Path, replaced: bool) -> None:
    other = tmp_path / "other.db"
    with EmbeddedStore(other) as store:
        store.upsert([company("other")])
    with EmbeddedStore(path) as store:
        assert store.snapshot().revision == 2
        os.replace(other, path) if replaced else path.unlink()
        for ask in (
            store.snapshot,
            lambda: store.columns({"companies": ["id"]}),
            lambda: store.upsert([company("c")]),
        ):
            with pytest.raises(StoreUnavailable, match="replaced or removed") as raised:
                ask()
            assert raised.value.remedy


def test_a_changed_schema_has_a_new_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as con:
        # The tables that SQLite makes for its index of names are SQLite's own.
        made = con.execute("SELECT sql FROM sqlite_master WHERE sql > '' AND name NOT GLOB 'names_*'")
        text = "\n".join(sorted(sql for (sql,) in made))
    digest = blake2b(text.encode(), digest_size=8).hexdigest()
    assert (VERSION, len(UPGRADES) + 1, digest) == (1, 1, "6731d6bacfa7e221"), (
        "The schema of a store changed: count VERSION in graph/stores/sqlite_schema.py up by one, add the "
        "step that brings older files to it to UPGRADES, and put the new version and digest here."
    )
