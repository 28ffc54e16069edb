"""The local Neo4j: `make neo4j-up`, `make neo4j-down`, and the throw-away server of the tests."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from neo4j import GraphDatabase
from neo4j.exceptions import AuthError, ClientError

from scripts.neo4j_quick import quick
from scripts.neo4j_server import USER, Server, throw_away
from tests.conftest import Neo4j

CHECKOUT = Path(__file__).resolve().parents[1]
MAKE = shutil.which("make") or "make"
Run = Callable[..., subprocess.CompletedProcess[str]]
FLAGS = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}  # of the make that runs these tests


def ask(url: str, password: str, query: str, **values: Any) -> list[list[Any]]:
    with GraphDatabase.driver(url, auth=(USER, password)) as driver:
        return [list(record.values()) for record in driver.execute_query(query, values).records]


def gone(condition: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether `condition` ends within `seconds`."""
    until = time.monotonic() + seconds
    while condition() and time.monotonic() < until:
        time.sleep(0.1)
    return not condition()


def command_lines() -> str:
    """All that a list of processes shows."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_text(errors="replace"))
        except OSError:
            continue
    return "\n".join(lines)


@contextmanager
def watching() -> Iterator[list[str]]:
    """All that lists of processes showed meanwhile."""
    seen: list[str] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            seen.append(command_lines())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkout of its own, set up, with a space and Chinese in its path: the developer's own is let be."""
    folder = tmp_path_factory.mktemp("沿 chain") / "knockon"
    shutil.copytree(CHECKOUT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(CHECKOUT / name, folder)
    (folder / ".venv").mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (folder / ".venv" / name).symlink_to(Path(sys.prefix) / name)
    stamp = "pwd -P; cksum requirements.lock pyproject.toml scripts/setup"
    said = subprocess.run(["sh", "-c", stamp], cwd=folder, capture_output=True, check=True).stdout
    (folder / ".venv/.knockon-setup").write_bytes(said)
    yield folder
    subprocess.run([MAKE, "-s", "neo4j-down"], cwd=folder, check=True)


@pytest.fixture(scope="module")
def made(checkout: Path) -> Run:
    """Runs a target of make in that checkout, silently; values by name go into the environment."""

    def run(target: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("KNOCKON_") and k not in FLAGS}
        return subprocess.run(
            [MAKE, "-s", target], cwd=checkout, env={**kept, **environment}, capture_output=True, text=True,
            check=False, timeout=200,
        )  # fmt: skip

    return run


@pytest.fixture(scope="module")
def with_jars(checkout: Path, neo4j_parts: tuple[str, Path]) -> Path:
    """That checkout, with this one's jars."""
    jars = neo4j_parts[1]
    (checkout / ".cache/neo4j").mkdir(parents=True, exist_ok=True)
    (checkout / ".cache/neo4j" / jars.name).symlink_to(jars)
    return checkout


@pytest.fixture(scope="module")
def quickened(with_jars: Path, neo4j_parts: tuple[str, Path]) -> None:
    """From now on its servers start quickly, if this one's do; before, as they do at first."""
    folder, _ = quick(*neo4j_parts)
    with suppress(FileExistsError):  # where nothing was made for it: the jars are linked already
        (with_jars / ".cache/neo4j" / folder.name).symlink_to(folder)


@pytest.fixture
def home(with_jars: Path, neo4j_parts: tuple[str, Path]) -> Server:
    """The local server of that checkout, running or not."""
    return Server(with_jars / ".neo4j", *neo4j_parts)


def exports(ran: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """What a shell has after evaluating the lines that were printed, and nothing but these was printed."""
    assert ran.returncode == 0, ran.stderr
    names = re.findall(r"^export (\w+)=\S+$", ran.stdout, re.MULTILINE)
    assert names == ["KNOCKON_STORE", "KNOCKON_STORE_USER", "KNOCKON_STORE_PASSWORD"]
    assert ran.stdout.count("\n") == 3
    shown = "; ".join(f'echo "${name}"' for name in names)
    evaluated = subprocess.run(
        ["sh", "-c", f'eval "$1"; {shown}', "sh", ran.stdout], capture_output=True, text=True, check=True
    )
    return dict(zip(("url", "user", "password"), evaluated.stdout.splitlines(), strict=True))


def test_up_twice_down_twice(home: Server, made: Run) -> None:
    made("neo4j-down")
    shutil.rmtree(home.home, ignore_errors=True)  # as at first, whichever test came before
    with watching() as seen:
        first = made("neo4j-up")
    told = exports(first)
    assert told["user"] == USER
    assert re.fullmatch(r"bolt://127\.0\.0\.1:\d+", told["url"])
    assert ask(told["url"], told["password"], "RETURN 1 + 1") == [[2]]
    with pytest.raises(AuthError):
        ask(told["url"], told["password"][::-1], "RETURN 1")
    assert stat.S_IMODE((home.home / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.home.stat().st_mode) == 0o700
    assert any("set-initial-password" in lines for lines in seen)
    assert not [lines for lines in (*seen, command_lines()) if told["password"] in lines]
    assert told["password"] not in "".join(f.read_text() for f in (home.home / "logs").iterdir())
    pid = home.pid

    assert made("neo4j-up").stdout == first.stdout
    elsewhere = made("neo4j-up", KNOCKON_NEO4J_PORT="1")
    assert (elsewhere.stdout, "make neo4j-down" in elsewhere.stderr) == (first.stdout, True)
    assert home.pid == pid

    ask(told["url"], told["password"], "CREATE (:Kept {name: $name})", name="链")
    for _ in range(2):
        down = made("neo4j-down")
        assert (down.returncode, down.stdout) == (0, "")
        assert home.pid is None
    assert (home.home / "data/databases/neo4j").is_dir()


@pytest.mark.usefixtures("quickened")
def test_after_a_kill_it_comes_back_with_its_data(home: Server, made: Run) -> None:
    told = exports(made("neo4j-up"))
    ask(told["url"], told["password"], "CREATE (:Paid {amount: 12})")
    before = ask(told["url"], told["password"], "MATCH (n) RETURN count(n)")
    port = home.port
    home.kill()
    assert home.pid is None
    with socket.socket() as other:  # a program that took the port meanwhile
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        again = exports(made("neo4j-up"))
        assert again["url"] != told["url"]
        assert again["password"] == told["password"]
        assert ask(again["url"], again["password"], "MATCH (n) RETURN count(n)") == before


@pytest.mark.usefixtures("quickened")
def test_two_at_the_same_moment_start_one_server(home: Server, made: Run, checkout: Path) -> None:
    made("neo4j-down")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KNOCKON_") and k not in FLAGS}
    pair = [
        subprocess.Popen([MAKE, "-s", "neo4j-up"], cwd=checkout, env=kept, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=200)[0] for process in pair]
    assert [process.returncode for process in pair] == [0, 0]
    assert said[0] == said[1]
    assert said[0].count("\n") == 3
    assert command_lines().count(f"--home-dir={home.home}\0") == 1


@pytest.mark.usefixtures("quickened")
def test_what_cannot_start_says_why_and_prints_no_line(home: Server, made: Run) -> None:
    if not home.port:
        exports(made("neo4j-up"))
    made("neo4j-down")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = str(other.getsockname()[1])
        ran = made("neo4j-up", KNOCKON_NEO4J_PORT=taken)
    assert (ran.returncode != 0, ran.stdout) == (True, "")
    assert f"Port {taken} is taken" in ran.stderr

    for wrong in ("seven", "0", "65536", "-1"):
        ran = made("neo4j-up", KNOCKON_NEO4J_PORT=wrong)
        assert (ran.returncode != 0, ran.stdout) == (True, "")
        assert wrong in ran.stderr

    secret = home.home / "password"
    hidden = secret.rename(secret.with_name("hidden"))
    ran = made("neo4j-up")
    hidden.rename(secret)
    assert (ran.returncode != 0, ran.stdout) == (True, "")
    assert "is gone: put it back" in ran.stderr
    assert home.pid is None


@pytest.fixture
def few_tools(tmp_path: Path) -> Path:
    """A folder for PATH with what make's recipes use; no Java, Maven or Docker, and no way to install."""
    for name in ("sh", "dirname", "cksum", "cat", "id", "env"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    return tmp_path


def test_missing_parts_are_named(checkout: Path, made: Run, few_tools: Path) -> None:
    """In a checkout that has fetched no jars yet."""
    cache, away = checkout / ".cache", checkout / ".cache.away"
    if cache.exists():
        cache.rename(away)
    try:
        ran = made("neo4j-up", PATH=str(few_tools), JAVA_HOME="")
        assert (ran.returncode != 0, ran.stdout) == (True, "")
        assert "apt-get install default-jre-headless maven'" in ran.stderr
        assert "Java 17 or newer and Maven" in ran.stderr
        assert "docker compose -f deploy/compose.yaml" in ran.stderr
        assert "Traceback" not in ran.stderr

        java = few_tools / "java"  # one that is too old
        java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
        java.chmod(0o755)
        ran = made("neo4j-up", PATH=str(few_tools), JAVA_HOME="")
        assert (ran.returncode != 0, ran.stdout) == (True, "")
        assert "apt-get install default-jre-headless maven'" in ran.stderr
    finally:
        shutil.rmtree(cache, ignore_errors=True)
        if away.exists():
            away.rename(cache)


def test_jars_that_are_not_those_listed_are_refused(made: Run, checkout: Path, with_jars: Path) -> None:
    if not shutil.which("mvn"):
        pytest.skip("no Maven: it fetches the jars")
    hashes = checkout / "scripts/neo4j/jars.sha256"
    right = hashes.read_text()
    hashes.write_text(right.replace(right[:8], "00000000", 1))
    (checkout / ".cache/maven").symlink_to(CHECKOUT / ".cache/maven")  # what is fetched already is not again
    try:
        ran = made("neo4j-up")
    finally:
        hashes.write_text(right)
    assert (ran.returncode != 0, ran.stdout) == (True, "")
    assert f"Not the jars that jars.sha256 lists: {right.splitlines()[0].split()[1]}" in ran.stderr
    left = [path for path in (checkout / ".cache/neo4j").iterdir() if path.name != "lock"]
    assert left
    assert all(path.is_symlink() for path in left)  # of the fixtures


def test_a_throw_away_server_can_be_killed_changed_and_leaves_nothing(neo4j_parts: tuple[str, Path]) -> None:
    with throw_away(heap="512m") as server:
        ask(server.url, server.password, "CREATE (:Paid)")
        url = server.url
        server.kill()
        frozen = replace(server, settings={"server.databases.default_to_read_only": "true"})
        frozen.start()
        assert frozen.url == url
        assert ask(url, server.password, "MATCH (n:Paid) RETURN count(n)") == [[1]]
        with pytest.raises(ClientError, match="read-only"):
            ask(url, server.password, "CREATE (:Paid)")
        server.stop()
        assert server.pid is None
        said = server.admin("database", "check", "neo4j")
        assert "100%" in said
    assert not server.home.exists()


def local(*words: str, **environment: str) -> subprocess.Popen[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KNOCKON_TEST") and k != "CI"}
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.local_neo4j", *words], cwd=CHECKOUT, env={**kept, **environment},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_the_server_of_make_test_ends_with_whoever_started_it(neo4j_parts: tuple[str, Path]) -> None:
    shown = (
        "echo $KNOCKON_TEST_NEO4J_URL $KNOCKON_TEST_NEO4J_USER $KNOCKON_TEST_NEO4J_PASSWORD; exec sleep 100"
    )
    with local("with", "sh", "-c", shown) as running:
        assert running.stdout
        url, user, password = running.stdout.readline().split()
        assert (user, ask(url, password, "RETURN 1")) == (USER, [[1]])
        assert password not in command_lines()
        started = re.findall(r"--home-dir=([^\0]*knockon-neo4j-[^\0]*)", command_lines())
        homes = [home for path in started if (home := Server(Path(path), *neo4j_parts)).url == url]
        assert len(homes) == 1
        running.send_signal(signal.SIGKILL)
        assert gone(lambda: homes[0].pid is not None or homes[0].home.exists())
        for path in Path("/proc").glob("[0-9]*/environ"):  # the command itself outlives its parent
            try:
                if f"KNOCKON_TEST_NEO4J_URL={url}\0" in path.read_text(errors="replace"):
                    os.kill(int(path.parent.name), signal.SIGKILL)
            except OSError:
                continue


def test_the_result_of_the_command_is_the_result(neo4j_server: Neo4j) -> None:
    """With a server that is there already, which is then used."""
    given = {"KNOCKON_TEST_NEO4J_URL": neo4j_server.url}
    with local("with", "sh", "-c", "echo $KNOCKON_TEST_NEO4J_URL; exit 7", **given) as ran:
        assert ran.communicate()[0].split() == [neo4j_server.url]
        assert ran.returncode == 7
    with local("with", **given) as ran:
        assert "usage" in ran.communicate()[1]
        assert ran.returncode == 2


def test_without_a_server_the_tests_run_except_in_ci(few_tools: Path) -> None:
    bare = {"PATH": str(few_tools), "JAVA_HOME": ""}
    shown = ("with", "sh", "-c", "echo $KNOCKON_TEST_NEO4J_MISSING")
    with local(*shown, **bare) as ran:
        said, complained = ran.communicate()
    assert (ran.returncode, "Java 17" in said) == (0, True)
    assert "are skipped" in complained
    with local(*shown, **bare, CI="true") as ran:
        assert (ran.communicate()[0], ran.returncode) == ("", 1)
