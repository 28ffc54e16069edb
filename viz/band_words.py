"""What is said of how sure an answer is, in English and in Chinese, and what the parameters are called."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# As in viz/words.py: each phrase as (English, Chinese); {…} are filled in.
BAND_PHRASES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "band_title": ("How sure is this?", "把握有多大？"),
        "band_sentence": (
            "In 8 of 10 draws the chain loses {low} to {high} of value added, in half of them more "
            "than {middle}.",
            "十次抽样中有八次，整条链损失的增加值在 {low} 至 {high} 之间；半数超过 {middle}。",
        ),
        "band_few": (
            "In {count} draws the chain loses between {low} and {high} of value added: too few for a band of "
            "80% or 90%, take 256.",
            "{count} 次抽样中，整条链损失的增加值在 {low} 至 {high} 之间；"
            "次数太少，不足以得出 80% 或 90% 区间，请用 256 次。",
        ),
        "band_none": (
            "In all {count} draws the chain loses {money} of value added.",
            "{count} 次抽样中，整条链损失的增加值均为 {money}。",
        ),
        "band_draws": (
            "{count} draws over {inputs} uncertain numbers, seed {seed}.",
            "对 {inputs} 个不确定量抽样 {count} 次，种子 {seed}。",
        ),
        "band_figure": ("figure", "数字"),
        "band_default": ("at the defaults", "按默认值"),
        "band_of_company": ("revenue lost by {company}", "{company}的收入损失"),
        "band_first_week": ("week in which {company} first loses 1%", "{company}损失首次达到 1% 的周"),
        "band_recovery_week": ("week from which it loses less again", "损失重新低于 1% 的周"),
        "band_cash_out_week": ("week in which its cash is gone", "现金耗尽的周"),
        "band_time_to_survive": ("weeks it survives, did the shock never end", "若冲击不止可支撑的周数"),
        "band_chance": ("{figure} (in {chance} of the draws)", "{figure}（{chance} 的抽样中出现）"),
        "band_chance_of_loss": (
            "{figure} (in {chance} of the draws that lose 1%)",
            "{figure}（损失达到 1% 的抽样中，{chance} 出现）",
        ),
        "hangs_of": ("The answer ({figure}) hangs most on:", "答案（{figure}）主要取决于："),
        "hangs_more": ("the more of it, the larger the loss", "越大，损失越大"),
        "hangs_less": ("the more of it, the smaller the loss", "越大，损失越小"),
        "hangs_line": (
            "{input} ({sign}{correlation}): {direction}",
            "{input}（{sign}{correlation}）：{direction}",
        ),
        "hangs_none": (
            "No single input of {figure} stands out from chance.",
            "{figure}：没有任何单一因素明显高于偶然水平。",
        ),
        "input_default": ("{column}, where blank", "{column}（空缺处）"),
        "input_severity": ("severity of the outage of {company}", "{company}停供的程度"),
        "input_harm": ("harm of the scandal at {company}", "{company}丑闻的危害程度"),
        "input_size": ("size of the shock to {company}", "{company}所受冲击的程度"),
        "input_perceived": ("what customers get from {company}", "{company}客户的实际体验"),
        "input_pull": ("pull of the substitute for {company}", "{company}替代品的吸引力"),
        "input_figure": ("{column} of {about}", "{about}的{column}"),
        "coverage_line": (
            "Of the loss, {observed} rests on observed figures, {inferred} on inferred and {assumed} on "
            "assumed ones.",
            "该损失中，{observed} 依据观测数据，{inferred} 依据推断，{assumed} 依据假设。",
        ),
        "coverage_unknown": (
            "What the loss rests on was not recorded: the chain is too large for it here.",
            "未记录该损失的依据：产业链过大。",
        ),
        "forms_title": ("By a model of another form (value added lost)", "换一种模型形式（增加值损失）"),
        "form_within": ("within the band of 90%", "在 90% 区间内"),
        "form_outside": ("outside the band of 90%", "超出 90% 区间"),
        "form_line": ("{form}: {money}, {where}", "{form}：{money}，{where}"),
        "form_feedback": (
            "own losses become news, or no longer do (feedback)",
            "自身损失成为新闻，或不再成为新闻（反馈）",
        ),
        "form_orders": ("nobody withholds orders (all take-or-pay)", "无人削减订单（一律照付不议）"),
        "form_dealers": ("dealers take all they ordered", "经销商照单全收"),
        "form_search": ("nobody finds substitutes or other customers", "无人找到替代或其他客户"),
        "form_severance": ("nobody leaves a partner", "无人离开合作方"),
        "left_out_title": ("What the band does not contain", "区间未包含"),
        "left_out_form": (
            "The model's form: channels that it does not have, and the other forms above.",
            "模型形式：模型没有的传导渠道，以及上述其他形式。",
        ),
        "left_out_links": (
            "Companies and links that are not recorded, and shocks nobody asked about.",
            "未记录的企业与关系，以及未提出的冲击。",
        ),
        "left_out_data": (
            "Errors of figures whose row gives no confidence: they count as exact.",
            "未标置信度的行中数字的误差：均按准确处理。",
        ),
        "left_out_common": (
            "A blank column has one true value for all rows at once; durations, culpability and parameters "
            "with a default of 0 are not varied.",
            "同一空缺列对所有行取同一个真值；持续时间、过错程度及默认值为 0 的参数不作变动。",
        ),
        "calibration_title": ("Do the bands hold?", "区间可靠吗？"),
        "calibration_how": (
            "{chains} made-up chains, {truths} truths each drawn from the priors, {count} draws a band, "
            "seed {seed}.",
            "{chains} 条虚构产业链，每条从先验抽取 {truths} 个真值，每个区间抽样 {count} 次，种子 {seed}。",
        ),
        "calibration_holds": (
            "Every band holds what it says: 80% bands 75 to 85% of the truths, 90% bands 85 to 95%.",
            "所有区间均名副其实：80% 区间包含 75% 至 85% 的真值，90% 区间包含 85% 至 95%。",
        ),
        "calibration_fails": (
            "Some bands do not hold what they say: an 80% band should hold 75 to 85% of the truths, "
            "a 90% band 85 to 95%.",
            "部分区间名不副实：80% 区间应包含 75% 至 85% 的真值，90% 区间应包含 85% 至 95%。",
        ),
        "calibration_note": (
            "The truths follow the model and its priors: this tests the sampling and the percentiles, not "
            "whether the model is right about the world. knockon back-test does that.",
            "真值遵循模型及其先验：此处检验的是抽样与分位数，而非模型是否符合现实；"
            "后者见 knockon back-test。",
        ),
        "calibration_level": ("band", "区间"),
        "calibration_inside": ("truths inside", "落入的真值"),
        "calibration_of": ("of", "总数"),
        "calibration_error": ("standard error", "标准误"),
        "calibration_yes": ("holds", "可靠"),
        "calibration_no": ("does not hold", "不可靠"),
        "calibration_unclear": ("too few truths to tell", "真值太少，无法判断"),
        "calibration_too_few": (
            "Too few truths to tell: where a band misses its aim, it may be chance alone. Ask for more.",
            "真值太少，无法判断：未达标的区间可能只是偶然。请增加链数或真值数。",
        ),
        "calibration_places": (
            "Where the truths lay among the draws, from the smallest to the largest: level is right.",
            "真值在抽样中所处的位置（由小到大）：持平为佳。",
        ),
        "worst_week": ("Share lost in the worst week", "最差一周的损失占比"),
        "fan_title": ("Value added lost, week by week", "逐周增加值损失"),
        "fan_legend": (
            "dark: 8 of 10 draws; light: 9 of 10; line: half are above",
            "深色：十次中八次；浅色：十次中九次；线：半数在其上",
        ),
        "fan_most": ("{money} a week", "每周 {money}"),
        "courses_title": ("{company}, week by week", "{company}：逐周"),
        "course_most": ("up to {share}", "最高 {share}"),
        "course_revenue_loss_share": ("Revenue lost", "收入损失"),
        "course_output_loss": ("Cannot be made", "无法生产"),
        "course_demand_loss": ("Not asked for", "需求消失"),
        "course_reputation_damage": ("Reputation damage", "声誉损害"),
        "course_churn": ("Customers lost", "客户流失"),
        "course_legal_loss": ("Legal burden", "法律负担"),
        "course_trust_loss": ("Distrust of partners", "合作方的不信任"),
        "course_attributed": ("Blame for partners", "因合作方被归责"),
        "course_associated": ("Taint", "受牵连"),
    }
)

# The English of a parameter is its doc in graph/parameters.py.
PARAMETERS_IN_CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "attention_fast_share": "快速消退的关注占比",
        "attention_fast_half_life": "快速关注的半衰期",
        "attention_slow_half_life": "慢速关注的半衰期",
        "attention_rise_half_life": "消息传开的半衰期",
        "attribution_component": "因供应商过错被归责的程度",
        "attribution_dealer": "因经销商过错被归责的程度",
        "attribution_logistics": "因物流商过错被归责的程度",
        "touch_exponent": "触及客户占比的幂",
        "association_partner": "合作方受牵连的程度",
        "association_no_contact": "客户未触及其工作的供应商牵连买方的程度",
        "association_peer_base": "竞争对手受牵连的程度",
        "association_peer_uninformed": "不知情客户中竞争对手额外受牵连的程度",
        "reputation_half_life": "声誉损害的半衰期",
        "reputation_gain": "一周充分关注造成的声誉损害",
        "trust_half_life": "合作方不信任的半衰期",
        "trust_gain": "一周充分关注造成的不信任",
        "severance_rate": "合作方离开的速度",
        "severance_exponent": "更换难易的幂",
        "legal_half_life": "法律与监管负担的半衰期",
        "legal_gain": "一周充分归责造成的法律负担",
        "order_adjustment": "订单一周内弥合差距的比例",
        "substitution_half_life": "寻找替代或其他客户的半衰期",
        "search_threshold": "开始寻找的短缺门槛",
        "refill_half_life": "库存回补的半衰期",
        "feedback": "自身损失成为新闻的程度",
        "feedback_threshold": "自身损失成为新闻的门槛",
        "word_of_mouth": "流失客户的口碑相当于新闻的程度",
        "rival_capture": "竞争对手赢得的流失客户占比",
        "acquisition_cost": "赢得新客户以替代流失客户的成本占其年购买额的比例",
        "partner_cost": "寻找新合作方以替代离开者的成本占其年交易额的比例",
        "boon_lure": "利好所能吸引的可流动客户占比",
        "disappointment_gain": "失望相当于坏名声的程度",
        "substitute_loosening": "替代品使其余客户松动的程度",
        "purchases_share": "记录不足时采购占收入的比例",
        "churn_ceiling": "最多流失的客户比例",
        "churn_exponent": "声誉损害的幂",
        "churn_out_half_life": "客户离开的半衰期",
        "churn_back_half_life": "客户回归的半衰期",
        "churn_monopoly": "垄断市场",
        "churn_differentiated": "差异化市场",
        "churn_homogeneous": "同质市场",
    }
)
