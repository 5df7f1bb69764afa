"""The synthetic Hub as a bulk dump: Parquet files as daily dumps of the Hub keep them.

::

    python -m benchmarks.hub_dump 3M --out build/bench/dump-3m [--seed 0]

writes ``models.parquet`` and ``datasets.parquet`` with the columns that an import reads:
dates as timestamps, cards and configurations as JSON text, lineage as the Hub resolved
it. It is the Hub of :mod:`benchmarks.hub_like` with the same seed, told record by record
instead of claim by claim, so that the numbers of claims can be compared.

Of real records of spring 2025 (1,010) one in a hundred has something odd in a field that
is read; here it is every fiftieth card that names a parent, in ten ways.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.bench_machine import memory
from benchmarks.hub_like import SIZES, licences, record_table, statements
from benchmarks.hub_names import HubNames, name_everything
from benchmarks.hub_shape import Shape, draw_shape
from benchmarks.hub_words import join, number
from headwater.graph.schema import RELATION_CODE, RELATIONS

FORMAT: Final = 1
ROWS_PER_GROUP: Final = 100_000
DIRTY_SHARE: Final = 0.02
_NAMES: Final = pa.array([item.name for item in RELATIONS])
_BODY: Final = [
    RELATION_CODE[name]
    for name in ("adapter", "finetune", "quantized", "merge", "unspecified")
]
_FROM_HUB, _FROM_CARD, _FROM_TAG, _FROM_CONFIG = range(4)
_MICROSECONDS: Final = 86_400_000_000
_RESULTS: Final = ',"model-index":' + json.dumps(
    [{"name": "model", "results": [{
        "task": {"type": "text-generation", "name": "Text Generation"},
        "dataset": {"name": "IFEval (0-Shot)", "type": "HuggingFaceH4/ifeval"},
        "metrics": [{"type": "inst_level_strict_acc", "value": 0.5, "name": "accuracy"}],
        "source": {"url": "https://huggingface.co/spaces/leaderboard"}}] * 3}]
)  # fmt: skip
_DIRT: Final = (
    '"https://huggingface.co/%"', "null", '"N/A"', '"trained from scratch"',
    '"/home/user/models/%"', '{"name":"%"}', '[["%"]]', "13", '"%@main"', '"  % "',
)  # fmt: skip
"""Odd values of ``base_model``; the first parent stands for the per cent sign."""


@dataclass(frozen=True, slots=True)
class _Hub:
    """A Hub and what its records say, in the order of the records that say it."""

    shape: Shape
    names: HubNames
    records: pa.Table
    subject: NDArray[np.int64]
    edge: NDArray[np.int64]
    source: NDArray[np.int8]
    relation: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Records `low` to `high` of a Hub: `row` of each statement counts from `low`."""

    hub: _Hub
    low: int
    high: int
    row: NDArray[np.int64]
    edge: NDArray[np.int64]
    source: NDArray[np.int8]
    relation: NDArray[np.int8]

    @property
    def count(self) -> int:
        return self.high - self.low

    def column(self, name: str) -> pa.Array:
        """Return a column of the records."""
        return self.hub.records[name].slice(self.low, self.count).combine_chunks()

    def said(self, source: int, relations: list[int]) -> NDArray[np.int64]:
        """Return the statements of a field with one of some relations."""
        kept = (self.source == source) & np.isin(
            self.hub.shape.relation[self.edge], relations
        )
        return np.flatnonzero(kept)

    def listed(self, at: NDArray[np.int64], values: Any) -> pa.Array:
        """Return the values of statements as one list a row."""
        offsets = np.searchsorted(self.row[at], np.arange(self.count + 1))
        return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), values)

    def typed(self, at: NDArray[np.int64]) -> pa.Array:
        """Return parents as they were typed."""
        return self.hub.names.typed.take(pa.array(self.edge[at]))


def write_dump(n_models: int, folder: Path, seed: int = 0) -> dict[str, Any]:
    """Write a dump of `n_models` models and their datasets; return what it took."""
    start = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    hub = _draw(n_models, seed)
    for route, low, high in (
        ("models", 0, n_models),
        ("datasets", n_models, n_models + hub.shape.n_datasets),
    ):
        _write(folder / f"{route}.parquet", _groups(hub, route, low, high))
    return {
        "format": FORMAT,
        "models": n_models,
        "datasets": hub.shape.n_datasets,
        "seed": seed,
        "bytes": sum(file.stat().st_size for file in folder.glob("*.parquet")),
        "seconds": time.perf_counter() - start,
        "memory": memory(),
    }


