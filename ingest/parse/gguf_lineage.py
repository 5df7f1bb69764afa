"""What the header of a GGUF file says of its origin -> claims.

``general.source.*`` names the repository that was converted. ``general.base_model.*`` is
copied from the card of what was converted: these are the parents of the source where
one is named; else of the file itself, by a relation that nobody states. Only a base with
the very name of the file's own model is what was converted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from headwater.ingest.parse.gguf_header import GgufHeader
from headwater.ingest.parse.hub_context import (
    Context,
    Statement,
    Subject,
    add_claims,
    read_references,
)
from headwater.ingest.parse.references import References
from headwater.ingest.parse.text import clean_text

SOURCE: Final = "gguf"
_ORIGINS: Final = ("source.huggingface.repository", "source.repo_url", "source.url")


def claim_gguf(
    context: Context, subject: Subject, name: str, header: GgufHeader
) -> None:
    """Add what the header of the file `name` says to the batch.

    Parameters
    ----------
    context, subject : Context, Subject
        Where claims go; the repository that holds the file.
    name : str
        Name of the file, for the report.
    header : GgufHeader
        Its metadata.
    """
    if not header.is_complete:
        context.notes.add("gguf/header_cut", f"{subject.id}: {clean_text(name)}")
    is_adapter = header.text("type") == "adapter"
    origin = _origin(context, subject, header)
    if origin.accepted:
        _claim(context, subject, "adapter" if is_adapter else "quantized", origin)
    child = subject
    if origin.accepted and not is_adapter:
        # The header is a tool's word on the source, which has no revision here.
        child = replace(subject, id=origin.accepted[0].id, revision=None)
    for base in header.base_models():
        if base.repo_url is None:
            context.batch.skip("gguf.base_model/no_url", f"{subject.id}: {base.name}")
            continue
        found = read_references(
            context, child, "gguf.base_model", base.repo_url, "model"
        )
        if is_adapter:
            relation = "adapter"
        elif child is subject and _is_same_model(header, base.name):
            relation = "quantized"
        else:
            relation = "unspecified"
        _claim(context, child, relation, found)
    _claim_datasets(context, child, header)
    _add_licence(context, subject, header)


def _origin(context: Context, subject: Subject, header: GgufHeader) -> References:
    for key in _ORIGINS:
        value = header.text(key)
        if value is not None:
            found = read_references(context, subject, f"gguf.{key}", value, "model")
            if found.accepted:
                return found
    return References()


def _is_same_model(header: GgufHeader, base_name: str | None) -> bool:
    own = header.text("name")
    return own is not None and base_name is not None and _fold(own) == _fold(base_name)


def _fold(name: str) -> str:
    return "".join(mark for mark in name.casefold() if mark.isalnum())


def _claim_datasets(context: Context, child: Subject, header: GgufHeader) -> None:
    named = [
        item.repo_url for item in header.base_models("dataset") if item.repo_url
    ] or header.general.get("datasets")
    if named:
        found = read_references(context, child, "gguf.datasets", named, "dataset")
        statement = Statement("gguf.datasets", SOURCE, "trained_on", "tool", "dataset")
        _add_new(context, child, statement, found)


def _claim(context: Context, child: Subject, relation: str, found: References) -> None:
    statement = Statement("gguf.base_model", SOURCE, relation, "tool")
    _add_new(context, child, statement, found)


def _add_new(
    context: Context, child: Subject, statement: Statement, found: References
) -> None:
    """Add claims that no other file of the repository has made already."""
    made = {
        (claim.child.lower(), claim.parent.lower(), claim.relation)
        for claim in context.batch.claims
        if claim.source == SOURCE
    }
    new = tuple(
        item
        for item in found.accepted
        if (child.id.lower(), item.id.lower(), statement.relation) not in made
    )
    add_claims(context, child, statement, References(new))


def _add_licence(context: Context, subject: Subject, header: GgufHeader) -> None:
    """Take the licence of the header where the card has none."""
    licence = header.text("license")
    records = context.batch.records
    for at, record in enumerate(records):
        if licence and record.id == subject.id and record.licence is None:
            lacking = tuple(name for name in record.absent if name != "licence")
            records[at] = replace(record, licence=licence, absent=lacking)
