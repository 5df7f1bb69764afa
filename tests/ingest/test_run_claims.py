"""Claims kept beside a run: the same as parsed anew, and made anew when they must."""

from __future__ import annotations

import pytest

from headwater.graph.claim_tables import plain_table, to_tables
from headwater.ingest import run_claims
from headwater.ingest.report import ParseReport
from headwater.ingest.run_claims import read_claims
from headwater.ingest.sources import hub
from tests.ingest.conftest import last_run, run_crawl


@pytest.fixture
def run(catalogue, serve, tmp_path):
    served = serve(catalogue)
    run_crawl(tmp_path, served.endpoint)
    return last_run(tmp_path)


def count_parses(monkeypatch) -> list[str]:
    parsed = []
    real = hub.parse

    def counted(run, report=None):
        parsed.append(run.state.run_id)
        return real(run, report)

    monkeypatch.setattr(hub, "parse", counted)
    return parsed


def test_kept_claims_are_those_of_the_pages(run):
    report = ParseReport()
    tables = to_tables(hub.parse(run, report))
    for _ in range(2):
        kept = read_claims(run)
        for name in ("records", "claims", "aliases", "ownership", "families"):
            read = plain_table(getattr(kept.tables(), name))
            assert read.equals(getattr(tables, name)), name
        assert {**kept.report.to_dict(), "seconds": 0} == (
            {**report.to_dict(), "seconds": 0}
        )
        assert kept.report.records == report.records


def test_a_run_is_parsed_once(run, monkeypatch):
    parsed = count_parses(monkeypatch)
    read_claims(run)
    read_claims(run)
    assert len(parsed) == 1


def test_another_page_or_another_parser_is_parsed_again(run, monkeypatch):
    read_claims(run)
    parsed = count_parses(monkeypatch)
    run.page_path("models", 5).unlink()
    read_claims(run)
    assert len(parsed) == 1
    monkeypatch.setattr(run_claims, "parser_version", lambda: "other")
    read_claims(run)
    assert len(parsed) == 2


@pytest.mark.parametrize("name", ["records.parquet", "report.json", "key"])
@pytest.mark.parametrize("damage", ["empty", "missing", "half"])
def test_damaged_claims_are_made_again(name, damage, run):
    before = read_claims(run).tables()
    file = run.path / "claims" / name
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[: 40 if damage == "half" else 0])

    after = read_claims(run).tables()

    assert plain_table(after.records).equals(plain_table(before.records))
    assert plain_table(after.claims).equals(plain_table(before.claims))
    assert file.stat().st_size > 40


@pytest.mark.parametrize("name", ["records", "claims"])
def test_a_flipped_bit_is_noticed(name, run):
    before = read_claims(run).tables()
    file = run.path / "claims" / f"{name}.parquet"
    data = bytearray(file.read_bytes())
    for at in range(100, len(data) // 2, 97):
        data[at] ^= 1
    file.write_bytes(data)

    after = read_claims(run).tables()

    assert plain_table(getattr(after, name)).equals(plain_table(getattr(before, name)))


def test_a_directory_that_cannot_be_written_costs_a_parse(run, monkeypatch):
    whole = to_tables(hub.parse(run))

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    again = read_claims(run).tables().claims
    assert plain_table(again).equals(plain_table(whole.claims))
    assert not (run.path / "claims").exists()


def test_a_crash_in_the_middle_leaves_nothing_that_is_believed(run, monkeypatch):
    real = run_claims._write_tables

    def crash(*arguments: object) -> None:
        real(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(run_claims, "_write_tables", crash)
    with pytest.raises(KeyboardInterrupt):
        read_claims(run)
    monkeypatch.undo()

    assert not list(run.path.glob(".claims-*"))
    assert not (run.path / "claims").exists()
    assert read_claims(run).tables().records.num_rows > 200
