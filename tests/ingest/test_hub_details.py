"""Detail calls: other names, what is gone, what nobody knows, equal files."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import (
    ConfigError,
    DamagedRunError,
    IncompleteCrawlError,
    WrongTokenError,
)
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore
from headwater.ingest.client import HubClient
from headwater.ingest.crawl import crawl
from headwater.ingest.details import crawl_details
from headwater.ingest.documents import Asked, RunDirectory, find_runs
from headwater.ingest.load import build
from headwater.ingest.sources.hub import parse
from headwater.ingest.sources.hub_details import unresolved_parents, used_parents
from headwater.ingest.sources.hub_routes import CrawlOptions
from tests.ingest.conftest import FAST, FakeClock, LoopbackHub, last_run

TOKEN = "hf_right"
WEIGHTS = {"model.safetensors": "a" * 64}


def model(name: str, number: int, *parents: str, **fields: Any) -> dict[str, Any]:
    files = fields.pop("files", {})
    created = fields.pop("created", f"2024-01-{number % 28 + 1:02d}T00:00:00.000Z")
    return {
        "kind": "models", "_id": f"{number:024x}", "id": name,
        "author": name.split("/")[0], "createdAt": created,
        "lastModified": "2024-06-01T00:00:00.000Z", "private": False,
        "disabled": False, "gated": False, "downloads": 1, "likes": 1, "tags": [],
        "cardData": {"base_model": list(parents)} if parents else {},
        "sha": f"{number:040x}",
        "siblings": [{"rfilename": file, "lfs": {"sha256": sum_, "size": 1}}
                     for file, sum_ in files.items()],
        **fields,
    }  # fmt: skip


RECORDS = [
    model("a/one", 1, "lost/gone"),
    model("a/two", 2, "lost/gone"),
    model("a/three", 3, "a/two", "old/name"),
    model("a/four", 4, "bare-name"),
    model("a/five", 5, "taken/over", created="2023-01-01T00:00:00.000Z"),
    model("a/six", 6, "shut/down"),
    model("a/seven", 7, "secret/base"),
    model("new/name", 8),
    model("bare/bare-name", 9),
    model("taken/again", 10, created="2024-08-30T00:00:00.000Z"),
    model("shut/down", 11, disabled=True),
    model("locked/base", 12, gated="manual"),
    model("a/eight", 13, "locked/base"),
    {"kind": "redirect", "of": "models", "from": "old/name", "to": "new/name"},
    {"kind": "redirect", "of": "models", "from": "bare-name", "to": "bare/bare-name"},
    {"kind": "redirect", "of": "models", "from": "taken/over", "to": "taken/again"},
]  # fmt: skip
HIDDEN = {"shut/down", "locked/base", "new/name", "bare/bare-name", "taken/again"}


class ShyHub:
    """A hub whose list does not show some of what it has."""

    def __init__(
        self, serve: Any, records: list[dict[str, Any]], **options: Any
    ) -> None:
        self.hub: LoopbackHub = serve([dict(record) for record in records],
                                      tokens=(TOKEN,), **options)  # fmt: skip
        real = self.hub.catalogue.order
        self.hub.catalogue.order = lambda *arguments: [
            record for record in real(*arguments) if record["id"] not in self.hidden
        ]
        self.hidden = set(HIDDEN)
        self.endpoint = self.hub.endpoint


def client_of(hub: ShyHub, token: Any = TOKEN) -> HubClient:
    return HubClient(hub.endpoint, token=token, limits=FAST, clock=FakeClock())


def listed(data: Path, hub: ShyHub, token: Any = TOKEN) -> LineageGraph:
    """Crawl the list, publish, and return the graph."""
    with client_of(hub, token) as client:
        crawl(data / "runs", CrawlOptions(hub.endpoint, ("models",)), client,
              clock=FakeClock())  # fmt: skip
    return published(data)


def published(data: Path) -> LineageGraph:
    build(data, packaged=False)
    return LineageGraph(SnapshotStore(data).current())


def detailed(data: Path, hub: ShyHub, token: Any = TOKEN) -> LineageGraph:
    graph = listed(data, hub, token)
    with client_of(hub, token) as client:
        crawl_details(data / "runs", unresolved_parents(graph, 100), client,
                      clock=FakeClock())  # fmt: skip
    return published(data)


def state(graph: LineageGraph, name: str) -> tuple[str, bool]:
    node = graph.find(name)
    return graph.state(node), bool(graph.columns.phantom[node])


def test_missing_parents_by_how_much_depends_on_them(serve, tmp_path):
    graph = listed(tmp_path, ShyHub(serve, RECORDS))

    asked = [item.id for item in unresolved_parents(graph, 20)]

    assert asked == ["lost/gone", "bare-name", "locked/base", "old/name", "secret/base",
                     "shut/down", "taken/over"]  # fmt: skip
    assert [item.id for item in unresolved_parents(graph, 2)] == asked[:2]
    known = {item.id: item for item in unresolved_parents(graph, 20)}
    assert known["taken/over"] == Asked(
        id="taken/over", kind="model", children_created="2023-01-01"
    )


def test_what_became_of_missing_parents(serve, tmp_path):
    hub = ShyHub(serve, RECORDS)
    graph = detailed(tmp_path, hub)

    assert state(graph, "lost/gone") == ("gone", True)
    assert state(graph, "secret/base") == ("gone", True)
    assert state(graph, "shut/down") == ("disabled", False)
    assert state(graph, "locked/base") == ("gated", False)
    assert graph.find("old/name") == graph.find("new/name") >= 0
    assert graph.find("bare-name") == graph.find("bare/bare-name") >= 0
    # younger than what was made from the old one: another repository
    assert state(graph, "taken/over") == ("gone", True)
    assert state(graph, "taken/again") == ("present", False)
    assert graph.find("taken/over") != graph.find("taken/again")
    aliases = {(row["alias"], row["id"], row["kind"]) for row in graph.rows("aliases")}
    assert aliases == {
        ("bare-name", "bare/bare-name", "legacy"),
        ("old/name", "new/name", "redirect"),
        ("taken/over", "taken/again", "replacement"),
    }


def test_without_a_token_nothing_is_known_to_be_gone(serve, tmp_path):
    graph = detailed(tmp_path, ShyHub(serve, RECORDS), token=False)

    assert state(graph, "lost/gone") == ("unknown", True)
    assert state(graph, "secret/base") == ("unknown", True)
    assert state(graph, "shut/down") == ("disabled", False)
    assert graph.find("old/name") == graph.find("new/name") >= 0


def test_a_wrong_token_makes_nothing_missing(serve, tmp_path):
    hub = ShyHub(serve, RECORDS)
    graph = listed(tmp_path, hub)
    with client_of(hub, "hf_wrong") as client, pytest.raises(WrongTokenError):
        crawl_details(tmp_path / "runs", unresolved_parents(graph, 20), client,
                      clock=FakeClock())  # fmt: skip

    assert last_run(tmp_path / "runs").state.status == "interrupted"
    assert state(published(tmp_path), "lost/gone") == ("unknown", True)


def test_who_was_there_is_known_by_its_identity(serve, tmp_path):
    """Two repositories vanish from the list: one was moved, one replaced."""
    records = [
        model("x/kept", 21, "x/moved", "x/replaced"), model("x/moved", 22),
        model("x/replaced", 23), *(model(f"x/more{n}", 30 + n) for n in range(5)),
    ]  # fmt: skip
    hub = ShyHub(serve, records)
    listed(tmp_path, hub)
    cat = hub.hub.catalogue
    moved = cat.recs["models"].pop("x/moved")
    cat.recs["models"].pop("x/replaced")
    cat.add({**moved, "id": "y/moved"})
    cat.add(model("y/replaced", 24, created="2020-01-01T00:00:00.000Z"))
    for name in ("moved", "replaced"):
        cat.lower["models"].pop(f"x/{name}")
        cat.add(
            {"kind": "redirect", "of": "models", "from": f"x/{name}", "to": f"y/{name}"}
        )
    hub.hidden = {"y/moved", "y/replaced"}
    older = last_run(tmp_path / "runs")
    older.state.started = "2026-01-01T00:00:00+00:00"
    older.save()

    graph = detailed(tmp_path, hub)

    assert graph.find("x/moved") == graph.find("y/moved")
    assert state(graph, "y/moved") == ("present", False)
    assert state(graph, "x/replaced") == ("gone", False)
    kinds = {row["alias"]: row["kind"] for row in graph.rows("aliases")}
    assert kinds == {"x/moved": "rename", "x/replaced": "replacement"}


def test_a_parent_that_a_later_list_shows_is_no_longer_looked_up(serve, tmp_path):
    hub = ShyHub(serve, RECORDS)
    detailed(tmp_path, hub)
    hub.hub.catalogue.add(model("lost/gone", 40))

    graph = listed(tmp_path, hub)

    assert state(graph, "lost/gone") == ("present", False)


def test_equal_files_are_mirrors(serve, tmp_path):
    records = [
        model("o/original", 1, files=WEIGHTS), model("m/mirror", 2, files=WEIGHTS),
        model("n/near", 3, files={**WEIGHTS, "more.safetensors": "b" * 64}),
        model("k/kid1", 4, "o/original"), model("k/kid2", 5, "m/mirror"),
        model("k/kid3", 6, "n/near"), model("k/kid4", 7, "m/mirror"),
        model("k/unused", 8, files=WEIGHTS),
    ]  # fmt: skip
    hub = ShyHub(serve, records)
    graph = listed(tmp_path, hub)
    asked = used_parents(graph, 3)
    assert [item.id for item in asked] == ["m/mirror", "n/near", "o/original"]
    with client_of(hub) as client:
        crawl_details(tmp_path / "runs", asked, client, clock=FakeClock(), files=True)

    graph = published(tmp_path)

    (row,) = graph.rows("claims", source="hub:files")
    assert (row["child"], row["parent"], row["relation"]) == (
        "m/mirror", "o/original", "mirror_of",
    )  # fmt: skip
    assert (row["confidence"], row["note"]) == (1.0, "1 equal .safetensors file")
    assert row["document"] == f"{hub.endpoint}/m/mirror/tree/main"
    assert hub.hub.listed("models")[-1].endswith("blobs=true")


ASKER = """
import sys
from pathlib import Path
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore
from headwater.ingest.client import HubClient
from headwater.ingest.details import crawl_details
from headwater.ingest.sources.hub_details import unresolved_parents
data, endpoint = Path(sys.argv[1]), sys.argv[2]
asked = unresolved_parents(LineageGraph(SnapshotStore(data).current()), 100)
crawl_details(data / "runs", asked, HubClient(endpoint, token="hf_right"))
"""


def wait_for_page(data: Path, number: int) -> None:
    deadline = time.monotonic() + 60
    while not list(data.glob(f"runs/*/details/{number:06d}.page.gz")):
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_nothing_to_ask_is_no_run(serve, tmp_path):
    with client_of(ShyHub(serve, RECORDS)) as client, pytest.raises(ConfigError):
        crawl_details(tmp_path, (), client)
    assert find_runs(tmp_path) == []


def test_kill_9_costs_at_most_the_answer_in_flight(serve, tmp_path):
    records = [model(f"a/m{n}", n + 1, f"lost/p{n:02d}") for n in range(40)]
    hub = ShyHub(serve, records, latency=0.02)
    for name in ("whole", "killed"):
        listed(tmp_path / name, hub)
    whole = detailed(tmp_path / "whole", hub)
    requests = hub.hub.server.stats["requests"]
    dice = random.Random(2)
    for stored in (1, 9, 17, 26):
        process = subprocess.Popen(
            [sys.executable, "-c", ASKER, tmp_path / "killed", hub.endpoint],
        )
        wait_for_page(tmp_path / "killed", stored)
        time.sleep(dice.uniform(0.0, 0.03))
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    with client_of(hub) as client:
        report = crawl_details(tmp_path / "killed" / "runs", (), client)

    assert len(find_runs(tmp_path / "killed" / "runs")) == 2
    assert report.routes["details"].pages == 40
    assert report.routes["details"].new_records <= 40 - 26
    assert hub.hub.server.stats["requests"] - requests <= 40 + 4
    killed = published(tmp_path / "killed")
    assert state(killed, "lost/p07") == ("gone", True)
    assert killed.manifest.counts == whole.manifest.counts


@pytest.mark.parametrize("on", [1, 5, 9], ids=["first", "middle", "last"])
@pytest.mark.parametrize(
    "fault",
    [{"do": "status", "status": 503}, {"do": "status", "status": 408},
     {"do": "invalid_json"}, {"do": "truncate"}, {"do": "reset"}, {"do": "reset_mid"},
     {"do": "html"}, {"do": "empty"}, {"do": "hang", "seconds": 0.8}, {"do": "slow"},
     {"do": "ratelimit"}, {"do": "bad_utf8"}, {"do": "body", "text": "[1]"},
     {"do": "ratelimit", "retry_after": 9, "ratelimit_header": False}],
    ids=lambda fault: fault["do"],
)  # fmt: skip
def test_faults_pass(fault, on, serve, tmp_path):
    """Seven questions and three hops behind them make ten requests."""
    hub = ShyHub(serve, RECORDS)
    graph = listed(tmp_path, hub)
    hub.hub.fault({"match": "/api/models/", "on": [on], "seconds": 0.05, **fault})
    with client_of(hub) as client:
        crawl_details(tmp_path / "runs", unresolved_parents(graph, 100), client,
                      clock=FakeClock())  # fmt: skip
    graph = published(tmp_path)

    assert hub.hub.server.stats["faults"] == {fault["do"]: 1}

    assert state(graph, "lost/gone") == ("gone", True)
    assert state(graph, "locked/base") == ("gated", False)
    assert graph.find("old/name") == graph.find("new/name") >= 0


def test_a_hub_that_stops_answering_leaves_a_run_that_can_go_on(serve, tmp_path):
    hub = ShyHub(serve, RECORDS)
    graph = listed(tmp_path, hub)
    hub.hub.fault({"match": "/api/models/", "after": 3, "do": "status", "status": 500})
    asked = unresolved_parents(graph, 20)
    with client_of(hub) as client, pytest.raises(IncompleteCrawlError):
        crawl_details(tmp_path / "runs", asked, client, clock=FakeClock())
    hub.hub.fault()
    stored = last_run(tmp_path / "runs").page_count("details")
    with client_of(hub) as client:
        report = crawl_details(tmp_path / "runs", asked[:1], client, clock=FakeClock())

    assert 0 < stored < 7
    assert (report.status, report.routes["details"].pages) == ("complete", 7)


def test_redirects_that_lead_nowhere(serve, tmp_path):
    records = [
        model("a/one", 1, "loop/a"), model("a/two", 2, "far/away"),
        {"kind": "redirect", "of": "models", "from": "loop/a", "to": "loop/b"},
        {"kind": "redirect", "of": "models", "from": "loop/b", "to": "loop/a"},
    ]  # fmt: skip
    hub = ShyHub(serve, records)
    # `..` leads out of the route
    hub.hub.catalogue.redirects["models"]["far/away"] = "../../evil"
    graph = detailed(tmp_path, hub)

    skipped = next(
        source
        for source in graph.manifest.sources
        if "details" in source.get("options", {})
    )["skipped"]
    assert skipped == {
        "details/unknown (redirected in a circle)": 1,
        "details/unknown (redirected to another place)": 1,
    }
    assert state(graph, "loop/a") == ("unknown", True)
    assert not any("evil" in path for _, path, _ in hub.hub.server.seen)


def test_nothing_is_sent_to_another_host(serve, tmp_path):
    other = serve([])
    hub = ShyHub(serve, [model("a/one", 1, "far/away")])
    graph = listed(tmp_path, hub)
    target = f"{other.endpoint}/api/models/x/y"
    hub.hub.fault({"match": "/api/models/far", "do": "status", "status": 307,
                   "headers": {"Location": target}})  # fmt: skip
    with client_of(hub) as client:
        crawl_details(tmp_path / "runs", unresolved_parents(graph, 5), client)

    assert other.server.seen == []
    assert hub.hub.server.stats["auth_seen"] == hub.hub.server.stats["requests"]
    (batch,) = parse(last_run(tmp_path / "runs"))
    assert dict(batch.skipped) == {"details/unknown (redirected to another place)": 1}


def test_a_damaged_run_of_details_is_named(serve, tmp_path):
    hub = ShyHub(serve, RECORDS)
    detailed(tmp_path, hub)
    run: RunDirectory = last_run(tmp_path / "runs")
    path = run.page_path("details", 2)
    path.write_bytes(path.read_bytes()[:50])

    with pytest.raises(DamagedRunError, match="000002"):
        list(parse(run))
