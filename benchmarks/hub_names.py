"""Names, addresses and identities of a synthetic Hub, as Arrow columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from benchmarks.hub_shape import OLD_NAME, OTHER_CASE, Shape
from benchmarks.hub_words import (
    family_names,
    hexadecimal,
    join,
    number,
    owner_names,
    text,
)

HUB: Final = "https://huggingface.co/"
_SIZES: Final = ("0.5B", "1B", "3B", "7B", "8B", "13B", "32B", "70B", "base", "large")
_VARIANTS: Final = (
    "GGUF", "lora", "Instruct", "4bit", "finetuned", "v2", "chat", "AWQ", "merge", "sft",
)  # fmt: skip
_CORPORA: Final = ("corpus", "instruct", "chat", "qa", "preference", "code", "images")
LEGACY_ROOTS: Final = slice(20, 40)
"""Families whose root has a name of one part, from before there were namespaces."""


@dataclass(frozen=True, slots=True)
class HubNames:
    """Texts of a :class:`benchmarks.hub_shape.Shape`.

    Attributes
    ----------
    ids : pyarrow.Array
        Node ids of all nodes.
    documents, hub_ids, revisions : pyarrow.Array
        Address, identity and commit of each model and dataset.
    roots : int array
        The oldest model of each family, the largest family first.
    families : pyarrow.Array
        Name of each family.
    renamed : int array
        Models that some edge names by an older name, ascending.
    old_ids, old_documents : pyarrow.Array
        That name, and its address.
    parents, typed : pyarrow.Array
        Parent of each edge as it is spelled, with and without the kind's prefix.
    """

    ids: pa.Array
    documents: pa.Array
    hub_ids: pa.Array
    revisions: pa.Array
    roots: NDArray[np.int64]
    families: pa.Array
    renamed: NDArray[np.int64]
    old_ids: pa.Array
    old_documents: pa.Array
    parents: pa.Array
    typed: pa.Array


def name_everything(shape: Shape, rng: np.random.Generator) -> HubNames:
    """Return the names of all nodes and the spelling of each edge's parent.

    Complexity: O(V + E).
    """
    n_real = shape.n_models + shape.n_datasets
    paths, roots, families = _paths(shape, rng)
    is_model = _is_model(shape)
    prefix = text((~is_model).astype(np.int8), ["", "datasets/"])
    ids = join(prefix, paths)
    by_old_name = (shape.spelling == OLD_NAME) & (shape.parent < shape.n_models)
    renamed = np.unique(shape.parent[by_old_name]).astype(np.int64)
    old_ids = join(pc.utf8_replace_slice(paths.take(pa.array(renamed)), 0, 1, "Old-"))
    typed = _spelled(shape, paths, renamed, old_ids, by_old_name)
    parent_prefix = prefix.take(pa.array(shape.parent))
    return HubNames(
        ids=ids,
        documents=join(HUB, ids.slice(0, n_real)),
        hub_ids=hexadecimal(n_real, 12, rng),
        revisions=hexadecimal(n_real, 20, rng),
        roots=roots,
        families=families,
        renamed=renamed,
        old_ids=old_ids,
        old_documents=join(HUB, old_ids),
        parents=join(parent_prefix, typed),
        typed=typed,
    )


def _is_model(shape: Shape) -> NDArray[np.bool_]:
    return np.repeat(
        [True, False, True, False],
        [shape.n_models, shape.n_datasets, shape.n_missing_models,
         shape.n_missing_datasets],
    )  # fmt: skip


def _paths(
    shape: Shape, rng: np.random.Generator
) -> tuple[pa.Array, NDArray[np.int64], pa.Array]:
    """Return ``owner/name`` of every node, the root of each family and its name."""
    n_models, n_nodes = shape.n_models, len(shape.namespace)
    n_families = int(shape.family.max()) + 1
    families = family_names(np.arange(n_families))
    found, roots = np.unique(shape.family, return_index=True)
    roots = roots[found >= 0]
    number_of = np.where(
        shape.family >= 0, shape.family, n_families + np.arange(n_models) % 4999
    )
    size = text(rng.integers(0, len(_SIZES), n_models), _SIZES)
    stem = join(family_names(number_of), "-", size)
    variant = text(rng.integers(0, len(_VARIANTS), n_models), _VARIANTS)
    full = join(stem, "-", variant, "-", number(np.arange(n_models)))
    is_root = np.zeros(n_models, np.bool_)
    is_root[roots] = True
    models = pc.if_else(pa.array(is_root), stem, full)
    rest = np.arange(n_models, n_nodes)
    kind = text(rng.integers(0, len(_CORPORA), len(rest)), _CORPORA)
    others = join(kind, "-", number(rest))
    owner = owner_names(shape.namespace.astype(np.int64))
    names = pa.concat_arrays([models, others])
    legacy = np.zeros(n_nodes, np.bool_)
    legacy[roots[LEGACY_ROOTS]] = True
    paths = pc.if_else(pa.array(legacy), names, join(owner, "/", names))
    return paths, roots.astype(np.int64), families


def _spelled(
    shape: Shape,
    paths: pa.Array,
    renamed: NDArray[np.int64],
    old_ids: pa.Array,
    by_old_name: NDArray[np.bool_],
) -> pa.Array:
    """Return the parent of each edge as the author typed it."""
    plain = paths.take(pa.array(shape.parent))
    other_case = pa.array(shape.spelling == OTHER_CASE)
    lower = pa.array(shape.child % 3 != 0)
    changed = pc.if_else(
        pc.and_(other_case, lower),
        pc.utf8_lower(plain),
        pc.if_else(other_case, pc.utf8_upper(plain), plain),
    )
    at = np.zeros(len(shape.parent), np.int64)
    at[by_old_name] = np.searchsorted(renamed, shape.parent[by_old_name])
    if len(renamed) == 0:
        return changed
    return pc.if_else(pa.array(by_old_name), old_ids.take(pa.array(at)), changed)
