"""Every fault of the fake hub, on the first, a middle and the last page."""

from __future__ import annotations

import random
from typing import Any

import pytest

from headwater.errors import (
    IncompleteCrawlError,
    WrongTokenError,
)
from headwater.ingest.documents import RunDirectory, find_runs
from tests.ingest.conftest import (
    FakeClock,
    bodies,
    last_run,
    run_crawl,
    statements,
)

PAGES = {"first": 1, "middle": 3, "last": 5}
FOREIGN = "http://127.0.0.1:9"
TRANSIENT: dict[str, dict[str, Any]] = {
    "status_500": {"do": "status", "status": 500},
    "status_503": {"do": "status", "status": 503},
    "status_504": {"do": "status", "status": 504},
    "status_408": {"do": "status", "status": 408},
    "status_520": {"do": "status", "status": 520},
    "ratelimit": {"do": "ratelimit", "t": 42},
    "retry_after_s": {"do": "ratelimit", "retry_after": 9, "ratelimit_header": False},
    "retry_after_date": {
        "do": "ratelimit",
        "retry_after": "Fri, 01 Jan 2021 00:00:00 GMT",
        "ratelimit_header": False,
    },
    "ratelimit_silent": {"do": "ratelimit", "ratelimit_header": False},
    "truncate": {"do": "truncate"},
    "invalid_json": {"do": "invalid_json"},
    "bad_utf8": {"do": "bad_utf8"},
    "reset": {"do": "reset"},
    "reset_mid": {"do": "reset_mid"},
    "hang": {"do": "hang", "seconds": 0.8},
    "slow": {"do": "slow", "seconds": 0.05},
    "empty": {"do": "empty"},
    "html": {"do": "html"},
    "body_object": {"do": "body", "text": '{"error": "try again"}'},
    "body_scalars": {"do": "body", "text": "[1, 2, null]"},
    "body_no_records": {"do": "body", "text": "[]"},
    "drop_next": {"do": "drop_next"},
    "loop_next": {"do": "loop_next"},
    "back_next": {"do": "back_next"},
    "foreign_next": {"do": "foreign_next", "base": FOREIGN},
    "short_page": {"do": "short_page"},
}


