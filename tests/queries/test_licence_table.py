"""The table of licences: complete for the Hub, real SPDX ids, sourced, unambiguous."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from packaging.licenses import canonicalize_license_expression

from headwater.queries.licence_table import (
    UNLISTED,
    Licence,
    licence_table,
    read_table,
)

# https://huggingface.co/docs/hub/repositories-licenses, and the ids that the Hub has
# accepted since (OpenMDW 1.1, Grok 2).
HUB = """
    afl-3.0 agpl-3.0 apache-2.0 apple-amlr apple-ascl artistic-2.0 bigcode-openrail-m
    bigscience-bloom-rail-1.0 bigscience-openrail-m bsd bsd-2-clause bsd-3-clause
    bsd-3-clause-clear bsl-1.0 c-uda cc cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0
    cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0
    cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc-by-nd-4.0 cc-by-sa-3.0
    cc-by-sa-4.0 cc0-1.0 cdla-permissive-1.0 cdla-permissive-2.0 cdla-sharing-1.0
    creativeml-openrail-m deepfloyd-if-license ecl-2.0 epl-1.0 epl-2.0 etalab-2.0
    eupl-1.1 eupl-1.2 fair-noncommercial-research-license gemma gfdl gpl gpl-2.0 gpl-3.0
    grok2-community h-research intel-research isc lgpl lgpl-2.1 lgpl-3.0 lgpl-lr llama2
    llama3 llama3.1 llama3.2 llama3.3 llama4 lppl-1.3c mit mpl-2.0 ms-pl ncsa odbl
    odc-by ofl-1.1 openmdw-1.0 openmdw-1.1 openrail openrail++ osl-3.0 other pddl
    postgresql unknown unlicense wtfpl zlib
"""
EVERY = licence_table().licences


def test_every_id_of_the_hub_is_there() -> None:
    assert {item.id for item in EVERY if item.is_hub} == set(HUB.split())


@pytest.mark.parametrize("licence", EVERY, ids=lambda item: item.id)
def test_an_entry_is_sound(licence: Licence) -> None:
    if licence.spdx != "NOASSERTION":
        assert canonicalize_license_expression(licence.spdx) == licence.spdx
    address = urlsplit(licence.url)
    assert (address.scheme, bool(address.netloc)) == ("https", True)
    names = [item.id for item in licence_table().obligations]
    assert sorted([*licence.has, *licence.lacks, *licence.unknown]) == sorted(names)
    if licence.name_begins is not None:
        assert "named_use" in licence.has
    if licence.spdx == "NOASSERTION":
        assert set(licence.unknown) == set(names)
    if "research_only" in licence.has:
        assert "noncommercial" not in licence.lacks


@pytest.mark.parametrize(
    ("id_", "has"),
    [
        ("mit", {"attribution"}),
        ("cc0-1.0", set()),
        ("cc-by-nc-sa-4.0", {"noncommercial", "share_alike", "attribution"}),
        ("gpl-3.0", {"share_alike", "attribution"}),
        ("creativeml-openrail-m", {"output_use", "use_restrictions", "attribution"}),
    ],
)
def test_well_known_ones_ask_what_everybody_knows(id_: str, has: set[str]) -> None:
    table = licence_table()
    licence = table.licences[table.find(id_)]
    assert (set(licence.has), licence.unknown) == (has, ())


def test_words_are_found_in_any_case_and_spacing() -> None:
    table = licence_table()
    assert table.licences[table.find(" Apache  License 2.0")].id == "apache-2.0"
    assert table.find("Llama 2 Community License Agreement") == table.find("llama2")
    assert table.find("other") == table.find("unknown") == table.find("") == UNLISTED


def entry(**changes: object) -> dict[str, object]:
    return {
        "id": "x", "name": "X", "spdx": "MIT", "family": "f", "url": "https://x.org",
        "rest": "lacks", **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ([entry(has=["fun"])], "is none"),
        ([entry(has=["a"], lacks=["a"])], "named twice"),
        ([entry(rest="maybe")], "rest is 'maybe'"),
        ([entry(), entry()], "in the table twice"),
        ([entry(id="X")], "capitals"),
        (
            [
                entry(id=f"x{n}", spdx=f"LicenseRef-{n}", rest="unknown")
                for n in range(62)
            ],
            "too many",
        ),
    ],
)
def test_a_damaged_table_is_refused(
    entries: list[dict[str, object]], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        read_table({"obligations": [{"id": "a", "means": "b"}], "licences": entries})
