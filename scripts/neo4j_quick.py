"""What lets a Neo4j server start with half the work: jars without signatures, and an archive of its classes.

Java checks the signatures of signed jars whenever it reads them, though what was fetched was compared with
its hashes already; and it reads and checks 15,000 classes, which it finds ready in an archive that it made.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

from scripts.neo4j_jars import alone

_ARCHIVE = "classes.jsa"
_SIGNATURE = re.compile(r"META-INF/[^/]+\.(SF|RSA|DSA|EC)", re.IGNORECASE)


def quick(java: str, jars: Path) -> tuple[Path, tuple[str, ...]]:
    """The jars, and options for Java beside its others: the quick ones where they were made, else `jars`."""
    folder = _folder(java, jars)
    if not (folder / _ARCHIVE).is_file():
        return jars, ()
    return folder, (f"-XX:SharedArchiveFile={folder / _ARCHIVE}",)


def quicken(java: str, jars: Path, work: Callable[[Path, tuple[str, ...]], None]) -> None:
    """Makes the quick ones, unless they are there.

    `work` starts a server with these jars and options, lets it do what servers do, and stops it in order.
    """
    folder = _folder(java, jars)
    with alone(folder):
        if (folder / _ARCHIVE).is_file():
            return
        for old in set(folder.parent.glob("quick-*")) - {folder}:
            shutil.rmtree(old, ignore_errors=True)
        for jar in sorted(jars.glob("*.jar")):
            _unsigned(jar, folder / jar.name)
        part = folder / "classes.part"
        part.unlink(missing_ok=True)
        work(folder, (f"-XX:ArchiveClassesAtExit={part}",))
        if part.is_file():
            part.rename(folder / _ARCHIVE)


def _folder(java: str, jars: Path) -> Path:
    """Where they lie: an archive is of one Java and of jars at one place, so no link is part of the name."""
    told = subprocess.run([java, "-version"], capture_output=True, check=False).stderr
    name = jars.name.replace("jars-", "quick-", 1)
    return (jars.parent / f"{name}-{hashlib.sha256(told).hexdigest()[:8]}").resolve()


def _unsigned(jar: Path, copy: Path) -> None:
    """The jar without its signatures: a link to it where it has none."""
    copy.unlink(missing_ok=True)
    with zipfile.ZipFile(jar) as signed:
        kept = [entry for entry in signed.infolist() if not _SIGNATURE.fullmatch(entry.filename)]
        if len(kept) == len(signed.infolist()):
            copy.symlink_to(jar.resolve())
            return
        with zipfile.ZipFile(copy, "w") as plain:
            for entry in kept:
                plain.writestr(zipfile.ZipInfo(entry.filename, entry.date_time), signed.read(entry))
