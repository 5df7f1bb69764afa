"""``headwater concentration``: options, output for people and programs, errors."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from headwater.cli import upstream
from headwater.queries import concentration_select, concentration_shares
from headwater.queries.concentration_time import PERIODS
from tests.cli.conftest import Run


def test_help_names_what_there_is() -> None:
    """The command keeps its own lists, so that help does not import the queries."""
    assert upstream.BY == concentration_shares.BY
    assert tuple(concentration_shares.ATTRIBUTIONS) == upstream.ATTRIBUTIONS
    assert upstream.WEIGHTS == concentration_select.WEIGHTS
    assert upstream.WHERE == concentration_select.WHERE
    assert tuple(PERIODS) == upstream.PERIODS


def test_it_explains_itself(ask: Run) -> None:
    ran = ask("concentration")
    assert ran.code == 0
    text = " ".join(ran.out.split())
    for part in (
        "developers stand behind", "equal ones", "would be touched", "lead to no declared",
        "Attribution fractional: a model is split equally", "each model weighs 1",
        "established roots", "HHI", "Gini", "exp(entropy)", "Closure curve", "1 - 1/e",
    ):  # fmt: skip
        assert part in text, part


def test_json_has_everything(ask: Run) -> None:
    answer: Any = ask("concentration", "--json").json
    assert list(answer)[:4] == ["snapshot", "by", "weight", "attribution"]
    for name in ("hhi", "effective_number", "cr1", "cr4", "cr10", "gini", "entropy",
                 "exp_entropy"):  # fmt: skip
        span = answer[name]
        assert span["low"] <= span["point"] <= span["high"]
    assert answer["lorenz"][0] == {"pretrainers": 0.0, "share": 0.0}
    assert answer["closure"]["curve"][0]["k"] == 1
    assert answer["fractional_roots"]["attribution"] == "fractional-roots"
    assert answer["n_pretrainers"] == len(answer["pretrainers"])
    assert answer["truncated"] == 0
    assert sum(item["amount"] for item in answer["pretrainers"]) == pytest.approx(
        answer["declared"]
    )
    assert answer["established"] + answer["presumed"] == pytest.approx(1)
    assert ask("concentration", "--json").out == ask("concentration", "--json").out


def test_csv_lists_every_pretrainer(ask: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(ask("concentration", "--csv").out)))
    answer: Any = ask("concentration", "--json").json
    assert [row["id"] for row in rows] == [item["id"] for item in answer["pretrainers"]]


@pytest.mark.parametrize("by", upstream.BY)
@pytest.mark.parametrize("attribution", upstream.ATTRIBUTIONS)
def test_every_way_of_asking(ask: Run, by: str, attribution: str) -> None:
    ran = ask("concentration", "--by", by, "--attribution", attribution)
    assert ran.code == 0
    assert f"Attribution {attribution}:" in ran.out


def test_who_is_largest_depends_on_the_attribution(ask: Run) -> None:
    """Of each owner: captive is at most fractional, fractional at most any."""
    found: dict[str, dict[str, float]] = {}
    for name in ("captive", "fractional", "any"):
        answer: Any = ask("concentration", "--attribution", name, "--json").json
        found[name] = {item["id"]: item["amount"] for item in answer["pretrainers"]}
    for owner, reach in found["any"].items():
        fraction = found["fractional"][owner]
        assert found["captive"].get(owner, 0) <= fraction + 1e-9 <= reach + 2e-9


@pytest.mark.parametrize("length", upstream.PERIODS)
def test_over_time(ask: Run, length: str) -> None:
    ran = ask("concentration", "--over-time", length)
    assert ran.code == 0
    assert "nobody has told when they were released" in " ".join(ran.out.split())
    answer: Any = ask("concentration", "--over-time", length, "--json").json
    stocks = [item["stock"]["n_models"] for item in answer["periods"]]
    flows = [item["flow"]["n_models"] for item in answer["periods"]]
    assert stocks == [sum(flows[: k + 1]) for k in range(len(flows))]
    every: Any = ask("concentration", "--json").json
    assert stocks[-1] + answer["n_undated"] == every["n_models"]
    rows = csv.DictReader(
        io.StringIO(ask("concentration", "--over-time", length, "--csv").out)
    )
    assert {row["of"] for row in rows} == {"flow", "stock"}


def test_as_of_is_the_stock_of_that_day(ask: Run) -> None:
    series: Any = ask("concentration", "--over-time", "quarter", "--json").json
    period = series["periods"][-6]
    answer: Any = ask("concentration", "--as-of", period["last_day"], "--json").json
    assert answer["n_models"] == period["stock"]["n_models"]
    assert answer["hhi"]["point"] == pytest.approx(period["stock"]["hhi"]["point"])
    assert ask("concentration", "--as-of", period["last_day"]).out.startswith("As of ")


def test_an_inventory_lists_what_it_lacks(ask: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("id,weight\nmeta-llama/Llama-2-7b-hf,10\nGPT2,3\nno/such,4\n")
    ran = ask("concentration", "--weight", str(path))
    assert "1 not in the graph, counted nowhere: no/such" in ran.out
    answer: Any = ask("concentration", "--weight", str(path), "--json").json
    assert answer["inventory"]["unresolved"] == ["no/such"]
    assert answer["total"] == 13.0
    told = ask("concentration", "--weight", str(path), "--csv")
    assert "no/such" in told.err
    assert "no/such" not in told.out


def test_nothing_to_weigh_is_said(ask: Run) -> None:
    """The catalogue has no downloads: unknown is counted apart, not taken as zero."""
    ran = ask("concentration", "--weight", "downloads")
    assert ran.code == 0
    assert "no model is left to count" in ran.out
    assert "nobody has told their downloads" in " ".join(ran.out.split())


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--by", "country"], "developer, namespace, root, dataset"),
        (["--attribution", "all"], "fractional, fractional-roots, any, captive"),
        (["--weight", "stars"], "nor a file"),
        (["--over-time", "year"], "month, quarter"),
        (["--where", "task"], "NAME=VALUE"),
        (["--where", "task=a", "--where", "task=b"], "given twice"),
        (["--where", "task=telepathy"], "no model has task=telepathy"),
        (["--as-of", "yesterday"], "YYYY-MM-DD"),
    ],
)
def test_wrong_options_say_what_there_is(
    ask: Run, arguments: list[str], hint: str
) -> None:
    ran = ask("concentration", *arguments)
    assert ran.code == 2
    assert hint in ran.err
    assert "Traceback" not in ran.err


def test_a_bad_line_of_an_inventory(ask: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("id,weight\ngpt2,many\n")
    ran = ask("concentration", "--weight", str(path))
    assert ran.code == 2
    assert "line 2: has the weight 'many'" in ran.err
