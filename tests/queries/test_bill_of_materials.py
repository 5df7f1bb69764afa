"""Bills of materials: against the lineage, and against the schemas of CycloneDX."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from headwater.cli.main import app
from headwater.errors import InvalidArgumentError, NodeNotFoundError
from headwater.queries.bill_of_materials import BillOfMaterials, bill_of_materials
from headwater.queries.cyclonedx import VERSIONS, cyclonedx, cyclonedx_bytes
from headwater.queries.licence_table import licence_table
from headwater.queries.session import Session
from tests.drawing import draw, draw_batch, publish
from tests.queries.answers import poisoned
from tests.queries.licensed import draw_licensed


def problem(data: bytes, version: str) -> str | None:
    schema = SchemaVersion.from_version(version)
    found = JsonStrictValidator(schema).validate_str(data.decode())
    return None if found is None else str(found)


def by_ref(value: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["bom-ref"]: item for item in value["components"]}


def properties(item: dict[str, Any]) -> dict[str, str]:
    return {
        one["name"].removeprefix("headwater:"): one["value"]
        for one in item["properties"]
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_the_catalogue_is_valid(hw: Session, version: str) -> None:
    bill = hw.bill_of_materials("developer:lmsys", "StableLM", inventory=["x"])
    assert problem(cyclonedx_bytes(bill, version), version) is None


def test_the_validator_finds_what_is_wrong(hw: Session) -> None:
    value = cyclonedx(hw.bill_of_materials("Vicuna"))
    value["components"][0]["typ"] = "model"
    assert problem(json.dumps(value).encode(), "1.6") is not None


@pytest.mark.parametrize("version", VERSIONS)
def test_every_licence_of_the_table_is_valid(tmp_path: Path, version: str) -> None:
    words = [item.id for item in licence_table().licences] + ["my own", "<b>"]
    names = {f"a/m{place}": word for place, word in enumerate(words)}
    graph = draw_licensed(
        tmp_path, *(f"{name} finetune a/root" for name in names), licences=names
    )
    bill = bill_of_materials(graph, list(names))
    data = cyclonedx_bytes(bill, version)
    assert problem(data, version) is None
    found = by_ref(json.loads(data))
    for name, word in names.items():
        (licence,) = found[name]["licenses"]
        own = licence_table().find(word)
        spdx = licence_table().licences[own].spdx if own >= 0 else ""
        if spdx and not spdx.startswith(("LicenseRef-", "NOASSERTION")):
            assert licence == {"license": {"id": spdx}}
        else:
            assert licence == {"license": {"name": word}}


def test_it_is_the_list_with_all_its_ancestors(hw: Session) -> None:
    bill = hw.bill_of_materials("StableVicuna")
    lineage = hw.lineage("StableVicuna")
    listed, *above = bill.components
    assert listed.id == lineage.id
    assert listed.is_listed
    assert {item.id: item.depth for item in above} == {
        item.id: item.depth for item in lineage.ancestors
    }
    members = {item.id for item in bill.components}
    assert {(item.child, item.relation, item.parent) for item in bill.ingredients} == {
        (step.child, step.relation, step.parent)
        for step in lineage.edges
        if step.child in members and step.parent in members
        and step.relation != "method"
    }  # fmt: skip


def test_pedigree_says_by_whom(tmp_path: Path) -> None:
    graph = publish(
        tmp_path,
        draw_batch("a/x finetune b/y hub:cardData", "a/x trained_on o/data-d",
                   "a/lora adapter a/x"),
    )  # fmt: skip
    value = cyclonedx(bill_of_materials(graph, ["a/lora"]))
    found = by_ref(value)
    assert [found[name]["type"] for name in ("a/lora", "datasets/o/data-d")] == [
        "machine-learning-model", "data",
    ]  # fmt: skip
    base, dataset = found["a/x"]["pedigree"]["ancestors"]
    assert properties(base)["relation"] == "finetune"
    assert properties(base)["sources"] == "hub:cardData"
    assert base["evidence"]["identity"][0]["methods"][0]["value"] == "https://hub/a/x"
    assert dataset["name"] == "datasets/o/data-d"
    assert found["a/x"]["modelCard"]["modelParameters"]["datasets"] == [
        {"ref": "datasets/o/data-d"}
    ]
    needed = {item["ref"]: item.get("dependsOn") for item in value["dependencies"]}
    assert needed["a/lora"] == ["a/x"]  # an adapter needs its base to load
    assert needed["a/x"] is None
    assert found["b/y"]["purl"] == "pkg:huggingface/b/y"
    assert "hashes" not in json.dumps(value)


def test_what_is_unknown_is_said(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "a/x finetune b/y", "c/z finetune b/gone", phantoms=("b/gone",),
        scratch=("b/y",), nodes=("d/alone",),
    )  # fmt: skip
    own = ["A/X", "nobody/has-this", "c/z", "d/alone", "@a"]
    bill = bill_of_materials(graph, inventory=own)
    assert bill.unresolved == ("nobody/has-this",)
    assert bill.not_artefacts == ("@a",)
    said = {item.id: item.completeness for item in bill.components}
    assert said == {
        "a/x": "complete", "b/y": "complete", "c/z": "incomplete", "b/gone": "unknown",
        "d/alone": "unknown", "nobody/has-this": "unknown",
    }  # fmt: skip
    value = cyclonedx(bill)
    told = {item["aggregate"]: item["dependencies"] for item in value["compositions"]}
    assert set(told["unknown"]) == {"b/gone", "d/alone", "nobody/has-this"}
    assert properties(by_ref(value)["nobody/has-this"])["state"] == "unknown"
    assert "purl" not in by_ref(value)["nobody/has-this"]


def test_the_same_list_gives_the_same_bytes(hw: Session) -> None:
    one = hw.bill_of_materials("Vicuna", "Alpaca")
    other = hw.bill_of_materials("Alpaca", "Vicuna", "Vicuna")
    assert cyclonedx_bytes(one) == cyclonedx_bytes(other)
    changed = replace(one, snapshot="another")
    serials = {cyclonedx(bill)["serialNumber"] for bill in (one, other, changed)}
    assert len(serials) == 2


def test_a_cycle_ends(tmp_path: Path) -> None:
    graph = draw(tmp_path, "a/x finetune b/y", "b/y merge a/x", "b/y merge c/z")
    bill = bill_of_materials(graph, ["a/x"])
    assert [item.id for item in bill.components] == ["a/x", "b/y", "c/z"]
    assert problem(cyclonedx_bytes(bill), "1.6") is None


@pytest.mark.parametrize("version", VERSIONS)
def test_hostile_text_is_still_valid(hw: Session, version: str) -> None:
    bill: BillOfMaterials = poisoned(hw.bill_of_materials("Vicuna"))
    assert problem(cyclonedx_bytes(bill, version), version) is None


_NAMES = st.sampled_from(["a/x", "b/y", "c/z", "d/data-w", "e/app-v", "f/u"])


@settings(max_examples=8)
@given(st.lists(st.tuples(_NAMES, _NAMES), min_size=1, max_size=8, unique=True))
def test_any_graph_is_valid(pairs: list[tuple[str, str]]) -> None:
    lines = []
    for child, parent in pairs:
        kinds = tuple("data-" in name or "app-" in name for name in (child, parent))
        if "app-" in parent or child == parent or ("data-" in child and not kinds[1]):
            continue
        relation = "uses" if "app-" in child else "finetune"
        if "data-" in parent:
            relation = "derived_from" if "data-" in child else "trained_on"
        if "app-" in child and "data-" in parent:
            relation = "uses"
        lines.append(f"{child} {relation} {parent}")
    if not lines:
        return
    with tempfile.TemporaryDirectory() as folder:
        graph = draw(Path(folder), *dict.fromkeys(lines))
        every = [graph.ids[node] for node in range(graph.n_artefacts)]
        bill = bill_of_materials(graph, inventory=every)
        assert {item.id for item in bill.components} == set(every)
        assert problem(cyclonedx_bytes(bill), "1.6") is None


def test_wrong_questions(hw: Session) -> None:
    with pytest.raises(InvalidArgumentError, match="give an inventory"):
        hw.bill_of_materials()
    with pytest.raises(NodeNotFoundError):
        hw.bill_of_materials("no such model at all")
    with pytest.raises(InvalidArgumentError, match=r"1\.6, 1\.7"):
        cyclonedx(hw.bill_of_materials("Vicuna"), "2.0")


def test_the_command(catalogue_dir: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    folder = ["--data-dir", str(catalogue_dir)]
    printed = runner.invoke(app, ["bom", "Vicuna", *folder])
    assert printed.exit_code == 0
    assert problem(printed.stdout_bytes, "1.6") is None
    mine = tmp_path / "models.txt"
    mine.write_text("lmsys/vicuna-13b-delta-v0\nnobody/has-this\n")
    output = tmp_path / "bom.json"
    ask = ["bom", "--inventory", str(mine), "--output", str(output), *folder]
    written = runner.invoke(app, [*ask, "--spec-version", "1.7"])
    assert written.exit_code == 0, written.output
    assert "listed as unknown: nobody/has-this" in written.stderr
    assert problem(output.read_bytes(), "1.7") is None
    again = runner.invoke(app, ask)
    assert isinstance(again.exception, InvalidArgumentError)
    assert runner.invoke(app, [*ask, "--force"]).exit_code == 0
