"""A Neo4j server on plain Java: its home, start, wait until it answers, stop, kill. The tests use it too."""

from __future__ import annotations

import fcntl
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from scripts.neo4j_jars import CHECKOUT, ServerFailed, prepare
from scripts.neo4j_quick import quick

USER = "neo4j"
HOST = "127.0.0.1"
MAIN = "org.neo4j.server.CommunityEntryPoint"
USUAL_PORT = 7687
PORTS = range(20_000, 32_768)  # below those that Linux and macOS take for connections that go out
# What the official image gives its Java, as far as it matters here.
JAVA_OPTIONS = (
    *(f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in ("java.nio", "java.io", "sun.nio.ch")),
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "-XX:-OmitStackTraceInFastThrow",
    "-XX:+ExitOnOutOfMemoryError",
    "-Dfile.encoding=UTF-8",
    "-Dlog4j2.disable.jmx=true",
)
LASTING = ("-XX:+UseG1GC",)
# A server that lives a minute is not worth a thorough compiler: it starts with half the work.
BRIEF = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
# After a kill a server reads each log of transactions to its end, of 256 MB that are nearly all blank. And as
# graphs come and go it would plan again what it has planned, and write down every question twice.
LITTLE = {
    "db.tx_log.rotation.size": "16m",
    "dbms.cypher.min_replan_interval": "1h",
    "dbms.cypher.statistics_divergence_threshold": "1.0",
    "db.logs.query.enabled": "OFF",
}
SETTINGS = {
    "server.http.enabled": "false",
    "server.https.enabled": "false",
    "dbms.security.auth_enabled": "true",
    "dbms.usage_report.enabled": "false",
    "server.memory.pagecache.size": "256m",
    "internal.dbms.bolt.netty_server_shutdown_quiet_period": "0",  # else a stop takes ten seconds
}


