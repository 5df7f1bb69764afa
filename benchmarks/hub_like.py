"""A deterministic synthetic Hub, for measuring at a size that can be chosen.

::

    python -m benchmarks.hub_like 300k --out DIR [--seed 0]

draws 30k, 300k, 3M or any other number of models, with datasets, namespaces, developers
and products that are not on the Hub, as claim tables, and publishes them through the
very compiler and store that real data goes through. It looks like the Hub in numbers
and in dirt; none of its names is a real one.

What its shape follows:

* Size: 1.86 million models (Laufer, Oderinwale and Kleinberg, *Anatomy of a Machine
  Learning Ecosystem*, arXiv:2508.06811); 1.8 million models with 450 thousand datasets
  in June 2025 (Rahman, Gao and Ji, *HuggingGraph*, arXiv:2507.14240), 760,460 with
  175,000 before (Stalnaker et al., arXiv:2502.04484): 0.23 to 0.25 datasets a model.
  It grew since, so 0.27 are taken, and about one namespace for six models.
* Families vary widely in size and form sprawling trees (2508.06811); degrees are
  heavy-tailed, the graph is sparse, one component holds 61 % of its nodes beside a
  fragmented rest (2507.14240): family sizes by Zipf's law, early members preferred as
  parents, 30 % of the models without lineage.
* Frequencies of dirt were measured in a sample of 1,010 real Hub records of spring 2025
  (1,065 parent references) and a list of 30,383 real edges: a parent without a record
  5.3 %, a self-loop 0.14 %, no licence 39 % of cards, a licence unlike the parent's
  26 % of pairs, a declared ``base_model_relation`` 1.7 %, a card that lists more bases
  than the Hub resolved 3 %, parameters known 37 %, task 53 %, library 51 %, gated 4 %.
* Popularity: of the 17,974 most used models of December 2025 the k-th has about
  8.7e7 / k**1.1 downloads and the k-th most liked 12,908 / k**0.55 likes.

Shares that nobody has published (relations, corpora per model, width of merges, with
the widest at 65 parents) are plain constants here and in :mod:`benchmarks.hub_shape`.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from benchmarks.hub_curated import curated_tables
from benchmarks.hub_names import HubNames, name_everything
from benchmarks.hub_shape import LAST_DAY, Shape, draw_shape
from benchmarks.hub_words import coded, days, empty_lists, lists, text, words
from headwater.graph.claim_tables import SCHEMAS, ClaimTables
from headwater.graph.compile import compile_snapshot
from headwater.graph.schema import RELATION_CODE, RELATIONS
from headwater.graph.snapshot import Manifest
from headwater.graph.store import SnapshotStore

SIZES: Final = {"30k": 30_000, "300k": 300_000, "3m": 3_000_000}
SEEN: Final = "2026-11-22"
SEEN_BEFORE: Final = "2026-10-01"
_CREATED: Final = datetime(2026, 11, 22, tzinfo=UTC)

_SOURCES: Final = ("hub:baseModels", "hub:cardData", "hub:tag", "hub:config")
_DECLARED_BY: Final = ("author", "hub", "tool")
_RELATION_NAMES: Final = tuple(item.name for item in RELATIONS)
_LICENCES: Final = (
    "apache-2.0", "mit", "openrail", "creativeml-openrail-m", "other", "llama3.1",
    "llama3", "cc-by-nc-4.0", "gemma", "llama2", "cc-by-4.0", "afl-3.0", "bsd-3-clause",
    "cc-by-sa-4.0", "cc-by-nc-sa-4.0", "gpl-3.0", "bigscience-bloom-rail-1.0", "unknown",
    "llama3.3", "agpl-3.0",
)  # fmt: skip
_TASKS: Final = (
    "text-generation", "text-to-image", "text-classification", "image-classification",
    "sentence-similarity", "automatic-speech-recognition", "token-classification",
    "question-answering", "translation", "reinforcement-learning", "text-to-speech",
    "image-text-to-text", "feature-extraction", "fill-mask", "object-detection",
    "summarization", "image-to-image", "robotics", "text-to-video", "text-ranking",
)  # fmt: skip
_LIBRARIES: Final = (
    "transformers", "peft", "diffusers", "gguf", "sentence-transformers", "mlx",
    "stable-baselines3", "timm", "ultralytics", "setfit", "keras", "fastai", "nemo",
    "flair", "onnx",
)  # fmt: skip
_LANGUAGES: Final = ("en", "zh", "fr", "de", "es", "ja", "ko", "ru", "ar", "hi", "pt")
_ABSENT: Final = ("licence", "task", "library", "language", "parameters")
_SIZES_OF_MODELS: Final = np.array(
    [66e6, 110e6, 335e6, 0.5e9, 1.1e9, 1.5e9, 3e9, 7e9, 8e9, 13e9, 32e9, 70e9], np.int64
)


def generate(n_models: int, seed: int = 0) -> ClaimTables:
    """Return the claim tables of a synthetic Hub; equal arguments, equal tables.

    Columns of few different words, and all text of claims, are dictionary-encoded, as
    imports hand them on.

    Parameters
    ----------
    n_models : int
        Number of models, at least 1,000.
    seed : int
        Seed of all that is drawn.

    Raises
    ------
    ValueError
        When there are too few models for the shape to make sense.
    """
    if n_models < 1000:
        raise ValueError(f"a Hub of {n_models} models has no shape; take 1,000 or more")
    rng = np.random.default_rng([seed, n_models])
    shape = draw_shape(n_models, rng)
    names = name_everything(shape, rng)
    licence = licences(shape, rng)
    records = record_table(shape, names, licence, rng)
    older = _older_records(names, records)
    tables = ClaimTables(
        records=pa.concat_tables([records, older]),
        claims=_claims(shape, names, rng),
        aliases=_aliases(names),
        ownership=SCHEMAS["ownership"].empty_table(),
        families=SCHEMAS["families"].empty_table(),
    )
    return _joined(tables, curated_tables(shape, names, rng))


def publish(n_models: int, directory: Path, seed: int = 0) -> Manifest:
    """Generate a Hub, compile it and publish it in a data directory."""
    content = compile_snapshot(generate(n_models, seed))
    source = {"source": "synthetic", "summary": f"synthetic Hub of {n_models:,} models"}
    return SnapshotStore(directory).publish(content, [source], _CREATED)


def _table(name: str, columns: dict[str, Any]) -> pa.Table:
    """Return columns in the order of a claim table, the ones left out null."""
    count = len(next(iter(columns.values())))

    def empty(kind: pa.DataType) -> pa.Array:
        return empty_lists(count) if pa.types.is_list(kind) else pa.nulls(count, kind)

    arrays = [
        columns[item.name] if item.name in columns else empty(item.type)
        for item in SCHEMAS[name]
    ]
    return pa.Table.from_arrays(arrays, names=SCHEMAS[name].names)


def _joined(large: ClaimTables, small: ClaimTables) -> ClaimTables:
    """Return two sets of tables as one, in one chunk a column."""
    return ClaimTables(
        **{
            name: pa.concat_tables(
                [
                    getattr(large, name),
                    getattr(small, name).cast(getattr(large, name).schema),
                ]
            )
            .unify_dictionaries()
            .combine_chunks()
            for name in SCHEMAS
        }
    )


def licences(shape: Shape, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return licence codes: mostly the family's own, often none."""
    count = shape.n_models + shape.n_datasets
    popular = np.minimum(rng.geometric(0.33, count) - 1, len(_LICENCES) - 1)
    of_family = np.minimum(
        rng.geometric(0.25, int(shape.family.max()) + 2) - 1, len(_LICENCES) - 1
    )
    licence = popular.astype(np.int64)
    follows = (rng.random(shape.n_models) < 0.72) & (shape.family >= 0)
    licence[: shape.n_models][follows] = of_family[shape.family[follows]]
    licence[rng.random(count) < 0.39] = -1
    return licence


