"""Who matters most: every figure is that of a what-if of the same failure, whatever thread reckoned it."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from graph.errors import ScenarioError
from graph.impact import criticality, kept, parts
from graph.impact.criticality import Question, Ranking, Shock, rank
from graph.impact.impact import NEVER, WEEKS_A_YEAR, first_and_last, reckon
from graph.network import Network
from graph.scenario import Outage, Scandal, Scenario
from tests.cases import row, tables
from tests.chains import chains, random_chain
from tests.networks import golden_tables, network_of

OUTAGE, SCANDAL = Outage("", 1.0, 4), Scandal("", 0.5)
FIGURES = ("loss", "value_added_loss", "gross_revenue_loss", "own_loss", "first_week", "time_to_survive",
           "exposure", "exposed_week", "weakest", "weakest_loss")  # fmt: skip


def close(found: float, expected: float) -> bool:
    return abs(found - expected) <= 1e-12 * abs(expected)


def earliest(weeks: NDArray[np.int64]) -> int:
    """The first of these weeks, NEVER where there is none."""
    return int(min(weeks[weeks != NEVER], default=NEVER))


def against_what_ifs(network: Network, question: Question, ranking: Ranking) -> None:
    """Each company fails in a what-if of its own."""
    to = ranking.to
    weakest: dict[int, list[tuple[float, int]]] = {int(b): [] for b in np.flatnonzero(network.plays("brand"))}
    for place, company in enumerate(network.ids):
        shock = replace(question.shock, company=company)
        impact = reckon(
            network,
            Scenario(shocks=(shock,), horizon_weeks=question.horizon_weeks, parameters=question.parameters),
        )
        lost = impact.value_added_loss if to is None else impact.revenue_loss[to]
        assert close(ranking.loss[place], lost), company
        if not ranking.reckoned[place]:
            assert lost == 0.0
            continue
        assert close(ranking.value_added_loss[place], impact.value_added_loss)
        assert close(ranking.gross_revenue_loss[place], impact.gross_revenue_loss)
        assert close(ranking.own_loss[place], impact.revenue_loss[place])
        others = [i for i in np.flatnonzero(impact.chain.revenue > 0) if i != place]
        first = impact.answers.first_week[others if to is None else [to]]
        assert ranking.first_week[place] == earliest(first)
        if not isinstance(shock, Outage):
            assert ranking.time_to_survive[place] == earliest(first)
        elif to is not None:
            assert ranking.time_to_survive[place] == impact.answers.time_to_survive[to]
        else:
            unmade = reckon(network, impact.scenario.endless()).series["output_loss"]
            assert ranking.time_to_survive[place] == earliest(first_and_last(unmade[:, others])[0])
        for brand in weakest.keys() - {place}:
            weakest[brand].append((float(impact.revenue_loss[brand]), place))
    for brand, losses in weakest.items():
        most = max((lost for lost, _ in losses), default=0.0)
        if ranking.reckoned[brand]:
            assert close(ranking.weakest_loss[brand], most)
            ties = {by for lost, by in losses if most > 0 and close(lost, most)}
            assert ranking.weakest[brand] in (ties or {NEVER})


@pytest.mark.parametrize("shock", [OUTAGE, SCANDAL])
@pytest.mark.parametrize("chain", ["weekly_9", "weekly_14"])
def test_every_figure_is_that_of_a_what_if(chain: str, shock: Shock) -> None:
    network = network_of(golden_tables(chain))
    for to in ("", *network.ids):
        question = Question(shock, to)
        against_what_ifs(network, question, rank(network, question))


@settings(max_examples=40)
@given(st.data())
def test_every_figure_is_that_of_a_what_if_on_random_chains(data: st.DataObject) -> None:
    network = network_of(data.draw(chains()))
    shock = data.draw(
        st.sampled_from([OUTAGE, SCANDAL, Outage("", 0.6, 2, recovery="linear", recovery_weeks=3)])
    )
    to = data.draw(st.sampled_from(["", *network.ids]))
    feedback = data.draw(st.sampled_from([0.0, 0.0, 0.4]))
    question = Question(shock, to, horizon_weeks=data.draw(st.sampled_from([1, 12, 30])),
                        parameters={"feedback": feedback})  # fmt: skip
    against_what_ifs(network, question, rank(network, question))


def test_times_to_recover_give_the_exposure() -> None:
    network = network_of(golden_tables("weekly_14"))
    to = network.ids[0]
    question = Question(OUTAGE, to, recovery_weeks=9, recovery={network.ids[3]: 2})
    ranking = rank(network, question)
    for place in np.flatnonzero(ranking.reckoned):
        weeks = 2 if place == 3 else 9
        shock = replace(OUTAGE, company=network.ids[place], duration_weeks=weeks)
        lost = reckon(network, Scenario(shocks=(shock,))).revenue_loss[0]
        assert close(ranking.exposure[place], lost)
        survives = ranking.time_to_survive[place]
        assert ranking.exposed[place] == (survives != NEVER and survives < weeks)
    assert ranking.exposed.any()
    assert ranking.exposed_week[ranking.exposed].tolist() == ranking.time_to_survive[ranking.exposed].tolist()
    without = rank(network, Question(OUTAGE, to, recovery={network.ids[3]: 2}))
    assert np.flatnonzero(~np.isnan(without.exposure)).tolist() == [3] * int(ranking.reckoned[3])


@pytest.mark.parametrize("weeks", [1, 2, 9])
@pytest.mark.parametrize("chain", ["weekly_9", "weekly_14"])
def test_all_are_exposed_to_what_is_felt_without_an_end_before_it_is_back(chain: str, weeks: int) -> None:
    network = network_of(golden_tables(chain))
    ranking = rank(network, Question(OUTAGE, recovery_weeks=weeks))
    for place, company in enumerate(network.ids):
        first = reckon(network, Scenario(shocks=(replace(OUTAGE, company=company, duration_weeks=52),)))
        felt = earliest(np.delete(first.answers.first_week, place))
        assert ranking.exposed_week[place] == (felt if felt < weeks else NEVER)


def test_the_bytes_are_the_same_whoever_reckons_what(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On one thread or several, in blocks and parts of any size, taken from what was kept or not."""
    monkeypatch.setattr(criticality, "WORTH_KEEPING", 0)
    for seed in range(12):
        rng = random.Random(seed)
        network = network_of(random_chain(rng, rng.randint(2, 14), rng.randint(0, 25)))
        question = Question(rng.choice([OUTAGE, SCANDAL]), rng.choice(["", *network.ids]), horizon_weeks=20)
        expected = rank(network, question, workers=1)
        monkeypatch.setattr(criticality, "BLOCK", rng.randint(1, 5))
        for workers in (1, 3):
            for folder in (None, tmp_path):
                found = rank(network, question, workers=workers, keep_in=folder)
                for name in FIGURES:
                    assert getattr(found, name).tobytes() == getattr(expected, name).tobytes(), name
        monkeypatch.setattr(criticality, "BLOCK", 32)


