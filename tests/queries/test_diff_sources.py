"""Two sources side by side, against plain Python and by hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from headwater.errors import InvalidArgumentError
from headwater.graph.claims import Claim, ClaimBatch
from headwater.queries.diff_sources import DIFFERENCES, Topic, diff_sources
from tests.drawing import DAY, draw, publish

MODEL_RELATIONS = [
    "finetune",
    "quantized",
    "unspecified",
    "distilled_from",
    "successor_of",
]


def make(child: str, relation: str, parent: str, source: str, **options: str) -> Claim:
    kind = "dataset" if parent.startswith("datasets/") else "model"
    return Claim(
        child, "model", parent, kind, relation, source, f"https://x/{len(options)}",
        DAY, DAY, **options,  # type: ignore[arg-type]
    )  # fmt: skip


@dataclass
class Said:
    """What the oracle knows of one source's word on one edge."""

    relations: set[str] = field(default_factory=set)
    denies: bool = False


def outcome_of(a: Said | None, b: Said | None) -> str | None:
    """Classify an edge as the documentation says, one rule after the other."""
    a, b = a or Said(), b or Said()
    if a.relations and b.denies:
        return "b_denies"
    if b.relations and a.denies:
        return "a_denies"
    if not a.relations and not b.relations:
        return None
    if not b.relations:
        return "only_a"
    if not a.relations:
        return "only_b"
    one, other = a.relations - {"unspecified"}, b.relations - {"unspecified"}
    if one == other:
        return "agree"
    return "relation" if one and other else "less_specific"


def random_batch(chance: Random) -> ClaimBatch:
    batch = ClaimBatch()
    for _ in range(140):
        parent = chance.choice([f"o/m{n}" for n in range(5)] + ["datasets/o/d"])
        relation = chance.choice(MODEL_RELATIONS)
        if parent.startswith("datasets/"):
            relation = "trained_on"
        source = chance.choice(["hub:cardData", "hub:tag", "catalog"])
        stance = chance.choice(["asserts", "asserts", "asserts", "denies"])
        child = f"o/c{chance.randrange(9)}"
        batch.claims.append(make(child, relation, parent, source, stance=stance))
    return batch


@pytest.mark.parametrize("seed", range(8))
def test_agrees_with_plain_python(tmp_path: Path, seed: int) -> None:
    batch = random_batch(Random(seed))
    answer = diff_sources(publish(tmp_path, batch), "hub:cardData", "hub:tag")

    said: dict[str, dict[tuple[str, str, str], Said]] = defaultdict(dict)
    for item in batch.claims:
        topic = {"trained_on": "datasets", "successor_of": "successions"}.get(
            item.relation, "models"
        )
        here = said[item.source].setdefault((topic, item.child, item.parent), Said())
        if item.stance == "denies":
            here.denies = True
        else:
            here.relations.add(item.relation)
    expected: dict[tuple[str, str, str], str] = {}
    for topic in ("models", "datasets", "successions"):
        speak = [
            {child for (about, child, _) in said[name] if about == topic}
            for name in ("hub:cardData", "hub:tag")
        ]
        (own,) = (item for item in answer.topics if item.topic == topic)
        assert (len(speak[0] & speak[1]), len(speak[0] - speak[1]),
                len(speak[1] - speak[0])) == (own.both, own.only_a, own.only_b)  # fmt: skip
        counts: Counter[str] = Counter()
        for key in {*said["hub:cardData"], *said["hub:tag"]}:
            if key[0] != topic or key[1] not in speak[0] & speak[1]:
                continue
            word = outcome_of(said["hub:cardData"].get(key), said["hub:tag"].get(key))
            if word is not None:
                counts[word] += 1
                expected[key] = word
        assert counts == Counter({k: v for k, v in own.outcomes.items() if v})
    differing = [
        (word, child, parent)
        for (_, child, parent), word in expected.items()
        if word in DIFFERENCES
    ]
    found = [(item.outcome, item.child, item.parent) for item in answer.differences]
    assert sorted(differing) == sorted(found)
    assert [DIFFERENCES.index(word) for word, *_ in found] == sorted(
        DIFFERENCES.index(word) for word, *_ in found
    )


