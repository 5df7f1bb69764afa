"""Near misses against a comparison with every name."""

from __future__ import annotations

from pathlib import Path
from random import Random

from rapidfuzz import fuzz

from headwater.queries.near import MIN_SCORE, near_entries
from headwater.queries.search import search
from tests.drawing import draw

WORDS = ("llama", "mistral", "vicuna", "falcon", "qwen", "gemma", "bert", "whisper")


def names(random: Random) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            f"{random.choice('abcdef')}{random.randrange(90)}/"
            f"{random.choice(WORDS)}-{random.randrange(80)}b-{random.choice(WORDS)}"
            for _ in range(900)
        )
    )


def test_the_best_matches_are_those_of_a_full_comparison(tmp_path: Path) -> None:
    random = Random(3)
    graph = draw(tmp_path, nodes=names(random))
    ids = [graph.ids[node] for node in range(graph.n_artefacts)]
    for _ in range(60):
        name = random.choice(ids).rpartition("/")[2]
        at = random.randrange(len(name))
        typed = name[:at] + random.choice("xyz") + name[at + 1 :]
        best = max(fuzz.ratio(typed, item.rpartition("/")[2]) for item in ids)
        found = [graph.ids[node] for node in near_entries(graph, typed, 5)]
        assert fuzz.ratio(typed, found[0].rpartition("/")[2]) == best >= MIN_SCORE


def test_nothing_is_near_to_nonsense(tmp_path: Path) -> None:
    graph = draw(tmp_path, nodes=("a/llama", "b/mistral"))
    assert near_entries(graph, "zzqqzzqqzz", 5) == []
    assert near_entries(graph, "q", 5) == []


def test_names_of_one_letter_and_no_artefact_at_all(tmp_path: Path) -> None:
    graph = draw(tmp_path, nodes=("a/b", "c/d"))
    assert search(graph, "no such thing") == ()
