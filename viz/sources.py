"""Where a company's figures come from: its facts' files and rows, evidence, and what is not observed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice

import numpy as np

from graph.impact.impact import Impact
from graph.model import Fact
from graph.stores.base import Store
from viz.texts import NAME, fit
from viz.words import Words

Teller = Callable[[Sequence[str]], Iterable[Fact]]
"""Given ids of companies, the facts about them: their rows of `companies` and of `links`."""

LINKS = 12  # told of one company


def told_by(store: Store, links: int = LINKS) -> Teller:
    """Takes the facts from a store: each company, and up to so many of its links."""

    def tell(ids: Sequence[str]) -> Iterable[Fact]:
        yield from store.read("companies", [(i,) for i in ids]).values()
        for company in ids:
            yield from islice(store.scan("links", company), links + 1)

    return tell


def origins(facts: Iterable[Fact], ids: Sequence[str], words: Words) -> Mapping[str, tuple[str, ...]]:
    """For each company, sentences on where it and its links were told; a company's own row first."""
    told: dict[str, list[str]] = {company: [] for company in ids}
    links: dict[str, dict[tuple[str, ...], str]] = {company: {} for company in ids}
    for fact in facts:
        sentence = _sentence(fact, words)
        if fact.table == "companies" and fact.id in told:
            told[fact.id].append(sentence)
        elif fact.table == "links":
            for end in {fact.key[0], fact.key[2]} & links.keys():
                links[end][fact.key] = sentence
    for company, about in links.items():
        sentences = list(about.values())
        told[company] += sentences[:LINKS]
        if len(sentences) > LINKS:
            told[company].append("…")
    return {company: tuple(sentences) for company, sentences in told.items()}


def blanks(impact: Impact, company: int, words: Words) -> tuple[str, ...]:
    """Which of a company's figures the data leave blank, and what stands in."""
    numbers, network = impact.network.numbers, impact.network
    said = []
    if np.isnan(numbers["annual_revenue"][company]):
        said.append(words("revenue_blank"))
    if np.isnan(numbers["value_added"][company]):
        said.append(words("value_added_blank"))
    if network.structure[company] < 0:
        said.append(words("market_blank"))
    return tuple(said)


def _sentence(fact: Fact, words: Words) -> str:
    about = ""
    if fact.table == "links":
        source, kind, target, category = fact.key[:4]
        about = f"{fit(source, NAME)} → {fit(target, NAME)}, {kind}"
        about += f" {fit(category, NAME)}: " if category else ": "
    parts = [words("told_in", ref=fit(fact.source_ref, NAME))] if fact.source_ref else []
    others = sorted({ref for ref in fact.refs.values() if ref} - {fact.source_ref})
    parts += [fit(ref, NAME) for ref in others[:3]]
    if isinstance(evidence := fact.values.get("evidence"), str):
        parts.append(fit(evidence, 2 * NAME))
    for status in ("assumed", "inferred"):
        named = fact.values.get(status)
        if isinstance(named, tuple) and named:
            columns = words("list").join(fit(name, NAME).replace("_", " ") for name in named)
            parts.append(words(f"status_{status}", columns=columns))
    return about + " · ".join(parts)
