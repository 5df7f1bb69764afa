"""Every answer as tables, a page and a picture: they say what the answer says."""

from __future__ import annotations

import copy
import pickle
import re
import subprocess
import sys
from dataclasses import asdict, is_dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import orjson
import pytest

from headwater.errors import (
    InvalidArgumentError,
    MissingDependencyError,
)
from headwater.queries import session, session_figures
from headwater.queries.result_parts import arrow_table
from headwater.queries.results import Result, Results
from headwater.queries.session import Session
from tests.queries.answers import name_of, one, poisoned
from tests.queries.licensed import draw_licensed


def test_every_answer_of_a_session_is_a_result(answers: list[Result]) -> None:
    told = set()
    for face in (session.Session, session_figures.Figures):
        for name, method in vars(face).items():
            if not name.startswith("_") and callable(method):
                told |= set(re.findall(r"\w+", method.__annotations__["return"]))
    given = {type(item).__name__ for item in answers}
    given |= {item.kind.__name__ for item in answers if isinstance(item, Results)}
    others = {"tuple", "str", "Session", "Any", "nx", "Graph", "ig", "igraph", "DiGraph",
              "MultiDiGraph", "Selection", "Exported", "None"}  # fmt: skip
    assert told - others <= given
    assert given == told - others | {"Results"}


def test_all_types_are_tried_here(answers: list[Result]) -> None:
    there = {kind.__name__ for kind in Result.__subclasses__()}
    assert {type(item).__name__ for item in answers} == there


def test_tables_of_pandas_and_polars_agree(answers: list[Result]) -> None:
    for answer in answers:
        for part in answer.parts:
            pandas, polars = answer.to_pandas(part), answer.to_polars(part)
            where = (name_of(answer), part)
            assert list(pandas.columns) == polars.columns, where
            assert len(set(polars.columns)) == len(polars.columns), where
            assert pandas.shape == polars.shape, where
            for column in polars.columns:
                nulls = int(pandas[column].isna().to_numpy().sum())
                assert nulls == polars[column].null_count(), (*where, column)


def test_the_main_part_comes_first(answers: list[Result]) -> None:
    for answer in answers:
        main = answer.parts[0]
        assert answer.to_polars().equals(answer.to_polars(main)), name_of(answer)
        assert "answer" in answer.parts or isinstance(answer, Results)


def test_figures_of_tables_are_those_of_the_answers(answers: list[Result]) -> None:
    broken = one(answers, "WhatBreaks")
    counts = broken.to_pandas("outcomes.counts")
    assert (counts.groupby("event")["count"].sum() == broken.outside).all()
    victims = broken.to_pandas()
    for outcome in broken.outcomes:
        own = victims[victims.event == outcome.event]
        assert len(own) == len(outcome.victims)
        assert own.verdict.value_counts().to_dict() == {
            verdict: n
            for verdict, n in outcome.counts.items()
            if n and verdict not in ("unaffected", "unknown")
        }
    shares = one(answers, "Concentration")
    assert shares.to_pandas().amount.sum() == pytest.approx(
        sum(item.amount for item in shares.pretrainers)
    )
    figures = shares.to_pandas("answer").iloc[0]
    assert figures.hhi == shares.hhi.point
    assert figures.hhi_low == shares.hhi.low
    periods = one(answers, "ConcentrationOverTime")
    assert periods.to_polars()["flow_n_models"].sum() == sum(
        item.flow.n_models for item in periods.periods
    )
    ranked = one(answers, "Chokepoints").to_pandas()
    assert ranked.dominates_models.sum() == sum(
        item.dominates.models
        for ranking in one(answers, "Chokepoints").rankings
        for item in ranking.chokepoints
    )
    relatives = one(answers, "Lineage").to_polars()
    assert relatives["id"].to_list() == [
        item.id
        for item in (*one(answers, "Lineage").ancestors, *one(answers, "Lineage").descendants)
    ]  # fmt: skip
    drift = one(answers, "LicenceDrift").to_pandas().set_index("relation")
    assert drift.loc["all", "edges"] == drift.drop("all")["edges"].sum()


def test_unknown_is_null_and_never_zero(answers: list[Result]) -> None:
    lineage = one(answers, "Lineage")
    assert {item.downloads for item in lineage.ancestors} == {None}
    assert lineage.to_pandas()["downloads"].isna().all()
    assert lineage.to_polars()["downloads"].null_count() == len(lineage.to_polars())


def test_columns_depend_on_the_type_alone(hw: Session, answers: list[Result]) -> None:
    empty = hw.search("zzzzzzzzzzzz"), hw.what_breaks("llama", limit=0)
    for none, some in zip(empty, ("Results[Hit]", "WhatBreaks"), strict=True):
        table, other = arrow_table(none), arrow_table(one(answers, some))
        assert not len(table)
        assert table.schema == other.schema
        assert none.to_polars().schema == one(answers, some).to_polars().schema
        dtypes = none.to_pandas().dtypes.to_dict()
        assert dtypes == one(answers, some).to_pandas().dtypes.to_dict()


