"""A snapshot that is published while requests run is answered from without a failure."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.api.serving import client, problem
from tests.graph.test_hot_swap import publish

URLS = (
    "/v1/artefacts/o%2Froot",
    "/v1/artefacts/o%2Froot/lineage?limit=1000",
    "/v1/search?q=root",
    "/v1/what-breaks?target=o/root&event=deleted",
    "/v1/stats",
    "/v1/health",
    "/v1/quality",
)


def test_publishing_under_load_fails_no_request(tmp_path: Path) -> None:
    names = {publish(tmp_path, 1).id: 1}
    stop = threading.Event()
    answers: list[Any] = []
    with client(tmp_path) as api, ThreadPoolExecutor(4) as pool:

        def ask(number: int) -> None:
            chance = random.Random(number)
            while not stop.is_set():
                answers.append(api.get(chance.choice(URLS)))

        asking = [pool.submit(ask, number) for number in range(4)]
        try:
            for number in range(2, 10):
                names[publish(tmp_path, number).id] = number
                answers.append(api.get("/v1/health"))
        finally:
            stop.set()
        for item in asking:
            item.result()
        last = max(names)
        assert api.get("/v1/health").json()["snapshot"] == last
        assert api.get("/v1/stats").json()["snapshot"] == last
    assert not [answer.text for answer in answers if not answer.is_success]
    seen = set()
    for answer in answers:
        # All of an answer is of one snapshot: the n-th has n children.
        body = answer.json()
        number = names[body["snapshot"]]
        assert answer.headers["headwater-snapshot"] == body["snapshot"]
        assert body.get("n_descendants", number) == number
        assert body.get("n_children", number) == number
        seen.add(number)
    assert len(seen) > 1


def test_a_cursor_of_the_last_snapshot_is_stale(tmp_path: Path) -> None:
    publish(tmp_path, 9)
    with client(tmp_path) as api:
        url = "/v1/artefacts/o%2Froot/lineage"
        first = api.get(url, params={"limit": 4})
        cursor = first.json()["page"]["next"]
        publish(tmp_path, 12)
        answer = api.get(url, params={"limit": 4, "cursor": cursor})
        problem(answer, 410, "stale-cursor")
        # The tag is of the last snapshot too.
        again = api.get(
            url,
            params={"limit": 4},
            headers={"if-none-match": first.headers["etag"]},
        )
        assert again.json()["n_descendants"] == 12


def test_snapshots_and_what_changed(tmp_path: Path) -> None:
    old, new = publish(tmp_path, 3).id, publish(tmp_path, 5).id
    with client(tmp_path) as api:
        listed = api.get("/v1/snapshots").json()["snapshots"]
        assert [item["id"] for item in listed] == [old, new]
        assert [item["current"] for item in listed] == [False, True]
        body = api.get("/v1/diff").json()
        assert (body["old"]["id"], body["new"]["id"]) == (old, new)
        assert body["counts"]["came"] == 2
        same = api.get("/v1/diff", params={"old": old, "new": new}).json()
        assert same == body
        rows = api.get("/v1/diff", params={"only": "came", "format": "csv"})
        assert len(rows.text.splitlines()) == 3
