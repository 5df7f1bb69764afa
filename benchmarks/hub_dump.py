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
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.bench_machine import memory
from benchmarks.hub_dump_fields import Hub, Rows, base_models, cards, configs, tags
from benchmarks.hub_like import SIZES, licences, record_table, statements
from benchmarks.hub_names import name_everything
from benchmarks.hub_shape import draw_shape
from headwater.graph.schema import RELATION_CODE

FORMAT: Final = 1
ROWS_PER_GROUP: Final = 100_000
_MICROSECONDS: Final = 86_400_000_000


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


def _draw(n_models: int, seed: int) -> Hub:
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
    return Hub(
        shape, names, records, subject[order], edge[order], source[order],
        relation[order],
    )  # fmt: skip


def _groups(hub: Hub, route: str, low: int, high: int) -> Iterator[pa.Table]:
    make = _models if route == "models" else _datasets
    for start in range(low, high, ROWS_PER_GROUP):
        end = min(high, start + ROWS_PER_GROUP)
        first, last = np.searchsorted(hub.subject, (start, end))
        at = slice(int(first), int(last))
        yield make(
            Rows(
                hub, start, end, hub.subject[at] - start, hub.edge[at],
                hub.source[at], hub.relation[at],
            )
        )  # fmt: skip


def _common(rows: Rows) -> dict[str, pa.Array]:
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


def _models(rows: Rows) -> pa.Table:
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
            "tags": tags(rows, tensors),
            "cardData": cards(rows, place % 2 == 0, place % 16 == 5),
            "baseModels": base_models(rows),
            "config": configs(rows, place % 9 < 5),
            "safetensors": _counted(total, tensors, "BF16"),
            "gguf": _counted(total, pc.and_(pc.is_valid(total), is_gguf), None),
        }
    )


def _datasets(rows: Rows) -> pa.Table:
    ids = rows.hub.names.ids.slice(rows.low, rows.count)
    nobody = np.zeros(rows.count, np.bool_)
    return pa.table(
        {
            **_common(rows),
            "id": pc.utf8_slice_codeunits(ids, len("datasets/")),
            "tags": tags(rows, pa.array(nobody)),
            "cardData": cards(rows, nobody, nobody),
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
