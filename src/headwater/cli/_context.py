"""What commands share: options, opening the graph, ending with the right code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headwater.config import Settings, read_settings

if TYPE_CHECKING:
    from headwater.queries.session import Session

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Directory of snapshots and raw documents (or HEADWATER_DATA_DIR).",
        show_default=False,
    ),
]
Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="ADDRESS",
        help="Ask the Neo4j server at neo4j://HOST:PORT (or HEADWATER_STORE).",
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


def settings_for(data_dir: Path | None, store: str | None = None) -> Settings:
    """Return the settings; ``--data-dir`` and ``--store`` win over the environment."""
    return read_settings(data_dir=data_dir, store=store)


def open_session(settings: Settings, snapshot: str = "current") -> Session:
    """Return what can be asked; the first time, build the catalogue's snapshot."""
    from headwater.loading import open_session as load

    return load(settings, snapshot, say)


def tell_of_layer(session: Session) -> Session:
    """Say what is not in an answer that reads the tables of the compiled snapshot."""
    manifest = session.snapshot
    if manifest.base is not None:
        records = manifest.counts["layer"]["records"]
        say(
            f"Note: what was read since {manifest.base} (records: {records:,}) is not "
            "in this answer; `headwater build` compiles it in."
        )
    return session


def say(text: str) -> None:
    """Talk to the person: standard error, never standard output."""
    sys.stderr.write(text + "\n")
