"""What is drawn of a lineage, and that what is folded is never lost."""

from __future__ import annotations

import itertools
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import InvalidArgumentError, NodeNotFoundError
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import RELATIONS, VERDICTS
from headwater.queries.colours import RELATION_LOOKS, VERDICT_LOOKS
from headwater.queries.picture import Picture, PictureNode, picture
from tests.drawing import draw


def ids(nodes: tuple[PictureNode, ...]) -> list[str]:
    return [node.id.removeprefix("o/") for node in nodes]


def node(drawn: Picture, name: str) -> PictureNode:
    (found,) = (item for item in drawn.nodes if item.id.rpartition("/")[2] == name)
    return found


def rows(drawn: Picture, side: str) -> int:
    """Return the rows of a side: whatever has nothing drawn behind it, and the rests."""
    nodes = drawn.ancestors if side == "up" else drawn.descendants
    groups = [item for item in drawn.groups if item.side == side and item.has_row]
    inner = {item.towards for item in nodes} | {item.behind for item in groups}
    leaves = [item for item in (drawn.focus, *nodes) if item.key not in inner]
    return len(leaves) + len(groups)


def check(drawn: Picture) -> None:
    """Assert what holds for every picture."""
    for side, nodes, total, relations in (
        ("up", drawn.ancestors, drawn.n_ancestors, drawn.relations_up),
        ("down", drawn.descendants, drawn.n_descendants, drawn.relations_down),
    ):
        groups = [item for item in drawn.groups if item.side == side]
        assert len(nodes) + sum(item.n for item in groups) == total
        counts = Counter(item.relation for item in nodes)
        for group in groups:
            assert group.n == sum(n for _, n in group.relations)
            assert 1 <= group.n_direct <= group.n
            counts.update(dict(group.relations))
        assert counts == dict(relations)
        assert len({item.id for item in nodes}) == len(nodes)
        seen = {drawn.focus.key}
        for item in nodes:
            assert item.towards in seen
            seen.add(item.key)
        assert {item.behind for item in groups} <= seen
    keys = {item.key for item in drawn.nodes}
    assert len(keys) == len(drawn.nodes)
    assert all({edge.child, edge.parent} <= keys for edge in drawn.edges)


def test_hourglass(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "f finetune a", "f trained_on data-d", "a finetune r", "c adapter f",
        "g quantized c", "app-x uses f", downloads={"c": 7},
    )  # fmt: skip
    drawn = picture(graph, "o/f")
    check(drawn)
    assert (drawn.n_ancestors, drawn.n_descendants) == (3, 3)
    assert set(ids(drawn.ancestors)) == {"a", "r", "datasets/o/data-d"}
    assert ids(drawn.descendants) == ["c", "g", "spaces/o/app-x"]
    assert [item.depth for item in drawn.descendants] == [1, 2, 1]
    child = node(drawn, "c")
    assert (child.relation, child.towards, child.downloads) == ("adapter", "focus", 7)
    assert child.n_descendants == 1
    assert node(drawn, "g").towards == child.key
    assert node(drawn, "g").downloads is None
    assert node(drawn, "r").n_descendants == 5
    assert not drawn.groups
    assert len(drawn.edges) == 6
    assert not any(edge.extra for edge in drawn.edges)
    assert drawn.root_status == "derived"


def test_isolated(tmp_path: Path) -> None:
    drawn = picture(draw(tmp_path, nodes=("a", "b")), "o/a")
    check(drawn)
    assert drawn.nodes == (drawn.focus,)
    assert drawn.focus.n_descendants == 0
    assert drawn.edges == ()


def test_rest_is_one_group_with_counts_by_relation(tmp_path: Path) -> None:
    lines = [f"q{i} quantized r" for i in range(40)] + [
        f"t{i} finetune r" for i in range(20)
    ]
    popular = {"q7": 900, "t3": 500}
    drawn = picture(draw(tmp_path, *lines, downloads=popular), "o/r", budget=10)
    check(drawn)
    assert rows(drawn, "down") == 10
    assert set(ids(drawn.descendants)[:2]) <= {
        f"{a}{i}" for a in "qt" for i in range(40)
    }
    assert {"q7", "t3"} <= set(ids(drawn.descendants))
    (group,) = drawn.groups
    assert (group.behind, group.n, group.n_direct, group.has_row) == (
        "focus",
        51,
        51,
        True,
    )
    assert group.relations[0][0] == "quantized"


