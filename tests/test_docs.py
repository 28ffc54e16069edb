"""The documents under test: their commands run, their figures hold, their links lead somewhere."""

from __future__ import annotations

import ast
import doctest
import importlib
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer.main
from typer.testing import CliRunner

from api.app import create_app
from api.application import app
from api.settings import Settings, listed, read_settings
from graph.impact.verdicts import inside
from graph.stores.registry import open_store
from loaders.catalogue import LOADERS
from loaders.session import LoadOptions, load
from tests.api.conftest import leaves

CHECKOUT = Path(__file__).resolve().parents[1]
ROOMS = ("graph", "api", "loaders", "viz")
SESSIONS = (
    "README.md", "docs/cli.md", "docs/http.md", "docs/ranking.md", "docs/scenarios.md", "docs/systemic.md",
    "docs/back-tests.md", "docs/ledger.md", "docs/explanation.md", "docs/uncertainty.md",
    "docs/complaints.md",
)  # fmt: skip
# What this version promises; more may be there.
COMMANDS = {
    "demo", "examples", "load", "what-if", "key-accounts", "rank", "companies", "show", "chain", "back-test",
    "calibrate", "export", "copy", "serve", "settings", "systemic", "leaderboard",
}  # fmt: skip
PATHS = {
    "GET /v1/companies",
    "GET /v1/companies/{id}",
    "GET /v1/companies/{id}/chain",
    "GET /v1/companies/{id}/key-accounts",
    "POST /v1/what-if",
    "POST /v1/what-if/map",
    "GET /v1/rank",
    "GET /v1/rank/page",
    "GET /v1/leaderboard",
    "GET /v1/health",
    "GET /v1/ready",
}


def documents() -> list[Path]:
    """Every page of the project: in git, or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=CHECKOUT, capture_output=True, check=False,
    )  # fmt: skip
    names = listed.stdout.decode().split("\0") if listed.returncode == 0 else []
    found = [CHECKOUT / name for name in names if name] or [
        CHECKOUT / "README.md",
        *CHECKOUT.glob("docs/**/*.md"),
    ]
    return sorted(path for path in found if path.is_file())


def read(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8")


def blocks(text: str, *languages: str) -> Iterator[str]:
    """The fenced blocks of these languages."""
    for language, body in re.findall(r"^```(\w*)[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if language in languages:
            yield body


@dataclass
class Step:
    """A command of a page, the lines shown below it, and what is shown of its JSON."""

    command: str
    shown: list[str] = field(default_factory=list)
    document: str = ""


def session(text: str) -> list[Step]:
    """The commands of a page in their order.

    In a `console` block a command begins with `$ `, and what follows is shown; in `sh` each line is one.
    A `json` block holds a part of what the command before it answers.
    """
    steps: list[Step] = []
    for language, body in re.findall(r"^```(console|sh|json)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if language == "json" and steps:
            steps[-1].document = body
            continue
        for line in body.replace("\\\n", " ").splitlines():
            if language == "sh" or line.startswith("$ "):
                steps.append(Step(line.removeprefix("$ ").strip()))
            else:
                steps[-1].shown.append(line)
    return steps


# -- commands -----------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the samples and the demo's tables where the pages say they are; no store yet."""
    for name in (
        "tests/samples/spreadsheet", "tests/samples/input_output", "tests/samples/back-tests", "loaders/demo",
    ):  # fmt: skip
        shutil.copytree(CHECKOUT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("KNOCKON_")]:
        monkeypatch.delenv(name)
    return tmp_path


def missing(shown: list[str], output: str) -> list[str]:
    """Lines that are shown but not said, in this order; spaces do not count, `…` stands for any lines."""
    said = iter([" ".join(line.split()) for line in output.splitlines()])
    wanted = [" ".join(line.split()) for line in shown]
    return [line for line in wanted if line not in ("", "…") and line not in said]


