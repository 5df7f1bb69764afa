"""A user's own inventory: three forms, what is not found, what is wrong with a line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from headwater.errors import InvalidArgumentError
from headwater.queries.concentration import concentration
from headwater.queries.concentration_inventory import read_inventory, resolve_inventory
from tests.drawing import draw

LISTS = {
    "plain.txt": "# ours\n\no/a\nO/B\nhttps://huggingface.co/o/a\nno/where\n",
    "header.csv": '"Model",owner,weight\no/a,me,1\n"O/B",you,1\no/a,me,1\nno/where,,1\n',
    "bare.csv": "o/a,1\nO/B,1.0\no/a, 1e0\nno/where,1\n",
    "lines.jsonl": '{"model": "o/a"}\n"O/B"\n{"ID": "o/a", "weight": "1"}\n{"id": "no/where"}\n',
    "marked.csv": "\ufeffid\r\no/a\r\nO/B\r\no/a\r\nno/where\r\n",
}


@pytest.mark.parametrize("name", LISTS)
def test_every_form_says_the_same(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(LISTS[name], encoding="utf-8")
    graph = draw(tmp_path / "graph", "b finetune a")
    found, weight = resolve_inventory(graph, read_inventory(path))
    assert (found.n_rows, found.n_models) == (4, 2)
    assert found.unresolved == ("no/where",)
    assert found.unresolved_weight == 1.0
    assert weight[graph.find("o/a")] == 2.0
    assert weight[graph.find("o/b")] == 1.0
    assert np.isnan(weight).sum() == graph.n_nodes - 2


def test_shares_of_an_inventory(tmp_path: Path) -> None:
    """5 on p's root and 1 on its child; 2 on q's phantom; a dataset and an unknown."""
    graph = draw(
        tmp_path, "o/a finetune p/r", "o/b finetune q/s", "o/a trained_on o/data-x",
        scratch=("p/r",), phantoms=("q/s",),
    )  # fmt: skip
    path = tmp_path / "mine.csv"
    path.write_text(
        "id,weight\np/r,5\no/a,1\nq/s,2\ndatasets/o/data-x,9\nno/where,3\n", "utf-8"
    )
    answer = concentration(graph, weight=read_inventory(path))
    assert {item.id: item.amount for item in answer.pretrainers} == {"@p": 6, "@q": 2}
    assert (answer.weight, answer.n_models, answer.total) == ("inventory", 3, 8.0)
    assert answer.inventory is not None
    assert answer.inventory.unresolved == ("no/where",)
    assert answer.inventory.not_models == ("datasets/o/data-x",)
    assert answer.inventory.unresolved_weight == 12.0
    assert answer.hhi.point == pytest.approx(0.75**2 + 0.25**2)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.txt", "", "lists nothing"),
        ("a.csv", "id,weight\n", "no lines below"),
        ("a.csv", "id,weight\no/a,1\no/b,-1\n", "line 3: has the weight '-1'"),
        ("a.csv", "id,weight\no/a,\n", "line 2: has the weight ''"),
        ("a.csv", "id,weight\n\n# x\no/a,nan\n", "line 4: has the weight 'nan'"),
        ("a.csv", "weight,id\n3\n", "line 2: has no model id"),
        ("a.csv", "o/a,1,2\n", "line 1: has 3 columns"),
        ("a.txt", 'o/a\n"o/b\n', "line 2: is no CSV"),
        ("a.jsonl", '"o/a"\n{"weight": 1}\n', "line 2: has none of id"),
        ("a.jsonl", '{"id": "o/a", "weight": true}\n', "line 1: has the weight 'True'"),
        ("a.jsonl", '{"id": 7}\n', "line 1: has no model id"),
        ("a.jsonl", "3\n", "line 1: is neither"),
        ("a.jsonl", "{\n", "line 1: is no JSON"),
        ("a.jsonl", "[" * 100_000 + "\n", "line 1: is no JSON"),
        ("a.jsonl", '{"id": "o/a", "weight": 1e999}\n', "line 1: has the weight"),
    ],
)
def test_a_bad_line_is_named(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidArgumentError, match=problem.replace("'", ".")):
        read_inventory(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "binary.csv").write_bytes(b"id\n\xff\xfe\x00")
    with pytest.raises(InvalidArgumentError, match="no UTF-8"):
        read_inventory(tmp_path / "binary.csv")
    with pytest.raises(InvalidArgumentError, match="cannot read"):
        read_inventory(tmp_path / "absent.csv")
    (tmp_path / "small.csv").write_text("no/where\n")
    graph = draw(tmp_path / "graph", nodes=("a",))
    with pytest.raises(InvalidArgumentError, match="names no model"):
        concentration(graph, weight=read_inventory(tmp_path / "small.csv"))
