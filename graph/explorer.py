"""One store, its network, and the questions that may be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock

from graph.errors import Ambiguous, NotFound, ScenarioError
from graph.filters import MOST, Filters
from graph.impact.impact import Impact, reckon
from graph.impact.propagation import Progress
from graph.model import Fact
from graph.names import key
from graph.network import Network, compile_network
from graph.ontology import TABLES
from graph.scenario import Outage, Scenario, Shock
from graph.stores.base import Neighbourhood, Store
from graph.stores.names_index import names_of

_NETWORKS = 4  # dates whose networks are kept


@dataclass(frozen=True, slots=True)
class Portrait:
    """A company and all that refers to it, by table, at most `limit` facts a table."""

    company: Fact
    related: Mapping[str, tuple[Fact, ...]]
    cut: frozenset[str]  # tables of which more are there


class Explorer:
    """Answers questions about the chain in one store. Threads may share it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._networks: dict[str, Network] = {}
        self._lock = Lock()

    def network(self, as_of: str = "") -> Network:
        """The chain compiled, again only where the store's revision moved. Raises StoreError."""
        revision = self.store.snapshot().revision
        with self._lock:
            known = self._networks.get(as_of)
            if known is None or known.snapshot.revision != revision:
                known = compile_network(self.store, as_of)
                fresh = [(d, n) for d, n in self._networks.items() if n.snapshot.revision == revision]
                self._networks = dict([*fresh, (as_of, known)][-_NETWORKS:])
            return known

    def find(self, name: str) -> Fact:
        """The company of this id, or of this name or alias after case, punctuation, width and legal form.

        Raises NotFound, naming the closest, or Ambiguous, naming those that bear the name.
        """
        if by_id := self.store.read("companies", [(name,)]):
            return by_id[(name,)]
        found = self.store.search(name, 20) if name.strip() else []
        wanted = key(name)
        exact = [company for company, _ in found if wanted in {key(n) for n in names_of(company)}]
        if len(exact) == 1:
            return exact[0]
        if exact:
            raise Ambiguous(
                f"{name!r} is the name of {len(exact)} companies: {_listed(exact)}",
                candidates=_candidates(exact),
                remedy="name one by its id",
            )
        closest = [company for company, _ in found[:5]]
        remedy = f"did you mean {_listed(closest)}?" if closest else "see the companies by: knockon companies"
        raise NotFound(f"there is no company {name!r}", candidates=_candidates(closest), remedy=remedy)

    def companies(self, query: str = "", role: str = "", after: str = "", limit: int = 100) -> list[Fact]:
        """Companies by id after `after`, or those like `query`, best first; of a role, if given."""
        if not query:
            return self.store.page(role, after, limit)
        found = [company for company, _ in self.store.search(query, limit if not role else 10 * limit)]
        return [c for c in found if not role or role in _roles(c)][:limit]

    def show(self, name: str, limit: int = 50) -> Portrait:
        """A company and what refers to it. Raises NotFound, Ambiguous."""
        company = self.find(name)
        related: dict[str, tuple[Fact, ...]] = {}
        cut = set()
        for table in TABLES:
            if table in ("companies", "rates", "markets"):
                continue
            facts: list[Fact] = []
            for fact in self.store.scan(table, company.id):
                if len(facts) == limit:
                    cut.add(table)
                    break
                facts.append(fact)
            related[table] = tuple(facts)
        return Portrait(company, related, frozenset(cut))

    def chain(self, name: str, depth: int, limit: int = 200) -> Neighbourhood:
        """What stands around a company. Raises NotFound, Ambiguous."""
        return self.store.neighbourhood(self.find(name).id, depth, limit)

    def resolve(self, scenario: Scenario) -> Scenario:
        """The same scenario with every company as id, and each filter as one shock a company.

        Raises ScenarioError naming the field.
        """
        shocks: list[Shock] = []
        filters = None
        for number, shock in enumerate(scenario.shocks):
            found = self._resolved(shock, number)
            if not found.where:
                shocks.append(found)
                continue
            filters = filters or Filters(self.store, self.network(scenario.as_of))
            shocks += _spread(found, filters.matching(found, f"shocks.{number}"))
            if len(shocks) > MOST:
                raise ScenarioError(
                    f"the filters match more than {MOST} companies in all",
                    field=f"shocks.{number}.where",
                    remedy="narrow them",
                )
        return replace(scenario, shocks=tuple(shocks))

    def what_if(
        self,
        scenario: Scenario,
        *,
        flows: bool = False,
        progress: Progress | None = None,
    ) -> Impact:
        """What the scenario does to the chain (impact.reckon). Raises ScenarioError, StoreError."""
        network, asked = self.network(scenario.as_of), self.resolve(scenario)
        return reckon(network, asked, flows=flows, progress=progress)

    def _resolved(self, shock: Shock, number: int) -> Shock:
        def find(name: str, field: str) -> str:
            if not name:
                return name
            try:
                return self.find(name).id
            except NotFound as error:
                raise ScenarioError(
                    error.message,
                    field=f"shocks.{number}.{field}",
                    remedy=error.remedy,
                    candidates=error.candidates,
                ) from error

        costs = tuple(
            replace(
                c,
                bearer=find(c.bearer, f"direct_costs.{k}.bearer"),
                supplier=find(c.supplier, f"direct_costs.{k}.supplier"),
            )
            for k, c in enumerate(shock.direct_costs)
        )
        if isinstance(shock, Outage):
            shock = replace(shock, target=find(shock.target, "target"))
        return replace(shock, company=find(shock.company, "company"), direct_costs=costs)


def _spread(shock: Shock, ids: Sequence[str]) -> list[Shock]:
    """The shock at each of these companies; the first bears the direct costs, which are paid once."""
    rest = replace(shock, where=(), direct_costs=())
    first = replace(rest, company=ids[0], direct_costs=shock.direct_costs)
    return [first, *(replace(rest, company=key) for key in ids[1:])]


def _roles(company: Fact) -> Sequence[str]:
    roles = company.values.get("roles", ())
    return roles if isinstance(roles, tuple) else ()


def _candidates(companies: Sequence[Fact]) -> tuple[tuple[str, str], ...]:
    return tuple((c.id, str(c.values["name"])) for c in companies)


def _listed(companies: Sequence[Fact]) -> str:
    return ", ".join(f"{name} ({key})" for key, name in _candidates(companies))
