"""All that the code says to people has its Chinese sentence, which takes what it names as it stands."""

import csv
import errno
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
import typer
from pydantic_core._pydantic_core import list_all_errors

from api.application import app
from api.asked_language import preferred
from api.chinese.po import entries
from api.chinese.sentences import CUTS, Sentence, catalogue, in_chinese
from api.schemas import KINDS, AnyShock, DirectCostIn, WhatIfRequest
from api.settings import listed as settings
from api.settings import read_settings
from graph.ontology import TABLES
from graph.parameters import PARAMETERS
from loaders.catalogue import LOADERS
from tests.api.conftest import Run, leaves
from tests.api.messages import Found, House, Template
from tests.api.servers import Server

CHECKOUT = Path(__file__).resolve().parents[2]
HOUSE = House(CHECKOUT, ("graph", "loaders", "api"))
FOUND = list(HOUSE.sentences())
# What is handed on there was read where it was written. Empty is best.
COMPOSED = {
    "api/back_tests.py": "the file, and what is wrong with it",
    "api/commands/copy.py": "which of the two stores, and what is wrong with its address",
    "api/commands/rank.py": "fields that are wrong, told by their options",
    "api/commands/what_if.py": "fields that are wrong, told by their options",
    "api/help.py": "what typer says: see OF_TYPER",
    "api/problems.py": "fields that are wrong, and what Starlette says",
    "api/schemas.py": "fields that are wrong",
    "api/settings.py": "the setting, and what pydantic says",
    "graph/stores/neo4j.py": "the server's address, and what the driver says of it",
    "graph/stores/sqlite_connections.py": "the file, and what SQLite says",
    "loaders/reading/delimited.py": "what damages a line, read where it is noted",
    "loaders/session.py": "the file, and what its loader warns of; the errors of several files",
}
# What reaches nobody who asks: a fault of our own, or a part that is always wrapped.
OURS = re.compile(r"no words in|is an alias of|is no line of a \.po file|tag that ends it")
_LATIN = re.compile(r"[A-Za-z][\w-]*[A-Za-z]", re.ASCII)
_CODE = re.compile(r"[A-Z_]+")  # a currency, a setting


def said(template: Template) -> Iterator[tuple[str, list[str]]]:
    """Texts made from a template, each with what fills its blanks: words, numbers, and several words."""
    for shape in ("Qv{}", "{}4321", "Qv{} Müller's Co, 第{}厂 zq"):
        values = [shape.replace("{}", str(n)) for n in range(1, 1 + template.count(None))]
        rest = iter(values)
        yield "".join(next(rest) if part is None else part for part in template), values


def untold(text: str, values: list[str]) -> str:
    """What is wrong with the Chinese of a text, '' if nothing is."""
    chinese = in_chinese(text)
    if chinese == text:
        return "has no sentence in api/chinese/*.po"
    whole = re.sub(r"[、，] ?", ", ", chinese)
    lost = [value for value in values if value not in chinese and value not in whole]
    if lost:
        return f"loses {lost}: {chinese}"
    for value in values:
        whole = whole.replace(value, "")
    left = {word for word in _LATIN.findall(whole) if word not in WORDS and not _CODE.fullmatch(word)}
    return f"leaves {sorted(left)} in English: {chinese}" if left else ""


def _names() -> Iterator[str]:
    """The Latin words that a Chinese sentence may hold: those of the catalogue, and names of the house."""
    for each in catalogue().sentences:
        yield from _LATIN.findall(re.sub(r"\{\w+\}", " ", each.chinese))
    for table in TABLES.values():
        yield from (table.name, *(column.name for column in table.columns))
    for model in (WhatIfRequest, DirectCostIn, *get_args(AnyShock)):
        yield from model.model_fields
    yield from (
        *PARAMETERS,
        *(loader.name for loader in LOADERS),
        "stdin",
        "fiscal_year",
        "node-link",
        "graphml",
    )
    yield from ("supplier", "customer", "fiscal_year")  # columns of sec.py


WORDS = set(_names())


