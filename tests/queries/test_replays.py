"""Real incidents: what the packaged catalogue says of them, to the letter.

What happened is told in tools/incidents.yaml and docs/incidents.md; the verdicts here were
written by hand from the rules and the curated edges.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.show import show
from headwater.queries.what_breaks import what_breaks

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import incidents  # noqa: E402

REPLAYS = {item.name: item for item in incidents.read_replays()}
CLONE = "`recoverable` (mirror: `acheong08/SD-V1-5-cloned`)"
COPY = "baffo32/decapoda-research-llama-7B-hf"
EXPECTED = {
    # A clone of 2023 is known, so what needs 1.5 is recoverable; none of the
    # inpainting model is, so what is loaded into that one breaks.
    "runway": {
        "off-hub/automatic1111/stable-diffusion-webui": CLONE,
        "zhengchong/CatVTON": "`breaks`",
        "h94/IP-Adapter": CLONE,
        "lllyasviel/control_v11p_sd15_canny": CLONE,
        "Lykon/dreamshaper-8": CLONE,
        "SimianLuo/LCM_Dreamshaper_v7": "`exposed`",
        "stable-diffusion-v1-5/stable-diffusion-v1-5": "not there yet",
    },
    # decapoda-research is gone today, so it is no mirror; its own adapter loads with it.
    "leak": {
        "off-hub/stanford/alpaca": "`unrebuildable`",
        "tloen/alpaca-lora-7b": "`exposed`",
        "ricecake/LLaMA": "`may_break`",
    },
    "copies": {
        "trl-lib/llama-7b-se-peft": f"`recoverable` (mirror: `{COPY}`)",
    },
    "decapoda": {
        "tloen/alpaca-lora-7b": "`breaks`",
        "merror/llama_13b_lora_beauty": "`breaks`",
        "baffo32/decapoda-research-llama-7B-hf": "`unaffected`",
        "huggyllama/llama-7b": "`unaffected`",
    },
    "freeze": {
        "lmsys/vicuna-7b-v1.5": "`stranded`",
        "deepseek-ai/DeepSeek-R1-Distill-Llama-8B": "`stranded`",
        "off-hub/meta/muse-spark": "`unknown`",
    },
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_catalogue_says_what_the_page_shows(
    catalogue: LineageGraph, name: str
) -> None:
    _, verdicts = incidents.predict(REPLAYS[name], catalogue)
    assert verdicts == EXPECTED[name]
    page = (ROOT / "docs" / "incidents.md").read_text(encoding="utf-8")
    assert f"<!-- generated: replay_{name} -->" in page
    for node, verdict in verdicts.items():
        assert f"| `{node}` | {verdict} |" in page


def test_every_replay_is_told_and_cited() -> None:
    assert REPLAYS.keys() == EXPECTED.keys()
    for replay in REPLAYS.values():
        for line in replay.lines:
            assert line.fit in incidents.FIT
            # Only where nobody has said anything there is nothing to cite.
            assert line.sources or line.fit == "open"
            assert all(url.startswith("https://") for url in line.sources)


def test_of_the_freeze_there_are_reports_only() -> None:
    assert {line.fit for line in REPLAYS["freeze"].lines} == {"reported", "open"}


def test_the_page_admits_where_the_catalogue_was_wrong() -> None:
    fits = [line.fit for replay in REPLAYS.values() for line in replay.lines]
    assert {"no", "partly", "open"} <= set(fits)


def test_runway_s_old_name_is_another_repository_now(catalogue: LineageGraph) -> None:
    """A replacement is a mirror, never an alias: the old id keeps its own node."""
    shown = show(catalogue, "runwayml/stable-diffusion-v1-5")
    assert (shown.id, shown.state) == ("runwayml/stable-diffusion-v1-5", "gone")
    assert catalogue.find("stable-diffusion-v1-5/stable-diffusion-v1-5") >= 0


def test_what_is_recoverable_would_break_without_the_clone(
    catalogue: LineageGraph,
) -> None:
    """Take the one copy that was known away with the target: what needs it breaks."""
    targets = ["@runwayml", "acheong08/SD-V1-5-cloned"]
    answer = what_breaks(catalogue, targets, ("deleted",), as_of=date(2024, 8, 28))
    found = {item.id: item.verdict for item in answer.outcomes[0].victims}
    assert answer.outcomes[0].counts["recoverable"] == 0
    assert found["h94/IP-Adapter"] == "breaks"
    assert found["off-hub/automatic1111/stable-diffusion-webui"] == "breaks"
    assert found["Lykon/dreamshaper-8"] == "unrebuildable"


def test_after_the_incident_the_copies_count(catalogue: LineageGraph) -> None:
    """A fortnight later everything is recoverable, by copies that were made meanwhile."""
    replay = REPLAYS["runway"]
    later = what_breaks(
        catalogue, replay.targets, ("deleted",), as_of=date(2024, 9, 14)
    )
    assert later.mirrored == later.members == 2
    assert later.outcomes[0].counts["breaks"] == 0


@pytest.mark.parametrize("name", EXPECTED)
def test_as_of_only_ever_adds(catalogue: LineageGraph, name: str) -> None:
    """A later day has everything of an earlier one, in the target and outside."""
    replay = REPLAYS[name]
    before = None
    for days in (-10, 0, 10, 30, 400):
        day = replay.as_of + timedelta(days=days)
        alive = catalogue.alive(day)
        assert alive is not None
        answer = what_breaks(catalogue, replay.targets, (replay.event,), as_of=day)
        assert answer.members + answer.outside == alive[: catalogue.n_artefacts].sum()
        victims = {item.id for item in answer.outcomes[0].victims}
        if before is not None:
            assert not (before[0] & ~alive).any()
            assert before[1] <= victims
        before = alive, victims
