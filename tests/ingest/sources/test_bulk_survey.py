"""The first look at a dump finds what a dictionary of all its rows finds."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.graph.ids import is_repo_path
from headwater.ingest.sources import bulk_survey
from headwater.ingest.sources.bulk_survey import survey

TODAY = date(2026, 11, 22)
Row = dict[str, Any]


def usable(row: Row) -> bool:
    name = row["id"]
    return (
        name is not None
        and is_repo_path(name)
        and not name.startswith(("datasets/", "spaces/", "off-hub/"))
        and row["private"] is not True
    )


def replaced(rows: list[Row]) -> list[int]:
    """Return the rows with a later usable row of the same identity: the oracle."""
    last: dict[str, int] = {}
    keys: list[str | None] = []
    for at, row in enumerate(rows):
        own, name = row.get("_id"), row["id"]
        is_hub_id = (
            own is not None
            and len(own) == 24
            and all(letter in "0123456789abcdefABCDEF" for letter in own)
        )
        keys.append(own.lower() if is_hub_id else name and name.lower())
        if keys[-1] and usable(row):
            last[keys[-1]] = at
    return [at for at, key in enumerate(keys) if key and last.get(key, -1) > at]


def write(folder: Path, rows: list[Row], columns: list[str], cut: int) -> list[Path]:
    types = {"private": pa.bool_()}
    table = pa.table(
        {
            name: pa.array([row[name] for row in rows], types.get(name, pa.string()))
            for name in columns
        }
    )
    paths = [folder / "0.parquet", folder / "1.parquet"]
    for path, piece in zip(paths, (table[:cut], table[cut:]), strict=True):
        pq.write_table(piece, path, row_group_size=3)
    return paths


_rows = st.lists(
    st.fixed_dictionaries(
        {
            "_id": st.sampled_from(["a" * 24, "A" * 24, "b" * 24, "b" * 23, "Ä", None]),
            "id": st.sampled_from(
                ["me/x", "Me/X", "é/x", "É/x", "datasets/x", "x", "y/z", "", None]
            ),
            "private": st.sampled_from([False, True, None]),
        }
    ),
    max_size=9,
)


@settings(max_examples=150, deadline=None)
@given(
    _rows,
    st.sampled_from([["_id", "id", "private"], ["_id", "id"], ["id", "private"]]),
    st.integers(0, 9),
    st.booleans(),
)
def test_a_survey_finds_the_rows_that_a_later_one_replaces(
    rows: list[Row], columns: list[str], cut: int, collide: bool
) -> None:
    rows = [{name: row.get(name) for name in ("_id", "id", "private")} for row in rows]
    for row in rows:
        row.update({name: None for name in row if name not in columns})
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        if collide:  # all hashes are one
            patch.setattr(bulk_survey, "_FACTORS", np.zeros(3, np.uint64))
            patch.setattr(bulk_survey, "_STEP", np.uint64(0))
        files = write(Path(folder), rows, columns, cut)
        found = survey(files, "models", TODAY)
    assert found.n_rows == len(rows)
    assert found.dropped.tolist() == replaced(rows)


def test_hashes_of_different_identities_differ() -> None:
    ids = pa.array([f"{at * 7919:024x}" for at in range(100_000)])
    names = pa.array([f"owner{at % 331}/model-{at}" for at in range(100_000)])
    assert len(np.unique(bulk_survey._id_hashes(ids))) == 100_000
    assert len(np.unique(bulk_survey._text_hashes(names))) == 100_000
    part = bulk_survey._text_hashes(names.slice(500, 10))
    assert (part == bulk_survey._text_hashes(names)[500:510]).all()


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_last_day_up_to_today_is_found_in_timestamps(
    tmp_path: Path, unit: str
) -> None:
    moments = [date(2024, 2, 29), date(2026, 11, 22), date(2026, 11, 23), None]
    days = [day and (day - date(1970, 1, 1)).days * 86_400 + 86_399 for day in moments]
    column = pa.array(days, pa.int64()).cast(pa.timestamp("s", "UTC"))
    column = column.cast(pa.timestamp(unit, "UTC"))
    path = tmp_path / "models.parquet"
    for kept, day in ((4, TODAY), (1, date(2024, 2, 29))):
        names = [f"a/{at}" for at in range(kept)]
        pq.write_table(pa.table({"id": names, "createdAt": column[:kept]}), path)
        assert survey([path], "models", TODAY).day == day
    nothing = pa.table({"id": ["a/b"], "createdAt": column[3:]})
    pq.write_table(nothing, path)
    assert survey([path], "models", TODAY).day is None
