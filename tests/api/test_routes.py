"""The routes give what the queries give, by every way to name a thing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from starlette.testclient import TestClient

from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.chokepoints import chokepoints
from headwater.queries.chokepoints_model import chokepoints_of
from headwater.queries.concentration import concentration
from headwater.queries.concentration_time import concentration_over_time
from headwater.queries.impact_tree import impact_tree
from headwater.queries.licence_conflicts import survey_licences
from headwater.queries.licence_drift import licence_drift
from headwater.queries.licences import model_licence
from headwater.queries.lineage import lineage
from headwater.queries.picture import picture
from headwater.queries.quality import quality
from headwater.queries.scenario import scenario
from headwater.queries.search import search
from headwater.queries.show import show
from headwater.queries.stats import stats
from headwater.queries.what_breaks import what_breaks
from headwater.queries.what_breaks_shape import shape
from headwater.queries.why import why
from tests.api.serving import client, problem


@pytest.fixture(scope="module")
def api(catalogue_dir: Path) -> Iterator[TestClient]:
    with client(catalogue_dir) as made:
        yield made


def plain(value: object) -> object:
    return json.loads(orjson.dumps(value, default=tuple))


def test_show_is_the_query_s_answer(api: TestClient, catalogue: LineageGraph) -> None:
    answer = api.get("/v1/artefacts/lmsys/vicuna-7b-v1.5")
    assert answer.json() == plain(show(catalogue, "lmsys/vicuna-7b-v1.5"))
    assert answer.headers["headwater-snapshot"] == catalogue.manifest.id


@pytest.mark.parametrize(
    "path",
    ["lmsys/vicuna-7b-v1.5", "lmsys%2Fvicuna-7b-v1.5", "LMSYS/Vicuna-7B-v1.5"],
)
def test_an_id_may_be_written_in_several_ways(api: TestClient, path: str) -> None:
    for route in (f"/v1/artefacts/{path}", f"/v1/artefacts/{path}/lineage"):
        assert api.get(route).json()["id"] == "lmsys/vicuna-7b-v1.5"


def test_ids_without_a_slash_names_and_owners(api: TestClient) -> None:
    for text, node in (
        ("Alpaca", "off-hub/stanford/alpaca"),
        ("LLaMA%207B", "off-hub/meta/llama-7b"),
        ("developer:meta", "developer:meta"),
        ("@meta-llama", "@meta-llama"),
    ):
        assert api.get(f"/v1/artefacts/{text}").json()["id"] == node


def test_an_id_may_end_like_a_route(api: TestClient) -> None:
    body = problem(api.get("/v1/artefacts/nobody%2Flineage"), 404, "not-found")
    assert "'nobody/lineage'" in body["detail"]


def test_lineage_in_pages(api: TestClient, catalogue: LineageGraph) -> None:
    whole = lineage(catalogue, "LLaMA 7B")
    url = "/v1/artefacts/LLaMA 7B/lineage"
    found, cursor = [], None
    for _ in range(100):
        params = {"limit": 7} | ({"cursor": cursor} if cursor else {})
        body = api.get(url, params=params).json()
        found += body["descendants"]
        assert body["page"]["total"] == max(whole.n_ancestors, whole.n_descendants)
        cursor = body["page"]["next"]
        if cursor is None:
            break
    assert found == plain(whole.descendants)
    assert body["page"]["truncated"] == 0


def test_search_and_its_pages(api: TestClient, catalogue: LineageGraph) -> None:
    first = api.get("/v1/search", params={"q": "llama", "limit": 5}).json()
    second = api.get(
        "/v1/search",
        params={"q": "llama", "limit": 5, "cursor": first["page"]["next"]},
    ).json()
    assert first["hits"] == plain(search(catalogue, "llama", 200)[:5])
    ids = [hit["id"] for hit in first["hits"] + second["hits"]]
    assert len(set(ids)) == 10
    assert first["page"]["total"] is None  # more than anybody counts
    few = api.get("/v1/search", params={"q": "vicuna"}).json()
    assert few["page"]["total"] == len(few["hits"]) < 50


def test_suggest_offers_families_as_targets(api: TestClient) -> None:
    found = api.get("/v1/suggest", params={"q": "lla"}).json()["suggestions"]
    assert found[0]["id"] == "family:llama"
    assert api.get("/v1/what-breaks", params={"target": found[0]["id"]}).is_success


def test_why_and_edge(api: TestClient, catalogue: LineageGraph) -> None:
    params = {"child": "Vicuna", "parent": "Alpaca"}
    expected = plain(why(catalogue, "Vicuna", "Alpaca"))
    assert api.get("/v1/why", params=params).json()["edges"] == expected
    assert api.get("/v1/edge", params=params).json() in expected


def test_what_breaks_in_its_documented_shape(
    api: TestClient, catalogue: LineageGraph
) -> None:
    answer = api.get(
        "/v1/what-breaks",
        params={
            "target": ["family:llama", "gpt2"],
            "event": ["deleted", "frozen"],
            "split_by": "kind",
            "limit": 1000,
        },
    ).json()
    page = answer.pop("page")
    expected = what_breaks(
        catalogue, ["family:llama", "gpt2"], ["deleted", "frozen"], limit=1000,
        splits=["kind"],
    )  # fmt: skip
    assert answer == plain(shape(expected))
    assert page["total"] == len(expected.outcomes[0].victims)


def test_picture_and_icicle(api: TestClient, catalogue: LineageGraph) -> None:
    drawn = api.get(
        "/v1/picture",
        params={"id": "LLaMA 7B", "rows": 4, "opened": "down:2:off-hub/meta/llama-7b"},
    )
    expected = picture(
        catalogue, "LLaMA 7B", budget=4, opened={("down", "off-hub/meta/llama-7b"): 2}
    )
    assert drawn.json() == plain(expected)
    tree = api.get("/v1/icicle", params={"target": "family:llama", "event": "gated"})
    assert tree.json() == plain(impact_tree(catalogue, ["family:llama"], "gated"))


def test_stats(api: TestClient, catalogue: LineageGraph) -> None:
    body = api.get("/v1/stats").json()
    assert body == plain(stats(catalogue))
    assert sum(body["nodes"].values()) == catalogue.n_nodes
    assert sum(body["states"].values()) == body["n_artefacts"]


def test_health(api: TestClient, catalogue: LineageGraph) -> None:
    body = api.get("/v1/health").json()
    assert (body["status"], body["snapshot"]) == ("ok", catalogue.manifest.id)


def test_rows_as_csv_and_ndjson(api: TestClient, catalogue: LineageGraph) -> None:
    params = {"target": "family:llama", "event": "deleted"}
    victims = what_breaks(catalogue, ["family:llama"], ["deleted"]).outcomes[0].victims
    text = api.get("/v1/what-breaks", params={**params, "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(text.text)))
    assert [row["id"] for row in rows] == [victim.id for victim in victims]
    assert json.loads(rows[0]["proof"])[0]["child"] == victims[0].id
    lines = api.get(
        "/v1/what-breaks",
        params=params,
        headers={"accept": "application/x-ndjson, application/json;q=0.5"},
    )
    assert lines.headers["content-type"] == "application/x-ndjson"
    found = [json.loads(line) for line in lines.text.splitlines()]
    assert [row["id"] for row in found] == [victim.id for victim in victims]
    assert lines.headers["headwater-total"] == str(len(victims))


def test_concentration_in_pages_with_the_large_parts_on_demand(
    api: TestClient, catalogue: LineageGraph
) -> None:
    options = {"by": "namespace", "weight": "models", "where": "task=text-generation"}
    body = api.get("/v1/concentration", params={**options, "limit": 3}).json()
    expected = concentration(catalogue, {"task": "text-generation"}, by="namespace")
    assert body["pretrainers"] == plain(expected.pretrainers[:3])
    assert body["truncated"] == len(expected.pretrainers) - 3
    assert body["hhi"] == plain(expected.hhi)
    assert "lorenz" not in body
    full = api.get("/v1/concentration", params={**options, "fields": "*"}).json()
    assert full["closure"] == plain(expected.closure)
    rows = api.get("/v1/concentration", params={**options, "format": "ndjson"})
    assert len(rows.text.splitlines()) == len(expected.pretrainers)


def test_concentration_over_time(api: TestClient, catalogue: LineageGraph) -> None:
    body = api.get("/v1/concentration/over-time", params={"limit": 1000}).json()
    expected = concentration_over_time(catalogue, "quarter")
    assert body["periods"] == plain(expected.periods)


def test_chokepoints(api: TestClient, catalogue: LineageGraph) -> None:
    first = api.get("/v1/chokepoints", params={"limit": 2, "pairs": True}).json()
    expected = chokepoints(catalogue, pairs=True)
    for mine, own in zip(first["rankings"], expected.rankings, strict=True):
        assert mine["chokepoints"] == plain(own.chokepoints[:2])
        assert mine["truncated"] == own.n_found - 2
    second = api.get(
        "/v1/chokepoints",
        params={"limit": 2, "pairs": True, "cursor": first["page"]["next"]},
    ).json()
    assert second["rankings"][0]["chokepoints"] == plain(
        expected.rankings[0].chokepoints[2:4]
    )
    one = api.get("/v1/artefacts/Vicuna/chokepoints").json()
    assert one == plain(chokepoints_of(catalogue, "Vicuna"))


def test_licences(api: TestClient, catalogue: LineageGraph) -> None:
    assert api.get("/v1/licences").json() == plain(survey_licences(catalogue, 0))
    listed = api.get("/v1/licences/conflicts", params={"limit": 2}).json()
    whole = survey_licences(catalogue)
    assert listed["conflicts"] == plain(whole.conflicts[:2])
    assert listed["page"]["total"] == len(whole.conflicts)
    drift = api.get("/v1/licences/drift", params={"limit": 1000}).json()
    assert drift["transitions"] == plain(licence_drift(catalogue).transitions)
    one = api.get("/v1/artefacts/Vicuna/licences").json()
    assert one == plain(model_licence(catalogue, "Vicuna"))


def test_quality(api: TestClient, catalogue: LineageGraph) -> None:
    body = api.get("/v1/quality", params={"limit": 2}).json()
    assert body == plain(quality(catalogue, 2))


def test_a_scenario_with_an_inventory(api: TestClient, catalogue: LineageGraph) -> None:
    ids = ["lmsys/vicuna-7b-v1.5", "gpt2", "no/such", "@meta-llama"]
    body = {"targets": ["family:llama"], "events": ["deleted"], "inventory": ids}
    answer = api.post("/v1/what-breaks", json=body).json()
    found, own = scenario(catalogue, ["family:llama"], ["deleted"], inventory=ids)
    page = answer.pop("page")
    assert answer.pop("inventory") == plain(own)
    assert answer == plain(shape(found))
    assert page["total"] == len(found.outcomes[0].victims) > 0
    # Without an inventory it is the question that GET asks.
    del body["inventory"]
    same = api.post("/v1/what-breaks", json=body, params={"limit": 7}).json()
    params = {"target": "family:llama", "event": "deleted", "limit": 7}
    other = api.get("/v1/what-breaks", params=params).json()
    del same["page"]["next"], other["page"]["next"]
    assert same == other


def test_pages_of_a_scenario_belong_to_its_body(api: TestClient) -> None:
    body = {"targets": ["family:llama"], "events": ["deleted"]}
    url = "/v1/what-breaks"
    first = api.post(url, json=body, params={"limit": 3}).json()
    cursor = first["page"]["next"]
    second = api.post(url, json=body, params={"limit": 3, "cursor": cursor}).json()
    ids = [
        victim["id"]
        for page in (first, second)
        for victim in page["events"]["deleted"]["victims"]
    ]
    assert len(set(ids)) == 6
    other = {**body, "targets": ["gpt2"]}
    problem(
        api.post(url, json=other, params={"cursor": cursor}), 422, "invalid-parameter"
    )