@dataclass(frozen=True)
class Server:
    """A server by its home, the folder of its conf, data, logs and password; it runs or it does not.

    `settings` are added to neo4j.conf at the next start; `heap` is what Java may take, `life` its options.
    The methods raise ServerFailed.
    """

    home: Path
    java: str
    jars: Path
    heap: str = "1g"
    settings: Mapping[str, str] = field(default_factory=dict)
    life: tuple[str, ...] = LASTING

    @property
    def port(self) -> int:
        """The Bolt port of the last start; 0 before the first."""
        with suppress(FileNotFoundError):
            for line in self._conf.read_text(encoding="utf-8").splitlines():
                if line.startswith("server.bolt.listen_address="):
                    return int(line.rpartition(":")[2])
        return 0

    @property
    def url(self) -> str:
        """Encrypted where its settings demand that; its certificate is then believed."""
        scheme = "bolt+ssc" if self.settings.get("server.bolt.tls_level") == "REQUIRED" else "bolt"
        return f"{scheme}://{HOST}:{self.port}"

    @property
    def password(self) -> str:
        return self._secret.read_text(encoding="ascii").strip()

    @property
    def pid(self) -> int | None:
        """The process that serves this home, found by its command line: no file that could be stale."""
        for pid, words in _commands():
            if MAIN in words and f"--home-dir={self.home}" in words:
                return pid
        return None

    def start(self, port: int = 0, patience: float = 300) -> None:
        """Starts and waits until a query is answered. `port` 0: the last one, else any.

        Java's output is in logs/console.log. A server that does not come up is ended again.
        """
        if self.pid is not None:
            raise ServerFailed(f"The server in {self.home} runs already.")
        self._make_home()
        if port and not is_free(port):
            raise ServerFailed(f"Port {port} is taken by another program: name another, or none.")
        for attempt in range(3):
            self._write_conf(port or _free_port(self.port if attempt == 0 else 0))
            try:
                self._launch()
                self.wait(patience)
                return
            except BaseException as error:
                self.kill()
                lost_the_port = "Address already in use" in self._console()
                if port or not lost_the_port or not isinstance(error, ServerFailed):
                    raise
        raise ServerFailed("Other programs took every port that was tried.")

    def wait(self, patience: float = 300) -> None:
        """Returns once the running server has answered a query under its password."""
        from neo4j import GraphDatabase  # here, so that stopping needs no driver
        from neo4j.exceptions import AuthError, DriverError, Neo4jError

        until, why, unseen = time.monotonic() + patience, "", 0
        with GraphDatabase.driver(self.url, auth=(USER, self.password), connection_timeout=10) as driver:
            while time.monotonic() < until:
                # A process shows no command line while the shell turns into Java.
                unseen = unseen + 1 if self.pid is None else 0
                if unseen > 3:
                    raise ServerFailed(f"Neo4j ended while it was starting:\n{_tail(self._console())}")
                try:
                    with driver.session() as session:
                        session.run("RETURN 1").consume()
                    return
                except AuthError as error:
                    raise ServerFailed(
                        f"Neo4j at {self.url} refuses the password in {self._secret}: {error.message}"
                    ) from error
                except (DriverError, Neo4jError, OSError) as error:
                    why = str(error)
                time.sleep(0.1)
        raise ServerFailed(f"Neo4j does not answer after {patience:.0f} s: {why}\n{_tail(self._console())}")

    def stop(self, patience: float = 120) -> None:
        """Ends it in order, and waits; one that does not end is killed, which costs no data."""
        self._signal(signal.SIGTERM, patience)
        self.kill()

    def kill(self) -> None:
        """Ends it as a power cut would, and waits until it is gone."""
        self._signal(signal.SIGKILL, 30)

    def restart(self) -> None:
        """Stops and starts again, at the same port, with the settings of now."""
        self.stop()
        self.start(self.port)

    def admin(self, *words: str | Path) -> str:
        """What `neo4j-admin WORDS` says, for this home: `admin("database", "check", "neo4j")`.

        A password is passed as `@FILE`, so that no list of processes shows it.
        """
        command = [*self._java("org.neo4j.cli.AdminTool"), *map(str, words)]
        places = {"NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self._conf.parent)}
        ran = subprocess.run(
            command, env={**_environment(), **places}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace", check=False,
        )  # fmt: skip
        if ran.returncode != 0:
            raise ServerFailed(f"neo4j-admin {' '.join(map(str, words))}:\n{_tail(ran.stdout)}")
        return ran.stdout

    def _java(self, main: str) -> list[str]:
        return [self.java, f"-Xmx{self.heap}", *JAVA_OPTIONS, *self.life, "-cp", f"{self.jars}/*", main]

    @property
    def _conf(self) -> Path:
        return self.home / "conf/neo4j.conf"

    @property
    def _secret(self) -> Path:
        return self.home / "password"

    def _console(self) -> str:
        try:
            return (self.home / "logs/console.log").read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def _make_home(self) -> None:
        """The folders, and before the first start a password that only the owner can read."""
        for folder in (self.home, self._conf.parent, self.home / "logs"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        has_data = (self.home / "data/databases/system").exists()
        if not self._secret.exists():
            if has_data:
                raise ServerFailed(
                    f"The data in {self.home} has a password, but the file {self._secret} is gone: put it "
                    f"back, or move {self.home} elsewhere to start with an empty database."
                )
            part = self._secret.with_suffix(".part")
            part.unlink(missing_ok=True)
            with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(secrets.token_hex(24) + "\n")
            part.rename(self._secret)
        if not has_data:
            self._write_conf(self.port)
            self.admin("dbms", "set-initial-password", f"@{self._secret}")

    def _write_conf(self, port: int) -> None:
        lines = {**SETTINGS, "server.bolt.listen_address": f"{HOST}:{port}", **self.settings}
        self._conf.write_text("".join(f"{k}={v}\n" for k, v in lines.items()), encoding="utf-8")

    def _launch(self) -> None:
        places = [f"--home-dir={self.home}", f"--config-dir={self._conf.parent}"]
        command = [*self._java(MAIN), *places, "--console-mode"]
        with (self.home / "logs/console.log").open("wb") as console:
            # Through a shell that ends at once, so that the server is nobody's child and leaves no zombie.
            subprocess.run(
                ["/bin/sh", "-c", '"$@" &', "sh", *command], check=True, start_new_session=True,
                env=_environment(), stdin=subprocess.DEVNULL, stdout=console, stderr=console,
            )  # fmt: skip

    def _signal(self, number: signal.Signals, patience: float) -> None:
        if (pid := self.pid) is None:
            return
        try:
            os.kill(pid, number)
        except PermissionError as error:
            raise ServerFailed(
                f"Neo4j (process {pid}) belongs to another user, who alone can end it."
            ) from error
        except ProcessLookupError:
            pass
        until = time.monotonic() + patience
        while (self.pid == pid or self._holds_its_data()) and time.monotonic() < until:
            time.sleep(0.05)

    def _holds_its_data(self) -> bool:
        """Whether a process has the data open: it leaves the list of processes a moment before it lets go."""
        try:
            with (self.home / "data/databases/store_lock").open("r+b") as lock:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False


@contextmanager
def throw_away(
    heap: str = "1g",
    settings: Mapping[str, str] | None = None,
    inside: Path | None = None,
    life: tuple[str, ...] = BRIEF,
    jars: Path | None = None,
) -> Iterator[Server]:
    """A running server of its own; it and its data are gone afterwards, however this process ends.

    Its home is a new folder in `inside`, or where temporary files go. A keeper, a process of its own, waits
    for the pipe to this one to close, which a `kill -9` does too. Of `jars`, or the usual ones, and then with
    what makes it start quickly. Raises ServerFailed.
    """
    java, usual = prepare()
    jars, options = (jars, ()) if jars else quick(java, usual)
    folder = Path(tempfile.mkdtemp(prefix="knockon-neo4j-", dir=inside)).resolve()
    with subprocess.Popen(
        [sys.executable, "-m", "scripts.neo4j_server", folder], cwd=CHECKOUT, stdin=subprocess.PIPE,
        start_new_session=True,
    ):  # fmt: skip
        told = {**(LITTLE if life[: len(BRIEF)] == BRIEF else {}), **(settings or {})}
        server = Server(folder, java, jars, heap, told, (*life, *options))
        server.start()
        yield server


def keep(folder: Path) -> None:
    """Waits for the end of stdin, then ends the server whose home is `folder` and removes the folder."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.read()
    server = Server(folder, "", folder)
    for _ in range(10):  # more than once: it may just have been starting
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists() and server.pid is None:
            break
        time.sleep(0.2)


def _environment() -> dict[str, str]:
    """Ours, with UTF-8 for the names of files: Java 17 takes them from the locale."""
    return {**os.environ, **({"LC_ALL": "C.UTF-8"} if sys.platform == "linux" else {})}


def _commands() -> Iterator[tuple[int, list[str]]]:
    """Every process as (pid, its command line in words); one that has ended, as a zombie has, is none."""
    proc = Path("/proc")
    if (proc / "self/cmdline").exists():
        for entry in proc.iterdir():
            if entry.name.isdigit():
                with suppress(OSError):
                    told = (entry / "cmdline").read_bytes().decode(errors="replace")
                    yield int(entry.name), told.split("\0")
        return
    command = ["ps", "-axww", "-o", "pid=,command="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        pid, *words = line.split()
        yield int(pid), words


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _free_port(liked: int) -> int:
    """The port `liked` if it is free, else one that is.

    Not one that the system gives to connections that go out: while the server is down it may become theirs.
    """
    if liked and is_free(liked):
        return liked
    for port in random.sample(PORTS, 100):
        if is_free(port):
            return port
    raise ServerFailed(f"No port is free between {PORTS[0]} and {PORTS[-1]}.")


def _tail(text: str) -> str:
    """The last lines that say something: the frames of Java's traces do not."""
    lines = [line for line in text.splitlines() if not line.startswith(("\tat ", "\t... "))]
    return "\n".join(lines[-15:])


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
