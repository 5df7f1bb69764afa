"""Ids, names and aliases as bytes: look-up by id, and search by popularity."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.graph.arrays import Text, find_sorted, to_text
from headwater.graph.kernels.csr import IntArray
from headwater.graph.kernels.order import stable_order
from headwater.graph.search_index import block_groups


@dataclass(frozen=True, slots=True)
class NodeText:
    """Text of the nodes in the form in which it is stored.

    Attributes
    ----------
    ids, names : Text
        In node order; a node without a friendly name has an empty one.
    id_order : int32 array, shape (V,)
        Nodes ordered by lower-case id.
    search : Text
        ``id TAB name NEWLINE`` in lower case, the most popular node first.
    search_nodes : int32 array, shape (V,)
        Node of each entry of the search text.
    """

    ids: Text
    names: Text
    id_order: IntArray
    search: Text
    search_nodes: IntArray

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of the snapshot that hold it."""
        return {
            "id_offsets": self.ids.offsets,
            "id_bytes": self.ids.data,
            "id_order": self.id_order,
            "name_offsets": self.names.offsets,
            "name_bytes": self.names.data,
            "search_offsets": self.search.offsets,
            "search_bytes": self.search.data,
            "search_nodes": self.search_nodes,
            "search_blocks": block_groups(self.search.data, self.search.offsets),
        }


def node_text(
    ids: Any,
    names: Any,
    id_order: IntArray,
    columns: Mapping[str, NDArray[Any]],
    degree: NDArray[np.integer],
) -> NodeText:
    """Return the text of the nodes.

    Parameters
    ----------
    ids, names : pyarrow.Array
        Ids and friendly names in node order; a name may be null.
    id_order : int32 array, shape (V,)
        Nodes ordered by lower-case id.
    columns : mapping of str to array
        ``downloads`` and ``likes`` in node order.
    degree : int array, shape (V,)
        Number of children of each node.
    """
    # What people mean first: downloads, likes, then what most is built on. Each stable
    # order keeps what the less important ones before it did.
    order = id_order
    for values in (degree, columns["likes"], columns["downloads"]):
        order = order[stable_order(-values[order].astype(np.int64))]
    rows = pa.array(order)
    lower = pc.utf8_lower(ids.take(rows))
    folded = _folded(names).take(rows)
    search = pc.binary_join_element_wise(lower, "\t", folded, "\n", "")
    empty_for_null = pc.fill_null(names, "")
    return NodeText(
        as_text(ids), as_text(empty_for_null), id_order, as_text(search), order
    )


def _folded(names: Any) -> Any:
    """Return names in the case in which they are compared; null becomes empty."""
    named = np.flatnonzero(names.is_valid().to_numpy(zero_copy_only=False))
    words = [name.casefold() for name in names.take(pa.array(named)).to_pylist()]
    place = np.zeros(len(names), np.int32)
    place[named] = np.arange(1, len(words) + 1, dtype=np.int32)
    return pa.array(["", *words], pa.string()).take(pa.array(place))


def as_text(column: Any) -> Text:
    """Return the bytes of an Arrow text array without nulls."""
    width = np.int64 if column.type == pa.large_string() else np.int32
    _, offsets, data = column.buffers()
    if len(column) == 0 or offsets is None:
        return Text(np.zeros(len(column) + 1, np.int64), np.empty(0, np.uint8))
    stored = np.frombuffer(offsets, width)
    places = stored[column.offset : column.offset + len(column) + 1].astype(np.int64)
    low, high = int(places[0]), int(places[-1])
    content = np.frombuffer(data, np.uint8)[low:high] if data else np.empty(0, np.uint8)
    return Text(places - low, content)


def order_by_id(ids: Any, by_key: IntArray, odd: IntArray) -> IntArray:
    """Return nodes ordered by lower-case id.

    Parameters
    ----------
    ids : pyarrow.Array
        Ids in node order.
    by_key : int32 array, shape (V,)
        Nodes ordered by key, which is the lower-case id of all but the odd ones.
    odd : int32 array
        Nodes whose id is another than their key; usually few.

    Notes
    -----
    O(V + k log V) for k odd nodes, which are put in their places one by one.
    """
    if not len(odd):
        return by_key
    is_odd = np.zeros(len(by_key), np.bool_)
    is_odd[odd] = True
    kept = by_key[~is_odd[by_key]]

    def key(node: int) -> bytes:
        return str(ids[node].as_py()).lower().encode()

    moved = sorted(odd.tolist(), key=key)
    places = [
        bisect_left(kept, key(node), key=lambda other: key(int(other)))
        for node in moved
    ]  # fmt: skip
    return np.insert(kept, places, moved).astype(np.int32)


def alias_arrays(aliases: Mapping[str, str], text: NodeText) -> dict[str, NDArray[Any]]:
    """Return the arrays of the snapshot that lead from an alias to its node."""
    placed = [
        (alias, node)
        for alias, key in sorted(aliases.items())
        if (node := find_sorted(text.ids, text.id_order, key)) >= 0
    ]
    words = to_text(alias for alias, _ in placed)
    return {
        "alias_offsets": words.offsets,
        "alias_bytes": words.data,
        "alias_nodes": np.array([node for _, node in placed], np.int32),
    }