def test_the_reader_of_the_code_finds_its_sentences() -> None:
    templates = {found.template for found in FOUND}
    for known in (
        ("there is no company ", None),  # an f-string
        ("too many cells: ", None, " where the header has ", None),  # a condition inside of one
        ("write a number from ", None, " to ", None),  # what a function of the house returns
        (None, ": is a picture, not a table"),  # out of a table, by `next`
        ("Add the role ", None, " to it."),  # in a tuple that is handed on as `Problem(*found)`
        ("one name begins with the other",),  # what a generator yields
        ("The answer would be too large",),  # a field of a frozen value
        ("correct KNOCKON_STORE_CA",),  # out of a table, in an error whose kind stands there too
    ):
        assert known in templates, known
    assert len(templates) > 400


def test_nothing_is_said_that_cannot_be_read() -> None:
    mute = {found.place for found in FOUND if not found.is_written}
    assert not {place for place in mute if place.partition(":")[0] not in COMPOSED}, (
        "a message must be written where it is said, or handed on as .message, .remedy or .reason"
    )
    assert {place.partition(":")[0] for place in mute} == set(COMPOSED), "needed no longer"


def test_every_message_of_the_code_has_its_chinese() -> None:
    wrong = []
    for found in dict.fromkeys(FOUND):
        if found.is_written:
            wrong += list(_wrong(found))
    assert not wrong, "\n".join(["", *wrong])


def _wrong(found: Found) -> Iterator[str]:
    for text, values in said(found.template):
        if not OURS.search(text) and (fault := untold(text, values)):
            yield f"{found.place}: {text!r} {fault}"
            return


def test_every_help_text_has_its_chinese() -> None:
    for name, command in leaves(typer.main.get_command(app)):
        for paragraph in (command.help or "").split("\n\n"):
            assert not untold(" ".join(paragraph.split()), []), name
        for parameter in command.params:
            assert not untold(parameter.help or "", []) or "{" in parameter.help, name


@pytest.mark.parametrize(
    "text",
    [
        *sorted({column.doc for table in TABLES.values() for column in table.columns}),
        *(setting["doc"] for setting in settings(read_settings())),
    ],
)
def test_what_columns_and_settings_mean_is_said_in_chinese(text: str) -> None:
    assert in_chinese(text) != text


# What strict models of JSON and settings can find wrong; another type than these comes from no field of ours.
OF_PYDANTIC = """
    missing extra_forbidden model_type model_attributes_type none_required greater_than greater_than_equal
    less_than less_than_equal finite_number too_short too_long string_type string_unicode string_too_short
    string_too_long string_pattern_mismatch enum literal_error dict_type list_type bool_type bool_parsing
    int_type int_parsing int_parsing_size int_from_float float_type float_parsing union_tag_invalid
    json_invalid recursion_loop invalid_key
"""


@pytest.mark.parametrize("kind", OF_PYDANTIC.split())
def test_what_pydantic_finds_wrong_is_said_in_chinese(kind: str) -> None:
    templates = {each["type"]: each["message_template_python"] for each in list_all_errors()}
    text = templates[kind].replace("{field_type}", "List").replace("{expected_plural}", "s")
    values = iter(range(1, 9))
    text = re.sub(r"\{\w+\}", lambda _: f"Qv{next(values)}", text)
    assert in_chinese(text) != text


@pytest.mark.parametrize(
    "text", ["", "{", "{1", '{"a" 1}', '{"a": 1 2}', '["a\n"]', '{"a": "b', '["\\x"]', "[1,]"]
)
def test_what_json_finds_wrong_is_said_in_chinese(text: str) -> None:
    with pytest.raises(json.JSONDecodeError) as wrong:
        json.loads(text)
    assert in_chinese(wrong.value.msg) != wrong.value.msg


OF_THE_SYSTEM = """
    ENOENT EACCES EPERM EISDIR ENOTDIR EEXIST ENOSPC EROFS EIO ENAMETOOLONG EMFILE EADDRINUSE EADDRNOTAVAIL
    EPIPE ELOOP
"""


@pytest.mark.parametrize("name", OF_THE_SYSTEM.split())
def test_what_the_system_finds_wrong_is_said_in_chinese(name: str) -> None:
    text = os.strerror(getattr(errno, name))
    assert in_chinese(text) != text


OF_TYPER = """
    lod | what-if --weeks | what-if --weeks x | what-if --weeks 1.5 | what-if --severity x | what-if --bogus
    what-if --sverity 1 | load | load --strict=1 x | show | show a b | companies --role x | chain a --depth 21
    chain a --depth -1 | serve --port 70000 | serve --port 99999999999999999999 | settings --lang fr | load -x
"""


