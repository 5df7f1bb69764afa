"""Run the command line in this process, as a user would from a shell."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from headwater.cli import main


@dataclass(frozen=True, slots=True)
class Ran:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> object:
        return orjson.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs ``headwater`` with arguments."""

    def call(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["headwater", *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        sys.stdout.flush()
        printed = capfd.readouterr()
        code = ended.value.code
        return Ran(code if isinstance(code, int) else 0, printed.out, printed.err)

    return call


@pytest.fixture
def ask(run: Run, catalogue_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return `run` with the packaged catalogue as its data."""
    monkeypatch.setenv("HEADWATER_DATA_DIR", str(catalogue_dir))
    return run