class Stopped(Exception):
    pass


def test_a_stopped_run_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(criticality, "WORTH_KEEPING", 0)
    monkeypatch.setattr(criticality, "BLOCK", 2)
    network = network_of(golden_tables("weekly_14"))
    question = Question(OUTAGE)

    def stop(done: int, runs: int) -> None:
        if done >= 6:
            raise Stopped

    with pytest.raises(Stopped):
        rank(network, question, workers=1, keep_in=tmp_path, progress=stop)
    failed: list[int] = []
    fail = criticality.Bench.fail
    monkeypatch.setattr(
        criticality.Bench,
        "fail",
        lambda self, company, *a, **k: failed.append(company) or fail(self, company, *a, **k),
    )
    found = rank(network, question, workers=1, keep_in=tmp_path)
    again = len(failed)
    assert again <= 2 * len(network) - 6
    assert found.loss.tobytes() == rank(network, question, workers=1).loss.tobytes()
    failed.clear()
    told: list[tuple[int, int]] = []
    rank(network, question, keep_in=tmp_path, progress=lambda *done: told.append(done))
    assert not failed, "all of it was kept"
    assert told[-1] == (2 * len(network), 2 * len(network))


def test_what_is_kept_is_of_these_facts_this_question_and_this_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(criticality, "WORTH_KEEPING", 0)
    chain = golden_tables("weekly_9")
    network = network_of(chain)
    seen = set()

    def folders() -> set[str]:
        found = {each.name for each in tmp_path.iterdir()} - seen
        seen.update(found)
        return found

    question = Question(SCANDAL)
    rank(network, question, keep_in=tmp_path)
    assert len(folders()) == 1
    rank(network, question, keep_in=tmp_path)
    assert not folders()
    for other in (
        replace(question, to=network.ids[0]), replace(question, horizon_weeks=51),
        replace(question, threshold=0.02), replace(question, parameters={"trust_gain": 0.2}),
        replace(question, shock=replace(SCANDAL, reach="trade")), replace(question, as_of="2020-01-01"),
    ):  # fmt: skip
        rank(network, other, keep_in=tmp_path)
        assert len(folders()) == 1, other
    chain["companies"][0]["annual_revenue"] = "123456"
    rank(network_of(chain), question, keep_in=tmp_path)
    assert len(folders()) == 1
    monkeypatch.setattr(kept, "code", lambda: "a later version")
    rank(network, question, keep_in=tmp_path)
    assert len(folders()) == 1


