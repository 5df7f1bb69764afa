"""SIGKILL at a hundred moments of ``headwater crawl``, then ``--resume``: equal tables."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from headwater.ingest.documents import find_runs
from tests.ingest.conftest import Serve
from tests.ingest.fakehub import synth
from tests.ingest.kill_points import files

KILLS = 100
PAGE = 25


@dataclass(frozen=True)
class End:
    """How a process ended: exit code, moments it passed, seconds it took."""

    code: int
    moments: int
    seconds: float


class Forks:
    """The process that forks those that die."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.ingest.kill_points"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip

    def run(
        self,
        arguments: list[str],
        *,
        at_moment: int | None = None,
        after_s: float | None = None,
    ) -> End:
        """Run a command; kill it at a moment of its own or after some time."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        order = {"arguments": arguments, "at_moment": at_moment, "after_s": after_s}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return End(**json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def forks() -> Iterator[Forks]:
    made = Forks()
    yield made
    made.close()


def published(data: Path) -> dict[str, bytes]:
    """Return what a reader gets: the tables of the snapshot, those of each run."""
    current = (data / "current").read_text().strip()
    found = files(data / "snapshots" / current)
    found.pop(".verified", None)  # when each file was last checked
    manifest = json.loads(found.pop("manifest.json"))
    found["manifest"] = json.dumps(
        [manifest["counts"], manifest["files"]], sort_keys=True
    ).encode()
    return found


def pages(run: Path) -> dict[str, bytes]:
    """Return the stored pages and the claims made of them."""
    kept = files(run)
    return {
        name: body for name, body in kept.items() if name.endswith((".gz", ".parquet"))
    }


def leftovers(data: Path) -> list[str]:
    """Return what a dead process left and nobody cleared.

    Who dies while adding to the report of a crawl that is over leaves half of the new
    one beside the old one, and no crawl comes back to it.
    """
    marks = (".tmp", ".partial", ".claims-")
    return [
        name
        for name in files(data)
        if any(mark in name for mark in marks) and not name.endswith("report.json.tmp")
    ]


@pytest.fixture
def endpoint(serve: Serve) -> str:
    records = list(synth(180, 40, 0, seed=5, dirt=0.2, card_extra=0))
    return serve(records, page_max=PAGE, quota=10**6).endpoint


def command(endpoint: str, data: Path) -> list[str]:
    return [
        "crawl", "--resume", "--endpoint", endpoint, "--only", "models", "--only",
        "datasets", "--no-token", "--no-catalog", "--data-dir", str(data),
    ]  # fmt: skip


def test_kill_9_anywhere_then_resume_gives_the_same_tables(
    endpoint: str, forks: Forks, tmp_path: Path
) -> None:
    whole, again = tmp_path / "whole", tmp_path / "again"
    assert forks.run(command(endpoint, whole)).code == 0
    end = forks.run(command(endpoint, again))  # the first one imported its modules
    assert end.code == 0
    assert published(again) == published(whole)
    assert end.moments > 100
    (run,) = find_runs(whole / "runs")
    wanted, stored = published(whole), pages(run.path)
    assert len(stored) > 10

    dice = random.Random(14)
    kills = trial = 0
    while kills < KILLS:
        trial += 1
        data = tmp_path / f"trial-{trial}"
        # One to three deaths in a row before it may come to its end.
        for _ in range(1 + trial % 3):
            if dice.random() < 0.6:
                died = forks.run(
                    command(endpoint, data), at_moment=dice.randrange(end.moments)
                )
            else:
                after = dice.uniform(0, end.seconds)
                died = forks.run(command(endpoint, data), after_s=after)
            assert died.code in (0, -signal.SIGKILL)
            kills += died.code == -signal.SIGKILL
        assert forks.run(command(endpoint, data)).code == 0
        assert published(data) == wanted
        for found in find_runs(data / "runs"):
            # A crawl that had ended before its death is followed by another.
            assert pages(found.path) == stored
        assert leftovers(data) == []