def test_weightiest_branch_is_opened_first(tmp_path: Path) -> None:
    lines = [f"leaf{i} quantized r" for i in range(30)] + ["big finetune r"]
    lines += [f"under{i} adapter big" for i in range(5)]
    drawn = picture(draw(tmp_path, *lines), "o/r", budget=6)
    check(drawn)
    assert drawn.descendants[0].id == "o/big"
    assert any(item.towards == drawn.descendants[0].key for item in drawn.descendants)
    # What is not opened has no row of its own, and is counted all the same.
    shut = picture(draw(tmp_path / "b", *lines), "o/r", budget=1)
    check(shut)
    assert shut.descendants == ()
    assert [(item.n, item.n_direct, item.has_row) for item in shut.groups] == [
        (36, 31, False)
    ]


def test_last_one_takes_the_row_of_the_rest(tmp_path: Path) -> None:
    lines = [f"c{i} finetune r" for i in range(5)]
    drawn = picture(draw(tmp_path, *lines), "o/r", budget=5)
    assert len(drawn.descendants) == 5
    assert not drawn.groups


def test_long_chain_is_cut_by_generations(tmp_path: Path) -> None:
    lines = [f"m{i + 1:03} finetune m{i:03}" for i in range(200)]
    graph = draw(tmp_path, *lines)
    down = picture(graph, "o/m000", generations=4)
    middle = picture(graph, "o/m100", generations=4)
    for drawn in (down, middle):
        check(drawn)
    assert len(down.descendants) == 4
    assert [(item.n, item.n_direct) for item in down.groups] == [(196, 1)]
    assert (len(middle.ancestors), len(middle.descendants)) == (2, 2)
    assert len(picture(graph, "o/m199", generations=4).ancestors) == 3


def test_two_parents_one_place_and_an_extra_edge(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "a finetune r", "b finetune r", "m merge a", "m merge b", "m merge z",
        "n finetune m", "n finetune r",
    )  # fmt: skip
    drawn = picture(graph, "o/r")
    check(drawn)
    assert sorted(ids(drawn.descendants)) == ["a", "b", "m", "n"]
    merge = node(drawn, "m")
    assert merge.n_parents == 3
    assert node(drawn, "n").depth == 1
    pairs = {
        (edge.child, edge.parent, edge.extra) for edge in drawn.edges if edge.child == merge.key
    }  # fmt: skip
    other = {"a": "b", "b": "a"}[
        next(item.id for item in drawn.nodes if item.key == merge.towards)[2:]
    ]
    assert pairs == {
        (merge.key, merge.towards, False), (merge.key, node(drawn, other).key, True),
    }  # fmt: skip
    assert (node(drawn, "n").key, merge.key, True) in {
        (edge.child, edge.parent, edge.extra) for edge in drawn.edges
    }


def test_doubt_and_phantoms(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "a finetune r", "a quantized r hub:tag", "b finetune r inferred:name",
        phantoms=("r",), states={"a": "gone"},
    )  # fmt: skip
    drawn = picture(graph, "o/r")
    check(drawn)
    assert drawn.focus.phantom
    assert drawn.focus.state == "unknown"
    first, second = node(drawn, "a"), node(drawn, "b")
    assert (first.disputed, first.inferred, first.state) == (True, False, "gone")
    assert (second.disputed, second.inferred) == (False, True)
    assert second.sources == ("inferred:name",)
    edges = {edge.child: edge for edge in drawn.edges if not edge.extra}
    assert edges[first.key].disputed
    assert edges[second.key].inferred