def record_table(
    shape: Shape, names: HubNames, licence: NDArray[np.int64], rng: np.random.Generator
) -> pa.Table:
    """Return the Hub's record of each model and dataset."""
    count = shape.n_models + shape.n_datasets
    is_model = np.arange(count) < shape.n_models
    task = _drawn(count, _TASKS, 0.25, (rng.random(count) < 0.53) & is_model, rng)
    library = _drawn(count, _LIBRARIES, 0.4, (rng.random(count) < 0.51) & is_model, rng)
    sized = (rng.random(count) < 0.37) & is_model
    size = _SIZES_OF_MODELS[rng.integers(0, len(_SIZES_OF_MODELS), count)]
    language = np.zeros((count, len(_LANGUAGES)), np.bool_)
    language[:, 0] = rng.random(count) < 0.38
    for column in range(1, len(_LANGUAGES)):
        language[:, column] = rng.random(count) < 0.06 / column
    lacking = np.stack(
        [licence < 0, (task < 0) & is_model, (library < 0) & is_model,
         ~language.any(axis=1), ~sized & is_model], axis=1,
    )  # fmt: skip
    changed = shape.day + np.floor(rng.random(count) ** 4 * 200).astype(np.int64)
    state = np.where(rng.random(count) < 0.039, 1, 0)
    state[rng.random(count) < 0.0005] = 2
    columns = {
        "id": names.ids.slice(0, count),
        "kind": words(np.where(is_model, 0, 1), ["model", "dataset"]),
        "source": words(np.zeros(count, np.int8), ["hub"]),
        "document": names.documents,
        "seen": words(np.zeros(count, np.int8), [SEEN]),
        "hub_id": names.hub_ids,
        "state": words(state, ["present", "gated", "disabled"]),
        "created": days(shape.day),
        "modified": pc.binary_join_element_wise(
            days(np.minimum(changed, LAST_DAY)), "T12:00:00.000Z", ""
        ),
        **_counts(shape, rng),
        "parameters": pa.array(size, mask=~sized),
        "task": text(task, _TASKS),
        "library": text(library, _LIBRARIES),
        "licence": text(licence, _LICENCES),
        "language": lists(language, _LANGUAGES),
        "absent": lists(lacking, _ABSENT),
    }
    return _table("records", columns)


