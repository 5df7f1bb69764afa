"""The tree behind the icicle: each victim once, on a shortest path, folded but whole."""

from __future__ import annotations

import random
from pathlib import Path

import networkx as nx
import pytest

from headwater.errors import InvalidArgumentError, NodeNotFoundError
from headwater.graph.schema import EVENT_NAMES, RELATION_CODE
from headwater.queries.impact_tree import WAVES, Block, impact_tree
from headwater.queries.what_breaks import what_breaks
from tests.drawing import draw, node_id

LINES = (
    "a finetune r", "b quantized a", "c adapter a", "d adapter c", "m merge a",
    "m merge r", "app-x uses d", "z finetune y", "data-d generated_by r",
)  # fmt: skip


def walk(block: Block) -> list[Block]:
    return [block, *(found for item in block.children for found in walk(item))]


def test_hand_worked_tree(tmp_path: Path) -> None:
    graph = draw(tmp_path, *LINES)
    tree = impact_tree(graph, ["o/r"])
    assert (tree.artefacts, tree.trail, tree.event) == (7, (), "deleted")
    assert (tree.root.id, tree.root.verdict, tree.root.artefacts) == ("o/r", None, 7)
    first = tree.root.children
    # m has two ways; the shorter one counts, though r is not its first parent.
    assert [(item.id, item.artefacts) for item in first] == [
        ("o/a", 5), ("datasets/o/data-d", 1), ("o/m", 1),
    ]  # fmt: skip
    assert first[0].relation == "finetune"
    assert [(item.id, item.relation) for item in first[0].children] == [
        ("o/c", "adapter"), ("o/b", "quantized"),
    ]  # fmt: skip
    assert [(wave.generation, sum(wave.counts.values())) for wave in tree.waves] == [
        (1, 3), (2, 2), (3, 1), (4, 1),
    ]  # fmt: skip
    assert tree.waves[0].counts["unrebuildable"] == 3
    below = impact_tree(graph, ["o/r"], "frozen", below="o/c")
    assert below.trail == ("o/r", "o/a")
    assert (below.root.verdict, below.root.artefacts) == ("stranded", 3)
    assert below.artefacts == 7


@pytest.mark.parametrize("event", EVENT_NAMES)
def test_blocks_add_up_to_the_counts_of_the_answer(tmp_path: Path, event: str) -> None:
    chance = random.Random(11)
    relations = [name for name in RELATION_CODE if name in (
        "finetune", "adapter", "quantized", "merge", "unspecified", "distilled_from",
    )]  # fmt: skip
    names = [f"n{number:03}" for number in range(400)]
    lines = {
        f"{child} {chance.choice(relations)} {parent}"
        for at, child in enumerate(names)
        if at > 3
        for parent in chance.sample(names[: max(2, at // 3)], chance.choice((1, 1, 2)))
    }
    graph = draw(tmp_path, *sorted(lines))
    targets = ["o/n000", "o/n001"]
    answer = what_breaks(graph, targets, [event])
    tree = impact_tree(graph, targets, event)
    # Distances by networkx, over the edges child -> parent turned round.
    drawn = nx.DiGraph((node_id(parent), node_id(child))
                       for child, _, parent in map(str.split, sorted(lines)))  # fmt: skip
    distance = nx.multi_source_dijkstra_path_length(drawn, set(targets))
    victims = {item.id: item for item in answer.outcomes[0].victims}
    assert tree.artefacts == len(victims)
    by_generation: dict[int, int] = {}
    for id_ in victims:
        at = min(distance[id_], WAVES)
        by_generation[at] = by_generation.get(at, 0) + 1
    assert {
        wave.generation: sum(wave.counts.values()) for wave in tree.waves
    } == by_generation
    for name in tree.waves[0].counts:
        assert (
            sum(wave.counts[name] for wave in tree.waves)
            == answer.outcomes[0].counts[name]
        )
    # A block holds at least what is drawn in it, and named ones have the true verdict.
    for block in walk(tree.root):
        own = 0 if block.verdict is None else block.folded
        held = own + sum(item.artefacts for item in block.children)
        assert block.artefacts >= held
        if block.children:
            assert block.artefacts == held
        if block.id in victims:
            assert block.verdict == victims[block.id].verdict
    named = [item.id for item in walk(tree.root) if item.id]
    assert len(named) == len(set(named))
    # Opened at each of its blocks, the tree says the same of it.
    for block in tree.root.children[:3]:
        if block.id:
            again = impact_tree(graph, targets, event, below=block.id).root
            assert (again.artefacts, again.verdict) == (block.artefacts, block.verdict)


def test_long_fans_are_folded_by_verdict(tmp_path: Path) -> None:
    lines = [f"f{number} finetune r" for number in range(40)]
    lines += [f"a{number} adapter r" for number in range(30)]
    tree = impact_tree(draw(tmp_path, *lines), ["o/r"])
    assert sum(item.id is not None for item in tree.root.children) == 20
    folded = [item for item in tree.root.children if item.id is None]
    assert sum(item.folded for item in folded) == 50
    assert len({item.verdict for item in folded}) == len(folded)


def test_what_cannot_be_opened_is_said(tmp_path: Path) -> None:
    graph = draw(tmp_path, *LINES)
    with pytest.raises(NodeNotFoundError, match="does not stand on it"):
        impact_tree(graph, ["o/r"], below="o/z")
    with pytest.raises(NodeNotFoundError):
        impact_tree(graph, ["o/r"], below="o/nothing")
    with pytest.raises(InvalidArgumentError, match="event"):
        impact_tree(graph, ["o/r"], "burnt")
    with pytest.raises(InvalidArgumentError, match="target"):
        impact_tree(graph, [])


def test_nothing_stands_on_it(tmp_path: Path) -> None:
    tree = impact_tree(draw(tmp_path, nodes=("alone",)), ["o/alone"])
    assert (tree.artefacts, tree.waves, tree.root.children) == (0, (), ())
