"""Every command answers the same to the byte on both stores: the answers rest on the facts alone."""

import json
import re
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from api.application import app
from api.back_tests import write_tables
from api.cases import bundled, cases
from api.schemas import scenario_from
from api.stories import load_stories
from graph.explorer import Explorer
from graph.ontology import TABLES
from graph.stores.base import Access
from graph.stores.registry import open_store
from loaders.session import LoadOptions, load
from tests.conftest import Neo4j

Both = Callable[..., Sequence[Result]]


@pytest.fixture
def both(neo4j_server: Neo4j, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Both:
    """Calls the command on each store in turn, each in its own folder."""
    chain = f"same {uuid.uuid4().hex[:8]}"
    monkeypatch.setenv("KNOCKON_STORE_USER", neo4j_server.user)
    monkeypatch.setenv("KNOCKON_STORE_PASSWORD", neo4j_server.password)
    runner = CliRunner()

    def called(*words: object) -> Sequence[Result]:
        results = []
        for name, store in (("file", str(tmp_path / "chain.db")), ("server", neo4j_server.url)):
            folder = tmp_path / name
            folder.mkdir(exist_ok=True)
            monkeypatch.chdir(folder)
            at = ("--store", store, "--chain", chain)
            results.append(runner.invoke(app, [*map(str, words), *at]))
        return results

    return called


def timeless(text: str) -> str:
    """Without the moments of loading: the two stores are loaded one after the other."""
    return re.sub(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", "then", text)


def same(results: Sequence[Result]) -> str:
    file, server = results
    assert (file.exit_code, file.stderr) == (server.exit_code, server.stderr)
    assert timeless(file.stdout) == timeless(server.stdout)
    return file.stdout


SAMPLE = Path(__file__).parents[1] / "samples" / "spreadsheet"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_spreadsheet_from_load_to_export(both: Both, tmp_path: Path, lang: str) -> None:
    say = ("--lang", lang)
    workbook = SAMPLE / ("zephyrling.xlsx" if lang == "en" else "lingque.xlsx")
    name = "Saltmarrow Cells" if lang == "en" else "盐泽电芯"
    for _ in range(2):
        assert "SUPPLIES" not in same(both("load", workbook, *say))
    document = json.loads(same(both("load", workbook, "--json")))
    assert all(file["unchanged"] == file["read"] for file in document["files"])
    for words in (
        ("companies",),
        ("companies", name[:4]),
        ("companies", name[1:-1], "--json"),
        ("show", name),
        ("show", name, "--json"),
        ("chain", name, "--depth", "2"),
        ("chain", name, "--depth", "3", "--json"),
        ("what-if", "--outage", name, "--weeks", "6"),
        ("what-if", "--scandal", name, "--harm", ".5", "--json"),
        ("what-if", "--outage", "nobody at all"),
        ("show", "nobody at all", "--json"),
    ):
        assert same(both(*words, *say)) or "nobody" in str(words)
    for file in ("all.json", "all.graphml", "all.html", "map.html"):
        if file == "map.html":
            same(both("what-if", "--outage", name, "--weeks", "6", "--html", file, *say))
        else:
            same(both("export", file, *say))
        one, two = (tmp_path / side / file for side in ("file", "server"))
        assert timeless(one.read_text("utf-8")) == timeless(two.read_text("utf-8")), file
    same(both("export", "all.csv", *say))
    for path in sorted((tmp_path / "file" / "all").iterdir()):
        other = (tmp_path / "server" / "all" / path.name).read_text("utf-8")
        assert timeless(path.read_text("utf-8")) == timeless(other), path.name


@pytest.mark.parametrize("chain", ["weekly_9", "weekly_14"])
def test_the_golden_cases_on_the_server(both: Both, shared: Path, chain: str) -> None:
    folder = shared / "golden" / chain
    same(both("load", *(folder / f"{name}.csv" for name in ("links", "companies", "markets"))))
    for scenario in sorted(folder.glob("*.scenario.json")):
        answer = json.loads(same(both("what-if", scenario, "--json")))
        exact = json.loads(scenario.with_name(scenario.name.replace("scenario", "expected")).read_text())
        assert abs(answer["value_added_loss"] - exact["value_added_loss"]) <= 1e-9 * exact["value_added_loss"]


def access(server: Neo4j) -> Access:
    return Access(server.user, server.password)


def test_the_true_stories(neo4j_server: Neo4j, tmp_path: Path) -> None:
    chain = f"stories {uuid.uuid4().hex[:8]}"
    with (
        open_store(str(tmp_path / "stories.db")) as file,
        open_store(neo4j_server.url, chain, access(neo4j_server)) as server,
    ):
        for store in (file, server):
            load_stories(store, tmp_path)
        assert file.snapshot().hash == server.snapshot().hash
        assert dict(file.counts()) == dict(server.counts())
        for table in TABLES:
            for one, two in zip(file.scan(table), server.scan(table), strict=True):
                assert (one.key, dict(one.values), one.source_ref, dict(one.refs)) == (
                    two.key,
                    dict(two.values),
                    two.source_ref,
                    dict(two.refs),
                )


def test_the_cases_of_history(neo4j_server: Neo4j, tmp_path: Path) -> None:
    for number, (path, case) in enumerate(cases(bundled())):
        folder = tmp_path / str(number)
        (folder / "tables").mkdir(parents=True)
        write_tables(case, folder / "tables")
        chain = f"history {number} {uuid.uuid4().hex[:8]}"
        with (
            open_store(str(folder / "case.db")) as file,
            open_store(neo4j_server.url, chain, access(neo4j_server)) as server,
        ):
            impacts = []
            for store in (file, server):
                load(store, [folder / "tables"], LoadOptions(rejects=folder, strict=True))
                impacts.append(Explorer(store).what_if(scenario_from(case.scenario)))
            assert file.snapshot().hash == server.snapshot().hash, path
            for name, series in impacts[0].series.items():
                assert np.array_equal(series, impacts[1].series[name]), (path, name)
