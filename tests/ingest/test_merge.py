"""Several readings of one Hub: newest versions, names of today, what is gone."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.graph.claim_tables import to_tables
from headwater.graph.claims import Alias, Claim, ClaimBatch, Record
from headwater.ingest.merge import Merged, Reading, merge_readings

HUB = "https://hub"
DAYS = [f"2026-01-{day:02d}" for day in range(1, 10)]


def record(name: str, day: str, **fields: Any) -> Record:
    values = {"state": "present", "hub_id": None, "source": "hub", **fields}
    return Record(id=name, kind="model", document=f"{HUB}/{name}", seen=day, **values)


def claim(child: str, parent: str, day: str, **fields: Any) -> Claim:
    values = {"relation": "finetune", "source": "hub:cardData", **fields}
    return Claim(
        child=child, child_kind="model", parent=parent, parent_kind="model",
        document=values.pop("document", f"{HUB}/{child}"), first_seen=day,
        last_seen=day, **values,
    )  # fmt: skip


def reading(day: str, *rows: Any, full: bool = True, **fields: Any) -> Reading:
    batch = ClaimBatch(
        records=[row for row in rows if isinstance(row, Record)],
        claims=[row for row in rows if isinstance(row, Claim)],
        aliases=[row for row in rows if isinstance(row, Alias)],
    )
    listed = {"model": len(batch.records)} if full else {}
    values = {"origin": HUB, "listed": listed, **fields}
    return Reading(lambda: to_tables([batch]), day, **values)


def states(merged: Merged) -> dict[str, str]:
    rows = merged.tables.records.to_pylist()
    return {row["id"]: row["state"] for row in rows}


def edges(merged: Merged) -> set[tuple[str, str, str]]:
    return {
        (row["child"], row["parent"], row["first_seen"])
        for row in merged.tables.claims.to_pylist()
    }


def many(day: str, *names: str) -> list[Record]:
    return [record(name, day) for name in names]


def test_what_a_complete_pass_no_longer_shows_is_gone_with_its_edges():
    one = reading(
        DAYS[0], *many(DAYS[0], "a/x", "a/y", "a/z"), claim("a/z", "a/x", DAYS[0])
    )
    two = reading(DAYS[1], *many(DAYS[1], "a/x", "a/y"))

    merged = merge_readings([one, two])

    assert states(merged) == {"a/x": "present", "a/y": "present", "a/z": "gone"}
    assert merged.gone == {"model": 1}
    assert edges(merged) == {("a/z", "a/x", DAYS[0])}
    assert merged.doubted == {}


def test_what_comes_back_is_present_again():
    whole, part = ("a/x", "a/y", "a/z"), ("a/x", "a/y")
    readings = [
        reading(day, *many(day, *names))
        for day, names in zip(DAYS, (whole, part, whole), strict=False)
    ]
    merged = merge_readings(readings)

    assert set(states(merged).values()) == {"present"}
    assert merged.gone == {}
    firsts = {row["first_seen"] for row in merged.tables.records.to_pylist()}
    assert firsts == {DAYS[0]}


def test_a_part_of_the_list_marks_nothing():
    whole = reading(DAYS[0], *many(DAYS[0], "a/x", "a/y", "a/z"))
    for other in (
        reading(DAYS[1], *many(DAYS[1], "a/x"), full=False),
        reading(DAYS[1], *many(DAYS[1], "a/x", "a/y"), origin="https://mirror"),
        reading(DAYS[1], *many(DAYS[1], "a/x", "a/y"), listed={"dataset": 0}),
    ):
        merged = merge_readings([whole, other])
        assert set(states(merged).values()) == {"present"}


def test_an_import_and_a_single_look_are_not_marked():
    look = reading(DAYS[0], record("a/hidden", DAYS[0]), full=False, origin="")
    whole = reading(DAYS[1], *many(DAYS[1], "a/x", "a/y"))

    assert states(merge_readings([look, whole]))["a/hidden"] == "present"


def test_a_copy_on_this_disk_does_not_bring_back_what_is_gone():
    """That the Hub did not show it, when asked, goes on to count."""
    lookup = record("a/x", DAYS[0], state="gone", source="hub:lookup")
    look = reading(DAYS[0], lookup, full=False, origin="")
    copy = Record(id="a/x", kind="model", document="file:///x", seen=DAYS[1],
                  source="local")  # fmt: skip
    local = reading(DAYS[1], copy, full=False, origin="")
    listed = reading(DAYS[1], *many(DAYS[1], "a/x"))

    rows = merge_readings([look, local]).tables.records.to_pylist()
    assert {(row["source"], row["state"]) for row in rows} == {
        ("hub:lookup", "gone"), ("local", None),
    }  # fmt: skip
    assert states(merge_readings([look, listed])) == {"a/x": "present"}


def test_another_mirror_gives_no_new_name():
    one = reading(DAYS[0], record("a/x", DAYS[0], hub_id="1" * 24))
    other = Record(id="a/x", kind="model", document="https://mirror/a/x", seen=DAYS[1],
                   source="hub", hub_id="1" * 24)  # fmt: skip
    two = reading(DAYS[1], other, origin="https://mirror")

    merged = merge_readings([one, two])
    assert (merged.renamed, len(merged.tables.records)) == (0, 1)


def test_a_hub_that_lost_half_is_not_believed():
    names = [f"a/m{number}" for number in range(10)]
    whole = reading(DAYS[0], *many(DAYS[0], *names))
    broken = reading(DAYS[1], *many(DAYS[1], *names[:4]))

    merged = merge_readings([whole, broken])

    assert set(states(merged).values()) == {"present"}
    assert merged.doubted == {"model": 6}
    assert merged.gone == {}


def test_an_update_between_two_passes_is_marked_too():
    one = reading(DAYS[0], *many(DAYS[0], "a/x", "a/y"))
    update = reading(DAYS[1], *many(DAYS[1], "a/new"), full=False)
    two = reading(DAYS[2], *many(DAYS[2], "a/x", "a/y"))

    assert states(merge_readings([one, update, two]))["a/new"] == "gone"
    assert states(merge_readings([one, two, update]))["a/new"] == "present"


def test_a_rename_keeps_one_artefact_and_its_first_day():
    one = reading(
        DAYS[0], record("a/old", DAYS[0], hub_id="1" * 24), *many(DAYS[0], "a/x", "b/kid"),
        claim("a/old", "a/x", DAYS[0]), claim("b/kid", "a/old", DAYS[0]),
    )  # fmt: skip
    two = reading(
        DAYS[1], record("a/new", DAYS[1], hub_id="1" * 24), *many(DAYS[1], "a/x", "b/kid"),
        claim("a/new", "a/x", DAYS[1]), claim("b/kid", "a/old", DAYS[1]),
    )  # fmt: skip

    merged = merge_readings([one, two])

    assert states(merged).keys() == {"a/new", "a/x", "b/kid"}
    assert (merged.renamed, merged.gone) == (1, {})
    assert edges(merged) == {("a/new", "a/x", DAYS[0]), ("b/kid", "a/old", DAYS[1])}
    firsts = {row["id"]: row["first_seen"] for row in merged.tables.records.to_pylist()}
    assert set(firsts.values()) == {DAYS[0]}
    (alias,) = merged.tables.aliases.to_pylist()
    assert (alias["alias"], alias["id"], alias["kind"]) == ("a/old", "a/new", "rename")
    assert alias["seen"] == DAYS[1]


def test_a_name_that_another_repository_took_over_is_that_repository():
    one = reading(DAYS[0], record("a/x", DAYS[0], hub_id="1" * 24))
    two = reading(DAYS[1], record("a/x", DAYS[1], hub_id="2" * 24))

    merged = merge_readings([one, two])

    (row,) = merged.tables.records.to_pylist()
    assert row["hub_id"] == "2" * 24
    assert merged.tables.aliases.num_rows == 0


def test_a_look_up_gives_way_to_a_list():
    stub = Record(
        "A/X", "model", "hub:lookup", f"{HUB}/api/models/A/X", DAYS[0], state="gone"
    )
    look = reading(DAYS[0], stub, full=False, origin="")
    listed = reading(DAYS[0], *many(DAYS[0], "a/x"))

    assert states(merge_readings([look, listed])) == {"a/x": "present"}
    assert states(merge_readings([look])) == {"A/X": "gone"}


def test_the_newest_look_up_of_a_name_counts():
    def alias(kind: str, day: str) -> Alias:
        return Alias(
            "a/old", "a/new", kind, "hub:lookup", f"{HUB}/api/models/a/old", day
        )

    looks = [
        reading(day, alias(kind, day), full=False, origin="")
        for kind, day in (("redirect", DAYS[0]), ("replacement", DAYS[1]))
    ]
    (left,) = merge_readings(looks).tables.aliases.to_pylist()

    assert left["kind"] == "replacement"


def test_equal_files_are_what_the_last_comparison_says():
    def equal(day: str) -> Claim:
        return claim("a/copy", "a/x", day, relation="mirror_of", source="hub:files",
                     document=f"{HUB}/a/copy/tree/main")  # fmt: skip

    pair = frozenset({"a/copy", "a/x"})
    first = reading(DAYS[0], equal(DAYS[0]), full=False, origin="", looked_at=pair)
    again = reading(DAYS[1], equal(DAYS[1]), full=False, origin="", looked_at=pair)
    other = reading(DAYS[2], full=False, origin="", looked_at=frozenset({"a/copy"}))

    assert edges(merge_readings([first, again])) == {("a/copy", "a/x", DAYS[0])}
    assert edges(merge_readings([first, again, other])) == set()


NAMES = ["a/m0", "a/m1", "a/m2", "a/m3"]
OBSERVED = st.lists(
    st.dictionaries(
        st.sampled_from(NAMES),
        st.sets(st.sampled_from(NAMES), max_size=2).map(sorted),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(OBSERVED, st.lists(st.booleans(), min_size=5, max_size=5))
def test_against_a_plain_account(observed, passes):
    """The same by dictionaries: per document the last reading, days from the first."""
    readings, last, first = [], {}, {}
    for number, (seen, full) in enumerate(zip(observed, passes, strict=False)):
        day = DAYS[number]
        rows: list[Any] = many(day, *seen)
        rows += [claim(child, parent, day) for child in seen for parent in seen[child]]
        readings.append(reading(day, *rows, full=full))
        for child, parents in seen.items():
            last[child] = (number, parents)
            for key in ((child,), *((child, parent) for parent in parents)):
                first.setdefault(key, day)

    merged = merge_readings(readings)

    newest, size = -1, 0
    for number, (seen, full) in enumerate(zip(observed, passes, strict=False)):
        if full and 2 * len(seen) >= size:
            newest, size = number, len(seen)
    assert states(merged) == {
        name: "gone" if number < newest else "present"
        for name, (number, _) in last.items()
    }
    assert edges(merged) == {
        (child, parent, first[child, parent])
        for child, (_, parents) in last.items()
        for parent in parents
    }
    for row in merged.tables.records.to_pylist():
        assert (row["first_seen"] or row["seen"]) == first[row["id"],]
        assert row["seen"] == DAYS[last[row["id"]][0]]


def test_nothing_read_is_nothing_said():
    merged = merge_readings([])

    assert merged.tables.records.num_rows == 0
    assert merged.tables.claims.num_rows == 0