def test_what_is_damaged_is_reckoned_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(criticality, "WORTH_KEEPING", 0)
    network = network_of(golden_tables("weekly_9"))
    expected = rank(network, Question(OUTAGE), keep_in=tmp_path)
    for file in tmp_path.glob("*/whole.npz"):
        whole = file.read_bytes()
        for damaged in (b"", whole[: len(whole) // 2], b"x" * 200, whole[:400] + b"\0\1\2\3" + whole[404:]):
            file.write_bytes(damaged)
            assert rank(network, Question(OUTAGE), keep_in=tmp_path).loss.tobytes() == expected.loss.tobytes()


def test_a_folder_that_takes_nothing_is_told_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(criticality, "WORTH_KEEPING", 0)
    (tmp_path / "file").write_text("in the way")
    network = network_of(golden_tables("weekly_9"))
    found = rank(network, Question(OUTAGE), keep_in=tmp_path / "file")
    assert "file" in found.not_kept
    assert found.loss.tobytes() == rank(network, Question(OUTAGE)).loss.tobytes()


def test_parts_are_what_no_link_leads_out_of(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(40):
        rng = random.Random(seed)
        network = network_of(random_chain(rng, rng.randint(1, 20), rng.randint(0, 25)))
        monkeypatch.setattr(parts, "TOGETHER", rng.choice([1, 3, 512]))
        found = list(parts.parts(network))
        assert sorted(np.concatenate(found).tolist()) == list(range(len(network)))
        part = np.zeros(len(network), int)
        for number, places in enumerate(found):
            part[places] = number
        for one, other in (
            (network.trade.seller, network.trade.buyer),
            (network.competes.source, network.competes.target),
            (network.regulated.source, network.regulated.target),
        ):
            assert (part[one] == part[other]).all()
        for place in range(len(network)):
            own = parts.part_of(network, place)
            assert place in own
            assert len(set(part[own])) == 1


def one_supplier(**link: object) -> Network:
    """A sells all it makes to B, which needs it for .8 of its output and can replace half of it in time."""
    companies = [
        row(id="a", roles="supplier", annual_revenue=52),
        row(id="b", roles="brand", annual_revenue=520),
    ]
    return network_of(
        tables(
            companies,
            row(source="a", target="b", kind="SUPPLIES", category="cells", annual_value=52, **link),
        )
    )


def test_one_supplier_by_hand() -> None:
    """Week 0: A is out. Week 1: B misses 1 · (1 − .5·0), x = .8; then ρ = 1 − 2^(−1/8), and so on."""
    network = one_supplier()
    ranking = rank(network, Question(Outage("", 1.0, 1), "b"))
    assert [network.ids[i] for i in ranking.order] == ["a"]
    assert ranking.loss[0] == pytest.approx(0.8 * 520 / WEEKS_A_YEAR, rel=1e-9)
    assert ranking.time_to_survive[0] == 1
    assert ranking.weakest[1] == 0


def test_what_stock_lets_survive_by_hand() -> None:
    """B uses up 1, .96 and .92 weeks of 3, and misses .89 more; when it fails, A loses orders in week 1.

    Of all, neither who fails nor orders that stay away count, or a chain would survive nothing.
    """
    ranking = rank(one_supplier(inventory_weeks=3), Question(Outage("", 1.0, 1)))
    assert ranking.time_to_survive.tolist() == [4, NEVER]
    assert ranking.first_week.tolist() == [NEVER, 1]
    assert rank(one_supplier(), Question(Outage("", 1.0, 1))).time_to_survive.tolist() == [1, NEVER]


@pytest.mark.parametrize(("weeks", "felt"), [(1, [NEVER, NEVER]), (4, [NEVER, 1]), (5, [4, 1])])
def test_who_hurts_by_lost_orders_is_exposed_by_hand(weeks: int, felt: list[int]) -> None:
    """The same chain: when B fails, A loses orders in week 1, though nobody misses what B makes."""
    ranking = rank(one_supplier(inventory_weeks=3), Question(Outage("", 1.0, 1), recovery_weeks=weeks))
    assert ranking.exposed_week.tolist() == felt
    assert ranking.exposed.tolist() == [week != NEVER for week in felt]
    assert ranking.time_to_survive.tolist() == [4, NEVER]


def test_who_has_no_revenue_loses_none() -> None:
    shop = row(id="shop", roles="dealer")
    brand = row(id="brand", roles="brand", annual_revenue=10)
    network = network_of(tables([brand, shop], row(source="brand", target="shop", kind="SELLS_THROUGH")))
    assert (rank(network, Question()).time_to_survive == NEVER).all()


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"to": "nobody"}, "to"), ({"threshold": 0.0}, "threshold"), ({"threshold": 1.0}, "threshold"),
        ({"shock": SCANDAL, "recovery_weeks": 3}, "ttr"), ({"horizon_weeks": 0}, "horizon_weeks"),
        ({"parameters": {"fedback": 1.0}}, "parameters.fedback"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(asked: dict[str, object], field: str) -> None:
    with pytest.raises(ScenarioError) as error:
        rank(network_of(golden_tables("weekly_9")), Question(**asked))  # type: ignore[arg-type]
    assert error.value.field == field


def started(folder: Path) -> subprocess.Popen[str]:
    """A process of its own that ranks and keeps what it did."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.graph.rank_process", str(folder)],
        cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_killed_process_leaves_what_it_did(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        assert process.stdout is not None
        while int(process.stdout.readline().split()[0]) < 20:
            pass
        process.kill()
    blocks = list(tmp_path.glob("*/*.npz"))
    assert len(blocks) >= 10
    before = {file: file.stat().st_mtime_ns for file in blocks if file.name != "whole.npz"}
    with started(tmp_path) as again:
        assert again.stdout is not None
        lines = again.stdout.read().split("\n")
    assert again.returncode == 0
    assert len(before) > 0
    code = "from tests.graph.rank_process import ranking; print(ranking(None).loss.tobytes().hex())"
    alone = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert lines[-2] == alone.stdout.strip()


def test_several_processes_share_a_folder(tmp_path: Path) -> None:
    running = [started(tmp_path) for _ in range(3)]
    said = [process.communicate()[0].split("\n")[-2] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(set(said)) == 1
    assert {file.name for file in tmp_path.glob("*/*")} >= {"whole.npz"}
    assert not list(tmp_path.glob("*/.*")), "nothing half-written is left"