def test_by_hand(tmp_path: Path) -> None:
    batch = ClaimBatch()
    card, tag = "hub:cardData", "hub:tag"
    batch.claims += [
        make("o/x", "finetune", "o/a", card), make("o/x", "quantized", "o/a", tag),
        make("o/x", "merge", "o/b", card),
        make("o/x", "trained_on", "datasets/o/d", card),
        make("o/y", "finetune", "o/a", tag),
        make("o/z", "finetune", "o/a", card),
        make("o/z", "finetune", "o/a", tag, stance="denies"),
    ]  # fmt: skip
    answer = diff_sources(publish(tmp_path, batch), card, tag)
    none = dict.fromkeys(
        ["b_denies", "a_denies", "relation", "only_a", "only_b", "less_specific", "agree"],
        0,
    )  # fmt: skip
    assert answer.topics == (
        Topic("models", 2, 0, 1, {**none, "b_denies": 1, "relation": 1, "only_a": 1}),
        # Tags say nothing of datasets here: that is silence, no disagreement.
        Topic("datasets", 0, 1, 0, none),
    )
    denied, differs, alone = answer.differences
    assert (denied.outcome, denied.child, denied.standing) == (
        "b_denies", "o/z", "accepted",
    )  # fmt: skip
    assert (differs.relations_a, differs.relations_b, differs.relation) == (
        ("finetune",), ("quantized",), "finetune",
    )  # fmt: skip
    assert (alone.parent, alone.relations_a, alone.relations_b) == (
        "o/b",
        ("merge",),
        (),
    )


def test_the_other_way_round_mirrors_the_answer(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "b finetune a hub:tag", "b merge c hub:cardData",
        "b finetune d hub:tag", "b finetune d hub:cardData", "e merge a hub:tag",
        downloads={"b": 7},
    )  # fmt: skip
    one = diff_sources(graph, "hub:tag", "hub:cardData")
    other = diff_sources(graph, "hub:cardData", "hub:tag")
    swap = {"only_a": "only_b", "only_b": "only_a"}
    assert {
        (swap[item.outcome], item.child, item.parent) for item in one.differences
    } == {(item.outcome, item.child, item.parent) for item in other.differences}
    assert (one.topics[0].only_a, other.topics[0].only_b) == (1, 1)
    assert {item.downloads for item in one.differences} == {7}


def test_limit_keeps_the_most_used_and_counts_the_rest(tmp_path: Path) -> None:
    lines = [f"c{n} finetune p hub:tag" for n in range(4)]
    lines += [f"c{n} finetune q hub:cardData" for n in range(4)]
    graph = draw(tmp_path, *lines, downloads={"c2": 9, "c1": 5})
    answer = diff_sources(graph, "hub:tag", "hub:cardData", limit=3)
    shown = [item.child for item in answer.differences if item.outcome == "only_a"]
    assert shown == ["o/c2", "o/c1", "o/c0"]
    assert (answer.truncated["only_a"], answer.truncated["relation"]) == (1, 0)


@pytest.mark.parametrize(
    ("a", "b", "limit", "word"),
    [("hub:tag", "nonsense", None, "nonsense"), ("gguf", "hub:tag", None, "hub:cardData"),
     ("hub:tag", "hub:tag", None, "two sources"), ("hub:tag", "hub:cardData", -1, "-1")],
)  # fmt: skip
def test_wrong_sources(
    tmp_path: Path, a: str, b: str, limit: int | None, word: str
) -> None:
    graph = draw(tmp_path, "b finetune a hub:tag", "b finetune a hub:cardData")
    with pytest.raises(InvalidArgumentError, match=word):
        diff_sources(graph, a, b, limit)
