"""One record of a list page: checked, identified, handed to the parser of its kind."""

from __future__ import annotations

from headwater.graph.ids import artefact_id, is_repo_path
from headwater.ingest.parse.hub_context import Context, Subject, decode_fields
from headwater.ingest.parse.hub_datasets import DatasetFields, parse_dataset
from headwater.ingest.parse.hub_fields import read_revision
from headwater.ingest.parse.hub_models import ModelFields, parse_model
from headwater.ingest.parse.hub_spaces import SpaceFields, parse_space
from headwater.ingest.parse.text import clean_text

ROUTE_KINDS = {"models": "model", "datasets": "dataset", "spaces": "application"}
"""What the records of each list route are."""

# As an owner these would make an id of another kind.
_RESERVED = ("datasets/", "spaces/", "off-hub/")

Fields = ModelFields | DatasetFields | SpaceFields


def decode_record(context: Context, route: str, raw: bytes) -> Fields | None:
    """Return the fields of one record; what cannot be decoded is counted."""
    try:
        if route == "models":
            return decode_fields(raw, ModelFields)
        if route == "spaces":
            return decode_fields(raw, SpaceFields)
        return decode_fields(raw, DatasetFields)
    except ValueError as error:
        context.batch.skip(
            f"record/{error}", clean_text(raw[:400].decode("utf-8", "replace"), 120)
        )
        return None


def identity(fields: Fields) -> str | bytes | None:
    """Return what makes two records the same: the ``_id``, else the name.

    Hub ids come back as 12 bytes, a third of the memory of their text.
    """
    if isinstance(fields.hub_id, str) and len(fields.hub_id) == 24:
        try:
            return bytes.fromhex(fields.hub_id)
        except ValueError:
            pass
    name = fields.id if isinstance(fields.id, str) else fields.model_id
    return name.lower() if isinstance(name, str) else None


def parse_record(context: Context, route: str, fields: Fields) -> bool:
    """Add what one record says to the batch; return whether it was a usable record.

    A record without a valid id is counted and left out, and so is a private one: a
    token may show its owner's own repositories, which are nobody else's business.
    """
    path = fields.id if fields.id is not None else fields.model_id
    if not isinstance(path, str):
        context.batch.skip("record/no_id", clean_text(repr(fields.hub_id)[:400], 80))
        return False
    if not is_repo_path(path) or path.startswith(_RESERVED):
        context.batch.skip("record/bad_id", clean_text(path, 120))
        return False
    if fields.private is True:
        context.batch.skip("record/private", "(hidden)")
        return False
    kind = ROUTE_KINDS[route]
    prefix = "" if kind == "model" else f"{route}/"
    subject = Subject(
        id=artefact_id(kind, path),
        kind=kind,
        document=f"{context.endpoint}/{prefix}{path}",
        revision=read_revision(fields.sha),
    )
    if isinstance(fields, ModelFields):
        parse_model(context, subject, fields)
    elif isinstance(fields, SpaceFields):
        parse_space(context, subject, fields)
    else:
        parse_dataset(context, subject, fields)
    return True
