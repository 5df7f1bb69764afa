"""Answers of every type, for tests of what all answers can do."""

from __future__ import annotations

from pathlib import Path

import pytest

from headwater.graph.claims import Judgement
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore
from headwater.queries.results import Result
from headwater.queries.session import Session
from tests.drawing import draw_batch, publish


@pytest.fixture(scope="session")
def hw(catalogue_dir: Path) -> Session:
    store = SnapshotStore(catalogue_dir)
    return Session(LineageGraph(store.current()), store)


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Session:
    batch = draw_batch("r/m merge p/a", "r/m merge q/b", scratch=("p/a", "q/b"))
    for base, openness in (("p/a", "open"), ("q/b", "partial")):
        batch.openness.extend(
            Judgement(
                base, base, base, criterion, openness, ("https://x",), "osai-index",
                "https://index", "2026-01-01",
            )
            for criterion in ("weights_basemodel", "licenses", "paper")
        )  # fmt: skip
    return Session(publish(tmp_path_factory.mktemp("judged"), batch))


@pytest.fixture(scope="session")
def answers(
    hw: Session, judged: Session, tmp_path_factory: pytest.TempPathFactory
) -> list[Result]:
    """Return one answer of every type, each with something in it."""

    def drawn(name: str, *lines: str) -> Session:
        return Session(publish(tmp_path_factory.mktemp(name), draw_batch(*lines)))

    older, newer = drawn("old", "a/x finetune b/y"), drawn("new", "a/x merge c/z")
    two = drawn("two", "a/x finetune b/y hub:cardData", "a/x merge b/y catalog")
    lock = hw.lock(["Vicuna", "Alpaca"])
    broken, own = hw.scenario("llama", inventory=["lmsys/vicuna-7b-v1.5", "x/y"])
    return [
        hw.what_breaks("llama", splits=["namespace", "month"]), broken, own,
        hw.lineage("Vicuna"), hw.why("Vicuna", "Alpaca"), hw.why("Vicuna", "Alpaca")[0],
        hw.show("Vicuna"), hw.search("llama"), hw.suggest("llama"),
        hw.concentration(limit=20), hw.concentration_over_time(), hw.pretrainer_roots(),
        hw.chokepoints(pairs=True, limit=15), hw.chokepoints_of("Vicuna", pairs=True),
        hw.licence("Vicuna"), hw.licences(), hw.licence_drift(),
        judged.openness_of("r/m"), judged.openness(), hw.quality(), newer.diff(older),
        two.diff_sources("hub:cardData", "catalog"), hw.stats(), hw.status(),
        hw.values(), hw.snapshots(), lock, older.watch(newer.lock(["a/x"])),
        hw.impact_tree("llama"), hw.bill_of_materials("Vicuna", inventory=["x/y"]),
        hw.picture("Vicuna"),
    ]  # fmt: skip
