"""The European Open Source AI Index: a folder of YAML files -> openness and claims.

The index is CC-BY 4.0: cite https://osai-index.eu/ and Liesenfeld and Dingemanse,
"Rethinking open source generative AI: open-washing and the EU AI Act", FAccT 2024,
pp. 1774-1787.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from headwater.graph.claims import ClaimBatch
from headwater.ingest.parse.curated_names import NameTable
from headwater.ingest.parse.osai_index_file import IndexReader, Openness
from headwater.ingest.sources.yaml_folder import read_yaml_folder

MAX_FILE_BYTES: Final = 256 * 1024


@dataclass(slots=True)
class OpennessIndex:
    """What the index said.

    Attributes
    ----------
    batch : ClaimBatch
        Records and claims; values left out are counted in it.
    systems : list of Openness
        One for each system, in the order of the files.
    resolved, unresolved : dict
        Name of a model -> its id, or the id of the stub that stands for it.
    """

    batch: ClaimBatch = field(default_factory=ClaimBatch)
    systems: list[Openness] = field(default_factory=list)
    resolved: dict[str, str] = field(default_factory=dict)
    unresolved: dict[str, str] = field(default_factory=dict)


def read_osai_index(
    folder: Path, names: NameTable, today: date | None = None
) -> OpennessIndex:
    """Return what the systems under `folder` say.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of YAML files of the index, one a system, or one of its files.
    names : NameTable
        What resolves names, see :func:`headwater.ingest.sources.names.load_names`.
    today : datetime.date, optional
        Day of reading; today in UTC by default.

    Raises
    ------
    ConfigError
        When there is no such folder, or no YAML file in it.
    """
    day = (today or datetime.now(UTC).date()).isoformat()
    index = OpennessIndex()
    reader = IndexReader(index.batch, names, day, index.resolved, index.unresolved)
    for name, content in read_yaml_folder(folder, index.batch, MAX_FILE_BYTES):
        system = reader.read(name, content)
        if system is not None:
            index.systems.append(system)
    return index
