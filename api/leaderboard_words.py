"""What `knockon leaderboard` says, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LEADERBOARD: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "board_all": ("All complaints: {count}", "全部投诉：{count} 件"),
        "board_delay": ("Delay: {count}", "延误：{count} 件"),
        "board_damage": ("Damage: {count}", "破损：{count} 件"),
        "board_attitude": ("Attitude: {count}", "态度：{count} 件"),
        "board_place": ("place", "名次"),
        "board_courier": ("courier", "快递"),
        "board_complaints": ("complaints", "投诉"),
        "board_carried": ("carried", "承运额"),
        "board_rate": ("per million", "每百万"),
        "board_interval": ("90% of it within", "九成区间"),
        "board_above": ("above all together", "高于全体的把握"),
        "board_none": (
            "There are no complaints about couriers: nothing can be put in order.",
            "没有关于快递的投诉：无从排名。",
        ),
        "board_first": (
            "Place 1: most surely complained about more than all couriers together "
            "({rate} complaints per million carried).",
            "第 1 名：投诉率高于全体快递（每百万承运额 {rate} 件）的把握最大。",
        ),
        "board_days": (
            "What each carries from {first} to {last} is the measure, its complaints in those days are set "
            "against it. A complaint may have several topics.",
            "以各家 {first} 至 {last} 的承运额为基数，与同期投诉相比。一件投诉可涉及多个主题。",
        ),
        "board_no_days": (
            "No complaint is dated: what each carries in one year is the measure, however long the "
            "complaints took to come in. A complaint may have several topics.",
            "投诉均无日期：以各家一年的承运额为基数，而投诉累积了多久未知。一件投诉可涉及多个主题。",
        ),
        "board_undated": (
            "Complaints without a date: {count}. They count as if they had come in on these days.",
            "无日期的投诉：{count} 件，按该时段内的投诉计入。",
        ),
        "board_set_aside": (
            "Complaints whose dates lie more than {years} years from most others: {count} ({names}). "
            "They count, but do not stretch the days: see whether the dates are slips of the pen.",
            "日期与多数投诉相隔逾 {years} 年的投诉：{count} 件（{names}）。它们计入投诉数，但不拉长时段："
            "请核对日期是否笔误。",
        ),
        "board_without_topic": (
            "In {count} of {all} complaints no known topic was found; they count in the first table alone.",
            "{all} 件投诉中有 {count} 件未识别出主题，仅计入第一张表。",
        ),
        "board_no_comparison": (
            "No places: that takes complaints, and two couriers of which it is known how much they carry.",
            "无名次：须有投诉，且至少两家快递的承运额已知。",
        ),
        "board_all_alike": (
            "These counts differ no more than chance would have them.",
            "各家之差未超出偶然。",
        ),
        "board_no_link": (
            "No place, since no CARRIES_FOR link says that they carry: {names}",
            "无名次（没有 CARRIES_FOR 关系表明其承运）：{names}",
        ),
        "board_no_value": (
            "No place, since it is not known how much they carry: {names}",
            "无名次（承运额空缺）：{names}",
        ),
        "board_nothing": (
            "No place, since they carry nothing in these days: {names}",
            "无名次（该时段内没有承运）：{names}",
        ),
        "board_no_courier": (
            "Left out, since they name no courier: {count} complaints",
            "未计入（未写明快递）：{count} 件投诉",
        ),
        "board_no_company": (
            "Left out, since they name no company: {count} complaints",
            "未计入（未写明企业）：{count} 件投诉",
        ),
        "board_no_date": (
            "Left out, since they have no date: {count} complaints",
            "未计入（没有日期）：{count} 件投诉",
        ),
        "board_silent": (
            "No complaint names these companies, though they are carried for: {names}. "
            "If theirs were not collected, ask with --to.",
            "没有投诉涉及以下企业，但仍计入其承运额：{names}。若未收集其投诉，请使用 --to。",
        ),
    }
)
