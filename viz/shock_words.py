"""What is said of shocks that move customers or change a market, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SHOCK_PHRASES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "if_demand": ("customers need {size} less from {company}", "客户对{company}的需求下降 {size}"),
        "if_boycott": ("{size} of its customers boycott {company}", "{size} 的客户抵制{company}"),
        "if_boon": ("{company} shines and lures its rivals' customers", "{company}表现出众，吸引对手的客户"),
        "if_experience": (
            "customers of {company} get {perceived} and expect {expected}",
            "{company}的客户感知价值为 {perceived}，期望为 {expected}",
        ),
        "if_substitute": (
            "a substitute pulls at the customers of {company}",
            "替代产品争夺{company}的客户",
        ),
        "if_opening": (
            "the market of {company} becomes {structure} in week {start}",
            "{company}所在市场自第 {start} 周起变为{structure}",
        ),
        "if_exit": ("{company} goes out of business", "{company}退出市场"),
        "shock_exit": (
            "{company} goes out of business in week {start}: its cash is gone.",
            "{company}自第 {start} 周起退出市场：现金已耗尽。",
        ),
        "exits": (
            "Out of business by it ({count}): {companies}.",
            "因此退出市场（{count} 家）：{companies}。",
        ),
        "exit_week": ("{company}, from week {week}", "{company}，第 {week} 周起"),
        "legend_exit": ("hit by a shock, or out of business by it", "直接遭受冲击，或因此退出市场"),
        "exits_none": (
            "Of the {known} companies (of {count}) whose cash, fixed cost and margin are known, none goes "
            "out of business by it.",
            "{count} 家公司中有 {known} 家的现金、固定成本和利润率已知，其中没有一家因此退出市场。",
        ),
        "exits_unknown": (
            "Whether anybody goes out of business by it cannot be told: of nobody are cash, fixed cost and "
            "margin all known.",
            "无法判断是否有公司因此退出市场：没有一家公司的现金、固定成本和利润率同时已知。",
        ),
        "exits_drawn": (
            "Out of business, in so many of the draws: {companies}.",
            "退出市场的公司及其占抽样次数的比例：{companies}。",
        ),
        "exit_chance": ("{company}, {chance}", "{company}，{chance}"),
        "exits_never": (
            "In none of the draws does one of them go out of business.",
            "所有抽样中都没有其中的公司退出市场。",
        ),
        "shock_demand": (
            "Demand for what {company} sells: {size} less, {when}.",
            "对{company}产品的需求：减少 {size}，{when}。",
        ),
        "shock_boycott": (
            "Boycott of {company} by {size} of its customers, {when}.",
            "{company}遭 {size} 的客户抵制，{when}。",
        ),
        "shock_boon": (
            "{company} shines: {size} of the rivals' customers that are free to move are lured, {when}.",
            "{company}表现出众：对手可流动客户中的 {size} 被吸引，{when}。",
        ),
        "shock_experience": (
            "Customers of {company} get {perceived} and expect {expected}, {when}.",
            "{company}的客户感知价值 {perceived}，期望 {expected}，{when}。",
        ),
        "shock_substitute": (
            "A substitute from outside pulls at the customers of {company} with {size}, from week {start}.",
            "外来替代产品以 {size} 的力度争夺{company}的客户，第 {start} 周起。",
        ),
        "shock_opening": (
            "The market of {company} is {structure} from week {start}.",
            "{company}所在市场自第 {start} 周起为{structure}市场。",
        ),
        "more_shocks": ("And {count} more of them.", "另有 {count} 次冲击。"),
        "from_week": ("from week {start} on", "第 {start} 周起"),
        "in_weeks": ("weeks {start}–{end}{recovery}", "第 {start}–{end} 周{recovery}"),
        "monopoly": ("a monopoly", "垄断"),
        "differentiated": ("differentiated", "差异化"),
        "homogeneous": ("homogeneous", "同质化"),
        "no_rivals": (
            "No rival of {about} is recorded, so nobody can lose customers to it.",
            "未记录{about}的竞争对手，因此没有客户可被其吸引。",
        ),
    }
)
