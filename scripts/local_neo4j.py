"""The command behind `make neo4j-up`, `make neo4j-down` and the throw-away server of `make test`."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from scripts.neo4j_jars import CHECKOUT, ServerFailed, alone, prepare, say
from scripts.neo4j_quick import quick, quicken
from scripts.neo4j_server import BRIEF, LASTING, USER, USUAL_PORT, Server, is_free, throw_away

HOME = CHECKOUT / ".neo4j"
USAGE = "usage: local_neo4j up | down | fetch | with COMMAND…"


def up() -> int:
    """Starts the local server, or finds it running, and prints how knockon reaches it."""
    wanted = os.environ.get("KNOCKON_NEO4J_PORT", "")
    if wanted and not (wanted.isdecimal() and 0 < int(wanted) < 65536):
        raise ServerFailed(f"KNOCKON_NEO4J_PORT is no port: {wanted!r}")
    java, jars = prepare()
    jars, options = quick(java, jars)
    with alone(HOME):
        settings = {"server.memory.pagecache.size": "512m"}
        server = Server(HOME, java, jars, heap="2g", settings=settings, life=(*LASTING, *options))
        if server.pid is None:
            say("Starting Neo4j.")
            first = USUAL_PORT if not server.port and is_free(USUAL_PORT) else 0
            server.start(int(wanted or first))
        else:
            server.wait()
            if wanted and server.port != int(wanted):
                say(f"Neo4j runs already, at port {server.port}; `make neo4j-down` first for {wanted}.")
        told = {"": server.url, "_USER": USER, "_PASSWORD": server.password}
    sys.stdout.write("".join(f"export KNOCKON_STORE{k}={shlex.quote(v)}\n" for k, v in told.items()))
    return 0


def down() -> int:
    """Stops the local server, if it runs; its data stays."""
    if HOME.is_dir():
        with alone(HOME):
            Server(HOME, "", HOME).stop()
    return 0


def fetch() -> int:
    """Sees that a server could be started, and quickly; where it cannot, `with` says why."""
    with suppress(ServerFailed):
        quicken(*prepare(), _work)
    return 0


def _work(jars: Path, options: tuple[str, ...]) -> None:
    """What most servers of the tests do."""
    from graph.model import fact  # here, so that the other commands need no store
    from graph.stores.base import Access
    from graph.stores.registry import open_store

    say("Teaching Java to start Neo4j quickly: half a minute, once.")
    with throw_away(life=(*BRIEF, *options), jars=jars) as server:
        with open_store(server.url, "main", Access(USER, server.password)) as store:
            store.upsert([fact("companies", {"id": id, "name": f"Company {id}"}) for id in "ab"])
            store.upsert([fact("links", {"source": "a", "kind": "SUPPLIES", "target": "b"})])
            store.search("company a")
            store.columns({"companies": ["id"], "links": ["share"]})
            store.delete_company("b")
            assert len(list(store.scan("companies"))) == 1
        server.stop()


def with_server(command: list[str]) -> int:
    """Runs `command` beside a throw-away server, told by KNOCKON_TEST_NEO4J_URL, …_USER and …_PASSWORD.

    Where there can be none it fails in CI; elsewhere the command finds the reason in …_MISSING.
    """
    prefix = "KNOCKON_TEST_NEO4J"
    if f"{prefix}_URL" in os.environ:
        return _run(command, {})
    try:
        with throw_away() as server:
            told = {"URL": server.url, "USER": USER, "PASSWORD": server.password}
            return _run(command, {f"{prefix}_{name}": value for name, value in told.items()})
    except ServerFailed as failed:
        if os.environ.get("CI") == "true":
            raise
        say(f"{failed}\nGoing on without: the tests that need Neo4j are skipped.")
        return _run(command, {f"{prefix}_MISSING": str(failed).splitlines()[0]})


def _run(command: list[str], environment: dict[str, str]) -> int:
    # Inherited descriptors too: make passes its jobs by them.
    with subprocess.Popen(command, env={**os.environ, **environment}, close_fds=False) as process:
        try:
            return process.wait()
        finally:
            process.terminate()


def main(words: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        match words:
            case ["up"]:
                return up()
            case ["down"]:
                return down()
            case ["fetch"]:
                return fetch()
            case ["with", *command] if command:
                return with_server(command)
    except ServerFailed as failed:
        say(str(failed))
        return 1
    except KeyboardInterrupt:
        return 130
    say(USAGE)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
