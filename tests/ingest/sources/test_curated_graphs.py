"""Ecosystem Graphs, the Open Source AI Index and mteb: small files, and real ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest
import yaml

from headwater.errors import ConfigError, MissingDependencyError, ParseError
from headwater.graph.claims import Claim, ClaimBatch, Record, claim_problem
from headwater.graph.ids import parse_node_id
from headwater.graph.schema import SOURCE_CODE
from headwater.ingest.parse.curated_names import (
    NameTable,
    build_name_table,
    slug,
    stub_id,
)
from headwater.ingest.sources import mteb
from headwater.ingest.sources.ecosystem_graphs import read_ecosystem_graphs
from headwater.ingest.sources.mteb import read_mteb
from headwater.ingest.sources.names import load_names
from headwater.ingest.sources.osai_index import read_osai_index
from headwater.ingest.sources.registry import REGISTRY, find_source
from tests.ingest.sources.real_data import real_data

TODAY = date(2026, 11, 22)


def record(node: str, kind: str, name: str | None = None, *names: str) -> Record:
    return Record(
        node, kind, "catalog", "https://x.org", "2026-01-01", name=name, names=names
    )


@pytest.fixture
def names() -> NameTable:
    return build_name_table(
        [
            record("zoo/pet-7b", "model", "Pet", "The Pet"),
            record("datasets/zoo/pile", "dataset", "The Heap"),
            record("off-hub/closed/oracle", "model", "Oracle"),
            record("developer:zoo", "developer", "The Zoo"),
            record("one/twin", "model"),
            record("two/twin", "model"),
        ],
        [
            {
                "names": [{"name": ["Heap 2", "heap-2"], "id": "datasets/zoo/heap2"}],
                "ignored": ["PyTorch"],
                "models": ["Loose Model"],
                "applications": ["Loose App"],
            }
        ],
    )


def edges(batch: ClaimBatch) -> set[tuple[str, str, str]]:
    assert not [claim for claim in batch.claims if claim_problem(claim)]
    return {(claim.child, claim.relation, claim.parent) for claim in batch.claims}


def test_only_exact_names_are_found(names: NameTable) -> None:
    assert names.find("the  PET", ("model",)) == ("zoo/pet-7b", "model")
    assert names.find("Pet-7B", ("model",)) == ("zoo/pet-7b", "model")
    assert names.find("heap-2", ("model", "dataset")) == (
        "datasets/zoo/heap2",
        "dataset",
    )
    assert names.find("Pet", ("dataset",)) is None
    assert names.find("Pets", ("model",)) is None
    assert names.find("twin", ("model",)) is None
    assert names.find_developer("the zoo") == "developer:zoo"


@pytest.mark.parametrize(
    "table",
    [
        {"names": [{"name": "x"}]},
        {"names": [{"name": "x", "id": "off-hub/a/b"}]},
        {"names": [{"name": "x", "id": "@zoo"}]},
        {"names": [{"name": "x", "id": "no id"}]},
        {"names": 7},
        {"ignored": [7]},
    ],
)
def test_a_wrong_table_is_an_error(table: dict[str, object]) -> None:
    with pytest.raises(ParseError, match="table of names"):
        build_name_table([], [table])


@pytest.mark.parametrize(
    ("owner", "name"),
    [("Aleph Alpha", "Luminous"), ("", ""), ("名前", "模型"), ("a" * 300, "É")],
)
def test_a_stub_has_a_valid_id(owner: str, name: str) -> None:
    assert parse_node_id(stub_id(owner, name)).kind is None
    assert slug(slug(owner)) == slug(owner)


ASSETS = [
    {
        "name": "Pet", "type": "model", "organization": "The Zoo", "access": "open",
        "created_date": {"value": "2023-03-13", "explanation": "the post"},
        "size": "7B parameters (dense)", "license": "MIT",
        "dependencies": ["the heap", "Own Data", "Oracle", "PyTorch", "Pet", "Loose Model"],
    },
    {
        "name": "Own Data", "type": "dataset", "organization": "The Zoo",
        "dependencies": {"value": ["Oracle", "Heap 2", "API"], "explanation": ""},
        "license": {"value": "unknown"}, "created_date": "unknown", "size": 7,
    },
    {
        "name": "Oracle", "type": "model", "organization": "Closed", "dependencies": None,
        "access": {"value": "closed"},
    },
    {"name": "API", "type": "application", "organization": "Closed",
     "dependencies": ["Oracle", "Gateway"]},
    {"name": "Gateway", "type": "application", "dependencies": ["API"]},
    {"name": "Chat", "type": "application", "dependencies": ["API", "Loose App", "Gateway"]},
    {"name": "", "type": "model"},
    {"name": "Thing", "type": "gadget"},
    "no asset",
]  # fmt: skip


def test_assets_become_records_and_claims(tmp_path: Path, names: NameTable) -> None:
    (tmp_path / "zoo.yaml").write_text(yaml.safe_dump(ASSETS))
    (tmp_path / "bad.yaml").write_text("a: [")
    (tmp_path / "odd.yml").write_text("a: 1")
    (tmp_path / "_left_aside.yaml").write_text("[]")
    graph = read_ecosystem_graphs(tmp_path, names, TODAY)
    own, loose = "off-hub/the-zoo/own-data", "off-hub/ecosystem-graphs/loose-model"
    oracle, chat = "off-hub/closed/oracle", "off-hub/unknown/chat"
    assert edges(graph.batch) == {
        ("zoo/pet-7b", "trained_on", "datasets/zoo/pile"),
        ("zoo/pet-7b", "trained_on", own),
        ("zoo/pet-7b", "distilled_from", oracle),
        ("zoo/pet-7b", "unspecified", loose),
        (own, "generated_by", oracle),
        (own, "derived_from", "datasets/zoo/heap2"),
        ("off-hub/closed/api", "uses", oracle),
        ("off-hub/unknown/gateway", "uses", oracle),
        (chat, "uses", oracle),
    }
    through = {claim.note for claim in graph.batch.claims if claim.child == chat}
    assert through == {"through API", "through Gateway"} or through == {"through API"}
    skipped = graph.batch.skipped
    assert skipped["asset/no_name_or_type"] == 3
    assert skipped["file/no_valid_yaml"] == skipped["file/not_a_list"] == 1
    assert skipped["dependency/self"] == 1
    assert skipped["dependency/no_artefact"] == 1
    pet = next(item for item in graph.batch.records if item.id == "zoo/pet-7b")
    assert (pet.released, pet.parameters, pet.licence, pet.access) == (
        "2023-03-13", 7_000_000_000, "MIT", "open"
    )  # fmt: skip
    data = next(item for item in graph.batch.records if item.id == own)
    assert (data.developer, data.licence, data.released) == (
        "developer:zoo",
        None,
        None,
    )
    assert graph.resolved["Pet"] == "zoo/pet-7b"
    assert graph.unresolved["Loose Model"] == loose


def test_a_missing_folder_is_an_error(tmp_path: Path, names: NameTable) -> None:
    with pytest.raises(ConfigError, match="no YAML file"):
        read_ecosystem_graphs(tmp_path / "absent", names)


SYSTEM = """
system:
  name: Pet Chat
  basemodelname: Pet
  endmodelname: Pet-Chat-7B
  endmodellicense: Apache-2.0
  releasedate: 2024-10
