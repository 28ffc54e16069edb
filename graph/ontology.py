"""What there is in a chain: kinds of company and link, a link's allowed ends, the columns of each table.

Loaders, stores, API and documents take it from here; there is no second list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What a company does in the chain; one company may play several."""

    BRAND = "brand"
    SUPPLIER = "supplier"
    DEALER = "dealer"
    LOGISTICS = "logistics"
    PLATFORM = "platform"
    FINANCIER = "financier"
    REGULATOR = "regulator"


class LinkKind(StrEnum):
    """How two companies are tied; trade links run from the seller to the buyer."""

    SUPPLIES = "SUPPLIES"
    CARRIES_FOR = "CARRIES_FOR"
    SELLS_THROUGH = "SELLS_THROUGH"
    COMPETES_WITH = "COMPETES_WITH"
    REGULATED_WITH = "REGULATED_WITH"
    OWNS = "OWNS"


class Structure(StrEnum):
    """How freely a market's customers can leave."""

    MONOPOLY = "monopoly"
    DIFFERENTIATED = "differentiated"
    HOMOGENEOUS = "homogeneous"


TRADE = (LinkKind.SUPPLIES, LinkKind.CARRIES_FOR, LinkKind.SELLS_THROUGH)
SYMMETRIC = (LinkKind.COMPETES_WITH, LinkKind.REGULATED_WITH)
CUSTOMER_FACING = (Role.BRAND, Role.DEALER, Role.PLATFORM)


@dataclass(frozen=True, slots=True)
class Ends:
    """Who may stand at the two ends of a link: one of these roles; empty means any company."""

    source: tuple[Role, ...] = ()
    target: tuple[Role, ...] = ()


ENDS: Mapping[LinkKind, Ends] = MappingProxyType(
    {
        LinkKind.SUPPLIES: Ends(),
        LinkKind.CARRIES_FOR: Ends(source=(Role.LOGISTICS,)),
        LinkKind.SELLS_THROUGH: Ends(source=(Role.BRAND,), target=(Role.DEALER, Role.PLATFORM)),
        LinkKind.COMPETES_WITH: Ends(),
        LinkKind.REGULATED_WITH: Ends(),
        LinkKind.OWNS: Ends(),
    }
)


class Kind(StrEnum):
    """What a column's cells may hold."""

    ID = "id"
    COMPANY = "company"  # an id, or a name or alias that is unambiguous
    REFERENCE = "reference"  # the id of a row of another table
    TEXT = "text"
    TEXTS = "texts"  # several, separated by ;
    CHOICE = "choice"
    CHOICES = "choices"  # several of the choices, separated by ;
    NUMBER = "number"
    SHARE = "share"  # [0, 1]
    MONEY = "money"  # >= 0, in the store's currency once loaded
    WEEKS = "weeks"  # >= 0
    COUNT = "count"  # a whole number >= 0
    FLAG = "flag"
    DATE = "date"  # kept as ISO text, 2021-08-23


