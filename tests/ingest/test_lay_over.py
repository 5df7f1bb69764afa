"""Small updates of large snapshots: laid over them, and equal to a compile."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from headwater.graph.layers import open_graph
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore
from headwater.ingest import lay_over as module
from headwater.ingest.imports import import_source
from headwater.ingest.lay_over import lay_over
from headwater.ingest.load import build
from headwater.queries.lineage import lineage
from headwater.queries.show import show
from headwater.queries.what_breaks import what_breaks
from tests.ingest.conftest import run_crawl
from tests.ingest.fakehub import synth
from tests.ingest.test_hub_update import serve_copy, touch

ROUTES = ("models",)


@pytest.fixture
def hub(serve: Any) -> Any:
    return serve_copy(serve, list(synth(120, 0, 0, seed=5, dirt=0.0, card_extra=0)))


@pytest.fixture
def crawled(hub: Any, tmp_path: Path) -> Path:
    """Return a data directory with a full crawl, compiled."""
    run_crawl(tmp_path / "runs", hub.endpoint, routes=ROUTES)
    build(tmp_path)
    return tmp_path


def models(hub: Any) -> list[str]:
    return sorted(hub.catalogue.recs["models"])


def update(hub: Any, data: Path, **fields: Any) -> list[str]:
    """Change some models on the hub, and crawl what changed."""
    changed = models(hub)[5:60:9]
    for name in changed:
        touch(hub, name, **fields)
    run_crawl(data / "runs", hub.endpoint, routes=ROUTES, update=True)
    return changed


def told(graph: LineageGraph, ids: list[str]) -> dict[str, Any]:
    """Return what a graph says of some artefacts, apart from its own name."""
    found: dict[str, Any] = {}
    for name in ids:
        answer = replace(what_breaks(graph, [name], limit=50), snapshot="")
        shown = show(graph, name)
        found[name] = answer, shown.fields, lineage(graph, name).n_ancestors
    return found


def test_an_update_laid_over_answers_as_one_compiled(hub: Any, crawled: Path) -> None:
    changed = update(hub, crawled, likes=4321, downloads=17)
    layer = lay_over(crawled, least=0)
    assert layer is not None
    assert layer.base is not None
    graph = open_graph(SnapshotStore(crawled).current())
    assert graph.manifest.id == layer.id
    assert graph.columns.likes[graph.find(changed[0])] == 4321
    laid = told(graph, models(hub))
    build(crawled)
    assert laid == told(open_graph(SnapshotStore(crawled).current()), models(hub))


def test_later_updates_replace_the_layer(hub: Any, crawled: Path) -> None:
    update(hub, crawled, likes=1)
    first = lay_over(crawled, least=0)
    update(hub, crawled, likes=2)
    second = lay_over(crawled, least=0)
    assert first is not None
    assert second is not None
    assert first.base == second.base
    assert len(second.sources) == len(first.sources) + 1
    assert lay_over(crawled, least=10**6) is None


def test_what_needs_a_compile_is_not_laid_over(
    hub: Any, crawled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lay_over(crawled, least=0) is None, "nothing is new"
    update(hub, crawled, likes=1)
    assert lay_over(crawled) is None, "the snapshot is small"
    assert lay_over(crawled, least=0, packaged=False) is None, "another catalogue"
    with monkeypatch.context() as patched:
        patched.setattr(module, "MOST_RECORDS", 3)
        assert lay_over(crawled, least=0) is None, "the update is large"
    folder = crawled / "found" / "model"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "llama"}')
    import_source(crawled, "local", [str(folder.parent)])
    assert lay_over(crawled, least=0) is None, "an import is new"


def test_what_was_taken_away_is_compiled_out(hub: Any, crawled: Path) -> None:
    folder = crawled / "found" / "model"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "llama"}')
    import_source(crawled, "local", [str(folder.parent)])
    build(crawled)
    update(hub, crawled, likes=1)
    assert lay_over(crawled, least=0) is not None
    shutil.rmtree(crawled / "imports")
    assert lay_over(crawled, least=0) is None, "an import is gone"
    build(crawled)
    update(hub, crawled, likes=2)
    assert lay_over(crawled, least=0) is not None
    oldest = min((crawled / "runs").glob("*/"))
    shutil.rmtree(oldest)
    assert lay_over(crawled, least=0) is None, "a crawl is gone"


def test_a_whole_pass_is_compiled(hub: Any, crawled: Path) -> None:
    run_crawl(crawled / "runs", hub.endpoint, routes=ROUTES, resume=False)
    assert lay_over(crawled, least=0) is None


def test_nothing_compiled_is_no_base(tmp_path: Path) -> None:
    assert lay_over(tmp_path, least=0) is None


def test_the_command_lays_over_and_says_so(
    hub: Any, crawled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from headwater.cli.main import app

    monkeypatch.setattr(module.lay_over, "__kwdefaults__", {
        **(module.lay_over.__kwdefaults__ or {}), "least": 0,
    })  # fmt: skip
    for name in models(hub)[:4]:
        touch(hub, name, likes=99)
    run = CliRunner().invoke
    command = ["crawl", "--update", "--only", "models", "--endpoint", hub.endpoint,
               "--data-dir", str(crawled), "--no-token"]  # fmt: skip
    done = run(app, command)
    assert done.exit_code == 0, done.output
    assert "laid over" in done.output
    asked = run(app, ["sql", "SELECT count(*) AS n FROM nodes", "--json",
                      "--data-dir", str(crawled)])  # fmt: skip
    assert "headwater build" in asked.output
    done = run(app, [*command, "--compile"])
    assert "laid over" not in done.output
    assert open_graph(SnapshotStore(crawled).current()).manifest.base is None
