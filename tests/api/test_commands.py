"""The commands as somebody at a terminal meets them: answers, exit codes, languages, no traceback."""

import csv
import json
import re
import shlex
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import Result

from api.application import app
from api.chinese.sentences import in_chinese
from graph.impact.kernels import SERIES
from graph.parameters import PARAMETERS
from tests.api.conftest import leaves
from tests.conftest import Neo4j

Run = Callable[..., Result]
Ask = Callable[..., Any]
COMMANDS = [name for name, _ in leaves(typer.main.get_command(app))]


def test_the_commands_of_this_version() -> None:
    assert set(COMMANDS) == {
        "demo", "examples", "load", "what-if", "rank", "companies", "show", "chain", "key-accounts", "export",
        "copy", "back-test", "calibrate", "serve", "settings", "systemic", "leaderboard", "ledger add",
        "ledger outcome", "ledger list", "ledger show", "ledger score", "ledger check",
    }  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example_and_the_common_options(run: Run, name: str) -> None:
    result = run(*name.split(), "--help")
    assert result.exit_code == 0
    assert f"knockon {name}" in result.stdout or f"knockon {name}" in result.stdout.replace("\n", " ")
    for option in ("--json", "--lang", "--store", "--chain"):
        assert option in result.stdout


# -- what-if ------------------------------------------------------------------------------------------

BOLT = ("--outage", "LG Energy Solution", "--category", "Bolt cells", "--weeks", "32")


def test_what_if_answers_in_full(ask: Ask) -> None:
    found = ask("what-if", *BOLT)
    assert {
        "scenario", "snapshot", "currency", "weeks", "value_added_loss", "gross_revenue_loss", "revenue_loss",
        "rival_gain", "direct_costs", "series", "companies", "assumed", "warnings",
    } <= set(found)  # fmt: skip
    ids = set(found["revenue_loss"])
    assert ids == set(found["rival_gain"]) == set(found["series"]) == {c["id"] for c in found["companies"]}
    assert found["weeks"] == 52
    for series in found["series"].values():
        assert set(series) == set(SERIES)
        assert {len(values) for values in series.values()} == {52}
    [shock] = found["scenario"]["shocks"]
    assert shock["company"] == "lg_energy_solution"
    assert (shock["severity"], shock["recovery"], shock["start_week"]) == (1, "step", 0)
    assert found["currency"] == "USD"
    assert found["revenue_loss"]["gm"] == pytest.approx(813e6, rel=0.01)
    gm = next(c for c in found["companies"] if c["id"] == "gm")
    assert gm["first_week"] == 1
    assert gm["tier"] == 0
    assert next(c for c in found["companies"] if c["id"] == "takata")["first_week"] is None
    assert found["assumed"]["links.touch"] > 0
    assert set(found["snapshot"]) == {"revision", "hash"}


def test_the_same_question_has_the_same_bytes(run: Run) -> None:
    assert run("what-if", *BOLT, "--json").stdout == run("what-if", *BOLT, "--json").stdout


def test_the_echo_can_be_asked_again(ask: Ask, tmp_path: Path) -> None:
    found = ask(
        "what-if", "--scandal", "takata", "--harm", "1", "--set", "feedback=.3", "--as-of", "2026-01-01"
    )
    (tmp_path / "again.json").write_text(json.dumps(found["scenario"]))
    assert ask("what-if", "again.json") == found


def test_options_count_before_the_file(ask: Ask, tmp_path: Path) -> None:
    scenario = {"shocks": [], "horizon_weeks": 10, "seed": 3, "parameters": {"feedback": 0.1, "touch": 0.5}}
    (tmp_path / "s.json").write_text(json.dumps(scenario), "utf-8-sig")
    said = ask("what-if", "s.json", "--horizon", "12", "--set", "feedback=.2")["scenario"]
    assert said["horizon_weeks"] == 12
    assert said["seed"] == 3
    assert said["parameters"] == {"feedback": 0.2, "touch": 0.5}


