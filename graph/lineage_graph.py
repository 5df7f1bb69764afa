"""An opened snapshot: memory-mapped arrays behind a typed face."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.errors import DamagedSnapshotError, GraphError
from headwater.graph.arrays import (
    ARRAYS,
    NO_DAY,
    Haystack,
    Text,
    bisect_key,
    find_sorted,
)
from headwater.graph.kernels.csr import BoolArray, ByteArray, Csr, IntArray
from headwater.graph.roots import LINEAGE_RELATIONS as LINEAGE_RELATIONS
from headwater.graph.schema import ARTEFACT_KINDS, KINDS, SOURCES, STATES
from headwater.graph.snapshot import VOCABULARY, Manifest, check_files, read_manifest
from headwater.graph.snapshot_use import hold_while_alive

if TYPE_CHECKING:
    import pyarrow as pa

_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Columns:
    """One value a node; the meaning of each is in :data:`headwater.graph.arrays.ARRAYS`."""

    kind: ByteArray
    state: ByteArray
    phantom: BoolArray
    root_status: ByteArray
    scratch: ByteArray
    known_origin: BoolArray
    representative: IntArray
    namespace: IntArray
    developer: IntArray
    day: IntArray
    downloads: NDArray[np.int64]
    downloads_all_time: NDArray[np.int64]
    likes: NDArray[np.int64]
    parameters: NDArray[np.int64]
    licence: IntArray
    task: IntArray
    library: IntArray


class LineageGraph:
    """A snapshot that is open for reading; safe for many readers at once.

    Attributes
    ----------
    directory : pathlib.Path
        The snapshot's folder.
    manifest : Manifest
        What it says of itself.
    n_nodes, n_artefacts : int
        Artefacts are the nodes 0 .. n_artefacts - 1; namespaces and developers follow.
    parents, children : Csr
        Accepted edges in both directions, self-loops and refuted ones left out.
    columns : Columns
        Values by node.
    vocabulary : dict
        Words behind the codes, friendly names, families.
    """

    search_blocks: NDArray[np.uint8] | None = None
    """See :mod:`headwater.graph.search_index`; without it a search scans all text."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        hold_while_alive(self, directory)
        self.manifest: Manifest = read_manifest(directory)
        if self.manifest.base is not None:
            raise GraphError(f"{directory} is a layer; open it with open_graph")
        check_files(directory, self.manifest)
        arrays = _open_arrays(directory)
        self.vocabulary: dict[str, Any] = _read_vocabulary(directory)
        self.parents = _csr(arrays, "parents")
        self.children = _csr(arrays, "children")
        self.columns = Columns(**{name: arrays[name] for name in Columns.__slots__})
        self.edge_sources: IntArray = arrays["edge_sources"]
        self.edge_disputed: BoolArray = arrays["edge_disputed"]
        self.ids = Text(arrays["id_offsets"], arrays["id_bytes"])
        self.names = Text(arrays["name_offsets"], arrays["name_bytes"])
        self.id_order: IntArray = arrays["id_order"]
        self.aliases = Text(arrays["alias_offsets"], arrays["alias_bytes"])
        self.alias_nodes: IntArray = arrays["alias_nodes"]
        self.search_text = Text(arrays["search_offsets"], arrays["search_bytes"])
        self.haystack = Haystack(
            directory / "arrays" / "search_bytes.npy", len(self.search_text.data)
        )
        self.search_nodes: IntArray = arrays["search_nodes"]
        self.search_blocks = arrays["search_blocks"]
        self.n_nodes = len(self.ids)
        is_artefact = self.columns.kind < len(ARTEFACT_KINDS)
        self.n_artefacts = int(is_artefact.sum())

    def find(self, node_id: str) -> int:
        """Return the node with this id or alias, whatever its case, or -1."""
        key = node_id.lower()
        node = find_sorted(self.ids, self.id_order, key)
        if node >= 0 or not len(self.aliases):
            return node
        order = np.arange(len(self.aliases), dtype=np.int32)
        place = find_sorted(self.aliases, order, key)
        return -1 if place < 0 else int(self.alias_nodes[place])

    def find_prefix(self, prefix: str, limit: int) -> list[int]:
        """Return up to `limit` nodes whose id starts with `prefix`, by id."""
        key = prefix.lower().encode("utf-8", "replace")
        low = bisect_key(self.ids, self.id_order, key)
        found: list[int] = []
        while low + len(found) < len(self.id_order) and len(found) < limit:
            node = int(self.id_order[low + len(found)])
            if not self.ids.raw(node).lower().startswith(key):
                break
            found.append(node)
        return found

    def name(self, node: int) -> str:
        """Return the friendly name of a node, or its id."""
        return self.names[node] or self.ids[node]

    def kind(self, node: int) -> str:
        """Return the kind of a node."""
        return KINDS[self.columns.kind[node]]

    def state(self, node: int) -> str:
        """Return the state of a node."""
        return STATES[self.columns.state[node]]

    def day(self, node: int) -> date | None:
        """Return the day of first release, None when nobody has told."""
        days = int(self.columns.day[node])
        return None if days == NO_DAY else _EPOCH + timedelta(days=days)

    def word(self, column: str, node: int) -> str | None:
        """Return the licence, task or library of a node."""
        code = int(getattr(self.columns, column)[node])
        return None if code < 0 else str(self.vocabulary[column][code])

    def sources(self, edge: int) -> tuple[str, ...]:
        """Return the sources that assert an edge, most authoritative first."""
        bits = int(self.edge_sources[edge])
        found = [source for code, source in enumerate(SOURCES) if bits >> code & 1]
        return tuple(source.name for source in sorted(found, key=lambda x: x.rank))

    def rows(self, table: str, **wanted: Any) -> list[dict[str, Any]]:
        """Return the rows of a public table in which columns have the wanted values.

        Parameters
        ----------
        table : str
            Name of the table.
        **wanted : int, str or list
            Column -> value, or a list of values of which one has to fit.
        """
        # Whoever does not look into the tables shall not wait for the import of Arrow.
        from headwater.graph.table_rows import select_rows

        return select_rows(self.directory, table, wanted)

    def node_row(self, node: int) -> dict[str, Any]:
        """Return a node's row of the ``nodes`` table.

        As :meth:`rows` would, in half the time: what the arrays hold is not decoded.
        """
        from headwater.graph.table_rows import read_node

        return read_node(self, node)

    def node_table(self, columns: Sequence[str]) -> pa.Table:
        """Return columns of the ``nodes`` table in node order."""
        from headwater.graph.table_rows import read_columns

        return read_columns(self.directory, "nodes", columns)

    def node_codes(self, column: str) -> tuple[IntArray, list[str]]:
        """Return the code of each node's word in a column of ``nodes``, and the words.

        Null is -1. Faster than :meth:`node_table` for a column of few different words.
        """
        from headwater.graph.table_rows import read_codes

        return read_codes(self.directory, "nodes", column)

    def alive(self, as_of: date | None) -> BoolArray | None:
        """Return which nodes existed on a day, or None for no restriction.

        A node without a date counts as existing: leaving it out would hide lineage.
        """
        if as_of is None:
            return None
        alive: BoolArray = self.columns.day <= (as_of - _EPOCH).days
        return alive

    @cached_property
    def shared(self) -> BoolArray:
        """Nodes with more than one edge to a parent."""
        flags: BoolArray = np.diff(self.parents.offsets) > 1
        return flags


def _open_arrays(directory: Path) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    for spec in ARRAYS:
        path = directory / "arrays" / f"{spec.name}.npy"
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise DamagedSnapshotError(path, f"cannot be read ({error})") from error
        if str(array.dtype) != spec.dtype:
            raise DamagedSnapshotError(path, f"holds {array.dtype}, not {spec.dtype}")
        arrays[spec.name] = np.asarray(array)
    return arrays


def _csr(arrays: dict[str, NDArray[Any]], name: str) -> Csr:
    return Csr(
        arrays[f"{name}_offsets"],
        arrays[f"{name}_targets"],
        arrays[f"{name}_relations"],
        arrays[f"{name}_edges"],
    )


def _read_vocabulary(directory: Path) -> dict[str, Any]:
    path = directory / VOCABULARY
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DamagedSnapshotError(path, f"cannot be read ({error})") from error
    if not isinstance(value, dict):
        raise DamagedSnapshotError(path, "is no vocabulary")
    return value
