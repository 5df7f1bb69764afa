"""Folders of YAML files that others curate: read safely, what is damaged is counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from headwater.errors import ConfigError, ParseError
from headwater.graph.claims import ClaimBatch
from headwater.ingest.parse.yaml_text import load_yaml

MAX_FILES: Final = 10_000


def read_yaml_folder(
    folder: Path, batch: ClaimBatch, max_bytes: int
) -> Iterator[tuple[str, Any]]:
    """Yield name and content of each YAML file of a folder, or of one file.

    Files are read in the order of their names, sub-folders included; those whose
    names start with a dot or an underscore are left aside. What cannot be read is
    counted in `batch` and left out.

    Raises
    ------
    ConfigError
        When there is no such folder, or no YAML file in it.
    """
    files = [folder] if folder.is_file() else sorted(_yaml_files(folder))
    if not files:
        raise ConfigError(f"no YAML file in {folder}")
    for path in files[:MAX_FILES]:
        name = path.name
        try:
            with path.open("rb") as file:
                raw = file.read(max_bytes + 1)
            yield name, load_yaml(raw.decode("utf-8-sig"), name, max_bytes=max_bytes)
        except ParseError as error:
            batch.skip("file/no_valid_yaml", str(error))
        except (OSError, UnicodeDecodeError) as error:
            batch.skip("file/unreadable", f"{name}: {type(error).__name__}")
    if len(files) > MAX_FILES:
        batch.skip("file/too_many", f"{len(files)} in {folder.name}")


def _yaml_files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part[:1] in "._" for part in path.relative_to(folder).parts)
        if path.suffix in (".yaml", ".yml") and not hidden and path.is_file():
            yield path