def _write(path: Path, tables: Iterator[pa.Table]) -> None:
    writer = None
    for table in tables:
        if writer is None:
            writer = pq.ParquetWriter(path, table.schema, compression="snappy")
        writer.write_table(table, row_group_size=ROWS_PER_GROUP)
    if writer is not None:
        writer.close()


def _draw(n_models: int, seed: int) -> _Hub:
    # The same draws in the same order as `hub_like.generate`: the same Hub.
    rng = np.random.default_rng([seed, n_models])
    shape = draw_shape(n_models, rng)
    names = name_everything(shape, rng)
    licence = licences(shape, rng)
    records = record_table(shape, names, licence, rng).drop_columns(
        ["document", "source", "seen", "absent", "hub_id", "id"]
    )
    edge, source, relation = statements(shape, rng)
    child, parent = shape.child[edge], shape.parent[edge]
    succession = shape.relation[edge] == RELATION_CODE["successor_of"]
    # `new_version` stands in the card of the older model, if that has a card.
    subject = np.where(succession, parent, child).astype(np.int64)
    subject[succession & (parent >= n_models)] = len(shape.namespace)
    order = np.argsort(subject, kind="stable")
    return _Hub(
        shape, names, records, subject[order], edge[order], source[order],
        relation[order],
    )  # fmt: skip


def _groups(hub: _Hub, route: str, low: int, high: int) -> Iterator[pa.Table]:
    make = _models if route == "models" else _datasets
    for start in range(low, high, ROWS_PER_GROUP):
        end = min(high, start + ROWS_PER_GROUP)
        first, last = np.searchsorted(hub.subject, (start, end))
        at = slice(int(first), int(last))
        yield make(
            _Rows(
                hub, start, end, hub.subject[at] - start, hub.edge[at],
                hub.source[at], hub.relation[at],
            )
        )  # fmt: skip


def _common(rows: _Rows) -> dict[str, pa.Array]:
    days = rows.hub.shape.day[rows.low : rows.high].astype(np.int64)
    moment = pa.timestamp("us", "UTC")
    modified = pc.utf8_slice_codeunits(rows.column("modified"), 0, 19)
    return {
        "_id": rows.hub.names.hub_ids.slice(rows.low, rows.count),
        "createdAt": pa.array(days * _MICROSECONDS).cast(moment),
        "lastModified": pc.strptime(modified, "%Y-%m-%dT%H:%M:%S", "us").cast(moment),
        "likes": rows.column("likes"),
        "downloads": rows.column("downloads"),
        "downloadsAllTime": rows.column("downloads_all_time"),
    }


def _models(rows: _Rows) -> pa.Table:
    count = rows.count
    place = np.arange(rows.low, rows.high)
    total = rows.column("parameters")
    is_gguf = pc.fill_null(pc.equal(rows.column("library"), "gguf"), fill_value=False)
    tensors = pc.and_(pc.is_valid(total), pc.invert(is_gguf))
    return pa.table(
        {
            **_common(rows),
            "id": rows.hub.names.ids.slice(rows.low, count),
            "pipeline_tag": rows.column("task"),
            "library_name": rows.column("library"),
            "tags": _tags(rows, tensors),
            "cardData": _card(rows, place % 2 == 0, place % 16 == 5),
            "baseModels": _base_models(rows),
            "config": _configs(rows, place % 9 < 5),
            "safetensors": _counted(total, tensors, "BF16"),
            "gguf": _counted(total, pc.and_(pc.is_valid(total), is_gguf), None),
        }
    )


def _datasets(rows: _Rows) -> pa.Table:
    ids = rows.hub.names.ids.slice(rows.low, rows.count)
    nobody = np.zeros(rows.count, np.bool_)
    return pa.table(
        {
            **_common(rows),
            "id": pc.utf8_slice_codeunits(ids, len("datasets/")),
            "tags": _tags(rows, pa.array(nobody)),
            "cardData": _card(rows, nobody, nobody),
            "sha": rows.hub.names.revisions.slice(rows.low, rows.count),
        }
    )