@pytest.fixture(scope="module")
def clean(
    catalogue: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> RunDirectory:
    """A run that nothing disturbed."""
    from tests.ingest.conftest import LoopbackHub

    root = tmp_path_factory.mktemp("clean")
    hub = LoopbackHub(catalogue)
    try:
        run_crawl(root, hub.endpoint)
    finally:
        hub.close()
    run = last_run(root)
    assert run.page_count("models") == 5
    assert run.page_count("datasets") == 2
    return run


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("fault", TRANSIENT)
def test_one_fault_loses_and_repeats_nothing(
    fault, page, catalogue, clean, serve, clock, tmp_path
):
    hub = serve(catalogue)
    hub.fault({"match": "/api/models", "on": [PAGES[page]], **TRANSIENT[fault]})

    report = run_crawl(tmp_path, hub.endpoint, clock)

    assert report.status == "complete"
    assert bodies(last_run(tmp_path)) == bodies(clean)
    assert statements(last_run(tmp_path)) == statements(clean)


@pytest.mark.parametrize("page", PAGES)
def test_overlapping_pages_count_each_record_once(
    page, catalogue, clean, serve, tmp_path
):
    hub = serve(catalogue)
    hub.fault({"match": "/api/models", "on": [PAGES[page]], "do": "dup_page"})

    report = run_crawl(tmp_path, hub.endpoint, load=lambda batch: None)

    assert statements(last_run(tmp_path)) == statements(clean)
    assert report.parse is not None
    assert report.parse.duplicates == (0 if page == "first" else 25)


@pytest.mark.parametrize("seed", range(8))
def test_faults_mixed_at_random_change_nothing(seed, catalogue, clean, serve, tmp_path):
    """However often it has to be begun again, it ends with what there is.

    But where one fault hits the same page twice: then it has to say what it doubts.
    """
    dice = random.Random(seed)
    names = sorted({*TRANSIENT, "dup_page"} - {"hang", "slow"})
    mixed = {**TRANSIENT, "dup_page": {"do": "dup_page"}}
    hub = serve(catalogue)
    chosen = dice.sample(names, 8)
    hub.fault(*({"p": 0.1, **mixed[name]} for name in chosen), seed=seed)
    for _ in range(20):
        try:
            report = run_crawl(tmp_path, hub.endpoint)
            break
        except IncompleteCrawlError:
            continue

    assert sum(hub.server.stats["faults"].values()) >= 2
    assert report.status == "complete"
    (run,) = find_runs(tmp_path)
    if all(route.is_whole for route in run.state.routes.values()):
        assert statements(run) == statements(clean)
    else:
        assert {"drop_next", "short_page", "body_no_records"} & {*chosen}
        assert report.warnings


@pytest.mark.parametrize(
    ("fault", "waited"),
    [("ratelimit", 43.0), ("retry_after_s", 9.0), ("retry_after_date", 0.0)],
)
def test_the_server_is_waited_for_as_it_says(
    fault, waited, catalogue, serve, clock, tmp_path
):
    hub = serve(catalogue)
    hub.fault({"match": "/api/models", "on": [2], **TRANSIENT[fault]})

    run_crawl(tmp_path, hub.endpoint, clock)

    assert clock.slept == [waited]


def test_a_spent_quota_is_waited_for_before_the_server_refuses(
    catalogue, serve, clock, tmp_path
):
    hub = serve(catalogue, quota=3, window=300)
    server_time = {"extra": 0.0}

    class PassingClock(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            server_time["extra"] += seconds
            hub.server.win_start -= seconds

    passing = PassingClock()

    report = run_crawl(tmp_path, hub.endpoint, passing)

    assert report.status == "complete"
    assert "429" not in hub.server.stats["by_status"]
    assert all(290 < wait <= 301 for wait in passing.slept)
    assert len(passing.slept) == 2  # seven pages, three a window


def test_an_endless_wait_is_refused(catalogue, serve, clock, tmp_path):
    hub = serve(catalogue)
    hub.fault({"match": "/api/models", "after": 1, "do": "ratelimit", "t": 10**9})

    with pytest.raises(IncompleteCrawlError, match="HTTP 429"):
        run_crawl(tmp_path, hub.endpoint, clock)

    assert sum(clock.slept) == 0


@pytest.mark.parametrize(
    "fault",
    [
        "status_503", "truncate", "invalid_json", "html", "empty", "bad_utf8", "reset",
        "reset_mid", "body_object", "body_scalars", "loop_next", "back_next",
        "foreign_next",
    ],
)  # fmt: skip
def test_a_lasting_fault_ends_the_crawl_and_resuming_completes_it(
    fault, catalogue, clean, serve, clock, tmp_path
):
    hub = serve(catalogue)
    hub.fault({"match": "/api/models", "after": 2, **TRANSIENT[fault]})

    with pytest.raises(IncompleteCrawlError) as stopped:
        run_crawl(tmp_path, hub.endpoint, clock)
    run = last_run(tmp_path)
    assert stopped.value.seen == 100
    assert run.state.status == "interrupted"
    assert run.state.routes["models"].stop.startswith("error: ")
    assert (run.path / "report.json").is_file()

    hub.fault()
    report = run_crawl(tmp_path, hub.endpoint)
    assert report.run_id == run.state.run_id
    assert report.routes["models"].new_records == 130
    assert bodies(last_run(tmp_path)) == bodies(clean)
    assert statements(last_run(tmp_path)) == statements(clean)


def test_a_page_repeated_under_new_cursors_does_not_go_on_for_ever(
    catalogue, serve, clock, tmp_path
):
    page = '[{"_id": "000000000000000000000007", "id": "a/b"}]'
    hub = serve(catalogue)
    count = iter(range(10**6))

    def endless(handler, kind):
        base = f"http://{handler.headers['Host']}/api/models"
        link = f'<{base}?limit=50&cursor=c{next(count)}>; rel="next"'
        handler.send(200, page.encode(), {"Link": link})

    hub.server.RequestHandlerClass = type(
        "Endless", (hub.server.RequestHandlerClass,), {"listing": endless}
    )

    with pytest.raises(IncompleteCrawlError, match="repeated_page"):
        run_crawl(tmp_path, hub.endpoint, clock)

    assert next(count) < 10


def test_a_full_last_page_is_asked_for_twice_and_warned_of(catalogue, serve, tmp_path):
    models = [r for r in catalogue if r["kind"] == "models"][:100]
    hub = serve(models)

    report = run_crawl(tmp_path, hub.endpoint, routes=("models",))

    (warning,) = report.routes["models"].warnings
    assert warning.startswith("full_last_page on page 2: 50 records, ")
    assert len(hub.listed("models")) == 3


def test_a_wrong_token_stops_the_run_and_says_so(catalogue, serve, clock, tmp_path):
    hub = serve(catalogue, tokens=("right",))

    with pytest.raises(WrongTokenError, match="refuses the access token"):
        run_crawl(tmp_path, hub.endpoint, clock, token="wrong")
    assert clock.slept == []
    assert last_run(tmp_path).state.status == "interrupted"

    assert run_crawl(tmp_path, hub.endpoint, token="right").records == 290


def test_a_missing_expand_field_is_done_without(
    catalogue, serve, tmp_path, monkeypatch
):
    from tests.ingest import fakehub

    known = [n for n in fakehub.EXPAND["models"] if n not in ("baseModels", "gguf")]
    monkeypatch.setitem(fakehub.EXPAND, "models", known)
    hub = serve(catalogue)

    report = run_crawl(tmp_path, hub.endpoint, load=lambda batch: None)

    assert report.routes["models"].dropped_fields == ["baseModels", "gguf"]
    assert len(report.routes["models"].warnings) == 1
    assert report.parse is not None
    assert "hub:baseModels" not in report.parse.claims
    assert report.parse.claims["hub:tag"]["finetune"] > 0


def test_another_bad_request_ends_the_crawl(catalogue, serve, clock, tmp_path):
    hub = serve(catalogue)
    hub.fault({"match": "/api/models", "do": "status", "status": 400})

    with pytest.raises(IncompleteCrawlError, match="HTTP 400"):
        run_crawl(tmp_path, hub.endpoint, clock)
    assert clock.slept == []


def test_a_page_that_is_too_slow_is_asked_for_in_smaller_ones(
    catalogue, clean, serve, tmp_path
):
    hub = serve(catalogue)
    hub.fault({"match": "limit=200", "do": "status", "status": 504})

    report = run_crawl(tmp_path, hub.endpoint, page_size=200)

    assert statements(last_run(tmp_path)) == statements(clean)
    assert report.routes["models"].pages == 3
    assert "asked for 100 records" in report.routes["models"].warnings[0]


def test_an_empty_answer_is_warned_of(serve, tmp_path):
    hub = serve([])

    report = run_crawl(tmp_path, hub.endpoint)

    assert report.records == 0
    assert report.status == "complete"
    assert report.warnings == [
        f"{route}: empty_last_page on page 1: 0 records, none, and no next page: some "
        "may be missing"
        for route in ("models", "datasets")
    ]


@pytest.mark.parametrize("cap", [20, 50])
def test_a_server_with_smaller_pages_is_no_warning(
    cap, catalogue, clean, serve, tmp_path
):
    hub = serve(catalogue, page_max=cap)

    report = run_crawl(tmp_path, hub.endpoint, page_size=200)

    assert statements(last_run(tmp_path)) == statements(clean)
    assert [w for w in report.warnings if "full_last" not in w] == []


def test_a_first_page_that_is_always_short_is_doubted(catalogue, serve, tmp_path):
    """A server of small pages goes on where the page ends; one that loses some does not."""
    hub = serve([record for record in catalogue if record["kind"] == "datasets"])
    hub.fault({"match": "/api/datasets(?!.*cursor)", "do": "short_page"})

    report = run_crawl(tmp_path, hub.endpoint, routes=("datasets",), page_size=40)

    route = last_run(tmp_path).state.routes["datasets"]
    assert report.records == 40
    assert route.warnings[0].startswith("short_page on page 1: 20 records")
    assert not route.is_whole


def test_gzip_makes_no_difference(catalogue, clean, serve, tmp_path):
    hub = serve(catalogue, gz=True)

    run_crawl(tmp_path, hub.endpoint)

    assert bodies(last_run(tmp_path)) == bodies(clean)
