"""A thousand real records, served over HTTP, against what the Hub's pages showed.

The records are no part of this repository; without them these tests are skipped. Set
HEADWATER_TEST_DATA to the folder that holds ``hub/models.jsonl``.
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from headwater.graph.claims import Claim, Record
from headwater.ingest.report import ParseReport
from headwater.ingest.sources.hub import parse
from tests.ingest.conftest import LoopbackHub, last_run, run_crawl

REPOSITORY = Path(__file__).parents[2]
WEIGHTS = {"finetune", "adapter", "quantized", "merge", "unspecified"}


def data_folder() -> Path:
    named = os.environ.get("HEADWATER_TEST_DATA")
    return Path(named) if named else REPOSITORY.parent / "shared" / "data"


def read_lines(name: str) -> list[dict[str, Any]]:
    path = data_folder() / "hub" / name
    if not path.is_file():
        pytest.skip(
            f"optional: no real records: {path} is missing (set HEADWATER_TEST_DATA)"
        )
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def models() -> list[dict[str, Any]]:
    return read_lines("models.jsonl")


class Crawled:
    """What a crawl of the real records said."""

    def __init__(self, root: Path, models: list[dict[str, Any]]) -> None:
        hub = LoopbackHub(models)
        try:
            run_crawl(root, hub.endpoint, page_size=100)
        finally:
            hub.close()
        self.report = ParseReport()
        self.claims: list[Claim] = []
        self.records: list[Record] = []
        for batch in parse(last_run(root), self.report):
            self.claims += batch.claims
            self.records += batch.records

    def edges(self, *relations: str, source: str | None = None) -> set[tuple[str, str]]:
        return {
            (claim.child.lower(), claim.parent.lower())
            for claim in self.claims
            if claim.relation in relations and source in (None, claim.source)
        }


@pytest.fixture(scope="module")
def crawled(
    models: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Crawled:
    return Crawled(tmp_path_factory.mktemp("real"), models)


def declared(record: dict[str, Any]) -> set[str]:
    """The parents that card and tags of a record name, by the plainest reading."""
    value = record["cardData"].get("base_model")
    card = value if isinstance(value, list) else [value] if value else []
    tags = [tag[11:] for tag in record["tags"] if tag.startswith("base_model:")]
    return {
        name.rpartition(":")[2].lower()
        for name in [*card, *tags]
        if name.rpartition(":")[2].lower() != record["id"].lower()
    }


def test_every_declared_parent_is_an_edge_and_nothing_else_is(crawled, models):
    expected = {
        (record["id"].lower(), parent)
        for record in models
        for parent in declared(record)
    }

    assert crawled.edges(*WEIGHTS) == expected
    assert len(crawled.records) == len(models) == 1010


def test_cards_that_list_more_bases_than_the_tags_name_keep_them_all(crawled, models):
    tagged = crawled.edges(*WEIGHTS, source="hub:tag")
    carded = crawled.edges(*WEIGHTS, source="hub:cardData")
    more = [
        record for record in models
        if isinstance(record["cardData"].get("base_model"), list)
        and len({b.lower() for b in record["cardData"]["base_model"]})
        > sum(t.startswith("base_model:finetune:") for t in record["tags"])
    ]  # fmt: skip

    assert len(more) == 46
    for record in more:
        child = record["id"].lower()
        for parent in record["cardData"]["base_model"]:
            assert (child, parent.lower()) in carded
    assert len(carded - tagged) == 68


def test_parents_without_a_record_are_kept_as_stubs(crawled, models):
    known = {record["id"].lower() for record in models}
    parents = {parent for _, parent in crawled.edges(*WEIGHTS)}

    stubs = parents - known

    assert stubs
    assert all(record.state != "unknown" for record in crawled.records)


def test_new_versions_are_read_the_other_way(crawled, models):
    expected = {
        (record["cardData"]["new_version"].lower(), record["id"].lower())
        for record in models
        if record["cardData"].get("new_version")
    }

    assert crawled.edges("successor_of") == expected
    assert crawled.report.notes["new_version/names_base"] == 130


def test_placeholder_datasets_are_the_only_ones_left_out(crawled):
    assert set(crawled.report.skipped) == {
        "datasets/placeholder", "datasets/placeholder_dataset",
        "tag.dataset/placeholder", "tag.dataset/placeholder_dataset",
    }  # fmt: skip


Difference = tuple[str, str, str]


def compare_with_pages(
    crawled: Crawled, models: list[dict[str, Any]], pages: list[dict[str, Any]]
) -> tuple[int, list[Difference]]:
    """Return how many fine-tunes agree with the Hub's pages, and every difference.

    A difference is (parent, child, reason); a reason that starts with ``?`` is none.
    """
    recorded = {record["id"].lower() for record in models}
    ours, tagged = defaultdict(set), crawled.edges(*WEIGHTS, source="hub:tag")
    for child, parent in crawled.edges(*WEIGHTS):
        ours[parent].add(child)
    agreed, differences = 0, []
    for page in pages:
        parent = page["model_id"].lower()
        shown = {child.lower() for child in page["children"]}
        agreed += len(shown & ours[parent])
        for child in sorted(shown - ours[parent]):
            reason = "?" if child in recorded else "the child has no record here"
            differences.append((parent, child, reason))
        for child in sorted(ours[parent] - shown):
            if (child, parent) in tagged:
                reason = "the Hub's tags name it, its page (cut, or older) does not"
            else:
                reason = "only the card names it: the Hub's page follows the tags"
            differences.append((parent, child, reason))
    return agreed, differences


def test_the_reverse_query_agrees_with_the_pages_of_the_hub(crawled, models, capsys):
    pages = read_lines("tree_links.jsonl")

    agreed, differences = compare_with_pages(crawled, models, pages)

    with capsys.disabled():
        by_reason = Counter(reason for _, _, reason in differences)
        print(f"\nfine-tunes: {agreed} agree; {dict(by_reason)}")  # noqa: T201
    assert agreed == 989
    assert not [item for item in differences if item[2].startswith("?")]
    assert sorted(by_reason.values()) == [3, 14, 42]
