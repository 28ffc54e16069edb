"""What the page says, in English and in Chinese, and how it writes numbers, money and weeks."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from string import Formatter
from types import MappingProxyType

from graph.ontology import TABLES
from viz.band_words import BAND_PHRASES
from viz.history_words import HISTORY
from viz.rank_words import RANK
from viz.shock_words import SHOCK_PHRASES
from viz.why_words import WHY_PHRASES

LANGUAGES = ("en", "zh")
NOTHING = "–"

_UNITS = {
    "en": ((1e12, " tn"), (1e9, " bn"), (1e6, " M"), (1e3, " k")),
    "zh": ((1e12, " 万亿"), (1e8, " 亿"), (1e4, " 万")),
}
_CURRENCIES = MappingProxyType(
    {
        "CNY": "元",
        "USD": "美元",
        "EUR": "欧元",
        "JPY": "日元",
        "KRW": "韩元",
        "GBP": "英镑",
        "HKD": "港元",
        "TWD": "新台币",
        "CHF": "瑞士法郎",
    }
)

_SINGULAR = {f"1 {one}s": f"1 {one}" for one in ("week", "shock", "other", "link", "slot")}
_SINGULAR["1 companies"] = "1 company"
_ONE = re.compile(rf"(?<![\d.,])(?:{'|'.join(_SINGULAR)})\b")

# Each phrase as (English, Chinese); {…} are filled in.
PHRASES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "html_lang": ("en", "zh-CN"),
        "map_title": ("Impact map", "影响图"),
        "headline": (
            "If {what}, the chain loses {money} of value added within {horizon} weeks.",
            "若{what}，整条链在 {horizon} 周内将损失增加值 {money}。",
        ),
        "headline_nothing": (
            "If {what}, no loss reaches any recorded company within {horizon} weeks.",
            "若{what}，{horizon} 周内没有任何已记录的公司受损。",
        ),
        "no_shock": ("nothing happens", "没有冲击"),
        "and": ("{one} and {other}", "{one}，且{other}"),
        "many_shocks": ("{count} shocks hit {companies}", "{companies}遭受 {count} 次冲击"),
        "if_outage": ("{company} stops for {weeks} weeks", "{company}停产 {weeks} 周"),
        "if_outage_share": (
            "{company} loses {severity} of its output for {weeks} weeks",
            "{company}产出下降 {severity}，持续 {weeks} 周",
        ),
        "if_cut": (
            "{company} delivers no {category}{target} for {weeks} weeks",
            "{company}{target}断供{category} {weeks} 周",
        ),
        "if_cut_share": (
            "{company} delivers {severity} less {category}{target} for {weeks} weeks",
            "{company}{target}少供 {severity} 的{category}，持续 {weeks} 周",
        ),
        "to_target": (" to {target}", "对{target}"),
        "goods": ("goods", "货物"),
        "delivery": ("delivery", "配送"),
        "if_scandal": ("a scandal hits {company}", "{company}爆出丑闻"),
        "list": (", ", "、"),
        "list_of_pairs": ("; ", "；"),
        "hardest": (
            "Hardest hit: {company}, {share} of its revenue in week {week}.",
            "受损最重：{company}，第 {week} 周损失营收的 {share}。",
        ),
        "how_many": (
            "{count} of {all} companies lose more than 1% in some week.",
            "{all} 家公司中有 {count} 家在某周损失超过 1%。",
        ),
        "value_added_loss": ("Value added lost", "增加值损失"),
        "value_added_note": ("over {weeks} weeks; counts nothing twice", "{weeks} 周合计；不重复计算"),
        "gross_revenue_loss": ("Gross revenue lost", "营收损失总额"),
        "gross_note": ("counts a part once per tier: never add the two", "零部件逐级重复计入，两者不可相加"),
        "rival_gain": ("Won by rivals", "竞争对手获益"),
        "rival_note": ("of customers who left; not netted", "来自流失的客户；未抵减"),
        "direct_costs": ("Direct costs", "直接成本"),
        "direct_note": ("{repaid} repaid, {borne} borne in the end", "追偿 {repaid}，最终承担 {borne}"),
        "direct_none": ("none stated", "未给出"),
        "over_weeks": ("over {weeks} weeks", "{weeks} 周合计"),
        "week": ("Week", "周"),
        "week_of": ("week {week}", "第 {week} 周"),
        "week_lost": ("{money} of value added lost this week", "本周损失增加值 {money}"),
        "play": ("Play", "播放"),
        "pause": ("Pause", "暂停"),
        "to_worst": ("Worst week", "最差周"),
        "zoom_in": ("Zoom in", "放大"),
        "zoom_out": ("Zoom out", "缩小"),
        "zoom_all": ("Whole map", "全图"),
        "map_label": (
            "Map of the companies and what travelled between them; the table below holds the same figures.",
            "公司及其间传递的损害；下方表格给出相同的数字。",
        ),
        "choose": ("Company", "公司"),
        "choose_none": ("choose a company …", "选择公司 …"),
        "worst_now": ("Hardest hit this week", "本周受损最重"),
        "worst_none": ("Nobody loses anything this week.", "本周无人受损。"),
        "close": ("Back to the ranking", "返回排名"),
        "curve": ("Revenue lost, week by week", "逐周营收损失"),
        "sources": ("Where the figures come from", "数据来源"),
        "sources_none": ("Sources were not handed to this map.", "本图未附数据来源。"),
        "status_assumed": ("assumed: {columns}", "假设：{columns}"),
        "status_inferred": ("inferred: {columns}", "推断：{columns}"),
        "told_in": ("told in {ref}", "载于 {ref}"),
        "revenue_blank": ("annual revenue blank: summed from its sales", "年营收空缺：由其销售额合计"),
        "value_added_blank": (
            "value added derived: revenue less purchases",
            "增加值由营收减去采购推得",
        ),
        "market_blank": ("market blank: taken as differentiated", "市场空缺：按差异化市场处理"),
        "legend_size": ("size: annual revenue", "面积：年营收"),
        "legend_damage": ("revenue lost in the week:", "当周营收损失："),
        "legend_shock": ("hit by a shock", "直接遭受冲击"),
        "legend_lines": ("Lines, towards whom they hurt:", "连线，指向受害方："),
        "legend_width": ("the thicker, the larger the share", "越粗，占比越大"),
        "missing": ("goods missing", "缺货"),
        "withheld": ("orders withheld", "订单削减"),
        "blame": ("blame", "被归责"),
        "taint": ("taint", "受牵连"),
        "link": ("trade", "交易关系"),
        "above": ("> {share}", "> {share}"),
        "company": ("Company", "公司"),
        "role": ("Role", "角色"),
        "tier": ("Tier", "层级"),
        "revenue": ("Annual revenue", "年营收"),
        "loss_week": ("Revenue lost this week", "本周营收损失"),
        "revenue_loss": ("Revenue lost", "营收损失"),
        "value_added": ("Value added lost", "增加值损失"),
        "reputation": ("Reputation damage", "声誉损害"),
        "churn": ("Customers lost", "客户流失"),
        "output": ("Cannot be made", "无法生产"),
        "demand": ("Not asked for", "需求消失"),
        "first_week": ("First week", "始于"),
        "recovery_week": ("Recovers", "恢复"),
        "time_to_survive": ("Time to survive", "可支撑"),
        "runway": ("Cash lasts", "现金可支撑"),
        "this_week": ("this week", "本周"),
        "over_horizon": ("{weeks} weeks", "{weeks} 周"),
        "shock_endless": ("if the shock never ended", "若冲击不止"),
        "not_within": ("not in {weeks} weeks", "{weeks} 周内未恢复"),
        "longer": ("> {weeks} weeks", "> {weeks} 周"),
        "weeks": ("{weeks} weeks", "{weeks} 周"),
        "table_title": ("The same figures as a table", "同样的数字：表格"),
        "table_caption": (
            "The companies drawn, the most revenue lost first; shares are those of week {week}.",
            "图中各公司，按营收损失排序；占比为第 {week} 周的数值。",
        ),
        "others_row": ("{count} others: {column}", "其他 {count} 家：{column}"),
        "others": ("+{count} others", "其他 {count} 家"),
        "others_things": ("+{count} others", "其他 {count} 项"),
        "total_row": ("All {count} companies", "全部 {count} 家公司"),
        "rests_on": ("What this rests on", "依据"),
        "shocks": ("Shocks", "冲击"),
        "shock_outage": (
            "Outage of {company}: {severity} of {what}, weeks {start}–{end}{recovery}.",
            "{company}停供：{what}的 {severity}，第 {start}–{end} 周{recovery}。",
        ),
        "whole": ("its output", "其全部产出"),
        "sales_of": ("its sales of {category}", "其{category}销售"),
        "sales_to": ("its sales to {target}", "其对{target}的销售"),
        "sales_of_to": ("its sales of {category} to {target}", "其对{target}的{category}销售"),
        "recover_step": ("", ""),
        "recover_linear": (
            ", then linear recovery over {weeks} weeks",
            "，其后 {weeks} 周线性恢复",
        ),
        "recover_exponential": (
            ", then recovery with a half-life of {weeks} weeks",
            "，其后以 {weeks} 周半衰期恢复",
        ),
        "shock_scandal": (
            "Scandal at {company} from week {start}: harm {harm}, culpability {culpability}, "
            "victims: {victims}, reach: {reach}.",
            "{company}丑闻，第 {start} 周起：危害 {harm}，过错 {culpability}，"
            "受害者：{victims}，范围：{reach}。",
        ),
        "buyers": ("buyers", "购买者"),
        "third_parties": ("third parties", "第三方"),
        "national": ("national", "全国"),
        "regional": ("regional", "地区"),
        "trade": ("the trade", "业内"),
        "shock_cost": (
            "Direct cost: {amount}, paid by {bearer}",
            "直接成本 {amount}，由{bearer}支付",
        ),
        "shock_repaid": (
            "; {supplier} repays {repaid}, so {borne} stay with {bearer}",
            "；{supplier}偿还 {repaid}，{bearer}最终承担 {borne}",
        ),
        "stop": (".", "。"),
        "assumptions": ("Assumptions", "假设"),
        "assumed_blank": (
            "{column} ({table}): {count} blank, taken as {value}",
            "{column}（{table}）：{count} 处空缺，取 {value}",
        ),
        "assumed_default": (
            "{column} ({table}): {count} blank, filled by the model's rule",
            "{column}（{table}）：{count} 处空缺，按模型规则填补",
        ),
        "assumed_marked": (
            "{column} ({table}): {count} marked as assumed in the data",
            "{column}（{table}）：{count} 处在数据中标为假设",
        ),
        "assumed_short": (
            "Blank in the data, so that the model's defaults stand: {columns}.",
            "数据空缺、取模型默认值：{columns}。",
        ),
        "assumed_column": ("{count} of {column} ({table})", "{column}（{table}）{count} 处"),
        "assumed_none": ("Every figure used was in the data.", "所用数字均来自数据。"),
        "overridden": ("Parameter {name} set to {value}", "参数 {name} 设为 {value}"),
        "warnings": ("Warnings", "警告"),
        "shares_above_one": (
            "The seller shares of {about} sum to more than 1: each was divided by the sum.",
            "{about}的卖方占比之和超过 1：已各除以总和。",
        ),
        "slots_oversold": (
            "The given shares of {about} slots sum to more than 1: the answer overstates shortages there.",
            "{about} 个需求项给出的份额之和超过 1：答案高估了该处的短缺。",
        ),
        "not_on_date": (
            "Not counted on {date}: {about} links that had ended, or not begun.",
            "{about} 条关系在 {date} 不计入：已结束或尚未开始。",
        ),
        "value_added_above_revenue": (
            "The value added of {about} is above its revenue: the headline may exceed the gross loss.",
            "{about}的增加值高于其收入：增加值损失可能超过总收入损失。",
        ),
        "no_recovery_rate": (
            "No recovery rate is known between {about}: nothing is repaid.",
            "{about} 之间的追偿率未知：按不偿还计。",
        ),
        "cash_out": (
            "Cash is gone, and sooner than without the shocks: {about}.",
            "以下公司的现金耗尽，且早于无冲击时：{about}。",
        ),
        "in_week": ("{company}, week {week}", "{company}，第 {week} 周"),
        "no_revenue": (
            "No revenue is known of {about}: a loss of 0 there is no finding.",
            "{about}的收入未知：其损失为 0 不是结论。",
        ),
        "systemic_open": (
            "Some companies did not come to rest: their index is too low.",
            "部分企业尚未收敛：其指数偏低。",
        ),
        "systemic_no_values": (
            "No link says how much is sold over it: give annual_value, or seller_share and annual_revenue.",
            "没有任何关系给出交易额：请提供 annual_value，或 seller_share 与 annual_revenue。",
        ),
        "not_drawn": (
            "{count} of {all} companies are not drawn; the totals count all of them.",
            "全部 {all} 家公司中有 {count} 家未画出；总额包含所有公司。",
        ),
        "lines_cut": (
            "Only the {count} strongest lines are drawn.",
            "仅画出最强的 {count} 条连线。",
        ),
        "flows_absent": (
            "Goods missing and orders withheld were not recorded: their lines are not drawn.",
            "未记录缺货与订单削减，相应连线未画出。",
        ),
        "ties_cut": (
            "Only the {count} largest trade ties are drawn.",
            "仅画出最大的 {count} 条交易关系。",
        ),
        "snapshot": ("Snapshot", "数据快照"),
        "snapshot_line": (
            "revision {revision} of the data, hash {hash}, as of {date}",
            "数据修订号 {revision}，哈希 {hash}，截至{date}",
        ),
        "latest": ("the latest known", "最新"),
        "latest_day": ("the latest known date, {date}", "最新日期 {date}"),
        "horizon": ("Horizon {weeks} weeks; weeks count from 0.", "期限 {weeks} 周；周数从 0 起。"),
        "currency": ("Money in {currency}.", "金额单位：{currency}。"),
        "currency_none": ("The data name no currency.", "数据未注明币种。"),
        "scenario": ("Scenario: ", "情景："),
        "no_script": (
            "The map needs JavaScript. All of its figures stand in the table below, for the worst week.",
            "图形需要 JavaScript；下表列出最差一周的全部数字。",
        ),
        "supplier_column": ("Suppliers, tier {tier}", "{tier} 级供应商"),
        "supplier_deep": ("Suppliers, tier {tier} and on", "{tier} 级及更上游供应商"),
        "brand_column": ("Brands", "品牌"),
        "centre_column": ("Hit by the shock", "遭受冲击"),
        "logistics_column": ("Logistics", "物流"),
        "dealer_column": ("Dealers, platforms", "经销商与平台"),
        "customer_column": ("Business customers", "企业客户"),
        "beyond_column": ("Their customers", "客户的客户"),
        "apart_column": ("Elsewhere", "链外"),
        "role_brand": ("brand", "品牌"),
        "role_supplier": ("supplier", "供应商"),
        "role_dealer": ("dealer", "经销商"),
        "role_logistics": ("logistics", "物流"),
        "role_platform": ("platform", "平台"),
        "role_financier": ("financier", "金融机构"),
        "role_regulator": ("regulator", "监管机构"),
        **BAND_PHRASES,
        **HISTORY,
        **RANK,
        **SHOCK_PHRASES,
        **WHY_PHRASES,
    }
)


@dataclass(frozen=True, slots=True)
class Words:
    """The page's language: `words("week_of", week=6)`; `currency` is an ISO code, '' where none is known."""

    language: str
    currency: str = ""

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise ValueError(f"no words in {self.language!r}: choose one of {', '.join(LANGUAGES)}")

    def __call__(self, phrase: str, **filled: object) -> str:
        text = PHRASES[phrase][LANGUAGES.index(self.language)]
        if not filled:
            return text
        said = ""
        for words, name, _, _ in Formatter().parse(text):
            for part in (words, "" if name is None else str(filled[name])):
                said += " " * apart(said[-1:], part[:1]) + part
        return _ONE.sub(lambda match: _SINGULAR[match[0]], said) if self.language == "en" else said

    def number(self, value: float) -> str:
        """Three digits that count, with the language's large units."""
        size = abs(value)
        for unit, name in _UNITS[self.language]:
            if size >= unit * 0.9995:
                return _digits(value / unit) + name
        return _digits(value)

    def money(self, value: float) -> str:
        """An amount with its currency, or a dash where it is not known."""
        if math.isnan(value):
            return NOTHING
        if not self.currency:
            return self.number(value)
        if self.language == "zh":
            number, name = self.number(value), _CURRENCIES.get(self.currency, self.currency)
            return f"{number}{name}" if number[-1] in "万亿" and name[0] > "z" else f"{number} {name}"
        return f"{self.currency} {self.number(value)}"

    def percent(self, value: float) -> str:
        """A percentage with one decimal; what is small but there does not read as nothing."""
        if value == 0:
            return "0%"
        if value < 0.05:
            return "<0.1%"
        if value >= 99.95:
            return "100%"
        return f"{Decimal(value).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"

    def column(self, table: str, name: str) -> str:
        """What a column of a table is called."""
        column = TABLES[table].by_name[name]
        if self.language == "zh" and column.synonyms:
            return column.synonyms[0]
        return name.replace("_", " ")

    def table(self, table: str) -> str:
        """What a table is called."""
        return TABLES[table].label if self.language == "zh" else table


def apart(one: str, other: str) -> bool:
    """Whether two characters want a space between them: a Chinese one and a Latin letter or digit."""
    return ("\u4e00" <= one <= "\u9fff" and _latin(other)) or (_latin(one) and "\u4e00" <= other <= "\u9fff")


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _digits(value: float) -> str:
    """Three significant digits without an exponent and without idle zeros."""
    if value == 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
