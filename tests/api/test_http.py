"""The service as a client meets it: answers, pages, problems, limits, headers."""

import json
import re
import socket
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.routes.documents import Problem, WhatIfAnswer
from api.service import AT_ONCE, times
from graph.impact.uncertainty import DRAWS
from graph.model import fact
from graph.stores.registry import open_store
from tests.api.servers import Server

Ask = Callable[..., Any]
JSON = {"content-type": "application/json"}
BOLT = {
    "kind": "outage", "company": "LG Energy Solution", "category": "Bolt cells",
    "severity": 1, "duration_weeks": 32,
}  # fmt: skip


def problem(response: httpx.Response, status: int) -> Problem:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    found = Problem.model_validate(response.json())
    assert found.status == status
    assert "Traceback" not in response.text
    return found


# -- one answer, whoever asks -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (("companies",), "/v1/companies?limit=1000"),
        (("companies", "hyundai"), "/v1/companies?q=hyundai"),
        (("show", "gm"), "/v1/companies/gm"),
        (("chain", "gm", "--depth", "2"), "/v1/companies/gm/chain?depth=2"),
    ],
)
def test_command_and_path_answer_alike(ask: Ask, server: Server, words: tuple[str, ...], path: str) -> None:
    response = server.http.get(path)
    assert response.status_code == 200
    assert response.json() == ask(*words)


def test_what_if_answers_as_the_command_does(ask: Ask, server: Server, tmp_path: Path) -> None:
    scenario = {"name": "电池", "shocks": [BOLT], "parameters": {"feedback": 0.2}}
    (tmp_path / "s.json").write_text(json.dumps(scenario))
    response = server.http.post("/v1/what-if", json=scenario)
    assert response.status_code == 200
    assert response.json() == ask("what-if", "s.json")
    WhatIfAnswer.model_validate(response.json())


def test_draws_answer_as_the_command_does(ask: Ask, server: Server, tmp_path: Path) -> None:
    scenario = {"shocks": [BOLT], "seed": 3}
    (tmp_path / "s.json").write_text(json.dumps(scenario))
    response = server.http.post("/v1/what-if?draws=8", json=scenario)
    assert response.status_code == 200
    assert response.json() == ask("what-if", "s.json", "--draws", "8")
    WhatIfAnswer.model_validate(response.json())
    other = server.http.post("/v1/what-if?draws=8", json=scenario | {"seed": 4})
    assert other.json()["intervals"] != response.json()["intervals"]
    about = server.http.post("/v1/what-if?draws=8&explain=honda", json=scenario).json()
    assert about == ask("what-if", "s.json", "--draws", "8", "--explain", "honda")
    assert about["uncertainty"]["company"] == "honda"


def test_the_map_shows_the_band(server: Server) -> None:
    plain = server.http.post("/v1/what-if/map", json={"shocks": [BOLT]}).text
    shown = server.http.post("/v1/what-if/map?draws=8", json={"shocks": [BOLT]}).text
    assert "How sure is this?" in shown
    assert "How sure is this?" not in plain
    assert "General Motors, week by week" in shown
    about = server.http.post("/v1/what-if/map?draws=8&explain=lg_energy_solution", json={"shocks": [BOLT]})
    assert "LG Energy Solution, week by week" in about.text