def test_cycle_through_the_focus_stands_on_both_sides(tmp_path: Path) -> None:
    graph = draw(tmp_path, "a finetune b", "b finetune a", "b finetune c", "d merge b")
    drawn = picture(graph, "o/a")
    check(drawn)
    assert sorted(ids(drawn.ancestors)) == ["b", "c"]
    assert sorted(ids(drawn.descendants)) == ["b", "d"]
    assert [item.cyclic for item in drawn.nodes if item.id == "o/b"] == [True, True]
    assert not node(drawn, "d").cyclic
    assert len(drawn.edges) == 4


def test_dataset_and_application_can_be_the_focus(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "m trained_on data-d", "data-d generated_by t", "app-x uses m"
    )
    dataset = picture(graph, "datasets/o/data-d")
    application = picture(graph, "spaces/o/app-x")
    for drawn in (dataset, application):
        check(drawn)
    assert (dataset.n_ancestors, dataset.n_descendants) == (1, 2)
    assert (application.n_ancestors, application.n_descendants) == (3, 0)
    assert node(dataset, "t").relation == "generated_by"


def test_as_of_leaves_out_what_came_later(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "a finetune r", "b finetune a",
        days={"r": "2023-01-01", "a": "2024-01-01", "b": "2025-01-01"},
    )  # fmt: skip
    drawn = picture(graph, "o/r", as_of=date(2024, 6, 1))
    check(drawn)
    assert ids(drawn.descendants) == ["a"]
    assert node(drawn, "a").n_descendants == 0
    assert drawn.as_of == date(2024, 6, 1)


def test_what_is_no_artefact_is_refused(tmp_path: Path) -> None:
    graph = draw(tmp_path, "a finetune r", owners={"o": "acme"})
    for text in ("@o", "developer:acme"):
        with pytest.raises(InvalidArgumentError, match="what-breaks"):
            picture(graph, text)
    with pytest.raises(NodeNotFoundError):
        picture(graph, "o/nothing")
    with pytest.raises(InvalidArgumentError):
        picture(graph, "o/a", budget=0)
    with pytest.raises(InvalidArgumentError):
        picture(graph, "o/a", generations=1)


def test_every_relation_and_verdict_has_its_own_look() -> None:
    assert list(RELATION_LOOKS) == [relation.name for relation in RELATIONS]
    assert set(VERDICT_LOOKS) == set(VERDICTS)
    for looks in (RELATION_LOOKS, VERDICT_LOOKS):
        assert all(look.glyph for look in looks.values())
        words = [look.word for look in looks.values()]
        assert len(set(words)) == len(words)
    glyphs = [look.glyph for look in RELATION_LOOKS.values()]
    assert len(set(glyphs)) == len(glyphs)


_PAIRS = list(itertools.permutations(range(9), 2))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(_PAIRS), unique=True, max_size=24),
    st.integers(1, 8),
    st.integers(2, 6),
)
def test_picture_agrees_with_networkx(
    pairs: list[tuple[int, int]], budget: int, generations: int
) -> None:
    oracle = nx.DiGraph([(parent, child) for child, parent in pairs])
    oracle.add_nodes_from(range(9))
    lines = [f"m{child} finetune m{parent}" for child, parent in pairs]
    with tempfile.TemporaryDirectory() as folder:
        graph = draw(Path(folder), *lines, nodes=tuple(f"m{item}" for item in range(9)))
        drawn = picture(graph, "o/m0", budget=budget, generations=generations)
    check(drawn)
    below = nx.single_source_shortest_path_length(oracle, 0)
    above = nx.single_source_shortest_path_length(oracle.reverse(), 0)
    assert drawn.n_descendants == len(below) - 1
    assert drawn.n_ancestors == len(above) - 1
    assert rows(drawn, "up") <= budget
    assert rows(drawn, "down") <= budget
    columns = [max((n.depth for n in side), default=0)
               for side in (drawn.ancestors, drawn.descendants)]  # fmt: skip
    assert sum(columns) <= generations
    for item in drawn.nodes:
        number = int(item.id[3:])
        depth = above if item.side == "up" else below
        assert item.depth == depth[number]
        assert item.n_descendants == len(nx.descendants(oracle, number))
        assert item.n_parents == oracle.in_degree(number)
        assert item.cyclic == (number != 0 and number in above and number in below)
    numbers = {item.key: int(item.id[3:]) for item in drawn.nodes}
    found = {(numbers[edge.parent], numbers[edge.child]) for edge in drawn.edges}
    assert found == set(oracle.subgraph(numbers.values()).edges)


