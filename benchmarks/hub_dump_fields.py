"""Fields of the records of a synthetic dump: rows, cards, tags, lineage as Arrow columns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from benchmarks.hub_names import HubNames
from benchmarks.hub_shape import Shape
from benchmarks.hub_words import join, number
from headwater.graph.schema import RELATION_CODE, RELATIONS

DIRTY_SHARE: Final = 0.02
_NAMES: Final = pa.array([item.name for item in RELATIONS])
_BODY: Final = [
    RELATION_CODE[name]
    for name in ("adapter", "finetune", "quantized", "merge", "unspecified")
]
_FROM_HUB, _FROM_CARD, _FROM_TAG, _FROM_CONFIG = range(4)
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
class Hub:
    """A Hub and what its records say, in the order of the records that say it."""

    shape: Shape
    names: HubNames
    records: pa.Table
    subject: NDArray[np.int64]
    edge: NDArray[np.int64]
    source: NDArray[np.int8]
    relation: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Rows:
    """Records `low` to `high` of a Hub: `row` of each statement counts from `low`."""

    hub: Hub
    low: int
    high: int
    row: NDArray[np.int64]
    edge: NDArray[np.int64]
    source: NDArray[np.int8]
    relation: NDArray[np.int8]

    @property
    def count(self) -> int:
        """Return the number of rows."""
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


def base_models(rows: Rows) -> pa.Array:
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


def _first_relation(rows: Rows, at: NDArray[np.int64]) -> pa.Array:
    """Return the relation of the first statement of each row, null if unspecified."""
    first = np.full(rows.count, RELATION_CODE["unspecified"], np.int64)
    own, place = np.unique(rows.row[at], return_index=True)
    first[own] = rows.relation[at[place]]
    return _NAMES.take(pa.array(first, mask=first == RELATION_CODE["unspecified"]))


def configs(rows: Rows, known: NDArray[np.bool_]) -> pa.Array:
    """Return configurations as JSON: those of adapters, and where `known` says so."""
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


def cards(
    rows: Rows, in_card: NDArray[np.bool_], measured: NDArray[np.bool_]
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


def _parents(rows: Rows) -> pa.Array:
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


def _new_version(rows: Rows) -> pa.Array:
    at = rows.said(_FROM_CARD, [RELATION_CODE["successor_of"]])
    child = rows.hub.shape.child[rows.edge[at]]
    newer = rows.listed(at, rows.hub.names.ids.take(pa.array(child)))
    named = pc.equal(pc.list_value_length(newer), 0)
    first = pc.list_element(_at_least_one(newer), 0)
    return _text_field("new_version", pc.if_else(named, None, first))


def tags(rows: Rows, tensors: pa.Array) -> pa.Array:
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
