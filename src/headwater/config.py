"""Settings: where data live and which Hub is asked. Built once, in ``main``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import platformdirs

DEFAULT_ENDPOINT: Final = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings.

    Attributes
    ----------
    data_dir : pathlib.Path
        Snapshots and raw documents.
    endpoint : str
        Address of the Hub.
    """

    data_dir: Path
    endpoint: str


VARIABLES: Final = {
    "HEADWATER_DATA_DIR": "directory of snapshots and raw documents "
    "(default: the platform's user data directory)",
    "HF_ENDPOINT": f"address of the Hub (default: {DEFAULT_ENDPOINT})",
    "HF_TOKEN": "access token of the Hub (default: the one of `hf auth login`)",
}
"""Environment variables and what they mean."""


def read_settings(
    environment: Mapping[str, str] | None = None, data_dir: Path | None = None
) -> Settings:
    """Return the settings: an argument wins over the environment over the default."""
    variables = os.environ if environment is None else environment
    named = variables.get("HEADWATER_DATA_DIR")
    directory = data_dir or (Path(named) if named else None)
    if directory is None:
        directory = Path(platformdirs.user_data_dir("headwater", appauthor=False))
    return Settings(
        data_dir=directory.expanduser(),
        endpoint=(variables.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/"),
    )


def setting_names() -> tuple[str, ...]:
    """Return the names of all settings."""
    return tuple(item.name for item in fields(Settings))