def test_a_scenario_comes_by_stdin_too(run: Run) -> None:
    result = run("what-if", "-", "--json", input='{"horizon_weeks": 3}')
    assert json.loads(result.stdout)["weeks"] == 3


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ["Value added lost", "Gross revenue lost", "Who loses most", "What carried most",
                "goods missing", "Bolt cells", "Assumptions", "General Motors (gm)"]),
        ("zh", ["增加值损失", "总收入损失", "损失最大的企业", "传导最多的关系", "缺货", "假设", "亿美元"]),
    ],
)  # fmt: skip
def test_what_if_tells_a_person(run: Run, lang: str, said: list[str]) -> None:
    result = run("what-if", *BOLT, "--lang", lang)
    assert result.exit_code == 0
    for words in said:
        assert words in result.stdout
    assert not any(line.endswith(" ") for line in result.stdout.split("\n") if not line.startswith("  "))


def test_direct_costs_and_who_repays(run: Run, tmp_path: Path) -> None:
    costs = [
        {"bearer": "gm", "supplier": "lg_energy_solution", "amount": 2e9},
        {"bearer": "gm", "supplier": None, "amount": 792e6},
    ]
    shock = {"kind": "scandal", "company": "lg_energy_solution", "harm": 0, "direct_costs": costs}
    (tmp_path / "s.json").write_text(json.dumps({"shocks": [shock]}))
    told = run("what-if", "s.json").stdout
    assert "LG Energy Solution repays USD 1.9 bn (95.0%)" in told
    assert "General Motors pays USD 792 M; nobody repays any of it" in told
    answer = json.loads(run("what-if", "s.json", "--json").stdout)
    assert answer["direct_costs"][1] == {
        "shock": 0, "bearer": "gm", "supplier": None, "amount": 792e6, "repaid": 0.0, "borne": 792e6,
    }  # fmt: skip


