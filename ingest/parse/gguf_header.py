"""The metadata at the head of a GGUF file: what it says of its origin.

The format is that of https://github.com/ggml-org/ggml/blob/master/docs/gguf.md,
versions 1 to 3, of either byte order. Every count and length in it is a stranger's:
none is trusted, none is allocated for, and the tensors are never looked at.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any, Final

from headwater.ingest.parse.text import clean_text

MAX_HEADER_BYTES: Final = 16 * 1024 * 1024
"""How much of a file is worth reading; vocabularies come to a few megabytes."""

MAX_ENTRIES: Final = 10_000
MAX_KEY_BYTES: Final = 256
MAX_TEXT_BYTES: Final = 64 * 1024
MAX_KEPT_ITEMS: Final = 256
MAX_ARRAY_DEPTH: Final = 2
MAX_BASE_MODELS: Final = 64
_MAGIC: Final = b"GGUF"
_VERSIONS: Final = (1, 2, 3)
_STRING: Final = 8
_ARRAY: Final = 9
_SCALARS: Final = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q",
    12: "d",
}  # fmt: skip
_KEPT: Final = "general."


@dataclass(frozen=True, slots=True)
class BaseModel:
    """One ``general.base_model.N`` or ``general.dataset.N``: any part may lack."""

    name: str | None = None
    organization: str | None = None
    repo_url: str | None = None


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What the ``general.*`` entries say.

    Attributes
    ----------
    version : int
        Of the format.
    general : dict of str to value
        Entries without their prefix: text, numbers, flags, lists of text.
    is_complete : bool
        False when the header goes on after the bytes that were read.
    """

    version: int
    general: dict[str, Any] = field(default_factory=dict)
    is_complete: bool = True

    def text(self, key: str) -> str | None:
        """Return a text entry, cleaned; None when absent, empty or no text."""
        value = self.general.get(key)
        return clean_text(value) or None if isinstance(value, str) else None

    def base_models(self, prefix: str = "base_model") -> list[BaseModel]:
        """Return the numbered entries under `prefix`, at most 64."""
        count = self.general.get(f"{prefix}.count")
        if not isinstance(count, int) or isinstance(count, bool):
            return []
        return [
            BaseModel(
                self.text(f"{prefix}.{number}.name"),
                self.text(f"{prefix}.{number}.organization"),
                self.text(f"{prefix}.{number}.repo_url"),
            )
            for number in range(min(max(count, 0), MAX_BASE_MODELS))
        ]


class GgufError(ValueError):
    """The bytes are no GGUF header; the text is a reason code."""


class _TruncatedError(Exception):
    """The bytes end inside the header."""


def parse_gguf_header(data: bytes | memoryview) -> GgufHeader:
    """Return the metadata in the first bytes of a GGUF file.

    Parameters
    ----------
    data : bytes
        The head of the file; when it ends inside the metadata, what came before
        counts and the header is marked incomplete.

    Raises
    ------
    GgufError
        ``not_gguf``, ``unknown_version``, ``too_many_entries``, ``key_too_long``,
        ``text_too_long``, ``unknown_type``, ``nested_too_deep`` or ``bad_text``.

    Notes
    -----
    Linear in the bytes given; what is not under ``general.`` is stepped over.
    """
    if bytes(data[:4]) != _MAGIC:
        raise GgufError("not_gguf")
    reader = _Reader(data)
    try:
        reader.read_version()
        header = GgufHeader(reader.version)
        reader.size()  # of the tensors, which are not looked at
        n_entries = reader.size()
    except _TruncatedError as error:
        raise GgufError("not_gguf") from error
    if n_entries > MAX_ENTRIES:
        raise GgufError("too_many_entries")
    try:
        for _ in range(n_entries):
            key = reader.text(MAX_KEY_BYTES, "key_too_long")
            kind = reader.scalar("I")
            if key.startswith(_KEPT):
                header.general[key[len(_KEPT) :]] = reader.value(kind)
            else:
                reader.skip(kind)
    except _TruncatedError:
        return GgufHeader(header.version, header.general, is_complete=False)
    return header


class _Reader:
    """A cursor over the bytes, checked at every step."""

    def __init__(self, data: bytes | memoryview) -> None:
        self.data, self.at, self.order, self.version = memoryview(data), 4, "<", 0

    def read_version(self) -> None:
        (version,) = struct.unpack("<I", self.take(4))
        if version not in _VERSIONS:
            self.order = ">"
            (version,) = struct.unpack(">I", self.data[4:8])
        if version not in _VERSIONS:
            raise GgufError("unknown_version")
        self.version = version

    def take(self, size: int) -> memoryview:
        end = self.at + size
        if end > len(self.data):
            raise _TruncatedError
        found = self.data[self.at : end]
        self.at = end
        return found

    def scalar(self, form: str) -> Any:
        form = self.order + form
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def size(self) -> int:
        size: int = self.scalar("I" if self.version == 1 else "Q")
        return size

    def text(self, limit: int, reason: str) -> str:
        size = self.size()
        if size > limit:
            raise GgufError(reason)
        try:
            return bytes(self.take(size)).decode("utf-8")
        except UnicodeDecodeError as error:
            raise GgufError("bad_text") from error

    def value(self, kind: int) -> Any:
        """Read a value; of a long array the first items are kept."""
        if kind == _STRING:
            return self.text(MAX_TEXT_BYTES, "text_too_long")
        if kind != _ARRAY:
            return self.scalar(self.form(kind))
        item, length = self.scalar("I"), self.size()
        if item == _STRING:
            kept = min(length, MAX_KEPT_ITEMS)
            found = [self.text(MAX_TEXT_BYTES, "text_too_long") for _ in range(kept)]
            self.skip_items(item, length - kept, 1)
            return found
        self.skip_items(item, length, 1)
        return []

    def form(self, kind: int) -> str:
        form = _SCALARS.get(kind)
        if form is None:
            raise GgufError("unknown_type")
        return form

    def skip(self, kind: int, depth: int = 0) -> None:
        if kind == _ARRAY:
            if depth >= MAX_ARRAY_DEPTH:
                raise GgufError("nested_too_deep")
            item, length = self.scalar("I"), self.size()
            self.skip_items(item, length, depth + 1)
        else:
            self.skip_items(kind, 1, depth)

    def skip_items(self, kind: int, length: int, depth: int) -> None:
        """Step over `length` values; each takes up bytes, so the data bounds it."""
        if kind == _STRING:
            form = struct.Struct(self.order + ("I" if self.version == 1 else "Q"))
            data, at, end = self.data, self.at, len(self.data)
            for _ in range(length):
                if at + form.size > end:
                    raise _TruncatedError
                at += form.size + form.unpack_from(data, at)[0]
            if at > end:
                raise _TruncatedError
            self.at = at
        elif kind == _ARRAY:
            for _ in range(length):
                self.skip(_ARRAY, depth)
        else:
            self.take(length * struct.calcsize(self.order + self.form(kind)))
