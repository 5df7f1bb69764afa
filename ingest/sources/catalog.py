"""The curated catalogue: YAML files, packaged or private -> claims."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Final

from headwater.errors import CatalogError, ParseError
from headwater.graph.claims import ClaimBatch
from headwater.graph.ids import parse_node_id
from headwater.ingest.parse.catalog_fields import CatalogFile
from headwater.ingest.parse.catalog_file import check_claim_ends, parse_catalog_file
from headwater.ingest.parse.yaml_text import load_yaml

MAX_FILE_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class CatalogDocument:
    """A catalogue file as it was read: its name, and whether it is packaged."""

    name: str
    text: str
    packaged: bool


def read_packaged() -> list[CatalogDocument]:
    """Return the files that come with headwater, ordered by name."""
    folder = files("headwater.ingest") / "catalog"
    found = [item for item in folder.iterdir() if item.name.endswith(".yaml")]
    return [
        CatalogDocument(item.name, item.read_text(encoding="utf-8"), packaged=True)
        for item in sorted(found, key=lambda item: item.name)
    ]


def read_private(paths: Iterable[Path]) -> list[CatalogDocument]:
    """Return catalogue files of the user's own.

    Raises
    ------
    CatalogError
        When a file cannot be read or is no UTF-8 text.
    """
    documents = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CatalogError([f"{path}: cannot be read: {error}"]) from error
        documents.append(CatalogDocument(str(path), text, packaged=False))
    return documents


def load_catalog(
    documents: Sequence[CatalogDocument], today: date | None = None
) -> ClaimBatch:
    """Return the claims of catalogue files.

    Raises
    ------
    CatalogError
        When a file breaks a rule; the error lists every breach.

    See Also
    --------
    check_catalog : the problems without raising.
    """
    batch, problems = _read(documents, today)
    if problems:
        raise CatalogError(problems)
    return batch


def check_catalog(
    documents: Sequence[CatalogDocument], today: date | None = None
) -> list[str]:
    """Return every problem of catalogue files, in file order; empty when they are fine.

    Files that are not packaged may refer to what the packaged catalogue declares and to
    Hub ids that no file declares.
    """
    return _read(documents, today)[1]


def _read(
    documents: Sequence[CatalogDocument], today: date | None
) -> tuple[ClaimBatch, list[str]]:
    day = today or datetime.now(UTC).date()
    parsed: list[CatalogFile] = []
    for document in documents:
        try:
            value = load_yaml(document.text, document.name, max_bytes=MAX_FILE_BYTES)
        except ParseError as error:
            parsed.append(CatalogFile(document.name, problems=[str(error)]))
            continue
        parsed.append(parse_catalog_file(document.name, value, day))
    problems = [problem for file in parsed for problem in file.problems]
    strict = all(document.packaged for document in documents)
    problems += _cross_check(parsed, strict=strict)
    batch = ClaimBatch()
    for file in parsed:
        batch.extend(file.batch)
    kinds = _kinds(parsed)
    batch.claims = [
        replace(claim, parent_kind=kinds.get(claim.parent.lower(), claim.parent_kind))
        for claim in batch.claims
    ]
    return batch, problems


def _kinds(parsed: Sequence[CatalogFile]) -> dict[str, str]:
    return {
        record.id.lower(): record.kind
        for file in parsed
        for record in file.batch.records
    }


def _cross_check(parsed: Sequence[CatalogFile], *, strict: bool) -> list[str]:
    kinds = _kinds(parsed)
    problems = _duplicates(parsed)
    developers = {key for key, kind in kinds.items() if kind == "developer"}
    families = {family.id for file in parsed for family in file.batch.families}
    aliases = {alias.alias.lower() for file in parsed for alias in file.batch.aliases}
    for file in parsed:
        for record in file.batch.records:
            where = f"{file.name}: artefact {record.id}"
            owner = record.developer
            if owner is not None and owner not in developers:
                problems.append(f"{where}: {owner} is declared nowhere")
            if record.family is not None and record.family not in families:
                problems.append(f"{where}: family {record.family} is declared nowhere")
        for claim in file.batch.claims:
            where = f"{file.name}: artefact {claim.child}"
            key = claim.parent.lower()
            if (
                key not in kinds
                and key not in aliases
                and (strict or parse_node_id(claim.parent).kind is None)
            ):
                problems.append(f"{where}: parent {claim.parent} is declared nowhere")
                continue
            problem = check_claim_ends(claim, kinds)
            if problem is not None:
                problems.append(f"{where}: {problem}")
        for alias in file.batch.aliases:
            if strict and alias.id.lower() not in kinds:
                problems.append(
                    f"{file.name}: alias {alias.alias}: {alias.id} is declared nowhere"
                )
    return list(dict.fromkeys(problems))


def _duplicates(parsed: Sequence[CatalogFile]) -> list[str]:
    """Return what is declared twice: ids, friendly names, namespaces, aliases."""
    problems: list[str] = []
    seen: dict[tuple[str, str], str] = {}
    for file in parsed:
        entries: list[tuple[str, str, str]] = []
        ids: dict[str, None] = {}
        for record in file.batch.records:
            if record.id.lower() not in ids:
                entries.append(("id", record.id.lower(), record.id))
                labels = dict.fromkeys(
                    name.casefold() for name in (record.name, *record.names) if name
                )
                entries += [
                    (f"{record.kind} name", label, record.id) for label in labels
                ]
            ids[record.id.lower()] = None
        owned = dict.fromkeys(
            (own.namespace, own.developer) for own in file.batch.ownership
        )
        entries += [("namespace", name.lower(), name) for name, _ in owned]
        entries += [("family", family.id, family.id) for family in file.batch.families]
        entries += [
            ("alias", alias.alias.lower(), alias.alias) for alias in file.batch.aliases
        ]
        for what, key, shown in entries:
            earlier = seen.setdefault((what, key), f"{shown} in {file.name}")
            if (
                earlier != f"{shown} in {file.name}"
                or entries.count((what, key, shown)) > 1
            ):
                problems.append(
                    f"{file.name}: {what} {key!r} of {shown} is also that of {earlier}"
                )
    return problems