def test_map_and_series_are_written(run: Run, tmp_path: Path) -> None:
    result = run("what-if", *BOLT, "--html", "map.html", "--csv", "series.csv", "--json")
    found = json.loads(result.stdout)
    assert "map.html" in result.stderr
    assert (tmp_path / "map.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    with (tmp_path / "series.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 52 * len(found["series"])
    first = next(r for r in rows if r["company"] == "gm" and r["week"] == "7")
    assert float(first["revenue_loss_share"]) == found["series"]["gm"]["revenue_loss_share"][7]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["map.html", "series.csv"]  # no part is left


def test_no_name_runs_in_a_spreadsheet_or_a_terminal(run: Run, tmp_path: Path) -> None:
    name = '=cmd|"/C calc"!A0\u202e'
    (tmp_path / "companies.csv").write_text(
        f'id,name,roles,annual_revenue\na,"{name.replace(chr(34), chr(34) * 2)}",brand,5\n@b,+b,supplier,3\n',
        "utf-8",
    )
    (tmp_path / "links.csv").write_text("source,target,kind\n@b,a,SUPPLIES\n")
    db = ("--store", "own.db")
    assert run("load", "companies.csv", "links.csv", *db).exit_code == 0
    result = run("what-if", "--outage", "@b", "--csv", "s.csv", *db)
    assert result.exit_code == 0
    assert "\u202e" not in result.stdout
    cells = [
        c for row in csv.reader((tmp_path / "s.csv").open(encoding="utf-8-sig", newline="")) for c in row
    ]
    assert not [c for c in cells if re.match(r"[=+@]|-\D", c)]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("", 2, "SCENARIO.json"),
        ("s.json --outage gm", 2, "exclude"),
        ("--outage gm --scandal gm --harm .5", 2, "exclude"),
        ("--outage gm --harm .5", 2, "--harm"),
        ("s.json --weeks 3", 2, "--weeks"),
        ("--scandal gm", 2, "--harm"),
        ("--outage gm --weeks x", 2, "--weeks"),
        ("--outage gm --set feedback", 2, "NAME=VALUE"),
        ("--outage gm --set feedbck=1", 2, "--set feedbck: "),
        ("--outage gm --set feedback=x", 2, "--set feedback: "),
        ("--outage gm --set feedback=7", 2, "from 0 to 1"),
        ("--outage gm --severity 1.5", 2, "--severity: "),
        ("--outage gm --severity nan", 2, "--severity: "),
        ("--outage gm --horizon 9999999", 2, "--horizon: "),
        ("--outage gm --as-of yesterday", 2, "--as-of: "),
        ("--outage gm --as-of 2021-02-30", 2, "--as-of: "),
        ("--outage gm --weeks -1 --start -2", 2, "--start: "),
        ("s.json --horizon 0", 2, "--horizon: "),
        ("wrong.json --seed 3", 1, "shocks.0.severity: "),
        ("--outage ''", 2, "--outage: must not be blank"),
        ("--scandal '' --harm 1", 2, "--scandal: must not be blank"),
        ("--outage gm --store ''", 1, "Error: --store is blank."),
        ("--outage gm --category cheese", 1, "goods:gm"),
        ("--outage Hyndai", 1, "Hyundai (hyundai)"),
        ("--outage zzz", 1, "knockon companies"),
        ("--outage gm --draws 1", 2, "1 draws are out of range"),
        ("none.json", 1, "none.json"),
        ("--outage gm --html no/such/map.html", 1, "map.html"),
        ("--outage gm --lang fr", 2, "fr"),
        ("--outage gm --store none.db", 1, "knockon load"),
        ("--outage gm --store bolt://h:1", 1, "bolt"),
        ("--outage gm --store bolt://u:hush@h:1", 1, "KNOCKON_STORE_PASSWORD"),
        ("--outage gm --chain other", 1, "main"),
    ],
)
def test_what_fails_names_the_remedy(run: Run, tmp_path: Path, words: str, code: int, said: str) -> None:
    (tmp_path / "s.json").write_text("{}")
    shock = {"kind": "outage", "company": "gm", "severity": 3, "duration_weeks": 4}
    (tmp_path / "wrong.json").write_text(json.dumps({"shocks": [shock]}))
    result = run("what-if", *shlex.split(words), "--json")
    assert result.exit_code == code
    assert result.stdout == ""
    assert said in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert "hush" not in result.stderr


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[", b"[]", b"7", b"{\"shocks\": [1]}", b"\xff\xfe\x00", b"[" * 200_000,
        b"{\"seed\": " + b"9" * 5000 + b"}", b"{\"horizon_weeks\": NaN}", b"{\"name\": \"\\ud800\"}",
        b"{\"\\ud800\": 1}", b"{\"levers\": [{}]}", b"{\"parameters\": [1]}", b"{\"horizon\": 3}",
    ],
)  # fmt: skip
def test_a_bad_scenario_ends_in_a_sentence(run: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "s.json").write_bytes(content)
    result = run("what-if", "s.json", "--set", "feedback=.1")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr
    assert "should not have" not in result.stderr


@pytest.mark.parametrize(
    "content",
    ['{"seed": 1, "seed": 2}', '{"shocks": [{"kind": "outage", "seed": 1, "seed": 1}]}'],
)
def test_a_key_that_stands_twice(run: Run, tmp_path: Path, content: str) -> None:
    (tmp_path / "s.json").write_text(content)
    result = run("what-if", "s.json")
    assert result.exit_code == 1
    assert "s.json holds the key 'seed' twice" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("what-if --outage zzz", "没有企业 'zzz'。"),
        ("show Hyndai", "Honda (honda) 吗？\n"),
        ("show Same --store same.db", "有 2 家企业名为 'Same'"),
        ("companies --store none.db", "没有存储 none.db。"),
        ("what-if none.json", "无法读取 none.json：没有那个文件或目录。"),
        ("load none.csv --store own.db", "none.csv：没有这个文件。"),
        ("what-if wrong.json", "horizon_weeks：应不小于 1；shocks.0.severity：应不大于 1。"),
        ("what-if key.json", "没有这个键（最接近的是 horizon_weeks）。"),
        ("what-if --outage gm --set feedback=7", "请写一个从 0 到 1 的数。"),
        ("what-if --outage gm --set feedbck=1", "最接近的是 feedback。"),
        ("what-if --outage gm --severity 3", "--severity：应不大于 1。"),
        ("what-if --outage gm --category cheese", "gm 不出售品类 'cheese'"),
    ],
)
def test_common_errors_are_wholly_in_chinese(run: Run, tmp_path: Path, words: str, said: str) -> None:
    shock = {"kind": "outage", "company": "gm", "severity": 3, "duration_weeks": 4}
    (tmp_path / "wrong.json").write_text(json.dumps({"shocks": [shock], "horizon_weeks": 0}))
    (tmp_path / "key.json").write_text('{"horizon": 3}')
    (tmp_path / "companies.csv").write_text("id,name\nx1,Same\nx2,Same\n")
    assert run("load", "companies.csv", "--store", "same.db").exit_code == 0
    result = run(*shlex.split(words), "--lang", "zh")
    assert result.exit_code in (1, 2)
    assert said in result.stderr
    sentences = [line for line in result.stderr.splitlines() if line.startswith(("错误", "处理", "无法"))]
    assert sentences
    for line in sentences:
        assert not re.search(r"\b(the|is|it|name|write|should|see|there)\b", line), line