def _drawn(
    count: int,
    vocabulary: tuple[str, ...],
    steepness: float,
    known: NDArray[np.bool_],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    codes = np.minimum(rng.geometric(steepness, count) - 1, len(vocabulary) - 1)
    return np.where(known, codes, -1)


def _counts(shape: Shape, rng: np.random.Generator) -> dict[str, pa.Array]:
    """Return downloads and likes by rank of popularity."""
    rank = shape.popularity + 1.0
    monthly = np.where(rank < 1000, 8.7e7 * rank**-1.1, 8.7e7 * 1000**0.6 * rank**-1.7)
    downloads = np.floor(monthly).astype(np.int64)
    age = (LAST_DAY - shape.day) / 30.0
    ever = downloads + np.floor(downloads * age * rng.random(len(rank))).astype(
        np.int64
    )
    noisy = rank * np.exp(rng.normal(0.0, 0.7, len(rank)))
    likes = np.where(
        noisy < 1000, 12_908 * noisy**-0.55, 12_908 * 1000**0.6 * noisy**-1.15
    )
    return {
        "downloads": pa.array(downloads),
        "downloads_all_time": pa.array(ever),
        "likes": pa.array(np.floor(np.minimum(likes, 12_908)).astype(np.int64)),
    }


def _older_records(names: HubNames, records: pa.Table) -> pa.Table:
    """Return what an earlier crawl read of models that have another name today."""
    renamed = pa.array(names.renamed)
    older = records.take(renamed)
    for name, column in (
        ("id", names.old_ids),
        ("document", names.old_documents),
        ("seen", words(np.zeros(len(renamed), np.int8), [SEEN_BEFORE])),
    ):
        older = older.set_column(older.schema.get_field_index(name), name, column)
    return older


def _claims(shape: Shape, names: HubNames, rng: np.random.Generator) -> pa.Table:
    """Return what fields of Hub records say of each edge, record by record."""
    edge, source, relation = statements(shape, rng)
    order = np.argsort(shape.child[edge].astype(np.int64) * 4 + source, kind="stable")
    edge, source, relation = edge[order], source[order], relation[order]
    child, count = shape.child[edge], len(edge)
    # `new_version` stands in the card of the older model and is read the other way.
    succession = shape.relation[edge] == RELATION_CODE["successor_of"]
    told = succession & (shape.parent[edge] < shape.n_models)
    subject = np.where(told, shape.parent[edge], child)
    is_dataset = child >= shape.n_models
    # The parent of a dataset may be the model that made it.
    model_parent = ~np.isin(
        shape.relation[edge],
        [RELATION_CODE["trained_on"], RELATION_CODE["derived_from"]],
    )
    at = pa.array(edge)
    kinds = ["model", "dataset"]
    day = words(np.zeros(count, np.int8), [SEEN])
    columns = {
        "child": coded(child, names.ids),
        "child_kind": words(is_dataset.astype(np.int8), kinds),
        "parent": names.parents.dictionary_encode().take(at),
        "parent_kind": words((~model_parent).astype(np.int8), kinds),
        "relation": words(relation, _RELATION_NAMES),
        "source": words(source, _SOURCES),
        "document": coded(subject, names.documents),
        "first_seen": day,
        "last_seen": day,
        "stance": words(np.zeros(count, np.int8), ["asserts"]),
        "revision": coded(subject, names.revisions),
        "primary": pa.array(np.zeros(count, np.bool_)),
        "declared_by": words(np.array([1, 0, 1, 2])[source], _DECLARED_BY),
        "confidence": pa.array(np.ones(count)),
        "raw": names.typed.dictionary_encode().take(at),
    }
    return _table("claims", columns)


def statements(
    shape: Shape, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.int8]]:
    """Return which edges which field speaks of, and the relation that it gives."""
    relation = shape.relation
    resolved = np.isin(
        relation,
        [RELATION_CODE[name] for name in ("adapter", "finetune", "quantized", "merge")],
    )
    body = resolved | (relation == RELATION_CODE["unspecified"])
    count = len(relation)
    first = np.ones(count, np.bool_)
    first[1:] = shape.child[1:] != shape.child[:-1]
    short = (rng.random(count) < 0.03) & (relation == RELATION_CODE["merge"]) & ~first
    untold = np.where(rng.random(count) < 0.017, relation, RELATION_CODE["unspecified"])
    unresolved = rng.random(count) < 0.02
    # A product distilled from another says so in prose alone, hence in no field.
    said = ~np.isin(
        relation, [RELATION_CODE["distilled_from"], RELATION_CODE["generated_by"]]
    )
    succession = relation == RELATION_CODE["successor_of"]
    parts = (
        (body & ~short & ~unresolved, relation),
        (said, np.where(body, untold, relation)),
        (said & ~succession & ~short & (rng.random(count) < 0.95), relation),
        ((relation == RELATION_CODE["adapter"]) & (rng.random(count) < 0.5), relation),
    )
    edges = [np.flatnonzero(keep) for keep, _ in parts]
    return (
        np.concatenate(edges),
        np.repeat(np.arange(len(parts), dtype=np.int8), [len(item) for item in edges]),
        np.concatenate(
            [said_as[at] for at, (_, said_as) in zip(edges, parts, strict=True)]
        ).astype(np.int8),
    )


