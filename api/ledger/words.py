"""What the ledger says to a person, in English and in Chinese; api/words.py takes it in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LEDGER: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ledger_filed": (
            "Filed as {id} in {path}. Head of the ledger: {head}",
            "已登记为 {id}，存于 {path}。账本末尾：{head}",
        ),
        "ledger_none": ("There are no predictions in {path}.", "{path} 中没有预测。"),
        "ledger_head": (
            "Predictions in {path}: {count}. Head: {head}",
            "{path} 中有 {count} 个预测。末尾：{head}",
        ),
        "ledger_flaw": ("Line {line} of {path} {reason}", "{path} 第 {line} 行{reason}"),
        "ledger_whole": (
            "{path} is whole: each of its {count} lines is as it was written.",
            "{path} 完好：其 {count} 行均与写入时相同。",
        ),
        "ledger_holds_head": (
            "It holds the line with the digest {head}, and all before it unchanged.",
            "其中含有摘要为 {head} 的行，且此前各行未变。",
        ),
        "ledger_id": ("id", "编号"),
        "ledger_at": ("filed", "登记"),
        "ledger_begins": ("week 0", "第 0 周"),
        "ledger_name": ("what if", "推演"),
        "ledger_loss": ("value added lost", "增加值损失"),
        "ledger_scored": ("scored", "已评分"),
        "ledger_due": ("due", "待登记"),
        "ledger_foretold": ("foretold", "预测"),
        "ledger_verdict": ("verdict", "结论"),
        "ledger_after": ("filed afterwards", "事后登记"),
        "ledger_open": ("open until {date}", "{date} 前未到期"),
        "ledger_now_due": ("due since {date}", "自 {date} 起待登记"),
        "ledger_near": ("size right within a factor of two", "规模相差不到一倍"),
        "ledger_far": ("size wrong by more than a factor of two", "规模相差一倍以上"),
        "ledger_title": ("{name}: week 0 is {date}", "{name}：第 0 周始于 {date}"),
        "ledger_unnamed": ("a what-if without a name", "未命名的推演"),
        "ledger_on": (
            "Filed {at} by version {version} on revision {revision} of the facts, hash {hash}.",
            "{at} 由 {version} 版登记，依据事实的第 {revision} 版，哈希 {hash}。",
        ),
        "ledger_exits": (
            "Foretold with exits: who runs out of cash by it goes out of business the week after.",
            "预测已计入退出：因此耗尽现金的公司自下一周起退出市场。",
        ),
        "ledger_as_of": ("The chain is that of {date}.", "产业链截至 {date}。"),
        "ledger_sum": (
            "Predictions: {count} figures scored.",
            "预测：已评分 {count} 个数值。",
        ),
        "ledger_sum_after": (
            "Filed afterwards, no predictions: {count} figures scored.",
            "事后登记，不算预测：已评分 {count} 个数值。",
        ),
        "ledger_band": (
            "{band} % band: {share} of {of} inside (95 % interval {low} to {high})",
            "{band}%区间：{of} 个中有 {share} 在内（95%置信区间 {low} 至 {high}）",
        ),
        "ledger_band_good": ("nothing speaks against it", "未见与之相悖"),
        "ledger_band_bad": ("it does not hold so far", "至今不成立"),
        "ledger_signs": ("sign right: {count} of {of}", "方向正确：{of} 个中 {count} 个"),
        "ledger_sizes": (
            "size right within a factor of two: {count} of {of}",
            "规模相差不到一倍：{of} 个中 {count} 个",
        ),
        "ledger_errors": (
            "mean error {mean}, mean absolute error {absolute} of revenue "
            "(above 0: more was foretold than came)",
            "平均误差 {mean}，平均绝对误差 {absolute}，占收入（大于 0：预测多于实际）",
        ),
    }
)