def test_what_is_not_known_in_chinese_stays_as_it_is() -> None:
    assert in_chinese("a thing that nobody translated: yet") == "a thing that nobody translated: yet"


def test_a_question_is_no_full_stop(run: Run) -> None:
    assert "Honda (honda)?\n" in run("show", "Hyndai").stderr


def test_a_reader_leaves_an_empty_file_empty(run: Run, tmp_path: Path) -> None:
    (tmp_path / "zero.db").touch()
    for words in (("companies",), ("what-if", "--outage", "gm"), ("export", "x.json")):
        result = run(*words, "--store", "zero.db")
        assert result.exit_code == 1
        assert "there is no store zero.db" in result.stderr
    assert (tmp_path / "zero.db").stat().st_size == 0
    assert [p.name for p in tmp_path.iterdir()] == ["zero.db"]


def test_a_search_gives_all_that_it_finds(run: Run, tmp_path: Path) -> None:
    rows = "".join(f"c{i},Company {i},supplier\n" for i in range(1500))
    (tmp_path / "companies.csv").write_text("id,name,roles\n" + rows)
    assert run("load", "companies.csv", "--store", "many.db").exit_code == 0
    for role in ((), ("--role", "supplier")):
        found = json.loads(run("companies", "company", *role, "--store", "many.db", "--json").stdout)
        assert len({c["id"] for c in found["items"]}) == len(found["items"]) == 1500
        assert found["next_cursor"] is None


def test_what_the_data_itself_assumes_and_all_parameters_are_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "companies.csv").write_text(
        "id,name,roles,annual_revenue,assumed\na,A,brand,5,\nb,B,supplier,3,annual_revenue\n"
    )
    (tmp_path / "links.csv").write_text("source,target,kind\nb,a,SUPPLIES\n")
    assert run("load", "companies.csv", "links.csv", "--store", "own.db").exit_code == 0
    options = ("--set", "feedback=.3", "--store", "own.db", "--json")
    found = json.loads(run("what-if", "--outage", "b", *options).stdout)
    assert found["marked_assumed"] == {"companies.annual_revenue": 1}
    assert found["parameters"] == {p.name: p.default for p in PARAMETERS.values()} | {"feedback": 0.3}


def test_debug_shows_where_it_failed(run: Run) -> None:
    assert "Traceback" in run("what-if", "--outage", "zzz", "--debug").stderr


# -- looking up ---------------------------------------------------------------------------------------


def test_companies(ask: Ask, run: Run) -> None:
    found = ask("companies")
    assert found["next_cursor"] is None
    assert [c["id"] for c in found["items"]] == sorted(c["id"] for c in found["items"])
    gm = next(c for c in found["items"] if c["id"] == "gm")
    assert set(gm) == {"id", "name", "roles", "annual_revenue", "currency", "country", "market"}
    assert gm["roles"] == ["brand"]
    assert gm["currency"] == "USD"
    assert "hyundai" in {c["id"] for c in ask("companies", "Hyundia")["items"]}
    assert {tuple(c["roles"]) for c in ask("companies", "--role", "dealer")["items"]} == {("dealer",)}
    assert "General Motors" in run("companies").stdout
    assert run("companies", "qqqqqq").exit_code == 0


