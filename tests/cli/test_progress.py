"""Progress: a bar on a terminal, now and then a line in a log, silence otherwise."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from rich.console import Console

from headwater.cli import _progress
from headwater.cli._progress import TerminalProgress


def drawn(work: Callable[[TerminalProgress], None]) -> str:
    """Return what a terminal of 160 columns shows at the end."""
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=160, color_system=None)
    with TerminalProgress(console) as progress:
        work(progress)
    return file.getvalue().rsplit("\r", 1)[-1]


def test_a_bar_counts_records_and_says_how_fast() -> None:
    def work(progress: TerminalProgress) -> None:
        progress.start("models", 2_000, 500)
        progress.advance(1_000)

    shown = drawn(work)
    assert "models" in shown
    assert "1,500 of 2,000" in shown
    assert "records/s" in shown


def test_what_nobody_knows_is_a_question_mark() -> None:
    assert "0 of ?" in drawn(lambda progress: progress.start("models", None))


def test_bytes_are_megabytes_and_a_second_start_corrects_the_first() -> None:
    def work(progress: TerminalProgress) -> None:
        progress.start("download", None, 0, unit="bytes")
        progress.start("download", 20_000_000, 5_000_000, unit="bytes")
        progress.advance(2_500_000)

    shown = drawn(work)
    assert "7.5 of 20.0 MB" in shown
    assert shown.count("download") == 1


def test_a_wait_says_why_and_foreign_text_is_no_markup() -> None:
    def work(progress: TerminalProgress) -> None:
        progress.start("models", 10)
        progress.wait(43.2, "[red]HTTP 429[/red]")

    assert "waiting 43 s: [red]HTTP 429[/red]" in drawn(work)


def test_a_log_is_told_once_a_minute_and_of_long_waits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter(range(0, 10_000, 25))
    monkeypatch.setattr(_progress.time, "monotonic", lambda: float(next(now)))
    with TerminalProgress(Console(file=io.StringIO())) as progress:
        progress.start("models", 1_000)
        for _ in range(6):
            progress.advance(100)
        progress.wait(2.0, "a hiccup")
        progress.wait(300.0, "the request quota is spent")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "models: 300 of 1", "models: 600 of 1",
        "waiting 300 s: the request quota is spent",
    ]  # fmt: skip


def test_short_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with TerminalProgress(Console(file=io.StringIO())) as progress:
        progress.start("models", 1_000)
        progress.advance(1_000)
        progress.finish()
        progress.advance(1)
    assert capsys.readouterr().err == ""