def test_exits_are_told_and_not_asked_for(serving: Callable[..., Server], ask: Ask, tmp_path: Path) -> None:
    known = {"annual_revenue": 52.0, "fixed_cost_per_week": 0.5, "contribution_margin": 0.6}
    trade = {"source": "s", "kind": "SUPPLIES", "target": "b", "annual_value": 52.0}
    with open_store(str(tmp_path / "poor.db")) as store:
        store.upsert([fact("companies", {"id": id, "cash": 1.0 + 9 * (id == "b")} | known) for id in "sb"])
        store.upsert([fact("links", trade)])
    asked = {"shocks": [{"kind": "outage", "company": "b", "severity": 1, "duration_weeks": 8}]}
    (tmp_path / "s.json").write_text(json.dumps(asked))
    served = serving(store=str(tmp_path / "poor.db"))
    answer = served.http.post("/v1/what-if?exits=true", json=asked).json()
    assert answer == ask("what-if", "s.json", "--exits", "--store", tmp_path / "poor.db")
    gone = {company["id"]: company["cash_out_week"] for company in answer["companies"]}
    assert answer["exits"] == [{"company": company, "week": gone[company] + 1} for company in "sb"]
    assert [shock["company"] for shock in answer["scenario"]["shocks"]] == ["b"]
    WhatIfAnswer.model_validate(answer)
    for query, week in (("explain=all&removals=2&draws=8", None), ("explain=b&explain_week=1", 1)):
        explained = served.http.post(f"/v1/what-if?exits=true&{query}", json=asked).json()
        told = WhatIfAnswer.model_validate(explained)
        assert told.explanation is not None
        assert (told.explanation.week, told.explanation.loss > 0) == (week, True)
        assert (told.removal is not None) == (week is None)
    again = served.http.post("/v1/what-if", json=answer["scenario"])
    assert again.json() == answer, "what is echoed asks the same again"
    plain = served.http.post("/v1/what-if", json=asked).json()
    assert plain == served.http.post("/v1/what-if", json=asked | {"exits": False}).json()
    assert "exits" not in plain
    assert plain["scenario"]["exits"] is False
    for lang, told in (("en", "Out of business by it (2): s, from"), ("zh", "因此退出市场（2 家）：s")):
        for query in ("&exits=true", ""):
            page = served.http.post(f"/v1/what-if/map?lang={lang}{query}", json=asked).text
            assert (told in page) == bool(query)


def test_more_draws_than_the_service_answers(serving: Callable[..., Server], stories_db: Path) -> None:
    served = serving(store=str(stories_db), answer_limit=1000)
    found = problem(served.http.post("/v1/what-if?draws=1000", json={"horizon_weeks": 100}), 422)
    assert "draws" in found.detail


def test_exits_count_as_runs_of_every_draw_and_removal(
    serving: Callable[..., Server], tmp_path: Path
) -> None:
    known = {"annual_revenue": 52.0, "fixed_cost_per_week": 0.5, "contribution_margin": 0.6}
    purses = {"a": {"cash": 1.0}, "b": {"cash": 9.0}, "c": {}, "d": {}}  # two can go: three runs at most
    with open_store(str(tmp_path / "poor.db")) as store:
        store.upsert([fact("companies", {"id": id} | known | purse) for id, purse in purses.items()])
    served = serving(store=str(tmp_path / "poor.db"), answer_limit=1000)  # 4 companies, 250 weeks, 256 times
    asked = {"horizon_weeks": 250}
    most = times(DRAWS)
    for query, runs in (
        ("draws=82&exits=true", 3 * 173),
        ("draws=83&exits=true", 3 * 175),
        ("draws=256", most),
        ("draws=257", most + 2),
        ("draws=63&exits=true&explain=all&removals=20", 3 * 175),
    ):
        response = served.http.post(f"/v1/what-if?{query}", json=asked)
        if runs <= most:
            assert response.status_code == 200, query
        else:
            assert f"{runs} runs, for draws and exits" in problem(response, 422).detail
    body = {"scenario": asked | {"exits": True}, "draws": 83}
    assert "525 runs" in problem(served.http.post("/v1/ledger", json=body), 422).detail


def test_the_examples_run(server: Server) -> None:
    paths = server.http.get("/openapi.json").json()["paths"]
    for path in ("/v1/what-if", "/v1/what-if/map"):
        examples = paths[path]["post"]["requestBody"]["content"]["application/json"]["examples"]
        assert examples
        for example in examples.values():
            response = server.http.post(path, json=example["value"])
            assert response.status_code == 200, response.text


def test_the_map_brings_its_own_policy(server: Server) -> None:
    response = server.http.post("/v1/what-if/map?lang=zh", json={"shocks": [BOLT]})
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert 'lang="zh-CN"' in response.text
    header = response.headers["content-security-policy"]
    assert "default-src 'none'" in header
    assert "frame-ancestors 'none'" in header
    assert "unsafe" not in header
    own = re.search(r'Content-Security-Policy"\s+content="([^"]*)"', response.text)
    assert own
    assert header.startswith(own.group(1).replace("&#39;", "'"))


