"""The formats that a snapshot can be exported to, and the one way to write each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from headwater.errors import InvalidArgumentError
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.progress import NullProgress, Progress
from headwater.queries.export.files import open_file, open_folder, write_mark
from headwater.queries.export.selection import Selection, select

FileWriter = Callable[[Selection, BinaryIO, Progress], None]
_CSV: Final = "neo4j-csv"


@dataclass(frozen=True, slots=True)
class Format:
    """One way out.

    Attributes
    ----------
    name : str
        What is typed.
    meaning : str
        One line for help and documentation.
    is_folder : bool
        Whether it is several files.
    is_complete : bool
        Whether owners and edges of every standing are always in it.
    """

    name: str
    meaning: str
    is_folder: bool
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes
    ----------
    format : str
        One of :data:`FORMATS`.
    n_nodes, n_edges : int
        Nodes, and edges of lineage.
    around : str or None
        Id of the artefact whose lineage it is; None for the whole snapshot.
    then : str or None
        The command that takes it in, where there is one.
    """

    format: str
    n_nodes: int
    n_edges: int
    around: str | None
    then: str | None = None


FORMATS: Final = {
    item.name: item
    for item in (
        Format("graphml", "GraphML: networkx, igraph, Gephi, yEd, Cytoscape", False, False),
        Format("gexf", "GEXF 1.2: Gephi", False, False),
        Format("jsonld", "JSON-LD with W3C PROV-O terms: triple stores", False, True),
        Format("parquet", "the public tables: Spark, DuckDB, polars, pandas", True, True),
        Format(_CSV, "files for neo4j-admin database import", True, True),
    )
}  # fmt: skip


def export(
    graph: LineageGraph,
    name: str,
    target: Path | BinaryIO,
    *,
    around: str | None = None,
    depth: int | None = None,
    owners: bool = False,
    all_edges: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> Exported:
    """Write a snapshot, or one artefact's lineage, in the format of another tool.

    Parameters
    ----------
    graph : LineageGraph
        A compiled snapshot.
    name : str
        One of :data:`FORMATS`.
    target : pathlib.Path or binary file
        File, or folder for a format of several files; it takes its name when it is
        complete. An open file is written to as it is.
    around, depth, owners, all_edges
        What to take, see :func:`headwater.queries.export.selection.select`.
    force : bool
        Whether what is there may be replaced.
    progress : Progress, optional
        Is told how far it is.

    Raises
    ------
    InvalidArgumentError
        When the format is not known, or the target is there and may not be replaced.
    ConfigError
        When the target cannot be written.

    Notes
    -----
    Tables are read and written in parts: memory is bounded, whatever the snapshot's size.
    """
    found = FORMATS.get(name)
    if found is None:
        raise InvalidArgumentError(
            f"no format is called {name!r}; there are: {', '.join(FORMATS)}"
        )
    progress = progress or NullProgress()
    if name == _CSV and around is not None:
        raise InvalidArgumentError(
            f"{name} is always the whole snapshot; leave --around away, or take parquet"
        )
    selection = select(
        graph, around, depth, owners=owners or found.is_complete,
        all_edges=all_edges or found.is_complete,
    )  # fmt: skip
    then = None
    if found.is_folder:
        if not isinstance(target, Path):
            raise InvalidArgumentError(f"{name} is a folder; give its name")
        with open_folder(target, force=force) as folder:
            if name == _CSV:
                then = _write_neo4j(selection, folder, target.resolve(), progress)
            else:
                _write_parquet(selection, folder, progress)
    elif isinstance(target, Path):
        with open_file(target, force=force) as file:
            _file_writer(name)(selection, file, progress)
    else:
        _file_writer(name)(selection, target, progress)
    nodes, edges = len(selection.nodes), len(selection.edges)
    return Exported(name, nodes, edges, selection.around, then)


def _file_writer(name: str) -> FileWriter:
    if name == "graphml":
        from headwater.queries.export.graphml import write_graphml

        return write_graphml
    if name == "gexf":
        from headwater.queries.export.gexf import write_gexf

        return write_gexf
    from headwater.queries.export.jsonld import write_jsonld

    return write_jsonld


def _write_parquet(selection: Selection, folder: Path, progress: Progress) -> None:
    from headwater.queries.export.parquet import write_parquet

    write_parquet(selection, folder, progress)


def _write_neo4j(
    selection: Selection, folder: Path, final: Path, progress: Progress
) -> str:
    from headwater.graph.backends.neo4j_csv import write_csv

    written = write_csv(selection.graph, folder, progress, final=final)
    write_mark(folder, selection.graph.manifest, {"format": _CSV})
    return written.command