def test_show(ask: Ask, run: Run) -> None:
    found = ask("show", "General Motors")
    assert found["id"] == "gm"
    assert found["fact"]["values"]["annual_revenue"] == found["annual_revenue"]
    assert "companies.csv:" in found["fact"]["source_ref"]
    assert {link["values"]["kind"] for link in found["related"]["links"]} >= {"SUPPLIES"}
    told = run("show", "gm", "--lang", "zh").stdout
    assert "年收入" in told
    assert "companies.csv:" in told
    assert run("show", "nobody").exit_code == 1


def test_chain(ask: Ask, run: Run) -> None:
    found = ask("chain", "lg_energy_solution", "--depth", "2")
    far = {c["id"]: c["distance"] for c in found["companies"]}
    assert far["lg_energy_solution"] == 0
    assert far["gm"] == 1
    assert far["gm_us_dealers"] == 2
    assert {link["source"] for link in found["links"]} <= set(far)
    assert "SUPPLIES" in run("chain", "gm").stdout
    assert run("chain", "gm", "--depth", "-1").exit_code == 2


def test_settings(ask: Ask, run: Run, stories_db: Path) -> None:
    found = {s["name"]: s for s in ask("settings")["settings"]}
    assert found["KNOCKON_STORE"]["value"] == str(stories_db)
    assert "KNOCKON_CHAIN" in run("settings").stdout


# -- load and export ----------------------------------------------------------------------------------


def test_load_reports(run: Run, tmp_path: Path) -> None:
    (tmp_path / "companies.csv").write_text("id,name,annual_revenue\na,A,5\nb,B,-1\nc,C,x\n")
    db = ("--store", "own.db")
    result = run("load", "companies.csv", "--rejects", "bad", *db, "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    [file] = found["files"]
    assert {"file", "loader", "read", "added", "updated", "unchanged", "rejected", "rejects_file"} <= set(
        file
    )
    assert (file["read"], file["added"], file["rejected"]) == (3, 1, 2)
    assert (tmp_path / file["rejects_file"]).parent == tmp_path / "bad"
    again = json.loads(run("load", "companies.csv", "--rejects", "bad", *db, "--json").stdout)
    assert again["revision"] == found["revision"]
    told = run("load", "companies.csv", "--lang", "zh", *db)
    assert told.exit_code == 0
    assert "新增" in told.stdout


def test_load_that_is_strict_or_dry_writes_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "companies.csv").write_text("id,name,annual_revenue\na,A,5\nb,B,-1\n")
    dry = run("load", "companies.csv", "--store", "dry.db", "--dry-run", "--json")
    assert dry.exit_code == 0
    assert json.loads(dry.stdout)["files"][0]["added"] == 1
    assert not (tmp_path / "dry.db").exists()
    strict = run("load", "companies.csv", "--store", "own.db", "--strict", "--json")
    assert strict.exit_code == 1
    assert not json.loads(strict.stdout)["written"]
    assert json.loads(run("companies", "--store", "own.db", "--json").stdout)["items"] == []


def test_load_fails_where_a_file_as_a_whole_cannot_be_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text("id,name,annual_revenue\na,A,5\n")
    (tmp_path / "bad.csv").write_bytes(b"\x00\x01\x02" * 100)
    result = run("load", "good.csv", "bad.csv", "--store", "own.db", "--json")
    assert result.exit_code == 1
    files = {f["file"]: f for f in json.loads(result.stdout)["files"]}
    assert files["good.csv"]["added"] == 1
    assert files["bad.csv"]["error"]
    assert "bad.csv" in result.stderr
    assert run("load", "none.csv", "--store", "own.db").exit_code == 1
    assert run("load", "good.csv", "--as", "cheese", "--store", "own.db").exit_code == 1
    assert run("load", "--store", "own.db").exit_code == 2