def _aliases(names: HubNames) -> pa.Table:
    """Return the renames that the Hub's redirects report, all but a tenth of them."""
    reported = np.flatnonzero(np.arange(len(names.renamed)) % 10 != 0)
    count = len(reported)
    columns = {
        "alias": names.old_ids.take(pa.array(reported)),
        "id": names.ids.take(pa.array(names.renamed[reported])),
        "kind": text(np.zeros(count, np.int8), ["rename"]),
        "source": text(np.zeros(count, np.int8), ["hub"]),
        "document": names.old_documents.take(pa.array(reported)),
        "seen": text(np.zeros(count, np.int8), [SEEN]),
    }
    return _table("aliases", columns)


def main() -> None:
    """Publish a synthetic Hub of the size asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.hub_like", description=__doc__.splitlines()[0]
    )
    parser.add_argument("size", help="30k, 300k, 3M or a number of models")
    parser.add_argument("--out", type=Path, required=True, help="data directory")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    size = SIZES.get(options.size.lower()) or int(options.size.replace("_", ""))
    start = time.perf_counter()
    manifest = publish(size, options.out, options.seed)
    took = time.perf_counter() - start
    print(f"{options.out / 'snapshots' / manifest.id}: {manifest.counts['nodes']}")  # noqa: T201
    print(f"generated, compiled and published in {took:.1f} s")  # noqa: T201


if __name__ == "__main__":
    main()
