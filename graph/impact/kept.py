"""Keeps on disk what took long to reckon: by block, so that a run that was stopped goes on, then whole.

A folder holds one folder a question, named by a digest of all that its answer depends on: the facts' hash,
the question, the parameters, the code that reckons. Files appear whole or not at all, and whoever asks the
same writes the same, so any number of runs may share a folder. What cannot be read counts as not there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.impact.compiling import digest_of

Arrays = Mapping[str, NDArray[Any]]

QUESTIONS = 50  # that a folder keeps: those that were written to last
_GRAPH = Path(__file__).parents[1]
_RECKONS = ("*.py", "impact/*.py")


@cache
def code() -> str:
    """A digest of the code that makes numbers of facts, and of what compiles it."""
    return digest_of(file for pattern in _RECKONS for file in _GRAPH.glob(pattern))


class Kept:
    """What is kept of one question; `folder` None keeps nothing. `failed` says why something was not kept."""

    def __init__(self, folder: Path | None, question: Mapping[str, object]) -> None:
        said = json.dumps({"code": code(), **question}, sort_keys=True, allow_nan=False)
        self._folder = folder and folder / hashlib.sha256(said.encode()).hexdigest()[:32]
        self.failed = ""

    def block(self, number: int) -> Arrays | None:
        """What a block holds, None where it is not there."""
        return self._read(f"{number}.npz")

    def whole(self) -> Arrays | None:
        """The whole answer, None where it is not there."""
        return self._read("whole.npz")

    def keep_block(self, number: int, arrays: Arrays) -> None:
        """Keep a block."""
        self._write(f"{number}.npz", arrays)

    def keep_whole(self, arrays: Arrays) -> None:
        """Keep the whole answer, which takes the place of its blocks; the oldest questions go."""
        if self._folder is None or not self._write("whole.npz", arrays):
            return
        for file in self._folder.glob("[0-9]*.npz"):
            with suppress(OSError):
                file.unlink()
        with suppress(OSError):
            folders = sorted(self._folder.parent.iterdir(), key=lambda each: each.stat().st_mtime)
            for old in folders[:-QUESTIONS]:
                shutil.rmtree(old, ignore_errors=True)

    def _read(self, name: str) -> Arrays | None:
        if self._folder is None:
            return None
        try:
            with np.load(self._folder / name, allow_pickle=False) as found:
                return {key: found[key] for key in found.files}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
            return None

    def _write(self, name: str, arrays: Arrays) -> bool:
        if self._folder is None or self.failed:
            return False
        part = ""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(prefix=".", suffix=".part", dir=self._folder)
            with os.fdopen(handle, "wb") as out:
                np.savez(out, allow_pickle=False, **arrays)
            Path(part).replace(self._folder / name)
        except OSError as error:
            self.failed = f"{self._folder.parent}: {error.strerror or error}"
            with suppress(OSError):
                Path(part).unlink()
            return False
        return True