def _counted(total: pa.Array, known: pa.Array, dtype: str | None) -> pa.Array:
    """Return numbers of parameters in the struct of their file's format."""
    fields, names = [total], ["total"]
    if dtype is None:
        fields.append(pa.array(["llama"] * len(total)))
        names.append("architecture")
    else:
        fields.insert(0, pa.StructArray.from_arrays([total], [dtype]))
        names.insert(0, "parameters")
    return pa.StructArray.from_arrays(fields, names, mask=pc.invert(known))


def _base_models(rows: _Rows) -> pa.Array:
    """Return what the Hub resolved: one relation a record, identities of the parents."""
    at = rows.said(_FROM_HUB, _BODY)
    parent = rows.hub.shape.parent[rows.edge[at]].astype(np.int64)
    known = parent < len(rows.hub.names.hub_ids)
    models = pa.StructArray.from_arrays(
        [
            rows.hub.names.hub_ids.take(pa.array(parent, mask=~known)),
            rows.hub.names.ids.take(pa.array(parent)),
        ],
        ["_id", "id"],
    )
    listed = rows.listed(at, models)
    empty = pc.equal(pc.list_value_length(listed), 0)
    relation = _first_relation(rows, at)
    return pa.StructArray.from_arrays(
        [relation, listed], ["relation", "models"], mask=empty
    )


def _first_relation(rows: _Rows, at: NDArray[np.int64]) -> pa.Array:
    """Return the relation of the first statement of each row, null if unspecified."""
    first = np.full(rows.count, RELATION_CODE["unspecified"], np.int64)
    own, place = np.unique(rows.row[at], return_index=True)
    first[own] = rows.relation[at[place]]
    return _NAMES.take(pa.array(first, mask=first == RELATION_CODE["unspecified"]))


def _configs(rows: _Rows, known: NDArray[np.bool_]) -> pa.Array:
    at = rows.said(_FROM_CONFIG, _BODY)
    peft = _quoted(rows.listed(at, rows.typed(at)))
    adapter = join(
        ',"peft":{"base_model_name_or_path":', peft, ',"task_type":"CAUSAL_LM"}'
    )
    text = join(
        '{"architectures":["LlamaForCausalLM"],"model_type":"llama"',
        pc.fill_null(adapter, ""), "}",
    )  # fmt: skip
    shown = pc.or_(pa.array(known), pc.is_valid(adapter))
    return pc.if_else(shown, text, None)


def _quoted(lists: pa.Array) -> pa.Array:
    """Return lists as comma-separated JSON texts, null for empty ones."""
    text = join('"', pc.binary_join(lists, '","'), '"')
    return pc.if_else(pc.equal(pc.list_value_length(lists), 0), None, text)


def _field(name: str, value: Any) -> pa.Array:
    """Return ``,"name":value`` where there is a value, else nothing."""
    return pc.fill_null(join(f',"{name}":', value), "")


def _text_field(name: str, value: pa.Array) -> pa.Array:
    return _field(name, join('"', value, '"'))


def _card(
    rows: _Rows, in_card: NDArray[np.bool_], measured: NDArray[np.bool_]
) -> pa.Array:
    """Return front matter as JSON; `in_card` says whose tells task and library too."""
    trained = rows.said(_FROM_CARD, [RELATION_CODE["trained_on"]])
    derived = rows.said(_FROM_CARD, [RELATION_CODE["derived_from"]])
    languages = _quoted(rows.column("language"))
    shown = pa.array(in_card)
    text = join(
        _text_field("license", rows.column("licence")),
        _field("language", join("[", languages, "]")),
        _text_field("library_name", pc.if_else(shown, rows.column("library"), None)),
        _text_field("pipeline_tag", pc.if_else(shown, rows.column("task"), None)),
        _parents(rows),
        _field(
            "datasets",
            join("[", _quoted(rows.listed(trained, rows.typed(trained))), "]"),
        ),
        _field(
            "source_datasets",
            join("[", _quoted(rows.listed(derived, rows.typed(derived))), "]"),
        ),
        _new_version(rows),
        pc.if_else(shown, ',"tags":["generated_from_trainer","text-generation"]', ""),
        pc.if_else(pa.array(measured), _RESULTS, ""),
    )
    whole = join("{", pc.utf8_slice_codeunits(text, 1), "}")
    return pc.if_else(pc.equal(text, ""), None, whole)


