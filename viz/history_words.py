"""What is said of the model beside history, in English and in Chinese; viz/words.py takes it in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

HISTORY: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "history_title": ("The model against history", "模型与历史对照"),
        "history_headline": (
            "{count} of {of} figures that history shows lie in the model's 90 % band",
            "历史所示的 {of} 个数值中，有 {count} 个落在模型的90%区间内",
        ),
        "history_fitted": (
            "Of {of} that a default was fitted to, {count} lie inside.",
            "默认值据以拟合的 {of} 个中，{count} 个在区间内。",
        ),
        "history_tested": (
            "Of {of} others, which alone are a test, {count} lie inside.",
            "其余 {of} 个才是检验，其中 {count} 个在区间内。",
        ),
        "history_untold": (
            "Of {count} more it cannot be told: what was seen is known too roughly.",
            "另有 {count} 个无法判断：所见数值过于粗略。",
        ),
        "history_unbanded": (
            "Reckoned without draws: there are no bands",
            "未作抽样：没有区间",
        ),
        "history_holds": (
            "The bands hold what is not known of parameters, shocks and blanks. "
            "They do not hold what the model leaves out: links that nobody recorded, the economy around, "
            "another form of the equations.",
            "区间只包含参数、冲击与空缺数据的不确定，"
            "不包含模型未涉及的：无人记录的关系、外部经济、方程的其他形式。",
        ),
        "history_picture": (
            "Each line is one figure: the model's band, the model with its defaults, and what was seen",
            "每行一个数值：模型的区间、模型取默认值的结果，以及实际所见",
        ),
        "history_axis_percent": ("change of revenue [%]; a loss is below 0", "收入变化［%］；损失小于 0"),
        "history_axis_bn": ("change of revenue [bn]; a loss is below 0", "收入变化［十亿］；损失小于 0"),
        "legend_80": ("80 % band", "80%区间"),
        "legend_90": ("90 % band", "90%区间"),
        "legend_model": ("model, defaults", "模型，默认值"),
        "legend_seen": ("seen, and how roughly it is known", "实际所见及其精度"),
        "seen": ("seen", "实际"),
        "said": ("model", "模型"),
        "band_90": ("90 % band", "90%区间"),
        "weeks_of": ("weeks {first}–{last}", "第 {first}–{last} 周"),
        "with_parameters": ("with {parameters}", "取 {parameters}"),
        "verdict_in_80": ("inside 80 %", "在80%内"),
        "verdict_in_90": ("inside 90 %", "在90%内"),
        "verdict_out": ("outside", "在外"),
        "verdict_open": ("cannot be told", "无法判断"),
        "verdict_sign": ("the sign is wrong", "方向相反"),
        "case_fitted": ("a default was fitted to it: no test", "默认值据此拟合：不是检验"),
        "case_failure": ("known failure", "已知失灵"),
        "case_source": ("Source", "来源"),
        "case_basis": ("Put in", "设定"),
        "case_reason": ("Why it fails", "失灵原因"),
        "history_none": ("no fact", "无事实"),
        "history_weeks": ("weeks", "周"),
    }
)
