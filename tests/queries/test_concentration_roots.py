"""What a pretrainer's share is made of: its roots, which sum to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from headwater.errors import InvalidArgumentError
from headwater.queries.concentration import concentration
from headwater.queries.concentration_roots import pretrainer_roots
from tests.drawing import draw


def test_hand_worked_shares(tmp_path: Path) -> None:
    graph = draw(
        tmp_path, "u/a finetune m/r", "u/b finetune m/r", "u/c finetune m/s",
        "u/d merge m/r", "u/d merge k/t",
        scratch=("m/r", "m/s", "k/t"), owners={"m": "meta"},
    )  # fmt: skip
    # Models r, s, t, a, b, c, d of weight 1; d goes half to r and half to t.
    found = pretrainer_roots(graph)
    assert [(item.id, item.share) for item in found] == [
        ("developer:meta", pytest.approx(5.5 / 7)), ("@k", pytest.approx(1.5 / 7)),
    ]  # fmt: skip
    assert [(root.id, root.share) for root in found[0].roots] == [
        ("m/r", pytest.approx(3.5 / 7)), ("m/s", pytest.approx(2 / 7)),
    ]  # fmt: skip
    cut = pretrainer_roots(graph, pretrainers=1, roots=1)
    assert (len(cut), len(cut[0].roots), cut[0].n_more) == (1, 1, 1)
    with pytest.raises(InvalidArgumentError):
        pretrainer_roots(graph, {"task": "nothing"})


@pytest.mark.parametrize("by", ["developer", "namespace", "root", "dataset"])
def test_roots_sum_to_the_shares_of_the_answer(catalogue: object, by: str) -> None:
    answer = concentration(catalogue, by=by, limit=24)  # type: ignore[arg-type]
    found = pretrainer_roots(catalogue, by=by, roots=10_000)  # type: ignore[arg-type]
    assert [item.id for item in found] == [item.id for item in answer.pretrainers]
    for item, listed in zip(found, answer.pretrainers, strict=True):
        assert item.share == pytest.approx(listed.share)
        assert sum(root.share for root in item.roots) == pytest.approx(listed.share)
        assert len(item.roots) + item.n_more == listed.n_roots