def _parents(rows: _Rows) -> pa.Array:
    """Return ``base_model`` and its relation: a text, a list, or something odd."""
    at = rows.said(_FROM_CARD, _BODY)
    listed = rows.listed(at, rows.typed(at))
    many = _quoted(listed)
    place = np.arange(rows.low, rows.high)
    single = pc.and_(
        pc.equal(pc.list_value_length(listed), 1), pa.array(place % 3 != 0)
    )
    value = pc.if_else(single, many, join("[", many, "]"))
    every = round(1 / DIRTY_SHARE)
    first = pc.list_element(_at_least_one(listed), 0)
    for kind, form in enumerate(_DIRT):
        dirty = pa.array(place % (every * len(_DIRT)) == kind * every)
        before, _, after = form.partition("%")
        odd = join(before, first, after) if "%" in form else pa.scalar(form)
        value = pc.if_else(pc.and_(dirty, pc.is_valid(many)), odd, value)
    relation = pc.if_else(pc.is_valid(many), _first_relation(rows, at), None)
    return join(
        _field("base_model", value), _text_field("base_model_relation", relation)
    )


def _at_least_one(lists: pa.Array) -> pa.Array:
    """Return lists with null in place of empty ones, so that each has a first item."""
    return pc.if_else(
        pc.equal(pc.list_value_length(lists), 0), pa.scalar([""], lists.type), lists
    )


def _new_version(rows: _Rows) -> pa.Array:
    at = rows.said(_FROM_CARD, [RELATION_CODE["successor_of"]])
    child = rows.hub.shape.child[rows.edge[at]]
    newer = rows.listed(at, rows.hub.names.ids.take(pa.array(child)))
    named = pc.equal(pc.list_value_length(newer), 0)
    first = pc.list_element(_at_least_one(newer), 0)
    return _text_field("new_version", pc.if_else(named, None, first))


def _tags(rows: _Rows, tensors: pa.Array) -> pa.Array:
    """Return tags as the Hub makes them: library, parents, corpora, licence, region."""
    count = rows.count
    every = np.arange(count)
    body = rows.said(_FROM_TAG, _BODY)
    trained = rows.said(_FROM_TAG, [RELATION_CODE["trained_on"]])
    derived = rows.said(_FROM_TAG, [RELATION_CODE["derived_from"]])
    language = rows.column("language")
    spoken = np.repeat(every, pc.list_value_length(language).to_numpy())
    named = rows.relation[body] != RELATION_CODE["unspecified"]
    word = _NAMES.take(pa.array(rows.relation[body[named]].astype(np.int64)))
    papers = every[(every + rows.low) % 4 == 1]
    parts = [
        _where(rows.column("library")),
        _where(pc.if_else(tensors, "safetensors", None)),
        (spoken, language.flatten()),
        (rows.row[body], join("base_model:", rows.typed(body))),
        (rows.row[body[named]], join("base_model:", word, ":", rows.typed(body[named]))),
        (rows.row[trained], join("dataset:", rows.typed(trained))),
        (rows.row[derived], join("source_datasets:", rows.typed(derived))),
        (papers, join("arxiv:24", number(10 + papers % 3), ".", number(10000 + papers % 9999))),
        _where(join("license:", rows.column("licence"))),
        (every, pa.array(["region:us"] * count)),
    ]  # fmt: skip
    at = np.concatenate([row for row, _ in parts])
    values = pa.concat_arrays([value.cast(pa.string()) for _, value in parts])
    order = np.argsort(at, kind="stable")
    offsets = np.searchsorted(at[order], np.arange(count + 1))
    return pa.ListArray.from_arrays(
        pa.array(offsets.astype(np.int32)), values.take(pa.array(order))
    )


def _where(values: pa.Array) -> tuple[NDArray[np.int64], pa.Array]:
    """Return the rows that have a value, and the values."""
    at = np.flatnonzero(pc.is_valid(values).to_numpy(zero_copy_only=False))
    return at, values.take(pa.array(at))


def main() -> None:
    """Write a dump of the size asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.hub_dump", description=__doc__.splitlines()[0]
    )
    parser.add_argument("size", help="30k, 300k, 3M or a number of models")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    size = SIZES.get(options.size.lower()) or int(options.size.replace("_", ""))
    note = write_dump(size, options.out, options.seed)
    (options.out / "dump.json").write_text(json.dumps(note) + "\n")
    print(json.dumps(note))  # noqa: T201


if __name__ == "__main__":
    main()
