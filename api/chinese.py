"""What errors say, in Chinese: known English sentences, with blanks for what they name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter

# (English, Chinese). A blank stands for whatever is there; {reason} and {range} are said in Chinese as well.
SENTENCES = (
    # companies
    ("there is no company {name}", "没有企业 {name}"),
    ("did you mean {names}?", "您是指 {names} 吗？"),
    ("see the companies by: knockon companies", "查看所有企业：knockon companies"),
    ("{name} is the name of {count} companies: {names}", "有 {count} 家企业名为 {name}：{names}"),
    ("name one by its id", "请用 id 指明其中一家"),
    ("there is no company {name} in the chain", "产业链中没有企业 {name}"),
    ("name one that is", "请改用链中的企业"),
    ("{company} sells nothing of category {category} to target {target}",
     "{company} 没有向 {target} 出售品类 {category}"),
    ("{company} sells nothing of category {category}", "{company} 不出售品类 {category}"),
    ("{company} sells nothing to target {target}", "{company} 没有向 {target} 出售任何产品"),
    ("it sells nothing over a recorded link", "它没有任何有记录的销售关系"),
    ("it sells {categories}", "它出售 {categories}"),
    # the store, files
    ("there is no store {file}", "没有存储 {file}"),
    ("load files into it first: knockon load PATH…; or name another by --store, KNOCKON_STORE",
     "请先加载文件：knockon load PATH…；或用 --store、KNOCKON_STORE 指定另一个存储"),
    ("{file} holds the chain {name}, not {other}", "{file} 中的产业链是 {name}，不是 {other}"),
    ("keep {other} in a file of its own, or open the file with the chain {name}",
     "请把 {other} 存入单独的文件，或以产业链 {name} 打开该文件"),
    ("{file}: there is no such file", "{file}：没有这个文件"),
    ("Check the spelling and the folder", "请检查拼写和所在文件夹"),
    ("{file}: holds no files", "{file}：其中没有文件"),
    ("Put tables into it", "请把表格放入其中"),
    ("{file} cannot be read: {reason}", "无法读取 {file}：{reason}"),
    ("name a file that is there", "请指定一个存在的文件"),
    ("{file} cannot be written: {reason}", "无法写入 {file}：{reason}"),
    ("name a file in a folder you may write in", "请指定一个可写文件夹中的文件"),
    ("the output", "输出"),
    ("make room there, or send the output elsewhere", "请腾出空间，或将输出送往别处"),
    ("No such file or directory", "没有那个文件或目录"),
    ("Permission denied", "权限不够"),
    ("Is a directory", "是一个目录"),
    ("Not a directory", "不是目录"),
    ("No space left on device", "设备上没有空间"),
    ("{file} is not JSON: line {line}, column {column}: {what}",
     "{file} 不是 JSON：第 {line} 行第 {column} 列：{what}"),
    ("correct it there", "请在该处改正"),
    ("{file} is not a JSON document that can be read", "{file} 不是可读的 JSON 文档"),
    ("write it as JSON in UTF-8", "请写成 UTF-8 编码的 JSON"),
    ("{file} holds the key {key} twice in one object", "{file} 的同一对象中键 {key} 出现两次"),
    ("keep one of them", "请只保留一个"),
    ("{file} is no scenario: it holds no object", "{file} 不是情景：其中没有对象"),
    ('begin it with {start}', "请以 {start} 开头"),
    # copying, and files for another program
    ("FROM and TO are the same chain", "FROM 与 TO 是同一条产业链"),
    ("name two stores, or two chains by --to-chain", "请指定两个存储，或用 --to-chain 指定另一条产业链"),
    ("there is nothing in chain {name} of {file}", "{file} 的产业链 {name} 中没有内容"),
    ("name another chain by --chain, or load files into this one first",
     "请用 --chain 指定另一条产业链，或先向其中加载文件"),
    ("chain {name} of {file} holds other facts than chain {other} of {from_file}, such as {fact}; "
     "nothing was written",
     "{file} 的产业链 {name} 含有 {from_file} 的产业链 {other} 中没有的事实，例如 {fact}；未写入任何内容"),
    ("chain {name} of {file} keeps its money in {currency}, what is to be copied in no currency yet",
     "{file} 的产业链 {name} 以 {currency} 计价，要复制的内容尚无币种"),
    ("chain {name} of {file} keeps its money in {currency}, what is to be copied in {other}",
     "{file} 的产业链 {name} 以 {currency} 计价，要复制的内容以 {other} 计价"),
    ("copy into a new store, or another chain by --to-chain",
     "请复制到新的存储，或用 --to-chain 指定另一条产业链"),
    ("chain {name} of {file} is not the same as chain {other} of {from_file}: "
     "one of them changed while it was copied",
     "{file} 的产业链 {name} 与 {from_file} 的产业链 {other} 不一致：复制期间其中之一有改动"),
    ("wait until nobody else writes, and copy again; into a new store if that is refused",
     "请等到无人写入后再次复制；若被拒绝，请复制到新的存储"),
    ("{file} is not empty, and no export for neo4j-import wrote it; it was left as it is",
     "{file} 不是空文件夹，也不是由 neo4j-import 导出生成的；未作改动"),
    ("name a new or an empty folder", "请指定新的或空的文件夹"),
    ("name another folder, or make room there", "请指定另一个文件夹，或腾出空间"),
    ("the store changed while it was written to files", "写出文件期间存储有改动"),
    ("wait until nobody else writes, and export again", "请等到无人写入后再次导出"),
    # values
    ("there is no such key (the nearest is {near})", "没有这个键（最接近的是 {near}）"),
    ("there is no parameter {name}", "没有参数 {name}"),
    ("the nearest is {name}", "最接近的是 {name}"),
    ("{name} = {value} is out of range", "{name} = {value} 超出范围"),
    ("{name} = {value} is not a number", "{name} = {value} 不是数字"),
    ("{name} is not a finite number", "{name} 不是有限的数"),
    ("write a number {range}", "请写一个{range}的数"),
    ("write a number", "请写一个数"),
    ("from {low} to {high}", "从 {low} 到 {high} "),
    ("above {low}", "大于 {low} "),
    ("of at least {low}", "不小于 {low} "),
    ("{name} = {value} is not a date", "{name} = {value} 不是日期"),
    ("is no date: write it as YYYY-MM-DD", "不是日期：请写成 YYYY-MM-DD"),
    ("write it as YYYY-MM-DD", "请写成 YYYY-MM-DD"),
    ("Input should be less than or equal to {limit}", "应不大于 {limit}"),
    ("Input should be greater than or equal to {limit}", "应不小于 {limit}"),
    ("Input should be greater than {limit}", "应大于 {limit}"),
    ("Input should be less than {limit}", "应小于 {limit}"),
    ("Input should be a valid number", "应为数字"),
    ("Input should be a finite number", "应为有限的数"),
    ("Input should be a valid integer", "应为整数"),
    ("Input should be a valid string", "应为文本"),
    ("Input should be a valid list", "应为列表"),
    ("must not be blank", "不能为空"),
    ("String should have at most {count} characters", "最多 {count} 个字符"),
    ("Input should be {choices} or {last}", "应为 {choices} 或 {last}"),
    ("must be given", "必须给出"),
    ("must be an object", "应为对象"),
    ('needs a "kind": outage or scandal', '需要 "kind"：outage 或 scandal'),
    ("correct it; docs/model.md, section 2 describes a scenario",
     "请改正；情景的写法见 docs/model.md 第 2 节"),
    # options
    ("see knockon what-if --help", "参见 knockon what-if --help"),
    ("name one scenario", "请指定一个情景"),
    ("{first} and {second} exclude each other", "{first} 与 {second} 不能同时使用"),
    ("give SCENARIO.json, --outage COMPANY or --scandal COMPANY; several shocks need a file",
     "请给出 SCENARIO.json、--outage 企业 或 --scandal 企业；多个冲击须用文件"),
    ("{options} does not go with {other}", "{options} 不能与 {other} 同用"),
    ("--scandal needs --harm", "--scandal 需要 --harm"),
    ("say how bad it is: --harm .5 (unsafe), see --help", "请说明严重程度：--harm .5（不安全），参见 --help"),
    ("--set {pair} is not NAME=VALUE", "--set {pair} 不是 NAME=VALUE"),
    ("write --set {pair}", "请写 --set {pair}"),
    ("{what} is not available yet", "{what} 目前尚不可用"),
    ("leave it out: it comes with a later version", "请去掉：以后的版本才有"),
    ("{setting} is blank", "{setting} 为空"),
    ("see what may be set: knockon settings --help", "可用设置参见：knockon settings --help"),
)  # fmt: skip

_SAID_TOO = ("reason", "range", "file")
_NEXT = re.compile(r"; (?=[\w.-]+(?: [\w.-]+)?: )")  # between "FIELD: what is wrong with it" and the next


def _pattern(english: str) -> re.Pattern[str]:
    parts = Formatter().parse(english)
    made = (re.escape(text) + (f"(?P<{name}>.+?)" if name else "") for text, name, *_ in parts)
    return re.compile("".join(made), re.DOTALL)


_KNOWN = tuple((_pattern(english), chinese) for english, chinese in SENTENCES)


def in_chinese(text: str) -> str:
    """The text in Chinese, if all of it is known there; else as it is."""
    text = text.rstrip(".")
    if (whole := _sentence(text)) is not None:
        return whole
    said = list(_fields(text))
    return text if None in said else "；".join(map(str, said))


def _sentence(text: str) -> str | None:
    for pattern, chinese in _KNOWN:
        if match := pattern.fullmatch(text):
            filled = {
                name: (_sentence(value) or value) if name in _SAID_TOO else value
                for name, value in match.groupdict().items()
            }
            return chinese.format(**filled)
    return None


def _fields(text: str) -> Iterator[str | None]:
    """FIELD: what is wrong with it; and so on."""
    for part in _NEXT.split(text):
        field, _, wrong = part.partition(": ")
        said = _sentence(wrong)
        yield None if said is None else f"{field}：{said}"
