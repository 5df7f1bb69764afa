"""Answers about single repositories: other names, what is gone, equal files; owners.

A stored answer is one JSON object: what was asked and what was known before, every
redirect on the way, the last status, and the record if there was one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from headwater.graph.claims import Alias, Claim, Record
from headwater.graph.schema import LOOKUP_SOURCE
from headwater.ingest.documents import Asked
from headwater.ingest.parse.hub_context import Context, add_claim, decode_fields
from headwater.ingest.parse.hub_namespaces import parse_namespace
from headwater.ingest.parse.hub_records import ROUTE_KINDS, decode_record, parse_record

LOOKUP: Final = LOOKUP_SOURCE
FILES: Final = "hub:files"
ROUTE_OF: Final = {kind: route for route, kind in ROUTE_KINDS.items()}

NO_RECORD: Final = msgspec.Raw(b"null")

_MARGIN: Final = timedelta(days=30)
"""A repository may be made for one model and filled with a later one."""

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_WEIGHTS: Final = ("safetensors", "bin", "gguf", "pt", "pth", "ckpt", "onnx", "h5")
# Saved beside weights under their endings, but no weights.
_OTHER: Final = ("training_args", "optimizer", "scheduler", "rng_state", "scaler",
                 "tokenizer", "vocab")  # fmt: skip


class Hop(msgspec.Struct, frozen=True):
    """One redirect: the address and where it led."""

    url: str
    status: int
    location: str | None


class StoredAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the Hub said about one repository, as it is kept.

    `problem` says why a redirect was not followed.
    """

    asked: Asked
    url: str
    with_token: bool
    hops: list[Hop]
    status: int
    error_code: str | None = None
    message: str | None = None
    problem: str | None = None
    record: msgspec.Raw = NO_RECORD


class _Identity(msgspec.Struct, frozen=True):
    hub_id: Any = msgspec.field(default=None, name="_id")
    created: Any = msgspec.field(default=None, name="createdAt")
    siblings: Any = None


@dataclass(slots=True)
class Files:
    """Checksums of the weight files of one repository.

    Attributes
    ----------
    id, document : str
        The model and the page that lists its files.
    created : str
        When the repository was made; the older of two equal ones is the original.
    sums : dict of str to frozenset of str
        Checksums by file ending.
    """

    id: str
    document: str
    created: str
    sums: dict[str, frozenset[str]] = field(default_factory=dict)


_DECODER: Final = msgspec.json.Decoder(StoredAnswer)


def decode_answer(raw: bytes) -> StoredAnswer:
    """Return a stored answer.

    Raises
    ------
    ValueError
        When `raw` is none.
    """
    try:
        return _DECODER.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from error


def parse_answer(context: Context, answer: StoredAnswer) -> Files | None:
    """Add what an answer says to the batch; return the files that it lists."""
    asked = answer.asked
    if asked.kind == "namespace":
        _add_namespace(context, answer)
        return None
    if answer.status == 200:
        return _found(context, answer, bytes(answer.record))
    state = _state(answer)
    if state is None:
        why = answer.problem or f"{answer.status}"
        context.batch.skip(f"details/unknown ({why})", asked.id)
        return None
    context.notes.add(f"details/{state}", asked.id)
    _add_state(context, answer, state)
    return None


def _add_namespace(context: Context, answer: StoredAnswer) -> None:
    """Add what is known of a namespace; a refusal proves nothing about it."""
    if answer.status == 200:
        raw = bytes(answer.record)
        parse_namespace(context, answer.asked.id, answer.url, raw)
    else:
        why = answer.problem or f"{answer.status}"
        context.batch.skip(f"namespace/unknown ({why})", answer.asked.id)


def _state(answer: StoredAnswer) -> str | None:
    """Return the state that a refusal proves, None when it proves nothing.

    Without a token the Hub says the same of what is missing, private and hidden.
    """
    if answer.error_code == "GatedRepo":
        return "gated"
    if answer.status in (403, 451) and "disabled" in (answer.message or "").lower():
        return "disabled"
    if answer.with_token and answer.status == 404:
        return "gone" if answer.error_code == "RepoNotFound" else None
    return "gone" if answer.status == 410 else None


