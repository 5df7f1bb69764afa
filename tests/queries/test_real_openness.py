"""The real openness index over the packaged catalogue, where its files are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore
from headwater.ingest.imports import import_source
from headwater.ingest.load import build
from headwater.queries.openness import model_openness, openness_shares
from tests.ingest.sources.real_data import real_data


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> LineageGraph:
    folder: Path = tmp_path_factory.mktemp("indexed")
    import_source(folder, "osai-index", (str(real_data("osai_index")),))
    build(folder)
    return LineageGraph(SnapshotStore(folder).current())


def test_every_judgement_reaches_the_table(indexed: LineageGraph) -> None:
    rows = indexed.rows("openness")
    assert len(rows) == 193 * 12
    assert len({row["document"] for row in rows}) == openness_shares(indexed).n_systems
    named = [row[end] for row in rows for end in ("end_model", "base_model")]
    assert all(name is None or indexed.find(name) >= 0 for name in named)


@pytest.mark.parametrize(
    ("model", "root", "openness"),
    [
        ("swiss-ai/Apertus-70B-Instruct-2509", "swiss-ai/Apertus-70B-2509", "open"),
        ("lmsys/vicuna-13b-delta-v0", "off-hub/meta/llama-13b", "closed"),
        ("meta-llama/Llama-2-7b-chat-hf", "meta-llama/Llama-2-7b-hf", "partial"),
        ("allenai/OLMo-2-1124-7B-Instruct", "allenai/OLMo-2-1124-7B", "unknown"),
    ],
)
def test_known_models(
    indexed: LineageGraph, model: str, root: str, openness: str
) -> None:
    answer = model_openness(indexed, model)
    assert answer.openness == openness
    assert root in {item.id for item in answer.roots}


def test_what_is_not_listed_stays_unknown(indexed: LineageGraph) -> None:
    answer = openness_shares(indexed)
    assert sum(item.share for item in answer.classes) == pytest.approx(1)
    assert answer.known is not None
    assert 0.2 < answer.known < 0.5
