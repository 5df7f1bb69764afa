"""The names that curated graphs are resolved by: the catalogue's and a small table."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files

from headwater.graph.claims import Record
from headwater.ingest.parse.curated_names import NameTable, build_name_table
from headwater.ingest.parse.yaml_text import load_yaml
from headwater.ingest.sources.catalog import load_catalog, read_packaged


def load_names(records: Iterable[Record] | None = None) -> NameTable:
    """Return the table of names.

    Parameters
    ----------
    records : iterable of Record, optional
        Curated records; those of the packaged catalogue by default, which takes
        about three seconds to read: hand them over when it has been read already.

    Raises
    ------
    CatalogError, ParseError
        When the packaged files are damaged.
    """
    if records is None:
        records = load_catalog(read_packaged()).records
    path = files("headwater.ingest") / "sources" / "names.yaml"
    table = load_yaml(path.read_text(encoding="utf-8"), "names.yaml")
    return build_name_table(records, (table,))
