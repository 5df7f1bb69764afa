"""What is on this disk: the Hub's local cache and folders of models -> claims.

A folder ``models--ORG--NAME`` or ``datasets--ORG--NAME`` of the cache is the repository
that it is named after, at the revision that ``refs/main`` names. Any other folder with
model files in it is a repository only if it says so itself: when the ``model-index`` of
its card or the ``_name_or_path`` of its configuration is an id whose last part is the
folder's own name. Else it is ``off-hub/local/PATH``, where PATH is where it was found below
the folder that was given.

Only metadata is read, never weights. Links are followed only within a repository's own
folder, as the cache does from its snapshots to its blobs.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import msgspec

from headwater.errors import ConfigError, ParseError
from headwater.graph.claims import ClaimBatch
from headwater.graph.ids import artefact_id, is_repo_path, off_hub_id
from headwater.ingest.links import HUB_ENDPOINT
from headwater.ingest.parse.curated_names import slug
from headwater.ingest.parse.gguf_header import (
    MAX_HEADER_BYTES,
    GgufError,
    GgufHeader,
    parse_gguf_header,
)
from headwater.ingest.parse.hub_context import Context, Subject
from headwater.ingest.parse.repository_files import (
    MAX_CARD_BYTES,
    MAX_JSON_BYTES,
    MAX_MERGEKIT_BYTES,
    RepositoryFiles,
    parse_repository,
    read_front_matter,
)

MAX_FOLDERS: Final = 100_000
MAX_DEPTH: Final = 8
MAX_GGUF_FILES: Final = 64
_ENTRY = re.compile(
    r"(models|datasets|spaces)--([A-Za-z0-9_.\-]+?)(?:--([A-Za-z0-9_.\-]+))?\Z", re.A
)
_SHA = re.compile(r"[0-9a-f]{40}\Z", re.ASCII)
_LATER_SHARD = re.compile(r"-(?!0*1-of-)\d{5}-of-\d{5}\.gguf\Z", re.ASCII)
_WEIGHTS: Final = (".gguf", ".safetensors")
_MARKERS: Final = frozenset({
    "adapter_config.json", "mergekit_config.yml", "model_index.json",
    "pytorch_model.bin",
})  # fmt: skip
_CONFIG_KEYS: Final = ("architectures", "model_type", "_name_or_path", "_class_name")
_KINDS: Final = {"models": "model", "datasets": "dataset"}


@dataclass(frozen=True, slots=True)
class _Found:
    """A repository on disk: where its files are, and what may be read for it."""

    folder: Path
    boundary: Path
    id: str | None
    kind: str
    revision: str | None
    place: tuple[str, ...]


def default_cache() -> Path:
    """Return the folder where huggingface_hub keeps what it downloads."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def read_local(
    paths: Iterable[Path], today: date | None = None
) -> Iterator[ClaimBatch]:
    """Yield a batch for each repository under `paths`, in the order of their names.

    The day of a claim is that of the newest file it rests on: when it was downloaded
    or made. What is unreadable, odd or too large is counted in the batch.

    Parameters
    ----------
    paths : iterable of pathlib.Path
        Caches, folders of models, or folders of such folders.
    today : datetime.date, optional
        No claim is later than this; today in UTC by default.

    Raises
    ------
    ConfigError
        When a path is no folder.
    """
    latest = today or datetime.now(UTC).date()
    for path in paths:
        if not path.is_dir():
            raise ConfigError(f"{path} is no folder")
        scan = _Scan()
        for found in scan.visit(path, (), 0):
            yield _read_repository(found, latest)
        if scan.skipped.skipped:
            yield scan.skipped


class _Scan:
    """Walks down a tree of folders; stops at repositories, never follows a link."""

    def __init__(self) -> None:
        self.n_folders = 0
        self.skipped = ClaimBatch()

    def visit(
        self, folder: Path, place: tuple[str, ...], depth: int
    ) -> Iterator[_Found]:
        self.n_folders += 1
        if self.n_folders > MAX_FOLDERS or depth > MAX_DEPTH:
            reason = "too_deep" if depth > MAX_DEPTH else "too_many_folders"
            self.skipped.skip(f"folder/{reason}", str(folder))
            return
        entry = _ENTRY.match(folder.name)
        if entry is not None:
            yield from self.cache_entry(folder, entry)
            return
        try:
            with os.scandir(folder) as listed:
                items = sorted(listed, key=lambda item: item.name)
        except OSError as error:
            self.skipped.skip(f"folder/{type(error).__name__}", str(folder))
            return
        if _holds_model([item.name for item in items], folder):
            yield _Found(folder, folder, None, "model", None, place or (folder.name,))
            return
        for item in items:
            if not item.name.startswith(".") and item.is_dir(follow_symlinks=False):
                below = (*place, item.name)
                yield from self.visit(folder / item.name, below, depth + 1)

    def cache_entry(self, folder: Path, entry: re.Match[str]) -> Iterator[_Found]:
        plural, owner, name = entry.groups()
        path = f"{owner}/{name}" if name else owner
        if plural not in _KINDS or not is_repo_path(path):
            self.skipped.skip("folder/no_model_or_dataset", folder.name)
            return
        snapshot = _snapshot(folder)
        if snapshot is None:
            self.skipped.skip("folder/no_snapshot", folder.name)
            return
        kind = _KINDS[plural]
        revision = snapshot.name if _SHA.match(snapshot.name) else None
        yield _Found(snapshot, folder, artefact_id(kind, path), kind, revision, ())