def test_a_part_that_is_none_is_an_error_that_names_the_others(hw: Session) -> None:
    with pytest.raises(
        InvalidArgumentError, match=r"no part 'victim'.*outcomes\.victims"
    ):
        hw.what_breaks("Vicuna").to_pandas("victim")


def test_json_of_an_answer_is_that_of_its_fields(answers: list[Result]) -> None:
    for answer in answers:
        if is_dataclass(answer):
            assert not hasattr(answer, "__dict__"), name_of(answer)
            whole = orjson.dumps(answer, default=tuple)
            assert whole == orjson.dumps(asdict(answer), default=tuple)
        else:
            assert isinstance(answer, Results)
            assert orjson.dumps(answer, default=tuple) == orjson.dumps(list(answer))


def test_answers_are_equal_by_value_and_can_be_copied(hw: Session) -> None:
    assert hw.why("Vicuna", "Alpaca") == tuple(hw.why("Vicuna", "Alpaca"))
    hits = hw.search("llama")
    for again in (pickle.loads(pickle.dumps(hits)), copy.copy(hits)):
        assert again == hits
        assert (again.kind, again.snapshot) == (hits.kind, hits.snapshot)
    lineage = hw.lineage("Vicuna")
    assert pickle.loads(pickle.dumps(lineage)) == lineage == copy.copy(lineage)


class Page(HTMLParser):
    """What a page has: its tags, whether they close, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        assert all(not name.startswith("on") for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)


OWN_TAGS = {"style", "div", "p", "table", "caption", "thead", "tbody", "tr", "th", "td",
            "i", "span"}  # fmt: skip


def test_pages_are_whole_and_say_which_snapshot(answers: list[Result]) -> None:
    for answer in answers:
        page = Page(answer._repr_html_())
        assert not page.open, name_of(answer)
        assert set(page.tags) <= OWN_TAGS
        assert "table" in page.tags
        snapshot = getattr(answer, "snapshot", None)
        if snapshot and not isinstance(snapshot, type):
            assert snapshot in page.text, name_of(answer)


def test_ipython_shows_a_sentence_and_not_every_field(hw: Session) -> None:
    from IPython.core.formatters import DisplayFormatter

    def shown(answer: Result) -> dict[str, str]:
        bundle, _ = DisplayFormatter().format(answer)
        return dict(bundle)

    answer = hw.what_breaks("llama")
    assert len(repr(answer)) > 100_000
    assert shown(answer)["text/plain"].startswith("What breaks if Llama closes: ")
    assert len(shown(answer)["text/plain"]) < 500
    assert shown(answer)["text/html"] == answer._repr_html_()
    assert shown(hw.search("llama"))["text/html"].startswith("<style>")


def test_pages_are_bounded_and_count_the_rest(hw: Session) -> None:
    answer = hw.what_breaks("llama")
    page = Page(answer._repr_html_())
    assert page.tags.count("tr") < 40
    deleted = next(item for item in answer.outcomes if item.event == "deleted")
    assert f"… and {len(deleted.victims) - 10:,} more" in page.text
    cut = Page(hw.what_breaks("llama", limit=3)._repr_html_())
    assert f"… and {len(deleted.victims) - 3:,} more" in cut.text


def test_unknown_and_absent_are_told_apart(tmp_path: Path, hw: Session) -> None:
    drawn = draw_licensed(tmp_path, "a/x finetune b/y", licences={"a/x": ""})
    shown = Page(Session(drawn).show("a/x")._repr_html_()).text
    assert re.search(r"licence\s+absent", shown)
    assert re.search(r"downloads\s+unknown", shown)
    assert "unknown" in Page(hw.search("llama")._repr_html_()).text
    assert "–" in Page(hw.what_breaks("llama")._repr_html_()).text


def test_strangers_text_is_escaped(answers: list[Result]) -> None:
    for answer in answers:
        page = Page(poisoned(answer)._repr_html_())
        assert set(page.tags) <= OWN_TAGS, name_of(answer)
        assert not page.open


@pytest.mark.parametrize(
    ("package", "ask"),
    [
        ("pandas", lambda answer: answer.to_pandas()),
        ("polars", lambda answer: answer.to_polars()),
        ("matplotlib", lambda answer: answer.plot()),
    ],
)
def test_what_is_not_installed_is_said_with_the_command(
    hw: Session, monkeypatch: pytest.MonkeyPatch, package: str, ask: Any
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        MissingDependencyError, match=r"pip install 'headwater\["
    ) as error:
        ask(hw.licences())
    assert error.value.package == package


def test_asking_imports_no_library_of_tables_or_pictures() -> None:
    """The command line asks the same classes and must start at once."""
    code = (
        "import sys, headwater.queries.what_breaks, headwater.queries.concentration\n"
        "names = ('pandas', 'polars', 'matplotlib', 'headwater.queries.plots')\n"
        "sys.exit(any(name in sys.modules for name in names))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