def test_a_browser_runs_the_map_as_it_is_served(server: Server, browser: Any) -> None:
    page = browser.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    form = server.http.post("/v1/what-if/map", json={"shocks": [BOLT]})
    page.route("**/map", lambda route: route.fulfill(body=form.text, headers=dict(form.headers)))
    page.goto(f"{server.url}/map")
    page.wait_for_selector("canvas")
    page.close()
    assert not errors


# -- pages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", ["", "q=us&", "role=dealer&", "q=us&role=dealer&"])
def test_pages_make_up_the_whole(server: Server, question: str) -> None:
    whole = server.http.get(f"/v1/companies?{question}limit=1000").json()
    assert whole["next_cursor"] is None
    found, cursor = [], ""
    while cursor is not None:
        page = server.http.get(f"/v1/companies?{question}limit=2&cursor={cursor}").json()
        assert 1 <= len(page["items"]) <= 2
        found += page["items"]
        cursor = page["next_cursor"]
    assert found == whole["items"]


@pytest.mark.parametrize(
    "cursor", ["x", "e30", "bnVsbA", "W10", "e30=é", "eyJxdWVyeSI6IDF9", "A" * 3999, "%00"]
)
def test_a_cursor_of_one_s_own_making(server: Server, cursor: str) -> None:
    found = problem(server.http.get(f"/v1/companies?cursor={cursor}"), 422)
    assert found.errors[0].field == "cursor"


def test_a_cursor_belongs_to_its_question(server: Server) -> None:
    cursor = server.http.get("/v1/companies?limit=1").json()["next_cursor"]
    problem(server.http.get(f"/v1/companies?limit=1&role=dealer&cursor={cursor}"), 422)


# -- problems -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/nothing", 404, "path"),
        ("/v1/companies/", 404, "no company"),
        ("/v1/companies/hyndai", 404, "Hyundai"),
        ("/v1/companies/%00", 404, "no company"),
        ("/v1/companies/%FF%FE/chain", 404, "no company"),
        ("/v1/companies/..%2F..%2Fetc", 404, "no company"),
        ("/v1/companies/gm/chain?depth=21", 422, "depth"),
        ("/v1/companies/gm/chain?depht=1", 422, "depht"),
        ("/v1/companies?limit=0", 422, "limit"),
        ("/v1/companies?limit=1001", 422, "limit"),
        ("/v1/companies?role=king", 422, "role"),
        ("/v1/companies?q=" + "x" * 201, 422, "q"),
    ],
)
def test_what_is_refused(server: Server, path: str, status: int, said: str) -> None:
    response = server.http.get(path)
    problem(response, status)
    assert said in response.text


def test_a_name_that_several_bear(serving: Callable[..., Server], tmp_path: Path, run: Ask) -> None:
    (tmp_path / "companies.csv").write_text("id,name\na/b,Same\nc,Same\n")
    assert run("load", "companies.csv", "--store", "own.db").exit_code == 0
    served = serving(store="own.db")
    found = problem(served.http.get("/v1/companies/Same"), 409)
    assert {c.id for c in found.candidates} == {"a/b", "c"}
    assert served.http.get("/v1/companies/a%2Fb").json()["id"] == "a/b"
    assert served.http.get("/v1/companies/a%2Fb/chain").json()["company"] == "a/b"


def test_a_method_that_is_not_for_the_path(server: Server) -> None:
    response = server.http.delete("/v1/companies")
    problem(response, 405)
    assert response.headers["allow"] == "GET"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 422, ""),
        (b"[]", 422, ""),
        (b"{", 400, ""),
        (b"\xff\xfe", 400, ""),
        (b"[" * 100_000, 400, ""),
        (b'{"a":' * 50_000, 400, ""),
        (b'{"seed": ' + b"9" * 5000 + b"}", 400, ""),
        (b'{"seed": 1, "seed": 2}', 422, "seed"),
        (b'{"shocks": [{"kind": "scandal", "harm": 1, "harm": 0}]}', 422, "harm"),
        (b'{"horizon_weeks": 1e400}', 422, "horizon_weeks"),
        (b'{"horizon_weeks": NaN}', 422, "horizon_weeks"),
        (b'{"horizon": 3}', 422, "horizon"),
        (b'{"\\ud800": 3}', 422, "\ud800"),
        (b'{"name": "\\ud800"}', 422, "name"),
        (b'{"shocks": [{"kind": "scandal", "company": "gm", "harm": Infinity}]}', 422, "shocks.0.harm"),
        (b'{"shocks": [{"kind": "scandal", "company": "g\\u0000m", "harm": 1}]}', 422, "shocks.0.company"),
        (b'{"shocks": [{"kind": "scandal", "company": "hyndai", "harm": 1}]}', 422, "shocks.0.company"),
        (b'{"parameters": {"feedbck": 1}}', 422, "parameters.feedbck"),
        (b'{"levers": [1]}', 422, "levers"),
        (b'{"shocks": [' + b",".join([json.dumps(BOLT).encode()] * 1001) + b"]}", 422, None),
    ],
)
def test_a_body_that_is_wrong(server: Server, body: bytes, status: int, field: str | None) -> None:
    for path in ("/v1/what-if", "/v1/what-if/map"):
        found = problem(server.http.post(path, content=body, headers=JSON), status)
        if field is not None:
            assert found.errors[0].field == field


