"""What licences ask of who builds on the weights: the table behind the questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
import yaml
from numpy.typing import NDArray

MaskArray = NDArray[np.uint64]

NOTICE: Final = (
    "This is information, not legal advice. It goes by declared licences and a table of "
    "their terms; only the texts count."
)

UNLISTED: Final = -1
"""Place of a licence that the table does not know."""
_UNKNOWN_FAMILY: Final = "unknown"
_BITS: Final = 62
"""Bits of a mask for obligations and licences; the two above have a meaning of their own."""
NO_TERMS: Final = np.uint64(1 << 62)
"""An ancestor's licence is absent, unknown, or not in the table."""
NO_LINEAGE: Final = np.uint64(1 << 63)
"""What an ancestor, or the model itself, stands on is undeclared."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """Something that a licence may ask."""

    id: str
    means: str


@dataclass(frozen=True, slots=True)
class Licence:
    """One licence of the table.

    Attributes
    ----------
    id, name : str
        The Hub's id, or the usual name in lower case; the full name.
    spdx : str
        SPDX licence id, ``LicenseRef-…`` where SPDX has none, ``NOASSERTION`` where the
        id names no licence.
    family : str
        Group of licences that work alike.
    url : str
        Where the text, or the steward's account of it, can be read.
    has, lacks, unknown : tuple of str
        Obligations, each in one of the three.
    is_hub : bool
        Whether the Hub knows the id.
    is_generic : bool
        Whether it does not say which of several licences is meant, so that two models
        that bear it may have different ones.
    name_begins : str or None
        What the names of derivatives have to begin with.
    note : str or None
        What the three words cannot say.
    """

    id: str
    name: str
    spdx: str
    family: str
    url: str
    has: tuple[str, ...]
    lacks: tuple[str, ...]
    unknown: tuple[str, ...]
    is_hub: bool
    is_generic: bool
    name_begins: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class LicenceTable:
    """All licences, with their obligations as bits.

    Attributes
    ----------
    obligations : tuple of Obligation
        Obligation k is bit k.
    licences : tuple of Licence
        L licences. Those of which something is unknown have a bit of their own above
        those of the obligations.
    places : mapping of str to int
        Lower-case id or other spelling -> place in `licences`.
    has, lacks, unknown, own : uint64 arrays, shape (L,)
        Bits of the obligations of each licence, and its own bit or zero.
    """

    obligations: tuple[Obligation, ...]
    licences: tuple[Licence, ...]
    places: Mapping[str, int]
    has: MaskArray
    lacks: MaskArray
    unknown: MaskArray
    own: MaskArray

    def find(self, word: str) -> int:
        """Return the place of a licence by a word as declared, or :data:`UNLISTED`.

        Examples
        --------
        >>> table = licence_table()
        >>> table.licences[table.find("Apache 2.0")].spdx
        'Apache-2.0'
        >>> table.find("my-own-licence")
        -1
        """
        place = self.places.get(" ".join(word.lower().split()), UNLISTED)
        known = place >= 0 and self.licences[place].family != _UNKNOWN_FAMILY
        return place if known else UNLISTED

    def bit(self, obligation: str) -> np.uint64:
        """Return the bit of an obligation."""
        names = [item.id for item in self.obligations]
        return np.uint64(1 << names.index(obligation))

    def names(self, bits: int) -> tuple[str, ...]:
        """Return the obligations whose bits are set, in the order of the table."""
        return tuple(
            item.id for place, item in enumerate(self.obligations) if bits >> place & 1
        )


@cache
def licence_table() -> LicenceTable:
    """Return the packaged table.

    Notes
    -----
    Read once; about 15 ms.
    """
    text = (files("headwater.queries") / "licence_table.yaml").read_text("utf-8")
    return read_table(yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def read_table(value: Mapping[str, Any]) -> LicenceTable:
    """Return a table as it is written in YAML.

    Raises
    ------
    ValueError
        When an entry names an unknown obligation or one twice, when two entries share a
        spelling, or when more licences are partly unknown than a mask has bits.
    """
    obligations = tuple(Obligation(**item) for item in value["obligations"])
    names = tuple(item.id for item in obligations)
    licences = tuple(_licence(item, names) for item in value["licences"])
    places: dict[str, int] = {}
    for place, (licence, item) in enumerate(
        zip(licences, value["licences"], strict=True)
    ):
        for word in {licence.id, licence.spdx.lower(), *item.get("also", ())}:
            if word == "noassertion":
                continue
            if word in places or word != word.lower():
                raise ValueError(f"{word!r} is in the table twice, or in capitals")
            places[word] = place
    own = np.zeros(len(licences), np.uint64)
    partial = [place for place, item in enumerate(licences) if item.unknown]
    if len(names) + len(partial) > _BITS:
        raise ValueError(f"{len(partial)} licences are partly unknown: too many")
    for number, place in enumerate(partial, len(names)):
        own[place] = 1 << number
    has, lacks, unknown = (
        _masks(licences, names, part) for part in ("has", "lacks", "unknown")
    )
    return LicenceTable(obligations, licences, places, has, lacks, unknown, own)


def _licence(item: Mapping[str, Any], names: tuple[str, ...]) -> Licence:
    said = {part: tuple(item.get(part, ())) for part in ("has", "lacks")}
    both = [*said["has"], *said["lacks"]]
    if len(set(both)) != len(both) or not set(both) <= set(names):
        raise ValueError(f"{item['id']}: an obligation is named twice, or is none")
    rest = tuple(name for name in names if name not in both)
    if item["rest"] not in ("lacks", "unknown"):
        raise ValueError(f"{item['id']}: rest is {item['rest']!r}")
    is_known = item["rest"] == "lacks"
    return Licence(
        id=item["id"],
        name=item["name"],
        spdx=item["spdx"],
        family=item["family"],
        url=item["url"],
        has=tuple(name for name in names if name in said["has"]),
        lacks=said["lacks"] + rest if is_known else said["lacks"],
        unknown=() if is_known else rest,
        is_hub=bool(item.get("hub", False)),
        is_generic=bool(item.get("generic", False)),
        name_begins=item.get("name_begins"),
        note=item.get("note"),
    )


def _masks(
    licences: tuple[Licence, ...], names: tuple[str, ...], part: str
) -> MaskArray:
    return np.array(
        [
            sum(1 << names.index(name) for name in getattr(licence, part))
            for licence in licences
        ],
        np.uint64,
    )
