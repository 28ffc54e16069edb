"""What the command line says, in English and in Chinese; numbers and columns as the pages write them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from api.chinese.sentences import in_chinese
from api.leaderboard_words import LEADERBOARD
from api.ledger.words import LEDGER
from viz.texts import fit
from viz.words import Words

# Each phrase as (English, Chinese); {…} are filled in. What the pages say too stands in viz/words.py.
PHRASES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "error": ("Error: {message}", "错误：{message}"),
        "remedy": ("What to do: {remedy}", "处理办法：{remedy}"),
        "message_and_remedy": ("{message}: {remedy}", "{message}：{remedy}"),
        "candidates": ("The closest: {names}", "最接近的：{names}"),
        "unexpected": (
            "Error: something failed that should not have ({kind}: {detail}). "
            "Run it again with --debug to see where, and report that.",
            "错误：出现了意外故障（{kind}：{detail}）。请加 --debug 重新运行以查看位置并报告。",
        ),
        "output": (
            "Error: the output cannot be written: {reason}. Send it elsewhere.",
            "错误：无法写入输出：{reason}。请将输出送往别处。",
        ),
        "unrunnable": (
            "Error: the command cannot run ({kind}: {detail}).",
            "错误：命令无法运行（{kind}：{detail}）。",
        ),
        "stopped": ("Stopped. Nothing half-done was left behind.", "已中止。没有留下写到一半的内容。"),
        "compiling": (
            "The engine is compiled for this machine, once: some seconds …",
            "首次运行，正在为本机编译引擎，需要几秒 …",
        ),
        "compiling_all": (
            "The whole engine is compiled for this machine, once, so that no question waits for it: "
            "a minute or so …",
            "首次运行，正在为本机编译整个引擎，以免提问时等待，约需一分钟 …",
        ),
        "reckoning": ("Weeks", "周"),
        "drawing": ("Draws", "抽样"),
        "calibrating": ("Chains", "产业链"),
        "loading": ("Loading", "加载"),
        # help
        "help_usage": ("Usage: {usage}", "用法：{usage}"),
        "help_arguments": ("Arguments", "参数"),
        "help_options": ("Options", "选项"),
        "help_commands": ("Commands", "命令"),
        "help_examples": ("Examples", "示例"),
        "help_required": (" (required)", "（必填）"),
        "help_default": (" (default: {value})", "（默认：{value}）"),
        # what-if
        "two_totals": (
            "Value added lost: {value_added} (nothing counted twice). "
            "Gross revenue lost: {gross} (a part counts once in each tier). Never add the two.",
            "增加值损失：{value_added}（不重复计算）。总收入损失：{gross}（同一零件在每一层级各计一次）。两者不可相加。",
        ),
        "most_lost": ("Who loses most", "损失最大的企业"),
        "company": ("company", "企业"),
        "lost": ("revenue lost", "收入损失"),
        "lost_share": ("of its revenue", "占其收入"),
        "worst": ("worst week", "最差一周"),
        "first": ("from week", "起始周"),
        "recovery": ("recovered in week", "恢复周"),
        "survives": ("survives (weeks)", "可支撑（周）"),
        "carried": ("What carried most", "传导最多的关系"),
        "carried_note": (
            "Ordered by the money touched at the receiver. Links overlap: this divides nothing.",
            "按受影响方被波及的金额排序。各关系相互重叠，并非损失的分摊。",
        ),
        "touched": ("touched", "波及金额"),
        "carried_skipped": (
            "This chain is too large to record what travelled along every link here.",
            "产业链过大，此处未记录每条关系上的传导。",
        ),
        "channel": ("what", "内容"),
        "from": ("from", "自"),
        "to": ("to", "至"),
        "at_most": ("at most", "最高"),
        "when": ("weeks", "周"),
        "what": ("category", "品类"),
        "direct_costs": ("Direct costs (apart from lost revenue)", "直接成本（不计入收入损失）"),
        "cost_repaid": (
            "{bearer} pays {amount}; {supplier} repays {repaid} ({share}), {borne} stay with {bearer}",
            "{bearer}支付{amount}；{supplier}偿还{repaid}（{share}），{bearer}自行承担{borne}",
        ),
        "cost_alone": (
            "{bearer} pays {amount}; nobody repays any of it",
            "{bearer}支付{amount}；无人偿还",
        ),
        "moved_customers": (
            "Customers that leave for other reasons than a bad name (each reason for itself)",
            "因不良名声以外的原因离开的客户（各原因分别计）",
        ),
        "moved_rivals": (
            "{company}: up to {share} of them to rivals ({why}), worth {money}",
            "{company}：最多 {share} 转向竞争对手（{why}），涉及{money}",
        ),
        "moved_company": (
            "{company}: up to {share} of them to {to} ({why}), worth {money}",
            "{company}：最多 {share} 转向{to}（{why}），涉及{money}",
        ),
        "moved_nobody": (
            "{company}: up to {share} of them buy it no more ({why}), worth {money}",
            "{company}：最多 {share} 不再购买（{why}），涉及{money}",
        ),
        "why_demand": ("demand falls", "需求下降"),
        "why_boycott": ("boycott", "抵制"),
        "why_boon": ("it shines", "表现出众"),
        "why_experience": ("experience beside expectation", "体验与期望之差"),
        "why_substitute": ("a substitute", "替代产品"),
        "why_exit": ("it is out of business", "退出市场"),
        "won_beside": (
            "Others win {money} of revenue from it; what the chain loses is told without that.",
            "其他公司由此赢得收入 {money}；整条链的损失未作抵扣。",
        ),
        "rivals": ("Rivals win (not netted)", "竞争对手获益（未作抵扣）"),
        "reckoned_on": (
            "Reckoned on revision {revision} of the facts, hash {hash}.",
            "依据事实的第 {revision} 版，哈希 {hash}。",
        ),
        "reckoned_as_of": (
            "Reckoned on revision {revision} of the facts, hash {hash}, as of {date}.",
            "依据事实的第 {revision} 版，哈希 {hash}，截至{date}。",
        ),
        "written": ("Written: {path}", "已写入：{path}"),
        # load
        "load_file": ("file", "文件"),
        "load_loader": ("read as", "识别为"),
        "load_read": ("rows", "行"),
        "load_added": ("added", "新增"),
        "load_updated": ("updated", "更新"),
        "load_unchanged": ("unchanged", "未变"),
        "load_rejected": ("rejected", "拒绝"),
        "load_created": ("{file} also brought: {what}", "{file}一并带来：{what}"),
        "load_done": ("The store is at revision {revision}.", "存储现为第 {revision} 版。"),
        "load_dry": ("Nothing was written: this was a dry run.", "试运行，未写入任何内容。"),
        "load_strict": (
            "Nothing was written: --strict, and something is wrong.",
            "未写入任何内容：使用了 --strict，且存在问题。",
        ),
        "load_rejects": ("Rejected rows, each with its remedy: {path}", "被拒绝的行及处理办法：{path}"),
        "load_failed": ("Cannot be loaded: {error} {remedy}", "无法加载：{error}{remedy}"),
        "load_warning": ("Warning: {warning}", "警告：{warning}"),
        "doubtful_more": ("  and {count} more: see --json", "  另有 {count} 对：见 --json"),
        "doubtful": (
            "Doubtful pairs, not merged. If a pair is one, name it alike in the files and load anew:",
            "疑似同一企业，未合并。若确为一家，请在文件中统一名称后重新加载：",
        ),
        # looking up
        "companies_none": ("No company is found.", "没有找到企业。"),
        "roles": ("roles", "角色"),
        "revenue": ("annual revenue", "年收入"),
        "country": ("country", "国家"),
        "market": ("market", "市场"),
        "count": ("{count} companies", "{count} 家企业"),
        "column": ("column", "列"),
        "value": ("value", "值"),
        "status": ("status", "状态"),
        "source": ("told in", "来源"),
        "status_of_observed": ("observed", "观测"),
        "status_of_inferred": ("inferred", "推断"),
        "status_of_assumed": ("assumed", "假设"),
        "related": ("{table}: {count}", "{table}：{count} 条"),
        "related_cut": (
            "{table}: more than {count}, of which these",
            "{table}：超过 {count} 条，此处列出部分",
        ),
        "distance": ("hops", "跳数"),
        "chain_cut": (
            "More companies lie within this depth than are shown: raise --limit.",
            "该深度内的企业多于所示：请调高 --limit。",
        ),
        "chain_title": (
            "{company}: {count} companies within {depth} links, {links} links among them",
            "{company}：{depth} 跳以内 {count} 家企业，其间 {links} 条关系",
        ),
        # systemic
        "systemic_firms": ("Companies", "企业"),
        "systemic_industry": ("industry", "行业"),
        "systemic_index": ("index", "指数"),
        "systemic_sold": ("sold a year", "年销售额"),
        "systemic_first": (
            "If {company} fails for good, {share} of all recorded sales are lost with it.",
            "若{company}永久停摆，全部已记录销售额将随之损失 {share}。",
        ),
        "systemic_stop": (
            "Sweeps ended when none changed a company by more than {eps}; the last one: {residual}.",
            "当任一轮对任一企业的改变不超过 {eps} 时停止；最后一轮的最大改变为 {residual}。",
        ),
        "systemic_limit": (
            "Reckoned to the limit; the last sweep changed a company by at most {residual}.",
            "已计算至极限；最后一轮对任一企业的改变至多 {residual}。",
        ),
        # export, serve, settings
        "exported": (
            "{path}: {companies} companies, {links} links",
            "{path}：{companies} 家企业，{links} 条关系",
        ),
        "copying": ("Copying", "复制"),
        "exporting": ("Writing", "写出"),
        "copied": (
            "{to}: {companies} companies, {links} links; hash {hash}, as in {from_}",
            "{to}：{companies} 家企业，{links} 条关系；哈希 {hash}，与 {from_} 一致",
        ),
        "copy_stopped": (
            "What was copied stays in {to}: run the same again to go on.",
            "已复制的内容保留在 {to} 中：再次运行同一命令即可继续。",
        ),
        "import_next": (
            "Stop the server, then on its machine, as the user it runs as: sh {path}/import.sh\n"
            "Start the server, and set KNOCKON_STORE to it: the first command of knockon makes the "
            "constraints and indexes, and waits for them.",
            "请停止服务器，然后在其主机上以其运行用户执行：sh {path}/import.sh\n"
            "启动服务器后访问该产业链：knockon 的第一条命令会建立约束和索引并等待完成。",
        ),
        "serving": (
            "Listening on http://{host}:{port} (Control-C ends it)",
            "正在监听 http://{host}:{port}（按 Control-C 结束）",
        ),
        "open_to_all": (
            "Whoever reaches this address may read the whole chain: there are no keys yet.",
            "任何能访问该地址的人都可读取整条产业链：目前尚无访问密钥。",
        ),
        "setting": ("setting", "设置"),
        "default": ("default", "默认"),
        "meaning": ("meaning", "含义"),
        # demo and back-test
        "story_happened": ("What happened", "经过"),
        "story_what_if": ("What if: {title}", "推演：{title}"),
        "story_basis": ("Put in: {basis}", "设定：{basis}"),
        "story_beside": ("The model beside history", "模型与历史对照"),
        "model": ("model", "模型"),
        "history": ("history", "历史"),
        "verdict": ("verdict", "结论"),
        "agrees": ("agrees", "相符"),
        "disagrees": ("disagrees", "不符"),
        "unknown": ("cannot be told", "无法判断"),
        "no_fact": ("no fact", "无事实"),
        "disagreement": ("Where they disagree", "分歧所在"),
        "demo_map": ("Map: {path}", "影响图：{path}"),
        "demo_loading": ("Loading the true stories …", "正在加载真实案例 …"),
        "demo_store": (
            "The stories' store is {path}; ask it yourself, for example:",
            "案例存储于 {path}，可自行查询，例如：",
        ),
        "leaves": ("leaves", "离开者"),
        "its_share": ("share of revenue", "占收入"),
        "survives_it": ("survives", "可存续"),
        "runway": ("cash lasts (weeks)", "现金可支撑（周）"),
        "yes": ("yes", "是"),
        "no": ("no", "否"),
        "not_known": ("not known", "未知"),
        "assumptions_short": (
            "{count} kinds of figures are defaults or assumptions: --json counts them, the map lists them.",
            "{count} 类数据取自默认值或假设：可用 --json 查看，影响图中亦有列出。",
        ),
        "accounts_none": (
            "{company} sells to no recorded customer.",
            "{company}没有已记录的客户。",
        ),
        "accounts_note": (
            "Each line: this customer and those above have left, nobody has come in their place. "
            "Concentration (sum of squared shares): {concentration}.",
            "每行表示该客户及以上各客户均已离开，且无人接替。集中度（占比平方和）：{concentration}。",
        ),
        "example": ("example", "示例"),
        "example_run": (
            "Run one by its name: knockon examples restaurant",
            "按名称运行其一：knockon examples restaurant",
        ),
        "example_made_up": (
            "The companies and all figures are made up.",
            "企业与所有数字均为虚构。",
        ),
        "example_without": ("Without: {text}.", "去除原因：{text}。"),
        "example_rank": ("Ranked", "排名"),
        "example_shows": ("What it shows", "说明了什么"),
        "example_store": (
            "The example's store is {path}; ask it yourself, for example:",
            "示例存储于 {path}，可自行查询，例如：",
        ),
        "figure": ("figure", "数值"),
        "as_it_is": ("as it is", "实际"),
        "without": ("without", "去除原因"),
        "figure_revenue_loss": ("revenue lost", "收入损失"),
        "figure_contribution_loss": ("profit lost (margin on that revenue)", "利润损失（该收入的边际贡献）"),
        "figure_rival_gain": ("won from rivals", "从对手处赢得"),
        "figure_demand_loss": ("demand lost, at most", "需求损失，最高"),
        "figure_associated": ("tainted by association, at most", "受牵连，最高"),
        "figure_attributed": ("blamed for others, at most", "代人受责，最高"),
        "figure_churn": ("customers that left, at most", "流失客户，最高"),
        "figure_legal_loss": ("legal and regulatory burden, at most", "法律与监管负担，最高"),
        "window": ("weeks", "周"),
        "stated": ("figure stated", "所载数值"),
        "kept": ("kept", "保持"),
        "moved": ("moved from {stated}", "偏离原值 {stated}"),
        "known_failure": ("known failure", "已知失灵"),
        "unit_percent": ("% of revenue", "占收入%"),
        "unit_bn": ("bn of its currency", "十亿，原币种"),
        "back_test_sum": (
            "Cases: {count}; known failures: {failures}; figures that moved from what is stated: {moved}.",
            "共 {count} 个案例，其中 {failures} 个为已知失灵；{moved} 个数值偏离所载。",
        ),
        **LEADERBOARD,
        **LEDGER,
    }
)

LONGEST = 2000  # characters of one line for a terminal


def harmless(text: object) -> str:
    """A text from data as a terminal may show it: on one line, without the characters that it would obey."""
    return fit(str(text), LONGEST)


class Speech:
    """The language of one answer: `say("written", path=…)`, and numbers as the pages write them."""

    def __init__(self, lang: str, currency: str = "") -> None:
        self.lang = lang
        self.words = Words(lang, currency)

    def __call__(self, phrase: str, **filled: object) -> str:
        if phrase not in PHRASES:
            return self.words(phrase, **filled)
        text = PHRASES[phrase][0 if self.lang == "en" else 1]
        return text.format(**filled) if filled else text

    def said(self, text: str) -> str:
        """An English message, remedy, warning or help text in this language as far as it is known there."""
        return in_chinese(text) if self.lang == "zh" else text

    def sentence(self, text: str) -> str:
        """The same as one sentence with its end."""
        text = self.said(text)
        text, stop = text.rstrip(".。"), "." if self.lang == "en" else "。"
        return text if not text or text[-1] in "?!？！…" else text + stop

    def of(self, texts: Mapping[str, str]) -> str:
        """The text of this language among {en, zh}."""
        return texts.get(self.lang) or texts["en"]
