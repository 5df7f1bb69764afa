"""The small compile behind an overlay: its nodes, and the values that they bring."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headwater.graph.arrays import Text
from headwater.graph.compile import SnapshotContent, compile_snapshot
from headwater.graph.kernels.csr import BoolArray, IntArray
from headwater.graph.lineage_graph import Columns, LineageGraph
from headwater.graph.overlay_context import Context
from headwater.graph.overlay_text import Numbering
from headwater.graph.schema import ARTEFACT_KINDS


@dataclass(frozen=True, slots=True)
class Patch:
    """A small compile, and what its nodes are in the overlay.

    Attributes
    ----------
    context : Context
        What was compiled.
    content : SnapshotContent
        The outcome; P nodes.
    ids : list of str, length P
        Their ids.
    base_node : int32 array, shape (P,)
        Node of the snapshot, -1 for what is new.
    described : bool array, shape (P,)
        Whether there is a record; else the fields of the snapshot hold.
    numbering : Numbering
        Where nodes of the snapshot went.
    number : int32 array, shape (P,)
        Node of the overlay.
    """

    context: Context
    content: SnapshotContent
    ids: list[str]
    base_node: IntArray
    described: BoolArray
    numbering: Numbering
    number: IntArray

    @property
    def rows(self) -> IntArray:
        """Nodes of the patch whose fields count."""
        found = np.flatnonzero(self.described | (self.base_node < 0))
        return found.astype(np.int32)

    def array(self, name: str) -> NDArray[Any]:
        """Return an array of the small compile."""
        return self.content.arrays[name]

    def text(self, name: str) -> Text:
        """Return the text of the small compile's nodes."""
        return Text(self.array(f"{name}_offsets"), self.array(f"{name}_bytes"))


def make_patch(base: LineageGraph, context: Context) -> Patch:
    """Compile an update with its context, and find its nodes in the snapshot."""
    content = compile_snapshot(context.tables)
    text = Text(content.arrays["id_offsets"], content.arrays["id_bytes"])
    ids = _strings(text)
    base_node = _base_nodes(context, content, ids)
    kind = content.arrays["kind"]
    is_owner = kind >= len(ARTEFACT_KINDS)
    new = base_node < 0
    numbering = Numbering(
        base.n_nodes, base.n_artefacts, int((new & ~is_owner).sum()),
        int((new & is_owner).sum()),
    )  # fmt: skip
    number = numbering.after(base_node)
    artefacts, owners = numbering.new_nodes()
    number[new & ~is_owner], number[new & is_owner] = artefacts, owners
    described = ~content.arrays["phantom"]
    recorded = {item.lower() for item in _owner_ids(context.tables.records)}
    for node in np.flatnonzero(is_owner).tolist():
        described[node] = ids[node].lower() in recorded
    return Patch(context, content, ids, base_node, described, numbering, number)


def _strings(text: Text) -> list[str]:
    data = text.data.tobytes()
    ends = text.offsets.tolist()
    return [data[begin:end].decode("utf-8", "replace") for begin, end in pairwise(ends)]


def _owner_ids(records: pa.Table) -> list[str]:
    kinds, ids = records["kind"].to_pylist(), records["id"].to_pylist()
    return [
        item
        for item, kind in zip(ids, kinds, strict=True)
        if kind not in ARTEFACT_KINDS
    ]


def _base_nodes(context: Context, content: SnapshotContent, ids: list[str]) -> IntArray:
    """Return the node of the snapshot that each node of a patch is, by any name."""
    known = context.known
    known.look_up(ids)
    nodes = np.array([known.nodes[item.lower()] for item in ids], np.int32)
    aliases = Text(content.arrays["alias_offsets"], content.arrays["alias_bytes"])
    meant = content.arrays["alias_nodes"].tolist()
    names = [aliases[at] for at in range(len(aliases))]
    known.look_up(names)
    for name, node in zip(names, meant, strict=True):
        if known.nodes[name] >= 0:
            nodes[node] = known.nodes[name]
    return nodes


def merged_words(
    base: LineageGraph, patch: Patch
) -> tuple[dict[str, list[str]], dict[str, tuple[IntArray, IntArray]]]:
    """Return all words, sorted, and the code that each old and each new one has."""
    words: dict[str, list[str]] = {}
    codes: dict[str, tuple[IntArray, IntArray]] = {}

    def coded(part: list[str], place: dict[str, int]) -> IntArray:
        return np.array([*(place[word] for word in part), -1], np.int32)

    for name in ("licence", "task", "library"):
        old, new = base.vocabulary[name], patch.content.vocabulary[name]
        words[name] = sorted({*old, *new}) if {*new} - {*old} else old
        place = {word: at for at, word in enumerate(words[name])}
        codes[name] = coded(old, place), coded(new, place)
    return words, codes


def merged_labels(base: LineageGraph, patch: Patch) -> list[list[str]]:
    """Return friendly names, those of nodes that were described anew replaced."""
    new = patch.content.vocabulary["labels"]
    told = patch.base_node[patch.described & (patch.base_node >= 0)].tolist()
    gone = {base.ids[node] for node in told}
    if not new and not gone:
        labels: list[list[str]] = base.vocabulary["labels"]
        return labels
    return sorted(
        [*(item for item in base.vocabulary["labels"] if item[1] not in gone), *new]
    )


def new_fields(
    base: LineageGraph, patch: Patch, codes: dict[str, tuple[IntArray, IntArray]]
) -> tuple[dict[str, NDArray[Any]], IntArray, dict[str, NDArray[Any]]]:
    """Return old code -> code by column, the nodes that have new values, and those."""
    rows = patch.rows
    number = np.append(patch.number, np.int32(-1))
    values = {
        name: patch.array(name)[rows]
        for name in Columns.__slots__
        if name in patch.content.arrays
    }
    for name, (_, new) in codes.items():
        values[name] = new[values[name]]
    # On a cycle stands who stood on it: that is settled last.
    values.pop("representative")
    for name in ("namespace", "developer"):
        values[name] = number[values[name]]
    # The owner of a namespace is a curator's word: the snapshot has it.
    space = patch.array("namespace")[rows]
    before = np.append(patch.base_node, np.int32(-1))[space]
    owner = np.full(len(before), -1, np.int32)
    inside = before >= 0
    owner[inside] = base.columns.developer[before[inside]]
    owner = patch.numbering.after(owner)
    values["developer"] = np.where(values["developer"] < 0, owner, values["developer"])
    recode = {
        name: old for name, (old, _) in codes.items()
        if not np.array_equal(old[:-1], np.arange(len(old) - 1))
    }  # fmt: skip
    return recode, patch.number[rows], values


def alias_nodes(patch: Patch) -> dict[str, int]:
    """Return the nodes of the overlay that the aliases of a patch stand for."""
    aliases = Text(patch.array("alias_offsets"), patch.array("alias_bytes"))
    nodes = patch.number[patch.array("alias_nodes")].tolist()
    return {aliases[at]: node for at, node in enumerate(nodes)}
