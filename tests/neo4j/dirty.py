"""Random snapshots with all the dirt there is, for comparing stores."""

from __future__ import annotations

from random import Random
from typing import Final

from headwater.graph.claims import (
    Alias,
    Claim,
    ClaimBatch,
    Family,
    Ownership,
    Record,
    claim_problem,
)
from headwater.graph.schema import RELATIONS

DAY: Final = "2026-01-01"
MODELS: Final = (
    "o/m0", "o/M1", "o/m2", "p/m0", "p/M3", "q/m4", "q/m5", "m6", "off-hub/o/m7",
)  # fmt: skip
DATASETS: Final = ("datasets/o/d0", "datasets/p/D1", "datasets/q/d2")
APPLICATIONS: Final = ("spaces/o/a0", "spaces/p/a1")
KINDS: Final = {
    **dict.fromkeys(MODELS, "model"),
    **dict.fromkeys(DATASETS, "dataset"),
    **dict.fromkeys(APPLICATIONS, "application"),
}
DAYS: Final = (None, "2023-01-31", "2023-02-01", "2024-06-15", "2025-01-01")
_FEW: Final = (None, 0, 0, 7, 7, 1000)
_WORDS: Final = (None, "MIT", "mit", "llama2", "apache-2.0", "Ünïcode")


def dirty_batch(random: Random) -> ClaimBatch:
    """Return claims with cycles, self-loops, phantoms, mirrors, merges, refuted edges.

    Figures and days repeat, so that ties have to be broken, and names clash.
    """
    batch = ClaimBatch()
    batch.records = [
        _record(random, name) for name in KINDS if random.random() < 0.85
    ]  # fmt: skip
    for _ in range(random.randrange(2, 26)):
        batch.claims += _claims(random)
    for alias in ("o/old", "old-name", "O/Older", "x/m0"):
        if random.random() < 0.5:
            batch.aliases.append(_alias(random, alias))
    for namespace, developer in (("@o", "big"), ("@P", "big"), ("@q", "small")):
        if random.random() < 0.6:
            batch.ownership.append(
                Ownership(
                    namespace, f"developer:{developer}", "catalog", "https://x", DAY
                )
            )
    if random.random() < 0.7:
        batch.families.append(
            Family("fam", "The Fam", ("fam one",), None, ("o/m*", "q/m4"), "https://f")
        )
        batch.families.append(
            Family("fam2", "Same", (), None, ("nowhere/*",), "https://f")
        )
    return batch


def _record(random: Random, name: str) -> Record:
    kind = KINDS[name]
    return Record(
        name, kind, "hub", f"https://hub/{name}", DAY,
        hub_id=random.choice((None, f"id-{name}")),
        name=random.choice((None, None, "Same", name.rpartition("/")[2].title())),
        names=random.choice(((), ("Called So", "same"))),
        state=random.choice((None, "present", "present", "gated", "gone")),
        created=random.choice(DAYS),
        released=random.choice((None, None, *DAYS)),
        downloads=random.choice(_FEW),
        downloads_all_time=random.choice(_FEW),
        likes=random.choice(_FEW),
        parameters=random.choice(_FEW) if kind == "model" else None,
        task=random.choice((None, "text", "Image")),
        library=random.choice((None, "transformers")),
        licence=random.choice(_WORDS),
        language=random.choice(((), ("en",), ("en", "de"))),
        scratch=random.choice((None, None, True, False)) if kind == "model" else None,
        absent=random.choice(((), ("licence", "task"))),
    )  # fmt: skip


def _claims(random: Random) -> list[Claim]:
    """Return one to three claims about one pair, which may contradict each other."""
    child, parent = random.choice(list(KINDS)), random.choice(list(KINDS))
    fitting = [
        item.name
        for item in RELATIONS
        if KINDS[child] in item.children and KINDS[parent] in item.parents
    ]
    if not fitting:
        return []
    claims = [
        Claim(
            child, KINDS[child], parent, KINDS[parent], random.choice(fitting),
            random.choice(("hub:baseModels", "hub:cardData", "hub:tag", "catalog")),
            f"https://hub/{random.randrange(9)}", "2025-01-01", random.choice((DAY, "2025-06-01")),
            stance="denies" if random.random() < 0.15 else "asserts",
            primary=random.random() < 0.2,
            declared_by=random.choice(("author", "hub", "curator", "press")),
            raw=random.choice((None, "as typed")),
        )
        for _ in range(random.choice((1, 1, 1, 2, 3)))
    ]  # fmt: skip
    return [claim for claim in claims if claim_problem(claim) is None]


def _alias(random: Random, alias: str) -> Alias:
    kind = random.choice(("rename", "legacy", "redirect", "replacement"))
    target = random.choice((*MODELS, "o/old"))
    if target.lower() == alias.lower():
        target = MODELS[0]
    return Alias(alias, target, kind, "hub:baseModels", "https://hub/alias", DAY)


TARGETS: Final = (
    *KINDS, "O/M0", "o/old", "old-name", "O/OLDER", "@o", "@p", "developer:big",
    "developer:small", "family:fam", "family:fam2", "the fam", "same", "called so",
    "licence:mit", "licence:ünïcode", "task:image", "library:transformers", "licence:ll",
    "nothing like it", "m3", "",
)  # fmt: skip