@pytest.mark.parametrize("file", ["x.zip", "x.csv"])
def test_what_is_exported_loads_back(run: Run, ask: Ask, tmp_path: Path, file: str) -> None:
    written = ask("export", file)
    assert (tmp_path / written["path"]).exists()
    assert run("load", written["path"], "--store", "back.db").exit_code == 0
    assert ask("export", "again.zip", "--store", "back.db")["hash"] == written["hash"]


def test_other_exports(run: Run, ask: Ask, tmp_path: Path) -> None:
    assert run("export", "x.html").exit_code == 0
    assert "<!DOCTYPE html>" in (tmp_path / "x.html").read_text("utf-8")
    assert run("export", "x.graphml").exit_code == 0
    assert ask("export", "x.json")["counts"]["companies"] > 0
    assert json.loads((tmp_path / "x.json").read_text("utf-8"))["nodes"]
    assert run("export", "x.txt").exit_code == 2
    assert run("export", "no/such/x.json").exit_code == 1
    assert run("export", "x", "--for", "cheese").exit_code == 2


def test_export_for_neo4j_import(run: Run, ask: Ask, tmp_path: Path) -> None:
    found = ask("export", "--for", "neo4j-import", "files")
    assert found["format"] == "neo4j-import"
    assert found["hash"] == ask("export", "x.zip")["hash"]
    assert "database import full" in (tmp_path / "files/import.sh").read_text()
    told = run("export", "--for", "neo4j-import", "files")  # again, over the first
    assert told.exit_code == 0
    assert "sh files/import.sh" in told.stdout
    (tmp_path / "other").mkdir()
    (tmp_path / "other/mine").touch()
    assert "not empty" in run("export", "--for", "neo4j-import", "other").stderr
    assert "不是空文件夹" in run("export", "--for", "neo4j-import", "other", "--lang", "zh").stderr


# -- copy ---------------------------------------------------------------------------------------------


def test_copy_and_again(run: Run, ask: Ask, stories_db: Path) -> None:
    found = ask("copy", stories_db, "sqlite:///two.db")
    assert set(found) == {"from", "to", "counts", "hash", "revision"}
    assert found["to"] == "sqlite:///two.db"
    assert (
        found["hash"] == ask("export", "x.zip")["hash"] == ask("export", "y.zip", "--store", "two.db")["hash"]
    )
    assert ask("what-if", *BOLT, "--store", "two.db")["snapshot"]["hash"] == found["hash"]
    assert ask("copy", stories_db, "two.db") == found | {"to": "two.db"}
    assert "哈希" in run("copy", stories_db, "two.db", "--lang", "zh").stdout