@pytest.mark.parametrize("words", OF_TYPER.replace("\n", "|").strip(" |").split("|"))
def test_wrong_usage_is_said_in_chinese(run: Run, words: str) -> None:
    result = run("--lang", "zh", *words.split())
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("错误：")
    said = re.sub(r"'[^']*'|--[a-z-]+|knockon [a-z-]+", "", result.stderr)
    assert not re.search("[A-Za-z]{2}", said)


# -- as it is read ------------------------------------------------------------------------------------


def test_a_load_in_chinese_rejects_and_warns_in_chinese(run: Run, tmp_path: Path) -> None:
    (tmp_path / "companies.csv").write_text("id,name,annual_revenue,hue\na,A,many,red\nb,Bee,5,red\nc,C\n")
    (tmp_path / "odd.csv").write_text("x,y\n1,2\n")
    result = run("load", "companies.csv", "odd.csv", "--store", "own.db", "--lang", "zh", "--json")
    with (tmp_path / "companies.rejects.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["column"], row["value"], row["reason"]) for row in rows} == {
        ("annual_revenue", "many", "不是数字"),
        ("", "c,C", "单元格过少：有 2 个，表头有 4 个"),
    }
    assert "请补上缺少的单元格；未知的留空。" in {row["remedy"] for row in rows}
    told = json.loads(result.stdout)
    assert told["warnings"] == ["companies.csv：列 'hue' 未知，按文本保留"]
    assert told["files"][1]["error"] == "odd.csv：不是已知的类型，其列为 x、y"
    assert "警告：companies.csv：列 'hue' 未知，按文本保留。" in result.stderr


def test_a_load_in_english_says_the_same_in_english(run: Run, tmp_path: Path) -> None:
    (tmp_path / "companies.csv").write_text("id,name,annual_revenue\na,A,many\nb,B,1\n")
    assert run("load", "companies.csv", "--store", "own.db").exit_code == 0
    assert "not a number" in (tmp_path / "companies.rejects.csv").read_text(encoding="utf-8")


def test_help_in_chinese(run: Run) -> None:
    for words in (
        ("--lang", "zh", "--help"),
        ("load", "--help", "--lang=zh"),
        ("what-if", "--lang", "zh", "--help"),
    ):
        result = run(*words)
        assert result.exit_code == 0
        assert result.stdout.startswith("用法：knockon ")
        assert {"选项"} <= set(result.stdout.splitlines())
        assert not re.search(r"\b(the|Options|unless)\b", result.stdout)
    assert run("--help").stdout.startswith("Usage: knockon ")


def test_the_environment_names_the_language_of_what_is_wrong_with_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNOCKON_LANG", "zh")
    monkeypatch.setenv("KNOCKON_PORT", "many")
    assert run("settings").stderr.startswith("错误：KNOCKON_PORT：应为整数。")


@pytest.mark.parametrize(
    ("method", "path", "body", "detail"),
    [
        ("GET", "/v1/companies/nobody", None, "没有企业 'nobody'"),
        ("GET", "/v1/companies?limit=0&hue=1", None, "limit：应不小于 1；hue：此处没有这一项"),
        ("GET", "/v1/companies?cursor=x", None, "该游标不是本服务给出的"),
        ("GET", "/v2", None, "没有这个路径"),
        ("DELETE", "/v1/health", None, "此路径不支持 DELETE"),
        ("POST", "/v1/what-if", b"{", "请求正文不是 JSON：第 1 行第 2 列：此处应有双引号括起的键"),
        ("POST", "/v1/what-if", b'{"shocks": [{"kind": "x"}]}',
         "shocks.0.kind：不在可选值之列：" + "、".join(KINDS)),
        ("POST", "/v1/what-if", b'{"shocks": [{"kind": "scandal", "company": "zz", "harm": 1}]}',
         "没有企业 'zz'"),
        ("POST", "/v1/what-if", b"x" * 1_000_001, "请求正文最多 1000000 字节"),
    ],
)  # fmt: skip
def test_problems_in_chinese(server: Server, method: str, path: str, body: bytes | None, detail: str) -> None:
    headers = {"accept-language": "zh-CN,zh;q=0.9,en;q=0.8", "content-type": "application/json"}
    found = server.http.request(method, path, content=body, headers=headers)
    assert found.headers["content-language"] == "zh"
    told = found.json()
    assert told["detail"] == detail
    said = " ".join(
        [told["title"], told.get("remedy", ""), *(each["detail"] for each in told.get("errors", []))]
    )
    assert not re.search(r"\b(the|is|to|a|of|and|be)\b", said)
    english = server.http.request(
        method, path, content=body, headers=headers | {"accept-language": "fr, en;q=.5"}
    )
    assert english.headers["content-language"] == "en"
    assert not re.search("[\u4e00-\u9fff]", english.text)


