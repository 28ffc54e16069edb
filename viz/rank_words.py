"""What a ranking says, in English and in Chinese: part of viz.words.PHRASES."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

RANK: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "rank_title": ("Who matters most", "谁最关键"),
        "rank_all": ("the whole chain", "整条链"),
        "rank_outage": (
            "Each company stops for {weeks} weeks in turn: what does {to} lose?",
            "逐一假设每家企业停产 {weeks} 周：{to}损失多少？",
        ),
        "rank_outage_share": (
            "Each company loses {severity} of its output for {weeks} weeks in turn: what does {to} lose?",
            "逐一假设每家企业产出下降 {severity}、持续 {weeks} 周：{to}损失多少？",
        ),
        "rank_scandal": (
            "A scandal of harm {harm} hits each company in turn: what does {to} lose?",
            "逐一假设每家企业爆出危害 {harm} 的丑闻：{to}损失多少？",
        ),
        "rank_head": (
            "Most dangerous to {to}: {company}, {money} within {horizon} weeks.",
            "对{to}最危险的是{company}：{horizon} 周内损失 {money}。",
        ),
        "rank_nobody": (
            "No other company's failure costs {to} anything within {horizon} weeks.",
            "{horizon} 周内，没有其他企业的故障会使{to}受损。",
        ),
        "rank_counted": (
            "{hurting} of {all} companies can cost it anything; over {horizon} weeks.",
            "{all} 家企业中有 {hurting} 家会造成损失；期限 {horizon} 周。",
        ),
        "rank_own": ("Its own failure costs it {money}.", "其自身故障的损失为 {money}。"),
        "rank_loss_to": ("loss", "损失"),
        "rank_of_revenue": ("of its revenue", "占其收入"),
        "rank_of_added": ("of value added", "占增加值"),
        "rank_a_week": ("a week out", "每停一周"),
        "rank_traded": ("traded a year", "年交易额"),
        "rank_revenue": ("its revenue", "其年收入"),
        "rank_survives": ("survives", "可支撑"),
        "rank_supply_lasts": ("supply lasts", "供应可维持"),
        "rank_recovers": ("recovers", "恢复需"),
        "rank_exposure": ("exposure", "风险敞口"),
        # why
        "rank_because": ("{cause}{way}.", "{cause}{way}。"),
        "rank_by_alone": (
            "{target} gets all of its {category} from it alone ({stock}, {replaced})",
            "{target}的{category}全部由其独家供应（{stock}，{replaced}）",
        ),
        "rank_by_share": (
            "{target} gets {share} of its {category} from it ({stock}, {replaced})",
            "{target}的{category}有 {share} 由其供应（{stock}，{replaced}）",
        ),
        "rank_by_goods": (
            "{share} of what {target} buys are its goods ({stock}, {replaced})",
            "{target}的采购有 {share} 是它的货品（{stock}，{replaced}）",
        ),
        "rank_no_stock": ("no stock", "无库存"),
        "rank_stock": ("stock for {weeks} weeks", "库存可用 {weeks} 周"),
        "rank_not_replaced": ("nothing replaces it", "无可替代"),
        "rank_replaced": ("{share} can be replaced in time", "其中 {share} 日后可替代"),
        "rank_unnamed": ("supplies", "物料"),
        "rank_goods": ("goods of {brand}", "{brand}的货物"),
        "rank_by_orders": (
            "it buys {share} of what {target} sells",
            "{target}的销售额有 {share} 来自它",
        ),
        "rank_by_blame": (
            "customers blame {target} for what it does (weight {weight})",
            "顾客会把它的过失归咎于{target}（权重 {weight}）",
        ),
        "rank_by_association": (
            "{target} is tainted by standing near it (weight {weight})",
            "{target}与其相近而受牵连（权重 {weight}）",
        ),
        "rank_by_legal": (
            "{target} is looked into when it is (weight {weight})",
            "它受查处时{target}也会被查（权重 {weight}）",
        ),
        "rank_by_brand_churn": (
            "{share} of what {target} sells is its brand",
            "{target}的货品有 {share} 属其品牌",
        ),
        "rank_by_itself": (
            "nearly all of the loss is its own",
            "损失几乎全部是它自身的",
        ),
        "rank_no_way": ("no single way stands out", "没有突出的单一路径"),
        "rank_way": ("; from there it reaches {to} by way of {names}", "；再经{names}波及{to}"),
        "rank_way_next": ("; from there it reaches {to}", "；由此波及{to}"),
        "rank_hardest": (
            "; hardest hit beside it: {company}, {money}",
            "；除其自身外受损最重：{company}，{money}",
        ),
        "rank_line": ("{number}  {company}: {why}", "{number}  {company}：{why}"),
        # what stands behind
        "rank_single": (
            "Single sources: {count} needs have one seller, {strict} of them without any substitute. "
            "The worst: {names}.",
            "单一来源：{count} 项需求只有一家供应，其中 {strict} 项无可替代。最严重的：{names}。",
        ),
        "rank_single_one": ("{seller} → {buyer} ({category})", "{seller} → {buyer}（{category}）"),
        "rank_hidden": (
            "Hidden (small trade, large loss): {names}.",
            "隐性关键（交易少、损失大）：{names}。",
        ),
        "rank_hidden_none": (
            "Nobody is hidden: no large loss comes with little trade.",
            "没有隐性关键企业：大额损失都伴随大额交易。",
        ),
        "rank_diamonds": (
            "Shared behind different suppliers: {names}.",
            "不同供应商背后的共同上游：{names}。",
        ),
        "rank_diamond_one": (
            "{shared} (behind {share} of {category} for {buyer})",
            "{shared}（{buyer}的{category}有 {share} 依赖它）",
        ),
        "rank_hhi": (
            "Most concentrated needs (HHI): {names}.",
            "最集中的品类（HHI）：{names}。",
        ),
        "rank_weakest": ("Weakest link of each brand: {names}.", "各品牌最薄弱的一环：{names}。"),
        "rank_weakest_one": ("{brand}: {company} ({money})", "{brand}：{company}（{money}）"),
        "rank_accounts": (
            "Key accounts of {company}: {names}; {share} with the {count} largest.",
            "{company}的大客户：{names}；最大 {count} 家占 {share}。",
        ),
        "rank_runway": (
            "Without them its cash lasts {weeks} weeks.",
            "失去它们后现金可支撑 {weeks} 周。",
        ),
        "rank_exposed": (
            "Felt before the partner is back (first week < recovers): {names}.",
            "对方恢复之前即已受损（首周 < 恢复需）：{names}。",
        ),
        "rank_by": ("By {grouping}", "按{grouping}"),
        "rank_by_role": ("role", "角色"),
        "rank_by_tier": ("tier", "层级"),
        "rank_by_country": ("country", "国家"),
        "rank_by_region": ("region", "地区"),
        "rank_by_category": ("category sold", "所售品类"),
        "rank_by_none": (
            "No company that was reckoned says it: this needs the column {column} of the table {table}.",
            "参与推演的企业均未说明此项：需要在表 {table} 中填写列 {column}。",
        ),
        "rank_by_no_tier": (
            "No trade leads to a brand, from which tiers are counted: this needs a company whose roles, in "
            "the table companies, name brand.",
            "没有交易通向品牌，而层级从品牌数起：需要在表 companies 的列 roles 中有企业为 brand。",
        ),
        "rank_count": ("companies", "企业数"),
        "rank_mean": ("mean loss", "平均损失"),
        "rank_largest": ("largest loss", "最大损失"),
        "rank_largest_of": ("of", "来自"),
        "rank_scatter": ("Danger beside trade", "危险与交易额"),
        "rank_scatter_note": (
            "Each dot is a company: to the right more trade, upwards more loss. Filled: hidden.",
            "每点一家企业：越右交易越多，越上损失越大。实心：隐性关键。",
        ),
        "rank_scatter_revenue": ("its revenue a year", "其年收入"),
        "rank_scatter_y": ("loss", "损失"),
        "rank_nothing_traded": ("no trade", "无交易"),
        "rank_behind": ("What stands behind", "背后的结构"),
        "rank_adds_not": (
            "Losses are of one failure each, on its own: they do not add up.",
            "各项损失均为单独一次故障所致，不可相加。",
        ),
        "rank_kept": (
            "The figures could not be kept for the next time: {reason}",
            "结果未能保存备用：{reason}",
        ),
        "rank_stopped": (
            "What was reckoned so far is kept: run the same again to go on.",
            "已算出的部分已保存：再次运行同一命令即可继续。",
        ),
        "ranking": ("Failures", "逐一推演"),
    }
)