def test_direct_costs_have_a_limit_over_all_shocks(server: Server) -> None:
    shock = {"kind": "scandal", "company": "gm", "harm": 0, "direct_costs": [{"bearer": "gm", "amount": 1}]}
    many = shock | {"direct_costs": [{"bearer": "gm", "amount": 1}] * 1000}
    for path in ("/v1/what-if", "/v1/what-if/map"):
        found = problem(server.http.post(path, json={"shocks": [shock, many]}), 422)
        assert "1001 direct_costs" in found.detail
    assert server.http.post("/v1/what-if", json={"shocks": [many]}).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"content-type": "text/plain"}, {"content-type": "application/xml"}])
@pytest.mark.parametrize("body", [b"", b"{}"])
def test_a_body_that_is_not_said_to_be_json(server: Server, headers: dict[str, str], body: bytes) -> None:
    for path in ("/v1/what-if", "/v1/what-if/map"):
        found = problem(server.http.post(path, content=body, headers=headers), 415)
        assert found.remedy == "send content-type: application/json"


def test_a_charset_may_stand_with_the_content_type(server: Server) -> None:
    said = {"content-type": "Application/JSON; charset=utf-8"}
    assert server.http.post("/v1/what-if", content=b"{}", headers=said).status_code == 200


def test_a_scenario_that_names_nobody_has_candidates(server: Server) -> None:
    looked_up = problem(server.http.get("/v1/companies/hyndai"), 404)
    shock = {"kind": "scandal", "company": "hyndai", "harm": 1}
    asked = problem(server.http.post("/v1/what-if", json={"shocks": [shock]}), 422)
    assert "hyundai" in {c.id for c in asked.candidates}
    assert asked.candidates == looked_up.candidates