NUMERIC = (Kind.NUMBER, Kind.SHARE, Kind.MONEY, Kind.WEEKS, Kind.COUNT, Kind.FLAG)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    `refers` names the table a reference points into, `relation` the relationship that it is in a graph
    database. `synonyms` are headers that people write for it, Chinese first (the first is its label).
    """

    name: str
    kind: Kind
    doc: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    refers: str = ""
    relation: str = ""
    required: bool = False
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of fact: its columns, and those that identify a row."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    label: str
    by_name: Mapping[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", self.columns + PROVENANCE)
        object.__setattr__(self, "by_name", MappingProxyType({c.name: c for c in self.columns}))


def _id(doc: str, *synonyms: str) -> Column:
    return Column("id", Kind.ID, doc, required=True, synonyms=("编号", "代码", "标识", "ID号", *synonyms))


def _company(name: str, doc: str, relation: str, *synonyms: str, required: bool = False) -> Column:
    return Column(
        name, Kind.COMPANY, doc, refers="companies", relation=relation, required=required, synonyms=synonyms
    )


def _text(name: str, doc: str, *synonyms: str, required: bool = False) -> Column:
    return Column(name, Kind.TEXT, doc, required=required, synonyms=synonyms)


def _money(name: str, doc: str, unit: str, *synonyms: str) -> Column:
    return Column(name, Kind.MONEY, doc, unit=unit, low=0.0, synonyms=synonyms)


def _share(name: str, doc: str, *synonyms: str) -> Column:
    return Column(name, Kind.SHARE, doc, unit="0-1", low=0.0, high=1.0, synonyms=synonyms)


def _weeks(name: str, doc: str, *synonyms: str) -> Column:
    return Column(name, Kind.WEEKS, doc, unit="weeks", low=0.0, synonyms=synonyms)


def _count(name: str, doc: str, *synonyms: str) -> Column:
    return Column(name, Kind.COUNT, doc, low=0.0, synonyms=synonyms)


def _flag(name: str, doc: str, *synonyms: str) -> Column:
    return Column(name, Kind.FLAG, doc, synonyms=synonyms)


def _date(name: str, doc: str, *synonyms: str) -> Column:
    return Column(name, Kind.DATE, doc, synonyms=synonyms)


PROVENANCE = (
    _share("confidence", "how sure the figures of this row are; blank = 1", "置信度", "可信度"),
    Column(
        "assumed", Kind.TEXTS, "columns of this row whose values are assumptions", synonyms=("假设列", "假定")
    ),
    Column(
        "inferred",
        Kind.TEXTS,
        "columns of this row whose values are derived from data",
        synonyms=("推断列", "推断"),
    ),
    _text("evidence", "where the figures of this row were read", "依据", "出处", "资料来源"),
)

_LATITUDE = Column("latitude", Kind.NUMBER, "degrees north", "°", -90.0, 90.0, synonyms=("纬度", "lat"))
_LONGITUDE = Column(
    "longitude", Kind.NUMBER, "degrees east", "°", -180.0, 180.0, synonyms=("经度", "lng", "lon")
)

COMPANIES = Table(
    "companies",
    ("id",),
    (
        _id("the company's id", "公司编号", "企业编号", "company id", "company_id"),
        _text("name", "its name", "名称", "公司名称", "企业名称", "公司", "企业", "company name", "company"),
        Column(
            "roles",
            Kind.CHOICES,
            "what it does in the chain",
            choices=tuple(map(str, Role)),
            synonyms=("角色", "类型", "公司类型", "role", "type"),
        ),
        _money(
            "annual_revenue",
            "what it sells in a year",
            "currency/year",
            "年收入",
            "年营业收入",
            "营业收入",
            "营收",
            "年营收",
            "revenue",
            "turnover",
        ),
        _text("currency", "the currency of the row's money; blank = the store's", "币种", "货币"),
        _share("consumer_share", "share of revenue sold to final customers", "消费者占比", "终端客户占比"),
        Column(
            "market",
            Kind.REFERENCE,
            "the market whose customers it serves",
            refers="markets",
            relation="SERVES",
            synonyms=("市场", "所属市场"),
        ),
        _text("country", "country", "国家", "国别"),
        _text("region", "region", "地区", "区域", "省份", "省"),
        _text("city", "city", "城市", "市"),
        _text("industry", "industry, the sector of the systemic risk index", "行业", "产业", "sector"),
        _money("value_added", "revenue less purchases", "currency/year", "增加值"),
        _share("resale", "share of lost orders it can place elsewhere in the end", "转售率", "转卖率"),
        _money("cash", "cash at hand", "currency", "现金", "货币资金"),
        _money(
            "fixed_cost_per_week",
            "costs that stay when output stops",
            "currency/week",
            "每周固定成本",
            "周固定成本",
        ),
        _share(
            "contribution_margin", "share of revenue left after variable costs", "边际贡献率", "贡献毛利率"
        ),
        Column("aliases", Kind.TEXTS, "other names", synonyms=("别名", "曾用名", "alias")),
        Column(
            "identifiers",
            Kind.TEXTS,
            "scheme:value, such as lei:…",
            synonyms=("标识符", "统一社会信用代码", "identifier"),
        ),
        _LATITUDE,
        _LONGITUDE,
    ),
    "公司",
)

LINKS = Table(
    "links",
    ("source", "kind", "target", "category", "period"),
    (
        _company(
            "source",
            "the seller (trade), the owner (OWNS), either end",
            "",
            "来源",
            "卖方",
            "供方",
            "起点",
            "上游",
            "供应商",
            "供货商",
            "supplier",
            "vendor",
            "from",
            "seller",
            required=True,
        ),
        _company(
            "target",
            "the buyer (trade), the owned (OWNS), the other end",
            "",
            "目标",
            "买方",
            "需方",
            "终点",
            "下游",
            "客户",
            "采购商",
            "采购方",
            "to",
            "buyer",
            "customer",
            required=True,
        ),
        Column(
            "kind",
            Kind.CHOICE,
            "the kind of link",
            choices=tuple(map(str, LinkKind)),
            required=True,
            synonyms=("关系", "关系类型", "类型", "relation", "type", "link"),
        ),
        _text(
            "category",
            "what is traded; a buyer's need of one category is a slot",
            "品类",
            "类别",
            "物料",
            "产品类别",
        ),
        _text(
            "period",
            "blank for the link as it is; a name such as FY2018 for a closed stretch of its history",
            "期间",
            "年度",
        ),
        _money(
            "annual_value",
            "what is sold over the link in a year",
            "currency/year",
            "年金额",
            "年交易额",
            "交易额",
            "采购额",
            "value",
            "amount",
            "年采购额",
            "年供货额",
        ),
        _share("seller_share", "share of the seller's revenue", "占卖方收入比", "销售占比", "卖方占比"),
        _share("share", "share of the buyer's need of the category", "份额", "采购份额", "占比"),
        _text("currency", "the currency of the row's money; blank = the store's", "币种", "货币"),
        _flag("essential", "without it the buyer cannot work", "关键", "是否关键", "必需"),
        _share("criticality", "share of the buyer's output that stops with it", "关键度", "关键程度"),
        _weeks("inventory_weeks", "the buyer's stock", "库存周数", "库存"),
        _share(
            "substitutability", "share of a shortage that substitutes cover in the end", "可替代性", "替代性"
        ),
        _share("switching_cost", "how hard it is to leave", "转换成本", "切换成本"),
        _weeks("contract_weeks", "weeks before either side can leave", "合同周数", "合同期"),
        _share("take_or_pay", "share of the orders that must be taken", "照付不议", "照付不议比例"),
        _share(
            "recovery_rate", "share of direct costs that the supplier at fault repays", "追偿率", "赔付率"
        ),
        _share(
            "touch",
            "share of the blamed company's customers that the partner's work reaches",
            "触达",
            "触达率",
        ),
        _share("attribution", "how much the blamed side is blamed for the other", "归责", "归因系数"),
        _share("closeness", "how alike two competitors are", "相近度", "接近度"),
        _share("informed", "share of customers who can tell two competitors apart", "知情度"),
        _share("regulatory_exposure", "how much a probe of one reaches the other", "监管敞口", "监管关联"),
        _date("since", "first day of the link", "开始日期", "起始日期", "自"),
        _date("until", "first day without the link", "结束日期", "终止日期", "至"),
    ),
    "关系",
)

MARKETS = Table(
    "markets",
    ("id",),
    (
        _id("the market's id", "市场编号", "market id"),
        _text("name", "its name", "名称", "市场名称", "市场"),
        Column(
            "structure",
            Kind.CHOICE,
            "how freely customers can leave; blank = differentiated",
            choices=tuple(map(str, Structure)),
            synonyms=("结构", "市场结构"),
        ),
        _text("region", "region", "地区", "区域"),
    ),
    "市场",
)

PRODUCTS = Table(
    "products",
    ("id",),
    (
        _id("the product's id", "产品编号", "product id"),
        _company("company", "who makes it", "MAKES", "公司", "企业", "品牌", "brand", "maker"),
        _text("name", "its name", "名称", "产品名称", "产品", "型号"),
        _share("revenue_share", "share of the company's revenue", "收入占比", "营收占比"),
        _date("launched", "first day on sale", "上市日期", "发布日期"),
    ),
    "产品",
)

PARTS = Table(
    "parts",
    ("product", "category", "supplier"),
    (
        Column(
            "product",
            Kind.REFERENCE,
            "the product it goes into",
            refers="products",
            relation="CONTAINS",
            required=True,
            synonyms=("产品", "产品编号"),
        ),
        _text(
            "category",
            "the category that the product's maker buys",
            "品类",
            "类别",
            "部件类别",
        ),
        _company("supplier", "who supplies it", "SUPPLIED_BY", "供应商", "供货商", "vendor"),
        _share("share", "the supplier's share of it", "份额", "占比"),
        _text("name", "the component's name", "名称", "部件名称", "部件", "component"),
        _weeks("lead_weeks", "time from order to delivery", "交货周数", "提前期", "lead time"),
    ),
    "部件",
)

BATCHES = Table(
    "batches",
    ("id",),
    (
        _id("the batch's id", "批次号", "批号", "batch id"),
        Column(
            "product",
            Kind.REFERENCE,
            "the product",
            refers="products",
            relation="OF",
            synonyms=("产品", "产品编号"),
        ),
        _text("category", "the component's category", "品类", "类别"),
        _company("supplier", "who made it", "MADE_BY", "供应商", "供货商"),
        _date("made_from", "first day of making", "生产起始", "生产日期起"),
        _date("made_until", "last day of making", "生产截止", "生产日期止"),
        _count("quantity", "pieces", "数量", "件数"),
    ),
    "批次",
)

OUTLETS = Table(
    "outlets",
    ("id",),
    (
        _id("the outlet's id", "门店编号", "outlet id", "store id"),
        _company("company", "who runs it", "OPERATES", "公司", "经营方", "dealer"),
        _text("name", "its name", "名称", "门店名称", "门店"),
        _text("address", "address", "地址"),
        _text("city", "city", "城市", "市"),
        _text("region", "region", "地区", "区域", "省份"),
        _text("country", "country", "国家"),
        _LATITUDE,
        _LONGITUDE,
    ),
    "门店",
)

EVENTS = Table(
    "events",
    ("id",),
    (
        _id("the event's id", "事件编号", "event id"),
        _company("company", "whom it befell", "ABOUT", "公司", "企业"),
        _text("kind", "recall, strike, fire …", "类型", "事件类型", "type"),
        _date("date", "when", "日期", "时间", "发生日期"),
        _share("severity", "how much failed", "严重程度", "严重度"),
        _money("direct_cost", "what it cost", "currency", "直接成本", "直接损失", "cost"),
        _text("currency", "the currency of the row's money; blank = the store's", "币种", "货币"),
        _text("text", "what happened", "描述", "内容", "说明", "description"),
        _text("url", "where it was read", "网址", "链接", "link"),
    ),
    "事件",
)

COMPLAINTS = Table(
    "complaints",
    ("id",),
    (
        _id("the complaint's id", "投诉编号", "complaint id", "ODI number"),
        _date("date", "when it was made", "日期", "投诉日期", "时间", "datetime"),
        _company("company", "the brand it was made against", "ABOUT", "公司", "品牌", "企业", "brand"),
        Column(
            "product",
            Kind.REFERENCE,
            "the product",
            refers="products",
            relation="ABOUT",
            synonyms=("产品", "车型", "型号", "model", "car_model"),
        ),
        _text("category", "the category of the fault", "品类", "类别", "问题类别", "problem"),
        Column("component", Kind.TEXTS, "the components named", synonyms=("部件", "零部件", "components")),
        _flag("crash", "a crash", "碰撞", "事故"),
        _flag("fire", "a fire", "起火", "火灾"),
        Column(
            "batch",
            Kind.REFERENCE,
            "the batch",
            refers="batches",
            relation="ABOUT",
            synonyms=("批次", "批号"),
        ),
        Column(
            "outlet",
            Kind.REFERENCE,
            "the outlet",
            refers="outlets",
            relation="ABOUT",
            synonyms=("门店", "store"),
        ),
        _company("courier", "who delivered", "ABOUT", "快递公司", "物流公司", "承运商", "carrier"),
        _text("staff", "the employee named", "员工", "店员"),
        Column("rating", Kind.NUMBER, "the customer's rating", synonyms=("评分", "星级", "score")),
        _text(
            "text",
            "what the customer wrote",
            "内容",
            "投诉内容",
            "正文",
            "描述",
            "desc",
            "description",
            "summary",
        ),
        _text("language", "its language", "语言"),
        _text("status", "where it stands", "状态", "处理状态"),
        _date("purchase_date", "when the product was bought", "购买日期"),
        _count("mileage", "distance run [km or miles as stated]", "里程", "行驶里程"),
        _count("injured", "people injured", "受伤人数"),
        _count("deaths", "people killed", "死亡人数"),
    ),
    "投诉",
)

RATES = Table(
    "rates",
    ("currency",),
    (
        Column("currency", Kind.TEXT, "the currency", required=True, synonyms=("币种", "货币")),
        Column(
            "rate",
            Kind.NUMBER,
            "units of the store's currency for one unit of it",
            "store currency",
            low=0.0,
            required=True,
            synonyms=("汇率",),
        ),
    ),
    "汇率",
)

# In the order of loading: what others refer to comes first.
TABLES: Mapping[str, Table] = MappingProxyType(
    {
        t.name: t
        for t in (RATES, MARKETS, COMPANIES, PRODUCTS, BATCHES, OUTLETS, PARTS, LINKS, EVENTS, COMPLAINTS)
    }
)


# Relations that are named from the end that is referred to: a company MAKES a product.
OUTWARD = frozenset({"MAKES", "OPERATES", "CONTAINS"})


def default_category(kind: str, source: str) -> str:
    """The category that a blank one stands for: `delivery`, `goods:<brand id>`, or the empty name."""
    if kind == LinkKind.CARRIES_FOR:
        return "delivery"
    if kind == LinkKind.SELLS_THROUGH:
        return f"goods:{source}"
    return ""
