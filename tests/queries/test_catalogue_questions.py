"""The packaged catalogue answers the questions that people come with, offline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pytest

from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.lineage import lineage
from headwater.queries.what_breaks import what_breaks
from headwater.queries.why import why

QUESTIONS: Final[dict[str, tuple[Sequence[str], Sequence[str]]]] = {
    "llama": (
        ["Alpaca", "Vicuna", "Koala", "Open Assistant", "HuggingChat", "StableVicuna",
         "Code Llama"],
        ["Dolly 1.0", "Dolly 2.0", "StableLM", "Cerebras-GPT", "RedPajama-INCITE", "OLMo",
         "Falcon"],
    ),
    "the pile": (
        ["GPT-Neo", "GPT-J", "GPT-NeoX-20B", "Pythia", "StableLM", "Cerebras-GPT",
         "Dolly 1.0", "Dolly 2.0"],
        ["OLMo", "Falcon", "BLOOMZ"],
    ),
    "openai": (["Alpaca", "Vicuna", "Koala", "Dolly 1.0", "StableVicuna"], ["Dolly 2.0", "OLMo"]),
    "stable diffusion": (["ControlNet"], ["DALL-E 2", "Imagen"]),
}  # fmt: skip


@pytest.mark.parametrize("target", QUESTIONS)
def test_who_stands_on_it(catalogue: LineageGraph, target: str) -> None:
    hit, safe = QUESTIONS[target]
    for outcome in what_breaks(catalogue, [target]).outcomes:
        names = {victim.name for victim in outcome.victims}
        assert set(hit) <= names
        assert not set(safe) & names


def test_controlnet_needs_stable_diffusion_at_load_time(
    catalogue: LineageGraph,
) -> None:
    """Its one path is load-time; a re-upload of 1.5 is what saves it."""
    (outcome,) = what_breaks(catalogue, ["stable diffusion"], ["deleted"]).outcomes
    (victim,) = [item for item in outcome.victims if item.name == "ControlNet"]
    assert [step.relation for step in victim.proof] == ["adapter"]
    assert victim.verdict in ("breaks", "recoverable")
    assert victim.captive


def test_closing_llama_is_told_with_mirrors(catalogue: LineageGraph) -> None:
    (outcome,) = what_breaks(catalogue, ["llama"], ["deleted"]).outcomes
    found = {victim.name: victim for victim in outcome.victims}
    assert found["Code Llama"].mirror is not None
    assert found["HuggingChat"].verdict == "recoverable"
    assert [step.relation for step in found["HuggingChat"].proof] == ["uses", "adapter"]


@pytest.mark.parametrize(
    ("child", "parent", "relation", "standing"),
    [
        # The press says LLaMA -> Alpaca -> Vicuna; the second step was the recipe only.
        ("Vicuna", "Alpaca", "method", "accepted"),
        ("Dolly 1.0", "LLaMA", "finetune", "refuted"),
        ("Dolly 2.0", "LLaMA", "finetune", "refuted"),
        ("StableVicuna", "StableLM", "finetune", "refuted"),
    ],
)
def test_press_claims_are_kept_beside_the_primary_source(
    catalogue: LineageGraph, child: str, parent: str, relation: str, standing: str
) -> None:
    (answer,) = why(catalogue, child, parent)
    assert (relation, standing, True) == (
        answer.relation,
        answer.standing,
        answer.disputed,
    )
    assert {"press", "curator"} == {claim.declared_by for claim in answer.claims}


@pytest.mark.parametrize(
    ("child", "parent", "relation"),
    [
        ("Alpaca", "LLaMA 7B", "finetune"),
        ("Alpaca", "datasets/tatsu-lab/alpaca", "trained_on"),
        ("Dolly 1.0", "GPT-J", "finetune"),
        ("Dolly 2.0", "Pythia", "finetune"),
        ("BLOOMZ", "BLOOM", "finetune"),
        ("Cerebras-GPT", "The Pile", "trained_on"),
        ("HuggingChat", "Open Assistant", "uses"),
        ("ControlNet", "runwayml/stable-diffusion-v1-5", "adapter"),
        ("Granite 3.0", "ibm-granite/granite-3.0-8b-base", "finetune"),
    ],
)
def test_lineage_of_the_seeds(
    catalogue: LineageGraph, child: str, parent: str, relation: str
) -> None:
    (answer,) = [
        item for item in why(catalogue, child, parent) if item.relation == relation
    ]
    assert answer.standing == "accepted"


def test_claims_carry_a_document_and_a_date(catalogue: LineageGraph) -> None:
    for answer in why(catalogue, "Vicuna", "Alpaca"):
        for claim in answer.claims:
            assert claim.document.startswith("https://")
            assert claim.first_seen <= claim.last_seen


def test_lineage_counts_recipes_apart(catalogue: LineageGraph) -> None:
    answer = lineage(catalogue, "Vicuna")
    above = {item.name for item in answer.ancestors}
    assert "LLaMA 13B" in above
    assert "Alpaca" not in above
    assert "method" in {edge.relation for edge in answer.edges}


def test_size_of_the_catalogue(catalogue: LineageGraph) -> None:
    counts = catalogue.manifest.counts
    artefacts = sum(
        counts["nodes"][kind] for kind in ("model", "dataset", "application")
    )
    owned = set((catalogue.columns.developer[catalogue.columns.kind == 3]).tolist())
    assert artefacts >= 300
    assert counts["nodes"]["developer"] >= 60
    assert (
        int(((catalogue.columns.kind == 3) & (catalogue.columns.developer >= 0)).sum())
        >= 150
    )
    assert counts["edges"]["mirror_of"] + len(catalogue.aliases) >= 40
    assert len(owned) >= 60
    assert counts["phantoms"] == 0
