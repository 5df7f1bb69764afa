"""What commands share: options, opening the graph, ending with the right code."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from headwater.config import Settings, read_settings
from headwater.errors import InvalidArgumentError, NoSnapshotError
from headwater.graph.layers import open_graph as open_snapshot
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.store import SnapshotStore

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Directory of snapshots and raw documents (or HEADWATER_DATA_DIR).",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="Only what existed on this day (YYYY-MM-DD).",
        show_default=False,
    ),
]


def settings_for(data_dir: Path | None) -> Settings:
    """Return the settings; ``--data-dir`` wins over the environment."""
    return read_settings(data_dir=data_dir)


def parse_day(text: str | None) -> date | None:
    """Return a day given on the command line.

    Raises
    ------
    InvalidArgumentError
        When it is no day of the form YYYY-MM-DD.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidArgumentError(f"{text!r} is no day; write YYYY-MM-DD") from None


def open_graph(settings: Settings) -> LineageGraph:
    """Return the current snapshot; the first time, build it from the catalogue."""
    store = SnapshotStore(settings.data_dir)
    try:
        return open_snapshot(store.current())
    except NoSnapshotError:
        from headwater.ingest.load import build

        say(f"First run: building the catalogue's snapshot in {settings.data_dir}")
        build(settings.data_dir)
        return open_snapshot(store.current())


def open_compiled(settings: Settings) -> LineageGraph:
    """Return the current snapshot as it was compiled, for what reads its tables."""
    graph = open_graph(settings)
    if graph.manifest.base is None:
        return graph
    records = graph.manifest.counts["layer"]["records"]
    say(
        f"Note: what was read since {graph.manifest.base} (records: {records:,}) is not "
        "in this answer; `headwater build` compiles it in."
    )
    return LineageGraph(graph.directory)


def say(text: str) -> None:
    """Talk to the person: standard error, never standard output."""
    sys.stderr.write(text + "\n")