@pytest.mark.parametrize(
    ("accepted", "lang"),
    [
        ("", "zh"), ("fr", "zh"), ("*", "zh"), ("en", "en"), ("EN-gb;q=0.5", "en"), ("zh;q=.5,en;q=.6", "en"),
        ("zh-TW", "zh"), ("en;q=0", "zh"), ("en;q=x", "zh"), ("english", "zh"), (",;,", "zh"),
    ],
)  # fmt: skip
def test_the_language_that_a_request_asks_for(accepted: str, lang: str) -> None:
    assert preferred(accepted, "zh") == lang


# -- the catalogue ------------------------------------------------------------------------------------


@pytest.mark.parametrize("each", catalogue().sentences, ids=lambda each: each.english[:40])
def test_a_sentence_is_found_by_itself_alone(each: Sentence) -> None:
    assert set(re.findall(r"\{(\w+)\}", each.chinese)) <= set(each.blanks)
    text = each.english.replace("{{", "{").replace("}}", "}")
    for blank in each.blanks:
        text = text.replace(f"{{{blank}}}", f"Qv{blank}")
    found = catalogue().find(text)
    assert found is not None
    assert found[0] is each
    assert found[1] == {blank: f"Qv{blank}" for blank in each.blanks}


def test_no_sentence_stands_twice() -> None:
    first = [each.english[:1].lower() + each.english[1:] for each in catalogue().sentences]
    assert sorted(first) == sorted(set(first))


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("a.csv: is empty", "a.csv：是空的"),
        ("C:\\a: b.csv: is empty.", "C:\\a: b.csv：是空的。"),
        ("a.csv: is empty; b.csv: there is no such file", "a.csv：是空的；b.csv：没有这个文件"),
        ("Write a number.", "请写数字。"),  # however it begins
        ("a.csv: is a 7z archive, not a table", "a.csv：是 7z 压缩包，不是表格"),
        ("a.csv: its header cannot be read: header repeated", "a.csv：无法读取其表头：表头重复"),
        ("--as-of: as_of = '1' is not a date", "--as-of：as_of = '1' 不是日期"),
        ("x.json cannot be read: Is a directory", "无法读取 x.json：是一个目录"),
        ("there is no company 'missing'", "没有企业 'missing'"),  # a name is never said in Chinese
        ("did you mean missing, is empty?", "您是指 missing、is empty 吗？"),
        ("nobody translated this: yet", "nobody translated this: yet"),
        ("write it as /Date(991195200000-0400)/.", "请写成 /Date(991195200000-0400)/。"),
    ],
)
def test_how_sentences_are_put_together(english: str, chinese: str) -> None:
    assert in_chinese(english) == chinese


def test_a_text_of_very_many_parts_is_not_taken_apart() -> None:
    assert in_chinese("is empty; " * CUTS + "is empty").startswith("是空的；")
    long = "x: y; " * 100_000
    assert in_chinese(long) == long


def test_a_po_file_is_read_as_gettext_reads_it() -> None:
    text = (
        '# a remark\nmsgid ""\nmsgstr ""\n"Language: zh_CN\\n"\n\n'
        'msgid "a \\"b\\" "\n"c"\nmsgstr "甲"\n"乙"\n\n'
        '#, fuzzy\nmsgid "unsure"\nmsgstr "不定"\n\nmsgid "open"\nmsgstr ""\n\n#~ msgid "gone"\n\n'
        'msgid "d"\nmsgstr "丁"'
    )
    assert list(entries(text)) == [('a "b" c', "甲乙"), ("d", "丁")]
    with pytest.raises(ValueError, match="line 1"):
        list(entries("msgid bare"))