def _holds_model(names: list[str], folder: Path) -> bool:
    if any(name in _MARKERS or name.endswith(_WEIGHTS) for name in names):
        return True
    if "config.json" not in names:
        return False
    head = _Reader(folder).read(folder / "config.json", MAX_JSON_BYTES)
    try:
        value = msgspec.json.decode(head or b"null")
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return isinstance(value, dict) and any(key in value for key in _CONFIG_KEYS)


def _snapshot(folder: Path) -> Path | None:
    """Return the snapshot of ``main``, else the one that was made last."""
    reader = _Reader(folder)
    wanted = reader.read(folder / "refs" / "main", 100)
    if wanted is not None:
        name = wanted.decode("ascii", "replace").strip()
        if _SHA.match(name) and (folder / "snapshots" / name).is_dir():
            return folder / "snapshots" / name
    try:
        with os.scandir(folder / "snapshots") as listed:
            found = [
                (item.stat(follow_symlinks=False).st_mtime_ns, item.name)
                for item in listed
                if item.is_dir(follow_symlinks=False)
            ]
    except OSError:
        return None
    return folder / "snapshots" / max(found)[1] if found else None


class _Reader:
    """Reads heads of regular files inside one folder; knows the newest of them."""

    def __init__(self, boundary: Path) -> None:
        self.boundary = os.path.realpath(boundary)
        self.newest: float | None = None
        self.refused: list[tuple[str, str]] = []

    def read(self, path: Path, limit: int) -> bytes | None:
        """Return at most `limit` + 1 bytes, None when there is no such file."""
        real = os.path.realpath(path)
        if os.path.commonpath((real, self.boundary)) != self.boundary:
            self.refused.append(("link_out_of_the_folder", path.name))
            return None
        # A pipe must not block, and what became a link since is not followed.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
        flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        try:
            handle = os.open(real, flags)
        except FileNotFoundError:
            return None
        except OSError as error:
            self.refused.append((type(error).__name__, path.name))
            return None
        try:
            state = os.fstat(handle)
            if not stat.S_ISREG(state.st_mode):
                self.refused.append(("no_regular_file", path.name))
                return None
            with open(handle, "rb", closefd=False) as file:
                head = file.read(limit + 1)
        except OSError as error:
            self.refused.append((type(error).__name__, path.name))
            return None
        finally:
            os.close(handle)
        self.newest = max(self.newest or 0.0, state.st_mtime)
        return head


def _read_repository(found: _Found, latest: date) -> ClaimBatch:
    reader = _Reader(found.boundary)
    files = _read_files(found.folder, reader)
    node, document = _identity(found, files)
    context = Context(HUB_ENDPOINT, _day(reader.newest, latest))
    for reason, name in reader.refused:
        context.batch.skip(f"file/{reason}", f"{node}: {name}")
    subject = Subject(node, found.kind, document, found.revision)
    parse_repository(context, subject, files)
    return context.batch


def _read_files(folder: Path, reader: _Reader) -> RepositoryFiles:
    def read(name: str, limit: int) -> bytes | None:
        return reader.read(folder / name, limit)

    return RepositoryFiles(
        readme=read("README.md", MAX_CARD_BYTES),
        config=read("config.json", MAX_JSON_BYTES),
        adapter_config=read("adapter_config.json", MAX_JSON_BYTES),
        mergekit=read("mergekit_config.yml", MAX_MERGEKIT_BYTES),
        gguf=tuple(
            (name, _gguf_header(head))
            for name in _gguf_names(folder, reader)
            if (head := read(name, MAX_HEADER_BYTES)) is not None
        ),
    )


def _gguf_header(head: bytes) -> GgufHeader | GgufError:
    """Parse at once: the heads of all files together would fill the memory."""
    try:
        return parse_gguf_header(head)
    except GgufError as error:
        return error


def _gguf_names(folder: Path, reader: _Reader) -> list[str]:
    """Return the GGUF files of a folder; of a split one only the first part."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".gguf"))
    except OSError:
        return []
    first = [name for name in names if not _LATER_SHARD.search(name)]
    if len(first) > MAX_GGUF_FILES:
        reader.refused.append(("too_many_gguf_files", f"{len(first)} files"))
    return first[:MAX_GGUF_FILES]


def _identity(found: _Found, files: RepositoryFiles) -> tuple[str, str]:
    """Return the node id of a repository and the address of its document."""
    if found.id is not None:
        suffix = f"/tree/{found.revision}" if found.revision else ""
        return found.id, f"{HUB_ENDPOINT}/{found.id}{suffix}"
    document = Path(os.path.realpath(found.folder)).as_uri()
    own = found.folder.name.casefold()
    for name in _claimed_names(files):
        if is_repo_path(name) and name.casefold().endswith(f"/{own}"):
            return name, document
    place = "/".join(slug(part) or "_" for part in found.place)
    return off_hub_id("local", place), document


def _claimed_names(files: RepositoryFiles) -> Iterator[str]:
    """Yield what the files of a folder call themselves."""
    try:
        card = read_front_matter(files.readme or b"", "README.md") or {}
    except ParseError:
        card = {}
    listed = card.get("model-index")
    for item in listed[:8] if isinstance(listed, list) else ():
        if isinstance(item, dict) and isinstance(item.get("name"), str):
            yield item["name"]
    try:
        config = msgspec.json.decode(files.config or b"null")
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        config = None
    if isinstance(config, dict) and isinstance(config.get("_name_or_path"), str):
        yield config["_name_or_path"]


def _day(newest: float | None, latest: date) -> str:
    if newest is None:
        return latest.isoformat()
    try:
        day = datetime.fromtimestamp(newest, UTC).date()
    except (OverflowError, OSError, ValueError):
        return latest.isoformat()
    return min(day, latest).isoformat()