def _add_state(context: Context, answer: StoredAnswer, state: str) -> None:
    asked = answer.asked
    context.batch.records.append(
        Record(
            id=asked.id,
            kind=asked.kind,
            source=LOOKUP,
            document=answer.url,
            seen=context.day,
            state=state,
        )
    )


def _found(context: Context, answer: StoredAnswer, raw: bytes) -> Files | None:
    asked = answer.asked
    route = ROUTE_OF[asked.kind]
    fields = decode_record(context, route, raw)
    before = len(context.batch.records)
    if fields is None or not parse_record(context, route, fields):
        return None
    record = context.batch.records[before]
    known = decode_fields(raw, _Identity)
    if record.id.lower() == asked.id.lower():
        context.notes.add("details/found", asked.id)
    else:
        kind = _alias_kind(answer, record)
        context.notes.add(f"details/{kind}", f"{asked.id} -> {record.id}")
        context.batch.aliases.append(
            Alias(asked.id, record.id, kind, LOOKUP, answer.url, context.day)
        )
        if kind == "replacement":
            _add_state(context, answer, "gone")
    return _files(record, known)


def _alias_kind(answer: StoredAnswer, record: Record) -> str:
    """Return what a redirect means.

    The ``_id`` decides where it was known. Where not, the children may tell: a
    repository that is younger by :data:`_MARGIN` than most of what is said to be made
    from it is another one under the old name.
    """
    asked = answer.asked
    if asked.hub_id is not None and record.hub_id is not None:
        return "rename" if asked.hub_id == record.hub_id else "replacement"
    made, children = record.created, asked.children_created
    if (
        made is not None
        and children is not None
        and date.fromisoformat(made) - date.fromisoformat(children) > _MARGIN
    ):
        return "replacement"
    return "redirect" if "/" in asked.id.removeprefix("datasets/") else "legacy"


def _files(record: Record, known: _Identity) -> Files | None:
    """Return the checksums of the weight files, None when none are listed."""
    sums: dict[str, set[str]] = {}
    for item in known.siblings if isinstance(known.siblings, list) else ():
        found = _checksum(item)
        if found is not None:
            sums.setdefault(found[0], set()).add(found[1])
    if record.kind != "model" or not sums:
        return None
    created = known.created if isinstance(known.created, str) else "~"
    document = f"{record.document}/tree/main"
    listed = {ending: frozenset(values) for ending, values in sums.items()}
    return Files(record.id, document, created, listed)


def _checksum(item: Any) -> tuple[str, str] | None:
    """Return ending and checksum of a weight file, None for any other item."""
    if not isinstance(item, dict) or not isinstance(item.get("lfs"), dict):
        return None
    path, checksum = item.get("rfilename"), item["lfs"].get("sha256")
    if not isinstance(path, str) or not isinstance(checksum, str):
        return None
    name = path.rpartition("/")[2].lower()
    ending = name.rpartition(".")[2]
    if ending not in _WEIGHTS or name.startswith(_OTHER):
        return None
    return (ending, checksum) if _SHA256.fullmatch(checksum) else None


def claim_mirrors(context: Context, files: list[Files]) -> None:
    """Claim ``mirror_of`` for repositories that hold the same weight files.

    Two are mirrors when all their weight files of one ending are equal. Of several the
    one made first is the original; the claim of each other one points to it.
    """
    groups: dict[tuple[str, frozenset[str]], list[Files]] = {}
    for item in {item.id: item for item in files}.values():
        for ending, sums in item.sums.items():
            groups.setdefault((ending, sums), []).append(item)
    claimed: set[tuple[str, str]] = set()
    for (ending, sums), members in sorted(
        groups.items(), key=lambda group: (group[0][0], sorted(group[0][1]))
    ):
        original, *others = sorted(members, key=lambda item: (item.created, item.id))
        for other in others:
            if (other.id, original.id) not in claimed:
                claimed.add((other.id, original.id))
                add_claim(context, _mirror(context, other, original, ending, len(sums)))


def _mirror(
    context: Context, other: Files, original: Files, ending: str, number: int
) -> Claim:
    return Claim(
        child=other.id,
        child_kind="model",
        parent=original.id,
        parent_kind="model",
        relation="mirror_of",
        source=FILES,
        document=other.document,
        first_seen=context.day,
        last_seen=context.day,
        declared_by="tool",
        note=f"{number} equal .{ending} file{'s' if number > 1 else ''}",
    )