def test_the_whole_catalogue_can_be_drawn(catalogue: LineageGraph) -> None:
    deepest = 0
    for number in range(0, catalogue.n_artefacts, 7):
        drawn = picture(catalogue, catalogue.ids[number])
        check(drawn)
        assert rows(drawn, "up") <= 30
        assert rows(drawn, "down") <= 30
        deepest = max(deepest, drawn.n_ancestors)
    assert deepest > 10


def test_weight_counts_every_generation(tmp_path: Path) -> None:
    lines = ["wide finetune r", "deep finetune r", "leaf merge r", "below adapter deep"]
    lines += [f"w{i} quantized wide" for i in range(3)]
    lines += [f"d{i} quantized below" for i in range(6)]
    drawn = picture(draw(tmp_path, *lines), "o/r", budget=2)
    check(drawn)
    assert ids(drawn.descendants)[0] == "deep"
    assert "wide" not in ids(drawn.descendants)


def wide(path: Path) -> LineageGraph:
    """Return a root with 40 children, of which the first has 15 more."""
    lines = [f"c{i:02} {'quantized' if i % 2 else 'adapter'} r" for i in range(40)]
    lines += [f"d{i:02} finetune c00" for i in range(15)]
    return draw(path, *lines)


def test_a_rest_opens_as_far_as_asked(tmp_path: Path) -> None:
    graph = wide(tmp_path)
    before = picture(graph, "o/r", budget=5)
    after = picture(graph, "o/r", budget=5, opened={("down", "o/r"): 10})
    check(after)
    assert len(after.descendants) == len(before.descendants) + 10
    assert set(ids(before.descendants)) < set(ids(after.descendants))
    (rest,) = (group for group in after.groups if group.behind == "focus")
    (was,) = (group for group in before.groups if group.behind == "focus")
    assert rest.n_direct == was.n_direct - 10
    everything = picture(graph, "o/r", budget=5, opened={("down", "o/r"): 999})
    check(everything)
    assert not any(group.behind == "focus" for group in everything.groups)


def test_what_opening_brings_in_opens_in_turn(tmp_path: Path) -> None:
    graph = draw(tmp_path, "a finetune r", "b finetune a", "c finetune b", "d merge c")
    shallow = picture(graph, "o/r", budget=1, generations=2)
    assert ids(shallow.descendants) == ["a", "b"]
    opened = {("down", f"o/{name}"): 1 for name in "bc"}
    deep = picture(graph, "o/r", budget=1, generations=2, opened=opened)
    check(deep)
    assert ids(deep.descendants) == ["a", "b", "c", "d"]
    # In the other order the second is not there yet when it is its turn.
    late = {("down", f"o/{name}"): 1 for name in "cb"}
    assert len(picture(graph, "o/r", generations=2, opened=late).descendants) == 3


def test_an_old_link_still_opens(tmp_path: Path) -> None:
    graph = wide(tmp_path)
    gone = {("down", "o/gone"): 10, ("up", "o/c01"): 10, ("up", "o/r"): 10}
    assert picture(graph, "o/r", opened=gone) == picture(graph, "o/r")
    with pytest.raises(InvalidArgumentError, match="at most 1,000"):
        picture(graph, "o/r", opened={("down", "o/r"): 1_001})


def test_ancestors_open_on_their_side(tmp_path: Path) -> None:
    graph = draw(tmp_path, *(f"m merge p{i:02}" for i in range(30)), "z finetune m")
    opened = {("up", "o/m"): 7}
    before, after = (picture(graph, "o/m", budget=4, opened=o) for o in (None, opened))
    assert len(after.ancestors) == len(before.ancestors) + 7
    assert after.descendants == before.descendants
