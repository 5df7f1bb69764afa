"""A Hub that never stands still: added to, renamed, deleted, changed between pages."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from headwater.errors import IncompleteCrawlError
from headwater.ingest.progress import NullProgress
from headwater.ingest.sources.hub import parse
from tests.ingest.conftest import LoopbackHub, last_run, run_crawl
from tests.ingest.fakehub import synth
from tests.ingest.test_hub_faults import TRANSIENT
from tests.ingest.test_hub_gone import gone

ROUTES = ("models",)


class Motion(NullProgress):
    """Changes a few records at random after every page, and keeps account."""

    def __init__(self, hub: LoopbackHub, dice: random.Random) -> None:
        self.hub, self.dice = hub, dice
        self.deleted: set[str] = set()
        self.renamed: dict[str, str] = {}
        self.added: set[str] = set()

    def advance(self, n: int) -> None:
        cat, dice = self.hub.catalogue, self.dice
        with cat.lock:
            recs = cat.recs["models"]
            for _ in range(3):
                name = dice.choice(sorted(recs))
                what = dice.choice(("delete", "rename", "add", "change"))
                record = recs[name]
                if what == "change":
                    record["likes"] = dice.randrange(10**6)
                    record["lastModified"] = "2026-06-01T00:00:00.000Z"
                elif what == "add":
                    number = len(self.added) + 1
                    made = f"new/comer-{dice.randrange(10**9)}"
                    self.added.add(made)
                    day = f"2027-01-{number % 28 + 1:02d}T00:00:00.000Z"
                    cat.add({**record, "id": made, "author": "new", "createdAt": day,
                             "_id": f"{0xF0000000 + number:024x}"})  # fmt: skip
                elif name not in self.added:
                    del recs[name]
                    cat.lower["models"].pop(name.lower(), None)
                    # Of a renamed one the first name is what is looked for.
                    first = self.renamed.pop(name, name)
                    if what == "delete":
                        self.deleted.add(first)
                    else:
                        moved = f"moved/{dice.randrange(10**9)}"
                        self.renamed[moved] = first
                        cat.add({**record, "id": moved, "author": "moved"})
            cat.bytes_cache.clear()
            cat.dirty("models")


def ids(root: Path) -> set[str]:
    return {record.id for batch in parse(last_run(root)) for record in batch.records}


@pytest.mark.parametrize("seed", range(6))
def test_what_stands_still_is_found_whatever_moves_around_it(seed, serve, tmp_path):
    records = list(synth(230, 0, 0, seed=seed, dirt=0.1, card_extra=0))
    names = {record["id"] for record in records if record["kind"] == "models"}
    hub = serve([dict(record) for record in records])
    runs = tmp_path / "runs"
    run_crawl(runs, hub.endpoint, routes=ROUTES)
    before = ids(runs)
    assert before == names
    dice = random.Random(seed)
    motion = Motion(hub, dice)
    chosen = dice.sample(sorted(set(TRANSIENT) - {"hang", "slow"}), 5)
    hub.fault(*({"p": 0.04, **TRANSIENT[name]} for name in chosen), seed=seed)
    for _ in range(20):
        try:
            report = run_crawl(runs, hub.endpoint, routes=ROUTES, progress=motion)
            break
        except IncompleteCrawlError:
            continue

    found = ids(runs)
    still = names - motion.deleted - set(motion.renamed.values())
    assert report.status == "complete"
    assert motion.deleted
    assert motion.renamed
    assert still <= found, "what did not move was not lost"
    # a name may have been given and taken away between two pages
    assert {name for name in found - names if not name.startswith("moved/")} <= (
        motion.added
    )
    wrongly = gone(tmp_path) - motion.deleted
    assert wrongly == set(), "nothing is gone that is still there, under any name"

    hub.fault()
    run_crawl(runs, hub.endpoint, routes=ROUTES)
    now = set(hub.catalogue.recs["models"])
    assert ids(runs) == now
    marked = gone(tmp_path)
    assert motion.deleted <= marked | now
    assert not marked & now
