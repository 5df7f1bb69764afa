"""What is read a column at a time is what would be read value by value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headwater.graph.ids import artefact_id
from headwater.ingest.parse.bulk_columns import moment_texts
from headwater.ingest.parse.bulk_names import (
    ACCEPTED,
    ODD,
    plain_mask,
    read_names,
)
from headwater.ingest.parse.reference_text import NOTHING, read_reference
from headwater.ingest.parse.text import clean_text

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_part = st.one_of(
    st.text("aB0_-.", min_size=1, max_size=6),
    st.sampled_from(
        ["home", "tmp", "www.x.org", "hf.co", "GitHub.com", "checkpoint-10", "a.git",
         "datasets", "spaces", "off-hub", "models", "org", "name", "path", "n", "a",
         "x" * 48, "x" * 97, "é", "a\u200b", "model.gguf"]
    ),
)  # fmt: skip
_name = st.one_of(
    st.builds("{}/{}".format, _part, _part),
    _part,
    st.text(max_size=12),
    st.sampled_from(sorted(NOTHING)),
    st.builds(" {}/{}".format, _part, _part),
)


@given(st.lists(_name, max_size=12), st.sampled_from(["model", "dataset"]))
@example(["home/x", "a/b", "Home/x", "www.a/x", "n/a", "a/checkpoint-1"], "model")
def test_a_plain_name_is_one_that_stands_for_itself(
    names: list[str], kind: str
) -> None:
    mask = plain_mask(pa.array(names, pa.string()))
    for name, is_plain in zip(names, mask.tolist(), strict=True):
        if is_plain:
            found = read_reference(name, kind)
            assert not isinstance(found, str)
            assert [(item.id, item.kind, item.revision) for item in found] == [
                (artefact_id(kind, name), kind, None)
            ]
            assert found[0].notes == ()
            assert clean_text(name) == name


@given(st.sets(_name, max_size=12), st.sampled_from(["model", "dataset"]))
def test_names_are_read_as_they_are_one_by_one(names: set[str], kind: str) -> None:
    listed = sorted(names)
    table = read_names(pa.array(listed, pa.string()), kind, is_source=False)
    for at, name in enumerate(listed):
        found, outcome = read_reference(name, kind), table.outcome[at]
        assert table.raw[at].as_py() == clean_text(name)
        if outcome == ACCEPTED:
            assert not isinstance(found, str)
            assert [item.id for item in found] == [table.ids[at].as_py()]
            assert found[0].notes == table.notes[table.noted[at]]
        elif outcome != ODD:
            assert found == table.reasons[outcome - 1]


def test_most_ways_to_write_a_name_are_read_with_the_whole_column() -> None:
    names = ["a/b", "gpt2", " a/b ", "https://hf.co/a/b", "none", "/home/x", "a/b@main"]
    table = read_names(pa.array(names), "model", is_source=False)
    assert [outcome == ODD for outcome in table.outcome] == [False] * 6 + [True]
    assert table.ids.to_pylist()[:4] == ["a/b", "gpt2", "a/b", "a/b"]
    assert [table.reasons[code - 1] for code in table.outcome[4:6]] == [
        "placeholder", "local_path"
    ]  # fmt: skip


_moment = st.datetimes(
    datetime(1000, 1, 1),
    datetime(9999, 12, 31, 23),
    timezones=st.just(UTC),
)


@given(
    st.lists(st.one_of(st.none(), _moment), max_size=6),
    st.sampled_from(["s", "ms", "us"]),
    st.sampled_from([None, "UTC", "Europe/Paris"]),
)
def test_timestamps_become_the_text_that_the_hub_gives(
    moments: list[datetime | None], unit: str, zone: str | None
) -> None:
    # Before 1970 there was no Hub; Arrow cuts off fractions towards that year.
    moments = [
        m and m.replace(microsecond=m.microsecond if m > EPOCH and unit != "s" else 0)
        for m in moments
    ]
    per_second = {"s": 1, "ms": 10**3, "us": 10**6}[unit]
    ticks = [
        m and (m - EPOCH) // timedelta(microseconds=1) * per_second // 10**6
        for m in moments
    ]
    found = moment_texts(pa.array(ticks, pa.int64()).cast(pa.timestamp(unit, zone)))
    found.validate(full=True)
    assert found.to_pylist() == [
        m and f"{m:%Y-%m-%dT%H:%M:%S}.{m.microsecond // 1000:03d}Z" for m in moments
    ]


@pytest.mark.parametrize("year", [1, 999, 12_000])
def test_years_without_four_digits_are_no_error(year: int) -> None:
    seconds = (year - 1970) * 31_556_952
    found = moment_texts(pa.array([seconds, 0], pa.timestamp("s")))
    assert found[1].as_py() == "1970-01-01T00:00:00.000Z"
