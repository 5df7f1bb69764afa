"""Records of a synthetic Hub in the wire format of its list routes, dirt counted.

Light enough to make hundreds of thousands while a test runs. Every twentieth record, at
random, has one thing wrong with it; :data:`DIRT` says for each kind what a reader should
count, so that what was planted and what was found can be compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

Record = dict[str, Any]
_CREATED: Final = 1_646_263_744  # 2022-03-02, the oldest day of the Hub
_SPAN: Final = 148_000_000
_RELATIONS: Final = ("finetune", "finetune", "adapter", "quantized")
_LICENCES: Final = ("apache-2.0", "mit", "llama3.1", "cc-by-nc-4.0", "openrail")
_TASKS: Final = ("text-generation", "text-to-image", "fill-mask", "translation")
_MIX: Final = 2_654_435_761
CLEAN: Final = -1


def _card(name: str, value: Any) -> Callable[[Record], Record]:
    def spoil(record: Record) -> Record:
        record["cardData"][name] = value
        return record

    return spoil


def _field(name: str, value: Any) -> Callable[[Record], Record]:
    def spoil(record: Record) -> Record:
        record[name] = value
        return record

    return spoil


def _without_id(record: Record) -> Record:
    return {key: value for key, value in record.items() if key != "id"}


def _own_parent(record: Record) -> Record:
    record["cardData"]["base_model"] = [record["id"]]
    return record


Spoil = Callable[[Record], Any]
DIRT: Final[dict[str, tuple[Spoil, dict[str, int]]]] = {
    "no id": (_without_id, {"record/no_id": 1}),
    "bad id": (_field("id", "two words/model"), {"record/bad_id": 1}),
    "private": (_field("private", True), {"record/private": 1}),
    "a number for a record": (lambda _: 13, {"record/not_an_object": 1}),
    "a text for a record": (lambda _: "org/model", {"record/not_an_object": 1}),
    "own parent": (_own_parent, {"base_model/self": 1}),
    "prose": (_card("base_model", "a private model of ours"), {"base_model/prose": 1}),
    "scratch": (
        _card("base_model", "trained from scratch"), {"base_model/from_scratch": 1},
    ),
    "placeholder": (_card("base_model", "N/A"), {"base_model/placeholder": 1}),
    "template": (
        _card("base_model", "{{ base_model }}"), {"base_model/placeholder": 1},
    ),
    "null": (_card("base_model", None), {"base_model/null": 1}),
    "nulls in a list": (_card("base_model", [None, None]), {"base_model/null": 2}),
    "number": (_card("base_model", 13), {"base_model/number": 1}),
    "boolean": (_card("base_model", True), {"base_model/boolean": 1}),
    "path": (_card("base_model", "/home/me/llama"), {"base_model/local_path": 1}),
    "Windows path": (_card("base_model", "C:\\llama"), {"base_model/local_path": 1}),
    "file": (_card("base_model", "llama.gguf"), {"base_model/file_name": 1}),
    "Cyrillic": (_card("base_model", "org/мoдель"), {"base_model/not_ascii": 1}),
    "three parts": (_card("base_model", "a/b/c"), {"base_model/too_many_parts": 1}),
    "five kilobytes": (_card("base_model", "x" * 5000), {"base_model/too_long": 1}),
    "nameless object": (
        _card("base_model", {"relation": "finetune"}),
        {"base_model/object_without_name": 1},
    ),
    "too deep": (
        _card("base_model", [[[["a/b"]]]]), {"base_model/nested_too_deep": 1},
    ),
    "seventy parents": (
        _card("base_model", [f"user-{n}/m" for n in range(70)]),
        {"base_model/too_many_items": 6},
    ),
    "a dataset for a parent": (
        _card("base_model", "datasets/org/corpus"), {"base_model/other_kind": 1},
    ),
    "a page of the site": (
        _card("base_model", "https://huggingface.co/docs/hub"),
        {"base_model/not_a_repository": 1},
    ),
    "a password": (
        _card("base_model", "https://me:secret@example.org/m"),
        {"base_model/url_with_credentials": 1},
    ),
    "a builder for a corpus": (
        _card("datasets", ["json", "org/corpus"]), {"datasets/placeholder_dataset": 1},
    ),
    "a path for a corpus": (
        _card("datasets", "/var/hf/images/"), {"datasets/local_path": 1},
    ),
    "card of text": (_field("cardData", "no card"), {"cardData/not_an_object": 1}),
    "tags of text": (_field("tags", "pytorch"), {"tags/not_a_list": 1}),
    "a number among tags": (_field("tags", ["pytorch", 7]), {"tags/not_text": 1}),
    "bad identity": (_field("_id", "xyz"), {"_id/not_an_object_id": 1}),
    "bad date": (_field("createdAt", "yesterday"), {"createdAt/not_a_date": 1}),
    "30 February": (
        _field("lastModified", "2026-02-30"), {"lastModified/not_a_date": 1},
    ),
    "downloads below none": (
        _field("downloads", -5), {"downloads/out_of_range": 1},
    ),
    "downloads in words": (_field("downloads", "many"), {"downloads/not_a_number": 1}),
    "a fraction of a like": (_field("likes", 1.5), {"likes/not_a_number": 1}),
    "gate": (_field("gated", "sometimes"), {"gated/unknown_value": 1}),
    "library": (_field("library_name", 7), {"library/not_text": 1}),
    "tensors": (_field("safetensors", "8B"), {"safetensors/not_an_object": 1}),
}  # fmt: skip
"""How each kind of dirt spoils a record, and what is left out because of it."""

LOST: Final = frozenset(
    {"no id", "bad id", "private", "a number for a record", "a text for a record"}
)
"""Kinds that cost the whole record."""


def plant(count: int, share: float = 0.05, seed: int = 1) -> NDArray[np.int16]:
    """Return for each of `count` records the number of its dirt, -1 for none.

    Exactly ``round(count * share)`` records are dirty; kinds take turns.
    """
    rng = np.random.default_rng(seed)
    kinds = np.full(count, CLEAN, np.int16)
    n_dirty = round(count * share)
    at = rng.choice(count, n_dirty, replace=False)
    kinds[at] = np.arange(n_dirty) % len(DIRT)
    return kinds


def planted(kinds: NDArray[np.int16]) -> dict[str, int]:
    """Return how many records have each kind of dirt."""
    names = list(DIRT)
    numbers = np.bincount(kinds[kinds >= 0], minlength=len(names)).tolist()
    return dict(zip(names, numbers, strict=True))


def left_out(kinds: NDArray[np.int16]) -> Counter[str]:
    """Return what a reader should count as left out, by reason."""
    expected: Counter[str] = Counter()
    for name, number in planted(kinds).items():
        for reason, times in DIRT[name][1].items():
            expected[reason] += times * number
    return +expected


def record(at: int, count: int, kind: int = CLEAN) -> bytes:
    """Return record `at` of `count`, the oldest first, as JSON.

    Three of five name an older record as their parent.
    """
    mixed = at * _MIX & 0xFFFFFFFF
    made = _clean(at, count, mixed)
    if kind != CLEAN:
        # What spoils the card must not be repeated, or contradicted, elsewhere.
        made.pop("baseModels", None)
        made["cardData"].pop("base_model", None)
        made["tags"] = [tag for tag in made["tags"] if not tag.startswith("base_")]
        made = list(DIRT.values())[kind][0](made)
    return orjson.dumps(made)


def _name(at: int) -> str:
    return f"user-{at * _MIX % 9973}/model-{at}"


def identity(at: int, count: int) -> str:
    """Return the ``_id`` of a record: its first half is the second of its birth."""
    return f"{_CREATED + at * _SPAN // count:08x}{at:016x}"


def _clean(at: int, count: int, mixed: int) -> Record:
    day = np.datetime64(_CREATED + at * _SPAN // count, "s")
    moment = f"{day}.000Z"
    licence, task = _LICENCES[mixed % 5], _TASKS[mixed % 4]
    tags = ["transformers", "safetensors", "llama", "generated_from_trainer"]
    card: Record = {
        "license": licence,
        "language": ["en"],
        "library_name": "transformers",
        "tags": ["generated_from_trainer"],
        "widget": [{"text": "Once upon a time there was a model that"}],
    }
    made: Record = {
        "_id": identity(at, count),
        "id": _name(at),
        "cardData": card,
        "config": {"architectures": ["LlamaForCausalLM"], "model_type": "llama"},
        "createdAt": moment,
        "disabled": False,
        "downloads": mixed % 100_003,
        "downloadsAllTime": mixed % 100_003 * 17,
        "gated": False,
        "lastModified": moment,
        "library_name": "transformers",
        "likes": mixed % 89,
        "pipeline_tag": task,
        "private": False,
        "safetensors": {"parameters": {"BF16": 8_030_261_248}, "total": 8_030_261_248},
        "sha": f"{at:08x}" * 5,
        "tags": tags,
    }
    if at and mixed % 5 < 3:
        parent = at * (mixed % 997) // 997
        relation = _RELATIONS[mixed % 4]
        name = _name(parent)
        card["base_model"] = name if mixed % 2 else [name]
        tags += [f"base_model:{name}", f"base_model:{relation}:{name}"]
        made["baseModels"] = {
            "relation": relation,
            "models": [{"_id": identity(parent, count), "id": name}],
        }
    tags += [f"license:{licence}", task, "endpoints_compatible", "region:us"]
    return made
