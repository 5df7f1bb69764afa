"""Where a dump comes from: a path, the Hub's own storage, or any other address."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from headwater.errors import ConfigError, FetchError, UnreachableError
from headwater.ingest.transport import contact_problem

_HOSTS: Final = ("huggingface.co", "hf.co")
_REPOSITORY: Final = r"(?P<repo>[\w.\-]+/[\w.\-]+)"
_HF = re.compile(
    rf"hf://datasets/{_REPOSITORY}(?:@(?P<revision>[^/]+))?/(?P<file>.+\.parquet)", re.A
)
_RESOLVED = re.compile(
    rf"/datasets/{_REPOSITORY}/(?:resolve|blob|raw)/(?P<revision>[^/]+)/(?P<file>.+\.parquet)",
    re.A,
)
_NAMED = re.compile(r"(?:^|[^a-z])(models|datasets|spaces)(?:[^a-z]|$)")

Download = Callable[[str, Path], Path]
"""Fetches a URL into a folder and returns the file."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file in a dataset repository of the Hub."""

    repository: str
    file: str
    revision: str | None


def read_hub_address(address: str) -> HubFile | None:
    """Return the file of the Hub that an address names, None for other addresses.

    Examples
    --------
    >>> read_hub_address("hf://datasets/cfahlgren1/hub-stats/models.parquet").file
    'models.parquet'
    >>> read_hub_address("https://example.org/models.parquet") is None
    True
    """
    found = _HF.fullmatch(address)
    if found is None and address.startswith("https://"):
        parts = urlsplit(address)
        if parts.hostname in _HOSTS:
            found = _RESOLVED.fullmatch(parts.path)
    if found is None:
        return None
    revision = found["revision"]
    return HubFile(
        found["repo"], found["file"], unquote(revision) if revision else None
    )


def guess_route(address: str) -> str | None:
    """Return what a dump holds by its file's name, else by its folders' names.

    Examples
    --------
    >>> guess_route("hf://datasets/cfahlgren1/hub-stats/models.parquet")
    'models'
    >>> guess_route("/data/2026-11-18/datasets/0000.parquet")
    'datasets'
    """
    address = re.sub(r"^hf://datasets/|^https?://[^/]+/datasets/", "", address)
    for part in reversed(address.replace("\\", "/").split("/")):
        found = _NAMED.search(part.lower())
        if found is not None:
            return found[1]
    return None


def locate_dump(address: str, folder: Path, download: Download | None = None) -> Path:
    """Return the local path of a dump, fetching it first where it is elsewhere.

    Parameters
    ----------
    address : str
        A local path; ``hf://datasets/OWNER/NAME[@REVISION]/FILE.parquet``; the https
        address of such a file; or another web address, given a `download`.
    folder : pathlib.Path
        Where `download` puts files. Files of the Hub go to its local cache, where an
        interrupted download goes on.
    download : callable, optional
        Fetches an address that is not the Hub's, or refuses it.

    Raises
    ------
    ConfigError
        When the address is none of these, or nothing is at the path.
    UnreachableError
        When the Hub is not there, and the file not in its local cache.
    FetchError
        When the file cannot be had.
    """
    hub_file = read_hub_address(address)
    if hub_file is not None:
        return _download_from_hub(address, hub_file)
    if address.startswith(("https://", "http://")) and download is not None:
        return download(address, folder)
    if "://" in address:
        raise ConfigError(
            f"{address} is no address of a dump; give a local path, "
            "hf://datasets/OWNER/NAME/FILE.parquet or an https URL of such a file"
        )
    path = Path(address).expanduser()
    if not path.exists():
        raise ConfigError(f"there is no {path}")
    return path


def _download_from_hub(address: str, wanted: HubFile) -> Path:
    from huggingface_hub import constants, hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    # The library would try for half a minute, and say so line by line.
    nobody = contact_problem(constants.ENDPOINT)
    try:
        path = hf_hub_download(
            wanted.repository,
            wanted.file,
            repo_type="dataset",
            revision=wanted.revision,
            library_name="headwater",
            local_files_only=nobody is not None,
        )
    except (HfHubHTTPError, HFValidationError, OSError, ValueError) as error:
        if nobody is not None:
            raise UnreachableError(constants.ENDPOINT, nobody, "HF_ENDPOINT") from error
        said = str(error).strip().split("\n", 1)[0][:300]
        raise FetchError(address, f"cannot be downloaded: {said}") from error
    return Path(path)