def differs(shown: Any, said: Any, path: str = "") -> list[str]:
    """Where a part of a document is not as it is shown; lists are shown from their beginning."""
    if isinstance(shown, dict) and isinstance(said, dict):
        return [
            line for key in shown for line in differs(shown[key], said.get(key, "absent"), f"{path}.{key}")
        ]
    if isinstance(shown, list) and isinstance(said, list) and len(shown) <= len(said):
        return [line for n, each in enumerate(shown) for line in differs(each, said[n], f"{path}[{n}]")]
    close = isinstance(shown, float) and shown == pytest.approx(said, rel=1e-6)
    return [] if close or shown == said else [f"{path}: {said!r}, not {shown!r}"]


def knockon(words: list[str]) -> tuple[str, str]:
    """What a command says on stdout, and on stdout and stderr together; it must succeed."""
    ran = CliRunner().invoke(app, words, catch_exceptions=False, prog_name="knockon")
    assert ran.exit_code == 0, f"knockon {shlex.join(words)}: {ran.output}"
    return ran.stdout, ran.output


@contextmanager
def serving(words: list[str]) -> Iterator[str]:
    """A running `knockon serve`: where it listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "api.cli", *words, "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            for _ in range(300):
                try:
                    if httpx.get(f"http://127.0.0.1:{port}/v1/ready").status_code == 200:
                        break
                except httpx.TransportError:
                    assert process.poll() is None, process.stderr.read() if process.stderr else ""
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def curl(words: list[str], base: str) -> str:
    """What a `curl` line gets, asked of `base` instead of the address that the page names."""
    url, data, output, quiet = "", None, "", False
    headers: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if word in ("-d", "--data"):
            said = next(rest)
            data = Path(said[1:]).read_bytes() if said.startswith("@") else said.encode()
        elif word in ("-o", "--output"):
            output = next(rest)
        elif word in ("-H", "--header"):
            name, _, value = next(rest).partition(": ")
            headers[name.lower()] = value
        elif word in ("-s", "-G"):
            quiet = True
        else:
            assert not word.startswith("-"), f"the test knows no curl {word}"
            url = word
    assert quiet, "a curl line says -s, so that it shows the answer alone"
    address = url.replace("http://", "").replace("localhost:8000", base)
    assert data is None or headers["content-type"] == "application/json"
    with httpx.Client(timeout=60) as client:
        answer = (
            client.get(address, headers=headers)
            if data is None
            else client.post(address, content=data, headers=headers)
        )
    if output:
        assert answer.status_code == 200, answer.text
        Path(output).write_bytes(answer.content)
        return ""
    return answer.text


@pytest.mark.parametrize("page", SESSIONS)
def test_the_commands_of_a_page_run_and_say_what_is_shown(folder: Path, page: str) -> None:
    base, ran = "", 0
    with ExitStack() as running:
        for step in session(read(page)):
            words = shlex.split(step.command, comments=True)
            if words[:2] == ["knockon", "serve"]:
                base = running.enter_context(serving([word for word in words[1:] if word != "&"]))
                answer = output = ""
            elif words[:1] == ["knockon"]:
                answer, output = knockon(words[1:])
            elif words[:1] == ["curl"]:
                assert base, f"{step.command}: nothing serves yet"
                answer = output = curl(words[1:], base)
            else:
                continue
            ran += 1
            assert not missing(step.shown, output), f"{page}: {step.command} says\n{output}"
            if step.document:
                assert not differs(json.loads(step.document), json.loads(answer)), f"{page}: {step.command}"
    assert ran >= 2


def test_the_map_of_the_readme_needs_no_other_file(folder: Path) -> None:
    for step in session(read("README.md")):
        words = shlex.split(step.command, comments=True)
        if words[:2] in (["knockon", "load"], ["knockon", "what-if"]):
            knockon(words[1:])
    page = (folder / "map.html").read_text(encoding="utf-8")
    assert "Saltmarrow" in page
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)


# -- what is there is written, and what is written is there --------------------------------------------


def headings(name: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, read(name), re.MULTILINE))


def sections(name: str) -> dict[str, str]:
    """The parts of a page by what stands in code in their heading."""
    parts = re.split(r"^## `(?:knockon )?([^`]+)`.*$", read(name), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_command_has_its_section_with_all_its_options() -> None:
    said = sections("docs/cli.md")
    there = dict(leaves(typer.main.get_command(app)))
    assert set(said) == set(there)
    assert set(there) >= COMMANDS
    everywhere = re.split(r"^## `", read("docs/cli.md"), maxsplit=1, flags=re.MULTILINE)[0]
    for name, command in there.items():
        own = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
        absent = {
            o for o in own if not re.search(rf"{o}\b", said[name]) and not re.search(rf"`{o}\b", everywhere)
        }
        assert not absent, f"docs/cli.md, {name}"
        invented = set(re.findall(r"`(--[a-z-]+)", said[name])) - own
        assert not invented, f"docs/cli.md, {name}"
        assert "knockon " + name in (command.epilog or ""), f"knockon {name} --help has no example"


def test_every_path_has_its_section() -> None:
    document = create_app(Settings()).openapi()
    there = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    assert set(sections("docs/http.md")) == there
    assert there >= PATHS


def test_every_query_parameter_is_written() -> None:
    document = create_app(Settings()).openapi()
    said = sections("docs/http.md")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            section = said[f"{method.upper()} {path}"]
            names = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"}
            assert not {name for name in names if f"`{name}`" not in section}, path


def test_every_setting_is_written_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(KNOCKON_\w+)` \| ([^|]*) \|", read("docs/cli.md"), re.MULTILINE))
    there = {s["name"]: str(s["default"]) for s in listed(read_settings())}
    assert {name: default.strip(" `–") for name, default in rows.items()} == there
    named = {
        name for path in documents() for name in re.findall(r"KNOCKON_[A-Z_0-9]+\b", path.read_text("utf-8"))
    }
    for_make = set(re.findall(r"KNOCKON_[A-Z_0-9]+\b", read("scripts/local_neo4j.py")))
    for_make |= {f"KNOCKON_TEST_NEO4J_{name}" for name in ("URL", "USER", "PASSWORD")}
    assert named <= set(there) | for_make | {"KNOCKON_"}


def test_the_tables_of_the_documents_are_those_of_the_code() -> None:
    command = [sys.executable, "scripts/write_docs.py", "--check"]
    here = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    ran = subprocess.run(command, cwd=CHECKOUT, env=here, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_every_loader_is_written() -> None:
    text = read("docs/data-formats.md")
    for loader in LOADERS:
        assert f"`{loader.name}`" in text or f"### {loader.name} " in text


# -- requirements ---------------------------------------------------------------------------------------


def requirements() -> list[list[str]]:
    """The lines of the table: id, requirement, state, where, test."""
    rows = re.findall(r"^\| (S\d+) \|(.*)\|$", read("docs/requirements.md"), re.MULTILINE)
    return [[key, *(cell.strip() for cell in rest.split(" | "))] for key, rest in rows]


def test_every_requirement_has_its_line_once() -> None:
    assert [row[0] for row in requirements()] == [f"S{n}" for n in range(1, 111)]
    for key, *cells in requirements():
        assert len(cells) == 4, key
        requirement, state, where, test = cells
        assert requirement, key
        assert state in ("met", "partly", "not yet"), key
        assert bool(test) == (state != "not yet"), f"{key}: what is shown has a test, and nothing else has"
        assert state == "not yet" or where, key
        assert (state == "partly") == ("Missing: " in where), f"{key}: a part that is missing is named"


def test_the_counts_of_the_requirements_are_right() -> None:
    states = [row[2] for row in requirements()]
    said = {
        state: int(count)
        for count, state in re.findall(r"(\d+) (met|partly|not yet)", read("docs/requirements.md"))
    }
    assert said == {state: states.count(state) for state in ("met", "partly", "not yet")}
    assert f"{said['met']} are met, {said['partly']} partly" in read("README.md")


# A line names one test; these stand beside it.
ALSO = {
    "test_s4_cash_runs_out_under_a_shock",
    "test_s12_lost_share_goes_to_rivals_and_new_partners_take_time",
    "test_s12_new_partners_take_weeks",
    "test_s18_how_fast_damage_builds_up_and_fades",
    "test_s71_one_failure_becomes_news",
    "test_s79_in_a_commodity_market_a_small_fault_drives_many_away",
    "test_s84_a_boycott_over_harm_to_others",
    "test_s85_a_disaster_stops_several_at_once_and_they_come_back_slowly",
}


def test_every_test_that_is_named_exists() -> None:
    named = set(
        re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", "".join(p.read_text("utf-8") for p in documents()))
    )
    assert named
    for file, test in named:
        path = CHECKOUT / file
        assert path.is_file(), file
        if test:
            assert test in {
                n.name for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.FunctionDef)
            }
    written = {row[4].strip("`").partition("::")[2] for row in requirements()} - {""}
    own = {
        node.name
        for path in CHECKOUT.glob("tests/test_requirements*.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and re.match(r"test_s\d+_", node.name)
    }
    assert own - written == ALSO, "a test of a requirement that no line names"


# -- links and words ------------------------------------------------------------------------------------


def anchors(path: Path) -> set[str]:
    """What a link into a page may name: its headings as pages show them."""
    found = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found)
    return set(plain)


def test_every_relative_link_leads_somewhere() -> None:
    dead = []
    for path in documents():
        text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            file, _, anchor = target.partition("#")
            goal = (path.parent / file).resolve() if file else path
            if not goal.exists() or (anchor and anchor not in anchors(goal)):
                dead.append(f"{path.relative_to(CHECKOUT)}: {target}")
    assert not dead


def test_every_page_of_the_docs_is_in_the_index() -> None:
    index = read("docs/index.md")
    pages = {p.relative_to(CHECKOUT / "docs").as_posix() for p in (CHECKOUT / "docs").rglob("*.md")}
    assert not {page for page in pages - {"index.md"} if f"({page})" not in index}


def test_python_in_the_documents_runs() -> None:
    names = (
        "README.md",
        "CONTRIBUTING.md",
        *(p.relative_to(CHECKOUT).as_posix() for p in (CHECKOUT / "docs").rglob("*.md")),
    )
    ran = 0
    for name in names:
        space: dict[str, object] = {}
        for body in blocks(read(name), "python"):
            ran += 1
            if ">>>" in body:
                example = doctest.DocTestParser().get_doctest(body, space, name, name, 0)
                assert doctest.DocTestRunner().run(example, clear_globs=False).failed == 0, name
            else:
                exec(compile(body, name, "exec"), space)  # the project's own text
    assert ran


def test_the_loader_of_the_contributing_page_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space: dict[str, Any] = {}
    exec(compile(next(blocks(read("CONTRIBUTING.md"), "python")), "CONTRIBUTING.md", "exec"), space)
    monkeypatch.setattr("loaders.session.LOADERS", (*LOADERS, space["LOADER"]))
    file = tmp_path / "anything.csv"
    file.write_text("employer,strike began\nHyundai Motor,2021-03-04\nKia,2021-02-30\n,2021-01-01\n")
    with open_store(str(tmp_path / "chain.db")) as store:
        first, second = (load(store, [file], LoadOptions(rejects=tmp_path)).files[0] for _ in range(2))
        assert (first.loader, first.read, first.added, first.rejected) == ("strikes", 3, 1, 2)
        assert (second.added, second.unchanged, second.rejected) == (0, 1, 2)
        assert [event.values["date"] for event in store.scan("events")] == ["2021-03-04"]
        assert store.counts()["companies"] == 1


def test_json_in_the_documents_can_be_read() -> None:
    for path in documents():
        for body in blocks(path.read_text(encoding="utf-8"), "json"):
            json.loads(body)


def public_names() -> dict[str, str]:
    """Names that the four rooms show to others (modules, functions, classes, fields, constants) → file."""
    found: dict[str, str] = {}
    for room in ROOMS:
        for path in (CHECKOUT / room).rglob("*.py"):
            where = path.relative_to(CHECKOUT).as_posix()
            found[path.stem] = where
            bodies = [ast.parse(path.read_text(encoding="utf-8")).body]
            while bodies:
                for node in bodies.pop():
                    if isinstance(node, ast.ClassDef):
                        bodies.append(node.body)
                    for name in defined(node):
                        found.setdefault(name, where)
    return {name: where for name, where in found.items() if not name.startswith("_")}


def defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return [node.name]
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AnnAssign)
        else []
    )
    return [t.id for t in targets if isinstance(t, ast.Name)]


# A forbidden word that stands for something else here, with what it stands for.
OTHER_MEANING = {
    "EVENTS": "the table of recalls, strikes and fires that people bring",
    "score": "how alike two names are; how good a prediction was",
    "scores": "how good predictions were",
    "VERSION": "of the layout of a store's file",
}


def test_public_names_keep_to_the_nomenclature() -> None:
    rows = re.findall(
        r"^\| ([^|]+) \| [^|]+ \| [^|]+ \| ([^|]+) \|$", read("docs/nomenclature.md"), re.MULTILINE
    )[1:]
    said = {word.strip() for says, _ in rows for word in re.split(r"[,()]", says)}
    banned = {word.strip() for _, words in rows for word in words.split(",")} - said - {"", "---"}
    assert "virality" in banned
    wrong = {}
    for name, where in public_names().items():
        plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        if name not in OTHER_MEANING and (plain in banned or plain.removesuffix("s") in banned):
            wrong[name] = where
    assert not wrong
    assert not set(OTHER_MEANING) - set(public_names()), "an exception that is needed no longer"


def test_the_modules_that_the_documents_name_exist() -> None:
    named = set()
    for path in documents():
        named |= set(re.findall(r"`((?:graph|api|loaders|viz)(?:\.\w+)+)`", path.read_text(encoding="utf-8")))
        for file in re.findall(
            r"`((?:graph|api|loaders|viz|tests|scripts|docs)/[\w/.-]*\w)`", path.read_text("utf-8")
        ):
            assert (CHECKOUT / file).exists() or "NAME" in file, f"{path.name}: {file}"
    for dotted in named:
        module, _, name = dotted.rpartition(".")
        try:
            importlib.import_module(dotted)
        except ModuleNotFoundError:
            assert hasattr(importlib.import_module(module), name), dotted


# -- the model against history ------------------------------------------------------------------------


def test_the_table_of_back_tests_is_what_they_say() -> None:
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in read("docs/back-tests.md").splitlines()
        if re.match(r"\| \w+_\d{4} \|", line)
    ]
    answer = json.loads(knockon(["back-test", "--json"])[0])
    said = [(Path(case["file"]).stem, case, w) for case in answer["cases"] for w in case["windows"]]
    assert [(row[0], row[1].partition(" (")[0]) for row in rows] == [
        (name, f"{w['company']} {w['from']}–{w['to']}") for name, _, w in said
    ]
    for row, (name, case, window) in zip(rows, said, strict=True):
        by_digit = 0.051 if case["unit"] == "percent of revenue" else 0.0051
        assert float(row[3]) == pytest.approx(window["model"], abs=by_digit), name
        # Another draw of the same priors moves the ends of a band by so much.
        band = [float(end) for end in row[4].split(" to ")]
        assert band == pytest.approx([window["band"]["p5"], window["band"]["p95"]], rel=0.15, abs=0.3), name
        words = {"inside 80 %": True, "inside 90 %": True, "outside": False, "cannot be told": None}
        verdict = row[5].removesuffix(", wrong sign")
        seen = [float(end) for end in row[2].split(" to ")]
        seen = [min(seen) - window["exact_to"], max(seen) + window["exact_to"]]
        assert words[verdict] == inside((seen[0], seen[1]), (band[0], band[1])), name
        assert (verdict != row[5]) == (window["verdict"]["sign"] is False), name
