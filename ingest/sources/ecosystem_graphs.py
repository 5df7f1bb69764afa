"""Stanford's Ecosystem Graphs: a folder of YAML files -> claims."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from headwater.ingest.parse.curated_names import NameTable
from headwater.ingest.parse.ecosystem_graphs_file import (
    Asset,
    CuratedGraph,
    parse_assets,
    read_assets,
)
from headwater.ingest.sources.yaml_folder import read_yaml_folder

MAX_FILE_BYTES: Final = 1024 * 1024


def read_ecosystem_graphs(
    folder: Path, names: NameTable, today: date | None = None
) -> CuratedGraph:
    """Return what the assets under `folder` say.

    Parameters
    ----------
    folder : pathlib.Path
        The ``assets`` folder of a clone of ``stanford-crfm/ecosystem-graphs``, or one
        YAML file of it.
    names : NameTable
        What resolves names, see :func:`headwater.ingest.sources.names.load_names`.
    today : datetime.date, optional
        Day of reading; today in UTC by default.

    Returns
    -------
    CuratedGraph
        Its `batch` counts every file and value that was left out.

    Raises
    ------
    ConfigError
        When there is no such folder, or no YAML file in it.
    """
    graph = CuratedGraph()
    assets: list[Asset] = []
    for name, content in read_yaml_folder(folder, graph.batch, MAX_FILE_BYTES):
        assets += read_assets(graph, name, content)
    day = (today or datetime.now(UTC).date()).isoformat()
    return parse_assets(graph, assets, names, day)
