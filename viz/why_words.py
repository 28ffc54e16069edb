"""What is said of why a loss came about, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

WHY_PHRASES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "why_title": ("Through which paths", "经由哪些路径"),
        "why_of_company": (
            "{company} loses {money} of revenue; at worst {worst} of a week's, in week {week}.",
            "{company}损失收入 {money}，最差的第 {week} 周损失当周的 {worst}。",
        ),
        "why_survives_weeks": (
            "Did the failure not end, it would lose more than 1% after {weeks} weeks.",
            "若中断不止，{weeks} 周后其损失将超过 1%。",
        ),
        "why_survives_all": (
            "Did the failure not end, it would still lose no more than 1% in any week.",
            "即使中断不止，其每周损失也不超过 1%。",
        ),
        "why_scarcest": (
            "Of what it cannot do without, the smallest stock lasts {weeks} weeks.",
            "不可或缺的供应中，最小库存可用 {weeks} 周。",
        ),
        "why_cash_gone": ("Its cash is gone in week {week}.", "其现金在第 {week} 周耗尽。"),
        "why_cash_lasts": (
            "Its cash outlasts the {horizon} weeks; at the worst week's loss it would last {weeks} weeks.",
            "其现金可撑过 {horizon} 周；若每周都如最差一周，可撑 {weeks} 周。",
        ),
        "why_company": (
            "{company} loses {money} of revenue. Divided over its causes:",
            "{company}损失收入 {money}，按原因分摊：",
        ),
        "why_all": (
            "The chain loses {money} of value added. Divided over its causes:",
            "整条链损失增加值 {money}，按原因分摊：",
        ),
        "why_company_week": (
            "{company} loses {money} of revenue in week {week}. Divided over its causes:",
            "{company}在第 {week} 周损失收入 {money}，按原因分摊：",
        ),
        "why_all_week": (
            "The chain loses {money} of value added in week {week}. Divided over its causes:",
            "整条链在第 {week} 周损失增加值 {money}，按原因分摊：",
        ),
        "why_nothing": ("Nothing is lost that could be divided.", "没有可供分摊的损失。"),
        "why_path": (
            "{share} of it comes because {cause}{hops}.",
            "其中 {share} 的起因：{cause}{hops}。",
        ),
        "why_path_of": (
            "{share} of it, lost by {company}, comes because {cause}{hops}.",
            "其中 {share}（由{company}承受）的起因：{cause}{hops}。",
        ),
        "why_then": (", {hop}", "，{hop}"),
        "why_hop": ("{what} (weeks {first}–{last})", "{what}（第 {first}–{last} 周）"),
        "why_hop_once": ("{what} (week {first})", "{what}（第 {first} 周）"),
        "why_goods": ("goods", "货物"),
        "why_shortage": (
            "{source} could not deliver {goods} to {target}",
            "{source}未能向{target}供应{goods}",
        ),
        "why_carriage": ("{source} could not carry for {target}", "{source}未能为{target}运送"),
        "why_orders": ("{source} ordered less from {target}", "{source}减少向{target}采购"),
        "why_severed": ("{target} turned away from {source}", "{target}不再与{source}往来"),
        "why_blame": ("{target} was blamed for {source}", "{target}因{source}受到责难"),
        "why_association": ("{target} was tainted by {source}", "{target}受{source}牵连"),
        "why_legal": ("{target} was looked into along with {source}", "{target}随{source}一并受到调查"),
        "why_brand_churn": (
            "customers who left {source} stayed away from {target}",
            "离开{source}的客户也不再光顾{target}",
        ),
        "why_rest": (
            "{share} of it comes over other paths, smaller or not looked for.",
            "其余 {share} 经由更小或未搜寻的路径。",
        ),
        "why_close": (
            "In {count} weeks, {money} of the loss, what cannot be made and what is not asked for are nearly "
            "equal: a small change would shift all of it from one to the other.",
            "有 {count} 周（损失 {money}）供给不足与需求不足几乎相等：稍有变化，分摊便整体由一方转到另一方。",
        ),
        "why_by_channel": ("By what it came over last", "按最后一环的途径"),
        "why_by_shock": ("By shock", "按冲击"),
        "why_by_link": ("By the last link", "按最后一条关系"),
        "why_part": ("part of the loss", "占损失"),
        "why_amount": ("amount", "金额"),
        "why_removal": (
            "Saved if it were not there (run without it; these do not add up)",
            "若不存在可避免的损失（去除后重算；各项不可相加）",
        ),
        "why_shock_number": ("shock {number}: {what}", "冲击 {number}：{what}"),
        "tie_SUPPLIES": ("supplies", "供应"),
        "tie_CARRIES_FOR": ("carries for", "运送"),
        "tie_SELLS_THROUGH": ("sells through", "经销"),
        "tie_COMPETES_WITH": ("competes with", "竞争"),
        "tie_REGULATED_WITH": ("regulated with", "同受监管"),
        "tie_OWNS": ("owns", "持有"),
        "channel_own": ("its own shocks", "自身冲击"),
        "channel_shortage": ("goods missing", "缺货"),
        "channel_orders": ("orders withheld", "订单减少"),
        "channel_severed": ("partner left", "伙伴离去"),
        "channel_blame": ("blame", "受责"),
        "channel_association": ("taint", "受牵连"),
        "channel_legal": ("legal burden", "法律负担"),
        "channel_brand_churn": ("customers of a brand", "品牌客户流失"),
    }
)
