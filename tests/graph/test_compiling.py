"""Compiled kernels are kept apart for each state of the engine's code."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from graph.impact.compiling import KEPT
from graph.impact.kernels import week
from graph.impact.sweeps import _back
from graph.impact.systemic_kernels import indices
from tests.conftest import CHECKOUT


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the engine, nothing compiled."""
    shutil.copytree(CHECKOUT / "graph", tmp_path / "graph", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def told(copied: Path, **more: str) -> Path:
    """The folder that a new process says it keeps kernels in."""
    given = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    asked = "import numba, graph.impact.kernels as k; print(k.week.stats.cache_path, numba.config.CACHE_DIR)"
    ran = subprocess.run(
        [sys.executable, "-P", "-c", asked], env=given | {"PYTHONPATH": str(copied)} | more,
        cwd=copied, capture_output=True, text=True, check=True,
    )  # fmt: skip
    where, folder = ran.stdout.split()
    assert Path(folder) in Path(where).parents
    return Path(folder)


def test_every_kernel_is_kept_there() -> None:
    for kernel in (week, _back, indices):
        assert Path(numba.config.CACHE_DIR) in Path(kernel.stats.cache_path).parents


def test_a_change_of_any_file_of_the_engine_keeps_them_elsewhere(copied: Path) -> None:
    before = told(copied)
    assert told(copied) == before
    assert before.parent == copied / "graph/impact/__pycache__"
    with (copied / "graph/impact/backward_news.py").open("a") as file:
        file.write("# another\n")
    assert told(copied) != before


def test_few_states_are_kept(copied: Path) -> None:
    for number in range(KEPT + 1):
        (copied / "graph/impact/layout.py").open("a").write(f"# {number}\n")
        newest = told(copied)
    assert len(list(newest.parent.glob("kernels-*"))) == KEPT
    assert newest.is_dir()


def test_a_place_that_was_named_is_used(copied: Path) -> None:
    assert told(copied, NUMBA_CACHE_DIR=str(copied / "named")).parent == copied / "named"
