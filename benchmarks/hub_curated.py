"""What a curator would add to a synthetic Hub: developers, products, mirrors."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa

from benchmarks.hub_names import HubNames
from benchmarks.hub_shape import Shape
from benchmarks.hub_words import owner_names
from headwater.graph.claim_tables import ClaimTables, concat, to_tables
from headwater.graph.claims import Alias, Claim, ClaimBatch, Family, Ownership, Record
from headwater.graph.schema import RELATION_CODE

N_DEVELOPERS: Final = 300
N_OWNED_NAMESPACES: Final = 700
N_PRODUCTS: Final = 200
N_FAMILIES: Final = 40
N_CURATED_ROOTS: Final = 400
_DAY: Final = "2026-11-22"
_PAGE: Final = "https://example.org/catalogue/"
_EPOCH: Final = date(1970, 1, 1)


def curated_tables(
    shape: Shape, names: HubNames, rng: np.random.Generator
) -> ClaimTables:
    """Return the claims of a catalogue.

    Developers with their namespaces, products that are not on the Hub, records of the
    largest roots, families, mirrors, denials and teachers of students.
    """
    batch = ClaimBatch()
    ids = names.ids
    n_roots = min(len(names.roots), N_CURATED_ROOTS)
    root_ids = ids.take(pa.array(names.roots[:n_roots])).to_pylist()
    _developers(shape, batch)
    _products(batch, root_ids)
    _roots(shape, batch, names, root_ids)
    _replacements(batch, root_ids)
    small = to_tables([batch])
    return concat([small, _with_claims(small, _bulk_claims(shape, names, rng))])


def _with_claims(like: ClaimTables, claims: pa.Table) -> ClaimTables:
    return ClaimTables(
        like.records.slice(0, 0), claims, like.aliases.slice(0, 0),
        like.ownership.slice(0, 0), like.families.slice(0, 0),
    )  # fmt: skip


def _developers(shape: Shape, batch: ClaimBatch) -> None:
    for number in range(N_DEVELOPERS):
        batch.records.append(
            Record(
                id=f"developer:dev-{number}", kind="developer", source="catalog",
                document=f"{_PAGE}dev-{number}", seen=_DAY, name=f"Developer {number}",
            )
        )  # fmt: skip
    owned = min(N_OWNED_NAMESPACES, shape.n_namespaces)
    for number, name in enumerate(owner_names(np.arange(owned)).to_pylist()):
        developer = number % N_DEVELOPERS
        batch.ownership.append(
            Ownership(
                f"@{name}", f"developer:dev-{developer}", "catalog",
                f"{_PAGE}dev-{developer}", _DAY,
            )
        )  # fmt: skip


def _products(batch: ClaimBatch, root_ids: list[str]) -> None:
    """Add products behind an API, what was made of them, and applications."""
    for number in range(N_PRODUCTS):
        developer = f"dev-{number % 25}"
        kind = "application" if number % 4 == 3 else "model"
        product = f"off-hub/{developer}/product-{number}"
        document = f"{_PAGE}product-{number}"
        batch.records.append(
            Record(
                id=product, kind=kind, source="catalog", document=document, seen=_DAY,
                name=f"Product {number}", developer=f"developer:{developer}",
                access="api" if number % 2 else "closed", state="present",
                released=(date(2021, 1, 1) + timedelta(days=9 * number)).isoformat(),
                scratch=True if kind == "model" and number % 3 else None,
            )
        )  # fmt: skip
        root = root_ids[(number * 3) % len(root_ids)]
        if kind == "application":
            _claim(batch, product, kind, root, "model", "uses", document)
        elif number % 20 == 0:
            _claim(batch, root, "model", product, kind, "finetune", document)
        else:
            _claim(batch, root, "model", product, kind, "distilled_from", document)


def _claim(
    batch: ClaimBatch, child: str, child_kind: str, parent: str, parent_kind: str,
    relation: str, document: str, **more: Any,
) -> None:  # fmt: skip
    batch.claims.append(
        Claim(
            child=child, child_kind=child_kind, parent=parent, parent_kind=parent_kind,
            relation=relation, source="catalog", document=document, first_seen=_DAY,
            last_seen=_DAY, declared_by="curator", **more,
        )
    )  # fmt: skip


def _roots(
    shape: Shape, batch: ClaimBatch, names: HubNames, root_ids: list[str]
) -> None:
    """Add curated records of the largest roots, and families of the very largest."""
    days = shape.day[names.roots[: len(root_ids)]].tolist()
    titles = names.families.slice(0, len(root_ids)).to_pylist()
    for number, (root, day, title) in enumerate(
        zip(root_ids, days, titles, strict=True)
    ):
        slug = title.lower() if number < N_FAMILIES else None
        batch.records.append(
            Record(
                id=root, kind="model", source="catalog", document=f"{_PAGE}{title}",
                seen=_DAY, name=f"{title} {number}", names=(f"{title} (first)",),
                released=(_EPOCH + timedelta(days=day - 5)).isoformat(), family=slug,
                scratch=None if number % 5 > 2 else number % 30 != 0,
            )
        )  # fmt: skip
        if slug is not None:
            members = (root, f"{root.rpartition('/')[0] or root}*")
            batch.families.append(
                Family(slug, title, (f"{title} family",), None, members, _PAGE)
            )
    for number in range(0, len(root_ids) - 1, 40):
        _claim(
            batch, root_ids[number + 1], "model", root_ids[number], "model", "finetune",
            f"{_PAGE}denials", stance="denies", primary=number % 80 == 0,
            note="trained from scratch, says its paper",
        )  # fmt: skip


def _replacements(batch: ClaimBatch, root_ids: list[str]) -> None:
    """Add names that a different artefact has taken over, and a second old name."""
    for number, root in enumerate(root_ids[:20]):
        kind = "replacement" if number % 2 else "legacy"
        batch.aliases.append(
            Alias(f"old-name-{number}", root, kind, "catalog", f"{_PAGE}names", _DAY)
        )


def _bulk_claims(shape: Shape, names: HubNames, rng: np.random.Generator) -> pa.Table:
    """Return curated claims of mirrors, students of teachers and synthetic datasets."""
    mirrors = rng.choice(shape.n_models, max(3, shape.n_models // 3000), replace=False)
    originals = names.roots[
        np.floor(rng.random(len(mirrors)) ** 2 * min(2000, len(names.roots))).astype(
            int
        )
    ]
    usable = mirrors != originals
    told = np.isin(
        shape.relation, [RELATION_CODE["distilled_from"], RELATION_CODE["generated_by"]]
    )
    child = np.concatenate([mirrors[usable], shape.child[told]])
    parent = np.concatenate([originals[usable], shape.parent[told]])
    relations = np.concatenate(
        [np.full(int(usable.sum()), RELATION_CODE["mirror_of"]), shape.relation[told]]
    )
    words = np.array(list(RELATION_CODE), dtype=object)
    count = len(child)
    batch = to_tables([ClaimBatch(claims=[_PATTERN])]).claims
    table = batch.take(pa.array(np.zeros(count, np.int64)))
    for name, column in (
        ("child", names.ids.take(pa.array(child))),
        ("parent", names.ids.take(pa.array(parent))),
        ("relation", pa.array(words[relations], pa.string())),
        (
            "child_kind",
            pa.array(np.where(child < shape.n_models, "model", "dataset"), pa.string()),
        ),
    ):
        table = table.set_column(table.schema.get_field_index(name), name, column)
    return table


_PATTERN: Final = Claim(
    child="", child_kind="model", parent="", parent_kind="model", relation="mirror_of",
    source="catalog", document=f"{_PAGE}bulk", first_seen=_DAY, last_seen=_DAY,
    declared_by="curator", confidence=0.8,
)  # fmt: skip
