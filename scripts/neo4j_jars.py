"""Java, and the jars of Neo4j Community, fetched once by Maven and checked against their hashes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
POM = CHECKOUT / "scripts/neo4j/pom.xml"
HASHES = CHECKOUT / "scripts/neo4j/jars.sha256"
CACHE = CHECKOUT / ".cache/neo4j"
JAVA_NEEDED = 17


class ServerFailed(Exception):
    """There is no server, or it does not do what it was asked; the message says why, and the remedy."""


def say(text: str) -> None:
    """A line of progress, on stderr: stdout is for what other programs read."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Holds the lock of `folder` (made if need be); whoever comes second waits."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Waiting for another command that holds {folder / 'lock'}.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def find_java() -> tuple[str, str]:
    """A Java that is new enough, as (program, ""); else ("", why not)."""
    home = os.environ.get("JAVA_HOME")
    candidates = [path for path in (home and f"{home}/bin/java", shutil.which("java")) if path]
    told = "there is no `java`"
    for candidate in candidates:
        try:
            ran = subprocess.run([candidate, "-version"], capture_output=True, text=True, check=False)
        except OSError as error:
            told = f"{candidate} does not run: {error.strerror}"
            continue
        version = re.search(r'version "(\d+)', ran.stderr)
        if ran.returncode and version is None:
            told = f"{candidate} does not run: {(ran.stderr or ran.stdout).strip()[-300:]}"
            continue
        if ran.returncode == 0 and version and int(version.group(1)) >= JAVA_NEEDED:
            return candidate, ""
        told = f"{candidate} is Java {version.group(1)}" if version else f"{candidate} is no Java"
    return "", told


def jars_folder() -> Path:
    """Where the jars of the pinned version lie, or will; another list of hashes is another folder."""
    version = re.search(r"<neo4j.version>([\d.]+)<", POM.read_text(encoding="utf-8"))
    assert version, "the pom names the version"
    return CACHE / f"jars-{version.group(1)}-{hashlib.sha256(HASHES.read_bytes()).hexdigest()[:8]}"


def prepare() -> tuple[str, Path]:
    """Java and the folder of jars; installs and fetches what is missing where that is allowed.

    Raises ServerFailed.
    """
    with alone(CACHE):
        folder = jars_folder()
        java, why = find_java()
        if "does not run" in why:  # another Java beside it would not run either: options, or a broken one
            raise ServerFailed(why)
        lacking = [] if java else ["default-jre-headless"]
        if not folder.is_dir() and not shutil.which("mvn"):
            lacking.append("maven")
        if lacking:
            _install(lacking)
            java, why = find_java()
        if not java and shutil.which("java"):  # older systems take an older Java by default
            _install([f"openjdk-{JAVA_NEEDED}-jre-headless"])
            java, why = find_java()
        if not java:
            raise ServerFailed(f"Neo4j needs Java {JAVA_NEEDED} or newer, and {why}. {_other_way()}")
        if not folder.is_dir():
            _fetch(folder, HASHES.read_text(encoding="utf-8"))
        return java, folder


def _install(packages: list[str]) -> None:
    ran = subprocess.run(
        [CHECKOUT / "scripts/system-packages", "a local Neo4j", *packages],
        stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False,
    )  # fmt: skip
    if ran.returncode != 0:
        raise ServerFailed(f"A local Neo4j needs Java {JAVA_NEEDED} or newer and Maven. {_other_way()}")


def _other_way() -> str:
    """The way with Docker, as far as it can be gone here."""
    command = "docker compose -f deploy/compose.yaml up --detach neo4j"
    try:
        here = subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0
    except OSError:
        here = False
    return f"Docker is here: `{command}` is the other way." if here else f"With Docker: `{command}`."


def _fetch(folder: Path, hashes: str) -> None:
    """Fills `folder`, whole or not at all."""
    say("Fetching Neo4j's jars with Maven: 123 MB, once.")
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="fetching-") as scratch:
        lib = Path(scratch) / "jars"
        _copy_dependencies(lib)
        if (found := _hashes(lib)) != hashes:
            odd = sorted({line.split()[-1] for line in set(found.splitlines()) ^ set(hashes.splitlines())})
            raise ServerFailed(f"Not the jars that {HASHES.name} lists: {', '.join(odd[:5])}")
        lib.rename(folder)


def _copy_dependencies(folder: Path) -> None:
    mvn = shutil.which("mvn")
    if not mvn:
        raise ServerFailed("There is no Maven (`mvn`).")
    command = [
        mvn, "--batch-mode", "--quiet", "--strict-checksums", "--file", str(POM),
        f"-Dmaven.repo.local={CHECKOUT / '.cache/maven'}",
        "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder}",
    ]  # fmt: skip
    for attempt in (1, 2):  # a registry may have a bad moment
        ran = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False,
        )  # fmt: skip
        if ran.returncode == 0:
            return
        say("\n".join(ran.stdout.splitlines()[:10]))
        if attempt == 1:
            say("Trying once more.")
    raise ServerFailed("Maven could not fetch Neo4j's jars; above is what it says.")


def _hashes(folder: Path) -> str:
    """The list of hashes of the jars in `folder`, as sha256sum writes it."""
    jars = sorted(folder.glob("*.jar"))
    return "".join(f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {jar.name}\n" for jar in jars)


if __name__ == "__main__":  # after another version was put into the pom: writes the list of hashes anew
    with tempfile.TemporaryDirectory() as scratch:
        _copy_dependencies(Path(scratch))
        HASHES.write_text(_hashes(Path(scratch)), encoding="utf-8")
