"""Overviews of users and organisations: what they are, never who stands behind them."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import IncompleteCrawlError, WrongTokenError
from headwater.graph.lineage_graph import LineageGraph
from headwater.ingest.client import HubClient
from headwater.ingest.crawl import crawl
from headwater.ingest.details import crawl_details
from headwater.ingest.documents import find_runs
from headwater.ingest.parse.hub_context import Context
from headwater.ingest.parse.hub_namespaces import parse_namespace
from headwater.ingest.report import RunReport
from headwater.ingest.sources.hub_namespaces import used_namespaces
from headwater.ingest.sources.hub_routes import CrawlOptions
from tests.drawing import draw
from tests.ingest.conftest import FAST, FakeClock, LoopbackHub, last_run
from tests.ingest.test_hub_details import TOKEN, model, published

ORGANISATION = {"kind": "organizations", "name": "Acme", "fullname": "Acme Research",
                "isVerified": True, "numModels": 1200, "numUsers": 1}  # fmt: skip
USER = {"kind": "users", "name": "zoe", "fullname": "Zo\u00eb \u202e", "numModels": 3}
RECORDS: list[dict[str, Any]] = [
    model("Acme/base", 1), model("zoe/base", 2), model("shy/base", 3),
    model("old/base", 4), model("o/a", 5, "Acme/base", "zoe/base"),
    model("o/b", 6, "Acme/base", "shy/base"), model("o/c", 7, "Acme/base", "old/base"),
    model("o/d", 8, "o/a", "zoe/base"),
    ORGANISATION, USER,
    {"kind": "organizations", "name": "new", "fullname": "New"},
    {"kind": "redirect", "of": "organizations", "from": "old", "to": "new"},
]  # fmt: skip


def crawled(data: Path, hub: LoopbackHub) -> LineageGraph:
    with HubClient(hub.endpoint, token=TOKEN, limits=FAST, clock=FakeClock()) as client:
        crawl(data / "runs", CrawlOptions(hub.endpoint, ("models",)), client,
              clock=FakeClock())  # fmt: skip
    return published(data)


def ask(data: Path, hub: LoopbackHub, token: Any = TOKEN, limit: int = 9) -> RunReport:
    from headwater.graph.store import SnapshotStore

    asked = used_namespaces(LineageGraph(SnapshotStore(data).current()), limit)
    with HubClient(hub.endpoint, token=token, limits=FAST, clock=FakeClock()) as client:
        return crawl_details(data / "runs", asked, client, clock=FakeClock(),
                             organisations=True)  # fmt: skip


def described(
    graph: LineageGraph, name: str
) -> tuple[str | None, list[str], str | None]:
    row = graph.rows("nodes", node=graph.find(name))[0]
    assert row["name"] is None, "what it calls itself never stands for the id"
    return next(iter(row["names"]), None), row["sources"], row["note"]


def test_the_owners_on_whose_work_others_build(tmp_path):
    graph = draw(
        tmp_path, "b finetune a", "c merge a", "d finetune other/x", "e adapter b",
        "e trained_on data-z",
    )  # fmt: skip
    asked = used_namespaces(graph, 5)
    own = {graph.ids[node].split("/")[0] for node in range(graph.n_artefacts)}
    assert own, "the drawing has owners"
    assert [item.kind for item in asked] == ["namespace"] * len(asked)
    # what is drawn without an owner is one owner's: it does not count for itself
    assert "@other" in [item.id for item in asked]
    assert used_namespaces(graph, 0) == []


def test_they_are_ranked_by_their_use_then_by_id(serve, tmp_path):
    graph = crawled(tmp_path, serve(RECORDS))

    assert [item.id for item in used_namespaces(graph, 9)] == [
        "@Acme", "@zoe", "@old", "@shy"
    ]  # fmt: skip
    assert [item.id for item in used_namespaces(graph, 2)] == ["@Acme", "@zoe"]
    # o/d on o/a is work on one's own
    assert "@o" not in {item.id for item in used_namespaces(graph, 9)}


def test_what_the_hub_says_of_them_is_kept(serve, tmp_path):
    hub = serve(RECORDS)
    before = crawled(tmp_path, hub)
    report = ask(tmp_path, hub)
    graph = published(tmp_path)

    assert report.routes["organisations"].records == 4
    assert described(graph, "@acme") == (
        "Acme Research", ["hub:organisation"],
        "verified organisation of the Hub; 1 member, 1,200 models",
    )  # fmt: skip
    assert described(graph, "@zoe") == (
        "Zo\u00eb", ["hub:user"], "user of the Hub; 3 models"
    )  # fmt: skip
    # neither unknown nor renamed says anything of the old name
    assert described(graph, "@shy") == (None, [], None)
    assert described(graph, "@old") == (None, [], None)
    source = next(
        item for item in graph.manifest.sources
        if item.get("options", {}).get("organisations")
    )  # fmt: skip
    assert source["skipped"] == {"namespace/renamed": 1, "namespace/unknown (404)": 1}
    # no owner is made of it, no artefact, no edge
    assert graph.manifest.counts == before.manifest.counts
    assert (graph.columns.developer < 0).all()


def test_a_full_name_is_no_name_to_ask_by(serve, tmp_path):
    """Anybody may call themselves what they like: only curated names mean something."""
    hub = serve([*RECORDS, {**USER, "fullname": "Acme Research"}])
    crawled(tmp_path, hub)
    ask(tmp_path, hub)
    graph = published(tmp_path)

    assert graph.vocabulary["labels"] == []


def test_a_wrong_token_and_a_refusal(serve, tmp_path):
    hub = serve(RECORDS, tokens=(TOKEN,))
    crawled(tmp_path, hub)
    with pytest.raises(WrongTokenError):
        ask(tmp_path, hub, token="hf_wrong")
    assert last_run(tmp_path / "runs").state.status == "interrupted"


@pytest.mark.parametrize(
    "fault",
    [{"do": "status", "status": 503}, {"do": "invalid_json"}, {"do": "truncate"},
     {"do": "reset"}, {"do": "reset_mid"}, {"do": "html"}, {"do": "empty"},
     {"do": "hang"}, {"do": "ratelimit"}, {"do": "bad_utf8"},
     {"do": "body", "text": "[1]"}],
    ids=lambda fault: fault["do"],
)  # fmt: skip
@pytest.mark.parametrize("on", [1, 3, 7], ids=["first", "middle", "last"])
def test_faults_pass(fault, on, serve, tmp_path):
    hub = serve(RECORDS)
    crawled(tmp_path, hub)
    # seven requests: one organisation, three names asked as both, one redirect hop
    hub.fault({"match": "/overview", "on": [on], "seconds": 0.8, **fault})

    report = ask(tmp_path, hub)
    graph = published(tmp_path)

    assert hub.server.stats["faults"] == {fault["do"]: 1}
    assert report.status == "complete"
    assert described(graph, "@acme")[1] == ["hub:organisation"]
    assert described(graph, "@zoe")[1] == ["hub:user"]


def test_a_redirect_elsewhere_is_not_followed(serve, tmp_path):
    other, hub = serve(RECORDS), serve(RECORDS)
    crawled(tmp_path, hub)
    target = f"{other.endpoint}/api/organizations/Acme/overview"
    hub.fault({"match": "/overview", "do": "status", "status": 307,
               "headers": {"Location": target}})  # fmt: skip
    ask(tmp_path, hub)

    assert other.server.seen == []
    assert described(published(tmp_path), "@acme") == (None, [], None)


def test_a_hub_that_stops_answering_leaves_a_run_that_can_go_on(serve, tmp_path):
    hub = serve(RECORDS)
    crawled(tmp_path, hub)
    hub.fault({"match": "/overview", "after": 3, "do": "status", "status": 500})
    with pytest.raises(IncompleteCrawlError):
        ask(tmp_path, hub)
    stored = last_run(tmp_path / "runs").page_count("organisations")
    hub.fault()
    report = ask(tmp_path, hub, limit=1)

    assert 0 < stored < 4
    assert (report.status, report.routes["organisations"].pages) == ("complete", 4)
    assert len(find_runs(tmp_path / "runs")) == 2


ASKER = """
import sys
from pathlib import Path
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore
from headwater.ingest.client import HubClient
from headwater.ingest.details import crawl_details
from headwater.ingest.sources.hub_namespaces import used_namespaces
data, endpoint = Path(sys.argv[1]), sys.argv[2]
asked = used_namespaces(LineageGraph(SnapshotStore(data).current()), 100)
client = HubClient(endpoint, token=False)
crawl_details(data / "runs", asked, client, organisations=True)
"""


def test_kill_9_costs_at_most_the_answer_in_flight(serve, tmp_path):
    records = [
        *(model(f"a/m{n}", n + 1, f"owner{n:02d}/base") for n in range(30)),
        *({"kind": "organizations", "name": f"owner{n:02d}", "fullname": f"No {n}"}
          for n in range(30)),
    ]  # fmt: skip
    hub = serve(records, latency=0.02)
    crawled(tmp_path, hub)
    hub.server.reset()
    dice = random.Random(4)
    for stored in (1, 9, 17):
        process = subprocess.Popen(
            [sys.executable, "-c", ASKER, tmp_path, hub.endpoint]
        )
        deadline = time.monotonic() + 60
        page = f"runs/*/organisations/{stored:06d}.page.gz"
        while not list(tmp_path.glob(page)):
            assert time.monotonic() < deadline
            time.sleep(0.002)
        time.sleep(dice.uniform(0.0, 0.03))
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    report = ask(tmp_path, hub, limit=1)

    assert report.routes["organisations"].pages == 30
    assert hub.server.stats["requests"] <= 30 + 3
    graph = published(tmp_path)
    assert {described(graph, f"@owner{n:02d}")[0] for n in range(30)} == {
        f"No {n}" for n in range(30)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "skipped"),
    [
        (b"{}", "namespace/no_name"),
        (b'{"name": 7}', "namespace/no_name"),
        (b'{"name": ""}', "namespace/no_name"),
        (b'{"name": "other"}', "namespace/renamed"),
        (b"[]", "namespace/not_an_object"),
        (b'{"name": "acme", "fullname": 7, "numModels": "many", "numUsers": true}', None),
        (b'{"name": "acme", "fullname": "\\u0000 \\ud800", "numModels": -1}', None),
        (b'{"name": "acme", "numModels": 1e400, "isVerified": "yes"}', None),
    ],
)  # fmt: skip
def test_odd_overviews(raw, skipped):
    context = Context("https://hub", "2026-11-22")
    parse_namespace(
        context, "@Acme", "https://hub/api/organizations/Acme/overview", raw
    )

    assert dict(context.batch.skipped) == ({skipped: 1} if skipped else {})
    assert [(record.names, record.note) for record in context.batch.records] == (
        [] if skipped else [((), "organisation of the Hub")]
    )