def test_a_body_that_stops_half_way(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.guards.BODY_SECONDS", 0.3)
    url = urllib.parse.urlparse(server.url)
    head = (
        "POST /v1/what-if HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
    )
    with socket.create_connection((str(url.hostname), url.port or 0), timeout=20) as client:
        client.sendall(head.encode())
        said = b"".join(iter(lambda: client.recv(4096), b""))
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in said
    assert b"urn:knockon:problem:request-timeout" in said


def test_a_turn_that_does_not_come(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.service.WAIT", 0.2)
    with ExitStack() as others:
        for _ in range(AT_ONCE):
            others.enter_context(server.app.state.service.turn())
        for path in ("/v1/what-if", "/v1/what-if/map"):
            response = server.http.post(path, json={})
            problem(response, 503)
            assert int(response.headers["retry-after"]) > 0
    assert server.http.post("/v1/what-if", json={}).status_code == 200


def test_a_search_goes_on_past_a_thousand(serving: Callable[..., Server], run: Ask, tmp_path: Path) -> None:
    rows = "".join(f"c{i},Company {i},supplier\n" for i in range(1500))
    (tmp_path / "companies.csv").write_text("id,name,roles\n" + rows)
    assert run("load", "companies.csv", "--store", "many.db").exit_code == 0
    served = serving(store="many.db")
    for role in ("", "&role=supplier"):
        found, cursor = [], ""
        while cursor is not None:
            page = served.http.get(f"/v1/companies?q=company&limit=400{role}&cursor={cursor}").json()
            found += [c["id"] for c in page["items"]]
            cursor = page["next_cursor"]
        assert len(set(found)) == len(found) == 1500


@pytest.mark.parametrize("question", ["draws=1", "levers=1"])
def test_what_comes_later_is_not_passed_over(server: Server, question: str) -> None:
    found = problem(server.http.post(f"/v1/what-if?{question}", json={}), 422)
    assert found.errors[0].field == question.partition("=")[0]


def test_the_body_has_a_limit(server: Server) -> None:
    problem(server.http.post("/v1/what-if", content=b" " * 1_000_001, headers=JSON), 413)

    def unannounced() -> Any:
        for _ in range(20):
            yield b" " * 100_000

    problem(server.http.post("/v1/what-if", content=unannounced(), headers=JSON), 413)
    assert server.http.post("/v1/what-if", content=b"{}" + b" " * 900_000, headers=JSON).status_code == 200


def test_the_answer_has_a_limit(serving: Callable[..., Server], stories_db: Path) -> None:
    served = serving(store=str(stories_db), answer_limit=1000)
    assert served.http.post("/v1/what-if", json={"horizon_weeks": 100}).status_code == 200
    found = problem(served.http.post("/v1/what-if", json={"horizon_weeks": 101}), 422)
    assert found.remedy
    assert "horizon_weeks" in found.remedy
    problem(served.http.post("/v1/what-if/map", json={"horizon_weeks": 101}), 422)


# -- health, headers, many at once --------------------------------------------------------------------


def test_health_and_ready(server: Server, serving: Callable[..., Server], tmp_path: Path) -> None:
    assert server.http.get("/v1/health").json() == {"status": "ok"}
    assert server.http.get("/v1/ready").json()["revision"] >= 1
    lone = serving(store="not_yet.db")
    assert lone.http.get("/v1/health").status_code == 200
    for path in ("/v1/ready", "/v1/companies", "/v1/companies/gm"):
        response = lone.http.get(path)
        problem(response, 503)
        assert int(response.headers["retry-after"]) > 0
    problem(lone.http.post("/v1/what-if", json={}), 503)
    open_store(str(tmp_path / "not_yet.db")).close()
    assert lone.http.get("/v1/ready").status_code == 200  # it is tried again


@pytest.mark.parametrize("path", ["/v1/health", "/nothing", "/openapi.json", "/v1/companies?limit=0"])
def test_every_answer_has_the_guarding_headers(server: Server, path: str) -> None:
    headers = server.http.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_many_ask_at_once(server: Server) -> None:
    answers: list[str] = []

    def asking() -> None:
        response = httpx.post(f"{server.url}/v1/what-if", json={"shocks": [BOLT]}, timeout=60)
        answers.append(response.text)

    threads = [threading.Thread(target=asking) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 12
    assert len(set(answers)) == 1


def test_a_load_is_seen_by_the_next_question(
    serving: Callable[..., Server], run: Ask, tmp_path: Path
) -> None:
    db = str(tmp_path / "own.db")
    (tmp_path / "companies.csv").write_text("id,name,annual_revenue\na,A,5\n")
    run("load", "companies.csv", "--store", db)
    served = serving(store=db)
    before = served.http.post("/v1/what-if", json={}).json()
    (tmp_path / "companies.csv").write_text("id,name,annual_revenue\nb,B,5\n")
    run("load", "companies.csv", "--store", db)
    after = served.http.post("/v1/what-if", json={}).json()
    assert set(after["revenue_loss"]) == {"a", "b"}
    assert after["snapshot"]["hash"] != before["snapshot"]["hash"]


def test_serve_listens_and_stops(stories_db: Path) -> None:
    listening = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "serve", "--port", "0", "--store", str(stories_db)],
        cwd=Path(__file__).resolve().parents[2], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with listening:
        assert listening.stderr
        try:
            said = next(line for line in listening.stderr if "http://" in line)  # after what it compiles
            url = urllib.parse.urlparse(re.findall(r"http://\S+", said)[0])
            assert url.hostname == "127.0.0.1"
            assert httpx.get(f"http://{url.netloc}/v1/ready", timeout=20).status_code == 200
        finally:
            listening.terminate()
            listening.wait(20)