org: {name: The Zoo}
datasources_basemodel: {class: closed, link: "https://huggingface.co/datasets/zoo/secret"}
datasources_endmodel:
  class: partial
  link:
    - https://huggingface.co/datasets/zoo/chats
    - https://x.org/data
    - https://hf.co/datasets/zoo/Chats
weights_endmodel:
  {class: open, link: "https://huggingface.co/zoo/pet-chat-7b/tree/main", notes: " ok "}
paper: {class: Closed, link: }
licenses: {class: partial}
"""


def test_a_system_has_criteria_and_claims(tmp_path: Path, names: NameTable) -> None:
    (tmp_path / "pet.yaml").write_text(SYSTEM)
    (tmp_path / "none.yaml").write_text("system: {name: }")
    index = read_osai_index(tmp_path, names, TODAY)
    assert edges(index.batch) == {
        ("zoo/pet-chat-7b", "finetune", "zoo/pet-7b"),
        ("zoo/pet-chat-7b", "trained_on", "datasets/zoo/chats"),
    }
    (system,) = index.systems
    assert (system.base_model, system.end_model) == ("zoo/pet-7b", "zoo/pet-chat-7b")
    assert [(item.name, item.openness) for item in system.criteria] == [
        ("datasources_basemodel", "closed"),
        ("datasources_endmodel", "partial"),
        ("weights_endmodel", "open"),
        ("licenses", "partial"),
    ]
    assert system.criteria[2].note == "ok"
    assert index.batch.skipped == {"criterion/unknown_class": 1, "system/no_name": 1}
    end = next(item for item in index.batch.records if item.id == "zoo/pet-chat-7b")
    assert (end.released, end.licence, end.developer) == (
        "2024-10-01",
        "Apache-2.0",
        None,
    )


def test_names_without_an_id_become_stubs(tmp_path: Path, names: NameTable) -> None:
    text = SYSTEM.replace("Pet-Chat-7B", "Pet Chat XL").replace(
        "basemodelname: Pet", "basemodelname: Alien"
    )
    (tmp_path / "pet.yaml").write_text(text)
    index = read_osai_index(tmp_path, names, TODAY)
    assert index.unresolved == {
        "Alien": "off-hub/osai-index/alien", "Pet Chat XL": "off-hub/the-zoo/pet-chat-xl"
    }  # fmt: skip
    end = index.batch.records[-1]
    assert (end.name, end.developer) == ("Pet Chat XL", "developer:zoo")


def test_swapped_links_make_no_claim(tmp_path: Path, names: NameTable) -> None:
    (tmp_path / "x.yaml").write_text(
        "system: {name: X, basemodelname: New-7B, endmodelname: Old-7B}\n"
        'weights_basemodel: {class: open, link: "https://huggingface.co/a/Old-7B"}\n'
        'weights_endmodel: {class: open, link: "https://huggingface.co/b/New-7B"}\n'
    )
    index = read_osai_index(tmp_path, names, TODAY)
    assert index.batch.claims == []
    assert index.batch.skipped["model/links_contradict_names"] == 1


def package(root: Path) -> Path:
    made = root / "mteb"
    (made / "models" / "impl").mkdir(parents=True)
    (made / "tasks").mkdir()
    (made / "tasks" / "t.py").write_text(
        "class T:\n"
        "    metadata = TaskMetadata(\n"
        "        name='NQ', dataset={'path': 'mteb/nq', 'revision': f()})\n"
    )
    (made / "models" / "impl" / "__init__.py").touch()
    (made / "models" / "impl" / "shared.py").write_text(
        "DATA = {'NQ', 'Lost'}\nLOOP = LOOP\n"
    )
    (made / "models" / "impl" / "broken.py").write_text("def (")
    (made / "models" / "impl" / "zoo.py").write_text(
        "from __future__ import annotations\n"
        "import torch\n"
        "from .shared import DATA as BASE\n"
        "from mteb.models.impl.shared import LOOP\n"
        "MORE: set[str] = BASE | {'zoo/own'}\n"
        "raise SystemExit('never run')\n"
        "a = ModelMeta(name='zoo/pet', adapted_from='zoo/base', training_datasets=MORE,\n"
        "  superseded_by='zoo/pet-2', n_parameters=7, release_date='2024-01-02', license='mit')\n"
        "b = ModelMeta(name='zoo/dog', adapted_from='/root/x', training_datasets=LOOP)\n"
        "c = ModelMeta(name='zoo/cat', adapted_from='https://huggingface.co/zoo/base',\n"
        "  training_datasets=set(BASE).union({'NQ'}), n_parameters=len('x'))\n"
        "d = ModelMeta(name='zoo/ant (dim=2)')\n"
        "e = ModelMeta(name=None)\n"
        "f = ModelMeta(name='zoo/owl', training_datasets={'NQ': ['train']}, license='https://x')\n"
    )
    return made


def test_mteb_is_read_and_never_run(tmp_path: Path) -> None:
    batch = read_mteb(package(tmp_path), TODAY)
    assert edges(batch) == {
        ("zoo/pet", "unspecified", "zoo/base"),
        ("zoo/cat", "unspecified", "zoo/base"),
        ("zoo/pet-2", "successor_of", "zoo/pet"),
        ("zoo/pet", "trained_on", "datasets/mteb/nq"),
        ("zoo/pet", "trained_on", "datasets/zoo/own"),
        ("zoo/cat", "trained_on", "datasets/mteb/nq"),
        ("zoo/owl", "trained_on", "datasets/mteb/nq"),
    }
    assert batch.skipped == {
        "module/no_valid_python": 1,
        "training_datasets/unresolved_name": 2,
        "training_datasets/unreadable": 1,
        "adapted_from/local_path": 1,
        "n_parameters/unreadable": 1,
        "name/no_repository": 2,
    }
    pet = next(item for item in batch.records if item.id == "zoo/pet")
    assert (pet.parameters, pet.released, pet.licence) == (7, "2024-01-02", "mit")
    assert batch.claims[0].document.endswith("/blob/main/mteb/models/impl/zoo.py")


def test_without_mteb_there_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mteb, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="mteb is not installed"):
        read_mteb()


def test_the_packaged_names_lead_to_curated_artefacts() -> None:
    table = load_names()
    assert table.find("llama-2-70b", ("model",)) == (
        "meta-llama/Llama-2-70b-hf",
        "model",
    )
    assert table.find("commoncrawl", ("dataset",)) is not None
    known = {key for _, key in table.ids}
    assert not known & table.ignored


def test_the_table_of_sources_is_sound() -> None:
    assert len({entry.name for entry in REGISTRY}) == len(REGISTRY)
    for entry in REGISTRY:
        assert set(entry.evidence) <= set(SOURCE_CODE)
        assert entry.meaning
        assert entry.usage
    assert {name for entry in REGISTRY for name in entry.evidence} == {
        name for name in SOURCE_CODE if not name.startswith("inferred:")
    }
    found = find_source("bulk")
    assert found is not None
    assert found.is_available
    assert find_source("gossip") is None


def dependents(claims: list[Claim], root: str) -> set[str]:
    children = defaultdict(set)
    for claim in claims:
        children[claim.parent].add(claim.child)
    found: set[str] = set()
    left = [root]
    while left:
        for child in children[left.pop()] - found:
            found.add(child)
            left.append(child)
    return found - {root}


def test_the_real_ecosystem_graphs() -> None:
    graph = read_ecosystem_graphs(real_data("ecosystem-graphs"), load_names(), TODAY)
    assert len(graph.batch.records) == 639
    kinds = defaultdict(set)
    for item in graph.batch.records:
        kinds[item.id.lower()].add(item.kind)
    for claim in graph.batch.claims:
        assert claim_problem(claim) is None
        kinds[claim.parent.lower()].add(claim.parent_kind)
    assert [node for node, own in kinds.items() if len(own) > 1] == []
    assert len(graph.resolved) > 200
    heap = dependents(graph.batch.claims, "datasets/EleutherAI/pile")
    assert len(heap) >= 30


def test_the_real_openness_index() -> None:
    index = read_osai_index(real_data("osai_index"), load_names(), TODAY)
    assert len(index.systems) == 193
    assert Counter(len(system.criteria) for system in index.systems) == {12: 193}
    assert len(index.resolved) > 4 * len(index.unresolved)
    assert (
        "allenai/Llama-3.1-Tulu-3-405B",
        "finetune",
        "meta-llama/Llama-3.1-405B",
    ) in (edges(index.batch))
