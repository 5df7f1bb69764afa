"""What an event does to what a picture shows: the verdicts of what-breaks, drawn or folded."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from headwater.errors import InvalidArgumentError, NodeNotFoundError
from headwater.graph.schema import EVENT_NAMES
from headwater.queries.picture import picture
from headwater.queries.what_breaks import what_breaks
from tests.drawing import draw
from tests.queries.test_picture import check, node, wide


@pytest.mark.parametrize("event", EVENT_NAMES)
def test_verdicts_are_those_of_what_breaks(tmp_path: Path, event: str) -> None:
    graph = draw(
        tmp_path, "a adapter r", "b adapter a", "c finetune r", "d quantized c",
        "e distilled_from r", "f unspecified r", "r finetune q", "m merge r", "m merge x",
        "app-u uses b", "t mirror_of c", *(f"n{i} adapter c" for i in range(9)),
    )  # fmt: skip
    drawn = picture(graph, "o/r", budget=4, event=event)
    check(drawn)
    (outcome,) = what_breaks(graph, ["o/r"], events=(event,)).outcomes
    judged = {victim.id: victim.verdict for victim in outcome.victims}
    assert all(item.verdict == judged[item.id] for item in drawn.descendants)
    counts = Counter(item.verdict for item in drawn.descendants)
    folded = [group for group in drawn.groups if group.side == "down"]
    assert folded
    for group in folded:
        assert sum(n for _, n in group.verdicts) == group.n
        counts.update(dict(group.verdicts))
    assert counts == Counter(judged.values())
    assert {item.verdict for item in (drawn.focus, *drawn.ancestors)} == {None}


@pytest.mark.parametrize("event", EVENT_NAMES)
def test_verdicts_of_several_targets_reach_both_sides(
    tmp_path: Path, event: str
) -> None:
    graph = draw(
        tmp_path, "a finetune r", "f finetune a", "k quantized f", "f trained_on data-d",
        "m merge f", "m merge x", "s finetune f", *(f"n{i} adapter k" for i in range(9)),
    )  # fmt: skip
    # One target above the focus, one beside it, one that stands on it.
    targets = ["o/r", "o/x", "o/k"]
    drawn = picture(graph, "o/f", budget=4, event=event, targets=targets)
    check(drawn)
    assert drawn.targets == tuple(targets)
    (outcome,) = what_breaks(graph, targets, events=(event,)).outcomes
    judged = {victim.id: victim.verdict for victim in outcome.victims}
    assert {item.id: item.verdict for item in drawn.nodes} == {
        item.id: judged.get(item.id) for item in drawn.nodes
    }
    assert {item.id for item in drawn.nodes if item.in_target} == {"o/r", "o/k"}
    assert node(drawn, "a").verdict
    assert node(drawn, "f").verdict
    counts = Counter(item.verdict for item in drawn.nodes if item.verdict)
    for group in drawn.groups:
        counts.update(dict(group.verdicts))
    assert counts == Counter(judged.values())
    with pytest.raises(InvalidArgumentError, match="give an event"):
        picture(graph, "o/f", targets=targets)
    with pytest.raises(NodeNotFoundError):
        picture(graph, "o/f", event=event, targets=["o/nobody"])


def test_without_an_event_nothing_is_judged(tmp_path: Path) -> None:
    graph = wide(tmp_path)
    drawn = picture(graph, "o/r", budget=4)
    assert {item.verdict for item in drawn.nodes} == {None}
    assert {group.verdicts for group in drawn.groups} == {()}
    with pytest.raises(InvalidArgumentError, match="there are frozen"):
        picture(graph, "o/r", event="burnt")
