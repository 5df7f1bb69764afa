"""Settings: where data live and which Hub is asked. Built once, in ``main``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final

import platformdirs

from headwater.errors import ConfigError

DEFAULT_ENDPOINT: Final = "https://huggingface.co"
DEFAULT_MAX_DOWNLOAD_BYTES: Final = 20 * 10**9


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings.

    Attributes
    ----------
    data_dir : pathlib.Path
        Snapshots and raw documents.
    endpoint : str
        Address of the Hub.
    max_download_bytes : int
        Larger dumps are not downloaded.
    store : str or None
        Address of a Neo4j server that is asked instead of the data directory; it may
        hold a password, so it is not shown.
    """

    data_dir: Path
    endpoint: str
    max_download_bytes: int = DEFAULT_MAX_DOWNLOAD_BYTES
    store: str | None = field(default=None, repr=False)


VARIABLES: Final = {
    "HEADWATER_DATA_DIR": "directory of snapshots and raw documents "
    "(default: the platform's user data directory)",
    "HEADWATER_STORE": "address of a Neo4j server that is asked instead of the data "
    "directory (default: none)",
    "HF_ENDPOINT": f"address of the Hub (default: {DEFAULT_ENDPOINT})",
    "HEADWATER_MAX_DOWNLOAD_BYTES": "largest dump that is downloaded from another place "
    f"than the Hub (default: {DEFAULT_MAX_DOWNLOAD_BYTES:,} bytes)",
    "HEADWATER_API_KEY": "key that `headwater serve` asks for (default: none)",
    "HEADWATER_NEO4J_USER": "user of a Neo4j server (default: none)",
    "HEADWATER_NEO4J_PASSWORD": "password of that user (default: none)",
    "HEADWATER_NEO4J_TOKEN": "token for a Neo4j server that takes one instead of user "
    "and password (default: none)",
    "HF_TOKEN": "access token of the Hub (default: the one of `hf auth login`)",
}
"""Environment variables and what they mean."""


def read_settings(
    environment: Mapping[str, str] | None = None,
    data_dir: Path | None = None,
    store: str | None = None,
) -> Settings:
    """Return the settings: an argument wins over the environment over the default.

    Whoever names a data directory and no store means that directory.

    Raises
    ------
    ConfigError
        When a variable holds no number where one is needed, or the directory is a file.
    """
    variables = os.environ if environment is None else environment
    named = variables.get("HEADWATER_DATA_DIR")
    directory = data_dir or (Path(named) if named else None)
    if directory is None:
        directory = Path(platformdirs.user_data_dir("headwater", appauthor=False))
    if directory.expanduser().is_file():
        raise ConfigError(
            f"{directory} is no directory; choose another with --data-dir (or "
            "HEADWATER_DATA_DIR)"
        )
    if store is None and data_dir is None:
        store = variables.get("HEADWATER_STORE")
    return Settings(
        data_dir=directory.expanduser(),
        store=store or None,
        endpoint=(variables.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/"),
        max_download_bytes=_bytes(
            variables.get("HEADWATER_MAX_DOWNLOAD_BYTES"), DEFAULT_MAX_DOWNLOAD_BYTES
        ),
    )


def _bytes(text: str | None, default: int) -> int:
    if not text:
        return default
    number = int(text.replace("_", "")) if text.replace("_", "").isdecimal() else 0
    if number < 1:
        raise ConfigError(
            f"HEADWATER_MAX_DOWNLOAD_BYTES must be a number of bytes, not {text!r}"
        )
    return number


def setting_names() -> tuple[str, ...]:
    """Return the names of all settings."""
    return tuple(item.name for item in fields(Settings))
