"""Overviews of users and organisations: what kind of namespace it is, its full name.

Who stands behind a namespace is not read from here: anybody may call themselves
anything on the Hub. That is what the catalogue's table of owners is for.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from headwater.graph.claims import Record
from headwater.ingest.parse.hub_context import Context, decode_fields
from headwater.ingest.parse.text import clean_text

ORGANISATION: Final = "hub:organisation"
USER: Final = "hub:user"
"""Sources of the record of a namespace: they say which of the two it is."""

_COUNTED: Final = (
    ("num_users", "member"), ("num_models", "model"), ("num_datasets", "dataset"),
    ("num_spaces", "Space"),
)  # fmt: skip


class _Overview(msgspec.Struct, frozen=True, rename="camel"):
    name: Any = None
    user: Any = None
    fullname: Any = None
    is_verified: Any = None
    num_users: Any = None
    num_models: Any = None
    num_datasets: Any = None
    num_spaces: Any = None


def parse_namespace(context: Context, asked: str, url: str, raw: bytes) -> None:
    """Add the record of a namespace to the batch.

    Parameters
    ----------
    context : Context
        Where it goes.
    asked : str
        Node id of the namespace that was asked about, ``@name``.
    url : str
        The route that answered.
    raw : bytes
        Its answer.

    Notes
    -----
    An answer about a namespace of another name is counted and left out: a node is
    what the ids of repositories say, and these keep the old name. So is the ``_id``,
    which would make one node of the two.
    """
    try:
        found = decode_fields(raw, _Overview)
    except ValueError as error:
        context.batch.skip(f"namespace/{error}", asked)
        return
    is_user = "/api/users/" in urlsplit(url).path
    name = found.user if is_user and found.user is not None else found.name
    if not isinstance(name, str) or not name:
        context.batch.skip("namespace/no_name", asked)
        return
    if name.lower() != asked.removeprefix("@").lower():
        context.notes.add("namespace/renamed", f"{asked} -> @{clean_text(name, 100)}")
        context.batch.skip("namespace/renamed", asked)
        return
    context.notes.add(f"namespace/{'user' if is_user else 'organisation'}", asked)
    full = clean_text(found.fullname) if isinstance(found.fullname, str) else ""
    context.batch.records.append(
        Record(
            id=f"@{name}",
            kind="namespace",
            source=USER if is_user else ORGANISATION,
            document=f"{context.endpoint}/{name}",
            seen=context.day,
            # Not its name: printed alone, that would pass for the word of a curator.
            names=(full,) if full else (),
            state="present",
            note=_note(found, is_user=is_user),
        )
    )


def _note(found: _Overview, *, is_user: bool) -> str:
    """Return what the Hub says of a namespace that has no column of its own.

    Examples
    --------
    >>> _note(_Overview(num_models=1200, num_users=1), is_user=False)
    'organisation of the Hub; 1 member, 1,200 models'
    """
    kind = "user" if is_user else "organisation"
    verified = "verified " if found.is_verified is True else ""
    counts = []
    for field, word in _COUNTED:
        number = getattr(found, field)
        # A bool is an int to Python and no number of models.
        if type(number) is int and 0 <= number < 1 << 53:
            counts.append(f"{number:,} {word}{'s' if number != 1 else ''}")
    said = f"{verified}{kind} of the Hub"
    return f"{said}; {', '.join(counts)}" if counts else said
