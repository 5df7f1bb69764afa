"""Fixtures that every test may use."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore
from headwater.ingest.load import build

# The gate tries the same examples each time; at a desk every run tries new ones.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("gate" if os.environ.get("HEADWATER_CI") else "desk")


@pytest.fixture(scope="session")
def catalogue_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data directory that holds the snapshot of the packaged catalogue."""
    folder = tmp_path_factory.mktemp("catalogue")
    build(folder)
    return folder


@pytest.fixture(scope="session")
def catalogue(catalogue_dir: Path) -> LineageGraph:
    """Return the packaged catalogue as a graph."""
    return LineageGraph(SnapshotStore(catalogue_dir).current())


@pytest.fixture(autouse=True)
def _own_data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from the user's data and the Hub."""
    monkeypatch.setenv("HEADWATER_DATA_DIR", str(tmp_path / "data"))
    for name in ("HF_TOKEN", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let slow browser tests come last, so that other failures show first."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In the gate a skipped test is a failure, unless its reason begins "optional"."""
    report = yield
    if (
        report.skipped
        and os.environ.get("HEADWATER_CI")
        and not hasattr(report, "wasxfail")
    ):
        reason = str(
            report.longrepr[2]
            if isinstance(report.longrepr, tuple)
            else report.longrepr
        )
        if "optional" not in reason:
            report.outcome = "failed"
            report.longrepr = f"skipped in the gate: {item.nodeid}: {reason}"
    return report