def test_copy_refuses(run: Run, tmp_path: Path, stories_db: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name,annual_revenue,currency\na,A,5,USD\n")
    assert run("load", "a.csv", "--store", "own.db").exit_code == 0
    before = (tmp_path / "own.db").read_bytes()
    refused = run("copy", stories_db, "own.db")
    assert refused.exit_code == 1
    assert "other facts" in refused.stderr
    assert "--to-chain" in refused.stderr
    assert "未写入任何内容" in (chinese := run("copy", stories_db, "own.db", "--lang", "zh").stderr)
    assert "请复制到新的存储" in chinese
    assert (tmp_path / "own.db").read_bytes() == before
    assert run("copy", "own.db", "own.db").exit_code == 2
    assert run("copy", "own.db", "sqlite:///own.db", "--to-chain", "x").exit_code == 2
    assert run("copy", "none.db", "new.db").exit_code == 1
    assert not (tmp_path / "new.db").exists()
    for words in (("own.db", "bolt://me:secret@host:1"), ("neo4j://me:secret@host", "own.db")):
        told = run("copy", *words)
        assert told.exit_code == 2
        assert "secret" not in told.output
        assert "KNOCKON_STORE_PASSWORD" in told.stderr
    assert run("copy", "own.db").exit_code == 2


def test_copy_to_a_server_and_back(
    ask: Ask, run: Run, tmp_path: Path, stories_db: Path, neo4j_server: Neo4j, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNOCKON_STORE_USER", neo4j_server.user)
    monkeypatch.setenv("KNOCKON_STORE_PASSWORD", neo4j_server.password)
    url, chain = neo4j_server.url, f"copied {uuid.uuid4().hex[:8]}"
    there = ask("copy", stories_db, url, "--to-chain", chain)
    other = ask("copy", url, url, "--chain", chain, "--to-chain", f"{chain} again")
    back = ask("copy", url, "back.db", "--chain", f"{chain} again", "--to-chain", "main")
    assert there["hash"] == other["hash"] == back["hash"]
    mistyped = run("copy", url, "empty.db", "--chain", f"{chain} mistyped")
    assert mistyped.exit_code == 1
    assert "nothing in chain" in mistyped.stderr
    assert not (tmp_path / "empty.db").exists()
    assert there["counts"] == back["counts"]
    one, two = (ask("what-if", *BOLT, "--store", store) for store in (stories_db, "back.db"))
    for found in (one, two):
        found.pop("snapshot")
    assert one == two


# -- demo and back-test -------------------------------------------------------------------------------


def test_demo(ask: Ask, run: Run, tmp_path: Path) -> None:
    found = ask("demo", "--out", "out")
    bolt, theta, takata = found["stories"]
    assert [s["id"] for s in found["stories"]] == ["lg_cells", "theta2", "takata"]
    repaid = [b["model"] for b in bolt["beside"] if b["quantity"] == "repaid_share"]
    assert repaid[0] == pytest.approx(0.95)
    assert repaid[1] < repaid[0]
    assert all(cost["repaid"] == 0 for cost in theta["what_ifs"][0]["direct_costs"])
    assert {b["agrees"] for b in takata["beside"]} in ({False}, {False, None})
    for story in found["stories"]:
        for asked in story["what_ifs"]:
            assert asked["carried"]
            assert (tmp_path / asked["map"]).stat().st_size > 100_000
    told = run("demo", "--out", "out", "--lang", "zh")  # again, over the first
    assert told.exit_code == 0
    assert "模型与历史对照" in told.stdout
    assert "不符" in told.stdout
    again = json.loads(run("companies", "--json", "--store", "out/stories.db").stdout)
    assert len(again["items"]) == 10


def test_back_test(ask: Ask, run: Run) -> None:
    found = ask("back-test", "--draws", 0)
    assert found["known_failures"] == 3
    assert found["moved"] == 0
    assert len(found["cases"]) == 9
    told = run("back-test", "--draws", "0", "--lang", "zh").stdout
    assert "已知失灵" in told


def test_back_test_of_a_case_of_one_s_own(run: Run, tmp_path: Path) -> None:
    case: dict[str, Any] = {
        "name": {"en": "Own", "zh": "自有"},
        "unit": "percent of revenue",
        "source": "nowhere",
        "tables": {"companies": [{"id": "a", "annual_revenue": 100, "roles": ["brand"]}]},
        "scenario": {"shocks": [{"kind": "outage", "company": "a", "severity": 0.5, "duration_weeks": 52}]},
        "windows": [{"company": "a", "from": 0, "to": 51, "divide_by": 52, "observed": -40, "model": -10}],
    }
    (tmp_path / "own.json").write_text(json.dumps(case))
    found = json.loads(run("back-test", "own.json", "--json").stdout)
    assert found["moved"] == 1
    assert found["cases"][0]["windows"][0]["model"] == -50
    for key, value in (
        ("unit", "pounds"),
        ("windows", []),
        ("extra", 1),
        ("tables", {"companies": [{"id": ""}]}),
    ):
        (tmp_path / "own.json").write_text(json.dumps(case | {key: value}))
        result = run("back-test", "own.json")
        assert result.exit_code == 1
        assert "own.json" in result.stderr
    case["windows"][0]["to"] = 52
    (tmp_path / "own.json").write_text(json.dumps(case))
    assert "horizon" in run("back-test", "own.json").stderr
